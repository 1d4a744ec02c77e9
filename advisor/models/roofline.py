"""How fast an accelerator can run a language model: roofline step times, communication, and what share is achieved.

Rates are per second of all accelerators together unless the name says each; bytes are bytes, not bits.

Sources: Williams et al. (2009), the roofline model; Pope et al. (2022), "Efficiently Scaling Transformer Inference";
Chowdhery et al. (2022), PaLM, appendix B (utilisation); the NCCL tests' note on performance (all-reduce).
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.models import arguments
from advisor.models.number_formats import bits_per_weight
from advisor.models.quantities import MOST_COUNTED


@dataclass(frozen=True)
class StepTime:
    """A time on the roofline: the larger of computing and reading, plus communication. All in seconds."""

    compute_s: float
    memory_s: float
    communication_s: float = 0.0

    @property
    def total_s(self) -> float:
        """Return max(compute, memory) + communication."""
        return max(self.compute_s, self.memory_s) + self.communication_s

    @property
    def bound_by(self) -> str:
        """Return ``compute`` or ``memory``, whichever takes longer."""
        return "compute" if self.compute_s > self.memory_s else "memory"


def decode_step(
    parameters: float,
    read_bytes: float,
    kv_token_bytes: float,
    *,
    batch: int,
    context_tokens: float,
    flops_per_s: float,
    bytes_per_s: float,
    attention_width: float = 0.0,
    communication_s: float = 0.0,
) -> StepTime:
    """Return the time in which a batch of sequences gets one token each.

        compute = batch x (2 x parameters + 4 x attention width x context) / flops per second
        memory  = (weights read + batch x context x KV bytes per token) / bytes per second

    A lower bound: kernels overlap perfectly, activations cost nothing. Give achieved rather than peak rates for a
    prediction. Source: Williams et al. (2009); Pope et al. (2022), 2 operations per weight and token.

    Args:
        parameters: weights used for one token (the active ones in a mixture of experts), > 0.
        read_bytes: bytes of weights read in a step (up to all experts when the batch is large), > 0.
        kv_token_bytes: KV-cache of one token over the whole model, >= 0.
        batch: sequences in the step, >= 1.
        context_tokens: mean tokens held for a sequence, >= 0.
        flops_per_s: of all accelerators together, in the format computed in, > 0.
        bytes_per_s: memory bandwidth of all accelerators together, > 0.
        attention_width: layers x query heads x head size, >= 0; 0 leaves out the work of attention.
        communication_s: time of the all-reduces that does not overlap, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> step = decode_step(51.5e9, 103e9, 0, batch=1, context_tokens=0, flops_per_s=4 * 312e12, bytes_per_s=4 * 1.5e12)
    >>> step.bound_by, round(step.total_s * 1000)       # 52B on four A100: 17 ms
    ('memory', 17)
    """
    arguments.whole(most=MOST_COUNTED, batch=batch)
    arguments.positive(parameters=parameters, read_bytes=read_bytes, flops_per_s=flops_per_s, bytes_per_s=bytes_per_s)
    arguments.not_negative(
        kv_token_bytes=kv_token_bytes,
        context_tokens=context_tokens,
        attention_width=attention_width,
        communication_s=communication_s,
    )
    operations = batch * (2 * parameters + 4 * attention_width * context_tokens)
    moved = read_bytes + batch * context_tokens * kv_token_bytes
    return _finite(StepTime(operations / flops_per_s, moved / bytes_per_s, communication_s))


def prefill(
    parameters: float,
    read_bytes: float,
    *,
    prompt_tokens: float,
    flops_per_s: float,
    bytes_per_s: float,
    attention_width: float = 0.0,
    communication_s: float = 0.0,
) -> StepTime:
    """Return the time in which one prompt is read, in one pass.

        compute = (2 x parameters x tokens + 2 x attention width x tokens**2) / flops per second
        memory  = weights read / bytes per second

    The square term is causal attention: 4 x width for each pair, half of the pairs. Assumptions, arguments and sources
    as in :func:`decode_step`; prompt_tokens > 0, cached prefix tokens left out.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> read = prefill(51.5e9, 103e9, prompt_tokens=512, flops_per_s=4 * 312e12, bytes_per_s=4 * 1.5e12)
    >>> read.bound_by, round(read.total_s * 1000)
    ('compute', 42)
    """
    arguments.positive(parameters=parameters, read_bytes=read_bytes, flops_per_s=flops_per_s, bytes_per_s=bytes_per_s)
    arguments.positive(prompt_tokens=prompt_tokens)
    arguments.not_negative(attention_width=attention_width, communication_s=communication_s)
    operations = 2 * parameters * prompt_tokens + 2 * attention_width * prompt_tokens * prompt_tokens
    return _finite(StepTime(operations / flops_per_s, read_bytes / bytes_per_s, communication_s))


def critical_batch(flops_per_s: float, bytes_per_s: float, weight_format: str = "fp16") -> float:
    """Return the tokens in a step from which computing, not reading the weights, takes longer.

        bits per weight / 8 x flops per second / (2 x bytes per second)

    Assumes a dense model and a negligible cache. Source: the ridge of the roofline, Williams et al. (2009).

    Raises:
        ValueError: a rate that is not positive and finite, or an unknown format.

    >>> critical_batch(312e12, 1.5e12)                  # A100: 208, as usually printed
    208.0
    """
    arguments.positive(flops_per_s=flops_per_s, bytes_per_s=bytes_per_s)
    found = float(bits_per_weight(weight_format)) / 8 * flops_per_s / (2 * bytes_per_s)
    arguments.positive(critical_batch=found)
    return found


def all_reduce_s(message_bytes: float, accelerators: int, link_bytes_per_s: float, *, latency_s: float = 0.0) -> float:
    """Return the time in which every accelerator gets the sum of all messages, by a ring.

        2 (n - 1) / n x message / link + 2 (n - 1) x latency

    A lower bound for large messages; trees need fewer hops for small ones. Source: the NCCL tests' note on
    performance, bus bandwidth = 2 (n - 1) / n x message / time.

    Args:
        message_bytes: of one accelerator, >= 0.
        accelerators: n >= 1; alone it has nothing to exchange.
        link_bytes_per_s: what one accelerator can send while it receives as much, > 0: half of a printed
            bidirectional bandwidth.
        latency_s: of one hop, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> all_reduce_s(8e9, 8, 450e9)                     # the bus is used 2 x 7 / 8 times
    0.03111111111111111
    """
    arguments.not_negative(message_bytes=message_bytes, latency_s=latency_s)
    arguments.whole(most=MOST_COUNTED, accelerators=accelerators)
    arguments.positive(link_bytes_per_s=link_bytes_per_s)
    hops = 2 * (accelerators - 1)
    found = hops / accelerators * message_bytes / link_bytes_per_s + hops * latency_s
    arguments.not_negative(all_reduce_s=found)
    return found


def tensor_parallel_s(
    layers: int,
    hidden_size: int,
    tokens: int,
    accelerators: int,
    link_bytes_per_s: float,
    *,
    latency_s: float = 0.0,
    value_bytes: float = 2.0,
    reductions_per_layer: int = 2,
) -> float:
    """Return the communication of one step under tensor parallelism: layers x 2 all-reduces of tokens x hidden values.

    Give it to :func:`decode_step` (tokens = batch) or :func:`prefill` (tokens = prompt) as ``communication_s``.
    Assumes nothing overlaps. Source: Shoeybi et al. (2019), "Megatron-LM": one all-reduce after attention and one
    after the feed-forward part.

    Args:
        layers: >= 1.
        hidden_size: >= 1.
        tokens: in the step, >= 1.
        accelerators: >= 1.
        link_bytes_per_s: see :func:`all_reduce_s`.
        latency_s: of one hop, >= 0.
        value_bytes: bytes of one activation, > 0.
        reductions_per_layer: >= 1.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> round(1e3 * tensor_parallel_s(80, 8192, 64, 8, 450e9, latency_s=1e-6), 2)      # milliseconds, a 70B model
    2.89
    """
    arguments.whole(
        most=MOST_COUNTED,
        layers=layers,
        hidden_size=hidden_size,
        tokens=tokens,
        reductions_per_layer=reductions_per_layer,
    )
    arguments.positive(value_bytes=value_bytes)
    one = all_reduce_s(tokens * hidden_size * value_bytes, accelerators, link_bytes_per_s, latency_s=latency_s)
    found = layers * reductions_per_layer * one
    arguments.not_negative(tensor_parallel_s=found)
    return found


def operations_per_token(
    parameters: float, *, attention_width: float = 0.0, context_tokens: float = 0.0, training: bool = False
) -> float:
    """Return the floating-point operations for one token: 2 a weight, 4 a value of attention; thrice when training.

        (2 parameters + 4 attention width x context) x (3 when training)

    Source: Kaplan et al. (2020); Chowdhery et al. (2022): 6 N + 12 L H Q T, every token attending to all T.

    Args:
        parameters: N used for one token, > 0.
        attention_width: L H Q, layers x query heads x head size, >= 0; 0 leaves attention out.
        context_tokens: T, >= 0.
        training: whether a backward pass is included, at twice the forward pass.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> operations_per_token(7e9), operations_per_token(7e9, training=True)
    (14000000000.0, 42000000000.0)
    """
    arguments.positive(parameters=parameters)
    arguments.not_negative(attention_width=attention_width, context_tokens=context_tokens)
    found = (2 * parameters + 4 * attention_width * context_tokens) * (3 if training else 1)
    arguments.positive(operations_per_token=found)
    return found


def flops_utilization(tokens_per_s: float, token_operations: float, peak_flops_per_s: float) -> float:
    """Return the model FLOPs utilisation (MFU): operations that the model needs over those that could be done.

        tokens per second x operations per token / peak

    Above 1 one of the figures is wrong. Source: Chowdhery et al. (2022), PaLM 540B: 46.2 %.

    Args:
        tokens_per_s: processed by all accelerators together, > 0.
        token_operations: see :func:`operations_per_token`, > 0.
        peak_flops_per_s: of all accelerators together, dense, in the format computed in, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> palm = operations_per_token(540.35e9, attention_width=118 * 48 * 256, context_tokens=2048, training=True)
    >>> f"{flops_utilization(238.3e3, palm, 6144 * 275e12):.1%}"
    '46.2%'
    """
    arguments.positive(tokens_per_s=tokens_per_s, token_operations=token_operations, peak_flops_per_s=peak_flops_per_s)
    found = tokens_per_s * token_operations / peak_flops_per_s
    arguments.positive(flops_utilization=found)
    return found


def bandwidth_utilization(read_bytes: float, time_per_token_s: float, peak_bytes_per_s: float) -> float:
    """Return the model bandwidth utilisation (MBU): bytes that a decode step must read over those that could be read.

        (weights + KV-cache) / time per output token / peak

    Above 1 one of the figures is wrong, or a step yields several tokens (speculative decoding).
    Source: Databricks, "LLM Inference Performance Engineering": 14 GB in 14 ms at 2 TB/s are 50 %.

    Args:
        read_bytes: weights and KV-cache that one step reads, > 0.
        time_per_token_s: of one stream, > 0.
        peak_bytes_per_s: memory bandwidth of all accelerators together, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> bandwidth_utilization(14e9, 0.014, 2e12)
    0.5
    """
    arguments.positive(read_bytes=read_bytes, time_per_token_s=time_per_token_s, peak_bytes_per_s=peak_bytes_per_s)
    found = read_bytes / time_per_token_s / peak_bytes_per_s
    arguments.positive(bandwidth_utilization=found)
    return found


def _finite(time: StepTime) -> StepTime:
    arguments.not_negative(compute_s=time.compute_s, memory_s=time.memory_s, total_s=time.total_s)
    return time

"""What a language model needs of accelerators: weights and KV-cache in bytes, what fits, roofline step times.

Bytes are exact integers; GB is 1e9 bytes and GiB is 2**30 bytes, each named where it appears.

Sources: Pope et al. (2022), "Efficiently Scaling Transformer Inference"; Kwon et al. (2023), PagedAttention (vLLM);
Williams et al. (2009), the roofline model; Dettmers et al. (2023), QLoRA; the block layouts of GGML.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

GB = 10**9
GIB = 2**30

#: Bits stored for one weight, scales and zero points included: code bits + bits of a block's scales / weights in it.
BITS_PER_WEIGHT: dict[str, float] = {
    "fp32": 32.0,
    "fp16": 16.0,
    "bf16": 16.0,
    "fp8": 8.0,
    "int8": 8.0,
    "int4": 4.0,
    "gptq_int4_g128": 4 + (16 + 4) / 128,  # fp16 scale and 4-bit zero point for 128 weights; AWQ alike
    "mxfp4": 4 + 8 / 32,  # OCP microscaling: 8-bit scale for 32 weights
    "nvfp4": 4 + 8 / 16,  # fp8 scale for 16 weights
    "nf4": 4 + 32 / 64,  # QLoRA: fp32 scale for 64 weights
    "nf4_double_quant": 4 + 8 / 64 + 32 / (64 * 256),  # QLoRA: the scales quantised again
    "gguf_q8_0": 34 * 8 / 32,
    "gguf_q6_k": 210 * 8 / 256,
    "gguf_q5_0": 22 * 8 / 32,
    "gguf_q5_k": 176 * 8 / 256,
    "gguf_q4_0": 18 * 8 / 32,
    "gguf_q4_k": 144 * 8 / 256,
    "gguf_q3_k": 110 * 8 / 256,
    "gguf_q2_k": 84 * 8 / 256,
}

#: Bits of one number in the KV-cache, without scales.
BITS_PER_KV_VALUE: dict[str, int] = {"fp32": 32, "fp16": 16, "bf16": 16, "fp8": 8, "int8": 8, "int4": 4}


@dataclass(frozen=True)
class Fit:
    """What one accelerator of a tensor-parallel group can hold.

    Attributes:
        fits: whether weights, overhead and the cache of the tokens needed fit.
        verdict: ``fits``, or ``out of memory: ...`` with the figures.
        budget_bytes: memory that may be used on one accelerator.
        weights_bytes: its share of the weights.
        kv_bytes_per_token: its share of the KV-cache of one token.
        cache_bytes: what is left for the KV-cache, negative by as much as is missing.
        tokens: whole tokens whose cache fits, over all sequences together; 0 when not even the weights fit.
    """

    fits: bool
    verdict: str
    budget_bytes: int
    weights_bytes: int
    kv_bytes_per_token: int
    cache_bytes: int
    tokens: int

    def sequences(self, context_tokens: int, *, block_tokens: int = 16) -> int:
        """Return how many sequences of this length (prompt and answer) fit at once; caches come in whole blocks.

            floor(floor(tokens / block) / ceil(context / block))

        Args:
            context_tokens: tokens held for one sequence, >= 1.
            block_tokens: tokens in a block of the cache, >= 1; 16 in vLLM, 1 for a cache without blocks.

        Raises:
            ValueError: arguments below 1 or not whole.
        """
        _whole("context_tokens", context_tokens)
        _whole("block_tokens", block_tokens)
        return (self.tokens // block_tokens) // -(-context_tokens // block_tokens)


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


def kv_bytes_per_token(layers: int, kv_heads: int, head_size: int, kv_type: str = "fp16") -> int:
    """Return the bytes of KV-cache for one token, over all layers and accelerators, rounded up.

        2 (K and V) x layers x kv_heads x head_size x bits / 8

    Assumes full attention in every layer: no sliding window, no latent compression (MLA), no scales of a quantised
    cache. Source: Pope et al. (2022); Kwon et al. (2023) print 800 KB (of 1024 bytes) for OPT-13B.

    Args:
        layers: >= 1.
        kv_heads: key-value heads: all heads in multi-head, fewer in grouped-query, 1 in multi-query attention.
        head_size: numbers in a head, >= 1.
        kv_type: a key of ``BITS_PER_KV_VALUE``.

    Raises:
        ValueError: a count below 1 or not whole, or an unknown type.

    >>> kv_bytes_per_token(32, 32, 128)                 # Llama-2-7B: 0.5 MiB
    524288
    >>> kv_bytes_per_token(32, 8, 128) // 1024          # Llama-3-8B, grouped-query: 128 KiB
    128
    >>> kv_bytes_per_token(40, 40, 128) // 1024         # OPT-13B, as printed
    800
    """
    for name, value in (("layers", layers), ("kv_heads", kv_heads), ("head_size", head_size)):
        _whole(name, value)
    return math.ceil(2 * layers * kv_heads * head_size * _bits(kv_type, BITS_PER_KV_VALUE) / 8)


def latent_kv_bytes_per_token(layers: int, latent_size: int, rope_size: int, kv_type: str = "fp16") -> int:
    """Return the bytes of cache for one token with multi-head latent attention, rounded up.

        layers x (latent_size + rope_size) x bits / 8

    One compressed vector serves keys and values of all heads; tensor parallelism copies it.
    Source: DeepSeek-AI (2024), "DeepSeek-V2"; DeepSeek-V3 in 16 bits is printed as 70.272 KB.

    Raises:
        ValueError: a count below 1 or not whole, or an unknown type.

    >>> latent_kv_bytes_per_token(61, 512, 64)
    70272
    """
    for name, value in (("layers", layers), ("latent_size", latent_size), ("rope_size", rope_size)):
        _whole(name, value)
    return math.ceil(layers * (latent_size + rope_size) * _bits(kv_type, BITS_PER_KV_VALUE) / 8)


def kv_cache_bytes(bytes_per_token: int, context_tokens: int, sequences: int = 1) -> int:
    """Return the bytes of KV-cache of some sequences of equal length, without the waste of half-filled blocks.

        bytes per token x tokens x sequences

    Source: the definition; Llama-2-7B with 4096 tokens in fp16 is the "about 2 GB" of NVIDIA's inference guide.

    Raises:
        ValueError: a count below 1 or not whole.

    >>> kv_cache_bytes(kv_bytes_per_token(32, 32, 128), 4096) == 2 * GIB
    True
    >>> kv_cache_bytes(kv_bytes_per_token(80, 8, 128), 4096)        # a 70B model with 8 KV heads
    1342177280
    """
    for name, value in (
        ("bytes_per_token", bytes_per_token),
        ("context_tokens", context_tokens),
        ("sequences", sequences),
    ):
        _whole(name, value)
    return bytes_per_token * context_tokens * sequences


def weights_bytes(parameters: int, weight_format: str = "fp16") -> int:
    """Return the bytes of a model's weights, rounded up.

        parameters x bits per weight / 8

    Assumes every weight in this format; files often keep embeddings and norms at a higher precision and are larger.
    Source: QLoRA prints 0.5 and 0.127 bits per weight for the scales of NF4, 3 GB less for 65 billion weights.

    Args:
        parameters: >= 1, a whole number: ``70 * 10**9``.
        weight_format: a key of ``BITS_PER_WEIGHT``.

    Raises:
        ValueError: parameters below 1 or not whole, or an unknown format.

    >>> weights_bytes(70 * GB) // GB                    # 70B in fp16: 140 GB
    140
    >>> round((weights_bytes(65 * GB, "nf4") - weights_bytes(65 * GB, "nf4_double_quant")) / GB, 1)
    3.0
    """
    _whole("parameters", parameters)
    return math.ceil(parameters * _bits(weight_format, BITS_PER_WEIGHT) / 8)


def fit(
    model_bytes: int,
    layers: int,
    kv_heads: int,
    head_size: int,
    *,
    accelerator_bytes: int,
    accelerators: int = 1,
    kv_type: str = "fp16",
    usable_fraction: float = 0.9,
    overhead_bytes: int = 0,
    needed_tokens: int = 1,
) -> Fit:
    """Return what fits on a tensor-parallel group, as a verdict: running out of memory is an answer, not an error.

        budget = floor(accelerator bytes x usable fraction)
        cache  = budget - ceil(model bytes / accelerators) - overhead
        tokens = floor(cache / bytes of one token's KV in ceil(kv_heads / accelerators) heads)

    Assumes weights split evenly, KV heads split whole: with more accelerators than KV heads the heads are copied, so
    the cache of a token no longer shrinks. Source: Kwon et al. (2023); 0.9 is vLLM's default share of memory.

    Args:
        model_bytes: see :func:`weights_bytes`.
        layers: of the model, >= 1.
        kv_heads: of the model; a multiple or a divisor of ``accelerators``.
        head_size: numbers in a head, >= 1.
        accelerator_bytes: memory of one accelerator: ``80 * GB`` or ``80 * GIB``, as its maker counts.
        accelerators: degree of tensor parallelism, >= 1.
        kv_type: a key of ``BITS_PER_KV_VALUE``.
        usable_fraction: share of the memory that the server may take, in (0, 1].
        overhead_bytes: activations, graphs and buffers on each accelerator, >= 0.
        needed_tokens: tokens whose cache must fit at once (batch x context), >= 1.

    Raises:
        ValueError: arguments out of range, or KV heads that cannot be split.

    >>> found = fit(16 * GB, 32, 8, 128, accelerator_bytes=80 * GB)     # Llama-3-8B, one 80 GB accelerator
    >>> found.tokens, found.sequences(8192)
    (427246, 52)
    >>> fit(140 * GB, 80, 8, 128, accelerator_bytes=80 * GB).verdict    # 70B in fp16
    'out of memory: 68 GB short on each of 1 accelerators (weights 140 GB, overhead 0 GB, budget 72 GB)'
    >>> fit(140 * GB, 80, 8, 128, accelerator_bytes=80 * GB, accelerators=4).fits
    True
    """
    for name, value in (
        ("model_bytes", model_bytes),
        ("accelerator_bytes", accelerator_bytes),
        ("accelerators", accelerators),
        ("needed_tokens", needed_tokens),
    ):
        _whole(name, value)
    _whole("overhead_bytes", overhead_bytes, least=0)
    _fraction("usable_fraction", usable_fraction)
    budget = math.floor(accelerator_bytes * Fraction(str(usable_fraction)))
    share = -(-model_bytes // accelerators)
    per_token = kv_bytes_per_token(layers, _heads_each(kv_heads, accelerators), head_size, kv_type)
    left = budget - share - overhead_bytes
    tokens = max(0, left // per_token)
    missing = needed_tokens * per_token - left
    verdict = "fits" if missing <= 0 else _shortage(missing, accelerators, share, overhead_bytes, budget)
    return Fit(missing <= 0, verdict, budget, share, per_token, left, tokens)


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
    _whole("batch", batch)
    _positive(parameters=parameters, read_bytes=read_bytes, flops_per_s=flops_per_s, bytes_per_s=bytes_per_s)
    _not_negative(
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
    _positive(parameters=parameters, read_bytes=read_bytes, flops_per_s=flops_per_s, bytes_per_s=bytes_per_s)
    _positive(prompt_tokens=prompt_tokens)
    _not_negative(attention_width=attention_width, communication_s=communication_s)
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
    _positive(flops_per_s=flops_per_s, bytes_per_s=bytes_per_s)
    found = float(_bits(weight_format, BITS_PER_WEIGHT)) / 8 * flops_per_s / (2 * bytes_per_s)
    _positive(critical_batch=found)
    return found


def _heads_each(kv_heads: int, accelerators: int) -> int:
    _whole("kv_heads", kv_heads)
    if kv_heads % accelerators and accelerators % kv_heads:
        raise ValueError(f"accelerators must divide {kv_heads} KV heads or be a multiple of it, found {accelerators}")
    return -(-kv_heads // accelerators)


def _shortage(missing: int, accelerators: int, share: int, overhead: int, budget: int) -> str:
    return (
        f"out of memory: {missing / GB:.3g} GB short on each of {accelerators} accelerators "
        f"(weights {share / GB:.3g} GB, overhead {overhead / GB:.3g} GB, budget {budget / GB:.3g} GB)"
    )


def _bits(name: str, known: Mapping[str, float]) -> Fraction:
    if name not in known:
        raise ValueError(f"unknown format {name!r}; must be one of {', '.join(sorted(known))}")
    return Fraction(known[name])  # exact: every entry is a whole number over a power of two


def _whole(name: str, value: int, *, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, found {value!r}")


def _fraction(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{name} must lie in (0, 1], found {value!r}")


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be greater than 0 and finite, found {value!r}")


def _not_negative(**values: float) -> None:
    for name, value in values.items():
        if not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be at least 0 and finite, found {value!r}")


def _finite(time: StepTime) -> StepTime:
    _not_negative(compute_s=time.compute_s, memory_s=time.memory_s, total_s=time.total_s)
    return time

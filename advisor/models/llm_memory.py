"""What a language model needs of accelerators, in bytes: weights, KV-cache, and the verdict whether they fit.

Bytes are exact integers; GB is 1e9 bytes and GiB is 2**30 bytes, each named where it appears. Step times are in
:mod:`advisor.models.roofline`, parameter counts in :mod:`advisor.models.llm_parameters`.

Sources: Pope et al. (2022), "Efficiently Scaling Transformer Inference"; Kwon et al. (2023), PagedAttention (vLLM);
Jiang et al. (2023), "Mistral 7B"; Dettmers et al. (2023), QLoRA.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from advisor.models import arguments
from advisor.models.number_formats import BITS_PER_KV_VALUE, bits_per_weight
from advisor.models.quantities import GB, MOST_COUNTED, as_written


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
        arguments.whole(context_tokens=context_tokens, block_tokens=block_tokens)
        return (self.tokens // block_tokens) // -(-context_tokens // block_tokens)

    def sequences_of_bytes(self, sequence_bytes: int) -> int:
        """Return how many sequences fit whose cache takes this much on one accelerator, as with window attention.

        Args:
            sequence_bytes: see :func:`hybrid_kv_cache_bytes`, >= 1.

        Raises:
            ValueError: an argument below 1 or not whole.
        """
        arguments.whole(sequence_bytes=sequence_bytes)
        return max(0, self.cache_bytes) // sequence_bytes


def kv_bytes_per_token(
    layers: int, kv_heads: int, head_size: int, kv_type: str = "fp16", *, scale_bytes: int = 0
) -> int:
    """Return the bytes of KV-cache for one token, over all layers and accelerators, rounded up.

        2 (K and V) x layers x kv_heads x (head_size x bits / 8 + scale bytes)

    Assumes full attention in every layer; for windows see :func:`hybrid_kv_cache_bytes`, for latent compression
    :func:`latent_kv_bytes_per_token`. Source: Pope et al. (2022); Kwon et al. (2023) print 800 KB (of 1024 bytes)
    for OPT-13B.

    Args:
        layers: >= 1.
        kv_heads: key-value heads: all heads in multi-head, fewer in grouped-query, 1 in multi-query attention.
        head_size: numbers in a head, >= 1.
        kv_type: a key of ``BITS_PER_KV_VALUE``.
        scale_bytes: of the scale that a quantised cache keeps for each token and head, >= 0: 4 for one in fp32,
            0 when there is one for a whole layer.

    Raises:
        ValueError: a count out of range or not whole, or an unknown type.

    >>> kv_bytes_per_token(32, 32, 128)                 # Llama-2-7B: 0.5 MiB
    524288
    >>> kv_bytes_per_token(32, 8, 128) // 1024          # Llama-3-8B, grouped-query: 128 KiB
    128
    >>> kv_bytes_per_token(40, 40, 128) // 1024         # OPT-13B, as printed
    800
    >>> kv_bytes_per_token(32, 8, 128, "int8", scale_bytes=4)
    67584
    """
    arguments.whole(most=MOST_COUNTED, layers=layers, kv_heads=kv_heads, head_size=head_size)
    arguments.whole(least=0, most=MOST_COUNTED, scale_bytes=scale_bytes)
    arguments.one_of(sorted(BITS_PER_KV_VALUE), kv_type=kv_type)
    return math.ceil(2 * layers * kv_heads * (Fraction(head_size * BITS_PER_KV_VALUE[kv_type], 8) + scale_bytes))


def latent_kv_bytes_per_token(layers: int, latent_size: int, rope_size: int, kv_type: str = "fp16") -> int:
    """Return the bytes of cache for one token with multi-head latent attention, rounded up.

        layers x (latent_size + rope_size) x bits / 8

    One compressed vector serves keys and values of all heads; tensor parallelism copies it.
    Source: DeepSeek-AI (2024), "DeepSeek-V2"; DeepSeek-V3 in 16 bits is printed as 70.272 KB (of 1000 bytes).

    Raises:
        ValueError: a count out of range or not whole, or an unknown type.

    >>> latent_kv_bytes_per_token(61, 512, 64)
    70272
    """
    arguments.whole(most=MOST_COUNTED, layers=layers, latent_size=latent_size, rope_size=rope_size)
    arguments.one_of(sorted(BITS_PER_KV_VALUE), kv_type=kv_type)
    return -(-layers * (latent_size + rope_size) * BITS_PER_KV_VALUE[kv_type] // 8)


def kv_cache_bytes(bytes_per_token: int, context_tokens: int, sequences: int = 1, *, block_tokens: int = 1) -> int:
    """Return the bytes of KV-cache of some sequences of equal length.

        bytes per token x ceil(tokens / block) x block x sequences

    Source: the definition; Llama-2-7B with 4096 tokens in fp16 is the "~2 GB" of NVIDIA's inference guide, in GiB.

    Args:
        bytes_per_token: see :func:`kv_bytes_per_token`, >= 1.
        context_tokens: tokens held for one sequence, >= 1.
        sequences: >= 1.
        block_tokens: tokens in a block of the cache, >= 1: a half-filled block counts fully.

    Raises:
        ValueError: a count out of range or not whole.

    >>> kv_cache_bytes(kv_bytes_per_token(32, 32, 128), 4096) == 2 * 2**30
    True
    >>> kv_cache_bytes(kv_bytes_per_token(80, 8, 128), 4096)        # a 70B model with 8 KV heads
    1342177280
    """
    arguments.whole(
        most=MOST_COUNTED,
        bytes_per_token=bytes_per_token,
        context_tokens=context_tokens,
        sequences=sequences,
        block_tokens=block_tokens,
    )
    return bytes_per_token * -(-context_tokens // block_tokens) * block_tokens * sequences


def hybrid_kv_cache_bytes(
    layer_token_bytes: int,
    context_tokens: int,
    sequences: int = 1,
    *,
    full_layers: int,
    window_layers: int,
    window_tokens: int,
    state_bytes: int = 0,
) -> int:
    """Return the bytes of cache of sequences when some layers see a sliding window, or keep a state of fixed size.

        sequences x (bytes x (full layers x tokens + window layers x min(tokens, window)) + state bytes)

    Assumes that a window layer frees what has left its window (a rolling buffer); servers that keep it need as much
    as with full attention. Source: Jiang et al. (2023): at 32 768 tokens a window of 4096 needs an eighth.

    Args:
        layer_token_bytes: of one layer and token, ``kv_bytes_per_token(1, ...)``, >= 1.
        context_tokens: tokens held for one sequence, >= 1.
        sequences: >= 1.
        full_layers: layers that attend to everything, >= 0.
        window_layers: layers that attend to a window, >= 0.
        window_tokens: length of the window, >= 1.
        state_bytes: of layers without KV-cache (linear attention, state-space), for one sequence, >= 0.

    Raises:
        ValueError: a count out of range or not whole.

    >>> layer = kv_bytes_per_token(1, 16, 128)                      # Gemma-3-27B: 10 full and 52 window layers
    >>> hybrid_kv_cache_bytes(layer, 131_072, full_layers=10, window_layers=52, window_tokens=1024)
    11173625856
    """
    arguments.whole(
        most=MOST_COUNTED,
        layer_token_bytes=layer_token_bytes,
        context_tokens=context_tokens,
        sequences=sequences,
        window_tokens=window_tokens,
    )
    arguments.whole(
        least=0, most=MOST_COUNTED, full_layers=full_layers, window_layers=window_layers, state_bytes=state_bytes
    )
    held = full_layers * context_tokens + window_layers * min(context_tokens, window_tokens)
    return sequences * (layer_token_bytes * held + state_bytes)


def weights_bytes(parameters: int, weight_format: str = "fp16") -> int:
    """Return the bytes of a model's weights, rounded up.

        parameters x bits per weight / 8

    Assumes every weight in this format; files often keep embeddings and norms at a higher precision and are larger.
    Source: QLoRA prints 0.5 and 0.127 bits per weight for the scales of NF4, 3 GB less for 65 billion weights.

    Args:
        parameters: >= 1, a whole number: ``70 * 10**9``, or the total of
            :func:`advisor.models.llm_parameters.parameters`.
        weight_format: a key of ``BITS_PER_WEIGHT``.

    Raises:
        ValueError: parameters out of range or not whole, or an unknown format.

    >>> weights_bytes(70 * GB) // GB                    # 70B in fp16: 140 GB
    140
    >>> round((weights_bytes(65 * GB, "nf4") - weights_bytes(65 * GB, "nf4_double_quant")) / GB, 1)
    3.0
    """
    arguments.whole(most=MOST_COUNTED, parameters=parameters)
    return math.ceil(parameters * bits_per_weight(weight_format) / 8)


def fit(
    model_bytes: int,
    layers: int,
    kv_heads: int,
    head_size: int,
    *,
    accelerator_bytes: int,
    accelerators: int = 1,
    kv_type: str = "fp16",
    scale_bytes: int = 0,
    usable_fraction: float = 0.9,
    overhead_bytes: int = 0,
    needed_tokens: int = 1,
) -> Fit:
    """Return what fits on a tensor-parallel group, as a verdict: running out of memory is an answer, not an error.

    The rule of :func:`fit_cache` with a token's KV in ceil(kv_heads / accelerators) heads: KV heads are split whole,
    and with more accelerators than KV heads they are copied, so the cache of a token no longer shrinks.

    Args:
        model_bytes: see :func:`weights_bytes`.
        layers: of the model, >= 1.
        kv_heads: of the model; a multiple or a divisor of ``accelerators``.
        head_size: numbers in a head, >= 1.
        accelerator_bytes: see :func:`fit_cache`, as all that follow.
        accelerators: degree of tensor parallelism, >= 1.
        kv_type: a key of ``BITS_PER_KV_VALUE``.
        scale_bytes: see :func:`kv_bytes_per_token`.
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
    arguments.whole(most=MOST_COUNTED, accelerators=accelerators, kv_heads=kv_heads)
    if kv_heads % accelerators and accelerators % kv_heads:
        raise ValueError(f"accelerators must divide {kv_heads} KV heads or be a multiple of it, found {accelerators}")
    heads_each = -(-kv_heads // accelerators)
    return fit_cache(
        model_bytes,
        kv_bytes_per_token(layers, heads_each, head_size, kv_type, scale_bytes=scale_bytes),
        accelerator_bytes=accelerator_bytes,
        accelerators=accelerators,
        usable_fraction=usable_fraction,
        overhead_bytes=overhead_bytes,
        needed_tokens=needed_tokens,
    )


def fit_cache(
    model_bytes: int,
    kv_bytes_each: int,
    *,
    accelerator_bytes: int,
    accelerators: int = 1,
    usable_fraction: float = 0.9,
    overhead_bytes: int = 0,
    needed_tokens: int = 1,
) -> Fit:
    """Return what fits when the cache of a token is known, as with latent attention.

        budget = floor(accelerator bytes x usable fraction)
        cache  = budget - ceil(model bytes / accelerators) - overhead
        tokens = floor(cache / KV bytes of a token on one accelerator)

    Assumes weights split evenly. Source: Kwon et al. (2023); 0.9 is vLLM's default share of memory.

    Args:
        model_bytes: see :func:`weights_bytes`.
        kv_bytes_each: what one accelerator holds for a token, >= 1; latent attention is copied to each.
        accelerator_bytes: memory of one accelerator: ``80 * GB`` or ``80 * GIB``, as its maker counts.
        accelerators: over which the weights are split, >= 1.
        usable_fraction: share of the memory that the server may take, in (0, 1].
        overhead_bytes: activations, graphs and buffers on each accelerator, >= 0.
        needed_tokens: tokens whose cache must fit at once (batch x context), >= 1.

    Raises:
        ValueError: arguments out of range.

    >>> v3 = latent_kv_bytes_per_token(61, 512, 64)             # DeepSeek-V3 in fp8 on 8 accelerators of 141 GB
    >>> fit_cache(671 * GB, v3, accelerator_bytes=141 * GB, accelerators=8).tokens
    612263
    """
    arguments.whole(
        most=MOST_COUNTED,
        model_bytes=model_bytes,
        kv_bytes_each=kv_bytes_each,
        accelerator_bytes=accelerator_bytes,
        accelerators=accelerators,
        needed_tokens=needed_tokens,
    )
    arguments.whole(least=0, most=MOST_COUNTED, overhead_bytes=overhead_bytes)
    arguments.share(usable_fraction=usable_fraction)
    budget = math.floor(accelerator_bytes * as_written(usable_fraction))
    share = -(-model_bytes // accelerators)
    left = budget - share - overhead_bytes
    missing = needed_tokens * kv_bytes_each - left
    verdict = "fits" if missing <= 0 else _shortage(missing, accelerators, share, overhead_bytes, budget)
    return Fit(missing <= 0, verdict, budget, share, kv_bytes_each, left, max(0, left // kv_bytes_each))


def largest_batch(
    model_bytes: int,
    kv_bytes_each: int,
    context_tokens: int,
    *,
    accelerator_bytes: int,
    accelerators: int = 1,
    usable_fraction: float = 0.9,
    overhead_bytes: int = 0,
    block_tokens: int = 16,
) -> int:
    """Return how many sequences of this length fit at once: 0 when not even one does.

    The rule of :func:`fit_cache`, whose arguments these are, and of :meth:`Fit.sequences`.

    Args:
        context_tokens: tokens held for one sequence (prompt and answer), >= 1.
        block_tokens: tokens in a block of the cache, >= 1.

    Raises:
        ValueError: arguments out of range.

    >>> largest_batch(16 * GB, kv_bytes_per_token(32, 8, 128), 8192, accelerator_bytes=80 * GB)
    52
    """
    found = fit_cache(
        model_bytes,
        kv_bytes_each,
        accelerator_bytes=accelerator_bytes,
        accelerators=accelerators,
        usable_fraction=usable_fraction,
        overhead_bytes=overhead_bytes,
    )
    return found.sequences(context_tokens, block_tokens=block_tokens)


def _shortage(missing: int, accelerators: int, share: int, overhead: int, budget: int) -> str:
    return (
        f"out of memory: {missing / GB:.3g} GB short on each of {accelerators} accelerators "
        f"(weights {share / GB:.3g} GB, overhead {overhead / GB:.3g} GB, budget {budget / GB:.3g} GB)"
    )

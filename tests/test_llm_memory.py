"""Memory of language models: published figures, exact arithmetic, monotonicity, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.llm_memory import (
    Fit,
    fit,
    fit_cache,
    hybrid_kv_cache_bytes,
    kv_bytes_per_token,
    kv_cache_bytes,
    largest_batch,
    latent_kv_bytes_per_token,
    weights_bytes,
)
from advisor.models.number_formats import BITS_PER_KV_VALUE, BITS_PER_WEIGHT
from advisor.models.quantities import GB, GIB

COUNTS = st.integers(1, 10**6)


def fitted(**changes: Any) -> Fit:
    """Return how Llama-3-8B in fp16 fits one accelerator of 80 GB, with changes."""
    given: dict[str, Any] = {"model_bytes": 16 * GB, "layers": 32, "kv_heads": 8, "head_size": 128}
    return fit(**(given | {"accelerator_bytes": 80 * GB} | changes))


@pytest.mark.parametrize(
    ("model", "layers", "kv_heads", "head_size", "printed_bytes"),
    [
        ("Llama-2-7B: 0.5 MB", 32, 32, 128, 512 * 1024),
        ("Llama-3-8B: 128 KiB", 32, 8, 128, 128 * 1024),
        ("OPT-13B: 800 KB, vLLM paper", 40, 40, 128, 800 * 1024),
        ("Llama-3-70B: 320 KiB", 80, 8, 128, 320 * 1024),
        ("Qwen-2.5-72B: 327.680 KB, DeepSeek-V3 paper", 80, 8, 128, 327_680),
        ("Llama-3.1-405B: 516.096 KB, DeepSeek-V3 paper", 126, 8, 128, 516_096),
    ],
)
def test_published_cache_of_a_token(model: str, layers: int, kv_heads: int, head_size: int, printed_bytes: int) -> None:
    """The KV-cache of one token in 16 bits is the published figure, to the byte."""
    assert kv_bytes_per_token(layers, kv_heads, head_size) == printed_bytes, model


def test_latent_attention_keeps_one_vector_for_all_heads() -> None:
    """DeepSeek-V3 keeps 512 + 64 numbers for each of 61 layers, printed as 70.272 KB."""
    assert latent_kv_bytes_per_token(61, 512, 64, "bf16") == 70_272
    assert latent_kv_bytes_per_token(61, 512, 64, "fp8") == 70_272 // 2


def test_published_cache_of_sequences() -> None:
    """2048 tokens of OPT-13B take 1.6 GB; 4096 of Llama-2-7B 2 GiB; 4096 of a 70B model 1 342 177 280 bytes."""
    assert round(kv_cache_bytes(819_200, 2048) / GIB, 1) == 1.6
    assert kv_cache_bytes(524_288, 4096) == 2 * GIB
    assert kv_cache_bytes(327_680, 4096) == 1_342_177_280


@pytest.mark.parametrize(("kv_type", "bits"), sorted(BITS_PER_KV_VALUE.items()))
def test_cache_is_proportional_to_its_bits(kv_type: str, bits: int) -> None:
    """A narrower type divides the cache exactly."""
    assert Fraction(kv_bytes_per_token(32, 8, 128, kv_type), kv_bytes_per_token(32, 8, 128, "fp32")) == Fraction(
        bits, 32
    )


@pytest.mark.parametrize(
    ("weight_format", "numerator", "weights"),
    [
        ("fp16", 16, 1),
        ("gguf_q8_0", 34 * 8, 32),
        ("gguf_q4_0", 18 * 8, 32),
        ("gguf_q4_k", 144 * 8, 256),
        ("gguf_q6_k", 210 * 8, 256),
        ("gptq_int4_g128", 4 * 128 + 20, 128),
        ("gguf_q5_0", 22 * 8, 32),
        ("gguf_q5_k", 176 * 8, 256),
        ("gguf_q3_k", 110 * 8, 256),
        ("gguf_q2_k", 84 * 8, 256),
        ("mxfp4", 4 * 32 + 8, 32),
        ("nvfp4", 4 * 16 + 8, 16),
        ("nf4", 4 * 64 + 32, 64),
        ("nf4_double_quant", 4 * 64 * 256 + 8 * 256 + 32, 64 * 256),
    ],
)
def test_quantised_weights_follow_from_their_blocks(weight_format: str, numerator: int, weights: int) -> None:
    """Bits per weight are the bits of a block over the weights in it, exactly, for any number of weights."""
    bits = Fraction(numerator, weights)
    assert Fraction(BITS_PER_WEIGHT[weight_format]) == bits
    for parameters in (1, 7 * GB + 1, 10**18 + 1):
        assert weights_bytes(parameters, weight_format) == math.ceil(parameters * bits / 8)


def test_published_weights() -> None:
    """70 billion weights are 140 GB in fp16 and 35 GB in plain int4; QLoRA prints 0.127 bits for its scales."""
    assert weights_bytes(70 * GB) == 140 * GB
    assert weights_bytes(70 * GB, "int4") == 35 * GB
    assert round(BITS_PER_WEIGHT["nf4_double_quant"] - 4, 3) == 0.127


def test_fit_is_exact() -> None:
    """(72 GB - 16 GB) / 131 072 bytes are 427 246 tokens, in whole blocks 52 sequences of 8192."""
    found = fitted()
    assert (found.budget_bytes, found.cache_bytes) == (72 * GB, 56 * GB)
    assert found.tokens == 56 * GB // 131_072 == 427_246
    assert found.sequences(8192) == 427_246 // 16 // 512 == 52
    assert found.sequences(1) == 427_246 // 16
    assert found.sequences(1, block_tokens=1) == 427_246


def test_out_of_memory_is_a_value() -> None:
    """70B in fp16 does not fit one or two accelerators of 80 GB, but it fits four; 4 bits fit one."""
    model = {"model_bytes": 140 * GB, "layers": 80}
    short = fitted(**model)
    assert (short.fits, short.tokens, short.sequences(1)) == (False, 0, 0)
    assert short.cache_bytes == -68 * GB
    assert "68 GB short" in short.verdict
    assert [fitted(**model, accelerators=n).fits for n in (1, 2, 4)] == [False, True, True]
    assert fitted(model_bytes=weights_bytes(70 * GB, "gguf_q4_k"), layers=80).fits


def test_a_batch_that_is_too_large_is_out_of_memory() -> None:
    """The verdict turns exactly at the token that no longer fits, and still says how many would."""
    assert fitted(needed_tokens=427_246).verdict == "fits"
    over = fitted(needed_tokens=427_247)
    assert not over.fits
    assert over.verdict.startswith("out of memory")
    assert over.tokens == 427_246


def test_the_last_byte_counts() -> None:
    """A cache that fills the memory exactly fits; one byte more of weights, split and rounded up, does not."""
    exact = {"accelerator_bytes": GIB + 65_536 * 10, "usable_fraction": 1, "accelerators": 2, "needed_tokens": 10}
    full = fitted(model_bytes=2 * GIB, **exact)
    assert (full.fits, full.verdict, full.tokens) == (True, "fits", 10)
    over = fitted(model_bytes=2 * GIB + 1, **exact)
    assert (over.fits, over.tokens, over.weights_bytes) == (False, 9, GIB + 1)


def test_copied_heads_do_not_shrink_the_cache() -> None:
    """Beyond one KV head each, more accelerators share the weights but not the cache of a token."""
    shares = [fitted(accelerators=n).kv_bytes_per_token for n in (1, 2, 8, 16)]
    assert shares == [131_072, 65_536, 16_384, 16_384]
    assert fitted(accelerators=16).weights_bytes == GB


@pytest.mark.parametrize(
    ("argument", "values", "direction"),
    [
        ("accelerator_bytes", [24 * GB, 40 * GB, 80 * GB], 1),
        ("accelerators", [1, 2, 4, 8, 16], 1),
        ("usable_fraction", [0.5, 0.9, 1.0], 1),
        ("model_bytes", [5 * GB, 16 * GB, 60 * GB], -1),
        ("layers", [16, 32, 80], -1),
        ("kv_heads", [1, 8, 32], -1),
        ("overhead_bytes", [0, GB, 10 * GB], -1),
        ("kv_type", ["int4", "fp8", "fp16", "fp32"], -1),
    ],
)
def test_tokens_rise_with_memory_and_fall_with_need(argument: str, values: list[Any], direction: int) -> None:
    """More memory holds strictly more tokens; a larger model, cache or overhead strictly fewer."""
    tokens = [fitted(**{argument: value}).tokens for value in values]
    assert all((after - before) * direction > 0 for before, after in pairwise(tokens))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 0}, r"layers must be a whole number from 1 to 10*, found 0"),
        ({"kv_heads": 2.5}, r"kv_heads must be a whole number from 1 to 10*, found 2\.5"),
        ({"head_size": True}, r"head_size must be a whole number"),
        ({"kv_type": "fp12"}, r"kv_type must be one of bf16, fp16, .*, found 'fp12'"),
        ({"model_bytes": -1}, r"model_bytes must be a whole number from 1"),
        ({"accelerator_bytes": math.nan}, r"accelerator_bytes must be a whole number"),
        ({"usable_fraction": 0}, r"usable_fraction must lie in \(0, 1\], found 0"),
        ({"usable_fraction": math.nan}, r"usable_fraction must lie in \(0, 1\]"),
        ({"overhead_bytes": -1}, r"overhead_bytes must be a whole number from 0"),
        ({"needed_tokens": 0}, r"needed_tokens must be a whole number from 1"),
        ({"scale_bytes": -1}, r"scale_bytes must be a whole number from 0"),
        ({"accelerators": 3}, r"accelerators must divide 8 KV heads or be a multiple of it, found 3"),
    ],
)
def test_fit_refuses(changes: dict[str, Any], message: str) -> None:
    """What cannot be a size is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        fitted(**changes)


def test_a_latent_cache_is_fitted_like_any_other() -> None:
    """A cache given for each accelerator is used as it is, however many accelerators share the weights."""
    found = fit_cache(671 * GB, 70_272, accelerator_bytes=141 * GB, accelerators=8)
    left = 141 * GB * 9 // 10 - -(-671 * GB // 8)
    assert (found.cache_bytes, found.tokens) == (left, left // 70_272)
    assert found.sequences_of_bytes(left) == 1
    assert found.sequences_of_bytes(left + 1) == 0


@pytest.mark.parametrize("context", [1, 16, 17, 8192, 10**6])
def test_the_largest_batch_fits_and_one_more_does_not(context: int) -> None:
    """Blocks of all sequences stay within the tokens that fit; those of one sequence more would not."""
    batch = largest_batch(16 * GB, 131_072, context, accelerator_bytes=80 * GB)
    blocks, each = 427_246 // 16, math.ceil(context / 16)
    assert batch * each <= blocks < (batch + 1) * each
    assert largest_batch(80 * GB, 131_072, context, accelerator_bytes=80 * GB) == 0


def test_scales_are_counted_per_head_and_token() -> None:
    """An int8 cache with an fp32 scale for each head and token takes 132 bytes for 128 numbers."""
    plain = kv_bytes_per_token(32, 8, 128, "int8")
    assert kv_bytes_per_token(32, 8, 128, "int8", scale_bytes=4) == plain * 132 // 128


def test_blocks_are_counted_whole() -> None:
    """17 tokens in blocks of 16 take two blocks; without blocks they take 17 tokens."""
    assert kv_cache_bytes(10, 17, 3, block_tokens=16) == 10 * 32 * 3
    assert kv_cache_bytes(10, 17, 3) == 10 * 17 * 3


def test_a_window_bounds_the_cache() -> None:
    """At 32 768 tokens Mistral's window of 4096 needs an eighth, as printed; below the window nothing is saved."""
    layer = kv_bytes_per_token(1, 8, 128)
    window: dict[str, int] = {"full_layers": 0, "window_layers": 32, "window_tokens": 4096}
    assert hybrid_kv_cache_bytes(layer, 32_768, **window) * 8 == kv_cache_bytes(32 * layer, 32_768)
    assert hybrid_kv_cache_bytes(layer, 4000, **window) == kv_cache_bytes(32 * layer, 4000)
    assert hybrid_kv_cache_bytes(layer, 9, 5, **window, state_bytes=7) == 5 * (32 * layer * 9 + 7)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_windows_lie_between_nothing_and_full_attention(
    layer: int, tokens: int, full: int, windowed: int, window: int
) -> None:
    """A hybrid needs at least its full layers, at most full attention everywhere, and never less for more tokens."""
    given_layers: dict[str, int] = {"full_layers": full, "window_layers": windowed, "window_tokens": window}
    found = hybrid_kv_cache_bytes(layer, tokens, **given_layers)
    assert layer * full * tokens <= found <= layer * (full + windowed) * tokens
    assert found <= hybrid_kv_cache_bytes(layer, tokens + 1, **given_layers)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(COUNTS, COUNTS, COUNTS, st.sampled_from(sorted(BITS_PER_KV_VALUE)))
def test_cache_of_a_token_is_the_exact_fraction_rounded_up(layers: int, heads: int, size: int, kv_type: str) -> None:
    """Bytes are the ceiling of the exact bits over 8 for any shape, and rise with each of its counts."""
    found = kv_bytes_per_token(layers, heads, size, kv_type)
    assert found == math.ceil(Fraction(2 * layers * heads * size * BITS_PER_KV_VALUE[kv_type], 8))
    assert found < kv_bytes_per_token(layers + 1, heads, size + 8, kv_type)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 10**12), st.integers(1, 10**12), st.integers(1, 10**6), st.integers(1, 64))
def test_what_is_said_to_fit_fits_and_one_token_more_does_not(
    model: int, memory: int, token: int, accelerators: int
) -> None:
    """Weights and the cache of ``tokens`` stay within the budget; a further token would not, to the byte."""
    found = fit_cache(model, token, accelerator_bytes=memory, accelerators=accelerators, usable_fraction=0.9)
    assert found.budget_bytes == memory * 9 // 10
    used = found.weights_bytes + found.tokens * token
    assert used + token > found.budget_bytes
    assert found.tokens == 0 or used <= found.budget_bytes
    assert found.fits == (found.tokens >= 1)


def test_extremes_stay_exact() -> None:
    """A septillion of everything is still counted exactly, with a verdict, and one more is refused."""
    most = 10**24
    assert kv_bytes_per_token(most, most, most, "fp32") == 8 * most**3
    assert fit_cache(most, most, accelerator_bytes=1).verdict.startswith("out of memory: ")
    with pytest.raises(ValueError, match="layers must be a whole number from 1 to 1000000000000000000000000, found"):
        kv_bytes_per_token(most + 1, 1, 1)


def test_other_refusals() -> None:
    """Unknown formats and what is no count are refused by name."""
    with pytest.raises(ValueError, match=r"weight_format must be one of bf16, .*, found 'q4'"):
        weights_bytes(1, "q4")
    with pytest.raises(ValueError, match="context_tokens must be a whole number of at least 1, found 0"):
        fitted().sequences(0)
    with pytest.raises(ValueError, match="window_tokens must be a whole number from 1"):
        hybrid_kv_cache_bytes(1, 1, full_layers=1, window_layers=1, window_tokens=0)
    with pytest.raises(ValueError, match="sequence_bytes must be a whole number of at least 1, found 0"):
        fitted().sequences_of_bytes(0)
    with pytest.raises(ValueError, match=r"latent_size must be a whole number from 1 to 1\d+, found 1\.5"):
        latent_kv_bytes_per_token(1, 1.5, 1)  # type: ignore[arg-type]

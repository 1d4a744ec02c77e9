"""Memory and step times of language models: published figures, exact arithmetic, monotonicity, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from advisor.models.llm_memory import (
    BITS_PER_KV_VALUE,
    BITS_PER_WEIGHT,
    GB,
    GIB,
    Fit,
    StepTime,
    critical_batch,
    decode_step,
    fit,
    kv_bytes_per_token,
    kv_cache_bytes,
    latent_kv_bytes_per_token,
    prefill,
    weights_bytes,
)

RATES: dict[str, Any] = {"flops_per_s": 312e12, "bytes_per_s": 1.5e12}


def fitted(**changes: Any) -> Fit:
    """Return how Llama-3-8B in fp16 fits one accelerator of 80 GB, with changes."""
    given: dict[str, Any] = {"model_bytes": 16 * GB, "layers": 32, "kv_heads": 8, "head_size": 128}
    return fit(**(given | {"accelerator_bytes": 80 * GB} | changes))


def step(**changes: Any) -> StepTime:
    """Return a decode step of an 8B model on one accelerator, with changes."""
    given: dict[str, Any] = {"parameters": 8e9, "read_bytes": 16e9, "kv_token_bytes": 131072.0, "batch": 4}
    return decode_step(**(given | {"context_tokens": 2000.0, "attention_width": 131072.0} | RATES | changes))


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


def test_published_step_times() -> None:
    """A 52B model on four A100 (12 x 64 x 8192^2 weights): 17 ms a step, and 208 tokens until computing rules."""
    weights = 12 * 64 * 8192**2
    found = decode_step(
        weights, 2 * weights, 0, batch=1, context_tokens=0, flops_per_s=4 * 312e12, bytes_per_s=4 * 1.5e12
    )
    assert found.total_s == pytest.approx(2 * weights / 6e12, rel=1e-15)
    assert round(found.total_s * 1000) == 17
    assert critical_batch(312e12, 1.5e12) == 208


def test_decode_step_by_hand() -> None:
    """Both sides of the roofline follow from small whole numbers, and communication adds to the larger."""
    found = decode_step(
        100, 600, 5, batch=2, context_tokens=10, flops_per_s=8, bytes_per_s=7, attention_width=3, communication_s=1
    )
    assert found.compute_s == 2 * (200 + 120) / 8 == 80
    assert found.memory_s == (600 + 100) / 7 == 100
    assert (found.total_s, found.bound_by) == (101, "memory")


def test_prefill_by_hand() -> None:
    """2 x 100 x 10 operations for weights and 2 x 3 x 100 for causal attention; weights are read once."""
    found = prefill(100, 600, prompt_tokens=10, flops_per_s=10, bytes_per_s=6, attention_width=3, communication_s=2)
    assert (found.compute_s, found.memory_s, found.total_s, found.bound_by) == (260, 100, 262, "compute")


def test_causal_prefill_is_the_sum_of_its_steps() -> None:
    """A prompt's operations are those of decoding its tokens one by one, up to the diagonal of attention."""
    length, width = 1000, 7
    alone = {"parameters": 50.0, "read_bytes": 1.0, "flops_per_s": 1.0, "bytes_per_s": 1.0, "attention_width": width}
    steps = math.fsum(
        decode_step(kv_token_bytes=0, batch=1, context_tokens=held, **alone).compute_s for held in range(length)
    )
    assert prefill(prompt_tokens=length, **alone).compute_s - steps == 2 * width * length


def test_bound_changes_at_the_critical_batch() -> None:
    """Below the ridge a step is bound by memory, above it by computing; half the bits halve the ridge."""
    ridge = critical_batch(**RATES)
    bounds = [step(batch=int(ridge) + d, context_tokens=0, attention_width=0).bound_by for d in (-1, 1)]
    assert bounds == ["memory", "compute"]
    assert critical_batch(**RATES, weight_format="fp8") == ridge / 2


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("batch", [1, 8, 64, 4096]),
        ("context_tokens", [0, 100, 10_000]),
        ("read_bytes", [4e9, 16e9, 64e9]),
        ("kv_token_bytes", [0, 65_536, 524_288]),
        ("communication_s", [0, 0.001, 0.01]),
        ("bytes_per_s", [8e12, 3e12, 1e12]),
    ],
)
def test_steps_get_slower(argument: str, values: list[float]) -> None:
    """More work or slower memory strictly lengthens a step that is bound by memory."""
    times = [step(**{argument: value}).total_s for value in values]
    assert all(before < after for before, after in pairwise(times))


@pytest.mark.parametrize("argument", ["parameters", "prompt_tokens", "attention_width"])
def test_prefill_gets_slower(argument: str) -> None:
    """More weights, tokens or attention strictly lengthen a prefill that is bound by computing."""
    given = {"parameters": 8e9, "read_bytes": 16e9, "prompt_tokens": 4000.0, "attention_width": 131072.0} | RATES
    times = [prefill(**(given | {argument: given[argument] * factor})).total_s for factor in (1, 2, 4)]
    assert times[0] < times[1] < times[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 0}, r"layers must be a whole number of at least 1, found 0"),
        ({"kv_heads": 2.5}, r"kv_heads must be a whole number of at least 1, found 2\.5"),
        ({"head_size": True}, r"head_size must be a whole number"),
        ({"kv_type": "fp12"}, r"unknown format 'fp12'; must be one of bf16, fp16"),
        ({"model_bytes": -1}, r"model_bytes must be a whole number of at least 1"),
        ({"accelerator_bytes": math.nan}, r"accelerator_bytes must be a whole number"),
        ({"usable_fraction": 0}, r"usable_fraction must lie in \(0, 1\], found 0"),
        ({"usable_fraction": math.nan}, r"usable_fraction must lie in \(0, 1\]"),
        ({"overhead_bytes": -1}, r"overhead_bytes must be a whole number of at least 0"),
        ({"needed_tokens": 0}, r"needed_tokens must be a whole number of at least 1"),
        ({"accelerators": 3}, r"accelerators must divide 8 KV heads or be a multiple of it, found 3"),
    ],
)
def test_fit_refuses(changes: dict[str, Any], message: str) -> None:
    """What cannot be a size is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        fitted(**changes)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("argument", ["parameters", "read_bytes", "flops_per_s", "bytes_per_s"])
def test_rates_must_be_positive_and_finite(argument: str, bad: float) -> None:
    """No step time is computed from a rate or size that is not positive and finite."""
    with pytest.raises(ValueError, match=f"{argument} must be greater than 0 and finite"):
        step(**{argument: bad})


def test_other_refusals() -> None:
    """Negative extras, empty prompts and batches, unknown formats and overflowing times are refused."""
    with pytest.raises(ValueError, match="communication_s must be at least 0"):
        step(communication_s=-0.1)
    with pytest.raises(ValueError, match="batch must be a whole number of at least 1"):
        step(batch=0)
    with pytest.raises(ValueError, match="prompt_tokens must be greater than 0"):
        prefill(1, 1, prompt_tokens=0, **RATES)
    with pytest.raises(ValueError, match="compute_s must be at least 0 and finite, found inf"):
        step(parameters=1e308)
    with pytest.raises(ValueError, match="unknown format 'q4'"):
        weights_bytes(1, "q4")
    with pytest.raises(ValueError, match="context_tokens must be a whole number"):
        fitted().sequences(0)

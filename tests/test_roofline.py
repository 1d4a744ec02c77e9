"""Step times of language models: published figures, hand arithmetic, monotonicity, refusals."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.roofline import (
    StepTime,
    all_reduce_s,
    bandwidth_utilization,
    critical_batch,
    decode_step,
    flops_utilization,
    operations_per_token,
    prefill,
    tensor_parallel_s,
)

RATES: dict[str, Any] = {"flops_per_s": 312e12, "bytes_per_s": 1.5e12}


def step(**changes: Any) -> StepTime:
    """Return a decode step of an 8B model on one accelerator, with changes."""
    given: dict[str, Any] = {"parameters": 8e9, "read_bytes": 16e9, "kv_token_bytes": 131072.0, "batch": 4}
    return decode_step(**(given | {"context_tokens": 2000.0, "attention_width": 131072.0} | RATES | changes))


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


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("argument", ["parameters", "read_bytes", "flops_per_s", "bytes_per_s"])
def test_rates_must_be_positive_and_finite(argument: str, bad: float) -> None:
    """No step time is computed from a rate or size that is not positive and finite."""
    with pytest.raises(ValueError, match=f"{argument} must be greater than 0 and finite"):
        step(**{argument: bad})


@pytest.mark.parametrize("accelerators", [1, 2, 3, 8])
def test_a_ring_all_reduce_is_its_steps(accelerators: int) -> None:
    """Messages cut in n parts pass n - 1 times to be summed and n - 1 times to be shared, each time with a latency."""
    part, moved = 6e9 / accelerators, 0.0
    for _ in range(2 * (accelerators - 1)):
        moved += part / 3e9 + 1e-3
    assert all_reduce_s(6e9, accelerators, 3e9, latency_s=1e-3) == pytest.approx(moved, rel=1e-12)


def test_tensor_parallelism_by_hand() -> None:
    """Two all-reduces of tokens x hidden values a layer; alone there is nothing to exchange."""
    found = tensor_parallel_s(3, 100, 7, 2, 50.0, value_bytes=2)
    assert found == pytest.approx(3 * 2 * (7 * 100 * 2 / 50), rel=1e-12)
    assert tensor_parallel_s(3, 100, 7, 1, 50.0, latency_s=1.0) == 0


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 200), st.floats(1, 1e12), st.floats(1e-9, 1e-3))
def test_communication_rises_with_accelerators_and_message(n: int, message: float, latency: float) -> None:
    """One accelerator more, or a larger message, never needs less time; it stays below two messages and all hops."""
    found = all_reduce_s(message, n, 1e9, latency_s=latency)
    assert found <= all_reduce_s(message, n + 1, 1e9, latency_s=latency)
    assert found <= all_reduce_s(2 * message, n, 1e9, latency_s=latency)
    assert found <= (2 * message / 1e9 + 2 * n * latency) * (1 + 1e-12)


def test_training_needs_thrice_the_operations() -> None:
    """2 N + 4 W T for a token read, 6 N + 12 W T for one trained on."""
    assert operations_per_token(10, attention_width=3, context_tokens=5) == 80
    assert operations_per_token(10, attention_width=3, context_tokens=5, training=True) == 240


def test_utilisation_of_the_rooflines_own_step_is_one() -> None:
    """A step exactly on the roofline uses all of the bandwidth, or all of the operations, and nothing more."""
    memory = step(batch=1, context_tokens=0)
    assert bandwidth_utilization(16e9, memory.total_s, RATES["bytes_per_s"]) == pytest.approx(1, rel=1e-12)
    compute = step(batch=4096, context_tokens=0, attention_width=0)
    used = flops_utilization(4096 / compute.total_s, operations_per_token(8e9), RATES["flops_per_s"])
    assert (compute.bound_by, used) == ("compute", pytest.approx(1, rel=1e-12))


@pytest.mark.parametrize("scale", [1e-90, 1e90])
def test_extremes_do_not_overflow(scale: float) -> None:
    """Sizes and rates at the edge of what is allowed still give finite times."""
    found = step(parameters=scale, read_bytes=scale, flops_per_s=scale, bytes_per_s=scale, kv_token_bytes=0)
    assert math.isfinite(found.total_s)
    assert math.isfinite(all_reduce_s(scale, 10**24, scale))


def test_other_refusals() -> None:
    """Negative extras, empty prompts and batches, unknown formats and absurd scales are refused by name."""
    with pytest.raises(ValueError, match="communication_s must be at least 0"):
        step(communication_s=-0.1)
    with pytest.raises(ValueError, match="batch must be a whole number from 1"):
        step(batch=0)
    with pytest.raises(ValueError, match="prompt_tokens must be greater than 0"):
        prefill(1, 1, prompt_tokens=0, **RATES)
    with pytest.raises(ValueError, match="parameters must lie between"):
        step(parameters=1e308)
    with pytest.raises(ValueError, match="compute_s must be at least 0 and finite, found inf"):
        step(attention_width=1e100, context_tokens=1e100, batch=10**24, flops_per_s=1e-100)
    with pytest.raises(ValueError, match="weight_format must be one of"):
        critical_batch(**RATES, weight_format="q4")
    with pytest.raises(ValueError, match="link_bytes_per_s must be greater than 0"):
        all_reduce_s(1, 2, 0)
    with pytest.raises(ValueError, match="accelerators must be a whole number from 1"):
        tensor_parallel_s(1, 1, 1, 0, 1.0)
    with pytest.raises(ValueError, match="peak_bytes_per_s must be greater than 0"):
        bandwidth_utilization(1, 1, 0)
    with pytest.raises(ValueError, match="tokens_per_s must be greater than 0"):
        flops_utilization(0, 1, 1)

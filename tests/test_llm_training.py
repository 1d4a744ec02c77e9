"""Training: model states under ZeRO, training time."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.llm_training import training_state_bytes, training_time_s


def test_mixed_precision_adam_takes_sixteen_bytes_a_weight() -> None:
    """2 for weights, 2 for gradients, 12 for the optimiser: 1.5 billion take 24 GB, as the ZeRO paper prints."""
    assert training_state_bytes(1_500_000_000) == 24 * 10**9


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 10**12), st.integers(1, 10**5))
def test_each_stage_splits_one_part_more(parameters: int, parallel: int) -> None:
    """Stages split optimiser states, gradients and weights in turn, each rounded up; more accelerators never cost."""
    stages = [training_state_bytes(parameters, zero_stage=stage, data_parallel=parallel) for stage in range(4)]

    def split(each: int) -> int:
        return math.ceil(Fraction(each * parameters, parallel))

    assert stages == [
        16 * parameters,
        4 * parameters + split(12),
        2 * parameters + split(2) + split(12),
        split(2) + split(2) + split(12),
    ]
    assert stages == sorted(stages, reverse=True)
    assert training_state_bytes(parameters, zero_stage=3, data_parallel=parallel + 1) <= stages[3]


def test_recomputation_costs_a_third_more() -> None:
    """The forward pass is 2 of 6 operations; done twice it makes 8. Twice the accelerators halve the time."""
    plain = training_time_s(7e9, 1e12, 64, 100e12)
    assert plain == 6 * 7e9 * 1e12 / (64 * 100e12)
    assert training_time_s(7e9, 1e12, 64, 100e12, recomputation=True) == pytest.approx(plain * 4 / 3, rel=1e-12)
    assert training_time_s(7e9, 1e12, 128, 100e12) == plain / 2


def test_refusals() -> None:
    """Stages, counts and rates out of range are named, and a time beyond every scale is no answer."""
    with pytest.raises(ValueError, match="zero_stage must be a whole number from 0 to 3, found 4"):
        training_state_bytes(1, zero_stage=4)
    with pytest.raises(ValueError, match="gradient_bytes must be a whole number from 0"):
        training_state_bytes(1, gradient_bytes=-1)
    with pytest.raises(ValueError, match="tokens must be greater than 0 and finite, found 0"):
        training_time_s(1, 0, 1, 1)
    with pytest.raises(ValueError, match="achieved_flops_per_s_each must be greater than 0 and finite, found nan"):
        training_time_s(1, 1, 1, math.nan)
    with pytest.raises(ValueError, match="training_time_s must lie between"):
        training_time_s(1e100, 1e100, 1, 1e-100)

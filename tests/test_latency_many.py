"""Sums of hundreds and thousands of stages keep the promised accuracy."""

from __future__ import annotations

import mpmath
import pytest

from advisor.models.latency import Constant, Erlang, exponential, repeat, series

LEVELS = [0.5, 0.9, 0.95, 0.99, 0.999]


@pytest.mark.parametrize("stages", [50, 101, 300, 1000, 3000, 10_000])
def test_many_exponentials_are_an_erlang(stages: int) -> None:
    """The sum of n exponential times has the percentiles of the Erlang distribution, to 0.1 %."""
    for p, x in zip(LEVELS, repeat(exponential(1.0), stages).quantiles(LEVELS), strict=True):
        below, above = (mpmath.gammainc(stages, 0, x * shift, regularized=True) for shift in (0.999, 1.001))
        assert below <= p <= above, p


@pytest.mark.parametrize("stages", [101, 1000])
def test_the_distribution_function_goes_with_the_percentiles(stages: int) -> None:
    """P(sum <= its p-quantile) is p, within what 0.1 % of the quantile is worth."""
    found = repeat(exponential(1.0), stages)
    for p, x in zip(LEVELS, found.quantiles(LEVELS), strict=True):
        low, high = Erlang(stages, 1.0).cdf(x * 0.999), Erlang(stages, 1.0).cdf(x * 1.001)
        assert low <= found.cdf(x) <= high
        assert low <= p <= high


def test_a_constant_among_many_stages_moves_all_percentiles_alike() -> None:
    """Adding a fixed time adds just that."""
    base = repeat(exponential(1.0), 500)
    moved = series(*[exponential(1.0)] * 500, Constant(70.0)).quantiles(LEVELS)
    assert [x - 70 for x in moved] == pytest.approx(base.quantiles(LEVELS), rel=1e-3)

"""Poisson sums and bisection: the small tools that queue models are inverted and summed with."""

from __future__ import annotations

import math

import mpmath
import pytest

from advisor.models.bisection import boundary
from advisor.models.poisson import above, at_most, masses


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 7.0, 12.5, 1000.0, 250_000.0])
def test_masses_equal_the_distribution(mean: float) -> None:
    """Masses near the mode agree with 40 digits to 1e-9, and all of them add up to 1."""
    first, found = masses(mean)
    assert math.fsum(found) == pytest.approx(1, rel=1e-12)
    with mpmath.workdps(40):
        for n in {math.floor(mean), math.floor(mean + math.sqrt(mean)), max(0, math.floor(mean - 3 * math.sqrt(mean)))}:
            exact = mpmath.exp(n * mpmath.log(mean) - mean - mpmath.loggamma(n + 1)) if mean else mpmath.mpf(1)
            assert found[n - first] == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize("mean", [0.3, 7.0, 400.0])
@pytest.mark.parametrize("n", [0, 3, 20, 390])
def test_sums_keep_their_digits_at_both_ends(mean: float, n: int) -> None:
    """P(N <= n) and P(N > n) are the regularized incomplete gamma functions, to 1e-9 of themselves, however small."""
    with mpmath.workdps(40):
        up = float(mpmath.gammainc(n + 1, mean, mpmath.inf, regularized=True))
        down = float(mpmath.gammainc(n + 1, 0, mean, regularized=True))
    assert at_most(mean, n + 1)[n] == pytest.approx(up, rel=1e-9, abs=1e-299)
    assert above(mean, n + 1)[n] == pytest.approx(down, rel=1e-9, abs=1e-299)


def test_sums_have_as_many_terms_as_asked_for() -> None:
    """Below the first number that matters nothing is at most it, beyond the last everything is."""
    assert at_most(1e5, 3) == [0.0, 0.0, 0.0]
    assert above(1e5, 3) == [1.0, 1.0, 1.0]
    assert (at_most(0.0, 2), above(0.0, 2)) == ([1.0, 1.0], [0.0, 0.0])
    assert (len(at_most(1e-3, 5000)), len(above(1e-3, 5000))) == (5000, 5000)
    assert (at_most(1e-3, 5000)[-1], above(1e-3, 5000)[-1]) == (1.0, 0.0)


def test_means_out_of_range_are_refused() -> None:
    """Negative, unknown and beyond a million."""
    for mean, message in ((-1.0, "mean must be at least 0"), (math.nan, "at least 0"), (1e7, "at most 1000000")):
        with pytest.raises(ValueError, match=message):
            masses(mean)


@pytest.mark.parametrize("edge", [1e-90, 1e-9, 0.1, 1 / 3, 0.999999999])
def test_boundaries_are_found_to_the_last_digits(edge: float) -> None:
    """The last that holds and the first that does not embrace the edge within 1e-15 of it, wherever it is."""
    inside, outside = boundary(lambda x: x <= edge, 0.0, 1.0)
    assert inside <= edge <= outside
    assert outside - inside <= 1e-15 * outside

"""Availability of redundant parts against exact enumeration of every pattern of failures."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from oracles import exact

from advisor.models.availability import downtime_minutes_per_month, k_of_n, parallel, series, units_in_zones


@pytest.mark.parametrize("n", range(1, 9))
@pytest.mark.parametrize("a", [Fraction(0), Fraction(1, 2), Fraction(99, 100), Fraction(99999, 100000), Fraction(1)])
def test_k_of_n_is_exact(n: int, a: Fraction) -> None:
    """k of n equals the sum over all patterns of up and down, for every k."""
    for k in range(n + 1):
        assert k_of_n(k, n, float(a)) == pytest.approx(float(exact.k_of_n(k, n, a)), abs=1e-14)


@pytest.mark.parametrize(
    ("k", "n", "zones", "sizes"),
    [
        (1, 1, 1, [1]),
        (1, 2, 2, [1, 1]),
        (2, 3, 3, [1, 1, 1]),
        (2, 4, 2, [2, 2]),
        (4, 5, 2, [3, 2]),
        (3, 7, 3, [3, 2, 2]),
        (7, 7, 3, [3, 2, 2]),
    ],
)
def test_units_in_zones_is_exact(k: int, n: int, zones: int, sizes: list[int]) -> None:
    """Units spread over zones that fail as a whole: every pattern of zones and units."""
    unit, zone = Fraction(995, 1000), Fraction(9995, 10000)
    assert units_in_zones(k, n, zones, float(unit), float(zone)) == pytest.approx(
        float(exact.units_in_zones(k, sizes, unit, zone)), abs=1e-14
    )


def test_series_and_parallel() -> None:
    """A chain is the product, redundancy one minus the product of the failures; nothing is surely up."""
    assert series(0.9, 0.8, 0.5) == pytest.approx(0.36)
    assert parallel(0.9, 0.8, 0.5) == pytest.approx(1 - 0.1 * 0.2 * 0.5)
    assert series() == 1
    assert series(0.9, 0.8) <= 0.8
    assert parallel(0.9, 0.8) >= 0.9


def test_more_zones_and_more_units_are_never_less_available() -> None:
    """An extra unit never hurts; spreading whole copies over more zones never hurts."""
    for k in (1, 2, 3):
        ups = [units_in_zones(k, n, 1, 0.99, 0.999) for n in range(k, k + 5)]
        assert ups == sorted(ups)
        copies = [units_in_zones(k, 6 * k, zones, 0.99, 0.999) for zones in (1, 2, 3)]
        assert copies == sorted(copies)


def test_downtime() -> None:
    """Three nines leave 43.8 minutes a month of 730 hours."""
    assert downtime_minutes_per_month(0.999) == pytest.approx(43.8)
    assert downtime_minutes_per_month(1.0) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: series(1.1),
        lambda: parallel(-0.1),
        lambda: series(math.nan),
        lambda: k_of_n(3, 2, 0.9),
        lambda: k_of_n(-1, 2, 0.9),
        lambda: k_of_n(1, 2, 1.5),
        lambda: units_in_zones(1, 2, 3, 0.9, 0.9),
        lambda: units_in_zones(1, 2, 0, 0.9, 0.9),
        lambda: downtime_minutes_per_month(2),
    ],
)
def test_impossible_systems_are_refused(call: object) -> None:
    """Availabilities outside [0, 1], more needed than there are, more zones than units: errors."""
    with pytest.raises(ValueError, match="must lie in"):
        call()  # type: ignore[operator]

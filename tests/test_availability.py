"""Availability of redundant parts against exact enumeration of every pattern of failures."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import exact

from advisor.models import availability, unavailability
from advisor.models.availability import (
    downtime_minutes_per_month,
    fallback,
    k_of_n,
    k_of_n_unlike,
    parallel,
    regions,
    series,
    units_in_sized_zones,
    units_in_zones,
)
from advisor.models.binomial import complement, tail

CHANCES = st.one_of(
    st.floats(0, 1),
    st.integers(1, 12).map(lambda nines: 1 - 10.0**-nines),
    st.integers(1, 12).map(lambda nines: 10.0**-nines),
    st.sampled_from([0.0, 1.0]),
)
FEW = settings(derandomize=True, deadline=None, max_examples=60)


def decimal(value: float) -> Fraction:
    """Return the number that was written, not the float that stands for it."""
    return Fraction(repr(value))


def binomial_sums(k: int, n: int, a: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Return P(at least k of n up) and P(fewer) in sixty digits, term by term."""
    with mpmath.workdps(60):
        terms = [mpmath.binomial(n, i) * a**i * (1 - a) ** (n - i) for i in range(n + 1)]
        return mpmath.fsum(terms[k:]), mpmath.fsum(terms[:k])


def at_least(k: int, chances: list[Fraction]) -> tuple[Fraction, Fraction]:
    """Return P(at least k up) and P(fewer) by looking at every pattern."""
    total = [Fraction(0), Fraction(0)]
    for pattern in product((True, False), repeat=len(chances)):
        weight = math.prod((a if up else 1 - a for a, up in zip(chances, pattern, strict=True)), start=Fraction(1))
        total[sum(pattern) < k] += weight
    return total[0], total[1]


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


@pytest.mark.parametrize("a", ["0.999", "0.5", "0.001", "0.999999999999"])
@pytest.mark.parametrize(("k", "n"), [(1, 2), (2, 3), (17, 20), (45, 60), (190, 200), (100, 200), (400, 400)])
def test_k_of_n_keeps_nine_digits_on_both_sides(k: int, n: int, a: str) -> None:
    """Availability and unavailability agree with sixty digits to 1e-9 relative, be they 1e-200 or 1 - 1e-200."""
    with mpmath.workdps(60):
        up, down = binomial_sums(k, n, mpmath.mpf(a))
    u = complement(float(a))
    for found, expected in ((k_of_n(k, n, float(a)), up), (unavailability.k_of_n(k, n, u), down)):
        if expected > 1e-300:
            assert abs(found / expected - 1) < 1e-9


@pytest.mark.parametrize(
    ("k", "n", "a"),
    [(9_990, 10_000, "0.9999"), (10_000, 10_000, "0.9999"), (9_900, 10_000, "0.995"), (5_000, 10_000, "0.5")],
)
def test_k_of_n_is_exact_for_thousands_of_units(k: int, n: int, a: str) -> None:
    """Ten thousand units, needed near n or near half: neither overflow nor lost digits, against fifty digits."""
    with mpmath.workdps(50):
        p, term, down = mpmath.mpf(a), mpmath.mpf(1), mpmath.mpf(0)
        term = p**n  # all up; then one more down at a time
        up = mpmath.mpf(0)
        for d in range(n - k + 1):
            up += term
            term *= mpmath.mpf(n - d) / (d + 1) * (1 - p) / p
        down = 1 - up
    assert abs(k_of_n(k, n, float(a)) / up - 1) < 1e-9
    assert abs(unavailability.k_of_n(k, n, complement(float(a))) / down - 1) < 1e-9


def test_k_of_n_stays_finite_at_the_extremes() -> None:
    """Ten million units, chances of 1e-300, all and none needed: numbers from 0 to 1, and the sure answers."""
    assert k_of_n(5_000_000, 10_000_000, 0.5) == pytest.approx(0.5, abs=2e-4)
    assert k_of_n(1, 10_000_000, 1e-300) == pytest.approx(1e-293, rel=1e-9)
    assert k_of_n(0, 0, 0.3) == k_of_n(0, 5, 0.0) == k_of_n(5, 5, 1.0) == 1
    assert k_of_n(1, 5, 0.0) == unavailability.k_of_n(5, 5, 0.0) == 0
    assert 0 <= unavailability.k_of_n(1, 10_000_000, 0.5) < 1e-300


@FEW
@given(st.lists(CHANCES, max_size=9), st.data())
def test_unlike_parts_equal_the_enumeration(parts: list[float], data: st.DataObject) -> None:
    """k of unlike parts, series, parallel, availability and unavailability: every pattern, to 1e-9 relative."""
    k = data.draw(st.integers(0, len(parts)))
    downs = [complement(a) for a in parts]
    chances = [1 - decimal(u) if a > 0.5 else decimal(a) for a, u in zip(parts, downs, strict=True)]
    up, down = at_least(k, chances)
    assert k_of_n_unlike(k, parts) == pytest.approx(float(up), rel=1e-9, abs=1e-300)
    assert unavailability.k_of_n_unlike(k, downs) == pytest.approx(float(down), rel=1e-9, abs=1e-300)
    all_up, any_down = at_least(len(parts), chances)
    assert series(*parts) == pytest.approx(float(all_up), rel=1e-9, abs=1e-300)
    assert unavailability.series(*downs) == pytest.approx(float(any_down), rel=1e-9, abs=1e-300)
    if parts:
        any_up, all_down = at_least(1, chances)
        assert parallel(*parts) == pytest.approx(float(any_up), rel=1e-9, abs=1e-300)
        assert unavailability.parallel(*downs) == pytest.approx(float(all_down), rel=1e-9, abs=1e-300)


def test_unavailability_keeps_what_an_availability_cannot_show() -> None:
    """Three parts of six nines are down together 1e-18 of the time; as an availability that is 1."""
    assert parallel(0.999999, 0.999999, 0.999999) == 1
    down = unavailability.of(0.999999)
    assert down == 1e-6
    assert unavailability.parallel(down, down, down) == pytest.approx(1e-18, rel=1e-12)
    assert unavailability.series(1e-18, 2e-18) == pytest.approx(3e-18, rel=1e-12)
    assert unavailability.fallback(1e-9, 1e-9, switch=1e-9) == pytest.approx(2e-18, rel=1e-8)
    assert unavailability.regions(1, [1e-9, 1e-9], shared=[1e-15]) == pytest.approx(1.001e-15, rel=1e-12)


@FEW
@given(CHANCES)
def test_a_complement_is_that_of_the_decimal(value: float) -> None:
    """1 - a is that of the shortest decimal which the float stands for, correctly rounded; it never leaves [0, 1]."""
    assert complement(value) == float(1 - decimal(value))
    assert 0 <= complement(value) <= 1


@FEW
@given(CHANCES, CHANCES, CHANCES)
def test_fallback_is_the_sum_over_its_states(primary: float, backup: float, switch: float) -> None:
    """Up with the primary, or without it when switch and backup work; both sides agree with exact fractions."""
    p, b, s = decimal(primary), decimal(backup), decimal(switch)
    up = p + (1 - p) * s * b
    assert fallback(primary, backup, switch) == pytest.approx(float(up), rel=1e-9)
    downs = [complement(value) for value in (primary, backup, switch)]
    v, w, x = (decimal(down) for down in downs)
    assert unavailability.fallback(*downs) == pytest.approx(float(v * (x + (1 - x) * w)), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("k", "sizes", "zones"),
    [(2, [3, 1], ["0.999", "0.9"]), (3, [1, 2, 3], ["0.99"] * 3), (4, [4, 0, 1], ["0.9", "0.5", "1"]), (0, [2], ["0"])],
)
def test_uneven_zones_that_are_not_alike(k: int, sizes: list[int], zones: list[str]) -> None:
    """Any spread over zones with their own availabilities: every pattern of zones and units."""
    unit, total = Fraction("0.95"), Fraction(0)
    for pattern in product((True, False), repeat=len(sizes)):
        weight = math.prod((Fraction(z) if up else 1 - Fraction(z) for z, up in zip(zones, pattern, strict=True)))
        alive = sum(size for size, up in zip(sizes, pattern, strict=True) if up)
        total += weight * at_least(k, [unit] * alive)[0]
    found = units_in_sized_zones(k, sizes, 0.95, [float(zone) for zone in zones])
    assert found == pytest.approx(float(total), rel=1e-12)
    down = unavailability.units_in_sized_zones(k, sizes, 0.05, [complement(float(zone)) for zone in zones])
    assert down == pytest.approx(float(1 - total), rel=1e-9, abs=1e-300)


def test_a_hundred_zones_are_no_more_than_a_hundred_steps() -> None:
    """A hundred zones of three units against exact fractions: condition on how many zones are up, not on which."""
    unit, zone = Fraction("0.999"), Fraction("0.9999")
    down = Fraction(0)
    for up_zones in range(101):
        weight = math.comb(100, up_zones) * zone**up_zones * (1 - zone) ** (100 - up_zones)
        n = 3 * up_zones
        fewer = sum((math.comb(n, i) * unit**i * (1 - unit) ** (n - i) for i in range(min(294, n + 1))), Fraction(0))
        down += weight * fewer
    assert unavailability.units_in_zones(294, 300, 100, 0.001, 0.0001) == pytest.approx(float(down), rel=1e-9)
    assert units_in_zones(294, 300, 100, 0.999, 0.9999) == pytest.approx(float(1 - down), rel=1e-12)


def test_what_regions_share_stands_outside() -> None:
    """Two regions behind shared services: the shared part once, not in each region."""
    assert regions(1, [0.99, 0.98], shared=[0.999, 0.9999]) == pytest.approx(0.999 * 0.9999 * (1 - 0.01 * 0.02))
    assert regions(2, [0.99, 0.98]) == pytest.approx(0.99 * 0.98)
    assert regions(1, [series(0.99, 0.999)] * 2) > regions(1, [0.99] * 2, shared=[0.999])


@FEW
@given(st.lists(CHANCES, min_size=1, max_size=6), st.data())
def test_a_better_part_never_hurts_and_the_weakest_limits(parts: list[float], data: st.DataObject) -> None:
    """Raising any part lowers no availability; a chain is never above its weakest part, a choice not below its best."""
    k = data.draw(st.integers(0, len(parts)))
    place = data.draw(st.integers(0, len(parts) - 1))
    better = [*parts[:place], data.draw(st.floats(parts[place], 1)), *parts[place + 1 :]]
    assert series(*parts) <= min(parts)
    assert parallel(*parts) >= max(parts) - 1e-15
    for call in (series, parallel, lambda *found: k_of_n_unlike(k, found), lambda *found: regions(k, found, found)):
        assert call(*better) >= call(*parts) - 1e-15
    assert k_of_n(k, len(parts), better[place]) >= k_of_n(k, len(parts), parts[place]) - 1e-15


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
        lambda: k_of_n_unlike(2, [0.9]),
        lambda: k_of_n_unlike(0.5, [0.9]),  # type: ignore[arg-type]
        lambda: fallback(0.9, 0.9, switch=1.1),
        lambda: regions(3, [0.9, 0.9]),
        lambda: regions(1, [0.9], shared=[2]),
        lambda: units_in_sized_zones(4, [1, 2], 0.9, 0.9),
        lambda: units_in_sized_zones(1, [1, 2], 0.9, [0.9, 1.9]),
        lambda: unavailability.series(-1e-9),
        lambda: unavailability.parallel(2),
        lambda: complement(math.nan),
    ],
)
def test_impossible_systems_are_refused(call: object) -> None:
    """Availabilities outside [0, 1], more needed than there are, more zones than units: errors."""
    with pytest.raises(ValueError, match="must lie in"):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: series(0.9, 99.9), r"availability of part 2 must lie in \[0, 1\], found 99.9"),
        (lambda: unavailability.series(0.9, 99.9), r"unavailability of part 2 must lie in \[0, 1\], found 99.9"),
        (lambda: k_of_n(3, 2, 0.9), "k must lie in 0..n, found k = 3, n = 2"),
        (lambda: k_of_n(1, 10**8, 0.9), "n must be a whole number from 0 to 10000000, found 100000000"),
        (lambda: units_in_sized_zones(1, [1, 2], 0.9, [0.9]), "zone must be one number or one for each of 2 zones"),
        (lambda: units_in_sized_zones(1, [1, -2], 0.9, 0.9), "size of zone 2 must be a whole number from 0 to 20000"),
        (lambda: availability.k_of_n_unlike(1, [0.5] * 6000), r"n \(n - k \+ 1\) must be at most 20000000"),
    ],
)
def test_messages_name_the_argument_and_what_is_valid(call: object, message: str) -> None:
    """An error says which argument, what it may be, and what was found."""
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


def test_tail_and_its_complement_add_up() -> None:
    """P(at least m) and P(fewer) are computed apart from each other and still add up to 1."""
    for n, p in ((7, 0.3), (60, 0.999), (5000, 0.02), (100_000, 0.5)):
        for m in range(0, n + 1, max(1, n // 13)):
            assert tail(m, n, p, 1 - p) + tail(n - m + 1, n, 1 - p, p) == pytest.approx(1, rel=1e-11)

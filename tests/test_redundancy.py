"""Redundancy for a target, common causes and failover: against search by hand, enumeration and simulation."""

from __future__ import annotations

import math
import random
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import common_cause as c
from advisor.models import redundancy as r
from advisor.models.downtime import Period
from advisor.models.failover import failover
from advisor.models.failure_rates import RepairCycle

FEW = settings(derandomize=True, deadline=None, max_examples=60)


def with_common_cause(k: int, n: int, unit: Fraction, beta: Fraction) -> Fraction:
    """Return the unavailability of k of n with a beta factor: the binomial sum in fractions and the cause."""
    own = (1 - beta) * (1 - unit)
    up = sum((math.comb(n, i) * (1 - own) ** i * own ** (n - i) for i in range(k, n + 1)), Fraction(0))
    return 1 - (1 - beta * (1 - unit)) * up


@pytest.mark.parametrize(("k", "n"), [(1, 1), (1, 2), (2, 3), (3, 8), (5, 5)])
@pytest.mark.parametrize("unit", ["0.99", "0.999999", "0.3", "1", "0"])
@pytest.mark.parametrize("beta", ["0", "0.05", "0.5", "1"])
def test_beta_factor_is_exact(k: int, n: int, unit: str, beta: str) -> None:
    """The unavailability with a common cause agrees with fractions to 1e-9 relative, at all shares."""
    found = c.beta_factor(k, n, float(unit), float(beta))
    exact = with_common_cause(k, n, Fraction(unit), Fraction(beta))
    assert found.unavailability == pytest.approx(float(exact), rel=1e-9, abs=1e-300)
    assert found.common == pytest.approx(float(Fraction(beta) * (1 - Fraction(unit))), rel=1e-12)
    assert found.unavailability >= found.common


@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize("unit", ["0.9", "0.99", "0.5"])
@pytest.mark.parametrize("beta", ["0", "0.01"])
@pytest.mark.parametrize("target", ["0.9", "0.99", "0.999", "0.99999"])
def test_the_smallest_redundancy_is_the_first_that_meets_the_target(k: int, unit: str, beta: str, target: str) -> None:
    """Counting up from k in fractions finds the same number, or the common cause already takes more than is allowed."""
    exact_unit, exact_beta, allowed = Fraction(unit), Fraction(beta), 1 - Fraction(target)
    if 0 < exact_beta * (1 - exact_unit) >= allowed:
        with pytest.raises(ValueError, match="the common cause alone allows"):
            r.smallest_redundancy(k, float(unit), float(target), beta=float(beta))
        return
    n = next(n for n in range(k, 200) if with_common_cause(k, n, exact_unit, exact_beta) <= allowed)
    found = r.smallest_redundancy(k, float(unit), float(target), beta=float(beta))
    assert (found.units, found.spares) == (n, n - k)
    assert found.unavailability == pytest.approx(float(with_common_cause(k, n, exact_unit, exact_beta)), rel=1e-9)
    assert (found.one_fewer is None) == (n == k)
    assert found.one_fewer is None or found.one_fewer < float(target) <= found.availability + 1e-12


def test_a_target_met_exactly_is_met() -> None:
    """Two units of two nines are four nines: rounding does not ask for a third; perfect units meet a target of 1."""
    assert r.smallest_redundancy(1, 0.99, 0.9999).units == 2
    assert r.smallest_redundancy(1, 0.999, 0.999999999).units == 3
    assert r.smallest_redundancy(5, 1.0, 1.0).units == 5


def test_thousands_of_units() -> None:
    """For a thousand units of three nines the spares come from the binomial tail: one fewer misses the target."""
    found = r.smallest_redundancy(1000, 0.999, 0.999999)
    unit = Fraction("0.999")

    def down(n: int) -> Fraction:
        return 1 - sum((math.comb(n, d) * (1 - unit) ** d * unit ** (n - d) for d in range(n - 999)), Fraction(0))

    assert down(found.units) <= Fraction(1, 10**6) < down(found.units - 1)


@FEW
@given(st.integers(1, 20), st.floats(0.5, 0.999), st.floats(0.5, 0.9999))
def test_a_higher_target_never_needs_fewer(k: int, unit: float, target: float) -> None:
    """More availability asked, or worse units, never leads to fewer of them."""
    units = r.smallest_redundancy(k, unit, target).units
    assert r.smallest_redundancy(k, unit, (1 + target) / 2).units >= units
    assert r.smallest_redundancy(k, unit * 0.9, target).units >= units


@FEW
@given(
    st.floats(0.001, 0.9999999),
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 100), min_size=1),
)
def test_targets_of_parts_multiply_to_the_target(target: float, weights: dict[str, float]) -> None:
    """Equal and weighted shares of the downtime: the chain is at the target, a larger share asks for less."""
    parts = r.weighted_targets(target, weights)
    assert math.prod(part.availability for part in parts) == pytest.approx(target, rel=1e-9)
    ordered = sorted(parts, key=lambda part: weights[part.name])
    assert [part.availability for part in ordered] == sorted((p.availability for p in parts), reverse=True)
    equal = r.equal_targets(target, len(weights))
    assert equal.availability ** len(weights) == pytest.approx(target, rel=1e-9)
    assert r.weighted_targets(target, dict.fromkeys(weights, 3.0))[0].availability == pytest.approx(equal.availability)


def test_causes_take_their_hours() -> None:
    """Operators, releases and windows are parts in series; each takes the hours it was given, of its own period."""
    causes = [
        c.from_hours("operators", 0.73, Period.MONTH),
        c.from_events("release", 12, 0.73),
        c.from_hours("window", 0, Period.WEEK),
    ]
    assert [cause.unavailability for cause in causes] == pytest.approx([0.001, 0.001, 0])
    assert c.with_causes(0.999, causes) == pytest.approx(0.999**3)
    assert c.with_causes(0.999, []) == 0.999


@pytest.mark.parametrize("switch_time", [0.0, 0.25, 2.0, 50.0])
def test_failover_agrees_with_a_simulated_pair(switch_time: float) -> None:
    """A primary with constant repairs and a backup, simulated: each failure is switched over, or not."""
    rng = random.Random(7)
    mttf, mttr, backup, switch = 100.0, 4.0, 0.9, 0.8
    up = down = 0.0
    for _ in range(100_000):
        up += rng.expovariate(1 / mttf)
        works, there = rng.random() < switch, rng.random() < backup
        down += min(switch_time, mttr) if works and there else mttr
    found = failover(RepairCycle(mttf, mttr), backup, switch=switch, switch_time_h=switch_time)
    assert found.unavailability == pytest.approx(down / (up + 100_000 * mttr), rel=0.02)


@FEW
@given(st.floats(1, 1e5), st.floats(0.01, 100), *[st.floats(0, 1)] * 2, st.floats(1e-9, 10), st.floats(0, 1))
def test_failover_causes_add_up(
    mttf: float, mttr: float, backup: float, switch: float, time: float, shared: float
) -> None:
    """The four causes sum to the downtime; a worse switch, or a slower one, never helps; none beats what is shared."""
    primary = RepairCycle(mttf, mttr)
    found = failover(primary, backup, switch=switch, switch_time_h=time, shared=[shared])
    parts = found.both_down + found.switch_failed + found.switching + found.shared_down
    assert found.unavailability == pytest.approx(min(1.0, parts), rel=1e-12)
    assert 0 <= found.availability <= shared + 1e-12
    assert found.availability >= shared * primary.availability - 1e-12
    slower = failover(primary, backup, switch=switch, switch_time_h=2 * time, shared=[shared])
    assert slower.availability <= found.availability + 1e-15


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: r.smallest_redundancy(0, 0.9, 0.99), "k must be a whole number from 1 to 1000000, found 0"),
        (lambda: r.smallest_redundancy(1, 1.9, 0.99), "unit must lie in [0, 1], found 1.9"),
        (lambda: r.smallest_redundancy(1, 0.9, 1.0), "target must be below 1 for units that fail, found 1 with unit"),
        (lambda: r.smallest_redundancy(1, 0.0, 0.5), "no number of units up to 1000000 reaches 0.5"),
        (
            lambda: r.smallest_redundancy(1, 0.99, 0.9999, beta=0.05),
            "no number of units reaches 0.9999: the common cause alone allows 0.9995",
        ),
        (lambda: r.equal_targets(1, 3), "target must be at least 0 and below 1, found 1"),
        (lambda: r.equal_targets(0.9, 0), "parts must be a whole number of at least 1, found 0"),
        (lambda: r.weighted_targets(0.9, {}), "weights must name at least one part, found none"),
        (lambda: r.weighted_targets(0.9, {"a": 0}), "weight of a must be greater than 0 and finite, found 0"),
        (lambda: c.beta_factor(3, 2, 0.9, 0.1), "k must lie in 0..n, found k = 3, n = 2"),
        (lambda: c.beta_factor(1, 2, 0.9, 1.1), "beta must lie in [0, 1], found 1.1"),
        (lambda: c.from_hours("a", 800, Period.MONTH), "downtime_h must be at most period_h = 730, found 800"),
        (lambda: c.from_events("a", -1, 1), "events_per_year must be at least 0 and finite, found -1"),
        (lambda: c.from_events("a", 100, 100), "events_per_year x hours_each must be at most 8760 h, found 10000"),
        (lambda: c.with_causes(1.2, []), "system must lie in [0, 1], found 1.2"),
        (lambda: failover(RepairCycle(1, 1), 1.1), "backup must lie in [0, 1], found 1.1"),
        (lambda: failover(RepairCycle(1, 1), 0.9, switch=-1), "switch must lie in [0, 1], found -1"),
        (lambda: failover(RepairCycle(1, 1), 0.9, switch_time_h=-1), "switch_time_h must be at least 0 and finite"),
        (lambda: failover(RepairCycle(1, 1), 0.9, shared=[2]), "availability of part 1 must lie in [0, 1], found 2"),
        (lambda: RepairCycle(0, 1), "mttf_h must be greater than 0 and finite, found 0"),
    ],
)
def test_impossible_arguments_are_refused(call: object, message: str) -> None:
    """Each argument out of range is named with its range; a target that cannot be reached says what can."""
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]

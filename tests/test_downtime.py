"""Downtime, nines, budgets and failure rates: against arithmetic in fractions, and back again."""

from __future__ import annotations

import math
import random
import re
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import downtime as d
from advisor.models import failure_rates as f

FEW = settings(derandomize=True, deadline=None, max_examples=60)
HOURS = st.floats(1e-3, 1e7)


@pytest.mark.parametrize(
    ("period", "hours"),
    [
        (d.Period.HOUR, 1),
        (d.Period.DAY, 24),
        (d.Period.WEEK, 7 * 24),
        (d.Period.MONTH, Fraction(8760, 12)),
        (d.Period.MONTH_OF_30_DAYS, 30 * 24),
        (d.Period.MONTH_OF_A_365_25_DAY_YEAR, Fraction(36525, 100) * 2),
        (d.Period.QUARTER, Fraction(8760, 4)),
        (d.Period.QUARTER_OF_90_DAYS, 90 * 24),
        (d.Period.YEAR, 365 * 24),
        (d.Period.YEAR_OF_365_25_DAYS, Fraction(36525, 100) * 24),
    ],
)
def test_periods_are_what_their_names_say(period: d.Period, hours: float) -> None:
    """Each named period has the hours of its name, and downtime is its share to the last digit."""
    assert period == hours
    assert d.downtime_h(0.999999, period) == pytest.approx(float(Fraction(1, 10**6) * hours), rel=1e-15)


@FEW
@given(st.floats(0, 1), HOURS)
def test_downtime_and_availability_are_inverse(availability: float, period: float) -> None:
    """From availability to hours and back gives the availability again."""
    hours = d.downtime_h(availability, period)
    assert d.availability_from_downtime(hours, period) == pytest.approx(availability, abs=1e-15)
    assert d.unavailability_from_downtime(hours, period) == pytest.approx(1 - availability, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("count", range(16))
def test_whole_nines_are_whole(count: int) -> None:
    """0.9, 0.99, ... have one, two, ... nines, up to the fifteen that a float can hold."""
    assert d.nines(d.availability_from_nines(count)) == pytest.approx(count, rel=1e-12)
    assert d.availability_from_nines(count) == float(1 - Fraction(1, 10**count))


def test_a_time_budget_by_hand() -> None:
    """Half of a 30-day window gone at 99.9 %: 43.2 min allowed, 32.4 min spent, so a pace of 1.5, empty on day 20."""
    budget = d.time_budget(0.999, d.Period.MONTH_OF_30_DAYS, elapsed_h=15 * 24, down_h=32.4 / 60)
    assert [60 * budget.allowed, 60 * budget.spent, 60 * budget.remaining] == pytest.approx([43.2, 32.4, 10.8])
    assert [budget.share_spent, budget.burn_rate] == pytest.approx([0.75, 1.5])
    assert budget.exhausted_after_h == pytest.approx(20 * 24)
    missed = d.time_budget(0.999, 720, elapsed_h=720, down_h=1)
    assert missed.remaining == pytest.approx(-0.28)
    untouched = d.time_budget(0.999, 720, elapsed_h=10, down_h=0)
    assert (untouched.burn_rate, untouched.exhausted_after_h) == (0, None)


@FEW
@given(st.floats(0.5, 0.99999), st.integers(1, 10**6), st.floats(0, 1), st.floats(1, 100))
def test_a_request_budget_counts_failures(objective: float, requests: int, share: float, more: float) -> None:
    """What is allowed is a share of the period's requests; the pace is the failure ratio over the ratio allowed."""
    failed, expected = int(share * requests), int(requests * more)
    budget = d.request_budget(objective, 720, 24, requests, failed, expected)
    allowed = (1 - Fraction(repr(objective))) * expected
    assert budget.allowed == pytest.approx(float(allowed), rel=1e-12)
    assert budget.remaining == pytest.approx(float(allowed - failed), rel=1e-9, abs=1e-9)
    pace = Fraction(failed, requests) / (1 - Fraction(repr(objective)))
    assert budget.burn_rate == pytest.approx(float(pace), rel=1e-9)


@FEW
@given(HOURS, HOURS)
def test_both_conventions_of_mtbf(mtbf: float, mttr: float) -> None:
    """The time up is MTBF, or MTBF less the repair; availability is time up over both, on both sides."""
    up = f.from_mtbf_mttr(mtbf, mttr, mtbf_includes_repair=False)
    exact = Fraction(mtbf) / (Fraction(mtbf) + Fraction(mttr))
    assert up.availability == pytest.approx(float(exact), rel=1e-12)
    assert up.unavailability == pytest.approx(float(1 - exact), rel=1e-12)
    if mttr < mtbf:
        cycle = f.from_mtbf_mttr(mtbf, mttr, mtbf_includes_repair=True)
        assert cycle.unavailability == pytest.approx(mttr / mtbf, rel=1e-9)
        assert cycle.failures_per_year == pytest.approx(8760 / mtbf, rel=1e-9)
        assert cycle.availability <= up.availability + 1e-15
        again = f.from_failures_per_year(cycle.failures_per_year, mttr)
        assert again.unavailability == pytest.approx(cycle.unavailability, rel=1e-9)


def test_a_simulated_unit_is_up_that_share_of_time() -> None:
    """A unit with uniform times up and constant repairs, simulated for 200 000 cycles: within 0.5 % of its downtime."""
    rng = random.Random(1)
    cycle = f.from_mtbf_mttr(100, 4, mtbf_includes_repair=False)
    up = sum(rng.uniform(0, 200) for _ in range(200_000))
    assert cycle.unavailability == pytest.approx(4 * 200_000 / (up + 4 * 200_000), rel=0.005)


@pytest.mark.parametrize("mttf", [0.5, 8760.0, 1e6, 1e12])
def test_annualized_failure_rate_and_back(mttf: float) -> None:
    """1 - exp(-8760 / MTTF) in forty digits, and the MTTF again from it."""
    rate = f.annualized_failure_rate(mttf)
    with mpmath.workdps(40):
        assert rate == pytest.approx(float(-mpmath.expm1(-8760 / mpmath.mpf(mttf))), rel=1e-12)
    if rate < 1:
        assert f.mttf_from_annualized_failure_rate_h(rate) == pytest.approx(mttf, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: d.downtime_h(1.1, 730), "availability must lie in [0, 1], found 1.1"),
        (lambda: d.downtime_h(0.9, 0), "period_h must be greater than 0 and finite, found 0"),
        (lambda: d.availability_from_downtime(-1, 730), "downtime_h must be at least 0 and finite, found -1"),
        (lambda: d.availability_from_downtime(731, d.Period.MONTH), "downtime_h must be at most period_h = 730"),
        (lambda: d.nines(1), "availability must be at least 0 and below 1, found 1"),
        (lambda: d.availability_from_nines(16), "nines must lie in [0, 15], found 16"),
        (lambda: d.availability_from_nines(math.nan), "nines must lie in [0, 15], found nan"),
        (lambda: d.time_budget(1, 720, 1, 0), "objective must be at least 0 and below 1, found 1"),
        (lambda: d.time_budget(0.9, 720, 721, 0), "elapsed_h must be at most period_h = 720, found 721"),
        (lambda: d.time_budget(0.9, 720, 10, 11), "down_h must be at most elapsed_h = 10, found 11"),
        (lambda: d.request_budget(0.9, 720, 10, 5, 6, 100), "counts must satisfy 0 <= failed <= requests"),
        (lambda: d.request_budget(0.9, 720, 10, 0, 0, 0), "requests must be a whole number of at least 1, found 0"),
        (lambda: d.request_budget(0.9, 720, 721, 1, 0, 1), "elapsed_h must be at most period_h = 720, found 721"),
        (lambda: d.exhausted_after_h(0, 720), "burn_rate must be greater than 0 and finite, found 0"),
        (lambda: f.from_mtbf_mttr(0, 1, mtbf_includes_repair=False), "mtbf_h must be greater than 0 and finite"),
        (lambda: f.from_mtbf_mttr(10, -1, mtbf_includes_repair=False), "mttr_h must be greater than 0 and finite"),
        (
            lambda: f.from_mtbf_mttr(10, 10, mtbf_includes_repair=True),
            "mttr_h must be below mtbf_h = 10, which includes the repair, found 10",
        ),
        (lambda: f.from_failures_per_year(8760, 1), "mttr_h must be below 8760 h / failures_per_year = 1"),
        (lambda: f.annualized_failure_rate(-1), "mttf_h must be greater than 0 and finite, found -1"),
        (lambda: f.mttf_from_annualized_failure_rate_h(1), "annualized_failure_rate must be at least 0 and below 1"),
        (lambda: f.mttf_from_annualized_failure_rate_h(0), "annualized_failure_rate must be greater than 0"),
    ],
)
def test_impossible_figures_are_refused(call: object, message: str) -> None:
    """Each wrong figure is named, with the range that would be valid."""
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]

"""Units that share repair crews: against the balance equations, solved exactly, and independence where it holds."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import pytest

from advisor.models.availability import k_of_n
from advisor.models.repairable import RepairableUnits
from advisor.models.unavailability import k_of_n as down_k_of_n


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Return the solution of a linear system by Gauss-Jordan elimination in fractions."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(len(rows)):
        pivot = next(row for row in range(column, len(rows)) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for other in range(len(rows)):
            if other != column:
                factor = rows[other][column]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[column], strict=True)]
    return [row[-1] for row in rows]


def generator(k: int, n: int, fail: Fraction, repair: Fraction, crews: int, cold: bool) -> list[list[Fraction]]:
    """Return the rates from each number of units down to each other, the diagonal making rows sum to 0."""
    rates = [[Fraction(0)] * (n + 1) for _ in range(n + 1)]
    for down in range(n + 1):
        running = min(n - down, k) if cold else n - down
        if down < n:
            rates[down][down + 1] = running * fail
        if down:
            rates[down][down - 1] = min(down, crews) * repair
        rates[down][down] = -sum(rates[down], Fraction(0))
    return rates


CASES = [
    (k, n, crews, spares, mttf)
    for k, n in ((1, 1), (1, 2), (2, 3), (1, 4), (5, 8))
    for crews in (1, 2, 8)
    for spares in ("hot", "cold")
    for mttf in (1000, 3)
]


@pytest.mark.parametrize(("k", "n", "crews", "spares", "mttf"), CASES)
def test_the_steady_state_solves_the_balance_equations(k: int, n: int, crews: int, spares: str, mttf: int) -> None:
    """Availability, unavailability, failures a year and units down satisfy pi Q = 0, solved in fractions, to 1e-9."""
    rates = generator(k, n, Fraction(1, mttf), Fraction(1, 2), crews, spares == "cold")
    balance = [[rates[i][j] for i in range(n + 1)] for j in range(n)] + [[Fraction(1)] * (n + 1)]
    pi = solve(balance, [Fraction(0)] * n + [Fraction(1)])
    found = RepairableUnits(k, n, mttf, 2, crews, spares).steady_state()
    assert found.availability == pytest.approx(float(sum(pi[: n - k + 1])), rel=1e-9)
    assert found.unavailability == pytest.approx(float(sum(pi[n - k + 1 :])), rel=1e-9)
    failures = pi[n - k] * rates[n - k][n - k + 1] * 8760
    assert found.failures_per_year == pytest.approx(float(failures), rel=1e-9)
    assert found.mean_units_down == pytest.approx(float(sum(d * p for d, p in enumerate(pi))), rel=1e-9)


@pytest.mark.parametrize(("k", "n", "crews", "spares", "mttf"), CASES)
def test_first_passage_times_solve_their_equations(k: int, n: int, crews: int, spares: str, mttf: int) -> None:
    """Mean time to the first failure, and mean outage, satisfy Q h = -1 on the states up, and down, to 1e-9."""
    rates = generator(k, n, Fraction(1, mttf), Fraction(1, 2), crews, spares == "cold")
    units = RepairableUnits(k, n, mttf, 2, crews, spares)
    up = range(n - k + 1)
    times = solve([[rates[i][j] for j in up] for i in up], [Fraction(-1)] * len(up))
    assert units.mean_time_to_first_failure_h() == pytest.approx(float(times[0]), rel=1e-9)
    down = range(n - k + 1, n + 1)
    outages = solve([[rates[i][j] for j in down] for i in down], [Fraction(-1)] * len(down))
    assert units.mean_outage_h() == pytest.approx(float(outages[0]), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(1, 2), (3, 5), (190, 200), (990, 1000)])
def test_with_a_crew_for_each_units_are_independent(k: int, n: int) -> None:
    """Without waiting for repair the chain is k of n with A = MTTF / (MTTF + MTTR), on both sides."""
    found = RepairableUnits(k, n, mttf_h=999, mttr_h=1).steady_state()
    assert found.availability == pytest.approx(k_of_n(k, n, 0.999), rel=1e-9)
    assert found.unavailability == pytest.approx(down_k_of_n(k, n, 0.001), rel=1e-9)


def test_textbook_pair_with_one_crew() -> None:
    """Two hot units: MTTF (3 l + m) / (2 l^2); A with one crew (m^2 + 2 l m) / (m^2 + 2 l m + 2 l^2)."""
    fail, repair = 1 / 500, 1 / 4
    pair = RepairableUnits(1, 2, 500, 4, crews=1)
    assert pair.mean_time_to_first_failure_h() == pytest.approx((3 * fail + repair) / (2 * fail**2), rel=1e-12)
    up = repair**2 + 2 * fail * repair
    assert pair.steady_state().availability == pytest.approx(up / (up + 2 * fail**2), rel=1e-12)


def test_more_crews_spares_and_faster_repair_help() -> None:
    """Availability rises with crews, units and MTTF, and falls with MTTR; cold spares are not worse than hot ones."""
    for values in (
        [RepairableUnits(3, 6, 50, 5, crews).steady_state().availability for crews in range(1, 7)],
        [RepairableUnits(3, n, 50, 5, 1).steady_state().availability for n in range(3, 12)],
        [RepairableUnits(3, 5, mttf, 5, 1).steady_state().availability for mttf in (5, 10, 50, 500)],
        [RepairableUnits(3, 5, 50, mttr, 1).steady_state().availability for mttr in (50, 10, 5, 1)],
        [RepairableUnits(3, 5, 50, 5, 1, spares).steady_state().availability for spares in ("hot", "cold")],
    ):
        assert all(sooner <= later + 1e-15 for sooner, later in pairwise(values))


def test_extremes_stay_finite() -> None:
    """Tens of thousands of units, repair far faster or slower than failure: probabilities, or errors beyond 1e300 h."""
    many = RepairableUnits(1, 50_000, 1e6, 1, crews=1).steady_state()
    assert many.availability == 1
    assert 0 <= many.unavailability < 1e-300
    hopeless = RepairableUnits(50_000, 50_000, 1, 1e6, crews=1).steady_state()
    assert 0 <= hopeless.availability < 1e-300
    assert hopeless.unavailability == 1
    with pytest.raises(ValueError, match="mean time to the first failure must be below 1e300 h"):
        RepairableUnits(1, 100, 1e6, 1).mean_time_to_first_failure_h()
    with pytest.raises(ValueError, match="mean outage must be below 1e300 h"):
        RepairableUnits(200, 200, 1, 1e6).mean_outage_h()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 1, 10, 1), "k must be a whole number from 1 to 1, found 2"),
        ((0, 1, 10, 1), "k must be a whole number from 1 to 1, found 0"),
        ((1, 0, 10, 1), "n must be a whole number from 1 to 100000, found 0"),
        ((1, 2, 0, 1), "mttf_h must be greater than 0 and finite, found 0"),
        ((1, 2, 10, -1), "mttr_h must be greater than 0 and finite, found -1"),
        ((1, 2, 10, 1, 0), "crews must be a whole number of at least 1, found 0"),
        ((1, 2, 10, 1, 1, "cool"), "spares must be one of hot, cold, found 'cool'"),
    ],
)
def test_impossible_units_are_refused(arguments: tuple[object, ...], message: str) -> None:
    """Counts and times out of range are named with their range."""
    with pytest.raises(ValueError, match=re.escape(message)):
        RepairableUnits(*arguments)  # type: ignore[arg-type]

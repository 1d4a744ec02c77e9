"""Scoring rules: stating one's belief pays most, a perfect answer 1, silence 0, a confident miss less than silence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.rehearsal import scoring

MANY = settings(derandomize=True, deadline=None, max_examples=60)


@given(mu=st.floats(-3, 12), sigma=st.floats(0.05, 0.8), tilt=st.floats(-1.5, 1.5), width=st.floats(0.3, 3))
@MANY
def test_the_quantiles_of_the_belief_pay_most(mu: float, sigma: float, tilt: float, width: float) -> None:
    """No interval earns more, in expectation under a lognormal belief, than from its 10 % to its 90 % quantile."""
    z = np.linspace(-3.5, 3.5, 1401)
    weights = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()

    def expected(low: float, high: float) -> float:
        points = [scoring.interval(low, high, math.exp(mu + sigma * x)).points for x in z]
        return float(np.dot(weights, points))

    tenth = 1.2815515655446004
    honest = expected(math.exp(mu - tenth * sigma), math.exp(mu + tenth * sigma))
    other = expected(math.exp(mu + sigma * (tilt - width * tenth)), math.exp(mu + sigma * (tilt + width * tenth)))
    assert honest >= other - 2e-3


@given(st.integers(2, 8), st.floats(0, 1), st.floats(0, 1))
@MANY
def test_the_stated_confidence_that_is_believed_pays_most(count: int, belief: float, stated: float) -> None:
    """Brier: whoever believes in a choice with p earns most, in expectation, by stating p."""

    def expected(confidence: float) -> float:
        right = scoring.category(0, confidence, 0, count).points
        return belief * right + (1 - belief) * scoring.category(0, confidence, 1, count).points

    assert expected(belief) >= expected(stated) - 1e-12


@given(st.floats(0.01, 1e6), st.floats(1.0, 50.0), st.floats(2.0, 1e6))
@MANY
def test_i_do_not_know_beats_a_confident_miss(truth: float, off: float, ratio: float) -> None:
    """A narrow interval that misses by a factor of two or more earns less than saying nothing."""
    low = truth * ratio
    assert scoring.interval(low, low * 1.05, truth).points < scoring.NOTHING.points
    assert scoring.interval(truth / off, truth * off, truth).hit
    assert scoring.category(1, 0.9, 0, 3).points < scoring.NOTHING.points


def test_a_slip_of_the_unit_costs_no_more_than_a_miss_by_a_factor_of_ten() -> None:
    """However absurd an answer is, it loses four points at the most, so that one does not decide a session."""
    assert scoring.interval(50, 50, 5).points == pytest.approx(-4)
    assert scoring.interval(1e9, 1e9, 5).points == scoring.interval(1e-9, 1e-9, 5).points == pytest.approx(-4)


def test_perfect_answers_earn_one() -> None:
    """Exactly right, surely right, the same set, the same order, the optimum: one point each."""
    assert scoring.interval(7, 7, 7).points == 1
    assert scoring.category(2, 1, 2, 5).points == 1
    assert scoring.subset({"x"}, {"x"}).points == scoring.subset(set(), set()).points == 1
    assert scoring.order(["x", "y"], ["x", "y"]).points == 1
    assert scoring.regret(100, 100, True).points == scoring.regret(99, 100, True).points == 1


@given(st.permutations(list("abcde")))
@MANY
def test_orders_count_the_swaps_of_a_sort(named: list[str]) -> None:
    """Tau is 1 - 4 swaps / (n (n - 1)): each swap of neighbours that puts the order right costs the same."""
    row, swaps = list(named), 0
    for end in range(len(row), 1, -1):
        for place in range(end - 1):
            if row[place] > row[place + 1]:
                row[place], row[place + 1], swaps = row[place + 1], row[place], swaps + 1
    assert scoring.order(named, list("abcde")).points == pytest.approx(1 - 4 * swaps / 20)


@given(st.floats(0, 5), st.floats(0, 5))
@MANY
def test_less_regret_never_earns_less(one: float, other: float) -> None:
    """Points fall with regret; an infeasible design earns nothing however cheap it is."""
    near, far = sorted((one, other))
    assert scoring.regret(100 * (1 + near), 100, True).points >= scoring.regret(100 * (1 + far), 100, True).points
    assert scoring.regret(50, 100, False).points == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: scoring.interval(0, 1, 1),
        lambda: scoring.interval(2, 1, 1),
        lambda: scoring.interval(1, math.inf, 1),
        lambda: scoring.interval(1, 2, 0),
        lambda: scoring.category(0, 1.1, 0, 3),
        lambda: scoring.category(0, 0.5, 0, 1),
        lambda: scoring.order(["a"], ["a"]),
        lambda: scoring.order(["a", "b"], ["a", "c"]),
        lambda: scoring.regret(1, 0, True),
    ],
)
def test_what_cannot_be_scored_is_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    """Arguments outside their range raise and never become points."""
    with pytest.raises(ValueError, match="need"):
        wrong()

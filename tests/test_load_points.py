"""Latency between measured loads: exact at the points, inside them in between, unknown beyond."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.latency import Lognormal
from advisor.models.load_points import load_curve
from advisor.models.queues_open import mm1

POINTS = [(5, {"p50": 80, "p99": 150}), (20, {"p50": 100, "p95": 300, "p99": 420}), (40, {"mean": 400, "cv": 0.9})]
LEVELS = [0.01, 0.5, 0.95, 0.999]


def test_measured_points_are_exact() -> None:
    """At a measured load the distribution is the one that was fitted there."""
    curve = load_curve(POINTS)
    for load, known in POINTS:
        assert curve.at(load) == Lognormal.fit(**known)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    sigmas=st.lists(st.floats(0.05, 1.5), min_size=3, max_size=3),
    steps=st.lists(st.floats(0.0, 2.0), min_size=2, max_size=2),
    loads=st.lists(st.integers(0, 600).map(lambda tenths: tenths / 10), min_size=2, max_size=2),
)
def test_every_percentile_rises_between_the_points_and_stays_between_them(
    sigmas: list[float], steps: list[float], loads: list[float]
) -> None:
    """More load is never faster at p50 and p99, and no percentile overshoots the two measurements around it."""
    sigmas = sorted(sigmas)
    mus = [1.0, 1.0 + steps[0], 1.0 + steps[0] + steps[1]]
    curve = load_curve([(x, Lognormal(mu, s)) for x, mu, s in zip((0, 20, 60), mus, sigmas, strict=True)])
    low, high = sorted(loads)
    for p in (0.5, 0.99):
        assert curve.at(low).quantile(p) <= curve.at(high).quantile(p) * (1 + 1e-12)
    left, right = (0, 20) if low < 20 else (20, 60)
    for p in LEVELS:
        ends = sorted((curve.at(left).quantile(p), curve.at(right).quantile(p)))
        assert ends[0] * (1 - 1e-12) <= curve.at(low).quantile(p) <= ends[1] * (1 + 1e-12)


def test_between_points_of_a_queue_the_error_is_on_the_slow_side() -> None:
    """Points measured on M/M/1: between them the median is never below the queue's own, and meets it at the points."""

    def measured(rate: float) -> Lognormal:
        return Lognormal.from_mean_cv(mm1(rate, 0.01).mean_response_s * 1000, 1.0)

    curve = load_curve([(rate, measured(rate)) for rate in (10, 50, 80, 95)])
    for rate in range(10, 96):
        assert curve.at(rate).mean() >= measured(rate).mean() * (1 - 1e-12)
    assert curve.at(65).mean() == pytest.approx(math.sqrt(20 * 50))  # ms; the queue's own is 28.6


def test_below_the_first_point_the_first_holds() -> None:
    """Less load than was ever measured is taken to be as slow as the lowest: said, and on the slow side."""
    assert load_curve(POINTS).at(0) == load_curve(POINTS).at(5)


@pytest.mark.parametrize("load", [40.0001, 1e9])
def test_nothing_is_extrapolated(load: float) -> None:
    """Beyond the highest measured load nothing is known: an error that says how far it is known."""
    with pytest.raises(ValueError, match="load must be at most 40, the highest that was measured"):
        load_curve(POINTS).at(load)


def test_falling_latencies_are_refused_or_raised_to_the_highest_so_far() -> None:
    """A point that is faster at more load is named; on request it is raised, and the curve then rises everywhere."""
    noisy = [(1, {"p50": 100, "p99": 300}), (2, {"p50": 90, "p99": 350}), (3, {"p50": 120, "p99": 340})]
    with pytest.raises(ValueError, match="p50 falls from 100 at load 1 to 90 at load 2"):
        load_curve(noisy)
    with pytest.raises(ValueError, match="p99 falls from 350 at load 2 to 340 at load 3"):
        load_curve(noisy[1:])
    raised = load_curve(noisy, decreasing="running_maximum")
    for load, p50, p99 in ((1, 100, 300), (2, 100, 350), (3, 120, 350)):
        assert raised.at(load).quantile(0.5) == pytest.approx(p50)
        assert raised.at(load).quantile(0.99) == pytest.approx(p99)


def test_a_single_point_holds_up_to_its_load() -> None:
    """One measurement is a curve of one point."""
    assert load_curve([(10, {"p50": 100})]).at(3).quantile(0.5) == pytest.approx(100)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: load_curve([]), "at least one measured load"),
        (lambda: load_curve(POINTS[::-1]), "loads must rise from point to point, found 20 after 40"),
        (lambda: load_curve([POINTS[0], POINTS[0]]), "loads must rise from point to point, found 5 after 5"),
        (lambda: load_curve([(-1, {"p50": 1})]), "load must be at least 0"),
        (lambda: load_curve([(math.nan, {"p50": 1})]), "load must be at least 0"),
        (lambda: load_curve([(1, {"p50": 10, "p99": 5})]), "percentiles must not decrease"),
        (lambda: load_curve(POINTS, decreasing="smooth"), "decreasing must be one of"),
        (lambda: load_curve(POINTS).at(-1), "load must be at least 0"),
        (lambda: load_curve(POINTS).at(math.nan), "load must be at least 0"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    """No points, loads that fall or repeat, loads that are no loads, figures that cannot be."""
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]

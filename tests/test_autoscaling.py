"""Autoscaling: the documentation's examples, limits as verdicts, cold starts by simulation, refusals."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.autoscaling import (
    Desired,
    cold_start_share,
    desired_replicas,
    next_replicas,
    replicas_for_load,
    scale_to_zero,
)


@pytest.mark.parametrize(
    ("current", "metric", "target", "expected"),
    [
        (50, 90, 75, 60),  # Kubernetes 1.33, configurable tolerance
        (3, 200, 100, 6),  # 200m over 100m doubles
        (4, 50, 100, 2),  # 50m over 100m halves
        (1, 305, 50, 7),  # the walkthrough: 305 % against 50 % on one replica
        (10, 109, 100, 10),  # within the tolerance
        (10, 110, 100, 10),  # on its edge
        (10, 111, 100, 12),
        (10, 90, 100, 10),
        (10, 89, 100, 9),
        (10, 0, 100, 1),
    ],
)
def test_published_replicas(current: int, metric: float, target: float, expected: int) -> None:
    """Replicas are ceil(current x metric / target), unless the ratio is within a tenth of 1, at least the minimum."""
    assert desired_replicas(current, metric, target).replicas == expected


def test_limits_are_verdicts() -> None:
    """Beyond the maximum the answer says what was wanted and that it does not suffice; below the minimum it does."""
    assert desired_replicas(4, 300, 100, maximum=10) == Desired(10, 12, "maximum")
    assert not desired_replicas(4, 300, 100, maximum=10).suffices
    assert desired_replicas(4, 10, 100, minimum=2) == Desired(2, 1, "minimum")
    assert desired_replicas(4, 10, 100, minimum=2).suffices
    assert desired_replicas(4, 105, 100, maximum=3) == Desired(3, 4, "maximum")
    assert desired_replicas(4, 105, 100).limited_by == "tolerance"
    assert desired_replicas(4, 0, 100, minimum=0).replicas == 0


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 99))
def test_replicas_are_the_exact_ceiling(current: int, metric: int, target: int, percent: int) -> None:
    """For any whole numbers the answer is that of exact fractions, tolerance included."""
    found = desired_replicas(current, metric, target, minimum=0, tolerance=percent / 100)
    ratio = Fraction(metric, target)
    still = abs(ratio - 1) <= Fraction(percent, 100)
    assert found.replicas == (current if still else math.ceil(current * ratio))


def test_decimals_are_taken_as_written() -> None:
    """0.3 over 0.1 on one replica is three, although the binary quotient is a little less or more."""
    assert desired_replicas(1, 0.3, 0.1).replicas == 3
    assert desired_replicas(10, 1.1, 1.0).limited_by == "tolerance"


def test_replicas_of_a_steady_load() -> None:
    """900 a second at 50 a replica and 60 % need 30; nothing may need none."""
    assert replicas_for_load(900, 50, target_utilization=0.6) == Desired(30, 30, "none")
    assert replicas_for_load(901, 50, target_utilization=0.6).replicas == 31
    assert replicas_for_load(0, 50).limited_by == "minimum"
    assert replicas_for_load(0, 50, minimum=0).replicas == 0


def test_published_scaling_policy() -> None:
    """With 4 pods and 10 percent, 80 replicas become 72, then 64; from 40 down it goes by 4."""
    path = [80]
    while path[-1] > 10:
        path.append(next_replicas(path[-1], 10, pods=4, percent=10))
    assert path == [80, 72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12, 10]


def test_scaling_up_takes_the_larger_step() -> None:
    """Kubernetes' default, 4 pods or 100 percent: 1, 5, 10, 20, 40, and never beyond what is wanted."""
    path = [1]
    while path[-1] < 33:
        path.append(next_replicas(path[-1], 33))
    assert path == [1, 5, 10, 20, 33]
    assert next_replicas(7, 7) == 7


def simulate(rate: float, idle_s: float, start_s: float, requests: int, seed: int) -> tuple[float, float, float]:
    """Return cold share, running share and mean extra wait of an instance that stops when idle."""
    source = random.Random(seed)
    now, warm_until, ready, running, cold, waited = 0.0, -1.0, -1.0, 0.0, 0, 0.0
    for _ in range(requests):
        now += source.expovariate(rate)
        if now < ready:  # starting
            cold, waited = cold + 1, waited + ready - now
        elif now >= warm_until:  # stopped
            cold, waited, ready = cold + 1, waited + start_s, now + start_s
            warm_until = ready + idle_s
            running += start_s + idle_s
        else:
            running += now + idle_s - warm_until
            warm_until = now + idle_s
    return cold / requests, running / now, waited / requests


@pytest.mark.parametrize(
    ("rate", "idle_s", "start_s"),
    [(1.0, 1.0, 0.0), (1.0, 0.5, 0.5), (0.2, 10.0, 2.0), (2.0, 1.0, 3.0), (1.0, 0.0, 1.0)],
)
def test_cold_starts_agree_with_a_simulation(rate: float, idle_s: float, start_s: float) -> None:
    """Shares and waits of 200 000 simulated requests lie within five standard errors of batches, or 0.2 % absolute."""
    runs = [simulate(rate, idle_s, start_s, 20_000, seed) for seed in range(10)]
    found = scale_to_zero(rate, idle_s, start_s)
    for index, value in enumerate((found.cold_share, found.running_share, found.mean_extra_wait_s)):
        sample = [run[index] for run in runs]
        mean = math.fsum(sample) / 10
        error = math.sqrt(math.fsum((x - mean) ** 2 for x in sample) / 90)
        assert abs(mean - value) <= 5 * error + 1e-9, (index, mean, value, error)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(1e-4, 10), st.floats(1e-9, 500) | st.just(0.0), st.floats(1e-3, 100) | st.just(0.0))
def test_scale_to_zero_is_its_formula(rate: float, idle_s: float, start_s: float) -> None:
    """Each figure is that of the renewal cycle, computed with 50 digits."""
    with mpmath.workdps(50):
        during, e = mpmath.mpf(rate) * start_s, mpmath.exp(mpmath.mpf(rate) * idle_s)
        expected = (
            (1 + during) / (during + e),
            1 - 1 / (during + e),
            start_s * (1 + during / 2) / (during + e),
            rate / (during + e),
        )
    found = scale_to_zero(rate, idle_s, start_s)
    figures = (found.cold_share, found.running_share, found.mean_extra_wait_s, found.cold_starts_per_s)
    for value, exact in zip(figures, expected, strict=True):
        assert value == pytest.approx(float(exact), rel=1e-9, abs=1e-300)  # exp(-700) is all but 0


def test_quick_starts_leave_the_closed_form() -> None:
    """Without start time the cold share is exp(-rate x time-out), and so is the share of time stopped."""
    found = scale_to_zero(1 / 300, 600)
    assert found.cold_share == pytest.approx(cold_start_share(1 / 300, 600), rel=1e-12)
    assert 1 - found.running_share == pytest.approx(math.exp(-2), rel=1e-12)
    assert cold_start_share(5, 0) == 1


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(1e-3, 10), st.floats(1, 600), st.floats(0.1, 60))
def test_more_traffic_and_longer_time_outs_mean_fewer_cold_requests(rate: float, idle_s: float, start_s: float) -> None:
    """A longer time-out never makes more requests cold, a longer start never fewer; shares stay shares."""
    found = scale_to_zero(rate, idle_s, start_s)
    assert 0 <= found.cold_share <= 1
    assert 0 <= found.running_share <= 1
    assert scale_to_zero(rate, 2 * idle_s, start_s).cold_share <= found.cold_share
    assert scale_to_zero(rate, idle_s, 2 * start_s).cold_share >= found.cold_share
    assert cold_start_share(2 * rate, idle_s) <= cold_start_share(rate, idle_s)


def test_extremes_do_not_overflow() -> None:
    """A time-out of a million mean gaps leaves no cold start, a rate of one in an age nothing but."""
    busy = scale_to_zero(1e6, 1e6, 1e6)
    assert (busy.cold_share, busy.running_share) == (0, 1)
    assert scale_to_zero(1e-90, 1, 1).cold_share == 1
    assert desired_replicas(10**24, 1e100, 1e-100, maximum=10).replicas == 10


@pytest.mark.parametrize(
    "series",
    [
        [desired_replicas(10, metric, 50).replicas for metric in (0, 30, 60, 300)],
        [replicas_for_load(load, 50).replicas for load in (1, 51, 5000)],
        [-replicas_for_load(500, 10, target_utilization=share).replicas for share in (0.5, 0.7, 1)],
        [next_replicas(current, 1000, percent=50) for current in (1, 10, 100)],
    ],
)
def test_more_load_needs_more(series: list[float]) -> None:
    """Replicas rise strictly along a series of rising demand."""
    assert all(before < after for before, after in pairwise(series))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: desired_replicas(0, 1, 1), "current must be a whole number from 1"),
        (lambda: desired_replicas(1, math.nan, 1), "metric must be at least 0 and finite, found nan"),
        (lambda: desired_replicas(1, 1, 0), "target must be greater than 0"),
        (lambda: desired_replicas(1, 1, 1, tolerance=1), "tolerance must be at least 0 and below 1, found 1"),
        (lambda: desired_replicas(1, 1, 1, minimum=3, maximum=2), "maximum must be a whole number from 3"),
        (lambda: desired_replicas(1, 1, 1, minimum=0, maximum=0), "maximum must be a whole number from 1"),
        (lambda: replicas_for_load(1, 1, target_utilization=1.2), r"target_utilization must lie in \(0, 1\]"),
        (lambda: next_replicas(1, 2, pods=-1), "pods must be a whole number from 0"),
        (lambda: cold_start_share(0, 1), "rate_per_s must be greater than 0"),
        (lambda: scale_to_zero(1, -1), "idle_timeout_s must be at least 0"),
        (lambda: scale_to_zero(1, 1, math.inf), "cold_start_s must be at least 0 and finite, found inf"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be scaled is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

"""Overload: goodput under time-outs against simulated queues, backlogs against the fluid they are."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from itertools import pairwise

import pytest

from advisor.models import queues_overload as q
from advisor.models.queueing import erlang_b


def simulated_goodputs(rate: float, timeout: float, places: int, requests: int, seed: int) -> tuple[float, float]:
    """Return requests/s served with cancellation (M/M/1+D), and answered in time without it (M/M/1/K); service 1 s."""
    rng = random.Random(seed)
    now = backlog_until = 0.0
    leaving: deque[float] = deque()
    served = in_time = 0
    for _ in range(requests):
        now += rng.expovariate(rate)
        service = rng.expovariate(1.0)
        if backlog_until - now <= timeout:
            backlog_until = max(now, backlog_until) + service
            served += 1
        while leaving and leaving[0] <= now:
            leaving.popleft()
        if len(leaving) < places:
            leaving.append((leaving[-1] if leaving else now) + service)
            in_time += leaving[-1] - now <= timeout
    return served / now, in_time / now


@pytest.mark.parametrize(("rate", "timeout", "places"), [(0.7, 2.0, 5), (1.0, 3.0, 8), (1.5, 4.0, 6), (1.5, 4.0, 40)])
def test_goodputs_agree_with_simulated_overload(rate: float, timeout: float, places: int) -> None:
    """Both goodput models are within 2 % of the very discipline they describe, simulated for 300 000 requests."""
    with_cancel, without = simulated_goodputs(rate, timeout, places, 300_000, seed=places)
    assert q.goodput_with_cancellation_per_s(rate, 1.0, timeout) == pytest.approx(with_cancel, rel=0.02)
    assert q.goodput_without_cancellation_per_s(rate, 1.0, timeout, places) == pytest.approx(
        without, rel=0.02, abs=1e-3
    )


@pytest.mark.parametrize("rate", [0.5, 1.0, 1.7])
def test_goodput_without_cancellation_equals_its_sum(rate: float) -> None:
    """The sum over numbers found, with Erlang's distribution written as its textbook series, agrees to 1e-9."""
    x, places = 2.5, 9
    weights = [rate**n for n in range(places + 1)]
    cdf = [1 - math.exp(-x) * math.fsum(x**i / math.factorial(i) for i in range(n + 1)) for n in range(places)]
    expected = rate * math.fsum(w * p for w, p in zip(weights, cdf, strict=False)) / sum(weights)
    assert q.goodput_without_cancellation_per_s(rate, 1.0, x, places) == pytest.approx(expected, rel=1e-9)


def test_goodput_limits() -> None:
    """Zero time-out is a loss system; a long one serves everybody or the full capacity; uncancelled work collapses."""
    assert q.goodput_with_cancellation_per_s(3.0, 0.5, 0.0) == pytest.approx(3 * (1 - erlang_b(1, 1.5)), rel=1e-12)
    assert q.goodput_with_cancellation_per_s(0.5, 1.0, 1e5) == pytest.approx(0.5, rel=1e-12)
    assert q.goodput_with_cancellation_per_s(5.0, 1.0, 1e5) == pytest.approx(1.0, rel=1e-12)
    beside = [q.goodput_with_cancellation_per_s(rate, 1.0, 7.0) for rate in (1 - 1e-9, 1.0, 1 + 1e-9)]
    assert beside == pytest.approx([8 / 9] * 3, rel=1e-7)
    assert q.goodput_without_cancellation_per_s(0.5, 1.0, 3.0, 5000) == pytest.approx(0.5 * -math.expm1(-1.5), rel=1e-9)
    assert q.goodput_without_cancellation_per_s(1.5, 1.0, 3.0, 1000) < 1e-6


def test_burst_backlog() -> None:
    """A burst above capacity piles up and drains by the difference of rates; one below it eats up what waited."""
    assert q.burst_backlog(150, 60, 80, 100) == q.Backlog(3000, 150, 30)
    assert q.burst_backlog(90, 60, 80, 100) == q.Backlog(0, 0, 0)
    assert q.burst_backlog(90, 60, 80, 100, waiting=1000) == q.Backlog(1000, 20, 10)
    assert q.burst_backlog(0, 60, 0, 100, waiting=1000) == q.Backlog(1000, 0, 10)


def test_more_patience_never_serves_less() -> None:
    """With cancellation a longer time-out only adds requests that are served."""
    goodputs = [q.goodput_with_cancellation_per_s(1.3, 1.0, t / 4) for t in range(60)]
    assert all(later >= sooner for sooner, later in pairwise(goodputs))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q.goodput_with_cancellation_per_s(1.0, 1.0, -1.0), "timeout_s must be at least 0"),
        (lambda: q.goodput_without_cancellation_per_s(1.0, 1.0, 0.0, 1), "timeout_s must be greater than 0"),
        (lambda: q.goodput_without_cancellation_per_s(1.0, 1.0, 1e7, 1), "timeout_s must be at most 1000000"),
        (lambda: q.goodput_without_cancellation_per_s(1.0, 1.0, 1.0, 0), "places must be a whole number from 1 to"),
        (lambda: q.burst_backlog(200, 60, 100, 100), "base_rate_per_s must be below 100, found 100"),
        (lambda: q.burst_backlog(math.nan, 60, 10, 100), "burst_rate_per_s must be at least 0"),
        (lambda: q.burst_backlog(1, 0, 10, 100), "burst_s must be greater than 0"),
        (lambda: q.burst_backlog(1, 1, 10, 100, waiting=-1), "waiting must be at least 0"),
    ],
)
def test_impossible_overloads_are_refused(call: Callable[[], object], message: str) -> None:
    """Arguments out of range are errors that name the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

"""Open queues with limits: against exact birth-death chains, simulated queues, and their own limits."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import astuple
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import queues_limited as q
from advisor.models.queueing import erlang_b
from advisor.models.queues_open import mmc


def chain(birth: Callable[[int], Fraction], death: Callable[[int], Fraction], last: int) -> list[Fraction]:
    """Return the steady state of a birth-death chain on 0 .. last by detailed balance, exactly."""
    weights = [Fraction(1)]
    for n in range(1, last + 1):
        weights.append(weights[-1] * birth(n - 1) / death(n))
    total = sum(weights)
    return [weight / total for weight in weights]


@pytest.mark.parametrize(("servers", "places"), [(1, 1), (1, 4), (2, 2), (3, 10), (8, 20)])
@pytest.mark.parametrize("load", [Fraction(1, 10), Fraction(1), Fraction(3), Fraction(50)])
def test_mmck_equals_the_exact_chain(servers: int, places: int, load: Fraction) -> None:
    """Loss, throughput, P(wait), waits and numbers of M/M/c/K agree with exact fractions to 1e-9, also overloaded."""
    service = Fraction(1, 4)
    rate = load / service
    pi = chain(lambda n: rate, lambda n: min(n, servers) / service, places)
    entering = rate * (1 - pi[-1])
    waiting = sum(max(0, n - servers) * p for n, p in enumerate(pi))
    present = sum(n * p for n, p in enumerate(pi))
    expected = (
        entering,
        entering,
        pi[-1],
        sum(pi[servers:-1]) / (1 - pi[-1]),
        entering * service / servers,
        waiting / entering,
        present / entering,
        waiting,
        present,
    )
    queue = q.mmc_k(float(rate), float(service), servers, places)
    assert astuple(queue) == pytest.approx([float(value) for value in expected], rel=1e-9)


@pytest.mark.parametrize("servers", [1, 3, 10])
@pytest.mark.parametrize("load", [Fraction(1, 5), Fraction(3), Fraction(14)])
@pytest.mark.parametrize("patience", [Fraction(1, 3), Fraction(1), Fraction(6)])
def test_erlang_a_equals_the_exact_chain(servers: int, load: Fraction, patience: Fraction) -> None:
    """Abandonment, P(wait), waits, numbers of M/M/c+M agree to 1e-9 with an exact chain cut below 1e-30."""
    pi = chain(lambda n: load, lambda n: min(n, servers) + max(0, n - servers) / patience, 320)
    assert pi[-1] < Fraction(1, 10**30)
    waiting = sum(max(0, n - servers) * p for n, p in enumerate(pi))
    busy = sum(min(n, servers) * p for n, p in enumerate(pi))
    present = waiting + busy
    expected = (
        load,
        busy,
        waiting / patience / load,
        sum(pi[servers:]),
        busy / servers,
        waiting / load,
        present / load,
        waiting,
        present,
    )
    queue = q.erlang_a(float(load), 1.0, servers, float(patience))
    assert astuple(queue) == pytest.approx([float(value) for value in expected], rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 5000), st.floats(0.001, 100), st.integers(1, 200), st.floats(0.001, 100))
def test_littles_law_and_flow_balance(rate: float, service: float, servers: int, patience: float) -> None:
    """At any load: numbers are rates times times, what is not served is lost, shares stay in [0, 1]."""
    for queue in (q.erlang_a(rate, service, servers, patience), q.mmc_k(rate, service, servers, servers + 20)):
        assert queue.mean_waiting == pytest.approx(queue.entering_rate_per_s * queue.mean_wait_s, rel=1e-9)
        assert queue.mean_present == pytest.approx(queue.entering_rate_per_s * queue.mean_response_s, rel=1e-9)
        assert queue.throughput_per_s == pytest.approx(rate * (1 - queue.p_lost), rel=1e-7, abs=rate * 1e-12)
        shares = (queue.p_lost, queue.p_wait, queue.utilization)
        assert all(0 <= share <= 1 + 1e-12 for share in shares), shares


def test_limits_meet_the_unlimited_and_the_loss_system() -> None:
    """Many places or long patience give M/M/c; no room to wait or no patience gives Erlang's loss formula."""
    endless = mmc(2.4, 1.0, 3)
    assert q.mmc_k(2.4, 1.0, 3, 400).mean_wait_s == pytest.approx(endless.mean_wait_s, rel=1e-9)
    assert q.erlang_a(2.4, 1.0, 3, 1e6).mean_wait_s == pytest.approx(endless.mean_wait_s, rel=1e-4)
    assert q.mmc_k(2.4, 1.0, 3, 3).p_lost == pytest.approx(erlang_b(3, 2.4), rel=1e-12)
    assert q.erlang_a(2.4, 1.0, 3, 1e-9).p_lost == pytest.approx(erlang_b(3, 2.4), rel=1e-6)


def test_extreme_queues_stay_finite() -> None:
    """Thousands of servers, loads far above and far below capacity: results are those of the fluid limit."""
    assert q.erlang_a(2e4, 1.0, 1000, 100.0).p_lost == pytest.approx(0.95, rel=1e-6)
    assert q.erlang_a(2e4, 1.0, 1000, 100.0).throughput_per_s == pytest.approx(1000, rel=1e-9)
    assert q.erlang_a(1e-5, 1.0, 100, 1.0).throughput_per_s == pytest.approx(1e-5, rel=1e-12)
    assert q.mmc_k(1e6, 1.0, 5, 100_000).throughput_per_s == pytest.approx(5, rel=1e-12)
    assert q.mmc_k(1e-6, 1.0, 300, 1000).p_lost == 0


def test_more_servers_places_and_patience_move_losses_the_right_way() -> None:
    """More servers, places or patience never lose more; more load never loses less, nor serves less."""
    for losses in (
        [q.mmc_k(9.0, 1.0, c, 30).p_lost for c in range(1, 31)],
        [q.mmc_k(9.0, 1.0, 5, k).p_lost for k in range(5, 60)],
        [q.erlang_a(9.0, 1.0, c, 2.0).p_lost for c in range(1, 40)],
        [q.erlang_a(9.0, 1.0, 8, t / 10).p_lost for t in range(1, 60)],
        [-q.erlang_a(r / 3, 1.0, 8, 2.0).throughput_per_s for r in range(1, 90)],
        [-q.mmc_k(r / 3, 1.0, 8, 12).throughput_per_s for r in range(1, 90)],
        [-q.goodput_with_cancellation_per_s(1.3, 1.0, t / 4) for t in range(60)],
    ):
        assert all(later <= sooner + 1e-12 * abs(sooner) for sooner, later in pairwise(losses))


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q.mmc_k(1.0, 1.0, 3, 2), "places must be a whole number of at least 3, found 2"),
        (lambda: q.mmc_k(1.0, 1.0, 1, 10**9), "places must be at most 10000000"),
        (lambda: q.mmc_k(0.0, 1.0, 1, 2), "arrival_rate_per_s must be greater than 0"),
        (lambda: q.erlang_a(1.0, 1.0, 1, 0.0), "patience_s must be greater than 0"),
        (lambda: q.erlang_a(1.0, 1.0, 1, math.inf), "patience_s must be greater than 0"),
        (lambda: q.erlang_a(1e6, 1.0, 1, 1e6), "patience_s must be at most 10000000"),
        (lambda: q.erlang_a(1.0, math.nan, 1, 1.0), "service_time_s must be greater than 0"),
        (lambda: q.goodput_with_cancellation_per_s(1.0, 1.0, -1.0), "timeout_s must be from 0"),
        (lambda: q.goodput_without_cancellation_per_s(1.0, 1.0, 0.0, 1), "timeout_s must be greater than 0"),
        (lambda: q.goodput_without_cancellation_per_s(1.0, 1.0, 1e7, 1), "timeout_s must be at most 1000000"),
        (lambda: q.goodput_without_cancellation_per_s(1.0, 1.0, 1.0, 0), "places must be a whole number of at least 1"),
        (lambda: q.burst_backlog(200, 60, 100, 100), "base_rate_per_s must be below 100, found 100"),
        (lambda: q.burst_backlog(math.nan, 60, 10, 100), "burst_rate_per_s must be from 0"),
        (lambda: q.burst_backlog(1, 0, 10, 100), "burst_s must be greater than 0"),
        (lambda: q.burst_backlog(1, 1, 10, 100, waiting=-1), "waiting must be from 0"),
    ],
)
def test_impossible_queues_are_refused(call: Callable[[], object], message: str) -> None:
    """Arguments out of range are errors that name the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

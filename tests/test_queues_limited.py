"""Open queues with limits: against exact birth-death chains, simulated queues, and their own limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import queues_impatient as a
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
    queue = a.erlang_a(float(load), 1.0, servers, float(patience))
    assert astuple(queue) == pytest.approx([float(value) for value in expected], rel=1e-9)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.floats(0.001, 5000), st.floats(0.001, 100), st.integers(1, 200), st.floats(0.001, 100))
def test_littles_law_and_flow_balance(rate: float, service: float, servers: int, patience: float) -> None:
    """At any load: numbers are rates times times, what is not served is lost, shares stay in [0, 1]."""
    for queue in (a.erlang_a(rate, service, servers, patience), q.mmc_k(rate, service, servers, servers + 20)):
        assert queue.mean_waiting == pytest.approx(queue.entering_rate_per_s * queue.mean_wait_s, rel=1e-9)
        assert queue.mean_present == pytest.approx(queue.entering_rate_per_s * queue.mean_response_s, rel=1e-9)
        assert queue.throughput_per_s == pytest.approx(rate * (1 - queue.p_lost), rel=1e-7, abs=rate * 1e-12)
        shares = (queue.p_lost, queue.p_wait, queue.utilization)
        assert all(0 <= share <= 1 + 1e-12 for share in shares), shares


def test_limits_meet_the_unlimited_and_the_loss_system() -> None:
    """Many places or long patience give M/M/c; no room to wait or no patience gives Erlang's loss formula."""
    endless = mmc(2.4, 1.0, 3)
    assert q.mmc_k(2.4, 1.0, 3, 400).mean_wait_s == pytest.approx(endless.mean_wait_s, rel=1e-9)
    assert a.erlang_a(2.4, 1.0, 3, 1e6).mean_wait_s == pytest.approx(endless.mean_wait_s, rel=1e-4)
    assert q.mmc_k(2.4, 1.0, 3, 3).p_lost == pytest.approx(erlang_b(3, 2.4), rel=1e-12)
    assert a.erlang_a(2.4, 1.0, 3, 1e-9).p_lost == pytest.approx(erlang_b(3, 2.4), rel=1e-6)


def test_extreme_queues_stay_finite() -> None:
    """Thousands of servers, loads far above and far below capacity: results are those of the fluid limit."""
    assert a.erlang_a(2e4, 1.0, 1000, 100.0).p_lost == pytest.approx(0.95, rel=1e-6)
    assert a.erlang_a(2e4, 1.0, 1000, 100.0).throughput_per_s == pytest.approx(1000, rel=1e-9)
    assert a.erlang_a(1e-5, 1.0, 100, 1.0).throughput_per_s == pytest.approx(1e-5, rel=1e-12)
    assert q.mmc_k(1e6, 1.0, 5, 100_000).throughput_per_s == pytest.approx(5, rel=1e-12)
    assert q.mmc_k(1e-6, 1.0, 300, 1000).p_lost == 0


def test_more_servers_places_and_patience_move_losses_the_right_way() -> None:
    """More servers, places or patience never lose more; more load never loses less, nor serves less."""
    for losses in (
        [q.mmc_k(9.0, 1.0, c, 30).p_lost for c in range(1, 31)],
        [q.mmc_k(9.0, 1.0, 5, k).p_lost for k in range(5, 60)],
        [a.erlang_a(9.0, 1.0, c, 2.0).p_lost for c in range(1, 40)],
        [a.erlang_a(9.0, 1.0, 8, t / 10).p_lost for t in range(1, 60)],
        [-a.erlang_a(r / 3, 1.0, 8, 2.0).throughput_per_s for r in range(1, 90)],
        [-q.mmc_k(r / 3, 1.0, 8, 12).throughput_per_s for r in range(1, 90)],
    ):
        assert all(later <= sooner + 1e-12 * abs(sooner) for sooner, later in pairwise(losses))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q.mmc_k(1.0, 1.0, 3, 2), "places must be a whole number from 3 to 10000000, found 2"),
        (lambda: q.mmc_k(1.0, 1.0, 1, 10**9), "places must be a whole number from 1 to 10000000"),
        (lambda: q.mmc_k(0.0, 1.0, 1, 2), "arrival_rate_per_s must be greater than 0"),
        (lambda: a.erlang_a(1.0, 1.0, 1, 0.0), "patience_s must be greater than 0"),
        (lambda: a.erlang_a(1.0, 1.0, 1, math.inf), "patience_s must be greater than 0"),
        (lambda: a.erlang_a(1e6, 1.0, 1, 1e6), "patience_s must be at most 10000000"),
        (lambda: a.erlang_a(1.0, math.nan, 1, 1.0), "service_time_s must be greater than 0"),
    ],
)
def test_impossible_queues_are_refused(call: Callable[[], object], message: str) -> None:
    """Arguments out of range are errors that name the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

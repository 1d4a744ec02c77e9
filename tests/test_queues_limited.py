"""Open queues with limits: against exact birth-death chains, simulated queues, and their own limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple
from fractions import Fraction
from itertools import pairwise

import mpmath
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


@pytest.mark.parametrize(("servers", "places"), [(1, 4), (3, 10), (8, 20)])
@pytest.mark.parametrize("load", [Fraction(1, 10), Fraction(3), Fraction(50)])
@pytest.mark.parametrize("time", [Fraction(0), Fraction(1, 10), Fraction(2)])
def test_waits_of_those_who_enter_are_mixtures_of_erlang_times(
    servers: int, places: int, load: Fraction, time: Fraction
) -> None:
    """P(W <= t) agrees to 1e-9 with the exact chain and Erlang's distribution in 40 digits."""
    pi = chain(lambda n: load, lambda n: Fraction(min(n, servers)), places)
    with mpmath.workdps(40):
        shares = [mpmath.mpf(p.numerator) / p.denominator for p in (p / (1 - pi[-1]) for p in pi[:-1])]
        tails = [mpmath.gammainc(j + 1, servers * float(time), regularized=True) for j in range(places - servers)]
        expected = float(1 - sum(p * tail for p, tail in zip(shares[servers:], tails, strict=True)))
    found = q.mmc_k_service_level(float(load), 1.0, servers, places, float(time))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-14)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0.05, 200), st.integers(1, 30), st.integers(0, 60), st.floats(0.0, 0.9999))
def test_wait_quantiles_of_finite_rooms_undo_service_levels(load: float, servers: int, room: int, p: float) -> None:
    """The quantile is reached by a share p, or 0 where more than that find a free server."""
    quantile = q.mmc_k_wait_quantile_s(load, 2.0, servers, servers + room, p)
    level = q.mmc_k_service_level(load, 2.0, servers, servers + room, quantile)
    assert level == pytest.approx(p, abs=1e-9) if quantile > 0 else level >= p - 1e-12


def test_one_server_is_a_truncated_geometric() -> None:
    """M/M/1/K: pi_K = (1 - rho) rho^K / (1 - rho^(K+1)), to 1e-12, and 1 / (K + 1) at rho = 1."""
    assert q.mm1_k(1.0, 1.0, 9).p_lost == pytest.approx(0.1, rel=1e-12)
    for rho in (0.3, 0.9, 1.7):
        expected = (1 - rho) * rho**12 / (1 - rho**13)
        assert q.mm1_k(rho, 1.0, 12).p_lost == pytest.approx(expected, rel=1e-12)


def absorbed_in_time(servers: int, patience: float, most: int, time: float) -> list[float]:
    """Return P(served within t) of one who finds 0 .. most waiting: an absorbing chain, uniformized."""
    fastest = servers + (most + 1) / patience
    # served[i]: probability to have reached service after so many jumps from i waiting before it.
    served, mass = [0.0] * (most + 1), math.exp(-fastest * time)
    found = [0.0] * (most + 1)
    for jumps in range(1, int(fastest * time + 60 * math.sqrt(fastest * time) + 60)):
        ahead = [1.0, *served[:-1]]
        served = [
            ((servers + i / patience) * ahead[i] + (fastest - servers - (i + 1) / patience) * served[i]) / fastest
            for i in range(most + 1)
        ]
        mass *= fastest * time / jumps
        found = [sum_ + mass * p for sum_, p in zip(found, served, strict=True)]
    return found


@pytest.mark.parametrize(("servers", "load"), [(1, Fraction(1, 2)), (2, Fraction(3)), (4, Fraction(4))])
@pytest.mark.parametrize("patience", [Fraction(1, 2), Fraction(3)])
@pytest.mark.parametrize("time", [0.2, 1.5])
def test_service_levels_of_the_impatient_equal_an_absorbing_chain(
    servers: int, load: Fraction, patience: Fraction, time: float
) -> None:
    """Share of arrivals served within t: what is found, weighted, times who is served in time; to 1e-9."""
    pi = chain(lambda n: load, lambda n: min(n, servers) + max(0, n - servers) / patience, servers + 60)
    in_time = [1.0] * servers + absorbed_in_time(servers, float(patience), 60, time)
    expected = math.fsum(float(p) * served for p, served in zip(pi, in_time, strict=True))
    found = a.erlang_a_service_level(float(load), 1.0, servers, float(patience), time)
    assert found == pytest.approx(expected, rel=1e-9)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0.01, 200), st.integers(1, 60), st.floats(0.01, 50), st.floats(0.0, 20), st.floats(1.01, 3))
def test_service_levels_of_the_impatient_rise_to_those_served(
    load: float, servers: int, patience: float, time: float, more: float
) -> None:
    """From who finds a free server to all who are served; with time and servers; never more than are served."""
    queue = a.erlang_a(load, 1.0, servers, patience)
    level = a.erlang_a_service_level(load, 1.0, servers, patience, time)
    assert a.erlang_a_service_level(load, 1.0, servers, patience, 0.0) == pytest.approx(1 - queue.p_wait, abs=1e-12)
    assert level <= a.erlang_a_service_level(load, 1.0, servers, patience, time * more) + 1e-12
    assert level <= a.erlang_a_service_level(load, 1.0, servers + 1, patience, time) + 1e-12
    served = a.erlang_a_service_level(load, 1.0, servers, patience, 40 * patience + 1e3)
    assert level <= served + 1e-12
    assert served == pytest.approx(1 - queue.p_lost, rel=1e-9)


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
        (lambda: q.mm1_k(1.0, 1.0, 0), "places must be a whole number from 1 to 10000000, found 0"),
        (lambda: q.mmc_k(1.0, 1.0, True, 2), "servers must be a whole number from 1 to 10000000, found True"),
        (lambda: q.mmc_k_service_level(1.0, 1.0, 1, 2, 1e7), "servers x within_s / service_time_s must be"),
        (lambda: q.mmc_k_wait_quantile_s(1.0, 1.0, 1, 2, 1.0), "share must be at least 0 and below 1"),
        (lambda: a.erlang_a_service_level(1.0, 1.0, 1, 1.0, -1.0), "within_s must be at least 0"),
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

"""Open queues without limits: against exact balance equations, a simulated queue, and themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import exact
from oracles.queue_simulation import waiting_times

from advisor.models import queues_open as q
from advisor.models import queues_sizing as size

LOADS = [(1, Fraction(1, 2)), (1, Fraction(99, 100)), (2, Fraction(3, 4)), (5, Fraction(9, 10)), (30, Fraction(4, 5))]


@pytest.mark.parametrize(("servers", "share"), LOADS)
def test_mmc_equals_the_balance_equations(servers: int, share: Fraction) -> None:
    """P(wait), Lq, L, Wq and R of M/M/c agree to 1e-9 with exact fractions, the tail summed in closed form."""
    service, load = Fraction(2), servers * share
    below = [load**n / math.factorial(n) for n in range(servers)]
    at_c = load**servers / math.factorial(servers)
    total = sum(below) + at_c / (1 - share)
    waiting = at_c * share / (1 - share) ** 2 / total
    present = waiting + load
    queue = q.mmc(float(load / service), float(service), servers)
    assert queue.p_wait == pytest.approx(float(at_c / (1 - share) / total), rel=1e-9)
    assert queue.mean_waiting == pytest.approx(float(waiting), rel=1e-9)
    assert queue.mean_present == pytest.approx(float(present), rel=1e-9)
    assert queue.mean_wait_s == pytest.approx(float(waiting * service / load), rel=1e-9)
    assert queue.mean_response_s == pytest.approx(float(present * service / load), rel=1e-9)
    assert queue.utilization == pytest.approx(float(share), rel=1e-9)


def test_textbook_mm1() -> None:
    """Five a minute arriving, six a minute served: 5/6 busy, 5 present, 60 s in the system, 50 s of them waiting."""
    queue = q.mm1(5 / 60, 10.0)
    assert (queue.utilization, queue.p_wait) == pytest.approx((5 / 6, 5 / 6), rel=1e-12)
    assert (queue.mean_present, queue.mean_waiting) == pytest.approx((5, 25 / 6), rel=1e-12)
    assert (queue.mean_response_s, queue.mean_wait_s) == pytest.approx((60, 50), rel=1e-12)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.floats(0.01, 0.99), st.integers(1, 60), st.floats(0.001, 1000), st.floats(0.0, 0.999))
def test_littles_law_and_quantiles_are_consistent(share: float, servers: int, service: float, p: float) -> None:
    """Numbers are rate times times; the p-quantile is reached by a share p; no level leaves [0, 1]."""
    rate = share * servers / service
    queue = q.mmc(rate, service, servers)
    assert queue.mean_waiting == pytest.approx(rate * queue.mean_wait_s, rel=1e-12)
    assert queue.mean_present == pytest.approx(queue.mean_waiting + rate * service, rel=1e-9)
    quantile = q.wait_quantile_s(rate, service, servers, p)
    assert q.service_level(rate, service, servers, quantile) == pytest.approx(max(p, 1 - queue.p_wait), rel=1e-9)
    assert 0 <= q.response_level(rate, service, servers, quantile) <= 1


@pytest.mark.parametrize("servers", [1, 2, 3, 8])
@pytest.mark.parametrize("share", [0.3, 0.5, 2 / 3, 0.9])
def test_distributions_integrate_to_the_means(servers: int, share: float) -> None:
    """The areas above the two distribution functions are the mean wait and the mean response (trapezoids, 1e-4)."""
    queue = q.mmc(share * servers, 1.0, servers)
    step, end = 0.005, 60 / min(1, servers * (1 - share))
    times = [step * i for i in range(int(end / step))]
    for level, mean in ((q.service_level, queue.mean_wait_s), (q.response_level, queue.mean_response_s)):
        late = [1 - level(share * servers, 1.0, servers, t) for t in times]
        assert step * (math.fsum(late) - late[0] / 2) == pytest.approx(mean, rel=1e-4)


def test_response_of_one_server_is_exponential() -> None:
    """For c = 1 the general formula is 1 - exp(-(1 - rho) t / s), also beside rho = 0."""
    for rate in (1e-9, 0.1, 0.5, 0.9, 0.999):
        for t in (0.0, 0.1, 3.0, 50.0):
            expected = -math.expm1(-(1 - rate) * t)
            assert q.response_level(rate, 1.0, 1, t) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_response_level_is_smooth_where_its_two_rates_meet() -> None:
    """At c - a = 1 the formula takes its limit, a Gamma tail: P(R > t) = (1 + C t) exp(-t)."""
    p_wait = float(exact.erlang_c(3, Fraction(2)))
    for load in (2.0, 2.0 + 1e-12, 2.0 - 1e-12):
        assert q.response_level(load, 1.0, 3, 1.5) == pytest.approx(1 - (1 + 1.5 * p_wait) * math.exp(-1.5), rel=1e-9)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.integers(1, 100), st.floats(0.001, 0.9999), st.floats(0.001, 1000), st.floats(0.001, 0.999999))
def test_response_quantiles_undo_response_levels(servers: int, share: float, service: float, p: float) -> None:
    """P(R <= quantile) is the share asked for; with one server it is -s / (1 - rho) ln(1 - p)."""
    rate = share * servers / service
    quantile = q.response_quantile_s(rate, service, servers, p)
    assert q.response_level(rate, service, servers, quantile) == pytest.approx(p, rel=1e-9, abs=1e-12)
    one = q.response_quantile_s(share / service, service, 1, p)
    assert one == pytest.approx(-service / (1 - share) * math.log1p(-p), rel=1e-9)
    assert q.wait_quantile_s(rate, service, servers, p) <= quantile


@pytest.mark.parametrize("servers", [1, 3, 40, 2000])
@pytest.mark.parametrize("share", [0.001, 0.6, 0.999, 0.999999])
@pytest.mark.parametrize("p", [0.5, 0.99, 0.999999])
def test_response_quantiles_keep_nine_digits(servers: int, share: float, p: float) -> None:
    """The tail at the quantile, in 50 digits from the textbook form, is 1 - p to 1e-9 of itself, far out as well."""
    load = servers * share
    with mpmath.workdps(50):
        a, t = mpmath.mpf(load), mpmath.mpf(q.response_quantile_s(load, 1.0, servers, p))
        total, term = mpmath.mpf(1), mpmath.mpf(1)
        for k in range(servers):
            term *= (servers - k) / a
            total += term
        waits = servers / total / (servers - a * (1 - 1 / total))
        gap = servers - a - 1
        tail = mpmath.exp(-t) + waits * (mpmath.exp(-t) - mpmath.exp(-(servers - a) * t)) / gap
        assert float(tail / (1 - mpmath.mpf(p))) == pytest.approx(1, rel=1e-9)


def test_extreme_queues_stay_finite() -> None:
    """A hundred thousand servers at 0.1 % and 99.9999 % of capacity: finite, in order, Little's law intact."""
    light, heavy = q.mmc(100.0, 1.0, 100_000), q.mmc(99_999.9, 1.0, 100_000)
    assert 0 <= light.mean_wait_s < heavy.mean_wait_s < 11
    assert heavy.mean_present == pytest.approx(99_999.9 * heavy.mean_response_s, rel=1e-12)
    assert q.response_quantile_s(99_999.9, 1.0, 100_000, 0.999) < 100


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (4, 3.2)])
def test_levels_agree_with_a_simulated_queue(servers: int, load: float) -> None:
    """P(wait), mean wait and P(W <= t) are those of 400 000 simulated requests within 6 % or 1 point."""
    waits = waiting_times(load, 1.0, servers, 400_000, seed=10 + servers)
    queue = q.mmc(load, 1.0, servers)
    assert queue.mean_wait_s == pytest.approx(math.fsum(waits) / len(waits), rel=0.06)
    for t in (0.0, 0.5, 2.0):
        assert q.service_level(load, 1.0, servers, t) == pytest.approx(
            sum(w <= t for w in waits) / len(waits), abs=0.01
        )


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.floats(0.05, 80), st.floats(0.01, 5), st.floats(0.0, 0.999))
def test_server_counts_are_the_smallest(load: float, target: float, share: float) -> None:
    """The count meets its target and one server fewer does not, or has no steady state."""
    count = size.servers_for_mean_wait(load, 1.0, target)
    assert q.mmc(load, 1.0, count).mean_wait_s <= target * (1 + 1e-9)
    assert count - 1 <= load or q.mmc(load, 1.0, count - 1).mean_wait_s > target * (1 - 1e-9)
    count = size.servers_for_service_level(load, 1.0, target, share)
    assert q.wait_quantile_s(load, 1.0, count, share) <= target * (1 + 1e-9)
    assert count - 1 <= load or q.wait_quantile_s(load, 1.0, count - 1, share) > target * (1 - 1e-9)


def test_more_servers_and_less_load_never_wait_longer() -> None:
    """Mean wait, its 99th percentile and P(R <= t) move the right way in every argument."""
    by_servers = [q.mmc(7.5, 1.0, c).mean_wait_s for c in range(8, 40)]
    assert by_servers == sorted(by_servers, reverse=True)
    tails = [q.wait_quantile_s(rate / 10, 1.0, 8, 0.99) for rate in range(1, 80)]
    assert tails == sorted(tails)
    levels = [q.response_level(7.5, 1.0, c, 2.0) for c in range(8, 40)]
    assert levels == sorted(levels)
    counts = [size.servers_for_service_level(rate, 1.0, 0.1, 0.95) for rate in range(1, 200)]
    assert counts == sorted(counts)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q.mm1(1.0, 1.0), "arrival_rate_per_s must be below 1, found 1"),
        (lambda: q.mmc(9.0, 0.5, 4), "arrival_rate_per_s must be below 8, found 9"),
        (lambda: q.mmc(math.nan, 1.0, 1), "arrival_rate_per_s must be greater than 0"),
        (lambda: q.mmc(1.0, math.inf, 1), "service_time_s must be greater than 0"),
        (lambda: q.mmc(1.0, 1e-320, 1), "service_time_s must lie between 1e-100 and 1e\\+100"),
        (lambda: q.mmc(1.0, 0.1, 0), "servers must be a whole number from 1 to 10000000, found 0"),
        (lambda: q.mmc(1.0, 0.1, 2.5), "servers must be a whole number from 1 to 10000000, found 2.5"),  # type: ignore[arg-type]
        (lambda: q.service_level(1.0, 0.1, 1, -1.0), "within_s must be at least 0"),
        (lambda: q.response_level(1.0, 0.1, 1, math.nan), "within_s must be at least 0"),
        (lambda: q.wait_quantile_s(1.0, 0.1, 1, 1.0), "share must be at least 0 and below 1, found 1.0"),
        (lambda: q.response_quantile_s(1.0, 0.1, 1, -0.1), "share must be at least 0 and below 1, found -0.1"),
        (lambda: q.response_quantile_s(10.0, 0.1, 1, 0.5), "arrival_rate_per_s must be below 10, found 10"),
        (lambda: size.servers_for_mean_wait(1.0, 1.0, 0.0), "wait_s must be greater than 0"),
        (lambda: size.servers_for_mean_wait(1e9, 1.0, 1.0), "at most 10000000, found 1e"),
        (lambda: size.servers_for_service_level(1.0, 1.0, 1.0, math.nan), "share must be at least 0 and below 1"),
    ],
)
def test_impossible_queues_are_refused(call: Callable[[], object], message: str) -> None:
    """Queues without steady state and arguments out of range are errors that name the valid range."""
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        call()

"""Sizing: every count is the smallest, every rate the largest that keeps its target; closed forms where there are."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import queues_sizing as size
from advisor.models.queueing import erlang_b
from advisor.models.queues_impatient import erlang_a, servers_for_abandonment
from advisor.models.queues_open import mmc, response_level, response_quantile_s, service_level

MORE = 1 + 1e-9


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0.05, 80), st.floats(0.1, 8), st.floats(0.01, 0.9))
def test_server_counts_for_responses_are_the_smallest(load: float, extra: float, share: float) -> None:
    """The count answers the share in time and one server fewer does not, or has no steady state."""
    within = -math.log1p(-share) + extra
    count = size.servers_for_response_level(load, 1.0, within, share)
    assert response_quantile_s(load, 1.0, count, share) <= within * MORE
    assert count - 1 <= load or response_quantile_s(load, 1.0, count - 1, share) > within / MORE


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0.05, 500), st.floats(1e-9, 0.9))
def test_server_counts_for_blocking_are_the_smallest(load: float, blocked: float) -> None:
    """The count turns away no more than the share, one server fewer does; the load that fits it is no smaller."""
    count = size.servers_for_blocking(load, blocked)
    assert erlang_b(count, load) <= blocked
    assert count == 1 or erlang_b(count - 1, load) > blocked
    most = size.load_for_blocking(count, blocked)
    assert most >= load / MORE
    assert erlang_b(count, most) == pytest.approx(blocked, rel=1e-9)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(1, 60), st.floats(0.01, 9), st.floats(0.05, 0.99), st.floats(0.001, 100))
def test_rates_are_the_largest(servers: int, time: float, share: float, service: float) -> None:
    """Each rate keeps its target up to rounding, a billionth more does not."""
    rate = size.rate_for_mean_wait(service, servers, time * service)
    assert mmc(rate, service, servers).mean_wait_s <= time * service * MORE
    assert rate * MORE >= servers / service or mmc(rate * MORE, service, servers).mean_wait_s > time * service
    rate = size.rate_for_service_level(service, servers, time * service, share)
    assert service_level(rate, service, servers, time * service) >= share - 1e-12
    assert rate * MORE * service >= servers or service_level(rate * MORE, service, servers, time * service) < share
    within = service * (time - math.log1p(-share))
    rate = size.rate_for_response_level(service, servers, within, share)
    assert response_level(rate, service, servers, within) >= share - 1e-12
    assert rate * MORE * service >= servers or response_level(rate * MORE, service, servers, within) < share


def test_one_server_has_closed_forms() -> None:
    """M/M/1: rho = w / (w + s); rho exp(-(1 - rho) t) = 1 - p; 1 / s - ln(1 / (1 - p)) / t; M/M/1/1: p / (1 - p)."""
    assert size.rate_for_mean_wait(2.0, 1, 6.0) == pytest.approx(6 / 8 / 2, rel=1e-12)
    rate = size.rate_for_service_level(1.0, 1, 3.0, 0.9)
    assert rate * math.exp(-(1 - rate) * 3) == pytest.approx(0.1, rel=1e-12)
    assert size.rate_for_response_level(1.0, 1, 5.0, 0.95) == pytest.approx(1 - math.log(20) / 5, rel=1e-12)
    assert size.load_for_blocking(1, 0.01) == pytest.approx(1 / 99, rel=1e-12)
    assert size.load_for_blocking(2, 0.2) == pytest.approx(1.0, rel=1e-12)  # B(2, 1) = 1/5


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.floats(0.05, 60), st.floats(0.01, 20), st.floats(0.001, 0.9))
def test_server_counts_for_abandonment_are_the_smallest(load: float, patience: float, lost: float) -> None:
    """The count loses no more than the share, one server fewer does."""
    count = servers_for_abandonment(load, 1.0, patience, lost)
    assert erlang_a(load, 1.0, count, patience).p_lost <= lost
    assert count == 1 or erlang_a(load, 1.0, count - 1, patience).p_lost > lost


def test_harder_targets_take_more_and_carry_less() -> None:
    """Counts rise with the load and the share; rates rise with servers and with the time allowed."""
    counts = [size.servers_for_response_level(rate / 4, 1.0, 4.0, 0.9) for rate in range(1, 200)]
    assert counts == sorted(counts)
    counts = [size.servers_for_blocking(30.0, 1 / n) for n in range(1, 200)]
    assert counts == sorted(counts)
    rates = [size.rate_for_response_level(1.0, c, 4.0, 0.9) for c in range(1, 40)]
    assert rates == sorted(rates)
    rates = [size.rate_for_mean_wait(1.0, 5, t / 10) for t in range(1, 60)]
    assert rates == sorted(rates)


def test_extreme_sizes_are_found() -> None:
    """A load of a hundred thousand, a blocking of 1e-12, a rate for a wait of a nanosecond."""
    count = size.servers_for_mean_wait(1e5, 1.0, 0.001)
    assert 1e5 < count < 1.01e5
    assert size.servers_for_blocking(1e5, 1e-12) > 1e5
    assert size.servers_for_blocking(1e-6, 0.5) == 1
    assert size.rate_for_mean_wait(1.0, 1, 1e-9) == pytest.approx(1e-9, rel=1e-8)
    assert size.rate_for_mean_wait(1.0, 10_000, 1e9) < 10_000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: size.servers_for_response_level(1.0, 1.0, 2.9, 0.95), "within_s must be above 2.99573, which service"),
        (lambda: size.rate_for_response_level(1.0, 4, 2.9, 0.95), "within_s must be above 2.99573, which service"),
        (lambda: size.rate_for_response_level(1.0, 4, 2.9, 1.0), r"share must lie in \(0, 1\), found 1.0"),
        (lambda: size.rate_for_service_level(1.0, 4, 2.9, 0.0), r"share must lie in \(0, 1\), found 0.0"),
        (lambda: size.rate_for_service_level(1.0, 2.0, 2.9, 0.5), "servers must be a whole number from 1 to"),  # type: ignore[arg-type]
        (lambda: size.rate_for_mean_wait(0.0, 2, 1.0), "service_time_s must be greater than 0"),
        (lambda: size.rate_for_mean_wait(1.0, 2, math.nan), "wait_s must be greater than 0"),
        (lambda: size.servers_for_blocking(1.0, 0.0), r"p_blocked must lie in \(0, 1\], found 0.0"),
        (lambda: size.servers_for_blocking(1e9, 0.1), "offered_load_erlang must be at most 10000000"),
        (lambda: size.load_for_blocking(4, 1.0), r"p_blocked must lie in \(0, 1\), found 1.0"),
        (lambda: size.load_for_blocking(True, 0.5), "servers must be a whole number from 1 to"),
        (lambda: servers_for_abandonment(1.0, 1.0, 1.0, 0.0), r"p_lost must lie in \(0, 1\], found 0.0"),
    ],
)
def test_impossible_targets_are_refused(call: Callable[[], object], message: str) -> None:
    """Targets that nothing meets and arguments out of range are errors that name the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

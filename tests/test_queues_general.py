"""General services: against exact fractions, the roots of M/D/c in 60 digits, and exactly solved phase-type chains."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.phase_type import mean_wait

from advisor.models import queues_general as q
from advisor.models.queueing import mgc_wait
from advisor.models.queues_open import mmc


@pytest.mark.parametrize("load", [Fraction(1, 1000), Fraction(1, 2), Fraction(99, 100), 1 - Fraction(1, 2**20)])
@pytest.mark.parametrize("scv", [Fraction(0), Fraction(1, 3), Fraction(7)])
def test_mg1_equals_pollaczek_khinchine_in_fractions(load: Fraction, scv: Fraction) -> None:
    """Wait and numbers from lambda E[S^2] / (2 (1 - rho)) agree to 1e-9, from 0.1 % to 0.999999 of capacity."""
    service = Fraction(3, 2)
    rate = load / service
    wait = rate * service**2 * (1 + scv) / (2 * (1 - load))
    queue = q.mg1(float(rate), float(service), float(scv))
    assert queue.mean_wait_s == pytest.approx(float(wait), rel=1e-9)
    assert queue.mean_present == pytest.approx(float(rate * (wait + service)), rel=1e-9)
    assert queue.mean_waiting == pytest.approx(float(rate * wait), rel=1e-9)


def by_roots(servers: int, load: float) -> mpmath.mpf:
    """Return the mean wait of M/D/c, service 1, from the roots of z^c = exp(a (z - 1)) by Lambert's W, in 60 digits."""
    with mpmath.workdps(60):
        a = mpmath.mpf(load)
        rho, free = a / servers, servers - a
        total = mpmath.mpf(0)
        for k in range(1, servers):
            unit = mpmath.expjpi(mpmath.mpf(2 * k) / servers)
            total += 1 / (1 + mpmath.lambertw(-rho * unit * mpmath.exp(-rho)) / rho)
        return ((servers - free**2) / (2 * free) + mpmath.re(total) - a) / a


@pytest.mark.parametrize("servers", [1, 2, 3, 8, 21, 50])
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.66, 0.8, 0.95, 0.999, 0.999999])
def test_mdc_equals_its_roots(servers: int, share: float) -> None:
    """Series and roots both agree to 1e-9 with 60 digits, or to 1e-55 where less than that is waited."""
    load = servers * share
    expected = by_roots(servers, load)
    assert q.mdc(load, 1.0, servers).mean_wait_s == pytest.approx(float(expected), rel=1e-9, abs=1e-55)


def test_mdc_joins_its_two_roads_without_a_step() -> None:
    """Where the series hands over to the roots, both say the same to 1e-10, up to ten thousand servers."""
    for servers in (1, 2, 10, 101, 10_000):
        load = servers * (1 - 1 / math.sqrt(servers + 1))
        decay = servers * (load / servers - 1 - math.log(load / servers))
        terms = 40 / decay
        series = math.fsum(_series_term(servers, load, n) for n in range(1, math.ceil(terms) + 1))
        assert q.mdc(load, 1.0, servers).mean_wait_s == pytest.approx(series, rel=1e-8)


def _series_term(servers: int, load: float, n: int) -> float:
    """Return P(Poisson(n a) >= n c) - (c / a) P(Poisson(n a) > n c), each tail summed term by term."""
    mean, number = n * load, n * servers
    at = math.exp(number * math.log(mean) - mean - math.lgamma(number + 1))
    beyond, weight, k = 0.0, at, number
    while weight > 1e-18 * at:
        k += 1
        weight *= mean / k
        beyond += weight
    return at + beyond - servers / load * beyond


@pytest.mark.parametrize(
    ("scv", "tolerance", "allen_cunneen"),
    [(0.5, 0.01, 0.10), (2.0, 0.02, 0.25), (4.0, 0.06, 0.64)],
)
@pytest.mark.parametrize("servers", [2, 4, 10])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_mgc_keeps_its_stated_error(
    scv: float, tolerance: float, allen_cunneen: float, servers: int, share: float
) -> None:
    """Against exact chains: as close as its docstring says, closer than Allen-Cunneen, whose error it states too."""
    exact = mean_wait(servers, servers * share, scv)
    found = q.mgc(servers * share, 1.0, servers, scv).mean_wait_s
    rough = mgc_wait(servers * share, 1.0, servers, scv_service=scv).mean()
    assert found == pytest.approx(exact, rel=tolerance)
    assert abs(found - exact) < abs(rough - exact) <= allen_cunneen * exact
    assert q.ggc_wait_bound_s(servers * share, 1.0, servers, scv_service=scv) > exact


def test_allen_cunneen_errs_as_its_docstring_says() -> None:
    """Too low for steady services (M/D/4: 3 % at 80 %, 12 % at 50 %), too high for variable ones (H2: 8 %, 30 %)."""
    for share, low, high in ((0.8, -0.034, 0.085), (0.5, -0.124, 0.302)):
        steady, variable = q.mdc(4 * share, 1.0, 4).mean_wait_s, mean_wait(4, 4 * share, 4.0)
        assert mgc_wait(4 * share, 1.0, 4, scv_service=0).mean() == pytest.approx((1 + low) * steady, rel=0.002)
        assert mgc_wait(4 * share, 1.0, 4, scv_service=4).mean() == pytest.approx((1 + high) * variable, rel=0.002)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.floats(0.01, 0.99), st.integers(1, 60), st.floats(0.0, 9.0), st.floats(0.01, 5.0))
def test_mgc_is_between_and_moves_the_right_way(share: float, servers: int, scv: float, more: float) -> None:
    """Exact at both ends and for one server; rises with variability and load, falls with servers; Little's law."""
    rate = share * servers
    queue = q.mgc(rate, 1.0, servers, scv)
    assert q.mgc(rate, 1.0, servers, scv + more).mean_wait_s >= queue.mean_wait_s * (1 - 1e-12)
    assert q.mgc(rate * 0.95, 1.0, servers, scv).mean_wait_s <= queue.mean_wait_s * (1 + 1e-12)
    assert q.mgc(rate, 1.0, servers + 1, scv).mean_wait_s <= queue.mean_wait_s * (1 + 1e-12)
    assert q.mgc(rate, 1.0, servers, 1.0).mean_wait_s == pytest.approx(mmc(rate, 1.0, servers).mean_wait_s, rel=1e-9)
    assert q.mgc(rate, 1.0, servers, 0.0).mean_wait_s == q.mdc(rate, 1.0, servers).mean_wait_s
    assert q.mgc(share, 1.0, 1, scv).mean_wait_s == pytest.approx(q.mg1(share, 1.0, scv).mean_wait_s, rel=1e-9)
    assert queue.mean_present == pytest.approx(rate * queue.mean_response_s, rel=1e-12)
    assert queue.mean_waiting == pytest.approx(rate * queue.mean_wait_s, rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.floats(0.01, 0.999), st.integers(1, 60), st.floats(0.01, 9.0), st.floats(0.01, 9.0), st.floats(1.01, 2.0))
def test_the_bound_is_above_what_is_exact_and_rises(
    share: float, servers: int, arrival: float, service: float, more: float
) -> None:
    """Above M/M/c, M/D/c, M/G/1; rises with each variability; for one server it is exact towards saturation."""
    rate = share * servers
    bound = q.ggc_wait_bound_s(rate, 1.0, servers, scv_arrival=arrival, scv_service=service)
    assert q.ggc_wait_bound_s(rate, 1.0, servers, scv_arrival=arrival * more, scv_service=service) >= bound
    assert q.ggc_wait_bound_s(rate, 1.0, servers, scv_arrival=arrival, scv_service=service * more) >= bound
    assert q.ggc_wait_bound_s(rate, 1.0, servers) > mmc(rate, 1.0, servers).mean_wait_s
    assert q.ggc_wait_bound_s(rate, 1.0, servers, scv_service=0.0) > q.mdc(rate, 1.0, servers).mean_wait_s
    assert q.ggc_wait_bound_s(share, 1.0, scv_service=service) > q.mg1(share, 1.0, service).mean_wait_s
    near = 1 - 1e-6
    exact = q.mg1(near, 1.0, service).mean_wait_s
    assert q.ggc_wait_bound_s(near, 1.0, scv_service=service) == pytest.approx(exact, rel=1e-5)


def test_extreme_queues_stay_finite() -> None:
    """A hundred thousand servers at 0.001, 0.5 and 0.999999: finite, in order, and below M/M/c."""
    waits = [q.mdc(100_000 * share, 1.0, 100_000).mean_wait_s for share in (0.001, 0.5, 0.999, 0.999999)]
    assert waits == sorted(waits)
    assert all(math.isfinite(wait) for wait in waits)
    endless = mmc(99_999.9, 1.0, 100_000).mean_wait_s
    assert 0.5 < waits[-1] / endless < 0.51
    assert math.isfinite(q.mgc(1e-90, 1e-9, 3, 2.0).mean_wait_s)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q.mg1(1.0, 1.0, 1.0), "with 1 server of 1 s each, arrival_rate_per_s must be below 1, found 1"),
        (lambda: q.mg1(0.5, 1.0, -1.0), "scv_service must be at least 0"),
        (lambda: q.mg1(0.5, 1.0, math.nan), "scv_service must be at least 0"),
        (lambda: q.md1(2.0, 0.5), "arrival_rate_per_s must be below 2"),
        (lambda: q.mdc(4.0, 1.0, 4), "with 4 servers of 1 s each, arrival_rate_per_s must be below 4, found 4"),
        (lambda: q.mdc(1.0, 1.0, True), "servers must be a whole number from 1 to 10000000, found True"),
        (lambda: q.mgc(1.0, math.inf, 4, 1.0), "service_time_s must be greater than 0"),
        (lambda: q.ggc_wait_bound_s(1.0, 1.0, 2, scv_arrival=-0.1), "scv_arrival must be at least 0"),
        (lambda: q.ggc_wait_bound_s(2.0, 1.0, 2), "arrival_rate_per_s must be below 2"),
    ],
)
def test_impossible_queues_are_refused(call: Callable[[], object], message: str) -> None:
    """Queues without steady state and arguments out of range are errors that name the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

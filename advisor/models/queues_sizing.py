"""Open queues asked backwards: the smallest number of servers, or the largest rate, that keeps a target.

M/M/c without limits for waits and responses, Erlang's loss system for blocking. Counts are the smallest there are;
rates and loads meet their target up to rounding, and within 1e-14 of themselves lie some that do not.
Sources: as in ``queueing`` and ``queues_open``. That more servers or a lower rate never do worse is what makes the
searches exact: Gross, Shortle, Thompson and Harris (2008), section 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from advisor.models.arguments import below_one, not_negative, positive, whole
from advisor.models.arguments import share as share_above_zero
from advisor.models.bisection import boundary
from advisor.models.queueing import LARGEST_COUNT, erlang_b, erlang_c, offered_load, p_wait_from_blocking
from advisor.models.queues_open import response_tail, wait_tail


def servers_for_mean_wait(arrival_rate_per_s: float, service_time_s: float, wait_s: float) -> int:
    """Return the smallest c of M/M/c with a mean wait of at most ``wait_s``: C(c, a) s / (c - a) <= w.

    Args:
        arrival_rate_per_s: lambda > 0; lambda s at most ten million.
        service_time_s: mean service time s > 0.
        wait_s: w > 0 (s).

    Raises:
        ValueError: an argument out of range.

    >>> servers_for_mean_wait(1.0, 1.0, 0.34), servers_for_mean_wait(1.0, 1.0, 0.33)
    (2, 3)
    """
    positive(wait_s=wait_s)
    load = offered_load(arrival_rate_per_s, service_time_s)
    return _smallest(load, lambda servers, p_wait: p_wait * service_time_s <= wait_s * (servers - load))


def servers_for_service_level(arrival_rate_per_s: float, service_time_s: float, within_s: float, share: float) -> int:
    """Return the smallest c of M/M/c whose service begins within ``within_s`` for at least a share of the requests.

        1 - C(c, a) exp(-(c - a) t / s) >= p;  the same c keeps the p-quantile of the wait at or below t

    Args:
        arrival_rate_per_s: lambda > 0; lambda s at most ten million.
        service_time_s: mean service time s > 0.
        within_s: t >= 0 (s).
        share: p, 0 <= p < 1.

    Raises:
        ValueError: an argument out of range.

    >>> servers_for_service_level(100 / 1800, 180, 20, 0.8)     # a call centre: 10 erlang, 80 % in 20 s
    14
    """
    not_negative(within_s=within_s)
    below_one(share=share)
    load = offered_load(arrival_rate_per_s, service_time_s)
    time = within_s / service_time_s
    return _smallest(load, lambda servers, p_wait: wait_tail(p_wait, servers - load, time) <= 1 - share)


def servers_for_response_level(arrival_rate_per_s: float, service_time_s: float, within_s: float, share: float) -> int:
    """Return the smallest c of M/M/c that answers at least a share of the requests within ``within_s``.

    The same c keeps the p-quantile of the response time at or below t. Service alone already takes
    longer than t for exp(-t / s) of the requests, which no number of servers changes.

    Args:
        arrival_rate_per_s: lambda > 0; lambda s at most ten million.
        service_time_s: mean service time s > 0.
        within_s: t > s ln(1 / (1 - p)) (s).
        share: p, 0 <= p < 1.

    Raises:
        ValueError: an argument out of range, or a target that service alone misses.

    >>> servers_for_response_level(10.0, 1.0, 3.5, 0.95)
    12
    """
    _reachable_response(service_time_s, within_s, share)
    load = offered_load(arrival_rate_per_s, service_time_s)
    time = within_s / service_time_s
    return _smallest(load, lambda servers, p_wait: response_tail(p_wait, servers - load, time) <= 1 - share)


def servers_for_blocking(offered_load_erlang: float, p_blocked: float) -> int:
    """Return the smallest c of Erlang's loss system that turns away at most a share: B(c, a) <= p.

    Args:
        offered_load_erlang: a > 0, at most ten million.
        p_blocked: p, above 0 and at most 1.

    Raises:
        ValueError: an argument out of range.

    >>> servers_for_blocking(10.0, 0.01)
    18
    """
    _load_in_range(offered_load_erlang)
    share_above_zero(p_blocked=p_blocked)
    blocking, servers = 1.0, 0
    while servers < 1 or blocking > p_blocked:
        servers += 1
        blocking = offered_load_erlang * blocking / (servers + offered_load_erlang * blocking)
    return servers


def load_for_blocking(servers: int, p_blocked: float) -> float:
    """Return the largest load (erlang) of which c servers turn away at most a share: B(c, a) = p solved for a.

    Args:
        servers: c, 1 to ten million.
        p_blocked: p, above 0 and below 1.

    Raises:
        ValueError: an argument out of range.

    >>> round(load_for_blocking(1, 0.2), 9)     # a / (1 + a) = 1/5
    0.25
    """
    whole(most=LARGEST_COUNT, servers=servers)
    if not 0 < p_blocked < 1:
        raise ValueError(f"p_blocked must lie in (0, 1), found {p_blocked}")
    # Carried load a (1 - B) never exceeds c, so B > p beyond c / (1 - p).
    most = servers / (1 - p_blocked) * (1 + 1e-12)
    return boundary(lambda load: erlang_b(servers, load) <= p_blocked, 0.0, most)[0]


def rate_for_mean_wait(service_time_s: float, servers: int, wait_s: float) -> float:
    """Return the largest arrival rate (requests/s) of M/M/c whose mean wait is at most ``wait_s``.

    Args:
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        wait_s: w > 0 (s).

    Raises:
        ValueError: an argument out of range.

    >>> round(rate_for_mean_wait(1.0, 1, 1.0), 9)       # rho / (1 - rho) = 1
    0.5
    """
    positive(wait_s=wait_s)
    return _largest_rate(
        service_time_s, servers, lambda load, p_wait: p_wait * service_time_s <= wait_s * (servers - load)
    )


def rate_for_service_level(service_time_s: float, servers: int, within_s: float, share: float) -> float:
    """Return the largest arrival rate (requests/s) of M/M/c at which a share of the services begin within a time.

    Args:
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        within_s: t >= 0 (s).
        share: p, 0 < p < 1.

    Raises:
        ValueError: an argument out of range.

    >>> round(rate_for_service_level(1.0, 1, 0.0, 0.8), 9)      # P(wait) = rho = 1/5
    0.2
    """
    not_negative(within_s=within_s)
    _inner_share(share)
    positive(service_time_s=service_time_s)
    time = within_s / service_time_s
    return _largest_rate(
        service_time_s, servers, lambda load, p_wait: wait_tail(p_wait, servers - load, time) <= 1 - share
    )


def rate_for_response_level(service_time_s: float, servers: int, within_s: float, share: float) -> float:
    """Return the largest arrival rate (requests/s) at which M/M/c answers a share of the requests within a time.

    Args:
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        within_s: t > s ln(1 / (1 - p)) (s).
        share: p, 0 < p < 1.

    Raises:
        ValueError: an argument out of range, or a target that service alone misses.

    >>> round(rate_for_response_level(1.0, 1, 2.0, 1 - 0.5**2), 9)      # 1 - ln 2: exp(-(1 - rho) 2) = 1/4
    0.306852819
    """
    _inner_share(share)
    _reachable_response(service_time_s, within_s, share)
    time = within_s / service_time_s
    return _largest_rate(
        service_time_s, servers, lambda load, p_wait: response_tail(p_wait, servers - load, time) <= 1 - share
    )


def _smallest(load: float, good: Callable[[int, float], bool]) -> int:
    """Return the first server count above the load that is good, in one pass of Erlang's recursion."""
    blocking, servers = 1.0, 0
    while True:
        servers += 1
        blocking = load * blocking / (servers + load * blocking)
        if servers > load and good(servers, p_wait_from_blocking(servers, load, blocking)):
            return servers


def _largest_rate(service_time_s: float, servers: int, good: Callable[[float, float], bool]) -> float:
    """Return the largest rate whose load and probability to wait are good; the load stays below the servers."""
    positive(service_time_s=service_time_s)
    whole(most=LARGEST_COUNT, servers=servers)
    load, _ = boundary(lambda load: load < servers and good(load, erlang_c(servers, load)), 0.0, float(servers))
    return load / service_time_s


def _reachable_response(service_time_s: float, within_s: float, share: float) -> None:
    positive(service_time_s=service_time_s, within_s=within_s)
    below_one(share=share)
    if math.exp(-within_s / service_time_s) >= 1 - share:
        raise ValueError(
            f"no number of servers answers a share of {share:g} in time: within_s must be above "
            f"{-service_time_s * math.log1p(-share):g}, which service alone takes, found {within_s:g}"
        )


def _load_in_range(offered_load_erlang: float) -> None:
    positive(offered_load_erlang=offered_load_erlang)
    if offered_load_erlang > LARGEST_COUNT:
        raise ValueError(f"offered_load_erlang must be at most {LARGEST_COUNT}, found {offered_load_erlang:g}")


def _inner_share(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"share must lie in (0, 1), found {share}")

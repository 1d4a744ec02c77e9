"""Open queues without limits: Poisson arrivals, exponential services, c equal servers, first come first served.

Everyone waits as long as it takes, so a steady state needs ``arrival_rate_per_s * service_time_s < servers``.
Sources: Erlang (1917); Kleinrock, Queueing Systems I (1975), sections 3.2 and 3.5;
Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), sections 2.2 and 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from advisor.models.queueing import erlang_c

LARGEST_LOAD_ERLANG = 1e7

# Between these, no product or ratio of two arguments leaves the range of a float.
SMALLEST, LARGEST = 1e-100, 1e100


@dataclass(frozen=True)
class OpenQueue:
    """The steady state of a queue; Little's law holds in it: numbers are ``arrival_rate_per_s`` times times.

    Attributes:
        arrival_rate_per_s: requests/s, all of them served.
        utilization: share of time that a server is busy, between 0 and 1.
        p_wait: probability that a request finds all servers busy.
        mean_wait_s: mean time before service (s), requests that do not wait counted as 0.
        mean_response_s: mean time from arrival to end of service (s).
        mean_waiting: mean number of requests that wait.
        mean_present: mean number of requests that wait or are served.
    """

    arrival_rate_per_s: float
    utilization: float
    p_wait: float
    mean_wait_s: float
    mean_response_s: float
    mean_waiting: float
    mean_present: float


def require_positive(name: str, value: float) -> None:
    """Refuse what is not a number above 0, or is beyond every physical scale.

    >>> require_positive("service_time_s", -1.0)
    Traceback (most recent call last):
    ValueError: service_time_s must be greater than 0 (from 1e-100 to 1e+100), found -1.0
    """
    if not SMALLEST <= value <= LARGEST:
        raise ValueError(f"{name} must be greater than 0 (from {SMALLEST:g} to {LARGEST:g}), found {value}")


def require_not_negative(name: str, value: float) -> None:
    """Refuse what is not a number from 0 up, or is beyond every physical scale.

    >>> require_not_negative("think_time_s", float("nan"))
    Traceback (most recent call last):
    ValueError: think_time_s must be from 0 to 1e+100, found nan
    """
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{name} must be from 0 to {LARGEST:g}, found {value}")


def require_whole(name: str, value: int, least: int) -> None:
    """Refuse what is not a whole number from ``least`` up.

    >>> require_whole("servers", 0, 1)
    Traceback (most recent call last):
    ValueError: servers must be a whole number of at least 1, found 0
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, found {value}")


def mm1(arrival_rate_per_s: float, service_time_s: float) -> OpenQueue:
    """Return the steady state of M/M/1.

        rho = lambda s;  R = s / (1 - rho);  Wq = rho R;  L = rho / (1 - rho);  P(wait) = rho

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= 1).

    >>> mm1(0.5, 1.0).mean_response_s
    2.0
    """
    return mmc(arrival_rate_per_s, service_time_s, 1)


def mmc(arrival_rate_per_s: float, service_time_s: float, servers: int) -> OpenQueue:
    """Return the steady state of M/M/c.

        a = lambda s;  P(wait) = C(c, a);  Wq = C s / (c - a);  R = Wq + s;  Lq = lambda Wq;  L = lambda R

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c >= 1.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(mmc(1.0, 1.0, 2).mean_wait_s, 9)          # 1/3
    0.333333333
    """
    load = _stable_load(arrival_rate_per_s, service_time_s, servers)
    p_wait = erlang_c(servers, load)
    wait_s = p_wait * service_time_s / (servers - load)
    response_s = wait_s + service_time_s
    return OpenQueue(
        arrival_rate_per_s=arrival_rate_per_s,
        utilization=load / servers,
        p_wait=p_wait,
        mean_wait_s=wait_s,
        mean_response_s=response_s,
        mean_waiting=arrival_rate_per_s * wait_s,
        mean_present=arrival_rate_per_s * response_s,
    )


def service_level(arrival_rate_per_s: float, service_time_s: float, servers: int, within_s: float) -> float:
    """Return the share of requests of M/M/c whose service begins within a time: P(W <= t).

        P(W <= t) = 1 - C(c, a) exp(-(c - a) t / s)

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c >= 1.
        within_s: t >= 0 (s).

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(service_level(1.0, 1.0, 2, 0.0), 9)       # 2/3 do not wait
    0.666666667
    """
    require_not_negative("within_s", within_s)
    load = _stable_load(arrival_rate_per_s, service_time_s, servers)
    return 1 - _late(erlang_c(servers, load), servers - load, within_s / service_time_s)


def response_level(arrival_rate_per_s: float, service_time_s: float, servers: int, within_s: float) -> float:
    """Return the share of requests of M/M/c that are answered within a time: P(R <= t), wait and service together.

        P(R > t) = exp(-m t) + C(c, a) m (exp(-m t) - exp(-h t)) / (h - m),  m = 1 / s,  h = (c - a) / s

    The limit for h = m is C m t exp(-m t) in the second term. For c = 1 it is exp(-h t).

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c >= 1.
        within_s: t >= 0 (s).

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(response_level(0.5, 1.0, 1, 2.0), 9)      # 1 - exp(-1)
    0.632120559
    """
    require_not_negative("within_s", within_s)
    load = _stable_load(arrival_rate_per_s, service_time_s, servers)
    time, rate = within_s / service_time_s, servers - load  # in service times
    gap = abs(rate - 1)
    still_in_service = -math.expm1(-gap * time) / gap if gap > 0 else time
    waited = erlang_c(servers, load) * math.exp(-min(rate, 1) * time) * still_in_service
    return max(0.0, -math.expm1(-time) - waited)


def wait_quantile_s(arrival_rate_per_s: float, service_time_s: float, servers: int, share: float) -> float:
    """Return the time (s) within which the service of a share of the requests of M/M/c begins.

        W_p = max(0, s / (c - a) ln(C(c, a) / (1 - p)))

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c >= 1.
        share: p, 0 <= p < 1; 0.95 for the 95th percentile.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(wait_quantile_s(0.5, 1.0, 1, 0.95), 9)    # 2 ln 10
    4.605170186
    """
    _require_share(share)
    load = _stable_load(arrival_rate_per_s, service_time_s, servers)
    p_wait = erlang_c(servers, load)
    if p_wait <= 1 - share:
        return 0.0
    return service_time_s / (servers - load) * math.log(p_wait / (1 - share))


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
    require_positive("wait_s", wait_s)
    load = _offered_load(arrival_rate_per_s, service_time_s)
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
    require_not_negative("within_s", within_s)
    _require_share(share)
    load = _offered_load(arrival_rate_per_s, service_time_s)
    time = within_s / service_time_s
    return _smallest(load, lambda servers, p_wait: _late(p_wait, servers - load, time) <= 1 - share)


def _smallest(load: float, good: Callable[[int, float], bool]) -> int:
    """Return the first server count above the load that is good, in one pass of Erlang's recursion."""
    blocking, servers = 1.0, 0
    while True:
        servers += 1
        blocking = load * blocking / (servers + load * blocking)
        if servers > load and good(servers, servers * blocking / (servers - load * (1 - blocking))):
            return servers


def _late(p_wait: float, rate: float, time: float) -> float:
    return p_wait * math.exp(-rate * time)


def _require_share(share: float) -> None:
    if not 0 <= share < 1:
        raise ValueError(f"share must be at least 0 and below 1, found {share}")


def _offered_load(arrival_rate_per_s: float, service_time_s: float) -> float:
    require_positive("arrival_rate_per_s", arrival_rate_per_s)
    require_positive("service_time_s", service_time_s)
    load = arrival_rate_per_s * service_time_s
    if not 0 < load <= LARGEST_LOAD_ERLANG:
        raise ValueError(
            f"arrival_rate_per_s x service_time_s must be above 0 and at most {LARGEST_LOAD_ERLANG:.0f}, found {load:g}"
        )
    return load


def _stable_load(arrival_rate_per_s: float, service_time_s: float, servers: int) -> float:
    require_whole("servers", servers, 1)
    load = _offered_load(arrival_rate_per_s, service_time_s)
    if load >= servers:
        raise ValueError(
            f"no steady state: with {servers} servers of {service_time_s:g} s each, "
            f"arrival_rate_per_s must be below {servers / service_time_s:g}, found {arrival_rate_per_s:g}"
        )
    return load

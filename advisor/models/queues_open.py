"""Open queues without limits: Poisson arrivals, exponential services, c equal servers, first come first served.

Everyone waits as long as it takes, so a steady state needs ``arrival_rate_per_s * service_time_s < servers``.
``queues_sizing`` asks these functions backwards: servers or rate for a target.
Sources: Erlang (1917); Kleinrock, Queueing Systems I (1975), sections 3.2 and 3.5;
Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), sections 2.2 and 2.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models.arguments import below_one, not_negative
from advisor.models.bisection import boundary
from advisor.models.queueing import erlang_c, stable_load


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
        servers: c, 1 to ten million.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(mmc(1.0, 1.0, 2).mean_wait_s, 9)          # 1/3
    0.333333333
    """
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
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
        servers: c, 1 to ten million.
        within_s: t >= 0 (s).

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(service_level(1.0, 1.0, 2, 0.0), 9)       # 2/3 do not wait
    0.666666667
    """
    not_negative(within_s=within_s)
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    return 1 - wait_tail(erlang_c(servers, load), servers - load, within_s / service_time_s)


def response_level(arrival_rate_per_s: float, service_time_s: float, servers: int, within_s: float) -> float:
    """Return the share of requests of M/M/c that are answered within a time: P(R <= t), wait and service together.

        P(R > t) = exp(-m t) + C(c, a) m (exp(-m t) - exp(-h t)) / (h - m),  m = 1 / s,  h = (c - a) / s

    The limit for h = m is C m t exp(-m t) in the second term. For c = 1 it is exp(-h t).

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        within_s: t >= 0 (s).

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(response_level(0.5, 1.0, 1, 2.0), 9)      # 1 - exp(-1)
    0.632120559
    """
    not_negative(within_s=within_s)
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    time = within_s / service_time_s
    waited = _still_there_for_waiting(erlang_c(servers, load), servers - load, time)
    return max(0.0, -math.expm1(-time) - waited)


def wait_quantile_s(arrival_rate_per_s: float, service_time_s: float, servers: int, share: float) -> float:
    """Return the time (s) within which the service of a share of the requests of M/M/c begins.

        W_p = max(0, s / (c - a) ln(C(c, a) / (1 - p)))

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        share: p, 0 <= p < 1; 0.95 for the 95th percentile.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(wait_quantile_s(0.5, 1.0, 1, 0.95), 9)    # 2 ln 10
    4.605170186
    """
    below_one(share=share)
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    p_wait = erlang_c(servers, load)
    if p_wait <= 1 - share:
        return 0.0
    return service_time_s / (servers - load) * math.log(p_wait / (1 - share))


def response_quantile_s(arrival_rate_per_s: float, service_time_s: float, servers: int, share: float) -> float:
    """Return the time (s) within which a share of the requests of M/M/c is answered: P(R <= t) = p solved for t.

        M/M/1: R_p = -s / (1 - rho) ln(1 - p);  otherwise the root of ``response_level``, to 1e-14 of itself

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        share: p, 0 <= p < 1; 0.95 for the 95th percentile.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(response_quantile_s(0.5, 1.0, 1, 0.95), 9)    # 2 ln 20
    5.991464547
    """
    below_one(share=share)
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    if servers == 1:
        return service_time_s / (1 - load) * -math.log1p(-share)
    p_wait, rate, late = erlang_c(servers, load), servers - load, 1 - share
    # Nobody is answered sooner than without waiting; nobody who waits exceeds both halves of this sum.
    low = -math.log1p(-share)
    high = low + math.log(2) + max(0.0, math.log(2 * p_wait / late) / rate if p_wait > 0 else 0.0)
    return service_time_s * boundary(lambda time: response_tail(p_wait, rate, time) > late, low, high)[1]


def wait_tail(p_wait: float, rate: float, time: float) -> float:
    """Return P(W > t) of M/M/c; time in service times, rate c - a per service time."""
    return p_wait * math.exp(-rate * time)


def response_tail(p_wait: float, rate: float, time: float) -> float:
    """Return P(R > t) of M/M/c as a sum of what is positive, so that small tails keep their digits; units as above."""
    return math.exp(-time) + _still_there_for_waiting(p_wait, rate, time)


def _still_there_for_waiting(p_wait: float, rate: float, time: float) -> float:
    """Return C m (exp(-m t) - exp(-h t)) / (h - m) for m = 1, also where h meets m."""
    gap = abs(rate - 1)
    in_service = -math.expm1(-gap * time) / gap if gap > 0 else time
    return p_wait * math.exp(-min(rate, 1) * time) * in_service

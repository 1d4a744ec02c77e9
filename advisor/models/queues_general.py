"""Open queues without limits whose services, or arrivals, are more or less variable than exponential ones.

Exact: M/G/1 (Pollaczek-Khinchine), M/D/c (Crommelin). Approximate: M/G/c, from M/M/c and M/D/c. Upper bound: G/G/c.
First come first served; a steady state needs ``arrival_rate_per_s * service_time_s < servers``.
Sources: Pollaczek (1930), Khinchine (1932); Crommelin (1932); Cosmetatos (1976); Kimura (1986); Kingman (1962, 1970);
Tijms, A First Course in Stochastic Models (2003), chapter 9;
Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), chapters 5 and 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models.arguments import not_negative
from advisor.models.queueing import erlang_c, stable_load
from advisor.models.queues_open import OpenQueue

# The series of M/D/c is used where so few of its terms matter, the sum over roots elsewhere.
SERIES_TERMS = 50
DIGITS = 40  # exp(-40) is below the rounding of a sum of terms near 1


@dataclass(frozen=True)
class MeanQueue:
    """The means of a queue in steady state; Little's law holds in them: numbers are ``arrival_rate_per_s`` times times.

    Attributes:
        arrival_rate_per_s: requests/s, all of them served.
        utilization: share of time that a server is busy, between 0 and 1.
        mean_wait_s: mean time before service (s), requests that do not wait counted as 0.
        mean_response_s: mean time from arrival to end of service (s).
        mean_waiting: mean number of requests that wait.
        mean_present: mean number of requests that wait or are served.
    """

    arrival_rate_per_s: float
    utilization: float
    mean_wait_s: float
    mean_response_s: float
    mean_waiting: float
    mean_present: float


def mg1(arrival_rate_per_s: float, service_time_s: float, scv_service: float) -> OpenQueue:
    """Return the steady state of M/G/1 by Pollaczek-Khinchine: Poisson arrivals, any services, one server. Exact.

        Wq = rho s (1 + cs2) / (2 (1 - rho));  P(wait) = rho;  R = Wq + s;  L = lambda R

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        scv_service: squared coefficient of variation cs2 of service times, >= 0: variance / s^2.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= 1).

    >>> round(mg1(0.5, 1.0, 3.0).mean_wait_s, 9)        # twice that of M/M/1
    2.0
    """
    not_negative(scv_service=scv_service)
    load = stable_load(arrival_rate_per_s, service_time_s, 1)
    wait_s = load * service_time_s * (1 + scv_service) / (2 * (1 - load))
    response_s = wait_s + service_time_s
    return OpenQueue(
        arrival_rate_per_s=arrival_rate_per_s,
        utilization=load,
        p_wait=load,
        mean_wait_s=wait_s,
        mean_response_s=response_s,
        mean_waiting=arrival_rate_per_s * wait_s,
        mean_present=arrival_rate_per_s * response_s,
    )


def md1(arrival_rate_per_s: float, service_time_s: float) -> OpenQueue:
    """Return the steady state of M/D/1, services that all take the same time: half the wait of M/M/1. Exact.

        Wq = rho s / (2 (1 - rho))

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: service time s > 0 of every request.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= 1).

    >>> round(md1(0.5, 1.0).mean_wait_s, 9)
    0.5
    """
    return mg1(arrival_rate_per_s, service_time_s, 0.0)


def mdc(arrival_rate_per_s: float, service_time_s: float, servers: int) -> MeanQueue:
    """Return the means of M/D/c: Poisson arrivals, services that all take the same time, c servers. Exact.

        Wq = s sum over n >= 1 of P(Poisson(n a) >= n c) - (c / a) P(Poisson(n a) > n c)

    Close to saturation the series is long and the same mean is taken from the roots of z^c = exp(a (z - 1)).

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: service time s > 0 of every request.
        servers: c, 1 to ten million.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(mdc(0.5, 1.0, 1).mean_wait_s, 9)          # M/D/1
    0.5
    """
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    return _means(arrival_rate_per_s, service_time_s, servers, service_time_s * _mdc_wait(servers, load))


def mgc(arrival_rate_per_s: float, service_time_s: float, servers: int, scv_service: float) -> MeanQueue:
    """Return the means of M/G/c by interpolation between M/M/c and M/D/c, both of which it meets exactly.

        cs2 <= 1:  Wq ~ cs2 Wq(M/M/c) + (1 - cs2) Wq(M/D/c)
        cs2 > 1:   Wq ~ (1 + cs2) / (2 cs2 / Wq(M/M/c) + (1 - cs2) / Wq(M/D/c))

    Also exact for c = 1. Two moments do not determine M/G/c; measured for c = 2 .. 10 and utilizations 0.5 .. 0.95:
    Erlang-2 services within 1 % of the exact chain; two-phase hyperexponential ones (balanced means) within 2 % at
    cs2 = 2, 6 % at 4, and up to 24 % low at 9; lognormal ones, simulated, 3 to 11 % high at cs2 = 2 .. 4. Allen-Cunneen
    (``mgc_wait``) is up to 9 % low for the first, 25 and 64 % high for the next two. It remains the choice where the
    wait's distribution or ca2 is needed.

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        scv_service: squared coefficient of variation cs2 of service times, >= 0.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(mgc(0.5, 1.0, 1, 3.0).mean_wait_s, 9)     # M/G/1
    2.0
    """
    not_negative(scv_service=scv_service)
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    exponential, constant = erlang_c(servers, load) / (servers - load), _mdc_wait(servers, load)
    if scv_service <= 1 or constant <= 0:
        wait = constant + scv_service * (exponential - constant)
    else:
        wait = exponential * (1 + scv_service) / (2 * scv_service + (1 - scv_service) * (exponential / constant))
    return _means(arrival_rate_per_s, service_time_s, servers, service_time_s * wait)


def ggc_wait_bound_s(
    arrival_rate_per_s: float,
    service_time_s: float,
    servers: int = 1,
    *,
    scv_arrival: float = 1.0,
    scv_service: float = 1.0,
) -> float:
    """Return an upper bound (s) of the mean wait in G/G/c, whatever the distributions: Kingman's.

        Wq <= lambda (sa2 + ss2 / c + (c - 1) s^2 / c^2) / (2 (1 - rho)),  sa2 = ca2 / lambda^2,  ss2 = cs2 s^2

    Times between arrivals are independent, and so are services. For c = 1 it becomes exact as the load nears 1; in
    light traffic it is far too high. Kingman's approximation for c = 1 is ``mgc_wait(...).mean()``.

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        scv_arrival: squared coefficient of variation ca2 of times between arrivals, >= 0, 1 for Poisson.
        scv_service: squared coefficient of variation cs2 of service times, >= 0.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(ggc_wait_bound_s(0.5, 1.0), 9)            # M/M/1 waits 1 s
    2.5
    """
    not_negative(scv_arrival=scv_arrival, scv_service=scv_service)
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    spread = scv_arrival / load + load * (scv_service / servers + (servers - 1) / servers**2)
    return service_time_s * spread * servers / (2 * (servers - load))


def _means(rate: float, service_s: float, servers: int, wait_s: float) -> MeanQueue:
    response_s = wait_s + service_s
    return MeanQueue(rate, rate * service_s / servers, wait_s, response_s, rate * wait_s, rate * response_s)


def _mdc_wait(servers: int, load: float) -> float:
    """Return the mean wait of M/D/c in service times."""
    idle = (servers - load) / servers
    log_busy = math.log1p(-idle) if idle < 0.5 else math.log(load / servers)
    decay = servers * (-idle - log_busy)  # the n-th term falls like exp(-n decay)
    return _mdc_series(servers, load, decay) if decay * SERIES_TERMS > DIGITS else _mdc_roots(servers, load)


def _mdc_series(servers: int, load: float, decay: float) -> float:
    wait = 0.0
    for n in range(1, SERIES_TERMS + 1):
        places = n * servers
        # P(Poisson(n a) = n c): powers and factorial are merged by Stirling's formula, so that nothing cancels.
        at = math.exp(-n * decay - _stirling_rest(places)) / math.sqrt(2 * math.pi * places)
        term = at * (1 - (servers - load) / load * _beyond(n * load, places))
        wait += term
        if term <= 1e-17 * wait:
            break
    return wait


def _beyond(mean: float, number: int) -> float:
    """Return P(Poisson(mean) > number) / P(Poisson(mean) = number), for a mean below the number."""
    total, weight, k = 0.0, 1.0, number
    while weight > 1e-17 * total:
        k += 1
        weight *= mean / k
        total += weight
    return total


def _stirling_rest(number: int) -> float:
    """Return ln n! less (n + 1/2) ln n - n + ln(2 pi) / 2."""
    if number < 16:
        return math.lgamma(number + 1) - ((number + 0.5) * math.log(number) - number + 0.5 * math.log(2 * math.pi))
    inverse = 1 / number
    return inverse * (1 / 12 - inverse**2 * (1 / 360 - inverse**2 * (1 / 1260 - inverse**2 / 1680)))


def _mdc_roots(servers: int, load: float) -> float:
    """Return the mean wait from L = (c - (c - a)^2) / (2 (c - a)) + sum of 1 / (1 - z), z the roots with |z| < 1."""
    import numpy as np

    rho = load / servers
    # Roots come in conjugate pairs, one for each c-th root of unity; Newton's method on z = w exp(rho (z - 1)).
    count = (servers - 1) // 2
    unit = np.exp(2j * np.pi * np.arange(1, servers // 2 + 1) / servers)
    z = np.zeros_like(unit)
    for _ in range(100):
        target = unit * np.exp(rho * (z - 1))
        step = (z - target) / (1 - rho * target)
        z = z - step
        if not len(z) or np.max(np.abs(step)) < 1e-15:
            break
    inverse = (1 / (1 - z)).real
    paired = 2 * math.fsum(inverse[:count]) + math.fsum(inverse[count:])
    free = servers - load
    return ((servers - free**2) / (2 * free) + paired - load) / load

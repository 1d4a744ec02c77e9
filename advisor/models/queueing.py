"""Little's law, Erlang's formulas, and waiting at provisioned servers in steady state.

Sources: Little (1961); Erlang (1917); Kleinrock, Queueing Systems I (1975), sections 2.1, 3.4 and 3.5;
Allen, Probability, Statistics and Queueing Theory (1990), section 5.4, for the Allen-Cunneen formula.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.models.arguments import not_negative, positive, whole
from advisor.models.latency import Wait

# Erlang's recursion takes one step a server: ten million take about a second.
LARGEST_COUNT = 10_000_000


@dataclass(frozen=True)
class Little:
    """Little's law: ``number`` present = ``rate_per_s`` x ``time_s``, in whatever is entered and left.

    Attributes:
        number: mean number of requests present.
        rate_per_s: requests/s that enter, which in steady state is as many as leave.
        time_s: mean time (s) that a request stays.
    """

    number: float
    rate_per_s: float
    time_s: float


def little(*, number: float | None = None, rate_per_s: float | None = None, time_s: float | None = None) -> Little:
    """Return the third of number, rate and time from two of them by Little's law.

        L = lambda W

    Holds for every system in steady state, whatever the distributions, the order of service and the number of servers.
    The three must be means over the same requests: those turned away belong either to all three or to none.

    Args:
        number: mean number present L >= 0.
        rate_per_s: lambda > 0.
        time_s: mean time in the system W >= 0, above 0 where the rate is asked for.

    Raises:
        ValueError: an argument out of range, or not exactly two of them given.

    >>> little(rate_per_s=50.0, time_s=0.2)
    Little(number=10.0, rate_per_s=50.0, time_s=0.2)
    """
    given = {"number": number, "rate_per_s": rate_per_s, "time_s": time_s}
    known = {name: value for name, value in given.items() if value is not None}
    if len(known) != 2:
        raise ValueError(f"exactly two of number, rate_per_s and time_s must be given, found {len(known)}")
    not_negative(**known)
    if rate_per_s is not None:
        positive(rate_per_s=rate_per_s)
        if time_s is not None:
            return Little(rate_per_s * time_s, rate_per_s, time_s)
        return Little(known["number"], rate_per_s, known["number"] / rate_per_s)
    positive(time_s=known["time_s"])
    return Little(known["number"], known["number"] / known["time_s"], known["time_s"])


def offered_load(arrival_rate_per_s: float, service_time_s: float) -> float:
    """Return the offered load (erlang), a = lambda s: the mean number of servers that the arrivals keep busy.

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0; lambda s at most ten million.

    Raises:
        ValueError: an argument out of range.

    >>> offered_load(4.0, 0.5)
    2.0
    """
    positive(arrival_rate_per_s=arrival_rate_per_s, service_time_s=service_time_s)
    load = arrival_rate_per_s * service_time_s
    if load > LARGEST_COUNT:
        raise ValueError(f"arrival_rate_per_s x service_time_s must be at most {LARGEST_COUNT}, found {load:g}")
    return load


def stable_load(arrival_rate_per_s: float, service_time_s: float, servers: int) -> float:
    """Return the offered load (erlang) of a queue without limits, which must be less than its servers can carry.

    Args:
        arrival_rate_per_s: lambda > 0, below c / s.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> stable_load(9.0, 0.5, 4)
    Traceback (most recent call last):
    ValueError: no steady state: with 4 servers of 0.5 s each, arrival_rate_per_s must be below 8, found 9
    """
    whole(most=LARGEST_COUNT, servers=servers)
    load = offered_load(arrival_rate_per_s, service_time_s)
    if load >= servers:
        raise ValueError(
            f"no steady state: with {servers} {'server' if servers == 1 else 'servers'} of {service_time_s:g} s each, "
            f"arrival_rate_per_s must be below {servers / service_time_s:g}, found {arrival_rate_per_s:g}"
        )
    return load


def erlang_b(servers: int, offered_load_erlang: float) -> float:
    """Return the probability that an arrival finds all servers busy and is lost (M/G/c/c).

        B(0, a) = 1;  B(k, a) = a B(k-1, a) / (k + a B(k-1, a))

    Holds for Poisson arrivals and any distribution of service times.

    Args:
        servers: c, 1 to ten million.
        offered_load_erlang: a = arrival rate x mean service time, dimensionless, >= 0.

    Raises:
        ValueError: arguments out of range.

    >>> round(erlang_b(2, 1.0), 6)      # exactly 1/5
    0.2
    """
    whole(most=LARGEST_COUNT, servers=servers)
    not_negative(offered_load_erlang=offered_load_erlang)
    blocking = 1.0
    for k in range(1, servers + 1):
        blocking = offered_load_erlang * blocking / (k + offered_load_erlang * blocking)
    return blocking


def erlang_c(servers: int, offered_load_erlang: float) -> float:
    """Return the probability that an arriving request must wait, C(c, a), in M/M/c.

        C = B / (1 - rho (1 - B)),  rho = a / c,  B = erlang_b(c, a)

    Args:
        servers: c, 1 to ten million.
        offered_load_erlang: a = arrival rate x mean service time, dimensionless, 0 <= a < c.

    Raises:
        ValueError: arguments out of range, or a >= c, no steady state.

    >>> round(erlang_c(2, 1.0), 6)      # exactly 1/3
    0.333333
    """
    blocking = erlang_b(servers, offered_load_erlang)
    if offered_load_erlang >= servers:
        raise ValueError(
            f"no steady state: offered_load_erlang must be below {servers} servers, found {offered_load_erlang:g}"
        )
    return p_wait_from_blocking(servers, offered_load_erlang, blocking)


def p_wait_from_blocking(servers: int, load: float, blocking: float) -> float:
    """Return Erlang's C from his B, for arguments that are known to be valid.

    Written so that c - a is the only difference: it is exact close to saturation, where 1 - rho (1 - B) is not.
    """
    return servers * blocking / ((servers - load) + load * blocking)


def mgc_wait(
    arrival_rate_per_s: float,
    service_time_s: float,
    servers: int,
    *,
    scv_arrival: float = 1.0,
    scv_service: float = 1.0,
) -> Wait:
    """Return the waiting time (s) before service in G/G/c by Allen-Cunneen, as a distribution.

        Wq ~ (ca2 + cs2)/2 * C(c, a) * s / (c - a);  0 with probability 1 - C, exponential otherwise

    Exact for M/M/c, and in the mean for M/G/1. Elsewhere it leans to one side, the more the lighter the load and the
    more servers. For services steadier than exponential the mean is too low (M/D/4 by 3 % at utilization 0.8, 12 % at
    0.5), for more variable ones too high (M/H2/4 with cs2 = 4 by 8 % at 0.8, 30 % at 0.5). ``queues_general.mgc`` is
    closer in the mean.

    Args:
        arrival_rate_per_s: lambda > 0.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        scv_arrival: squared coefficient of variation of times between arrivals, >= 0, 1 for Poisson.
        scv_service: squared coefficient of variation of service times, >= 0, 1 for exponential.

    Raises:
        ValueError: an argument out of range, or no steady state (lambda s >= c).

    >>> round(mgc_wait(0.5, 1.0, 1).mean(), 9)          # M/M/1: rho / (1 - rho) * s
    1.0
    """
    not_negative(scv_arrival=scv_arrival, scv_service=scv_service)
    load = stable_load(arrival_rate_per_s, service_time_s, servers)
    p_wait = erlang_c(servers, load)
    variability = (scv_arrival + scv_service) / 2
    if p_wait <= 0 or variability <= 0:
        return Wait(0.0, 1.0)
    return Wait(p_wait, (servers - load) / (service_time_s * variability))

"""Open queues with room for so many: who finds all places taken is turned away, so any load has a steady state.

Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.5 (M/M/c/K).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from advisor.models.arguments import below_one, not_negative, positive, whole
from advisor.models.bisection import boundary
from advisor.models.poisson import LARGEST_MEAN, at_most
from advisor.models.queueing import LARGEST_COUNT, erlang_b


@dataclass(frozen=True)
class LimitedQueue:
    """The steady state of a queue that loses requests; numbers are ``entering_rate_per_s`` times times.

    Attributes:
        entering_rate_per_s: requests/s that enter the queue or a server; the times below are means over these.
        throughput_per_s: requests/s that are served to the end.
        p_lost: share of all arrivals that are not served.
        p_wait: probability that a request that enters finds all servers busy.
        utilization: share of time that a server is busy.
        mean_wait_s: mean time before service or abandonment (s).
        mean_response_s: mean time from entering to leaving, served or not (s).
        mean_waiting: mean number of requests that wait.
        mean_present: mean number of requests that wait or are served.
    """

    entering_rate_per_s: float
    throughput_per_s: float
    p_lost: float
    p_wait: float
    utilization: float
    mean_wait_s: float
    mean_response_s: float
    mean_waiting: float
    mean_present: float


def mm1_k(arrival_rate_per_s: float, service_time_s: float, places: int) -> LimitedQueue:
    """Return the steady state of M/M/1/K: one server, K places, the one in service included.

        pi_n = (1 - rho) rho^n / (1 - rho^(K+1)), 1 / (K + 1) for rho = 1;  P(lost) = pi_K

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        places: K, 1 to ten million.

    Raises:
        ValueError: an argument out of range.

    >>> round(mm1_k(2.0, 1.0, 2).p_lost, 9)             # weights 1, 2, 4
    0.571428571
    """
    return mmc_k(arrival_rate_per_s, service_time_s, 1, places)


def mmc_k(arrival_rate_per_s: float, service_time_s: float, servers: int, places: int) -> LimitedQueue:
    """Return the steady state of M/M/c/K: who finds all K places taken is turned away.

        pi_n ~ a^n / n! up to c, then times rho = a / c per place;  P(lost) = pi_K;  Wq = Lq / (lambda (1 - pi_K))

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        places: K, those in service included, c <= K <= ten million.

    Raises:
        ValueError: an argument out of range.

    >>> round(mmc_k(1.0, 1.0, 1, 3).p_lost, 9)          # four states, all equally likely
    0.25
    """
    load = any_load(arrival_rate_per_s, service_time_s, servers)
    below, queue = _room_weights(load, servers, places)
    return _limited_room(arrival_rate_per_s, service_time_s, servers, below, queue)


def mmc_k_service_level(
    arrival_rate_per_s: float, service_time_s: float, servers: int, places: int, within_s: float
) -> float:
    """Return the share of the requests that enter M/M/c/K whose service begins within a time: P(W <= t).

        P(W > t) = sum_(j < K - c) q_j P(Poisson(c t / s) <= j),  q_j = pi_(c+j) / (1 - pi_K)

    Who finds j waiting begins service after j + 1 of the departures that all servers make together.

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        places: K, those in service included, c <= K <= ten million.
        within_s: t >= 0 (s); c t / s at most a million.

    Raises:
        ValueError: an argument out of range.

    >>> round(mmc_k_service_level(1.0, 1.0, 1, 3, 0.0), 9)      # of three equally likely states one has a free server
    0.333333333
    """
    late = _lateness(arrival_rate_per_s, service_time_s, servers, places)
    return max(0.0, 1 - late(within_s))


def mmc_k_wait_quantile_s(
    arrival_rate_per_s: float, service_time_s: float, servers: int, places: int, share: float
) -> float:
    """Return the time (s) within which the service of a share of the requests that enter M/M/c/K begins.

        P(W <= t) = p solved for t, to 1e-14 of itself; 0 where at least p find a free server

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        places: K, those in service included, c <= K <= ten million; K + 40 sqrt(K) at most a million.
        share: p, 0 <= p < 1.

    Raises:
        ValueError: an argument out of range.

    >>> round(mmc_k_wait_quantile_s(1.0, 1.0, 1, 2, 0.75), 9)   # half wait for one exponential service: ln 2
    0.693147181
    """
    below_one(share=share)
    late = _lateness(arrival_rate_per_s, service_time_s, servers, places)
    if late(0.0) <= 1 - share:
        return 0.0
    each, high = service_time_s / servers, service_time_s / servers
    while late(high) > 1 - share:
        high = 2 * high + each
    return boundary(lambda t: late(t) > 1 - share, 0.0, high)[1]


def _lateness(rate: float, service_s: float, servers: int, places: int) -> Callable[[float], float]:
    """Return t -> P(W > t) of those who enter M/M/c/K."""
    below, queue = _room_weights(any_load(rate, service_s, servers), servers, places)
    entering = math.fsum((below, *queue[:-1]))

    def late(within_s: float) -> float:
        still = at_most(departures_within(within_s, service_s, servers), len(queue) - 1)
        return math.fsum(weight * p for weight, p in zip(queue, still, strict=False)) / entering

    return late


def _room_weights(load: float, servers: int, places: int) -> tuple[float, list[float]]:
    """Return the weights of a free server, and of c, c + 1, .. K requests, the likelier end being of size 1."""
    whole(least=servers, most=LARGEST_COUNT, places=places)
    busy, free = busy_and_free(servers, load)
    growth, room = load / servers, places - servers
    # Weights are relative to the most likely end, so that no power overflows.
    queue = [busy * (growth**j if growth <= 1 else growth ** (j - room)) for j in range(room + 1)]
    return free * (1.0 if growth <= 1 else growth**-room), queue


def _limited_room(rate: float, service_s: float, servers: int, below: float, queue: list[float]) -> LimitedQueue:
    waits = math.fsum(queue[:-1])
    total = math.fsum((below, waits, queue[-1]))
    entering = rate * (below + waits) / total
    waiting = math.fsum(j * weight for j, weight in enumerate(queue)) / total
    wait_s = waiting / entering
    return LimitedQueue(
        entering_rate_per_s=entering,
        throughput_per_s=entering,
        p_lost=queue[-1] / total,
        p_wait=waits / (below + waits),
        utilization=entering * service_s / servers,
        mean_wait_s=wait_s,
        mean_response_s=wait_s + service_s,
        mean_waiting=waiting,
        mean_present=waiting + entering * service_s,
    )


def busy_and_free(servers: int, load: float) -> tuple[float, float]:
    """Return Erlang's B and 1 - B, the latter without subtraction."""
    offered = load * (erlang_b(servers - 1, load) if servers > 1 else 1.0)
    return offered / (servers + offered), servers / (servers + offered)


def any_load(arrival_rate_per_s: float, service_time_s: float, servers: int) -> float:
    """Return the offered load (erlang) of a queue whose limits keep it stable; argument checks included."""
    positive(arrival_rate_per_s=arrival_rate_per_s, service_time_s=service_time_s)
    whole(most=LARGEST_COUNT, servers=servers)
    return arrival_rate_per_s * service_time_s


def departures_within(within_s: float, service_time_s: float, servers: int) -> float:
    """Return how many requests c busy servers finish on average within a time, c t / s; argument checks included."""
    not_negative(within_s=within_s)
    departures = servers * within_s / service_time_s
    if departures > LARGEST_MEAN:
        raise ValueError(f"servers x within_s / service_time_s must be at most {LARGEST_MEAN}, found {departures:g}")
    return departures

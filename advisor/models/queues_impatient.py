"""Open queues whose requests give up after a while, Erlang A: any load has a steady state.

Sources: Palm (1957); Garnett, Mandelbaum and Reiman, Designing a call center with impatient customers (2002).
"""

from __future__ import annotations

import math

from advisor.models.arguments import positive, share
from advisor.models.queueing import LARGEST_COUNT, offered_load
from advisor.models.queues_limited import LimitedQueue, any_load, busy_and_free, departures_within


def erlang_a(arrival_rate_per_s: float, service_time_s: float, servers: int, patience_s: float) -> LimitedQueue:
    """Return the steady state of M/M/c+M (Erlang A): who waits longer than an exponential patience gives up.

        pi_n ~ a^n / n! up to c, then pi_(c+j) = pi_(c+j-1) lambda / (c / s + j / patience)
        P(lost) = Lq / (patience lambda);  Wq = Lq / lambda, of all requests, served or not

    The terms are summed outwards from the largest, so neither heavy nor light load overflows.

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        patience_s: mean time a request is willing to wait, > 0; lambda x patience at most ten million.

    Raises:
        ValueError: an argument out of range.

    >>> round(erlang_a(1.0, 1.0, 1, 1.0).p_lost, 9)     # Poisson number present: exp(-1)
    0.367879441
    """
    load = any_load(arrival_rate_per_s, service_time_s, servers)
    below, first, queue = _impatient_room(arrival_rate_per_s, service_time_s, servers, patience_s, load)
    all_busy, queued = math.fsum(queue), math.fsum(queue[1:] if first == 0 else queue)
    total = below + all_busy
    waiting = math.fsum(j * weight for j, weight in enumerate(queue, first)) / total
    served = (load * below + servers * queued) / total / service_time_s
    return LimitedQueue(
        entering_rate_per_s=arrival_rate_per_s,
        throughput_per_s=served,
        p_lost=waiting / patience_s / arrival_rate_per_s,
        p_wait=all_busy / total,
        utilization=served * service_time_s / servers,
        mean_wait_s=waiting / arrival_rate_per_s,
        mean_response_s=(waiting + served * service_time_s) / arrival_rate_per_s,
        mean_waiting=waiting,
        mean_present=waiting + served * service_time_s,
    )


def erlang_a_service_level(
    arrival_rate_per_s: float, service_time_s: float, servers: int, patience_s: float, within_s: float
) -> float:
    """Return the share of all arrivals of M/M/c+M whose service begins within a time, who gave up counting as no.

        P(free server) + sum over j of P(c + j found) N / (N + j + 1) (1 - I_x(N + 1, j + 1))
        N = c patience / s,  x = exp(-t / patience),  I the regularized incomplete beta function

    Who finds j waiting is offered a wait V of which exp(-V / patience) is distributed as Beta(N, j + 1).

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.
        patience_s: mean time a request is willing to wait, > 0; lambda x patience at most ten million.
        within_s: t >= 0 (s); c t / s at most a million.

    Raises:
        ValueError: an argument out of range.

    >>> round(erlang_a_service_level(1.0, 1.0, 1, 1.0, 0.0), 9)     # an empty system: exp(-1)
    0.367879441
    """
    load = any_load(arrival_rate_per_s, service_time_s, servers)
    departures_within(within_s, service_time_s, servers)
    below, first, queue = _impatient_room(arrival_rate_per_s, service_time_s, servers, patience_s, load)
    ratio = servers * patience_s / service_time_s
    in_time = _offered_in_time(ratio + 1, within_s / patience_s, first + len(queue))
    answered = (weight * ratio / (ratio + j + 1) * in_time[j] for j, weight in enumerate(queue, first))
    return min(1.0, math.fsum((below, *answered)) / math.fsum((below, *queue)))


def servers_for_abandonment(arrival_rate_per_s: float, service_time_s: float, patience_s: float, p_lost: float) -> int:
    """Return the smallest c of M/M/c+M at which at most a share of the requests gives up.

    Args:
        arrival_rate_per_s: lambda > 0; lambda s at most ten million.
        service_time_s: mean service time s > 0.
        patience_s: mean time a request is willing to wait, > 0; lambda x patience at most ten million.
        p_lost: above 0 and at most 1.

    Raises:
        ValueError: an argument out of range.

    >>> servers_for_abandonment(10.0, 1.0, 0.5, 0.05)
    13
    """
    share(p_lost=p_lost)
    load = offered_load(arrival_rate_per_s, service_time_s)

    def lost(servers: int) -> float:
        return erlang_a(arrival_rate_per_s, service_time_s, servers, patience_s).p_lost

    # Losses fall with every server: step out until they are few enough, then halve what lies between.
    low, high = 0, max(1, math.ceil(load))
    while lost(high) > p_lost:
        low, high = high, high + max(1, math.ceil(math.sqrt(high)))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if lost(middle) <= p_lost else (middle, high)
    return high


def _offered_in_time(size: float, time: float, count: int) -> list[float]:
    """Return 1 - I_x(size, j + 1) for j = 0 .. count - 1 and x = exp(-time): the tails of a negative binomial."""
    late, log_mass, tails = 0.0, -size * time, []
    log_miss = math.log(-math.expm1(-time)) if time > 0 else -math.inf
    for j in range(count):
        late += math.exp(log_mass)
        tails.append(max(0.0, 1 - late))
        log_mass += math.log((size + j) / (j + 1)) + log_miss
    return tails


def _impatient_room(
    arrival_rate_per_s: float, service_time_s: float, servers: int, patience_s: float, load: float
) -> tuple[float, int, list[float]]:
    """Return the weight of a free server, the first queue length that matters, the weights of queues from there on."""
    positive(patience_s=patience_s)
    if arrival_rate_per_s * patience_s > LARGEST_COUNT:
        raise ValueError(
            f"arrival_rate_per_s x patience_s must be at most {LARGEST_COUNT}, "
            f"found {arrival_rate_per_s * patience_s:g}"
        )
    busy, free = busy_and_free(servers, load)
    first, weights = _impatient_weights(arrival_rate_per_s, servers / service_time_s, 1 / patience_s)
    return free * weights[0] if first == 0 else 0.0, first, [busy * weight for weight in weights]


def _impatient_weights(rate: float, service_rate: float, leaving_rate: float) -> tuple[int, list[float]]:
    """Return the first queue length that matters and the weights from there on, the largest weight being 1."""
    mode = max(0, math.floor((rate - service_rate) / leaving_rate))
    down, weight = [1.0], 1.0
    for j in range(mode, 0, -1):
        weight *= (service_rate + j * leaving_rate) / rate
        if weight < 1e-300:
            break
        down.append(weight)
    up, weight, j = [], 1.0, mode
    while True:
        j += 1
        growth = rate / (service_rate + j * leaving_rate)
        weight *= growth
        up.append(weight)
        if weight * growth < 1e-18 * (1 - growth):
            return mode + 1 - len(down), down[::-1] + up

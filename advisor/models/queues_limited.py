"""Open queues with limits, which have a steady state at any load: full rooms, impatience, time-outs; and bursts.

Sources: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.5 (M/M/c/K);
Palm (1957), Garnett, Mandelbaum and Reiman (2002) (Erlang A); Barrer (1957) (fixed patience);
Newell, Applications of Queueing Theory (1982), chapter 2 (fluid backlog).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate

from advisor.models.queueing import erlang_b
from advisor.models.queues_open import require_not_negative, require_positive, require_whole

LARGEST_COUNT = 10_000_000


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


def mmc_k(arrival_rate_per_s: float, service_time_s: float, servers: int, places: int) -> LimitedQueue:
    """Return the steady state of M/M/c/K: who finds all K places taken is turned away.

        pi_n ~ a^n / n! up to c, then times rho = a / c per place;  P(lost) = pi_K;  Wq = Lq / (lambda (1 - pi_K))

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        servers: c >= 1.
        places: K, those in service included, c <= K <= ten million.

    Raises:
        ValueError: an argument out of range.

    >>> round(mmc_k(1.0, 1.0, 1, 3).p_lost, 9)          # four states, all equally likely
    0.25
    """
    load = _offered_load(arrival_rate_per_s, service_time_s, servers)
    require_whole("places", places, servers)
    _require_count("places", places)
    busy, free = _busy_and_free(servers, load)
    growth, room = load / servers, places - servers
    # Weights are relative to the most likely end, so that no power overflows.
    queue = [busy * (growth**j if growth <= 1 else growth ** (j - room)) for j in range(room + 1)]
    below = free * (1.0 if growth <= 1 else growth**-room)
    return _limited_room(arrival_rate_per_s, service_time_s, servers, below, queue)


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


def erlang_a(arrival_rate_per_s: float, service_time_s: float, servers: int, patience_s: float) -> LimitedQueue:
    """Return the steady state of M/M/c+M (Erlang A): who waits longer than an exponential patience gives up.

        pi_n ~ a^n / n! up to c, then pi_(c+j) = pi_(c+j-1) lambda / (c / s + j / patience)
        P(lost) = Lq / (patience lambda);  Wq = Lq / lambda, of all requests, served or not

    The terms are summed outwards from the largest, so neither heavy nor light load overflows.

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0.
        servers: c >= 1.
        patience_s: mean time a request is willing to wait, > 0; lambda x patience at most ten million.

    Raises:
        ValueError: an argument out of range.

    >>> round(erlang_a(1.0, 1.0, 1, 1.0).p_lost, 9)     # Poisson number present: exp(-1)
    0.367879441
    """
    load = _offered_load(arrival_rate_per_s, service_time_s, servers)
    require_positive("patience_s", patience_s)
    _require_count("arrival_rate_per_s x patience_s", arrival_rate_per_s * patience_s)
    busy, free = _busy_and_free(servers, load)
    first, weights = _impatient_weights(arrival_rate_per_s, servers / service_time_s, 1 / patience_s)
    below = free * weights[0] if first == 0 else 0.0
    all_busy, queued = busy * math.fsum(weights), busy * math.fsum(weights[1:] if first == 0 else weights)
    total = below + all_busy
    waiting = busy * math.fsum(j * weight for j, weight in enumerate(weights, first)) / total
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


def goodput_with_cancellation_per_s(arrival_rate_per_s: float, service_time_s: float, timeout_s: float) -> float:
    """Return the requests/s that one server completes if waiting requests are dropped at their time-out: M/M/1+D.

    A request leaves unserved once it has waited ``timeout_s``; one that has started is served to its end and counts.

        1 / P(idle) = 1 + lambda (exp(d t) - 1) / d + lambda s exp(d t),  d = lambda - 1 / s;
        goodput = (1 - P(idle)) / s

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0, exponential.
        timeout_s: t >= 0, the same for all, counted from arrival to start of service.

    Raises:
        ValueError: an argument out of range.

    >>> round(goodput_with_cancellation_per_s(2.0, 1.0, 0.0), 9)     # no waiting: a loss system, 2/3
    0.666666667
    """
    load = _offered_load(arrival_rate_per_s, service_time_s, 1)
    require_not_negative("timeout_s", timeout_s)
    time = timeout_s / service_time_s
    excess = (load - 1) * time
    # Both weights are divided by exp(excess) under overload, so that nothing overflows.
    shrink = math.exp(-max(excess, 0.0))
    grown = abs(-math.expm1(-abs(excess)) / (load - 1)) if excess else time
    busy = load * (grown + math.exp(min(excess, 0.0)))
    return busy / (shrink + busy) / service_time_s


def goodput_without_cancellation_per_s(
    arrival_rate_per_s: float, service_time_s: float, timeout_s: float, places: int
) -> float:
    """Return the requests/s that one server answers in time if it also works on those already timed out: M/M/1/K.

    First come first served; who finds K present is turned away; an answer later than ``timeout_s`` after arrival is
    worthless but takes its full service. There are no retries. Under overload goodput collapses as K grows.

        goodput = lambda sum_(n < K) pi_n P(Erlang(n + 1, 1 / s) <= t),  pi_n ~ (lambda s)^n

    Args:
        arrival_rate_per_s: lambda > 0, any load.
        service_time_s: mean service time s > 0, exponential.
        timeout_s: t > 0, the same for all, counted from arrival to answer; t / s at most a million.
        places: K, the one in service included, from 1 to ten million.

    Raises:
        ValueError: an argument out of range.

    >>> round(goodput_without_cancellation_per_s(2.0, 1.0, 3.0, 2), 6)
    0.729119
    """
    load = _offered_load(arrival_rate_per_s, service_time_s, 1)
    require_positive("timeout_s", timeout_s)
    require_whole("places", places, 1)
    _require_count("places", places)
    in_time = _poisson_tails(timeout_s / service_time_s, places)
    weights = [load**n if load <= 1 else load ** (n - places) for n in range(places + 1)]
    useful = math.fsum(weight * tail for weight, tail in zip(weights, in_time, strict=False))
    return arrival_rate_per_s * useful / math.fsum(weights)


def _poisson_tails(mean: float, count: int) -> list[float]:
    """Return P(Poisson(mean) > n) for n = 0 .. count - 1, summed from the far end, where no digit cancels."""
    if mean > 1e6:
        raise ValueError(f"timeout_s must be at most 1000000 service times, found {mean:g}")
    last = max(count, math.ceil(mean + 12 * math.sqrt(mean))) + 40
    masses = (math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(last, 0, -1))
    return [min(1.0, tail) for tail in list(accumulate(masses))[::-1][:count]]


@dataclass(frozen=True)
class Backlog:
    """What a burst leaves behind: the largest backlog (requests), time to drain it (s), the longest wait (s)."""

    largest: float
    drain_s: float
    longest_wait_s: float


def burst_backlog(
    burst_rate_per_s: float, burst_s: float, base_rate_per_s: float, capacity_per_s: float, *, waiting: float = 0.0
) -> Backlog:
    """Return backlog and drain time of a burst in the fluid model: rates without randomness, first come first served.

        B = max(b0, b0 + (burst - capacity) T);  drain = B_end / (capacity - base);  longest wait = B / capacity

    Without randomness a burst within capacity leaves nothing; a real queue then still has its steady-state wait.

    Args:
        burst_rate_per_s: arrivals during the burst, >= 0.
        burst_s: length T of the burst, > 0.
        base_rate_per_s: arrivals after it, >= 0 and below the capacity.
        capacity_per_s: requests/s that can be served, > 0.
        waiting: b0, backlog (requests) at the start, >= 0.

    Returns:
        Largest backlog, time from the end of the burst until it is gone, wait of the request that waits longest.

    Raises:
        ValueError: an argument out of range, or a capacity that the base rate uses up.

    >>> burst_backlog(150.0, 60.0, 80.0, 100.0)
    Backlog(largest=3000.0, drain_s=150.0, longest_wait_s=30.0)
    """
    require_not_negative("burst_rate_per_s", burst_rate_per_s)
    require_positive("burst_s", burst_s)
    require_not_negative("base_rate_per_s", base_rate_per_s)
    require_positive("capacity_per_s", capacity_per_s)
    require_not_negative("waiting", waiting)
    if base_rate_per_s >= capacity_per_s:
        raise ValueError(
            f"a backlog never drains: base_rate_per_s must be below {capacity_per_s:g}, found {base_rate_per_s:g}"
        )
    end = max(0.0, waiting + (burst_rate_per_s - capacity_per_s) * burst_s)
    largest = max(waiting, end)
    return Backlog(largest, end / (capacity_per_s - base_rate_per_s), largest / capacity_per_s)


def _busy_and_free(servers: int, load: float) -> tuple[float, float]:
    """Return Erlang's B and 1 - B, the latter without subtraction."""
    offered = load * (erlang_b(servers - 1, load) if servers > 1 else 1.0)
    return offered / (servers + offered), servers / (servers + offered)


def _offered_load(arrival_rate_per_s: float, service_time_s: float, servers: int) -> float:
    require_positive("arrival_rate_per_s", arrival_rate_per_s)
    require_positive("service_time_s", service_time_s)
    require_whole("servers", servers, 1)
    return arrival_rate_per_s * service_time_s


def _require_count(name: str, value: float) -> None:
    if value > LARGEST_COUNT:
        raise ValueError(f"{name} must be at most {LARGEST_COUNT}, found {value:g}")

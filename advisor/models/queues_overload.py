"""Overload: what is still answered in time, and what a burst leaves behind.

Sources: Barrer (1957) (fixed patience); Newell, Applications of Queueing Theory (1982), chapter 2 (fluid backlog).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models.arguments import not_negative, positive, whole
from advisor.models.poisson import LARGEST_MEAN, above
from advisor.models.queueing import LARGEST_COUNT
from advisor.models.queues_limited import any_load


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
    load = any_load(arrival_rate_per_s, service_time_s, 1)
    not_negative(timeout_s=timeout_s)
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
    load = any_load(arrival_rate_per_s, service_time_s, 1)
    positive(timeout_s=timeout_s)
    whole(most=LARGEST_COUNT, places=places)
    services = timeout_s / service_time_s
    if services > LARGEST_MEAN:
        raise ValueError(f"timeout_s must be at most {LARGEST_MEAN} service times, found {services:g}")
    in_time = above(services, places)
    weights = [load**n if load <= 1 else load ** (n - places) for n in range(places + 1)]
    useful = math.fsum(weight * tail for weight, tail in zip(weights, in_time, strict=False))
    return arrival_rate_per_s * useful / math.fsum(weights)


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
    not_negative(burst_rate_per_s=burst_rate_per_s, base_rate_per_s=base_rate_per_s, waiting=waiting)
    positive(burst_s=burst_s, capacity_per_s=capacity_per_s)
    if base_rate_per_s >= capacity_per_s:
        raise ValueError(
            f"a backlog never drains: base_rate_per_s must be below {capacity_per_s:g}, found {base_rate_per_s:g}"
        )
    end = max(0.0, waiting + (burst_rate_per_s - capacity_per_s) * burst_s)
    largest = max(waiting, end)
    return Backlog(largest, end / (capacity_per_s - base_rate_per_s), largest / capacity_per_s)

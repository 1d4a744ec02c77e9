"""A rise of load under autoscaling: when replicas serve, what backlog builds up meanwhile, when it is gone.

A maximum of replicas that does not suffice is a verdict, not an error.

Sources: Kubernetes documentation, "Horizontal Pod Autoscaling"; the fluid model of a queue, e.g. Newell, Applications
of Queueing Theory (1982), chapter 2.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.models import arguments
from advisor.models.autoscaling import Desired, next_replicas, replicas_for_load

#: More decisions than this are not followed one by one.
LARGEST_DECISIONS = 100_000


@dataclass(frozen=True)
class ScaleOut:
    """How a rise of load is met.

    Attributes:
        suffices: whether the largest number of replicas serves the peak, so that a backlog drains.
        verdict: ``suffices``, or what is missing, with the figures.
        replicas: ordered in the end.
        decisions: (seconds since the rise began, replicas ordered), in order; ready a cold start later.
        ready_s: until the last replica that was ordered serves; 0 when none was needed.
        largest_backlog: most requests that wait; None when it grows for ever.
        drained_s: until the backlog is gone for good; 0 without one, None when it grows for ever.
    """

    suffices: bool
    verdict: str
    replicas: int
    decisions: tuple[tuple[float, int], ...]
    ready_s: float
    largest_backlog: float | None
    drained_s: float | None


@dataclass(frozen=True)
class _Rise:
    base_per_s: float
    peak_per_s: float
    ramp_s: float

    def load_per_s(self, time_s: float) -> float:
        if time_s < 0:
            return self.base_per_s
        if time_s >= self.ramp_s:
            return self.peak_per_s
        return self.base_per_s + (self.peak_per_s - self.base_per_s) * (time_s / self.ramp_s)


def scale_out(
    base_per_s: float,
    peak_per_s: float,
    replica_per_s: float,
    *,
    ramp_s: float = 0.0,
    cold_start_s: float = 0.0,
    polling_s: float = 15.0,
    metric_delay_s: float = 0.0,
    target_utilization: float = 1.0,
    minimum: int = 1,
    maximum: int | None = None,
    pods: int = 4,
    percent: float = 100.0,
) -> ScaleOut:
    """Return how a rise from a base load to a peak is met, by a step (``ramp_s`` = 0) or a straight ramp.

    Every ``polling_s``, first a whole interval after the rise begins, the autoscaler sees the load of
    ``metric_delay_s`` ago, wants ceil(load / (capacity of one x target)), orders at most a step of
    :func:`next_replicas`, and what it orders serves a cold start later. Backlog grows at load minus capacity and drains
    at capacity minus load.

    A fluid model, so a load within capacity leaves nothing; no request is lost. Assumes a metric that sees the whole
    load, such as arrivals or queue length: a processor is never more than 100 % busy, which slows a scaler that
    watches it.

    Args:
        base_per_s: load before, >= 0; its replicas are there at the start.
        peak_per_s: load after, >= ``base_per_s``.
        replica_per_s: what one replica serves when it is fully busy, > 0.
        ramp_s: from base to peak, >= 0.
        cold_start_s: from order to service, >= 0.
        polling_s: between decisions, > 0; 15 in Kubernetes.
        metric_delay_s: >= 0.
        target_utilization: in (0, 1].
        minimum: >= 0.
        maximum: >= ``minimum`` and >= 1, or None.
        pods: replicas that one decision may add, >= 0.
        percent: of the current replicas that one decision may add, if that is more, >= 0.

    Raises:
        ValueError: arguments out of range or not finite, a policy that adds nothing, or more than 100 000 decisions.

    >>> found = scale_out(100, 1000, 50, cold_start_s=30)           # 2 replicas, and 20 at the peak
    >>> found.decisions, found.ready_s
    (((15.0, 6), (30.0, 12), (45.0, 20)), 75.0)
    >>> found.largest_backlog, found.drained_s
    (57000.0, None)
    >>> scale_out(100, 1000, 50, cold_start_s=30, target_utilization=0.8).drained_s
    285.0
    >>> scale_out(100, 1000, 50, maximum=10).verdict
    'maximum of 10 replicas serves 500 of 1000 requests/s'
    """
    arguments.not_negative(
        base_per_s=base_per_s,
        peak_per_s=peak_per_s,
        ramp_s=ramp_s,
        cold_start_s=cold_start_s,
        metric_delay_s=metric_delay_s,
    )
    arguments.positive(polling_s=polling_s)
    if peak_per_s < base_per_s:
        raise ValueError(f"peak_per_s must be at least base_per_s = {base_per_s:g}, found {peak_per_s:g}")
    if (ramp_s + metric_delay_s) / polling_s > LARGEST_DECISIONS:
        least = (ramp_s + metric_delay_s) / LARGEST_DECISIONS
        raise ValueError(f"polling_s must be at least {least:g} for such a ramp, found {polling_s}")
    rise = _Rise(base_per_s, peak_per_s, ramp_s)

    def asked(load_per_s: float) -> Desired:
        return replicas_for_load(
            load_per_s, replica_per_s, target_utilization=target_utilization, minimum=minimum, maximum=maximum
        )

    start = asked(base_per_s).replicas
    decisions = _decisions(rise, asked, start, polling_s, metric_delay_s, pods, percent)
    ready = [(time_s + cold_start_s, replicas) for time_s, replicas in decisions]
    largest, drained = _backlog(rise, [(0.0, start), *ready], replica_per_s)
    last = decisions[-1][1] if decisions else start
    verdict = _verdict(last, replica_per_s, peak_per_s, asked(peak_per_s), drained)
    return ScaleOut(verdict == "suffices", verdict, last, decisions, ready[-1][0] if ready else 0.0, largest, drained)


def _decisions(
    rise: _Rise,
    asked: Callable[[float], Desired],
    start: int,
    polling_s: float,
    metric_delay_s: float,
    pods: int,
    percent: float,
) -> tuple[tuple[float, int], ...]:
    """Follow the decisions until what the peak asks for, within the limits, is ordered."""
    found: list[tuple[float, int]] = []
    current, last = start, asked(rise.peak_per_s).replicas
    for count in range(1, LARGEST_DECISIONS + 1):
        if current >= last:
            return tuple(found)
        wanted = max(current, asked(rise.load_per_s(count * polling_s - metric_delay_s)).replicas)
        ordered = next_replicas(current, wanted, pods=pods, percent=percent)
        if ordered == current < wanted:
            raise ValueError(
                f"pods must be at least 1: {percent:g} percent of {current} replicas add none, found {pods}"
            )
        if ordered > current:
            found.append((count * polling_s, ordered))
            current = ordered
    raise ValueError(f"pods must be larger: {LARGEST_DECISIONS} decisions do not reach {last} replicas, found {pods}")


def _backlog(
    rise: _Rise, replicas: Sequence[tuple[float, int]], replica_per_s: float
) -> tuple[float | None, float | None]:
    """Return the largest backlog and when it is gone; None for what has no end.

    Between two changes of capacity or slope the backlog without a floor is a parabola that opens upwards, so its
    largest value is at an end, and reflection at zero needs only its lowest point.
    """
    starts = [time_s for time_s, _ in replicas]
    times = sorted({*starts, rise.ramp_s})
    largest, waiting, drained = 0.0, 0.0, 0.0
    for begin, end in pairwise(times):
        capacity = replicas[bisect_right(starts, begin) - 1][1] * replica_per_s
        net, rising = rise.load_per_s(begin) - capacity, rise.load_per_s(end) - rise.load_per_s(begin)
        empty_s, waiting = _flow(waiting, net, rising / (end - begin), end - begin)
        drained = drained if empty_s is None else begin + empty_s
        largest = max(largest, waiting)
    net = rise.peak_per_s - replicas[-1][1] * replica_per_s
    if abs(net) <= 1e-12 * rise.peak_per_s:  # serves just the load: what waits stays
        return largest, None if waiting else drained
    if net > 0:
        return None, None
    return largest, times[-1] + waiting / -net if waiting else drained


def _flow(waiting: float, net: float, slope: float, length: float) -> tuple[float | None, float]:
    """Return when a backlog is gone for the first time, if it is, and what waits at the end.

    Without a floor it is X(u) = waiting + net u + slope u u / 2; the floor at 0 lifts all of it by its lowest value.
    """

    def unbounded(u: float) -> float:
        return waiting + (net + slope * u / 2) * u

    bottom = min(length, -net / slope) if slope > 0 > net else (length if net < 0 else 0.0)
    lowest = unbounded(bottom)
    left = unbounded(length) - min(0.0, lowest)
    if not waiting or lowest > 0:
        return None, left
    return 2 * waiting / (-net + math.sqrt(max(0.0, net * net - 2 * slope * waiting))), left


def _verdict(replicas: int, replica_per_s: float, peak_per_s: float, asked: Desired, drained: float | None) -> str:
    if drained is not None:
        return "suffices"
    capacity = replicas * replica_per_s
    if asked.limited_by == "maximum" and capacity < peak_per_s:
        return f"maximum of {replicas} replicas serves {capacity:g} of {peak_per_s:g} requests/s"
    return f"{replicas} replicas serve just the {peak_per_s:g} requests/s and leave nothing to drain the backlog"

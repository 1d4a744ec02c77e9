"""Autoscaling: how many replicas are asked for, within limits and step by step, and what scaling to zero costs.

Running into the largest number of replicas is a verdict, not an error. How a rise of load is met over time is in
:mod:`advisor.models.scaling_out`.

Sources: Kubernetes documentation, "Horizontal Pod Autoscaling" (algorithm, scaling policies); renewal cycles of a
Poisson process, e.g. Ross, Introduction to Probability Models, chapter 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models import arguments
from advisor.models.quantities import MOST_COUNTED, as_written, units_needed


@dataclass(frozen=True)
class Desired:
    """What an autoscaler asks for.

    Attributes:
        replicas: within the limits.
        wanted: before the limits, what the metric asks for.
        limited_by: ``none``, ``tolerance``, ``minimum`` or ``maximum``.
    """

    replicas: int
    wanted: int
    limited_by: str

    @property
    def suffices(self) -> bool:
        """Return whether the metric gets what it asks for, or more."""
        return self.replicas >= self.wanted


@dataclass(frozen=True)
class ScaleToZero:
    """The steady state of an instance that stops when idle.

    Attributes:
        cold_share: of requests that start the instance or arrive while it starts.
        running_share: of time in which it starts or runs, and is usually paid.
        mean_extra_wait_s: added to a request by cold starts, averaged over all requests.
        cold_starts_per_s: how often it is started.
    """

    cold_share: float
    running_share: float
    mean_extra_wait_s: float
    cold_starts_per_s: float


def desired_replicas(
    current: int, metric: float, target: float, *, minimum: int = 1, maximum: int | None = None, tolerance: float = 0.1
) -> Desired:
    """Return the replicas that a horizontal autoscaler asks for.

        wanted = ceil(current x metric / target),  or current when |metric / target - 1| <= tolerance

    Exact in the numbers as they are written: a ratio of 1.1 is within a tolerance of 0.1. Assumes all replicas ready
    and measured. Source: Kubernetes documentation, "Algorithm details": 200m over 100m doubles, 50m halves.

    Args:
        current: replicas now, >= 1.
        metric: mean over them, >= 0.
        target: > 0, in the same unit.
        minimum: >= 0.
        maximum: >= ``minimum`` and >= 1, or None.
        tolerance: in [0, 1).

    Raises:
        ValueError: arguments out of range or not finite.

    >>> desired_replicas(50, 90, 75)                # the example of Kubernetes 1.33
    Desired(replicas=60, wanted=60, limited_by='none')
    >>> desired_replicas(4, 300, 100, maximum=10)
    Desired(replicas=10, wanted=12, limited_by='maximum')
    """
    arguments.whole(most=MOST_COUNTED, current=current)
    arguments.not_negative(metric=metric)
    arguments.positive(target=target)
    arguments.below_one(tolerance=tolerance)
    ratio = as_written(metric) / as_written(target)
    if abs(ratio - 1) <= as_written(tolerance):
        return _limited(current, minimum, maximum, "tolerance")
    return _limited(math.ceil(current * ratio), minimum, maximum, "none")


def replicas_for_load(
    load_per_s: float,
    replica_per_s: float,
    *,
    target_utilization: float = 1.0,
    minimum: int = 1,
    maximum: int | None = None,
) -> Desired:
    """Return the replicas of a steady load: ceil(load / (capacity of one x target utilisation)), within the limits.

    Args:
        load_per_s: >= 0.
        replica_per_s: what one replica serves when it is fully busy, > 0.
        target_utilization: in (0, 1].
        minimum: >= 0; 0 lets an idle service stop.
        maximum: >= ``minimum`` and >= 1, or None.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> replicas_for_load(900, 50, target_utilization=0.6, maximum=20)
    Desired(replicas=20, wanted=30, limited_by='maximum')
    """
    arguments.not_negative(load_per_s=load_per_s)
    arguments.positive(replica_per_s=replica_per_s)
    arguments.share(target_utilization=target_utilization)
    return _limited(units_needed(load_per_s, replica_per_s * target_utilization), minimum, maximum, "none")


def next_replicas(current: int, wanted: int, *, pods: int = 4, percent: float = 100.0) -> int:
    """Return the replicas after one period of a scaling policy: towards ``wanted``, at most the larger of two steps.

        up:   min(wanted, current + max(pods, ceil(current x percent / 100)))
        down: max(wanted, current - max(pods, ceil(current x percent / 100)))

    Source: Kubernetes documentation, "Scaling policies": with 4 pods and 10 percent, 80 become 72, then 64.

    Args:
        current: >= 0.
        wanted: >= 0.
        pods: of one step, >= 0.
        percent: of the current replicas, >= 0.

    Raises:
        ValueError: arguments out of range.

    >>> next_replicas(80, 10, pods=4, percent=10), next_replicas(72, 10, pods=4, percent=10)
    (72, 64)
    """
    arguments.whole(least=0, most=MOST_COUNTED, current=current, wanted=wanted, pods=pods)
    arguments.not_negative(percent=percent)
    step = max(pods, math.ceil(current * as_written(percent) / 100))
    return min(wanted, current + step) if wanted > current else max(wanted, current - step)


def cold_start_share(rate_per_s: float, idle_timeout_s: float) -> float:
    """Return the share of requests that find an instance stopped: exp(-rate x idle time-out).

    The gap before a request must have been longer than the time-out. Assumes Poisson arrivals, one instance that
    serves any number at once, and requests and starts that are short against the time-out; with starts that are not,
    see :func:`scale_to_zero`. Source: the exponential gaps of a Poisson process.

    Args:
        rate_per_s: > 0.
        idle_timeout_s: >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> f"{cold_start_share(1 / 300, 600):.1%}"         # a request every five minutes, stopped after ten
    '13.5%'
    """
    arguments.positive(rate_per_s=rate_per_s)
    arguments.not_negative(idle_timeout_s=idle_timeout_s)
    return math.exp(-rate_per_s * idle_timeout_s)


def scale_to_zero(rate_per_s: float, idle_timeout_s: float, cold_start_s: float = 0.0) -> ScaleToZero:
    """Return the steady state of an instance that stops after a time without requests and starts with the next.

    A cycle is: stopped for 1 / rate on average, starting for c, then running until the first gap of at least T, on
    average (e - 1) / rate with e = exp(rate T).

        cold share = (1 + rate c) / (rate c + e);   running share = 1 - 1 / (rate c + e)
        mean wait  = (c + rate c c / 2) / (rate c + e);   starts per second = rate / (rate c + e)

    Assumes Poisson arrivals, one instance that serves any number at once, requests that are short against the
    time-out, and an idle clock that begins when the start is over.

    Args:
        rate_per_s: > 0.
        idle_timeout_s: T >= 0.
        cold_start_s: c >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> found = scale_to_zero(1 / 300, 600, cold_start_s=30)
    >>> f"{found.cold_share:.1%} cold, running {found.running_share:.1%} of the time"
    '14.7% cold, running 86.6% of the time'
    """
    arguments.positive(rate_per_s=rate_per_s)
    arguments.not_negative(idle_timeout_s=idle_timeout_s, cold_start_s=cold_start_s)
    idle, during = math.exp(-rate_per_s * idle_timeout_s), rate_per_s * cold_start_s
    cycle = 1 + during * idle  # requests in a cycle, times exp(-rate T) so that nothing overflows
    running = during * idle - math.expm1(-rate_per_s * idle_timeout_s)  # cycle - idle, without losing digits
    return ScaleToZero(
        cold_share=(1 + during) * idle / cycle,
        running_share=running / cycle,
        mean_extra_wait_s=cold_start_s * (1 + during / 2) * idle / cycle,
        cold_starts_per_s=rate_per_s * idle / cycle,
    )


def _limited(wanted: int, minimum: int, maximum: int | None, reason: str) -> Desired:
    arguments.whole(least=0, most=MOST_COUNTED, minimum=minimum)
    if maximum is not None:
        arguments.whole(least=max(1, minimum), most=MOST_COUNTED, maximum=maximum)
        if wanted > maximum:
            return Desired(maximum, wanted, "maximum")
    if wanted < minimum:
        return Desired(minimum, wanted, "minimum")
    return Desired(wanted, wanted, reason)

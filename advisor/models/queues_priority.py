"""Open queues in which some requests go first, without interrupting what is being served.

Class 1 is served before class 2 and so on; within a class first come first served. Poisson arrivals.
Sources: Cobham (1954); Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 3.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from advisor.models.arguments import not_negative, positive
from advisor.models.queueing import erlang_c, stable_load


@dataclass(frozen=True)
class PriorityClass:
    """Requests of one priority: arrivals/s, mean service time (s), its squared coefficient of variation."""

    arrival_rate_per_s: float
    service_time_s: float
    scv_service: float = 1.0


@dataclass(frozen=True)
class ClassLoad:
    """A class in steady state; Little's law holds: numbers are ``arrival_rate_per_s`` times times.

    Attributes:
        arrival_rate_per_s: requests/s of this class.
        mean_wait_s: mean time before service (s).
        mean_response_s: mean time from arrival to end of service (s).
        mean_waiting: mean number of requests of this class that wait.
        mean_present: mean number of requests of this class that wait or are served.
    """

    arrival_rate_per_s: float
    mean_wait_s: float
    mean_response_s: float
    mean_waiting: float
    mean_present: float


def mg1_priority(classes: Sequence[PriorityClass]) -> tuple[ClassLoad, ...]:
    """Return each class of M/G/1 with non-preemptive priorities, the first class first. Exact.

        W_k = W0 / ((1 - sigma_(k-1)) (1 - sigma_k));  sigma_k = rho_1 + .. + rho_k
        W0 = sum of lambda_i s_i^2 (1 + cs2_i) / 2, the mean rest of the service found

    Args:
        classes: at least one, rates and service times > 0, scv >= 0; together below saturation.

    Raises:
        ValueError: an argument out of range, or no steady state (sum of lambda s >= 1).

    >>> [round(c.mean_wait_s, 9) for c in mg1_priority([PriorityClass(0.25, 1.0), PriorityClass(0.25, 1.0)])]
    [0.666666667, 1.333333333]
    """
    if not classes:
        raise ValueError("classes must be at least one, found none")
    for k, one in enumerate(classes, 1):
        positive(**{f"arrival_rate_per_s of class {k}": one.arrival_rate_per_s})
        positive(**{f"service_time_s of class {k}": one.service_time_s})
        not_negative(**{f"scv_service of class {k}": one.scv_service})
    loads = [one.arrival_rate_per_s * one.service_time_s for one in classes]
    load = math.fsum(loads)
    if load >= 1:
        raise ValueError(f"no steady state: arrival_rate_per_s x service_time_s must sum to below 1, found {load:g}")
    found_s = math.fsum(
        load * one.service_time_s * (1 + one.scv_service) / 2 for load, one in zip(loads, classes, strict=True)
    )
    waits = _waits(found_s, loads)
    return tuple(
        _class_load(one.arrival_rate_per_s, one.service_time_s, wait) for one, wait in zip(classes, waits, strict=True)
    )


def mmc_priority(arrival_rates_per_s: Sequence[float], service_time_s: float, servers: int) -> tuple[ClassLoad, ...]:
    """Return each class of M/M/c with non-preemptive priorities and one service time for all. Exact.

        W_k = C(c, a) (s / c) / ((1 - sigma_(k-1)) (1 - sigma_k));  sigma_k = (lambda_1 + .. + lambda_k) s / c

    Args:
        arrival_rates_per_s: lambda of each class, > 0, the first class first; at least one.
        service_time_s: mean service time s > 0, the same for all classes.
        servers: c, 1 to ten million.

    Raises:
        ValueError: an argument out of range, or no steady state (sum of lambda s >= c).

    >>> [round(c.mean_wait_s, 9) for c in mmc_priority([0.25, 0.25], 1.0, 1)]
    [0.666666667, 1.333333333]
    """
    positive(**{f"arrival_rates_per_s of class {k}": rate for k, rate in enumerate(arrival_rates_per_s, 1)})
    if not arrival_rates_per_s:
        raise ValueError("arrival_rates_per_s must hold at least one class, found none")
    load = stable_load(math.fsum(arrival_rates_per_s), service_time_s, servers)
    shares = [rate * service_time_s / servers for rate in arrival_rates_per_s]
    waits = _waits(erlang_c(servers, load) * service_time_s / servers, shares)
    return tuple(_class_load(rate, service_time_s, wait) for rate, wait in zip(arrival_rates_per_s, waits, strict=True))


def _waits(found_s: float, shares: Sequence[float]) -> Iterable[float]:
    """Return Cobham's waits from what is found in service and the share of the capacity each class takes."""
    idle = [1.0, *(1 - used for used in accumulate(shares))]
    return [found_s / (above * here) for above, here in pairwise(idle)]


def _class_load(rate: float, service_s: float, wait_s: float) -> ClassLoad:
    return ClassLoad(rate, wait_s, wait_s + service_s, rate * wait_s, rate * (wait_s + service_s))

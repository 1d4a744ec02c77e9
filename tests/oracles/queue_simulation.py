"""Queues simulated: a plain loop for waits of M/M/c, Ciw for everything else, with confidence from replications."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import ciw

# Student's t, 99 % two-sided, for as many degrees of freedom as there are replications less one.
T_99 = {7: 3.4995, 9: 3.2498, 11: 3.1058, 15: 2.9467, 19: 2.8609}


def waiting_times(arrival_rate: float, mean_service: float, servers: int, requests: int, seed: int) -> list[float]:
    """Return the waiting time of each request after a warm-up of a tenth: exponential arrivals and services."""
    rng = random.Random(seed)
    free_at = [0.0] * servers
    now, waits = 0.0, []
    for _ in range(requests + requests // 10):
        now += rng.expovariate(arrival_rate)
        start = max(now, heapq.heappop(free_at))
        heapq.heappush(free_at, start + rng.expovariate(1 / mean_service))
        waits.append(start - now)
    return waits[requests // 10 :]


def replicate(
    network: Callable[[], Any], until: float, measure: Callable[[list[Any]], Sequence[float]], replications: int = 10
) -> list[tuple[float, float]]:
    """Return mean and 99 % half-width of each figure that ``measure`` takes from one run's records.

    Runs are independent, one seed each. Records of the first tenth are left out (it starts empty), and of the last
    hundredth (not all of it ends in time).
    """
    figures = []
    for seed in range(replications):
        ciw.seed(seed)
        simulation = ciw.Simulation(network())
        simulation.simulate_until_max_time(until)
        records = simulation.get_all_records()
        figures.append(measure([r for r in records if 0.1 * until < r.arrival_date < 0.99 * until]))
    return [interval(values) for values in zip(*figures, strict=True)]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean of independent values and the half-width of its 99 % confidence interval."""
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return mean, T_99[len(values) - 1] * spread / math.sqrt(len(values))


def balanced_hyperexponential(mean: float, scv: float) -> Any:
    """Return two exponential phases with balanced means: the usual service more variable than exponential."""
    first = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
    return ciw.dists.HyperExponential([2 * first / mean, 2 * (1 - first) / mean], [first, 1 - first])

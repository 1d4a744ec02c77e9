"""A first-come-first-served queue with c servers, one request after the other."""

from __future__ import annotations

import heapq
import random


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

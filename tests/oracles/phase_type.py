"""M/E2/c and M/H2/c solved exactly: chains of (number present, servers in phase 1), eliminated level by level."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def mean_wait(servers: int, load: float, scv: float) -> float:
    """Return the mean wait, mean service 1: two Erlang phases for scv 1/2, a balanced hyperexponential above 1."""
    if scv == 0.5:
        first, rates = 1.0, (2.0, 2.0)
    else:
        first = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
        rates = (2 * first, 2 * (1 - first))
    # The tail falls like a geometric one of ratio near the utilization; cut where nothing is left of it.
    last = servers + int(45 * max(1.0, (1 + scv) / 2) / (1 - load / servers))
    levels = [_level(n, servers, load, first, rates, erlang=scv == 0.5) for n in range(last + 1)]
    levels[last][1][np.diag_indices(len(levels[last][1]))] += load
    up: list[Any] = [None] * (last + 1)
    for n in range(last, 0, -1):
        inner = levels[n][1] + (up[n + 1] @ levels[n + 1][2] if n < last else 0)
        up[n] = -levels[n - 1][0] @ np.linalg.inv(inner)
    weights = [np.ones(1)]
    for n in range(1, last + 1):
        weights.append(weights[-1] @ up[n])
    total = math.fsum(float(w.sum()) for w in weights)
    return math.fsum((n - servers) * float(w.sum()) for n, w in enumerate(weights) if n > servers) / total / load


def _level(
    n: int, servers: int, load: float, first: float, rates: tuple[float, float], *, erlang: bool
) -> tuple[Any, Any, Any]:
    """Return the rates up, within and down from n present, by the number k of servers in phase 1."""
    busy = min(n, servers)
    up, own = np.zeros((busy + 1, min(n + 1, servers) + 1)), np.zeros((busy + 1, busy + 1))
    down = np.zeros((busy + 1, min(max(n - 1, 0), servers) + 1))
    for k in range(busy + 1):
        if n < servers:
            up[k, k + 1] += load * first
            up[k, k] += load * (1 - first)
        else:
            up[k, k] += load
        in_first, in_second = k * rates[0], (busy - k) * rates[1]
        if erlang and k:
            own[k, k - 1] += in_first
        ends = [(k, in_second)] if erlang else [(k - 1, in_first), (k, in_second)]
        for left, rate in ends:
            if rate > 0 and n <= servers:
                down[k, left] += rate
            elif rate > 0:  # the next one starts at once
                down[k, left + 1] += rate * first
                down[k, left] += rate * (1 - first)
        own[k, k] -= up[k].sum() + own[k].sum() + down[k].sum()
    return up, own, down

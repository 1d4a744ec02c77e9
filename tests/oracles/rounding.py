"""Percentiles by a second, cruder method: times are rounded to a very fine lattice and added by plain convolution.

It shares no code with the models: its own distribution functions, no transforms of kept means, no damping, no atoms.
Rounding moves each stage by at most half a cell, so a sum of n stages is off by at most ``n / 2`` cells.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np

from advisor.models import latency

Array = np.ndarray[Any, np.dtype[np.float64]]
_erfc = np.frompyfunc(math.erfc, 1, 1)


def quantile(distribution: latency.Distribution, p: float, hint: float, points: int = 2**15) -> float:
    """Return the p-quantile, looked for between 0 and 1.25 times the hint; infinite when it is not there."""
    step = 1.25 * hint / points
    levels = np.cumsum(masses(distribution, step, points))
    at = int(np.searchsorted(levels, p - 1e-11))
    if at == points:
        return math.inf
    below = levels[at - 1] if at else 0.0
    return (at - 0.5 + (p - below) / (levels[at] - below)) * step if at else 0.0


def masses(distribution: latency.Distribution, step: float, points: int) -> Array:
    """Return P(rounded X = k step) for k below ``points``."""
    match distribution:
        case latency.Series():
            rows = [masses(stage, step, points) for stage in distribution.stages]
            return reduce(_sum, rows, _at_zero(points))
        case latency.RandomSum():
            return _random_sum(distribution, step, points)
        case latency.Mixture():
            pairs = zip(distribution.shares, distribution.parts, strict=True)
            return np.sum([share * masses(part, step, points) for share, part in pairs], axis=0)
        case latency.Parallel() | latency.KOfN():
            levels = [np.cumsum(masses(branch, step, points)) for branch in distribution.branches]
            return np.diff(_answered(distribution.needed, levels), prepend=0.0)
        case latency.Scaled():
            return masses(distribution.stage, step / distribution.factor, points)
    middles = (np.arange(points) + 0.5) * step
    return np.diff(_level(distribution, middles), prepend=0.0)


def _level(distribution: latency.Distribution, x: Array) -> Array:
    """Return P(X <= x) of a primitive, written down once more."""
    match distribution:
        case latency.Lognormal():
            z = (np.log(x) - distribution.mu) / max(distribution.sigma, 1e-12)
            return 0.5 * _erfc(-z / math.sqrt(2)).astype(float)
        case latency.Wait():
            return 1 - distribution.p_wait * np.exp(-distribution.rate * x)
        case latency.Uniform():
            return np.clip(x / distribution.width, 0, 1)
        case latency.Constant():
            return (x >= distribution.value).astype(float)
    raise TypeError(distribution)


def _at_zero(points: int) -> Array:
    found = np.zeros(points)
    found[0] = 1.0
    return found


def _sum(a: Array, b: Array) -> Array:
    """Return the masses of a sum, cut off at the end of the lattice; padded, so that nothing wraps around."""
    size = 2 * a.size
    return np.maximum(np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b, size), size)[: a.size], 0.0)


def _random_sum(distribution: latency.RandomSum, step: float, points: int) -> Array:
    one, power, total = masses(distribution.stage, step, points), _at_zero(points), np.zeros(points)
    chances = dict(distribution.counts)
    for n in range(max(chances) + 1):
        total += chances.get(n, 0.0) * power
        power = _sum(power, one)
    return total


def _answered(needed: int, levels: list[Array]) -> Array:
    """Return P(at least ``needed`` of the branches have answered), by going through every set of branches."""
    found = np.zeros_like(levels[0])
    for subset in range(1 << len(levels)):
        inside = [bool(subset >> i & 1) for i in range(len(levels))]
        if sum(inside) >= needed:
            found += np.prod([f if yes else 1 - f for yes, f in zip(inside, levels, strict=True)], axis=0)
    return found

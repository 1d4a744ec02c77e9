"""A distribution that has exactly the percentiles that were measured, whatever their shape."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from advisor.models.arguments import positive
from advisor.models.distribution import Primitive, checked_levels
from advisor.models.normal import normal_cdf, normal_level, normal_quantile

if TYPE_CHECKING:
    from advisor.models.lattice import Array

_WIDEST = 8.0  # standard deviations that hold all but 6e-16 of the probability


@dataclass(frozen=True)
class Percentiles(Primitive):
    """exp(g(Z)) with Z standard normal and g linear between known points: lognormal piece by piece.

    Args:
        zs: standard normal quantiles of the known levels, rising.
        logs: logarithm of the time at each of them, rising.
    """

    zs: tuple[float, ...]
    logs: tuple[float, ...]

    def mean(self) -> float:  # noqa: D102
        return math.fsum(self._moment(1))

    def variance(self) -> float:  # noqa: D102
        return max(math.fsum(self._moment(2)) - self.mean() ** 2, 0.0)

    @cached_property
    def _pieces(self) -> tuple[tuple[float, float, float, float], ...]:
        """Return (from z, to z, intercept, slope) of each piece; the outer ones go on for ever."""
        ends = (-math.inf, *self.zs[1:-1], math.inf)
        slopes = [(self.logs[i + 1] - self.logs[i]) / (self.zs[i + 1] - self.zs[i]) for i in range(len(self.zs) - 1)]
        return tuple((ends[i], ends[i + 1], self.logs[i] - slope * self.zs[i], slope) for i, slope in enumerate(slopes))

    def _moment(self, power: int) -> list[float]:
        """Return each piece's part of E[X^power]."""
        found = []
        for low, high, intercept, slope in self._pieces:
            b = power * slope
            found.append(
                math.exp(power * intercept + b * b / 2) * (normal_level(high - b) - normal_level(low - b))
                if low < b  # in the upper tail differences of small complements keep their digits
                else math.exp(power * intercept + b * b / 2) * (normal_level(b - low) - normal_level(b - high))
            )
        return found

    def _at(self, z: float) -> float:
        place = bisect_left(self.zs[1:-1], z)
        _, _, intercept, slope = self._pieces[place]
        return math.exp(intercept + slope * z)

    def _z(self, x: float) -> float:
        place = bisect_left(self.logs[1:-1], math.log(x))
        _, _, intercept, slope = self._pieces[place]
        return (math.log(x) - intercept) / slope

    def floor(self) -> float:  # noqa: D102
        return self._at(-_WIDEST)

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return self._at(-normal_quantile(max(exceedance, 1e-300)))

    def level(self, x: float) -> float:  # noqa: D102
        return normal_level(self._z(x)) if x > 0 else 0.0

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        return [self._at(normal_quantile(p)) for p in checked_levels(ps)]

    def limited_mean(self, x: Array) -> Array:
        """Return E[X; X <= x] + x P(X > x), piece by piece."""
        import numpy as np

        logs = np.log(np.maximum(x, 1e-300))
        place = np.searchsorted(self.logs[1:-1], logs)
        _, _, intercepts, slopes = (np.array(column) for column in zip(*self._pieces, strict=True))
        z = (logs - intercepts[place]) / slopes[place]
        limited: Array = x * normal_cdf(-z)
        for low, high, intercept, slope in self._pieces:
            reached = normal_cdf(np.clip(z, low, high) - slope) - normal_level(low - slope)
            limited += math.exp(intercept + slope * slope / 2) * reached
        return limited


def from_percentiles(known: Mapping[float, float]) -> Percentiles:
    """Return a distribution with exactly these percentiles: level -> time.

    Between two known levels the logarithm of the time is linear in the normal quantile of the level, as it is for a
    lognormal; beyond the outermost levels the nearest piece goes on, which is an assumption about the tail.

    Raises:
        ValueError: fewer than two levels, levels outside (0, 1), times that do not rise with the level.

    >>> measured = from_percentiles({0.5: 100, 0.95: 300, 0.99: 1500})
    >>> [round(value, 9) for value in measured.quantiles([0.5, 0.95, 0.99])]
    [100.0, 300.0, 1500.0]
    """
    levels = sorted(known)
    if len(levels) < 2:
        raise ValueError(f"at least two percentiles are needed, found {len(levels)}")
    if not all(0 < p < 1 for p in levels):
        raise ValueError(f"levels must lie in (0, 1), found {levels}")
    times = [known[p] for p in levels]
    for p, time in zip(levels, times, strict=True):
        positive(**{f"percentile {p:g}": time})
    if any(above <= below for below, above in pairwise(times)):
        raise ValueError(f"percentiles must rise with their level, found {dict(zip(levels, times, strict=True))}")
    return Percentiles(tuple(normal_quantile(p) for p in levels), tuple(math.log(time) for time in times))

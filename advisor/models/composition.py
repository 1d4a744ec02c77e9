"""Distributions made of others, under independence: sums, alternations, random repetitions, multiples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import add
from typing import TYPE_CHECKING

from advisor.models.distribution import Distribution
from advisor.models.lattice import POINTS, Atoms, delayed, gathered, inverse, spread, transform

if TYPE_CHECKING:
    from advisor.models.lattice import Array, Spectrum


MANY = 100  # stages of a sum from which on their rounding to the lattice adds up to something


@lru_cache(maxsize=1024)
def _spectrum(stage: Distribution, step: float, points: int) -> Spectrum:
    """Return the transform of a stage's masses, counted from its floor."""
    return transform(stage.masses(step, points, stage.floor()))


@lru_cache(maxsize=1024)
def _lattice_variance(stage: Distribution, step: float) -> float:
    """Return the variance of a stage once it is rounded to a lattice."""
    import numpy as np

    masses = stage.masses(step, POINTS, stage.floor())
    cells = np.arange(POINTS) * step
    mean = float(masses @ cells)
    return float(masses @ cells**2) - mean * mean


def _sharp(stage: Distribution, step: float, points: int) -> Spectrum:
    """Return the transform of a stage's atoms alone, counted from its floor."""
    return transform(spread(stage.atoms, step, points, stage.floor()))


@dataclass(frozen=True)
class Series(Distribution):
    """The sum of independent stages."""

    stages: tuple[Distribution, ...]

    def mean(self) -> float:  # noqa: D102
        return math.fsum(stage.mean() for stage in self.stages)

    def variance(self) -> float:  # noqa: D102
        return math.fsum(stage.variance() for stage in self.stages)

    def floor(self) -> float:  # noqa: D102
        return self._floor

    def reach(self, exceedance: float) -> float:  # noqa: D102
        each = exceedance / max(len(self.random), 1)
        return self._fixed + math.fsum(stage.reach(each) for stage in self.random)

    @cached_property
    def _floor(self) -> float:
        return math.fsum(stage.floor() for stage in self.stages)

    @cached_property
    def random(self) -> tuple[Distribution, ...]:
        """Return the stages that are not always the same time."""
        return tuple(stage for stage in self.stages if not _is_fixed(stage))

    @cached_property
    def _fixed(self) -> float:
        return math.fsum(stage.floor() for stage in self.stages if _is_fixed(stage))

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        if not all(stage.atoms.values for stage in self.random):
            return Atoms()
        return reduce(add, (stage.atoms for stage in self.random), Atoms((self._fixed,), (1.0,)))

    @cached_property
    def closed(self) -> bool:  # noqa: D102
        return self.discrete or (len(self.random) == 1 and self.random[0].closed)

    def level(self, x: float) -> float:  # noqa: D102
        if x < self._fixed or not self.random:
            return float(x >= self._fixed)
        if len(self.random) == 1:
            return self.random[0].level(x - self._fixed)
        if len(self.random) > MANY and not self.discrete:
            mean = self.mean()
            x = max(mean + (x - mean) / self._narrower((x - self._floor) / POINTS), self._fixed)
        return super().level(x)

    def _refined(self, p: float, horizon: float) -> tuple[float, float]:
        """Return the p-quantile and its lattice's horizon, without the spread that the lattice adds to many stages."""
        x, horizon = super()._refined(p, horizon)
        if len(self.random) > MANY:
            mean = self.mean()
            x = mean + (x - mean) * self._narrower(horizon / POINTS)
        return x, horizon

    def _narrower(self, step: float) -> float:
        """Return true over lattice standard deviation: rounding to cells adds up to step^2 / 4 for every stage."""
        on_lattice = math.fsum(n * _lattice_variance(stage, step) for stage, n in Counter(self.random).items())
        return math.sqrt(self.variance() / on_lattice) if on_lattice > 0 else 1.0

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        if len(self.random) == 1:
            return [self._fixed + value for value in self.random[0].quantiles(ps)]
        return super().quantiles(ps)

    def smooth(self, step: float, points: int, origin: float) -> Array:
        """Return the convolution of all masses, less what is atoms of the sum."""
        import numpy as np

        total = sharp = np.ones(points + 1, dtype=complex)
        for stage in self.random:
            total = total * _spectrum(stage, step, points)
        if self.atoms.values:
            for stage in self.random:
                sharp = sharp * _sharp(stage, step, points)
            total = total - sharp
        return inverse(delayed(total, (self._floor - origin) / step))


def _is_fixed(stage: Distribution) -> bool:
    """Return whether a stage always takes the same time."""
    return len(stage.atoms.values) == 1 and stage.discrete


@dataclass(frozen=True)
class Mixture(Distribution):
    """One of several distributions, each with its share of the requests."""

    shares: tuple[float, ...]
    parts: tuple[Distribution, ...]

    @cached_property
    def _taken(self) -> tuple[tuple[float, Distribution], ...]:
        return tuple((share, part) for share, part in zip(self.shares, self.parts, strict=True) if share > 0)

    def mean(self) -> float:  # noqa: D102
        return math.fsum(share * part.mean() for share, part in self._taken)

    def variance(self) -> float:  # noqa: D102
        mean = self.mean()
        return math.fsum(share * (part.variance() + (part.mean() - mean) ** 2) for share, part in self._taken)

    def floor(self) -> float:  # noqa: D102
        return min(part.floor() for _, part in self._taken)

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return max(part.reach(exceedance) for _, part in self._taken)

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        parts = [part.atoms.weighted(share) for share, part in self._taken]
        return gathered([v for part in parts for v in part.values], [w for part in parts for w in part.weights])

    @cached_property
    def closed(self) -> bool:  # noqa: D102
        return all(part.closed for _, part in self._taken)

    def level(self, x: float) -> float:  # noqa: D102
        return math.fsum(share * part.cdf(x) for share, part in self._taken)

    def capped_mean(self, x: float) -> float:  # noqa: D102
        return math.fsum(share * part.capped_mean(x) for share, part in self._taken)

    def smooth(self, step: float, points: int, origin: float) -> Array:  # noqa: D102
        import numpy as np

        total = np.zeros(points)
        tracked = bool(self.atoms.values)
        for share, part in self._taken:
            total += share * (part.smooth(step, points, origin) if tracked else part.masses(step, points, origin))
        return total


@dataclass(frozen=True)
class RandomSum(Distribution):
    """A stage that is run a random number of times in a row: (number, probability), each number once."""

    stage: Distribution
    counts: tuple[tuple[int, float], ...]

    def mean(self) -> float:
        """Return E[N] E[X]."""
        return self._count_mean * self.stage.mean()

    def variance(self) -> float:
        """Return E[N] Var[X] + Var[N] E[X]^2."""
        spread_of_count = math.fsum(p * (n - self._count_mean) ** 2 for n, p in self.counts)
        return self._count_mean * self.stage.variance() + spread_of_count * self.stage.mean() ** 2

    @cached_property
    def _count_mean(self) -> float:
        return math.fsum(n * p for n, p in self.counts)

    def floor(self) -> float:  # noqa: D102
        return min(n for n, _ in self.counts) * self.stage.floor()

    def reach(self, exceedance: float) -> float:  # noqa: D102
        left, most = 1.0, 0
        for n, p in sorted(self.counts):
            most, left = n, left - p
            if left <= exceedance / 2:
                break
        return most * self.stage.reach(exceedance / (2 * most)) if most else 0.0

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        parts = [atoms.weighted(p) for _, p, atoms in self._sharp_runs]
        return gathered([v for part in parts for v in part.values], [w for part in parts for w in part.weights])

    @cached_property
    def _sharp_runs(self) -> tuple[tuple[int, float, Atoms], ...]:
        """Return (number, probability, atoms of so many runs) for the numbers that have atoms."""
        found, power, at = [], Atoms((0.0,), (1.0,)), 0
        for n, p in sorted(self.counts):
            while at < n and power.values:
                power, at = power + self.stage.atoms, at + 1
            if power.values:
                found.append((n, p, power))
        return tuple(found)

    def smooth(self, step: float, points: int, origin: float) -> Array:  # noqa: D102
        total = self._product(self.counts, _spectrum(self.stage, step, points), step, origin)
        if self.atoms.values:
            runs = [(n, p) for n, p, _ in self._sharp_runs]
            total -= self._product(runs, _sharp(self.stage, step, points), step, origin)
        return inverse(total)

    def _product(self, counts: Sequence[tuple[int, float]], one: Spectrum, step: float, origin: float) -> Spectrum:
        """Return the sum over n of P(N = n) times the n-th power of a transform, each from its own floor."""
        import numpy as np

        total, power, at = np.zeros_like(one), np.ones_like(one), 0
        for n, p in sorted(counts):
            while at < n:
                power, at = power * one, at + 1
            total += p * delayed(power, (n * self.stage.floor() - origin) / step)
        return total


@dataclass(frozen=True)
class Scaled(Distribution):
    """``factor`` times a time: other units, a slower machine, so many items at one speed."""

    stage: Distribution
    factor: float

    def mean(self) -> float:  # noqa: D102
        return self.factor * self.stage.mean()

    def variance(self) -> float:  # noqa: D102
        return self.factor**2 * self.stage.variance()

    def floor(self) -> float:  # noqa: D102
        return self.factor * self.stage.floor()

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return self.factor * self.stage.reach(exceedance)

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        return self.stage.atoms.scaled(self.factor)

    @cached_property
    def closed(self) -> bool:  # noqa: D102
        return self.stage.closed

    def level(self, x: float) -> float:  # noqa: D102
        return self.stage.level(x / self.factor)

    def capped_mean(self, x: float) -> float:  # noqa: D102
        return self.factor * self.stage.capped_mean(x / self.factor)

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        return [self.factor * value for value in self.stage.quantiles(ps)]

    def smooth(self, step: float, points: int, origin: float) -> Array:  # noqa: D102
        return self.stage.smooth(step / self.factor, points, origin / self.factor)

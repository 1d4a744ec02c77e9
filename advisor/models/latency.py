"""Latency as distributions that are composed; percentiles are only ever read off at the end.

Primitive distributions are immutable values in milliseconds (or any one unit of time). Composition builds a tree:

    series      X + Y          convolution
    parallel    max(X, Y)      product of the distribution functions
    mixture     X or Y         weighted mean of the distribution functions
    repeat      X + ... + X    convolution power

All under independence. A tree is evaluated on a lattice ``k * step``. Each primitive is discretised so that its mean is
kept exactly (local moment matching: the mass at ``k * step`` is the second difference of the limited expected value
E[min(X, x)]), sums are FFT products cut off at the horizon, and the lattice is refined until the quantile asked for
lies in its upper half. With ``POINTS`` cells the lattice error of a quantile is below ``2 / POINTS`` of it.

Source of the discretisation: Gerber (1982), "On the numerical evaluation of the distribution of aggregate claims".
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]

POINTS = 2048
DAMPING = 12.0
_MAX_QUANTILE = 0.9999
_NORMAL = NormalDist()


class Distribution(ABC):
    """A non-negative random time."""

    @abstractmethod
    def mean(self) -> float:
        """Return the mean."""

    @abstractmethod
    def variance(self) -> float:
        """Return the variance."""

    @abstractmethod
    def masses(self, step: float, points: int) -> Array:
        """Return the probability masses at ``0, step, 2 step, ...``; what lies beyond is left out."""

    @abstractmethod
    def bound(self, p: float) -> float:
        """Return a number that the p-quantile does not exceed. Cheap; it only sets the first horizon."""

    def cdf(self, x: float) -> float:
        """Return P(X <= x)."""
        if x < 0:
            return 0.0
        step = x / (POINTS - 1) if x else 1.0
        return float(_middles(self.masses(step, POINTS))[-1 if x else 0])

    def quantile(self, p: float) -> float:
        """Return the smallest x with P(X <= x) >= p, for 0 < p <= 0.9999. Raises ``ValueError`` outside."""
        return self.quantiles([p])[0]

    def quantiles(self, ps: Sequence[float]) -> list[float]:
        """Return several quantiles, sharing the lattices."""
        if any(not 0 < p <= _MAX_QUANTILE for p in ps):
            raise ValueError(f"a quantile level must be in (0, {_MAX_QUANTILE}], found {list(ps)}")
        found = dict.fromkeys(ps, 0.0)
        horizon = self.bound(1 - (1 - max(ps)) / 8)
        for p in sorted(set(ps), reverse=True):
            found[p], horizon = self._refined(p, horizon)
        return [found[p] for p in ps]

    def _refined(self, p: float, horizon: float) -> tuple[float, float]:
        """Return the p-quantile and a horizon that is at most 3 times it (so the lattice is fine where it counts)."""
        import numpy as np

        for _ in range(60):
            if horizon <= 0:
                return 0.0, 0.0
            horizon = 2.0 ** (math.ceil(2 * math.log2(horizon) - 1e-9) / 2)  # few distinct lattices, so they are shared
            step = horizon / POINTS
            levels = _middles(_cached_masses(self, step))
            if levels[-1] < p:
                horizon *= 2
                continue
            at = int(np.searchsorted(levels, p))
            below, above = (levels[at - 1] if at else 0.0), levels[at]
            x = 0.0 if at == 0 else (at - 1 + (p - below) / (above - below)) * step
            if x * 3 >= horizon or (at == 0 and horizon < 1e-9):
                return float(x), horizon
            horizon = max(2 * x, horizon / 64)
        return float(x), horizon


@lru_cache(maxsize=512)
def _cached_masses(distribution: Distribution, step: float) -> Array:
    return distribution.masses(step, POINTS)


@lru_cache(maxsize=1024)
def _spectrum(stage: Distribution, step: float, points: int) -> Spectrum:
    return transform(stage.masses(step, points))


def transform(masses: Array) -> Spectrum:
    """Return the transform of masses (along the last axis) whose products stand for sums, cut off at the horizon.

    A product of several transforms of finite length wraps around: what lies beyond the horizon would come back at its
    start. Damping the masses by e^(-DAMPING k / points) first makes what wraps smaller by e^(-2 DAMPING) = 4e-11,
    and the damping is undone in :func:`inverse` at the price of rounding errors near 1e-11
    (Gruebel and Hermesmeier, 1999).
    """
    import numpy as np

    points = masses.shape[-1]
    damped = masses * np.exp(-DAMPING / points * np.arange(points))
    found: Spectrum = np.fft.rfft(damped, 2 * points, axis=-1)
    return found


def inverse(spectrum: Spectrum) -> Array:
    """Return the masses of a product of transforms, up to the horizon.

    >>> import numpy as np
    >>> half = transform(np.array([0.5, 0.5, 0.0, 0.0]))
    >>> np.round(inverse(half * half * half), 6)            # three coins: 1, 3, 3, 1 eighths
    array([0.125, 0.375, 0.375, 0.125])
    """
    import numpy as np

    points = spectrum.shape[-1] - 1
    damped = np.fft.irfft(spectrum, 2 * points, axis=-1)[..., :points]
    masses: Array = np.maximum(damped * np.exp(DAMPING / points * np.arange(points)), 0.0)
    return masses


def _middles(masses: Array) -> Array:
    """Return P(X <= k step) read at the middle of each atom, which is second-order accurate."""
    import numpy as np

    levels: Array = np.cumsum(masses) - masses / 2
    return levels


class Primitive(Distribution):
    """A distribution given by its limited expected value E[min(X, x)]."""

    @abstractmethod
    def limited_mean(self, x: Array) -> Array:
        """Return E[min(X, x)] for each x >= 0."""

    def masses(self, step: float, points: int) -> Array:  # noqa: D102
        import numpy as np

        grid = np.arange(-1, points + 1) * step
        limited = self.limited_mean(np.maximum(grid, 0.0))
        limited[0] = -step  # E[min(X, -step)] for a non-negative X
        second = (2 * limited[1:-1] - limited[:-2] - limited[2:]) / step
        clipped: Array = np.maximum(second, 0.0)
        return clipped


@dataclass(frozen=True)
class Constant(Primitive):
    """Always the same time."""

    value: float

    def mean(self) -> float:  # noqa: D102
        return self.value

    def variance(self) -> float:  # noqa: D102
        return 0.0

    def bound(self, p: float) -> float:  # noqa: D102
        return self.value

    def limited_mean(self, x: Array) -> Array:  # noqa: D102
        import numpy as np

        return np.minimum(x, self.value)


@dataclass(frozen=True)
class Uniform(Primitive):
    """Uniform between 0 and ``width``: the wait for the next poll of a poller with that interval."""

    width: float

    def mean(self) -> float:  # noqa: D102
        return self.width / 2

    def variance(self) -> float:  # noqa: D102
        return self.width**2 / 12

    def bound(self, p: float) -> float:  # noqa: D102
        return self.width

    def limited_mean(self, x: Array) -> Array:  # noqa: D102
        import numpy as np

        inside = np.minimum(x, self.width)
        return inside - inside**2 / (2 * self.width)


@dataclass(frozen=True)
class Lognormal(Primitive):
    """exp(mu + sigma Z). The common shape of service times: positive and skewed to the right.

    >>> d = Lognormal.fit(p50=100, p99=250)
    >>> round(d.quantile(0.99), 1), round(d.mean(), 1)
    (250.0, 108.1)
    """

    mu: float
    sigma: float

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Lognormal:
        """Return the lognormal with this mean and coefficient of variation.

        >>> round(Lognormal.from_mean_cv(300, 0.8).mean(), 9)
        300.0
        """
        variance = math.log1p(cv * cv)
        return cls(math.log(mean) - variance / 2, math.sqrt(variance))

    @classmethod
    def fit(
        cls,
        *,
        p50: float | None = None,
        p95: float | None = None,
        p99: float | None = None,
        mean: float | None = None,
        cv: float | None = None,
        default_cv: float = 0.3,
    ) -> Lognormal:
        """Return the lognormal that fits what is known of a latency.

        Median and percentiles: exact for two, least squares in log space for three. Mean and a percentile: the smaller
        spread that meets both. One number alone: with ``cv``, or ``default_cv`` when that is not known either.
        """
        points = [(_NORMAL.inv_cdf(p), math.log(v)) for p, v in ((0.5, p50), (0.95, p95), (0.99, p99)) if v]
        if cv is None and len(points) >= 2:
            return cls(*_line(points))
        if cv is None and mean is not None and points:
            return cls._mean_and_point(mean, *points[0])
        sigma = math.sqrt(math.log1p((default_cv if cv is None else cv) ** 2))
        if points:
            z, log_value = points[0]
            return cls(log_value - z * sigma, sigma)
        if mean is None:
            raise ValueError("needs at least one of p50, p95, p99, mean")
        return cls(math.log(mean) - sigma * sigma / 2, sigma)

    @classmethod
    def _mean_and_point(cls, mean: float, z: float, log_value: float) -> Lognormal:
        """Solve mu + sigma^2/2 = log mean, mu + sigma z = log value; the nearest sigma when there is no solution."""
        gap = log_value - math.log(mean)
        root = math.sqrt(max(0.0, z * z - 2 * gap))
        sigma = max(root if z == 0 else z - root, 1e-6)
        return cls(math.log(mean) - sigma * sigma / 2, sigma)

    def mean(self) -> float:  # noqa: D102
        return math.exp(self.mu + self.sigma**2 / 2)

    def variance(self) -> float:  # noqa: D102
        return self.mean() ** 2 * math.expm1(self.sigma**2)

    def bound(self, p: float) -> float:  # noqa: D102
        return math.exp(self.mu + self.sigma * _NORMAL.inv_cdf(p))

    def times(self, other: Lognormal) -> Lognormal:
        """Return the product of two independent lognormals, which is lognormal: items times time per item."""
        return Lognormal(self.mu + other.mu, math.hypot(self.sigma, other.sigma))

    def scaled(self, factor: float) -> Lognormal:
        """Return the distribution of ``factor * X``."""
        return Lognormal(self.mu + math.log(factor), self.sigma)

    def limited_mean(self, x: Array) -> Array:  # noqa: D102
        import numpy as np

        positive = np.maximum(x, 1e-300)
        z = (np.log(positive) - self.mu) / max(self.sigma, 1e-9)
        limited: Array = self.mean() * normal_cdf(z - self.sigma) + x * (1 - normal_cdf(z))
        return limited


@dataclass(frozen=True)
class Wait(Primitive):
    """Queueing delay: 0 with probability ``1 - p_wait``, otherwise exponential with ``rate`` per unit of time."""

    p_wait: float
    rate: float

    def mean(self) -> float:  # noqa: D102
        return self.p_wait / self.rate

    def variance(self) -> float:  # noqa: D102
        return (2 * self.p_wait - self.p_wait**2) / self.rate**2

    def bound(self, p: float) -> float:  # noqa: D102
        return max(0.0, math.log(self.p_wait / (1 - p)) / self.rate) if self.p_wait > 0 else 0.0

    def limited_mean(self, x: Array) -> Array:  # noqa: D102
        import numpy as np

        limited: Array = self.p_wait * -np.expm1(-self.rate * x) / self.rate
        return limited


@dataclass(frozen=True)
class Series(Distribution):
    """The sum of independent stages."""

    stages: tuple[Distribution, ...]

    def mean(self) -> float:  # noqa: D102
        return math.fsum(stage.mean() for stage in self.stages)

    def variance(self) -> float:  # noqa: D102
        return math.fsum(stage.variance() for stage in self.stages)

    def bound(self, p: float) -> float:  # noqa: D102
        share = 1 - (1 - p) / max(len(self.stages), 1)
        return math.fsum(stage.bound(share) for stage in self.stages)

    def masses(self, step: float, points: int) -> Array:  # noqa: D102
        import numpy as np

        spectrum = np.ones(points + 1, dtype=complex)
        for stage in self.stages:
            spectrum = spectrum * _spectrum(stage, step, points)
        return inverse(spectrum)


@dataclass(frozen=True)
class Parallel(Distribution):
    """The slowest of independent branches."""

    branches: tuple[Distribution, ...]

    def mean(self) -> float:  # noqa: D102
        return self._moments[0]

    def variance(self) -> float:  # noqa: D102
        return self._moments[1]

    @cached_property
    def _moments(self) -> tuple[float, float]:
        import numpy as np

        horizon = self.bound(1 - 1e-7)
        step = horizon / (8 * POINTS)
        masses = self.masses(step, 8 * POINTS)
        x = np.arange(8 * POINTS) * step
        mean = float(masses @ x)
        return mean, max(float(masses @ x**2) - mean**2, 0.0)

    def bound(self, p: float) -> float:  # noqa: D102
        share = 1 - (1 - p) / max(len(self.branches), 1)
        return max(branch.bound(share) for branch in self.branches)

    def masses(self, step: float, points: int) -> Array:  # noqa: D102
        import numpy as np

        product = np.ones(points)
        for branch in self.branches:
            product = product * np.cumsum(branch.masses(step, points))
        return np.diff(product, prepend=0.0)


@dataclass(frozen=True)
class Mixture(Distribution):
    """One of several distributions, each with its share of the requests."""

    shares: tuple[float, ...]
    parts: tuple[Distribution, ...]

    def mean(self) -> float:  # noqa: D102
        return math.fsum(share * part.mean() for share, part in zip(self.shares, self.parts, strict=True))

    def variance(self) -> float:  # noqa: D102
        mean = self.mean()
        return math.fsum(
            share * (part.variance() + (part.mean() - mean) ** 2)
            for share, part in zip(self.shares, self.parts, strict=True)
        )

    def bound(self, p: float) -> float:  # noqa: D102
        return max(part.bound(p) for share, part in zip(self.shares, self.parts, strict=True) if share > 0)

    def masses(self, step: float, points: int) -> Array:  # noqa: D102
        import numpy as np

        total = np.zeros(points)
        for share, part in zip(self.shares, self.parts, strict=True):
            if share > 0:
                total = total + share * part.masses(step, points)
        return total


def series(*stages: Distribution) -> Distribution:
    """Return the distribution of the sum of independent stages (one after the other).

    >>> round(series(Constant(10), Constant(20)).quantile(0.5), 6)
    30.0
    """
    flat = [inner for stage in stages for inner in (stage.stages if isinstance(stage, Series) else (stage,))]
    return flat[0] if len(flat) == 1 else Series(tuple(flat))


def parallel(*branches: Distribution) -> Distribution:
    """Return the distribution of the slowest of independent branches (fan-out, all must answer).

    >>> two = parallel(Wait(1.0, 1.0), Wait(1.0, 1.0))
    >>> round(two.mean(), 3)                              # 1 + 1/2 for two exponentials
    1.5
    """
    return branches[0] if len(branches) == 1 else Parallel(tuple(branches))


def mixture(shares: Sequence[float], parts: Sequence[Distribution]) -> Distribution:
    """Return the distribution of an alternation: part i with probability ``shares[i]``.

    Raises:
        ValueError: shares outside [0, 1] or not adding up to 1.
    """
    if any(not 0 <= share <= 1 for share in shares) or abs(math.fsum(shares) - 1) > 1e-9:
        raise ValueError(f"shares must lie in [0, 1] and add up to 1, found {list(shares)}")
    return Mixture(tuple(shares), tuple(parts))


def repeat(stage: Distribution, times: int) -> Distribution:
    """Return the distribution of ``times`` independent runs of a stage in a row.

    >>> round(repeat(Constant(5), 3).mean(), 9)
    15.0
    """
    if times < 1:
        raise ValueError(f"times must be at least 1, found {times}")
    return series(*[stage] * times)


def no_slower(a: Distribution, b: Distribution) -> bool:
    """Return True only if ``a`` is stochastically no slower than ``b``: P(a <= t) >= P(b <= t) for every t.

    A sufficient check, stage by stage: lognormals must not cross within +-6.5 standard deviations (4e-11 in each tail),
    waits must be rarer and shorter. False means "not shown", not "slower".

    >>> no_slower(Lognormal(1.0, 0.3), Lognormal(1.2, 0.3)), no_slower(Lognormal(1.0, 0.3), Lognormal(1.2, 0.1))
    (True, False)
    """
    ours, theirs = _parts(a), _parts(b)
    if ours is None or theirs is None:
        return a == b
    lognormals, waits = ours
    others, other_waits = theirs
    if len(lognormals) > len(others) or len(waits) > len(other_waits):
        return False
    return all(_below(x, y) for x, y in zip(lognormals, others, strict=False)) and all(
        x.p_wait <= y.p_wait and x.rate >= y.rate for x, y in zip(waits, other_waits, strict=False)
    )


def _parts(d: Distribution) -> tuple[list[Lognormal], list[Wait]] | None:
    """Return the lognormals and waits of a series, None when it holds anything else."""
    stages = d.stages if isinstance(d, Series) else (d,)
    lognormals = [stage for stage in stages if isinstance(stage, Lognormal)]
    waits = [stage for stage in stages if isinstance(stage, Wait)]
    return (lognormals, waits) if len(lognormals) + len(waits) == len(stages) else None


def _below(a: Lognormal, b: Lognormal) -> bool:
    return all(a.mu + a.sigma * z <= b.mu + b.sigma * z for z in (-6.5, 6.5))


_CELLS_PER_SD = 2000
_WIDEST = 8.5  # standard deviations; beyond it the distribution function is 0 or 1 to 1e-17


@lru_cache(maxsize=1)
def _normal_table() -> tuple[Array, Array, Array]:
    """Return a grid of z with the distribution function and the density on it."""
    import numpy as np

    count = round(_WIDEST * _CELLS_PER_SD)
    z = np.arange(-count, count + 1) / _CELLS_PER_SD
    values = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z])
    values[0], values[-1] = 0.0, 1.0  # exactly, or times far below every stage would have masses
    return z, values, np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def normal_cdf(z: Array) -> Array:
    """Return the standard normal distribution function of each z, to 1e-14: third-order Taylor from a fine table.

    Lattice masses are second differences, which magnify any error of this function by the number of cells.
    """
    import numpy as np

    grid, values, densities = _normal_table()
    inside = np.clip(z, -_WIDEST, _WIDEST)
    nearest = np.rint((inside + _WIDEST) * _CELLS_PER_SD).astype(np.intp)
    at = grid[nearest]
    d = inside - at
    cdf: Array = values[nearest] + densities[nearest] * d * (1 - at * d / 2 + (at**2 - 1) * d**2 / 6)
    return cdf


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return intercept and (non-negative) slope of the least-squares line through (z, log value) points."""
    mean_z = math.fsum(z for z, _ in points) / len(points)
    mean_y = math.fsum(y for _, y in points) / len(points)
    slope = math.fsum((z - mean_z) * (y - mean_y) for z, y in points) / math.fsum((z - mean_z) ** 2 for z, _ in points)
    slope = max(slope, 1e-6)
    return mean_y - slope * mean_z, slope

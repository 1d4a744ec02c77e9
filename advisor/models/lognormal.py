"""The lognormal distribution, and how one is fitted to the few figures that a source states of a latency."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from advisor.models.arguments import not_negative, positive
from advisor.models.distribution import Primitive, checked_levels
from advisor.models.lattice import Atoms
from advisor.models.normal import normal_cdf, normal_level, normal_quantile

if TYPE_CHECKING:
    from advisor.models.lattice import Array

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
MOST_SIGMA = 8.0
MISFIT = 0.25  # a mean or cv that the lognormal misses by a larger share of it contradicts the percentiles
_MOST_MU = 280.0  # e^280 = 4e121, all times that are accepted and their products with counts
_NARROW = 1e-5  # below this spread a lognormal is a constant to 0.004 % even at its 99.99th percentile
_EQUAL = 1e-9  # logarithms closer than this are of one number
_WIDEST = 8.0  # standard deviations that hold all but 6e-16 of the probability


@dataclass(frozen=True)
class Lognormal(Primitive):
    """exp(mu + sigma Z), Z standard normal. The common shape of service times: positive and skewed to the right.

    Args:
        mu: logarithm of the median.
        sigma: standard deviation of the logarithm, from 0 (a constant) to 8.

    Raises:
        ValueError: an argument out of range.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 14.

    >>> d = Lognormal.fit(p50=100, p99=250)
    >>> round(d.quantile(0.99), 1), round(d.mean(), 1)
    (250.0, 108.1)
    """

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        if not abs(self.mu) <= _MOST_MU:
            raise ValueError(f"mu must lie in [-{_MOST_MU:g}, {_MOST_MU:g}], found {self.mu}")
        if not 0 <= self.sigma <= MOST_SIGMA:
            raise ValueError(f"sigma must lie in [0, {MOST_SIGMA:g}], found {self.sigma}")

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Lognormal:
        """Return the lognormal with this mean and coefficient of variation (standard deviation / mean).

            sigma^2 = log(1 + cv^2),  mu = log mean - sigma^2 / 2

        Raises:
            ValueError: mean not above 0, cv negative.

        >>> round(Lognormal.from_mean_cv(300, 0.8).mean(), 9)
        300.0
        """
        positive(mean=mean)
        not_negative(cv=cv)
        sigma = _sigma_of(cv)
        return cls(math.log(mean) - sigma * sigma / 2, sigma)

    @classmethod
    def fit(
        cls,
        *,
        p50: float | None = None,
        p90: float | None = None,
        p95: float | None = None,
        p99: float | None = None,
        p999: float | None = None,
        mean: float | None = None,
        cv: float | None = None,
        default_cv: float = 0.3,
    ) -> Lognormal:
        """Return the lognormal that fits what is known of a latency.

        Two percentiles: exact. More: least squares in log space, which may miss each of them (``from_percentiles``
        keeps all). One percentile with ``cv`` or with the mean, or mean and ``cv``: exact. One number alone: with
        ``default_cv``. A mean or cv stated beyond that must agree with the fit to a quarter of its value.

        Raises:
            ValueError: nothing known, a figure that is not above 0, percentiles that decrease, a mean that no lognormal
                has together with the percentile, figures that contradict each other.

        >>> Lognormal.fit(p50=80, mean=60)
        Traceback (most recent call last):
        ValueError: mean must lie between 80 (the p50 itself: no spread) and 6.3e+15 for a lognormal, found 60
        """
        percentiles = {"p50": p50, "p90": p90, "p95": p95, "p99": p99, "p999": p999}
        known = {name: value for name, value in percentiles.items() if value is not None}
        moments = {name: value for name, value in (("mean", mean), ("cv", cv)) if value is not None}
        positive(**known, **moments, default_cv=default_cv)
        _rising(known)
        fitted = _fitted(known, moments, default_cv)
        _agrees(fitted, moments)
        return fitted

    def mean(self) -> float:  # noqa: D102
        return math.exp(self.mu + self.sigma**2 / 2)

    def variance(self) -> float:  # noqa: D102
        return self.mean() ** 2 * math.expm1(self.sigma**2)

    def cv(self) -> float:
        """Return standard deviation / mean."""
        return math.sqrt(math.expm1(self.sigma**2))

    def _at(self, z: float) -> float:
        return math.exp(self.mu + self.sigma * z)

    def floor(self) -> float:  # noqa: D102
        return self._at(0.0 if self.sigma < _NARROW else -_WIDEST)

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return self._at(-normal_quantile(max(exceedance, 1e-300)))

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        return Atoms((self._at(0.0),), (1.0,)) if self.sigma < _NARROW else Atoms()

    def level(self, x: float) -> float:  # noqa: D102
        if self.sigma < _NARROW:
            return self.atoms.up_to(x)
        return normal_level((math.log(x) - self.mu) / self.sigma) if x > 0 else 0.0

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        return [self._at(normal_quantile(p)) for p in checked_levels(ps)]

    def times(self, other: Lognormal) -> Lognormal:
        """Return the product of two independent lognormals, which is lognormal: items times time per item."""
        return Lognormal(self.mu + other.mu, math.hypot(self.sigma, other.sigma))

    def scaled(self, factor: float) -> Lognormal:
        """Return the distribution of ``factor * X``, for a factor above 0."""
        positive(factor=factor)
        return Lognormal(self.mu + math.log(factor), self.sigma)

    def limited_mean(self, x: Array) -> Array:
        """Return E[min(X, x)] = mean P(Z <= z - sigma) + x P(Z > z), z = (log x - mu) / sigma."""
        import numpy as np

        if self.sigma < _NARROW:
            return np.minimum(x, self._at(0.0))
        z = (np.log(np.maximum(x, 1e-300)) - self.mu) / self.sigma
        limited: Array = self.mean() * normal_cdf(z - self.sigma) + x * normal_cdf(-z)
        return limited


def _sigma_of(cv: float) -> float:
    """Return the sigma of a lognormal with this coefficient of variation."""
    return math.sqrt(math.log1p(cv * cv))


def _rising(known: Mapping[str, float]) -> None:
    """Refuse percentiles that decrease."""
    for (low, below), (high, above) in pairwise(known.items()):
        if above < below:
            raise ValueError(f"percentiles must not decrease: {low} = {below:g} is above {high} = {above:g}")


def _fitted(known: Mapping[str, float], moments: Mapping[str, float], default_cv: float) -> Lognormal:
    points = [(normal_quantile(PERCENTILES[name]), math.log(value)) for name, value in known.items()]
    if len(points) >= 2:
        return Lognormal(*_line(points))
    if points and "mean" in moments and "cv" not in moments:
        return _through_mean_and(next(iter(known)), *points[0], moments["mean"])
    sigma = _sigma_of(moments.get("cv", default_cv))
    if points:
        z, log_value = points[0]
        return Lognormal(log_value - z * sigma, sigma)
    if "mean" not in moments:
        raise ValueError(f"needs at least one of {', '.join(PERCENTILES)}, mean")
    return Lognormal(math.log(moments["mean"]) - sigma * sigma / 2, sigma)


def _through_mean_and(name: str, z: float, log_value: float, mean: float) -> Lognormal:
    """Solve mu + sigma^2/2 = log mean and mu + sigma z = log value for the smaller spread.

    sigma = z - sqrt(z^2 - 2 g), or sqrt(-2 g) for the median, with g = log(value / mean). A percentile above the
    median is at most e^(z^2/2) times the mean; one below the mean would need a sigma above 2 z, which no latency has.
    """
    gap = log_value - math.log(mean)
    value, most = math.exp(log_value), MOST_SIGMA**2 / 2
    gap = 0.0 if abs(gap) < _EQUAL else gap
    if z == 0 and not -most <= gap <= 0:
        raise ValueError(
            f"mean must lie between {value:g} (the {name} itself: no spread) and {value * math.exp(most):.2g} "
            f"for a lognormal, found {mean:g}"
        )
    if z > 0 and not 0 <= gap <= z * z / 2 + _EQUAL:
        raise ValueError(
            f"mean must lie between {value * math.exp(-z * z / 2):.4g} and {value:.4g} for a lognormal with {name} = "
            f"{value:g}, found {mean:g}"
        )
    sigma = math.sqrt(-2 * gap) if z == 0 else z - math.sqrt(max(z * z - 2 * gap, 0.0))
    return Lognormal(math.log(mean) - sigma * sigma / 2, sigma)


def _agrees(fitted: Lognormal, moments: Mapping[str, float]) -> None:
    """Refuse a mean or cv that the fitted lognormal misses by more than ``MISFIT`` of it."""
    found = {"mean": fitted.mean(), "cv": fitted.cv()}
    for name, value in moments.items():
        if abs(found[name] - value) > MISFIT * value:
            low, high = found[name] / (1 + MISFIT), found[name] / (1 - MISFIT)
            raise ValueError(
                f"{name} contradicts the other figures: a lognormal through them has {found[name]:.3g}, so {name} must "
                f"lie between {low:.3g} and {high:.3g}, found {value:g}"
            )


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return intercept and slope of the least-squares line through (z, log value) points."""
    mean_z = math.fsum(z for z, _ in points) / len(points)
    mean_y = math.fsum(y for _, y in points) / len(points)
    slope = math.fsum((z - mean_z) * (y - mean_y) for z, y in points) / math.fsum((z - mean_z) ** 2 for z, _ in points)
    slope = max(slope, 0.0)
    return mean_y - slope * mean_z, slope

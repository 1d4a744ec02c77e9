"""Times that are not composed of others: constant, uniform, exponential with or without waiting at all, Erlang."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from advisor.models.arguments import not_negative, positive, probability, whole
from advisor.models.distribution import Primitive, checked_levels
from advisor.models.lattice import Atoms

if TYPE_CHECKING:
    from advisor.models.lattice import Array


@dataclass(frozen=True)
class Constant(Primitive):
    """Always the same time.

    Raises:
        ValueError: a negative or unbounded time.

    >>> Constant(75.0).quantile(0.99)
    75.0
    """

    value: float

    def __post_init__(self) -> None:
        not_negative(value=self.value)

    def mean(self) -> float:  # noqa: D102
        return float(self.value)

    def variance(self) -> float:  # noqa: D102
        return 0.0

    def floor(self) -> float:  # noqa: D102
        return self.value

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return self.value

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        return Atoms((self.value,), (1.0,))

    def level(self, x: float) -> float:  # noqa: D102
        return float(x >= self.value)

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        return [float(self.value) for _ in checked_levels(ps)]

    def limited_mean(self, x: Array) -> Array:  # noqa: D102
        import numpy as np

        return np.minimum(x, self.value)


@dataclass(frozen=True)
class Uniform(Primitive):
    """Uniform between 0 and ``width``: the wait for the next poll of a poller with that interval.

    Raises:
        ValueError: a width that is not above 0 or not finite.

    >>> Uniform(60.0).mean(), Uniform(60.0).quantile(0.95)
    (30.0, 57.0)
    """

    width: float

    def __post_init__(self) -> None:
        positive(width=self.width)

    def mean(self) -> float:  # noqa: D102
        return self.width / 2

    def variance(self) -> float:  # noqa: D102
        return self.width**2 / 12

    def floor(self) -> float:  # noqa: D102
        return 0.0

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return self.width

    def level(self, x: float) -> float:  # noqa: D102
        return min(x / self.width, 1.0)

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        return [p * self.width for p in checked_levels(ps)]

    def limited_mean(self, x: Array) -> Array:  # noqa: D102
        import numpy as np

        inside = np.clip(x, 0.0, self.width)
        return np.minimum(x, 0.0) + inside - inside**2 / (2 * self.width)


@dataclass(frozen=True)
class Wait(Primitive):
    """Queueing delay: 0 with probability ``1 - p_wait``, otherwise exponential with ``rate`` per unit of time.

    Raises:
        ValueError: a probability outside [0, 1], a rate that is not above 0.

    >>> Wait(0.5, 0.1).mean(), Wait(0.5, 0.1).quantile(0.5)
    (5.0, 0.0)
    """

    p_wait: float
    rate: float

    def __post_init__(self) -> None:
        probability(p_wait=self.p_wait)
        positive(rate=self.rate)

    def mean(self) -> float:  # noqa: D102
        return self.p_wait / self.rate

    def variance(self) -> float:  # noqa: D102
        return (2 * self.p_wait - self.p_wait**2) / self.rate**2

    def floor(self) -> float:  # noqa: D102
        return 0.0

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return math.log(self.p_wait / exceedance) / self.rate if self.p_wait > exceedance else 0.0

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        return Atoms((0.0,), (1 - self.p_wait,)) if self.p_wait < 1 else Atoms()

    def level(self, x: float) -> float:  # noqa: D102
        return 1 - self.p_wait * math.exp(-self.rate * x)

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        return [self.reach(1 - p) for p in checked_levels(ps)]

    def limited_mean(self, x: Array) -> Array:  # noqa: D102
        import numpy as np

        limited: Array = np.minimum(x, 0.0) - self.p_wait * np.expm1(-self.rate * np.maximum(x, 0.0)) / self.rate
        return limited


def exponential(mean: float) -> Wait:
    """Return the exponential distribution with this mean: the service time of M/M/c.

    Raises:
        ValueError: a mean that is not above 0 or not finite.

    >>> round(exponential(10.0).quantile(0.99), 6)          # 10 ln 100
    46.051702
    """
    positive(mean=mean)
    return Wait(1.0, 1 / mean)


@dataclass(frozen=True)
class Erlang(Primitive):
    """The sum of ``stages`` exponentials with ``rate`` each: between exponential and constant, cv = 1 / sqrt(stages).

        P(X > x) = e^(-r x) sum over j < k of (r x)^j / j!

    Raises:
        ValueError: stages not a whole number from 1 to 1000, a rate that is not above 0.

    Source: Kleinrock, Queueing Systems I (1975), section 4.2.

    >>> Erlang(4, 0.1).mean(), round(Erlang(2, 1.0).cdf(1.0), 6)          # 1 - 2 / e
    (40.0, 0.264241)
    """

    stages: int
    rate: float

    def __post_init__(self) -> None:
        whole(most=1000, stages=self.stages)
        positive(rate=self.rate)

    def mean(self) -> float:  # noqa: D102
        return self.stages / self.rate

    def variance(self) -> float:  # noqa: D102
        return self.stages / self.rate**2

    def floor(self) -> float:  # noqa: D102
        return 0.0

    def reach(self, exceedance: float) -> float:
        """Return Chernoff's bound: P(X > k (1 + t) / r) <= exp(-k (t - log(1 + t))), t doubled until it is enough."""
        beyond = 1.0
        while self.stages * (beyond - math.log1p(beyond)) < -math.log(exceedance):
            beyond *= 2
        return self.mean() * (1 + beyond)

    def level(self, x: float) -> float:  # noqa: D102
        import numpy as np

        return float(1 - _poisson_below(self.stages, np.array([self.rate * x]))[0])

    def limited_mean(self, x: Array) -> Array:
        """Return x P(X > x) + k/r P(Erlang(k + 1) <= x)."""
        import numpy as np

        at = self.rate * np.maximum(x, 0.0)
        exceeded = _poisson_below(self.stages, at)
        next_term = np.exp(self.stages * np.log(np.maximum(at, 1e-300)) - at - math.lgamma(self.stages + 1))
        limited: Array = x * exceeded + self.mean() * (1 - exceeded - next_term)
        return np.where(x > 0, limited, x)


def _poisson_below(count: int, mean: Array) -> Array:
    """Return P(N < count) for Poisson numbers N with each of these means."""
    import numpy as np

    j = np.arange(count)[:, None]
    factorials = np.array([math.lgamma(i + 1) for i in range(count)])[:, None]
    total: Array = np.exp(j * np.log(np.maximum(mean, 1e-300)) - mean - factorials).sum(axis=0)
    return np.minimum(total, 1.0)

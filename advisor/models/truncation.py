"""A time given that it is within a limit: what is left of a stage's distribution under a time-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from advisor.models.arguments import positive
from advisor.models.distribution import Distribution
from advisor.models.lattice import POINTS, Atoms

if TYPE_CHECKING:
    from advisor.models.lattice import Array


@dataclass(frozen=True)
class Within(Distribution):
    """X given X <= limit: P(Y <= x) = P(X <= x) / P(X <= limit).

    Raises:
        ValueError: a limit that is not above 0, or that the stage never meets.

    >>> from advisor.models.primitives import Uniform
    >>> round(Within(Uniform(100.0), 40.0).quantile(0.5), 9)
    20.0
    """

    stage: Distribution
    limit: float

    def __post_init__(self) -> None:
        positive(limit=self.limit)
        if self.share <= 0:
            raise ValueError(
                f"limit must be above the shortest time of the stage ({self.stage.floor():g}), found {self.limit:g}"
            )

    @cached_property
    def share(self) -> float:
        """Return P(X <= limit)."""
        return self.stage.cdf(self.limit)

    def mean(self) -> float:
        """Return (E[min(X, limit)] - limit P(X > limit)) / P(X <= limit)."""
        late = 1 - self.share
        mean = (self.stage.capped_mean(self.limit) - self.limit * late) / self.share
        return min(max(mean, self.floor()), self.limit)

    def variance(self) -> float:
        """Return the second moment about the floor, from a fine lattice up to the limit, less the squared mean."""
        import numpy as np

        points, floor = 8 * POINTS, self.floor()
        step = (self.limit - floor) / points
        if step <= 0:
            return 0.0
        late = 1 - self.masses(step, points, floor).cumsum()
        second = 2 * step * step * float((late * (np.arange(points) + 0.5)).sum())
        return max(second - (self.mean() - floor) ** 2, 0.0)

    def floor(self) -> float:  # noqa: D102
        return min(self.stage.floor(), self.limit)

    def reach(self, exceedance: float) -> float:  # noqa: D102
        return min(self.limit, self.stage.reach(exceedance * self.share))

    @cached_property
    def atoms(self) -> Atoms:  # noqa: D102
        atoms = self.stage.atoms
        kept = [(v, w / self.share) for v, w in zip(atoms.values, atoms.weights, strict=True) if v <= self.limit]
        return Atoms(tuple(v for v, _ in kept), tuple(w for _, w in kept))

    @cached_property
    def closed(self) -> bool:  # noqa: D102
        return self.stage.closed

    def level(self, x: float) -> float:  # noqa: D102
        return min(self.stage.level(x) / self.share, 1.0) if x < self.limit else 1.0

    def quantiles(self, ps: Sequence[float]) -> list[float]:  # noqa: D102
        return [min(value, self.limit) for value in super().quantiles(ps)]

    def smooth(self, step: float, points: int, origin: float) -> Array:
        """Return the stage's masses up to the limit; its cell is cut where the limit is, counted as if level there."""
        import numpy as np

        masses = self.stage.smooth(step, points, origin)
        levels = masses.cumsum()
        top = max(self.share - self.stage.atoms.up_to(self.limit), 0.0)
        cells = (self.limit - origin) / step
        if cells < points:
            last = int(cells)
            levels[last] = top - (cells - last) ** 2 * masses[last] / 2
            levels[last + 1 :] = top
        rising = np.maximum.accumulate(np.clip(levels, 0.0, top))
        kept: Array = np.diff(rising, prepend=0.0) / self.share
        return kept

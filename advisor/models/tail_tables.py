"""A stage as the bounds of ``tail_bounds`` look at it: quantiles at any level, and areas of its tail.

Both are read from one fine lattice, exactly where the stage has a closed form.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from advisor.models.distribution import Distribution
from advisor.models.lattice import POINTS, read, smooth_levels

if TYPE_CHECKING:
    from advisor.models.lattice import Array

_POINTS = 8 * POINTS
_NEVER = 1e-300


class TailTable:
    """One stage, tabulated up to a time that it exceeds with probability ``least``.

    >>> from advisor.models.primitives import Uniform
    >>> table = TailTable(Uniform(10.0), 1e-6)
    >>> round(table.exceeded(0.1), 6), round(table.capped_mean(10.0), 6), table.exceeded(0.0)
    (9.0, 5.0, 10.0)
    """

    def __init__(self, stage: Distribution, least: float) -> None:
        self.stage = stage
        self.floor = stage.floor()
        self._step = max(stage.reach(least) - self.floor, 1e-290) / _POINTS

    def exceeded(self, chance: float) -> float:
        """Return the smallest x with P(X > x) <= chance."""
        if chance >= 1:
            return self.floor
        if chance <= _NEVER:
            return self.stage.atoms.values[-1] if self.stage.discrete else self.stage.reach(_NEVER)
        if self.stage.discrete:
            return self.stage.atoms.quantile(1 - chance)
        if self.stage.closed:
            return self.stage.inverted(1 - chance)
        found = read(self._levels, self.stage.atoms, self._step, self.floor, 1 - chance)
        return found[0] if found else self.stage.reach(chance)

    def capped_mean(self, x: float) -> float:
        """Return E[min(X, x)], from above where x lies beyond the table."""
        import numpy as np

        if self.stage.discrete:
            values, weights = self._points
            return float(np.minimum(values, x) @ weights)
        cells = (x - self.floor) / self._step
        if cells <= 0:
            return x
        beyond = max(cells - _POINTS, 0.0) * self._step * self._rest
        return self.floor + float(np.interp(cells, np.arange(_POINTS + 1), self._areas)) + beyond

    @cached_property
    def _points(self) -> tuple[Array, Array]:
        import numpy as np

        return np.array(self.stage.atoms.values), np.array(self.stage.atoms.weights)

    @cached_property
    def _late(self) -> Array:
        """Return P(X > x) averaged over each cell."""
        late: Array = 1 - self.stage.masses(self._step, _POINTS, self.floor).cumsum()
        return late.clip(0.0, 1.0)

    @cached_property
    def _areas(self) -> Array:
        """Return E[min(X, x)] - floor at each lattice point."""
        import numpy as np

        return np.concatenate(([0.0], self._late.cumsum())) * self._step

    @cached_property
    def _rest(self) -> float:
        return float(self._late[-1])

    @cached_property
    def _levels(self) -> Array:
        return smooth_levels(self.stage.smooth(self._step, _POINTS, self.floor))

"""The slowest of several independent branches, and the k-th to answer."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.models.distribution import Distribution
from advisor.models.lattice import POINTS, Atoms, gathered

if TYPE_CHECKING:
    from advisor.models.lattice import Array

_TAIL = 1e-16  # what lies beyond the first horizon of a mean
_NEARER = 4  # each next lattice of a mean is finer by this
_RESOLVED = 1e-12  # ... until no more than this happens before its last stretch


class OrderStatistic(Distribution):
    """The time by which ``needed`` of the independent ``branches`` have answered."""

    branches: tuple[Distribution, ...]

    @property
    @abstractmethod
    def needed(self) -> int:
        """Return how many answers are waited for."""

    def mean(self) -> float:  # noqa: D102
        return self._moments[0]

    def variance(self) -> float:  # noqa: D102
        return self._moments[1]

    def floor(self) -> float:  # noqa: D102
        return self._floor

    @cached_property
    def _floor(self) -> float:
        return min(branch.floor() for branch in self.branches)

    def reach(self, exceedance: float) -> float:
        """Return a time by which the k quickest branches, judged by their own reach, have all answered."""
        return sorted(branch.reach(exceedance / self.needed) for branch in self.branches)[self.needed - 1]

    @cached_property
    def closed(self) -> bool:  # noqa: D102
        return all(branch.closed for branch in self._equal)

    @cached_property
    def _equal(self) -> dict[Distribution, int]:
        """Return the distinct branches, and how many there are of each."""
        return dict(Counter(self.branches))

    def level(self, x: float) -> float:  # noqa: D102
        import numpy as np

        return float(self._reached([np.array([branch.level(x)]) for branch in self._equal])[0])

    def _reached(self, levels: Sequence[Array]) -> Array:
        """Return P(needed branches have answered) from P(answered) of each distinct branch."""
        return at_least(self.needed, list(zip(levels, self._equal.values(), strict=True)))

    @cached_property
    def atoms(self) -> Atoms:
        """Return how far the distribution function jumps at each time where that of a branch does."""
        import numpy as np

        times = sorted({value for branch in self._equal for value in branch.atoms.values})
        if not times:
            return Atoms()
        after = [np.array([branch.level(t) for t in times]) for branch in self._equal]
        jumps = [np.array([branch.atoms.at(t) for t in times]) for branch in self._equal]
        before = [level - jump for level, jump in zip(after, jumps, strict=True)]
        return gathered(times, self._reached(after) - self._reached(before))

    def smooth(self, step: float, points: int, origin: float) -> Array:
        """Return the masses of what is left when the jumps are taken out.

        A cell in which a branch jumps is cut there: before and after it, other chances are multiplied.
        """
        import numpy as np

        jumps = (np.array(self.atoms.values) - origin) / step
        starts = np.union1d(np.arange(points), jumps[(jumps >= 0) & (jumps < points)])
        cells, at, widths = starts.astype(np.intp), origin + starts * step, np.diff(starts, append=points)
        beside_middle = starts + widths / 2 - cells - 0.5
        levels = []
        for branch in self._equal:
            smooth = branch.smooth(step, points, origin).cumsum()
            levels.append(smooth[cells] + beside_middle * np.gradient(smooth)[cells] + branch.atoms.reached(at))
        rest = np.bincount(cells, (self._reached(levels) - self.atoms.reached(at)) * widths, points)
        rising = np.minimum.accumulate(np.maximum(rest, 0.0)[::-1])[::-1]
        masses: Array = np.diff(rising, prepend=0.0)
        return masses

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Return mean and variance, from two lattices of which one is twice as fine.

        The error of both is proportional to the squared step, so a third of their difference is taken off (Richardson).
        """
        (m, s), (fine_m, fine_s) = self._integrals(POINTS), self._integrals(2 * POINTS)
        first, second = fine_m + (fine_m - m) / 3, fine_s + (fine_s - s) / 3
        return self._floor + first, max(second - first**2, 0.0)

    def _integrals(self, points: int) -> tuple[float, float]:
        """Return the integrals of P(X > x) and 2 x P(X > x) from the floor on, each stretch of x on its own lattice."""
        import numpy as np

        horizon = self.reach(_TAIL) - self._floor
        first = second = 0.0
        while horizon > 0:
            step = horizon / points
            late = 1 - self.masses(step, points, self._floor).cumsum()
            last = late[points // _NEARER] > 1 - _RESOLVED or horizon < _RESOLVED * first
            part = slice(0 if last else points // _NEARER, points)
            first += step * float(late[part].sum())
            second += 2 * step * step * float((late * (np.arange(points) + 0.5))[part].sum())
            horizon = 0.0 if last else horizon / _NEARER
        return first, second


@dataclass(frozen=True)
class Parallel(OrderStatistic):
    """The slowest of independent branches."""

    branches: tuple[Distribution, ...]

    @property
    def needed(self) -> int:  # noqa: D102
        return len(self.branches)


@dataclass(frozen=True)
class KOfN(OrderStatistic):
    """The time by which the k fastest of independent branches have answered."""

    k: int
    branches: tuple[Distribution, ...]

    @property
    def needed(self) -> int:  # noqa: D102
        return self.k


def at_least(k: int, levels: Sequence[tuple[Array, int]]) -> Array:
    """Return P(at least k have answered) from (P(answered), number of such branches).

        k = n:       product of F_i
        all alike:   sum over i >= k of binomial(n, i) F^i (1 - F)^(n - i)
        otherwise:   by adding one branch after the other to the distribution of the number of answers

    Source: David and Nagaraja, Order Statistics (2003), sections 2.1 and 5.2.

    >>> import numpy as np
    >>> float(at_least(2, [(np.array([0.5]), 2), (np.array([0.0]), 1)])[0])
    0.25
    """
    import numpy as np

    n = sum(count for _, count in levels)
    if k == n:
        return np.prod([np.clip(level, 0.0, 1.0) ** count for level, count in levels], axis=0)  # type: ignore[no-any-return]
    if len(levels) == 1:
        return _binomial_tail(k, n, np.clip(levels[0][0], 0.0, 1.0))
    answered = [np.clip(level, 0.0, 1.0) for level, count in levels for _ in range(count)]
    few = k <= n - k + 1
    below = _fewer_than(k, answered) if few else _fewer_than(n - k + 1, [1 - level for level in answered])
    return 1 - below if few else below


def _fewer_than(limit: int, chances: Sequence[Array]) -> Array:
    """Return P(fewer than ``limit`` of independent events happen)."""
    import numpy as np

    counts = np.zeros((limit, *chances[0].shape))
    counts[0] = 1.0
    for chance in chances:
        moved = counts[:-1] * chance
        counts *= 1 - chance
        counts[1:] += moved
    total: Array = counts.sum(axis=0)
    return np.minimum(total, 1.0)


def _binomial_tail(k: int, n: int, level: Array) -> Array:
    import numpy as np

    few = k <= n - k + 1
    number: Any = np.arange(k)[:, None] if few else np.arange(k, n + 1)[:, None]
    ways = np.array([math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in number[:, 0]])[:, None]
    with np.errstate(divide="ignore"):
        logs = ways + number * np.log(np.maximum(level, 1e-300)) + (n - number) * np.log(np.maximum(1 - level, 1e-300))
    total: Array = np.minimum(np.exp(logs).sum(axis=0), 1.0)
    return 1 - total if few else total

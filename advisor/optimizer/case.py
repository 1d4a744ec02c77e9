"""One use of caches and clouds as arrays: exactly one candidate of each role, a goal, rows, percentile bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.optimizer.chances import Chances

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

BETTER = 1e-9  # a better value is better by at least this much, relative


@dataclass(frozen=True)
class Case:
    """What there is to choose from.

    Attributes:
        kept: for each role the positions of its candidates in the pool.
        goal: for each role what each candidate adds to the goal. constant: added once.
        rows: for each role what each candidate uses of each limit (one column a limit).
        room: how much of each limit there is.
        tails: the percentile bounds.
    """

    kept: tuple[Indices, ...]
    goal: tuple[Array, ...]
    constant: float
    rows: tuple[Array, ...]
    room: Array
    tails: tuple[Chances, ...]

    def taken(self, masks: Sequence[Any]) -> Case:
        """Return the case with some of the candidates: a mask or positions for each role."""

        def cut(values: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(v[m] for v, m in zip(values, masks, strict=True))

        tails = tuple(tail.taken(masks) for tail in self.tails)
        return Case(cut(self.kept), cut(self.goal), self.constant, cut(self.rows), self.room, tails)

    @property
    def possible(self) -> bool:
        """Whether every role has a candidate."""
        return all(len(kept) for kept in self.kept)

    @property
    def size(self) -> int:
        """The number of candidates."""
        return sum(len(kept) for kept in self.kept)

    def value(self, design: Sequence[int]) -> float:
        """Return the goal of a design, given as positions in the case."""
        return self.constant + float(sum(goal[j] for goal, j in zip(self.goal, design, strict=True)))

    def values(self, designs: Indices) -> Array:
        """Return the goals of designs, one row each, added up in the same order as for one."""
        import numpy as np

        total = np.zeros(len(designs))
        for role, goal in enumerate(self.goal):
            total += goal[designs[:, role]]
        return self.constant + total

    def uses(self, designs: Indices) -> Array:
        """Return what designs use of each limit, one row each."""
        import numpy as np

        total = np.zeros((len(designs), len(self.room)))
        for role, rows in enumerate(self.rows):
            total += rows[designs[:, role]]
        return total


def better_than(value: float) -> float:
    """Return what a value must be below to count as better than one that is known.

    >>> better_than(100.0)
    99.9999999
    """
    return value - BETTER * max(abs(value), 1e-6)

"""The staircase of a front: the best points known so far, and the corners where better ones may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

T = TypeVar("T")
GROUP = 64  # corners that are looked at together
AT_ONCE = 2**22  # comparisons that are made together

Better = Callable[[float], float]
"""The largest loss that counts as better than one; ``-inf``: none does."""


@dataclass
class Stairs(Generic[T]):
    """Points of two or more losses none of which another one is at least as good as, the least first loss first.

    A corner says what each loss may be at most; what lies in no corner is no better than some point. A point splits
    each corner in which it lies into one for every loss that has to become better: with three losses these are the
    local upper bounds of Klamroth, Lacour and Vanderpooten (2015).

    Args:
        better: for each loss what counts as better.
        most: what each loss but the first may be at all.

    Attributes:
        corners: where better points may be, a row each.
        reopened: corners that are larger than all that there were before, since a point took the place of one that was
            a hair better in some loss: what that one alone had closed is open again.

    >>> stairs = Stairs((lambda x: x - 1, lambda x: x - 1), (9,))
    >>> [stairs.add((first, second), name) for first, second, name in ((5, 4, "a"), (2, 8, "b"), (6, 4, "c"))]
    [True, True, False]
    >>> stairs.corners.tolist()
    [[1.0, 9.0], [4.0, 7.0], [inf, 3.0]]
    """

    better: Sequence[Better]
    most: tuple[float, ...]
    losses: list[tuple[float, ...]] = field(default_factory=list)
    what: list[T] = field(default_factory=list)
    corners: Array = field(init=False)
    reopened: list[Array] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._rebuild()

    def wants(self, losses: Sequence[float] | Array) -> bool:
        """Return whether no point is at least as good in all losses as one with these would be."""
        import numpy as np

        return bool((np.asarray(losses) <= self.corners).all(axis=1).any())

    def add(self, losses: tuple[float, ...], what: T) -> bool:
        """Take a point if it is wanted, and drop those that it is at least as good as; return whether it was."""
        if not self.wants(losses):
            return False
        steps = self._steps(losses)
        good = [any(a <= b for a, b in zip(point, steps, strict=True)) for point in self.losses]
        dropped = [point for point, yes in zip(self.losses, good, strict=True) if not yes]
        kept = [pair for pair, yes in zip(zip(self.losses, self.what, strict=True), good, strict=True) if yes]
        kept = sorted([*kept, (losses, what)], key=lambda pair: pair[0])
        self.losses, self.what = [point for point, _ in kept], [own for _, own in kept]
        if any(a < b for point in dropped for a, b in zip(point, losses, strict=True)):
            before = self.corners
            self._rebuild()  # a hair better somewhere, one that is dropped closed more than what is left does
            self.reopened += list(self.corners[~fitting(self.corners, before)])
        else:
            self._close(steps)
        return True

    def _steps(self, losses: Sequence[float]) -> list[float]:
        return [better(loss) for better, loss in zip(self.better, losses, strict=True)]

    def _rebuild(self) -> None:
        """Work out the corners from the points."""
        import numpy as np

        self.corners = np.array([(math.inf, *self.most)])
        for losses in self.losses:
            self._close(self._steps(losses))

    def _close(self, steps: Sequence[float]) -> None:
        """Take what is better nowhere than some steps out of the corners, the least first loss first."""
        import numpy as np

        inside = (self.corners > np.asarray(steps)).all(axis=1)
        kept, parts = self.corners[~inside], []
        for index, step in enumerate(steps):
            if step > -math.inf:
                part = self.corners[inside]
                part[:, index] = step
                parts.append(part)
        fresh = np.concatenate(parts) if parts else kept[:0]
        every = np.concatenate((kept, fresh))
        alone = [not self._inside(len(kept) + n, row, every) for n, row in enumerate(fresh)]
        every = np.concatenate((kept, fresh[alone]))
        self.corners = every[np.lexsort(every.T[::-1])]

    @staticmethod
    def _inside(number: int, corner: Array, every: Array) -> bool:
        """Return whether a corner lies in another one; of equal ones all but the last do."""
        as_large: Any = (every >= corner).all(axis=1)
        as_large[number] = False
        larger = as_large & (every > corner).any(axis=1)
        return bool(larger.any() or as_large[number + 1 :].any())


def fitting(values: Array, rooms: Array) -> Mask:
    """Return which rows of values fit into some row of rooms: are at most as large everywhere.

    >>> import numpy as np
    >>> fitting(np.array([[1.0, 5.0], [3.0, 3.0]]), np.array([[1.0, 6.0], [4.0, 2.0]]))
    array([ True, False])
    """
    import numpy as np

    found = np.zeros(len(values), dtype=bool)
    for begin in range(0, len(rooms), GROUP):
        some = rooms[begin : begin + GROUP]
        left = np.flatnonzero(~found)
        left = left[(values[left] <= some.max(axis=0)).all(axis=1)]
        step = max(AT_ONCE // some.size, 1)
        for at in range(0, len(left), step):
            own = left[at : at + step]
            as_large: Any = (values[own, None] <= some).all(axis=2)
            found[own] = as_large.any(axis=1)
    return found


__all__ = ["Better", "Stairs", "fitting"]

"""The staircase of a front of two losses: the best points known so far, and the corners where better ones may be."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
Better = Callable[[float], float]
"""The largest loss that counts as better than one; ``-inf``: none does."""


@dataclass
class Stairs(Generic[T]):
    """Points of two losses none of which another one is at least as good as, the least first loss first.

    Args:
        better: for each loss what counts as better.
        most: what the second loss may be at all.

    >>> stairs = Stairs((lambda x: x - 1, lambda x: x - 1), 9)
    >>> [stairs.add((first, second), name) for first, second, name in ((5, 4, "a"), (2, 8, "b"), (6, 4, "c"))]
    [True, True, False]
    >>> list(stairs.corners())
    [(1, 9), (4, 7), (inf, 3)]
    """

    better: tuple[Better, Better]
    most: float
    losses: list[tuple[float, float]] = field(default_factory=list)
    what: list[T] = field(default_factory=list)

    def wants(self, losses: tuple[float, float]) -> bool:
        """Return whether no point is at least as good in both losses as one with these would be."""
        at = bisect.bisect_right(self.losses, losses)
        if losses[1] > self.most:
            return False
        before = self.losses[:at][-1:]
        near = [point for point in self.losses[at : at + 1] if losses[0] > self.better[0](point[0])]
        return all(losses[1] <= self.better[1](point[1]) for point in (*before, *near))

    def add(self, losses: tuple[float, float], what: T) -> bool:
        """Take a point if it is wanted, and drop those that it is at least as good as; return whether it was."""
        if not self.wants(losses):
            return False
        kept = [
            (point, own)
            for point, own in zip(self.losses, self.what, strict=True)
            if point[0] <= self.better[0](losses[0]) or point[1] <= self.better[1](losses[1])
        ]
        kept.append((losses, what))
        kept.sort(key=lambda one: one[0])
        self.losses, self.what = [point for point, _ in kept], [own for _, own in kept]
        return True

    def corners(self) -> Iterator[tuple[float, float]]:
        """Yield what both losses may be at most in each corner, in order of the first."""
        below = self.most
        for first, second in self.losses:
            if self.better[0](first) > -math.inf:
                yield self.better[0](first), below
            below = min(below, self.better[1](second))
        if below > -math.inf:
            yield math.inf, below

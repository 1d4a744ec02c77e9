"""Exact fronts from single optima: all nondominated points of two or more losses, in order of the first one.

A *corner* says how large the losses after the first may be. ``solve`` returns the least first loss within a corner. The
walk keeps a set of corners that together hold everything still unknown, with the optimum of each. The least of those
optima is the next point: what is at least as bad as it in all other losses is dominated and needs no more search, so
each corner that holds the point is split into one corner for every loss that has to become better. With two losses this
is the epsilon-constraint method (Haimes, Lasdon and Wismer, 1971); with three, the corners are the local upper bounds
of Klamroth, Lacour and Vanderpooten (2015), and there are at most two new ones for each point.

The losses are staircases, so the next corner starts at the next value that counts as better than the one reached, never
at a step of fixed width: nothing is skipped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
Corner = tuple[float, ...]  # for each loss but the first, what it may be at most


@dataclass(frozen=True)
class Reached(Generic[T]):
    """A point: its losses (to be minimised), and what reaches them."""

    losses: tuple[float, ...]
    what: T


Solve = Callable[[Corner, Reached[T] | None], Reached[T] | None]
"""The point with the least first loss within a corner, None when nothing is; given the optimum of the corner around."""
Better = Callable[[int, float], float]
"""The largest loss that counts as better than a loss of the metric with that index; ``-inf``: nothing can be better."""


def walk(count: int, solve: Solve[T], better: Better) -> Iterator[Reached[T]]:
    """Yield the points of a front in order of the first loss.

    Among points that are equal in the first loss, some may be weakly dominated by a later one: :func:`undominated`
    drops them. When ``solve`` raises, what was yielded is complete below the last point's first loss.

    Args:
        count: the number of losses, at least two.

    >>> points = [(1, 9), (2, 9), (3, 4), (5, 5), (8, 1)]
    >>> def solve(corner, around):
    ...     return min((Reached(p, None) for p in points if p[1] <= corner[0]), key=lambda r: r.losses, default=None)
    >>> [one.losses for one in walk(2, solve, lambda index, loss: loss - 0.5)]
    [(1, 9), (3, 4), (8, 1)]
    """
    empty: list[Corner] = []
    found: dict[Corner, Reached[T]] = {}
    pending: list[tuple[Corner, Reached[T] | None]] = [((math.inf,) * (count - 1), None)]
    while True:
        for corner, around in pending:
            best = _inherited(corner, around) or solve(corner, around)
            if best is None:
                empty.append(corner)
            else:
                found[corner] = best
        if not found:
            return
        owner, point = min(found.items(), key=lambda item: (item[1].losses, item[0]))
        yield point
        split = {corner: own for corner, own in found.items() if corner == owner or _inside(point.losses, corner)}
        found = {corner: own for corner, own in found.items() if corner not in split}
        fresh = [(child, own) for corner, own in split.items() for child in _children(corner, point, better)]
        pending = [one for one in _largest(fresh, found) if not any(_within(one[0], corner) for corner in empty)]


def _inherited(corner: Corner, around: Reached[T] | None) -> Reached[T] | None:
    """Return the optimum of the corner around if it lies in this one: then it is the optimum here as well."""
    return around if around is not None and _inside(around.losses, corner) else None


def _children(corner: Corner, point: Reached[T], better: Better) -> Iterator[Corner]:
    """Yield what is left of a corner without what the point dominates: one part for each loss that becomes better."""
    for index, loss in enumerate(point.losses[1:]):
        most = min(better(index + 1, loss), corner[index])
        if most > -math.inf:
            yield (*corner[:index], most, *corner[index + 1 :])


def _largest(
    fresh: Sequence[tuple[Corner, Reached[T]]], kept: dict[Corner, Reached[T]]
) -> list[tuple[Corner, Reached[T] | None]]:
    """Return the corners that lie within no other one."""
    corners = list(dict.fromkeys(corner for corner, _ in fresh))
    around = dict(reversed(fresh))
    return [
        (corner, around[corner])
        for corner in corners
        if not any(_within(corner, other) for other in (*corners, *kept) if other != corner)
    ]


def _inside(losses: Sequence[float], corner: Corner) -> bool:
    return all(loss <= most for loss, most in zip(losses[1:], corner, strict=True))


def _within(corner: Corner, other: Corner) -> bool:
    return all(a <= b for a, b in zip(corner, other, strict=True))


def undominated(points: Sequence[Reached[T]], better: Better) -> list[Reached[T]]:
    """Return the points without those that another one is at least as good as in all losses, of equal ones the first.

    Losses count as different only when one is better by what ``better`` asks.

    >>> tied = [Reached((1.0, 9.0), "a"), Reached((1.0, 4.0), "b"), Reached((1.0, 4.0), "c")]
    >>> [one.what for one in undominated(tied, lambda index, loss: loss - 0.5)]
    ['b']
    """

    def beats(a: Reached[T], b: Reached[T]) -> bool:
        """Whether ``b`` is better in nothing."""
        return all(y > better(i, x) for i, (x, y) in enumerate(zip(a.losses, b.losses, strict=True)))

    found: list[Reached[T]] = []
    for point in points:
        if not any(beats(other, point) for other in found):
            found = [other for other in found if not beats(point, other)]
            found.append(point)
    return found

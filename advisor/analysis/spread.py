"""Which points of a long front to look at: its marked ones, then always the one that differs most from those."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.analysis.axes import Axis
from advisor.analysis.pareto import Front

SHOWN = 12


def spread(front: Front, most: int = SHOWN) -> list[int]:
    """Return at most so many points (or all marked ones): the best of each metric, the knee, the one to take, others.

    The others are chosen one by one, each time the point that is farthest from all chosen so far, with each metric
    scaled to its range on the front (Gonzalez, 1985, "Clustering to minimize the maximum intercluster distance").
    """
    values = [point.values for point in front.points]
    marked = [_best(front, axis, at) for at, axis in enumerate(front.axes)] + [front.knee, front.chosen]
    return farthest(values, [index for index in marked if index is not None], most)


def _best(front: Front, axis: Axis, at: int) -> int | None:
    losses = [axis.loss(point.values[at]) for point in front.points]
    return losses.index(min(losses)) if losses else None


def farthest(values: Sequence[Sequence[float]], chosen: Sequence[int], most: int) -> list[int]:
    """Return indices in order: those chosen, and points each farthest from all before it until there are ``most``.

    >>> farthest([(0.0, 9.0), (1.0, 8.9), (4.0, 5.0), (8.0, 1.0), (9.0, 0.0)], [0, 4], 3)
    [0, 2, 4]
    """
    picked = list(dict.fromkeys(chosen))
    widths = [(max(column) - min(column)) or 1.0 for column in zip(*values, strict=True)]
    scaled = [tuple(value / width for value, width in zip(row, widths, strict=True)) for row in values]
    away = [min((math.dist(row, scaled[index]) for index in picked), default=math.inf) for row in scaled]
    while len(picked) < min(most, len(values)):
        index = max((i for i in range(len(values)) if i not in picked), key=lambda i: (away[i], -i))
        picked.append(index)
        away = [min(old, math.dist(row, scaled[index])) for old, row in zip(away, scaled, strict=True)]
    return sorted(picked)

"""How often arrows cross, told from the heights at which they leave, pass and reach columns, before they are drawn.

Between two columns all arrows bend alike, so two of them cross exactly when they swap heights. A loop on the right side
of a column is crossed by what leaves that side between its ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations, pairwise

from advisor.render.diagram_layout import Placing

Span = tuple[float, float]  # heights at the left and at the right of a gap; of a loop, those of its ends


def crossings(placing: Placing) -> int:
    """Return how many times arrows cross in a settled arrangement."""
    spans, loops = _spans(placing)
    swaps = sum(_swap(a, b) for found in spans.values() for a, b in combinations(found, 2))
    left = sum(low < left < high for gap, found in loops.items() for low, high in found for left, _ in spans[gap])
    return swaps + left + sum(_interleave(a, b) for found in loops.values() for a, b in combinations(found, 2))


def _spans(placing: Placing) -> tuple[dict[int, list[Span]], dict[int, list[Span]]]:
    """Return what bends through each gap (named by the column on its left), and the loops that stand in it."""
    spans: dict[int, list[Span]] = defaultdict(list)
    loops: dict[int, list[Span]] = defaultdict(list)
    for i, edge in enumerate(placing.spec.edges):
        here, there = placing.column[edge.source], placing.column[edge.target]
        heights = [placing.port(edge.source, i)[1], *_lanes(placing, i), placing.port(edge.target, i)[1]]
        if here == there:
            loops[here].append((min(heights), max(heights)))
            continue
        if there < here:
            here, there, heights = there, here, heights[::-1]
        for gap, span in zip(range(here, there), pairwise(heights), strict=True):
            spans[gap].append(span)
    return spans, loops


def _lanes(placing: Placing, edge: int) -> Sequence[float]:
    ends = placing.spec.edges[edge]
    here, there = placing.column[ends.source], placing.column[ends.target]
    step = 1 if there > here else -1
    return [placing.lanes[edge, column] for column in range(here + step, there, step)] if here != there else []


def _swap(a: Span, b: Span) -> bool:
    return (a[0] - b[0]) * (a[1] - b[1]) < 0


def _interleave(a: Span, b: Span) -> bool:
    """Return whether two loops on one side cross: one begins inside the other and ends outside.

    >>> _interleave((0, 5), (3, 9)), _interleave((0, 9), (3, 5)), _interleave((0, 2), (3, 5))
    (True, False, False)
    """
    return a[0] < b[0] < a[1] < b[1] or b[0] < a[0] < b[1] < a[1]

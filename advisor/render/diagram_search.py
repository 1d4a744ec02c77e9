"""The arrangement that is easiest to read: columns are filled in several ways, then blocks and cards change places
as long as that helps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from advisor.render.diagram_columns import Block, Columns, arrangements
from advisor.render.diagram_crossings import crossings
from advisor.render.diagram_layout import Placing
from advisor.render.diagram_shapes import Plan
from advisor.render.diagram_spec import OUTSIDE, DiagramSpec

HEADER = 70.0  # title, caption and legend in most drawings
WIDEST = 1240.0  # 11 point text is at least 11 px high when this width is scaled to 1 280 px
BROADEST, NARROWEST = 1.95, 1.5  # width over height of what fits a laptop screen
LEFTWARD, UPWARD = 8, 4  # times what an arrow over one column, and a pair in the wrong order, is bad
STARTS, STEPS = 3, 400  # arrangements that are improved, and what is tried for each
CROSSING, BACKWARD, DISORDER, CHANGE, CLIMB = 0.08, 0.05, 0.006, 0.04, 0.03  # what makes a drawing harder to read


def place(spec: DiagramSpec) -> Plan:
    """Return the arrangement that reads best: near 16:9, text not too small, few crossings, requests to the right."""
    found = [_judged(spec, columns, changes) for columns, changes in arrangements(spec)]
    starts = sorted(found, key=lambda one: one[0])[:STARTS]
    best = min((_improved(spec, *start) for start in starts), key=lambda one: one[0])
    return Placing(spec, best[1]).plan()


Judged = tuple[float, Columns, int]


def _improved(spec: DiagramSpec, badness: float, columns: Columns, changes: int) -> Judged:
    """Take any step that makes it better until none does."""
    left, seen = STEPS, {columns}
    better = True
    while better and left > 0:
        better = False
        for other in _steps(columns):
            if other in seen:
                continue
            seen.add(other)
            left -= 1
            found = _judged(spec, other, changes)
            if found[0] < badness - 1e-9:
                badness, columns, better = found[0], other, True
                break
            if left <= 0:
                break
    return badness, columns, changes


def _steps(columns: Columns) -> Iterator[Columns]:
    """Yield every arrangement one step away: neighbours swapped, in a column or in a frame, or a frame moved."""
    for at, stack in enumerate(columns):
        for i in range(len(stack) - 1):
            if stack[i].where == stack[i + 1].where:
                yield _with(columns, at, (*stack[:i], stack[i + 1], stack[i], *stack[i + 2 :]))
        for i, block in enumerate(stack):
            for j in range(len(block.nodes) - 1):
                nodes = (*block.nodes[:j], block.nodes[j + 1], block.nodes[j], *block.nodes[j + 2 :])
                yield _with(columns, at, (*stack[:i], replace(block, nodes=nodes), *stack[i + 1 :]))
    yield from _moves(columns)


def _moves(columns: Columns) -> Iterator[Columns]:
    """Yield every arrangement in which one frame stands in another column, which may not be one of who is outside."""
    framed = [at for at, stack in enumerate(columns) if any(block.layer for block in stack)]
    for at in framed:
        for i, block in enumerate(columns[at]):
            rest = (*columns[at][:i], *columns[at][i + 1 :])
            for to in framed:
                for j in range(len(columns[to]) + 1) if to != at else ():
                    moved = _with(columns, to, (*columns[to][:j], block, *columns[to][j:]))
                    yield tuple(stack for stack in _with(moved, at, rest) if stack)


def _with(columns: Columns, at: int, stack: tuple[Block, ...]) -> Columns:
    return (*columns[:at], stack, *columns[at + 1 :])


def _judged(spec: DiagramSpec, columns: Columns, changes: int) -> Judged:
    placing = Placing(spec, columns)
    placing.settle()
    width, height = placing.size
    aspect = width / (height + HEADER)
    shape = max(0.0, math.log(aspect / BROADEST), math.log(NARROWEST / aspect))
    small = max(0.0, math.log(width / WIDEST))
    ways = CROSSING * crossings(placing) + BACKWARD * _backward(placing) + DISORDER * _disorder(placing)
    badness = shape + 3 * small + ways + CLIMB * _climb(placing) + CHANGE * changes
    return round(badness, 6), columns, changes


def _backward(placing: Placing) -> int:
    """Return how much the request path does not read from left to right."""
    steps = [placing.column[e.target] - placing.column[e.source] for e in placing.spec.edges if e.kind == "request"]
    return sum(LEFTWARD if step < 0 else 2 if step == 0 else min(step - 1, 2) for step in steps)


def _disorder(placing: Placing) -> int:
    """Return how often the drawing does not read from top to bottom: who starts a flow, loops, a caller's arrows."""
    top = {name: card.y for name, card in placing.cards.items()}
    edges = [edge for edge in placing.spec.edges if edge.number is not None]
    up = sum(placing.column[e.source] == placing.column[e.target] and top[e.source] > top[e.target] for e in edges)
    pairs = [(a, b) for a, b in combinations(edges, 2) if (a.source, a.kind) == (b.source, b.kind)]
    side = placing.column
    starts = [node.id for node in placing.spec.nodes if node.layer == OUTSIDE]
    late = sum(side[a] == side[b] and top[a] > top[b] for a, b in combinations(starts, 2))
    wrong = sum(side[a.target] == side[b.target] and top[a.target] > top[b.target] for a, b in pairs)
    return UPWARD * (up + late) + wrong


def _climb(placing: Placing) -> float:
    """Return how far arrows lead up or down, in heights of the drawing."""
    total = sum(abs(placing.cards[e.source].middle[1] - placing.cards[e.target].middle[1]) for e in placing.spec.edges)
    return total / placing.size[1]

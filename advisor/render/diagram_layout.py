"""Where everything stands: cards in frames in columns, arrows through the gaps, numbers on the arrows.

``dot`` alone orders a hub's spokes as it likes and crosses them; here the same spec always gives the same tidy places,
which travel in the DOT text as ``pos`` (y grows downwards here, upwards there). All lengths are points.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from advisor.render.diagram_columns import Block, Columns
from advisor.render.diagram_shapes import Arrow, Box, Plan, Point, before_end, bend, loop, lower, lower_arrow, sampled
from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Edge, Node
from advisor.render.diagram_text import card_lines, text_width, wrap

CARD, OUTSIDE_CARD, INSET = 206.0, 134.0, 10.0  # width of a card, of a card outside, of the space left of its text
FRAME, FRAME_TITLE = 9.0, 22.0  # margin inside a frame, height of its title
LABEL, LABEL_SIZE = 96.0, 11  # widest text beside an arrow, and its size
ARROW, BADGE = 7.0, 16.0
BETWEEN, BELOW, LANE = 8.0, 14.0, 14.0  # between cards, between frames, added for each arrow that passes between frames
PORT = 25.0  # distance of arrows on the side of a hub
Passage = tuple[int, int]  # an edge and a column that it passes
Stop = tuple[int, float]  # a gap between boxes of that column and a height in it


def label_lines(edge: Edge) -> list[str]:
    """Return the text beside an arrow, wrapped."""
    return wrap(edge.label, LABEL, LABEL_SIZE)


def label_size(edge: Edge) -> tuple[float, float]:
    """Return width and height of the text beside an arrow."""
    lines = label_lines(edge)
    return max((text_width(line, LABEL_SIZE) for line in lines), default=0) + 6, len(lines) * round(LABEL_SIZE * 1.25)


def badge_width(edge: Edge) -> float:
    """Return the width of the number on an arrow, 0 without one."""
    return max(BADGE, text_width(edge.mark, LABEL_SIZE, bold=True) + 6) if edge.mark else 0.0


class Placing:
    """One arrangement on its way to a plan: :meth:`settle` finds places, :meth:`plan` adds the arrows."""

    def __init__(self, spec: DiagramSpec, columns: Columns) -> None:
        self.spec, self.columns = spec, columns
        self.column = {node.id: i for i, stack in enumerate(columns) for block in stack for node in block.nodes}
        self.right, self.left = self._ends()
        self.heights = {node.id: self._card_height(node) for node in spec.nodes}
        self.spans = self._column_spans()
        self.cards: dict[str, Box] = {}
        self.frames: dict[str, Box] = {}
        self.stacks: list[list[Box]] = []
        self.extra: dict[Passage, int] = {}
        self.lanes: dict[Passage, float] = {}

    def settle(self) -> None:
        """Place twice: the second time with room for the arrows that pass between frames."""
        self._stack_all()
        self.extra = self._count(self._choose_gaps())
        self._stack_all()
        self._settle_lanes(self._choose_gaps())

    def plan(self) -> Plan:
        """Return everything in its place, arrows included."""
        self.settle()
        arrows = tuple(self._arrow(i, edge) for i, edge in enumerate(self.spec.edges))
        return self._bounded(tuple(self._labelled(arrows)))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of what is settled, what sticks out of the last column left out."""
        boxes = [*self.frames.values(), *self.cards.values()]
        heights = [*self.lanes.values(), *(box.y for box in boxes), *(box.bottom for box in boxes), 0.0, 1.0]
        width = max([1.0, *(box.right for box in boxes)]) + self._gap_width(len(self.columns) - 1) * self._loops_last()
        return width, max(heights) - min(heights)

    def _loops_last(self) -> bool:
        last = len(self.columns) - 1
        return any(self.column[edge.source] == self.column[edge.target] == last for edge in self.spec.edges)

    # Sides, sizes, columns

    def _ends(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Return the edges that touch each side of each card: loops and what lies to the right are on its right."""
        right: dict[str, list[int]] = {node.id: [] for node in self.spec.nodes}
        left: dict[str, list[int]] = {node.id: [] for node in self.spec.nodes}
        for i, edge in enumerate(self.spec.edges):
            here, there = self.column[edge.source], self.column[edge.target]
            (right if here <= there else left)[edge.source].append(i)
            (right if there <= here else left)[edge.target].append(i)
        return right, left

    def _card_height(self, node: Node) -> float:
        width = (OUTSIDE_CARD if node.layer == OUTSIDE else CARD) - 2 * INSET
        text = sum(line.height for line in card_lines(node, width)) + 12
        most = max(len(self.right[node.id]), len(self.left[node.id]))
        return max(text, 36.0, most * PORT + 20 if most > 3 else most * 18 + 6)

    def _column_spans(self) -> list[tuple[float, float]]:
        """Return left and right side of each column, with gaps that grow with what passes through them."""
        spans, x = [], 0.0
        for i, stack in enumerate(self.columns):
            framed = any(block.layer for block in stack)
            width = CARD + 2 * FRAME if framed else OUTSIDE_CARD
            spans.append((x, x + width))
            x += width + self._gap_width(i)
        return spans

    def _gap_width(self, left: int) -> float:
        passing, label, loop = 0, 0.0, 0.0
        for edge in self.spec.edges:
            here, there = sorted((self.column[edge.source], self.column[edge.target]))
            text = label_size(edge)[0] if edge.label else 0.0
            if here == there == left:
                loop = max(loop, self._loop_room(left) - 10 + text)
            elif here <= left < there:
                passing += 1
                label = max(label, text)
        return max(40 + min(50, 7 * passing), label + 44 if label else 0) + loop

    def _loop_room(self, column: int) -> float:
        """Return how far loops stand off their column: behind the widest of their numbers, all alike so they nest."""
        loops = (e for e in self.spec.edges if self.column[e.source] == column == self.column[e.target])
        return max([30.0, *(badge_width(edge) + 14 for edge in loops)])

    # Stacks

    def _stack_all(self) -> None:
        inner = [self._height(stack, i, "middle") for i, stack in enumerate(self.columns)]
        pinned = [
            max(self._height(stack, i, "top"), self._height(stack, i, "bottom")) for i, stack in enumerate(self.columns)
        ]
        height = max(a + 2 * (b + BELOW if b else 0) for a, b in zip([0.0, *inner], [0.0, *pinned], strict=True))
        self.stacks = []
        for i, stack in enumerate(self.columns):
            boxes: list[Box] = []
            starts = {
                "top": 0.0,
                "middle": (height - inner[i]) / 2,
                "bottom": height - self._height(stack, i, "bottom"),
            }
            for where, y in starts.items():
                blocks = [block for block in stack if block.where == where]
                framed = any(block.layer for block in blocks)
                boxes += self._stack(i, blocks, y if framed else y + (FRAME_TITLE - FRAME) / 2 * (where == "middle"))
            self.stacks.append(boxes)

    def _height(self, stack: Sequence[Block], column: int, where: str) -> float:
        blocks = [block for block in stack if block.where == where]
        gaps = sum(self._below(column, block) for block in blocks[:-1])
        return sum(self._block_height(block) for block in blocks) + gaps

    def _below(self, column: int, block: Block) -> float:
        order = sorted(self.columns[column], key=lambda b: ("top", "middle", "bottom").index(b.where))
        lanes = self.extra.get((column, order.index(block) + 1), 0)
        return BELOW + LANE * lanes

    def _block_height(self, block: Block) -> float:
        cards = sum(self.heights[node.id] for node in block.nodes) + BETWEEN * (len(block.nodes) - 1)
        return cards + (FRAME_TITLE + FRAME if block.layer else 0)

    def _stack(self, column: int, blocks: Sequence[Block], y: float) -> list[Box]:
        left, right = self.spans[column]
        boxes = []
        for block in blocks:
            box = Box(left, y, right - left, self._block_height(block))
            if block.layer:
                self.frames[block.layer] = box
            self._stack_cards(block, box)
            boxes.append(box)
            y = box.bottom + self._below(column, block)
        return boxes

    def _stack_cards(self, block: Block, box: Box) -> None:
        y = box.y + (FRAME_TITLE if block.layer else 0)
        width = CARD if block.layer else OUTSIDE_CARD
        for node in block.nodes:
            self.cards[node.id] = Box(box.x + (box.width - width) / 2, y, width, self.heights[node.id])
            y += self.heights[node.id] + BETWEEN

    # Lanes: how an arrow passes a column that it does not stop in

    def _choose_gaps(self) -> dict[Passage, Stop]:
        """Return for (edge, passed column) the gap between boxes, and the height where the arrow would like to be."""
        chosen: dict[Passage, Stop] = {}
        for i, edge in enumerate(self.spec.edges):
            here, there = self.column[edge.source], self.column[edge.target]
            step = 1 if there > here else -1
            passed = range(here + step, there, step)
            way = self._shortest(passed, self.cards[edge.source].middle[1], self.cards[edge.target].middle[1])
            chosen |= {(i, column): stop for column, stop in zip(passed, way, strict=True)}
        return chosen

    def _shortest(self, passed: Sequence[int], start: float, goal: float) -> tuple[Stop, ...]:
        """Return gap and height in each passed column so that the arrow climbs little, and late rather than early."""
        ways: list[tuple[float, tuple[Stop, ...]]] = [(0.0, ())]
        for n, column in enumerate(passed):
            best: dict[Stop, tuple[float, tuple[Stop, ...]]] = {}
            for gap, (low, high) in enumerate(self._gaps(column)):
                for cost, way in ways:
                    y = way[-1][1] if way else start
                    for at in {min(max(y, low), high), min(max(goal, low), high)}:
                        so_far = cost + abs(at - y) * (1.1 - 0.01 * n), (*way, (gap, at))
                        best[gap, at] = min(best.get((gap, at), so_far), so_far)
            ways = list(best.values())
        return min((cost + abs(goal - (way[-1][1] if way else start)), way) for cost, way in ways)[1]

    def _gaps(self, column: int) -> list[tuple[float, float]]:
        boxes = self.stacks[column]
        tops = [-math.inf, *(box.bottom + BELOW * 0.7 for box in boxes)]
        bottoms = [*(box.y - BELOW * 0.7 for box in boxes), math.inf]
        return list(zip(tops, bottoms, strict=True))

    def _count(self, chosen: dict[Passage, Stop]) -> dict[Passage, int]:
        counts: dict[Passage, int] = {}
        for (_, column), (gap, _) in chosen.items():
            counts[column, gap] = counts.get((column, gap), 0) + 1
        return counts

    def _settle_lanes(self, chosen: dict[Passage, Stop]) -> None:
        """Give arrows in one gap different heights, in the order of where they go."""
        for column, gap in sorted(self._count(chosen)):
            low, high = self._gaps(column)[gap]
            inside = [key for key, (its_gap, _) in chosen.items() if key[1] == column and its_gap == gap]
            inside.sort(key=lambda key: (self._goal(key), key))
            room = LANE * (len(inside) - 1)
            wanted = sum(chosen[key][1] for key in inside) / len(inside) - room / 2
            first = (low + high - room) / 2 if high - low < room + LANE else min(max(wanted, low), high - room)
            for n, key in enumerate(inside):
                self.lanes[key] = first + LANE * n

    def _goal(self, key: tuple[int, int]) -> float:
        edge = self.spec.edges[key[0]]
        return self.cards[edge.target].middle[1]

    # Arrows

    def port(self, node: str, edge: int) -> Point:
        """Return where an arrow touches a card; arrows on one side are ordered by where they come from or go to."""
        box = self.cards[node]
        right = edge in self.right[node]
        side = self.right[node] if right else self.left[node]
        ends = sorted(side, key=lambda i: (*self._rank(i, node, len(side)), i))
        spacing = min(PORT * 1.3, (box.height - 20) / max(len(ends) - 1, 1)) if len(ends) > 3 else 18.0
        y = box.middle[1] + spacing * (ends.index(edge) - (len(ends) - 1) / 2)
        return (box.right if right else box.x), y

    def _rank(self, i: int, node: str, crowd: int) -> tuple[int, float]:
        """Return the place of an arrow on a side: by height, loops nested; outermost on a hub, else innermost."""
        edge = self.spec.edges[i]
        other, here = (edge.target, edge.source) if edge.source == node else (edge.source, edge.target)
        away = self.cards[other].middle[1] - self.cards[here].middle[1]
        if self.column[other] == self.column[here]:
            return (2 if crowd > 3 else 1) * (1 if away > 0 else -1), -away
        step = 1 if self.column[other] > self.column[here] else -1
        y = self.lanes.get((i, self.column[here] + step), self.cards[other].middle[1])
        return 0 if crowd > 3 else 2 if y > self.cards[here].middle[1] else -2, y

    def _arrow(self, i: int, edge: Edge) -> Arrow:
        start, tip = self.port(edge.source, i), self.port(edge.target, i)
        if self.column[edge.source] == self.column[edge.target]:
            half = 9.0 if edge.source == edge.target else 0.0
            start, tip = (start[0], start[1] - half), (tip[0], tip[1] + half)
            return self._finish(
                edge, loop(start, (tip[0] + ARROW, tip[1]), self._loop_room(self.column[edge.source])), tip
            )
        step = 1 if self.column[edge.source] < self.column[edge.target] else -1
        points = [start]
        for column in range(self.column[edge.source] + step, self.column[edge.target], step):
            near, far = self.spans[column][::step]
            lane = self.lanes[i, column]
            points += bend(points[-1], (near, lane)) + bend((near, lane), (far, lane))
        points += bend(points[-1], (tip[0] - step * ARROW, tip[1]))
        return self._finish(edge, points, tip)

    def _finish(self, edge: Edge, points: Sequence[Point], tip: Point) -> Arrow:
        badge = before_end(points, 5 + badge_width(edge) / 2)
        return Arrow(tuple(points), tip, badge, badge)

    def _labelled(self, arrows: tuple[Arrow, ...]) -> Iterator[Arrow]:
        """Yield the arrows, each text where it covers least: beside its arrow's end, else on the arrow itself."""
        curves = [sampled(arrow.points) for arrow in arrows]
        badges = [arrow.badge for edge, arrow in zip(self.spec.edges, arrows, strict=True) if edge.mark]
        taken = [(x + dx, y + dy) for x, y in badges for dx in (-8, -3, 3, 8) for dy in (-7, 7)]
        for i, (edge, arrow) in enumerate(zip(self.spec.edges, arrows, strict=True)):
            others = [point for j, curve in enumerate(curves) if j != i for point in curve] + taken
            places = list(self._label_places(edge, arrow)) if edge.label else [arrow.label]
            size = label_size(edge)
            yield replace(arrow, label=min(places, key=lambda at: self._covered(at, size, others, curves[i])))

    def _label_places(self, edge: Edge, arrow: Arrow) -> Iterator[Point]:
        (width, height), badge = label_size(edge), badge_width(edge)
        outwards = 1 if arrow.badge[0] > arrow.tip[0] else -1
        x = arrow.tip[0] + outwards * (ARROW + 6 + badge + width / 2)
        away = 1 if arrow.points[0][1] < arrow.tip[1] - 1 else -1  # the side that the arrow does not come from
        if self.column[edge.source] == self.column[edge.target]:
            yield from ((arrow.badge[0] + badge / 2 + far + width / 2, arrow.badge[1]) for far in (4, 28, 52, 76))
        yield from ((x, arrow.tip[1] + side * (height / 2 + 2)) for side in (away, -away))
        yield from (before_end(arrow.points, badge + far + width / 2) for far in range(10, 160, 10))

    def _covered(self, at: Point, size: Point, others: Sequence[Point], own: Sequence[Point]) -> float:
        left, top = at[0] - size[0] / 2, at[1] - size[1] / 2
        right, bottom = left + size[0], top + size[1]

        def inside(points: Sequence[Point]) -> int:
            return sum(left < x < right and top < y < bottom for x, y in points)

        boxes = (*self.cards.values(), *self.frames.values())
        over = sum(c.x < right and left < c.right and c.y < bottom and top < c.bottom for c in boxes)
        return 20 * over + inside(others) + 0.1 * inside(own)

    def _bounded(self, arrows: tuple[Arrow, ...]) -> Plan:
        boxes = [*self.frames.values(), *self.cards.values()]
        points = [point for arrow in arrows for point in arrow.points]
        for edge, arrow in zip(self.spec.edges, arrows, strict=True):
            points += [(arrow.label[0] + label_size(edge)[0] / 2, arrow.label[1])] if edge.label else []
        top = min([0.0, *(y - BADGE / 2 for _, y in points)])
        bottom = max([1.0, *(box.bottom for box in boxes), *(y + BADGE / 2 for _, y in points)])
        width = max([1.0, *(box.right for box in boxes), *(x for x, _ in points)])
        return Plan(
            width,
            bottom - top,
            {name: lower(box, -top) for name, box in self.cards.items()},
            {name: lower(box, -top) for name, box in self.frames.items()},
            tuple(lower_arrow(arrow, -top) for arrow in arrows),
        )

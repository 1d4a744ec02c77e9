"""Which layer stands in which column: depth along the request path first, then balance for a screen.

A layer is never torn apart: its frame stands in one column, so frames can neither overlap nor interleave.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Edge, Node

Where = Literal["top", "middle", "bottom"]


@dataclass(frozen=True)
class Block:
    """What is stacked in a column: the frame of a layer, or one node outside (``layer`` is "")."""

    layer: str
    nodes: tuple[Node, ...]
    where: Where = "middle"


Columns = tuple[tuple[Block, ...], ...]


def arrangements(spec: DiagramSpec) -> Iterator[tuple[Columns, int]]:
    """Yield different ways to fill columns, each with the number of stages that it splits or merges."""
    stages = _stages(spec)
    seen: set[Columns] = set()
    for most in range(len(stages), min(len(stages), 3) - 1, -1):
        merged = _merge(stages, most)
        tallest = max((_cards(stage) for stage in merged), default=1)
        for limit in range(tallest, min(tallest, 3) - 1, -1):
            split = [column for stage in merged for column in _split(stage, limit)]
            columns = _with_outside(spec, _with_isolated(spec, split))
            if columns not in seen:
                seen.add(columns)
                yield columns, (len(stages) - len(merged)) + (len(split) - len(merged))


def _cards(stage: Sequence[Block]) -> int:
    return sum(len(block.nodes) for block in stage)


def _stages(spec: DiagramSpec) -> list[list[Block]]:
    """Return the connected layers by depth, each stage in the order of the layers."""
    depths = _depths(spec)
    touched = {end for edge in spec.edges for end in (edge.source, edge.target)}
    deepest = max((depths[n.id] for n in spec.nodes if n.id in depths and n.layer != OUTSIDE), default=1)
    stages: dict[int, list[Block]] = {}
    for block in _blocks(spec):
        if any(node.id in touched for node in block.nodes):
            known = [depths[node.id] for node in block.nodes if node.id in depths]
            stages.setdefault(max(1, min(known, default=deepest)), []).append(block)
    return [stages[depth] for depth in sorted(stages)]


def _blocks(spec: DiagramSpec) -> list[Block]:
    blocks = [Block(la.id, tuple(n for n in spec.nodes if n.layer == la.id)) for la in spec.layers if la.id != OUTSIDE]
    return [block for block in blocks if block.nodes]


def _depths(spec: DiagramSpec) -> Mapping[str, int]:
    """Return how many calls away from the start each node of the main path is."""
    edges = _main_edges(spec.edges)
    targets = {edge.target for edge in edges}
    starts = [edge.source for edge in edges if edge.source not in targets] or [edge.source for edge in edges[:1]]
    layers = {node.id: node.layer for node in spec.nodes}
    depths = {start: int(layers[start] != OUTSIDE) for start in starts}
    waiting = deque(depths)
    while waiting:
        here = waiting.popleft()
        for edge in edges:
            if edge.source == here and edge.target not in depths:
                depths[edge.target] = depths[here] + 1
                waiting.append(edge.target)
    return depths


def _main_edges(edges: Sequence[Edge]) -> list[Edge]:
    for kind in ("request", "data", "background"):
        found = [edge for edge in edges if edge.kind == kind]
        if found:
            return found
    return []


def _merge(stages: Sequence[Sequence[Block]], most: int) -> list[list[Block]]:
    """Join the smallest neighbours until at most ``most`` stages are left."""
    merged = [list(stage) for stage in stages]
    while len(merged) > most:
        at = min(range(len(merged) - 1), key=lambda i: (_cards(merged[i]) + _cards(merged[i + 1]), i))
        merged[at : at + 2] = [merged[at] + merged[at + 1]]
    return merged


def _split(stage: Sequence[Block], limit: int) -> list[list[Block]]:
    """Spread a stage over as many columns as ``limit`` cards a column ask for, evenly and in order."""
    count = -(-_cards(stage) // limit)
    share = _cards(stage) / max(count, 1)
    columns: list[list[Block]] = [[]]
    for block in stage:
        if columns[-1] and _cards(columns[-1]) + len(block.nodes) / 2 > share and len(columns) < count:
            columns.append([])
        columns[-1].append(block)
    return columns


def _with_isolated(spec: DiagramSpec, columns: Sequence[Sequence[Block]]) -> list[list[Block]]:
    """Put each layer that nothing connects on top of the column with the fewest cards."""
    result = [list(column) for column in columns] or [[]]
    placed = {block.layer for column in columns for block in column}
    for block in _blocks(spec):
        if block.layer not in placed:
            column = min(result, key=_cards)
            column.append(Block(block.layer, block.nodes, "top" if column else "middle"))
    return result


def _with_outside(spec: DiagramSpec, columns: Sequence[Sequence[Block]]) -> Columns:
    """Put who starts something into a first column, who only receives into a last one."""
    outside = [node for node in spec.nodes if node.layer == OUTSIDE]
    sources = {edge.source for edge in spec.edges}
    targets = {edge.target for edge in spec.edges}
    last = [node for node in outside if node.id in targets and node.id not in sources]
    first = sorted((node for node in outside if node not in last), key=lambda node: _is_late(spec, node))
    stacks = (_outside_stack(spec, first), *(tuple(column) for column in columns), _outside_stack(spec, last))
    return tuple(stack for stack in stacks if stack)


def _is_late(spec: DiagramSpec, node: Node) -> bool:
    main = {edge.source for edge in _main_edges(spec.edges)}
    return node.id not in main


def _outside_stack(spec: DiagramSpec, nodes: Sequence[Node]) -> tuple[Block, ...]:
    places: list[Where] = ["bottom" if i and _is_late(spec, node) else "middle" for i, node in enumerate(nodes)]
    return tuple(Block("", (node,), where) for node, where in zip(nodes, places, strict=True))

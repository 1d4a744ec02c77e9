"""What a diagram shows, as plain data: nodes, numbered edges, layers; and paths turned into edges.

Every string is text that somebody typed and means only itself; drawing escapes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["request", "data", "background"]
OUTSIDE = "outside"  # the layer of people and systems that are not part of the architecture


@dataclass(frozen=True)
class Node:
    """One card: a role and what fills it, or (layer ``outside``) somebody who uses the system.

    Attributes:
        id: unique; edges name it.
        role: muted top line, for example ``Vector store``.
        component: bold line, for example ``Qdrant``.
        size: for example ``3 × r7g.xlarge, 2 zones``.
        figures: what the solver says, for example ``980 USD · p95 18 ms · 99.95 %``.
        layer: id of a :class:`Layer`, or ``outside``.
        tooltip: shown on hover; the card's own text when empty.
        accent: this stage dominates the latency.
        soft: the answer survives the loss of this role.
        places: where it runs: clouds, or vendors with places of their own.
    """

    id: str
    role: str
    component: str
    size: str
    figures: str
    layer: str
    tooltip: str = ""
    accent: bool = False
    soft: bool = False
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """One arrow. ``number`` is drawn on it; request and data paths are numbered separately.

    ``flow``: a letter before the number, where several flows of a kind each count from 1. ``also``: the marks of other
    flows that take the same way.
    """

    source: str
    target: str
    label: str = ""
    number: int | None = None
    kind: Kind = "request"
    accent: bool = False
    flow: str = ""
    also: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """Return what is drawn on the arrow: ``3``, ``A3 B3``, or nothing."""
        return "" if self.number is None else " ".join((f"{self.flow}{self.number}", *self.also))


@dataclass(frozen=True)
class Layer:
    """A frame around the roles of one layer; the order of layers is the order of drawing."""

    id: str
    title: str


@dataclass(frozen=True)
class DiagramSpec:
    """Everything a diagram shows.

    Raises:
        ValueError: an id is used twice, or an edge or node names something that does not exist.

    >>> DiagramSpec("t", "", (), (Node("a", "User asks", "", "", "", "outside"),), (Edge("a", "b"),))
    Traceback (most recent call last):
    ValueError: edge 'a' -> 'b' names the unknown node 'b'
    """

    title: str
    caption: str
    layers: tuple[Layer, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        """Refuse what could only be drawn wrongly."""
        nodes = _unique("node", (node.id for node in self.nodes))
        layers = _unique("layer", (layer.id for layer in self.layers)) | {OUTSIDE}
        for node in self.nodes:
            if node.layer not in layers:
                raise ValueError(f"node {node.id!r} names the unknown layer {node.layer!r}")
        for edge in self.edges:
            for end in (edge.source, edge.target):
                if end not in nodes:
                    raise ValueError(f"edge {edge.source!r} -> {edge.target!r} names the unknown node {end!r}")


def _unique(what: str, ids: Iterable[str]) -> set[str]:
    counts = Counter(ids)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise ValueError(f"{what} id {twice[0]!r} is used twice")
    return set(counts)


@dataclass(frozen=True)
class Hop:
    """One step of a path: who is asked, what is written on the arrow, and whether anybody waits for it."""

    node: str
    label: str = ""
    background: bool = False
    accent: bool = False


def route(
    path: Sequence[Hop], *, hubs: Collection[str] = (), kind: Kind = "request", flow: str = ""
) -> tuple[Edge, ...]:
    """Return the edges of a path: a chain up to a hub, then one spoke for everything that the hub asks.

    A hub is a role that calls others and gets the answers back (application service, workers). A call that is made
    twice is drawn once, under its first number; background calls carry no number.

    Args:
        path: the asked nodes in order; the first is who starts (usually a node outside).
        hubs: ids of the nodes that call others. Without any, the path is a chain.
        kind: ``request`` or ``data``; hops in the background become ``background`` edges.
        flow: letter of the flow, "" where no other flow of its kind is drawn.

    >>> [(e.number, e.source, e.target) for e in route([Hop("user"), Hop("app"), Hop("llm"), Hop("db")], hubs={"app"})]
    [(1, 'user', 'app'), (2, 'app', 'llm'), (3, 'app', 'db')]
    >>> [(e.number, e.source, e.target) for e in route([Hop("files"), Hop("queue"), Hop("index")], kind="data")]
    [(1, 'files', 'queue'), (2, 'queue', 'index')]
    """
    edges: dict[tuple[str, str], Edge] = {}
    number = 0
    caller = path[0].node if path else ""
    for hop in path[1:]:
        if hop.node != caller and (caller, hop.node) not in edges:
            number += not hop.background
            edges[caller, hop.node] = Edge(
                caller,
                hop.node,
                hop.label,
                None if hop.background else number,
                "background" if hop.background else kind,
                hop.accent,
                "" if hop.background else flow,
            )
        if hop.node in hubs or (caller not in hubs and not hop.background):
            caller = hop.node
    return tuple(edges.values())


def merged(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Return each way from one node to another once for each kind, with the marks of all flows that take it.

    >>> found = merged([Edge("a", "b", number=3, flow="A"), Edge("a", "b", "20 %", number=1, flow="B")])
    >>> [(edge.mark, edge.label) for edge in found]
    [('A3 B1', '20 %')]
    """
    ways: dict[tuple[str, str, Kind], Edge] = {}
    for edge in edges:
        key = (edge.source, edge.target, edge.kind)
        first = ways.setdefault(key, edge)
        if first is not edge:
            also = (*first.also, *([edge.mark] if edge.mark else []))
            label, accent = first.label or edge.label, first.accent or edge.accent
            ways[key] = replace(first, also=also, label=label, accent=accent)
    return tuple(ways.values())

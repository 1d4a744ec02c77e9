"""Names of nodes and layers in text formats that other programs read: plain, unique, never a word of the format."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Node
from advisor.render.diagram_text import clean, is_plain

LEGEND = {
    "request": "request path",
    "data": "data path",
    "background": "in the background",
}


def plain_names(ids: Iterable[str], prefix: str) -> dict[str, str]:
    """Return id -> a name made of letters, digits and underscores.

    >>> plain_names(["llm", "end", "a b<c"], "role")
    {'llm': 'role_llm', 'end': 'role_end', 'a b<c': 'role_2'}
    """
    return {key: f"{prefix}_{key}" if is_plain(key) else f"{prefix}_{at}" for at, key in enumerate(ids)}


def node_names(spec: DiagramSpec) -> dict[str, str]:
    """Return node id -> name."""
    return plain_names((node.id for node in spec.nodes), "role")


def layer_names(spec: DiagramSpec) -> dict[str, str]:
    """Return layer id -> name, of the layers that hold something."""
    used = {node.layer for node in spec.nodes}
    return plain_names((layer.id for layer in spec.layers if layer.id in used), "layer")


def lines(node: Node) -> list[str]:
    """Return what a card says, line by line; empty ones are left out."""
    return [text for text in map(clean, (node.role, node.component, node.size, node.figures)) if text]


def outside(spec: DiagramSpec) -> list[Node]:
    """Return who is not part of the architecture."""
    return [node for node in spec.nodes if node.layer == OUTSIDE]

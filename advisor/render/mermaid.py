"""Spec -> Mermaid flowchart, for places that draw Mermaid themselves (code hosts, wikis, notebooks)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from advisor.render.diagram import COLOURS
from advisor.render.diagram_names import layer_names, lines, node_names, outside
from advisor.render.diagram_spec import DiagramSpec, Edge, Kind, Node
from advisor.render.diagram_text import clean

_READABLE = re.compile(r"[^\W_]|[ \u00a0,:/%·×–−€()]|(?<=[^\W_])[.-](?=[^\W_])")  # as they are; the rest as entities
_BACKSLASH = "#92;#8288;"  # with a word joiner behind it: Mermaid breaks the line at a backslash and an n
_ARROWS: dict[Kind, str] = {"request": "-->", "data": "-.->", "background": "-.->"}
_CLASSES = {
    "role": ("card", "card_line", "ink", ""),
    "soft": ("card", "muted", "ink", ",stroke-dasharray:4 3"),
    "accent": ("accent_card", "accent", "ink", ",stroke-width:2px"),
    "outside": ("request", "request", "on_flow", ""),
    "layer": ("frame", "frame_line", "muted", ""),
}


def mermaid(spec: DiagramSpec) -> str:
    """Return the text of a diagram; what people typed stands in it as entities wherever it could mean something.

    >>> user = Node("a", "", "User asks", "", "", "outside")
    >>> print(mermaid(DiagramSpec("Two", "", (), (user,), ())).split("classDef")[0])
    ---
    title: "Two"
    ---
    flowchart LR
      role_a(["User asks"]):::outside
    """
    names = node_names(spec)
    text = [line for node in outside(spec) for line in _node(node, names, "  ")]
    for layer, name in layer_names(spec).items():
        title = next(one.title for one in spec.layers if one.id == layer)
        text.append(f'  subgraph {name}["{escaped(title) or " "}"]')
        text += [line for node in spec.nodes if node.layer == layer for line in _node(node, names, "    ")]
        text += ["  end", f"  class {name} layer"]
    text += [f"  {_edge(edge, names)}" for edge in spec.edges]
    head = ["---", f"title: {json.dumps(clean(spec.title))}", "---"] if clean(spec.title) else []
    return "\n".join([*head, "flowchart LR", *text, *_styles(spec)]) + "\n"


def escaped(text: str) -> str:
    """Return text for a quoted label: every character that Mermaid, Markdown or HTML could read is an entity.

    >>> escaped('<b>"x"</b> 3 × r7g.large, p95 #1')
    '#60;b#62;#34;x#34;#60;/b#62; 3 × r7g.large, p95 #35;1'
    """
    line = clean(text)
    plain = {found.start() for found in _READABLE.finditer(line)}
    entities = (c if at in plain else f"#{ord(c)};" for at, c in enumerate(line))
    return "".join(entities).replace("#92;", _BACKSLASH)


def _node(node: Node, names: dict[str, str], indent: str) -> Iterator[str]:
    label = "<br/>".join(map(escaped, lines(node))) or " "
    kind = "outside" if node.layer == "outside" else "accent" if node.accent else "soft" if node.soft else "role"
    ends = ("([", "])") if kind == "outside" else ("(", ")")
    yield f'{indent}{names[node.id]}{ends[0]}"{label}"{ends[1]}:::{kind}'


def _edge(edge: Edge, names: dict[str, str]) -> str:
    words = " · ".join(part for part in (edge.mark, escaped(edge.label)) if part)
    arrow = "==>" if edge.accent and edge.kind == "request" else _ARROWS[edge.kind]
    return f"{names[edge.source]} {arrow}" + (f'|"{words}"|' if words else "") + f" {names[edge.target]}"


def _styles(spec: DiagramSpec) -> Iterator[str]:
    for kind, (fill, stroke, ink, more) in _CLASSES.items():
        colours = (COLOURS[name][0] for name in (fill, stroke, ink))
        yield "  classDef {} fill:{},stroke:{},color:{}{}".format(kind, *colours, more)
    for kind in ("data", "background", "request"):
        at = [str(i) for i, edge in enumerate(spec.edges) if edge.kind == kind and not edge.accent]
        if at:
            yield f"  linkStyle {','.join(at)} stroke:{COLOURS[kind][0]}"
    accents = [str(i) for i, edge in enumerate(spec.edges) if edge.accent]
    if accents:
        yield f"  linkStyle {','.join(accents)} stroke:{COLOURS['accent'][0]},stroke-width:2px"

"""Spec -> D2, the text-to-diagram language of d2lang.com, with layers as containers."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.render.diagram import COLOURS
from advisor.render.diagram_names import layer_names, lines, node_names
from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Edge, Node
from advisor.render.diagram_text import clean

_CLASSES = {  # fill, stroke, text, more
    "outside": ("request", "request", "on_flow", "border-radius: 16"),
    "role": ("card", "card_line", "ink", "border-radius: 6"),
    "soft": ("card", "muted", "ink", "border-radius: 6; stroke-dash: 4"),
    "accent": ("accent_card", "accent", "ink", "border-radius: 6; stroke-width: 3"),
}
_FLOWS = {"request": 0, "data": 4, "background": 4}


def d2(spec: DiagramSpec) -> str:
    """Return the text of a diagram; what people typed stands between quotes that nothing in it can end.

    >>> user = Node("a", "", "User asks", "", "", "outside")
    >>> print(d2(DiagramSpec("Two", "", (), (user,), ())).splitlines()[-1])
    role_a: "User asks" {class: outside}
    """
    names, layers = node_names(spec), layer_names(spec)
    places = {node.id: _place(node, names, layers) for node in spec.nodes}
    text = ["direction: right", *_classes(), *_title(spec)]
    text += [_node(node, names[node.id]) for node in spec.nodes if node.layer == OUTSIDE]
    for layer, name in layers.items():
        title = next(one.title for one in spec.layers if one.id == layer)
        text.append(f"{name}: {quoted(title)} {{")
        text += [f"  {_node(node, names[node.id])}" for node in spec.nodes if node.layer == layer]
        text.append("}")
    text += [_edge(edge, places) for edge in spec.edges]
    return "\n".join(text) + "\n"


def quoted(*text_lines: str) -> str:
    r"""Return lines as one quoted D2 string; a dollar sign would fill in a variable.

    >>> print(quoted('say "${x}"', "C:\\new"))
    "say \"\${x}\"\nC:\\new"
    """
    marks = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\$"})
    return '"' + "\\n".join(clean(line).translate(marks) for line in text_lines) + '"'


def _title(spec: DiagramSpec) -> Iterator[str]:
    found = [line for line in (spec.title, spec.caption) if clean(line)]
    if found:
        yield f"title: {quoted(*found)} {{shape: text; near: top-left; style.font-size: 24}}"


def _classes() -> Iterator[str]:
    yield "classes: {"
    for name, (fill, stroke, ink, more) in _CLASSES.items():
        colours = {"fill": fill, "stroke": stroke, "font-color": ink}
        style = "; ".join(f'{key}: "{COLOURS[value][0]}"' for key, value in colours.items())
        yield f"  {name}: {{style: {{{style}; {more}}}}}"
    for kind, dash in _FLOWS.items():
        yield f'  {kind}: {{style: {{stroke: "{COLOURS[kind][0]}"; stroke-dash: {dash}}}}}'
    yield f'  accent_path: {{style: {{stroke: "{COLOURS["accent"][0]}"; stroke-width: 3}}}}'
    yield "}"


def _place(node: Node, names: dict[str, str], layers: dict[str, str]) -> str:
    return names[node.id] if node.layer == OUTSIDE else f"{layers[node.layer]}.{names[node.id]}"


def _node(node: Node, name: str) -> str:
    kind = "outside" if node.layer == OUTSIDE else "accent" if node.accent else "soft" if node.soft else "role"
    return f"{name}: {quoted(*lines(node))} {{class: {kind}}}"


def _edge(edge: Edge, places: dict[str, str]) -> str:
    words = [part for part in (edge.mark, clean(edge.label)) if part]
    label = f": {quoted(' · '.join(words))}" if words else ":"
    kind = f"[{edge.kind}; accent_path]" if edge.accent else edge.kind
    return f"{places[edge.source]} -> {places[edge.target]}{label} {{class: {kind}}}"

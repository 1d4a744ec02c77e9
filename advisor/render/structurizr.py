"""Spec -> Structurizr DSL: the C4 model of a design, with views of context, containers and deployment by place."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.render.diagram import COLOURS
from advisor.render.diagram_names import layer_names, node_names, outside
from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Edge, Node
from advisor.render.diagram_text import clean

SYSTEM, ENVIRONMENT = "system", "Proposed"
ELSEWHERE = "No cloud of its own"
_MEANS = str.maketrans({'"': "”", "\\": "⧵"})  # the language has no escape that reads back as typed
_STYLES = {"Element": "card", "Soft": "frame", "Dominates the latency": "accent_card"}


def workspace(spec: DiagramSpec) -> str:
    """Return a workspace. A double quote is written as ”, a backslash as ⧵: they mean nothing in the language.

    >>> user = Node("a", "", "User asks", "", "", "outside")
    >>> workspace(DiagramSpec("Two", "", (), (user,), ())).splitlines()[2]
    '        role_a = person "User asks"'
    """
    names = node_names(spec)
    titles = unique_titles(spec)
    model = [
        *(f"{names[node.id]} = {_kind(node, spec)} {titles[node.id]}" for node in outside(spec)),
        f"{SYSTEM} = softwareSystem {quoted(clean(spec.title) or 'System')} {quoted(spec.caption)} {{",
        *_indented(_containers(spec, names, titles)),
        "}",
        *_relations(spec, names),
        f"deploymentEnvironment {quoted(ENVIRONMENT)} {{",
        *_indented(_deployment(spec, names)),
        "}",
    ]
    text = [
        f"workspace {quoted(clean(spec.title) or 'Architecture')} {quoted(spec.caption)} {{",
        *_indented(["model {", *_indented(model), "}", "views {", *_indented(_views()), "}"]),
        "}",
    ]
    return "\n".join(text) + "\n"


def quoted(text: str) -> str:
    """Return text as a quoted token on which no rule of the language acts; no variable is filled in.

    >>> quoted('say "hi" to ${HOME}')
    '"say ”hi” to $ {HOME}"'
    """
    return f'"{clean(text).translate(_MEANS).replace("${", "$ {")}"'


def unique_titles(spec: DiagramSpec) -> dict[str, str]:
    """Return node id -> quoted title, numbered where two would be the same but for case: names must be unique."""
    taken: set[str] = {clean(spec.title).casefold()}
    titles = {}
    for node in spec.nodes:
        base = title = clean(node.role) or clean(node.component) or "unnamed"
        number = 1
        while title.casefold() in taken:
            number += 1
            title = f"{base} ({number})"
        taken.add(title.casefold())
        titles[node.id] = quoted(title)
    return titles


def _indented(lines: Iterator[str] | list[str]) -> Iterator[str]:
    yield from (f"    {line}" for line in lines)


def _kind(node: Node, spec: DiagramSpec) -> str:
    """Return what somebody outside is: whoever waits for answers is a person, what sends data is a system."""
    kinds = {edge.kind for edge in spec.edges if node.id in (edge.source, edge.target)}
    return "softwareSystem" if kinds and "request" not in kinds else "person"


def _containers(spec: DiagramSpec, names: dict[str, str], titles: dict[str, str]) -> Iterator[str]:
    for layer in layer_names(spec):
        title = next(one.title for one in spec.layers if one.id == layer)
        yield f"group {quoted(clean(title) or clean(layer) or 'unnamed')} {{"
        for node in spec.nodes:
            if node.layer == layer:
                about = " · ".join(text for text in (clean(node.size), clean(node.figures)) if text)
                tags = [*(["Soft"] if node.soft else []), *(["Dominates the latency"] if node.accent else [])]
                tokens = [
                    titles[node.id],
                    quoted(about),
                    quoted(node.component),
                    *([quoted(",".join(tags))] if tags else []),
                ]
                yield f"    {names[node.id]} = container {' '.join(tokens)}"
        yield "}"


def _relations(spec: DiagramSpec, names: dict[str, str]) -> Iterator[str]:
    """Yield each arrow once: two with the same ends and the same words would be refused."""
    seen = set()
    for edge in spec.edges:
        relation = (edge.source, edge.target, _words(edge))
        if relation not in seen and edge.source != edge.target:
            seen.add(relation)
            yield f"{names[edge.source]} -> {names[edge.target]} {quoted(_words(edge))}"


def _words(edge: Edge) -> str:
    kind = {"request": "asks", "data": "sends data", "background": "tells, nobody waits"}[edge.kind]
    return " · ".join(part for part in (edge.mark, clean(edge.label) or kind) if part)


def _deployment(spec: DiagramSpec, names: dict[str, str]) -> Iterator[str]:
    inside = [node for node in spec.nodes if node.layer != OUTSIDE]
    for place in sorted({place for node in inside for place in node.places or (ELSEWHERE,)}):
        yield f"deploymentNode {quoted(place)} {{"
        for node in inside:
            if place in (node.places or (ELSEWHERE,)):
                yield f"    containerInstance {names[node.id]}"
        yield "}"


def _views() -> Iterator[str]:
    views = (f"systemContext {SYSTEM} context", f"container {SYSTEM} containers")
    for view in (*views, f"deployment {SYSTEM} {quoted(ENVIRONMENT)} deployment"):
        yield from (f"{view} {{", "    include *", "    autolayout lr", "}")
    yield "styles {"
    for tag, name in _STYLES.items():
        fill, ink = COLOURS[name][0], COLOURS["accent" if name.startswith("accent") else "ink"][0]
        more = ("    shape roundedBox",) if tag == "Element" else ()
        style = (f'element "{tag}" {{', f"    background {fill}", f"    color {ink}", *more, "}")
        yield from _indented(list(style))
    yield from _indented(
        ['element "Person" {', f"    background {COLOURS['request'][0]}", "    color #ffffff", "    shape person", "}"]
    )
    yield "}"

"""Spec -> DOT text: the same bytes for the same spec, whatever people typed into it.

The text carries the places that :mod:`advisor.render.diagram_layout` computed; ``graphviz_tool`` draws them as they are
(``neato -n2``). Plain ``dot`` reads the same text and makes its own left-to-right layout of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.render.diagram_layout import (
    ARROW,
    BADGE,
    CARD,
    INSET,
    LABEL_SIZE,
    OUTSIDE_CARD,
    label_lines,
    label_size,
)
from advisor.render.diagram_search import place
from advisor.render.diagram_shapes import Arrow, Box, Plan
from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Edge, Hop, Kind, Layer, Node, route
from advisor.render.diagram_text import FONT, Line, card_lines, clean, hover, html, is_plain, quoted, text_width, wrap

__all__ = ["COLOURS", "DiagramSpec", "Edge", "Hop", "Kind", "Layer", "Node", "dot", "route"]

# name: (light, dark). The light values are all different: they tell graphviz_tool which element has which role.
COLOURS = {
    "page": ("#ffffff", "#14191f"),
    "ink": ("#1f2933", "#e6ebf0"),
    "muted": ("#52606d", "#a3b0bd"),
    "figures": ("#374553", "#c4ced8"),
    "card": ("#fffffe", "#232c35"),
    "card_line": ("#a9b6c3", "#4b5966"),
    "frame": ("#f3f6f9", "#1a2129"),
    "frame_line": ("#d5dde5", "#303b46"),
    "request": ("#2c4a6e", "#86b6ea"),
    "data": ("#0b746a", "#4cc9b8"),
    "background": ("#7f8b97", "#7b8894"),
    "accent": ("#c8400d", "#ff9466"),
    "accent_card": ("#fff6f1", "#37251d"),
    "on_flow": ("#fefefe", "#10161c"),
}
_ROWS = {"request": "request path, in this order", "data": "data path", "background": "in the background"}
_NUMBERED = ("request", "data")


def dot(spec: DiagramSpec) -> str:
    """Return the DOT text of a diagram.

    >>> spec = DiagramSpec("Two", "", (), (Node("a", "User", "", "", "", "outside"),), ())
    >>> dot(spec).splitlines()[0]
    'digraph "Two" {'
    """
    plan = place(spec)
    header = _header(spec, max(plan.width, 560.0))
    height = plan.height + header.height + 18
    draw = _Drawing(spec, plan)
    lines = [f"digraph {quoted(spec.title) if clean(spec.title) else quoted('architecture')} {{"]
    lines += [f"  {statement};" for statement in (*header.statements(height), *_DEFAULTS)]
    lines += [line for layer in spec.layers for line in draw.frame(layer)]
    lines += [f"  {draw.card(node)};" for node in spec.nodes if node.layer == OUTSIDE]
    lines += [f"  {draw.edge(edge, arrow)};" for edge, arrow in zip(spec.edges, plan.arrows, strict=True)]
    return "\n".join((*lines, "}", ""))


_DEFAULTS = (
    f'node [shape=plain fontname="{FONT}"]',
    f'edge [fontname="{FONT}" fontsize={LABEL_SIZE} arrowsize={ARROW / 10}]',
)


class _Header:
    """Title, caption and legend: the label of the whole graph, as wide as the drawing."""

    def __init__(self, rows: Sequence[tuple[str, float]], width: float) -> None:
        self.width = width
        self.height = sum(height for _, height in rows)
        self.rows = rows

    def statements(self, top: float) -> list[str]:
        """Return the graph's attributes, the label at the top of a drawing of this height."""
        rows = "".join(row for row, _ in self.rows)
        place = f"{_n(self.width / 2)},{_n(top - self.height / 2)}"
        return [
            f'graph [rankdir=LR pad=0.25 nodesep=0.2 ranksep=0.8 bgcolor="{_light("page")}" fontname="{FONT}"]',
            f'graph [bb="0,0,{_n(self.width)},{_n(top)}" labelloc=t labeljust=l lp="{place}"]',
            f'graph [label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>>]',
        ]


def _header(spec: DiagramSpec, width: float) -> _Header:
    rows = [_text_row(line, width) for line in _header_lines(spec, width)]
    legend, used = _legend(spec)
    fill = f'<TD FIXEDSIZE="TRUE" WIDTH="{_n(max(width - used, 1))}" HEIGHT="26"></TD>'
    rows.append((f'<TR><TD ALIGN="LEFT">{_table(f"<TR>{legend}{fill}</TR>")}</TD></TR>', 26.0))
    return _Header(rows, width)


def _header_lines(spec: DiagramSpec, width: float) -> list[Line]:
    title = [Line(text, 18, "ink", True) for text in wrap(spec.title, width, 18, bold=True)]
    return title + [Line(text, 11, "muted", False) for text in wrap(spec.caption, width, 11)]


def _legend(spec: DiagramSpec) -> tuple[str, float]:
    """Return the cells of the legend, only for what the drawing shows, and their width."""
    kinds = [kind for kind in _ROWS if any(edge.kind == kind for edge in spec.edges)]
    parts = [(_stroke(kind), 26 + (BADGE if kind in _NUMBERED else 0), _ROWS[kind]) for kind in kinds]
    if any(node.accent for node in spec.nodes) or any(edge.accent for edge in spec.edges):
        parts.append((_swatch("accent", 2, "ROUNDED"), 24, "dominates the latency"))
    if any(node.soft for node in spec.nodes):
        parts.append((_swatch("muted", 1, "ROUNDED,DASHED"), 24, "the answer survives its loss"))
    cells, used = "", 0.0
    for swatch, swatch_width, text in parts:
        width = text_width(text, 11) + 22
        cells += _cell(swatch, swatch_width, 26) + _cell("", 6, 26)
        cells += _cell(_font(Line(text, 11, "muted", False)), width, 26)
        used += swatch_width + 6 + width
    return cells, used


def _stroke(kind: str) -> str:
    style = "" if kind == "request" else ' STYLE="DASHED"'
    line = f'<TD SIDES="B" BORDER="1" COLOR="{_light(kind)}"{style} FIXEDSIZE="TRUE" WIDTH="24" HEIGHT="13"></TD>'
    badge = _cell(_badge("1", kind, False), BADGE + 2, 26) if kind in _NUMBERED else ""
    return _table(f"<TR>{_cell(_table(f'<TR>{line}</TR>', size=(24, 26)), 24, 26)}{badge}</TR>")


def _swatch(colour: str, border: int, style: str) -> str:
    fill = _light("accent_card" if colour == "accent" else "card")
    cell = '<TR><TD FIXEDSIZE="TRUE" WIDTH="20" HEIGHT="12"></TD></TR>'
    look = f'BORDER="{border}" STYLE="{style}" COLOR="{_light(colour)}" BGCOLOR="{fill}"'
    return _table(cell, look, size=(20 + 2 * border, 12 + 2 * border))


class _Drawing:
    """Turns the parts of a spec into DOT statements, at the places of a plan."""

    def __init__(self, spec: DiagramSpec, plan: Plan) -> None:
        self.plan, self.height = plan, plan.height
        self.names = {n.id: n.id if is_plain(n.id) else f"node_{i}" for i, n in enumerate(spec.nodes)}
        self.frames = {la.id: la.id if is_plain(la.id) else f"layer_{i}" for i, la in enumerate(spec.layers)}
        self.nodes = {node.id: node for node in spec.nodes}
        self.flows = {edge.source: edge.kind for edge in reversed(spec.edges)}

    def frame(self, layer: Layer) -> list[str]:
        """Return the cluster of a layer with its nodes, nothing for an empty layer."""
        box = self.plan.frames.get(layer.id)
        if box is None:
            return []
        corners = f"{_n(box.x)},{_n(self.height - box.bottom)},{_n(box.right)},{_n(self.height - box.y)}"
        title = wrap(layer.title, box.width - 20, 11, bold=True)
        line = Line(title[0] + ("…" if title[1:] else "") if title else "", 11, "muted", True)
        cell = f"<TR>{_cell(_font(line) if line.text else '', box.width - 20, 16)}</TR>"
        place = f"{_n(box.middle[0])},{_n(self.height - box.y - 12)}"
        return [
            f'  subgraph "cluster_{self.frames[layer.id]}" {{',
            f'    graph [style="rounded,filled" fillcolor="{_light("frame")}" color="{_light("frame_line")}"];',
            f'    graph [class="layer" labeljust=l margin=9 bb="{corners}" lp="{place}" label=<{_table(cell)}>];',
            *(f"    {self.card(node)};" for node in self.nodes.values() if node.layer == layer.id),
            "  }",
        ]

    def card(self, node: Node) -> str:
        """Return the statement of a node."""
        box = self.plan.cards[node.id]
        rest = (node.component, node.size, node.figures)
        tooltip = node.tooltip or " · ".join(clean(part) for part in (node.role, *rest) if clean(part))
        classes = ["outside" if node.layer == OUTSIDE else "role", *(["accent"] if node.accent else [])]
        x, y = box.middle
        attributes = (
            f'class="{" ".join([*classes, *(["soft"] if node.soft else [])])}" pos="{_n(x)},{_n(self.height - y)}" '
            f"tooltip={hover(tooltip or node.id)} label=<{self._table(node, box)}>"
        )
        return f'"{self.names[node.id]}" [{attributes}]'

    def _table(self, node: Node, box: Box) -> str:
        outside = node.layer == OUTSIDE
        width = (OUTSIDE_CARD if outside else CARD) - 2 * INSET
        lines = card_lines(node, width)
        border = 2 if node.accent else 1
        flow = self.flows.get(node.id, "request")
        line = flow if outside else "accent" if node.accent else "muted" if node.soft else "card_line"
        fill = flow if outside else "accent_card" if node.accent else "card"
        style = "ROUNDED,DASHED" if node.soft else "ROUNDED"
        rows = "".join(_text_row(line_, width)[0] for line_ in lines)
        inner = _table(rows, size=(width, sum(line_.height for line_ in lines))) if rows else ""
        cell = f"<TR>{_cell(inner, box.width - 2 * border, box.height - 2 * border, align='CENTER')}</TR>"
        return _table(cell, f'BORDER="{border}" STYLE="{style}" COLOR="{_light(line)}" BGCOLOR="{_light(fill)}"')

    def edge(self, edge: Edge, arrow: Arrow) -> str:
        """Return the statement of an edge."""
        colour = _light("accent" if edge.accent else edge.kind)
        width = 2.2 if edge.accent else 1.4 if edge.kind == "request" else 1.2
        style = "" if edge.kind == "request" else " style=dashed"
        looks = f'class="{edge.kind}{" accent" if edge.accent else ""}" color="{colour}" penwidth={width}{style}'
        points = " ".join(self._point(point) for point in arrow.points)
        parts = [looks, f'pos="e,{self._point(arrow.tip)} {points}"', f"tooltip={hover(self._says(edge))}"]
        if edge.number is not None:
            badge = _badge(edge.mark, edge.kind, edge.accent)
            parts.append(f'headlabel=<{badge}> labeldistance=2.2 labelangle=0 head_lp="{self._point(arrow.badge)}"')
        if label_lines(edge):
            parts.append(f'label=<{_label(edge)}> lp="{self._point(arrow.label)}"')
        return f'"{self.names[edge.source]}" -> "{self.names[edge.target]}" [{" ".join(parts)}]'

    def _says(self, edge: Edge) -> str:
        ends = (self.nodes[edge.source], self.nodes[edge.target])
        names = [clean(node.role) or clean(node.component) or node.id for node in ends]
        number = f"{edge.mark}: " if edge.mark else ""
        return number + " → ".join(names) + (f" ({clean(edge.label)})" if clean(edge.label) else "")

    def _point(self, point: tuple[float, float]) -> str:
        return f"{_n(point[0])},{_n(self.height - point[1])}"


def _badge(number: str, kind: str, accent: bool) -> str:
    """Return the number of an edge: filled on the request path, outlined on others."""
    colour = _light("accent" if accent else kind)
    filled = kind == "request" or accent
    text = _font(Line(number, 11, "on_flow" if filled else kind, True))
    width = max(BADGE, text_width(number, LABEL_SIZE, bold=True) + 6)
    cell = f"<TR>{_cell(text, width - 2, BADGE - 2, align='CENTER')}</TR>"
    fill = colour if filled else _light("page")
    look = f'BORDER="1" STYLE="ROUNDED" COLOR="{colour}" BGCOLOR="{fill}"'
    return _table(cell, look, size=(width, BADGE))


def _label(edge: Edge) -> str:
    width, height = label_size(edge)
    colour = "accent" if edge.accent else "muted"
    lines = label_lines(edge)
    each = height / len(lines)
    cells = (_cell(_font(Line(text, LABEL_SIZE, colour, False)), width, each, align="CENTER") for text in lines)
    return _table("".join(f"<TR>{cell}</TR>" for cell in cells), f'BORDER="0" BGCOLOR="{_light("page")}"')


def _text_row(line: Line, width: float) -> tuple[str, float]:
    return f"<TR>{_cell(_font(line), width, line.height)}</TR>", line.height


def _cell(content: str, width: float, height: float, align: str = "LEFT") -> str:
    size = f'FIXEDSIZE="TRUE" WIDTH="{_n(width)}" HEIGHT="{_n(height)}"'
    return f'<TD {size} ALIGN="{align}">{content}</TD>'


def _font(line: Line) -> str:
    text = f"<B>{html(line.text)}</B>" if line.bold else html(line.text)
    return f'<FONT POINT-SIZE="{line.size}" COLOR="{_light(line.colour)}">{text}</FONT>'


def _table(rows: str, look: str = 'BORDER="0"', size: tuple[float, float] | None = None) -> str:
    """Return a table; with a size it keeps it, otherwise it stretches over the cell that it stands in."""
    fixed = f' FIXEDSIZE="TRUE" WIDTH="{_n(size[0])}" HEIGHT="{_n(size[1])}"' if size else ""
    return f'<TABLE {look}{fixed} CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>'


def _light(name: str) -> str:
    return COLOURS[name][0]


def _n(value: float) -> str:
    """Return a length with at most one decimal, never "-0"."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 100000 else f"{value:.0f}"

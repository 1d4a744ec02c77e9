"""Charts of the design document: plain rows -> Vega-Lite dict -> SVG text that follows light and dark.

A chart is laid out by fixed widths: labels in a column on the left, bars in the middle, figures on the right.
Nothing is measured by font, so a machine without fonts draws the same bytes. Light and dark are added afterwards by
:mod:`advisor.render.chart_theme`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from advisor.render.chart_text import fitting, number, one_line
from advisor.render.chart_theme import COLOURS, themed
from advisor.render.numbers import duration

_FONT = "Liberation Sans"  # the one family inside vl-convert; others lose their text on a machine without fonts
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_LEFT, _PLOT, _COLUMN, _ROW = 236, 420, 76, 30  # px
_TOP, _BOTTOM = 90, 46  # px
_SIZE = 12.5  # px, font
_BAR = 0.6  # of a row
_KINDS = ("usage", "fixed", "operations")
_SUB = "Means add up along the path. Pale, up to the tick: p95 of one stage. Those do not add up to the flow's p95."

Row = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """One stage of a request path; the mean and the 95th percentile of its latency in ms. ``accent``: dominates."""

    label: str
    mean_ms: float
    p95_ms: float
    accent: bool = False


@dataclass(frozen=True)
class CostRow:
    """What one component costs, USD per month: by use, fixed, and as hours of operations."""

    label: str
    usage_usd: float
    fixed_usd: float
    operations_usd: float

    @property
    def total_usd(self) -> float:
        """Sum of the three, USD per month."""
        return self.usage_usd + self.fixed_usd + self.operations_usd


def waterfall(
    stages: Sequence[Stage], *, total_p95_ms: float, target_ms: float | None, title: str, unit: str = "ms"
) -> str:
    """Return the latency budget of one flow as SVG.

    Bars: means laid end to end, so that they add up. Pale tails with a tick: each stage's own p95, which do not; the
    last two rows set the composed p95 of the flow against the sum of the stages' p95.

    Args:
        stages: in the order of the request path, at least one.
        total_p95_ms: the flow's composed p95, ms; drawn as a line.
        target_ms: the bound on it, ms; drawn as a dashed line, or None for no line.
        title: heading inside the chart and its accessible name.
        unit: of the axis, ``ms``, ``s``, ``min`` or ``h``; arguments are always ms. From minutes on each figure has
            a unit of its own, as stages of a long run take seconds.

    Raises:
        ValueError: no stage, an unknown unit, or a figure that is negative or not finite.
    """
    per_ms = _PER_MS.get(unit)
    if per_ms is None:
        raise ValueError(f"unit is '{unit}'; charts of latency show 'ms', 's', 'min' or 'h'")
    own = unit in ("min", "h")
    bounds = [total_p95_ms] + ([] if target_ms is None else [target_ms])
    _check(title, [stage.mean_ms for stage in stages], [stage.p95_ms for stage in stages], bounds)
    rows = _stage_rows(stages, total_p95_ms, unit)
    top = max(value for row in rows for value in (row["middle"], row["end"]))
    top = max([top, *(bound * per_ms for bound in bounds)])
    missed = target_ms is not None and total_p95_ms > target_ms
    reached = f"flow p95 {_time(total_p95_ms, unit)}"
    lines = _bound(reached, total_p95_ms * per_ms, top, role="accent" if missed else "ink")
    if target_ms is not None:
        asked = f"target {_time(target_ms, unit)}"
        lines += _bound(asked, target_ms * per_ms, top, role="target", dash=[5, 4], height=-27)
    layers = [
        _bars(rows, "start", "middle", "bar"),
        _bars(rows, "middle", "end", "tail"),
        _ticks(rows),
        *lines,
        _rule_above(len(stages), columns=2),
        *_label_column(rows),
        *_figure_column(rows, "mean", "mean" if own else f"mean, {unit}", 0),
        *_figure_column(rows, "p95", "p95" if own else f"p95, {unit}", 1),
    ]
    axis = f"{unit} since the request came in"
    return _draw(layers, rows=len(rows), title=title, sub=_SUB, axis=axis, top=top, columns=2)


def cost_bars(rows: Sequence[CostRow], *, title: str, summed: bool = True) -> str:
    """Return the monthly cost by component as SVG: stacked bars, largest first, the column heads as legend.

    Args:
        rows: at least one; figures in USD per month.
        title: heading inside the chart and its accessible name.
        summed: whether a last row says what all cost together.

    Raises:
        ValueError: no row, or a figure that is negative or not finite.
    """
    _check(title, *([row.usage_usd, row.fixed_usd, row.operations_usd] for row in rows))
    ordered = sorted(rows, key=lambda row: (-row.total_usd, row.label))
    drawn = [_cost_row(row, index) for index, row in enumerate(ordered)]
    whole = CostRow("All", *(math.fsum(getattr(row, f"{kind}_usd") for row in rows) for kind in _KINDS))
    listed = [*drawn, *([_cost_row(whole, len(drawn)) | {"weight": 700}] if summed else [])]
    layers = [
        *[_bars(drawn, f"{kind}_from", f"{kind}_to", f"{kind}_colour") for kind in _KINDS],
        *([_rule_above(len(drawn), columns=4)] if summed else []),
        *_label_column(listed),
        *[part for index, kind in enumerate(_KINDS) for part in _figure_column(listed, kind, kind, index)],
        *_figure_column(listed, "total", "total", 3),
        *_legend(_KINDS),
    ]
    top = max(row.total_usd for row in rows)
    axis = "USD per month"
    return _draw(layers, rows=len(listed), title=title, sub=f"{axis}, largest first", axis=axis, top=top, columns=4)


def _check(title: str, *groups: Sequence[float]) -> None:
    if not groups or not groups[0]:
        raise ValueError(f"chart '{title}': at least one row is needed")
    for value in (value for group in groups for value in group):
        if not math.isfinite(value) or value < 0:
            raise ValueError(f"chart '{title}': found {value}; figures must be finite and at least 0")


# ---------------------------------------------------------------- rows


def _stage_rows(stages: Sequence[Stage], total_p95_ms: float, unit: str) -> list[Row]:
    rows, start = [], 0.0
    for stage in stages:
        colours = ("accent", "accent-tail") if stage.accent else ("mean", "tail")
        rows.append(_span(stage.label, start, stage.mean_ms, stage.p95_ms, unit, colours))
        start += stage.mean_ms
    rows.append(_span("Whole flow", 0.0, start, total_p95_ms, unit, ("ink", "axis")) | {"weight": 700})
    summed = math.fsum(stage.p95_ms for stage in stages)
    rows.append(_span("Stage p95s added up", 0.0, 0.0, summed, unit, ("grid", "grid")) | {"mean": ""})
    return [row | {"row": index} for index, row in enumerate(rows)]


def _span(label: str, start: float, mean: float, p95: float, unit: str, colours: tuple[str, str]) -> Row:
    """Return a row of the waterfall; times are in ms, its places in the unit of the axis."""
    shown = {"mean": _figure(mean, unit), "p95": _figure(p95, unit)}
    words: Row = {"name": fitting(label, _LEFT - 20, _SIZE), **shown, "weight": 400}
    words["about"] = f"{one_line(label)}: mean {words['mean']}, p95 {words['p95']}"
    ends = {"start": start, "middle": start + mean, "end": start + max(p95, mean), "tick": start + p95}
    return (
        words
        | {name: ms * _PER_MS[unit] for name, ms in ends.items()}
        | {"bar": COLOURS[colours[0]][0], "tail": COLOURS[colours[1]][0]}
    )


_PER_MS = {"ms": 1.0, "s": 1e-3, "min": 1 / 60_000, "h": 1 / 3_600_000}


def _figure(ms: float, unit: str) -> str:
    return duration(ms, "ms") if unit in ("min", "h") else number(ms * _PER_MS[unit])


def _time(ms: float, unit: str) -> str:
    return _figure(ms, unit) if unit in ("min", "h") else f"{_figure(ms, unit)} {unit}"


def _cost_row(row: CostRow, index: int) -> Row:
    parts = {kind: float(getattr(row, f"{kind}_usd")) for kind in _KINDS}
    shown = {kind: number(value) for kind, value in parts.items()} | {"total": number(row.total_usd)}
    words = ", ".join(f"{kind} {value}" for kind, value in shown.items())
    drawn: Row = {"row": index, "name": fitting(row.label, _LEFT - 20, _SIZE), "weight": 400, **shown}
    drawn["about"] = f"{one_line(row.label)}: {words} USD per month"
    reached = 0.0
    for kind, value in parts.items():
        drawn |= {f"{kind}_from": reached, f"{kind}_to": reached + value, f"{kind}_colour": COLOURS[kind][0]}
        reached += value
    return drawn


# ---------------------------------------------------------------- layers


def _y() -> Row:
    return {"field": "row", "type": "ordinal", "axis": None, "scale": {"padding": 0}}


def _bars(rows: Sequence[Row], start: str, end: str, colour: str) -> Row:
    return {
        "data": {"values": [row for row in rows if row[end] > row[start]]},
        "mark": {"type": "bar", "height": _ROW * _BAR},
        "encoding": {
            "y": _y(),
            "x": {"field": start, "type": "quantitative"},
            "x2": {"field": end},
            "fill": {"field": colour, "type": "nominal", "scale": None},
            "description": {"field": "about", "type": "nominal"},
        },
    }


def _ticks(rows: Sequence[Row]) -> Row:
    return {
        "data": {"values": list(rows)},
        "mark": {"type": "tick", "orient": "vertical", "size": _ROW * _BAR, "thickness": 1.5},
        "encoding": {
            "y": _y(),
            "x": {"field": "tick", "type": "quantitative"},
            "fill": {"value": COLOURS["muted"][0]},
            "description": {"field": "about", "type": "nominal"},
        },
    }


def _bound(text: str, value: float, top: float, *, role: str, dash: Sequence[int] = (), height: int = -12) -> list[Row]:
    """Return a vertical line and its words, on that side of it where there is room."""
    colour, right = COLOURS[role][0], value > 0.6 * (top or 1)
    x = {"datum": value, "type": "quantitative"}
    rule = {"type": "rule", "strokeDash": list(dash), "strokeWidth": 1.5, "stroke": colour}
    ends = {"y": {"value": height - 6}, "y2": {"value": "height"}}
    words = {"type": "text", "align": "right" if right else "left", "dx": -5 if right else 5, "fill": colour}
    words["text"] = text
    return [
        {"mark": rule, "encoding": {"x": x, **ends}},
        {"mark": words, "encoding": {"x": x, "y": {"value": height}}},
    ]


def _rule_above(index: int, columns: int) -> Row:
    ends = {"x": {"value": -_LEFT}, "x2": {"value": _PLOT + columns * _COLUMN}}
    return {
        "mark": {"type": "rule", "stroke": COLOURS["axis"][0], "strokeWidth": 1},
        "encoding": {**ends, "y": {"value": index * _ROW}},
    }


def _label_column(rows: Sequence[Row]) -> list[Row]:
    return _texts(rows, "name", x=-12)


def _figure_column(rows: Sequence[Row], field: str, head: str, index: int) -> list[Row]:
    x = _PLOT + (index + 1) * _COLUMN
    return [*_texts(rows, field, x=x), _words(head, x=x, y=-12, role="muted")]


def _legend(roles: Sequence[str]) -> list[Row]:
    layers = []
    for index, role in enumerate(roles):
        mark = {"type": "square", "size": 110, "opacity": 1, "fill": COLOURS[role][0]}
        layers.append({"mark": mark, "encoding": {"x": {"value": index * 90 + 6}, "y": {"value": -12}}})
        layers.append(_words(role, x=index * 90 + 18, y=-12, role="muted", align="left"))
    return layers


def _texts(rows: Sequence[Row], field: str, x: float) -> list[Row]:
    heavy = {weight: [row for row in rows if row["weight"] == weight] for weight in (400, 700)}
    return [
        {
            "data": {"values": some},
            "mark": {"type": "text", "align": "right", "fontWeight": weight},
            "encoding": {"x": {"value": x}, "y": _y(), "text": {"field": field, "type": "nominal"}},
        }
        for weight, some in heavy.items()
        if some
    ]


def _words(text: str, *, x: float, y: float, role: str = "ink", align: str = "right", **more: object) -> Row:
    mark = {"type": "text", "align": align, "text": text, "fill": COLOURS[role][0], **more}
    return {"mark": mark, "encoding": {"x": {"value": x}, "y": {"value": y}}}


# ---------------------------------------------------------------- drawing


def _draw(layers: list[Row], *, rows: int, title: str, sub: str, axis: str, top: float, columns: int) -> str:
    import vl_convert

    shown = fitting(title, _LEFT + _PLOT + columns * _COLUMN, 15)
    heads = [
        _words(shown, x=-_LEFT, y=16 - _TOP, align="left", fontSize=15, fontWeight=700),
        _words(sub, x=-_LEFT, y=36 - _TOP, align="left", role="muted"),
    ]
    spec: Row = {
        "$schema": SCHEMA,
        "width": _PLOT,
        "height": _ROW * rows,
        "autosize": {"type": "none"},
        "background": None,
        "padding": {"left": _LEFT, "right": columns * _COLUMN + 4, "top": _TOP, "bottom": _BOTTOM},
        "data": {"values": [{}]},
        "encoding": {"x": _x_axis(axis, top)},
        "layer": [*heads, *layers],
        "config": CONFIG,
    }
    return themed(vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[]), one_line(title))


def _x_axis(title: str, top: float) -> Row:
    return {"scale": {"domain": [0, top or 1], "nice": True, "zero": True}, "axis": {"title": title}}


CONFIG: Row = {
    "font": _FONT,
    "view": {"stroke": None},
    "text": {"fontSize": _SIZE, "baseline": "middle", "fill": COLOURS["ink"][0]},
    "axis": {
        "gridColor": COLOURS["grid"][0],
        "domain": False,
        "ticks": False,
        "tickCount": 6,
        "labelPadding": 6,
        "labelFontSize": 11.5,
        "labelColor": COLOURS["muted"][0],
        "labelOverlap": True,
        "labelFlush": False,
        "titleFontSize": 11.5,
        "titleFontWeight": 400,
        "titleColor": COLOURS["muted"][0],
        "titlePadding": 8,
        "labelExpr": "replace(datum.label, /,/g, '\u00a0')",
    },
}

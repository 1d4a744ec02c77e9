"""The front as a chart: points and staircase, the user's bounds dashed, in SVG that follows light and dark.

With three metrics there is a panel for the second and one for the third over the first; a staircase is only drawn where
the front is one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from advisor.analysis.pareto import Front
from advisor.render import numbers
from advisor.render import pareto_words as words
from advisor.render.chart_text import fitting, number, one_line
from advisor.render.chart_theme import COLOURS, themed
from advisor.render.charts import CONFIG, SCHEMA

_PLOT, _HEIGHT, _GAP = 620, 330, 74  # px of a panel, and between two
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 30, 74, 54  # px
_SUB = "Dashed: your bounds. Filled: meets all of them. Each point is a design that no other beats."

Row = dict[str, Any]


@dataclass(frozen=True)
class _Unit:
    """How an axis is labelled: values are divided by ``scale``."""

    text: str
    scale: float


def pareto_chart(front: Front) -> str:
    """Return the chart of a front that has points as SVG.

    Raises:
        ValueError: there is no point.
    """
    import vl_convert

    if not front.points:
        raise ValueError("a front without points has no chart")
    title = f"{front.scenario.title}: {words.title(front)}"
    panels = [_panel(front, other, index) for index, other in enumerate(range(1, len(front.axes)))]
    spec: Row = {
        "$schema": SCHEMA,
        "background": None,
        "padding": {"left": 4, "right": _RIGHT, "top": 4, "bottom": 4},
        "data": {"values": [{}]},
        "vconcat": panels,
        "spacing": _GAP,
        "config": CONFIG | {"concat": {"spacing": _GAP}},
    }
    spec = spec if len(panels) > 1 else {k: v for k, v in spec.items() if k not in ("vconcat", "spacing")} | panels[0]
    return themed(vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[]), one_line(title))


def _panel(front: Front, other: int, index: int) -> Row:
    """Return the panel of one metric over the first."""
    x, y = _unit(front, 0), _unit(front, other)
    rows = [_row(front, number_, other, x, y) for number_ in range(len(front.points))]
    layers = [*_bounds(front, 0, x, "x"), *_bounds(front, other, y, "y")]
    layers += [_staircase(rows)] if len(front.axes) == 2 else []
    layers += [_dots(rows, filled) for filled in (False, True)]
    layers += _labels(rows)
    if index == 0:
        shown = fitting(f"{front.scenario.title}: {words.title(front)}", _PLOT + _LEFT - 20, 15)
        layers += [_words(shown, 16 - _TOP, "ink", 15, 700), _words(_SUB, 38 - _TOP, "muted", 12.5, 400)]
    sides = (_domain(front, 0, x), _domain(front, other, y))
    names = [f"{numbers.metric_label(front.axes[i].metric)}, {unit.text}" for i, unit in ((0, x), (other, y))]
    encoding = {
        side: {
            "type": "quantitative",
            "scale": {"domain": domain, "nice": False, "zero": False},
            "axis": {"title": name},
        }
        for side, domain, name in zip("xy", sides, names, strict=True)
    }
    return {"width": _PLOT, "height": _HEIGHT, "encoding": encoding, "layer": layers}


def _unit(front: Front, index: int) -> _Unit:
    """Return the unit in which the values of a metric read best."""
    metric = front.axes[index].metric
    top = max(abs(point.values[index]) for point in front.points)
    if metric.endswith(".availability"):
        return _Unit("%", 0.01)
    if "_ms." in metric or "_s." in metric:
        per_s = 1000.0 if "_ms." in metric else 1.0
        return _Unit("s", per_s) if top >= per_s else _Unit("ms", per_s / 1000)
    return _Unit({"cost_usd_per_month": "USD a month", "operations_h_per_month": "h a month"}.get(metric, "index"), 1.0)


def _domain(front: Front, index: int, unit: _Unit) -> list[float]:
    """Return the range of an axis: every point, each bound that is near them, and some room."""
    axis = front.axes[index]
    values = [point.values[index] for point in front.points]
    width = (max(values) - min(values)) or abs(max(values)) or 1.0
    near = [b.limit for b in axis.bounds if min(values) - width / 2 <= b.limit <= max(values) + width / 2]
    low, high = min([*values, *near]) - 0.06 * width, max([*values, *near]) + 0.06 * width
    return [max(low, 0.0) / unit.scale, (high if axis.less_is_better else min(high, 1.0)) / unit.scale]


def _row(front: Front, index: int, other: int, x: _Unit, y: _Unit) -> Row:
    point = front.points[index]
    values = [numbers.metric(axis.metric, value) for axis, value in zip(front.axes, point.values, strict=True)]
    named = words.marks(front, index)
    about = [f"{numbers.metric_label(axis.metric)} {value}" for axis, value in zip(front.axes, values, strict=True)]
    return {
        "x": point.values[0] / x.scale,
        "y": point.values[other] / y.scale,
        "filled": point.within,
        "label": _label(index, named),
        "role": "accent" if index == front.chosen else "ink",
        "right": _is_right(front, index),
        "about": one_line(f"{index + 1}: {', '.join(about)}{'; ' if named else ''}{'; '.join(named)}"),
    }


def _label(index: int, named: Sequence[str]) -> str:
    """Return what stands beside a point: its number, and its name where it has one. Unnamed ones stay unlabelled."""
    return f"{index + 1}  {', '.join(named)}" if named else ""


def _is_right(front: Front, index: int) -> bool:
    """Return whether there is more room for words to the left of a point."""
    values = [point.values[0] for point in front.points]
    return values[index] - min(values) > 0.6 * (max(values) - min(values))


def _staircase(rows: Sequence[Row]) -> Row:
    return {
        "data": {"values": list(rows)},
        "mark": {"type": "line", "interpolate": "step-after", "stroke": COLOURS["fixed"][0], "strokeWidth": 2},
        "encoding": {"x": {"field": "x"}, "y": {"field": "y"}},
    }


def _dots(rows: Sequence[Row], filled: bool) -> Row:
    colour = COLOURS["usage"][0]
    mark = {"type": "point", "shape": "circle", "size": 90, "opacity": 1, "stroke": colour, "strokeWidth": 2}
    return {
        "data": {"values": [row for row in rows if row["filled"] is filled]},
        "mark": mark | {"fill": colour if filled else COLOURS["tail"][0]},
        "encoding": {"x": {"field": "x"}, "y": {"field": "y"}, "description": {"field": "about", "type": "nominal"}},
    }


def _labels(rows: Sequence[Row]) -> list[Row]:
    layers = []
    for role, right in ((role, right) for role in ("ink", "accent") for right in (False, True)):
        some = [row for row in rows if row["label"] and row["role"] == role and row["right"] is right]
        side: Row = {"align": "right", "dx": -9} if right else {"align": "left", "dx": 9}
        mark = {"type": "text", "dy": -10, "fill": COLOURS[role][0], **side}
        encoding = {"x": {"field": "x"}, "y": {"field": "y"}, "text": {"field": "label", "type": "nominal"}}
        layers += [{"data": {"values": some}, "mark": mark, "encoding": encoding}] if some else []
    return layers


def _bounds(front: Front, index: int, unit: _Unit, side: str) -> list[Row]:
    """Return each bound that the panel reaches as a dashed line across it, with its value where few points lie."""
    layers: list[Row] = []
    low, high = _domain(front, index, unit)
    for bound in front.axes[index].bounds:
        value = bound.limit / unit.scale
        if not low <= value <= high:
            continue
        at = {side: {"datum": value, "type": "quantitative"}}
        rule = {"type": "rule", "strokeDash": [6, 5], "strokeWidth": 1.5, "stroke": COLOURS["target"][0]}
        text = f"{'≤' if bound.upper else '≥'} {number(value)} {unit.text}"
        left = side == "y" or value - low > 0.5 * (high - low)
        words_ = {"type": "text", "text": text, "fill": COLOURS["target"][0], "align": "right" if left else "left"}
        place = {"y": {"value": _HEIGHT - 10}} if side == "x" else {"x": {"value": _PLOT - 4}}
        shift = {"dx": -5 if left else 5} if side == "x" else {"dy": -9}
        layers += [{"mark": rule, "encoding": at}, {"mark": words_ | shift, "encoding": at | place}]
    return layers


def _words(text: str, y: float, role: str, size: float, weight: int) -> Row:
    mark = {"type": "text", "text": text, "align": "left", "fill": COLOURS[role][0], "fontSize": size}
    return {"mark": mark | {"fontWeight": weight}, "encoding": {"x": {"value": 20 - _LEFT}, "y": {"value": y}}}

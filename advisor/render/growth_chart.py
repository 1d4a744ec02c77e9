"""Growth as a chart: cost a month over the volume, both on logarithmic axes, with the flips as lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from advisor.analysis.growth import Growth
from advisor.analysis.volumes import Volume
from advisor.render import numbers
from advisor.render.chart_text import fitting, one_line
from advisor.render.chart_theme import COLOURS, themed
from advisor.render.charts import CONFIG, SCHEMA
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST

_PLOT, _HEIGHT = 640, 340  # px
_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 30, 78, 54  # px
_LEAST_SPREAD = 1.5  # greatest over least cost, at least as the axis has it
_ROOM = 0.09  # below the least cost, as a share of how far apart the costs are
_SUB = "Solid: every requirement holds. Open: a budget had to be lifted. Dotted lines: the best options change."

Row = dict[str, Any]


def growth_chart(found: Growth, scenario: Scenario) -> str:
    """Return the chart as SVG.

    Raises:
        ValueError: fewer than two factors have a design.
    """
    import vl_convert

    solved = _solved(found)
    if len(solved) < 2:
        raise ValueError("growth with fewer than two designs has no chart")
    rows = [_row(one) for one in solved]
    budgets = [bound.limit for bound in scenario.bounds if bound.metric == COST]
    heading = f"{scenario.title}: cost over volume"
    spec: Row = {
        "$schema": SCHEMA,
        "width": _PLOT,
        "height": _HEIGHT,
        "autosize": {"type": "none"},
        "background": None,
        "padding": {"left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM},
        "data": {"values": [{}]},
        "encoding": {"x": _axis("times today's volume"), "y": _axis("USD a month", _least(rows, budgets))},
        "layer": [
            _words(fitting(heading, _LEFT + _PLOT, 15), 16 - _TOP, "ink", 15.0, 700),
            _words(_SUB, 38 - _TOP, "muted", 12.5, 400),
            *[_rule("x", one.after.factor) for one in found.flips],
            *[_budget(limit) for limit in budgets],
            _line(rows),
            *[_dots([row for row in rows if row["holds"] == holds], filled=holds) for holds in (False, True)],
            *_labels([row for row, one in zip(rows, solved, strict=True) if one in found.volumes]),
        ],
        "config": CONFIG,
    }
    return themed(vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[]), one_line(heading))


def _solved(found: Growth) -> list[Volume]:
    """Return every factor that was solved and has a design, in order, each once."""
    every = [*found.volumes, *(side for one in found.flips for side in (one.before, one.after))]
    by_factor = {one.factor: one for one in every if one.evaluation is not None}
    return [by_factor[factor] for factor in sorted(by_factor)]


def _row(one: Volume) -> Row:
    assert one.evaluation is not None
    cost = one.evaluation.cost_usd_per_month
    about = f"{numbers.significant(one.factor)} times: {numbers.usd(cost)} a month"
    return {"x": one.factor, "y": cost, "holds": not one.lifted, "about": one_line(about), "label": numbers.usd(cost)}


def _least(rows: Sequence[Row], budgets: Sequence[float]) -> float | None:
    """Return where the costs begin: so far below the least that its label has room; None where something is free."""
    costs = [*(row["y"] for row in rows), *budgets]
    if min(costs) <= 0:
        return None
    return float(min(costs) / max(max(costs) / min(costs), _LEAST_SPREAD) ** _ROOM)


def _axis(title: str, least: float | None = None) -> Row:
    grouped = "datum.label ? replace(format(datum.value, ',~r'), /,/g, '\u00a0') : ''"
    scale: Row = {"type": "log", "nice": False} | ({} if least is None else {"domainMin": least})
    return {"type": "quantitative", "scale": scale, "axis": {"title": title, "labelExpr": grouped}}


def _line(rows: Sequence[Row]) -> Row:
    mark = {"type": "line", "stroke": COLOURS["fixed"][0], "strokeWidth": 2}
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": {"x": {"field": "x"}, "y": {"field": "y"}}}


def _dots(rows: Sequence[Row], *, filled: bool) -> Row:
    colour = COLOURS["usage"][0]
    mark = {"type": "point", "size": 55, "stroke": colour, "strokeWidth": 1.6, "opacity": 1, "filled": False}
    mark |= {"fill": colour} if filled else {}
    places = {"x": {"field": "x"}, "y": {"field": "y"}}
    return {
        "data": {"values": list(rows)},
        "mark": mark,
        "encoding": {**places, "description": {"field": "about", "type": "nominal"}},
    }


def _labels(rows: Sequence[Row]) -> list[Row]:
    """Return the costs beside the points that were asked for: above the line to the left, the first below it."""
    return [_label(rows[:1], "left", 6, 16), _label(rows[1:], "right", -8, -14)]


def _label(rows: Sequence[Row], align: str, dx: int, dy: int) -> Row:
    mark = {"type": "text", "align": align, "dx": dx, "dy": dy, "fill": COLOURS["ink"][0]}
    places = {"x": {"field": "x"}, "y": {"field": "y"}}
    return {
        "data": {"values": list(rows)},
        "mark": mark,
        "encoding": {**places, "text": {"field": "label", "type": "nominal"}},
    }


def _rule(side: str, value: float) -> Row:
    mark = {"type": "rule", "stroke": COLOURS["axis"][0], "strokeWidth": 1, "strokeDash": [2, 3]}
    ends: Row = {"y": {"value": 0}, "y2": {"value": "height"}} if side == "x" else {}
    return {"mark": mark, "encoding": {side: {"datum": value, "type": "quantitative"}, **ends}}


def _budget(limit: float) -> Row:
    mark = {"type": "rule", "stroke": COLOURS["target"][0], "strokeWidth": 1.5, "strokeDash": [5, 4]}
    ends = {"x": {"value": 0}, "x2": {"value": "width"}}
    return {"mark": mark, "encoding": {"y": {"datum": limit, "type": "quantitative"}, **ends}}


def _words(text: str, y: float, role: str, size: float, weight: int) -> Row:
    mark = {"type": "text", "align": "left", "text": text, "fill": COLOURS[role][0], "fontSize": size}
    return {"mark": {**mark, "fontWeight": weight}, "encoding": {"x": {"value": -_LEFT + 6}, "y": {"value": y}}}

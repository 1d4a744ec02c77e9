"""The tornado as a chart: one SVG a metric, bars around the value of today, that follows light and dark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from advisor.analysis.sensitivity import Sensitivity
from advisor.analysis.tornado import Bar, headline_metrics, ranked
from advisor.render import numbers
from advisor.render import sensitivity_words as said
from advisor.render.chart_text import fitting, one_line
from advisor.render.chart_theme import COLOURS, themed
from advisor.render.charts import CONFIG, SCHEMA

MOST_BARS = 16
_LEFT, _PLOT, _RIGHT, _ROW = 360, 440, 230, 26  # px
_TOP, _BOTTOM = 78, 46  # px
_SIZE = 12.5  # px, font
_SUB = "From its low (pale) to its high (dark); the design stays as it is. * the range is assumed."

Row = dict[str, Any]


def charts(found: Sensitivity) -> dict[str, str]:
    """Return file name -> SVG of the tornado of each headline metric that anything moves."""
    made = {}
    for metric in headline_metrics(found.best):
        bars = [bar for bar in ranked(found.bars, metric) if None not in bar.effects(metric)][:MOST_BARS]
        if bars:
            made[f"tornado-{file_part(metric)}.svg"] = tornado_chart(found.answer.scenario.title, metric, bars)
    return made


def file_part(metric: str) -> str:
    """Return a metric's name as it stands in the name of a file.

    >>> file_part("flows.answer.latency_ms.p95"), file_part("cost_usd_per_month")
    ('answer-latency-p95', 'cost')
    """
    return numbers.metric_label(metric).replace(" ", "-")


def tornado_chart(title: str, metric: str, bars: Sequence[Bar]) -> str:
    """Return the tornado of one metric as SVG; availability as minutes of downtime a month.

    Raises:
        ValueError: no bar.
    """
    import vl_convert

    if not bars:
        raise ValueError("a tornado needs at least one bar")
    scale, unit = _unit(metric, bars[0].design.metric(metric))
    rows = [_row(bar, metric, scale, index) for index, bar in enumerate(bars)]
    now = scale(bars[0].design.metric(metric))
    heading = f"{title}: {numbers.metric_label(metric)}"
    ends = [value for row in rows for value in (row["low"], row["high"], now)]
    pad = 0.04 * (max(ends) - min(ends) or 1.0)
    spec: Row = {
        "$schema": SCHEMA,
        "width": _PLOT,
        "height": _ROW * len(rows),
        "autosize": {"type": "none"},
        "background": None,
        "padding": {"left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM},
        "data": {"values": [{}]},
        "encoding": {"x": _axis(f"{numbers.metric_label(metric)}, {unit}", min(ends) - pad, max(ends) + pad)},
        "layer": [
            _words(fitting(heading, _LEFT + _PLOT + _RIGHT, 15), 16 - _TOP, "ink", 15, 700),
            _words(_SUB, 36 - _TOP, "muted", _SIZE, 400),
            _bars(rows, "low", "tail"),
            _bars(rows, "high", "mean"),
            _now(now),
            *_labels(rows),
        ],
        "config": CONFIG,
    }
    return themed(vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[]), one_line(heading))


def _unit(metric: str, now: float) -> tuple[Any, str]:
    from advisor.models.availability import downtime_minutes_per_month

    if metric.endswith(".availability"):
        return downtime_minutes_per_month, "min of downtime a month"
    if "_ms." in metric or "_s." in metric:
        per_s = 1000.0 if "_ms." in metric else 1.0
        return (lambda value: value / per_s), "s"
    return (lambda value: value), "USD a month" if metric == "cost_usd_per_month" else metric


def _row(bar: Bar, metric: str, scale: Any, index: int) -> Row:
    low, high = (end.evaluation for end in (bar.low, bar.high))
    assert low is not None
    assert high is not None
    ends = said.apart(bar.knob, bar.knob.low, bar.knob.high)
    values = [numbers.metric(metric, one.metric(metric)) for one in (low, high)]
    star = "" if bar.knob.stated else " *"
    flips = "; the best design flips" if bar.flips else ""
    return {
        "row": index,
        "name": fitting(bar.knob.title + star, _LEFT - 20, _SIZE),
        "range": fitting(said.range_text(bar.knob), _RIGHT - 14, _SIZE),
        "now": scale(bar.design.metric(metric)),
        "low": scale(low.metric(metric)),
        "high": scale(high.metric(metric)),
        "about": one_line(f"{bar.knob.title}: {ends[0]} gives {values[0]}, {ends[1]} gives {values[1]}{flips}"),
    }


def _y() -> Row:
    return {"field": "row", "type": "ordinal", "axis": None, "scale": {"padding": 0}}


def _bars(rows: Sequence[Row], end: str, colour: str) -> Row:
    return {
        "data": {"values": [row for row in rows if row[end] != row["now"]]},
        "mark": {"type": "bar", "height": _ROW * 0.6, "fill": COLOURS[colour][0]},
        "encoding": {
            "y": _y(),
            "x": {"field": "now", "type": "quantitative"},
            "x2": {"field": end},
            "description": {"field": "about", "type": "nominal"},
        },
    }


def _now(value: float) -> Row:
    mark = {"type": "rule", "stroke": COLOURS["ink"][0], "strokeWidth": 1.5}
    return {"mark": mark, "encoding": {"x": {"datum": value, "type": "quantitative"}}}


def _labels(rows: Sequence[Row]) -> list[Row]:
    places = (("name", -12, "right", "ink"), ("range", _PLOT + 12, "left", "muted"))
    return [
        {
            "data": {"values": list(rows)},
            "mark": {"type": "text", "align": align, "fill": COLOURS[role][0]},
            "encoding": {"x": {"value": x}, "y": _y(), "text": {"field": field, "type": "nominal"}},
        }
        for field, x, align, role in places
    ]


def _words(text: str, y: float, role: str, size: float, weight: int) -> Row:
    mark = {"type": "text", "align": "left", "text": text, "fill": COLOURS[role][0], "fontSize": size}
    return {"mark": {**mark, "fontWeight": weight}, "encoding": {"x": {"value": -_LEFT}, "y": {"value": y}}}


def _axis(title: str, low: float, high: float) -> Row:
    return {"scale": {"domain": [low, high], "nice": False, "zero": False}, "axis": {"title": title}}

"""The calibration chart: stated confidence against hits, as text and as SVG."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from advisor.rehearsal.progress import Bin
from advisor.render import numbers
from advisor.render.chart_text import one_line
from advisor.render.chart_theme import COLOURS, themed
from advisor.render.charts import CONFIG, SCHEMA

_PLOT = 360  # px, both ways
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 30, 78, 54  # px
_SUB = "Dots on the line: as often right as said. Below it: too sure. The size is the number of answers."
_WIDTH = 30  # characters of a bar
RARE = 0.05  # so unlikely that it is said
CLOSE = 0.05  # hits and stated confidence that differ by no more are the same

Row = dict[str, Any]


def lines(bins: Sequence[Bin]) -> Iterator[str]:
    """Yield the chart for the terminal: a bar of hits, and the mark | where the stated confidence is.

    >>> print(*lines([Bin(0.7, 0.8, 4, 0.8, 0.5)]), sep="\\n")
    stated   right   0 %                       100 %
     80 %     50 %   ███████████████         |         4 answers, too few to tell
    """
    yield "stated   right   0 %" + "100 %".rjust(_WIDTH - 2)
    for one in bins:
        filled, said = round(one.hit * _WIDTH), min(_WIDTH - 1, round(one.stated * _WIDTH))
        bar = "".join("█" if place < filled else "|" if place == said else " " for place in range(_WIDTH))
        bar = bar if said >= filled else f"{bar[:said]}|{bar[said + 1 :]}"
        stated, right = (f"{100 * share:.0f} %".rjust(5) for share in (one.stated, one.hit))
        count = f"{one.count} answer{'s' if one.count != 1 else ''}"
        yield f"{stated}    {right}   {bar}    {count}, {_judged(one)}"


def _judged(one: Bin) -> str:
    """Return whether hits and stated confidence agree, as far as so few answers can tell.

    They differ when a person as often right as stated would have so few hits, or so many, in one of 20 histories at
    most (an exact binomial test on either side).
    """
    hits = round(one.hit * one.count)
    if _chance(one, range(hits + 1)) <= RARE:
        return "too sure"
    if _chance(one, range(hits, one.count + 1)) <= RARE:
        return "surer than said"
    return "as said" if abs(one.hit - one.stated) <= CLOSE else "too few to tell"


def _chance(one: Bin, hits: range) -> float:
    """Return how likely one of these numbers of hits is for a person who is as often right as stated."""
    return sum(math.comb(one.count, k) * one.stated**k * (1 - one.stated) ** (one.count - k) for k in hits)


def svg(bins: Sequence[Bin]) -> str:
    """Return the chart as SVG.

    Raises:
        ValueError: there is no answer with a confidence.
    """
    import vl_convert

    if not bins:
        raise ValueError("a calibration chart needs an answer with a stated confidence")
    title = "Calibration: stated confidence against hits"
    rows = [_row(one) for one in bins]
    spec: Row = {
        "$schema": SCHEMA,
        "width": _PLOT,
        "height": _PLOT,
        "autosize": {"type": "none"},
        "background": None,
        "padding": {"left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM},
        "data": {"values": [{}]},
        "encoding": {"x": _axis("stated confidence"), "y": _axis("right")},
        "layer": [
            _words(title, 16 - _TOP, "ink", 14.0, 700),
            _words(_SUB, 38 - _TOP, "muted", 10.0, 400),
            _diagonal(),
            _dots(rows),
        ],
        "config": CONFIG,
    }
    return themed(vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[]), one_line(title))


def _row(one: Bin) -> Row:
    about = f"{numbers.percent(one.stated)} stated, {numbers.percent(one.hit)} right, {one.count} answers"
    return {"x": one.stated, "y": one.hit, "size": 40 + 20 * min(one.count, 30), "about": about}


def _axis(title: str) -> Row:
    return {
        "type": "quantitative",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {"title": title, "format": ".0%"},
    }


def _diagonal() -> Row:
    mark = {"type": "line", "stroke": COLOURS["axis"][0], "strokeWidth": 1, "strokeDash": [4, 4]}
    places = {"x": {"field": "x"}, "y": {"field": "y"}}
    return {"data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}, "mark": mark, "encoding": places}


def _dots(rows: Sequence[Row]) -> Row:
    mark = {"type": "point", "filled": True, "fill": COLOURS["usage"][0], "opacity": 1}
    size = {"field": "size", "type": "quantitative", "scale": None, "legend": None}
    places = {"x": {"field": "x"}, "y": {"field": "y"}, "size": size}
    about = {"description": {"field": "about", "type": "nominal"}}
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": {**places, **about}}


def _words(text: str, y: float, role: str, size: float, weight: int) -> Row:
    mark = {"type": "text", "align": "left", "text": text, "fill": COLOURS[role][0], "fontSize": size}
    return {"mark": {**mark, "fontWeight": weight}, "encoding": {"x": {"value": -_LEFT + 6}, "y": {"value": y}}}

"""How probable it is that the requirements hold, over the ranges of figures and workload."""

from __future__ import annotations

from advisor.render import change_words as words
from advisor.render import numbers, robust_text
from advisor.render.markdown import escape, table
from advisor.render.sections.view import View, capital


def chances(view: View) -> dict[str, object] | None:
    """Return how often each requirement holds and how far metrics spread, None when that was not drawn."""
    found = view.analyses.robust
    if found is None:
        return None
    holds = [[escape(words.requirement_text(bound)), robust_text.share_text(one)] for bound, one in found.chances]
    spreads = [
        [
            numbers.metric_label(one.metric),
            *(numbers.metric(one.metric, value) for value in (one.stated, one.mean, one.low, one.median, one.high)),
        ]
        for one in found.spreads
    ]
    first, *rest = robust_text.drawn_lines(found)
    heads = ["metric", ">as stated", ">mean", ">5 % below", ">median", ">95 % below"]
    return {
        "together": robust_text.share_text(found.together),
        "samples": str(found.together.samples),
        "holds": table(["requirement", ">holds in"], holds) if holds else "",
        "spreads": table(heads, spreads) if spreads else "",
        "drawn": [capital(escape(first)), *map(escape, rest)],
    }


def measure_first(view: View) -> list[str]:
    """Return which numbers are worth measuring before deciding."""
    found = view.analyses.robust
    return [escape(line.strip()) for line in robust_text.measure_lines(found)] if found else []

"""Whole designs beside the proposed one: those that are nearly as good, and a front of cost against another metric."""

from __future__ import annotations

from advisor.analysis.alternatives import Alternative
from advisor.render import numbers, pareto_words
from advisor.render.alternatives_text import end_text, headline, metric_list, tight_text
from advisor.render.markdown import code, escape, joined, plural, table
from advisor.render.page import Figure_
from advisor.render.sections.view import View, capital, name, sized
from advisor.render.step_words import exchange_text

FRONT = "pareto.svg"


def beside(view: View) -> dict[str, str] | None:
    """Return the table of near-optimal designs that differ in several roles, None when they were not worked out."""
    found = view.analyses.alternatives
    if found is None:
        return None
    goal = view.scenario.objective[0].text
    rows = [
        [
            str(number),
            escape(headline(one, goal)),
            "; ".join(_swap(view, one)),
            escape(metric_list(one, one.better_at)) or "–",
            escape(metric_list(one, one.worse_at)) or "–",
            escape(tight_text(one.tightest)) if one.tightest else "–",
        ]
        for number, one in enumerate(found.found, 1)
    ]
    heads = ["", "costs", "instead of → use", "better at", "worse at", "closest to its limit"]
    return {
        "table": table(heads, rows) if rows else "",
        "differ": plural(found.differ, "role"),
        "end": end_text(found).replace("--count lists them", "`advisor alternatives` lists them with `--count`"),
    }


def _swap(view: View, one: Alternative) -> list[str]:
    return [
        f"{view.lower(x.role)}: {name(x.before) if x.before else 'left out'} → "
        f"{sized(x.after) if x.after else 'left out'}"
        for x in one.differs
    ]


def front(view: View) -> dict[str, str] | None:
    """Return the front with its chart's name and its points, None when it was not worked out."""
    found = view.analyses.pareto
    if found is None:
        return None
    rows = []
    for number, point in enumerate(found.points):
        values = [numbers.metric(axis.metric, value) for axis, value in zip(found.axes, point.values, strict=True)]
        before = found.points[number - 1] if number else None
        step = exchange_text(found.axes, before.values, point.values) if before else "–"
        marks = joined(pareto_words.marks(found, number))
        rows.append([str(number + 1), *values, "✓" if point.within else "·", escape(marks), escape(step)])
    labels = [f">{numbers.metric_label(axis.metric)}" for axis in found.axes]
    return {
        "chart": FRONT if len(found.points) > 1 else "",
        "title": escape(pareto_words.title(found)),
        "verdict": escape(capital(pareto_words.verdict(found))),
        "notes": " ".join(escape(note) for note in pareto_words.notes(found)),
        "table": table([">", *labels, "", "is", "from the point before"], rows) if rows else "",
    }


def figure(view: View) -> Figure_ | None:
    """Return the chart of the front."""
    from advisor.render.pareto_chart import pareto_chart

    found = view.analyses.pareto
    if found is None or len(found.points) < 2:
        return None
    return Figure_(FRONT, pareto_chart(found), f"Front of {pareto_words.title(found)}, the bounds dashed")


def missing(view: View, analysis: str, shows: str, command: str) -> str:
    """Return the sentence on where an analysis is to be had, or why it is not in this document."""
    why = view.analyses.missing.get(analysis)
    reason = f" ({escape(why)})" if why else ""
    return f"Not in this document{reason}: {shows}; {code(command)} computes it, `--analyses {analysis}` puts it here."

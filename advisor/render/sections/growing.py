"""The same scenario at more volume: what it costs, what flips, and when this design left as it is breaks."""

from __future__ import annotations

from advisor.render import growth_text, numbers
from advisor.render.growth_chart import growth_chart
from advisor.render.markdown import escape, table
from advisor.render.page import Figure_
from advisor.render.sections.assumptions import readable
from advisor.render.sections.dependence import spoken
from advisor.render.sections.view import View, capital

CHART = "growth.svg"


def growing(view: View) -> dict[str, object] | None:
    """Return the table of factors, the flips and the headroom, None when they were not worked out."""
    found = view.analyses.growth
    if found is None:
        return None
    rows = []
    for one in found.volumes:
        cost, per_run, units, _ = growth_text.cells(one, 1.0)
        rows.append([growth_text.factor_text(one.factor), cost, per_run, units, escape(growth_text.status_text(one))])
    heads = [">volume", ">a month", f">{escape(growth_text.per_text(view.scenario))}", ">units", "requirements"]
    headroom = [growth_text.headroom_text(one, found) for one in found.headroom]
    return {
        "of": ", ".join(
            f"{escape(view.blueprint.parameters[key].title)} ({numbers.significant(value)})"
            for key, value in found.of.items()
        ),
        "table": table(heads, rows),
        "troubles": [escape(line) for line in growth_text.infeasible_lines(found.volumes)],
        "flips": [capital(spoken(view, growth_text.flip_text(one))) for one in found.flips],
        "headroom": [capital(spoken(view, readable(view, line))) for line in headroom],
        "chart": CHART if sum(one.evaluation is not None for one in found.volumes) > 1 else "",
    }


def figure(view: View) -> Figure_ | None:
    """Return the chart of cost over volume, None when fewer than two factors have a design."""
    found = view.analyses.growth
    if found is None:
        return None
    try:
        svg = growth_chart(found, view.scenario)
    except ValueError:
        return None
    return Figure_(CHART, svg, "Cost over volume, both on logarithmic axes")

"""Section 3: what it is for, the load it carries, and the figures that follow from the load."""

from __future__ import annotations

from advisor.models.cost import SECONDS_PER_MONTH
from advisor.render import numbers
from advisor.render.markdown import escape, plural, table
from advisor.render.people import Part
from advisor.render.sections.view import NB, View, where, with_unit

SYMBOL = 2  # letters of a unit up to which it is a symbol ("ms") and no noun ("steps")
LONG_MS = 600_000.0  # from this on a time is also told in the unit that reads best

QUESTIONS = (
    "Who are the users and what do they do without this system? Which existing systems does it replace or talk to? "
    "What is explicitly outside? What happens if nothing is built?"
)


def context(view: View) -> dict[str, object]:
    """Return the user's description, the workload and the derived figures."""
    return {
        "description": escape(view.scenario.description),
        "blueprint": escape(view.blueprint.summary),
        "context": Part("context", "human", QUESTIONS),
        "parameters": parameters(view),
        "defaulted": plural(len(set(view.blueprint.parameters) - view.scenario.given), "parameter"),
        "flows": flows(view),
        "derived": derived(view),
    }


def parameters(view: View) -> str:
    """Return the table of the workload parameters that were given; the others are assumptions."""
    scenario, rows = view.scenario, []
    for key, parameter in view.blueprint.parameters.items():
        if key not in scenario.given:
            continue
        value = amount(scenario.workload[key], parameter.unit)
        if key in scenario.spread:
            value += f", cv {scenario.spread[key]:g}"
        rows.append([escape(parameter.title), value, where(f"workload.{key}")])
    return table(["parameter", ">value", "where"], rows) if rows else ""


def amount(value: float, unit: str) -> str:
    """Return a figure that somebody stated, with all of its digits.

    >>> amount(2_500_000.0, "1/month").replace(NB, " "), amount(0.2, "share").replace(NB, " "), amount(5.0, "ratio")
    ('2 500 000 /month', '0.2', '5')
    >>> amount(1.0, "ms").replace(NB, " "), amount(1.0, "steps").replace(NB, " "), amount(2.7e6, "ms").replace(NB, " ")
    ('1 ms', '1 step', '2 700 000 ms (45.0 min)')
    """
    digits = numbers.grouped(value) if value == round(value) else f"{value:,.10g}".replace(",", NB)
    shown = {"ratio": "", "share": ""}.get(unit, unit.removeprefix("1") if unit.startswith("1/") else unit)
    if value == 1 and shown.isalpha() and len(shown) > SYMBOL:
        shown = shown.removesuffix("s")
    if unit in ("ms", "s") and value * (1 if unit == "ms" else 1000) >= LONG_MS:
        shown += f" ({numbers.duration(value, unit)})"
    return f"{digits}{NB}{escape(shown)}" if shown else digits


def flows(view: View) -> str:
    """Return the table of flows with their rates."""
    rows = [
        [
            escape(flow.title),
            numbers.grouped(view.rate_per_month(flow)),
            with_unit(view.average_per_s(flow), "1/s"),
            with_unit(view.peak_per_s(flow), "1/s"),
        ]
        for flow in view.blueprint.flows.values()
    ]
    return table(["flow", ">a month", ">average", ">peak"], rows)


def derived(view: View) -> str:
    """Return the table of volumes that follow from the load: token rates and stored data, by role."""
    dimensions, rows = view.catalog.records.dimensions, []
    for role in view.used:
        demand = view.demand[role]
        for key, peak in demand.peak.items():
            unit, stock = dimensions[key].unit, key in demand.stock
            if peak > 0 and (stock or "tokens" in unit):
                tokens = with_unit(demand.average[key] * SECONDS_PER_MONTH / 1e6, "million")
                average = [with_unit(demand.average[key], unit), with_unit(peak, unit), tokens]
                shown = ["–", with_unit(peak, unit), "–"] if stock else average
                rows.append([view.title(role), escape(dimensions[key].title), *shown])
    if all(row[-1] == "–" for row in rows):  # no tokens, so there are only stocks
        return table(["role", "volume", ">stock"], [[*row[:2], row[3]] for row in rows]) if rows else ""
    return table(["role", "volume", ">average", ">peak or stock", ">tokens a month"], rows)

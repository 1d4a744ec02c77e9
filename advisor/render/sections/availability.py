"""Section 10: how each flow stays up, where its downtime comes from, and what a loss does."""

from __future__ import annotations

import math

from advisor.candidates.candidate import Candidate
from advisor.candidates.shared import counted_once
from advisor.catalog.model import Figure
from advisor.models.availability import downtime_minutes_per_month
from advisor.render import numbers
from advisor.render.markdown import escape, joined, plural, table
from advisor.render.sections.assumptions import BASES
from advisor.render.sections.losses import losses, providers
from advisor.render.sections.trace import metric_link, role_link
from advisor.render.sections.view import View, capital, mark, name, units, utilisation


def context(view: View) -> dict[str, object]:
    """Return each flow's availability, each role's part, and what the loss of a unit or a zone does."""
    return {
        "roles": roles(view),
        "flows": [flow(view, flow_id) for flow_id in view.blueprint.flows],
        "losses": losses(view),
        "providers": providers(view),
    }


def roles(view: View) -> str:
    """Return the table of roles: redundancy, availability, and what that figure rests on."""
    rows = [
        [
            view.title(role),
            name(c),
            redundancy(c),
            role_link(view, role, numbers.availability(c.availability)),
            minutes(c.availability),
            basis(c),
        ]
        for role, c in view.used.items()
    ]
    return table(["role", "component", "redundancy", ">availability", ">down a month", "rests on"], rows)


def redundancy(candidate: Candidate) -> str:
    """Return units, zones and how many must be up."""
    parts = candidate.parts
    if parts:
        return "; ".join(f"{name(one)}, {escape(one.option.title)}: {redundancy(one)}" for one in parts if one.option)
    if candidate.option is None or candidate.option.unit is None:
        return "the provider's"
    return (
        f"{candidate.needed_units} of {units(candidate.units, candidate.option.unit.name)} in "
        f"{plural(candidate.zones, 'zone')}"
    )


def basis(candidate: Candidate) -> str:
    """Return what a candidate's availability rests on."""
    if len(candidate.parts) > 1:
        return f"computed from its parts: {', '.join(dict.fromkeys(basis(part) for part in candidate.parts))}"
    assert candidate.option is not None
    stated = candidate.option.availability
    if stated.software is not None:
        return f"units and zones computed; software {BASES[stated.software.basis].split(' (')[0].split(',')[0]}"
    figure: Figure | None = stated.observed or stated.service
    if figure is None:
        figure = (stated.service_by_zones or {})[str(candidate.zones)]  # type: ignore[index]
    return f"observed: {BASES[figure.basis]}" if stated.observed else BASES[figure.basis]


def minutes(availability: float) -> str:
    """Return the expected downtime in a month of 730 h.

    >>> minutes(0.999).replace(numbers.NARROW, " "), minutes(0.95).replace(numbers.NARROW, " "), minutes(1.0)
    ('43.8 min', '36.5 h', '0')
    """
    down = downtime_minutes_per_month(availability)
    if down <= 0:
        return "0"
    return f"{numbers.significant(down)}{numbers.NARROW}min" if down < 120 else numbers.duration(down * 60, "s")


def nines(availability: float) -> str:
    """Return how many nines an availability has.

    >>> nines(0.999), nines(0.9942)
    ('3.0 nines', '2.2 nines')
    """
    return "no downtime" if availability >= 1 else f"{-math.log10(1 - availability):.1f} nines"


def flow(view: View, flow_id: str) -> dict[str, str]:
    """Return one flow: the product with its numbers, downtime, budget, and the share of it by role."""
    result = view.best.flows[flow_id]
    product = " × ".join(numbers.availability(view.best.design[role].availability) for role in apart(view, flow_id))
    bound = next((b for b in view.scenario.bounds if b.metric == f"flows.{flow_id}.availability"), None)
    metric, against = f"flows.{flow_id}.availability", ""
    if bound is not None:
        against = (
            f" The target of {numbers.availability(bound.limit)} allows {minutes(bound.limit)} "
            f"{mark(bound.holds(result.availability))}; "
            f"{numbers.percent(bound.slack(result.availability))} of that budget is left."
        )
    asked = {step.asks for step in view.blueprint.flows[flow_id].steps()}
    soft = [view.lower(role) for role in view.used if view.blueprint.roles[role].soft and role in asked]
    degraded = f" {capital(joined(soft))} may fail without failing the flow." if soft else ""
    return {
        "title": escape(view.blueprint.flows[flow_id].title),
        "product": f"{product} = {metric_link(view, metric, numbers.availability(result.availability))}",
        "sentence": f"{nines(result.availability)}, {metric_link(view, metric, minutes(result.availability))} down in "
        "an average month."
        f"{against}{degraded}",
        "shares": shares(view, flow_id),
    }


def shares(view: View, flow_id: str) -> str:
    """Return which roles use up the downtime, the largest first."""
    downs = {role: 1 - view.best.design[role].availability for role in apart(view, flow_id)}
    total = math.fsum(downs.values())
    if total <= 0:
        return ""
    ranked = sorted(downs.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{view.lower(role)} {utilisation(down / total)}" for role, down in ranked)


def apart(view: View, flow_id: str) -> list[str]:
    """Return the roles that a flow needs, one of those that the same units serve."""
    needs = view.best.flows[flow_id].needs
    return [role for role in needs if not counted_once(view.best.design[role], needs)]

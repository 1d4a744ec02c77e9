"""What the loss of a unit, a zone or a provider does: judged again with what is left."""

from __future__ import annotations

import math
from collections.abc import Iterator

from advisor.candidates.candidate import Candidate, billed_by
from advisor.evaluation.evaluate import judge
from advisor.render import numbers
from advisor.render.markdown import escape, joined, table
from advisor.render.sections.view import View, capital, label, lower, name, units

SPARE = ("fallback", "hedge")  # combinations that go on when one of their parts is down


def losses(view: View) -> str:
    """Return what the loss of one unit and of one zone does at peak, judged again with what is left."""
    rows = []
    for role, c in view.used.items():
        if c.shared and c.shared[0] != role:
            continue  # the same units, looked at where they are billed
        one = c.members[0]
        if one.option is None or one.option.unit is None:
            continue
        whose = f"{view.title(role)}{f', {name(one)}' if c.parts else ''}"
        unit = one.option.unit.name
        rows.append(
            [whose, f"1 of {units(one.units, unit)}", after(view, role, one.units - 1, min(one.zones, one.units - 1))]
        )
        if one.zones > 1:
            gone = math.ceil(one.units / one.zones)
            left = after(view, role, one.units - gone, one.zones - 1)
            rows.append([whose, f"1 of {one.zones} zones ({units(gone, unit)})", left])
    return table(["role", "loses", "then, at peak"], rows) if rows else ""


def after(view: View, role: str, left: int, zones: int) -> str:
    """Return what holds with fewer units of a role (of a combination, of its primary), by the judge."""
    c = view.used[role]
    option = c.members[0].option
    assert option is not None
    if left < 1 and not c.parts:
        return gone(view, role)
    if option.unit is not None and option.unit.stateful and left < c.members[0].needed_units:
        return f"✗ no whole copy of the data is left; {joined(flows(view, role)) or 'no flow'} down or incomplete"
    if c.shared:
        return shared_after(view, c, left)
    try:
        less = view.proposal.table.resized(c, left, zones, view.caches)
    except (ValueError, KeyError):
        return "✗ what is left cannot carry the peak"
    full = max((load.utilisation for one in less.members for load in one.loads.values()), default=0.0)
    if full > 1:
        return f"✗ overloaded: {numbers.percent(full)} of what is left"
    result = judge({**view.best.design, role: less}, view.scenario)
    broken = [label(x.requirement) for x in result.checks if not x.holds and "availability" not in x.requirement.path]
    text = f"fullest dimension at {numbers.percent(full)}"
    return f"✗ {joined(broken)} missed; {text}" if broken else f"✓ every other requirement still holds; {text}"


def shared_after(view: View, candidate: Candidate, left: int) -> str:
    """Return how full fewer units are that serve several roles; their times are not judged again."""
    full = max((load.utilisation for load in candidate.loads.values()), default=0.0) * candidate.units / left
    roles = joined([view.lower(role) for role in candidate.shared])
    verdict = "✗ overloaded" if full > 1 else "✓ carries the peak"
    return f"{verdict} as {roles} together: fullest dimension at {numbers.percent(full)}; times not judged again"


def gone(view: View, role: str) -> str:
    """Return what it means that nothing of a role is left."""
    down = flows(view, role)
    if down:
        return f"✗ {joined(down)} down"
    return escape(view.catalog.role(role).degrades or "") or "no flow waits for it; its work is left undone"


def flows(view: View, role: str) -> list[str]:
    """Return the flows that need a role, or another one that the same units serve."""
    served = view.used[role].shared or (role,)
    return [
        f"“{escape(lower(view.blueprint.flows[f].title))}”"
        for f, result in view.best.flows.items()
        if set(served) & set(result.needs)
    ]


def providers(view: View) -> str:
    """Return the table of who hosts or bills what, and what the loss of each provider does."""
    rows = []
    for vendor in view.best.vendors:
        down, kept = hosted(view, vendor)
        stopped = list(dict.fromkeys(flow for role in down for flow in flows(view, role)))
        still = [f"“{escape(lower(f.title))}”" for f in view.blueprint.flows.values()]
        still = [flow for flow in still if flow not in stopped]
        rows.append(
            [
                escape(vendor),
                capital(joined([view.lower(role) for role in (*down, *kept)])),
                f"✗ {joined(stopped)} down" if stopped else "✓ no flow stops",
                " ".join(f"{capital(text)}." for text in _consequences(view, down, kept, still)) if still else "–",
            ]
        )
    return table(["provider", "has", "when it is lost", "then"], rows) if rows else ""


def hosted(view: View, vendor: str) -> tuple[list[str], list[str]]:
    """Return the roles that stop with a provider, and those that go on with another one."""
    down: list[str] = []
    kept: list[str] = []
    for role, c in view.used.items():
        if vendor not in c.vendors:
            continue
        others = any(billed_by(m.component, m.option) != vendor for m in c.members if m.component and m.option)
        (kept if others and c.combined_by in SPARE else down).append(role)
    return down, kept


def _consequences(view: View, down: list[str], kept: list[str], still: list[str]) -> Iterator[str]:
    if len(still) < len(view.blueprint.flows):
        yield f"{joined(still)} {'goes' if len(still) == 1 else 'go'} on"
    if kept:
        yield f"{joined([view.lower(role) for role in kept])} on the other part"
    needed = {role for result in view.best.flows.values() for role in result.needs}
    degraded = [view.catalog.role(role).degrades for role in down if role not in needed]
    yield from (escape(text).rstrip(".") for text in degraded if text)

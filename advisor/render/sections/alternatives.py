"""Section 11: every component that could have filled a role, and why it does not."""

from __future__ import annotations

import re

from advisor.analysis.reasons import Reason, RunnerUp
from advisor.render import numbers
from advisor.render.markdown import escape, joined, plural, table
from advisor.render.sections import whole_designs
from advisor.render.sections.view import View, demanded, extra, goal, label, name, sized, with_unit
from advisor.scenario.requirements import Bound, Requirement

_TOO_MUCH = re.compile(
    r"peak (?P<key>\w+) (?P<peak>[\d,.e+-]+) "
    r"(?:is above its limit of|needs more than (?P<most>\d+) units of) (?P<limit>[\d,.e+-]+)"
)


def context(view: View) -> dict[str, object] | None:
    """Return each role's alternatives, None when no reasons were asked for."""
    if not view.proposal.reasons:
        return None
    shows = "whole designs that are nearly as good and differ in several roles"
    front_command = "advisor pareto scenario.yml --metrics cost,p95"
    front_shows = "the front of cost against the tightest other requirement"
    count = sum(len(found) for found in view.proposal.reasons.values())
    return {
        "roles": [part(view, role) for role in view.proposal.reasons],
        "count": plural(count, "alternative"),
        "kinds": kinds(view),
        "beside": whole_designs.beside(view),
        "no_beside": whole_designs.missing(view, "alternatives", shows, "advisor alternatives scenario.yml"),
        "front": whole_designs.front(view),
        "no_front": whole_designs.missing(view, "pareto", front_shows, front_command),
    }


def kinds(view: View) -> str:
    """Return how many were turned down for what."""
    found = [reason.kind for some in view.proposal.reasons.values() for reason in some]
    words = {
        "refused": "ruled out by a requirement",
        "capacity": "unable to carry the load",
        "hopeless": "missing a requirement in any combination",
        "breaks": "breaking a requirement when swapped in",
        "swap": "possible but no better",
    }
    return joined([f"{found.count(kind)} {text}" for kind, text in words.items() if kind in found])


def part(view: View, role: str) -> dict[str, str]:
    """Return one role: what was chosen, the runner-up of a re-solve, and the table of the others."""
    found = view.proposal.reasons[role]
    rows = [[component(reason), *verdict(view, reason)] for reason in found]
    return {
        "title": view.title(role),
        "chosen": sized(view.best.design[role]),
        "runner_up": runner_up(view, role),
        "table": table(["not chosen", ">swapped in alone", "because"], rows)
        if rows
        else "Nothing else in the catalog can fill this role.",
    }


def component(reason: Reason) -> str:
    """Return a component with the size that was looked at."""
    looked_at = reason.candidate if reason.kind in ("swap", "breaks") else None
    if looked_at is not None and looked_at.parts:
        return escape(looked_at.size)  # names its parts
    size = looked_at.size if looked_at is not None else ""
    return f"{escape(reason.component_name)}, {escape(size)}" if size else escape(reason.component_name)


def verdict(view: View, reason: Reason) -> tuple[str, str]:
    """Return what swapping a component in costs, and why it was not chosen."""
    price = "–" if reason.extra_usd_per_month is None else extra(reason.extra_usd_per_month)
    if reason.kind == "refused":
        return "–", f"ruled out: {asked(reason.requirements)}"
    if reason.kind == "capacity":
        return "–", too_small(view, reason.detail)
    if reason.kind == "hopeless":
        return "–", f"misses {asked(reason.requirements)} whatever else can be chosen"
    if reason.kind == "breaks":
        return price, "; ".join(
            [escape(reason.detail)] * bool(reason.detail) + [f"breaks {broken(reason)}"] * bool(reason.requirements)
        )
    return price, no_better(view, reason)


def too_small(view: View, detail: str) -> str:
    """Return why a component cannot carry the load, its dimension by title."""
    dimensions = view.catalog.records.dimensions
    limited = _TOO_MUCH.fullmatch(detail)
    if limited is None or limited["key"] not in dimensions:
        words = re.sub(r"\w+", lambda word: dimensions[word[0]].title if word[0] in dimensions else word[0], detail)
        return escape(words) or "cannot carry the load"
    dimension = dimensions[limited["key"]]
    peak, limit = (with_unit(float(limited[key].replace(",", "")), dimension.unit) for key in ("peak", "limit"))
    most = f"{plural(int(limited['most']), 'unit')} of " if limited["most"] else ""
    return f"{escape(dimension.title)}: a peak of {peak} is above its limit of {most}{limit}"


def asked(requirements: tuple[Requirement, ...]) -> str:
    """Return requirements with what they ask, as running text."""
    return joined([f"{label(r)} ({demanded(r)})" for r in requirements])


def broken(reason: Reason) -> str:
    """Return the broken requirements with the values they would have."""
    parts = []
    for check in reason.broken:
        requirement = check.requirement
        met = (
            f" {_met(requirement, check.value)} where"
            if check.value is not None and isinstance(requirement, Bound)
            else ""
        )
        parts.append(f"{label(requirement)}:{met} {demanded(requirement)} is asked")
    return "; ".join(parts)


def _met(requirement: Bound, value: float) -> str:
    """Return a value that breaks a bound; one that rounds to the bound is said to be just outside."""
    text = numbers.metric(requirement.metric, value)
    return f"just outside {text}," if text == numbers.metric(requirement.metric, requirement.limit) else text


def no_better(view: View, reason: Reason) -> str:
    """Return why a component that holds everything was not chosen."""
    worse = ""
    if reason.extra_goal and not view.minimises_cost:
        worse = f"; the goal gets worse by {numbers.significant(abs(reason.extra_goal))}"
    if reason.by is not None and reason.by.component_id != reason.component_id:
        better = "the chosen one" if reason.by.id == view.best.design[reason.role].id else sized(reason.by)
        return f"holds everything, but {better} is at least as good in all that is asked here{worse}"
    if reason.extra_usd_per_month is not None and abs(reason.extra_usd_per_month) < 0.005:
        return f"holds everything at the same cost{worse or '; the first in order was taken'}"
    return f"holds everything{worse or ', for more money'}"


def runner_up(view: View, role: str) -> str:
    """Return the best design without the chosen component, in one sentence."""
    up, filled = view.proposal.runner_ups.get(role), role in view.left_out
    if up is None:
        return ""
    if up.candidate is None:
        what = "With the role filled" if filled else "Without it"
        return f"{what} no design meets the requirements." if up.proved else f"{what} no design was found in time."
    how = "Solved again with the role filled" if filled else "Solved again without it"
    least = "" if up.proved else " at most"
    if abs(up.extra_usd_per_month) < 0.005:
        return f"{how}: {name(up.candidate)}, the whole design at the same cost."
    others = changed(view, up)
    also = f", with {joined(others)} changed as well" if others else ""
    by = f"worse by {numbers.significant(up.extra_goal)}" if up.extra_goal > 0 else "no worse"
    worse = "" if view.minimises_cost else f", “{goal(view)}” {by}"
    return f"{how}: {name(up.candidate)}, the whole design {extra(up.extra_usd_per_month)} a month{least}{worse}{also}."


def changed(view: View, up: RunnerUp) -> list[str]:
    """Return the titles of the other roles whose component differs in the runner-up's design."""
    if up.evaluation is None or up.candidate is None:
        return []
    return [
        view.lower(role)
        for role, c in up.evaluation.design.items()
        if role != up.candidate.role and c.component_id != view.best.design[role].component_id
    ]

"""Decision records: one file a role after MADR 4 (adr.github.io/madr), and an index. Figures are the document's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.analysis.reasons import Reason
from advisor.candidates.candidate import Candidate
from advisor.render import numbers
from advisor.render.markdown import code, escape, table
from advisor.render.sections import alternatives, appendix
from advisor.render.sections.view import View, demanded, found, goal, label, sized, slack
from advisor.render.templates import SHIPPED, Templates
from advisor.yamledit import flow

FOLDER, INDEX = "adr", "README.md"


def decision_records(view: View, templates: Templates = SHIPPED) -> dict[str, str]:
    """Return path -> text of every record and of the index, numbered in the order of the blueprint's roles."""
    environment = templates.environment()
    record, index = (f"{FOLDER}/{name}.md.j2" for name in ("record", "index"))
    texts = {path: templates.render(environment, record, _record(view, role)) for path, role in _paths(view).items()}
    return {
        **{path: text.rstrip() + "\n" for path, text in texts.items()},
        f"{FOLDER}/{INDEX}": templates.render(environment, index, _index(view)),
    }


def _paths(view: View) -> Mapping[str, str]:
    """Return path -> role; a role keeps its number as long as the blueprint does not change."""
    return {
        f"{FOLDER}/{number:04}-{role.replace('_', '-')}.md": role
        for number, role in enumerate(view.best.design, start=1)
    }


def _index(view: View) -> dict[str, str]:
    rows = [
        [
            f"[{number:04}]({path.removeprefix(FOLDER + '/')})",
            view.title(role),
            sized(view.best.design[role]),
            escape(view.style.status.decision),
            numbers.usd(view.best.design[role].cost_usd_per_month),
        ]
        for number, (path, role) in enumerate(_paths(view).items(), start=1)
    ]
    return {
        "design": escape(view.scenario.title) or "the design",
        "blueprint": view.blueprint.id,
        "table": table(["record", "decides", "outcome", "status", ">a month"], rows),
    }


def _record(view: View, role: str) -> dict[str, object]:
    candidate = view.best.design[role]
    known = appendix.record(view, role, candidate)
    reasons = view.proposal.reasons.get(role, ())
    return {
        **known,
        "status": flow(view.style.status.decision),
        "date": view.date.isoformat(),
        "owner": flow(view.scenario.owner or "to be named"),
        "drivers": list(_drivers(view, role)),
        "options": [{"name": sized(candidate), "points": []}, *(_option(view, reason) for reason in reasons)],
        "because": _because(view),
        "runner_up": known["why"],
        "consequences": list(_consequences(view, role, candidate)),
        "more": _more(view),
    }


def _drivers(view: View, role: str) -> Iterator[str]:
    """Yield each requirement that a role takes part in, with the value of the whole design and what is left."""
    for check in view.graded:
        if appendix.touches(view, role, check):
            room = slack(check)
            left = f", slack {room}" if room else ""
            yield f"{label(check.requirement)} {demanded(check.requirement)}: {found(check)} in this design{left}"
    for requirement in view.scenario.filters:
        if not requirement.role or requirement.role == role:
            yield f"{label(requirement)}: {demanded(requirement)}"
    yield f"the objective: {goal(view)}"


def _because(view: View) -> str:
    best = "proved best" if view.proved else "best found in time (not proved)"
    return f"it belongs to the {best} combination for “{goal(view)}” under all requirements"


def _consequences(view: View, role: str, candidate: Candidate) -> Iterator[str]:
    """Yield what the choice brings, good and bad, by what can be computed."""
    if candidate.is_none:
        yield "Good, because there is nothing to pay or to run."
        degrades = escape(view.catalog.role(role).degrades or "")
        if degrades:
            yield f"Bad, because of what is missing: {degrades}"
        return
    share = candidate.cost_usd_per_month / view.best.cost_usd_per_month if view.best.cost_usd_per_month else 0.0
    yield (
        f"Neutral: it costs {numbers.usd(candidate.cost_usd_per_month)} a month "
        f"({numbers.percent(share)} of the design), "
        f"{numbers.significant(candidate.operations_h_per_month)}{numbers.NARROW}h of operations included."
    )
    yield f"Neutral: it is up {numbers.availability(candidate.availability)} of the time, as planned."
    if view.catalog.role(role).quality:
        yield f"Neutral: its factor in the quality index is {numbers.significant(candidate.quality)}."
    if candidate.component is not None:
        yield f"Neutral: its licence is {escape(candidate.component.licence)}."


def _option(view: View, reason: Reason) -> dict[str, object]:
    """Return an option that was not chosen, and what speaks for or against it."""
    price, why = alternatives.verdict(view, reason)
    cost = f" ({price} a month)" if price[:1] in "+−" else ""
    texts = {
        "refused": f"Bad, because it is {why}.",
        "capacity": f"Bad, because it cannot carry the load: {why}.",
        "hopeless": f"Bad, because it {why}.",
        "breaks": f"Bad, because it {why if reason.requirements else 'is ' + why}{cost}.",
        "swap": f"Neutral, because swapped in alone it {why}{cost}.",
    }
    return {"name": alternatives.component(reason), "points": [texts[reason.kind]]}


def _more(view: View) -> str:
    scenario, catalog = code(view.scenario.digest), code(view.catalog.digest)
    prices = view.proposal.table.as_of.isoformat()
    return (
        f"Computed by advisor {escape(view.version)} from the scenario {scenario} and the catalog {catalog}, "
        f"prices as of {prices}. Capacity, latency, cost and sources stand in [the design document](../design.md)."
    )

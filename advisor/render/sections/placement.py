"""Section 14: where data is and under which terms, checked against what the scenario allows."""

from __future__ import annotations

from advisor.candidates.candidate import Candidate
from advisor.render.markdown import escape, joined, plural, table
from advisor.render.people import Part
from advisor.render.sections.view import CLOUDS, MODES, REGIONS, View, demanded, label, lower, mark, name


def context(view: View) -> dict[str, object]:
    """Return the placement of every role, checked."""
    rules = [f for f in view.scenario.filters if f.kind in ("cloud", "residency", "licence", "mode")]
    return {
        "placement": placement(view),
        "rules": joined([f"{label(f)} ({demanded(f)})" for f in rules]),
        "outside": outside(view),
        "vendors": vendors(view),
        "security": Part("security", "human", " ".join(questions(view))),
    }


def questions(view: View) -> list[str]:
    """Return the questions that people must answer, by what this design holds and lets in."""
    roles = set(view.used)
    texts = [f"“{escape(lower(flow.title))}”" for flow in view.blueprint.flows.values()]
    found = [
        f"Which personal or confidential data goes through {joined(texts)}, and how long is it kept in "
        f"{joined([view.lower(role) for role in view.used if _keeps(view, role)]) or 'logs and traces'}?",
        "Who may read it, and how is that checked?",
        "With whom must an agreement on processing be made, out of "
        f"{joined([escape(vendor) for vendor in view.best.vendors], 'and')}?",
    ]
    if any("output_tokens_per_s" in view.demand[role].peak for role in roles):
        found.append("What does an instruction reach that somebody hides in the input or in what the models read?")
    if "tool_sandbox" in roles or "agent_runtime" in roles:
        found.append("Which systems may agents change, and who approves it?")
    if "vector_store" in roles or "search_index" in roles:
        found.append("How are results filtered by what their reader may see?")
    return found


def _keeps(view: View, role: str) -> bool:
    return any(value > 0 for value in view.demand[role].stock.values())


def vendors(view: View) -> str:
    """Return who sends a bill, and what the team runs itself."""
    best = view.best
    own = joined([escape(view.catalog.records.components[one].name) for one in best.self_operated])
    bills = f"{plural(len(best.vendors), 'vendor')} send{'s' if len(best.vendors) == 1 else ''} a bill: "
    runs = f"The team runs {plural(len(best.self_operated), 'system')} itself: {own}." if own else ""
    runs = runs or "The team runs none of the systems itself."
    return f"{bills}{joined([escape(one) for one in best.vendors])}. {runs}"


def placement(view: View) -> str:
    """Return the table of cloud, regions, mode and licence by role."""
    rows = [
        [view.title(role), name(one), *traits(one), verdict(view, role, one)]
        for role, c in view.used.items()
        for one in c.members
    ]
    heads = ["role", "component", "where", "data can be kept in", "run as", "licence", "allowed"]
    return table(heads, list({tuple(row): row for row in rows}.values()))  # parts of a pool differ in size only


def traits(candidate: Candidate) -> tuple[str, str, str, str]:
    """Return cloud, regions, mode and licence."""
    option, component = candidate.option, candidate.component
    assert option is not None
    assert component is not None
    regions = ", ".join(REGIONS[one].removeprefix("the ") for one in option.residency)
    return CLOUDS[option.cloud], regions, MODES[option.mode], escape(component.licence)


def verdict(view: View, role: str, candidate: Candidate) -> str:
    """Return ✓, or ✗ with the rules that are broken."""
    broken = [f for f in view.scenario.filters if not candidate.admitted_by(f)]
    return f"{mark(not broken)} {joined([label(f) for f in broken])}".strip()


def outside(view: View) -> str:
    """Return which components run in their vendor's own cloud, so that data leaves the account."""
    return joined(
        [
            f"{name(one)} ({view.lower(role)})"
            for role, c in view.used.items()
            for one in c.members
            if one.option and one.option.cloud == "vendor"
        ]
    )

"""Section 14: where data is and under which terms, checked against what the scenario allows."""

from __future__ import annotations

from advisor.candidates.candidate import Candidate
from advisor.render.markdown import escape, joined, table
from advisor.render.sections.architecture import CLOUDS, MODES
from advisor.render.sections.view import View, demanded, label, mark, name


def context(view: View) -> dict[str, object]:
    """Return the placement of every role, checked."""
    rules = [f for f in view.scenario.filters if f.kind in ("cloud", "residency", "licence", "mode")]
    return {
        "placement": placement(view),
        "rules": joined([f"{label(f)} ({demanded(f)})" for f in rules]),
        "outside": outside(view),
    }


def placement(view: View) -> str:
    """Return the table of cloud, regions, mode and licence by role."""
    rows = [
        [view.title(role), name(one), *traits(one), verdict(view, role, one)]
        for role, c in view.used.items()
        for one in c.members
    ]
    return table(["role", "component", "where", "data can be kept in", "run as", "licence", "allowed"], rows)


def traits(candidate: Candidate) -> tuple[str, str, str, str]:
    """Return cloud, regions, mode and licence."""
    option, component = candidate.option, candidate.component
    assert option is not None
    assert component is not None
    return CLOUDS[option.cloud], ", ".join(option.residency), MODES[option.mode], escape(component.licence)


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

"""Section 5: what was given, what was assumed, and how good the figures are."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePath

from advisor.catalog.figure_words import time_of
from advisor.catalog.model import Provenance
from advisor.render import numbers
from advisor.render.markdown import escape, plural, table
from advisor.render.sections.figures import Used, used_figures
from advisor.render.sections.view import View, demanded, label, where
from advisor.render.sections.workload import amount
from advisor.scenario.assumption import Assumption

BASES = {
    "list_price": "list price",
    "sla": "SLA (a promise)",
    "documentation": "vendor's documentation",
    "benchmark": "published benchmark",
    "third_party": "third-party measurement",
    "measured": "own measurement",
    "estimate": "estimate, reasoned in the catalog",
}


def context(view: View) -> dict[str, object]:
    """Return constraints, assumptions, and what the figures in use rest on."""
    figures = used_figures(view)
    estimates = sum(used.figure.basis == "estimate" for used in figures)
    return {
        "constraints": constraints(view),
        "assumptions": assumptions(view),
        "taken": taken(view),
        "own": own_figures(view),
        "basis": basis(view, figures),
        "figure_count": plural(len(figures), "figure"),
        "estimate_share": numbers.percent(estimates / len(figures)),
        "utilisation": numbers.percent(view.scenario.sizing.target_utilisation),
        "rate": numbers.usd(view.scenario.usd_per_hour),
    }


def constraints(view: View) -> str:
    """Return the table of requirements with their place in the scenario."""
    rows = [[label(r), demanded(r), where(r.path)] for r in view.scenario.requirements]
    return table(["constraint", "asked", "where"], rows) if rows else ""


def assumptions(view: View) -> str:
    """Return what was assumed about the scenario: value, reason, where to change it."""
    rows = [
        [escape(a.subject), assumed(view, a), escape(a.reason), place(a.change_at)]
        for a in view.best.assumptions
        if not of_catalog(a)
    ]
    return table(["assumed", "value", "because", "change it at"], rows) if rows else ""


def assumed(view: View, assumption: Assumption) -> str:
    """Return the assumed value; the default of a workload's figure as the workload's own are shown."""
    key = assumption.change_at.removeprefix("workload.")
    parameter = view.blueprint.parameters.get(key)
    if parameter is None or key == assumption.change_at or assumption.subject != parameter.title:
        return escape(assumption.value)
    return amount(view.scenario.workload[key], parameter.unit)


def of_catalog(assumption: Assumption) -> bool:
    """Return whether an assumption is about a figure of the catalog."""
    return assumption.change_at.startswith("catalog: ")


def taken(view: View) -> str:
    """Return what was assumed about figures of the catalog, together where the reason is the same."""
    by_reason: dict[str, list[Assumption]] = defaultdict(list)
    for assumption in view.best.assumptions:
        if of_catalog(assumption):
            by_reason[assumption.reason].append(assumption)
    rows = [
        ["; ".join(f"{escape(readable(view, a.subject))}: {escape(a.value)}" for a in some), escape(reason)]
        for reason, some in by_reason.items()
    ]
    return table(["taken from the catalog", "because"], rows) if rows else ""


def readable(view: View, subject: str) -> str:
    """Return what an assumption is about, with titles in place of the catalog's names of options and dimensions."""
    titles = {key: dimension.title for key, dimension in view.catalog.records.dimensions.items()}
    titles |= {role: view.catalog.role(role).title.lower() for role in view.used if "_" in role}
    for c in view.used.values():
        titles |= {one.option.id: one.name for one in c.members if one.option}
    return re.sub(r"\w+", lambda word: titles.get(word[0]) or time_of(word[0]), subject)


def place(text: str) -> str:
    """Return where an assumption can be changed: a key of the scenario, or a record of the catalog."""
    head, colon, rest = text.partition(": ")
    return f"{escape(head)}: {where(rest)}" if colon else where(text)


def own_figures(view: View) -> str:
    """Return the table of records and figures of one's own that this design stands on, "" when there are none."""
    members = [one for c in view.used.values() for one in c.members if one.option]
    named = {one.option.id: f"{one.name}, {one.option.title}" for one in members if one.option}
    named |= {one.component_id: one.name for one in members}
    known = {*view.catalog.options, *view.catalog.records.components, *view.catalog.records.blueprints}
    known -= {view.blueprint.id}  # what is none of these, an instance type, may be under any of the options
    rows = [
        [
            escape(named.get(own.record, own.record)),
            where(own.name) if own.name else "the whole record",
            escape(own.was) or "new",
            where(PurePath(own.file).name),
        ]
        for own in view.catalog.own
        if own.record in named or own.record not in known
    ]
    return table(["of", "figure", "stands for", "from"], rows) if rows else ""


def basis(view: View, figures: tuple[Used, ...]) -> str:
    """Return how many figures in use rest on what, and how old the oldest is."""
    rows = []
    for key, words in BASES.items():
        some = [used for used in figures if used.figure.basis == key]
        if some:
            oldest = max(some, key=lambda used: used.age_days(view.date))
            rows.append(
                [words, str(len(some)), f"{checked(oldest.figure)} ({plural(oldest.age_days(view.date), 'day')})"]
            )
    return table(["basis", ">figures", ">oldest check (age)"], rows)


def checked(figure: Provenance) -> str:
    """Return the date on which a figure was compared with its source."""
    return figure.checked.isoformat()

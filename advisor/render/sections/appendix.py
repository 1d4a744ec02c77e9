"""Section 18: the scenario as it was, every source, and one decision record a role."""

from __future__ import annotations

from collections import defaultdict

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Check
from advisor.render import numbers
from advisor.render.markdown import code, escape, fence, joined, plural, table
from advisor.render.sections.alternatives import runner_up
from advisor.render.sections.derivations import derivations
from advisor.render.sections.figures import Used, used_figures
from advisor.render.sections.quality_plan import fullest, slowest
from advisor.render.sections.view import View, capital, demanded, label, metric_of, name, sized, with_unit
from advisor.scenario.requirements import QUALITY, Bound


def context(view: View) -> dict[str, object]:
    """Return the scenario, the sources and the records."""
    figures = used_figures(view)
    return {
        "scenario": fence(view.scenario.text, "yaml"),
        "sources": sources(view, figures),
        "unsourced": plural(sum(used.figure.source is None for used in figures), "figure"),
        "derivations": derivations(view),
        "records": [record(view, role, candidate) for role, candidate in view.best.design.items()],
    }


def sources(view: View, figures: tuple[Used, ...]) -> str:
    """Return every source in use: title, address, date, and which figures it gives."""
    by_source: dict[str, list[Used]] = defaultdict(list)
    for used in figures:
        if used.figure.source is not None:
            by_source[used.figure.source].append(used)
    rows = []
    for key in sorted(by_source):
        source = view.catalog.records.sources[key]
        rows.append(
            [
                f"{escape(source.title)}, {escape(source.publisher)}",
                address(source.address),
                escape(source.date),
                gives(view, by_source[key]),
            ]
        )
    return table(["source", "address", "of", "gives"], rows) if rows else ""


def address(text: str) -> str:
    """Return an address as a link that cannot be anything else.

    >>> address("https://a.example/x"), address("javascript:alert(1)")
    ('<https://a.example/x>', '`javascript:alert(1)`')
    """
    harmless = text.startswith(("https://", "http://")) and not set(text) & set('<>|\\ \n\t`"')
    return f"<{text}>" if harmless and text.isprintable() else code(text)


def gives(view: View, some: list[Used]) -> str:
    """Return which figures of which roles a source gives."""
    by_role: dict[str, list[str]] = defaultdict(list)
    for used in some:
        by_role[used.role].append(used.key)
    return "; ".join(
        f"{view.lower(role)}: {', '.join(code(k) for k in dict.fromkeys(keys))}" for role, keys in by_role.items()
    )


def record(view: View, role: str, candidate: Candidate) -> dict[str, object]:
    """Return one decision record after MADR: context, drivers, options, outcome, consequences, confirmation."""
    touching = [check for check in view.graded if touches(view, role, check)]
    reasons = view.proposal.reasons.get(role, ())
    options = [name(candidate), *(escape(reason.component_name) for reason in reasons)]
    return {
        "title": view.title(role),
        "outcome": sized(candidate),
        "outcome_sentence": capital(sized(candidate)),
        "context": asked(view, role),
        "drivers": joined([f"{label(c.requirement)} ({demanded(c.requirement)})" for c in touching]) or "cost alone",
        "options": joined(options),
        "why": runner_up(view, role),
        "consequences": consequences(view, role, candidate),
        "confirmation": confirmation(view, role, candidate),
    }


def asked(view: View, role: str) -> str:
    """Return what a role is for, and what it is asked for at peak."""
    purpose = escape(view.catalog.role(role).purpose)
    dimensions = view.catalog.records.dimensions
    peaks = [
        f"{escape(dimensions[k].title)} {with_unit(v, dimensions[k].unit)}"
        for k, v in view.demand[role].peak.items()
        if v > 0
    ]
    return f"{purpose} At peak: {joined(peaks)}." if peaks else purpose


def touches(view: View, role: str, check: Check) -> bool:
    """Return whether a role takes part in what a requirement bounds."""
    assert isinstance(check.requirement, Bound)
    metric = metric_of(check)
    if metric == QUALITY:
        return view.catalog.role(role).quality is not None
    if not metric.startswith("flows."):
        return True
    _, flow_id, what, *_ = metric.split(".", 3)
    if what == "availability":
        return role in view.best.flows[flow_id].needs
    return any(step.asks == role and not step.in_background for step in view.blueprint.flows[flow_id].steps())


def consequences(view: View, role: str, candidate: Candidate) -> str:
    """Return what the choice brings: cost, upkeep, availability, or what is missing."""
    if candidate.is_none:
        degrades = escape(view.catalog.role(role).degrades or "")
        return f"Nothing to pay or run. {degrades}".strip()
    parts = [
        f"{numbers.usd(candidate.cost_usd_per_month)} a month",
        f"{numbers.significant(candidate.operations_h_per_month)} h of operations",
        f"{numbers.availability(candidate.availability)} available",
    ]
    if view.catalog.role(role).quality:
        parts.append(f"quality factor {numbers.significant(candidate.quality)}")
    licence = candidate.component.licence if candidate.component else ""
    return f"{joined(parts)}; licence {escape(licence)}."


def confirmation(view: View, role: str, candidate: Candidate) -> str:
    """Return the values to see in production."""
    if candidate.is_none:
        return "Decide again when the load, the quality asked for or a price changes."
    title, peak, _ = fullest(view, candidate)
    p95, _ = slowest(view, role)
    parts = [f"{title} at most {peak} at peak"] if peak != "–" else []
    parts += [f"p95 at most {p95}"] if p95 != "–" else []
    return f"{capital(joined(parts))}." if parts else "Cost as stated."

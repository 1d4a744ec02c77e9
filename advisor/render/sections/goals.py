"""Section 4: the requirements as measurable quality-attribute scenarios, and what is not a goal."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.evaluation.result import Check
from advisor.render import numbers
from advisor.render.markdown import escape, joined, listed, plural, table
from advisor.render.people import Part
from advisor.render.sections.trace import shown
from advisor.render.sections.view import (
    NB,
    View,
    demanded,
    lower,
    mark,
    measured,
    metric_of,
    slack,
    where,
    with_unit,
)
from advisor.scenario.requirements import (
    CARDS,
    CLOUDS,
    COST,
    COUNTS,
    OPERATIONS,
    QUALITY,
    SELF_OPERATED,
    VENDORS,
    Bound,
    Filter,
    metrics,
)


def context(view: View) -> dict[str, object]:
    """Return the quality-attribute scenarios and the non-goals."""
    start = "Non-goals; strike what should have been a goal.\n\n" + listed(non_goals(view))
    return {"scenarios": scenarios(view), "non_goals": Part("non_goals", "prefilled", start)}


def scenarios(view: View) -> str:
    """Return the table of scenarios, one a requirement, in the order of the file."""
    rows = []
    for number, check in enumerate(view.best.checks, 1):
        attribute, source, stimulus, response = parts(view, check)
        text = f"*{source}*: {stimulus} → {response}"
        measure = f"{measure_name(check)}{demanded(check.requirement)}"
        result = f"{mark(check.holds)}{NB}{shown(view, check)}"
        rows.append([f"G{number}{NB}{attribute}", text, measure, result, slack(check) or "–"])
    heads = ["attribute", "source: stimulus → response", "measure", "result", ">slack"]
    return table(heads, rows) if rows else "The scenario states no requirement."


def measure_name(check: Check) -> str:
    """Return the name that stands before a percentile's bound."""
    last = metric_of(check).rpartition(".")[2] if isinstance(check.requirement, Bound) else ""
    return f"{last} " if last.startswith("p") or last == "mean" else ""


def parts(view: View, check: Check) -> tuple[str, str, str, str]:
    """Return attribute, source, stimulus and response of a requirement."""
    requirement = check.requirement
    if isinstance(requirement, Filter):
        return _of_filter(requirement)
    if requirement.metric.startswith("flows."):
        return _of_flow(view, requirement)
    if requirement.metric.startswith(CARDS):
        response = "no more accelerators of this type than there are, in all roles together"
        return "capacity", "whoever hands out accelerators", "peak load on all models", response
    load = joined(
        [
            f"{numbers.grouped(view.rate_per_month(f))} × “{escape(lower(f.title))}”"
            for f in view.blueprint.flows.values()
        ]
    )
    return {
        COST: ("cost", "finance", f"a month of {load}", "bills and operations hours together stay within budget"),
        OPERATIONS: (
            "operability",
            "the team that runs it",
            "a month of normal operation",
            "upkeep fits the hours there are",
        ),
        QUALITY: (
            "functional suitability",
            "users",
            "tasks like those of the named benchmarks",
            "product of the benchmark scores of " + joined(quality_roles(view)),
        ),
        CLOUDS: ("portability", "platform policy", "a new deployment", "no more clouds than allowed are in use"),
        VENDORS: ("commercial", "procurement", "a new contract", "no more vendors than allowed send a bill"),
        SELF_OPERATED: (
            "operability",
            "the team that runs it",
            "a new system to run",
            "no more different systems than allowed are run by the team",
        ),
    }[requirement.metric]


def quality_roles(view: View) -> list[str]:
    """Return the titles of the roles that bear quality."""
    return [view.lower(role) for role in view.best.design if view.catalog.role(role).quality]


def _of_flow(view: View, requirement: Bound) -> tuple[str, str, str, str]:
    _, flow_id, what, *_ = requirement.metric.split(".", 3)
    flow = view.blueprint.flows[flow_id]
    if what == "availability":
        needs = plural(len(view.best.flows[flow_id].needs), "role")
        return (
            "reliability",
            "a component",
            f"any of the {needs} that the flow needs fails",
            f"“{escape(lower(flow.title))}” still works",
        )
    measure = measured(flow, what)
    peak = f"{escape(flow.starts)}, at a peak of {with_unit(view.peak_per_s(flow), '1/s')}"
    attribute = "timeliness of data" if what == "freshness_s" else "performance"
    return attribute, "user" if what != "freshness_s" else "data", peak, escape(measure.title)


def _of_filter(requirement: Filter) -> tuple[str, str, str, str]:
    attribute, source = {
        "cloud": ("portability", "platform policy"),
        "residency": ("compliance", "data protection"),
        "licence": ("compliance", "legal"),
        "mode": ("operability", "platform policy"),
        "exclude": ("constraint", "earlier decision"),
        "pin": ("constraint", "earlier decision"),
        "together": ("constraint", "earlier decision"),
        "apart": ("constraint", "earlier decision"),
    }[requirement.kind]
    return (
        attribute,
        source,
        "an option is considered for a role",
        f"only options that fit are used ({where(requirement.path)})",
    )


def non_goals(view: View) -> Iterator[str]:
    """Yield what the scenario does not ask for, so that nothing was traded for it."""
    bounded = {metric_of(check) for check in view.bounds}
    aims = {term.metric for goal in view.scenario.objective for term in goal.terms}
    free = [m for m in metrics(view.blueprint) if m not in COUNTS and not _named(m, bounded | aims)]
    if free:
        names = joined([numbers.metric_label(m.removesuffix(".p*")) for m in free if not m.endswith(".mean")])
        if names:
            many = " and " in names
            poor = "for them, and they may be poor" if many else "for it, and it may be poor"
            yield f"No bound was set on {names}: nothing was traded {poor}."
    flows = view.blueprint.flows.values()
    peaks = [f"{with_unit(view.peak_per_s(one), '1/s')} for “{escape(lower(one.title))}”" for one in flows]
    yield f"Load above {joined(peaks)}: sized for {'these peaks' if len(peaks) > 1 else 'this peak'}, not for growth."
    yield "Surviving the loss of a whole region: one region is modelled, and no standby is priced."


def _named(metric: str, names: set[str]) -> bool:
    stem = metric.removesuffix("p*") if metric.endswith(".p*") else metric
    return any(name == metric or (metric.endswith(".p*") and name.startswith(stem)) for name in names)

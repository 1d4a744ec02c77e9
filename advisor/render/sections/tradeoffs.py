"""Section 12: which requirements shape the design, and what other choices would buy, by re-solving."""

from __future__ import annotations

from collections import defaultdict

from advisor.analysis.reasons import RunnerUp
from advisor.render import numbers
from advisor.render.markdown import joined, table
from advisor.render.sections.dependence import dependence
from advisor.render.sections.summary import largest
from advisor.render.sections.view import View, capital, demanded, extra, found, label, name, slack
from advisor.render.sections.whole_designs import missing
from advisor.scenario.requirements import Bound, metric_direction


def context(view: View) -> dict[str, object] | None:
    """Return constraints by slack and the runner-ups by price, None when there is neither."""
    if not view.graded and not view.proposal.runner_ups:
        return None
    shows = "the price of each requirement, break-evens and a tornado"
    return {
        "slacks": slacks(view),
        "runner_ups": runner_ups(view),
        "dependence": dependence(view),
        "no_dependence": missing(view, "sensitivity", shows, "advisor sensitivity scenario.yml"),
    }


def slacks(view: View) -> str:
    """Return the table of constraints, the tightest first, with the role that weighs most in it."""
    rows = []
    for check in view.graded:
        stage = largest(view, check)
        driver = view.title(stage.role) if stage and stage.role else _driver(view, check.requirement)
        rows.append([label(check.requirement), slack(check), found(check), demanded(check.requirement), driver])
    return table(["constraint", ">slack", ">value", ">asked", "driven most by"], rows) if rows else ""


def _driver(view: View, requirement: object) -> str:
    """Return the role that weighs most in a metric that adds up or multiplies over roles."""
    assert isinstance(requirement, Bound)
    used, metric = view.used, requirement.metric
    if metric.endswith(".availability"):
        needs = view.best.flows[metric.split(".")[1]].needs
        return view.title(min(needs, key=lambda role: (view.best.design[role].availability, role)))
    if metric == "quality":
        return view.title(min(view.best.design, key=lambda role: (view.best.design[role].quality, role)))
    amount = {"cost_usd_per_month": "cost_usd_per_month", "operations_h_per_month": "operations_h_per_month"}.get(
        metric
    )
    return view.title(max(used, key=lambda role: (getattr(used[role], amount), role))) if amount else "–"


def runner_ups(view: View) -> str:
    """Return the table of designs without one chosen component, the cheapest first: price, gains and losses."""
    rows = []
    for group in same_design(view):
        _, up = group[0]
        swaps = [
            f"{name(view.best.design[role])} → {name(up.evaluation.design[role])}"
            for role, up in group
            if up.evaluation
        ]
        roles = capital(joined([view.lower(role) for role, _ in group]))
        rows.append([roles, "; ".join(swaps), extra(up.extra_usd_per_month), *changes(view, up)])
    return table(["without the chosen", "instead of → use", ">a month", "gains", "loses"], rows) if rows else ""


def same_design(view: View) -> list[list[tuple[str, RunnerUp]]]:
    """Return the runner-ups with a design, the cheapest first; those that lead to the same design are one group."""
    groups: dict[tuple[str, ...], list[tuple[str, RunnerUp]]] = defaultdict(list)
    for role, up in view.proposal.runner_ups.items():
        if up.evaluation is not None:
            groups[tuple(c.id for c in up.evaluation.design.values())].append((role, up))
    return sorted(groups.values(), key=lambda group: (group[0][1].extra_usd_per_month, group[0][0]))


def changes(view: View, up: RunnerUp) -> tuple[str, str]:
    """Return what a design does better and worse than the chosen one, cost left aside."""
    assert up.evaluation is not None
    better: list[str] = []
    worse: list[str] = []
    for metric in metrics(view):
        mine, theirs = view.best.metric(metric), up.evaluation.metric(metric)
        if _same(metric, mine, theirs):
            continue
        gains = (theirs < mine) == metric_direction(view.blueprint, metric)
        (better if gains else worse).append(f"{numbers.metric_label(metric)} {_pair(metric, mine, theirs)}")
    return "; ".join(better) or "–", "; ".join(worse) or "–"


def metrics(view: View) -> list[str]:
    """Return the metrics to compare: p95 and availability of each flow, quality, operations."""
    found_: list[str] = ["quality", "operations_h_per_month"]
    for flow_id, flow in view.best.flows.items():
        found_ += [*(f"flows.{flow_id}.{key}.p95" for key in flow.measures), f"flows.{flow_id}.availability"]
    return found_


def _same(metric: str, a: float, b: float) -> bool:
    if metric.endswith(".availability"):
        return abs(a - b) < 0.02 * max(1 - a, 1 - b, 1e-9)
    return abs(a - b) < 0.02 * max(abs(a), abs(b))


def _pair(metric: str, a: float, b: float) -> str:
    return f"{numbers.metric(metric, a).removesuffix('/month')} → {numbers.metric(metric, b).removesuffix('/month')}"

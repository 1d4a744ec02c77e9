"""Section 16: how it goes live, when it goes back, and what must be confirmed in production."""

from __future__ import annotations

from advisor.evaluation.result import Check
from advisor.render import numbers
from advisor.render.markdown import escape, table
from advisor.render.sections.summary import is_time
from advisor.render.sections.view import View, demanded, found, label, lower, measured, metric_of
from advisor.scenario.requirements import Bound

CANARY = 0.05
OFTEN = 10_000  # a month; a flow that is taken less often is compared run by run
SAMPLE = 2_000  # requests after which a p95 is known to about half a percentile point (one standard error)
DAYS_PER_MONTH = 730 / 24


def context(view: View) -> dict[str, object]:
    """Return the stages of the rollout and what to confirm."""
    flow = next((f for f in view.blueprint.flows.values() if view.rate_per_month(f) >= OFTEN), None)
    a_day = view.rate_per_month(flow) / DAYS_PER_MONTH * CANARY if flow else 0.0
    return {
        "confirm": confirm(view),
        "canary": f"{CANARY:.0%}".replace("%", f"{numbers.NARROW}%"),
        "a_day": numbers.significant(a_day),
        "flow": escape(lower(flow.title)) if flow else "",
        "hours": numbers.duration(SAMPLE / a_day * 86_400, "s") if flow else "",
        "sample": numbers.grouped(SAMPLE),
        "rare": [escape(lower(f.title)) for f in view.blueprint.flows.values() if view.rate_per_month(f) < OFTEN],
    }


def confirm(view: View) -> str:
    """Return the table of what to confirm: predicted, must hold, how to measure, and when to go back."""
    rows = [
        [label(c.requirement), found(c), demanded(c.requirement), *production(view, c)]
        for c in view.best.checks
        if isinstance(c.requirement, Bound)
    ]
    return table(["metric", ">predicted", ">must hold", "measured as", "go back when"], rows) if rows else ""


def production(view: View, check: Check) -> tuple[str, str]:
    """Return how a requirement is measured in production, and when it means going back."""
    metric = metric_of(check)
    if is_time(metric) or metric.endswith(".mean"):
        _, flow_id, what, level = metric.split(".", 3)
        flow = view.blueprint.flows[flow_id]
        title = f"{level} of “{escape(measured(flow, what).title)}”"
        if view.rate_per_month(flow) < OFTEN:
            return f"{title} from the log of runs, by month", "missed in 2 of 3 consecutive runs"
        return f"{title} from traces, by hour", "missed in 2 of 3 consecutive hours"
    if metric.endswith(".availability"):
        return (
            "failed runs over all runs of the flow, by month",
            "a tenth of the month's error budget is spent within a day",
        )
    if metric.startswith("cards."):
        return "inventory of machines", "not a reason to go back: order or reserve in time"
    return {
        "cost_usd_per_month": (
            "billing export by role tag, plus hours booked",
            "the bill is 20 % above what the prediction says for the load, for 3 days",
        ),
        "operations_h_per_month": ("hours booked on run tasks", "not a reason to go back: plan again"),
        "quality": ("score on the own evaluation set, by release", "below the score of the release before"),
        "clouds": ("inventory of accounts", "not a reason to go back"),
        "vendors": ("list of contracts and invoices", "not a reason to go back"),
        "self_operated": ("inventory of what the team runs", "not a reason to go back"),
    }[metric]

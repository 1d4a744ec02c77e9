"""Section 16: how it goes live, when it goes back, and what must be confirmed in production."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.evaluation.result import Check
from advisor.render import numbers
from advisor.render.markdown import escape, table
from advisor.render.people import Part
from advisor.render.sections.summary import is_time
from advisor.render.sections.view import View, demanded, found, label, lower, measured, metric_of
from advisor.scenario.requirements import Bound

CANARY = 0.05
OFTEN = 10_000  # a month; a flow that is taken less often is compared run by run
SAMPLE = 2_000  # requests after which a p95 is known to about half a percentile point (one standard error)
DAYS_PER_MONTH = 730 / 24
BACK = (
    "Going back is a switch of traffic at the first role of the flow; keep the old path running until a whole month is "
    "within its error budget. Data written by the new path must be readable by the old one, or the switch is not a way "
    "back."
)


def context(view: View) -> dict[str, object]:
    """Return the stages of the rollout and what to confirm."""
    return {"rollout": Part("rollout", "prefilled", start(view)), "confirm": confirm(view)}


def start(view: View) -> str:
    """Return the plan that people start from."""
    steps = "\n".join(f"{number}. {text}" for number, text in enumerate(stages(view), 1))
    return f"Adapt to how you release.\n\n{steps}\n\n{BACK}"


def stages(view: View) -> Iterator[str]:
    """Yield the stages: what is taken often gets a share of the traffic, what is rare is compared run by run."""
    yield (
        "Shadow: replay recorded input against the new system, show nothing to users, compare cost and stage latencies "
        "with this document."
    )
    flows = view.blueprint.flows.values()
    flow = next((f for f in flows if view.rate_per_month(f) >= OFTEN), None)
    if flow is not None:
        a_day = view.rate_per_month(flow) / DAYS_PER_MONTH * CANARY
        yield (
            f"Canary at {100 * CANARY:g}{numbers.NARROW}% of “{escape(lower(flow.title))}”, about "
            f"{numbers.significant(a_day)} a day: a p95 is worth reading after {numbers.grouped(SAMPLE)} of them, "
            f"{numbers.duration(SAMPLE / a_day * 86_400, 's')}."
        )
        yield "Half, over at least one daily peak. Then all."
    for rare in (f for f in flows if view.rate_per_month(f) < OFTEN):
        yield (
            f"“{escape(lower(rare.title))}”: run beside what exists today, compare the results, switch after three "
            "runs without a difference that matters."
        )


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

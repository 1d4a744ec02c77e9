"""Section 2: the choice in three sentences, the requirements it meets, what it gives up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from advisor.analysis.reasons import RunnerUp
from advisor.evaluation.result import Check, MeasureResult, Stage
from advisor.render import numbers
from advisor.render.markdown import escape, joined, plural, table
from advisor.render.sections.trace import metric_link, shown
from advisor.render.sections.view import (
    LOW_SLACK,
    NB,
    View,
    demanded,
    extra,
    label,
    mark,
    metric_of,
    name,
    per_run,
    proof,
    slack,
    utilisation,
)
from advisor.scenario.requirements import COST, OPERATIONS, split_percentile


def context(view: View) -> dict[str, object]:
    """Return the three sentences, the table of requirements and what is given up."""
    return {
        "choice": choice(view),
        "price": price(view),
        "tightest": tightest(view),
        "requirements": requirements(view),
        "gives_up": list(gives_up(view)),
        "proved": view.proved,
        "proof": proof(view),
    }


def choice(view: View) -> str:
    """Return what is chosen: how much of it is run by others, and the components that cost most."""
    used = view.used
    own = [c for c in used.values() if c.option and c.option.mode == "self_hosted"]
    how = f"{len(used) - len(own)} run by vendors and {len(own)} by the team"
    how = "all run by their vendors" if not own else "all run by the team" if len(own) == len(used) else how
    ranked = sorted(used.items(), key=lambda item: (-item[1].cost_usd_per_month, item[0]))[:3]
    total = view.best.cost_usd_per_month
    share = math.fsum(c.cost_usd_per_month for _, c in ranked) / total if total else 0.0
    parts = joined([f"{name(c)} ({view.lower(role)})" for role, c in ranked])
    most = f": {parts} make up {numbers.percent(share)} of the cost" if total else ""
    return f"The design fills {len(used)} of {plural(len(view.best.design), 'role')}, {how}{most}."


def price(view: View) -> str:
    """Return what it costs, also per thousand requests, against the budget."""
    best = view.best
    bound = next((check for check in view.bounds if metric_of(check) == COST), None)
    hours = f"{numbers.significant(best.operations_h_per_month)}{NB}h"
    against = f", {numbers.percent(bound.slack or 0)} below the budget" if bound and bound.holds else ""
    parts = [
        f"{numbers.usd(best.bill_usd_per_month)} in bills",
        f"{numbers.usd(best.operations_usd_per_month)} for {metric_link(view, OPERATIONS, hours)} of operations",
    ]
    if best.migration_h:
        parts.append(f"{numbers.usd(best.migration_usd_per_month)} to pay off the move from today's design")
    return (
        f"It costs {metric_link(view, COST, numbers.usd(best.cost_usd_per_month))} a month{against}: {joined(parts)}, "
        f"or {per_run(view, best.cost_usd_per_month)}."
    )


def tightest(view: View) -> str:
    """Return which requirement is nearest to its bound, and what takes the time when it is about time."""
    if not view.graded:
        return "No requirement bounds a number, so nothing limits the choice but the objective."
    check = view.graded[0]
    text = (
        f"The tightest requirement is {label(check.requirement)}: {shown(view, check)} where "
        f"{demanded(check.requirement)} "
        f"is asked, {slack(check)} left"
    )
    stage = largest(view, check)
    if stage is None:
        return f"{text}."
    share = part_of_mean(view, check, stage)
    return (
        f"{text}; {'the ' + view.lower(stage.role) if stage.role else 'waiting'} takes {utilisation(share)} of "
        "the mean."
    )


def part_of_mean(view: View, check: Check, stage: Stage) -> float:
    """Return the share of a stage in the mean of the time that a check is about."""
    measure = measure_of(view, check)
    return stage.share * stage.mean / measure.mean if measure else 0.0


def measure_of(view: View, check: Check) -> MeasureResult | None:
    """Return the measure that a check of a time is about, None for others."""
    first, *rest = metric_of(check).split(".", 3)
    return view.best.flows[rest[0]].measures.get(rest[1]) if first == "flows" else None


def largest(view: View, check: Check) -> Stage | None:
    """Return the stage with the largest part in the mean of the time that a check is about."""
    measure = measure_of(view, check)
    if measure is None or not measure.stages or not measure.mean:
        return None
    return max(measure.stages, key=lambda stage: stage.share * stage.mean)


def requirements(view: View) -> str:
    """Return the table of requirements against what the design does."""
    rows = [
        [mark(c.holds), label(c.requirement), shown(view, c), demanded(c.requirement), slack(c) or "–"]
        for c in view.best.checks
    ]
    rows += [["✗", "consistent", escape(problem), "possible as stated", "–"] for problem in view.best.consistent]
    return table(["", "requirement", ">value", ">asked", ">slack"], rows) if rows else ""


def gives_up(view: View) -> Iterator[str]:
    """Yield what the design gives up, each with its price where one was computed."""
    yield from room(view)
    for role in view.left_out:
        yield left_out(view, role)
    better = cheapest_better_quality(view)
    if better and better[0] not in view.left_out:
        role, up = better
        assert up.evaluation is not None
        others = [
            f"{name(c)} as {view.lower(r)}"
            for r, c in up.evaluation.design.items()
            if c.quality > view.best.design[r].quality
        ]
        swaps = [r for r, c in up.evaluation.design.items() if c.component_id != view.best.design[r].component_id]
        more = len(swaps) - len(others)
        others += [f"{plural(more, 'other component')} changed"] if more > 0 else []
        yield (
            f"Quality: {extra(up.extra_usd_per_month)} a month buys an index of "
            f"{numbers.significant(up.evaluation.quality)} instead of "
            f"{numbers.significant(view.best.quality)}, with {joined(others)}. It is the cheapest better one among "
            "the runner-ups "
            "under trade-offs; a cheaper one may exist."
        )


def room(view: View) -> Iterator[str]:
    """Yield how little room the design leaves, since every bound is met by as little as pays."""
    low = [f"{label(check.requirement)} ({slack(check)})" for check in view.graded if (check.slack or 0.0) < LOW_SLACK]
    if low:
        yield (
            f"Room for error: {joined(low)}; a figure that is off by more than that breaks "
            f"{'it' if len(low) == 1 else 'them'}."
        )


def left_out(view: View, role: str) -> str:
    """Return what leaving an optional role out means, and what having it would cost."""
    record = view.catalog.role(role)
    text = f"{view.title(role)}: left out."
    if record.degrades:
        text += f" {escape(record.degrades)}"
    up = view.proposal.runner_ups.get(role)
    if up is None or up.candidate is None or up.evaluation is None:
        return text + (" No design with one meets the requirements." if up and up.proved else "")
    change = (
        f" and lifts the quality index from {numbers.significant(view.best.quality)} to "
        f"{numbers.significant(up.evaluation.quality)}"
    )
    return (
        f"{text} The cheapest design with one ({name(up.candidate)}) costs {extra(up.extra_usd_per_month)} a month"
        f"{change if up.evaluation.quality > view.best.quality * 1.0005 else ''}."
    )


def cheapest_better_quality(view: View) -> tuple[str, RunnerUp] | None:
    """Return (role, runner-up) of the cheapest runner-up with a higher quality index, None when there is none."""
    better = [
        (up.extra_usd_per_month, role, up)
        for role, up in view.proposal.runner_ups.items()
        if up.evaluation is not None and up.evaluation.quality > view.best.quality * 1.0005
    ]
    return min(better, key=lambda item: item[:2])[1:] if better else None


def is_time(metric: str) -> bool:
    """Return whether a metric is a percentile of a time.

    >>> is_time("flows.answer.ttft_ms.p95"), is_time("quality")
    (True, False)
    """
    return split_percentile(metric) is not None

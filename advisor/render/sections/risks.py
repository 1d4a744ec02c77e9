"""Section 13: what may go wrong with this choice and what need not be feared, each from a computed fact."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from advisor.render import numbers
from advisor.render.markdown import code, escape, joined, plural
from advisor.render.sections.capacity import open_dimensions
from advisor.render.sections.figures import MOST_DAYS, MOST_DAYS_ELSE, Used, used_figures
from advisor.render.sections.view import (
    AMPLE_SLACK,
    LOW_SLACK,
    View,
    capital,
    demanded,
    few,
    found,
    label,
    metric_of,
    name,
    slack,
)

NEAR = 0.05  # a runner-up within this share of the monthly cost makes a choice depend on its figures
LARGE_VENDOR = 0.5  # of the bill
COPYLEFT = ("AGPL", "GPL", "SSPL", "BUSL", "BSL", "Elastic", "RSAL", "Llama", "CC-BY-NC")


def context(view: View) -> dict[str, object]:
    """Return risks and non-risks."""
    figures = used_figures(view)
    risks = [
        *tight(view),
        *hinges(view, figures),
        *stale(view, figures),
        *vendors(view),
        *single_units(view),
        *licences(view),
        *promises(view, figures),
        *unlimited(view),
    ]
    return {"risks": risks, "non_risks": list(non_risks(view))}


def tight(view: View) -> Iterator[str]:
    """Yield the requirements with little slack."""
    for check in view.graded:
        if check.slack is not None and check.slack < LOW_SLACK:
            yield (
                f"**Low slack.** {capital(label(check.requirement))}: {found(check)} of "
                f"{demanded(check.requirement)}, {slack(check)} left."
            )


def hinges(view: View, figures: tuple[Used, ...]) -> Iterator[str]:
    """Yield the estimates that could turn the choice: in a role with a near runner-up, or in a tight requirement."""
    estimates = [used for used in figures if used.figure.basis == "estimate"]
    for role in view.best.design:
        up = view.proposal.runner_ups.get(role)
        if up is None or up.candidate is None or abs(up.extra_usd_per_month) > NEAR * view.best.cost_usd_per_month:
            continue
        keys = joined(
            [
                code(used.key)
                for used in estimates
                if used.role == role and used.kind in ("price", "capacity", "operations")
            ]
        )
        if keys:
            yield (
                f"**Choice rests on an estimate.** {view.title(role)}: {name(up.candidate)} is only "
                f"{numbers.usd(abs(up.extra_usd_per_month))} a month away, and {keys} of "
                f"{name(view.best.design[role])} "
                f"{'are estimates' if ' and ' in keys else 'is an estimate'}."
            )
    yield from _tight_estimates(view, estimates)


def _tight_estimates(view: View, estimates: list[Used]) -> Iterator[str]:
    for check in view.graded:
        if check.slack is None or check.slack >= LOW_SLACK:
            continue
        kind = kind_of(metric_of(check))
        roles = list(
            dict.fromkeys(
                view.lower(u.role) for u in estimates if u.kind == kind and _takes_part(view, u.role, metric_of(check))
            )
        )
        if kind and roles:
            yield (
                f"**Tight requirement rests on estimates.** {capital(label(check.requirement))}: the {kind} of "
                f"{joined(roles)} is estimated."
            )


def kind_of(metric: str) -> str:
    """Return the kind of figures that a metric is made of.

    >>> kind_of("flows.answer.ttft_ms.p95"), kind_of("quality"), kind_of("cost_usd_per_month")
    ('latency', 'quality', 'price')
    """
    if metric.endswith(".availability"):
        return "availability"
    return {"quality": "quality", "cost_usd_per_month": "price", "operations_h_per_month": "operations"}.get(
        metric, "latency"
    )


def _takes_part(view: View, role: str, metric: str) -> bool:
    if not metric.startswith("flows."):
        return True
    _, flow_id, what, *_ = metric.split(".", 3)
    flow = view.best.flows[flow_id]
    return role in flow.needs if what == "availability" else any(s.role == role for s in flow.measures[what].stages)


def stale(view: View, figures: tuple[Used, ...]) -> Iterator[str]:
    """Yield the figures that are older than their kind allows, by kind."""
    by_kind: dict[str, list[Used]] = defaultdict(list)
    for used in figures:
        if used.stale(view.date):
            by_kind[used.kind].append(used)
    for kind, some in by_kind.items():
        oldest = max(used.age_days(view.date) for used in some)
        roles = few(list(dict.fromkeys(view.lower(used.role) for used in some)), len(view.used), "sources")
        count = plural(len(some), f"{kind} figure")
        limit = MOST_DAYS.get(kind, MOST_DAYS_ELSE)
        yield (
            f"**Old figures.** {count} older than {plural(limit, 'day')} (the oldest {plural(oldest, 'day')}): {roles}."
        )


def vendors(view: View) -> Iterator[str]:
    """Yield the vendor that takes most of the bill."""
    bills: dict[str, float] = defaultdict(float)
    for c in view.used.values():
        if c.component is not None and c.option is not None and c.option.mode != "self_hosted":
            bills[c.component.vendor] += c.bill_usd_per_month
    total = view.best.bill_usd_per_month
    for vendor, bill in sorted(bills.items(), key=lambda item: (-item[1], item[0])):
        if total and bill / total > LARGE_VENDOR:
            count = sum(c.component is not None and c.component.vendor == vendor for c in view.used.values())
            yield (
                f"**Single vendor.** {escape(vendor)} receives {numbers.percent(bill / total)} of the bill and runs "
                f"{plural(count, 'role')}; "
                "its price changes and outages are this design's."
            )


def single_units(view: View) -> Iterator[str]:
    """Yield the roles that a flow needs and that run in one unit or one zone."""
    needed = {role for flow in view.best.flows.values() for role in flow.needs}
    for role, c in view.used.items():
        if role not in needed or c.option is None or c.option.unit is None:
            continue
        if c.units == c.needed_units:
            yield (
                f"**No spare unit.** {view.title(role)}: all {plural(c.units, escape(c.option.unit.name))} of "
                f"{name(c)} must be up at peak."
            )
        elif c.zones == 1:
            yield (
                f"**One zone.** {view.title(role)}: {plural(c.units, escape(c.option.unit.name))} of {name(c)} share "
                "a zone and fail with it."
            )


def licences(view: View) -> Iterator[str]:
    """Yield what the licences of the chosen components mean."""
    by_licence: dict[str, list[str]] = defaultdict(list)
    for c in view.used.values():
        if c.component is not None:
            by_licence[c.component.licence].append(name(c))
    for licence, names in sorted(by_licence.items()):
        if licence.startswith(COPYLEFT):
            yield (
                f"**Licence.** {joined(list(dict.fromkeys(names)))}: {escape(licence)}; have the obligations checked "
                "before changing or offering it."
            )
    closed = list(dict.fromkeys(by_licence.get("proprietary", [])))
    if closed:
        yield (
            f"**Exit.** {len(closed)} of {len({c.component_id for c in view.used.values()})} components are "
            "proprietary; what replaces each, and for how much, "
            "stands under alternatives."
        )


def promises(view: View, figures: tuple[Used, ...]) -> Iterator[str]:
    """Yield where an SLA stands in for an observed availability."""
    some = list(
        dict.fromkeys(view.lower(u.role) for u in figures if u.kind == "availability" and u.figure.basis == "sla")
    )
    if some:
        yield (
            f"**SLA as estimate.** The availability of {few(some, len(view.used), 'availability')} is a contract's "
            "figure; real figures may be better or worse."
        )


def unlimited(view: View) -> Iterator[str]:
    """Yield where no limit is published, so that capacity was taken as unlimited."""
    some = list(dict.fromkeys(name(c) for c in view.used.values() if open_dimensions(c)))
    if some:
        yield (
            f"**Capacity without a published limit.** {joined(some)}: quotas of the account may bind earlier than "
            "this design says."
        )


def non_risks(view: View) -> Iterator[str]:
    """Yield the requirements with ample slack."""
    for check in reversed(view.graded):
        if check.slack is not None and check.slack > AMPLE_SLACK and not math.isinf(check.slack):
            yield (
                f"{capital(label(check.requirement))}: {found(check)}, {slack(check)} left of "
                f"{demanded(check.requirement)}."
            )

"""Section 13: what may go wrong with this choice and what need not be feared, each from a computed fact."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from advisor.analysis.reasons import RunnerUp
from advisor.candidates.candidate import billed_by
from advisor.catalog.model import Figure, Unit
from advisor.catalog.provenance import OTHER_DAYS, PRICE_DAYS
from advisor.render import numbers
from advisor.render.markdown import code, escape, joined, plural
from advisor.render.sections import dependence
from advisor.render.sections.capacity import open_dimensions
from advisor.render.sections.chances import chances
from advisor.render.sections.figures import Used, used_figures
from advisor.render.sections.trace import metric_link, shown
from advisor.render.sections.tradeoffs import same_design
from advisor.render.sections.view import (
    AMPLE_SLACK,
    CLOUDS,
    LOW_SLACK,
    NB,
    View,
    capital,
    demanded,
    few,
    label,
    metric_of,
    name,
    slack,
    units,
)
from advisor.render.sections.whole_designs import missing
from advisor.scenario.requirements import CLOUDS as ALL_CLOUDS
from advisor.scenario.requirements import COST, OPERATIONS

NEAR = 0.05  # a runner-up within this share of the monthly cost makes a choice depend on its figures
CENT = 0.005  # USD; less is the same
LARGE_UPKEEP = 0.25  # of the cost
LARGE_VENDOR = 0.5  # of the bill
COPYLEFT = ("AGPL", "GPL", "SSPL", "BUSL", "BSL", "Elastic", "RSAL", "Llama", "CC-BY-NC")


def context(view: View) -> dict[str, object]:
    """Return risks and non-risks."""
    figures = used_figures(view)
    risks = [
        *tight(view),
        *upkeep(view, figures),
        *hinges(view, figures),
        *tight_estimates(view, figures),
        *stale(view, figures),
        *vendors(view),
        *clouds(view),
        *single_units(view),
        *licences(view),
        *promises(view, figures),
        *unlimited(view),
        *dependence.risks(view),
    ]
    return {
        "risks": risks,
        "non_risks": [*non_risks(view), *dependence.non_risks(view)],
        "chances": chances(view),
        "no_chances": missing(
            view, "robust", "how probable it is that each requirement holds", "advisor robust scenario.yml"
        ),
    }


def tight(view: View) -> Iterator[str]:
    """Yield the requirements with little slack."""
    for check in view.graded:
        if check.slack is not None and check.slack < LOW_SLACK:
            yield (
                f"**Low slack.** {capital(label(check.requirement))}: {shown(view, check)} of "
                f"{demanded(check.requirement)}, {slack(check)} left."
            )


def upkeep(view: View, figures: tuple[Used, ...]) -> Iterator[str]:
    """Yield what the catalog's own range of operations hours means, where they are a large part of the cost."""
    best = view.best
    hours = [u.figure for u in figures if u.kind == "operations" and isinstance(u.figure, Figure)]
    low = math.fsum(f.value if f.low is None else f.low for f in hours)
    high = math.fsum(f.value if f.high is None else f.high for f in hours)
    if high <= low or best.operations_usd_per_month < LARGE_UPKEEP * best.cost_usd_per_month:
        return
    spent = f"{numbers.significant(best.operations_h_per_month)}{NB}h"
    worst = {COST: best.bill_usd_per_month + high * view.scenario.usd_per_hour, OPERATIONS: high}
    broken = [label(b) for b in view.scenario.bounds if b.metric in worst and not b.holds(worst[b.metric])]
    yield (
        f"**Upkeep is estimated.** {metric_link(view, OPERATIONS, spent)} of operations are "
        f"{numbers.percent(best.operations_usd_per_month / best.cost_usd_per_month)} of the cost; by the catalog's "
        "ranges "
        f"they lie between {numbers.significant(low)} and {numbers.significant(high)}{NB}h. At the upper end the "
        "design "
        f"costs {numbers.usd(worst[COST])} a month{f' and breaks {joined(broken)}' if broken else ''}."
    )


def hinges(view: View, figures: tuple[Used, ...]) -> Iterator[str]:
    """Yield the choices whose runner-up is so near that the estimates in them could turn it, all together."""
    total = view.best.cost_usd_per_month
    keys: dict[str, list[str]] = defaultdict(list)
    near = []
    for group in same_design(view) if view.minimises_cost else []:
        away = abs(group[0][1].extra_usd_per_month)
        found = [u for u in figures if u.figure.basis == "estimate" and _moves_cost(u) and u.role in dict(group)]
        if found and away <= NEAR * total:
            near.append(_near(view, group, away))
            for used in found:
                keys[used.key].append(view.lower(used.role))
    if near:
        roles = {key: few(list(dict.fromkeys(of)), len(view.used), "sources") for key, of in keys.items()}
        estimated = "; ".join(f"{code(key)} ({of})" for key, of in roles.items())
        yield (
            f"**Choices rest on estimates.** Within {numbers.percent(NEAR)} of the cost lie {'; '.join(near)}. "
            f"Estimated there: {estimated}."
        )


def _moves_cost(used: Used) -> bool:
    """Return whether a figure enters the cost: prices and hours, and capacities where units are counted."""
    provisioned = used.candidate.option is not None and used.candidate.option.unit is not None
    return used.kind in ("price", "operations") or (used.kind == "capacity" and provisioned)


def _near(view: View, group: list[tuple[str, RunnerUp]], away: float) -> str:
    others = joined([f"{name(up.candidate)} as {view.lower(role)}" for role, up in group if up.candidate is not None])
    return f"{others} ({'the same' if away < CENT else f'+{numbers.usd(away)}'})"


def tight_estimates(view: View, figures: tuple[Used, ...]) -> Iterator[str]:
    """Yield the requirements with little slack whose value comes from estimates, together where these are the same."""
    found_: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for check in view.graded:
        if check.slack is not None and check.slack < LOW_SLACK:
            kind, metric = kind_of(metric_of(check)), metric_of(check)
            some = [
                u
                for u in figures
                if u.figure.basis == "estimate" and u.kind == kind and _takes_part(view, u.role, metric)
            ]
            found_[kind, tuple(dict.fromkeys(who(view, u.role) for u in some))].append(label(check.requirement))
    for (kind, roles), labels in found_.items():
        if roles:
            yield (
                f"**Tight requirement rests on estimates.** {capital(joined(labels))}: the {kind} of "
                f"{joined(list(roles))} "
                "is estimated."
            )


def who(view: View, role: str) -> str:
    """Return a role, and that it is left out where it is."""
    return f"leaving out the {view.lower(role)}" if role in view.left_out else view.lower(role)


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
        limit = PRICE_DAYS if kind == "price" else OTHER_DAYS
        yield (
            f"**Old figures.** {count} older than {plural(limit, 'day')} (the oldest {plural(oldest, 'day')}): {roles}."
        )


def vendors(view: View) -> Iterator[str]:
    """Yield the vendor that takes most of the bill."""
    bills: dict[str, float] = defaultdict(float)
    for c in view.used.values():
        for one in c.members:
            if one.component is not None and one.option is not None:
                bills[billed_by(one.component, one.option)] += one.bill_usd_per_month
    total = view.best.bill_usd_per_month
    for vendor, bill in sorted(bills.items(), key=lambda item: (-item[1], item[0])):
        if total and bill / total > LARGE_VENDOR:
            count = sum(vendor in c.vendors for c in view.used.values())
            yield (
                f"**Single vendor.** {escape(vendor)} receives {numbers.percent(bill / total)} of the bill and hosts "
                f"{plural(count, 'role')}; its price changes and outages are this design's."
            )


def clouds(view: View) -> Iterator[str]:
    """Yield that the design lies in several clouds, and what of that no figure holds."""
    if len(view.best.clouds) > 1:
        names = [CLOUDS[one] for one in view.best.clouds]
        bounded = any(bound.metric == ALL_CLOUDS for bound in view.scenario.bounds)
        alone = code("advisor what-if scenario.yml --set constraints.clouds.max=1")
        yield (
            f"**Several clouds.** Roles lie on {joined(names)}. Egress and delay between them are counted; a second "
            "set of accounts, identities, private networks and on-call knowledge is in no figure."
            f"{'' if bounded else f' {alone} says what one cloud would cost.'}"
        )


def single_units(view: View) -> Iterator[str]:
    """Yield the roles that a flow needs and that run without a spare unit or in one zone."""
    needed = {role for flow in view.best.flows.values() for role in flow.needs}
    bare: list[str] = []
    one_zone: list[str] = []
    for role, c in view.used.items():
        if role not in needed or c.option is None or c.option.unit is None or c.parts:
            continue
        if c.shared and c.shared[0] != role:
            continue
        unit = c.option.unit
        if c.units == c.needed_units:
            count = {1: f"the only {unit_name(unit)}", 2: f"both {plural(2, escape(unit.name)).split(NB)[1]}"}
            bare.append(f"{view.lower(role)} ({count.get(c.units, f'all {units(c.units, unit.name)}')} of {name(c)})")
        elif c.zones == 1:
            one_zone.append(f"{view.lower(role)} ({units(c.units, unit.name)} of {name(c)})")
    if bare:
        yield f"**No spare unit.** Every unit must be up at peak: {'; '.join(bare)}."
    if one_zone:
        yield f"**One zone.** These run in one zone and fail with it: {'; '.join(one_zone)}."


def unit_name(unit: Unit) -> str:
    """Return the name of one unit, as it stands after "the only"."""
    return f"block of {escape(unit.name)}" if unit.name[:1].isdigit() else escape(unit.name)


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
            f"**Exit.** {len(closed)} of {plural(len({c.component_id for c in view.used.values()}), 'component')} "
            f"{'is' if len(closed) == 1 else 'are'} proprietary; what replaces each, and for how much, stands under "
            "alternatives."
        )


def promises(view: View, figures: tuple[Used, ...]) -> Iterator[str]:
    """Yield where an SLA stands in for an observed availability."""
    some = list(
        dict.fromkeys(view.lower(u.role) for u in figures if u.kind == "availability" and u.figure.basis == "sla")
    )
    if some:
        yield (
            f"**SLA as estimate.** The availability of {few(some, len(view.used), 'availability')} rests, at least in "
            "part, on a contract's figure; real figures may be better or worse."
        )


def unlimited(view: View) -> Iterator[str]:
    """Yield where no limit is published, so that capacity was taken as unlimited."""
    some = list(dict.fromkeys(name(c) for c in view.used.values() if open_dimensions(c)))
    if some:
        yield (
            f"**Capacity without a published limit.** {joined(some)}: a quota, or a limit that nobody published, may "
            "bind earlier than this design says."
        )


def non_risks(view: View) -> Iterator[str]:
    """Yield the requirements with ample slack."""
    for check in reversed(view.graded):
        if check.slack is not None and check.slack > AMPLE_SLACK and not math.isinf(check.slack):
            yield (
                f"{capital(label(check.requirement))}: {shown(view, check)}, {slack(check)} left of "
                f"{demanded(check.requirement)}."
            )

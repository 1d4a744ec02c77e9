"""Differences, changes and verdicts in words: signed numbers, roles, requirements. Plain text, safe in no markup."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.analysis.changes import CarriedOver, RoleChange
from advisor.analysis.equality import same
from advisor.analysis.overrides import Change
from advisor.analysis.paths import MISSING
from advisor.candidates.candidate import Candidate
from advisor.candidates.maker import Rejection
from advisor.candidates.table import Table
from advisor.catalog.sale import sale
from advisor.evaluation.result import Check, Evaluation
from advisor.models.availability import downtime_minutes_per_month
from advisor.render import numbers
from advisor.scenario.requirements import Bound, Filter, Requirement, is_count

if TYPE_CHECKING:
    from advisor.analysis.comparison import MetricRow, Side

NB = numbers.NARROW
CENT = 0.005


def sign(value: float) -> str:
    """Return ``+`` or ``−`` with its space."""
    return f"{'+' if value > 0 else '−'}{NB}"


def signed_usd(value: float) -> str:
    """Return a difference in money.

    >>> [signed_usd(v).replace(NB, " ") for v in (308.12, -0.5, 0.001)]
    ['+ 308 USD', '− 0.50 USD', 'the same']
    """
    return "the same" if abs(value) < CENT else f"{sign(value)}{numbers.usd(abs(value))}"


def share(before: float, after: float) -> str:
    """Return a relative difference, "" when there is nothing to relate it to.

    >>> share(100, 107.1).replace(NB, " "), share(0, 5), share(10, 60).replace(NB, " ")
    ('+ 7.1 %', '', '× 6.00')
    """
    if before <= 0 or same(before, after):
        return ""
    ratio = after / before
    if ratio >= 3:
        return f"×{NB}{numbers.significant(ratio) if ratio >= 100 else f'{ratio:.2f}'}"
    return f"{sign(ratio - 1)}{numbers.percent(abs(ratio - 1))}"


def metric_difference(metric: str, before: float, after: float) -> str:
    """Return by how much a metric changes, in its own unit; availability as minutes of downtime a month.

    >>> metric_difference("flows.answer.ttft_ms.p95", 1440.0, 1320.0).replace(NB, " ")
    '− 120 ms'
    >>> metric_difference("flows.answer.availability", 0.99, 0.999).replace(NB, " ")
    '− 394 min down'
    """
    if same(before, after, metric):
        return "="
    change = after - before
    if metric == "cost_usd_per_month":
        return signed_usd(change) if abs(change) >= CENT else "="
    if metric.endswith(".availability"):
        more = downtime_minutes_per_month(after) - downtime_minutes_per_month(before)
        return f"{sign(more)}{numbers.significant(abs(more))}{NB}min{NB}down"
    return f"{sign(change)}{numbers.metric(metric, abs(change)).removesuffix('/month')}"


def direction(row: MetricRow) -> str:
    """Return ``better``, ``worse`` or "" for a metric's change from the first side to the second."""
    before, after = row.values[:2]
    if before is None or after is None or same(before, after, row.metric):
        return ""
    return "better" if (after < before) == row.less_is_better else "worse"


# --- values of a scenario ---------------------------------------------------------------------------------------------


def value_text(value: object) -> str:
    """Return a scenario's value as a person would write it.

    >>> value_text(20_000).replace(NB, " "), value_text(["a", "b"]), value_text({"mean": 280, "cv": 0.7})
    ('20 000', '[a, b]', '{mean: 280, cv: 0.7}')
    >>> value_text(MISSING), value_text(True)
    ('not stated', 'true')
    """
    if value is MISSING or value is None:
        return "not stated"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(value_text(one) for one in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {value_text(one)}" for key, one in value.items()) + "}"
    return str(value)


def _number(value: float) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.10g}".replace(",", NB)
    return f"{value:,.0f}".replace(",", NB) if abs(value) < 1e15 else f"{value:g}"


def change_text(change: Change) -> str:
    """Return a change of a scenario: path, before → after."""
    before = change.before
    if before is MISSING and change.default is not None:
        return f"{change.path}: {value_text(change.default)} (default) → {value_text(change.after)}"
    after = "removed" if change.after is MISSING else value_text(change.after)
    return f"{change.path}: {value_text(before)} → {after}"


# --- requirements -----------------------------------------------------------------------------------------------------


def requirement_text(requirement: Requirement) -> str:
    """Return a requirement as a person would say it: ``answer ttft p95 ≤ 1.50 s``, ``licences: not SSPL-1.0``."""
    if isinstance(requirement, Filter):
        return f"{rule_title(requirement)}: {requirement.words}"
    sign_ = "≤" if requirement.upper else "≥"
    return f"{numbers.metric_label(requirement.metric)} {sign_} {numbers.metric(requirement.metric, requirement.limit)}"


def rule_title(rule: Filter) -> str:
    """Return what a rule is about.

    >>> rule_title(Filter("constraints.clouds.allow", "cloud", frozenset(["aws"]), True))
    'clouds'
    >>> rule_title(Filter("choices.pin.cache", "pin", frozenset(["none"]), True, "cache"))
    'cache pinned'
    """
    if rule.kind == "pin":
        return f"{rule.role} pinned"
    return {"cloud": "clouds", "residency": "residency", "licence": "licences", "mode": "modes"}.get(
        rule.kind, "choices"
    )


def rule_label(rule: Filter) -> str:
    """Return the place of a rule, short."""
    return rule.path.removeprefix("constraints.").removeprefix("choices.")


def broken_text(check: Check) -> str:
    """Return a requirement that does not hold, with the value it met: ``answer ttft p95 2.31 s (≤ 2.00 s)``.

    Where three digits would hide the miss, more are shown.
    """
    requirement = check.requirement
    if isinstance(requirement, Filter):
        return f"{rule_label(requirement)} ({check.detail})" if check.detail else rule_label(requirement)
    assert check.value is not None
    sign_ = "≤" if requirement.upper else "≥"
    value, limit = apart(requirement.metric, check.value, requirement.limit)
    return f"{numbers.metric_label(requirement.metric)} {value} ({sign_} {limit})"


def apart(metric: str, value: float, limit: float) -> tuple[str, str]:
    """Return a value and a limit as texts that differ when the numbers do.

    >>> apart("quality", 0.64996, 0.65), apart("cost_usd_per_month", 20_003, 20_000)[0].replace(NB, " ")
    (('0.64996', '0.65000'), '20 003 USD/month')
    """
    texts = numbers.metric(metric, value), numbers.metric(metric, limit)
    if texts[0] != texts[1] or same(value, limit):
        return texts
    unit = texts[0][len(texts[0].rstrip("abcdefghijklmnopqrstuvwxyzUSD/%" + NB)) :]
    scale = _scale(metric, unit)
    digits = max(0, -math.floor(math.log10(abs(value - limit) * scale)))
    shown = [f"{numbers.grouped(one * scale, digits)}{unit}" for one in (value, limit)]
    return shown[0], shown[1]


def _scale(metric: str, unit: str) -> float:
    if metric.endswith(".availability"):
        return 100.0
    ms = {"ms": 1.0, "s": 1e-3, "min": 1 / 60_000, "h": 1 / 3_600_000}
    if "_ms." in metric or "_s." in metric:
        return ms[unit.strip(NB)] * (1.0 if "_ms." in metric else 1000.0)
    return 1.0


def loosened(bound: Bound, least: float) -> str:
    """Return the bound that has to be allowed, rounded to the side on which it can be met.

    >>> loosened(Bound("p", "flows.answer.ttft_ms.p95", True, 2000.0), 2314.2).replace(NB, " ")
    '2.32 s'
    >>> loosened(Bound("p", "quality", False, 0.65), 0.60291), loosened(Bound("p", "clouds", True, 1), 2.0)
    ('0.602', '2')
    >>> loosened(Bound("p", "flows.answer.availability", False, 0.99), 0.98508218).replace(NB, " ")
    '98.50 %'
    """
    if is_count(bound.metric):
        return f"{least:.0f}"
    if bound.metric.endswith(".availability"):
        nines = max(2, 1 - math.floor(math.log10(100 * max(1 - least, 1e-9)) + 1e-9))
        step = 10.0 ** -(nines + 2)
        return numbers.availability(_outward(least, step, upper=False))
    step = 10.0 ** (math.floor(math.log10(abs(least))) - 2) if least else 1.0
    return numbers.metric(bound.metric, _outward(least, step, upper=bound.upper))


def _outward(value: float, step: float, *, upper: bool) -> float:
    count = value / step
    near = round(count)
    if abs(count - near) > 1e-7 * max(1.0, abs(count)):
        near = math.ceil(count) if upper else math.floor(count)
    return near * step


# --- roles and sides --------------------------------------------------------------------------------------------------


def candidate_text(candidate: Candidate | None) -> str:
    """Return a candidate with its size on one line: ``Qdrant, 3 × r7g.xlarge on AWS, 2 zones``."""
    if candidate is None or candidate.is_none:
        return "left out"
    return f"{candidate.name}, {candidate.size}" if candidate.size else candidate.name


def flips_text(changes: Iterable[RoleChange]) -> Iterator[str]:
    """Yield each role that changes, from which component to which; sizes only where the component stays."""
    for one in changes:
        if not one.flips:
            continue
        if one.kind == "resized" and one.before is not None and one.after is not None:
            yield f"{one.role}: {one.before.name}, {one.before.size} → {one.after.size}"
        else:
            yield f"{one.role}: {' → '.join('left out' if c is None else c.name for c in (one.before, one.after))}"


_PROVED = {"optimal": "optimal (proved)", "infeasible": "infeasible (proved)"}


def status_text(side: Side) -> str:
    """Return what is known of a side, in words."""
    if side.status in _PROVED:
        return _PROVED[side.status]
    if side.status == "not_proved":
        if side.evaluation is None:
            return "no design found in time, nothing proved"
        bound = "no bound known" if side.gap is None else f"within {numbers.percent(side.gap)}"
        return f"not proved optimal, {bound}"
    if side.evaluation is None:
        return "no design"
    broken = broken_checks(side.evaluation)
    if side.evaluation.consistent:
        return "cannot be run as stated"
    return f"breaks {len(broken)} requirement{'s' if len(broken) > 1 else ''}" if broken else "every requirement holds"


def broken_checks(evaluation: Evaluation) -> tuple[Check, ...]:
    """Return the requirements that do not hold."""
    return tuple(check for check in evaluation.checks if not check.holds)


def unfilled_lines(table: Table) -> Iterator[str]:
    """Yield what the workload alone makes impossible: the roles without a candidate, and why each option is none."""
    if not table.unfilled:
        yield "The workload alone cannot be carried: no combination of the candidates works."
        return
    unsold = [role for role, rejections in table.unfilled if rejections and all(one.unsold for one in rejections)]
    if len(unsold) == len(table.unfilled):
        roles = " or ".join(unsold)
        yield f"Nothing in the catalog that fills {roles} was sold on {table.as_of}, the day of the prices."
    else:
        yield "The workload alone cannot be carried: a role has no option of sufficient capacity."
    for role, rejections in table.unfilled:
        if not rejections:
            yield f"  {role}: the catalog has no option for this role"
        yield from (f"  {role}: {one.option.id}: {one.reason}" for one in _soonest(rejections, table))


def _soonest(rejections: Sequence[Rejection], table: Table) -> list[Rejection]:
    """Return what is refused; of what came after the day of the prices only the first, and how many came later.

    A day before the first language model of the catalog would else list all of them.
    """
    later = [one for one in rejections if one.unsold and (day := _released(one, table)) and day > table.as_of]
    if not later:
        return list(rejections)
    first = min(later, key=lambda one: (_released(one, table) or table.as_of, one.option.id))
    more = f", as the first; {len(later) - 1} more came later" if len(later) > 1 else ""
    kept = [one for one in rejections if one not in later]
    return [*kept, replace(first, reason=first.reason + more)]


def _released(one: Rejection, table: Table) -> datetime.date | None:
    return sale(table.catalog, one.component, one.option).released


def pin_lines(requirement: Requirement, table: Table) -> Iterator[str]:
    """Yield, for a pin, why the options that it names are no candidates; nothing where they are."""
    if isinstance(requirement, Filter) and requirement.kind == "pin":
        for one in table.rejections:
            if one.role == requirement.role and {one.option.id, one.component.id} & requirement.values:
                yield f"    {one.option.id}: {one.reason}"


def conflict_lines(side: Side) -> Iterator[str]:
    """Yield what cannot hold together on a side that is infeasible."""
    if side.conflict is None:
        yield "The time limit passed before the smallest conflict was found."
    elif not side.conflict:
        yield from () if side.table is None else unfilled_lines(side.table)
    else:
        many = len(side.conflict) > 1
        yield "These cannot hold together:" if many else "This cannot hold with this workload and catalog:"
        yield from (f"  {requirement_text(r)}   ({r.path})" for r in side.conflict)


def kept_lines(kept: CarriedOver) -> Iterator[str]:
    """Yield what the design of before does under the change."""
    if kept.evaluation is None:
        yield "The design of before cannot stay as it is:"
        yield from (f"  {problem}" for problem in kept.problems)
        return
    cost = numbers.usd(kept.evaluation.cost_usd_per_month)
    broken = broken_checks(kept.evaluation)
    if not broken:
        yield f"The design of before, left as it is, still meets every requirement and costs {cost}/month."
        return
    yield f"The design of before, left as it is, would cost {cost}/month and break:"
    yield from (f"  {broken_text(check)}" for check in broken)

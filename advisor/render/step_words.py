"""What changes from one design to the next in words: what it costs, what it buys, and which roles change how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.analysis.axes import Axis
from advisor.analysis.changes import RoleChange, role_changes
from advisor.analysis.equality import same
from advisor.analysis.pareto import Point
from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.render import numbers
from advisor.render.change_words import candidate_text, metric_difference
from advisor.render.markdown import joined
from advisor.scenario.requirements import COST

MOST_ROLES = 4  # that are described one by one


def step_text(axes: Sequence[Axis], before: Point, after: Point) -> str:
    """Return what a step from one point to the next costs and buys, and how: ``+ 410 USD/month buys − 120 ms ...``."""
    how = "; ".join(role_texts(before.evaluation, after.evaluation))
    return f"{exchange_text(axes, before.values, after.values)}{f': {how}' if how else ''}"


def exchange_text(axes: Sequence[Axis], before: Sequence[float], after: Sequence[float]) -> str:
    """Return the metrics that get worse and those that get better, with the amounts.

    >>> axes = (Axis("cost_usd_per_month", True), Axis("flows.answer.ttft_ms.p95", True))
    >>> exchange_text(axes, (17_000.0, 1440.0), (17_410.0, 1320.0)).replace(numbers.NARROW, " ")
    '+ 410 USD/month buys − 120 ms answer ttft p95'
    """
    worse: list[str] = []
    better: list[str] = []
    for axis, old, new in zip(axes, before, after, strict=True):
        if not same(old, new, axis.metric):
            (better if axis.loss(new) < axis.loss(old) else worse).append(_amount(axis.metric, old, new))
    if not worse or not better:
        return joined([*worse, *better]) or "equal in every metric of the front"
    return f"{joined(worse)} {'buys' if len(worse) == 1 else 'buy'} {joined(better)}"


def _amount(metric: str, old: float, new: float) -> str:
    difference = metric_difference(metric, old, new)
    return f"{difference}/month" if metric == COST else f"{difference} {numbers.metric_label(metric)}"


def role_texts(before: Evaluation, after: Evaluation) -> Iterator[str]:
    """Yield how each role changes that does: ``vector store gains 1 unit (2 → 3)``; of many only which they are."""
    changes = [one for one in role_changes(before, after) if one.flips]
    if len(changes) <= MOST_ROLES:
        yield from (f"{_spoken(one.role)} {_change(one)}" for one in changes)
        return
    if before.clouds != after.clouds:
        yield f"moves from {joined(before.clouds) or 'no cloud'} to {joined(after.clouds) or 'no cloud'}"
    yield f"{len(changes)} roles change: {joined([_spoken(one.role) for one in changes])}"


def _spoken(role: str) -> str:
    return role.replace("_", " ")


def _change(one: RoleChange) -> str:
    old, new = one.before, one.after
    if old is None or new is None:
        return f"is added ({candidate_text(new)})" if old is None else f"({old.name}) is left out"
    if one.kind == "resized":
        return _resized(old, new)
    return f"changes from {old.name} to {new.name}"


def _resized(old: Candidate, new: Candidate) -> str:
    """Return a change of size in words where only units and zones change, else both sizes."""
    if old.option != new.option or old.parts or new.parts or _bought(old) != _bought(new):
        return f"({new.name}) changes from {old.size} to {new.size}"
    parts = []
    if new.units != old.units:
        count = abs(new.units - old.units)
        verb = "gains" if new.units > old.units else "gives up"
        parts.append(f"{verb} {count} unit{'s' if count > 1 else ''} ({old.units} → {new.units})")
    if new.zones != old.zones:
        parts.append(
            f"{'spreads' if new.zones > old.zones else 'shrinks'} to {_zones(new)} ({old.zones} → {new.zones})"
        )
    return " and ".join(parts) or f"changes its tactics from {_tactics(old)} to {_tactics(new)}"


def _bought(one: Candidate) -> str:
    return one.layout.described if one.layout else ""


def _zones(one: Candidate) -> str:
    return f"{one.zones} zone{'s' if one.zones != 1 else ''}"


def _tactics(one: Candidate) -> str:
    return joined([name.replace("_", " ") for name in one.tactics]) or "none"

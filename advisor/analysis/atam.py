"""Sensitivity points, trade-off points, risks and non-risks in the sense of ATAM, each computed for one design.

A *sensitivity point* is a decision that moves one quality attribute a lot; a *trade-off point* moves two in opposite
directions; a *risk* is a requirement that hangs on a number which nobody measured or which is old; a *non-risk* is one
that holds whatever a single number does within its range.

Source: Kazman, Klein, Clements (2000), "ATAM: Method for Architecture Evaluation", CMU/SEI-2000-TR-004.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.analysis.crossing import Place, crossing
from advisor.analysis.fixed import FixedDesign
from advisor.analysis.knobs import Knob
from advisor.analysis.reading import lower_is_better
from advisor.analysis.reasons import Reason, reasons, swapped
from advisor.analysis.tornado import Bar, End
from advisor.candidates.candidate import Candidate
from advisor.catalog.provenance import is_stale
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Check, Evaluation
from advisor.optimizer.search import Search
from advisor.scenario.requirements import COST, QUALITY, Bound, metric_direction

A_LOT: Mapping[str, float] = {"cost": 0.10, "time": 0.10, "downtime": 0.25, "quality": 0.05}
"""By what share of its value an attribute must move to have moved a lot."""

SOFT = frozenset({"estimate", "third_party", "scenario", "default"})  # numbers that nobody who sells or runs it states


@dataclass(frozen=True)
class Move:
    """What a decision does to an attribute: a metric before and after. ``share``: of the value (of the downtime)."""

    metric: str
    before: float
    after: float
    share: float
    better: bool


@dataclass(frozen=True)
class SensitivityPoint:
    """A role whose choice moves an attribute a lot: the lowest and the highest value over what could fill it."""

    role: str
    chosen: Candidate
    metric: str
    current: float
    low: tuple[float, Candidate]
    high: tuple[float, Candidate]
    share: float
    choices: int


@dataclass(frozen=True)
class TradeOff:
    """A role in which another choice makes one attribute a lot better and another a lot worse.

    ``broken``: the requirements that do not hold with it; () when all hold.
    """

    role: str
    chosen: Candidate
    other: Candidate
    better: Move
    worse: Move
    broken: tuple[Check, ...]


@dataclass(frozen=True)
class Hinge:
    """A number within whose range a requirement stops to hold: between ``holds_at`` and ``breaks_at``.

    ``soft``: nobody who sells or runs it states the number; ``stale``: it was checked longer ago than its kind allows.
    """

    knob: Knob
    holds_at: float
    breaks_at: float
    soft: bool
    stale: bool


@dataclass(frozen=True)
class Risk:
    """A requirement, and the numbers that it hangs on, the closest first. ``check``: the design as it is."""

    check: Check
    hinges: tuple[Hinge, ...]


@dataclass(frozen=True)
class NonRisk:
    """A requirement that holds at both ends of every number's range, one at a time.

    ``worst``: the least good value, with the number and its value there; None when no number moves it.
    """

    check: Check
    worst: float
    knob: Knob | None
    at: float
    numbers: int


@dataclass(frozen=True)
class Points:
    """All points of one design."""

    sensitivity: tuple[SensitivityPoint, ...]
    trade_offs: tuple[TradeOff, ...]
    risks: tuple[Risk, ...]
    non_risks: tuple[NonRisk, ...]


def points(best: Evaluation, tried: Sequence[Tried], risks: Sequence[Risk | NonRisk]) -> Points:
    """Return the ATAM points of a proposed design.

    Args:
        tried: what :func:`moves` yields for it. risks: what :func:`risks_of` yields for it.
    """
    return Points(
        tuple(_sensitivity(best, tried)),
        tuple(_trade_offs(best, tried)),
        tuple(one for one in risks if isinstance(one, Risk)),
        tuple(one for one in risks if isinstance(one, NonRisk)),
    )


def risks_of(
    best: Evaluation, fixed: FixedDesign, bars: Sequence[Bar], today: datetime.date
) -> Iterator[Risk | NonRisk]:
    """Yield which requirements hang on which numbers, and which on none; ``bars``: those of the design's tornado."""
    for index, check in enumerate(best.checks):
        if isinstance(check.requirement, Bound):
            hinges = tuple(_hinges(index, bars, fixed, today))
            if not hinges:
                yield _non_risk(index, check, bars)
            if any(hinge.soft or hinge.stale for hinge in hinges):
                yield Risk(check, hinges)


# --- decisions --------------------------------------------------------------------------------------------------------

Tried = tuple[str, Candidate, Evaluation]


def moves(search: Search, best: Evaluation) -> Iterator[Tried]:
    """Yield (role, candidate, design with it) for the best size of every component that a role admits."""
    for role, found in reasons(search, best).items():
        for reason in found:
            if (design := _with(search, best, reason)) is not None and reason.candidate is not None:
                yield role, reason.candidate, judge(design, best.scenario, like=best)


def _with(search: Search, best: Evaluation, reason: Reason) -> Mapping[str, Candidate] | None:
    if reason.kind == "refused" or reason.candidate is None:
        return None
    return swapped(search, best, reason.role, reason.candidate)


def attributes(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the quality attributes: cost, quality, and the last p95 and the availability of each flow."""
    names = [COST, QUALITY]
    for flow_id, flow in evaluation.flows.items():
        names += [f"flows.{flow_id}.{list(flow.measures)[-1]}.p95", f"flows.{flow_id}.availability"]
    return tuple(names)


def kind_of(metric: str) -> str:
    """Return the kind of attribute that a metric is, by which :data:`A_LOT` is measured.

    >>> kind_of("flows.answer.latency_ms.p95"), kind_of("flows.answer.availability")
    ('time', 'downtime')
    """
    if metric.endswith(".availability"):
        return "downtime"
    return {COST: "cost", QUALITY: "quality"}.get(metric, "time")


def move(before: Evaluation, after: Evaluation, metric: str) -> Move:
    """Return what happens to a metric; the share is signed: positive is more."""
    old, new = before.metric(metric), after.metric(metric)
    base = 1 - old if metric.endswith(".availability") else old
    less = metric_direction(before.scenario.blueprint, metric)
    return Move(metric, old, new, (new - old) / max(abs(base), 1e-12), (new < old) == bool(less))


def _a_lot(one: Move) -> bool:
    return abs(one.share) >= A_LOT[kind_of(one.metric)]


def _sensitivity(best: Evaluation, tried: Sequence[Tried]) -> Iterator[SensitivityPoint]:
    """Yield for every role and attribute that moves a lot the span over what could fill the role."""
    for role, some in itertools.groupby(tried, key=lambda one: one[0]):
        found = [(evaluation, candidate) for _, candidate, evaluation in some]
        for metric in attributes(best):
            values = [(e.metric(metric), c) for e, c in [(best, best.design[role]), *found]]
            low, high = min(values, key=lambda v: v[0]), max(values, key=lambda v: v[0])
            base = 1 - best.metric(metric) if metric.endswith(".availability") else best.metric(metric)
            share = (high[0] - low[0]) / max(abs(base), 1e-12)
            if share >= A_LOT[kind_of(metric)]:
                yield SensitivityPoint(
                    role, best.design[role], metric, best.metric(metric), low, high, share, len(values)
                )


def _trade_offs(best: Evaluation, tried: Sequence[Tried]) -> Iterator[TradeOff]:
    """Yield for every role the choice that trades most: the smaller of its two moves is the largest."""
    for _, some in itertools.groupby(tried, key=lambda one: one[0]):
        found = [pair for one in some if (pair := _traded(best, one)) is not None]
        if found:
            yield max(found, key=lambda one: (not one.broken, _weight(one), one.other.id))


def _traded(best: Evaluation, one: Tried) -> TradeOff | None:
    role, candidate, evaluation = one
    moves = [m for m in (move(best, evaluation, name) for name in attributes(best)) if _a_lot(m)]
    better = max((m for m in moves if m.better), key=_times_a_lot, default=None)
    worse = max((m for m in moves if not m.better), key=_times_a_lot, default=None)
    if better is None or worse is None:
        return None
    broken = tuple(check for check in evaluation.checks if not check.holds)
    return TradeOff(role, best.design[role], candidate, better, worse, broken)


def _times_a_lot(one: Move) -> float:
    return abs(one.share) / A_LOT[kind_of(one.metric)]


def _weight(one: TradeOff) -> float:
    return min(_times_a_lot(one.better), _times_a_lot(one.worse))


# --- risks ------------------------------------------------------------------------------------------------------------


def _hinges(index: int, bars: Sequence[Bar], fixed: FixedDesign, today: datetime.date) -> Iterator[Hinge]:
    """Yield the numbers within whose range a requirement stops to hold, the closest first."""
    found = [
        _hinge(index, bar, end, fixed, today)
        for bar in bars
        for end in (bar.low, bar.high)
        if end.evaluation is not None and not end.evaluation.checks[index].holds
    ]
    yield from sorted(found, key=lambda one: (abs(one.breaks_at / one.knob.value - 1), one.knob.path))


def _hinge(index: int, bar: Bar, end: End, fixed: FixedDesign, today: datetime.date) -> Hinge:
    knob = bar.knob

    def judged(value: float) -> Place:
        found = fixed.at(knob, value, brief=True).evaluation
        if found is None:
            return Place(value, kept=False)
        check = found.checks[index]
        return Place(value, check.holds, (check.slack,))

    holds, breaks = crossing(knob, knob.value, end.value, judged)
    price = knob.figure is not None and knob.figure.name.startswith("price.")
    stale = knob.checked is not None and is_stale(knob.checked, today, price=price)
    return Hinge(knob, holds, breaks, knob.basis in SOFT, stale)


def _non_risk(index: int, check: Check, bars: Sequence[Bar]) -> NonRisk:
    assert isinstance(check.requirement, Bound)
    assert check.value is not None
    ends = [
        (bar, end, end.evaluation.checks[index].value) for bar in bars for end in (bar.low, bar.high) if end.evaluation
    ]
    known = [(bar, end, value) for bar, end, value in ends if value is not None]
    sign = 1 if check.requirement.upper else -1
    bar, end, value = max(known, key=lambda one: sign * one[2], default=(None, None, check.value))
    if bar is None or end is None or sign * value <= sign * check.value:
        return NonRisk(check, check.value, None, 0.0, len(bars))
    return NonRisk(check, value, bar.knob, end.value, len(bars))


def worse_when(knob: Knob) -> int:
    """Return in which direction a figure of the catalog gets worse: 1 when more is worse, -1 when less is."""
    return 1 if lower_is_better(knob) else -1

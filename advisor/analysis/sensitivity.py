"""Sensitivity of an answer: the price of its requirements, its break-evens, its tornado, its ATAM points."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, silent
from advisor.analysis.atam import Points, points
from advisor.analysis.breakeven import DEFAULT_REACH, BreakEvens, break_evens
from advisor.analysis.fixed import FixedDesign
from advisor.analysis.gaps import Gaps
from advisor.analysis.knobs import Knob, design_knobs, workload_knobs
from advisor.analysis.resolver import Resolver
from advisor.analysis.steps import BoundPrice, RulePrice, bound_prices, rule_prices
from advisor.analysis.tornado import Bar, tornado
from advisor.evaluation.result import Evaluation


@dataclass(frozen=True)
class Sensitivity:
    """Everything that :func:`sensitivity` computes.

    Attributes:
        reach: how far numbers were followed for break-evens, as a factor.
        rivals: the close designs whose figures were followed too.
        solves: how often the optimizer was asked for break-evens.
    """

    answer: Answer
    bounds: tuple[BoundPrice, ...]
    rules: tuple[RulePrice, ...]
    break_evens: BreakEvens
    bars: tuple[Bar, ...]
    points: Points
    reach: float
    rivals: tuple[Evaluation, ...]
    solves: int

    @property
    def best(self) -> Evaluation:
        """The design that it is about."""
        assert self.answer.best is not None
        return self.answer.best

    @property
    def proved(self) -> bool:
        """Whether nothing was left open by a time limit."""
        steps = [step for one in self.bounds for step in (one.tighten, one.loosen) if step is not None]
        settled = all(step.proved for step in steps) and all(one.evaluation for one in self.rules)
        return settled and not self.break_evens.open and all(one.proved for one in self.break_evens.found)


def sensitivity(
    answer: Answer,
    today: datetime.date,
    *,
    reach: float = DEFAULT_REACH,
    deadline: Deadline = UNLIMITED,
    progress: Progress = silent,
) -> Sensitivity:
    """Return what an answer's design depends on.

    Args:
        answer: a solved scenario with a proved optimum.
        today: figures' ages are counted to this day.
        reach: factor by which numbers are followed for break-evens, or to the end of their range, where that is wider.
    """
    assert answer.best is not None, "without a design there is nothing to ask about"
    bounds = bound_prices(answer, deadline, progress)
    rules = tuple(rule_prices(answer, deadline, progress))
    gaps = Gaps(Resolver(answer, deadline))
    own = [*workload_knobs(answer.scenario, answer.table.catalog), *design_knobs(answer.table, answer.best.design)]
    knobs = _distinct([*own, *(knob for one in gaps.rivals for knob in design_knobs(answer.table, one.design))])
    found = break_evens(gaps, knobs, reach, progress)
    fixed = FixedDesign(answer.best, answer.table)
    bars = tornado(fixed, own, found)
    atam = points(answer.search, answer.best, fixed, bars, today)
    return Sensitivity(answer, bounds, rules, found, bars, atam, reach, gaps.rivals, gaps.resolver.solves)


def _distinct(knobs: Iterable[Knob]) -> Sequence[Knob]:
    return list({knob.path: knob for knob in knobs}.values())

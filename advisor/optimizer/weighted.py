"""Weighted sums that hold percentiles, qualities or availabilities, exactly.

Let z = g + c v, with v a metric that is not linear in the choice. Minimise g alone: that gives a design with value v
and a first z. Anything better must have a better v, and since no design has a smaller g than the one found, it must
satisfy ``c v' < z* - g``. So ask for the smallest g under that limit on v, and so on: g only grows, the limit only
tightens, and the search ends when no v can meet it. Several such metrics are taken one inside the other.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.optimizer.found import NOTHING, Found, OutOfTimeError
from advisor.optimizer.goal import STEP, goal_value
from advisor.optimizer.linear import Linear, is_product
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import Bound, split_percentile

BEYOND_SLIP = 4e-9  # more than a bound's own tolerance, so that each step leaves the last design behind
MULTIPLES = (1.0, 1.5, 2.5)  # of the mean, standing in for a percentile

if TYPE_CHECKING:
    from advisor.optimizer.limit import Limit
    from advisor.optimizer.run import Run


def minimise_weighted(run: Run, goal: Goal, extra: tuple[Limit, ...] = ()) -> Found:
    """Return the optimum of a weighted sum with at least one term that is not linear in the choice."""
    if not extra and not run.held:
        _look_around(run, goal)
    hard = next(t for t in goal.terms if split_percentile(t.metric) or is_product(t.metric))
    rest = Goal(tuple(t for t in goal.terms if t is not hard), goal.text)
    return _Staircase(run, goal, hard, rest, extra).walk()


def _look_around(run: Run, goal: Goal) -> None:
    """Meet some good designs first: the better the best known sum, the larger the steps of the walk.

    Each percentile is stood in for by a multiple of its mean, each product by its tangent in the logarithm.
    """
    around = 0.7
    for multiple in MULTIPLES:
        objective = Linear({})
        for term in goal.terms:
            objective = objective + _stand_in(run, term, multiple, around)
        found = run.confirmed(objective, goal)
        if found.best is None:
            return
        best = min(run.known(), key=lambda evaluation: goal_value(goal, evaluation))
        around = min((best.metric(t.metric) for t in goal.terms if is_product(t.metric)), default=around)


def _stand_in(run: Run, term: Term, multiple: float, around: float) -> Linear:
    if split_percentile(term.metric):
        mean = run.search.sum(term.metric.rpartition(".p")[0] + ".mean")
        assert mean is not None
        return mean.scaled(term.coefficient * multiple)
    total = run.search.sum(term.metric)
    assert total is not None
    return total.scaled(-term.coefficient * around if is_product(term.metric) else term.coefficient)


class _Staircase:
    def __init__(self, run: Run, goal: Goal, hard: Term, rest: Goal, extra: tuple[Limit, ...]) -> None:
        self.run, self.goal, self.hard, self.rest, self.extra = run, goal, hard, rest, extra
        self.best = NOTHING
        for evaluation in run.known(extra):
            value = goal_value(goal, evaluation)
            if value < self.best.value:
                self.best = Found(Status.OPTIMAL, evaluation, value, value)
        self.within: Limit | None = None
        self.reached = -math.inf  # g of the last step: no design within the current limit has less

    def walk(self) -> Found:
        """Walk down the steps of g against v until no better sum is possible."""
        limit: float | None = None
        try:
            while (found := self._step(limit)).best is not None and found.status is Status.OPTIMAL:
                limit = self._next_limit(found)
                if limit is None:
                    return replace(self.best, status=Status.OPTIMAL, bound=self.best.value)
            stopped = found.status is Status.STOPPED
        except OutOfTimeError:
            stopped = True
        if not stopped:
            return replace(self.best, bound=self.best.value)
        return replace(self.best, status=Status.STOPPED, bound=min(self.best.value, self._floor()))

    def _step(self, limit: float | None) -> Found:
        """Return the smallest rest g among designs whose hard metric is within the limit."""
        if limit is not None:
            bound = Bound("objective", self.hard.metric, self.hard.coefficient > 0, limit)
            self.within = self.run.search.limit(bound, self.within)
        found = self.run.reach(self.rest, (*self.extra, self.within) if self.within else self.extra)
        if found.best is not None:
            value = goal_value(self.goal, found.best)
            if value < self.best.value:
                self.best = Found(Status.OPTIMAL, found.best, value, value)
            if found.status is Status.OPTIMAL:
                self.reached = found.value
        return found

    def _next_limit(self, found: Found) -> float | None:
        """Return the limit that a better sum must meet, None when no value can."""
        assert found.best is not None
        here = found.best.metric(self.hard.metric)
        needed = (self.best.value - found.value) / self.hard.coefficient
        if self.hard.coefficient > 0:
            limit = min(here * (1 - STEP), needed)
            return limit if limit > 0 else None
        limit = max(here + max(STEP * (1 - here), BEYOND_SLIP), needed)
        return limit if limit < 1 and here < 1 else None

    def _floor(self) -> float:
        """Return what no design not yet looked at can beat: the last g with the best value that v can have."""
        return self.reached + min(0.0, self.hard.coefficient)

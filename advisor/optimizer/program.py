"""The second engine: the mixed-integer program, with cuts until the judge confirms its optimum.

It knows every coupling that the model can hold, serves where :mod:`advisor.optimizer.engine` gives up, and is its
independent check: both must find the same value.

Why the answer is optimal. The program only holds rows that every feasible design meets, so its optimum is a bound. When
the judge confirms it, value and bound meet. When it does not, a cut removes that design and a cone of designs that are
all infeasible too. Candidates are finite, so this ends.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pulp

from advisor.optimizer.formulation import CONSTRAINTS, kind_of
from advisor.optimizer.found import NOTHING, Found, OutOfTimeError
from advisor.optimizer.goal import goal_value
from advisor.optimizer.linear import Linear
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal

if TYPE_CHECKING:
    from advisor.optimizer.limit import Limit
    from advisor.optimizer.run import Run

FIRST_REACH = 0.1  # how far above the relaxation's bound the optimum is expected, relative


class Program:
    """One goal that is a sum, under the limits of a run and some extra ones."""

    def __init__(self, run: Run, total: Linear, goal: Goal, extra: tuple[Limit, ...]) -> None:
        self.run, self.search, self.goal = run, run.search, goal
        self.limits = (*run.limits, *extra)
        self.loaded = run.search.loaded
        self.model, self.session = self.loaded.model, self.loaded.session
        self.objective = self.model.expression(total)
        self._load()

    def _load(self) -> None:
        """Put the session into the state that cuts, goals held and limits ask for."""
        self.session.truncate(self.loaded.base)
        self.session.add(self.loaded.cuts)
        for number, (total, value) in enumerate(self.run.held):
            self.session.add(CONSTRAINTS["goal_reached"](self.model, self.model.expression(total), value, str(number)))
        for limit in self.limits:
            self.session.add((*self._rows(limit), *limit.cuts))
        late = {key for limit in self.limits for key in limit.closed}
        self._open = {
            (role, c.id): bool(yes) and (role, c.id) not in late
            for role, allowed in self.run.permitted.items()
            for c, yes in zip(self.search.pool[role], allowed, strict=True)
        }

    def _rows(self, limit: Limit) -> list[pulp.LpConstraint]:
        if limit.tail is not None:
            return list(CONSTRAINTS["tail"](self.model, limit.tail, limit.bound.metric))
        kind = kind_of(limit.bound)
        assert kind is not None
        return list(CONSTRAINTS[kind](self.model, limit.bound))

    def optimum(self, best: Found, value: float) -> Found:
        """Return the optimum, given the best known design and its value in the model.

        One search for each use of the caches: with it fixed the relaxation is much tighter, for half a cache would
        switch off half of every time row.
        """
        bounds = []
        if best.best is not None:
            self.session.add(CONSTRAINTS["better_than"](self.model, self.objective, value))
        for caches in self.search.variants:
            try:
                found, reached = self._with_caches(caches, value)
            except OutOfTimeError:
                found, reached = Found(Status.STOPPED, None), math.inf
            bounds.append(found.bound if found.status is Status.STOPPED else min(reached, value))
            status = Status.STOPPED if Status.STOPPED in (found.status, best.status) else Status.OPTIMAL
            if found.best is not None and reached < value:
                best, value = found, reached
            if best.best is not None or status is Status.STOPPED:
                best = replace(best, status=status)
            if self.run.any_design and best.best is not None:
                break
        return replace(best, bound=min(bounds)) if best.status is Status.STOPPED else best

    def _with_caches(self, caches: frozenset[str], to_beat: float) -> tuple[Found, float]:
        """Return the optimum with exactly these caches in use and its value in the model; infeasible if nothing beats.

        Only candidates whose reduced cost in the relaxation is within ``reach`` take part. An optimum within reach of
        the relaxation's bound is the optimum over all candidates; otherwise the reach grows.
        """
        fits = self.search.fitting(caches)
        fitting = {
            self.model.x[role, c.id].name: self._open[role, c.id] and bool(yes)
            for role, mask in fits.items()
            for c, yes in zip(self.search.pool[role], mask, strict=True)
        }
        self.session.allow(fitting)
        relaxed = self.session.relax(self.objective)
        if relaxed is None or relaxed[0] > to_beat:
            return NOTHING, math.inf
        bound, prices = relaxed
        farthest = max(prices.values())
        reach = max(min(FIRST_REACH * abs(bound), to_beat - bound), 1e-6 * farthest)
        best: tuple[Found, float] | None = None
        while True:
            self.session.allow({name: yes and prices[name] <= reach for name, yes in fitting.items()})
            try:
                found, value = self._confirmed_within(bound)
            except OutOfTimeError:
                if best is None:
                    raise
                return replace(best[0], status=Status.STOPPED, bound=bound), best[1]
            best = (found, value) if found.best is not None else best
            enough = self.run.any_design and found.best is not None
            if enough or found.status is Status.STOPPED or value <= bound + reach or reach >= farthest:
                return found, value
            if bound + reach >= to_beat:
                return NOTHING, math.inf
            reach = min(4 * reach, value - bound, to_beat - bound) * (1 + 1e-9)

    def _confirmed_within(self, bound: float) -> tuple[Found, float]:
        """Return the optimum over the candidates that take part, and its value in the model."""
        while True:
            outcome = self.run.solve(self.objective)
            if not outcome.found:
                nothing = outcome.status is Status.INFEASIBLE  # a bound within reach is none for what is beyond
                return Found(outcome.status, None, bound=math.inf if nothing else bound), math.inf
            evaluation, cuts = self.loaded.violations(self.model.chosen(outcome.values), self.limits)
            if evaluation is not None:
                proved = outcome.status is Status.OPTIMAL
                value = goal_value(self.goal, evaluation)
                return Found(outcome.status, evaluation, value, value if proved else bound), outcome.objective
            self._learn(cuts)

    def _learn(self, cuts: list[pulp.LpConstraint]) -> None:
        self.session.add(cuts)
        if self.limits:
            self.limits[-1].cuts.extend(cuts)
        else:
            self.loaded.cuts += cuts

"""The general engine: a mixed-integer linear program whose every answer passes the judge.

What the solver calls feasible and the judge does not is cut off, alone, and the solver runs again. Options that the
relaxation shows to cost more than the best design known take no part, so the proof runs on a small program.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.optimizer.solver import Outcome, Status
from advisor.selection import totals
from advisor.selection.formulation import CONSTRAINTS, Expression, Model, Row, formulate, limit_rows, loadable
from advisor.selection.judge import Judged, PoolPlan, judge
from advisor.selection.pool import plan
from advisor.selection.problem import TOLERANCE, Goal, Limit
from advisor.selection.session import NO_LIMIT, quiet_session
from advisor.selection.space import Space

FIRST_OPTIONS = 2.5  # options per role that the first solve looks at, on average
FIRST_TIME = 0.25  # share of the time limit that it may take
SMALL = 60  # programs with fewer options are solved whole


class OutOfTimeError(Exception):
    """The time limit passed."""


@dataclass(frozen=True)
class Condition:
    """Something asked for beside the problem: rows for the solver, a test for the judge."""

    rows: Callable[[Model], Iterator[Row]]
    holds: Callable[[Judged], bool]


def within(limit: Limit) -> Condition:
    """Return the condition that a limit holds."""

    def holds(judged: Judged) -> bool:
        return limit.holds(judged.totals[limit.attribute])

    return Condition(lambda model: limit_rows(model, limit), holds)


def at_least_as_good(space: Space, goal: Goal, best: Judged) -> Condition:
    """Return the condition that a design is at least as good by a goal as one that is known."""
    reached = best.loss(goal)
    kind = space.problem.aggregations[goal.attribute]

    def rows(model: Model) -> Iterator[Row]:
        most = totals.linear_loss(kind, goal, best.totals[goal.attribute] or 0.0)
        slack = TOLERANCE * (1.0 if kind.value == "product" else abs(most))
        yield from CONSTRAINTS["kept"](model, totals.loss(model, goal), most, slack)

    return Condition(rows, lambda judged: judged.loss(goal) <= reached + TOLERANCE * abs(reached))


@dataclass(frozen=True)
class Found:
    """The end of a search. ``bound``: no design has a smaller linear loss."""

    status: Status
    best: Judged | None = None
    bound: float = -math.inf


class Search:
    """A problem loaded into the solver, to be searched under changing conditions."""

    def __init__(self, space: Space, deadline: float = math.inf) -> None:
        self.space, self.deadline, self.rounds = space, deadline, 0
        self.rejected: list[Judged] = []  # what the judge refused whatever the conditions
        self.local: list[Judged] = []  # designs cut off for this search only
        self.conditions: tuple[Condition, ...] = ()
        self.most_nodes = NO_LIMIT
        self._build()

    def _build(self) -> None:
        self.model = formulate(self.space)
        if self.model.units:
            for judged in (*self.rejected, *self.local):
                self.model.add(self._cut_rows(judged))
        loadable(self.model)
        self.session = quiet_session(self.model.problem)
        self.session.most_nodes = self.most_nodes
        self.base = self.session.add(())
        self._permitted = dict.fromkeys((x.name for x in self.model.x.values()), True)

    def load(self, conditions: Sequence[Condition]) -> None:
        """Put the session into the state that the conditions ask for, with every option permitted."""
        self._permitted = dict.fromkeys(self._permitted, True)
        rebuild = bool(self.model.units and self.local)
        self.conditions, self.local = tuple(conditions), []
        if rebuild:
            self._build()
        self._fill()

    def _fill(self) -> None:
        self.session.truncate(self.base)
        if not self.model.units:
            for judged in (*self.rejected, *self.local):
                self.session.add(self._cut_rows(judged))
        for condition in self.conditions:
            self.session.add(condition.rows(self.model))
        self.session.allow(self._permitted)

    def _cut_rows(self, judged: Judged) -> Iterator[Row]:
        chosen = [(role, option) for role, option in sorted(judged.chosen.items()) if (role, option) in self.model.x]
        if not self.model.units:
            return CONSTRAINTS["not_this_design"](self.model, chosen)
        counts = {(pool, unit): n for pool, p in judged.pools.items() for unit, n in p.units.items()}
        return CONSTRAINTS["not_these_units"](self.model, chosen, counts)

    def cut(self, judged: Judged, *, always: bool) -> None:
        """Cut one design off, for this search or for all."""
        (self.rejected if always else self.local).append(judged)
        if self.model.units:
            permitted = self._permitted
            self._build()
            self._permitted = permitted
            self._fill()
        else:
            self.session.add(self._cut_rows(judged))

    def require(self, condition: Condition) -> None:
        """Add a condition; what is permitted and cut off stays."""
        self.conditions = (*self.conditions, condition)
        self._fill()

    def allow(self, names: Iterable[str]) -> None:
        """Permit the options with these variable names and no others."""
        kept = set(names)
        self._permitted = {x.name: x.name in kept for x in self.model.x.values()}
        self.session.allow(self._permitted)

    def left(self) -> float:
        """Return the seconds left, 0 for no limit. Raises :class:`OutOfTimeError`."""
        if math.isinf(self.deadline):
            return 0.0
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left

    def solve(self, objective: Expression, share: float = 1.0) -> tuple[Outcome, Judged | None]:
        """Solve until the judge accepts; the design is None when there is none or time ran out.

        Args:
            share: of the time that is left, for each solve.
        """
        while True:
            self.rounds += 1
            outcome = self.session.solve(objective, share * self.left())
            if not outcome.found:
                return outcome, None
            judged = self.read(outcome.values)
            if judged.feasible and all(condition.holds(judged) for condition in self.conditions):
                return outcome, judged
            if outcome.status is not Status.OPTIMAL:
                return outcome, None
            self.cut(judged, always=not judged.feasible)

    def read(self, values: Mapping[str, float]) -> Judged:
        """Return the judged design of a solution's values."""
        x, problem = self.model.x, self.space.problem
        chosen = {
            role: max(names, key=lambda name: values[x[role, name].name]) for role, names in self.space.options.items()
        }
        plans: dict[str, PoolPlan] = {}
        for pool in problem.pools:
            units = {unit: round(values[self.model.units[pool.name, unit].name]) for unit in sorted(pool.units)}
            plans[pool.name] = plan(pool, units, partial=problem.partial)
        return judge(problem, chosen, plans)

    # --- one goal ---------------------------------------------------------------------------------------------------

    def optimum(self, goal: Goal, conditions: Sequence[Condition] = (), known: Judged | None = None) -> Found:
        """Return a design that is optimal for a goal under conditions, with the proof; the best so far if time ends.

        Args:
            known: a design that meets all conditions, to start from.
        """
        self.load(conditions)
        objective = totals.loss(self.model, goal)
        try:
            self.left()
            relaxed = self.session.relax(objective)
            if relaxed is None:
                return Found(Status.INFEASIBLE)
            return self._narrowed(goal, objective, *relaxed, known)
        except OutOfTimeError:
            return Found(Status.STOPPED, known)

    def _narrowed(
        self, goal: Goal, objective: Expression, bound: float, prices: Mapping[str, float], known: Judged | None
    ) -> Found:
        """Search among the most promising options, then among all that may be part of something better."""
        first = self._promising(goal, objective, bound, prices, known)
        if first.status is Status.OPTIMAL:
            return first
        reach = math.inf if first.best is None else self.worth(goal, first.best, bound)
        self.allow(name for name, price in prices.items() if price <= reach)
        try:
            outcome, best = self.solve(objective)
        except OutOfTimeError:
            return Found(Status.STOPPED, first.best, bound)
        if outcome.status is Status.INFEASIBLE and first.best is None:
            return Found(Status.INFEASIBLE)
        best = _better(goal, best, first.best)
        if outcome.status is Status.OPTIMAL and best is not None:
            return Found(Status.OPTIMAL, best, self._linear(goal, best))
        value = math.inf if best is None else self._linear(goal, best)
        left = outcome.bound if outcome.status is Status.STOPPED else bound
        return Found(Status.STOPPED, best, max(bound, min(left, value)))

    def _promising(
        self, goal: Goal, objective: Expression, bound: float, prices: Mapping[str, float], known: Judged | None
    ) -> Found:
        """Search among the options that the relaxation prices lowest; one left out costs ``bound`` plus its price."""
        own = sorted(prices[x.name] for x in self.model.x.values())
        count = round(FIRST_OPTIONS * len(self.space.options))
        if len(own) <= max(SMALL, count):
            return Found(Status.STOPPED, known)
        reach = max(own[count - 1], 0.0)
        self.allow(name for name, price in prices.items() if price <= reach)
        outcome, best = self.solve(objective, FIRST_TIME)
        best = _better(goal, best, known)
        proved = outcome.status is Status.OPTIMAL and best is not None and self._linear(goal, best) <= bound + reach
        return Found(Status.OPTIMAL if proved else Status.STOPPED, best, bound)

    def worth(self, goal: Goal, best: Judged, bound: float) -> float:
        """Return the highest price at which an option may be part of a design as good as the best known."""
        value = self._linear(goal, best)
        return (value - bound) * (1 + TOLERANCE) + TOLERANCE * max(abs(value), abs(bound))

    def _linear(self, goal: Goal, judged: Judged) -> float:
        total = judged.totals[goal.attribute]
        assert total is not None
        return totals.linear_loss(self.space.problem.aggregations[goal.attribute], goal, total)


def _better(goal: Goal, *designs: Judged | None) -> Judged | None:
    """Return the best of some designs by a goal, the first of several."""
    return min((d for d in designs if d is not None), key=lambda d: d.loss(goal), default=None)

"""Optimal under the judge: solve, let the judge look, cut off what does not hold, until nothing is left to cut.

Why the answer is optimal. The model only holds rows that every feasible design meets, so its optimum is a bound. When
the judge confirms the model's optimum, value and bound meet. When it does not, a cut removes that design and a cone of
designs that are all infeasible too. Candidates are finite, so this ends.

A percentile as a goal has no linear form. It is reached by descent: any design sets a limit just below its own value,
and the search goes on under that limit until the model says that nothing faster exists.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulp

from advisor.evaluation.result import Evaluation
from advisor.optimizer import formulation
from advisor.optimizer.formulation import CONSTRAINTS
from advisor.optimizer.search import Only, Search
from advisor.optimizer.solver import Outcome, Status
from advisor.optimizer.tails import Tail
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import COST, OPERATIONS, QUALITY, Bound

FIRST_REACH = 0.1     # how far above the relaxation's bound the optimum is expected, relative
STEP = 1e-6            # a better time is better by at least this much, relative
TIE_BREAK = (Goal((Term(COST, 1.0),), "minimize cost"), Goal((Term(OPERATIONS, 1.0),), "minimize operations"))


class OutOfTimeError(Exception):
    """The time limit passed before the search could end."""


@dataclass(frozen=True)
class Found:
    """The end of a run.

    Attributes:
        status: OPTIMAL (proved), INFEASIBLE (proved) or STOPPED.
        best: evaluation of the best feasible design, None when none was found.
        value: the first goal's value of ``best``; ``bound``: what no feasible design can beat; equal when proved.
        rounds: how often the solver ran.
    """

    status: Status
    best: Evaluation | None
    value: float = math.inf
    bound: float = -math.inf
    rounds: int = 0

    @property
    def gap(self) -> float | None:
        """(value - bound) / |value|; 0 when proved, None when there is no design or no bound."""
        if self.best is None or math.isinf(self.bound):
            return None
        return 0.0 if self.status is Status.OPTIMAL else (self.value - self.bound) / max(abs(self.value), 1e-12)


def optimise(
    search: Search, goals: Sequence[Goal] | None = None, *, only: Only | None = None,
    tie_break: bool = True, time_limit_s: float = 0.0,
) -> Found:
    """Return the optimum for goals in order of importance.

    Args:
        goals: default: the scenario's.
        only: which candidates a role may use, for what-ifs; see :meth:`Search.allowed`.
        tie_break: among equals take the cheapest, then the fewest operations hours, then the first in order of ids.
        time_limit_s: 0 means none; when it passes, the best design so far is returned with status STOPPED.
    """
    if search.empty_roles:
        return Found(Status.INFEASIBLE, None, bound=math.inf)
    return Run(search, only, time_limit_s).all(search.table.scenario.objective if goals is None else goals, tie_break)


class Run:
    """One optimisation over a loaded search: goals reached so far are held by rows, time limits by tails."""

    def __init__(self, search: Search, only: Only | None, time_limit_s: float) -> None:
        self.search, self.session, self.model = search, search.session, search.model
        self.deadline = time.monotonic() + time_limit_s if time_limit_s > 0 else math.inf
        self.rounds = 0
        self.held: list[pulp.LpConstraint] = []
        self.limits: list[tuple[Bound, Tail]] = []
        self.permitted = search.allowed(only)
        self.last: tuple[Mapping[str, float], float] = ({}, math.inf)      # prices and what the optimum lies above the bound

    def all(self, goals: Sequence[Goal], tie_break: bool) -> Found:
        """Reach the goals one after the other; the first decides value and bound."""
        result = Found(Status.STOPPED, None)
        try:
            ties = [goal for goal in TIE_BREAK if tie_break and all(goal.terms != known.terms for known in goals)]
            for number, goal in enumerate([*goals, *ties]):
                found = self._reach(goal)
                if number == 0:
                    result = found
                if found.best is None or found.status is Status.STOPPED:
                    result = replace(result, status=found.status if number == 0 else Status.STOPPED)
                    break
                result = replace(result, best=found.best)
                self._hold(goal, found.best)
            else:
                if tie_break:
                    result = replace(result, best=self._first_in_order() or result.best)
        except OutOfTimeError:
            result = replace(result, status=Status.STOPPED)
        return replace(result, rounds=self.rounds)

    def restore(self) -> None:
        """Put the session into the state that the goals held so far ask for."""
        self.session.truncate(self.search.base)
        self.session.add(self.search.cuts)
        self.session.add(self.held)
        self.session.allow(self.permitted)
        for bound, tail in self.limits:
            self._limit(bound, tail)

    def _limit(self, bound: Bound, tail: Tail) -> None:
        self.session.add(CONSTRAINTS["tail"](self.model, tail, bound.metric))
        hopeless = {self.model.x[key].name: False for key in tail.hopeless()}
        if hopeless:
            self.session.allow(hopeless)

    def solve(self, objective: pulp.LpAffineExpression) -> Outcome:
        """Run the solver once within what is left of the time. Raises :class:`OutOfTimeError`."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        self.rounds += 1
        return self.session.solve(objective, 0.0 if math.isinf(left) else left)

    def _reach(self, goal: Goal) -> Found:
        self.restore()
        objective = linear_goal(self.search, goal)
        if objective is not None:
            return self.confirmed(objective, goal)
        if len(goal.terms) == 1:
            return self._descend(goal)
        from advisor.optimizer.mixed import minimise_mixed

        return minimise_mixed(self, goal)

    def confirmed(self, objective: pulp.LpAffineExpression, goal: Goal, extra: Sequence[tuple[Bound, Tail]] = ()) -> Found:
        """Solve until the judge confirms the model's optimum.

        Only candidates whose reduced cost in the relaxation is within ``reach`` take part. An optimum within reach of the
        relaxation's bound is the optimum over all candidates; otherwise the reach grows.
        """
        relaxed = self.session.relax(objective)
        if relaxed is None:
            return Found(Status.INFEASIBLE, None, bound=math.inf)
        bound, prices = relaxed
        reach = max(FIRST_REACH * abs(bound), 1e-6)
        farthest = max(prices.values())
        while True:
            self._within_reach(prices, reach)
            found, value = self._confirmed_within(objective, goal, extra, bound)
            if found.status is Status.STOPPED or value <= bound + reach or reach >= farthest:
                self._within_reach(prices, math.inf)
                self.last = (prices, value - bound)
                return found
            reach = min(4 * reach, value - bound) if found.best else 4 * reach
            reach *= 1 + 1e-9

    def _within_reach(self, prices: Mapping[str, float], reach: float) -> None:
        self.session.allow({name: yes and prices[name] <= reach for name, yes in self.permitted.items()})
        closed = {self.model.x[key].name: False for _, tail in self.limits for key in tail.hopeless()}
        if closed:
            self.session.allow(closed)

    def _confirmed_within(
        self, objective: pulp.LpAffineExpression, goal: Goal, extra: Sequence[tuple[Bound, Tail]], bound: float
    ) -> tuple[Found, float]:
        """Return the optimum over the candidates that take part, and its value in the model."""
        while True:
            outcome = self.solve(objective)
            if not outcome.found:
                return Found(outcome.status, None, bound=max(bound, outcome.bound)), math.inf
            limits = (*self.limits, *extra)
            evaluation, cuts = self.search.violations(self.model.chosen(outcome.values), limits)
            if evaluation is not None:
                value = goal_value(goal, evaluation)
                proved = outcome.status is Status.OPTIMAL
                return Found(outcome.status, evaluation, value, value if proved else bound), outcome.objective
            self.session.add(cuts)
            if not limits:
                self.search.cuts += cuts
            elif not extra:
                self.held += cuts

    def _descend(self, goal: Goal) -> Found:
        """Minimise a percentile: each design found sets the limit for the next."""
        metric = goal.terms[0].metric
        guide = formulation.mean_time(self.model, metric.rpartition(".")[0] + ".mean" if ".p" in metric else metric)
        best: Evaluation | None = None
        value, extra = math.inf, []
        try:
            while (found := self.confirmed(guide, goal, extra)).best is not None:
                best, value = found.best, goal_value(goal, found.best)
                bound = Bound("objective", metric, True, value * (1 - STEP))
                extra = [(bound, self.search.tail(bound))]
                self._limit(*extra[0])
            proved = found.status is Status.INFEASIBLE
        except OutOfTimeError:
            proved = False
        if best is None:
            return Found(Status.INFEASIBLE if proved else Status.STOPPED, None)
        return Found(Status.OPTIMAL if proved else Status.STOPPED, best, value, value if proved else -math.inf)

    def _hold(self, goal: Goal, best: Evaluation) -> None:
        """Keep what a goal reached while the next, less important one is optimised."""
        value = goal_value(goal, best)
        objective = linear_goal(self.search, goal)
        if objective is not None:
            is_log = len(goal.terms) == 1 and (goal.terms[0].metric == QUALITY or goal.terms[0].metric.endswith(".availability"))
            reached = -math.log(-value) if is_log else value
            self.held += CONSTRAINTS["goal_reached"](self.model, objective, reached, str(len(self.held)))
            prices, above = self.last       # a candidate dearer than that is in no optimum of this goal
            self.permitted = {n: yes and prices[n] <= above * (1 + 1e-6) + 1e-6 for n, yes in self.permitted.items()}
        elif len(goal.terms) == 1:
            bound = Bound("objective", goal.terms[0].metric, True, value * (1 + STEP))
            self.limits.append((bound, self.search.tail(bound)))
        else:
            fixed = {self.model.x[role, c.id].name for role, c in best.design.items()}
            self.permitted = {name: name in fixed for name in self.permitted}

    def _first_in_order(self) -> Evaluation | None:
        """Among all that is left equal, take the design whose candidates come first in order of ids."""
        self.restore()
        order = {key: rank for found in self.search.pool.items() for rank, key in enumerate(
            sorted((found[0], c.id) for c in found[1]))}
        objective = pulp.LpAffineExpression([(self.model.x[key], float(rank)) for key, rank in order.items()])
        return self.confirmed(objective, TIE_BREAK[0]).best


def linear_goal(search: Search, goal: Goal) -> pulp.LpAffineExpression | None:
    """Return a goal as a linear expression with the same optimum, None when it has none.

    A single quality or availability is optimised through its logarithm.
    """
    parts = [(term, formulation.linear(search.model, term.metric)) for term in goal.terms]
    if len(parts) == 1 and parts[0][1] is not None and parts[0][1][1] == "log":
        return parts[0][1][0]
    if any(part is None or part[1] == "log" for _, part in parts):
        return None
    return pulp.lpSum(term.coefficient * part[0] for term, part in parts if part is not None)


def goal_value(goal: Goal, evaluation: Evaluation) -> float:
    """Return the value of a goal (to be minimised) of an evaluation."""
    return math.fsum(term.coefficient * evaluation.metric(term.metric) for term in goal.terms)

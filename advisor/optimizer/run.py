"""Optimal under the judge: solve, let the judge look, cut off what does not hold, until nothing is left to cut.

Why the answer is optimal. The model only holds rows that every feasible design meets, so its optimum is a bound. When
the judge confirms the model's optimum, value and bound meet. When it does not, a cut removes that design and a cone of
designs that are all infeasible too. Candidates are finite, so this ends.

A percentile as a goal has no linear form. It is reached by descent: any design sets a limit just below its own value,
and the search goes on under that limit until the model says that nothing faster exists. Weighted sums with percentiles
or products are in :mod:`advisor.optimizer.weighted`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulp

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.optimizer import formulation
from advisor.optimizer.formulation import CONSTRAINTS
from advisor.optimizer.search import Limit, Only, Search
from advisor.optimizer.solver import Outcome, Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import COST, Bound

FIRST_REACH = 0.1  # how far above the relaxation's bound the optimum is expected, relative
STEP = 1e-6  # a better value is better by at least this much, relative
CHEAPEST = Goal((Term(COST, 1.0),), "minimize cost")


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


NOTHING = Found(Status.INFEASIBLE, None, bound=math.inf)


def optimise(
    search: Search,
    goals: Sequence[Goal] | None = None,
    *,
    only: Only | None = None,
    tie_break: bool = True,
    any_design: bool = False,
    time_limit_s: float = 0.0,
) -> Found:
    """Return the optimum for goals in order of importance.

    Args:
        goals: default: the scenario's.
        only: which candidates a role may use, for what-ifs; see :meth:`Search.allowed`.
        tie_break: among designs that are equal in all goals take the cheapest. (Among candidates of a role that are
            equal in all that matters, pruning already kept the one with fewer operations hours, then the more
            available one, then the first in order of ids.)
        any_design: stop at the first feasible design; its value is then no optimum.
        time_limit_s: 0 means none; when it passes, the best design so far is returned with status STOPPED.
    """
    if search.empty_roles:
        return NOTHING
    run = Run(search, only, time_limit_s, any_design=any_design)
    return run.all(search.table.scenario.objective if goals is None else goals, tie_break and not any_design)


class Run:
    """One optimisation over a loaded search: goals reached so far are held by rows and limits."""

    def __init__(self, search: Search, only: Only | None, time_limit_s: float, *, any_design: bool = False) -> None:
        self.any_design = any_design
        self.search, self.session, self.model = search, search.session, search.model
        self.deadline = time.monotonic() + time_limit_s if time_limit_s > 0 else math.inf
        self.rounds = 0
        self.held: list[pulp.LpConstraint] = []
        self.limits: tuple[Limit, ...] = ()
        self.permitted = search.allowed(only)

    def all(self, goals: Sequence[Goal], tie_break: bool) -> Found:
        """Reach the goals one after the other; the first decides value and bound."""
        result = Found(Status.STOPPED, None)
        ties = [CHEAPEST] if tie_break and all(goal.terms != CHEAPEST.terms for goal in goals) else []
        try:
            for number, goal in enumerate([*goals, *ties]):
                found = self.reach(goal)
                if number == 0:
                    result = found
                if found.best is None or found.status is Status.STOPPED:
                    result = replace(result, status=found.status if number == 0 else Status.STOPPED)
                    break
                result = replace(result, best=found.best)
                self._hold(goal, found.best)
        except OutOfTimeError:
            result = replace(result, status=Status.STOPPED)
        return replace(result, rounds=self.rounds)

    def reach(self, goal: Goal, extra: tuple[Limit, ...] = ()) -> Found:
        """Return the optimum of one goal under the limits held so far and some extra ones."""
        objective = linear_goal(self.search, goal)
        if objective is not None:
            found = self.confirmed(objective, goal, extra)
            if found.status is Status.STOPPED and formulation.is_log(goal):
                return replace(found, bound=goal.terms[0].coefficient * math.exp(-found.bound))
            return found
        if len(goal.terms) == 1:
            return self._descend(goal, extra)
        from advisor.optimizer.weighted import minimise_weighted

        return minimise_weighted(self, goal, extra)

    def _hold(self, goal: Goal, best: Evaluation) -> None:
        """Keep what a goal reached while the next, less important one is optimised."""
        value = goal_value(goal, best)
        objective = linear_goal(self.search, goal)
        if objective is not None:
            reached = -math.log(value / goal.terms[0].coefficient) if formulation.is_log(goal) else value
            self.held += CONSTRAINTS["goal_reached"](self.model, objective, reached, str(len(self.held)))
        elif len(goal.terms) == 1:
            least = value / goal.terms[0].coefficient
            self.limits += (self.search.limit(Bound("objective", goal.terms[0].metric, True, least * (1 + STEP))),)
        else:
            chosen = {self.model.x[role, c.id].name for role, c in best.design.items()}
            self.permitted = {name: name in chosen for name in self.permitted}

    # --- one linear goal ---------------------------------------------------------------------------------------------

    def confirmed(self, objective: pulp.LpAffineExpression, goal: Goal, extra: tuple[Limit, ...] = ()) -> Found:
        """Solve until the judge confirms the model's optimum, once for each use of the caches.

        With the use of caches fixed the relaxation is much tighter: half a cache would switch off half of every time
        row.
        """
        self._load(extra)
        best, value = self._incumbent(objective, goal, extra)
        bounds = []
        if best.best is not None:
            self.session.add(CONSTRAINTS["better_than"](self.model, objective, value))
        for caches in self.search.variants:
            try:
                found, reached = self._with_caches(caches, objective, goal, extra, value)
            except OutOfTimeError:
                found, reached = Found(Status.STOPPED, None), math.inf
            bounds.append(found.bound if found.status is Status.STOPPED else min(reached, value))
            status = Status.STOPPED if Status.STOPPED in (found.status, best.status) else Status.OPTIMAL
            if found.best is not None and reached < value:
                best, value = found, reached
            if best.best is not None or status is Status.STOPPED:
                best = replace(best, status=status)
            if self.any_design and best.best is not None:
                break
        if best.status is Status.STOPPED and best.best is None:
            raise OutOfTimeError
        if best.best is not None:
            self.search.known[tuple(c.id for c in best.best.design.values())] = best.best
        return replace(best, bound=min(bounds)) if best.status is Status.STOPPED else best

    def _incumbent(
        self, objective: pulp.LpAffineExpression, goal: Goal, extra: tuple[Limit, ...]
    ) -> tuple[Found, float]:
        """Return the best feasible design known from earlier runs that fits this one, and its value in the model."""
        best, value = NOTHING, math.inf
        for evaluation in self.known(extra):
            chosen = {self.model.x[role, c.id].name for role, c in evaluation.design.items()}
            chosen |= {self.model.y[cloud].name for cloud in evaluation.clouds}
            reached = sum(v for x, v in objective.items() if x.name in chosen) + (objective.constant or 0.0)
            if reached < value:
                worth = goal_value(goal, evaluation)
                best, value = Found(Status.OPTIMAL, evaluation, worth, worth), reached
        return best, value

    def known(self, extra: tuple[Limit, ...] = ()) -> list[Evaluation]:
        """Return the feasible designs met so far that this run may use under its limits and some extra ones."""
        if self.held:
            return []
        bounds = [limit.bound for limit in (*self.limits, *extra)]
        return [
            evaluation
            for evaluation in self.search.known.values()
            if all(self._may_use(role, c) for role, c in evaluation.design.items())
            and all(bound.holds(evaluation.metric(bound.metric)) for bound in bounds)
        ]

    def _may_use(self, role: str, candidate: Candidate) -> bool:
        variable = self.model.x.get((role, candidate.id))
        return variable is not None and self.permitted[variable.name]

    def _load(self, extra: tuple[Limit, ...]) -> None:
        """Put the session into the state that cuts, goals held and limits ask for."""
        self.session.truncate(self.search.base)
        self.session.add(self.search.cuts)
        self.session.add(self.held)
        for limit in (*self.limits, *extra):
            self.session.add((*limit.rows, *limit.cuts))
        late = {name: False for limit in (*self.limits, *extra) for name in limit.closed}
        self._open = {**self.permitted, **late}

    def _with_caches(
        self,
        caches: frozenset[str],
        objective: pulp.LpAffineExpression,
        goal: Goal,
        extra: tuple[Limit, ...],
        to_beat: float,
    ) -> tuple[Found, float]:
        """Return the optimum with exactly these caches in use and its value in the model; infeasible if nothing beats.

        Only candidates whose reduced cost in the relaxation is within ``reach`` take part. An optimum within reach of
        the relaxation's bound is the optimum over all candidates; otherwise the reach grows.
        """
        fitting = {name: yes and caches in self.search.uses[name] for name, yes in self._open.items()}
        self.session.allow(fitting)
        relaxed = self.session.relax(objective)
        if relaxed is None or relaxed[0] > to_beat:
            return NOTHING, math.inf
        bound, prices = relaxed
        farthest = max(prices.values())
        reach = max(min(FIRST_REACH * abs(bound), to_beat - bound), 1e-6 * farthest)
        best: tuple[Found, float] | None = None
        while True:
            self.session.allow({name: yes and prices[name] <= reach for name, yes in fitting.items()})
            try:
                found, value = self._confirmed_within(objective, goal, extra, bound)
            except OutOfTimeError:
                if best is None:
                    raise
                return replace(best[0], status=Status.STOPPED, bound=bound), best[1]
            best = (found, value) if found.best is not None else best
            enough = self.any_design and found.best is not None
            if enough or found.status is Status.STOPPED or value <= bound + reach or reach >= farthest:
                return found, value
            if bound + reach >= to_beat:
                return NOTHING, math.inf
            reach = min(4 * reach, value - bound, to_beat - bound) * (1 + 1e-9)

    def _confirmed_within(
        self, objective: pulp.LpAffineExpression, goal: Goal, extra: tuple[Limit, ...], bound: float
    ) -> tuple[Found, float]:
        """Return the optimum over the candidates that take part, and its value in the model."""
        limits = (*self.limits, *extra)
        while True:
            outcome = self.solve(objective)
            if not outcome.found:
                nothing = outcome.status is Status.INFEASIBLE  # a bound within reach is none for what is beyond
                return Found(outcome.status, None, bound=math.inf if nothing else bound), math.inf
            evaluation, cuts = self.search.violations(self.model.chosen(outcome.values), limits)
            if evaluation is not None:
                proved = outcome.status is Status.OPTIMAL
                value = goal_value(goal, evaluation)
                return Found(outcome.status, evaluation, value, value if proved else bound), outcome.objective
            self.session.add(cuts)
            if limits:
                limits[-1].cuts.extend(cuts)
            else:
                self.search.cuts += cuts

    def solve(self, objective: pulp.LpAffineExpression) -> Outcome:
        """Run the solver once within what is left of the time. Raises :class:`OutOfTimeError`."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        self.rounds += 1
        return self.session.solve(objective, 0.0 if math.isinf(left) else left)

    # --- one percentile -----------------------------------------------------------------------------------------------

    def _descend(self, goal: Goal, extra: tuple[Limit, ...]) -> Found:
        """Minimise a percentile: each design found sets the limit for the next."""
        metric = goal.terms[0].metric
        guide = formulation.mean_time(self.model, metric.rpartition(".p")[0] + ".mean")
        best: Evaluation | None = None
        limit: Limit | None = None
        value = math.inf
        try:
            quick = min(self.known(extra), key=lambda e: e.metric(metric), default=None)
            if quick is not None:
                best, value = quick, goal_value(goal, quick)
                limit = self.search.limit(Bound("objective", metric, True, quick.metric(metric) * (1 - STEP)))
            while (found := self.confirmed(guide, goal, (*extra, limit) if limit else extra)).best is not None:
                best, value = found.best, goal_value(goal, found.best)
                limit = self.search.limit(Bound("objective", metric, True, best.metric(metric) * (1 - STEP)), limit)
            proved = found.status is Status.INFEASIBLE
        except OutOfTimeError:
            proved = False
        if best is None:
            return Found(Status.INFEASIBLE if proved else Status.STOPPED, None)
        return Found(Status.OPTIMAL if proved else Status.STOPPED, best, value, value if proved else -math.inf)


def linear_goal(search: Search, goal: Goal) -> pulp.LpAffineExpression | None:
    """Return a goal as a linear expression with the same optimum, None when it has none.

    A single quality or availability is optimised through its logarithm.
    """
    parts = [formulation.linear(search.model, term.metric) for term in goal.terms]
    if formulation.is_log(goal):
        return parts[0]
    known = [(term.coefficient, part) for term, part in zip(goal.terms, parts, strict=True) if part is not None]
    if len(known) < len(parts) or any(formulation.is_product(term.metric) for term in goal.terms):
        return None
    return pulp.lpSum(coefficient * part for coefficient, part in known)


def goal_value(goal: Goal, evaluation: Evaluation) -> float:
    """Return the value of a goal (to be minimised) of an evaluation."""
    return math.fsum(term.coefficient * evaluation.metric(term.metric) for term in goal.terms)

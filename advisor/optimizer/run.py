"""Optimal under the judge: goals in order of importance, each proved by one of two engines.

A goal that is a sum goes to the exact engine (:mod:`advisor.optimizer.engine`), and where that gives up to the
mixed-integer program (:mod:`advisor.optimizer.program`). Both only drop designs that break a bound or cannot be better
than one that is known, and the judge confirms what they find; so value and bound meet.

A percentile as a goal has no linear form: it is reached by :mod:`advisor.optimizer.descent`. Weighted sums with
percentiles or products are in :mod:`advisor.optimizer.weighted`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.optimizer.acceptance import Acceptance
from advisor.optimizer.case import better_than
from advisor.optimizer.descent import minimise_percentile
from advisor.optimizer.engine import Engine
from advisor.optimizer.found import NOTHING, Found, OutOfTimeError
from advisor.optimizer.goal import CHEAPEST, STEP, goal_value, linear_goal
from advisor.optimizer.limit import Limit
from advisor.optimizer.linear import Linear, is_log, room_of
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.pruning import leaves_out
from advisor.optimizer.question import Question
from advisor.optimizer.search import Only, Search
from advisor.optimizer.solver import Outcome, Status
from advisor.optimizer.weighted import minimise_weighted
from advisor.scenario.goals import Goal
from advisor.scenario.requirements import Bound

if TYPE_CHECKING:
    import numpy as np
    import pulp

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

HELD = 1e-9  # a goal that was reached may get worse by this much, relative
MOST_NEAR = 2  # designs to start from that are not feasible


def optimise(
    search: Search,
    goals: Sequence[Goal] | None = None,
    *,
    only: Only | None = None,
    tie_break: bool = True,
    any_design: bool = False,
    time_limit_s: float = 0.0,
    program: bool = False,
    below: float = math.inf,
    least: float = -math.inf,
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
        program: use the mixed-integer program only, which is the independent check of the exact engine.
        below: of interest is only what has less in the first goal; where nothing has, what is found may be worse, or
            nothing at all. Of no use where that goal is no sum.
        least: what no design has less of in the first goal, as was proved before; that must be a sum or a percentile.
    """
    if search.empty_roles or search.nothing:
        return NOTHING
    wanted = search.table.scenario.objective if goals is None else goals
    if not (program or only) and (known := _known_optimum(search, wanted)) is not None:
        return known
    if search.coupled:
        from advisor.optimizer.calls import optimise_with_calls

        return optimise_with_calls(search, wanted, only, tie_break, any_design, time_limit_s, program)
    run = Run(search, only, time_limit_s, any_design=any_design, program=program, below=below, least=least)
    return run.all(wanted, tie_break and not any_design)


def _known_optimum(search: Search, goals: Sequence[Goal]) -> Found | None:
    """Return the cheapest known design where it is proved that nothing is cheaper and nothing else is asked for."""
    if [goal.terms for goal in goals] != [CHEAPEST.terms] or not search.known:
        return None
    best = min(search.known.values(), key=lambda evaluation: evaluation.cost_usd_per_month)
    value = best.cost_usd_per_month
    return Found(Status.OPTIMAL, best, value, value) if search.floor(CHEAPEST) >= better_than(value) else None


class Run:
    """One optimisation over a loaded search: goals reached so far are held by rows and limits."""

    def __init__(
        self,
        search: Search,
        only: Only | None,
        time_limit_s: float,
        *,
        any_design: bool = False,
        program: bool = False,
        below: float = math.inf,
        least: float = -math.inf,
    ) -> None:
        self.any_design, self.program, self.below, self.least = any_design, program, below, least
        self.search, self.only = search, only
        self.deadline = time.monotonic() + time_limit_s if time_limit_s > 0 else math.inf
        self.rounds = 0
        self.held: list[tuple[Linear, float]] = []
        self.limits: tuple[Limit, ...] = ()

    @cached_property
    def permitted(self) -> Mapping[str, Mask]:
        """Role -> which of its candidates may be chosen."""
        return self.search.allowed(self.only)

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
                result, self.below, self.least = replace(result, best=found.best), math.inf, -math.inf
                self._hold(goal, found.best)
        except OutOfTimeError:
            result = replace(result, status=Status.STOPPED)
        return replace(result, rounds=self.rounds)

    def reach(self, goal: Goal, extra: tuple[Limit, ...] = ()) -> Found:
        """Return the optimum of one goal under the limits held so far and some extra ones."""
        objective = linear_goal(self.search, goal)
        if objective is not None:
            found = self.confirmed(objective, goal, extra, asked=True)
            if found.status is Status.STOPPED and is_log(goal):
                return replace(found, bound=goal.terms[0].coefficient * math.exp(-found.bound))
            return found
        if len(goal.terms) == 1:
            return minimise_percentile(self, goal, extra)
        return minimise_weighted(self, goal, extra)

    def _hold(self, goal: Goal, best: Evaluation) -> None:
        """Keep what a goal reached while the next, less important one is optimised."""
        value = goal_value(goal, best)
        objective = linear_goal(self.search, goal)
        if objective is not None:
            reached = -math.log(value / goal.terms[0].coefficient) if is_log(goal) else value
            self.held.append((objective, reached))
        elif len(goal.terms) == 1:
            least = value / goal.terms[0].coefficient
            self.limits += (self.search.limit(Bound("objective", goal.terms[0].metric, True, least * (1 + STEP))),)
        else:
            self._keep_only(best)

    def _keep_only(self, best: Evaluation) -> None:
        import numpy as np

        self.permitted = {
            role: np.array([c.id == best.design[role].id for c in found]) for role, found in self.search.pool.items()
        }

    # --- one linear goal ---------------------------------------------------------------------------------------------

    def confirmed(self, objective: Linear, goal: Goal, extra: tuple[Limit, ...] = (), *, asked: bool = False) -> Found:
        """Return the optimum of a sum, confirmed by the judge; ``asked``: the sum stands for the goal itself."""
        try:
            if self.program:
                raise TooHardError
            out = leaves_out(self.search, self.only)
            found = NOTHING if out else self._exact(objective, goal, extra, asked)
        except TooHardError:
            from advisor.optimizer.program import Program

            known, value = self._incumbent(objective, goal, extra)
            found = Program(self, objective, goal, extra).optimum(known, value)
        if found.status is Status.STOPPED and found.best is None and self.time_is_up():
            raise OutOfTimeError
        if found.best is not None:
            self.search.known[tuple(c.id for c in found.best.design.values())] = found.best
        whole = not (extra or self.limits or self.held or self.only) and math.isinf(self.below)
        if found.status is not Status.STOPPED and whole:
            self._note_floor(objective, goal, found, asked)
        return found

    def _note_floor(self, objective: Linear, goal: Goal, found: Found, asked: bool) -> None:
        """Remember what was proved about all designs."""
        if found.best is None:
            self.search.nothing = True
        elif asked and not self.any_design:
            reached = objective.value(self._positions(found.best), found.best.counts)
            self.search.floors[goal.terms] = reached

    def _exact(self, objective: Linear, goal: Goal, extra: tuple[Limit, ...], asked: bool) -> Found:
        """Return the optimum found by the exact engine. Raises :class:`TooHardError`."""
        known, value = self._incumbent(objective, goal, extra)
        if self.any_design and known.best is not None:
            return known
        limits = (*self.limits, *extra)
        accepts = Acceptance(self.search, limits)
        starts = [evaluation.design for evaluation in self.known(extra)]
        floor = max(self.search.floor(goal if asked else None), self.least if asked else -math.inf)
        ceiling = self.ceiling(goal, limits) if asked else math.inf
        floors = self.search.case_floors.get(goal.terms, {}) if asked else {}
        how = (self.deadline, self.any_design, floor, self._near(), ceiling, floors)
        closing_in = any(limit.tail is not None for limit in limits)  # all that is left is near that limit
        narrow = accepts.narrowed if closing_in else None
        question = self.question(objective, limits)
        engine = Engine(question, accepts, starts, value, *how, narrow=narrow, late=accepts.late)
        try:
            answer = engine.run()
        except TooHardError:
            if engine.best is not None:
                found = accepts.judged[tuple(c.id for c in engine.best.values())]
                self.search.known[tuple(c.id for c in found.design.values())] = found
            raise
        finally:
            self.rounds += engine.cases
        status = Status.OPTIMAL if answer.proved else Status.STOPPED
        best = known.best if answer.best is None else accepts.judged[tuple(c.id for c in answer.best.values())]
        if best is None:
            return Found(Status.INFEASIBLE if answer.proved else status, None, bound=answer.bound)
        worth = goal_value(goal, best)
        return Found(status, best, worth, worth if answer.proved else answer.bound)

    def question(self, objective: Linear, limits: Sequence[Limit]) -> Question:
        """Return the question for the exact engine: the search's own, under what is held and some limits."""
        search = self.search
        rows = [*search.rows, *(limit.row for limit in limits if limit.row is not None)]
        for total, reached in self.held:
            scale = max(abs(reached), 1e-6)
            rows.append((total.scaled(1 / scale), reached / scale + HELD))
        tails = [tail for _, tail in search.tails] + [limit.tail for limit in limits if limit.tail is not None]
        closed = {key for limit in limits for key in limit.closed}
        counted = {metric for part in (objective, *(row for row, _ in rows)) for metric in part.per_count}
        distinct = {metric: search.distinct(metric) for metric in sorted(counted)}
        return Question(
            search.pool, self._open(closed), objective, rows, tails, distinct, search.situations, search.consistent
        )

    def _open(self, closed: set[tuple[str, str]]) -> Mapping[str, Mask]:
        """Return which candidates may be chosen, without closed ones."""
        import numpy as np

        if not closed:
            return self.permitted
        return {
            role: mask & np.array([(role, c.id) not in closed for c in self.search.pool[role]])
            for role, mask in self.permitted.items()
        }

    def _incumbent(self, objective: Linear, goal: Goal, extra: tuple[Limit, ...]) -> tuple[Found, float]:
        """Return the best feasible design known from earlier runs that fits this one, and its value in the model."""
        best, value = NOTHING, math.inf
        for evaluation in self.known(extra):
            reached = objective.value(self._positions(evaluation), evaluation.counts)
            if reached < value:
                worth = goal_value(goal, evaluation)
                best, value = Found(Status.OPTIMAL, evaluation, worth, worth), reached
        return best, value

    def _positions(self, evaluation: Evaluation) -> dict[str, int]:
        return {role: self.search.places[role, c.id] for role, c in evaluation.design.items()}

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

    def _near(self) -> list[Mapping[str, Candidate]]:
        """Return the designs met last that need not be feasible here."""
        met = [*self.search.near, *self.search.known.values()]
        return [evaluation.design for evaluation in met[-MOST_NEAR:]]

    def ceiling(self, goal: Goal, limits: Sequence[Limit]) -> float:
        """Return what a bound on the goal's own metric, or what is of interest, lets its sum be below."""
        only, below = goal.terms[0], math.inf if is_log(goal) else self.below
        if len(goal.terms) > 1 or only.coefficient <= 0:
            return below
        bounds = [b for b in (*self.search.bounds, *(limit.bound for limit in limits)) if b.metric == only.metric]
        factor = 1.0 if is_log(goal) else only.coefficient
        rooms = [factor * room_of(bound)[0] for bound in bounds]
        return min((below, *(room + HELD * max(abs(room), 1e-6) for room in rooms)))

    def _may_use(self, role: str, candidate: Candidate) -> bool:
        place = self.search.places.get((role, candidate.id))
        return place is not None and bool(self.permitted[role][place])

    def time_is_up(self) -> bool:
        """Return whether the time limit has passed."""
        return time.monotonic() >= self.deadline

    def solve(self, objective: pulp.LpAffineExpression) -> Outcome:
        """Run the solver once within what is left of the time. Raises :class:`OutOfTimeError`."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        self.rounds += 1
        return self.search.loaded.session.solve(objective, 0.0 if math.isinf(left) else left)

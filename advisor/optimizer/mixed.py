"""Weighted sums that hold percentiles, qualities or availabilities: exact by cuts on one auxiliary variable for each.

``t[m]`` stands for metric m in the objective and starts with a relaxation that no design violates:

*percentile*   t >= (sum of k_i(theta) + log p) / theta for several theta, from the same inequality as the time bounds
*product*      t <= the chord of exp over the range of the sum of logarithms (exp is convex, so the chord is above it)

The optimum of that model is a bound. The judge gives the true value of the design found; a cut then makes t exact for
that design and right for every design that is no better in any role. Value and bound meet after finitely many rounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pulp

from advisor.candidates.candidate import Candidate
from advisor.evaluation.evaluate import UNIT_MS
from advisor.evaluation.result import Evaluation
from advisor.optimizer import formulation
from advisor.optimizer.solver import Outcome, Status
from advisor.optimizer.tails import Tail
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import QUALITY, Bound, split_percentile

if TYPE_CHECKING:
    from advisor.optimizer.run import Found, Run

TOLERANCE = 1e-6       # value and bound have met, relative


def minimise_mixed(run: Run, goal: Goal) -> Found:
    """Return the optimum of a weighted sum with terms that are not linear in the choice."""
    from advisor.optimizer.run import Found, OutOfTimeError

    mixed = _Mixed(run, goal)
    try:
        status = mixed.search()
    except OutOfTimeError:
        status = Status.STOPPED
    return Found(status, mixed.best, mixed.value, mixed.value if status is Status.OPTIMAL else mixed.bound)


class _Mixed:
    def __init__(self, run: Run, goal: Goal) -> None:
        self.run, self.goal, self.model = run, goal, run.model
        self.best: Evaluation | None = None
        self.value, self.bound = math.inf, -math.inf
        self.percentiles = [term for term in goal.terms if split_percentile(term.metric)]
        self.products = [term for term in goal.terms if _is_log(run, term)]
        self.tails: dict[str, Tail] = {}
        self.objective = pulp.lpSum(term.coefficient * self._part(term) for term in goal.terms)

    def _part(self, term: Term) -> pulp.LpAffineExpression | pulp.LpVariable:
        if term in self.percentiles or term in self.products:
            return self.model.t[term.metric]
        found = formulation.linear(self.model, term.metric)
        assert found is not None
        return found[0]

    def search(self) -> Status:
        """Alternate between the model and the judge until value and bound meet."""
        for term in self.products:
            self.run.session.add([self._chord(term)])
        first = self._round()
        if first is None:
            return Status.INFEASIBLE if self.best is None else Status.OPTIMAL
        for term in self.percentiles:
            most = (self.value - first.objective) / term.coefficient + self.best.metric(term.metric)  # type: ignore[union-attr]
            self._lines(term, most * (1 + 1e-9))
        while self.value - self.bound > TOLERANCE * max(abs(self.value), 1e-9):
            if self._round() is None:
                break
        return Status.OPTIMAL

    def _round(self) -> Outcome | None:
        """Solve, judge, cut. None when nothing is left."""
        while True:
            outcome = self.run.solve(self.objective)
            if not outcome.found:
                return None
            self.bound = max(self.bound, outcome.bound)
            design = self.model.chosen(outcome.values)
            evaluation, cuts = self.run.search.violations(design, self.run.limits)
            self.run.session.add(cuts)
            if evaluation is not None:
                self._take(evaluation)
                self.run.session.add(self._cones(evaluation))
                return outcome

    def _take(self, evaluation: Evaluation) -> None:
        from advisor.optimizer.run import goal_value

        value = goal_value(self.goal, evaluation)
        if value < self.value:
            self.best, self.value = evaluation, value

    def _chord(self, term: Term) -> pulp.LpConstraint:
        """t <= the chord of exp(-s), s = sum of -log factors, between the least and the largest possible s."""
        found = formulation.linear(self.model, term.metric)
        assert found is not None
        by_role: dict[str, list[float]] = {}
        coefficients = {variable: value for variable, value in found[0].items()}
        for (role, _), variable in self.model.x.items():
            by_role.setdefault(role, []).append(coefficients.get(variable, 0.0))
        low, high = sum(min(v) for v in by_role.values()), sum(max(v) for v in by_role.values())
        slope = (math.exp(-high) - math.exp(-low)) / (high - low) if high > low else 0.0
        return self.model.t[term.metric] - slope * found[0] <= math.exp(-low) - slope * low + 1e-12

    def _lines(self, term: Term, most: float) -> None:
        """t >= (sum k_i(theta) + log p) / theta, valid for all designs whose percentile is at most ``most``."""
        bound = Bound("objective", term.metric, True, max(most, 1e-6))
        tail = self.tails[term.metric] = self.run.search.tail(bound)
        unit = UNIT_MS[split_percentile(term.metric)[1]]  # type: ignore[index]
        for row in formulation.tail_lines(self.model, tail, self.model.t[term.metric], unit):
            self.run.session.add([row])

    def _cones(self, evaluation: Evaluation) -> Iterator[pulp.LpConstraint]:
        for term in self.products:
            reached = evaluation.metric(term.metric)
            better = [self.model.x[role, c.id] for role, found in self.model.pool.items() for c in found
                      if _factor(term, c) > _factor(term, evaluation.design[role]) + 1e-15]
            yield self.model.t[term.metric] - pulp.lpSum((1 - reached) * x for x in better) <= reached
        for term in self.percentiles:
            if term.metric in self.tails:
                yield self._slow_cone(term, evaluation)

    def _slow_cone(self, term: Term, evaluation: Evaluation) -> pulp.LpConstraint:
        tail, reached = self.tails[term.metric], evaluation.metric(term.metric)
        others = [
            self.model.x[role, name] for role in tail.roles
            for name in set(tail.pool[role]) - tail.slower_or_equal(role, evaluation.design[role])
        ]
        return self.model.t[term.metric] + pulp.lpSum(reached * x for x in others) >= reached


def _is_log(run: Run, term: Term) -> bool:
    found = formulation.linear(run.model, term.metric)
    return found is not None and found[1] == "log"


def _factor(term: Term, candidate: Candidate) -> float:
    return candidate.quality if term.metric == QUALITY else candidate.availability

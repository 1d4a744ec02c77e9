"""Exact fronts: by merging labels where attributes add up, else one optimum after the other with a proof of the end."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from advisor.optimizer.solver import Status
from advisor.selection import merge
from advisor.selection.judge import Judged, judge
from advisor.selection.problem import TOLERANCE, Goal, Limit, SelectionProblem
from advisor.selection.result import Front
from advisor.selection.space import Space, space

MERGING = 0.5  # share of the time limit that merging labels may take before points are looked for one by one
STEP_FROM_ZERO = 1e-12  # where values of both signs can add up to next to nothing
FULL = 4 * TOLERANCE  # how much better than a point, relative, another one has to be


def front(problem: SelectionProblem, goals: Sequence[Goal], time_limit_s: float | None = None) -> Front:
    """Return the exact front of two or three metrics under the problem's conditions."""
    from advisor.selection.conflict import find_conflict
    from advisor.selection.run import left_of

    start = time.monotonic()
    choice = space(problem, goals)
    deadline = math.inf if time_limit_s is None else start + time_limit_s
    status, points, rounds = _points(choice, tuple(goals), deadline)
    left = sum(map(len, choice.options.values())), sum(len(role.options) for role in problem.roles)
    seconds = time.monotonic() - start
    conflict = find_conflict(problem, left_of(time_limit_s, seconds)) if status is Status.INFEASIBLE else None
    return Front(problem, tuple(goals), status, points, rounds, seconds, left, conflict)


def _points(choice: Space, goals: tuple[Goal, ...], deadline: float) -> tuple[Status, tuple[Judged, ...], int]:
    if choice.empty:
        return Status.INFEASIBLE, (), 0
    now = time.monotonic()
    merged = _merged(choice, goals, deadline if math.isinf(deadline) else now + MERGING * (deadline - now))
    if merged is not None:
        return (Status.OPTIMAL if merged else Status.INFEASIBLE), nondominated(merged, goals), 0
    return _searched(choice, goals, deadline)


def _merged(choice: Space, goals: tuple[Goal, ...], deadline: float) -> list[Judged] | None:
    """Return a judged design for each point, None where labels do not do."""
    numbers = merge.columns(choice, goals)
    if numbers is None:
        return None
    try:
        found = [judge(choice.problem, design) for design in merge.front(numbers, deadline)]
    except merge.TooManyError:
        return None
    return found if all(judged.feasible for judged in found) else None


def nondominated(points: Sequence[Judged], goals: Sequence[Goal]) -> tuple[Judged, ...]:
    """Return the points that no other is at least as good as, in order; of equal ones the first by name.

    Two values within a relative 1e-9 count as equal.
    """
    from advisor.models.undominated import undominated

    ordered = sorted(points, key=lambda p: (*(p.loss(goal) for goal in goals), sorted(p.chosen.items())))
    levels = [[p.loss(goal) for p in ordered] for goal in goals]
    rows = list(zip(*(_ranks(column) for column in levels), strict=True))
    return tuple(ordered[index] for index in undominated(rows))


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, the same for values that are within the tolerance of their neighbours."""
    rank, ranks, before = 0, {}, -math.inf
    for value in sorted(set(values)):
        if value - before > TOLERANCE * max(abs(value), abs(before)) or math.isinf(before):
            rank += 1
        ranks[value], before = float(rank), value
    return [ranks[value] for value in values]


def _searched(choice: Space, goals: tuple[Goal, ...], deadline: float) -> tuple[Status, tuple[Judged, ...], int]:
    from advisor.selection.search import Search

    walk = _Walk(Search(choice, deadline), goals)
    complete = walk.points(goals, ())
    status = Status.STOPPED if not complete else Status.OPTIMAL if walk.found else Status.INFEASIBLE
    return status, nondominated(walk.found, goals), walk.search.rounds


class _Walk:
    """The epsilon-constraint method: what the last metric reached bounds it for the next point, until none is left.

    With three metrics each step of the last one is a whole front of the first two; a point of the whole front is on
    the front of the step at which the last metric is bounded by its own value or by one between it and the next.
    """

    def __init__(self, search: object, goals: tuple[Goal, ...]) -> None:
        from advisor.selection.search import Search

        assert isinstance(search, Search)
        self.search, self.goals = search, goals
        self.found: list[Judged] = []

    def points(self, goals: tuple[Goal, ...], bounds: tuple[Limit, ...]) -> bool:
        """Collect all points of the front of some metrics under bounds; return whether it is complete."""
        if len(goals) == 1:
            return self._point(goals[0], bounds)
        last, limit = goals[-1], None
        while True:
            before = len(self.found)
            if not self.points(goals[:-1], (*bounds, limit) if limit else bounds):
                return False
            fresh = self.found[before:]
            if not fresh:
                return True
            limit = _better_than(max(point.loss(last) for point in fresh), last, self._least(last))

    def _least(self, goal: Goal) -> float:
        """Return a step away from a total of 0: below it there is none where no value is negative."""
        problem = self.search.space.problem
        options = (option for one in problem.values.values() for option in one.values())
        parts = [*options, *(pair.values for pair in problem.pairs)]
        values = [part[goal.attribute] for part in parts if part.get(goal.attribute)]
        return min(values) / 2 if values and min(values) > 0 and not problem.pools else STEP_FROM_ZERO

    def _point(self, goal: Goal, bounds: tuple[Limit, ...]) -> bool:
        """Add the point that is best by a goal, then by the others in order; return False when time ran out."""
        from advisor.selection.search import at_least_as_good, within

        conditions = [within(bound) for bound in bounds]
        best: Judged | None = None
        for one in (goal, *(other for other in self.goals if other is not goal)):
            found = self.search.optimum(one, conditions)
            if found.status is Status.STOPPED:
                self.found += [best] if best is not None else []
                return False
            if found.best is None:
                break
            best = found.best
            conditions.append(at_least_as_good(self.search.space, one, best))
        self.found += [best] if best is not None else []
        return True


def _better_than(loss: float, goal: Goal, least: float) -> Limit:
    """Return the limit that only totals better than a loss are within; ``least``: by how much better than 0."""
    step = FULL * abs(loss) or least
    bound = -(loss - step) if goal.maximize else loss - step
    return Limit(goal.attribute, ">=" if goal.maximize else "<=", bound)

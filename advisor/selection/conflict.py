"""Why nothing is feasible: a smallest set of conditions that cannot hold together, and what would have to give."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from advisor.optimizer.solver import Status
from advisor.selection.problem import Aggregation, Goal, Limit, Rule, SelectionProblem
from advisor.selection.result import Conflict, Relief


def find_conflict(problem: SelectionProblem, time_limit_s: float | None = None) -> Conflict | None:
    """Return a smallest set of conditions of an infeasible problem, None when time ran out or no condition is to blame.

    Deletion filter (Chinneck and Dravnieks 1991): a condition without which the rest is still infeasible is left out;
    each that stays was shown to be needed by a solve.

    >>> from advisor.selection import load_problem
    >>> table = {"roles": {"db": [{"option": "a", "cost": 3, "ms": 9}, {"option": "b", "cost": 5, "ms": 2}]},
    ...          "limits": ["cost<=4", "ms<=5", "ms>=1"]}
    >>> conflict = find_conflict(load_problem(table))
    >>> [str(condition) for condition in conflict.conditions], [relief.value for relief in conflict.reliefs]
    (['cost<=4', 'ms<=5'], [5.0, 9.0])
    """
    deadline = math.inf if time_limit_s is None else time.monotonic() + time_limit_s
    found: list[tuple[Limit | Rule, ...]] = []
    left = problem.conditions
    while left:
        kept = smallest(problem, left, deadline)
        if not kept:
            break
        found.append(kept)
        left = tuple(condition for condition in left if condition not in kept)
    if not found:
        return None
    limits = [condition for condition in found[0] if isinstance(condition, Limit)]
    helps = len(found) == 1
    reliefs = (Relief(limit, relief(problem, limit, deadline) if helps else None) for limit in limits)
    return Conflict(found[0], tuple(reliefs), tuple(found[1:]))


def smallest(
    problem: SelectionProblem, conditions: Sequence[Limit | Rule], deadline: float
) -> tuple[Limit | Rule, ...] | None:
    """Return the conditions that the deletion filter leaves of some; () when they can hold, None when time ran out."""
    from advisor.selection.run import feasible

    verdict = feasible(under(problem, conditions), deadline)
    if verdict is not False:
        return () if verdict else None
    kept = list(conditions)
    for condition in conditions:
        rest = [other for other in kept if other is not condition]
        verdict = feasible(under(problem, rest), deadline)
        if verdict is None:
            return None
        if not verdict:
            kept = rest
    return tuple(kept)


def under(problem: SelectionProblem, conditions: Sequence[Limit | Rule]) -> SelectionProblem:
    """Return a problem with other conditions."""
    limits = tuple(c for c in conditions if isinstance(c, Limit))
    return replace(problem, limits=limits, rules=tuple(c for c in conditions if isinstance(c, Rule)))


def relief(problem: SelectionProblem, limit: Limit, deadline: float) -> float | None:
    """Return the value nearest to a limit's bound for which all conditions hold together, None where there is none."""
    from advisor.selection.run import solve
    from advisor.selection.space import space

    if limit.sense == "=":
        return None
    rest = under(problem, [c for c in problem.conditions if c != limit])
    goal = Goal(limit.attribute, limit.sense == ">=")
    grows = goal.maximize and problem.aggregations[limit.attribute] is Aggregation.SUM
    if grows and any(limit.attribute in unit for pool in problem.pools for unit in pool.units.values()):
        return None
    answer = solve(space(rest, [goal]), goal, deadline, tie_break=False)
    if answer.status is not Status.OPTIMAL or answer.best is None:
        return None
    return answer.best.totals[limit.attribute]

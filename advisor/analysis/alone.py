"""How far one requirement alone must be loosened for a design to exist, all others kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.answers import Deadline
from advisor.analysis.forced import Forced
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import NOTHING, Found
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import COUNTS, Bound, Requirement


@dataclass(frozen=True)
class WayOut:
    """One requirement loosened so far that a design exists.

    Attributes:
        least: the tightest bound that can be met, all else kept; None for a rule, which is dropped.
        evaluation: the best design then; None when loosening this one alone does not help.
        proved: False when the time limit left it open.
    """

    requirement: Requirement
    least: float | None
    evaluation: Evaluation | None
    proved: bool = True


def way_out(one: Forced, requirement: Requirement, deadline: Deadline, vain: Callable[[], bool]) -> WayOut:
    """Return how far one requirement must be loosened, all others kept.

    A bound is dropped and its metric becomes the goal: what is reached is the tightest bound that can be met, and the
    cheapest design there is shown. A rule is dropped, and the scenario's own goals stay.

    ``vain``: whether no number is enough; asked where one more of what a bound counts is not.
    """
    if deadline.passed:
        return WayOut(requirement, None, None, proved=False)
    scenario = one.search.table.scenario
    rest = without(scenario.requirements, requirement)
    if isinstance(requirement, Bound) and requirement.metric in COUNTS:
        found = least_count(requirement, lambda more: one.best(deadline, [*rest, *more], (CHEAPEST,)), vain)
    else:
        goals = (_towards(requirement),) if isinstance(requirement, Bound) else ()
        found = one.best(deadline, rest, goals)
    proved = found.status is not Status.STOPPED
    if found.best is None or not proved:
        return WayOut(requirement, None, None, proved)
    evaluation = replace(found.best, scenario=scenario)
    least = evaluation.metric(requirement.metric) if isinstance(requirement, Bound) else None
    return WayOut(requirement, least, evaluation)


def least_count(
    bound: Bound, best: Callable[[Sequence[Bound]], Found], vain: Callable[[], bool] = lambda: False
) -> Found:
    """Return the cheapest design with as few of what a bound counts as possible, for a bound that cannot be met.

    One more is allowed at a time, which is quicker than to make the number a goal.

    Args:
        best: the cheapest design under some bounds beside all that are kept.
        vain: whether no number is enough, where that is quicker to find out.
    """
    limit = math.floor(bound.limit) + 1
    found = best([replace(bound, limit=float(limit))])
    if found.status is not Status.INFEASIBLE:
        return found
    if vain():
        return NOTHING
    free = best(())
    if free.best is None or free.status is not Status.OPTIMAL:
        return free
    for more in range(limit + 1, round(free.best.metric(bound.metric))):
        found = best([replace(bound, limit=float(more))])
        if found.status is not Status.INFEASIBLE:
            return found
    return free


def best_reach(one: Forced, bound: Bound, deadline: Deadline) -> float | None:
    """Return the best value of a bound's metric with the wishes and no requirement; None when time left it open."""
    found = one.best(deadline, (), (_towards(bound),), tie_break=False)
    return found.best.metric(bound.metric) if found.best and found.status is Status.OPTIMAL else None


def _towards(bound: Bound) -> Goal:
    sign, verb = (1.0, "minimize") if bound.upper else (-1.0, "maximize")
    return Goal((Term(bound.metric, sign),), f"{verb} {bound.metric}")


def without(some: Sequence[Requirement], one: Requirement) -> list[Requirement]:
    """Return some requirements but one; an equal one may be left."""
    return [r for r in some if r is not one]

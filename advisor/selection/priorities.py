"""What is served where not all can be: the most important demand first, and what that leaves undone, by name.

Asked only when a problem is proved infeasible and its classes have priorities. The demand of priority 1 that is served
is made as large as the limits allow, then that of priority 2 without giving any of the first up, and so on; among the
plans that serve as much, the one that is best by the goal. Classes without a priority are served in full. The answer is
one to a smaller demand than was asked for, so it never takes the place of the verdict.

Source: lexicographic (preemptive) goal programming, Charnes and Cooper (1961).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from advisor.optimizer.solver import Status
from advisor.selection.judge import Judged
from advisor.selection.problem import SERVED, Aggregation, Goal, SelectionProblem


@dataclass(frozen=True)
class Served:
    """How much of a class is served; ``share`` of its ``demand``, from 0 to 1."""

    pool: str
    name: str
    priority: int | None
    demand: float
    share: float

    @property
    def unserved(self) -> float:
        """The share of the demand that is not served."""
        return 1 - self.share


@dataclass(frozen=True)
class ByPriority:
    """A plan for a smaller demand.

    Attributes:
        status: optimal: proved for every priority and the goal; stopped: time ran out, more may be served or for less.
        best: the plan with its totals.
        classes: every class with demand, the most important first, those without a priority at the front.
    """

    status: Status
    best: Judged
    classes: tuple[Served, ...]


def serve_by_priority(problem: SelectionProblem, goal: Goal, deadline: float = math.inf) -> ByPriority | None:
    """Return the plan that serves the most important demand first; None when none is stated or no plan was found.

    >>> from advisor.selection.load import load_problem
    >>> classes = {"paid": {"demand": 3, "priority": 1, "throughput": {"u": 2}},
    ...            "free": {"demand": 4, "priority": 2, "throughput": {"u": 4}}}
    >>> pool = {"kind": "pool", "units": {"u": {"cost": 5, "cards": 1}}, "classes": classes}
    >>> problem = load_problem({"roles": {"serve": pool}, "minimize": "cost", "limits": ["cards<=2"]})
    >>> found = serve_by_priority(problem, problem.goal)
    >>> [(one.name, one.share) for one in found.classes]
    [('paid', 1.0), ('free', 0.5)]
    """
    from advisor.selection.search import Condition, OutOfTimeError, Search, at_least_as_good
    from advisor.selection.space import space

    goals = [Goal(f"{SERVED}{priority}", maximize=True) for priority in problem.priorities]
    if not goals:
        return None
    relaxed = replace(
        problem,
        partial=True,
        aggregations={**problem.aggregations, **{one.attribute: Aggregation.SUM for one in goals}},
    )
    goals.append(goal)
    choice = space(relaxed, goals)
    if choice.empty:
        return None
    best, status, conditions = None, Status.OPTIMAL, list[Condition]()
    try:
        search = Search(choice, deadline)
        for one in goals:
            found = search.optimum(one, conditions, best)
            best = found.best or best
            if best is None or found.status is not Status.OPTIMAL:
                status = Status.STOPPED
                break
            conditions.append(at_least_as_good(choice, one, best))
    except OutOfTimeError:
        status = Status.STOPPED
    if best is None:
        return None
    totals = {name: total for name, total in best.totals.items() if name in problem.aggregations}
    return ByPriority(status, replace(best, totals=totals), tuple(_classes(problem, best)))


def _classes(problem: SelectionProblem, best: Judged) -> Iterator[Served]:
    every = [(pool.name, one) for pool in problem.pools for one in pool.classes if one.demand > 0]
    for pool, one in sorted(every, key=lambda item: item[1].priority or 0):
        share = math.fsum(best.pools[pool].shares.get(one.name, {}).values())
        yield Served(pool, one.name, one.priority, one.demand, min(share, 1.0))

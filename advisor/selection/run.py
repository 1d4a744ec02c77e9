"""The whole way from a problem to an answer: drop, choose the engine, judge, explain what is infeasible."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

from advisor.errors import SolverError, bad_input, listing
from advisor.optimizer.solver import Status
from advisor.selection import merge
from advisor.selection.judge import Judged, judge
from advisor.selection.load import load_problem
from advisor.selection.priorities import serve_by_priority
from advisor.selection.problem import Aggregation, Goal, SelectionProblem
from advisor.selection.result import Front, Selection
from advisor.selection.space import Space, space
from advisor.selection.wishes import metrics


@overload
def select(
    problem: SelectionProblem | str | Path | Mapping[str, Any],
    *,
    time_limit_s: float | None = None,
    pareto: None = None,
) -> Selection: ...


@overload
def select(
    problem: SelectionProblem | str | Path | Mapping[str, Any],
    *,
    time_limit_s: float | None = None,
    pareto: str | Iterable[str],
) -> Front: ...


def select(
    problem: SelectionProblem | str | Path | Mapping[str, Any],
    *,
    time_limit_s: float | None = None,
    pareto: str | Iterable[str] | None = None,
) -> Selection | Front:
    """Return the optimal choice of one option for each role, proved; or the exact front of two or three metrics.

    Of several optima the one is returned whose option names come first, roles taken in the order of their names, after
    leaving out options that another option of their role equals or beats in everything that matters.

    Args:
        problem: from :func:`advisor.selection.load_problem`, or what that function takes.
        time_limit_s: seconds for the optimisation; None means none. When it passes, the best design so far is returned
            with status ``stopped`` and a valid bound.
        pareto: metrics such as ``"cost,latency_ms"``; ``"quality:max"`` gives a direction.

    Raises:
        InputError: the problem is wrong, has no goal, or its goal has no largest value.
        SolverError: the solver is missing or failed.

    >>> import advisor
    >>> table = {"roles": {"db": [{"option": "a", "cost": 3, "ms": 9}, {"option": "b", "cost": 5, "ms": 2}],
    ...                    "llm": [{"option": "c", "cost": 7, "ms": 80}, {"option": "d", "cost": 9, "ms": 50}]},
    ...          "minimize": "cost", "limits": ["ms<=60"]}
    >>> selection = advisor.select(table)
    >>> selection.status.value, dict(selection.chosen), selection.value
    ('optimal', {'db': 'a', 'llm': 'd'}, 12.0)
    >>> advisor.select(table, pareto="cost,ms").values
    ((12.0, 59.0), (14.0, 52.0))
    """
    loaded = problem if isinstance(problem, SelectionProblem) else load_problem(problem)
    if time_limit_s is not None and not time_limit_s > 0:
        raise bad_input(f"found {time_limit_s!r}; a number of seconds greater than 0, or None", path="time_limit_s")
    if pareto is not None:
        from advisor.selection.fronts import front

        return front(loaded, metrics(pareto, loaded.goal, dict(loaded.aggregations)), time_limit_s)
    if loaded.goal is None:
        known = listing(loaded.aggregations)
        raise bad_input(f"it is not said what to optimise: minimize or maximize one of {known}", path="minimize")
    return optimise(loaded, loaded.goal, time_limit_s)


def left_of(time_limit_s: float | None, spent_s: float) -> float | None:
    """Return the seconds for explaining what is infeasible: what the proof left, at least a quarter of the limit.

    >>> left_of(60.0, 1.0), left_of(60.0, 59.0), left_of(None, 5.0)
    (59.0, 15.0, None)
    """
    return None if time_limit_s is None else max(time_limit_s - spent_s, time_limit_s / 4)


MERGING = 0.25  # share of the time limit that merging labels may take before the solver does it


@dataclass(frozen=True)
class Answer:
    """The end of one optimisation. ``bound``: on the total of the goal, None when nothing is known."""

    status: Status
    best: Judged | None = None
    bound: float | None = None
    rounds: int = 0


def optimise(problem: SelectionProblem, goal: Goal, time_limit_s: float | None = None) -> Selection:
    """Return the selection for a goal, with the conflict where there is no design."""
    from advisor.selection.conflict import find_conflict

    start = time.monotonic()
    choice = space(problem, [goal])
    answer = solve(choice, goal, math.inf if time_limit_s is None else start + time_limit_s)
    seconds = time.monotonic() - start
    left = sum(map(len, choice.options.values())), sum(len(role.options) for role in problem.roles)
    found = Selection(problem, goal, answer.status, answer.best, answer.bound, answer.rounds, seconds, left)
    if answer.status is not Status.INFEASIBLE:
        return found
    rest_s = left_of(time_limit_s, seconds)
    deadline = math.inf if rest_s is None else time.monotonic() + rest_s
    partly = serve_by_priority(problem, goal, deadline)
    return replace(found, conflict=find_conflict(problem, rest_s), by_priority=partly)


def solve(choice: Space, goal: Goal, deadline: float = math.inf, *, tie_break: bool = True) -> Answer:
    """Return the optimum over a space: by merging labels where all adds up and few matter, else by the solver."""
    if choice.empty:
        return Answer(Status.INFEASIBLE)
    numbers = merge.columns(choice, [goal])
    if numbers is not None:
        begun = time.monotonic()
        part = deadline if math.isinf(deadline) else begun + MERGING * (deadline - begun)
        try:
            merged = merge.best_design(numbers, part)
        except merge.TooManyError:
            good = merge.good_design(numbers, part + MERGING * (part - begun))
            found = _searched(choice, goal, deadline, tie_break, good)
            return found if found.status is Status.OPTIMAL else _with_bound(found, goal, choice, numbers)
        if merged is None:
            return Answer(Status.INFEASIBLE)
        best = judge(choice.problem, merged)
        if best.feasible:
            return Answer(Status.OPTIMAL, best, best.totals[goal.attribute])
    return _searched(choice, goal, deadline, tie_break)


def _with_bound(found: Answer, goal: Goal, choice: Space, numbers: merge.Columns) -> Answer:
    """Return an answer that time cut short with the Lagrangian bound where that is the better one."""
    if found.status is not Status.STOPPED:
        return found
    kind = choice.problem.aggregations[goal.attribute]
    lowest = merge.bound(numbers) / numbers.units[0]
    total = bound_of_total(kind, goal, lowest)
    better = found.bound is None or goal.loss(total) > goal.loss(found.bound)
    return replace(found, bound=total) if better else found


def _searched(
    choice: Space, goal: Goal, deadline: float, tie_break: bool, start: Mapping[str, str] | None = None
) -> Answer:
    from advisor.selection.search import Search
    from advisor.selection.ties import first_by_name

    search = Search(choice, deadline)
    known = None if start is None else judge(choice.problem, start)
    found = search.optimum(goal, known=known if known is not None and known.feasible else None)
    kind = choice.problem.aggregations[goal.attribute]
    if found.status is Status.OPTIMAL:
        if found.best is None:
            raise SolverError("the solver proved an optimum that it did not give")
        best = first_by_name(search, goal, found.best) if tie_break else found.best
        return Answer(Status.OPTIMAL, best, best.totals[goal.attribute], search.rounds)
    bound = bound_of_total(kind, goal, found.bound) if math.isfinite(found.bound) else None
    return Answer(found.status, found.best, bound, search.rounds)


def bound_of_total(kind: Aggregation, goal: Goal, linear: float) -> float:
    """Return the bound on a total that a bound on its linear loss stands for."""
    total = -linear if goal.maximize else linear
    return math.exp(min(total, 0.0)) if kind is Aggregation.PRODUCT else total


def feasible(problem: SelectionProblem, deadline: float = math.inf) -> bool | None:
    """Return whether any design meets all conditions, None when it was still open at the deadline.

    >>> table = {"roles": {"db": [{"option": "a", "cost": 3}]}, "limits": ["cost<=2"]}
    >>> feasible(load_problem(table))
    False
    """
    nothing = Goal("", False)
    aggregations = {**problem.aggregations, "": Aggregation.SUM}
    answer = solve(space(replace(problem, aggregations=aggregations), [nothing]), nothing, deadline, tie_break=False)
    if answer.best is not None:
        return True
    return False if answer.status is Status.INFEASIBLE else None

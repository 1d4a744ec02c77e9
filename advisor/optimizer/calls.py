"""The optimum where calls between clouds cost and take something: first as if they were free, then as they are.

What is best with free calls bounds what can be best with those that are paid. Often that design is no worse with its
calls, and is the answer. If not, it is still one to beat, and only what could beat it is copied for every place that
its callers can have (:mod:`advisor.optimizer.linked`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from advisor.evaluation.result import Evaluation
from advisor.optimizer.engine import Engine
from advisor.optimizer.linear import is_log
from advisor.optimizer.linked import LinkedSearch
from advisor.optimizer.prices import priced, within
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.run import CHEAPEST, Found, Run, goal_value, linear_goal, optimise
from advisor.optimizer.search import Only, Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal

SLIP = 1e-9  # what a goal may be above that of the design to beat, relative


def optimise_with_calls(search: Search, goals: Sequence[Goal], only: Only | None, *how: Any) -> Found:
    """Return the optimum among copies that know where the others are, as a design of the candidates themselves."""
    tie_break, any_design, time_limit_s, program = how
    begun = time.monotonic()
    known: Evaluation | None = None
    if not program:
        first = optimise(
            search.unlinked, goals, only=only, tie_break=tie_break, any_design=any_design, time_limit_s=time_limit_s
        )
        if first.best is None:
            return first
        with_calls = search.evaluate(first.best.design)
        if any_design and not search.holds(with_calls):  # the best one leaves more room for what calls cost and take
            left = _left(time_limit_s, begun)
            first = optimise(search.unlinked, goals, only=only, tie_break=False, time_limit_s=left)
            assert first.best is not None, "a design was found before"
            with_calls = search.evaluate(first.best.design)
        wanted = [] if any_design else [*goals, CHEAPEST]
        free = first.best
        assert free is not None
        as_good = all(goal_value(goal, with_calls) <= goal_value(goal, free) for goal in wanted)
        if search.holds(with_calls):
            known = with_calls
            if as_good and (any_design or first.status is Status.OPTIMAL):
                search.known[tuple(c.id for c in known.design.values())] = known
                return replace(first, best=known)
    linked = _copies(search, goals, only, known)
    if not program:
        assert first.best is not None
        linked.start_from(first.best)
        time_limit_s = _left(time_limit_s, begun)
    found = optimise(
        linked,
        goals,
        only=None if only is None else lambda role, c: only(role, c.unlinked or c),
        tie_break=tie_break,
        any_design=any_design,
        time_limit_s=time_limit_s,
        program=program,
    )
    if found.best is None:
        return found
    best = linked.plain(found.best)
    search.known[tuple(c.id for c in best.design.values())] = best
    return replace(found, best=best)


def _left(time_limit_s: float, begun: float) -> float:
    """Return what is left of a time limit; 0 means none, before and after."""
    return max(time_limit_s - (time.monotonic() - begun), 1e-3) if time_limit_s else 0.0


def _copies(search: Search, goals: Sequence[Goal], only: Only | None, known: Evaluation | None) -> LinkedSearch:
    """Return the search of the copies: of all candidates, or of what can be in a design as good as it has to be.

    That is as good as a known one, and as a bound on the goal's own metric asks for.
    """
    few = _promising(search, goals[0], only, known)
    if few is not None:
        return LinkedSearch(search, forced=only is not None, among=few)
    linked = search.linked_unforced if only is None else search.linked
    assert linked is not None
    return linked


def _promising(
    search: Search, goal: Goal, only: Only | None, known: Evaluation | None
) -> Mapping[str, Collection[str]] | None:
    """Return the ids that some design as good as it has to be may have, by role; None where nothing says how good.

    Calls only add to what a design costs and takes, so what is out without them is out with them.
    """
    objective = linear_goal(search.unlinked, goal)
    if objective is None or is_log(goal):
        return None
    run = Run(search.unlinked, lambda role, candidate: only is None or only(role, candidate) is not False, 0.0)
    most = run.ceiling(goal, ())
    if known is not None:
        value = goal_value(goal, known)
        most = min(most, value + SLIP * max(abs(value), 1.0))
    if math.isinf(most):
        return None
    question = run.question(objective, ())
    found: dict[str, set[str]] = {role: set() for role in question.pool}
    try:
        for *_, case in Engine(question, lambda _: False).open_cases(relaxed=True):
            if (prices := priced(case)) is None:
                continue
            kept = within(case, prices, most).kept
            for (role, candidates), places in zip(question.pool.items(), kept, strict=True):
                found[role] |= {candidates[place].id for place in places}
    except TooHardError:
        return None
    return found

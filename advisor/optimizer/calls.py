"""The optimum where calls between clouds cost and take something: first as if they were free, then as they are.

What is best with free calls bounds what can be best with those that are paid. Often that design is no worse with its
calls, and is the answer. If not, it is still one to beat, and only what could beat it is copied for every place that
its callers can have (:mod:`advisor.optimizer.linked`).
"""

from __future__ import annotations

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
        wanted = [] if any_design else [*goals, CHEAPEST]
        as_good = all(goal_value(goal, with_calls) <= goal_value(goal, first.best) for goal in wanted)
        known = with_calls if search.holds(with_calls) else None
        if known and as_good and (any_design or first.status is Status.OPTIMAL):
            search.known[tuple(c.id for c in known.design.values())] = known
            return replace(first, best=known)
    linked = _copies(search, goals, only, known)
    if not program:
        assert first.best is not None
        linked.start_from(first.best)
        time_limit_s = max(time_limit_s - (time.monotonic() - begun), 1e-3) if time_limit_s else 0.0
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


def _copies(search: Search, goals: Sequence[Goal], only: Only | None, known: Evaluation | None) -> LinkedSearch:
    """Return the search of the copies: of all candidates, or of what can be in a design as good as a known one."""
    if only is None and known is not None and (few := _promising(search, goals[0], known)) is not None:
        return LinkedSearch(search, forced=False, among=few)
    linked = search.linked_unforced if only is None else search.linked
    assert linked is not None
    return linked


def _promising(search: Search, goal: Goal, known: Evaluation) -> Mapping[str, Collection[str]] | None:
    """Return the ids that some design as good as a known one may have, by role; None where a goal is no sum.

    Calls only add to what a design costs and takes, so what is out without them is out with them.
    """
    run = Run(search.unlinked, lambda role, candidate: True, 0.0)
    objective = linear_goal(search.unlinked, goal)
    if objective is None or is_log(goal):
        return None
    value = goal_value(goal, known)
    question = run.question(objective, ())
    found: dict[str, set[str]] = {role: set() for role in question.pool}
    try:
        for *_, case in Engine(question, lambda _: False).open_cases(relaxed=True):
            if (prices := priced(case)) is None:
                continue
            kept = within(case, prices, value + SLIP * max(abs(value), 1.0)).kept
            for (role, candidates), places in zip(question.pool.items(), kept, strict=True):
                found[role] |= {candidates[place].id for place in places}
    except TooHardError:
        return None
    return found

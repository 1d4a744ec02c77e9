"""What no design of each case can beat, proved once for the many questions that force something into a design.

The best of a scenario is proved by showing that no other case has anything better; what a case itself has at best stays
open. Whoever forces a component asks for designs that are worse than the best, and would look at every case again. Once
it is known what each has at best, only those that may have something better are looked at.
"""

from __future__ import annotations

import math

from advisor.optimizer.acceptance import Acceptance
from advisor.optimizer.case import better_than
from advisor.optimizer.engine import Engine
from advisor.optimizer.goal import linear_goal
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.run import Run
from advisor.optimizer.search import Search
from advisor.scenario.goals import Goal


def settle(search: Search, goal: Goal, time_limit_s: float = 0.0) -> None:
    """Remember what no design of each case of a search can beat.

    It is left open for goals that are no sums, with calls between clouds, where cases are too hard, and when time
    (0 means no limit) runs out; later questions then take longer, and have the same answers.
    """
    if search.empty_roles or search.coupled or goal.terms in search.case_floors or linear_goal(search, goal) is None:
        return
    search.case_floors[goal.terms] = {}
    try:
        _settle(Run(search, None, time_limit_s), goal)
    except TooHardError:
        return


def _settle(run: Run, goal: Goal) -> None:
    search, objective = run.search, linear_goal(run.search, goal)
    assert objective is not None
    question, accepts = run.question(objective, ()), Acceptance(search, ())
    known, ceiling, floor = [e.design for e in run.known()], run.ceiling(goal, ()), search.floor(goal)
    keys = list(Engine(question, accepts).case_keys())
    for key in keys if len(keys) > 1 else ():
        answer = Engine(
            question, accepts, known, math.inf, run.deadline, floor=floor, ceiling=ceiling, inside=key
        ).run()
        if answer.proved:
            search.case_floors[goal.terms][key] = better_than(answer.value) if answer.best else ceiling
        for ids, evaluation in accepts.judged.items():
            search.known.setdefault(ids, evaluation)

"""One percentile as a goal, which has no linear form.

It is reached by descent: any design sets a limit just below its own value, and the search goes on under that limit
until nothing faster exists.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import NOTHING, Found, OutOfTimeError
from advisor.optimizer.goal import STEP, goal_value
from advisor.optimizer.limit import Limit
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal
from advisor.scenario.requirements import Bound

if TYPE_CHECKING:
    from advisor.optimizer.run import Run


def minimise_percentile(run: Run, goal: Goal, extra: tuple[Limit, ...]) -> Found:
    """Return the optimum of a goal that is one percentile: each design found sets the limit for the next."""
    metric = goal.terms[0].metric
    guide = run.search.sum(metric.rpartition(".p")[0] + ".mean")
    assert guide is not None
    best: Evaluation | None = None
    limit: Limit | None = None
    value = math.inf
    try:
        quick = min(run.known(extra), key=lambda e: e.metric(metric), default=None)
        if quick is not None:
            best, value = quick, goal_value(goal, quick)
            limit = run.search.limit(Bound("objective", metric, True, quick.metric(metric) * (1 - STEP)))
        found = NOTHING
        while value > run.least and (
            (found := run.confirmed(guide, goal, (*extra, limit) if limit else extra)).best is not None
        ):
            best, value = found.best, goal_value(goal, found.best)
            limit = run.search.limit(Bound("objective", metric, True, best.metric(metric) * (1 - STEP)), limit)
        proved = value <= run.least or found.status is Status.INFEASIBLE
    except OutOfTimeError:
        proved = False
    if best is None:
        return Found(Status.INFEASIBLE if proved else Status.STOPPED, None)
    return Found(Status.OPTIMAL if proved else Status.STOPPED, best, value, value if proved else -math.inf)

"""What a goal is worth in a design, and the sum that stands for it where there is one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from advisor.evaluation.result import Evaluation
from advisor.optimizer.linear import Linear, is_log, is_product
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import COST

if TYPE_CHECKING:
    from advisor.optimizer.search import Search

STEP = 1e-6  # a better value is better by at least this much, relative
CHEAPEST = Goal((Term(COST, 1.0),), "minimize cost")


def linear_goal(search: Search, goal: Goal) -> Linear | None:
    """Return a goal as a sum with the same optimum, None when it has none.

    A single quality or availability is optimised through its logarithm.
    """
    parts = [search.sum(term.metric) for term in goal.terms]
    if is_log(goal):
        return parts[0]
    total = Linear({})
    for term, part in zip(goal.terms, parts, strict=True):
        if part is None or is_product(term.metric):
            return None
        total = total + part.scaled(term.coefficient)
    return total


def goal_value(goal: Goal, evaluation: Evaluation) -> float:
    """Return the value of a goal (to be minimised) of an evaluation."""
    return math.fsum(term.coefficient * evaluation.metric(term.metric) for term in goal.terms)

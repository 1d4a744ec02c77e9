"""What another design does to the goal, in words: where something else than cost decides, a price alone misleads."""

from __future__ import annotations

import math

from advisor.analysis.equality import same
from advisor.evaluation.result import Evaluation
from advisor.render import numbers
from advisor.render.change_words import metric_difference
from advisor.scenario.goals import Goal
from advisor.scenario.requirements import COST


def goal_difference(best: Evaluation, then: Evaluation | None) -> str:
    """Return by how much the first goal that differs changes from one design to another.

    "" where that goal is the cost alone, which stands beside it, and where no goal differs.
    """
    for goal in best.scenario.objective if then is not None else ():
        assert then is not None
        metric = goal.terms[0].metric
        before, after = (_value(goal, one) for one in (best, then))
        if same(before, after):
            continue
        if len(goal.terms) > 1:
            way = "worse" if after > before else "better"
            return f"the goal gets {way} by {numbers.significant(abs(after - before))}"
        if metric == COST:
            return ""
        label, values = numbers.metric_label(metric), (best.metric(metric), then.metric(metric))
        if same(*values, metric):  # less than percentiles are computed to, and yet what decided
            return f"{label} {'more' if values[1] > values[0] else 'less'} by less than 0.001{numbers.NARROW}%"
        return f"{label} {metric_difference(metric, *values)}"
    return ""


def and_goal(best: Evaluation, then: Evaluation | None) -> str:
    """Return the same as the end of a sentence about cost, "" where there is nothing to add."""
    found = goal_difference(best, then)
    return f"; {found}" if found else ""


def cost_alone(best: Evaluation) -> bool:
    """Return whether the first goal is the cost and nothing else: then a price says it all."""
    return [term.metric for term in best.scenario.objective[0].terms] == [COST]


def and_goal_value(best: Evaluation) -> str:
    """Return what the first goal comes to, as something beside the cost; "" for cost itself and for sums of metrics."""
    terms = best.scenario.objective[0].terms
    metric = terms[0].metric
    if len(terms) > 1 or metric == COST:
        return ""
    return f" · {numbers.metric_label(metric)} {numbers.metric(metric, best.metric(metric))}"


def _value(goal: Goal, evaluation: Evaluation) -> float:
    return math.fsum(term.coefficient * evaluation.metric(term.metric) for term in goal.terms)

"""What ``advisor select --json`` prints. Same input, same bytes: no clock inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.selection.judge import Judged, PoolPlan
from advisor.selection.priorities import ByPriority
from advisor.selection.problem import Goal, Limit, Rule, SelectionProblem
from advisor.selection.result import Conflict, Front, Selection

SCHEMA_VERSION = 1


def answer(result: Selection | Front) -> dict[str, Any]:
    """Return a selection or a front as plain data."""
    return selection(result) if isinstance(result, Selection) else front(result)


def selection(result: Selection) -> dict[str, Any]:
    """Return a selection; an infeasible one carries ``conflict`` and nothing chosen."""
    return {
        "schema_version": SCHEMA_VERSION,
        "status": result.status.value,
        "goal": goal(result.goal),
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "rounds": result.rounds,
        **(design(result.best) if result.best else {"chosen": {}, "pools": {}, "totals": {}, "paths": {}}),
        "limits": limits(result.problem, result.best),
        "by_priority": None if result.by_priority is None else by_priority(result, result.by_priority),
        **_common(result),
    }


def by_priority(result: Selection, found: ByPriority) -> dict[str, Any]:
    """Return the plan for the demand that can be served, and what share of each class is not."""
    return {
        "status": found.status.value,
        "value": found.best.totals[result.goal.attribute],
        **design(found.best),
        "classes": [
            {
                "pool": one.pool,
                "class": one.name,
                "priority": one.priority,
                "demand": one.demand,
                "served_share": one.share,
                "unserved_share": one.unserved,
            }
            for one in found.classes
        ],
        "limits": limits(result.problem, found.best),
    }


def front(result: Front) -> dict[str, Any]:
    """Return a front: its metrics and a design for each point, best in the first metric first."""
    points = [
        {"values": {one.attribute: point.totals[one.attribute] for one in result.metrics}, **design(point)}
        for point in result.points
    ]
    return {
        "schema_version": SCHEMA_VERSION,
        "status": result.status.value,
        "metrics": [goal(one) for one in result.metrics],
        "rounds": result.rounds,
        "front": points,
        **_common(result),
    }


def _common(result: Selection | Front) -> dict[str, Any]:
    given, left = result.options_left[1], result.options_left[0]
    return {
        "assumptions": list(result.problem.assumptions),
        "options": {"given": given, "left": left},
        "conflict": None if result.conflict is None else conflict(result.conflict),
    }


def goal(one: Goal) -> dict[str, str]:
    """Return a goal."""
    return {"attribute": one.attribute, "direction": "maximize" if one.maximize else "minimize"}


def design(best: Judged) -> dict[str, Any]:
    """Return what was chosen and what it amounts to, by name."""
    return {
        "chosen": dict(sorted(best.chosen.items())),
        "pools": {name: pool(plan) for name, plan in sorted(best.pools.items())},
        "totals": dict(best.totals),
        "paths": {attribute: list(path) for attribute, path in best.paths.items()},
    }


def pool(plan: PoolPlan) -> dict[str, Any]:
    """Return unit counts and shares."""
    shares: Mapping[str, Mapping[str, float]] = plan.shares
    return {"units": dict(plan.units), "shares": {name: dict(sorted(s.items())) for name, s in sorted(shares.items())}}


def limits(problem: SelectionProblem, best: Judged | None) -> list[dict[str, Any]]:
    """Return each limit with the value it got and what is left."""
    found = []
    for limit in problem.limits:
        value = best.totals[limit.attribute] if best else None
        row: dict[str, Any] = {**_limit(limit), "value": value}
        row["holds"] = limit not in best.broken if best else None
        row["slack"] = None if value is None else slack(limit, value)
        found.append(row)
    return found


def slack(limit: Limit, value: float) -> float:
    """Return how far a value is on the right side of a bound, in the attribute's own unit.

    >>> slack(Limit("cost", "<=", 10.0), 8.0), slack(Limit("up", ">=", 0.5), 0.25)
    (2.0, -0.25)
    """
    if limit.sense == "=":
        return -abs(value - limit.bound)
    return limit.bound - value if limit.sense == "<=" else value - limit.bound


def _limit(limit: Limit) -> dict[str, Any]:
    return {"limit": str(limit), "attribute": limit.attribute, "sense": limit.sense, "bound": limit.bound}


def conflict(found: Conflict) -> dict[str, Any]:
    """Return the conditions that cannot hold together, and what each limit among them would have to be."""
    return {
        "conditions": [_condition(condition) for condition in found.conditions],
        "others": [[_condition(condition) for condition in other] for other in found.others],
        "reliefs": [{**_limit(relief.limit), "feasible_at": relief.value} for relief in found.reliefs],
    }


def _condition(condition: Limit | Rule) -> dict[str, Any]:
    if isinstance(condition, Limit):
        return {"kind": "limit", **_limit(condition)}
    return {"kind": condition.kind, "members": [list(member) for member in condition.members]}

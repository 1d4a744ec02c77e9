"""What ``pareto --json`` prints. Same input, same bytes."""

from __future__ import annotations

from typing import Any

from advisor.analysis.axes import Axis
from advisor.analysis.changes import role_changes
from advisor.analysis.comparison import of_scenario, value_of
from advisor.analysis.pareto import Front
from advisor.render import comparison_json
from advisor.render.step_words import step_text

SCHEMA_VERSION = 1


def front(found: Front) -> dict[str, Any]:
    """Return a front: metrics with the bounds that are set aside, points with designs, and the steps between them."""
    return {
        "schema_version": SCHEMA_VERSION,
        "title": found.scenario.title,
        "blueprint": found.scenario.blueprint.id,
        "scenario_digest": found.scenario.digest,
        "status": {"optimal": "complete", "infeasible": "infeasible"}.get(found.status.value, "not_complete"),
        "metrics": [_axis(axis) for axis in found.axes],
        "resolution": found.resolution,
        "held": [comparison_json.requirement(one) for one in found.held],
        "complete_up_to": None if found.reached is None else {"metric": found.swept, "value": found.reached},
        "points": [_point(found, index) for index in range(len(found.points))],
        "steps": [_step(found, index) for index in range(1, len(found.points))],
        "knee": found.knee,
        "chosen": found.chosen,
        "conflict": None if found.conflict is None else [comparison_json.requirement(r) for r in found.conflict],
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "metric": axis.metric,
        "less_is_better": axis.less_is_better,
        "bounds": [comparison_json.requirement(bound) for bound in axis.bounds],
        "near_limit": axis.limit,
    }


def _point(found: Front, index: int) -> dict[str, Any]:
    point = found.points[index]
    return {
        "values": {axis.metric: value for axis, value in zip(found.axes, point.values, strict=True)},
        "within_bounds": point.within,
        "broken": [comparison_json.check(check) for check in point.evaluation.checks if not check.holds],
        "design": comparison_json.design(point.evaluation),
        "metrics": {name: value_of(point.evaluation, name) for name in of_scenario(found.scenario)},
    }


def _step(found: Front, index: int) -> dict[str, Any]:
    before, after = found.points[index - 1], found.points[index]
    changed = [one for one in role_changes(before.evaluation, after.evaluation) if one.kind != "same"]
    return {
        "from": index - 1,
        "to": index,
        "differences": {
            axis.metric: new - old for axis, old, new in zip(found.axes, before.values, after.values, strict=True)
        },
        "text": step_text(found.axes, before, after),
        "changes": [comparison_json.role_change(one) for one in changed],
    }

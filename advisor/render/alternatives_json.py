"""What ``alternatives --json`` prints. Same input, same bytes."""

from __future__ import annotations

from typing import Any

from advisor.analysis.alternatives import Alternative, Alternatives
from advisor.render import comparison_json

SCHEMA_VERSION = 1


def alternatives(found: Alternatives) -> dict[str, Any]:
    """Return the optimum, the alternatives and why the list ends."""
    best = found.best
    assert best is not None
    return {
        "schema_version": SCHEMA_VERSION,
        "title": found.answer.scenario.title,
        "scenario_digest": found.answer.scenario.digest,
        "differ": found.differ,
        "within": found.within,
        "best": {
            "status": "optimal" if found.answer.status.value == "optimal" else "not_proved",
            "cost_usd_per_month": best.cost_usd_per_month,
            "design": comparison_json.design(best),
        },
        "alternatives": [_one(one) for one in found.found],
        "beyond": _one(found.beyond) if found.beyond else None,
        "ends": found.ends,
    }


def _one(one: Alternative) -> dict[str, Any]:
    changed = [change for change in one.roles if change.kind != "same"]
    return {
        "value": one.value,
        "worse_by": one.worse,
        "cost_usd_per_month": one.evaluation.cost_usd_per_month,
        "design": comparison_json.design(one.evaluation),
        "differs_in": [change.role for change in one.differs],
        "changes": [comparison_json.role_change(change) for change in changed],
        "metrics": [comparison_json.metric(row) for row in one.comparison.metrics],
        "better_at": list(one.better_at),
        "worse_at": list(one.worse_at),
        "tightest": comparison_json.check(one.tightest) if one.tightest else None,
    }

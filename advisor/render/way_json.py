"""What ``diff SCENARIO --json`` prints: the way from today. Same input, same bytes."""

from __future__ import annotations

from typing import Any

from advisor.analysis.move_order import Stage
from advisor.analysis.way import RoleWay, Way
from advisor.evaluation.result import Evaluation
from advisor.render import comparison_json

SCHEMA_VERSION = 1


def way(found: Way) -> dict[str, Any]:
    """Return both designs, what happens to each role, the order, and the metrics."""
    status = {"optimal": "optimal"}.get(found.answer.status.value, "not_proved")
    return {
        "schema_version": SCHEMA_VERSION,
        "title": found.answer.scenario.title,
        "scenario_digest": found.answer.scenario.digest,
        "today": _design(found.today) if found.today else None,
        "too_small": list(found.too_small),
        "everything_could_stay": found.keeps,
        "proposed": {"status": status, **_design(found.best)},
        "roles": [_role(one) for one in found.roles],
        "migration_h": found.best.migration_h,
        "migration_usd": found.best.migration_usd,
        "saves_usd_per_month": found.saves_usd_per_month,
        "pay_back_months": found.pay_back_months,
        "order": [_stage(stage) for stage in found.stages],
        "order_is_best": found.exact,
        "metrics": [comparison_json.metric(row) for row in found.comparison.metrics],
    }


def _design(one: Evaluation) -> dict[str, Any]:
    return {
        "cost_usd_per_month": one.cost_usd_per_month,
        "running_usd_per_month": one.bill_usd_per_month + one.operations_usd_per_month,
        "design": comparison_json.design(one),
        "broken": [comparison_json.check(check) for check in one.checks if not check.holds],
    }


def _role(one: RoleWay) -> dict[str, Any]:
    return {
        "role": one.role,
        "kind": one.kind,
        "today": comparison_json.candidate(one.today),
        "proposed": comparison_json.candidate(one.proposed),
        "migration_h": one.hours,
        "migration_usd": one.usd,
        "saves_usd_per_month": one.saves_usd_per_month,
        "pay_back_months": one.pay_back_months,
    }


def _stage(one: Stage) -> dict[str, Any]:
    found = one.then.evaluation
    return {
        "role": one.role,
        "possible": found is not None,
        "problems": list(one.then.problems),
        "running_usd_per_month": found.bill_usd_per_month + found.operations_usd_per_month if found else None,
        "broken": [comparison_json.check(check) for check in found.checks if not check.holds] if found else [],
    }

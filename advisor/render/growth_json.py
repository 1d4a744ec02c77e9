"""What ``advisor growth --json`` prints. Same input, same bytes."""

from __future__ import annotations

from typing import Any

from advisor.analysis.flips import Flip
from advisor.analysis.growth import Growth
from advisor.analysis.headroom import Breaks
from advisor.analysis.volumes import Volume
from advisor.render.comparison_json import candidate, check, design, requirement
from advisor.scenario.load import Scenario

SCHEMA_VERSION = 1


def growth(found: Growth, scenario: Scenario) -> dict[str, Any]:
    """Return what growth does."""
    return {
        "schema_version": SCHEMA_VERSION,
        "title": scenario.title,
        "blueprint": scenario.blueprint.id,
        "proved": found.proved,
        "grows": dict(found.of),
        "per": next(iter(scenario.blueprint.flows)),
        "volumes": [_volume(one) for one in found.volumes],
        "flips": [_flip(one) for one in found.flips],
        "headroom": [_breaks(one) for one in found.headroom],
        "solves": found.solves,
    }


def _volume(one: Volume) -> dict[str, Any]:
    evaluation = one.evaluation
    return {
        "factor": one.factor,
        "status": one.status.value,
        "cost_usd_per_month": evaluation.cost_usd_per_month if evaluation else None,
        "usd_per_1000": one.usd_per_1000,
        "executions_per_month": one.executions_per_month if evaluation else None,
        "design": design(evaluation) if evaluation else None,
        "units": {role: c.units for role, c in evaluation.design.items()} if evaluation else None,
        "lifted": [requirement(bound) for bound in one.lifted],
        "conflict": None if one.conflict is None else [requirement(r) for r in one.conflict],
        "unfilled": list(one.unfilled),
    }


def _flip(one: Flip) -> dict[str, Any]:
    return {
        "kept_at": one.before.factor,
        "flips_at": one.after.factor,
        "proved": one.proved,
        "before": _volume(one.before),
        "after": _volume(one.after),
        "roles": [
            {"role": change.role, "before": candidate(change.before), "after": candidate(change.after)}
            for change in one.roles
        ],
    }


def _breaks(one: Breaks) -> dict[str, Any]:
    return {
        "what": one.what,
        "holds_at": one.holds_at,
        "breaks_at": one.breaks_at,
        "check": check(one.check) if one.check else None,
        "problems": list(one.problems),
    }

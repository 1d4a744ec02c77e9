"""What ``what-if``, ``diff``, ``compare``, ``why`` and ``why-not`` print with ``--json``. Same input, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.analysis.changes import CarriedOver, CheckChange, LineChange, RoleChange, check_changes, role_changes
from advisor.analysis.comparison import Comparison, MetricRow, Side
from advisor.analysis.overrides import Change
from advisor.analysis.paths import MISSING
from advisor.analysis.what_if import WhatIf
from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Check, Evaluation
from advisor.render.ways_out_json import ways_out
from advisor.scenario.requirements import Bound, Requirement

SCHEMA_VERSION = 1


def what_if(found: WhatIf) -> dict[str, Any]:
    """Return a change of a scenario and what it does."""
    return {"schema_version": SCHEMA_VERSION, "title": found.before.scenario.title, **_what_if(found)}


def what_ifs(found: Sequence[WhatIf]) -> dict[str, Any]:
    """Return several changes, each made alone."""
    title = found[0].before.scenario.title
    return {"schema_version": SCHEMA_VERSION, "title": title, "each": [_what_if(one) for one in found]}


def _what_if(found: WhatIf) -> dict[str, Any]:
    before, after = found.comparison.sides
    return {
        "changes": [_change(one) for one in found.changes],
        "before": side(before),
        "after": side(after),
        "metrics": [metric(row) for row in found.comparison.metrics],
        "roles": [role_change(one) for one in found.roles],
        "kept": kept(found.kept) if found.kept else None,
    }


def _change(one: Change) -> dict[str, Any]:
    values = {"before": one.before, "after": one.after}
    stated = {name: {"stated": v is not MISSING, "value": None if v is MISSING else v} for name, v in values.items()}
    return {"path": one.path, **stated, "default": one.default}


def side(one: Side) -> dict[str, Any]:
    """Return what is known of a side: status, design, cost, requirements that do not hold, conflict."""
    return {
        "label": one.label,
        "title": one.scenario.title,
        "blueprint": one.scenario.blueprint.id,
        "status": one.status,
        "gap": one.gap,
        "cost_usd_per_month": one.evaluation.cost_usd_per_month if one.evaluation else None,
        "design": design(one.evaluation) if one.evaluation else None,
        "broken": [check(c) for c in one.evaluation.checks if not c.holds] if one.evaluation else [],
        "conflict": None if one.conflict is None else [requirement(r) for r in one.conflict],
        "ways_out": ways_out(one.ways_out) if one.ways_out else None,
        "notes": list(one.notes),
    }


def design(evaluation: Evaluation) -> dict[str, str]:
    """Return role -> candidate id: what ``advisor evaluate`` reads."""
    return {role: c.id for role, c in evaluation.design.items()}


def metric(row: MetricRow) -> dict[str, Any]:
    """Return a metric by side."""
    return {
        "metric": row.metric,
        "less_is_better": row.less_is_better,
        "values": list(row.values),
        "best": list(row.best),
    }


def role_change(one: RoleChange) -> dict[str, Any]:
    """Return what happens to a role."""
    return {
        "role": one.role,
        "kind": one.kind,
        "before": candidate(one.before),
        "after": candidate(one.after),
        "difference_usd_per_month": one.difference,
        "lines": [_line(line) for line in one.lines],
    }


def candidate(one: Candidate | None) -> dict[str, Any] | None:
    """Return a candidate in short, None for none."""
    if one is None or one.is_none:
        return None
    return {
        "id": one.id,
        "component": one.component_id,
        "option": one.option.id if one.option else None,
        "units": one.units,
        "zones": one.zones,
        "tactics": list(one.tactics),
        "cost_usd_per_month": one.cost_usd_per_month,
    }


def _line(one: LineChange) -> dict[str, Any]:
    return {
        "title": one.title,
        "unit": one.unit,
        "quantity_before": one.quantities[0],
        "quantity_after": one.quantities[1],
        "usd_per_month_before": one.usd_per_month[0],
        "usd_per_month_after": one.usd_per_month[1],
    }


def kept(one: CarriedOver) -> dict[str, Any]:
    """Return what the design of before does under the change."""
    found = one.evaluation
    return {
        "possible": found is not None,
        "problems": list(one.problems),
        "cost_usd_per_month": found.cost_usd_per_month if found else None,
        "broken": [check(c) for c in found.checks if not c.holds] if found else [],
    }


def requirement(one: Requirement) -> dict[str, Any]:
    """Return a requirement, as a proposal has it."""
    if isinstance(one, Bound):
        sense = "max" if one.upper else "min"
        return {"path": one.path, "metric": one.metric, "sense": sense, "bound": one.limit}
    sense = "allow" if one.allow else "deny"
    return {"path": one.path, "kind": one.kind, "sense": sense, "bound": sorted(one.values)}


def check(one: Check) -> dict[str, Any]:
    """Return a requirement with the value it met."""
    more = {"broken_by": one.detail} if one.detail else {}
    return {**requirement(one.requirement), "value": one.value, "holds": one.holds, "slack": one.slack, **more}


# --- diff and compare -------------------------------------------------------------------------------------------------


def diff(found: Comparison) -> dict[str, Any]:
    """Return what changes from the first side to the second, beside the comparison."""
    old, new = (one.evaluation for one in found.sides)
    both = old is not None and new is not None
    return {
        **compare(found),
        "changes": [role_change(one) for one in role_changes(old, new)] if old and new else [],
        "requirements": [_check_change(one) for one in check_changes(old, new)] if old and new else [],
        "difference_usd_per_month": new.cost_usd_per_month - old.cost_usd_per_month if both and old and new else None,
    }


def _check_change(one: CheckChange) -> dict[str, Any]:
    return {
        "path": one.path,
        "before": check(one.before) if one.before else None,
        "after": check(one.after) if one.after else None,
    }


def compare(found: Comparison) -> dict[str, Any]:
    """Return designs side by side."""
    return {
        "schema_version": SCHEMA_VERSION,
        "sides": [side(one) for one in found.sides],
        "differences": [{"path": one.path, "values": [_plain(v) for v in one.values]} for one in found.differences],
        "metrics": [metric(row) for row in found.metrics],
        "roles": [
            {"role": row.role, "same": row.same, "candidates": [_filling(c) for c in row.candidates]}
            for row in found.roles
        ],
        "dominated": [{"side": one.side, "by": one.by, "equal": one.equal} for one in found.dominated],
        "better_at": [list(names) for names in found.better_at],
    }


def _filling(one: Candidate | None) -> str | None:
    return one.id if one else None


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value

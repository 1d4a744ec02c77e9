"""The shapes that other programs build on: evaluation, proposal, candidates.

Same input, same bytes; no clock inside.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.catalog.walk import walk
from advisor.evaluation.result import Check, Evaluation, MeasureResult
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal
from advisor.render import priorities
from advisor.render.ways_out_json import ways_out
from advisor.scenario.goals import Goal
from advisor.scenario.requirements import Bound, Requirement

SCHEMA_VERSION = 1


def dumps(data: Any) -> str:
    """Return JSON text with stable formatting. Raises ``ValueError`` for numbers that JSON does not have."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def proposal(result: Proposal) -> dict[str, Any]:
    """Return a proposal; infeasible ones carry ``conflict`` and no design."""
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "status": _STATUS[result.status],
        "title": result.scenario.title,
        "scenario_digest": result.scenario.digest,
        "catalog_digest": result.catalog.digest,
        "as_of": result.table.as_of.isoformat(),
        "objective": _objective(result),
        "gap": result.gap,
        "rounds": result.rounds,
    }
    if result.best is None:
        conflict = None if result.conflict is None else [_requirement(r) for r in result.conflict]
        ways = {"ways_out": ways_out(result.ways_out)} if result.ways_out else {}
        partly = {"by_priority": priorities.data(result.by_priority)} if result.by_priority else {}
        return {**data, "conflict": conflict, **ways, **partly}
    runner_ups = {
        role: {
            "candidate": up.candidate.id if up.candidate else None,
            "extra_usd_per_month": up.extra_usd_per_month,
            "extra_goal": up.extra_goal,
            "proved": up.proved,
        }
        for role, up in result.runner_ups.items()
    }
    not_chosen = {
        role: [
            {
                "component": r.component_id,
                "kind": r.kind,
                "candidate": r.candidate.id if r.candidate else None,
                "dominated_by": r.by.id if r.by else None,
                "requirements": [q.path for q in r.requirements],
                "values": {c.requirement.path: c.value for c in r.broken},
                "extra_usd_per_month": r.extra_usd_per_month,
                "detail": r.detail,
            }
            for r in found
        ]
        for role, found in result.reasons.items()
    }
    return {**data, **_body(result.best, result.catalog), "runner_ups": runner_ups, "not_chosen": not_chosen}


_STATUS = {Status.OPTIMAL: "optimal", Status.INFEASIBLE: "infeasible", Status.STOPPED: "not_proved"}


def _objective(result: Proposal) -> dict[str, Any]:
    value = result.value if math.isfinite(result.value) else None
    bound = result.bound if math.isfinite(result.bound) else None
    return {"goals": [_goal(goal) for goal in result.scenario.objective], "value": value, "bound": bound}


def _goal(goal: Goal) -> dict[str, Any]:
    return {"text": goal.text, "terms": [{"metric": t.metric, "coefficient": t.coefficient} for t in goal.terms]}


def evaluation(result: Evaluation, catalog: Catalog) -> dict[str, Any]:
    """Return the evaluation of a design that somebody brought."""
    status = "feasible" if result.feasible else "requirements_broken"
    objective = {"goals": [_goal(goal) for goal in result.scenario.objective]}
    return {
        "schema_version": SCHEMA_VERSION,
        "status": status,
        "title": result.scenario.title,
        "scenario_digest": result.scenario.digest,
        "catalog_digest": catalog.digest,
        "objective": objective,
        "gap": None,
        **_body(result, catalog),
        "inconsistencies": list(result.consistent),
    }


def _body(result: Evaluation, catalog: Catalog) -> dict[str, Any]:
    return {
        "design": {role: candidate(c, times=False) for role, c in result.design.items()},
        "metrics": metrics(result),
        "constraints": [_check(check) for check in result.checks],
        "assumptions": [
            {"subject": a.subject, "value": a.value, "reason": a.reason, "change_at": a.change_at}
            for a in result.assumptions
        ],
        "sources": sources(result, catalog),
    }


def metrics(result: Evaluation) -> dict[str, Any]:
    """Return all metrics, flows by id."""
    return {
        "cost_usd_per_month": result.cost_usd_per_month,
        "bill_usd_per_month": result.bill_usd_per_month,
        "operations_usd_per_month": result.operations_usd_per_month,
        "operations_h_per_month": result.operations_h_per_month,
        "migration_usd_per_month": result.migration_usd_per_month,
        "migration_usd": result.migration_usd,
        "migration_h": result.migration_h,
        "quality": result.quality,
        **{name: list(found) for name, found in result.distinct.items()},
        "cards": dict(result.cards),
        "flows": {
            flow_id: {
                **{name: _measure(m) for name, m in flow.measures.items()},
                "availability": flow.availability,
                "needs": list(flow.needs),
            }
            for flow_id, flow in result.flows.items()
        },
    }


def _measure(measure: MeasureResult) -> dict[str, Any]:
    return {
        "mean": measure.mean,
        **measure.percentiles,
        "if_all_stages_are_slow_together": dict(measure.together),
        "stages": [
            {"role": s.role or None, "operation": s.operation, "share": s.share, "mean": s.mean, "p95": s.p95}
            for s in measure.stages
        ],
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        **_requirement(check.requirement),
        "value": check.value,
        "holds": check.holds,
        "slack": check.slack,
        **({"broken_by": check.detail} if check.detail else {}),
    }


def _requirement(requirement: Requirement) -> dict[str, Any]:
    if isinstance(requirement, Bound):
        return {
            "path": requirement.path,
            "metric": requirement.metric,
            "sense": "max" if requirement.upper else "min",
            "bound": requirement.limit,
        }
    return {
        "path": requirement.path,
        "kind": requirement.kind,
        "sense": "allow" if requirement.allow else "deny",
        "bound": sorted(requirement.values),
    }


def _pooled(part: Candidate) -> dict[str, Any]:
    """Return the units of one type in a pool of unlike units, and what share of each class of requests they serve."""
    assert part.pooled is not None
    return {
        "option": part.option.id if part.option else None,
        "units": part.units,
        "needed_units": part.needed_units,
        "work": part.pooled.work,
        "classes": [{"class": one.name, "operation": one.operation, "share": one.share} for one in part.pooled.classes],
    }


def candidate(one: Candidate, *, times: bool = True) -> dict[str, Any]:
    """Return a candidate with its constants; ``times`` adds mean and percentiles of each operation (ms)."""
    data: dict[str, Any] = {
        "id": one.id,
        "component": one.component_id,
        "option": one.option.id if one.option else None,
        "units": one.units,
        "zones": one.zones,
        "needed_units": one.needed_units,
        "tactics": list(one.tactics),
        "parts": [part.id for part in one.parts],
        "behind": dict(one.behind),
        "serves": list(one.shared),
        "mode": one.option.mode if one.option else None,
        "cloud": one.option.cloud if one.option else None,
        "residency": list(one.option.residency) if one.option else [],
        "licence": one.component.licence if one.component else None,
        "cost_usd_per_month": one.cost_usd_per_month,
        "bill_usd_per_month": one.bill_usd_per_month,
        "operations_h_per_month": one.operations_h_per_month,
        "availability": one.availability,
        "quality": one.quality,
        "cards": dict(one.cards),
        "pool": [_pooled(part) for part in one.parts if part.pooled is not None],
        "utilisation": {name: load.utilisation for name, load in one.loads.items() if load.limit is not None},
    }
    if not times:
        data["lines"] = [
            {
                "title": x.title,
                "meter": x.price.meter,
                "quantity": x.quantity,
                "unit": x.unit,
                "usd_per_month": x.usd_per_month,
                "usage_based": x.usage_based,
                "source": x.price.source,
            }
            for x in one.lines
        ]
        return data
    return {**data, "latency_ms": {name: _times(first, complete) for name, (first, complete) in one.latency.items()}}


def _times(first: Any, complete: Any) -> dict[str, Any]:
    names = ("p50", "p95", "p99")
    found = {"mean": complete.mean(), **dict(zip(names, complete.quantiles([0.5, 0.95, 0.99]), strict=True))}
    if first is not complete and first != complete:
        found["first"] = {"mean": first.mean(), **dict(zip(names, first.quantiles([0.5, 0.95, 0.99]), strict=True))}
    return found


def candidates(table: Table, marks: Mapping[tuple[str, str], Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return every candidate by role; ``marks`` adds what pruning found to those it names."""
    known = marks or {}
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario_digest": table.scenario.digest,
        "catalog_digest": table.catalog.digest,
        "as_of": table.as_of.isoformat(),
        "roles": {
            role: [{**candidate(c), **known.get((role, c.id), {})} for c in found]
            for role, found in table.candidates.items()
        },
        "rejected": [{"role": r.role, "option": r.option.id, "reason": r.reason} for r in table.rejections],
    }


def sources(result: Evaluation, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the publications behind the figures of the chosen options, in order of id."""
    used: set[str] = set()
    for one in result.design.values():
        for plain in one.members:
            if plain.option is not None:
                used |= {figure.source for _, figure in walk(plain.option, ()) if figure.source}
        used |= {line.price.source for line in one.lines if line.price.source}
    return [
        {"id": s.id, "title": s.title, "address": s.address, "publisher": s.publisher, "date": s.date}
        for name in sorted(used)
        if (s := catalog.records.sources.get(name)) is not None
    ]

"""What ``advisor sensitivity --json`` prints. Same input, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from advisor.analysis.atam import Hinge, Move, NonRisk, Risk, SensitivityPoint, TradeOff
from advisor.analysis.changes import RoleChange
from advisor.analysis.flipping import BreakEven, BreakEvens
from advisor.analysis.knobs import ASSUMED_SPREAD, Knob
from advisor.analysis.sensitivity import Sensitivity
from advisor.analysis.steps import BoundPrice, RulePrice, Step, unit_of, usd_per_unit
from advisor.analysis.tornado import Bar, End, headline_metrics
from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.render.comparison_json import candidate, check, design, requirement

SCHEMA_VERSION = 1


def sensitivity(found: Sensitivity, parts: Sequence[str]) -> dict[str, Any]:
    """Return what an answer depends on; parts that were not asked for are left out."""
    made: Mapping[str, Callable[[Sensitivity], dict[str, Any]]] = {
        "constraints": _constraints,
        "break-evens": lambda one: {"break_evens": _break_evens(one.break_evens, one)},
        "tornado": _tornado,
        "points": _points,
    }
    whole = {
        "schema_version": SCHEMA_VERSION,
        "title": found.answer.scenario.title,
        "blueprint": found.answer.scenario.blueprint.id,
        "proved": found.proved,
        "cost_usd_per_month": found.best.cost_usd_per_month,
        "design": design(found.best),
    }
    for part in parts:
        whole |= made[part](found)
    return whole


def knob(one: Knob) -> dict[str, Any]:
    """Return a number with its range and where it comes from."""
    return {
        "path": one.path,
        "title": one.title,
        "unit": one.unit,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "range_is_stated": one.stated,
        "basis": one.basis,
        "source": one.source,
        "checked": one.checked.isoformat() if one.checked else None,
    }


def solved(evaluation: Evaluation | None) -> dict[str, Any] | None:
    """Return a design with its cost, None for none."""
    if evaluation is None:
        return None
    return {"cost_usd_per_month": evaluation.cost_usd_per_month, "design": design(evaluation)}


def flip(one: RoleChange) -> dict[str, Any]:
    """Return what happens to a role that flips."""
    return {"role": one.role, "kind": one.kind, "before": candidate(one.before), "after": candidate(one.after)}


# --- parts ------------------------------------------------------------------------------------------------------------


def _constraints(found: Sensitivity) -> dict[str, Any]:
    return {
        "constraints": [_bound(one, found.best) for one in found.bounds],
        "rules": [_rule(one) for one in found.rules],
    }


def _bound(one: BoundPrice, best: Evaluation) -> dict[str, Any]:
    return {
        **requirement(one.bound),
        "value": one.value,
        "slack": one.slack,
        "binding": one.binding,
        "unit": unit_of(one.bound.metric).name,
        "tighten": _step(one.tighten, one, best),
        "loosen": _step(one.loosen, one, best),
    }


def _step(step: Step | None, one: BoundPrice, best: Evaluation) -> dict[str, Any] | None:
    if step is None:
        return None
    then = step.evaluation
    return {
        "limit": step.limit,
        "exact": step.exact,
        "proved": step.proved,
        "value_then": then.metric(one.bound.metric) if then else None,
        "difference_usd_per_month": then.cost_usd_per_month - best.cost_usd_per_month if then else None,
        "usd_per_unit": usd_per_unit(one.bound, best, then) if then else None,
        "then": solved(then),
        "flips": [flip(change) for change in step.flips],
    }


def _rule(one: RulePrice) -> dict[str, Any]:
    return {
        **requirement(one.rule),
        "changes": one.changes,
        "saves_usd_per_month": one.saves,
        "without": solved(one.evaluation),
        "settled": one.evaluation is not None,
    }


def _break_evens(found: BreakEvens, whole: Sensitivity) -> dict[str, Any]:
    return {
        "reach": whole.reach,
        "found": [_break_even(one) for one in found.found],
        "followed": [one.path for one in found.followed],
        "immaterial": [one.path for one in found.immaterial],
        "open": [{"path": one.path, "direction": "up" if up > 0 else "down"} for one, up in found.open],
    }


def _break_even(one: BreakEven) -> dict[str, Any]:
    return {
        "number": knob(one.knob),
        "kept_at": one.kept_at,
        "flips_at": one.flips_at,
        "change": one.change,
        "within_range": one.within_range,
        "proved": one.proved,
        "kept_cost_usd_per_month": one.kept.cost_usd_per_month,
        "then": solved(one.after),
        "broken": [check(c) for c in one.broken],
        "problems": list(one.problems),
        "flips": [flip(change) for change in one.flips],
    }


def _tornado(found: Sensitivity) -> dict[str, Any]:
    metrics = headline_metrics(found.best)
    return {
        "tornado": {
            "metrics": {metric: found.best.metric(metric) for metric in metrics},
            "assumed_spread": dict(ASSUMED_SPREAD),
            "bars": [_bar(one, metrics) for one in found.bars],
        }
    }


def _bar(one: Bar, metrics: Sequence[str]) -> dict[str, Any]:
    return {"number": knob(one.knob), "low": _end(one.low, metrics), "high": _end(one.high, metrics)}


def _end(one: End, metrics: Sequence[str]) -> dict[str, Any]:
    return {
        "value": one.value,
        "metrics": {metric: one.evaluation.metric(metric) if one.evaluation else None for metric in metrics},
        "problems": list(one.problems),
        "broken": [c.requirement.path for c in one.broken],
        "flips": one.flips,
    }


def _points(found: Sensitivity) -> dict[str, Any]:
    known = found.points
    return {
        "sensitivity_points": [_sensitivity(one) for one in known.sensitivity],
        "trade_off_points": [_trade_off(one) for one in known.trade_offs],
        "risks": [_risk(one) for one in known.risks],
        "non_risks": [_non_risk(one) for one in known.non_risks],
    }


def _sensitivity(one: SensitivityPoint) -> dict[str, Any]:
    return {
        "role": one.role,
        "chosen": one.chosen.id,
        "metric": one.metric,
        "now": one.current,
        "low": _side(one.low),
        "high": _side(one.high),
        "share": one.share,
        "choices": one.choices,
    }


def _side(pair: tuple[float, Candidate]) -> dict[str, Any]:
    return {"value": pair[0], "candidate": pair[1].id}


def _trade_off(one: TradeOff) -> dict[str, Any]:
    return {
        "role": one.role,
        "chosen": one.chosen.id,
        "other": one.other.id,
        "better": _move(one.better),
        "worse": _move(one.worse),
        "broken": [c.requirement.path for c in one.broken],
    }


def _move(one: Move) -> dict[str, Any]:
    return {"metric": one.metric, "before": one.before, "after": one.after, "share": one.share}


def _risk(one: Risk) -> dict[str, Any]:
    return {"requirement": check(one.check), "hangs_on": [_hinge(hinge) for hinge in one.hinges]}


def _hinge(one: Hinge) -> dict[str, Any]:
    return {
        "number": knob(one.knob),
        "holds_at": one.holds_at,
        "breaks_at": one.breaks_at,
        "soft": one.soft,
        "stale": one.stale,
    }


def _non_risk(one: NonRisk) -> dict[str, Any]:
    return {
        "requirement": check(one.check),
        "worst": one.worst,
        "number": one.knob.path if one.knob else None,
        "at": one.at if one.knob else None,
        "numbers": one.numbers,
    }

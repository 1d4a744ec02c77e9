"""What ``why`` and ``why-not`` print with ``--json``. Same input, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.analysis.alone import WayOut
from advisor.analysis.answers import Answer
from advisor.analysis.reasons import Reason
from advisor.analysis.what_if import side
from advisor.analysis.why import OtherSize, RoleWhy, Why, Without
from advisor.analysis.why_not import WhyNot
from advisor.render.comparison_json import SCHEMA_VERSION, candidate, check, design, requirement, role_change
from advisor.render.comparison_json import side as side_json


def why(found: Why, answer: Answer) -> dict[str, Any]:
    """Return why roles are filled as they are."""
    pair = found.together
    return {
        "schema_version": SCHEMA_VERSION,
        "answer": side_json(side(answer.scenario.title, answer)),
        "roles": [_role(found, one) for one in found.roles],
        "without": [_without(one) for one in found.without],
        "together": {
            "design": design(pair.evaluation) if pair.evaluation else None,
            "extra_usd_per_month": pair.extra_usd_per_month if pair.evaluation else None,
            "proved": pair.proved,
        }
        if pair
        else None,
        "open": [one.path for one in found.open],
    }


def _role(found: Why, one: RoleWhy) -> dict[str, Any]:
    return {
        "role": one.role,
        "chosen": candidate(one.chosen),
        "pinned": one.pinned,
        "binding": [
            {"path": w.requirement.path, "candidate": filled.id if (filled := w.role(one.role)) else None}
            for w in found.binding(one.role)
        ],
        "alternatives": [_why_not(other) for other in one.alternatives],
        "sizes": [_size(size) for size in one.sizes],
    }


def _without(one: Without) -> dict[str, Any]:
    return {
        "requirement": requirement(one.requirement),
        "saved_usd_per_month": one.saved_usd_per_month,
        "gain": one.gain,
        "design": design(one.evaluation) if one.evaluation else None,
    }


def _size(one: OtherSize) -> dict[str, Any]:
    return {
        "units": one.units,
        "zones": one.zones,
        "kind": one.kind,
        "extra_usd_per_month": one.extra_usd_per_month,
        "broken": [check(c) for c in one.broken],
        "possible": one.possible,
        "possible_usd_per_month": one.possible_usd_per_month,
        "detail": one.detail,
    }


def why_not(found: Sequence[WhyNot], answer: Answer) -> dict[str, Any]:
    """Return what happens when wishes are granted."""
    return {
        "schema_version": SCHEMA_VERSION,
        "answer": side_json(side(answer.scenario.title, answer)),
        "wishes": [_why_not(one) for one in found],
    }


def _why_not(one: WhyNot) -> dict[str, Any]:
    return {
        "wish": [{"role": wish.role, "name": wish.name} for wish in one.wishes],
        "kind": one.kind,
        "proved": one.proved,
        "extra_usd_per_month": one.extra_usd_per_month,
        "extra_goal": one.extra_goal,
        "goal": one.goal or None,
        "design": design(one.evaluation) if one.evaluation else None,
        "roles": [role_change(change) for change in one.roles if change.flips],
        "dominated_by": {role: winner.id for role, (_, winner) in (one.dominated or {}).items()},
        "conflict": None if one.conflict is None else [requirement(r) for r in one.conflict],
        "missed": [bound.path for bound in one.missed],
        "ways_out": [_way_out(way) for way in one.ways_out],
        "reach": one.reach,
        "in_place": _in_place(one.in_place) if one.in_place else None,
        "details": list(one.details),
    }


def _way_out(one: WayOut) -> dict[str, Any]:
    return {
        "requirement": requirement(one.requirement),
        "least": one.least,
        "helps": one.evaluation is not None,
        "proved": one.proved,
        "cost_usd_per_month": one.evaluation.cost_usd_per_month if one.evaluation else None,
        "design": design(one.evaluation) if one.evaluation else None,
    }


def _in_place(one: Reason) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "candidate": one.candidate.id if one.candidate else None,
        "extra_usd_per_month": one.extra_usd_per_month,
        "broken": [check(c) for c in one.broken],
        "detail": one.detail,
    }

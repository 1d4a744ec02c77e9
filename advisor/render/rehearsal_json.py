"""What ``advisor rehearse --script FILE --json`` prints. Same input, same bytes."""

from __future__ import annotations

from typing import Any

from advisor.rehearsal.course import Asked, Designing, Setup
from advisor.rehearsal.debrief import Debrief
from advisor.rehearsal.design_phase import Verdict
from advisor.rehearsal.record import answer_data
from advisor.rehearsal.running import in_debrief
from advisor.rehearsal.sitting import Mark

SCHEMA_VERSION = 1


def debrief(found: Debrief, setup: Setup, title: str, again: str) -> dict[str, Any]:
    """Return what a session came to."""
    return {
        "schema_version": SCHEMA_VERSION,
        "title": title,
        "scenario_digest": setup.digests[0],
        "catalog_digest": setup.digests[1],
        "seed": setup.seed,
        "minutes": setup.minutes,
        "drill": setup.drill or None,
        "complete": found.complete,
        "again": again,
        "points": found.points,
        "competences": [{"name": g.name, "items": g.count, "points": g.points} for g in found.competences],
        "practise": list(found.practise),
        "forgotten": list(found.forgotten),
        "items": [_item(mark, found, setup) for mark in found.marks],
    }


def _item(mark: Mark, found: Debrief, setup: Setup) -> dict[str, Any]:
    points = mark.points
    common = {
        "number": mark.number + 1,
        "part": mark.item.part,
        "kind": mark.kind,
        "competence": mark.competence,
        "points": points.points,
        "hit": points.hit,
        "confidence": points.confidence,
        "hinted": mark.reply.hinted,
        "seconds": mark.reply.seconds,
    }
    return {**common, **(_designing(mark, found, setup) if isinstance(mark.item, Designing) else _asked(mark, setup))}


def _asked(mark: Mark, setup: Setup) -> dict[str, Any]:
    asked = mark.question
    assert asked is not None
    truth: Any = asked.truth
    if isinstance(truth, frozenset | tuple):
        truth = sorted(truth) if isinstance(truth, frozenset) else list(truth)
    return {
        "news": mark.item.news if isinstance(mark.item, Asked) else "",
        "question": asked.text,
        "answer": answer_data(mark.reply.answer),
        "typed": mark.reply.text,
        "truth": truth,
        "also": sorted(asked.also),
        "derivation": list(asked.derivation),
        "command": in_debrief(asked.command, setup),
    }


def _designing(mark: Mark, found: Debrief, setup: Setup) -> dict[str, Any]:
    step = next(step for step in found.steps if step.item is mark.item)
    design = step.made.evaluation.design if step.made.evaluation else None
    return {
        "change": step.item.name,
        "settings": list(step.item.settings),
        "kept": None if step.kept is None else _verdict(step.kept),
        "made": _verdict(step.made),
        "design": None if design is None else {role: c.id for role, c in design.items()},
        "best": dict(step.item.best),
        "best_cost_usd_per_month": step.optimum.cost_usd_per_month,
        "command": in_debrief(step.item.command, setup),
    }


def _verdict(one: Verdict) -> dict[str, Any]:
    return {
        "feasible": one.feasible,
        "cost_usd_per_month": one.evaluation.cost_usd_per_month if one.evaluation else None,
        "broken": list(one.broken),
        "problems": list(one.problems),
        "regret": one.more,
    }

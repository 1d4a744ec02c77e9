"""What ``robust --json`` prints. Same input, same bytes, for any number of jobs."""

from __future__ import annotations

import math
from typing import Any

from advisor.analysis.confident import Confident
from advisor.analysis.in_samples import alone
from advisor.analysis.knobs import Knob
from advisor.analysis.robust_result import Chance, Input, Regret, Robust
from advisor.analysis.value_of_information import Worth
from advisor.evaluation.result import Design
from advisor.render.comparison_json import requirement

SCHEMA_VERSION = 1


def robust(found: Robust) -> dict[str, Any]:
    """Return how a scenario's answer holds."""
    drawn = found.draws
    return {
        "schema_version": SCHEMA_VERSION,
        "title": found.scenario.title,
        "scenario_digest": found.scenario.digest,
        "samples": drawn.samples,
        "seed": drawn.seed,
        "distribution": drawn.shape,
        "drawn": [{**_knob(k), "moves_with": g} for k, g in zip(drawn.knobs, drawn.groups, strict=True)],
        "figures_without_range": drawn.fixed,
        "design": _ids(found.design.design),
        "cost_usd_per_month": found.design.cost_usd_per_month,
        "load_carried": _chance(found.carried),
        "all_hold": _chance(found.together),
        "constraints": [{**requirement(bound), **_chance(chance)} for bound, chance in found.chances],
        "metrics": [
            {"metric": s.metric, "stated": s.stated, "mean": s.mean, "p5": s.low, "p50": s.median, "p95": s.high}
            for s in found.spreads
        ],
        "regret": _regret(found.regret) if found.regret else None,
        "not_settled_with_hindsight": found.unsettled,
        "measure_first": [_input(one) for one in found.inputs],
        "measure_among": [_ids(design) for design in found.rivals],
        "breach_usd_per_month": found.breach_usd,
        "knowing_everything_usd_per_month": found.everything,
        "confident": _confident(found.confident) if found.confident else None,
    }


def _knob(knob: Knob) -> dict[str, Any]:
    return {
        "path": knob.path,
        "unit": knob.unit,
        "low": knob.low,
        "value": knob.value,
        "high": knob.high,
        "stated": knob.stated,
        "basis": knob.basis,
        "source": knob.source,
    }


def _chance(chance: Chance) -> dict[str, Any]:
    low, high = chance.interval
    return {"held": chance.held, "share": chance.share, "low": low, "high": high}


def _ids(design: Design) -> dict[str, str]:
    return {role: alone(c).id for role, c in design.items()}


def _regret(regret: Regret) -> dict[str, Any]:
    return {
        "samples": regret.samples,
        "held": len(regret.extra),
        "mean": regret.mean,
        "most": regret.most,
        "avoidable": regret.avoidable,
        "hopeless": regret.hopeless,
        "best": [{"design": dict(ids), "samples": count} for ids, count in regret.rivals],
    }


def _input(one: Input) -> dict[str, Any]:
    return {
        "moves_with": one.group,
        "paths": [knob.path for knob in one.knobs],
        "doubt": _worth(one.doubt),
        "usd_per_month": _worth(one.usd_per_month) if one.usd_per_month else None,
    }


def _worth(worth: Worth) -> dict[str, Any]:
    return {"value": worth.value, "by_chance": worth.chance, "shown": worth.shown}


def _confident(found: Confident) -> dict[str, Any]:
    return {
        "confidence": found.confidence,
        "needed": found.needed,
        "held": found.held,
        "design": _ids(found.design.design) if found.design else None,
        "cost_usd_per_month": found.design.cost_usd_per_month if found.design else None,
        "value": found.value if math.isfinite(found.value) else None,
        "bound": found.bound if math.isfinite(found.bound) else None,
        "gap": found.gap,
        "proved": found.proved,
        "impossible": found.bound == math.inf,
        "tested": found.tested,
        "solved": found.solved,
    }

"""The ways out of an infeasible scenario as ``--json`` prints them, and as settings that ``what-if`` takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.analysis.ways_out import Admitted, Loosened, Remedy, Step, Undenied, WaysOut, place_of
from advisor.scenario.requirements import Filter
from advisor.scenario.tactics import BY_DEFAULT, AllowedTactics

_WHOLE = {"residency": "constraints.residency"}  # a rule of one value goes with its section


def ways_out(found: WaysOut) -> dict[str, Any]:
    """Return every way out, the least change first, and what was left open."""
    return {
        "ways": [_remedy(one) for one in found.remedies],
        "at_least_together": len(found.fixes.sets[0]) if found.fixes.sets else None,
        "open": list(found.open),
    }


def _remedy(one: Remedy) -> dict[str, Any]:
    return {
        "changes": [_step(step) for step in one.steps],
        "set": list(settings(one)),
        "relative_change": one.share,
        "proved": one.proved,
        "cost_usd_per_month": one.cost_usd_per_month,
        "design": {role: c.id for role, c in one.evaluation.design.items()},
    }


def _step(step: Step) -> dict[str, Any]:
    if isinstance(step, Loosened):
        moved = {"metric": step.bound.metric, "from": step.bound.limit, "to": step.limit, "least": step.least}
        return {"path": step.bound.path, "kind": "bound", **moved, "relative_change": step.share}
    if isinstance(step, Admitted):
        rest = None if step.rest is None else sorted(step.rest.values)
        return {"path": step.rule.path, "kind": "rule", "from": sorted(step.rule.values), "to": rest}
    return {"path": place_of(step), "kind": "tactic", "tactic": step.tactic}


def settings(one: Remedy) -> Iterator[str]:
    """Yield what ``advisor what-if --set`` takes to make every change."""
    for step in one.steps:
        if isinstance(step, Loosened):
            yield f"{step.bound.path}={step.limit:.15g}"
        elif isinstance(step, Admitted):
            yield _rule(step.rule, step.rest)
        else:
            yield from _tactic(step, one.evaluation.scenario.tactics)


def _tactic(step: Undenied, tactics: AllowedTactics) -> Iterator[str]:
    if step.asked_for:
        yield f"tactics.allow={_listed(tactics.allowed - BY_DEFAULT)}"
    if not step.asked_for or step.tactic in tactics.denied:
        yield f"tactics.deny={_listed(tactics.denied - {step.tactic})}"


def _rule(rule: Filter, rest: Filter | None) -> str:
    if rest is None:
        return f"{_WHOLE.get(rule.kind, rule.path)}=null"
    return f"{rule.path}={_listed(rest.values)}"


def _listed(names: frozenset[str]) -> str:
    return f"[{', '.join(sorted(names))}]" if names else "null"

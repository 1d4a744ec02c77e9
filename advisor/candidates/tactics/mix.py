"""Mix: one model served by units of unlike types, each taking the requests that it serves at the lowest cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from advisor.candidates.candidate import Candidate, Load
from advisor.candidates.layout import Layout
from advisor.candidates.pool import ANY_TIME, Target, UnitType, classes, unserved
from advisor.candidates.pool_parts import part, spaced, unit_type_of, weighted
from advisor.candidates.pool_plans import Plan, UnitPool
from advisor.candidates.tactics.combine import Bench, Site, combined
from advisor.candidates.tactics.registry import tactic
from advisor.models.latency import Distribution
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

SOURCE = "Griggs et al. (2024), Mélange: Cost Efficient Large Language Model Serving by Exploiting GPU Heterogeneity"


@tactic("mix", "combination", "serve one model on units of unlike types", SOURCE, by_default=False)
def mix(bench: Bench) -> Iterator[Candidate]:
    """The cheapest whole numbers of units of unlike types that carry the load, by size of the requests.

    Types are the options of one model in one cloud that run on accelerators of our own, at one precision. Every class
    of requests is divided between the types that serve it within the latency target. Pools of one type come out of the
    same rule; with a histogram and no target they are there without the tactic. Where the scenario limits cards there
    is a candidate for each point of the front of cost and cards.
    """
    site = bench.site
    if site is None or not (found := classes(site.ground.demand, bench.scenario)):
        return
    targets = latency_targets(bench.role, bench.scenario)
    for types in families(site):
        if bench.scenario.partial:
            yield from _in_part(UnitPool(bench.scenario, site.ground, found, types, targets[-1]))
        seen: set[Plan] = set()
        reasons = [unserved(found, types, target) for target in targets]
        if all(reasons):
            site.reject(types[0].component, types[0].option, reasons[-1])
        for target in [target for target, reason in zip(targets, reasons, strict=True) if not reason]:
            pool = UnitPool(bench.scenario, site.ground, found, types, target)
            for plan in [plan for plan in pool.plans() if plan not in seen and not _plain(plan, target, bench)]:
                seen.add(plan)
                yield from sized(pool, plan)


def _in_part(pool: UnitPool) -> Iterator[Candidate]:
    """Yield pools that serve part of the load; those that serve all of it are yielded elsewhere."""
    for plan in pool.partial():
        left = pool.unserved(plan)
        if left:
            yield from (_leaving(one, left, pool) for one in sized(pool, plan))


def _leaving(one: Candidate, left: Mapping[int, float], pool: UnitPool) -> Candidate:
    """Return a pool with what it leaves unserved, and what was not looked at, stated with its first type."""
    first, *others = one.parts
    assert first.pooled is not None
    notes = _fewer(pool.fewer_in_part, "unit types in one pool for part of the load")
    noted = (*first.assumptions, *notes)
    stated = replace(first, pooled=replace(first.pooled, unserved=dict(left)), assumptions=noted)
    return join((stated, *others), one.shares, pool.scenario)


def _plain(plan: Plan, target: Target, bench: Bench) -> bool:
    """Return whether a plan is a candidate already: one type alone, which a histogram sizes in the same way."""
    alone = sum(n > 0 for n in plan.counts) == 1
    return alone and bool(bench.scenario.request_sizes) and target == ANY_TIME


def families(site: Site) -> Iterator[list[UnitType]]:
    """Yield the unit types of each model, cloud and precision."""
    found = [unit_type_of(component, option, site.ground) for component, option in site.options]

    def family(one: UnitType) -> tuple[str, str, str]:
        return one.component.id, one.option.cloud, one.option.precision or ""

    types = sorted((one for one in found if one), key=lambda one: (*family(one), one.option.id))
    yield from (list(same) for _, same in groupby(types, family))


def latency_targets(role: str, scenario: Scenario) -> list[Target]:
    """Return what a class may take: as stated; else both the tightest bound of a flow on its first token, and nothing.

    A bound speaks of a flow and a percentile, not of a class, so that neither is right for sure; the solver chooses.
    """
    stated, bounds = scenario.tactics, []
    for bound in scenario.bounds:
        kind, flow, measure, *_ = (*bound.metric.split("."), "", "")
        if kind == "flows" and measure == "ttft_ms":
            asks = any(step.asks == role for step in scenario.blueprint.flows[flow].steps())
            bounds += [bound.limit] if asks else []
    if stated.mix_ttft_ms is not None:
        return [Target(stated.mix_ttft_ms, stated.mix_tpot_ms)]
    return [Target(least, stated.mix_tpot_ms) for least in (*sorted(bounds)[:1], None)]


def sized(pool: UnitPool, plan: Plan) -> Iterator[Candidate]:
    """Yield a pool as it is, and with spare units of every type and over zones where units may be replicated."""
    replicate = "replicate" in pool.scenario.tactics.allowed
    sizing = pool.scenario.sizing
    for extra in range(sizing.extra_units + 1 if replicate else 1):
        for zones in sorted({1, *sizing.zones}) if replicate else (1,):
            units = [n + extra if n else 0 for n in plan.counts]
            fits = all(n <= most for n, most in zip(units, pool.most, strict=True))
            if fits and zones <= min(n for n in units if n):
                yield _candidate(pool, plan, units, zones)


def _candidate(pool: UnitPool, plan: Plan, units: Sequence[int], zones: int) -> Candidate:
    parts = []
    for u, type_ in enumerate(pool.types):
        if units[u]:
            taken = [(one, shares[u]) for one, shares in zip(pool.found, plan.shares, strict=True)]
            spare = units[u] > plan.counts[u] or zones > 1
            names = [*["quantise"] * (type_.option.precision is not None), *["replicate"] * spare]
            layout = Layout(units[u], zones, plan.counts[u], tuple(names), notes=_notes(pool))
            parts.append(part(type_, taken, layout, pool.ground, pool.target))
    return join(tuple(parts), tuple(one.carried_share for one in parts), pool.scenario)


def _notes(pool: UnitPool) -> tuple[Assumption, ...]:
    """Return what is assumed of the latency target, and of the search for the cheapest numbers."""
    return (*_target_note(pool.scenario, pool.target), *_fewer(pool.fewer_types, "unit types in one pool"))


def _fewer(allowed: int | None, what: str) -> tuple[Assumption, ...]:
    """Return what is said where not all mixes were looked at."""
    if allowed is None:
        return ()
    why = "more unlike types would be more combinations than are looked at; a cheaper mix of more is possible"
    return (Assumption(what, f"at most {allowed}", why, "tactics.allow"),)


def _target_note(scenario: Scenario, target: Target) -> tuple[Assumption, ...]:
    if scenario.tactics.mix_ttft_ms is not None:
        return ()
    if target.ttft_ms is None:
        value, reason = "none for its first token", "what the scenario bounds is checked on all classes together"
    else:
        value = f"median first token within {spaced(target.ttft_ms)} ms"
        reason = "the tightest bound on the first token of a flow that asks, applied to each class of its own"
    return (Assumption("latency target of each class of requests", value, reason, "tactics.mix_ttft_ms"),)


def join(parts: tuple[Candidate, ...], shares: tuple[float, ...], scenario: Scenario) -> Candidate:
    """Return a pool of its parts, one a unit type.

    It works while every type has the units that it needs: hardware of the types in series, their software once, since
    it is the same. One set of operations hours: that of the type that takes most, counted with the first.
    """
    hours = max(part_.option.operations_h_per_month.value for part_ in parts if part_.option)
    kept = [replace(one, operations_h_per_month=hours if i == 0 else 0.0) for i, one in enumerate(parts)]
    software = [one.option.availability.software for one in parts if one.option]
    known = [figure.value for figure in software if figure]
    up = math.prod(one.availability / value for one, value in zip(parts, known, strict=True)) * min(known)
    target = parts[0].pooled.target_ms if parts[0].pooled else None
    part_of = "part" * any(one.pooled.unserved for one in parts if one.pooled)
    return combined(
        "mix",
        f"mix{part_of}" if target is None else f"mix{part_of}{target:g}",
        tuple(kept),
        shares=shares,
        availability=up,
        quality=parts[0].quality,
        latency=_times(parts),
        notes=_join_notes(parts),
        loads=_loads(parts),
    )


def _times(parts: Sequence[Candidate]) -> Mapping[str, tuple[Distribution, Distribution]]:
    """Return operation -> times, each part weighted with how often the operation is asked of it."""
    found = {}
    for name in parts[0].latency:
        asked = [(one.pooled.rates.get(name, 0.0), one.latency[name]) for one in parts if one.pooled]
        taking = [(rate, times) for rate, times in asked if rate > 0]
        found[name] = weighted(taking) if taking else parts[0].latency[name]
    return found


def _loads(parts: Sequence[Candidate]) -> dict[str, Load]:
    """Return how full each dimension is: what comes to all parts of what all of them take."""
    return {
        name: Load(
            math.fsum(one.loads[name].peak for one in parts), math.fsum(one.loads[name].limit or 0.0 for one in parts)
        )
        for name in parts[0].loads
    }


def _join_notes(parts: Sequence[Candidate]) -> tuple[Assumption, ...]:
    if len(parts) == 1:
        return ()
    return (
        Assumption(
            "operations of a mix of machines",
            "those of one type",
            "one engine, one model and one on-call for all types; the type that takes most hours counts",
            "tactics.allow",
        ),
        Assumption(
            "availability of a mix of machines",
            "every type has the units it needs",
            "failures of the types as if independent of each other; what one type could take over is not counted",
            "tactics.allow",
        ),
    )

"""``evaluate(design, scenario)``: the only place where a design's metrics come from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from advisor.candidates.compatibility import unfit
from advisor.candidates.demand import hit_share
from advisor.candidates.links import linked, outside_calls
from advisor.candidates.shared import counted_once, torn
from advisor.catalog.blueprint import Flow, Measure, Step
from advisor.evaluation.alike import named, unchanged_times
from advisor.evaluation.result import LEVELS, Check, Design, Evaluation, FlowResult, MeasureResult, Part, Percentiles
from advisor.evaluation.shares import share_above
from advisor.evaluation.times import step_time
from advisor.models import availability, quality
from advisor.models.latency import Constant, Distribution, Series, mixture, series
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario
from advisor.scenario.pairs import Pair
from advisor.scenario.requirements import COUNTS, Bound, Requirement, level, split_percentile

UNIT_MS = {"ttft_ms": 1.0, "latency_ms": 1.0, "freshness_s": 1000.0}


def judge(design: Design, scenario: Scenario, *, brief: bool = False, like: Evaluation | None = None) -> Evaluation:
    """Return the evaluation of a complete design (every role of the blueprint has a candidate, ``none`` included).

    Args:
        brief: of the times only what a bound or a goal names, without stages; for judging a design a thousand times.
        like: an evaluation of nearly the same; the times of flows in which nothing differs are taken from it.
    """
    design = linked(design, scenario)
    known = {} if like is None else unchanged_times(like, design, scenario, brief=brief)
    used = [candidate for candidate in design.values() if not candidate.is_none]
    result = Evaluation(
        scenario=scenario,
        design=design,
        bill_usd_per_month=math.fsum(c.bill_usd_per_month for c in used),
        operations_usd_per_month=math.fsum(c.operations_usd_per_month for c in used),
        operations_h_per_month=math.fsum(c.operations_h_per_month for c in used),
        migration_usd_per_month=math.fsum(c.migration_usd_per_month for c in used),
        migration_h=math.fsum(c.migration_h for c in used),
        quality=quality.of_flow(c.quality for c in design.values()),
        **{name: tuple(sorted({one for c in used for one in c.distinct(name)})) for name in COUNTS},
        flows={
            flow_id: _flow(flow_id, flow, design, scenario, known.get(flow_id), brief=brief)
            for flow_id, flow in scenario.blueprint.flows.items()
        },
        checks=(),
        consistent=tuple(inconsistencies(design, scenario)),
        assumptions=(
            *scenario.assumptions,
            *outside_calls(design, scenario),
            *_distinct(note for c in used for note in c.assumptions),
        ),
    )
    checks = tuple(_check(requirement, result) for requirement in scenario.requirements)
    return Evaluation(**{**result.__dict__, "checks": checks})


def percentile_of(design: Design, scenario: Scenario, metric: str) -> float:
    """Return one percentile of a design whose candidates already are as they are beside the others; see :func:`linked`.

    It is what :func:`judge` finds, to the last bit, at a fraction of the work: no other measure, no stages. Quantiles
    are worked out from the highest level down, each on a lattice that those above it led to; so it takes those above.

    >>> import advisor
    >>> best = advisor.answer(advisor.load_scenario(advisor.example("support_copilot"))).best
    >>> metric = "flows.answer.latency_ms.p95"
    >>> percentile_of(best.design, best.scenario, metric) == best.metric(metric)
    True
    """
    at = split_percentile(metric)
    assert at is not None, f"{metric} is no percentile"
    flow_id, name, p = at
    flow = scenario.blueprint.flows[flow_id]
    time = flow_time(flow, flow.measures[name].at, design, scenario)  # type: ignore[index]
    above = {level for level in (*LEVELS.values(), *_asked(flow_id, name, scenario).values(), p) if level >= p}
    return time.quantiles(sorted(above))[0] / UNIT_MS[name]


def inconsistencies(design: Design, scenario: Scenario) -> Iterable[str]:
    """Yield what makes a design impossible as stated."""
    yield from torn(design)
    yield from unfit(design)
    for role, candidate in design.items():
        if candidate.is_none and not scenario.blueprint.roles[role].optional:
            yield f"{role} is left out, but the blueprint needs it"
        for cache, used in candidate.behind.items():
            if design[cache].is_none == used:
                yield f"{candidate.id} is sized for {cache} being {'used' if used else 'left out'}, which it is not"
        for one in candidate.members:
            if one.unsold:
                yield f"{one.id} could not be bought: {one.unsold}"
            for dimension, load in one.loads.items():
                if load.limit is not None and load.utilisation > 1:
                    at = share_above(load.utilisation, 1.0)
                    yield f"{one.id} is overloaded: {dimension} at {at} of capacity at peak"


def _distinct(notes: Iterable[Assumption]) -> tuple[Assumption, ...]:
    return tuple(dict.fromkeys(notes))


def _flow(
    flow_id: str,
    flow: Flow,
    design: Design,
    scenario: Scenario,
    times: Mapping[str, MeasureResult] | None,
    *,
    brief: bool,
) -> FlowResult:
    """Return what a flow does; ``times``: its measures, where they are known."""
    needs = needed_roles(flow, scenario)
    times = _times(flow_id, flow, design, scenario, brief=brief) if times is None else times
    return FlowResult(times, availability.series(*failing(design, needs)), needs)


def _times(flow_id: str, flow: Flow, design: Design, scenario: Scenario, *, brief: bool) -> Mapping[str, MeasureResult]:
    measures: dict[str, MeasureResult] = {}
    for name, measure in flow.measures.items():
        asked = _asked(flow_id, name, scenario)
        if not brief:
            measures[name] = _measure(flow, measure, design, scenario, UNIT_MS[name], {**LEVELS, **asked})
        elif any(metric.startswith(f"flows.{flow_id}.{name}.") for metric in named(scenario)):
            measures[name] = _brief(flow, measure, design, scenario, UNIT_MS[name], asked)
    return measures


def failing(design: Design, needs: Iterable[str]) -> Iterable[float]:
    """Yield the availability of everything that a flow needs, once for what serves several of its roles."""
    needs = tuple(needs)
    return (design[role].availability for role in needs if not counted_once(design[role], needs))


def needed_roles(flow: Flow, scenario: Scenario) -> tuple[str, ...]:
    """Return the distinct roles that a flow must have: asked in the foreground and not soft.

    A role asked three times counts once. Roles behind a cache count fully although hits would survive their failure.
    """
    roles = (step.asks for step in flow.steps() if step.asks and not step.in_background)
    return tuple(dict.fromkeys(role for role in roles if not scenario.blueprint.roles[role].soft))


def _asked(flow_id: str, measure: str, scenario: Scenario) -> dict[str, float]:
    """Return the percentiles of a measure that a bound or goal names."""
    own = [m for m in named(scenario) if (at := split_percentile(m)) and at[:2] == (flow_id, measure)]
    names = {metric.split(".", 3)[3] for metric in own}
    return {name: p for name in sorted(names) if (p := level(name)) is not None}


def _brief(
    flow: Flow, measure: Measure, design: Design, scenario: Scenario, unit_ms: float, levels: Mapping[str, float]
) -> MeasureResult:
    """Return a measure at some percentiles and its mean, without its stages; to the last bit what all of it has.

    For that the levels above them are worked out too, see :func:`percentile_of`.
    """
    time = flow_time(flow, measure.at, design, scenario)
    least = min(levels.values(), default=1.0)
    above = {**{name: p for name, p in LEVELS.items() if p >= least}, **levels}
    values = dict(zip(above, time.quantiles(list(above.values())) if above else (), strict=True))
    return MeasureResult(time.mean() / unit_ms, {name: values[name] / unit_ms for name in levels})


def _measure(
    flow: Flow, measure: Measure, design: Design, scenario: Scenario, unit_ms: float, levels: Mapping[str, float]
) -> MeasureResult:
    time = flow_time(flow, measure.at, design, scenario)
    taken = stages(flow, measure.at, design, scenario)
    parts = tuple(Part(step.asks or "", step.do or "wait", share, part) for step, share, part in taken)
    return MeasureResult(time.mean() / unit_ms, Percentiles(time, levels, unit_ms), levels, parts, unit_ms)


def flow_time(flow: Flow, at: str, design: Design, scenario: Scenario) -> Distribution:
    """Return the distribution (ms) of a flow's time at a point: ``first`` item or ``complete``."""
    parts: list[Distribution] = []
    for step in flow.path:
        if step.cache and not design[step.cache].is_none:
            misses = _sum(part for inner in step.on_miss if (part := step_time(flow, inner, at, design, scenario)))
            share = hit_share(step, scenario)
            lookup = step_time(flow, step, at, design, scenario)
            parts += [*([lookup] if lookup else []), mixture([share, 1 - share], [Constant(0.0), misses])]
            continue
        for inner in step.on_miss if step.cache else [step]:
            part = step_time(flow, inner, at, design, scenario)
            parts += [part] if part else []
    return _sum(parts)


def _sum(parts: Iterable[Distribution]) -> Distribution:
    found = tuple(parts)
    return series(*found) if found else Series(())


def stages(flow: Flow, at: str, design: Design, scenario: Scenario) -> Iterable[tuple[Step, float, Distribution]]:
    """Yield each step that takes time up to a point of a flow, with the share of the requests that take it."""
    for step in flow.path:
        used = step.cache is not None and not design[step.cache].is_none
        share = 1 - hit_share(step, scenario) if used else 1.0
        own = [(step, 1.0)] if step.cache is None or used else []
        for inner, taken in [*own, *((inner, share) for inner in step.on_miss)]:
            part = step_time(flow, inner, at, design, scenario)
            if part is not None:
                yield inner, taken, part


def _check(requirement: Requirement, result: Evaluation) -> Check:
    if isinstance(requirement, Bound):
        value = result.metric(requirement.metric)
        return Check(requirement, value, requirement.holds(value), requirement.slack(value))
    if isinstance(requirement, Pair):
        broken = requirement.broken_by(result.design)
        return Check(requirement, None, not broken, None, broken)
    refused = [role for role, c in result.design.items() if not c.admitted_by(requirement)]
    return Check(requirement, None, not refused, None, ", ".join(refused))

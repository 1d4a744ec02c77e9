"""The units of one type in a pool as a candidate: times, loads and bills of the classes of requests that come to it."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.candidates.build import build
from advisor.candidates.candidate import Candidate, Load
from advisor.candidates.demand import Demand
from advisor.candidates.layout import Layout
from advisor.candidates.pool import ANSWER, PROMPT, REQUESTS, SizeClass, Target, UnitType
from advisor.candidates.pooled import Pooled, PooledClass
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Latency, Option
from advisor.models.latency import Distribution, mixture
from advisor.models.llm_classes import ttft_factor
from advisor.scenario.load import Scenario

Times = tuple[Distribution, Distribution]
Taken = Sequence[tuple[SizeClass, float]]
"""(class, share of it) pairs."""


@dataclass(frozen=True)
class Ground:
    """Where a pool is built: for which demand, with which catalog, and which caches in front of it.

    What a part is asked for is not what its option is sized by in other candidates, so parts are built without demand.
    """

    scenario: Scenario
    catalog: Catalog
    date: datetime.date
    demand: Demand
    behind: Mapping[str, bool]


def part(
    type_: UnitType, taken: Taken, layout: Layout, whole_per_s: float, ground: Ground, target: Target
) -> Candidate:
    """Return units of one type that take shares of classes of requests.

    Args:
        whole_per_s: calls/s of all classes on average, of which those taken are a share.
        target: within which the units serve every class that is taken.

    Raises:
        ValueError: the units are fewer than the load keeps busy.
    """
    work = math.fsum(share * one.peak_per_s / type_.throughput_per_s(one, target)[0] for one, share in taken)
    if work > layout.units * (1 + 1e-9):
        raise ValueError(f"overloaded at peak: {work:.3g} units of work for {layout.units}")
    carried = math.fsum(share * one.average_per_s for one, share in taken) / whole_per_s
    plain = _built(type_, layout, ground.demand.scaled(0.0), ground, {})
    times = {(one, share): _times(one, type_, ground) for one, share in taken}
    found = tuple(_pooled(one, share, own) for (one, share), own in times.items())
    pooled = Pooled(work, _rates(taken), found, target.ttft_ms)
    return replace(
        plain,
        latency={**plain.latency, **_mixed(times)},
        loads=_loads(taken, layout.units / work),
        carried_share=carried,
        billed_share=carried,
        pooled=pooled,
    )


def repooled(one: Candidate, units: int, zones: int, ground: Ground, component: Component, option: Option) -> Candidate:
    """Return a part of a pool with another number of units for the same load.

    Raises:
        ValueError: the units are fewer than the load keeps busy.
    """
    assert one.layout is not None
    assert one.pooled is not None
    if one.pooled.work > units * (1 + 1e-9):
        raise ValueError(f"overloaded at peak: {one.pooled.work:.3g} units of work for {units}")
    layout = replace(one.layout, units=units, zones=zones, needed=min(one.needed_units, units))
    nothing = ground.demand.scaled(0.0)
    plain = build(component, option, layout, nothing, ground.behind, ground.scenario, ground.catalog, ground.date)
    loads = {name: Load(load.peak, (load.limit or 0.0) * (units / one.units)) for name, load in one.loads.items()}
    return replace(
        plain,
        latency=one.latency,
        loads=loads,
        carried_share=one.carried_share,
        billed_share=one.billed_share,
        pooled=one.pooled,
    )


def _built(
    type_: UnitType, layout: Layout, demand: Demand, ground: Ground, workload: Mapping[str, float], later: float = 1.0
) -> Candidate:
    """Return an option built under another workload, its first token so many times later."""
    spread = {name: cv for name, cv in ground.scenario.spread.items() if name not in workload}
    scenario = replace(ground.scenario, workload={**ground.scenario.workload, **workload}, spread=spread)
    name, option = type_.operation.latency or "", type_.option
    if later != 1:
        option = option.model_copy(update={"latency": {**option.latency, name: _later(option.latency[name], later)}})
    return build(type_.component, option, layout, demand, ground.behind, scenario, ground.catalog, ground.date)


def _later(figure: Latency, factor: float) -> Latency:
    stated = {key: getattr(figure, key) for key in ("p50", "p95", "p99", "mean")}
    return figure.model_copy(update={key: factor * value for key, value in stated.items() if value is not None})


def _times(one: SizeClass, type_: UnitType, ground: Ground) -> Times:
    """Return the times of a class on a unit type: to the first token, and to the last."""
    later = ttft_factor(type_.server, one.input_tokens)
    nothing = ground.demand.scaled(0.0)
    return _built(type_, Layout(1, 1, 1), nothing, ground, dict(one.workload), later).latency[one.operation]


def _rates(taken: Taken) -> dict[str, float]:
    found: dict[str, float] = {}
    for one, share in taken:
        found[one.operation] = found.get(one.operation, 0.0) + share * one.average_per_s
    return found


def _pooled(one: SizeClass, share: float, times: Times) -> PooledClass:
    first, complete = times
    return PooledClass(one.name, one.operation, share, share * one.average_per_s, first.mean(), complete.mean())


def _mixed(times: Mapping[tuple[SizeClass, float], Times]) -> dict[str, Times]:
    """Return operation -> times: those of its classes, weighted with how often they are asked."""
    found = {}
    for operation in dict.fromkeys(one.operation for one, _ in times):
        mine = [(share * one.average_per_s, t) for (one, share), t in times.items() if one.operation == operation]
        found[operation] = weighted(mine)
    return found


def weighted(parts: Sequence[tuple[float, Times]]) -> Times:
    """Return the times when requests go to one of several parts, each with a weight."""
    whole = math.fsum(weight for weight, _ in parts)
    if len(parts) == 1:
        return parts[0][1]
    shares = [weight / whole for weight, _ in parts]
    return mixture(shares, [times[0] for _, times in parts]), mixture(shares, [times[1] for _, times in parts])


def _loads(taken: Taken, room: float) -> dict[str, Load]:
    """Return how full each dimension is at peak: all equally, since one work fills the units."""
    peaks = dict.fromkeys((REQUESTS, PROMPT, ANSWER), 0.0)
    for one, share in taken:
        calls = share * one.peak_per_s
        for name, each in ((REQUESTS, 1.0), (PROMPT, one.input_tokens), (ANSWER, one.output_tokens)):
            peaks[name] += calls * each
    return {name: Load(peak, peak * room) for name, peak in peaks.items()}

"""Units of one type as a candidate that is sized by classes of requests: alone, or as a part of a pool."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.candidates.build import build
from advisor.candidates.candidate import Candidate, Load
from advisor.candidates.demand import Demand
from advisor.candidates.ground import Ground
from advisor.candidates.layout import Layout
from advisor.candidates.pool import (
    ANSWER,
    ANY_TIME,
    PROMPT,
    REQUESTS,
    SizeClass,
    Target,
    UnitType,
    classes,
    unit_type,
    unserved,
)
from advisor.candidates.pooled import Pooled, PooledClass
from advisor.candidates.times import Pair
from advisor.catalog.model import Component, Latency, Option
from advisor.models.latency import mixture
from advisor.models.llm_classes import ttft_factor
from advisor.scenario.assumption import Assumption

Taken = Sequence[tuple[SizeClass, float]]
"""(class, share of it) pairs."""
SMALLEST_SHARE = 1e-9


def part(type_: UnitType, taken: Taken, layout: Layout, ground: Ground, target: Target = ANY_TIME) -> Candidate:
    """Return units of one type that take shares of the classes of the ground's demand.

    Args:
        taken: share of each class, in the order of :func:`advisor.candidates.pool.classes`; 0 where it goes elsewhere.
        target: within which the units serve every class that is taken.

    Raises:
        ValueError: the units are fewer than the load keeps busy.
    """
    mine = [(index, one, share) for index, (one, share) in enumerate(taken) if share > SMALLEST_SHARE]
    work = math.fsum(share * one.peak_per_s / type_.throughput_per_s(one, target)[0] for _, one, share in mine)
    if work > layout.units * (1 + 1e-9):
        raise ValueError(f"overloaded at peak: {work:.3g} units of work for {layout.units}")
    whole = math.fsum(one.average_per_s for one, _ in taken)
    carried = math.fsum(share * one.average_per_s for _, one, share in mine) / whole
    plain = _built(type_, layout, ground.demand.scaled(0.0), ground, {})
    times = {index: _times(one, type_, ground) for index, one, _ in mine}
    found = tuple(_pooled(index, one, share, times[index]) for index, one, share in mine)
    return replace(
        plain,
        latency={**plain.latency, **_mixed(found, times)},
        loads=_loads([(one, share) for _, one, share in mine], layout.units / work),
        assumptions=(*plain.assumptions, *type_notes(type_)),
        carried_share=carried,
        billed_share=carried,
        pooled=Pooled(work, _rates(found), found, target.ttft_ms),
    )


def repooled(one: Candidate, units: int, zones: int, ground: Ground, component: Component, option: Option) -> Candidate:
    """Return units of one type built again in another number, for the same shares of the classes.

    Args:
        ground: with the whole demand of the role.

    Raises:
        ValueError: the units are fewer than the load keeps busy, or the option is no unit type (any more).
    """
    assert one.layout is not None
    assert one.pooled is not None
    mine = replace(ground, demand=ground.demand.scaled(one.pooled.of))
    type_ = unit_type_of(component, option, mine)
    if type_ is None:
        raise ValueError(f"{option.id} has no figures under load")
    shares = {taken.index: taken.share for taken in one.pooled.classes}
    taken = [(found, shares.get(index, 0.0)) for index, found in enumerate(classes(mine.demand, mine.scenario))]
    layout = replace(one.layout, units=units, zones=zones, needed=min(one.needed_units, units))
    target = Target(one.pooled.target_ms, ground.scenario.tactics.mix_tpot_ms if one.pooled.target_ms else None)
    found = part(type_, taken, layout, mine, target)
    assert found.pooled is not None
    pooled = replace(found.pooled, of=one.pooled.of, unserved=one.pooled.unserved)
    return replace(found, carried_share=one.carried_share, billed_share=one.billed_share, pooled=pooled)


def unit_type_of(component: Component, option: Option, ground: Ground) -> UnitType | None:
    """Return an option of the ground's role as a unit type, None where it is none."""
    operations = ground.catalog.role(ground.demand.role).operations.values()
    operation = next((one for one in operations if one.latency and one.then_each), None)
    return unit_type(component, option, operation, ground.catalog) if operation else None


@dataclass(frozen=True)
class Alone:
    """An option of our own that serves all classes of requests of a role, sized by them."""

    type_: UnitType
    found: Sequence[SizeClass]
    ground: Ground

    @property
    def needed(self) -> int:
        """The smallest number of units. Raises ``ValueError``: a class that it cannot serve, or too many."""
        if reason := unserved(self.found, [self.type_], ANY_TIME):
            raise ValueError(reason)
        planned = self.ground.scenario.sizing.target_utilisation
        rates = (self.type_.throughput_per_s(one, ANY_TIME)[0] for one in self.found)
        work = math.fsum(one.peak_per_s / (rate * planned) for one, rate in zip(self.found, rates, strict=True))
        wanted, unit = max(1, math.ceil(round(work, 9))), self.type_.option.unit
        if unit is None or wanted > unit.most:
            raise ValueError(f"the load takes {work:,.4g} units, more than {unit.most if unit else 0}")
        return wanted

    def built(self, layout: Layout) -> Candidate:
        """Return the candidate. Raises ``ValueError``: the units are fewer than the load keeps busy."""
        return part(self.type_, [(one, 1.0) for one in self.found], layout, self.ground)


def alone(component: Component, option: Option, ground: Ground) -> Alone | None:
    """Return an option as sized by the classes of the scenario's histogram; None without one, and for other options."""
    if not ground.scenario.request_sizes:
        return None
    type_ = unit_type_of(component, option, ground)
    found = classes(ground.demand, ground.scenario) if type_ else []
    return Alone(type_, found, ground) if type_ and found else None


def _built(
    type_: UnitType, layout: Layout, demand: Demand, ground: Ground, workload: Mapping[str, float], later: float = 1.0
) -> Candidate:
    """Return an option built under another workload, its first token so many times later."""
    spread = {name: cv for name, cv in ground.scenario.spread.items() if name not in workload}
    scenario = replace(ground.scenario, workload={**ground.scenario.workload, **workload}, spread=spread)
    name, option = type_.operation.latency or "", type_.option
    if later != 1:
        option = option.model_copy(update={"latency": {**option.latency, name: _later(option.latency[name], later)}})
    return build(type_.component, option, layout, replace(ground, scenario=scenario, demand=demand))


def _later(figure: Latency, factor: float) -> Latency:
    stated = {key: getattr(figure, key) for key in ("p50", "p95", "p99", "mean")}
    return figure.model_copy(update={key: factor * value for key, value in stated.items() if value is not None})


def _times(one: SizeClass, type_: UnitType, ground: Ground) -> Pair:
    """Return the times of a class on a unit type: to the first token, and to the last."""
    later = ttft_factor(type_.server, one.input_tokens)
    nothing = ground.demand.scaled(0.0)
    return _built(type_, Layout(1, 1, 1), nothing, ground, dict(one.workload), later).latency[one.operation]


def _rates(found: Sequence[PooledClass]) -> dict[str, float]:
    rates: dict[str, float] = {}
    for one in found:
        rates[one.operation] = rates.get(one.operation, 0.0) + one.average_per_s
    return rates


def _pooled(index: int, one: SizeClass, share: float, times: Pair) -> PooledClass:
    first, complete = times
    return PooledClass(index, one.name, one.operation, share, share * one.average_per_s, first.mean(), complete.mean())


def _mixed(found: Sequence[PooledClass], times: Mapping[int, Pair]) -> dict[str, Pair]:
    """Return operation -> times: those of its classes, weighted with how often they are asked."""
    return {
        operation: weighted([(one.average_per_s, times[one.index]) for one in found if one.operation == operation])
        for operation in dict.fromkeys(one.operation for one in found)
    }


def weighted(parts: Sequence[tuple[float, Pair]]) -> Pair:
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


def type_notes(type_: UnitType) -> tuple[Assumption, ...]:
    """Return what is assumed of a unit type's throughput for sizes that were not measured."""
    server, option = type_.server, type_.option
    measured = f"as measured at {spaced(server.input_tokens)} tokens in, {spaced(server.output_tokens)} out"
    notes = [
        Assumption(
            f"throughput of {option.id} by size of the requests",
            measured,
            "other sizes by Little's law with as many sequences at once, and never more tokens a second; a longer "
            "prompt delays its first token in proportion, a shorter one does not hasten it; load-test your own sizes",
            f"catalog: {option.id}",
        )
    ]
    if server.cached_tokens is None:
        notes.append(
            Assumption(
                f"cache of {option.id}",
                "fits for requests of every size",
                "the catalog does not have the shape of the model, from which the memory of its cache follows",
                f"catalog: {type_.component.id}",
            )
        )
    return tuple(notes)


def spaced(value: float) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,.0f}".replace(",", " ")

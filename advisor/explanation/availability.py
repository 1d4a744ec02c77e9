"""Availability: of a flow over its distinct roles, and of each role over zones and units."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations
from math import comb

from advisor.candidates.candidate import Candidate
from advisor.candidates.shared import counted_once
from advisor.catalog.load import Catalog
from advisor.catalog.model import Figure
from advisor.evaluation.result import Evaluation
from advisor.explanation import combinations as combined
from advisor.explanation.derivation import Derivation, plain, product, stated
from advisor.models.availability import units_in_zones
from advisor.models.failure_domains import even_sizes

SHARE = "share of time"


def of_flow(result: Evaluation, flow: str, catalog: Catalog) -> Derivation:
    """Return the derivation of ``flows.F.availability``: the product over the distinct roles that the flow needs."""
    found = result.flows[flow]
    apart = [role for role in found.needs if not counted_once(result.design[role], found.needs)]
    parts = [_role(role, result.design[role], result, catalog) for role in apart]
    blueprint = result.scenario.blueprint
    asked = dict.fromkeys(step.asks for step in blueprint.flows[flow].steps() if step.asks)
    soft = [role for role in asked if blueprint.roles[role].soft and not result.design[role].is_none]
    once = [role for role in found.needs if role not in apart]
    note = f"not counted, since the flow only degrades without them: {', '.join(soft)}" if soft else ""
    top = product(
        f"flows.{flow}.availability", found.availability, SHARE, parts, "product over the distinct roles it needs"
    )
    served = f"on the same units as another role, so counted with it: {', '.join(once)}" if once else ""
    return replace(top, note="; ".join(filter(None, (note, served))))


def _role(role: str, candidate: Candidate, result: Evaluation, catalog: Catalog) -> Derivation:
    name = f"{role}: {candidate.name}, {candidate.size}"
    if candidate.option is None:
        return Derivation(name, candidate.availability, SHARE, note="left out, so it cannot fail")
    if candidate.parts:
        parts = [_plain(f"{part.name}, {part.size}", part, catalog) for part in candidate.parts]
        return combined.availability(name, candidate, parts, result.scenario, SHARE)
    return _plain(name, candidate, catalog)


def _plain(name: str, candidate: Candidate, catalog: Catalog) -> Derivation:
    option = candidate.option
    assert option is not None
    ways = option.availability
    if ways.software is None:
        by_zones = (ways.service_by_zones or {}).get(str(candidate.zones))  # type: ignore[call-overload]
        figure = ways.observed or ways.service or by_zones
        assert figure is not None
        return stated(name, candidate.availability, SHARE, figure)
    return _units(name, candidate, ways.software, catalog)


def _units(name: str, candidate: Candidate, software: Figure, catalog: Catalog) -> Derivation:
    """Return software × P(at least k of n units in z zones are up)."""
    assert candidate.option is not None
    figures = catalog.records.clouds[candidate.option.cloud]
    instances = candidate.option.unit.instances if candidate.option.unit else 1
    layout = candidate.layout
    uptime, common = (layout.unit_uptime, layout.common_uptime) if layout else (1.0, 1.0)
    unit, zone = (figures.instance_availability.value * uptime) ** instances, figures.zone_availability.value
    k, n, zones = candidate.needed_units, candidate.units, candidate.zones
    up = units_in_zones(k, n, zones, unit, zone)
    spread = f"{n} unit{'s' if n > 1 else ''} in {zones} zone{'s' if zones > 1 else ''}"
    parts = (
        stated("software (upgrades, configuration, operators)", software.value, SHARE, software),
        Derivation(
            f"at least {k} of {spread} up",
            up,
            SHARE,
            _formula(zones),
            _numbers(k, n, zones, unit, zone),
            parts=(
                stated("one instance", figures.instance_availability.value, SHARE, figures.instance_availability),
                *_interrupted(candidate, uptime, catalog),
                stated("one zone", zone, SHARE, figures.zone_availability),
            ),
        ),
    )
    if common != 1 and figures.spot_availability:
        shortage = stated("there is spot capacity", common, SHARE, figures.spot_availability)
        return product(name, candidate.availability, SHARE, (*parts, shortage), "software × units and zones × capacity")
    return product(name, candidate.availability, SHARE, parts, "software × units and zones")


def _interrupted(candidate: Candidate, uptime: float, catalog: Catalog) -> list[Derivation]:
    """Return the share of time in which a spot instance is not being replaced, when it is one."""
    assert candidate.option is not None
    assert candidate.option.unit is not None
    figures = catalog.records.clouds[candidate.option.cloud]
    instance = catalog.records.instances[candidate.option.unit.instance or ""]
    rate, minutes = instance.interruptions_per_month, figures.spot_replacement_min
    if uptime == 1 or rate is None or minutes is None:
        return []
    return [
        Derivation(
            "one instance is not being replaced",
            uptime,
            SHARE,
            "1 / (1 + interruptions a month × hours to replace / 730)",
            f"1 / (1 + {plain(rate.value)} × {plain(minutes.value)} / 60 / 730)",
            parts=(
                stated("interruptions", rate.value, "1/month", rate),
                stated("time to replace", minutes.value, "min", minutes),
            ),
        )
    ]


def _formula(zones: int) -> str:
    if zones == 1:
        return "zone × sum over i = k..n of binomial(n, i) a^i (1 - a)^(n - i)"
    return "sum over which zones are up of their probability × P(at least k of the units in them are up)"


def _numbers(k: int, n: int, zones: int, unit: float, zone: float) -> str:
    """Return the sum over the ways in which zones can be up, alike ones together, with the numbers in it."""
    sizes = even_sizes(n, zones)
    ways = Counter(
        (count, sum(up)) for count in range(1, zones + 1) for up in combinations(sizes, count) if sum(up) >= k
    )
    terms = [
        f"{f'{many} × ' if many > 1 else ''}{plain(zone)}^{count} × {plain(1 - zone)}^{zones - count} × "
        f"({_k_of_n(k, units, unit)})"
        for (count, units), many in sorted(ways.items(), reverse=True)
    ]
    return " + ".join(terms) or "0"


def _k_of_n(k: int, n: int, a: float) -> str:
    return " + ".join(f"{comb(n, i)} × {plain(a)}^{i} × {plain(1 - a)}^{n - i}" for i in range(k, n + 1))

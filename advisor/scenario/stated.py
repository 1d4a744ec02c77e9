"""The requirements that a scenario states: bounds on metrics of the design, filters on single options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.scenario.model import Constraints, FlowBounds, ScenarioFile
from advisor.scenario.pairs import pairs
from advisor.scenario.requirements import (
    CARDS,
    CLOUDS,
    COST,
    OPERATIONS,
    QUALITY,
    SELF_OPERATED,
    VENDORS,
    Bound,
    Filter,
)


def bounds(limits: Constraints) -> Iterator[Bound]:
    """Yield the limits on metrics of the whole design, in the order in which they are reported."""
    if limits.cost_usd_per_month:
        yield Bound("constraints.cost_usd_per_month.max", COST, True, limits.cost_usd_per_month.max)
    yield from _flow_bounds(limits.flows)
    if limits.quality:
        yield Bound("constraints.quality.min", QUALITY, False, limits.quality.min)
    if limits.operations_h_per_month:
        yield Bound("constraints.operations_h_per_month.max", OPERATIONS, True, limits.operations_h_per_month.max)
    if limits.clouds and limits.clouds.max is not None:
        yield Bound("constraints.clouds.max", CLOUDS, True, limits.clouds.max)
    for metric, count in ((VENDORS, limits.vendors), (SELF_OPERATED, limits.self_operated)):
        if count:
            yield Bound(f"constraints.{metric}.max", metric, True, count.max)
    for card, count in limits.cards.items():
        yield Bound(f"constraints.cards.{card}.max", f"{CARDS}{card}", True, count.max)


def _flow_bounds(flows: Mapping[str, FlowBounds]) -> Iterator[Bound]:
    for flow_id, flow in flows.items():
        for measure in ("ttft_ms", "latency_ms", "freshness_s"):
            for name, limit in (getattr(flow, measure) or {}).items():
                metric = f"flows.{flow_id}.{measure}.{name}"
                yield Bound(f"constraints.{metric}", metric, True, limit)
        if flow.availability:
            metric = f"flows.{flow_id}.availability"
            yield Bound(f"constraints.{metric}.min", metric, False, flow.availability.min)


def filters(raw: ScenarioFile) -> Iterator[Filter]:
    """Yield what single options must be or must not be: by cloud, residency, licence and mode, and by name."""
    limits = raw.constraints
    if limits.clouds and limits.clouds.allow:
        yield Filter("constraints.clouds.allow", "cloud", frozenset(limits.clouds.allow), True)
    if limits.residency:
        yield Filter("constraints.residency.require", "residency", frozenset([limits.residency.require]), True)
    for kind, rule in (("licence", limits.licences), ("mode", limits.modes)):
        section = "licences" if kind == "licence" else "modes"
        for verb in ("allow", "deny"):
            if rule and (names := getattr(rule, verb)):
                yield Filter(f"constraints.{section}.{verb}", kind, frozenset(names), verb == "allow")
    for role, name in raw.choices.pin.items():
        yield Filter(f"choices.pin.{role}", "pin", frozenset([name]), True, role)
    for index, name in enumerate(raw.choices.exclude):
        yield Filter(f"choices.exclude[{index}]", "exclude", frozenset([name]), False)
    yield from pairs(raw.choices)

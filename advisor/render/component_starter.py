"""A component of one's own to start from: what is known is filled in, what is not is a comment that names it.

Unknown is not zero: a line that is still a comment makes the catalog's rules say what is missing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.load import Catalog
from advisor.catalog.role import Role
from advisor.yamledit import flow

NO_LIMIT = "none"
MORE_UNITS = 16


@dataclass(frozen=True)
class Answers:
    """What is known of a component; "" and what is absent are not known.

    Attributes:
        residency: regions in which data can be kept.
        capacity: dimension -> number, or :data:`NO_LIMIT` when none is published.
        prices: meter -> USD. latency: figure -> median, ms. quality: metric -> score.
        availability: a share; hours: of operations a month.
        source: id in sources.yml of what all of it rests on.
    """

    id: str
    name: str
    vendor: str
    licence: str
    mode: str
    cloud: str
    source: str
    checked: datetime.date
    summary: str = ""
    instance: str = ""
    residency: tuple[str, ...] = ()
    capacity: Mapping[str, float | str] = field(default_factory=dict)
    latency: Mapping[str, float] = field(default_factory=dict)
    quality: Mapping[str, float] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)
    availability: float | None = None
    hours: float | None = None


@dataclass(frozen=True)
class Started:
    """The file of a component, and what has still to be stated in it."""

    text: str
    missing: tuple[str, ...]


def latencies(role: Role) -> dict[str, str]:
    """Return figure -> what it is, for every latency that a role's operations need."""
    found: dict[str, str] = {}
    for operation in role.operations.values():
        if operation.latency:
            found.setdefault(operation.latency, operation.title)
        if operation.then_each:
            found.setdefault(operation.then_each, f"{operation.title}: each item after the first")
    return found


def meters(catalog: Catalog, role: Role) -> dict[str, str]:
    """Return meter -> what it counts, for every meter that a price of the role can have.

    What is delivered is only asked where somebody who fills the role bills it: of brokers, not of every store.
    """
    billed = {price.meter for _, option in catalog.options_for(role.id) for price in option.prices}
    return {
        key: f"USD per {meter.unit}, {meter.title}"
        for key, meter in catalog.records.meters.items()
        if meter.counts == "month"
        or key == "unit_hour"
        or (meter.dimension in role.dimensions and meter.asked is None and (not meter.volume or key in billed))
    }


def component(catalog: Catalog, role: Role, answers: Answers) -> Started:
    """Return the text of a component's file with one option, and what is missing in it."""
    missing: list[str] = []
    lines = [
        f"id: {flow(answers.id)}",
        f"name: {flow(answers.name)}",
        f"vendor: {flow(answers.vendor)}",
        f"licence: {flow(answers.licence)}  # SPDX id, or proprietary",
        f"summary: {flow(answers.summary or f'{answers.name} of our own, for {role.title}.')}",
        "options:",
        f"  - id: {flow(f'{answers.id}_{answers.cloud}')}",
        f"    title: {flow(answers.mode.replace('_', ' ') + ', ' + answers.cloud)}",
        f"    roles: [{role.filled_as}]",
        f"    mode: {answers.mode}  # saas, managed, self_hosted",
        f"    cloud: {answers.cloud}  # aws, azure, gcp, vendor",
        *_residency(answers, missing),
        *_unit(answers, missing),
        *_group("capacity", dict(_capacities(catalog, role, answers)), missing),
        *_group("latency", dict(_latencies(role, answers)), missing),
        *_availability(answers, missing),
        *_prices(catalog, role, answers, missing),
        *_hours(answers, missing),
        *_group("quality", dict(_qualities(role, answers)), missing),
    ]
    return Started("\n".join(lines) + "\n", tuple(missing))


Line = tuple[dict[str, Any] | None, str]  # what stands in the figure, None when it is not known; what it is


def _figure(answers: Answers, numbers: dict[str, Any], basis: str) -> dict[str, Any]:
    return {**numbers, "basis": basis, "source": answers.source, "checked": answers.checked}


def _capacities(catalog: Catalog, role: Role, answers: Answers) -> Iterator[tuple[str, Line]]:
    for key in role.dimensions:
        dimension, value = catalog.records.dimensions[key], answers.capacity.get(key)
        told = f"{dimension.title}, {dimension.unit} per unit; value: null with a reasoning when there is no limit"
        if value == NO_LIMIT:
            figure = _figure(answers, {"value": None}, "measured")
            yield key, ({**figure, "conditions": "no limit is published or was met"}, told)
        else:
            yield key, (None if value is None else _figure(answers, {"value": value}, "measured"), told)


def _latencies(role: Role, answers: Answers) -> Iterator[tuple[str, Line]]:
    for key, title in latencies(role).items():
        value = answers.latency.get(key)
        figure = None if value is None else _figure(answers, {"p50": value}, "measured")
        yield key, (figure, f"{title}, ms; p95, p99 too")


def _qualities(role: Role, answers: Answers) -> Iterator[tuple[str, Line]]:
    if role.quality:
        value = answers.quality.get(role.quality.metric)
        figure = None if value is None else _figure(answers, {"value": value}, "measured")
        yield role.quality.metric, (figure, f"{role.quality.title}; the best, {role.quality.best:g}, counts as 1")


def _group(name: str, entries: Mapping[str, Line], missing: list[str]) -> Iterator[str]:
    """Yield the lines of a mapping of figures; those that are not known are comments."""
    if entries:
        yield f"    {name}:"
    for key, (figure, told) in entries.items():
        if figure is None:
            missing.append(f"{name}.{key}: {told}")
            yield f"      # {key}: {{{_example(name)}}}  # missing: {told}"
        else:
            yield f"      {key}: {flow(figure)}"


def _example(name: str) -> str:
    return f"{'p50' if name == 'latency' else 'value'}: ..., basis: ..., source: ..., checked: ..."


def _residency(answers: Answers, missing: list[str]) -> Iterator[str]:
    told = "regions in which data can be kept: us, eu, apac"
    if answers.residency:
        yield f"    residency: {flow(answers.residency)}"
    else:
        missing.append(f"residency: {told}")
        yield f"    # residency: [...]  # missing: {told}"


def _unit(answers: Answers, missing: list[str]) -> Iterator[str]:
    if answers.instance:
        yield f"    unit: {flow({'name': 'node', 'instance': answers.instance, 'most': MORE_UNITS})}"
    elif answers.mode == "self_hosted":
        told = "the instance type of a node: `advisor catalog search` finds those with a price"
        missing.append(f"unit.instance: {told}")
        yield f"    # unit: {{name: node, instance: {answers.cloud}/..., most: {MORE_UNITS}}}  # missing: {told}"
    elif "unit_hour" in answers.prices:
        yield f"    unit: {flow({'name': 'unit', 'most': MORE_UNITS})}"


def _availability(answers: Answers, missing: list[str]) -> Iterator[str]:
    own = answers.mode == "self_hosted"
    way, basis = ("software", "measured") if own else ("service", "sla")
    told = "share of time without upgrades, errors of operation, faults of the software" if own else "share of time"
    yield "    availability:"
    if answers.availability is None:
        missing.append(f"availability.{way}: {told}")
        yield f"      # {way}: {{{_example('')}}}  # missing: {told}"
    else:
        yield f"      {way}: {flow(_figure(answers, {'value': answers.availability}, basis))}"


def _prices(catalog: Catalog, role: Role, answers: Answers, missing: list[str]) -> Iterator[str]:
    if not answers.prices and answers.mode == "self_hosted":
        yield "    prices: []  # the instance type has its price; what comes on top of it, disks for one, goes here"
        return
    yield "    prices:"
    for meter, usd in answers.prices.items():
        entry = {"meter": meter, **_figure(answers, {"usd": usd}, "list_price")}
        yield f"      - {flow(entry)}"
    if not answers.prices:
        missing.append("prices: at least one, in any of the meters that stand there as comments")
        for meter, told in meters(catalog, role).items():
            yield f"      # - {{meter: {meter}, usd: ..., basis: ..., source: ..., checked: ...}}  # {told}"


def _hours(answers: Answers, missing: list[str]) -> Iterator[str]:
    told = "hours of people a month: upgrades, alarms, requests"
    if answers.hours is None:
        missing.append(f"operations_h_per_month: {told}")
        yield f"    # operations_h_per_month: {{{_example('')}}}  # missing: {told}"
    else:
        yield f"    operations_h_per_month: {flow(_figure(answers, {'value': answers.hours}, 'measured'))}"

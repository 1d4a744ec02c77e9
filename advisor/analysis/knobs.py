"""What an answer stands on, as numbers that can be turned: the workload, the hourly rate, figures of the catalog.

Each has a range. Where nobody states one, the range is a stated share of the number, by what it is based on; that is an
assumption, and said wherever the range is used.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.catalog.figure_words import title
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import Reference, Scale, figures
from advisor.scenario.load import Scenario

ASSUMED_SPREAD: Mapping[str, float] = {
    "scenario": 0.2,  # stated by the user, but a forecast
    "default": 0.5,  # nobody stated it
    "list_price": 0.1,
    "sla": 0.1,
    "documentation": 0.1,
    "measured": 0.1,
    "benchmark": 0.2,
    "third_party": 0.3,
    "estimate": 0.5,
}
"""Basis -> how far a number without a stated range is taken to be off, as a share of itself (of the downtime for an
availability): from ``value / (1 + share)`` to ``value * (1 + share)``."""

ASSUMED_POINTS = 20.0  # of a rating without a stated range: Arena states about 3 to 10 either way
POINTS_A_FACTOR = 100.0  # a rating is followed this far for every factor of 2: 100 Elo are 64 % of the comparisons
CLOSE, CLOSE_POINTS = 1e-4, 0.02  # the two sides of a break-even: relative (of the downtime for a share), in points
HOURLY = "operations.usd_per_hour"


@dataclass(frozen=True)
class Knob:
    """A number that an answer stands on.

    Attributes:
        path: ``workload.requests_per_month``, ``operations.usd_per_hour``, or the figure's id in the catalog.
        title: what it is called for people.
        low, high: its range; ``stated`` says whether somebody states it or it is assumed.
        basis: ``scenario``, ``default`` (nobody stated the number), or the basis of the figure.
        scale, least, most: how it varies, and what it may be set to; see :class:`advisor.catalog.perturb.Reference`.
        figure: what it is in the catalog, None for what the scenario says.
    """

    path: str
    title: str
    unit: str
    value: float
    low: float
    high: float
    stated: bool
    basis: str
    source: str | None
    checked: datetime.date | None
    scale: Scale
    least: float
    most: float
    figure: Reference | None = None

    def end(self, direction: int, factor: float) -> float:
        """Return how far the number goes in a direction (-1 down, +1 up) by a factor, within what it may be."""
        return min(max(_moved(self.value, self.scale, direction, factor), self.least), self.most)

    def reach(self, direction: int, factor: float) -> float:
        """Return the farther of a factor and the number's own range, in a direction."""
        far, own = self.end(direction, factor), self.low if direction < 0 else self.high
        return min(far, own) if direction < 0 else max(far, own)

    def between(self, a: float, b: float) -> float:
        """Return the value half-way between two, by factors where it varies by factors.

        >>> rate = Knob("p", "t", "u", 4, 1, 16, True, "estimate", None, None, "ratio", 0, math.inf)
        >>> rate.between(1, 16)
        4.0
        """
        if self.scale == "ratio" and min(a, b) > 0:
            return math.sqrt(a * b)
        if self.scale == "share" and max(a, b) < 1:
            return 1 - math.sqrt((1 - a) * (1 - b))
        return (a + b) / 2

    def close(self, a: float, b: float) -> bool:
        """Return whether two values are so close that a reader would not tell them apart.

        >>> rate = Knob("p", "t", "u", 4, 1, 16, True, "estimate", None, None, "ratio", 0, math.inf)
        >>> rate.close(100.0, 100.005), rate.close(100.0, 101.0)
        (True, False)
        """
        return abs(a - b) <= self.closeness(a, b)

    def closeness(self, a: float, b: float) -> float:
        """Return how far apart two values may be and still be close."""
        if self.scale == "points":
            return CLOSE_POINTS
        if self.scale == "share":
            a, b = 1 - a, 1 - b
        return CLOSE * max(abs(a), abs(b), 1e-12)


def _moved(value: float, scale: Scale, direction: int, factor: float) -> float:
    if scale == "points":
        return value + direction * POINTS_A_FACTOR * math.log2(factor)
    if scale == "share":
        return 1 - (1 - value) * factor ** (-direction)
    return value * factor**direction


def workload_knobs(scenario: Scenario, catalog: Catalog) -> Iterator[Knob]:
    """Yield the parameters of the workload that are in use, and the hourly rate.

    A parameter that is 0 switches something off; it has no factor to be off by and is left alone.
    """
    blueprint = catalog.blueprint(scenario.blueprint.id)
    idle = blueprint.idle_parameters(scenario.workload)
    for name, parameter in blueprint.parameters.items():
        value = scenario.workload[name]
        if name in idle or value <= 0:
            continue
        least = parameter.least if parameter.least is not None else (parameter.above or 0.0)
        basis = "scenario" if name in scenario.given else "default"
        plain = _assumed(f"workload.{name}", parameter.title, parameter.unit, value, basis, (least, parameter.most))
        low, high = scenario.ranges.get(name, (plain.low, plain.high))
        yield replace(plain, low=low, high=high, stated=name in scenario.ranges)
    if scenario.usd_per_hour > 0:
        default = any(note.change_at == HOURLY for note in scenario.assumptions)
        basis = "default" if default else "scenario"
        yield _assumed(HOURLY, "hourly rate of operations", "USD/h", scenario.usd_per_hour, basis, (0.0, 10_000.0))


def _assumed(path: str, title: str, unit: str, value: float, basis: str, ends: tuple[float, float]) -> Knob:
    plain = Knob(path, title, unit, value, value, value, False, basis, None, None, "ratio", *ends)
    spread = 1 + ASSUMED_SPREAD[basis]
    return replace(plain, low=plain.end(-1, spread), high=plain.end(1, spread))


def figure_knobs(
    catalog: Catalog, options: Iterable[str], roles: Iterable[str], as_of: datetime.date
) -> Iterator[Knob]:
    """Yield the figures of options, and of roles that are left out, that have a number to turn."""
    for one in figures(catalog, options, roles=roles, as_of=as_of):
        if one.value <= 0 or (one.scale == "share" and one.value >= 1):
            continue  # nothing to be off by a factor
        yield _of_figure(one, title(one, catalog))


def _of_figure(one: Reference, called: str) -> Knob:
    plain = Knob(
        one.id,
        called,
        one.unit,
        one.value,
        one.value,
        one.value,
        one.low is not None or one.high is not None,
        one.basis,
        one.source,
        one.checked,
        one.scale,
        one.least,
        one.most,
        one,
    )
    if plain.stated:  # an end beyond what the figure may be, such as above the best of a benchmark, is cut there
        low, high = (one.value if end is None else end for end in (one.low, one.high))
        return replace(plain, low=max(low, one.least), high=min(high, one.most))
    spread = 1 + ASSUMED_SPREAD[one.basis]
    factor = 2 ** (ASSUMED_POINTS / POINTS_A_FACTOR) if one.scale == "points" else spread
    return replace(plain, low=plain.end(-1, factor), high=plain.end(1, factor))


def design_knobs(table: Table, design: Mapping[str, Candidate]) -> tuple[Knob, ...]:
    """Return the figures that a design's options stand on, each once."""
    options = dict.fromkeys(one.option.id for c in design.values() for one in c.members if one.option)
    roles = [role for role, c in design.items() if c.is_none]
    return tuple(figure_knobs(table.catalog, options, roles, table.as_of))


def turned(scenario: Scenario, knob: Knob, value: float, catalog: Catalog) -> Scenario:
    """Return a scenario in which a number that it states is another one."""
    if knob.path == HOURLY:
        return replace(scenario, usd_per_hour=value)
    return with_workload(scenario, {knob.path.removeprefix("workload."): value}, catalog)


def with_workload(scenario: Scenario, values: Mapping[str, float], catalog: Catalog) -> Scenario:
    """Return a scenario in which some parameters of the workload have other values; spreads stay.

    What steps are taken is decided anew: a step that nobody took may be taken now.
    """
    workload = {**scenario.workload, **values}
    return replace(scenario, workload=workload, blueprint=catalog.blueprint(scenario.blueprint.id).taken(workload))

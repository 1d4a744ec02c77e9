"""The catalog's figures that the proposed design stands on, with their basis, source and age."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from advisor.candidates.candidate import Candidate
from advisor.catalog.model import Figure, Option, Provenance
from advisor.catalog.provenance import is_stale
from advisor.render.sections.view import View

Kind = Literal["price", "capacity", "latency", "availability", "operations", "quality"]


@dataclass(frozen=True)
class Used:
    """One figure of the catalog that a number in the document rests on. ``key``: its name in the catalog."""

    role: str
    candidate: Candidate
    kind: Kind
    key: str
    figure: Provenance

    def age_days(self, date: datetime.date) -> int:
        """Return the days since the figure was compared with its source."""
        return (date - self.figure.checked).days

    def stale(self, date: datetime.date) -> bool:
        """Whether the figure is older than its kind allows."""
        return is_stale(self.figure.checked, date, price=self.kind == "price")

    @property
    def range_ratio(self) -> float:
        """High over low; 1 when no range is stated."""
        figure = self.figure
        if not isinstance(figure, Figure) or not figure.low or not figure.high:
            return 1.0
        return figure.high / figure.low


def used_figures(view: View) -> tuple[Used, ...]:
    """Return every figure in use, by role; one that serves two roles comes twice."""
    return tuple(
        used
        for role, candidate in view.best.design.items()
        for one in candidate.members
        for used in _of(view, role, one)
    )


def _of(view: View, role: str, candidate: Candidate) -> Iterator[Used]:
    record = view.catalog.role(role)
    option = candidate.option
    if option is None:
        if record.quality and record.quality.without:
            yield Used(role, candidate, "quality", f"{record.quality.metric} without it", record.quality.without)
        return
    for line in candidate.lines:
        yield Used(role, candidate, "price", line.price.meter, line.price)
    for dimension, load in candidate.loads.items():
        if load.peak > 0:
            yield Used(role, candidate, "capacity", dimension, option.capacity[dimension])
    for key in dict.fromkeys(
        k
        for name in candidate.latency
        for k in (record.operations[name].latency, record.operations[name].then_each)
        if k
    ):
        yield Used(role, candidate, "latency", key, option.latency[key])
    for key, figure in _availability(view, option, candidate.zones):
        yield Used(role, candidate, "availability", key, figure)
    yield Used(role, candidate, "operations", "operations_h_per_month", option.operations_h_per_month)
    if record.quality:
        yield Used(role, candidate, "quality", record.quality.metric, option.quality[record.quality.metric])


def _availability(view: View, option: Option, zones: int) -> Iterator[tuple[str, Figure]]:
    stated = option.availability
    if stated.software is not None:
        cloud = view.catalog.records.clouds[option.cloud]
        yield "software", stated.software
        yield f"instance on {option.cloud}", cloud.instance_availability
        yield f"zone of {option.cloud}", cloud.zone_availability
    elif stated.service_by_zones is not None:
        yield f"service in {zones} zones", stated.service_by_zones[str(zones)]  # type: ignore[index]
    else:
        figure = stated.observed or stated.service
        assert figure is not None
        yield "observed" if stated.observed else "service", figure

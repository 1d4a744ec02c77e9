"""Turning (option, layout) into a candidate with its constants, through the model functions."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from advisor.candidates.bill import Bill
from advisor.candidates.candidate import NONE, Candidate, CostLine, Load
from advisor.candidates.compatibility import needs
from advisor.candidates.demand import Demand
from advisor.candidates.ground import Ground
from advisor.candidates.kit import kit_of
from advisor.candidates.layout import Layout
from advisor.candidates.sizing import loads, needed_units
from advisor.candidates.times import Pair, Times
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.catalog.sale import Sale
from advisor.scenario.assumption import Assumption


def left_out(role: str, catalog: Catalog) -> Candidate:
    """Return the candidate that stands for leaving an optional role out."""
    metric = catalog.role(role).quality
    factor = metric.without.value if metric and metric.without else 1.0
    return Candidate(NONE, role, quality=factor)


class Sized(NamedTuple):
    """What all layouts with the same number of units have in common; see :class:`Candidate`."""

    loads: Mapping[str, Load]
    latency: Mapping[str, Pair]
    cards: Mapping[str, int]


class Builder:
    """Builds the candidates of one option for one demand, in any layout; what layouts share is worked out once.

    Layouts with equally many units have the same loads, times and cards, and the same bill where they are bought and
    asked in the same way. What they share are the same objects.

    Args:
        ground: with the demand that it must be able to carry.
        billed: what it is asked for on average, when that is less (a backup).
    """

    def __init__(self, component: Component, option: Option, ground: Ground, *, billed: Demand | None = None) -> None:
        role, catalog = ground.demand.role, ground.catalog
        self.component, self.option, self.ground = component, option, ground
        self.kit = kit = kit_of(component, option, role, catalog, ground.date)
        self._bill = Bill(option, billed or ground.demand, catalog, kit.sold.priced(ground.date), kit.prices)
        self._times = Times(kit, ground)
        self._suffix = "".join(f"+{role}" for role, used in ground.behind.items() if used)
        self._tactics = ("cache_aside",) if role in ground.scenario.cache_roles else ()
        self._coming = tuple(coming_notes(catalog, ground.date))
        self._sizes: dict[tuple[int, bool], Sized] = {}
        self._notes: dict[bool, tuple[Assumption, ...]] = {}
        self._common = kit.traits | Candidate.common(
            role=role,
            component=component,
            option=option,
            behind=dict(ground.behind),
            operations_h_per_month=option.operations_h_per_month.value,
            usd_per_hour=ground.scenario.usd_per_hour,
            quality=kit.quality,
            unsold=kit.unsold,
            needs=needs(component, ground.scenario, catalog),
        )

    def built(self, layout: Layout) -> Candidate:
        """Return the candidate of a layout, with all its constants.

        Raises:
            ValueError: a price is missing on that date, or the load leaves no steady state; the message says which.
        """
        up, availability_note = self.kit.availability(layout)
        lines = self._bill.lines(layout)
        sized = self._sized(layout.units, layout.batch)
        return Candidate.with_common(
            self._common,
            id=f"{self.option.id}.{layout.name}{self._suffix}",
            units=layout.units,
            zones=layout.zones,
            needed_units=layout.needed,
            tactics=(*layout.tactics, *self._tactics),
            lines=lines,
            availability=up,
            latency=sized.latency,
            loads=sized.loads,
            layout=layout,
            cards=sized.cards,
            assumptions=(
                *availability_note,
                *self._noted(layout.batch, sized.loads),
                *past_notes(self.option, lines, self.kit.sold, self.ground.date),
                *self._coming,
                *layout.notes,
            ),
        )

    @cached_property
    def needed(self) -> int:
        """The smallest number of units that carries the peak. Raises ``ValueError``: see :func:`needed_units`."""
        return needed_units(self.option, self.ground.demand, self.ground.scenario.sizing.target_utilisation)

    def _sized(self, units: int, batch: bool) -> Sized:
        if (units, batch) not in self._sizes:
            full = loads(self.option, self.ground.demand, units)
            times = self._times.at(units, full, batch=batch)
            self._sizes[units, batch] = Sized(full, times, cards(self.option, units, self.ground.catalog))
        return self._sizes[units, batch]

    def _noted(self, batch: bool, full: Mapping[str, Load]) -> tuple[Assumption, ...]:
        """Return what is assumed of times and capacity: the same for any number of units."""
        if batch not in self._notes:
            spreads = self._times.notes(batch=batch)
            self._notes[batch] = (*spreads, *_capacity_notes(self.option, full))
        return self._notes[batch]


def build(
    component: Component, option: Option, layout: Layout, ground: Ground, *, billed: Demand | None = None
) -> Candidate:
    """Return the candidate of one layout; see :class:`Builder`, whose errors it raises."""
    return Builder(component, option, ground, billed=billed).built(layout)


def cards(option: Option, units: int, catalog: Catalog) -> dict[str, int]:
    """Return type of accelerator -> how many so many units of an option have; nothing for units without any."""
    if option.unit is None or option.unit.instance is None:
        return {}
    instance = catalog.records.instances[option.unit.instance]
    return {instance.card: units * option.unit.instances * instance.gpus} if instance.card else {}


def _capacity_notes(option: Option, full: Mapping[str, Load]) -> list[Assumption]:
    return [
        Assumption(
            f"{dimension} of {option.id}",
            "not limited",
            option.capacity[dimension].reasoning or option.capacity[dimension].conditions or "",
            f"catalog: {option.id}",
        )
        for dimension, load in full.items()
        if load.limit is None and load.peak > 0
    ]


def coming_notes(catalog: Catalog, as_of: datetime.date) -> Iterator[Assumption]:
    """Yield that a day after the newest check of a price has the prices known then, and those announced with a date."""
    if as_of > catalog.date:
        reason = "nothing was checked later; what is announced with its date is in them, other changes are not known"
        known = f"as known on {catalog.date.isoformat()}"
        yield Assumption(f"prices on {as_of.isoformat()}", known, reason, "--as-of")


def past_notes(option: Option, lines: Sequence[CostLine], sold: Sale, as_of: datetime.date) -> Iterator[Assumption]:
    """Yield what is taken from later than the day of the prices: a past day has prices, and days of sale.

    A price without a start date is only known for the day on which it was checked.
    """
    if all(line.price.checked <= as_of for line in lines):
        return
    yield Assumption(
        f"figures on {as_of.isoformat()}",
        "as in the catalog",
        "only prices and days of sale are kept by date; times, capacity, availability, quality, hours are later ones",
        "--as-of",
    )
    place, unknown = f"catalog: {option.id}", " and ".join(sold.undated)
    later = [line.price.checked for line in lines if line.price.from_ is None and as_of < line.price.checked]
    if later:
        also = f"; nor is since when {unknown} is sold" if unknown else ""
        reason = f"the catalog has no start date for them, so an earlier price is not known{also}"
        yield Assumption(
            f"prices of {option.id} on {as_of.isoformat()}", f"as checked on {max(later).isoformat()}", reason, place
        )
    elif unknown:
        reason = "the catalog does not know since when"
        yield Assumption(f"sale of {unknown} on {as_of.isoformat()}", "could be bought", reason, place)

"""What an option of the catalog brings to every candidate, whatever is asked of it: worked out once for a catalog.

Tables of one catalog are built by the dozen, under other workloads. What follows from the records alone (since when an
option is sold, what it scores, which prices are valid, how available so many units are), and what follows from them and
a few numbers that seldom change, is kept with the catalog.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from advisor.candidates.candidate import Candidate
from advisor.candidates.layout import Layout
from advisor.catalog.load import Catalog
from advisor.catalog.model import CloudFigures, Component, Figure, Option
from advisor.catalog.role import QualityMetric
from advisor.catalog.sale import Sale, sale
from advisor.models import availability, quality
from advisor.scenario.assumption import Assumption

if TYPE_CHECKING:
    from advisor.candidates.bill import Priced, Way
    from advisor.candidates.times import Added, Stages

K = TypeVar("K")
V = TypeVar("V")
Up = tuple[float, list[Assumption]]
MOST_KEPT = 64  # results of one kind for one option
_units_in_zones = lru_cache(maxsize=8192)(availability.units_in_zones)  # many options run on the same machines


@dataclass(frozen=True, eq=False)
class Kit:
    """An option in a role, with what was worked out of it so far. It does not hold its catalog, which holds it.

    Attributes:
        sold: when it can be bought. unsold: why it could not be bought on the day; "" when it could.
        metric: in which the role is scored. cloud: figures of the option's.
        prices: way to buy and ask -> valid prices. stages: operation and what the workload adds -> its times.
        layouts: what decides on them -> layouts.
    """

    component: Component
    option: Option
    sold: Sale
    unsold: str
    metric: QualityMetric | None
    cloud: CloudFigures | None
    prices: dict[Way, list[Priced]] = field(default_factory=dict)
    stages: dict[tuple[str, Added], Stages] = field(default_factory=dict)
    layouts: dict[object, list[Layout]] = field(default_factory=dict)
    _up: dict[tuple[int | float, ...], Up] = field(default_factory=dict)

    @cached_property
    def traits(self) -> dict[str, object]:
        """What all candidates of the option have in common; see :attr:`Candidate.traits`."""
        return Candidate("", "", self.component, self.option).traits

    @cached_property
    def quality(self) -> float:
        """The factor of the option's score in the role's benchmark; 1 for a role without any."""
        if self.metric is None:
            return 1.0
        scored = quality.elo_against_best if self.metric.normalise == "elo" else quality.share_of_best
        return scored(self.option.quality[self.metric.metric].value, self.metric.best)

    def availability(self, layout: Layout) -> Up:
        """Return how available a layout is, and what is assumed for that."""
        key = (layout.needed, layout.units, layout.zones, layout.unit_uptime, layout.common_uptime)
        return remembered(self._up, key, lambda: self._availability(layout))

    def _availability(self, layout: Layout) -> Up:
        option, stated = self.option, self.option.availability
        if stated.software is not None:
            assert self.cloud is not None
            instance = self.cloud.instance_availability.value * layout.unit_uptime
            unit = instance ** (option.unit.instances if option.unit else 1)
            zone = self.cloud.zone_availability.value
            hardware = _units_in_zones(layout.needed, layout.units, layout.zones, unit, zone)
            return stated.software.value * layout.common_uptime * hardware, []
        if stated.observed is not None:
            return stated.observed.value, []
        figure = stated.service or (stated.service_by_zones or {})[str(layout.zones)]  # type: ignore[index]
        return figure.value, _sla_note(option, figure)


def kit_of(component: Component, option: Option, role: str, catalog: Catalog, date: datetime.date) -> Kit:
    """Return the kit of an option; that of the catalog's own options is kept, one that a tactic made has a new one."""
    key = (role, option.id, date)
    found = catalog.kept.get(key)
    if isinstance(found, Kit) and found.option is option and found.component is component:
        return found
    sold = sale(catalog, component, option)
    cloud = catalog.records.clouds.get(option.cloud)
    made = Kit(component, option, sold, sold.refusal(date), catalog.role(role).quality, cloud)
    known = catalog.options.get(option.id)
    if known is not None and known[0] is component and known[1] is option:
        catalog.kept[key] = made
    return made


def remembered(known: dict[K, V], key: K, make: Callable[[], V], most: int = MOST_KEPT) -> V:
    """Return what is known under a key, else what is made, which is known from then on in place of the oldest.

    ``most``: how many are known at a time.

    >>> known = {}
    >>> remembered(known, "a", lambda: 1), remembered(known, "a", lambda: 2), known
    (1, 1, {'a': 1})
    """
    if key not in known:
        made = make()
        while len(known) >= most:
            del known[next(iter(known))]
        known[key] = made
    return known[key]


def _percent(share: float) -> str:
    """Return an agreement's share with the digits that it states.

    >>> _percent(0.9995), _percent(0.99)
    ('99.95 %', '99 %')
    """
    return f"{round(share * 100, 4):.7g} %"


def _sla_note(option: Option, figure: Figure) -> list[Assumption]:
    if figure.basis != "sla":
        return []
    return [
        Assumption(
            f"availability of {option.id}",
            _percent(figure.value),
            "the SLA stands in for an observed figure; an SLA is a refund threshold, not a prediction",
            f"catalog: {option.id}",
        )
    ]

"""Architectural tactics that turn an option into several sized layouts. Register one with :func:`tactic`.

Source of the tactic catalogue: Bass, Clements, Kazman, "Software Architecture in Practice" (redundancy, spare,
placement).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.catalog.model import Option
from advisor.scenario.load import Sizing


@dataclass(frozen=True)
class Layout:
    """How many units run where, and which tactics that uses."""

    units: int
    zones: int
    needed: int
    tactics: tuple[str, ...] = ()


Tactic = Callable[[Option, int, Sizing], Iterator[Layout]]
TACTICS: dict[str, Tactic] = {}


def tactic(name: str) -> Callable[[Tactic], Tactic]:
    """Register a tactic under the name that outputs show."""

    def register(function: Tactic) -> Tactic:
        TACTICS[name] = function
        return function

    return register


def layouts(option: Option, needed: int, sizing: Sizing) -> list[Layout]:
    """Return every layout of an option that needs this many units: as it is, and under each tactic, without repeats."""
    plain = Layout(needed, 1, needed)
    found = {
        (layout.units, layout.zones): layout
        for name in reversed(TACTICS)
        for layout in TACTICS[name](option, needed, sizing)
    }
    if option.availability.service_by_zones is None or "1" in option.availability.service_by_zones:
        found[plain.units, plain.zones] = plain
    return [found[key] for key in sorted(found) if option.unit is None or key[0] <= option.unit.most]


@tactic("replicate")
def replicate(option: Option, needed: int, sizing: Sizing) -> Iterator[Layout]:
    """More units than needed, spread over zones: single extra units, or whole copies where units hold data.

    A managed service with an SLA for each number of zones keeps one copy in each zone.
    """
    if option.unit is None:
        return
    if option.availability.service_by_zones:
        for zones in sorted(int(zone) for zone in option.availability.service_by_zones):
            if zones > 1:
                yield Layout(needed * zones, zones, needed, ("replicate",))
        return
    if option.availability.software is None:
        return
    for units in _counts(option, needed, sizing.extra_units):
        for zones in sizing.zones:
            if 1 < zones <= units or (zones == 1 and units > needed):
                yield Layout(units, zones, needed, ("replicate",))


def _counts(option: Option, needed: int, extra: int) -> list[int]:
    if option.unit and option.unit.stateful:
        return [needed * copies for copies in range(1, extra + 2)]
    return [needed + more for more in range(extra + 1)]


@tactic("headroom")
def headroom(option: Option, needed: int, sizing: Sizing) -> Iterator[Layout]:
    """More units than needed of a service whose redundancy is the provider's: buys shorter queues."""
    provided = option.availability.service or option.availability.observed
    if option.unit is None or not provided:
        return
    for units in range(needed + 1, needed + sizing.extra_units + 1):
        yield Layout(units, 1, needed, ("headroom",))

"""Replicate: more units than needed, so that the loss of some is survived."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.layout import Layout
from advisor.candidates.tactics.registry import tactic
from advisor.catalog.model import Option
from advisor.scenario.defaults import Sizing

SOURCE = "Bass, Clements, Kazman (2021), chapter 4: redundant spare; chapter 4: placement in failure domains"


@tactic("replicate", "layout", "run more units than needed, over zones", SOURCE)
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

"""Headroom: more units than needed of a service whose redundancy is the provider's, for shorter queues."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.layout import Layout
from advisor.candidates.tactics.registry import tactic
from advisor.catalog.model import Option
from advisor.scenario.defaults import Sizing

SOURCE = "Bass, Clements, Kazman (2021), chapter 9: increase resources; Kleinrock (1975) for what it buys"


@tactic("headroom", "layout", "run more units than needed, for shorter queues", SOURCE)
def headroom(option: Option, needed: int, sizing: Sizing) -> Iterator[Layout]:
    """More units than needed of a service whose redundancy is the provider's: buys shorter queues."""
    provided = option.availability.service or option.availability.observed
    if option.unit is None or not provided:
        return
    for units in range(needed + 1, needed + sizing.extra_units + 1):
        yield Layout(units, 1, needed, ("headroom",))

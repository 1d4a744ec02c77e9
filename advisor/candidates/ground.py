"""What every candidate of a role is built from, whatever its option and size."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.candidates.demand import Demand
from advisor.catalog.load import Catalog
from advisor.scenario.load import Scenario

if TYPE_CHECKING:
    from advisor.candidates.times import Added


@dataclass(frozen=True)
class Ground:
    """What candidates of a role are built from.

    Attributes:
        date: of the prices.
        demand: what they must be able to carry.
        behind: optional cache in front of the role -> whether it is in use.
        added: operation -> what the workload adds to its times, as far as somebody asked.
    """

    scenario: Scenario
    catalog: Catalog
    date: datetime.date
    demand: Demand
    behind: Mapping[str, bool]
    added: dict[str, Added] = field(default_factory=dict, init=False, compare=False, repr=False)

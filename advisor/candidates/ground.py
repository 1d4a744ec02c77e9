"""What every candidate of a role is built from, whatever its option and size."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from advisor.candidates.demand import Demand
from advisor.catalog.load import Catalog
from advisor.scenario.load import Scenario


@dataclass(frozen=True)
class Ground:
    """What candidates of a role are built from.

    Attributes:
        date: of the prices.
        demand: what they must be able to carry.
        behind: optional cache in front of the role -> whether it is in use.
    """

    scenario: Scenario
    catalog: Catalog
    date: datetime.date
    demand: Demand
    behind: Mapping[str, bool]

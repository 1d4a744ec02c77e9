"""What a session starts from: a scenario and its catalog, solved once somebody asks for it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from advisor.catalog.load import Catalog
from advisor.errors import bad_input
from advisor.rehearsal import traffic
from advisor.rehearsal.world import World, changed
from advisor.scenario.load import Scenario


@dataclass(frozen=True)
class Start:
    """Scenario and catalog of a session. ``as_of``: the day whose prices count, None for the newest."""

    scenario: Scenario
    catalog: Catalog
    as_of: datetime.date | None = None
    solved: World | None = None

    @classmethod
    def of(cls, solved: World) -> Start:
        """Return the start of a scenario that is solved already."""
        return cls(solved.scenario, solved.catalog, solved.table.as_of, solved)

    @cached_property
    def world(self) -> World:
        """The scenario, solved. Raises :class:`InputError`: it has no design, so nothing to rehearse."""
        found = self.solved or World.of(self.scenario, self.catalog, as_of=self.as_of)
        if not found.feasible:
            raise bad_input(
                "is not solved to a proved optimum, so there is nothing to rehearse against; see advisor propose",
                file=self.scenario.file,
            )
        return found

    def grown(self, factor: float) -> dict[str, object]:
        """Return the changes that multiply the traffic."""
        return traffic.grown(self.scenario, self.catalog, factor)

    def at(self, changes: Mapping[str, object]) -> World:
        """Return the world with values of the scenario changed, for which the scenario itself is not solved.

        Raises:
            InputError: a path or a value that the scenario cannot have.
        """
        only = self.solved.only if self.solved else None
        return World.of(changed(self.scenario, changes, self.catalog), self.catalog, as_of=self.as_of, only=only)

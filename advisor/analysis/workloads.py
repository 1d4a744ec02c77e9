"""The candidates under another workload: only the roles that stand on what changed are built again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from advisor.candidates.demand import demands
from advisor.candidates.kit import remembered
from advisor.candidates.maker import Maker
from advisor.candidates.table import Table, table, variants
from advisor.evaluation.alike import asked
from advisor.scenario.load import Scenario

MOST_KEPT = 2  # tables that are remembered: one is read, then solved


class _Read(Mapping[str, float]):
    """A workload that notes which of its parameters are read."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self.values_, self.read = values, set[str]()

    def __getitem__(self, name: str) -> float:
        self.read.add(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


@dataclass
class Workloads:
    """Tables of one scenario under other workloads, each equal to the one that is built from nothing.

    Attributes:
        only: role -> ids of the options to build candidates of; None for all.
        again: role -> those to build again; default: ``only``.
    """

    origin: Table
    only: Mapping[str, Collection[str]] | None = None
    again: Mapping[str, Collection[str]] | None = None
    _known: dict[tuple[float, ...], Table] = field(default_factory=dict)

    @cached_property
    def read(self) -> Mapping[str, frozenset[str]]:
        """Role -> parameters that its candidates depend on otherwise than through its demand."""
        found = {}
        for role in self.origin.candidates:
            noted = _Read(self.origin.scenario.workload)
            scenario = replace(self.origin.scenario, workload=noted)
            Maker(scenario, self.origin.catalog, self.origin.as_of, self.origin.demand).of_role(
                role, self._options(role)
            )
            found[role] = frozenset(noted.read)
        return found

    def under(self, scenario: Scenario) -> Table:
        """Return the candidates under another workload or hourly rate of the same scenario."""
        key = (scenario.usd_per_hour, *scenario.workload.values())
        return remembered(self._known, key, lambda: self._built(scenario), MOST_KEPT)

    def _built(self, scenario: Scenario) -> Table:
        old = self.origin.scenario
        if scenario.share or replace(scenario, workload=old.workload) != old:
            return table(scenario, self.origin.catalog, self.origin.as_of, only=self.only)
        changed = {name for name, value in scenario.workload.items() if value != old.workload[name]}
        demand = {caches: demands(scenario, caches) for caches in variants(scenario)}
        again = [
            role
            for role in self.origin.candidates
            if changed & self.read[role] or any(demand[c][role] != self.origin.demand[c][role] for c in demand)
        ]
        options = {role: self.again[role] if self.again else self._options(role) for role in again}
        return replace(self.origin, scenario=scenario, demand=demand).again(self.origin.catalog, options)

    def _options(self, role: str) -> Collection[str]:
        return self.only[role] if self.only else [one.id for _, one in self.origin.catalog.options_for(role)]


def same_steps(old: Scenario, new: Scenario) -> bool:
    """Return whether requests take the same steps, as often and with the same waits, under two workloads.

    Then only candidates can make a difference to a design.
    """
    if old.blueprint != new.blueprint:
        return False
    steps = [step for flow in old.blueprint.flows.values() for step in flow.steps()]
    return all(asked(step, old) == asked(step, new) for step in steps)

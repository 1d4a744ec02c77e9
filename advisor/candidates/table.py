"""Every candidate of a scenario, and why some options have none."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from advisor.candidates.build import Builder
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.demand import Demand, demands
from advisor.candidates.ground import Ground
from advisor.candidates.layout import Layout
from advisor.candidates.maker import Maker, Rejection, behind, moved
from advisor.candidates.pool_parts import alone, repooled
from advisor.candidates.shared import Sharing
from advisor.candidates.tactics import JOINS
from advisor.candidates.tactics.prompt_cache import restated
from advisor.candidates.unswept import unswept
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.errors import bad_input, listing, nearest
from advisor.scenario.load import Scenario


@dataclass(frozen=True)
class Table:
    """All candidates by role, before any requirement is applied, and the options that have none.

    Attributes:
        scenario, catalog, as_of: what the candidates were built from.
        candidates: role -> candidates, in order of option id and size.
        demand: caches in use -> role -> demand.
    """

    scenario: Scenario
    catalog: Catalog
    as_of: datetime.date
    candidates: Mapping[str, tuple[Candidate, ...]]
    rejections: tuple[Rejection, ...]
    demand: Mapping[frozenset[str], Mapping[str, Demand]]

    @property
    def unfilled(self) -> tuple[tuple[str, tuple[Rejection, ...]], ...]:
        """The roles that must be filled and have no candidate, with what stood against each of their options."""
        needed = (role for role, use in self.scenario.blueprint.roles.items() if not use.optional)
        empty = (role for role in needed if not self.candidates[role])
        return tuple((role, tuple(one for one in self.rejections if one.role == role)) for role in empty)

    def find(self, role: str, name: str) -> Candidate:
        """Return a role's candidate by id, or raise :class:`InputError` naming the nearest."""
        for candidate in self.candidates[role]:
            if candidate.id == name:
                return candidate
        known = [candidate.id for candidate in self.candidates[role]]
        raise bad_input(
            f"found '{name}', which is not a candidate of {role}; candidates: {listing(known)}{nearest(name, known)}",
            path=role,
        )

    def named(self, role: str, name: str) -> Candidate:
        """Return a role's candidate by id, also one of an option that could not be bought on the day of the prices.

        Raises:
            InputError: there is none; names the nearest that there is.
        """
        unsold = {one.option.id for one in self.rejections if one.role == role and one.unsold}
        if any(option in name for option in unsold):
            wanted = {option.id for _, option in self.catalog.options_for(role) if option.id in name}
            maker = Maker(self.scenario, self.catalog, self.as_of, self.demand)
            known = maker.of_role(role, wanted, unsold=True)
            found = next((one for one in known if one.id == name), None)
            if found is not None:
                return found
        return self.find(role, name)

    def sized(self, role: str, option_id: str, units: int, zones: int, caches: frozenset[str]) -> Candidate:
        """Return a candidate of any size, also one that was not generated.

        Raises:
            ValueError: it is overloaded, it holds part of a copy of its data, or its availability is not stated for so
                many zones.
        """
        component, option = self.catalog.options[option_id]
        demand = self.demand[caches][role]
        stated = option.availability.service_by_zones
        if stated is not None and str(zones) not in stated:
            raise ValueError(f"{option_id} runs in {' or '.join(sorted(stated))} zones, not in {zones}")
        ground = Ground(self.scenario, self.catalog, self.as_of, demand, behind(role, caches, self.scenario))
        builder = alone(component, option, ground) or Builder(component, option, ground)
        needed = builder.needed
        if option.unit and option.unit.stateful and units > needed and units % needed:
            raise ValueError(
                f"{units} units of {option_id} hold one copy of the data ({needed} units) and part of another; "
                f"give a multiple of {needed}"
            )
        layout = Layout(units, zones, min(needed, units), ("replicate",) if units > needed or zones > 1 else ())
        return moved(builder.built(layout), self.scenario)

    def resized(self, one: Candidate, units: int, zones: int, caches: frozenset[str]) -> Candidate:
        """Return a candidate with another number of units, run, bought and asked as it is.

        Of a combination the primary gets the units and the other parts keep theirs. Raises what :meth:`sized` raises.
        """
        if one.shared:
            raise ValueError(f"{one.name} serves {' and '.join(one.shared)}; it is not resized for one of them")
        if one.parts:
            primary, *others = one.parts
            parts = [self.resized(primary, units, zones, caches)]
            parts += [self.resized(part, part.units, part.zones, caches) for part in others]
            return moved(JOINS[one.combined_by](tuple(parts), one.shares, self.scenario), self.scenario)
        assert one.layout is not None
        if one.pooled is not None:
            around = behind(one.role, caches, self.scenario)
            ground = Ground(self.scenario, self.catalog, self.as_of, self.demand[caches][one.role], around)
            return moved(repooled(one, units, zones, ground, *self._as_stated(one)), self.scenario)
        component, option = self._as_stated(one)
        stated = option.availability.service_by_zones
        if stated is not None and str(zones) not in stated:
            raise ValueError(f"{option.id} runs in {' or '.join(sorted(stated))} zones, not in {zones}")
        builder = self._builder(one, component, option, caches)
        layout, needed = restated(one.layout, one.role, self.scenario), min(builder.needed, units)
        if (units, zones, needed) != (layout.units, layout.zones, layout.needed):
            layout = replace(layout, units=units, zones=zones, needed=needed)
        found = builder.built(layout)
        if (one.carried_share, one.billed_share) != (1.0, 1.0):
            found = replace(found, carried_share=one.carried_share, billed_share=one.billed_share)
        return moved(found, self.scenario)

    def _builder(self, one: Candidate, component: Component, option: Option, caches: frozenset[str]) -> Builder:
        """Return what builds an option for a candidate's shares of the demand; all its sizes have the same."""
        key = (one.role, id(option), caches, one.carried_share, one.billed_share)  # the builder keeps the option
        if key not in self._builders:
            whole = self.demand[caches][one.role]
            carried, billed = whole.scaled(one.carried_share), whole.scaled(one.billed_share)
            around = behind(one.role, caches, self.scenario)
            ground = Ground(self.scenario, self.catalog, self.as_of, carried, around)
            self._builders[key] = Builder(component, option, ground, billed=billed)
        return self._builders[key]

    @cached_property
    def _builders(self) -> dict[tuple[str, int, frozenset[str], float, float], Builder]:
        return {}

    def _as_stated(self, one: Candidate) -> tuple[Component, Option]:
        """Return component and option as this table's catalog states them; what a tactic made of an option stays."""
        assert one.option is not None
        assert one.component is not None
        return self.catalog.options.get(one.option.id, (one.component, one.option))

    def again(
        self, catalog: Catalog, only: Mapping[str, Collection[str] | None], scenario: Scenario | None = None
    ) -> Table:
        """Return the table under another catalog, in which only some roles are built again, from some options.

        Args:
            only: role -> ids of options, None for all; roles that it does not name keep their candidates.
            scenario: another one under which those of the other roles are the same.
        """
        scenario = replace(scenario or self.scenario, clouds=catalog.records.clouds)
        candidates = dict(self.candidates)
        kept = [one for one in self.rejections if one.role not in only]
        maker = Maker(scenario, catalog, self.as_of, self.demand, kept)
        with unswept():
            candidates |= {role: maker.of_role(role, options) for role, options in only.items()}
        if scenario.share:
            serving = Sharing(
                scenario, catalog, self.as_of, self.demand, lambda role, used: behind(role, used, scenario)
            )
            for one in serving.candidates():
                if one.role in only and one.option and one.option.id in (only[one.role] or (one.option.id,)):
                    candidates[one.role] = (*candidates[one.role], moved(one, scenario))
        return replace(
            self, scenario=scenario, catalog=catalog, candidates=candidates, rejections=tuple(maker.rejections)
        )


def table(
    scenario: Scenario,
    catalog: Catalog,
    as_of: datetime.date | None = None,
    *,
    only: Mapping[str, Collection[str]] | None = None,
) -> Table:
    """Return every candidate of a scenario, priced as of a date (default: the newest price check in the catalog).

    ``only``: role -> ids of the options to build candidates of, for roles that not everything is wanted of.
    """
    date = as_of or catalog.date
    demand = {caches: demands(scenario, caches) for caches in variants(scenario)}
    maker = Maker(scenario, catalog, date, demand)
    with unswept():
        candidates = {role: maker.of_role(role, (only or {}).get(role)) for role in scenario.blueprint.roles}
    serving = Sharing(scenario, catalog, date, demand, lambda role, caches: behind(role, caches, scenario))
    for one in serving.candidates():
        if only is None or one.role not in only or (one.option and one.option.id in only[one.role]):
            candidates[one.role] = (*candidates[one.role], moved(one, scenario))
    return Table(scenario, catalog, date, candidates, tuple(maker.rejections), demand)


def variants(scenario: Scenario) -> list[frozenset[str]]:
    """Return every set of cache roles that may be in use.

    Only caches decide: they alone change what other roles are asked for.
    """
    roles = scenario.cache_roles
    choices = [(False, True) if scenario.blueprint.roles[role].optional else (True,) for role in roles]
    return [frozenset(r for r, used in zip(roles, pattern, strict=True) if used) for pattern in product(*choices)]


def by_id(table_: Table, design: Mapping[str, str]) -> dict[str, Candidate]:
    """Return role -> candidate for role -> candidate id; roles not named are left out (optional roles only)."""
    return {role: table_.find(role, design.get(role, NONE)) for role in table_.candidates}

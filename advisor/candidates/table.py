"""Every candidate of a scenario, and why some options have none."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from advisor.candidates.build import build, left_out
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.demand import Demand, demands
from advisor.candidates.layout import Layout
from advisor.candidates.pool_parts import Ground, alone, repooled
from advisor.candidates.shared import Sharing
from advisor.candidates.sizing import needed_units
from advisor.candidates.tactics import JOINS, Bench, Setting, Site, combinations, layouts, settings
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.catalog.sale import refusal
from advisor.errors import bad_input, listing, nearest
from advisor.scenario.load import Scenario


@dataclass(frozen=True)
class Rejection:
    """An option that has no candidate in this scenario, and why.

    Attributes:
        unsold: it could not be bought on the day of the prices; else no size of it can carry the load.
    """

    role: str
    component: Component
    option: Option
    reason: str
    unsold: bool = False


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
            known = _candidates(role, self.scenario, self.catalog, self.as_of, self.demand, [], wanted, unsold=True)
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
        behind = _behind(role, caches, self.scenario)
        by_class = alone(component, option, Ground(self.scenario, self.catalog, self.as_of, demand, behind))
        utilisation = self.scenario.sizing.target_utilisation
        needed = by_class.needed() if by_class else needed_units(option, demand, utilisation)
        if option.unit and option.unit.stateful and units > needed and units % needed:
            raise ValueError(
                f"{units} units of {option_id} hold one copy of the data ({needed} units) and part of another; "
                f"give a multiple of {needed}"
            )
        layout = Layout(units, zones, min(needed, units), ("replicate",) if units > needed or zones > 1 else ())
        if by_class:
            return moved(by_class.built(layout), self.scenario)
        found = build(component, option, layout, demand, behind, self.scenario, self.catalog, self.as_of)
        return moved(found, self.scenario)

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
            behind = _behind(one.role, caches, self.scenario)
            ground = Ground(self.scenario, self.catalog, self.as_of, self.demand[caches][one.role], behind)
            return moved(repooled(one, units, zones, ground, *self._as_stated(one)), self.scenario)
        component, option = self._as_stated(one)
        stated = option.availability.service_by_zones
        if stated is not None and str(zones) not in stated:
            raise ValueError(f"{option.id} runs in {' or '.join(sorted(stated))} zones, not in {zones}")
        whole = self.demand[caches][one.role]
        demand, billed = whole.scaled(one.carried_share), whole.scaled(one.billed_share)
        needed = needed_units(option, demand, self.scenario.sizing.target_utilisation)
        layout = replace(one.layout, units=units, zones=zones, needed=min(needed, units))
        behind, as_of = _behind(one.role, caches, self.scenario), self.as_of
        found = build(component, option, layout, demand, behind, self.scenario, self.catalog, as_of, billed=billed)
        found = replace(found, carried_share=one.carried_share, billed_share=one.billed_share)
        return moved(found, self.scenario)

    def _as_stated(self, one: Candidate) -> tuple[Component, Option]:
        """Return component and option as this table's catalog states them; what a tactic made of an option stays."""
        assert one.option is not None
        assert one.component is not None
        return self.catalog.options.get(one.option.id, (one.component, one.option))

    def again(self, catalog: Catalog, only: Mapping[str, Collection[str]]) -> Table:
        """Return the table under another catalog, in which only some roles are built again, from some options.

        Args:
            only: role -> ids of options; roles that it does not name keep their candidates.
        """
        scenario = replace(self.scenario, clouds=catalog.records.clouds)
        candidates = dict(self.candidates)
        rejections = [one for one in self.rejections if one.role not in only]
        for role, options in only.items():
            candidates[role] = _candidates(role, scenario, catalog, self.as_of, self.demand, rejections, options)
        if scenario.share:
            serving = Sharing(
                scenario, catalog, self.as_of, self.demand, lambda role, used: _behind(role, used, scenario)
            )
            for one in serving.candidates():
                if one.role in only and one.option and one.option.id in only[one.role]:
                    candidates[one.role] = (*candidates[one.role], moved(one, scenario))
        return replace(
            self, scenario=scenario, catalog=catalog, candidates=candidates, rejections=tuple(rejections)
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
    rejections: list[Rejection] = []
    candidates = {
        role: _candidates(role, scenario, catalog, date, demand, rejections, (only or {}).get(role))
        for role in scenario.blueprint.roles
    }
    serving = Sharing(scenario, catalog, date, demand, lambda role, caches: _behind(role, caches, scenario))
    for one in serving.candidates():
        if only is None or one.role not in only or (one.option and one.option.id in only[one.role]):
            candidates[one.role] = (*candidates[one.role], moved(one, scenario))
    return Table(scenario, catalog, date, candidates, tuple(rejections), demand)


def _candidates(
    role: str,
    scenario: Scenario,
    catalog: Catalog,
    date: datetime.date,
    demand: Mapping[frozenset[str], Mapping[str, Demand]],
    rejections: list[Rejection],
    wanted: Collection[str] | None,
    *,
    unsold: bool = False,
) -> tuple[Candidate, ...]:
    """Return a role's candidates, of all options or of the wanted ones; notes the options that have none.

    ``unsold``: also of options that could not be bought on the day.
    """
    found = list(_of_role(role, scenario, catalog, date, demand, rejections, wanted, unsold=unsold))
    found += _combined(role, catalog, scenario, found, demand, date, rejections, wanted)
    every = [left_out(role, catalog), *found] if scenario.blueprint.roles[role].optional else found
    return tuple(moved(candidate, scenario) for candidate in every)


def moved(candidate: Candidate, scenario: Scenario) -> Candidate:
    """Return a candidate with the hours that it takes to have it instead of what runs today.

    A combination that keeps what runs today is no move: what comes beside it is new.
    """
    today = scenario.standing
    hours = min(today.hours(candidate.role, one.component, one.option) for one in candidate.members)
    return replace(candidate, migration_h=hours, horizon_months=today.horizon_months) if hours else candidate


def variants(scenario: Scenario) -> list[frozenset[str]]:
    """Return every set of cache roles that may be in use.

    Only caches decide: they alone change what other roles are asked for.
    """
    roles = scenario.blueprint.cache_roles
    choices = [(False, True) if scenario.blueprint.roles[role].optional else (True,) for role in roles]
    return [frozenset(r for r, used in zip(roles, pattern, strict=True) if used) for pattern in product(*choices)]


def _behind(role: str, caches: frozenset[str], scenario: Scenario) -> dict[str, bool]:
    cache = scenario.blueprint.behind_cache(role)
    optional = cache is not None and scenario.blueprint.roles[cache].optional
    return {cache: cache in caches} if cache and optional else {}


def _of_role(
    role: str,
    scenario: Scenario,
    catalog: Catalog,
    date: datetime.date,
    demand: Mapping[frozenset[str], Mapping[str, Demand]],
    rejections: list[Rejection],
    wanted: Collection[str] | None = None,
    *,
    unsold: bool = False,
) -> Iterator[Candidate]:
    seen: set[str] = set()
    own = _own_variant(role, demand)
    for component, option in catalog.options_for(role):
        if wanted is not None and option.id not in wanted:
            continue
        if not unsold and (why := refusal(catalog, component, option, date)):
            _reject(rejections, Rejection(role, component, option, why, unsold=True))
            continue
        every = settings(Setting(role, option, scenario, catalog))
        ways = [way for way in every if unsold or not refusal(catalog, component, way[0].option, date)]
        if not ways:
            rejections.append(Rejection(role, component, option, _QUANTISED.format(option.precision)))
        for caches in demand:
            behind = _behind(role, caches, scenario)
            if not behind and caches != own:
                continue
            for setting, base in ways:
                found = _of_setting(setting, base, component, demand[caches][role], behind, date, rejections)
                for candidate in found:
                    if candidate.id not in seen:
                        seen.add(candidate.id)
                        yield candidate


_QUANTISED = "its weights are served in {}, and tactics.deny names quantise"


def _of_setting(
    setting: Setting,
    base: Layout,
    component: Component,
    demand: Demand,
    behind: Mapping[str, bool],
    date: datetime.date,
    rejections: list[Rejection],
) -> Iterator[Candidate]:
    """Yield an option in every layout that can be built; when there is none, say why the first cannot."""
    scenario, option = setting.scenario, setting.option
    by_class = alone(component, option, Ground(scenario, setting.catalog, date, demand, behind))
    problem, built = "", False
    try:
        utilisation = scenario.sizing.target_utilisation
        needed = by_class.needed() if by_class else needed_units(option, demand, utilisation)
    except ValueError as error:
        problem, needed = str(error), 0
    for layout in layouts(setting, needed, base) if needed else ():
        try:
            if by_class:
                yield by_class.built(layout)
            else:
                yield build(component, option, layout, demand, behind, scenario, setting.catalog, date)
            built = True
        except ValueError as error:
            problem = problem or str(error)
    if problem and not built:
        _reject(rejections, Rejection(setting.role, component, option, problem))


def _reject(rejections: list[Rejection], one: Rejection) -> None:
    if one not in rejections:
        rejections.append(one)


def _combined(
    role: str,
    catalog: Catalog,
    scenario: Scenario,
    plain: Sequence[Candidate],
    demand: Mapping[frozenset[str], Mapping[str, Demand]],
    date: datetime.date,
    rejections: list[Rejection],
    wanted: Collection[str] | None,
) -> Iterator[Candidate]:
    """Yield the combinations that a role's tactics make of its candidates, for each use of the caches."""
    allowed = scenario.tactics.allowed & frozenset(catalog.role(role).tactics)
    if not allowed:
        return
    admitted = [c for c in plain if all(c.admitted_by(rule) for rule in scenario.filters)]
    options = list(_admitted_options(role, catalog, scenario, date, wanted))

    def reject(component: Component, option: Option, reason: str) -> None:
        _reject(rejections, Rejection(role, component, option, reason))

    own = _own_variant(role, demand)
    for behind in dict.fromkeys(tuple(_behind(role, used, scenario).items()) for used in demand):
        same = [c for c in admitted if tuple(c.behind.items()) == behind]
        caches = next(u for u in (own, *demand) if _behind(role, u, scenario) == dict(behind))
        resize = _Resize(demand[caches][role], scenario, catalog, date)
        ground = Ground(scenario, catalog, date, demand[caches][role], dict(behind))
        yield from combinations(Bench(role, scenario, same, resize, Site(ground, options, reject)), allowed)


def _admitted_options(
    role: str, catalog: Catalog, scenario: Scenario, date: datetime.date, wanted: Collection[str] | None
) -> Iterator[tuple[Component, Option]]:
    """Yield the options of a role that are sold and that the scenario's rules and tactics admit, sized or not."""
    for component, option in catalog.options_for(role):
        if option.precision is not None and "quantise" not in scenario.tactics.allowed:
            continue
        named = (wanted is None or option.id in wanted) and not refusal(catalog, component, option, date)
        if named and all(rule.admits(role, component, option) for rule in scenario.filters):
            yield component, option


@dataclass(frozen=True)
class _Resize:
    """Sizes a candidate again for a share of the demand, keeping its spare units, zones and the way it is bought.

    What was sized once is remembered: a tactic that pairs candidates asks for each of them again and again.
    """

    demand: Demand
    scenario: Scenario
    catalog: Catalog
    date: datetime.date
    known: dict[tuple[str, int, float, float], Candidate | None] = field(default_factory=dict)

    def __call__(self, one: Candidate, carried: float, billed: float) -> Candidate | None:
        key = (one.id, one.needed_units, carried, billed)
        if key not in self.known:
            try:
                self.known[key] = self._sized(one, carried, billed)
            except ValueError:  # above a limit, or no steady state
                self.known[key] = None
        return self.known[key]

    def _sized(self, one: Candidate, carried: float, billed: float) -> Candidate:
        assert one.option is not None
        assert one.component is not None
        assert one.layout is not None
        demand = self.demand.scaled(carried)
        by_class = alone(
            one.component, one.option, Ground(self.scenario, self.catalog, self.date, demand, dict(one.behind))
        )
        utilisation = self.scenario.sizing.target_utilisation
        needed = by_class.needed() if by_class else needed_units(one.option, demand, utilisation)
        units = needed + one.units - one.needed_units
        if one.option.unit and units > one.option.unit.most:
            raise ValueError(f"{units} units are more than {one.option.unit.most}")
        layout = replace(one.layout, units=units, needed=needed, zones=min(one.zones, units))
        asked = self.demand.scaled(billed)
        if by_class:
            found = by_class.built(layout)
            assert found.pooled is not None
            pooled = replace(found.pooled, of=carried)
            return replace(found, carried_share=carried, billed_share=billed, pooled=pooled)
        found = build(
            one.component, one.option, layout, demand, one.behind, self.scenario, self.catalog, self.date, billed=asked
        )
        return replace(found, carried_share=carried, billed_share=billed)


def _own_variant(role: str, demand: Mapping[frozenset[str], object]) -> frozenset[str]:
    """Return the variant that sizes a role which is not behind a cache: a cache itself is sized for being used."""
    return next((caches for caches in demand if role in caches), next(iter(demand)))


def by_id(table_: Table, design: Mapping[str, str]) -> dict[str, Candidate]:
    """Return role -> candidate for role -> candidate id; roles not named are left out (optional roles only)."""
    return {role: table_.find(role, design.get(role, NONE)) for role in table_.candidates}

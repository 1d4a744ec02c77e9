"""Making a role's candidates: every option in every layout, what tactics make of them, and why an option has none."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

from advisor.candidates.build import Builder, left_out
from advisor.candidates.candidate import Candidate, passing
from advisor.candidates.demand import Demand
from advisor.candidates.ground import Ground
from advisor.candidates.kit import kit_of, remembered
from advisor.candidates.layout import Layout
from advisor.candidates.pool_parts import alone
from advisor.candidates.tactics import Bench, Setting, Site, combinations, layouts, manner, settings
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.catalog.sale import refusal
from advisor.scenario.load import Scenario

_QUANTISED = "its weights are served in {}, and tactics.deny names quantise"


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

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """Role, option, reason, and whether it was not for sale."""
        return self.role, self.option.id, self.reason, self.unsold


@dataclass(frozen=True)
class Maker:
    """Makes candidates, role by role, and keeps what has none.

    Attributes:
        demand: caches in use -> role -> demand.
        rejections: the options that have no candidate so far, each once; filled as roles are made.
    """

    scenario: Scenario
    catalog: Catalog
    date: datetime.date
    demand: Mapping[frozenset[str], Mapping[str, Demand]]
    rejections: list[Rejection] = field(default_factory=list)

    @cached_property
    def _rejected(self) -> set[tuple[str, str, str, bool]]:
        """What names a rejection: of one catalog, two that are called the same are the same."""
        return {one.key for one in self.rejections}

    def of_role(
        self, role: str, wanted: Collection[str] | None = None, *, unsold: bool = False
    ) -> tuple[Candidate, ...]:
        """Return a role's candidates, of all options or of the wanted ones, with what leaving it out would be.

        Args:
            unsold: also of options that could not be bought on the day.
        """
        found = list(self._plain(role, wanted, unsold=unsold))
        found += self._combined(role, found, wanted)
        optional = self.scenario.blueprint.roles[role].optional
        every = [left_out(role, self.catalog), *found] if optional else found
        return tuple(moved(candidate, self.scenario) for candidate in every)

    def _reject(self, one: Rejection) -> None:
        if one.key not in self._rejected:
            self._rejected.add(one.key)
            self.rejections.append(one)

    def _grounds(self, role: str) -> list[Ground]:
        """Return what a role's candidates are built from, for each use of the caches that changes what it is asked."""
        own, found = own_variant(role, self.demand), list[Ground]()
        for caches, demand in self.demand.items():
            around = behind(role, caches, self.scenario)
            ground = Ground(self.scenario, self.catalog, self.date, demand[role], around)
            same = any(known.behind == around and known.demand == ground.demand for known in found)
            if (around or caches == own) and not same:
                found.append(ground)
        return found

    def _plain(self, role: str, wanted: Collection[str] | None, *, unsold: bool) -> Iterator[Candidate]:
        seen: set[str] = set()
        grounds, how = self._grounds(role), manner(role, self.scenario)
        for component, option in self.catalog.options_for(role):
            if wanted is not None and option.id not in wanted:
                continue
            why = kit_of(component, option, role, self.catalog, self.date).unsold
            if why and not unsold:
                self._reject(Rejection(role, component, option, why, unsold=True))
                continue
            every = settings(Setting(role, option, self.scenario, self.catalog))
            sold = [way for way in every if unsold or not self._refused(way[0].option, component, option)]
            if not sold:
                self._reject(Rejection(role, component, option, _QUANTISED.format(option.precision)))
            for ground, (setting, base) in product(grounds, sold):
                for candidate in self._of_setting(setting, base, component, ground, how):
                    if candidate.id not in seen:
                        seen.add(candidate.id)
                        yield candidate

    def _refused(self, made: Option, component: Component, option: Option) -> bool:
        """Return whether what a tactic made of an option that is sold is not sold itself: on another machine."""
        return made is not option and bool(refusal(self.catalog, component, made, self.date))

    def _of_setting(
        self, setting: Setting, base: Layout, component: Component, ground: Ground, how: Hashable
    ) -> Iterator[Candidate]:
        """Yield an option in every layout that can be built; when there is none, say why the first cannot."""
        option, problem, built = setting.option, "", False
        try:
            builder = alone(component, option, ground) or Builder(component, option, ground)
            needed = builder.needed
        except ValueError as error:
            problem, needed = str(error), 0
        for layout in self._layouts(setting, needed, base, component, how) if needed else ():
            try:
                yield builder.built(layout)
                built = True
            except ValueError as error:
                problem = problem or str(error)
        if problem and not built:
            self._reject(Rejection(setting.role, component, option, problem))

    def _layouts(
        self, setting: Setting, needed: int, base: Layout, component: Component, how: Hashable
    ) -> Sequence[Layout]:
        """Return the layouts of an option that needs so many units; remembered for what else decides on them."""
        kit = kit_of(component, setting.option, setting.role, self.catalog, self.date)
        return remembered(kit.layouts, (needed, base.tactics, how), lambda: layouts(setting, needed, base))

    def _combined(self, role: str, plain: Sequence[Candidate], wanted: Collection[str] | None) -> Iterator[Candidate]:
        """Yield the combinations that a role's tactics make of its candidates, for each use of the caches."""
        allowed = self.scenario.tactics.allowed & frozenset(self.catalog.role(role).tactics)
        if not allowed:
            return
        fit = passing(plain, self.scenario.filters)
        options = list(self._admitted_options(role, wanted))

        def reject(component: Component, option: Option, reason: str) -> None:
            self._reject(Rejection(role, component, option, reason))

        own = own_variant(role, self.demand)
        for around in dict.fromkeys(tuple(behind(role, used, self.scenario).items()) for used in self.demand):
            same = [c for c in fit if tuple(c.behind.items()) == around]
            caches = next(u for u in (own, *self.demand) if behind(role, u, self.scenario) == dict(around))
            ground = Ground(self.scenario, self.catalog, self.date, self.demand[caches][role], dict(around))
            site = Site(ground, options, reject)
            yield from combinations(Bench(role, self.scenario, same, Resize(ground), site), allowed)

    def _admitted_options(self, role: str, wanted: Collection[str] | None) -> Iterator[tuple[Component, Option]]:
        """Yield the options of a role that are sold and that the scenario's rules and tactics admit, sized or not."""
        for component, option in self.catalog.options_for(role):
            if option.precision is not None and "quantise" not in self.scenario.tactics.allowed:
                continue
            named = wanted is None or option.id in wanted
            sold = named and not refusal(self.catalog, component, option, self.date)
            if sold and all(rule.admits(role, component, option) for rule in self.scenario.filters):
                yield component, option


@dataclass(frozen=True)
class Resize:
    """Sizes a candidate again for a share of the demand, keeping its spare units, zones and the way it is bought.

    What was sized once is remembered: a tactic that pairs candidates asks for each of them again and again.
    """

    ground: Ground
    known: dict[tuple[str, int, float, float], Candidate | None] = field(default_factory=dict)

    def __call__(self, one: Candidate, carried: float, billed: float) -> Candidate | None:
        """Return the candidate for a carried and a billed share of the demand, None where no size carries it."""
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
        ground = replace(self.ground, demand=self.ground.demand.scaled(carried), behind=one.behind)
        by_class = alone(one.component, one.option, ground)
        builder = by_class or Builder(one.component, one.option, ground, billed=self.ground.demand.scaled(billed))
        needed = builder.needed
        units = needed + one.units - one.needed_units
        if one.option.unit and units > one.option.unit.most:
            raise ValueError(f"{units} units are more than {one.option.unit.most}")
        found = builder.built(replace(one.layout, units=units, needed=needed, zones=min(one.zones, units)))
        pooled = found.pooled and replace(found.pooled, of=carried)
        return replace(found, carried_share=carried, billed_share=billed, pooled=pooled)


def moved(candidate: Candidate, scenario: Scenario) -> Candidate:
    """Return a candidate with the hours that it takes to have it instead of what runs today.

    A combination that keeps what runs today is no move: what comes beside it is new.
    """
    today = scenario.standing
    hours = min(today.hours(candidate.role, one.component, one.option) for one in candidate.members)
    return replace(candidate, migration_h=hours, horizon_months=today.horizon_months) if hours else candidate


def behind(role: str, caches: frozenset[str], scenario: Scenario) -> dict[str, bool]:
    """Return whether the optional cache that spares a role work is in use; nothing for a role behind none."""
    cache = scenario.blueprint.behind_cache(role)
    optional = cache is not None and scenario.blueprint.roles[cache].optional
    return {cache: cache in caches} if cache and optional else {}


def own_variant(role: str, demand: Mapping[frozenset[str], object]) -> frozenset[str]:
    """Return the variant that sizes a role which is not behind a cache: a cache itself is sized for being used."""
    return next((caches for caches in demand if role in caches), next(iter(demand)))

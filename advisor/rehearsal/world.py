"""A solved scenario that questions are asked about: what is asked of it again and again is solved once."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from advisor.analysis.answers import Answer, solve
from advisor.analysis.conflict import conflict
from advisor.analysis.fixed import FixedDesign, within_target
from advisor.analysis.forced import Wish
from advisor.analysis.overrides import change
from advisor.analysis.reasons import Reason, reasons
from advisor.analysis.regrown import best_that_holds, regrown
from advisor.analysis.what_if import changed_table
from advisor.analysis.why_not import WhyNot, granted
from advisor.candidates.candidate import Candidate
from advisor.candidates.demand import Demand, demands
from advisor.candidates.table import Table
from advisor.candidates.table import table as build
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.explanation.derivation import Derivation
from advisor.explanation.explain import explain
from advisor.optimizer.found import Found
from advisor.optimizer.narrowing import search_from
from advisor.optimizer.run import optimise
from advisor.optimizer.solver import Status
from advisor.rehearsal import traffic, words
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Bound, Requirement

if TYPE_CHECKING:
    from advisor.analysis.ways_out import WaysOut

T = TypeVar("T")
Only = Mapping[str, Collection[str]]
Changes = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class World:
    """A scenario with its answer.

    Attributes:
        only: role -> the options that there are; None for everything in the catalog.
        origin: the world that this one is a change of.
        known: what was solved so far.
        changed: worlds with other candidates that were solved from this scenario, as they were before anything was
            asked about them; shared by all that :meth:`anew` makes.
    """

    answer: Answer
    only: Only | None = None
    origin: World | None = field(default=None, repr=False)
    known: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    changed: dict[Hashable, World] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        catalog: Catalog | None = None,
        *,
        as_of: datetime.date | None = None,
        only: Only | None = None,
    ) -> World:
        """Return the world of a scenario, solved.

        >>> import advisor
        >>> world = World.of(advisor.load_scenario(advisor.example("support_copilot")))
        >>> world.feasible, world.what_if({"constraints.quality.min": None}).cost < world.cost
        (True, True)
        """
        known = catalog or scenario.catalog or load_catalog()
        return cls(solve(build(scenario, known, as_of, only=only), blame=False), only)

    def anew(self) -> World:
        """Return the same world as if nothing had been asked about it yet.

        What a search finds may depend on the designs that it met before, where two cost the same. So what is to be the
        same in whatever order things are worked out, or in whichever process, begins with this.
        """
        search = self.answer.search.under(self.scenario.requirements)
        return World(replace(self.answer, search=search), self.only, changed=self.changed)

    # --- as it is -----------------------------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """What was solved."""
        return self.answer.scenario

    @property
    def catalog(self) -> Catalog:
        """Where its figures are from."""
        return self.answer.table.catalog

    @property
    def table(self) -> Table:
        """Every candidate."""
        return self.answer.table

    @property
    def feasible(self) -> bool:
        """Whether there is a design, proved the best."""
        return self.answer.best is not None and self.answer.status is Status.OPTIMAL

    @property
    def infeasible(self) -> bool:
        """Whether it is proved that there is none."""
        return self.answer.status is Status.INFEASIBLE

    @property
    def best(self) -> Evaluation:
        """The optimum; only where there is one."""
        assert self.answer.best is not None, "without a design there is nothing to ask about"
        return self.answer.best

    @property
    def cost(self) -> float:
        """What the optimum costs, USD a month."""
        return self.best.cost_usd_per_month

    @property
    def demand(self) -> Mapping[str, Demand]:
        """What is asked of every role with the caches that the optimum uses."""
        caches = frozenset(r for r in self.scenario.blueprint.cache_roles if not self.best.design[r].is_none)
        return self.remembered(("demand", caches), lambda: demands(self.scenario, caches))

    def explain(self, metric: str) -> Derivation:
        """Return where a metric of the optimum comes from."""
        return self.remembered(("explain", metric), lambda: explain(self.best, metric, self.catalog))

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made under a key before, or make it."""
        if key not in self.known:
            self.known[key] = make()
        found: T = self.known[key]
        return found

    # --- under other requirements -------------------------------------------------------------------------------------

    def without(self, requirement: Requirement) -> Found:
        """Return the optimum without one of the bounds."""
        rest = self.with_bound(requirement, None)
        return self.remembered(("without", requirement.path), lambda: optimise(self.answer.search.under(rest)))

    def at(self, bound: Bound, limit: float) -> Found:
        """Return the optimum with one of the bounds moved."""
        moved = self.with_bound(bound, limit)
        return self.remembered(("at", bound.path, limit), lambda: optimise(self.answer.search.under(moved)))

    def within(self, usd_per_month: float, bound: Bound, limit: float | None = None) -> Found:
        """Return the optimum of what costs at most so much with one of the bounds moved; None drops it.

        That there is none is proved sooner than an optimum is found: what is dearer need not be told apart.
        """
        most = Bound("constraints.cost_usd_per_month.max", COST, True, usd_per_month)
        wanted = [*self.with_bound(bound, limit), most]
        key = ("within", usd_per_month, bound.path, limit)
        return self.remembered(key, lambda: optimise(self.answer.search.under(wanted)))

    def with_bound(self, one: Requirement, limit: float | None) -> list[Requirement]:
        """Return the requirements with one of the bounds at another limit; None drops it."""
        every = self.scenario.requirements
        if limit is None:
            return [r for r in every if r != one]
        return [replace(r, limit=limit) if r == one and isinstance(r, Bound) else r for r in every]

    def excluding(self, name: str) -> Found:
        """Return the optimum without a component (or option) anywhere."""

        def others(role: str, candidate: Candidate) -> bool | None:
            return name not in candidate.names

        return self.remembered(("excluding", name), lambda: optimise(self.answer.search, only=others))

    def forced(self, role: str, name: str) -> WhyNot:
        """Return what happens when a component, option or candidate fills a role."""
        wish = (Wish(role, name),)
        return self.remembered(("forced", role, name), lambda: granted(self.answer, wish))

    def swaps(self, role: str) -> tuple[Reason, ...]:
        """Return for each component that was not chosen for a role what putting it in place does."""
        return self.remembered(("swaps", role), lambda: reasons(self.answer.search, self.best, [role])[role])

    def conflict(self) -> tuple[Requirement, ...] | None:
        """Return a smallest set of requirements that cannot hold together, of a scenario without a design."""
        return self.remembered("conflict", lambda: conflict(self.table, 0.0, self.answer.search))

    def ways_out(self) -> WaysOut:
        """Return the least changes that give a scenario without a design one."""
        from advisor.analysis.ways_out import ways_out

        return self.remembered("ways_out", lambda: ways_out(self.answer.search, self.conflict(), ask_for=()))

    # --- changed ------------------------------------------------------------------------------------------------------

    def what_if(self, changes: Changes) -> World:
        """Return the world with values of the scenario changed (None removes), solved again.

        Raises:
            InputError: a path or a value that the scenario cannot have.
        """
        key = ("what_if", *_texts(changes))
        return self.remembered(key, lambda: replace(self._once(changes), origin=self))

    def outcome(self, changes: Changes) -> Found | None:
        """Return the optimum with values of the scenario changed; None where the scenario cannot have them.

        Unlike :meth:`what_if` it keeps the design and not all that it was chosen from, which is much more.
        """

        def made() -> Found | None:
            try:
                return self._found(self._changed(changes))
            except InputError:
                return None

        return self.remembered(("outcome", *_texts(changes)), made)

    def _found(self, scenario: Scenario) -> Found:
        """Return the optimum of a changed scenario.

        Where the design of today, or that of another change, holds there with as many units as are needed then, what
        cannot be part of the optimum is left out before it is searched.
        """
        table = changed_table(self.table, scenario)
        if table.candidates is not self.table.candidates and self.only is None and self.answer.best is not None:
            met = [self.best, *(one.best for one in self.known.values() if isinstance(one, Found) and one.best)]
            known = best_that_holds(list(regrown((one.design for one in met), table)), table.scenario.requirements)
            if known is not None:
                return optimise(search_from(table, table.scenario.requirements, known))
        answer = self._again(scenario).answer
        return Found(answer.status, answer.best)

    def kept(self, changes: Changes) -> World | None:
        """Return the world with values changed and the design left as it is; None where it cannot be run so."""
        return self.remembered(("kept", *_texts(changes)), lambda: self._kept(self._changed(changes)))

    def carried(self, design: Evaluation, requirements: Collection[Requirement]) -> Evaluation | None:
        """Return what a design of the world of before does here, as it is, under some requirements.

        None where it could not be chosen so: it cannot be run, breaks one of them, or has a unit that is too full.
        """
        assert self.origin is not None, "nothing was before"
        scenario = replace(self.scenario, requirements=tuple(requirements))
        found = FixedDesign(design, self.origin.table).under(scenario).evaluation
        return found if found is not None and within_target(found) else None

    def with_design(self, design: Evaluation) -> World:
        """Return the world in which another design than the optimum is what is asked about."""
        key = ("design", *(c.id for c in design.design.values()))
        return self.remembered(key, lambda: World(replace(self.answer, best=design), self.only))

    def judged(self, changes: Mapping[str, Candidate]) -> Evaluation:
        """Return what the optimum does with some roles filled otherwise, nothing chosen again."""
        key = ("judged", *((role, c.id) for role, c in sorted(changes.items())))
        return self.remembered(key, lambda: judge({**self.best.design, **changes}, self.scenario))

    def grown(self, factor: float) -> dict[str, object]:
        """Return the changes that multiply the traffic, see :func:`advisor.rehearsal.traffic.grown`."""
        return traffic.grown(self.scenario, self.catalog, factor)

    def lifted(self) -> dict[str, object]:
        """Return the changes that lift the budgets: of money and of hours."""
        return traffic.lifted(self.scenario)

    def _changed(self, changes: Changes) -> Scenario:
        return changed(self.scenario, changes, self.catalog)

    def _once(self, changes: Changes) -> World:
        """Return the changed world, solved; one that has other candidates once for all that ask anew."""
        if (key := _texts(changes)) not in self.changed:
            found = self._again(self._changed(changes))
            if found.answer.table.candidates is self.table.candidates:
                return found
            self.changed[key] = found
        return self.changed[key].anew()

    def _again(self, scenario: Scenario) -> World:
        found = changed_table(self.table, scenario)
        same = found.candidates is self.table.candidates
        if not same and self.only is not None:
            found = build(scenario, self.catalog, self.table.as_of, only=self.only)
        return World(solve(found, like=self.answer.search if same else None, blame=False), self.only)

    def _kept(self, scenario: Scenario) -> World | None:
        found = FixedDesign(self.best, self.table).under(scenario).evaluation
        if found is None:
            return None
        table = replace(self.table, scenario=scenario, candidates={r: (c,) for r, c in found.design.items()})
        return World(Answer(table, Status.OPTIMAL, found, 0.0, None, self.answer.search), self.only)


def changed(scenario: Scenario, changes: Changes, catalog: Catalog) -> Scenario:
    """Return a scenario with values changed. Raises :class:`InputError`: it cannot have them."""
    return change(scenario, list(_texts(changes)), catalog).scenario


def _texts(changes: Changes) -> tuple[str, ...]:
    return tuple(words.setting(path, value) for path, value in changes.items())


def possible(make: Callable[[], World | None]) -> World | None:
    """Return a changed world, None where the change is one that the scenario cannot have."""
    try:
        return make()
    except InputError:
        return None

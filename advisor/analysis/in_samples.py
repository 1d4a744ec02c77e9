"""What a design does in each sample of an uncertain world: it stays as it is, and is judged under other numbers."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisor.analysis.changes import partial_copy
from advisor.analysis.draws import Draws
from advisor.analysis.fixed import only_used, touches
from advisor.candidates.build import left_out
from advisor.candidates.candidate import Candidate
from advisor.candidates.demand import Demand, demands
from advisor.candidates.table import Table
from advisor.candidates.tactics import Setting, settings
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import Reference, with_figures
from advisor.evaluation.evaluate import judge
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, QUALITY, Bound

Design = Mapping[str, Candidate]
Built = dict[tuple[str, str, frozenset[str]], Candidate]  # (role, id, caches in use) -> candidate in a sample


@dataclass(frozen=True)
class Outcome:
    """What a design does in one sample.

    Attributes:
        metrics: by path; empty when the design cannot carry the load at all, and ``trouble`` says why.
    """

    metrics: Mapping[str, float]
    trouble: str = ""

    def holds(self, bounds: Iterable[Bound]) -> bool:
        """Return whether the load is carried and every bound is met."""
        return not self.trouble and all(bound.holds(self.metrics[bound.metric]) for bound in bounds)

    def broken(self, bounds: Iterable[Bound]) -> tuple[Bound, ...]:
        """Return the bounds that are not met; all of them when the load is not carried."""
        return tuple(b for b in bounds if self.trouble or not b.holds(self.metrics[b.metric]))


@dataclass(frozen=True)
class World:
    """Where samples are taken: the scenario and catalog as they are, and what is drawn."""

    scenario: Scenario
    catalog: Catalog
    as_of: datetime.date
    draws: Draws

    def at(self, sample: int, catalog: Catalog, places: Iterable[int] | None = None) -> tuple[Scenario, Catalog]:
        """Return scenario and catalog of a sample; ``places``: of the drawn numbers that matter in this catalog."""
        drawn = with_figures(catalog, self.draws.figures(sample, places))
        scenario = self.draws.scenario(self.scenario, sample, self.catalog)
        return replace(scenario, clouds=drawn.records.clouds), drawn


def metrics_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the metrics that are followed: what is bounded or a goal, and cost, quality and availability beside."""
    asked = [bound.metric for bound in scenario.bounds]
    asked += [term.metric for goal in scenario.objective for term in goal.terms]
    usual = [COST, QUALITY, *(f"flows.{flow}.availability" for flow in scenario.blueprint.flows)]
    return tuple(dict.fromkeys((*asked, *usual)))


@dataclass
class InSamples:
    """A design in the samples of a world; call it with the number of a sample.

    What a sample does not change is not built again: without a drawn workload, roles that no drawn figure touches.
    """

    design: Design
    world: World
    metrics: tuple[str, ...]
    places: tuple[int, ...] = field(init=False)
    _demand: Mapping[frozenset[str], Mapping[str, Demand]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.design = {role: alone(c) for role, c in self.design.items()}
        knobs = self.world.draws.knobs
        self.places = tuple(
            place for place, knob in enumerate(knobs) if knob.figure is not None and concerns(knob.figure, self.design)
        )
        figures = [knobs[place].figure for place in self.places]
        self._touched = {
            role for role, c in self.design.items() if any(one is not None and touches(one, c) for one in figures)
        }
        self._steady = all(knob.figure is not None for knob in knobs)  # the workload is not drawn
        roles = self.world.scenario.blueprint.cache_roles
        self._caches = frozenset(role for role in roles if not self.design[role].is_none)
        self._catalog = only_used(self.world.catalog, self.design, whole=False)

    def __call__(self, sample: int) -> Outcome:
        """Return what the design does in a sample."""
        return self.under(*self.world.at(sample, self._catalog, self.places), {})

    def under(self, scenario: Scenario, catalog: Catalog, built: Built) -> Outcome:
        """Return what the design does under a scenario and catalog; ``built``: what has been built under them."""
        try:
            found = judge(self._built(scenario, catalog, built), scenario, brief=True)
        except ValueError as error:
            return Outcome({}, str(error))
        if found.consistent:
            return Outcome({}, "; ".join(found.consistent))
        return Outcome({metric: found.metric(metric) for metric in self.metrics})

    def _built(self, scenario: Scenario, catalog: Catalog, built: Built) -> dict[str, Candidate]:
        table = Table(scenario, catalog, self.world.as_of, {}, (), self._demands(scenario))
        found = {}
        for role, one in self.design.items():
            key = role, one.id, self._caches
            if key not in built:
                same = self._steady and role not in self._touched
                built[key] = one if same else as_it_is(one, table, self._caches)
            found[role] = built[key]
        return found

    def _demands(self, scenario: Scenario) -> Mapping[frozenset[str], Mapping[str, Demand]]:
        if not self._steady:
            return {self._caches: demands(scenario, self._caches)}
        if self._demand is None:
            self._demand = {self._caches: demands(scenario, self._caches)}
        return self._demand


@dataclass
class Together:
    """Several designs in the samples of a world; call it with the number of a sample for what each of them does.

    The sample is drawn once, and what designs have in common is built once: a candidate of the same id, with the same
    caches in use, is the same whatever stands beside it, and no figure counts that it does not stand on.
    """

    designs: Sequence[Design]
    world: World
    metrics: tuple[str, ...]

    def __post_init__(self) -> None:
        self._each = [InSamples(design, self.world, self.metrics) for design in self.designs]
        self._places = sorted({place for one in self._each for place in one.places})
        self._catalog = only_used(self.world.catalog, *(one.design for one in self._each), whole=False)

    def __call__(self, sample: int) -> list[Outcome]:
        """Return what each design does in a sample."""
        drawn, built = self.world.at(sample, self._catalog, self._places), Built()
        return [one.under(*drawn, built) for one in self._each]


def concerns(figure: Reference, design: Design) -> bool:
    """Return whether a design stands on a figure; on those of a cloud it does wherever it runs something there."""
    if any(touches(figure, c) for c in design.values()):
        return True
    clouds = {one.option.cloud for c in design.values() for one in c.members if one.option}
    return figure.kind == "clouds" and figure.key in clouds


def alone(one: Candidate) -> Candidate:
    """Return a candidate as it is wherever the others are; what calls between clouds add comes with the judge."""
    return one.unlinked or one


def as_it_is(one: Candidate, table: Table, caches: frozenset[str]) -> Candidate:
    """Return a candidate with its units and zones under a table's scenario and catalog.

    Raises:
        ValueError: the load leaves no steady state, or a part of a copy of its data would be in use.
    """
    if one.is_none:
        return left_out(one.role, table.catalog)
    found = table.resized(_restated(one, table), one.units, one.zones, caches)
    if split := partial_copy(found):
        raise ValueError(f"{one.name} ({one.size}): {split}")
    return found


def _restated(one: Candidate, table: Table) -> Candidate:
    """Return a candidate whose option, where a tactic made it of another, is made again of what the catalog states."""
    if one.parts:
        return replace(one, parts=tuple(_restated(part, table) for part in one.parts))
    assert one.option is not None
    base, at, _ = one.option.id.partition("@")
    if not at:
        return one
    component, option = table.catalog.options[base]
    made = settings(Setting(one.role, option, table.scenario, table.catalog))
    return replace(one, component=component, option=next(s.option for s, _ in made if s.option.id == one.option.id))


def goal_of(scenario: Scenario, outcome: Outcome) -> float:
    """Return the first goal's value (to be minimised) in a sample; infinite where the load is not carried."""
    if outcome.trouble:
        return math.inf
    return math.fsum(t.coefficient * outcome.metrics[t.metric] for t in scenario.objective[0].terms)


def loss_of(scenario: Scenario, outcome: Outcome) -> float:
    """Return the first goal's value where every bound holds, infinite elsewhere."""
    return goal_of(scenario, outcome) if outcome.holds(scenario.bounds) else math.inf

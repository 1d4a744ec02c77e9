"""A scenario at other volumes: which parameters grow, and the optimum at a factor, with budgets lifted if need be."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from advisor import expression
from advisor.analysis.answers import UNLIMITED, Deadline
from advisor.analysis.conflict import conflict
from advisor.analysis.fixed import options_of
from advisor.analysis.knobs import with_workload
from advisor.analysis.regrown import best_that_holds, regrown
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog
from advisor.errors import InputError, Problem, listing, nearest
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import NOTHING, Found
from advisor.optimizer.narrowing import narrowed, search_from
from advisor.optimizer.run import optimise
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, OPERATIONS, Bound, Requirement

VOLUMES = ("data", "throughput", "inference")  # dimensions of growth that are volumes; the default is all of them
NO_VOLUMES = ("ratio", "share", "months", "h", "s", "ms")  # units of what does not grow by itself
STARTS = 3  # designs of other volumes that are tried as ones to beat
ROUNDING = 1e-9  # of a logarithm
BUDGETS = (COST, OPERATIONS)  # totals that grow with the volume
FEWEST_HOURS = Goal((Term(OPERATIONS, 1.0),), f"minimize {OPERATIONS}")


def find_parameters(scenario: Scenario, blueprint: Blueprint, names: Sequence[str]) -> dict[str, float]:
    """Return parameter -> value of what grows; names are parameters or dimensions of growth, () all volumes.

    What is 0 does not grow and is left out of a dimension. Of all volumes, ratios, shares and durations are left out as
    well: at ten times the requests nobody keeps them ten times as long.

    Raises:
        InputError: unknown names, with the nearest; a parameter that is named and 0; nothing that grows.
    """
    wanted: dict[str, float] = {}
    problems: list[Problem] = []
    known = [*blueprint.growth, *blueprint.parameters]
    for name in names or [one for one in VOLUMES if one in blueprint.growth]:
        members = blueprint.growth.get(name)  # type: ignore[call-overload]
        if members is None and name not in blueprint.parameters:
            hint = nearest(name, known)
            problems.append(
                Problem("", 0, "--of", f"found '{name}'; parameters and dimensions: {listing(known, 40)}{hint}")
            )
            continue
        if members is None and scenario.workload[name] <= 0:
            problems.append(Problem("", 0, "--of", f"{name} is 0 in this scenario, and 0 times any factor is 0"))
        counted = [one for one in members or [name] if names or blueprint.parameters[one].unit not in NO_VOLUMES]
        wanted |= {one: scenario.workload[one] for one in counted if scenario.workload[one] > 0}
    if not problems and not wanted:
        problems.append(Problem("", 0, "--of", "nothing that grows is above 0 in this scenario"))
    if problems:
        raise InputError(problems)
    return wanted


def check_factors(factors: Sequence[float], of: Mapping[str, float], blueprint: Blueprint) -> None:
    """Raise :class:`InputError` for factors that take a parameter out of what it may be, and name the rest."""
    found = list(_beyond(factors, of, blueprint))
    names = {name for name, _, _ in found}
    rest = " ".join(f"--of {name}" for name in of if name not in names)
    hint = f"; all but that grows with {rest}" if rest else ""
    if found:
        raise InputError([Problem("", 0, "--factors", f"{name}: {why}{hint}") for name, _, why in found])


def kept_factors(
    factors: Sequence[float], of: Mapping[str, float], blueprint: Blueprint
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return the factors at which every parameter still is what it may be, and why the others are left out.

    >>> import advisor
    >>> blueprint = advisor.load_catalog().blueprint("rag_assistant")
    >>> kept_factors([1, 10, 1000], {"peak_to_average": 30.0}, blueprint)
    ((1, 10), ('1000 times is left out: peak_to_average: 30 × 1000 is more than 1000 ratio',))
    """
    found = list(_beyond(factors, of, blueprint))
    out = {factor for _, factor, _ in found}
    notes = tuple(f"{factor:g} times is left out: {name}: {why}" for name, factor, why in found)
    return tuple(factor for factor in factors if factor not in out), notes


def _beyond(
    factors: Sequence[float], of: Mapping[str, float], blueprint: Blueprint
) -> Iterator[tuple[str, float, str]]:
    """Yield (parameter, factor, why) where a factor takes a parameter out of what it may be."""
    for name, value in of.items():
        parameter = blueprint.parameters[name]
        for factor in factors:
            there = f"{value:,.6g} × {factor:g} is"
            if value * factor > parameter.most:
                yield name, factor, f"{there} more than {parameter.most:g} {parameter.unit}"
            elif parameter.least is not None and value * factor < parameter.least:
                yield name, factor, f"{there} less than {parameter.least:g} {parameter.unit}"


@dataclass(frozen=True)
class Volume:
    """The optimum at a factor.

    Attributes:
        evaluation: the design; None when there is none even without budgets, or time ran out.
        lifted: the budgets that had to be lifted, and that the design exceeds; () when every requirement holds.
        conflict: where there is no design, requirements that cannot hold together whatever the budgets; None when not
            looked for.
        unfilled: where there is no design, the roles that no option of the catalog can fill under this load.
    """

    factor: float
    status: Status
    evaluation: Evaluation | None
    lifted: tuple[Bound, ...] = ()
    conflict: tuple[Requirement, ...] | None = None
    unfilled: tuple[str, ...] = ()

    @cached_property
    def structure(self) -> tuple[object, ...]:
        """What is the same as long as nothing flips: the options of every role, and the budgets that hold."""
        if self.evaluation is None:
            return (self.status.value,)
        design = self.evaluation.design.values()
        options = tuple(
            (c.role, tuple(m.option.id if m.option else "" for m in c.members), c.combined_by) for c in design
        )
        return (tuple(bound.path for bound in self.lifted), *options)

    @property
    def executions_per_month(self) -> float:
        """How often the first flow of the blueprint runs in a month."""
        assert self.evaluation is not None
        return executions(self.evaluation.scenario)

    @property
    def usd_per_1000(self) -> float | None:
        """Cost of 1 000 runs of the first flow, USD; None without a design."""
        if self.evaluation is None:
            return None
        return self.evaluation.cost_usd_per_month / self.executions_per_month * 1000


def executions(scenario: Scenario) -> float:
    """Return how often the first flow of a blueprint runs in a month."""
    flow = next(iter(scenario.blueprint.flows.values()))
    return expression.parse(flow.rate_per_month).evaluate(scenario.workload)


@dataclass
class Volumes:
    """Solves a scenario at any factor; what was solved is remembered.

    Attributes:
        of: parameter -> value at factor 1.
        solves: full solves so far.
        met: factor -> options, and what was the best there among them.
    """

    scenario: Scenario
    catalog: Catalog
    as_of: datetime.date | None
    of: Mapping[str, float]
    deadline: Deadline = UNLIMITED
    known: dict[float, Volume] = field(default_factory=dict)
    solves: int = 0
    met: dict[float, tuple[Mapping[str, Collection[str]], Volume]] = field(default_factory=dict)

    def apart(self, known: Sequence[Volume]) -> Volumes:
        """Return the same question, of which only this is known."""
        return replace(self, known={one.factor: one for one in known}, solves=0, met={})

    def at(self, factor: float) -> Volume:
        """Return the optimum at a factor over everything in the catalog."""
        if factor not in self.known:
            self.solves += 1
            self.known[factor] = self._volume(factor, None)
        return self.known[factor]

    def among(self, factor: float, options: Mapping[str, Collection[str]]) -> Volume:
        """Return the optimum at a factor when each role has some options only."""
        found = self._volume(factor, options)
        self.met[factor] = (options, found)
        return found

    def among_same(self, options: Mapping[str, Collection[str]]) -> list[Volume]:
        """Return what :meth:`among` has found so far among exactly these options."""
        return [found for asked, found in self.met.values() if asked == options]

    def scaled(self, factor: float) -> Scenario:
        """Return the scenario at a factor."""
        values = {name: value * factor for name, value in self.of.items()}
        return with_workload(self.scenario, values, self.catalog)

    def most(self) -> float:
        """Return the largest factor at which every parameter still is what it may be."""
        parameters = self.catalog.blueprint(self.scenario.blueprint.id).parameters
        return min(parameters[name].most / value for name, value in self.of.items())

    def _volume(self, factor: float, only: Mapping[str, Collection[str]] | None) -> Volume:
        if self.deadline.passed:
            return Volume(factor, Status.STOPPED, None)
        scenario = self.scaled(factor)
        candidates = table(scenario, self.catalog, self.as_of, only=only)
        found = self._optimum(candidates, list(regrown(self._near(factor), candidates)))
        if found.best is None:
            blamed = self._blamed(candidates) if found.status is Status.INFEASIBLE and only is None else None
            unfilled = tuple(role for role, _ in candidates.unfilled)
            return Volume(factor, found.status, None, conflict=blamed, unfilled=unfilled)
        evaluation = found.best if only is not None else judge(found.best.design, scenario)
        exceeded = [c.requirement for c in evaluation.checks if not c.holds]
        lifted = tuple(r for r in exceeded if isinstance(r, Bound))
        return Volume(factor, found.status, evaluation, lifted)

    def _optimum(self, candidates: Table, starts: Sequence[Evaluation]) -> Found:
        """Return the optimum, without budgets where there is none within them.

        Where a design is known that holds, what cannot be part of the optimum is left out before it is searched; where
        none is, what goes over the budget of hours with all others. That no design is within the budgets is mostly seen
        from the bounds that add up alone, without any search.
        """
        strict = self._without(candidates.scenario, self._first_lifted(candidates.scenario))
        free = self._without(candidates.scenario, BUDGETS)
        known = best_that_holds(starts, strict)
        found = NOTHING
        some = candidates if known is not None else narrowed(candidates, strict, by=FEWEST_HOURS)
        if some is not None:
            found = optimise(search_from(some, strict, known), time_limit_s=self.deadline.left)
        if found.status is not Status.INFEASIBLE or free == strict:
            return found
        search = search_from(candidates, free, best_that_holds(starts, free))
        return optimise(search, time_limit_s=self.deadline.left)

    def _near(self, factor: float) -> list[Mapping[str, Candidate]]:
        """Return designs that may be good at a factor: those found nearest to it, each way of building one once."""
        found = [*self.known.values(), *(one for _, one in self.met.values())]
        near = sorted((one for one in found if one.evaluation), key=lambda one: abs(math.log(one.factor / factor)))
        by_structure: dict[tuple[object, ...], Mapping[str, Candidate]] = {}
        for one in near:
            assert one.evaluation is not None
            by_structure.setdefault(one.structure, one.evaluation.design)
        return list(by_structure.values())[:STARTS]

    def _blamed(self, candidates: Table) -> tuple[Requirement, ...] | None:
        """Return requirements that cannot hold together, whatever the budgets."""
        strict = replace(candidates.scenario, requirements=tuple(self._without(candidates.scenario, BUDGETS)))
        return conflict(replace(candidates, scenario=strict), self.deadline.left)

    def _first_lifted(self, scenario: Scenario) -> tuple[str, ...]:
        """Return the budget that needs no bound: what is minimised is within it, or nothing is."""
        goal = scenario.objective[0]
        return (COST,) if [(t.metric, t.coefficient > 0) for t in goal.terms] == [(COST, True)] else ()

    def _without(self, scenario: Scenario, metrics: Sequence[str]) -> list[Requirement]:
        return [r for r in scenario.requirements if not (isinstance(r, Bound) and r.metric in metrics)]


def options_seen(volumes: Sequence[Volume]) -> dict[str, frozenset[str]]:
    """Return role -> options that some designs use."""
    seen: dict[str, frozenset[str]] = {}
    for one in volumes:
        for role, c in (one.evaluation.design if one.evaluation else {}).items():
            seen[role] = seen.get(role, frozenset()) | options_of(c)
    return seen


def middle(a: float, b: float) -> float:
    """Return the factor half-way between two.

    >>> middle(10, 1000)
    100.0
    """
    return math.sqrt(a * b)


def spaced(low: float, high: float, stride: float) -> Iterator[float]:
    """Yield a factor and others up to the next one, evenly on a logarithmic scale and at most a stride apart.

    >>> [*spaced(1.0, 4.0, 2.0)], [*spaced(4.0, 6.0, 2.0)]
    ([1.0, 2.0], [4.0])
    """
    parts = math.ceil(math.log(high / low, stride) - ROUNDING)
    return (low * (high / low) ** (part / parts) for part in range(parts))

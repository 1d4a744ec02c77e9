"""The best design of each sample, with hindsight: proved, among designs that are carried into the sample as they are.

What may be chosen (the *space*) is stated: every candidate of the scenario as it is, and of the scenario with every
drawn figure of its workload at its high end, so that larger sizes are there for larger loads. In a sample each keeps
its units and zones; one that cannot carry the load is out. The optimizer then proves the best design, as it does for
the scenario itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from advisor.analysis.draws import Draws
from advisor.analysis.in_samples import Design, World, alone, as_it_is
from advisor.analysis.knobs import HOURLY, with_workload
from advisor.candidates.candidate import Candidate, passing
from advisor.candidates.demand import demands
from advisor.candidates.table import Table, table, variants
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import goal_value
from advisor.optimizer.narrowing import search_from
from advisor.optimizer.run import optimise
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario

Space = Mapping[str, tuple[Candidate, ...]]


@dataclass(frozen=True)
class Best:
    """The best design of a sample.

    Attributes:
        ids: role -> candidate id; None when no design of the space meets every requirement there.
        value: of the first goal, to be minimised; infinite without a design.
        proved: False when the time limit left it open; ``bound``: what no design of the space can beat.
    """

    ids: tuple[tuple[str, str], ...] | None
    value: float
    bound: float
    proved: bool


def space(origin: Table, draws: Draws) -> Space:
    """Return the candidates that may be chosen: those of the scenario as it is and of its workload at the high end."""
    found = dict(origin.candidates)
    highest = {k.path.removeprefix("workload."): k.high for k in draws.knobs if k.figure is None and k.path != HOURLY}
    if highest:
        busy = table(with_workload(origin.scenario, highest, origin.catalog), origin.catalog, origin.as_of)
        for role, more in busy.candidates.items():
            known = {c.id for c in found[role]}
            found[role] += tuple(c for c in carried(more, origin) if c.id not in known)
    return {role: tuple(passing(some, origin.scenario.filters)) for role, some in found.items()}


@dataclass(frozen=True)
class Hindsight:
    """Finds the best design of a sample; call it with the sample's number.

    Attributes:
        time_limit_s: for each sample.
        start: a design of the space that is mostly good; where it holds, only what may be better is searched.
    """

    world: World
    space: Space
    time_limit_s: float = 0.0
    start: Design | None = None

    def __call__(self, sample: int) -> Best:
        """Return the best design of a sample."""
        built = self.table(sample)
        search = search_from(built, built.scenario.requirements, self._known(built))
        found = optimise(search, time_limit_s=self.time_limit_s)
        if found.best is None:
            proved = found.status is Status.INFEASIBLE
            return Best(None, math.inf, math.inf if proved else -math.inf, proved)
        value = goal_value(built.scenario.objective[0], found.best)
        ids = tuple((role, alone(c).id) for role, c in found.best.design.items())
        proved = found.status is Status.OPTIMAL
        return Best(ids, value, value if proved else found.bound, proved)

    def _known(self, built: Table) -> Evaluation | None:
        """Return what the design to start from does in a sample, None where it breaks a requirement there."""
        if self.start is None:
            return None
        at = {role: {c.id: c for c in found} for role, found in built.candidates.items()}
        names = {role: alone(c).id for role, c in self.start.items()}
        if any(name not in at[role] for role, name in names.items()):
            return None
        found = judge({role: at[role][names[role]] for role in at}, built.scenario, brief=True)
        return found if found.feasible else None

    def table(self, sample: int) -> Table:
        """Return the space in a sample."""
        scenario, catalog = self.world.at(sample, self.world.catalog)
        demand = {caches: demands(scenario, caches) for caches in variants(scenario)}
        built = Table(scenario, catalog, self.world.as_of, {}, (), demand)
        return replace(built, candidates={r: tuple(carried(found, built)) for r, found in self.space.items()})


def carried(candidates: tuple[Candidate, ...], built: Table) -> Iterator[Candidate]:
    """Yield candidates as they are under a table's scenario and catalog; those that cannot carry the load are out."""
    uses: dict[tuple[object, ...], frozenset[str]] = {}
    for one in candidates:
        sized_for = (one.role, one.is_none, *one.behind.items())
        if sized_for not in uses:
            uses[sized_for] = caches_of(one, built.scenario)
        try:
            found = as_it_is(one, built, uses[sized_for])
        except ValueError:
            continue
        if all(load.utilisation <= 1 for plain in found.members for load in plain.loads.values()):
            yield found if found.id == one.id else replace(found, id=one.id)


def caches_of(one: Candidate, scenario: Scenario) -> frozenset[str]:
    """Return a use of the caches that a candidate is sized for; a cache itself is sized for being used."""
    caches = scenario.blueprint.cache_roles
    return next(
        used
        for used in variants(scenario)
        if all((cache in used) == yes for cache, yes in one.behind.items())
        and (one.role not in caches or one.is_none != (one.role in used))
    )


def design_of(ids: tuple[tuple[str, str], ...], found: Space) -> Design:
    """Return the candidates of the space that ids name."""
    return {role: next(c for c in found[role] if c.id == name) for role, name in ids}

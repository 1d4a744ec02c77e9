"""A scenario's candidates under a set of requirements, ready to be searched for any goals and any forced component."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.compatibility import all_needs, unfit
from advisor.candidates.dominance import Relevance
from advisor.candidates.shared import torn
from advisor.candidates.table import Table, variants
from advisor.evaluation.evaluate import UNIT_MS, judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.limit import Limit
from advisor.optimizer.linear import Linear, linear, room_of
from advisor.optimizer.node import CaseKey
from advisor.optimizer.pooled import Pooled, Shared, at_least_as_strict, lattice_of
from advisor.optimizer.pruning import Facts, couples, facts_of, never_needed, usable_of
from advisor.optimizer.situations import Situation, fitting, ways_of, ways_to_fit, ways_to_share
from advisor.optimizer.tails import Tail
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario
from advisor.scenario.pairs import Member, Pair
from advisor.scenario.requirements import Bound, Filter, Requirement, split_percentile

if TYPE_CHECKING:
    import numpy as np

    from advisor.optimizer.linked import LinkedSearch
    from advisor.optimizer.loaded import Loaded
    from advisor.optimizer.situations import Masks

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

MOST_TAILS = 8  # lattices that are remembered
Only = Callable[[str, Candidate], bool | None]  # None: this role is not spoken about


class Search:
    """The candidates, the bounds, and what earlier runs have learned.

    Designs found stay feasible and the program's cuts stay valid, so both serve later runs.

    Attributes:
        pool: role -> candidates that pass the filters and that no candidate of the same component dominates.
        known: feasible designs met so far, by the ids of their candidates.
        pooled: what only depends on the candidates.
        empty_roles: roles without any candidate that passes the filters; then there is nothing to search.
        near: designs met before that break one of these bounds.
        floors: goal -> what no design can beat, as a sum; case_floors: the same for the designs of one case.
        nothing: whether it is proved that no design holds all.
    """

    def __init__(
        self, table: Table, requirements: Sequence[Requirement] | None = None, shared: Shared | None = None
    ) -> None:
        self.table = table
        self.requirements = tuple(table.scenario.requirements if requirements is None else requirements)
        self.bounds = tuple(r for r in self.requirements if isinstance(r, Bound))
        self.pairs = tuple(r for r in self.requirements if isinstance(r, Pair))
        self.needs = all_needs(c for found in table.candidates.values() for c in found)
        self.known: dict[tuple[str, ...], Evaluation] = {}
        self.near: list[Evaluation] = []
        self.floors: dict[tuple[Term, ...], float] = {}
        self.case_floors: dict[tuple[Term, ...], dict[CaseKey, float]] = {}
        self.nothing = False
        self.shared = shared or Shared()
        self.pooled = self._admitted()
        self.pool = self.pooled.pool
        self.by_id = {(role, c.id): c for role, found in self.pool.items() for c in found}
        self.empty_roles = tuple(role for role, found in self.pool.items() if not found)

    def under(self, requirements: Sequence[Requirement], scenario: Scenario | None = None) -> Search:
        """Return a search of the same candidates under other requirements, which reuses what it can.

        ``scenario``: another one with the same candidates, whose goals, title and assumptions count then.

        Designs that were found and meet the new requirements too are known from the start. If the new requirements
        are at least as strict, what was proved holds on.
        """
        from dataclasses import replace

        scenario = replace(scenario or self.table.scenario, requirements=tuple(requirements))
        other = Search(replace(self.table, scenario=scenario), None, self.shared)
        for key, evaluation in self.known.items():
            again = other.evaluate(evaluation.design)
            if other.admits(again.design) and other.holds(again):
                other.known[key] = again
            elif other.admits(again.design):
                other.near.append(again)
        if all(any(at_least_as_strict(new, old) for new in requirements) for old in self.requirements):
            other.take_floors(self)
            other.nothing = self.nothing
        return other

    def take_floors(self, other: Search) -> None:
        """Take over what is proved that no design can beat, in all or in one case, from another search.

        The caller vouches that each design of a case here stands for one there that holds all bounds if this one does
        and is no worse in any goal: then what none there can beat, none here can. A case is named by the number of a
        use of the caches and by the names that it allows; so searches with other uses of the caches share only what
        holds for all cases.
        """
        self.floors = dict(other.floors)
        if self.variants == other.variants:
            self.case_floors = {terms: dict(found) for terms, found in other.case_floors.items()}

    def forget_floors(self) -> None:
        """Forget what was proved, also as if calls were free: what holds for one question need not for the next."""
        for one in (self, self.__dict__.get("unlinked")):
            if one is not None:
                one.floors, one.case_floors = {}, {}

    @property
    def coupled(self) -> bool:
        """Whether calls between clouds can cost or take something."""
        return not self.empty_roles and couples(self)

    @cached_property
    def linked(self) -> LinkedSearch | None:
        """The search that knows what calls between clouds cost and take; None where there are none."""
        from advisor.optimizer.linked import LinkedSearch

        return LinkedSearch(self) if self.coupled else None

    @cached_property
    def linked_unforced(self) -> LinkedSearch | None:
        """The same without what nothing needs as long as nothing is forced."""
        from advisor.optimizer.linked import LinkedSearch

        return LinkedSearch(self, forced=False) if self.coupled else None

    @cached_property
    def unlinked(self) -> Search:
        """The same search as if calls between clouds were free: what it cannot beat is not to be beaten with them."""
        from dataclasses import replace

        return self.under(self.requirements, replace(self.table.scenario, clouds={}))

    def plain(self, evaluation: Evaluation) -> Evaluation:
        """Return an evaluation of this search's own candidates as it is."""
        return evaluation

    def with_rules_apart(self) -> Search:
        """Return a search of the same candidates from which rules on options can be dropped without building anew."""
        apart = tuple(r for r in self.requirements if type(r) is Filter)
        other = Search(self.table, self.requirements, Shared(apart=apart, beaten=self.shared.beaten))
        other.near = [*self.near, *self.known.values()]
        return other

    def floor(self, goal: Goal | None) -> float:
        """Return a proved bound of a goal, as a sum."""
        if self.nothing:
            return math.inf
        return -math.inf if goal is None else self.floors.get(goal.terms, -math.inf)

    def admits(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether every candidate of a design is in the pool, and no rule forbids it."""
        return not self.empty_roles and all(
            (role, c.id) in self.by_id and all(c.admitted_by(rule) for rule in self._forbidding)
            for role, c in design.items()
        )

    @property
    def _forbidding(self) -> tuple[Filter, ...]:
        """The rules in force that did not shape the pool."""
        return tuple(r for r in self.requirements if isinstance(r, Filter) and r in self.shared.apart)

    # --- candidates --------------------------------------------------------------------------------------------------

    def _admitted(self) -> Pooled:
        """Return the candidates that pass the filters, without those that another one of the component beats."""
        filters = tuple(r for r in self.requirements if isinstance(r, Filter) and r not in self.shared.apart)
        return self.shared.pool(self.table, filters, Relevance(members=self.members))

    @property
    def members(self) -> tuple[Member, ...]:
        """The sides of all pairs and needs: what is one of them is never replaced by what is not."""
        fitting = (Member(name, need.role) for need in self.needs for name in need.components)
        having = (Member(need.component) for need in self.needs)
        return tuple(dict.fromkeys((*(m for pair in self.pairs for m in pair.members), *having, *fitting)))

    @property
    def tails(self) -> list[tuple[Bound, Tail]]:
        """The percentile bounds in their exact form."""
        return self._facts.tails

    @property
    def rows(self) -> list[tuple[Linear, float]]:
        """The bounds that are sums: the sum, in units of the limit, and what it may be at most."""
        return self._facts.rows

    @property
    def hopeless(self) -> dict[tuple[str, str], Bound]:
        """(Role, id) -> the bound that is missed with it whatever else can be chosen."""
        return self._facts.hopeless

    @cached_property
    def dominated(self) -> dict[tuple[str, str], Candidate]:
        """(Role, id) -> the candidate that is at least as good in everything; not asked for where all roles are spoken
        about (:meth:`allowed`)."""
        worse = {} if self.empty_roles else self.never_needed(self._facts)
        return {**self.pooled.beaten, **worse}

    @cached_property
    def _facts(self) -> Facts:
        """What the bounds say about the candidates; where an answer is known already nobody asks."""
        return facts_of(self)

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """(Role, id) -> where the candidate stands in its role's pool."""
        return {(role, c.id): i for role, found in self.pool.items() for i, c in enumerate(found)}

    @cached_property
    def variants(self) -> tuple[frozenset[str], ...]:
        """The possible uses of the caches."""
        caches = self.table.scenario.blueprint.cache_roles
        return tuple(
            used
            for used in variants(self.table.scenario)
            if all(any(c.is_none != (role in used) for c in self.pool[role]) for role in caches)
        )

    def fitting(self, caches: frozenset[str]) -> dict[str, Mask]:
        """Return role -> which of its candidates go with exactly these caches in use."""
        known = self.pooled.fitting
        if caches not in known:
            known[caches] = fitting(self.pool, self.table.scenario.blueprint.cache_roles, caches)
        return known[caches]

    @cached_property
    def situations(self) -> tuple[Situation, ...]:
        """The situations between which all designs are divided: a use of the caches each, all else open."""
        return tuple(Situation(caches, self.fitting(caches), self.open_ways()) for caches in self.variants)

    def open_ways(self) -> tuple[Sequence[Masks], ...]:
        """Return for everything that couples roles the ways in which it can be settled."""
        groups = [g for g in self.table.scenario.share if any(c.shared for role in g for c in self.pool[role])]
        sharing = (ways_to_share(group, self.pool) for group in groups)
        fitting = (ways for need in self.needs if (ways := ways_to_fit(need, self.pool)))
        return (*sharing, *(ways_of(pair, self.pool) for pair in self.pairs), *fitting)

    def consistent(self, design: Mapping[str, Candidate]) -> Mapping[str, Candidate] | None:
        """Return a design as it is that keeps the pairs, shares what is shared and works together, else None."""
        broken = any(torn(design)) or any(unfit(design)) or any(pair.broken_by(design) for pair in self.pairs)
        return None if broken else design

    def distinct(self, metric: str) -> dict[str, list[frozenset[str]]]:
        """Return role -> the clouds, vendors or own systems (what the metric counts) of each of its candidates."""
        known = self.pooled.distinct
        if metric not in known:
            known[metric] = {role: [c.distinct(metric) for c in found] for role, found in self.pool.items()}
        return known[metric]

    def sum(self, metric: str) -> Linear | None:
        """Return a metric as a sum over the pool, None for percentiles."""
        known = self.pooled.sums
        if metric not in known:
            known[metric] = linear(self.pool, self.table.scenario, metric)
        return known[metric]

    def row(self, bound: Bound) -> tuple[Linear, float] | None:
        """Return a bound as a sum, in units of its limit, and what it may be at most; None for percentiles."""
        total = self.sum(bound.metric)
        if total is None:
            return None
        room, scale = room_of(bound)
        return total.scaled(1 / scale), room / scale

    def never_needed(self, facts: Facts) -> dict[tuple[str, str], Candidate]:
        """Return the candidates that are never needed: another one is as good in all that this scenario asks about."""
        return never_needed(self, facts)

    def tail(self, bound: Bound) -> Tail:
        """Return the percentile bound over this pool; its lattice is shared by all bounds at the same time."""
        at = split_percentile(bound.metric)
        assert at is not None
        key = lattice_of(bound)
        known = self.pooled.tails
        if key not in known:
            if len(known) >= MOST_TAILS:
                del known[next(iter(known))]
            flow = self.table.scenario.blueprint.flows[at[0]]
            measure = flow.measures[at[1]]  # type: ignore[index]
            limit_ms = bound.limit * UNIT_MS[at[1]]
            timed = self.pooled.timed.get(at[:2])
            tail = Tail(flow, measure.at, limit_ms, at[2], self.pool, self.table.scenario, timed)
            known[key], self.pooled.timed[at[:2]] = tail, tail.timed
        return known[key].with_level(at[2])

    def limit(self, bound: Bound, looser: Limit | None = None) -> Limit:
        """Return a further bound in the form that a run can add and drop.

        ``looser``: a limit on the same metric that this one tightens; what was learned under it still holds.
        """
        learned = list(looser.cuts) if looser else []
        row = self.row(bound)
        if row is not None:
            return Limit(bound, None, row, (), learned)
        tail = self.tail(bound)
        return Limit(bound, tail, None, tuple(tail.hopeless()), learned)

    def allowed(self, only: Only | None = None) -> dict[str, Mask]:
        """Return role -> which of its candidates may be chosen.

        What is dominated or hopeless may not. In roles that ``only`` speaks about, what it admits may even if
        dominated.
        """
        import numpy as np

        def may(role: str, found: Sequence[Candidate]) -> list[bool]:
            verdicts = [only(role, c) for c in found] if only else [None] * len(found)
            if all(verdict is not None for verdict in verdicts):
                return [bool(verdict) for verdict in verdicts]
            worse = self.dominated
            return [
                (role, c.id) not in worse if verdict is None else verdict
                for c, verdict in zip(found, verdicts, strict=True)
            ]

        return {role: self.usable[role] & np.array(may(role, found), dtype=bool) for role, found in self.pool.items()}

    @cached_property
    def usable(self) -> dict[str, Mask]:
        """Role -> which of its candidates no bound rules out alone and no rule forbids."""
        return usable_of(self, self._forbidding)

    # --- the judge ---------------------------------------------------------------------------------------------------

    def evaluate(self, design: Mapping[str, Candidate]) -> Evaluation:
        """Return the judge's word on a design."""
        return judge(design, self.table.scenario)

    def holds(self, evaluation: Evaluation, limits: Sequence[Limit] = ()) -> bool:
        """Return whether an evaluation meets every bound, every pair and the limits of a run."""
        bounds = (*self.bounds, *(limit.bound for limit in limits))
        kept = self.consistent(evaluation.design) is not None
        return kept and all(bound.holds(evaluation.metric(bound.metric)) for bound in bounds)

    @cached_property
    def loaded(self) -> Loaded:
        """The program in the solver."""
        from advisor.optimizer.loaded import Loaded

        return Loaded(self)

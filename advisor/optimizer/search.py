"""A scenario's model under a set of requirements, ready to be run for any goals and any forced component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulp

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, variants
from advisor.evaluation.evaluate import UNIT_MS, judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer import formulation
from advisor.optimizer.formulation import CONSTRAINTS
from advisor.candidates.dominance import Relevance, always_no_slower, dominated_by
from advisor.optimizer.solver import Session
from advisor.optimizer.tails import MARGIN, Tail
from advisor.scenario.requirements import CLOUDS, OPERATIONS, QUALITY, Bound, Filter, Requirement, split_percentile

Only = Callable[[str, Candidate], bool | None]  # None: this role is not spoken about


@dataclass(frozen=True)
class Limit:
    """A bound that a run adds on top of the requirements.

    Attributes:
        tail: for a percentile, its exact form over the pool.
        rows: what the model can know of it; closed: variables that miss it whatever else is chosen.
        cuts: what the judge taught under this limit (and those before it).
    """

    bound: Bound
    tail: Tail | None
    rows: tuple[pulp.LpConstraint, ...]
    closed: tuple[str, ...]
    cuts: list[pulp.LpConstraint]


class Search:
    """The model, the bounds that only the judge can check, and every cut found so far.

    Cuts hold for every design that meets the requirements, and designs found stay feasible, so both serve later runs.

    Attributes:
        pool: role -> candidates that pass the filters and that no candidate of the same component dominates.
        dominated: (role, id) -> the candidate that is at least as good in everything.
        hopeless: (role, id) -> the time bound that is missed with it whatever else is chosen.
        known: feasible designs met so far, by the ids of their candidates.
        empty_roles: roles without any candidate that passes the filters; then there is no model.
    """

    def __init__(self, table: Table, requirements: Sequence[Requirement] | None = None) -> None:
        self.table = table
        self.requirements = tuple(table.scenario.requirements if requirements is None else requirements)
        self.bounds = tuple(r for r in self.requirements if isinstance(r, Bound))
        self.dominated: dict[tuple[str, str], Candidate] = {}
        self.hopeless: dict[tuple[str, str], Bound] = {}
        self.cuts: list[pulp.LpConstraint] = []
        self.known: dict[tuple[str, ...], Evaluation] = {}
        self.tails: list[tuple[Bound, Tail]] = []
        filters = [r for r in self.requirements if isinstance(r, Filter)]
        self.pool = self._without_inferior_sizes(
            {
                role: [c for c in found if all(c.admitted_by(f) for f in filters)]
                for role, found in table.candidates.items()
            }
        )
        self.empty_roles = tuple(role for role, found in self.pool.items() if not found)
        if not self.empty_roles:
            self._load()

    def _without_inferior_sizes(self, pool: Mapping[str, Sequence[Candidate]]) -> dict[str, list[Candidate]]:
        """Drop candidates that another one of the same component beats in everything."""
        kept: dict[str, list[Candidate]] = {}
        for role, found in pool.items():
            beaten: dict[str, Candidate] = {}
            for component in dict.fromkeys(c.component_id for c in found):
                beaten |= dominated_by([c for c in found if c.component_id == component], always_no_slower)
            kept[role] = [c for c in found if c.id not in beaten]
            self.dominated |= {(role, name): winner for name, winner in beaten.items()}
        return kept

    def _load(self) -> None:
        self.tails = [(bound, self.tail(bound)) for bound in self.bounds if split_percentile(bound.metric)]
        for bound, tail in self.tails:
            for key in tail.hopeless():
                self.hopeless.setdefault(key, bound)
        for bound in self.bounds:
            for key in self._over_alone(bound):
                self.hopeless.setdefault(key, bound)
        self._note_dominated()
        self.by_id = {(role, c.id): c for role, found in self.pool.items() for c in found}
        self.model = formulation.formulate(self.pool, self.table.scenario, self.bounds)
        self.session = Session(self.model.problem)
        for bound, tail in self.tails:
            self.session.add(CONSTRAINTS["tail"](self.model, tail, bound.metric))
        self.base = self.session.add([])
        self._split_by_caches()

    def _split_by_caches(self) -> None:
        """Note the possible uses of the caches, and which of them each variable goes with."""
        caches = self.table.scenario.blueprint.cache_roles
        self.variants = tuple(
            used
            for used in variants(self.table.scenario)
            if all(any(c.is_none != (role in used) for c in self.pool[role]) for role in caches)
        )
        self.uses: dict[str, frozenset[frozenset[str]]] = {}
        for (role, name), variable in self.model.x.items():
            candidate = self.by_id[role, name]
            asks = {**candidate.behind, **({role: not candidate.is_none} if role in caches else {})}
            self.uses[variable.name] = frozenset(
                used for used in self.variants if all((cache in used) == yes for cache, yes in asks.items())
            )

    def _over_alone(self, bound: Bound) -> list[tuple[str, str]]:
        """Return (role, id) that break a linear bound even when every other role takes what is best for it."""
        share = formulation.share_of(bound, self.table.scenario)
        if share is None:
            return []
        shares = {role: {c.id: share(c) for c in found} for role, found in self.pool.items()}
        least = {
            role: min(
                (v for name, v in found.items() if (role, name) not in self.hopeless), default=min(found.values())
            )
            for role, found in shares.items()
        }
        total = sum(least.values())
        return [
            (role, name)
            for role, found in shares.items()
            for name, value in found.items()
            if total - least[role] + value > 1 + 1e-9
        ]

    def _note_dominated(self) -> None:
        """Note the candidates that are never needed: another one is as good in all that this scenario asks about."""
        names = {bound.metric for bound in self.bounds} | {
            t.metric for g in self.table.scenario.objective for t in g.terms
        }
        relevance = Relevance(
            operations=OPERATIONS in names,
            availability=any(name.endswith(".availability") for name in names),
            quality=QUALITY in names,
            clouds=CLOUDS in names,
        )
        timed = {bound.metric for bound, _ in self.tails}
        untimed = any("_ms." in name or "_s." in name for name in names - timed) or any(
            split_percentile(t.metric) for g in self.table.scenario.objective for t in g.terms
        )

        def faster(a: Candidate, b: Candidate) -> bool:
            return all(tail.no_slower(a, b) for _, tail in self.tails) and (not untimed or always_no_slower(a, b))

        for role, found in self.pool.items():
            usable = [c for c in found if (role, c.id) not in self.hopeless]
            self.dominated |= {(role, name): winner for name, winner in dominated_by(usable, faster, relevance).items()}

    def tail(self, bound: Bound) -> Tail:
        """Return the percentile bound over this pool."""
        at = split_percentile(bound.metric)
        assert at is not None
        flow = self.table.scenario.blueprint.flows[at[0]]
        measure = flow.measures[at[1]]  # type: ignore[index]
        return Tail(flow, measure.at, bound.limit * UNIT_MS[at[1]], at[2], self.pool, self.table.scenario)

    def limit(self, bound: Bound, looser: Limit | None = None) -> Limit:
        """Return a further bound in the form that a run can add and drop.

        ``looser``: a limit on the same metric that this one tightens; what was learned under it still holds.
        """
        learned = list(looser.cuts) if looser else []
        kind = formulation.kind_of(bound)
        if kind is not None:
            return Limit(bound, None, tuple(CONSTRAINTS[kind](self.model, bound)), (), learned)
        tail = self.tail(bound)
        closed = tuple(self.model.x[key].name for key in tail.hopeless())
        return Limit(bound, tail, tuple(CONSTRAINTS["tail"](self.model, tail, bound.metric)), closed, learned)

    def allowed(self, only: Only | None = None) -> dict[str, bool]:
        """Return variable name -> whether it may be 1.

        What is dominated or hopeless may not. In roles that ``only`` speaks about, what it admits may even if
        dominated.
        """
        found = {}
        for role, candidates in self.pool.items():
            for c in candidates:
                verdict = only(role, c) if only else None
                open_ = (role, c.id) not in self.dominated if verdict is None else verdict
                found[self.model.x[role, c.id].name] = open_ and (role, c.id) not in self.hopeless
        return found

    def evaluate(self, design: Mapping[str, Candidate]) -> Evaluation:
        """Return the judge's word on a design."""
        return judge(design, self.table.scenario)

    def violations(
        self, design: Mapping[str, Candidate], limits: Sequence[Limit] = ()
    ) -> tuple[Evaluation | None, list[pulp.LpConstraint]]:
        """Return (evaluation, []) when every bound holds, else (None, cuts that remove the design)."""
        tails = {bound: tail for bound, tail in (*self.tails, *((x.bound, x.tail) for x in limits)) if tail is not None}
        late = [tail for tail in tails.values() if tail.within(design) < tail.level - MARGIN]
        if late:
            return None, [row for tail in late for row in self._cone(tail, design)]
        evaluation = self.evaluate(design)
        bounds = (*self.bounds, *(limit.bound for limit in limits))
        broken = [bound for bound in bounds if not bound.holds(evaluation.metric(bound.metric))]
        if not broken:
            return evaluation, []
        rows: list[pulp.LpConstraint] = []
        for bound in broken:
            tail = tails.get(bound)
            rows += (
                self._cone(tail, design) if tail else CONSTRAINTS["not_this_design"](self.model, design, self._name())
            )
        return None, rows

    def _cone(self, tail: Tail, design: Mapping[str, Candidate]) -> Iterable[pulp.LpConstraint]:
        return CONSTRAINTS["too_slow_together"](self.model, tail.cut(design), self._name())

    def _name(self) -> str:
        return str(len(self.cuts))

"""How far the next best design is, role by role: what rules out a flip without solving again, and who the rivals are.

If a number makes things worse (or cheaper by little) for some candidates of some roles only, then a design that differs
there is at least as far away as the best one that differs there is today. Most numbers are settled by that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from advisor.analysis.fixed import within_target
from advisor.analysis.knobs import Knob, turned
from advisor.analysis.resolver import Resolver
from advisor.analysis.workloads import same_steps
from advisor.candidates.candidate import Candidate
from advisor.candidates.dominance import always_no_slower
from advisor.candidates.table import Table
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import goal_value
from advisor.optimizer.run import optimise
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import COST

Names = tuple[tuple[str, str], ...]  # a design: of each role the candidate's id
RIVAL = 0.01  # a design within this share of the goal is a close rival, whose figures are followed too
SURE = 1e-6  # a bound decides only when it is clear of the value by this much, relative


class Gaps:
    """The best designs that differ from the proposed one in a role, by the first goal."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver, self.best = resolver, resolver.best
        self.goal = resolver.table.scenario.objective[0]
        self._next: dict[str, Found] = {}
        self._having: dict[tuple[str, frozenset[str]], Found] = {}
        self._named: dict[Names, Evaluation] = {}

    def next_best(self, role: str) -> Found:
        """Return the best design with another candidate in a role, another size of the same component included."""
        if role not in self._next:
            chosen = self.best.design[role].id
            self._next[role] = self._without(role, lambda candidate: candidate.id != chosen)
        return self._next[role]

    def _without(self, role: str, test: Callable[[Candidate], bool]) -> Found:
        def only(of: str, candidate: Candidate) -> bool | None:
            open_ = self.resolver.open_in(of)
            return test(candidate) and candidate.id in open_ if of == role else None

        left = self.resolver.deadline.left
        if self.resolver.deadline.passed:
            return Found(Status.STOPPED, None)
        self.resolver.solves += 1
        return optimise(self.resolver.search, [self.goal], only=only, tie_break=False, time_limit_s=left)

    def best_having(self, role: str, names: frozenset[str]) -> Found:
        """Return the best design with one of some candidates in a role, whatever beats these as it is."""
        if self.resolver.deadline.passed:
            return Found(Status.STOPPED, None)
        if (role, names) not in self._having:
            self.resolver.solves += 1
            search, left = self.resolver.having(role, names), self.resolver.deadline.left
            self._having[role, names] = optimise(search, [self.goal], tie_break=False, time_limit_s=left)
        return self._having[role, names]

    def others(self, reading: Reading) -> list[Found]:
        """Return the best designs as it is that differ from the proposed one where a number touches candidates."""
        return [*map(self.next_best, reading.roles), *(self.best_having(*one) for one in reading.freed)]

    def least(self, reading: Reading) -> float:
        """Return what no design that differs where a number touches candidates can beat as it is, in the first goal."""
        found = self.others(reading)
        if any(one.status is Status.STOPPED for one in found):
            return -math.inf
        return min((goal_value(self.goal, one.best) for one in found if one.best), default=math.inf)

    @cached_property
    def rivals(self) -> tuple[Evaluation, ...]:
        """The next best designs over the roles that are close, each once: the closest first."""
        most = goal_value(self.goal, self.best) + RIVAL * abs(goal_value(self.goal, self.best))
        found: dict[tuple[str, ...], Evaluation] = {}
        for role in self.best.design:
            if (best := self.next_best(role).best) is not None and goal_value(self.goal, best) <= most:
                found.setdefault(tuple(c.id for c in best.design.values()), best)
        return tuple(sorted(found.values(), key=lambda one: goal_value(self.goal, one)))

    def named(self, names: Names) -> Evaluation:
        """Return what a design of the scenario as it is does, whether it holds or not; its candidates are named."""
        if names not in self._named:
            table = self.resolver.table
            design = {role: next(c for c in table.candidates[role] if c.id == name) for role, name in names}
            self._named[names] = judge(design, table.scenario)
        return self._named[names]

    def floor(self, reading: Reading, value_of_design: float) -> float:
        """Return what nothing can beat when a number makes some candidates of some roles worse, and none better.

        A design that differs in these roles is no better than the best that differs there today; one that does not is
        made worse as much as the proposed one.
        """
        today = goal_value(self.goal, self.best)
        return max(today, min(self.least(reading), value_of_design))


# --- what a number does to candidates ---------------------------------------------------------------------------------


def lower_is_better(knob: Knob) -> bool:
    """Return whether a smaller figure of the catalog is never worse: a price, a latency, hours."""
    assert knob.figure is not None
    better = ("price.", "latency.", "operations_h_per_month", "batch_within_h", "interruptions", "spot_replacement")
    return knob.figure.name.startswith(better)


def same_but_cost(a: Candidate, b: Candidate) -> bool:
    """Return whether two candidates differ in the bill at most."""
    names = ("operations_h_per_month", "availability", "quality", "latency", "needed_units", "unserved", "cards")
    return all(getattr(a, name) == getattr(b, name) for name in names)


Moved = dict[str, tuple[Candidate, Candidate]]  # id -> candidate before and after
Pairs = Mapping[str, Moved]  # the same by role


def touched(resolver: Resolver, knob: Knob, value: float) -> tuple[Pairs, bool]:
    """Return role -> id -> candidate before and after, of those that change, and whether only these sizes are there.

    The second is False when the sizes that are considered change with the number.
    """
    assert knob.figure is not None
    variants = resolver.variants.of({knob.figure: value})
    found: dict[str, dict[str, tuple[Candidate, Candidate]]] = {}
    same_sizes = True
    for role, changed in variants.changed.items():
        on = resolver.variants.standing_on(role, knob.figure)
        before = {c.id: c for c in resolver.admitted(role) if c.id in on}
        same_sizes &= before.keys() == changed.keys()
        pairs = {n: (before[n], changed[n]) for n in before.keys() & changed.keys()}
        moved = {n: p for n, p in pairs.items() if _differs(*p)}
        found |= {role: moved} if moved else {}
    return found, same_sizes


def _differs(a: Candidate, b: Candidate) -> bool:
    return abs(a.cost_usd_per_month - b.cost_usd_per_month) > 1e-9 or not same_but_cost(a, b)


@dataclass(frozen=True)
class Reading:
    """What is known of a number at a value before anything is solved.

    kind:
        still: nothing that the design or another could have changes.
        worse: some candidates get worse and none gets better; what a design can reach does not improve.
        cheaper: some bills fall, nothing else.
        mixed: some candidates get better in something else, or are there only then; the others as above.
        better: something gets better, it is not known which.

    Attributes:
        roles: whose candidates change. saves: by how much at most, USD a month.
        freed: (role, candidates) that the chosen one beats as it is, and may not beat then.
        improved: role -> what is better in something else than its bill, or there only then.
    """

    kind: Literal["still", "worse", "cheaper", "mixed", "better"]
    roles: tuple[str, ...] = ()
    saves: float = 0.0
    freed: tuple[tuple[str, frozenset[str]], ...] = ()
    improved: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read(gaps: Gaps, knob: Knob, value: float) -> Reading:
    """Return what a number does to the candidates that stand on it."""
    if knob.figure is None:
        return _read_workload(gaps.resolver, knob, value)
    if gaps.resolver.of_calls(knob.figure):
        return Reading("better")
    pairs, same_sizes = touched(gaps.resolver, knob, value)
    if not same_sizes:
        return Reading("better", tuple(pairs))
    if not pairs:
        return Reading("still")
    roles, every = tuple(pairs), [pair for one in pairs.values() for pair in one.values()]
    if (value < knob.value) != lower_is_better(knob):
        return Reading("worse", roles, freed=_freed(gaps.resolver, pairs))
    return _cheaper(gaps.resolver, pairs) if all(same_but_cost(*pair) for pair in every) else Reading("better", roles)


def _cheaper(resolver: Resolver, pairs: Pairs) -> Reading:
    saved = [max(_saved(*pair) for pair in one.values()) for one in pairs.values()]
    saves = max(math.fsum(max(one, 0.0) for one in saved), 0.0)
    return Reading("cheaper", tuple(pairs), saves, _freed(resolver, pairs))


def _freed(resolver: Resolver, pairs: Pairs) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return role -> what the chosen candidate beats as it is and may not beat after the change.

    One beats another by being as good in all that matters. It still is in what neither of the two changed in; where one
    of them did, they are compared again. What something else beats, that the chosen one does not beat, stays as far
    away as that is.
    """
    found = {}
    for role, moved in pairs.items():
        name = resolver.best.design[role].id
        chosen = next(c for c in resolver.admitted(role) if c.id == name)
        mine = moved.get(name, (chosen, chosen))
        below = resolver.beaten_by(role, name)
        found[role] = frozenset(c.id for c in below if _gets_ahead(mine, moved.get(c.id, (c, c))))
    return tuple((role, names) for role, names in found.items() if names)


def _gets_ahead(mine: tuple[Candidate, Candidate], other: tuple[Candidate, Candidate]) -> bool:
    """Return whether a candidate that another one beats is better than that in something that changed for either."""
    if all(before is after for before, after in (mine, other)):
        return False
    figures = (("cost_usd_per_month", 1), ("operations_h_per_month", 1), ("availability", -1), ("quality", -1))
    for name, sign in figures:
        was, now = ([getattr(one[k], name) for one in (mine, other)] for k in (0, 1))
        if was != now and sign * now[1] < sign * now[0]:
            return True
    if any((a.unserved, a.cards) != (b.unserved, b.cards) for a, b in (mine, other)):
        return True
    return any(a.latency != b.latency for a, b in (mine, other)) and not _no_slower(mine[1], other[1])


def _no_slower(a: Candidate, b: Candidate) -> bool:
    """Return whether the first candidate is never slower than the second."""
    import numpy as np

    return a.latency == b.latency or bool(always_no_slower([a, b])(np.array([0]), 1)[0])


def _read_workload(resolver: Resolver, knob: Knob, value: float) -> Reading:
    """Return what the workload does to candidates; ``better`` where it changes more."""
    scenario = turned(resolver.table.scenario, knob, value, resolver.table.catalog)
    if resolver.search.coupled or not same_steps(resolver.table.scenario, scenario):
        return Reading("better")
    return _compared(resolver, resolver.workloads.under(scenario))


def _compared(resolver: Resolver, fresh: Table) -> Reading:
    """Return what is different in a table in which nothing but candidates is."""
    pairs: dict[str, dict[str, tuple[Candidate, Candidate]]] = {}
    improved: dict[str, frozenset[str]] = {}
    for role in (role for role, found in fresh.candidates.items() if found != resolver.table.candidates[role]):
        before, after = ({c.id: c for c in resolver.admitted(role, one)} for one in (resolver.table, fresh))
        if resolver.best.design[role].id not in after:
            return Reading("better")  # the design has another size at least, and what it beats is free
        moved = {n: pair for n in before.keys() & after.keys() if _differs(*(pair := (before[n], after[n])))}
        better = {name for name, pair in moved.items() if not (_no_better(*pair) or same_but_cost(*pair))}
        better |= after.keys() - before.keys()
        improved |= {role: frozenset(better)} if better else {}
        pairs |= {role: moved} if moved else {}
    every = [pair for one in pairs.values() for pair in one.values()]
    if improved:
        return _mixed(resolver, pairs, improved)
    if all(_no_better(*pair) for pair in every):
        return Reading("worse", tuple(pairs), freed=_freed(resolver, pairs)) if pairs else Reading("still")
    return _mixed(resolver, pairs, {}) if any(_no_better(*pair) for pair in every) else _cheaper(resolver, pairs)


def _mixed(resolver: Resolver, pairs: Pairs, improved: Mapping[str, frozenset[str]]) -> Reading:
    """Return the reading where some candidates get better; of the others, by how much at most their bills fall."""
    rest, seen = dict[str, Moved](), dict[str, Moved]()
    for role, moved in pairs.items():
        chosen = resolver.best.design[role].id
        rest[role] = {name: pair for name, pair in moved.items() if name not in improved.get(role, ())}
        seen[role] = rest[role] | {name: pair for name, pair in moved.items() if name == chosen}
    saved = (max((_saved(*pair) for pair in one.values()), default=0.0) for one in rest.values())
    saves = math.fsum(max(one, 0.0) for one in saved)
    return Reading("mixed", tuple({**pairs, **improved}), saves, _freed(resolver, seen), improved)


def _saved(before: Candidate, after: Candidate) -> float:
    return before.cost_usd_per_month - after.cost_usd_per_month


def _no_better(a: Candidate, b: Candidate) -> bool:
    """Return whether what a candidate becomes is in nothing better than it was."""
    if (a.unserved, a.cards) != (b.unserved, b.cards) or b.cost_usd_per_month < a.cost_usd_per_month - 1e-9:
        return False
    if b.operations_h_per_month < a.operations_h_per_month or b.availability > a.availability or b.quality > a.quality:
        return False
    return _no_slower(a, b)


def settled(gaps: Gaps, reading: Reading, then: Evaluation | None) -> bool:
    """Return whether it is proved without solving that the design stays the best.

    ``then``: the design with the number changed; None when it cannot be run. Nothing changes; or all that changes gets
    worse and the design still beats what can be reached without it; or only bills fall, by less than the distance.
    """
    return reading.kind == "still" or (not reading.improved and beats_the_rest(gaps, reading, then))


def beats_the_rest(gaps: Gaps, reading: Reading, then: Evaluation | None) -> bool:
    """Return whether it is proved that the design beats all that has nothing improved in it."""
    if then is None or not within_target(then) or reading.kind == "better":
        return False
    if reading.saves and [t.metric for t in gaps.goal.terms] != [COST]:
        return False
    mine = goal_value(gaps.goal, then)
    least = gaps.least(reading)
    if reading.saves:  # what was over the budget comes within it by no more than it saves
        least = min([least, *(b.limit for b in gaps.resolver.search.bounds if b.metric == COST)]) - reading.saves
    return mine + SURE * max(abs(mine), 1e-12) <= least

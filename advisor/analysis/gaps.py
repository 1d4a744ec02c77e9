"""How far the next best design is, role by role: what rules out a flip without solving again, and who the rivals are.

If a number makes things worse (or cheaper by little) for some candidates of some roles only, then a design that differs
there is at least as far away as the best one that differs there is today. Most numbers are settled by that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

from advisor.analysis.fixed import within_target
from advisor.analysis.reading import Reading
from advisor.analysis.resolver import Resolver
from advisor.candidates.candidate import Candidate
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import NOTHING, Found
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
            found = optimise(search, [self.goal], tie_break=False, time_limit_s=left) if search else NOTHING
            self._having[role, names] = found
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

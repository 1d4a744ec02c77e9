"""Which of the user's requirements cannot hold together.

Deletion filter (Chinneck and Dravnieks, 1991): drop requirements one by one; what can be dropped with the rest still
infeasible is not part of the conflict. What remains is minimal: without any one of them there is a design.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from advisor.candidates.table import Table
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.narrowing import narrowed
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Only, Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import CLOUDS, COST, Bound, Filter, Requirement, split_percentile

Feasible = Callable[[Sequence[Requirement]], bool | None]  # None: left open


def conflict(table: Table, time_limit_s: float = 0.0, search: Search | None = None) -> tuple[Requirement, ...] | None:
    """Return a minimal set of requirements that cannot hold together; () when the roles cannot be filled at all.

    None when the time limit (for all checks together; 0 means none) left it open.

    Args:
        search: of the table, whose designs serve here too.
    """
    end = time.monotonic() + time_limit_s if time_limit_s > 0 else math.inf
    feasible = Feasibility(search or Search(table), end=end)
    feasible.note_infeasible(table.scenario.requirements)
    return smallest(table.scenario.requirements, feasible)


def smallest(requirements: Sequence[Requirement], feasible: Feasible) -> tuple[Requirement, ...] | None:
    """Return a minimal part of some requirements that cannot hold together; None when a check was left open.

    >>> from advisor.scenario.requirements import Bound
    >>> asked = [Bound(name, name, True, 1.0) for name in "abcd"]
    >>> found = smallest(asked, lambda some: not {"b", "d"} <= {r.path for r in some})
    >>> [requirement.path for requirement in found]
    ['b', 'd']
    """
    kept = list(requirements)
    timeless = [r for r in kept if "_ms." not in r.path and "_s." not in r.path]  # time bounds are the slow part
    if len(timeless) < len(kept) and feasible(timeless) is False:
        kept = timeless
    for requirement in list(kept):
        rest = [r for r in kept if r is not requirement]
        verdict = feasible(rest)
        if verdict is None:
            return None
        if not verdict:
            kept = rest
    return tuple(kept)


class Feasibility:
    """Says whether designs exist under a part of a scenario's requirements, and remembers what it met.

    A design that was met answers for every part that it does not break, and what cannot hold cannot hold with more.
    The end of a rule brings designs only where a candidate that it refused is in one: see :meth:`_ends_in_vain`.

    Args:
        search: of all the requirements. only: which candidates a role may use.
        end: when to leave the rest open, on the monotonic clock.
    """

    def __init__(self, search: Search, only: Only | None = None, end: float = math.inf) -> None:
        self.only, self.end = only, end
        self._whole = search
        self._kept = search  # with all rules on options, which shape its pool
        self._apart: Search | None = None  # from which rules can be dropped
        self._met: list[tuple[Evaluation, frozenset[Requirement]]] = []
        self._infeasible: list[frozenset[Requirement]] = []

    def __call__(self, requirements: Sequence[Requirement]) -> bool | None:
        """Return whether a design meets these requirements, None when it was still open at the end."""
        asked = frozenset(requirements)
        if any(not broken & asked for _, broken in self._met):
            return True
        if any(some <= asked for some in self._infeasible) or self._ends_in_vain(asked):
            return False
        one_more = self._with_one_more(asked)
        if one_more and self._asked([*requirements, *one_more]):
            return True
        verdict = self._asked(requirements)
        if verdict is False:
            self.note_infeasible(requirements)
        return verdict

    def note_infeasible(self, requirements: Iterable[Requirement]) -> None:
        """Remember that some requirements cannot hold together."""
        self._infeasible.append(frozenset(requirements))

    def _ends_in_vain(self, asked: frozenset[Requirement]) -> bool:
        """Return whether requirements cannot hold because others cannot that only have more rules.

        A design that meets what is asked has candidates that :func:`narrowed` leaves. Where the rules that are gone
        refuse none of these, it meets what cannot be met.
        """
        more = [some - asked for some in self._infeasible]
        gone = [[rule for rule in some if type(rule) is Filter] for some in more]  # a pair refuses no candidate alone
        gone = [rules for rules, some in zip(gone, more, strict=True) if len(rules) == len(some)]
        if not gone:
            return False
        few = narrowed(_allowed(self._whole.table, self.only), tuple(asked), by=CHEAPEST)
        left = [c for found in few.candidates.values() for c in found] if few else []
        in_vain = any(all(c.admitted_by(rule) for rule in rules for c in left) for rules in gone)
        if in_vain:
            self.note_infeasible(asked)
        return in_vain

    def _with_one_more(self, asked: frozenset[Requirement]) -> list[Bound]:
        """Return the bounds on clouds that are not asked for, one cloud looser.

        Among fewer clouds there are fewer calls between them to look at, and one more is often enough.
        """
        gone = [r for r in self._whole.requirements if isinstance(r, Bound) and r.metric == CLOUDS and r not in asked]
        return [replace(bound, limit=bound.limit + 1) for bound in gone]

    def _asked(self, requirements: Sequence[Requirement]) -> bool | None:
        """Return what a search says; what it finds is remembered."""
        left = self.end - time.monotonic()
        if left <= 0:
            return None
        search = self._under(requirements)
        found = optimise(
            search,
            [_goal(search)],
            only=self.only,
            any_design=True,
            time_limit_s=0.0 if math.isinf(left) else left,
        )
        if found.best is not None:
            self._note(found.best)
            return True
        return False if found.status is Status.INFEASIBLE else None

    def _under(self, requirements: Sequence[Requirement]) -> Search:
        """Return a search under some of the requirements; the last one hands on what it learned."""
        asked = set(requirements)
        if all(one in asked for one in self._whole.requirements if type(one) is Filter):
            self._kept = self._kept.under(requirements)
            return self._kept
        self._apart = (self._apart or self._whole.with_rules_apart()).under(requirements)
        return self._apart

    def met_without(self, requirement: Requirement) -> list[Evaluation]:
        """Return the designs met that break no requirement but one."""
        return [evaluation for evaluation, broken in self._met if broken <= {requirement}]

    def _note(self, evaluation: Evaluation) -> None:
        """Remember a design, and which of all the requirements it breaks."""
        scenario = replace(self._whole.table.scenario, requirements=self._whole.requirements)
        checks = judge(evaluation.design, scenario).checks
        self._met.append((evaluation, frozenset(check.requirement for check in checks if not check.holds)))


def _allowed(table: Table, only: Only | None) -> Table:
    """Return a table with the candidates that may be used."""
    if only is None:
        return table
    kept = {role: tuple(c for c in found if only(role, c) is not False) for role, found in table.candidates.items()}
    return replace(table, candidates=kept)


def _goal(search: Search) -> Goal:
    """Return a goal whose own bound is among the requirements, where one is: a search below a bound is quick."""
    bounds = sorted((b for b in search.bounds if not split_percentile(b.metric)), key=lambda b: b.metric != COST)
    if not bounds or bounds[0].metric == COST:
        return CHEAPEST
    bound = bounds[0]
    return Goal((Term(bound.metric, 1.0 if bound.upper else -1.0),), bound.path)

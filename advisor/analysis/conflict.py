"""Which of the user's requirements cannot hold together.

Deletion filter (Chinneck and Dravnieks, 1991): drop requirements one by one; what can be dropped with the rest still
infeasible is not part of the conflict. What remains is minimal: without any one of them there is a design.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
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
Breaks = Callable[[Sequence[Requirement]], Collection[Requirement]]


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


def smallest(
    requirements: Sequence[Requirement],
    feasible: Feasible,
    sure: Collection[Requirement] = (),
    breaks: Breaks | None = None,
    stays: Callable[[Requirement], None] = lambda one: None,
) -> tuple[Requirement, ...] | None:
    """Return a minimal part of some requirements that cannot hold together; None when a check was left open.

    Where several parts are minimal, the order of the requirements decides which is found.

    Args:
        sure: requirements without any one of which there is a design: they are in every conflict.
        breaks: what a design breaks that meets what was just found feasible. Bounds are then dropped as many at a time
            as can be, which needs fewer checks where most of those that are not sure are in no conflict.
        stays: is told of one that is not sure as soon as it is known to be in the conflict.

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
    open_ = [r for r in kept if r not in sure]
    while open_:
        first = list(itertools.takewhile(lambda r: isinstance(r, Bound), open_)) if breaks else []
        end = _droppable(kept, first or open_[:1], feasible, breaks)
        if end is None:
            return None
        going, next_stays = end
        if next_stays:
            stays(open_[len(going)])
        kept, open_ = _less(kept, going), open_[len(going) + next_stays :]
    return tuple(kept)


def _droppable(
    kept: Sequence[Requirement], first: Sequence[Requirement], feasible: Feasible, breaks: Breaks | None
) -> tuple[Sequence[Requirement], bool] | None:
    """Return how many of the first requirements can go, and whether the next one is known to stay; None: left open.

    If the rest cannot hold together without them all, each would go when its turn came: with more of them there is no
    design either. If it can, take of what the design breaks the last one: those before it may go, but with them gone
    that one stays, as the design breaks nothing else of what is left.
    """
    going, stays = first, False
    while going:
        rest = _less(kept, going)
        verdict = feasible(rest)
        if verdict is None:
            return None
        if not verdict:
            break
        broken = breaks(rest) if breaks else going
        going, stays = going[: max(place for place, r in enumerate(going) if r in broken)], True
    return going, stays


def _less(some: Sequence[Requirement], gone: Sequence[Requirement]) -> list[Requirement]:
    """Return some requirements without these very ones; an equal one may be left."""
    ids = set(map(id, gone))
    return [r for r in some if id(r) not in ids]


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
        self._met: list[frozenset[Requirement]] = []  # what designs break
        self._infeasible: list[frozenset[Requirement]] = []
        self._may_help: set[tuple[frozenset[Requirement], frozenset[frozenset[Filter]]]] = set()  # asked, without which

    def __call__(self, requirements: Sequence[Requirement]) -> bool | None:
        """Return whether a design meets these requirements, None when it was still open at the end."""
        known = self.known(requirements)
        if known is not None:
            return known
        one_more = self._with_one_more(frozenset(requirements))
        if one_more and self._asked([*requirements, *one_more]):
            return True
        return self.at_once(requirements)

    def at_once(self, requirements: Sequence[Requirement]) -> bool | None:
        """Return the same by a single search."""
        verdict = self._asked(requirements)
        if verdict is False:
            self.note_infeasible(requirements)
        return verdict

    def known(self, requirements: Iterable[Requirement]) -> bool | None:
        """Return the same as far as it is known without a search."""
        asked = frozenset(requirements)
        noted = self.noted(asked)
        return False if noted is None and self._ends_in_vain(asked) else noted

    def noted(self, requirements: Iterable[Requirement]) -> bool | None:
        """Return the same as far as it was noted, at once."""
        asked = frozenset(requirements)
        if any(not broken & asked for broken in self._met):
            return True
        return False if any(some <= asked for some in self._infeasible) else None

    def breaks(self, requirements: Iterable[Requirement]) -> frozenset[Requirement]:
        """Return what a design breaks that meets some requirements which were found feasible."""
        asked = frozenset(requirements)
        return min((broken for broken in self._met if not broken & asked), key=len)

    def needs(self, requirement: Requirement) -> bool:
        """Return whether a design was met that breaks no requirement but one, so that it is in every conflict."""
        return any(broken <= {requirement} for broken in self._met)

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
        tried = (asked, frozenset(map(frozenset, gone)))
        if not gone or tried in self._may_help:
            return False
        few = narrowed(_allowed(self._whole.table, self.only), tuple(asked), by=CHEAPEST)
        left = [c for found in few.candidates.values() for c in found] if few else []
        in_vain = any(all(c.admitted_by(rule) for rule in rules for c in left) for rules in gone)
        if in_vain:
            self.note_infeasible(asked)
        else:
            self._may_help.add(tried)
        return in_vain

    def _with_one_more(self, asked: frozenset[Requirement]) -> list[Bound]:
        """Return the bounds on clouds that are not asked for, one cloud looser.

        Among fewer clouds there are fewer calls between them to look at, and one more is often enough. It is not tried
        where no number of them is enough beside all other requirements.
        """
        whole = self._whole.requirements
        gone = [r for r in whole if isinstance(r, Bound) and r.metric == CLOUDS and r not in asked]
        if any(some <= {*whole} - {*gone} for some in self._infeasible):
            return []
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
            self.note(found.best)
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

    def note(self, evaluation: Evaluation) -> None:
        """Remember which of all the requirements a design breaks."""
        scenario = replace(self._whole.table.scenario, requirements=self._whole.requirements)
        checks = judge(evaluation.design, scenario).checks
        self.note_design(check.requirement for check in checks if not check.holds)

    def note_design(self, breaking: Iterable[Requirement]) -> None:
        """Remember that there is a design which breaks these requirements and no other one."""
        self._met.append(frozenset(breaking))


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

"""The optimum where calls between clouds cost and take something: first as if they were free, then as they are.

What is best with free calls bounds what can be best with those that are paid. Often that design is no worse with its
calls, and is the answer. If not, only what can be in a design as good as it has to be is copied for every place that
its callers can have (:mod:`advisor.optimizer.linked`): as good as a design that is known, as a bound on the goal's own
metric asks for, or, before either is tried, within :data:`REACHES` of the best with free calls, one after the other
(where any design will do, within the last of them of the first one that was found). Designs that good are all among
these copies, since calls only add to what a design costs and takes; so the best of the copies is the best of all if it
is that good. If it is not, it is still one to beat; and where none of them is, that is a bound for what comes next.
Where a percentile alone is the goal one cloud is looked at before any copies are made: no call leaves it, and if it has
a design as fast as any is with free calls, that is the answer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.optimizer.case import Case
from advisor.optimizer.cases import Cases
from advisor.optimizer.found import Found
from advisor.optimizer.goal import CHEAPEST, STEP, goal_value, linear_goal
from advisor.optimizer.limit import Limit
from advisor.optimizer.linear import Linear, is_log
from advisor.optimizer.linked import LinkedSearch
from advisor.optimizer.prices import Prices, priced, within
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.run import Run, optimise
from advisor.optimizer.search import Only, Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal
from advisor.scenario.requirements import CLOUDS, Bound, split_percentile

SLIP = 1e-9  # what a goal may be above that of the design to beat, relative
LEAST = 1e-9  # stands for 0 in a logarithm
REACHES = (0.01, 0.1)  # how far above a design with free calls others are looked for at first, relative
MANY = 0.8  # of the candidates in designs that are good enough at all: so many are copied with all others
Ids = Mapping[str, Collection[str]]


def optimise_with_calls(
    search: Search,
    goals: Sequence[Goal],
    only: Only | None,
    tie_break: bool,
    any_design: bool,
    time_limit_s: float,
    program: bool,
) -> Found:
    """Return the optimum among copies that know where the others are, as a design of the candidates themselves."""
    asked = _Asked(search, goals, only, tie_break, any_design, program, time.monotonic(), time_limit_s)
    if program:
        return asked.among(None)
    if any_design and (known := asked.known()):
        value = goal_value(goals[0], known[0])
        return Found(Status.OPTIMAL, known[0], value, value)
    first = asked.with_free_calls()
    if first.best is None:
        return first
    with_calls = search.evaluate(first.best.design)
    holds = search.holds(with_calls)
    if holds and asked.settled_by(first, with_calls):
        search.known[tuple(c.id for c in with_calls.design.values())] = with_calls
        return replace(first, best=with_calls)
    return asked.with_paid_calls(first, with_calls if holds else None)


@dataclass(frozen=True)
class _Asked:
    """What is asked of a search with calls between clouds; the time limit counts from ``begun``, 0 means none."""

    search: Search
    goals: Sequence[Goal]
    only: Only | None
    tie_break: bool
    any_design: bool
    program: bool
    begun: float
    time_limit_s: float

    @property
    def left_s(self) -> float:
        """What is left of the time limit; 0 means none, before and after."""
        return max(self.time_limit_s - (time.monotonic() - self.begun), 1e-3) if self.time_limit_s else 0.0

    def known(self) -> list[Evaluation]:
        """Return the designs that are known to hold and that only have what is allowed, the best first."""
        found = self.search.known.values()
        good = [e for e in found if all(self.may_use(role, c) for role, c in e.design.items())]
        return sorted(good, key=lambda evaluation: goal_value(self.goals[0], evaluation))

    def may_use(self, role: str, candidate: Candidate) -> bool:
        """Return whether a candidate is allowed, even if another one beats it where calls are free."""
        return self.only is None or self.only(role, candidate) is not False

    @cached_property
    def promising(self) -> Promising:
        """Which candidates designs may have that are good enough."""
        return Promising(self.search.unlinked, self.goals[0], self.may_use)

    # --- calls that are free -----------------------------------------------------------------------------------------

    def with_free_calls(self) -> Found:
        """Return the optimum as if calls were free, or some design where any will do."""
        how = {"tie_break": self.tie_break, "any_design": self.any_design}
        return optimise(self.search.unlinked, self.goals, only=self.only, time_limit_s=self.left_s, **how)

    def settled_by(self, first: Found, with_calls: Evaluation) -> bool:
        """Return whether the optimum with free calls is no worse with its calls, which hold, or any design will do."""
        free = first.best
        assert free is not None
        if self.any_design:
            return True
        goals = (*self.goals, CHEAPEST) if self.tie_break else self.goals
        as_good = all(goal_value(goal, with_calls) <= goal_value(goal, free) for goal in goals)
        return as_good and first.status is Status.OPTIMAL

    # --- calls that are paid -----------------------------------------------------------------------------------------

    def with_paid_calls(self, first: Found, known: Evaluation | None) -> Found:
        """Return the optimum, given the one with free calls (or some design) and perhaps a design that holds."""
        starts = [*([known] if known else []), *self.known()]
        promising = self.promising
        least = -math.inf if self.any_design else promising.least(first)
        if self._wants_time_alone and math.isfinite(least):
            alone = self._in_one_cloud(least)
            if alone.best is not None and goal_value(self.goals[0], alone.best) <= least:
                return alone
            starts += [alone.best] if alone.best else []
        for reach in self._reaches(first):
            near, most = promising.near(first, reach), promising.most(starts)
            if near >= most:
                break
            below = promising.below(near)
            found = self.among(_few(promising.ids(near), promising.ids(most)), [first.best, *starts], least, below)
            if found.best is not None and (self.any_design or promising.includes(near, found)):
                return found
            if found.status is Status.INFEASIBLE and math.isfinite(below):
                least = max(least, below)
            starts += [found.best] if found.best else []
        return self.among(promising.ids(promising.most(starts)), [first.best, *starts], least)

    @property
    def _wants_time_alone(self) -> bool:
        """Whether a percentile is all that is asked for: the least may be reached where no call leaves a cloud."""
        only = self.goals[0].terms[0].metric if len(self.goals[0].terms) == 1 else ""
        return len(self.goals) == 1 and split_percentile(only) is not None and not (self.tie_break or self.any_design)

    def _in_one_cloud(self, least: float) -> Found:
        """Return the optimum among the designs in one cloud, or the first that reaches ``least``."""
        single = self.search.under([*self.search.requirements, Bound("in one cloud", CLOUDS, True, 1.0)])
        found = optimise(single, self.goals, only=self.only, tie_break=False, time_limit_s=self.left_s, least=least)
        return replace(found, best=self.search.evaluate(found.best.design)) if found.best else found

    def _reaches(self, first: Found) -> Sequence[float]:
        """Return how far to look at first; where any design will do it is mostly not among the very best."""
        if first.status is not Status.OPTIMAL:
            return ()
        return REACHES[-1:] if self.any_design else REACHES

    def among(
        self,
        few: Ids | None,
        starts: Sequence[Evaluation | None] = (),
        least: float = -math.inf,
        below: float = math.inf,
    ) -> Found:
        """Return the optimum among the copies of some candidates (None: all), from the designs of which there are.

        ``least``: what the best has at least in the first goal, since no design with free calls has less. ``below``: of
        interest is only what has less.
        """
        linked = self._copies(few)
        there = {(role, (c.unlinked or c).id) for role, found in linked.pool.items() for c in found}
        for start in starts:
            if start is not None and all((role, c.id) in there for role, c in start.design.items()):
                linked.start_from(start)
        found = optimise(
            linked,
            self.goals,
            only=None if self.only is None else self._only_copies,
            tie_break=self.tie_break,
            any_design=self.any_design,
            time_limit_s=self.time_limit_s if self.program else self.left_s,
            program=self.program,
            least=least,
            below=below,
        )
        if found.best is None:
            return found
        best = linked.plain(found.best)
        self.search.known[tuple(c.id for c in best.design.values())] = best
        return replace(found, best=best)

    def _copies(self, few: Ids | None) -> LinkedSearch:
        if few is not None:
            return LinkedSearch(self.search, forced=self.only is not None, among=few)
        linked = self.search.linked_unforced if self.only is None else self.search.linked
        assert linked is not None
        return linked

    def _only_copies(self, role: str, copied: Candidate) -> bool | None:
        assert self.only is not None
        return self.only(role, copied.unlinked or copied)


def _few(near: Ids | None, every: Ids | None) -> Ids | None:
    """Return which candidates to copy: those of designs that are near, or all at once where these are about as many."""
    if near is None or every is None:
        return near
    sizes = [sum(map(len, some.values())) for some in (near, every)]
    return every if sizes[0] > MANY * sizes[1] else near


class Promising:
    """Says which candidates designs may have that are as good as asked for, and calls as if they were free.

    How good is said in units of the goal's sum (minus a logarithm for a product), of a percentile in those of the goal;
    infinite where nothing is asked, or where the goal is neither.
    """

    def __init__(self, unlinked: Search, goal: Goal, may_use: Only) -> None:
        self.goal, self.run = goal, Run(unlinked, may_use, 0.0)
        self.objective = linear_goal(unlinked, goal)
        single = len(goal.terms) == 1 and goal.terms[0].coefficient > 0
        self.guide = self.objective if self.objective or not single else _mean(unlinked, goal)

    def least(self, first: Found) -> float:
        """Return what the optimum with free calls proves that no design has less of; only of a sum or a percentile."""
        known = first.status is Status.OPTIMAL and self.guide is not None and not is_log(self.goal)
        return first.value if known else -math.inf

    def most(self, known: Sequence[Evaluation]) -> float:
        """Return how bad a design may be that is no worse than one that is known, and within the goal's own bounds."""
        if self.guide is None:
            return math.inf
        worths = [self._worth(evaluation) for evaluation in known]
        return min(self.run.ceiling(self.goal, ()), *(worth + self._slip(worth) for worth in worths), math.inf)

    def near(self, first: Found, reach: float) -> float:
        """Return how bad a design may be within a reach of one with free calls."""
        if self.guide is None or first.best is None:
            return math.inf
        worth = self._worth(first.best)
        return worth + reach * abs(worth)

    def below(self, near: float) -> float:
        """Return the same as a bound for the search of a sum; infinite for other goals, which have none."""
        return near if self.objective is not None and not is_log(self.goal) else math.inf

    def includes(self, most: float, found: Found) -> bool:
        """Return whether the best of the designs with some candidates is the best of all: all as good have these."""
        assert found.best is not None
        worth = self._worth(found.best)
        return found.status is Status.OPTIMAL and worth + self._slip(worth) <= most

    def _worth(self, evaluation: Evaluation) -> float:
        value = goal_value(self.goal, evaluation)
        return -math.log(max(value / self.goal.terms[0].coefficient, LEAST)) if is_log(self.goal) else value

    def _slip(self, worth: float) -> float:
        return SLIP * max(abs(worth), 1.0) if self.objective else 2 * STEP * abs(worth)

    def ids(self, most: float) -> Ids | None:
        """Return the ids that a design up to ``most`` may have, by role; None where nothing says how good it is."""
        if self.guide is None or math.isinf(most):
            return None
        cases = self._of_a_sum if self.objective else self._priced((self._limit(most),))
        if cases is None:
            return None
        pool = self.run.search.pool
        found: dict[str, set[str]] = {role: set() for role in pool}
        for case, prices in cases:
            kept = within(case, prices, most if self.objective else math.inf).kept
            for (role, candidates), places in zip(pool.items(), kept, strict=True):
                found[role] |= {candidates[place].id for place in places}
        return found

    @cached_property
    def _of_a_sum(self) -> Sequence[tuple[Case, Prices]] | None:
        """The cases of a goal that is a sum: they are the same however good a design has to be."""
        return self._priced(())

    def _priced(self, limits: tuple[Limit, ...]) -> Sequence[tuple[Case, Prices]] | None:
        """Return the cases that are open under some limits, with their prices; None where there are too many."""
        assert self.guide is not None
        try:
            open_ = Cases(self.run.question(self.guide, limits), lambda _: False).open_cases(relaxed=True)
            return [(case, prices) for *_, case in open_ if (prices := priced(case)) is not None]
        except TooHardError:
            return None

    def _limit(self, most: float) -> Limit:
        term = self.goal.terms[0]
        return self.run.search.limit(Bound("objective", term.metric, True, most / term.coefficient))


def _mean(search: Search, goal: Goal) -> Linear | None:
    """Return the mean of the time of which a goal is a percentile."""
    metric = goal.terms[0].metric
    return search.sum(metric.rpartition(".p")[0] + ".mean") if split_percentile(metric) else None

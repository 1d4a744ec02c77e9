"""Which requirements rule out what is wished for, and how far each of them must be loosened alone.

The way out of one requirement is a design that breaks no other one. So it also shows that the requirement is in every
conflict: without it there is a design. Once a few are known to be, the ways out of what else is likely to be are looked
for at once, and nobody asks first whether there are any.

Where there are several conflicts, the order in which requirements are tried decides which is found. What is in all of
them stays in any order, so to know that beforehand changes nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.answers import Deadline
from advisor.analysis.conflict import smallest
from advisor.analysis.crew import Crew
from advisor.analysis.forced import Forced, infeasible_with
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import COST, COUNTS, Bound, Requirement, split_percentile

WORTH_A_PROCESS_S = 0.05  # what follows takes several times as long as what went before; a process about so long
TIGHT = 0.02  # slack of a bound that is likely to be in a conflict, relative
FEW = 2  # requirements that are in every conflict: where there are so many, there are likely more


@dataclass(frozen=True)
class WayOut:
    """One requirement loosened so far that a design exists.

    Attributes:
        least: the tightest bound that can be met, all else kept; None for a rule, which is dropped.
        evaluation: the best design then; None when loosening this one alone does not help.
        proved: False when the time limit left it open.
    """

    requirement: Requirement
    least: float | None
    evaluation: Evaluation | None
    proved: bool = True


def blame_and_ways_out(
    one: Forced, best: Evaluation, deadline: Deadline, jobs: int = 1
) -> tuple[tuple[Requirement, ...] | None, tuple[WayOut, ...]]:
    """Return a minimal set of requirements that cannot hold together with the wishes, and the way out of each.

    Args:
        best: the design without the wishes. Where it has little room, more than one requirement is likely to blame.
        jobs: processes to look for the ways out in; none of them hangs on another.
    """
    work = _Ways(one, deadline)
    shared = (one.search.table.catalog, one.search.table.scenario)
    with Crew(work, jobs, shared) as crew:
        return _Blame(one, best, deadline, crew).found()


@dataclass(frozen=True)
class _Ways:
    """Finds the way out of a requirement, by its place; can be done in another process."""

    one: Forced
    deadline: Deadline

    def __call__(self, place: int) -> WayOut:
        return way_out(self.one, self.one.search.requirements[place], self.deadline)


class _Blame:
    """Finds the conflict, and has the crew find the ways out as soon as it is known that they will be asked for."""

    def __init__(self, one: Forced, best: Evaluation, deadline: Deadline, crew: Crew[int, WayOut]) -> None:
        self.asked, self.crew, self.best = one.search.requirements, crew, best
        self.feasible = infeasible_with(one, deadline)
        self._begun = time.monotonic()
        self._given: set[int] = set()

    def found(self) -> tuple[tuple[Requirement, ...] | None, tuple[WayOut, ...]]:
        """Return the conflict and the ways out."""
        tight = list(self._tight())
        sure = self._sure(tight)
        if len(sure) == FEW:
            self._look_ahead([r for r in self.asked if r in tight or _effort(r) < 2])
        members = smallest(self.asked, self.feasible, *((self._needed(), self.feasible.breaks) if sure else ()))
        if members is None:
            return None, ()
        self._give(members)
        ways = self.crew.all()
        return members, tuple(self._way(ways.get(self.asked.index(one)), one) for one in members)

    def _sure(self, tight: Sequence[Bound]) -> list[Requirement]:
        """Return the first few tight bounds without which there is a design; none where the very first may go.

        Few requirements are to blame then, and the usual search for a conflict asks for little more.
        """
        found: list[Requirement] = []
        for bound in tight:
            if self.feasible(self._without(bound)):
                found.append(bound)
            if not found or len(found) == FEW:
                break
        return found

    def _tight(self) -> Iterator[Bound]:
        """Yield the bounds that are likely to be in a conflict."""
        slack = {check.requirement: check.slack for check in self.best.checks}
        for one in self.asked:
            if isinstance(one, Bound) and one.metric not in COUNTS:
                room = slack.get(one)
                if one.metric == COST or (room is not None and room < TIGHT):
                    yield one

    def _look_ahead(self, likely: Sequence[Requirement]) -> None:
        """Look for the ways out of what is likely to be in every conflict: tight bounds, numbers and rules.

        Meanwhile it is tried whether all others may go.
        """
        self._give(likely)
        self.feasible(likely)
        for place, way in self.crew.all().items():
            if way.evaluation is not None:
                self.feasible.note(way.evaluation)
            elif way.proved:
                self.feasible.note_infeasible(self._without(self.asked[place]))

    def _needed(self) -> list[Requirement]:
        """Return what is known to be in every conflict; of two that are equal either would do."""
        return [one for one in self.asked if self.feasible.needs(one) and self.asked.count(one) == 1]

    def _without(self, requirement: Requirement) -> list[Requirement]:
        return [r for r in self.asked if r is not requirement]

    def _give(self, some: Sequence[Requirement]) -> None:
        """Have the ways out of some requirements looked for, what takes longest first, unless there are none."""
        for one in some:
            place = self.asked.index(one)
            if place not in self._given and self.feasible.known(self._without(one)) is not False:
                self._given.add(place)
                self.crew.give(place, _effort(one))
        if time.monotonic() - self._begun > WORTH_A_PROCESS_S:
            self.crew.begin()

    @staticmethod
    def _way(found: WayOut | None, requirement: Requirement) -> WayOut:
        """Return a way out that names the very requirement, not a copy from another process; None: there is none."""
        return replace(found, requirement=requirement) if found else WayOut(requirement, None, None)


def _effort(requirement: Requirement) -> int:
    """Return a rank that is lower the longer a way out takes; what takes longest is begun first."""
    if not isinstance(requirement, Bound):
        return 1
    return 0 if requirement.metric in COUNTS else 2 if split_percentile(requirement.metric) else 3


def way_out(one: Forced, requirement: Requirement, deadline: Deadline) -> WayOut:
    """Return how far one requirement must be loosened, all others kept.

    A bound is dropped and its metric becomes the goal: what is reached is the tightest bound that can be met, and the
    cheapest design there is shown. A rule is dropped, and the scenario's own goals stay.
    """
    if deadline.passed:
        return WayOut(requirement, None, None, proved=False)
    scenario = one.search.table.scenario
    rest = [r for r in scenario.requirements if r is not requirement]
    if isinstance(requirement, Bound) and requirement.metric in COUNTS:
        found = least_count(requirement, lambda more: one.best(deadline, [*rest, *more], (CHEAPEST,)))
    else:
        goals = (_towards(requirement),) if isinstance(requirement, Bound) else ()
        found = one.best(deadline, rest, goals)
    proved = found.status is not Status.STOPPED
    if found.best is None or not proved:
        return WayOut(requirement, None, None, proved)
    evaluation = replace(found.best, scenario=scenario)
    least = evaluation.metric(requirement.metric) if isinstance(requirement, Bound) else None
    return WayOut(requirement, least, evaluation)


def least_count(bound: Bound, best: Callable[[Sequence[Bound]], Found]) -> Found:
    """Return the cheapest design with as few of what a bound counts as possible, for a bound that cannot be met.

    One more is allowed at a time, which is quicker than to make the number a goal.

    Args:
        best: the cheapest design under some bounds beside all that are kept.
    """
    limit = math.floor(bound.limit) + 1
    found = best([replace(bound, limit=float(limit))])
    if found.status is not Status.INFEASIBLE:
        return found
    free = best(())
    if free.best is None or free.status is not Status.OPTIMAL:
        return free
    for more in range(limit + 1, round(free.best.metric(bound.metric))):
        found = best([replace(bound, limit=float(more))])
        if found.status is not Status.INFEASIBLE:
            return found
    return free


def best_reach(one: Forced, bound: Bound, deadline: Deadline) -> float | None:
    """Return the best value of a bound's metric with the wishes and no requirement; None when time left it open."""
    found = one.best(deadline, (), (_towards(bound),), tie_break=False)
    return found.best.metric(bound.metric) if found.best and found.status is Status.OPTIMAL else None


def _towards(bound: Bound) -> Goal:
    sign, verb = (1.0, "minimize") if bound.upper else (-1.0, "maximize")
    return Goal((Term(bound.metric, sign),), f"{verb} {bound.metric}")

"""Force a component, an option or one size into a design and solve again; where nothing is feasible, what helps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.answers import Answer, Deadline, remember, restricted, searching
from advisor.analysis.conflict import Feasibility, smallest
from advisor.analysis.parallel import forks, mapped
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Only, Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import COUNTS, Bound, Requirement, split_percentile

WORTH_A_PROCESS_S = 0.1  # ways out take about twice as long as the conflict; a process takes a twentieth of a second


@dataclass(frozen=True)
class Wish:
    """What a role shall be filled with: a component, an option, a candidate's id, or ``none``.

    A combination (a model with its fallback, a split of traffic) counts as its primary component, as in
    ``advisor candidates``.
    """

    role: str
    name: str

    def fits(self, candidate: Candidate) -> bool:
        """Return whether a candidate of the role is what is wished for."""
        return self.name in names_of(candidate)


def names_of(candidate: Candidate) -> tuple[str, ...]:
    """Return the names that a candidate answers to."""
    return (candidate.component_id, candidate.id, *((candidate.option.id,) if candidate.option else ()))


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


@dataclass(frozen=True)
class Forced:
    """A search in which some roles may only be filled as wished; ``only`` is None when nothing else is in its table."""

    search: Search
    only: Only | None

    def best(
        self,
        deadline: Deadline,
        requirements: Sequence[Requirement] | None = None,
        goals: Sequence[Goal] = (),
        *,
        tie_break: bool = True,
        met: Iterable[Evaluation] = (),
    ) -> Found:
        """Return the optimum, under other requirements and goals where some are given.

        Args:
            tie_break: of designs that are equally good the cheapest.
            met: designs with what is wished for that may hold then, to start from.
        """
        search = self.search if requirements is None else searching(self.search, requirements, goals)
        for evaluation in met:
            remember(search, evaluation.design)
        return optimise(search, only=self.only, tie_break=tie_break, time_limit_s=deadline.left)


def forced(answer: Answer, wishes: Sequence[Wish]) -> Forced:
    """Return the search with every wish granted.

    The search of the answer serves where its pool still has all that can be best; it drops sizes of a component that
    another size of the same component beats, so a wish for an option or a size gets a search of its own.
    """
    if all(_is_component(answer.table, wish) for wish in wishes):
        roles = {wish.role: [one for one in wishes if one.role == wish.role] for wish in wishes}
        return Forced(answer.search, only_where({role: _fits_all(found) for role, found in roles.items()}))
    fitting = {w.role: [c for c in answer.table.candidates[w.role] if w.fits(c)] for w in wishes}
    return Forced(Search(restricted(answer.table, fitting)), None)


def only_where(tests: Mapping[str, Callable[[Candidate], bool]]) -> Only:
    """Return the rule that some roles may only have candidates that pass a test."""
    return lambda role, candidate: tests[role](candidate) if role in tests else None


def _fits_all(wishes: Sequence[Wish]) -> Callable[[Candidate], bool]:
    return lambda candidate: all(wish.fits(candidate) for wish in wishes)


def _is_component(table: Table, wish: Wish) -> bool:
    return wish.name == NONE or any(c.component_id == wish.name for c in table.candidates[wish.role])


def blame(one: Forced, deadline: Deadline) -> tuple[Requirement, ...] | None:
    """Return a minimal set of requirements that cannot hold together with the wishes; None when time left it open."""
    return smallest(one.search.requirements, _feasible(one, deadline))


def _feasible(one: Forced, deadline: Deadline) -> Feasibility:
    """Return what says which part of the requirements can hold with the wishes, which all of them cannot."""
    found = Feasibility(one.search, one.only, deadline.end)
    found.note_infeasible(one.search.requirements)
    return found


def blame_and_ways_out(
    one: Forced, deadline: Deadline, jobs: int = 1
) -> tuple[tuple[Requirement, ...] | None, tuple[WayOut, ...]]:
    """Return a minimal set of requirements that cannot hold together with the wishes, and the way out of each.

    A design that showed that a number of clouds (or vendors, or own systems) is to blame is one to beat with more.

    ``jobs``: processes to look for the ways out in, where the conflict took so long that these will too; none of them
    hangs on another.
    """
    begun = time.monotonic()
    feasible = _feasible(one, deadline)
    members = smallest(one.search.requirements, feasible)
    ways = _Ways(one, members or (), feasible, deadline)
    long = time.monotonic() - begun > WORTH_A_PROCESS_S and forks()
    order = sorted(range(len(ways.members)), key=lambda place: _effort(ways.members[place]))
    shared = (one.search.table.catalog, one.search.table.scenario)
    found = dict(zip(order, mapped(ways, order, jobs if long else 1, shared=shared), strict=True))
    return members, tuple(replace(found[place], requirement=own) for place, own in enumerate(ways.members))


def _effort(requirement: Requirement) -> int:
    """Return a rank that is lower the longer a way out takes; what takes longest is begun first."""
    if not isinstance(requirement, Bound):
        return 1
    return 0 if requirement.metric in COUNTS else 2 if split_percentile(requirement.metric) else 3


@dataclass(frozen=True)
class _Ways:
    """Finds the way out for one of the members of a conflict, by its place; can be done in another process."""

    one: Forced
    members: tuple[Requirement, ...]
    feasible: Feasibility
    deadline: Deadline

    def __call__(self, place: int) -> WayOut:
        own = self.members[place]
        counted = isinstance(own, Bound) and own.metric in COUNTS
        return way_out(self.one, own, self.deadline, self.feasible.met_without(own) if counted else ())


def way_out(one: Forced, requirement: Requirement, deadline: Deadline, met: Iterable[Evaluation] = ()) -> WayOut:
    """Return how far one requirement must be loosened, all others kept.

    A bound is dropped and its metric becomes the goal: what is reached is the tightest bound that can be met, and the
    cheapest design there is shown. A rule is dropped, and the scenario's own goals stay.

    ``met``: designs that hold all others.
    """
    if deadline.passed:
        return WayOut(requirement, None, None, proved=False)
    scenario = one.search.table.scenario
    rest = [r for r in scenario.requirements if r is not requirement]
    if isinstance(requirement, Bound) and requirement.metric in COUNTS:
        found = least_count(requirement, lambda more: one.best(deadline, [*rest, *more], (CHEAPEST,), met=met))
    else:
        goals = (_towards(requirement),) if isinstance(requirement, Bound) else ()
        found = one.best(deadline, rest, goals, met=met)
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

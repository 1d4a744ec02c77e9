"""Force a component, an option or one size into a design and solve again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from advisor.analysis.answers import Answer, Deadline, restricted, searching
from advisor.analysis.conflict import Feasibility, smallest
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table
from advisor.optimizer.found import Found
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Only, Search
from advisor.scenario.goals import Goal
from advisor.scenario.requirements import Requirement


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
    ) -> Found:
        """Return the optimum, under other requirements and goals where some are given.

        ``tie_break``: of designs that are equally good the cheapest.
        """
        search = self.search if requirements is None else searching(self.search, requirements, goals)
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


def infeasible_with(one: Forced, deadline: Deadline) -> Feasibility:
    """Return what says which part of the requirements can hold with the wishes, which all of them cannot."""
    found = Feasibility(one.search, one.only, deadline.end)
    found.note_infeasible(one.search.requirements)
    return found


def blame(one: Forced, deadline: Deadline) -> tuple[Requirement, ...] | None:
    """Return a minimal set of requirements that cannot hold together with the wishes; None when time left it open."""
    return smallest(one.search.requirements, infeasible_with(one, deadline))

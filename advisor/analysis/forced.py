"""Force a component, an option or one size into a design and solve again; where nothing is feasible, what helps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.answers import Answer, Deadline, restricted, under
from advisor.analysis.conflict import conflict
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table
from advisor.evaluation.result import Evaluation
from advisor.optimizer.run import Found, optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import Bound, Requirement


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


def only_wishes(table: Table, wishes: Iterable[Wish]) -> Table:
    """Return the table in which the roles of the wishes can be filled with nothing else."""
    return restricted(table, {w.role: [c for c in table.candidates[w.role] if w.fits(c)] for w in wishes})


def force(answer: Answer, wishes: Sequence[Wish], deadline: Deadline) -> Found:
    """Return the optimum with every wish granted.

    The search of the answer serves where its pool still has all that can be best; it drops sizes of a component that
    another size of the same component beats, so a wish for an option or a size gets a search of its own.
    """
    whole = {role: [wish for wish in wishes if wish.role == role] for role in {wish.role for wish in wishes}}
    if all(_is_component(answer.table, wish) for wish in wishes):
        return force_where(answer, {role: _fits_all(found) for role, found in whole.items()}, deadline)
    return optimise(Search(only_wishes(answer.table, wishes)), time_limit_s=deadline.left)


def force_where(answer: Answer, tests: Mapping[str, Callable[[Candidate], bool]], deadline: Deadline) -> Found:
    """Return the optimum when roles may only have candidates that pass a test about components."""

    def only(role: str, candidate: Candidate) -> bool | None:
        return tests[role](candidate) if role in tests else None

    return optimise(answer.search, only=only, time_limit_s=deadline.left)


def _fits_all(wishes: Sequence[Wish]) -> Callable[[Candidate], bool]:
    return lambda candidate: all(wish.fits(candidate) for wish in wishes)


def _is_component(table: Table, wish: Wish) -> bool:
    return wish.name == NONE or any(c.component_id == wish.name for c in table.candidates[wish.role])


def blame(table: Table, deadline: Deadline) -> tuple[Requirement, ...] | None:
    """Return a minimal set of requirements that a table cannot meet together; None when time left it open."""
    return conflict(table, deadline.left)


def ways_out(table: Table, requirements: Iterable[Requirement], deadline: Deadline) -> tuple[WayOut, ...]:
    """Return for each of some requirements how far it must be loosened, alone, for a design to exist."""
    return tuple(way_out(table, requirement, deadline) for requirement in requirements)


def way_out(table: Table, requirement: Requirement, deadline: Deadline) -> WayOut:
    """Return how far one requirement must be loosened, all others kept.

    A bound is dropped and its metric becomes the goal: what is reached is the tightest bound that can be met, and the
    cheapest design there is shown. A rule is dropped, and the scenario's own goals stay.
    """
    if deadline.passed:
        return WayOut(requirement, None, None, proved=False)
    rest = [r for r in table.scenario.requirements if r is not requirement]
    goals = (_towards(requirement),) if isinstance(requirement, Bound) else ()
    found = optimise(Search(under(table, rest, goals)), time_limit_s=deadline.left)
    proved = found.status is not Status.STOPPED
    if found.best is None or not proved:
        return WayOut(requirement, None, None, proved)
    evaluation = replace(found.best, scenario=table.scenario)
    least = evaluation.metric(requirement.metric) if isinstance(requirement, Bound) else None
    return WayOut(requirement, least, evaluation)


def best_reach(table: Table, bound: Bound, deadline: Deadline) -> float | None:
    """Return the best value of a bound's metric that a table allows when nothing is required; None when left open."""
    found = optimise(Search(under(table, (), (_towards(bound),))), time_limit_s=deadline.left)
    return found.best.metric(bound.metric) if found.best and found.status is Status.OPTIMAL else None


def _towards(bound: Bound) -> Goal:
    sign, verb = (1.0, "minimize") if bound.upper else (-1.0, "maximize")
    return Goal((Term(bound.metric, sign),), f"{verb} {bound.metric}")

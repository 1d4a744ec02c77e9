"""The cheapest ways out of an infeasible scenario: the least that must change, in numbers, solved again.

Every way changes as few requirements as possible (:mod:`advisor.analysis.least_change` says by how much).

Where one bound alone is enough, a little of two may be less: pairs are offered when their changes add up to at least
``SAVED`` less than that of any bound alone. Designs are looked for with which each of the two is exceeded by less than
that; a design that breaks only one of them is not among these, for one bound alone takes more, so the sum of both
relative changes is exact here too.

What one requirement alone, one tactic or one pair comes to hangs on nothing else, so these are found side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from advisor.analysis.answers import UNLIMITED, Deadline
from advisor.analysis.enough import Enough
from advisor.analysis.least_change import LeastChange, Met
from advisor.analysis.parallel import forks, mapped
from advisor.analysis.remedies import (
    Admitted,
    Loosened,
    Remedy,
    Step,
    Undenied,
    WaysOut,
    changed_scenario,
    place_of,
)
from advisor.analysis.smallest_fixes import Conflict, Fixes, smallest_fixes
from advisor.candidates.unswept import unswept
from advisor.optimizer.goal import goal_value
from advisor.optimizer.search import Search
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, is_count
from advisor.scenario.tactics import BY_DEFAULT

__all__ = [
    "ASK_FOR",
    "SAVED",
    "Admitted",
    "Loosened",
    "Remedy",
    "Step",
    "Undenied",
    "WaysOut",
    "changed_scenario",
    "place_of",
    "ways_out",
]
SAVED = 0.1  # of the change of any bound alone, by a pair that is worth showing
ASK_FOR = ("cascade", "fallback", "hedge", "reserve", "split", "spot")  # tactics that scenarios have to ask for


def ways_out(
    search: Search,
    conflict: Conflict | None,
    deadline: Deadline = UNLIMITED,
    *,
    ask_for: Collection[str] = ASK_FOR,
    jobs: int = 1,
) -> WaysOut:
    """Return the least changes that make an infeasible scenario feasible.

    Args:
        search: of the scenario, proved infeasible. conflict: a minimal one; None when it was left open.
        ask_for: tactics that scenarios have to ask for, and that are tried.
        jobs: processes to work in; the result is the same for any number.

    >>> import advisor
    >>> from advisor.analysis.overrides import change
    >>> catalog = advisor.load_catalog()
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"), catalog)
    >>> tight = change(scenario, ["constraints.cost_usd_per_month.max=9000"], catalog).scenario
    >>> answer = advisor.answer(tight, catalog)
    >>> for remedy in ways_out(answer.search, answer.conflict).remedies:
    ...     print(place_of(remedy.steps[0]), remedy.evaluation.feasible)
    constraints.quality.min True
    constraints.cost_usd_per_month.max True
    constraints.clouds.max True
    constraints.residency.require True
    """
    if conflict is None:
        return WaysOut((), Fixes((), ()), tuple(r.path for r in search.requirements))
    with unswept():
        return _Ways(search, conflict, deadline, jobs).found(ask_for)


def _rank(remedy: Remedy, scenario: Scenario) -> tuple[object, ...]:
    rules = sum(not isinstance(step, Loosened) for step in remedy.steps)
    goals = [goal_value(goal, remedy.evaluation) for goal in scenario.objective]
    return (rules, remedy.share, goals, remedy.cost_usd_per_month, [place_of(step) for step in remedy.steps])


@dataclass(frozen=True)
class _Pair:
    """Two bounds, by their places among the requirements, for which a relative change below ``most`` is enough."""

    places: tuple[int, int]
    most: float


_Piece = int | str | _Pair  # a requirement by its place, a tactic, a pair


@dataclass(frozen=True)
class _Came:
    """What became of a piece: whether it is enough (None: open), the changes, and what the time limit left open."""

    enough: bool | None
    remedies: tuple[Remedy, ...]
    open: tuple[str, ...]


@dataclass(frozen=True)
class _Work:
    """Finds the least change of one requirement, with one tactic or of one pair; can be done in another process."""

    search: Search
    conflict: Conflict
    deadline: Deadline
    met: tuple[Met, ...] = ()

    def __call__(self, piece: _Piece) -> _Came:
        ways = LeastChange(self.search, self.deadline, self.met)
        enough: bool | None = True
        if isinstance(piece, str):
            found = [*ways.with_tactic(piece, self.conflict)]
        elif isinstance(piece, _Pair):
            found = [*ways.pair(tuple(self._bounds(piece)), piece.most)]
        else:
            alone = (self.search.requirements[piece],)
            enough = ways.feasible_without(alone)
            found = [*ways.remedies(alone)] if enough else []
        return _Came(enough, tuple(found), tuple(ways.open))

    def _bounds(self, pair: _Pair) -> Iterator[Bound]:
        for place in pair.places:
            bound = self.search.requirements[place]
            assert isinstance(bound, Bound)
            yield bound


class _Ways:
    """Puts together what the pieces come to: what they are is known one after the other."""

    def __init__(self, search: Search, conflict: Conflict, deadline: Deadline, jobs: int) -> None:
        self.search, self.scenario, self.deadline, self.jobs = search, search.table.scenario, deadline, jobs
        self.ways = LeastChange(search, deadline)
        self.work = _Work(search, conflict, deadline)
        self.conflict = self.ways.spared_by_rules(conflict)
        self.alone: dict[Conflict, _Came] = {}  # what became of single requirements

    def found(self, ask_for: Collection[str]) -> WaysOut:
        """Return the ways out, the least change first."""
        tactics = sorted((BY_DEFAULT | set(ask_for)) - self.scenario.tactics.allowed)
        places = [at for at, one in enumerate(self.search.requirements) if one in self.conflict]
        came = self._mapped([*tactics, *places])
        self.alone = {
            (self.search.requirements[at],): one for at, one in zip(places, came[len(tactics) :], strict=True)
        }
        fixes = smallest_fixes(self.search.requirements, self.conflict, self._feasible_without, self.ways.blame_without)
        found = [remedy for fix in fixes.sets for remedy in self._remedies(fix)]
        pairs = [*self._pairs(found)]
        self.work = replace(self.work, met=tuple(self.ways.met))
        found += [remedy for one in self._mapped(pairs) for remedy in one.remedies]
        found += [remedy for one in came[: len(tactics)] for remedy in one.remedies]
        ranked = sorted(found, key=lambda remedy: _rank(remedy, self.scenario))
        left = [*self.ways.open, *(requirement.path for some in fixes.open for requirement in some)]
        return WaysOut(tuple(ranked), fixes, tuple(dict.fromkeys(left)))

    def _mapped(self, pieces: Sequence[_Piece]) -> list[_Came]:
        """Return what pieces come to; a process that is no copy would first have to learn all that is known here."""
        came = mapped(self.work, pieces, self.jobs if forks() else 1, shared=(self.search.table.catalog, self.scenario))
        self.ways.open += [path for one in came for path in one.open]
        return came

    def _feasible_without(self, some: Conflict) -> bool | None:
        return self.alone[some].enough if some in self.alone else self.ways.feasible_without(some)

    def _remedies(self, fix: Conflict) -> Sequence[Remedy]:
        return self.alone[fix].remedies if fix in self.alone else [*self.ways.remedies(fix)]

    def _pairs(self, singles: Sequence[Remedy]) -> Iterator[_Pair]:
        """Yield the pairs of bounds that need less change together than any bound alone, given what those need."""
        alone = {step.bound: step.share for one in singles for step in one.steps if isinstance(step, Loosened)}
        if not alone or any(len(one.steps) > 1 for one in singles):
            return
        most = min(alone.values()) * (1 - SAVED)
        bounds = [b for b in self.scenario.bounds if not is_count(b.metric)]
        enough = Enough(bounds, lambda some: self.ways.needs(some, most))
        for one, other in combinations(bounds, 2):
            if self.deadline.passed:
                self.ways.open.append(f"{one.path} with {other.path}")
            elif alone.keys() & {one, other} and enough((one, other)):
                asked = self.search.requirements
                yield _Pair((asked.index(one), asked.index(other)), most)

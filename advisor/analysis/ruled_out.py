"""Which requirements rule out what is wished for, and how far each of them must be loosened alone.

The way out of one requirement is a design that breaks no other one. So it also shows that the requirement is in every
conflict: without it there is a design. So the first that are tried are looked for a way out of, and nobody asks before
whether there is one; once a few are known to be in every conflict, so is all else that is likely to be. Other processes
do not wait for that: whenever they have nothing to do they look for a way out of what is likely to be asked for.

Where there are several conflicts, the order in which requirements are tried decides which is found. What is in all of
them stays in any order, so to know that beforehand changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from advisor.analysis.alone import WayOut, way_out, without
from advisor.analysis.answers import Deadline, Progress, silent
from advisor.analysis.conflict import smallest
from advisor.analysis.crew import Crew
from advisor.analysis.forced import Forced, infeasible_with
from advisor.evaluation.result import Evaluation
from advisor.scenario.requirements import COST, COUNTS, Bound, Requirement, split_percentile

TIGHT = 0.02  # slack of a bound that is likely to be in a conflict, relative
STEPS = 3  # that are reported as progress
FEW = 2  # requirements that are in every conflict: where there are so many, there are likely more


def blame_and_ways_out(
    one: Forced,
    best: Evaluation,
    deadline: Deadline,
    jobs: int = 1,
    progress: Progress = silent,
    known: tuple[Requirement, ...] | None = None,
) -> tuple[tuple[Requirement, ...] | None, tuple[WayOut, ...]]:
    """Return a minimal set of requirements that cannot hold together with the wishes, and the way out of each.

    Args:
        best: the design without the wishes. Where it has little room, more than one requirement is likely to blame.
        jobs: processes to look for the ways out in; none of them hangs on another.
        known: such a set, where one is known.
    """
    ways = _Ways(one, tuple(_likely(one.search.requirements, best)), deadline)
    shared = (one.search.table.catalog, one.search.table.scenario)
    with Crew(ways, jobs, shared) as crew:
        blame = _Blame(ways, crew, progress)
        return blame.found() if known is None else (known, blame.ways_out(known))


def _likely(asked: Sequence[Requirement], best: Evaluation) -> Iterator[Requirement]:
    """Yield what is likely to be in a conflict: tight bounds, that on cost, numbers and rules."""
    slack = {check.requirement: check.slack for check in best.checks}
    for one in asked:
        room = slack.get(one)
        if _is_slow(one) or getattr(one, "metric", "") == COST or (room is not None and room < TIGHT):
            yield one


@dataclass(frozen=True)
class _Looked:
    """What became of looking for a way out; where there is none, requirements that cannot hold together."""

    way: WayOut
    conflict: tuple[Requirement, ...] = ()


@dataclass(frozen=True, eq=False)
class _Ways:
    """Looks for the way out of a requirement, by its place; can be done in another process.

    Where one more of a number is not enough, it is tried whether what is likely can hold with any number: if not,
    nothing that is stricter needs a search of its own. First without availabilities for which no way out is found
    either, which is quick to know: if the rest cannot hold, less is left to ask for afterwards.

    Attributes:
        likely: what is likely to be in a conflict.
        known: what became of those that were looked for in this process.
    """

    one: Forced
    likely: tuple[Requirement, ...]
    deadline: Deadline
    known: dict[int, _Looked] = field(default_factory=dict)

    def __call__(self, place: int) -> _Looked:
        if place not in self.known:
            self.known[place] = self._looked(self.one.search.requirements[place])
        return self.known[place]

    def _looked(self, own: Requirement) -> _Looked:
        others = tuple(without(self.one.search.requirements, own))
        if infeasible_with(self.one, self.deadline).known(others) is False:
            return _Looked(WayOut(own, None, None), others)
        in_vain: list[tuple[Requirement, ...]] = []
        way = way_out(self.one, own, self.deadline, lambda: self._is_vain(own, in_vain))
        if way.evaluation is not None or not way.proved:
            return _Looked(way)
        return _Looked(way, in_vain[0] if in_vain else others)

    def _is_vain(self, own: Requirement, conflicts: list[tuple[Requirement, ...]]) -> bool:
        """Return whether what is likely cannot hold without one of it, and add what cannot to the conflicts."""
        rest = without(self.likely, own)
        few = [one for one in rest if not (_is_availability(one) and self._is_helpless(one))]
        for some in (few, rest) if len(few) < len(rest) else (rest,):
            if infeasible_with(self.one, self.deadline).at_once(some) is False:
                conflicts.append(tuple(some))
                return True
        return False

    def _is_helpless(self, one: Requirement) -> bool:
        return self(self.one.search.requirements.index(one)).way.evaluation is None


class _Blame:
    """Finds the conflict, and has the crew look for ways out as soon as it is likely that they will be asked for."""

    def __init__(self, ways: _Ways, crew: Crew[int, _Looked], progress: Progress) -> None:
        self.asked, self.likely, self.crew = ways.one.search.requirements, ways.likely, crew
        self.progress = progress
        self.feasible = infeasible_with(ways.one, ways.deadline)
        self._begun: dict[Requirement, int] = {}  # whose ways out are looked for ahead, with their places
        self._noted: set[int] = set()

    def found(self) -> tuple[tuple[Requirement, ...] | None, tuple[WayOut, ...]]:
        """Return the conflict and the ways out."""
        self._begin()
        self.progress(0, STEPS, "what is tight")
        sure = self._sure()
        if len(sure) == FEW:
            self._look_ahead()
        members = smallest(self.asked, self._can_hold, self._needed(), self.feasible.breaks, self._offer)
        if members is None:
            return None, ()
        return members, self.ways_out(members)

    def ways_out(self, members: Sequence[Requirement]) -> tuple[WayOut, ...]:
        """Return the way out of each member of a conflict."""
        self.progress(2, STEPS, "how far each must be loosened")
        looked = self._looked(members)
        return tuple(looked[one] if one in looked else WayOut(one, None, None) for one in members)

    def _sure(self) -> list[Requirement]:
        """Return the first few tight bounds without which there is a design; none where the very first may go.

        Few requirements are to blame then. What flows do is asked for last: it takes the longest.
        """
        found: list[Requirement] = []
        for bound in sorted((r for r in self.likely if not _is_slow(r)), key=lambda r: "flows." in r.path):
            way = self._looked([bound]).get(bound)
            if way is not None and way.evaluation is not None:
                found.append(bound)
            if not found or len(found) == FEW:
                break
        return found

    def _begin(self) -> None:
        """Start other processes; what is likely to be asked for keeps them busy, what takes the longest first."""
        for one in sorted(self.likely, key=_effort) if self.crew.begin() else ():
            self._offer(one)

    def _offer(self, one: Requirement) -> None:
        self.crew.offer(self.asked.index(one))

    def _look_ahead(self) -> None:
        """Look for the ways out of all that is likely, and try whether all else may go; wait for nobody."""
        self._begun = self._given(self.likely)
        self.feasible(self.likely)
        self.crew.work()
        self._note(self._begun.values())

    def _can_hold(self, requirements: Sequence[Requirement]) -> bool | None:
        """Return whether requirements can hold together, by what others have found by now too.

        Where that does not say it, and some are left out whose ways out are being looked for, these are waited for.
        """
        self.progress(1, STEPS, "what cannot hold together")
        self._note(self._begun.values())
        if self.feasible.noted(requirements) is None:
            kept = set(map(id, requirements))
            self.crew.of([place for one, place in self._begun.items() if id(one) not in kept])
            self._note(self._begun.values())
        return self.feasible(requirements)

    def _looked(self, some: Sequence[Requirement]) -> dict[Requirement, WayOut]:
        """Return the ways out of some requirements that are not known to have none."""
        places = self._given(some)
        looked = self.crew.of(list(places.values()))
        self._note(places.values())
        return {own: replace(looked[place].way, requirement=own) for own, place in places.items()}

    def _given(self, some: Sequence[Requirement]) -> dict[Requirement, int]:
        """Have ways out looked for, and return their places; what takes longest comes first."""
        places = {one: self.asked.index(one) for one in self._open(some)}
        for one, place in places.items():
            self.crew.give(place, _effort(one))
        return places

    def _note(self, places: Iterable[int]) -> None:
        """Remember what became of those that are done."""
        done = [place for place in places if place not in self._noted and self.crew.is_done(place)]
        self._noted.update(done)
        for found in self.crew.of(done).values():
            if found.way.evaluation is not None:
                self.feasible.note(found.way.evaluation)
            elif found.conflict:
                self.feasible.note_infeasible(found.conflict)

    def _open(self, some: Sequence[Requirement]) -> list[Requirement]:
        """Return those of some requirements without which there may be a design, as far as it was noted."""
        return [one for one in some if self.feasible.noted(without(self.asked, one)) is not False]

    def _needed(self) -> list[Requirement]:
        """Return what is known to be in every conflict; of two that are equal either would do."""
        return [one for one in self.asked if self.feasible.needs(one) and self.asked.count(one) == 1]


def _is_slow(requirement: Requirement) -> bool:
    """Return whether a way out takes long: with more clouds, or other options, there is more to choose from."""
    return not isinstance(requirement, Bound) or requirement.metric in COUNTS


def _is_availability(requirement: Requirement) -> bool:
    return isinstance(requirement, Bound) and requirement.metric.endswith(".availability")


def _effort(requirement: Requirement) -> int:
    """Return a rank that is lower the longer a way out takes."""
    if not isinstance(requirement, Bound):
        return 1
    if requirement.metric in COUNTS:
        return 0
    return 2 if split_percentile(requirement.metric) else 3 if _is_availability(requirement) else 4

"""A drill: ten questions of one kind, about the scenario and about it at other volumes.

A drill is a row of tries, each at its own volume, of which each is worked out from the setup alone. So several
processes can work out some each, and the questions are the same, in the same order, whoever came first.

Nobody is to wait for the first one. What rests on the optimum takes several solves a question, so the tries of such a
kind begin with the scenario without spare units, which is found several times as fast, and the one about the scenario
as it is comes later, when there was time for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from advisor.rehearsal import traffic, words
from advisor.rehearsal.course import DRILL, Asked, Item, Setup
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.opening import rng_of
from advisor.rehearsal.registry import KINDS, question
from advisor.rehearsal.start import Start
from advisor.rehearsal.world import World, possible
from advisor.scenario.load import Scenario

TRIES = 40  # volumes at the most
SEEDS = 3  # questions that are made at one volume
VOLUMES = (0.3, 4.0)  # factors of the traffic
AS_IT_IS = 5  # which try of a kind that takes long is about the scenario as it is
IDLE = 8  # so many tries in a row whose questions were all asked before: there are no others
VAIN = 12  # so many tries in a row without a question: there is none
NO_SPARE = {"sizing.extra_units": 0}
NONE_SPARE = "no component gets more units than its load, its zones and its data need (extra_units: 0)"
Placed = tuple[int, Item | None]


@dataclass(frozen=True)
class Try:
    """Where a try looks for questions. ``as_it_is``: in the scenario itself; ``seeds``: of the questions."""

    factor: float
    as_it_is: bool
    seeds: tuple[int, ...]


def tries(setup: Setup) -> tuple[Try, ...]:
    """Return the tries of a drill: one of the scenario itself, the others at factors of its traffic."""
    rng, first = rng_of(setup, "drill"), AS_IT_IS if KINDS[setup.drill].light else 0
    low, high = map(math.log, VOLUMES)
    found = []
    for number in range(TRIES):
        factor = round(math.exp(rng.uniform(low, high)), 2) if number not in (0, first) else 1.0
        found.append(Try(factor, number == first, tuple(rng.getrandbits(32) for _ in range(SEEDS))))
    return tuple(found)


def attempts(numbers: Sequence[int], start: Start, setup: Setup) -> Iterator[Placed]:
    """Yield the questions of some tries, each with the number of its try, and after the last one of a try None.

    Raises:
        InputError: the scenario is not solved to a proved optimum.
    """
    kind, every = KINDS[setup.drill], tries(setup)
    if any(every[number].as_it_is for number in numbers):
        start.world  # noqa: B018  (whether there is anything to rehearse is known before the first question)
    for number in numbers:
        yield from ((number, one) for one in _asked(every[number], kind, start))
        yield number, None


def _asked(one: Try, kind: Kind, start: Start) -> Iterator[Asked]:
    """Yield the questions of a try, none twice. The world of other volumes is not kept: there are many."""
    seen: set[str] = set()
    here = start.world.anew() if one.as_it_is else _world(one, kind, start)
    if here is None:
        return
    for seed in one.seeds:
        found = question(here, kind, seed)
        if found is not None and found.text not in seen:
            seen.add(found.text)
            text = "" if one.as_it_is else here.scenario.text
            yield Asked(found, kind.phase, "" if one.as_it_is else _news(one, here.scenario), text=text)


def _world(one: Try, kind: Kind, start: Start) -> World | None:
    """Return the world of a try: without spare units where that is wanted and where some design then exists."""
    moved = start.grown(one.factor) if one.factor != 1 else {}
    budgets = traffic.raised(start.scenario, one.factor) if one.factor > 1 else {}
    for spare in (NO_SPARE, {}) if kind.light else ({},):
        found = possible(partial(start.at, {**moved, **budgets, **spare}))
        if found is not None and found.feasible:
            return found
    return None


def _news(one: Try, scenario: Scenario) -> str:
    """Return how the scenario of a question differs from that of the brief."""
    budgets = [words.metric(b.metric, b.limit) for b in traffic.budgets(scenario)] if one.factor > 1 else []
    told = [f"the traffic is {one.factor:g} times that of the brief"] if one.factor != 1 else []
    told += [f"what may be spent grows with it, to {' and '.join(budgets)}"] if budgets else []
    told += [] if scenario.sizing.extra_units else [NONE_SPARE]
    return f"Here {'; '.join(told)}." if told else ""


# --- in order ---------------------------------------------------------------------------------------------------------


class Course:
    """The questions of a drill in order, as the tries come in, one after the other.

    Attributes:
        over: there are ten, or the tries ended that would have to give another one.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._new = self._old = False  # whether the try gave questions that were not asked before, or that were
        self._idle = self._vain = 0

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        return len(self._seen) == DRILL or self._idle == IDLE or self._vain == VAIN

    def take(self, item: Item | None) -> Asked | None:
        """Take what a try gave, or that it is over (None), and return the question, if it is one more."""
        if item is None:
            self._end_of_try()
            return None
        assert isinstance(item, Asked), "a drill has questions only"
        if item.question.text in self._seen:
            self._old = True
            return None
        self._new = True
        self._seen.add(item.question.text)
        return replace(item, folder=f"question_{len(self._seen)}" if item.text else "")

    def _end_of_try(self) -> None:
        self._idle = 0 if self._new else self._idle + self._old
        self._vain = 0 if self._new or self._old else self._vain + 1
        self._new = self._old = False


def in_order(found: Iterable[Placed]) -> Iterator[Asked]:
    """Yield the questions of a drill, none twice, from what its tries gave in order."""
    course = Course()
    for _, item in found:
        one = course.take(item)
        if one is not None:
            yield one
        if course.over:
            return


def is_over(found: Iterable[Placed]) -> bool:
    """Return whether what the tries gave, in order, is a whole drill."""
    course = Course()
    for _, item in found:
        course.take(item)
        if course.over:
            return True
    return False

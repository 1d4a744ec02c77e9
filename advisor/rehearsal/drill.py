"""A drill: ten questions of one kind, about the scenario, about it at other volumes, and then about other scenarios.

A drill is a row of tries, each at a scenario and a volume of its own, of which each is worked out from the setup alone.
So several processes can work out some each, and the questions are the same, in the same order, whoever came first.
When some tries in a row give nothing new, most that follow are at the shipped examples of other blueprints, and at
scenarios that are generated of them.

Nobody is to wait for the first one. What rests on the optimum takes several solves a question, so the tries of such a
kind are made without spare units, which is found several times as fast, and the one about the scenario as it is comes
later, when there was time for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from advisor.rehearsal import elsewhere, traffic, words
from advisor.rehearsal.course import DRILL, Asked, Item, Setup
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.opening import rng_of
from advisor.rehearsal.registry import KINDS, question
from advisor.rehearsal.running import in_folder
from advisor.rehearsal.start import Start
from advisor.rehearsal.world import World, possible
from advisor.scenario.load import Scenario

HERE, ELSEWHERE = 40, 40  # tries at the most: at the scenario, and at others
SHIPPED = range(HERE, HERE + 10)  # tries elsewhere at the volumes of examples; as many at other volumes follow
SEEDS = 3  # questions that are made at one volume
VOLUMES = (0.3, 4.0)  # factors of the traffic
AS_IT_IS = 5  # which try of a kind that takes long is about the scenario as it is
VAIN, VAIN_LIGHT = 8, 2  # so many tries at the scenario in a row give nothing new, quick ones and others: try elsewhere
IDLE = 24  # so many tries in a row give nothing new, wherever they are: there is nothing more
BESIDE = 4  # tries elsewhere for each at the scenario, while those there give nothing new
NO_SPARE = {"sizing.extra_units": 0}
NONE_SPARE = "no component gets more units than its load, its zones and its data need (extra_units: 0)"
Placed = tuple[int, Item | None]
Given = Callable[[int], Iterable[Item | None]]  # the items of a place as far as they have come, None behind the last


@dataclass(frozen=True)
class Try:
    """Where a try looks for questions.

    Attributes:
        factor: of the traffic. as_it_is: in the scenario itself. seeds: of the questions.
        elsewhere: number of another scenario, see :func:`advisor.rehearsal.elsewhere.start`; None for the chosen one.
    """

    factor: float
    as_it_is: bool
    seeds: tuple[int, ...]
    elsewhere: int | None = None


def tries(setup: Setup) -> tuple[Try, ...]:
    """Return the tries of a drill by place: at factors of the traffic, one of them as it is, then those elsewhere."""
    rng, first = rng_of(setup, "drill"), AS_IT_IS if KINDS[setup.drill].light else 0
    low, high = map(math.log, VOLUMES)
    found = []
    for place in range(HERE + ELSEWHERE):
        drawn, seeds = round(math.exp(rng.uniform(low, high)), 2), tuple(rng.getrandbits(32) for _ in range(SEEDS))
        factor = 1.0 if place in (0, first) or place in SHIPPED or place >= SHIPPED.stop + len(SHIPPED) else drawn
        found.append(Try(factor, place == first, seeds, place - HERE if place >= HERE else None))
    return tuple(found)


def attempt(place: int, start: Start, setup: Setup) -> Iterator[Placed]:
    """Yield the questions of a try with its place, and after the last one None.

    Raises:
        InputError: the scenario is not solved to a proved optimum.
    """
    kind, one = KINDS[setup.drill], tries(setup)[place]
    yield from ((place, asked) for asked in _asked(one, kind, start, setup))
    yield place, None


def _asked(one: Try, kind: Kind, start: Start, setup: Setup) -> Iterator[Asked]:
    """Yield the questions of a try, none twice. The world of other volumes is not kept: there are many."""
    seen: set[str] = set()
    there = start if one.elsewhere is None else elsewhere.start(start, rng_of(setup, "elsewhere"), one.elsewhere)
    here = None if there is None else start.world.anew() if one.as_it_is else _world(one, kind, there)
    if here is None:
        if one.elsewhere is None and one.factor == 1:
            start.world  # noqa: B018  (that there is nothing to rehearse against is said)
        return
    for seed in one.seeds:
        found = question(here, kind, seed, seen)
        if found is not None:
            seen.add(found.text)
            text = "" if one.as_it_is else here.scenario.text
            yield Asked(found, kind.phase, "" if one.as_it_is else _news(one, here.scenario), text=text)


def _world(one: Try, kind: Kind, start: Start) -> World | None:
    """Return the world of a try: without spare units where that is wanted and where some design then exists.

    Elsewhere it is left where none exists: there are other scenarios, which are found faster.
    """
    moved = start.grown(one.factor) if one.factor != 1 else {}
    budgets = traffic.raised(start.scenario, one.factor) if one.factor > 1 else {}
    light = (NO_SPARE, {}) if one.elsewhere is None else (NO_SPARE,)
    for spare in light if kind.light else ({},):
        found = possible(partial(start.at, {**moved, **budgets, **spare}))
        if found is not None and found.feasible:
            return found
    return None


def _news(one: Try, scenario: Scenario) -> str:
    """Return how the scenario of a question differs from that of the brief."""
    budgets = [words.metric(b.metric, b.limit) for b in traffic.budgets(scenario)] if one.factor > 1 else []
    other, whose = one.elsewhere is not None, "the brief" if one.elsewhere is None else "its example"
    told = [f"the scenario is another one, {scenario.title} ({scenario.blueprint.title})"] if other else []
    told += [f"the traffic is {one.factor:g} times that of {whose}"] if one.factor != 1 else []
    told += [f"what may be spent grows with it, to {' and '.join(budgets)}"] if budgets else []
    told += [] if scenario.sizing.extra_units else [NONE_SPARE]
    return f"Here {'; '.join(told)}." if told else ""


# --- in order ---------------------------------------------------------------------------------------------------------


class Course:
    """Which try comes next, and the questions of a drill in order.

    Attributes:
        place: of the try that comes next; None when the drill is over: there are ten questions, or no more to try.
        new: whether that try gave a question that was not asked before.
    """

    def __init__(self, kind: str) -> None:
        self.place: int | None = 0
        self._seen: set[str] = set()
        self._most_vain, self._vain = VAIN_LIGHT if KINDS[kind].light else VAIN, 0
        self.new = False
        self._next = {True: iter(range(1, HERE)), False: iter(range(HERE, HERE + ELSEWHERE))}  # at the scenario or not
        self._idle = 0  # tries in a row, wherever, without a new question
        self._turn = 0  # tries elsewhere before the next one at the scenario

    def take(self, item: Item) -> Asked | None:
        """Take what a try gave, and return the question if it is one more."""
        assert isinstance(item, Asked), "a drill has questions only"
        if item.question.text in self._seen:
            return None
        self.new = True
        self._seen.add(item.question.text)
        if len(self._seen) == DRILL:
            self.place = None
        return _own_folder(item, f"question_{len(self._seen)}") if item.text else item

    def end_of_try(self) -> None:
        """Go on: at the scenario, or while that gives nothing new some tries elsewhere for each one there."""
        assert self.place is not None, "the drill is over"
        self._idle = 0 if self.new else self._idle + 1
        if self.place < HERE:
            self._vain = 0 if self.new else self._vain + 1
            self._turn = BESIDE if self._vain >= self._most_vain else 0
        else:
            self._turn -= 1
        self.new = False
        first = self._turn <= 0
        found = next(chain(self._next[first], self._next[not first]), None)
        self.place = None if self._idle == IDLE else found


def _own_folder(item: Asked, folder: str) -> Asked:
    """Return a question whose scenario is written into a folder of its own, where its command finds it."""
    command = in_folder(item.question.command, folder)
    return replace(item, folder=folder, question=replace(item.question, command=command))


def in_order(given: Given, kind: str) -> Iterator[Asked | None]:
    """Yield the questions of a drill, none twice, as far as they have come; None behind the last there will be."""
    course = Course(kind)
    while course.place is not None:
        for item in given(course.place):
            if item is None:
                course.end_of_try()
                break
            one = course.take(item)
            if one is not None:
                yield one
            if course.place is None:
                break
        else:
            return  # the rest of this try is still being worked out
    yield None


def upcoming(given: Given, kind: str, taken: Collection[int]) -> int | None:
    """Return the try that will be needed next of those that nobody has taken; None where none will be.

    What a try will give that is still being worked out nobody knows: one at the scenario is taken to end as the last
    one there did, with something new or in vain.
    """
    course, new = Course(kind), True
    while course.place is not None and course.place in taken:
        for item in given(course.place):
            if item is None:
                new = course.new if course.place < HERE else new
                break
            course.take(item)
            if course.place is None:
                return None
        else:
            course.new |= new
        course.end_of_try()
    return course.place

"""The strands of a session: what can be worked out side by side, and how it becomes one course.

A strand is a function of the setup and of nothing else, so that the session is the same whether one process works out
all strands, one after the other, or several processes work out some each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from advisor.rehearsal import clarify, drill, moving, telling
from advisor.rehearsal.course import LENGTHS, Asked, Item, Setup
from advisor.rehearsal.design_phase import deciding_roles
from advisor.rehearsal.drill import Given, Placed
from advisor.rehearsal.opening import left_open, opening, rng_of
from advisor.rehearsal.question import Phase
from advisor.rehearsal.registry import KINDS, questions, told_by
from advisor.rehearsal.start import Start
from advisor.rehearsal.world import World

ASKING, BEFORE, CHANGES, AFTER = range(4)  # places in a session, after its opening
BACK = "From here on the questions are about the scenario as it was at first, before any change."


@dataclass(frozen=True)
class Strand:
    """Items that depend on no other strand, only on the setup.

    Attributes:
        places: where in the session its items belong; those of a smaller place come first, whoever worked them out.
        spin: yields them with their place, and after the last one of a place None.
    """

    places: Sequence[int]
    spin: Callable[[Start, Setup], Iterator[Placed]]


def strands(setup: Setup) -> tuple[Strand, ...]:
    """Return the strands of a session; together they have every place once, from 0. Each try of a drill is one."""
    if setup.drill:
        return tuple(Strand((place,), partial(drill.attempt, place)) for place in range(drill.HERE + drill.ELSEWHERE))
    return (
        Strand((ASKING,), _asking),
        Strand((BEFORE, AFTER), _around),
        Strand((CHANGES,), _changing),
    )


def upcoming(given: Given, setup: Setup, taken: Collection[int]) -> int | None:
    """Return the number of the strand that a process without work is best to take, None where there is none.

    Args:
        given: what has come of each place so far. taken: strands that are being worked out, or were.
    """
    if setup.drill:
        return drill.upcoming(given, setup.drill, taken)
    return next((number for number in range(len(strands(setup))) if number not in taken), None)


def wanted(setup: Setup, start: Start) -> Given:
    """Return a function that works out the items of a place when it is asked for them."""
    every = strands(setup)
    spun = [strand.spin(start, setup) for strand in every]
    owners = {place: one for strand, one in zip(every, spun, strict=True) for place in strand.places}

    def items(place: int) -> Iterator[Item | None]:
        for _, item in owners[place]:
            yield item
            if item is None:
                return

    return items


def in_order(given: Given, setup: Setup) -> Iterator[Item | None]:
    """Yield the items of all strands in order, as far as they are given, and None behind the last of the session."""
    yield from drill.in_order(given, setup.drill) if setup.drill else telling.untold(_course(given, setup))


def _course(given: Given, setup: Setup) -> Iterator[Item | None]:
    for place in range(sum(len(one.places) for one in strands(setup))):
        for item in given(place):
            if item is None:
                break
            yield item
        else:
            return
    yield None


def _asking(start: Start, setup: Setup) -> Iterator[Placed]:
    asked = clarify.asking(start.world.anew(), rng_of(setup, "asking"), LENGTHS[setup.minutes].asks)
    yield from _at(ASKING, asked)


def _changing(start: Start, setup: Setup) -> Iterator[Placed]:
    here, length = start.world.anew(), LENGTHS[setup.minutes]
    yield CHANGES, moving.first_design(here, length)
    yield from _at(CHANGES, moving.changes(here, length, rng_of(setup, "curveballs")))


def _around(start: Start, setup: Setup) -> Iterator[Placed]:
    """Yield the questions before and after the design; of the kinds that the opening asked about no more.

    Questions about the best design wait until nothing more is to be designed, and those that ask for its cost come
    before those that state it.
    """
    here, length = start.world.anew(), LENGTHS[setup.minutes]
    asked = [one.question.kind for one in opening(setup, here.scenario, here.catalog)]
    roles = deciding_roles(here.best, length.roles)
    spoilers = [here.best.design[role].name for role in roles if not here.best.design[role].is_none]
    late: list[Asked] = []
    counts: tuple[tuple[Phase, int], ...] = (
        ("clarify", length.clarify),
        ("estimate", length.estimate + length.opening - len(asked)),
        ("adapt", length.adapt),
        ("defend", length.defend),
    )
    found = [_questions(here, setup, count, phase, asked) for phase, count in counts]
    yield from _at(BEFORE, _without(spoilers, chain(*found[:2]), late))
    after = enumerate(chain(late, *found[2:]))
    yield from _at(AFTER, (one if number else replace(one, news=BACK) for number, one in after))


def _at(place: int, found: Iterable[Item]) -> Iterator[Placed]:
    """Yield items with their place, and that it has no more."""
    yield from ((place, item) for item in found)
    yield place, None


def _questions(here: World, setup: Setup, count: int, phase: Phase, asked: list[str]) -> Iterator[Asked]:
    """Yield so many questions of a phase, each of another kind, whose answers nothing before them tells."""
    left, answers = count, {fact.answer for fact in left_open(setup, here.scenario)}
    kinds = KINDS.keys() - told_by(asked) - telling.expected(setup)
    for one in questions(here, rng_of(setup, phase), phase, kinds) if count else ():
        if one.kind not in told_by(asked) and not telling.told_when_asking(one, answers):
            asked.append(one.kind)
            yield Asked(one, phase)
            left -= 1
        if not left:
            return


def _without(names: Sequence[str], asked: Iterator[Asked], late: list[Asked]) -> Iterator[Asked]:
    """Yield the questions that name nothing that is still to be chosen; the others are kept for later."""
    for one in asked:
        shown = " ".join((one.question.text, one.question.hint, *one.question.derivation))  # which may be shown at once
        if any(name in shown for name in names):
            late.append(one)
        else:
            yield one

"""The strands of a session: what can be worked out side by side, and how it becomes one course.

A strand is a function of the setup and of nothing else, so that the session is the same whether one process works out
all strands, one after the other, or several processes work out some each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from advisor.rehearsal import clarify, moving
from advisor.rehearsal.course import DRILL, LENGTHS, Asked, Item, Setup
from advisor.rehearsal.design_phase import deciding_roles
from advisor.rehearsal.opening import opening, rng_of
from advisor.rehearsal.question import Phase
from advisor.rehearsal.registry import KINDS, question, questions, told_by
from advisor.rehearsal.world import World, possible

MOST_TRIED, VOLUMES = 40, (0.3, 4.0)  # of a drill: questions made, and factors of the volumes
DRILL_STRANDS = 4  # how many tries of a drill can be made side by side
ASKING, BEFORE, CHANGES, AFTER = range(4)  # places in a session, after its opening
BACK = "From here on the questions are about the scenario as it was at first, before any change."
Placed = tuple[int, Item | None]


@dataclass(frozen=True)
class Strand:
    """Items that depend on no other strand, only on the setup.

    Attributes:
        places: where in the session its items belong; those of a smaller place come first, whoever worked them out.
        spin: yields them with their place, and after the last one of a place None.
    """

    places: Sequence[int]
    spin: Callable[[World, Setup], Iterator[Placed]]


def strands(setup: Setup) -> tuple[Strand, ...]:
    """Return the strands of a session; together they have every place once, from 0."""
    if setup.drill:
        found = (range(first, MOST_TRIED, DRILL_STRANDS) for first in range(DRILL_STRANDS))
        return tuple(Strand(places, partial(_attempts, places)) for places in found)
    return (
        Strand((ASKING,), _asking),
        Strand((BEFORE, AFTER), _around),
        Strand((CHANGES,), _changing),
    )


def placed(setup: Setup, here: World, numbers: Iterable[int]) -> Iterator[Placed]:
    """Yield the items of some strands with their places, the first place first.

    Each strand begins with a world about which nothing was asked, so that it is the same beside any others.
    """
    every = strands(setup)
    spun = {number: every[number].spin(here.anew(), setup) for number in numbers}
    owners = {place: number for number in spun for place in every[number].places}
    for place in sorted(owners):
        for one in spun[owners[place]]:
            yield one
            if one[1] is None:
                break


def in_order(found: Iterable[Placed], setup: Setup) -> Iterator[Item]:
    """Yield the items of all strands, which come place by place: all of them, or of a drill enough that differ."""
    items = (item for _, item in found if item is not None)
    yield from _first_of_each(items) if setup.drill else items


def _asking(here: World, setup: Setup) -> Iterator[Placed]:
    asked = clarify.asking(here, rng_of(setup, "asking"), LENGTHS[setup.minutes].asks)
    yield from _at(ASKING, asked)


def _changing(here: World, setup: Setup) -> Iterator[Placed]:
    length = LENGTHS[setup.minutes]
    yield CHANGES, moving.first_design(here, length)
    yield from _at(CHANGES, moving.changes(here, length, rng_of(setup, "curveballs")))


def _around(here: World, setup: Setup) -> Iterator[Placed]:
    """Yield the questions before and after the design; of the kinds that the opening asked about no more.

    Questions about the best design wait until nothing more is to be designed, and those that ask for its cost come
    before those that state it.
    """
    length = LENGTHS[setup.minutes]
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
    """Yield so many questions of a phase, each of another kind, whose answers no kind asked before tells."""
    left = count
    for one in questions(here, rng_of(setup, phase), phase, KINDS.keys() - told_by(asked)) if count else ():
        if one.kind not in told_by(asked):
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


def _attempts(places: Sequence[int], here: World, setup: Setup) -> Iterator[Placed]:
    """Yield the tries of a drill at some places: at most one question each, of the scenario or of it at other volumes.

    The worlds at other volumes are not kept: there are many, and each serves one question.
    """
    kind, drawn = KINDS[setup.drill], _drawn(setup)
    for place in places:
        factor, seed = drawn[place]
        now = possible(partial(_at_volume, replace(here.anew(), changed={}), factor)) if place else here
        found = question(now, kind, seed) if now is not None else None
        if found is not None and now is not None:
            yield place, Asked(found, kind.phase, text=now.scenario.text if place else "")
        yield place, None


def _drawn(setup: Setup) -> list[tuple[float, int]]:
    """Return for every try of a drill the factor of the volumes, which the first does not use, and a seed."""
    rng = rng_of(setup, "drill")
    low, high = map(math.log, VOLUMES)
    return [(round(math.exp(rng.uniform(low, high)), 2), rng.getrandbits(32)) for _ in range(MOST_TRIED)]


def _first_of_each(found: Iterable[Item]) -> Iterator[Asked]:
    """Yield the questions of a drill, none twice; one of other volumes gets a folder for its scenario."""
    seen: set[str] = set()
    for one in found:
        assert isinstance(one, Asked), "a drill has questions only"
        if one.question.text in seen:
            continue
        seen.add(one.question.text)
        yield replace(one, folder=f"question_{len(seen)}" if one.text else "")
        if len(seen) == DRILL:
            return


def _at_volume(here: World, factor: float) -> World:
    return here.what_if(here.grown(factor))

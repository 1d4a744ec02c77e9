"""A question whose answer hangs by a thread is not asked: one that 10 % more or less of the inputs would change.

Two things are moved. The traffic, up and down: what rests on the design is made again with the design as it is under
the other load; what rests on the optimum is solved again. A number may follow its inputs, within a factor; a choice, a
set or an order must stay what it is. And the figures: a kind that compares amounts only asks where each could be 10 %
off without a change of their order (:func:`clear`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import TypeVar

from advisor.rehearsal.kind import Kind
from advisor.rehearsal.question import Number, Question
from advisor.rehearsal.world import World, possible

T = TypeVar("T")
SHARE = 0.10
MOST_CHANGE = 1.5  # of a number, as a factor: cost and units follow the load, with steps
FACTORS = (1 - SHARE, 1 + SHARE)
CLEAR = (1 + SHARE) / (1 - SHARE)  # two values further apart than this stay in order whatever 10 % does to each


def clear(a: float, b: float) -> bool:
    """Return whether the larger of two positive values stays the larger when each is off by 10 %.

    >>> clear(100, 125), clear(125, 110)
    (True, False)
    """
    return min(a, b) > 0 and max(a, b) / min(a, b) > CLEAR


def steady(rng: random.Random, items: Iterable[T]) -> list[T]:
    """Return items in a random order in which the place of two does not depend on which others there are.

    What is asked about in a world is then asked about in a slightly different one as well.

    >>> a, b = (steady(random.Random(1), items) for items in ("abcdef", "bdf"))
    >>> [one for one in a if one in b] == b
    True
    """
    seed = rng.random()
    return sorted(items, key=lambda one: random.Random(f"{seed} {one!r}").random())


def stable(kind: Kind, world: World, seed: int, question: Question) -> bool:
    """Return whether a question, made with a seed, has the same answer when the inputs are 10 % off."""
    if kind.rests_on == "figures":
        return True
    if kind.stays is not None:
        return kind.stays(world, question)
    moved = (moved_world(world, factor, solve=kind.rests_on == "optimum") for factor in FACTORS)
    return all(one is not None and _holds(kind, one, seed, question) for one in moved)


def _holds(kind: Kind, moved: World, seed: int, question: Question) -> bool:
    if kind.holds is not None:
        return kind.holds(moved, question)
    again = kind.make(moved, random.Random(seed))
    return again is not None and same(question, again)


def same(question: Question, again: Question) -> bool:
    """Return whether two makings of a question have the same answer; of numbers, up to what inputs may do to them."""
    if type(question.form) is not type(again.form):
        return False
    if isinstance(question.form, Number):
        return again.form == question.form and near(float(again.truth), float(question.truth))  # type: ignore[arg-type]
    return again.truth == question.truth or again.truth in question.also


def near(a: float, b: float) -> bool:
    """Return whether two positive numbers are no further apart than the inputs may move one.

    >>> near(100, 140), near(160, 100)
    (True, False)
    """
    return abs(math.log(a / b)) <= math.log(MOST_CHANGE)


def moved_world(world: World, factor: float, *, solve: bool) -> World | None:
    """Return the world with its traffic multiplied, solved again or with its design kept; None without a design."""
    make = world.what_if if solve else world.kept
    found = possible(lambda: make(world.grown(factor)))
    return found if found is not None and found.feasible else None

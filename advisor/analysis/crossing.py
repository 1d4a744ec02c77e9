"""Where a design stops to be what it is, along a number: both sides closed in on with few judgements.

Slacks and differences of cost are nearly straight lines in most numbers, so a straight line through two judged places
says where to look next. It only says where to look: which side a place is on is always judged.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.analysis.knobs import Knob

BESIDE = 0.4  # how far beside a straight line's zero the next place is, as a share of what counts as close
AIMS = (1, -1, 0)  # in turn: just beyond the zero, just before it, half-way whatever the lines say


Margins = tuple[float | None, ...]


@dataclass(frozen=True)
class Place:
    """A judged value of a number.

    Attributes:
        kept: whether the design still is what it is.
        margins: how far each thing that may end it is from doing so, positive while it does not; None where unknown.
        rivals: of each design that may take its place how far it is from that: from each of its own limits and from
            being better, all positive where it does; () where that is not known.
    """

    value: float
    kept: bool
    margins: Margins = ()
    rivals: tuple[Margins, ...] = ()


def crossing(knob: Knob, near: float, far: float, judged: Callable[[float], Place]) -> tuple[float, float]:
    """Return two values that are close together: one where a design is kept, and one, towards ``far``, where it is not.

    The caller vouches that it is kept at ``near`` and not at ``far``.

    >>> rate = Knob("p", "t", "u", 4, 1, 16, True, "estimate", None, None, "ratio", 0, 100)
    >>> near, far = crossing(rate, 1.0, 16.0, lambda at: Place(at, at <= 9.0, (9.0 - at,)))
    >>> near <= 9.0 < far, rate.close(near, far)
    (True, True)
    """
    if knob.close(near, far):
        return near, far
    inside, outside = judged(near), judged(far)
    for aim in itertools.cycle(AIMS):
        value = _aimed(knob, inside, outside, aim) if aim else knob.between(inside.value, outside.value)
        place = judged(value)
        inside, outside = (place, outside) if place.kept else (inside, place)
        if knob.close(inside.value, outside.value):
            break
    return inside.value, outside.value


def _aimed(knob: Knob, inside: Place, outside: Place, aim: int) -> float:
    """Return a value just beside where the first straight line crosses zero, half-way where none does."""
    a, b = inside.value, outside.value
    shares = list(_zeros(inside.margins, outside.margins))
    shares += [at for pair in zip(inside.rivals, outside.rivals, strict=False) if (at := _entry(*pair)) is not None]
    if not shares:
        return knob.between(a, b)
    zero = a + min(shares) * (b - a)
    beside = zero + aim * BESIDE * knob.closeness(zero, zero) * (1 if b > a else -1)
    return beside if min(a, b) < beside < max(a, b) else knob.between(a, b)


def _entry(inside: Margins, outside: Margins) -> float | None:
    """Return the share of the way at which the last of a rival's margins becomes positive; None where not all do."""
    missing = not outside or any(margin is not None and margin < 0 for margin in outside)
    return None if missing else max(_zeros(outside, inside, from_end=True), default=None)


def _zeros(from_: Margins, to: Margins, *, from_end: bool = False) -> Iterator[float]:
    """Yield the shares of the way, from inside, at which straight lines through margins fall below 0."""
    for x, y in zip(from_, to, strict=False):
        if x is not None and y is not None and x >= 0 > y:
            share = x / (x - y)
            yield 1 - share if from_end else share

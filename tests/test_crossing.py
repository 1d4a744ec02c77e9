"""Closing in on where a design is replaced: few judgements, and what they are aimed at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from advisor.analysis.crossing import Place, crossing
from advisor.analysis.knobs import Knob

RATE = Knob("p", "t", "u", 4, 1, 16, True, "estimate", None, None, "ratio", 0, 100)


def closed(judged: Callable[[float], Place]) -> tuple[float, float, int]:
    """Return both sides of where a design is replaced between 1 and 16, and how many values were judged."""
    seen: list[float] = []

    def counted(at: float) -> Place:
        seen.append(at)
        return judged(at)

    return *crossing(RATE, 1.0, 16.0, counted), len(seen)


def test_a_rival_that_comes_to_hold_is_met_at_its_last_limit() -> None:
    """Where a rival is replaced by nothing but its own limits, the last of these that comes to hold is aimed at."""

    def judged(at: float) -> Place:
        own = (at - 3.0, at - 7.25, 5.0, None)
        return Place(at, kept=at < 7.25, margins=(2.0,), rivals=(own,))

    near, far, many = closed(judged)
    assert near < 7.25 <= far
    assert RATE.close(near, far)
    assert many <= 5


def test_the_first_of_several_rivals_ends_it() -> None:
    """Of rivals the one that is ready first counts, also when those after it were not judged where it is."""

    def judged(at: float) -> Place:
        if at >= 11.0:
            return Place(at, kept=False, margins=(1.0,), rivals=((at - 11.0,),))
        if at >= 5.5:
            return Place(at, kept=False, margins=(1.0,), rivals=((at - 11.0,), (at - 5.5, at)))
        return Place(at, kept=True, margins=(1.0,), rivals=((at - 11.0,), (at - 5.5, at)))

    near, far, many = closed(judged)
    assert near < 5.5 <= far
    assert many <= 8


def test_a_rival_that_never_holds_is_not_aimed_at() -> None:
    """A rival with a limit that it misses all the way says nothing about where the design ends."""

    def judged(at: float) -> Place:
        return Place(at, kept=at < 9.0, margins=(9.0 - at,), rivals=((at - 2.0, -1.0), ()))

    near, far, many = closed(judged)
    assert near < 9.0 <= far
    assert many <= 5


@pytest.mark.parametrize("step", [2.5, 6.0, 15.9])
def test_a_step_is_found_by_halving(step: float) -> None:
    """Where no margin says anything, halving alone ends just as close."""
    near, far, _ = closed(lambda at: Place(at, kept=at < step, rivals=((),)))
    assert near < step <= far
    assert RATE.close(near, far)

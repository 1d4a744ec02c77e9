"""Work given bit by bit: the same results for any number of processes, errors that arrive, nothing left behind."""

from __future__ import annotations

import math
import multiprocessing
import time
from functools import partial
from operator import getitem

import pytest

from advisor.analysis.crew import Crew


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_piece_is_worked_off_once(jobs: int) -> None:
    """Pieces given before the processes begin, after it, and after all results were asked for once."""
    with Crew(math.sqrt, jobs) as crew:
        for number in range(10):
            crew.give(number, rank=-number)
        crew.begin()
        crew.give(10)
        assert crew.of(range(11)) == {n: math.sqrt(n) for n in range(11)}
        crew.give(11)
        assert crew.of([11, 3]) == {11: math.sqrt(11), 3: math.sqrt(3)}


def test_the_most_urgent_comes_first() -> None:
    """The lowest rank, then the first that was given."""
    order: list[str] = []
    with Crew(order.append) as crew:
        for rank, name in ((1, "b"), (1, "c"), (0, "a")):
            crew.give(name, rank)
        crew.of("abc")
    assert order == ["a", "b", "c"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_offered_is_only_begun_where_a_process_is_idle(jobs: int) -> None:
    """With one job an offer is nothing; with two another process works it off when it has nothing else to do, and this
    one only once it is given. A piece that was offered and given is worked off once."""
    with Crew(math.sqrt, jobs) as crew:
        crew.offer(1)
        assert crew.begin() == (jobs == 2)
        crew.offer(4)
        crew.offer(4)
        crew.give(4)
        crew.give(9)
        assert crew.of([4, 9]) == {4: 2.0, 9: 3.0}
        assert (1 in crew._there) == (jobs == 2)
        assert crew._offered == ([1] if jobs == 1 else [])
        assert crew._waiting == []
    assert crew._found.keys() | crew._there.keys() == ({4, 9} if jobs == 1 else {1, 4, 9})


def test_what_is_offered_keeps_a_process_busy_until_something_is_given() -> None:
    """Offers are worked off one after the other, the first one first, while this process does something else."""
    with Crew(math.sqrt, 2) as crew:
        crew.begin()
        for piece in (1, 4, 9):
            crew.offer(piece)
        end = time.monotonic() + 20
        while not all(piece in crew._there and crew._there[piece].done() for piece in (1, 4, 9)):
            assert time.monotonic() < end
            time.sleep(0.01)
        crew.give(9)
        assert crew.of([9]) == {9: 3.0}
        assert not crew._found.keys() - {9}


def test_without_a_beginning_no_process_is_started() -> None:
    """What no other process could be sent is worked off here."""
    alone: Crew[int, int] = Crew(lambda n: n + 1, 8)
    with alone as crew:
        crew.give(1)
        assert crew.of([1]) == {1: 2}
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_arrives_and_no_process_stays(jobs: int) -> None:
    """What the work raises is raised here, whichever process it was in."""
    with pytest.raises(ValueError, match="math domain error"):
        _roots([-1.0, 4.0, 9.0], jobs)
    _wait_for_children()


def _roots(numbers: list[float], jobs: int) -> None:
    with Crew(math.sqrt, jobs) as crew:
        crew.begin()
        for number in numbers:
            crew.give(number)
        crew.of(numbers)


def test_nobody_waits_for_what_is_not_asked_for() -> None:
    """A process that works on a piece whose result nobody took is ended with the rest."""
    with Crew(time.sleep, 2) as crew:
        crew.begin()
        crew.give(3600.0)
    _wait_for_children()


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_shared_comes_back_as_itself(jobs: int) -> None:
    """Results hold the caller's own large things, not copies."""
    large = list(range(10_000))
    with Crew(partial(getitem, [large, 1]), jobs, [large]) as crew:
        crew.begin()
        crew.give(0)
        while jobs > 1 and crew._waiting:
            time.sleep(0.01)
        assert crew.of([0])[0] is large


def _wait_for_children() -> None:
    for child in multiprocessing.active_children():
        child.join(10)
    assert multiprocessing.active_children() == []

"""Work in several processes: the same results in the same order, errors that arrive, nothing left behind."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Sequence
from functools import partial
from operator import getitem

import pytest

from advisor.analysis import parallel
from advisor.analysis.parallel import mapped


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_order_for_any_number_of_jobs(jobs: int) -> None:
    """Whatever the number of processes, results stand in the order of the arguments, and each is counted once."""
    counts: list[int] = []
    assert mapped(math.sqrt, range(40), jobs, counts.append) == [math.sqrt(n) for n in range(40)]
    assert counts == list(range(1, 41))


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_arrives_and_no_process_stays(jobs: int) -> None:
    """What the work raises is raised here, and the processes end."""
    with pytest.raises(ValueError, match="math domain error"):
        mapped(math.sqrt, [4.0, -1.0, 9.0, 16.0], jobs)
    for child in multiprocessing.active_children():
        child.join(10)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_shared_comes_back_as_itself(jobs: int, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However processes begin, results hold the caller's own large things, not copies; other things are equal."""
    monkeypatch.setattr(parallel, "forks", lambda: start == "fork")
    large, own = list(range(10_000)), list(range(10))
    found = mapped(partial(getitem, [large, own]), [0, 1, 0], jobs, shared=[large])
    assert found[0] is large
    assert found[2] is large
    assert found[1] == own


def test_one_argument_needs_no_process() -> None:
    """There are never more processes than arguments, and for one there is none: any function will do."""
    assert mapped(lambda n: n + 1, [1], 8) == [2]
    assert mapped(lambda n: n + 1, [], 8) == []


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_is_done_meanwhile_is_done_once_and_here(jobs: int) -> None:
    """This process has work of its own while others do theirs; with one job it comes in the end."""
    here: list[int] = []
    assert mapped(abs, [-1, 2, -3], jobs, meanwhile=lambda: here.append(1)) == [1, 2, 3]
    assert here == [1]


@pytest.mark.parametrize("after", [0, 2, 4])
@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_results_say_what_else_there_is(jobs: int, after: int) -> None:
    """Told the results of so many arguments, once, it says what else is to be worked out; that stands behind."""
    told: list[list[float]] = []

    def more(first: Sequence[float]) -> list[float]:
        told.append([*first])
        return [16.0 * (1 + len(first)), *(81.0 * one for one in first)]

    first = [0.0, 1.0, 4.0, 9.0]
    found = mapped(math.sqrt, first, jobs, more=more, after=after)
    assert told == [[0.0, 1.0, 2.0, 3.0][:after]]
    assert found == [math.sqrt(n) for n in (*first, 16.0 * (1 + after), *(81.0 * one for one in told[0]))]

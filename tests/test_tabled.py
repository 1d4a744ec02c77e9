"""What is remembered of times on a lattice."""

import numpy as np
import pytest

from advisor.models.latency import Lognormal, exponential, series
from advisor.optimizer import tabled as module
from advisor.optimizer.tabled import POINTS, Tabled, tabled

TIMES = [None, Lognormal.fit(p50=20, p99=90), series(Lognormal.fit(p50=20, p99=90), exponential(5.0))]


def test_times_are_put_on_a_lattice_once() -> None:
    """Equal times of another search are the same table; on another lattice, or with one time more, they are not."""
    first, same, fewer = tabled([TIMES, list(TIMES), TIMES[:2]], 0.5)
    (again,) = tabled([[None, Lognormal.fit(p50=20, p99=90), TIMES[2]]], 0.5)
    (other,) = tabled([TIMES], 0.25)
    assert first is same is again
    assert fewer is not first
    assert other is not first
    assert np.allclose(first.masses[1:], [time.masses(0.5, POINTS) for time in TIMES if time], atol=1e-10)
    assert first.masses[0].tolist() == [1.0] + [0.0] * (POINTS - 1)


def test_no_more_is_remembered_than_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for longest ago goes first; what is worked out again is equal."""
    monkeypatch.setattr(module, "_tables", {})
    monkeypatch.setattr(module, "MOST_ROWS", 6)
    (first,) = tabled([TIMES], 0.5)
    (gone,) = tabled([TIMES], 0.25)
    assert tabled([TIMES], 0.5) == [first]
    tabled([TIMES], 0.125)
    kept: dict[object, Tabled] = module._tables
    assert [key[0] for key in kept] == [0.5, 0.125]  # type: ignore[index]
    (again,) = tabled([TIMES], 0.25)
    assert again is not gone
    assert (again.masses == gone.masses).all()
    assert sum(len(one.masses) for one in kept.values()) == 6


def test_a_table_that_is_too_large_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """More times than are remembered are worked out all the same, and forgotten."""
    monkeypatch.setattr(module, "_tables", {})
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    assert [len(one.masses) for one in tabled([TIMES, TIMES[:1]], 0.5)] == [3, 1]
    assert not module._tables or sum(len(one.masses) for one in module._tables.values()) <= 2

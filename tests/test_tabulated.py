"""Masses of many times at once, against those of each time by itself."""

from __future__ import annotations

import random

import numpy as np
import pytest

from advisor.models import tabulated as module
from advisor.models.distribution import Distribution
from advisor.models.latency import Constant, series
from advisor.models.lattice import transform
from advisor.models.lognormal import Lognormal
from advisor.models.primitives import Wait
from advisor.models.tabulated import ENDED, tabulated, wait_spectra

POINTS = 512


def drawn(rng: random.Random, count: int) -> list[Distribution]:
    """Return sums of a lognormal, mostly a wait, and sometimes a constant: what candidates take."""
    stages = [Lognormal.fit(p50=rng.uniform(1, 80), p99=rng.uniform(100, 400)) for _ in range(3)]
    return [
        series(
            rng.choice(stages),
            Wait(rng.random(), 10 ** rng.uniform(-4, 1)),
            *([Constant(rng.uniform(0, 50))] if rng.random() < 0.5 else []),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_those_of_each_time_alone(seed: int) -> None:
    """Whatever was asked for before, and on which lattice, the rows agree with the masses of each time by itself."""
    rng = random.Random(seed)
    for _ in range(4):
        times, step = drawn(rng, 40), rng.choice((0.5, 1.0, 2.0))
        alone = np.array([time.masses(step, POINTS) for time in times])
        assert np.abs(tabulated(times, step, POINTS) - alone).max() < 1e-10
        assert np.array_equal(tabulated(times, step, POINTS), tabulated(times, step, POINTS))


def test_what_is_remembered_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for two stages the rows are the same as with room for all, and two are kept."""
    rng = random.Random(7)
    times = drawn(rng, 30)
    alone = np.array([time.masses(1.0, POINTS) for time in times])
    monkeypatch.setattr(module, "MOST_KNOWN", 2)
    monkeypatch.setattr(module, "_known", {})
    assert np.abs(tabulated(times, 1.0, POINTS) - alone).max() < 1e-10
    assert len(module._known) == 2


@pytest.mark.parametrize("rate", [1e-6, 1e-3, 0.05, 0.0809, 0.0812, 0.5, 20.0])
def test_a_wait_is_its_masses_transformed_however_long_it_lasts(rate: float) -> None:
    """What is left of a wait at the end of the lattice counts as long as it makes a difference, and is nothing then."""
    wait = Wait(0.6, rate)
    assert {rate * (POINTS - 1) > -np.log(ENDED) for rate in (0.0809, 0.0812)} == {True, False}  # both sides are here
    assert np.abs(wait_spectra([wait], 1.0, POINTS)[0] - transform(wait.masses(1.0, POINTS))).max() < 1e-12

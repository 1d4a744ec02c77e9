"""Corners of a front are worked off in groups, and needless cases left out: the front is the same however it is cut."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from test_fronts_coupled import SEEDS, drawn, question

from advisor.analysis.pareto import Front, front_of
from advisor.models.latency import Distribution, exponential, series
from advisor.optimizer import front, front_case
from advisor.optimizer.chances import levels
from advisor.optimizer.front_labels import between
from advisor.optimizer.front_repeats import without_repeats
from advisor.optimizer.tails import POINTS

CUTS = {"one group": (math.inf, math.inf), "many groups": (1.05, 1.2)}
SOME = SEEDS[:8]


def points(found: Front) -> list[tuple[float, ...]]:
    """Return the values of a front, in order."""
    return [point.values for point in found.points]


@pytest.mark.parametrize("cut", CUTS)
def test_a_front_does_not_depend_on_its_groups(cut: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all times on one lattice and all budgets on one grid, or each shared by few points: the same front."""
    several = 0
    for seed in SOME:
        if not drawn(seed)[1]:
            continue
        table, _, metrics = question(seed, 3)
        if not any(re.search(r"\.p\d", metric) for metric in metrics):
            continue
        whole = points(front_of(table, metrics))
        with monkeypatch.context() as patch:
            patch.setattr(front, "BAND", CUTS[cut][0])
            patch.setattr(front_case, "SPAN", CUTS[cut][1])
            assert points(front_of(table, metrics)) == whole
        several += len(whole) > 2
    assert several >= 3


def test_needless_cases_add_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every case searched the front is the same, and in some questions cases are needless."""
    needless = 0
    for seed in SOME:
        if not drawn(seed)[1]:
            continue
        table, _, metrics = question(seed, 2)
        counts: list[int] = []

        def noted(cases: list[front_case.Case], counts: list[int] = counts) -> list[front_case.Case]:
            counts.append(len(cases) - len(without_repeats(cases)))
            return list(cases)

        few = points(front_of(table, metrics))
        with monkeypatch.context() as patch:
            patch.setattr(front, "without_repeats", noted)
            assert points(front_of(table, metrics)) == few
        needless += any(counts)
    assert needless


@pytest.mark.parametrize("time", [exponential(90.0), series(exponential(60.0), exponential(20.0))])
def test_levels_are_read_between_points(time: Distribution) -> None:
    """The weights make of P(X <= t) at points the level that percentiles are read from, which is the true one."""
    masses = time.masses(1.0, POINTS)
    totals, read = np.cumsum(masses), levels(masses)
    for cells in (60.5, 99.3, 250.0, 611.75):
        last, shares = between(cells, POINTS)
        level = sum(share * totals[last - back] for back, share in enumerate(shares))
        assert level == pytest.approx(np.interp(cells, np.arange(POINTS), read), abs=1e-12)
        assert level == pytest.approx(time.cdf(cells), abs=1e-4)

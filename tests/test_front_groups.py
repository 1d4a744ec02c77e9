"""Corners of a front are worked off in groups, and needless cases left out: the front is the same however it is cut."""

from __future__ import annotations

import math
import random
import re
from typing import Any

import numpy as np
import pytest
from test_fronts_coupled import SEEDS, drawn, question

from advisor.analysis.pareto import Front, front_of
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.models.latency import Distribution, exponential, series
from advisor.optimizer import front, front_case
from advisor.optimizer.case import Case
from advisor.optimizer.chances import levels
from advisor.optimizer.front_labels import between
from advisor.optimizer.front_repeats import _covers, without_repeats
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

        def noted(cases: list[Case], counts: list[int] = counts) -> list[Case]:
            counts.append(len(cases) - len(without_repeats(cases)))
            return list(cases)

        few = points(front_of(table, metrics))
        with monkeypatch.context() as patch:
            patch.setattr(front, "without_repeats", noted)
            assert points(front_of(table, metrics)) == few
        needless += any(counts)
    assert needless


def test_each_design_of_a_needless_case_has_a_better_one_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn designs of cases that are left out, with each candidate replaced by one of the covering case that is no
    worse, are judged again: no loss is greater, and what met the bounds still does."""
    seen: list[tuple[front.Offers, list[Case]]] = []
    offers: list[front.Offers] = []

    class Noted(front.Offers):
        """Remembers for which search and losses the cases are."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            offers.append(self)

    def noted(cases: list[Case]) -> list[Case]:
        seen.append((offers[-1], cases))
        return without_repeats(cases)

    monkeypatch.setattr(front, "Offers", Noted)
    monkeypatch.setattr(front, "without_repeats", noted)
    for seed, count in ((101, 3), (102, 3), (110, 3), (112, 2), (113, 2)):  # in which many cases are needless
        table, _, metrics = question(seed, count)
        front_of(table, metrics)
    assert sum(_matched(*one) for one in seen) >= 100


def _matched(offers: front.Offers, cases: list[Case]) -> int:
    """Assert that drawn designs of needless cases are matched; return how many."""
    rng, kept, count = random.Random(len(cases)), without_repeats(cases), 0
    for case in cases:
        if any(case is other for other in kept):
            continue
        cover = next(other for other in kept if _covers(other, case))
        for _ in range(8):
            chosen = [rng.randrange(len(found)) for found in case.kept]
            instead = [rng.choice(_no_worse(cover, case, role, j)) for role, j in enumerate(chosen)]
            worse, better = (_judged(offers, *pair) for pair in ((case, chosen), (cover, instead)))
            if worse is not None:
                assert better is not None
                assert offers.search.holds(better) or not offers.search.holds(worse)
                more = np.array(offers._read(better)) - np.array(offers._read(worse))
                assert (more <= 1e-9 * np.abs(offers._read(worse))).all()
                count += 1
    return count


def _no_worse(cover: Case, case: Case, role: int, j: int) -> list[int]:
    """Return the candidates of a role in the covering case that are no worse than one of the needless case."""
    good = (cover.goal[role] <= case.goal[role][j]) & (cover.rows[role] <= case.rows[role][j]).all(axis=1)
    for mine, theirs in zip(cover.tails, case.tails, strict=True):
        if mine.touches(role):
            good &= mine.order[role].pairs(mine.rows[role], np.full(len(good), theirs.rows[role][j]))
    return [int(place) for place in np.flatnonzero(good)]


def _judged(offers: front.Offers, case: Case, chosen: list[int]) -> Evaluation | None:
    """Return the judge's word on a design of a case, None where it contradicts itself or stands for another one."""
    pool = offers.search.pool.items()
    design = {role: found[int(at[j])] for (role, found), at, j in zip(pool, case.kept, chosen, strict=True)}
    meant = offers.search.consistent(design)
    if meant is None or any(meant[role].id != c.id for role, c in design.items()):
        return None
    return judge(design, offers.search.table.scenario)


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

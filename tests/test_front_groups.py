"""Corners of a front are worked off in groups, and needless cases left out: the front is the same however it is cut."""

from __future__ import annotations

import math
import random
import re
from typing import Any

import numpy as np
import pytest
from test_fronts_coupled import SEEDS, drawn, question

from advisor import resources
from advisor.analysis.pareto import Front, front_of, pareto
from advisor.catalog.load import Catalog
from advisor.evaluation.evaluate import flow_time, judge
from advisor.evaluation.result import Evaluation
from advisor.models.latency import Distribution, exponential, series
from advisor.optimizer import front, front_case
from advisor.optimizer.case import Case
from advisor.optimizer.chances import levels
from advisor.optimizer.front_labels import between
from advisor.optimizer.front_repeats import _covers, without_repeats
from advisor.optimizer.front_union import Union, united
from advisor.optimizer.situations import Situation
from advisor.optimizer.solver import Status
from advisor.optimizer.stairs import Stairs
from advisor.optimizer.tabled import POINTS
from advisor.scenario.load import load_scenario

CUTS = {"one group": (math.inf, math.inf, math.inf), "many groups": (1.05, 1.2, 0.0)}
SOME = SEEDS[:8]


def points(found: Front) -> list[tuple[float, ...]]:
    """Return the values of a front, in order."""
    return [point.values for point in found.points]


@pytest.mark.parametrize("cut", CUTS)
def test_a_front_does_not_depend_on_its_groups(cut: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all times on one lattice, all budgets on one grid and all cases together, or each shared by few, and with
    nothing to start from but what the search finds itself: the same front."""
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
            patch.setattr(front, "ALIKE", CUTS[cut][2])
            patch.setattr(front, "start", lambda *_: None)
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


def test_times_are_judged_before_all_roles_are_decided(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the judge reads for a beginning that lacks but roles without a time is the time of each design that it
    becomes, whatever case that is of."""
    fronts: list[front_case.CaseFront] = []
    monkeypatch.setattr(front_case.CaseFront, "search", lambda self, *_: fronts.append(self) or 0)
    monkeypatch.setattr(front, "ALIKE", math.inf)
    pareto(load_scenario(resources.example("card_fraud"), catalog), ["cost", "p99"], catalog)
    compared = 0
    for one in fronts:
        rng = np.random.default_rng(one.case.size)
        designs = np.concatenate([_drawn(one.union, case, rng) for case in range(len(one.union.constants))])
        begun = designs.copy()
        begun[:, [role for role, _ in enumerate(one.case.goal) if not any(own.touches(role) for own in one.own)]] = 0
        early = one.judged_times(begun)
        for (_, time), found in zip(one.losses.times, early, strict=True):
            whole = [one._design(design) for design in designs]
            times = [flow_time(time.flow, time.at, own, one.offers.search.table.scenario) for own in whole]
            assert found.tolist() == [own.quantiles([time.level])[0] / time.unit_ms for own in times]
            compared += int(np.isinf(one.union.totals(begun)[0]).sum())
    assert compared >= 20


def _drawn(union: Union, case: int, rng: np.random.Generator) -> Any:
    """Return designs of one case of a union, a row each."""
    return np.column_stack([rng.choice(np.flatnonzero(np.isfinite(own[:, case])), 10) for own in union.goals])


def test_ways_to_settle_that_another_one_holds_are_needless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every design of all ways to settle what couples roles is in one of those that are looked at."""
    dropped = 0

    def noted(ways: list[Situation]) -> list[Situation]:
        nonlocal dropped
        kept, rng = distinct(ways), random.Random(len(ways))
        for way in ways:
            for _ in range(10):
                design = {role: rng.choice(np.flatnonzero(fits).tolist()) for role, fits in way.fits.items()}
                assert any(all(other.fits[role][at] for role, at in design.items()) for other in kept)
        dropped += len(ways) - len(kept)
        return kept

    distinct = front._distinct
    monkeypatch.setattr(front, "_distinct", noted)
    for seed in [seed for seed in SOME if drawn(seed)[1]][:4]:
        table, _, metrics = question(seed, 2)
        front_of(table, metrics)
    assert dropped


def test_a_front_of_one_point_that_nothing_betters(catalog: Catalog) -> None:
    """Where no metric can be better than the one point has it, no corner is left to look at, and the front is that."""
    scenario = load_scenario(resources.example("card_fraud"), catalog)
    found = pareto(scenario, ["p95", "quality"], catalog)
    assert found.status is Status.OPTIMAL
    assert len(found.points) == 1


def test_a_union_has_every_design_of_its_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each candidate of each case is in the union, with the same times and uses of limits. A design's goal there is the
    least of the cases that have it, and the relaxation's is no larger."""
    seen: list[tuple[list[Case], list[Union]]] = []

    def noted(cases: list[Case], names: list[Any], alike: float) -> list[Union]:
        found = united(cases, names, alike)
        seen.append((cases, found))
        return found

    monkeypatch.setattr(front, "united", noted)
    for seed in [seed for seed in SOME if drawn(seed)[1]][:4]:
        table, _, metrics = question(seed, 2)
        front_of(table, metrics)
    assert sum(_belongs(case, unions) for cases, unions in seen for case in cases) >= 30
    assert any(len(union.constants) > 1 for _, unions in seen for union in unions)


def _belongs(case: Case, unions: list[Union]) -> int:
    """Assert that drawn designs of a case are in the union that holds it; return how many."""
    rng = random.Random(case.size)
    union, number = next((union, n) for union in unions for n in _places(case, union))
    places = [{int(at): j for j, at in enumerate(kept[:, number]) if at >= 0} for kept in union.kept]
    chosen = [[rng.randrange(len(kept)) for kept in case.kept] for _ in range(5)]
    inside = np.array([[p[int(k[j])] for p, k, j in zip(places, case.kept, one, strict=True)] for one in chosen])
    totals, best = union.totals(inside)
    assert (totals <= case.values(np.array(chosen)) + 1e-9).all()
    assert (union.case.values(inside) <= totals + 1e-9).all()
    assert np.allclose(case.uses(np.array(chosen)), union.case.uses(inside))
    for mine, theirs in zip(case.tails, union.case.tails, strict=True):
        assert np.array_equal(mine.of(np.array(chosen)), theirs.of(inside))
    for one, total, at in zip(inside, totals, best, strict=True):
        goals = [union.constants[at], *(goals[j, at] for goals, j in zip(union.goals, one, strict=True))]
        assert total == pytest.approx(math.fsum(goals))
    return len(chosen)


def _places(case: Case, union: Union) -> list[int]:
    """Return which case of a union is a given one."""

    def held(number: int) -> bool:
        pairs = zip(case.kept, union.kept, strict=True)
        return all(set(own.tolist()) == set(kept[kept[:, number] >= 0, number].tolist()) for own, kept in pairs)

    return [number for number in range(len(union.constants)) if held(number)]


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


@pytest.mark.parametrize("count", [2, 3])
def test_what_a_dropped_point_alone_had_closed_is_called_reopened(count: int) -> None:
    """A point drops others that are no more than a hair better in some loss. What had not been wanted beside those, and
    is in the end, lies in a corner that is called reopened: nothing else has to be looked at again."""
    rng, missed = random.Random("hair"), 0
    for _ in range(1000):
        stairs: Stairs[int] = Stairs([lambda x: x - 3] * count, (30.0,) * (count - 1))
        offered = [tuple(rng.randrange(12) for _ in range(count)) for _ in range(rng.randrange(3, 14))]
        for number, point in enumerate(offered):
            stairs.add(point, number)
        for point in filter(stairs.wants, offered):
            corners = [corner for corner in stairs.corners if (np.array(point) <= corner).all()]
            assert any((corner <= one).all() for corner in corners for one in stairs.reopened)
            missed += 1
    assert missed >= 20


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

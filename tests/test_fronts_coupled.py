"""Fronts where roles are coupled, against enumeration; and the parts of the search against the long way round."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.enumeration import Judged, enumerate_all, meets
from oracles.fronts import agree, losses, middle
from oracles.problems import draw_bounds, draw_filters, draw_pairs, metric_names, small_table, with_question

from advisor import resources
from advisor.analysis import pareto as module
from advisor.analysis.pareto import front_of
from advisor.candidates.candidate import Candidate
from advisor.candidates.compatibility import Need
from advisor.candidates.table import Table
from advisor.catalog.load import load_catalog
from advisor.optimizer.front_case import CaseFront
from advisor.optimizer.merging import Timed, merged
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.solver import Status
from advisor.optimizer.stairs import fitting
from advisor.scenario.load import load_scenario
from advisor.scenario.requirements import CLOUDS, Bound, Requirement

SEEDS = range(100, 118)
WAYS = {"network": {"network": True}, "share": {"share": True}, "both": {"network": True, "share": True}, "needs": {}}


@functools.cache
def drawn(seed: int) -> tuple[Table, list[Judged]]:
    """Return a small table and all its designs: with a network between clouds, units to share, or needs."""
    catalog = load_catalog()
    example = load_scenario(resources.example("support_copilot"), catalog)
    way = list(WAYS)[seed % len(WAYS)]
    full = small_table(seed, example, catalog, invented=seed % 3 != 0, **WAYS[way])
    if way == "needs":
        full = _with_needs(full, random.Random(f"needs {seed}"))
    return full, enumerate_all(full)


def _with_needs(full: Table, rng: random.Random) -> Table:
    """Return a table in which a component works with half of those of another role only."""
    role, other = rng.sample(sorted(full.candidates), 2)
    name = rng.choice(sorted({c.component_id for c in full.candidates[role] if c.option}))
    partners = sorted({one.component_id for c in full.candidates[other] for one in c.members if one.option})
    need = Need(name, other, tuple(rng.sample(partners, max(1, len(partners) // 2))))

    def with_need(c: Candidate) -> Candidate:
        parts = tuple(with_need(part) for part in c.parts)
        own = (*c.needs, need) if not parts and c.component_id == name and c.option else c.needs
        return dataclasses.replace(c, parts=parts, needs=own)

    return dataclasses.replace(
        full, candidates={**full.candidates, role: tuple(with_need(c) for c in full.candidates[role])}
    )


def question(seed: int, count: int) -> tuple[Table, list[Judged], list[str]]:
    """Return a table under bounds, rules, pairs and often a largest number of clouds, its designs, and metrics."""
    full, found = drawn(seed)
    rng = random.Random(f"coupled {seed} {count}")
    names = [name for name in metric_names(found) if name not in ("clouds", "vendors", "self_operated")]
    times = [name for name in names if re.search(r"\.p\d", name)]
    metrics = ["cost_usd_per_month", *([rng.choice(times)] if times and rng.random() < 0.6 else [])]
    metrics = list(dict.fromkeys([*metrics, *rng.sample(names, count)]))[:count]
    asked: list[Requirement] = list(draw_bounds(rng, found, rng.choice([0, 0, 1])))
    asked += draw_filters(rng, full) if rng.random() < 0.4 else []
    asked += draw_pairs(rng, full, rng.choice([0, 1]))
    if rng.random() < 0.6:
        asked.append(Bound("constraints.clouds.max", CLOUDS, True, float(rng.choice([1, 2]))))
    asked.append(middle(metrics[1], found))
    return with_question(full, asked, full.scenario.objective), found, metrics


def held(table: Table, metrics: list[str]) -> list[Requirement]:
    """Return the requirements that hold on a front."""
    return [r for r in table.scenario.requirements if not (isinstance(r, Bound) and r.metric in metrics)]


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_coupled_fronts_equal_enumeration(seed: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With priced calls between clouds, shared units, needs, pairs, numbers of clouds, caches and tactics: no point is
    missing, none is dominated, and all are found at once."""
    if not drawn(seed)[1]:
        return
    table, found, metrics = question(seed, count)

    def forbidden(*_: object) -> None:
        raise AssertionError("a front of sums and percentiles is not walked along")

    monkeypatch.setattr(module, "walk", forbidden)
    front = front_of(table, metrics)
    designs = [j for j in found if meets(j, held(table, metrics))]
    assert front.status is (Status.OPTIMAL if designs else Status.INFEASIBLE)
    agree(front, designs, metrics)


def test_the_questions_are_coupled() -> None:
    """Most drawn fronts have several points, and in many some design on them pays for calls between clouds."""
    sizes, paying = [], 0
    for seed in SEEDS:
        if not drawn(seed)[1]:
            continue
        table, found, metrics = question(seed, 2)
        rows = {tuple(losses(j, metrics)): j for j in found if meets(j, held(table, metrics))}
        front = [row for row in rows if not any(all(np.less_equal(o, row)) and o != row for o in rows)]
        sizes.append(len(front))
        paying += bool(table.scenario.clouds) and any(rows[row].metrics["clouds"] > 1 for row in front)
    assert sum(size >= 2 for size in sizes) >= 10
    assert paying >= 4


def test_no_beginning_of_a_design_in_a_corner_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What designs add up to at least fits into every corner that the design itself lies in."""
    checked = 0
    seen: list[CaseFront] = []

    def noted(self: CaseFront, deadline: float, most: int) -> int:
        seen.append(self)
        return 0

    monkeypatch.setattr(CaseFront, "search", noted)
    for seed in SEEDS:
        if not drawn(seed)[1]:
            continue
        table, _, metrics = question(seed, 2)
        seen.clear()
        front_of(table, metrics)
        for one in seen:
            designs = np.array(list(itertools.product(*(range(len(goal)) for goal in one.case.goal)))[:400])
            designs = one.kept(designs)
            most = one.offers.stairs.most
            for design, own in zip(designs, one.losses_at(designs, sure=True), strict=True):
                if (own[1:] > most).any():
                    continue
                corner = np.array([[x + 1e-9 * abs(x) for x in own]])
                total = sum(part[j] for part, j in zip(one.bounds.parts, design, strict=True))
                above = one.union.totals(design[None])[0] - one.case.constant
                above -= sum(goal[j] for goal, j in zip(one.case.goal, design, strict=True))
                total = total + above * one.bounds.goal_shares
                assert fitting(total[None], one.bounds.rooms(corner)).all()
                checked += 1
    assert checked > 60


Levels = st.lists(st.integers(0, 3), min_size=3, max_size=3).map(lambda steps: np.cumsum(steps) / 9)
Beginning = st.tuples(st.integers(0, 3), st.integers(0, 3), Levels, Levels)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(Beginning, max_size=25), st.integers(1, 6))
def test_merging_drops_what_another_one_is_as_good_as(some: list[tuple[int, int, object, object]], block: int) -> None:
    """With ties, whatever the size of the blocks: what is dropped, one that stays is as good as in all sums and times;
    what stays, none that comes before it in the order of sums is as good as."""
    values = np.array([row[:2] for row in some], dtype=float).reshape(len(some), 2)
    levels = [np.array([row[k] for row in some], dtype=float).reshape(len(some), 3) for k in (2, 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("advisor.optimizer.merging.BLOCK", block)
        patch.setattr("advisor.optimizer.merging.AT_ONCE", 2 * block)
        kept = merged(values, [Timed(level, np.arange(len(some))) for level in levels])

    def as_good(a: int, b: int) -> bool:
        return bool((values[a] <= values[b]).all() and all((level[a] >= level[b] - 1e-12).all() for level in levels))

    for j in range(len(some)):
        better = [i for i in range(len(some)) if i != j and as_good(i, j)]
        assert kept[j] or any(kept[i] for i in better)
        assert not kept[j] or not any((*values[i], i) < (*values[j], j) for i in better)


def test_what_is_too_hard_is_walked_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search gives up, one optimum after the other finds the same front."""
    seen = 0
    for seed in SEEDS[:6]:
        if not drawn(seed)[1]:
            continue
        table, _, metrics = question(seed, 2)
        whole = front_of(table, metrics)
        with monkeypatch.context() as patch:

            def too_hard(*_: object) -> None:
                raise TooHardError

            patch.setattr(module, "front_within", too_hard)
            other = front_of(table, metrics)
        assert len(whole.points) == len(other.points)
        for mine, theirs in zip(whole.points, other.points, strict=True):
            assert mine.values == pytest.approx(theirs.values, rel=2e-5)
        seen += len(whole.points) >= 2
    assert seen >= 2

"""Looks at beginnings of designs: they drop what is late whatever follows, and nothing else."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from oracles.medium import medium_question

from advisor.optimizer import looks
from advisor.optimizer.case import Case
from advisor.optimizer.engine import Engine
from advisor.optimizer.goal import linear_goal
from advisor.optimizer.labels import LabelSearch
from advisor.optimizer.looks import Looks
from advisor.optimizer.proof import decided_order
from advisor.optimizer.run import Run
from advisor.optimizer.search import Search


def cases(seed: int) -> list[Case]:
    """Return the cases of a question, with its cache in use and without, with percentile bounds that many miss."""
    asked = medium_question(seed)
    search = Search(asked)
    objective = linear_goal(search, asked.scenario.objective[0])
    assert objective is not None
    question = Run(search, None, 0.0).question(objective, ())
    found = [case for *_, case in Engine(question, lambda _: True).open_cases(relaxed=True)]
    return [_tight(case, np.random.default_rng(seed)) for case in found]


def _tight(case: Case, rng: np.random.Generator) -> Case:
    designs = some(case, rng, 500)
    tails = [dataclasses.replace(t, level=float(np.quantile(t.of(designs), 0.9))) for t in case.tails]
    return dataclasses.replace(case, tails=tuple(tails))


def some(case: Case, rng: np.random.Generator, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """Return designs drawn at random, a row each."""
    return np.column_stack([rng.integers(len(kept), size=count) for kept in case.kept]).astype(np.intp)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_open_counts_as_the_best_that_it_can_be(seed: int) -> None:
    """With some roles decided no design has a better chance than is said; with all decided it is the design's own."""
    rng, sharp = np.random.default_rng(seed), 0
    for case in cases(seed):
        designs = some(case, rng, 300)
        for tail in case.tails:
            own = tail.of(designs)
            assert tail.so_far(range(len(case.kept))).of(designs) == pytest.approx(own, abs=1e-12)
            for count in range(len(case.kept)):
                decided = rng.permutation(len(case.kept))[:count].tolist()
                best = tail.so_far(decided).of(designs)
                assert (best >= own - 1e-9).all()
                sharp += int((best < tail.least).sum())
    assert sharp > 100, "many beginnings are late whatever follows"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_beginning_that_is_dropped_has_no_design_in_time(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is looked: what becomes a design that is in time is kept."""
    monkeypatch.setattr(looks, "OPEN", range(20))
    rng, dropped = np.random.default_rng(seed), 0
    for case in cases(seed):
        order = decided_order(case)
        look = Looks(order, [len(kept) for kept in case.kept], case.tails)
        designs = some(case, rng, 400)
        in_time = np.logical_and.reduce([tail.hold(designs) for tail in case.tails])
        for place in range(len(order)):
            if look.worth_while(place, len(designs)):
                kept = look.may_be_in_time(place, designs[:, order[: place + 1]])
                assert kept[in_time].all()
                dropped += int((~kept).sum())
    assert dropped > 100


def test_few_beginnings_are_not_looked_at() -> None:
    """A look at a few takes longer than to go on with them, and one where nothing takes time says nothing."""
    case = cases(0)[0]
    sizes = [len(kept) for kept in case.kept]
    order = decided_order(case)
    look = Looks(order, sizes, case.tails)
    places = [place for place in range(len(order)) if look.worth_while(place, looks.FEW + 1)]
    assert places
    assert not any(look.worth_while(place, looks.FEW) for place in places)
    assert not any(Looks(order, sizes, ()).worth_while(place, 1000) for place in range(len(order)))


def test_looks_save_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """With them searches take fewer labels in all, and each finds the same value."""
    taken, known = {}, []
    for open_ in ((), looks.OPEN):
        monkeypatch.setattr(looks, "OPEN", open_)
        found = [_searched(cases(seed)[0]) for seed in (0, 2, 4)]
        taken[bool(open_)] = sum(search.labels for search in found)
        known.append([search.case.value(search.best or ()) for search in found])
    assert known[0] == pytest.approx(known[1], rel=1e-9)
    assert taken[True] < 0.95 * taken[False]


def _searched(case: Case) -> LabelSearch:
    order, room = decided_order(case), 0.0
    search = LabelSearch(case, order, (), case.tails, case.goal, room, lambda _: True, math.inf, most=200_000)
    assert search.run()
    return search

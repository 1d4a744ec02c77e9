"""Candidates are compared many at once; the judge is every pair on its own."""

from __future__ import annotations

import dataclasses
import itertools
import random

import numpy as np
import pytest

from advisor.candidates import dominance
from advisor.candidates.candidate import Candidate
from advisor.candidates.dominance import Ranked, Relevance, always_no_slower, dominated_by, each
from advisor.candidates.table import Table
from advisor.models.dominance import no_slower, slowness
from advisor.models.latency import Constant, Distribution, Lognormal, Wait, mixture, series
from advisor.optimizer.order import EQUAL, Order
from advisor.optimizer.search import Search


def _time(rng: random.Random) -> Distribution:
    """Return a sum of a few stages that often are the same, or something that is no such sum."""
    stages: list[Distribution] = [
        Lognormal(rng.choice([1.0, 1.2]), rng.choice([0.1, 0.3])) for _ in range(rng.choice([1, 2]))
    ]
    stages += [Wait(rng.choice([0.1, 0.5]), rng.choice([0.1, 1.0])) for _ in range(rng.choice([0, 1]))]
    if rng.random() < 0.2:
        return mixture([0.5, 0.5], [Constant(rng.choice([1.0, 2.0])), stages[0]])
    return series(*stages)


def _stage_by_stage(a: Distribution, b: Distribution) -> bool:
    """Return what the definition says, without arrays."""
    parts = [time.stages if hasattr(time, "stages") else (time,) for time in (a, b)]
    if not all(isinstance(stage, Lognormal | Wait) for part in parts for stage in part):
        return a == b
    ours, theirs = ([s for s in part if isinstance(s, Lognormal)] for part in parts)
    waits, others = ([s for s in part if isinstance(s, Wait)] for part in parts)
    return (
        len(ours) <= len(theirs)
        and len(waits) <= len(others)
        and all(
            x.mu + z * x.sigma <= y.mu + z * y.sigma for x, y in zip(ours, theirs, strict=False) for z in (-6.5, 6.5)
        )
        and all(x.p_wait <= y.p_wait and x.rate >= y.rate for x, y in zip(waits, others, strict=False))
    )


def test_times_are_compared_stage_by_stage() -> None:
    """Rows of numbers say what the stages say: for sums of unlike lengths, and for times that are no sums."""
    rng = random.Random(3)
    times = [_time(rng) for _ in range(60)]
    rows = slowness(times)
    shown = 0
    for (a, ours), (b, theirs) in itertools.product(zip(times, rows, strict=True), repeat=2):
        expected = _stage_by_stage(a, b)
        assert bool((ours <= theirs).all()) == expected
        assert no_slower(a, b) == expected
        shown += expected and a != b
    assert shown > 100


def _drawn(rng: random.Random, base: Candidate, times: list[Distribution], number: int) -> Candidate:
    """Return a candidate of which each attribute often equals that of another one."""
    names = sorted(base.latency)
    offered = names if rng.random() < 0.8 else names[:1]
    line = dataclasses.replace(base.lines[0], usd_per_month=rng.choice([100.0, 200.0, 300.0]))
    return dataclasses.replace(
        base,
        id=f"drawn_{number:03d}",
        lines=(line,),
        operations_h_per_month=rng.choice([1.0, 2.0]),
        availability=rng.choice([0.99, 0.999]),
        quality=rng.choice([0.9, 1.0]),
        behind=rng.choice([{}, {"semantic_cache": True}]),
        latency={name: (rng.choice(times), rng.choice(times)) for name in offered},
    )


def _pair_by_pair(candidates: list[Candidate]) -> dict[str, Candidate]:
    """Return what beats what by going through the candidates one after the other."""

    def key(c: Candidate) -> tuple[float, float, float, float]:
        return c.cost_usd_per_month, c.operations_h_per_month, -c.availability, -c.quality

    kept: list[Candidate] = []
    found = {}
    for c in sorted(candidates, key=lambda c: (*key(c)[:3], c.id)):
        for other in kept:
            alike = other.behind == c.behind and all(x <= y for x, y in zip(key(other), key(c), strict=True))
            if alike and all(
                name in other.latency and _stage_by_stage(other.latency[name][at], time)
                for name, pair in c.latency.items()
                for at, time in enumerate(pair)
            ):
                found[c.id] = other
                break
        else:
            kept.append(c)
    return found


@pytest.mark.parametrize("together", [2**22, 700])
@pytest.mark.parametrize("seed", range(3))
def test_dominance_is_what_every_pair_says(
    seed: int, together: int, candidates: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which candidates are dropped, and the first that beats each, are the same as by going through all pairs, however
    many are compared together."""
    monkeypatch.setattr(dominance, "COMPARISONS", together)
    rng = random.Random(seed)
    base = next(c for c in candidates.candidates["vector_store"] if len(c.latency) > 1)
    times = [_time(rng) for _ in range(4)]
    drawn = [_drawn(rng, base, times, number) for number in range(150)]
    found = dominated_by(drawn, always_no_slower, Relevance(counts=(), cards=False))
    expected = _pair_by_pair(drawn)
    assert {name: c.id for name, c in found.items()} == {name: c.id for name, c in expected.items()}
    assert 15 < len(found) < 140


def test_on_a_lattice_pairs_are_compared_at_every_point() -> None:
    """Whether it is asked for one row, for those above or for those below: the same as comparing all points."""
    rng = np.random.default_rng(1)
    slots = [np.cumsum(rng.dirichlet(np.ones(128), size=40), axis=1).round(1) for _ in range(2)]
    expected = np.array([[all((s[a] >= s[b] - EQUAL).all() for s in slots) for b in range(40)] for a in range(40)])
    assert 40 < expected.sum() < 1_000
    everything = np.arange(40)
    asked, above, below = Order(slots), Order(slots), Order(slots)
    for row in range(40):
        assert (asked.beats(everything[::3], row) == expected[::3, row]).all()
        assert (asked.beats(everything, row) == expected[:, row]).all()
        assert (above.beating(row) == expected[:, row]).all()
        assert (below.beaten(row) == expected[row]).all()


def test_no_slower_in_every_way(candidates: Table) -> None:
    """Under several percentile bounds a candidate is no slower than another where none of them finds it slower."""
    search = Search(candidates)
    tails = {(tail.roles, tail.limit_ms): tail for _, tail in search.tails}
    assert len(tails) > 2
    for role, found in search.pool.items():
        places = np.arange(len(found))
        alone = [tail.speed(found) for tail in tails.values()]
        together = each([tail.speed for tail in tails.values()])(found)
        for index in range(0, len(found), 7):
            assert (together(places, index) == np.all([one(places, index) for one in alone], axis=0)).all(), role


def test_what_is_known_of_times_and_of_a_role_changes_no_answer(candidates: Table) -> None:
    """Asked again, of some candidates only, the same are dropped for the same winners as when all is compared anew."""
    search = Search(candidates)
    rng = random.Random(7)
    dropped = 0
    for found in search.pool.values():
        ranked, known = Ranked(found), [tail.speed for _, tail in search.tails]
        fresh = [tail.speed for _, tail in Search(candidates).tails]
        for relevance in (Relevance(), Relevance(operations=False, counts=(), cards=False), Relevance()):
            some = [c for c in found if rng.random() < 0.7]
            again = ranked.dominated(each(known), relevance, {c.id for c in some})
            expected = dominated_by(some, each(fresh), relevance)
            assert {name: c.id for name, c in again.items()} == {name: c.id for name, c in expected.items()}
            dropped += len(expected)
    assert dropped > 50

"""What the judge finds late takes nothing away that is in time; and what it is asked less is the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from oracles.enumeration import Judged, enumerate_all
from oracles.problems import small_table, with_question

from advisor.candidates.candidate import Candidate
from advisor.catalog.load import Catalog
from advisor.evaluation.evaluate import judge, percentile_of
from advisor.optimizer.case import Case
from advisor.optimizer.engine import Engine
from advisor.optimizer.goal import CHEAPEST, linear_goal
from advisor.optimizer.late import Late
from advisor.optimizer.run import Run
from advisor.optimizer.search import Search
from advisor.optimizer.tails import MARGIN, Tail
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, split_percentile

SEEDS = range(10)


def drawn(seed: int, scenario: Scenario, catalog: Catalog) -> Iterator[tuple[Bound, Search, list[Judged]]]:
    """Yield bounds on percentiles, just above that of one of the fastest designs and below all, with all designs."""
    rng = random.Random(f"late {seed}")
    full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
    found = enumerate_all(full)
    for metric in sorted(name for name in found[0].metrics if split_percentile(name) and name.endswith(("p95", "p99"))):
        values = sorted(one.metrics[metric] for one in found)
        for limit in (rng.choice(values[: max(len(values) // 4, 1)]) * (1 + 1e-5), values[0] * (1 - 1e-4)):
            bound = Bound("constraints.drawn", metric, True, limit)
            yield bound, Search(with_question(full, [bound], [CHEAPEST])), found


def in_pool(search: Search, design: Mapping[str, Candidate]) -> bool:
    """Return whether no part of a design was dropped before."""
    return all((role, c.id) in search.by_id for role, c in design.items())


def cases(search: Search) -> Iterator[Case]:
    """Yield every case of a question."""
    run = Run(search, None, 0.0)
    objective = linear_goal(search, CHEAPEST)
    assert objective is not None
    yield from (found[-1] for found in Engine(run.question(objective, ()), lambda _: True).open_cases(relaxed=True))


def kept(case: Case, search: Search, design: Mapping[str, Candidate]) -> bool:
    """Return whether a case has a design."""
    return all(search.places[role, design[role].id] in at for role, at in zip(search.pool, case.kept, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_slower_than_a_late_design_is_late(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """In whichever order designs come, exactly those are refused that miss the bound, though not all are judged."""
    for bound, search, found in drawn(seed, scenario, catalog):
        designs = [one for one in found if in_pool(search, one.design)]
        random.Random(seed).shuffle(designs)
        late = Late(bound, search.tail(bound), search.table.scenario)
        for one in designs:
            known = late.covers(one.design)
            assert late.refuses(one.design) == (not bound.holds(one.metrics[bound.metric]))
            assert not known or late.refuses(one.design)


@pytest.mark.parametrize(("by", "learns"), [(1e-5, False), (1e-3, True)])
def test_a_design_late_by_less_than_the_judge_errs_teaches_nothing(
    by: float, learns: bool, scenario: Scenario, catalog: Catalog
) -> None:
    """It is refused itself; a slower one, which another lattice may read as the faster, goes to the judge too."""
    bound, search, found = next(drawn(0, scenario, catalog))
    designs = [one for one in found if in_pool(search, one.design)]
    fastest = min(designs, key=lambda one: one.metrics[bound.metric])
    tight = Bound("constraints.drawn", bound.metric, True, fastest.metrics[bound.metric] * (1 - by))
    late = Late(tight, search.tail(bound), search.table.scenario)
    assert late.refuses(fastest.design)
    assert any(late.covers(one.design) for one in designs if one is not fastest) == learns


@pytest.mark.parametrize("seed", SEEDS)
def test_no_design_in_time_leaves_a_case(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Every enumerated design of a case that meets the bound is in the narrowed case too."""
    for bound, search, found in drawn(seed, scenario, catalog):
        late = Late(bound, search.tail(bound), search.table.scenario)
        for case in cases(search):
            left = late.narrowed(case, search.pool)
            for one in found:
                if bound.holds(one.metrics[bound.metric]) and in_pool(search, one.design):
                    assert kept(left, search, one.design) == kept(case, search, one.design)


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_times_of_a_role_together_have_the_chances_of_each(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """With each time of a role put into a design, the chance to be in time is that of the whole design."""
    for bound, search, found in drawn(seed, scenario, catalog):
        tail, design = search.tail(bound), next(one.design for one in found if in_pool(search, one.design))
        cached = tail.cached(design)
        for role in tail.roles:
            same = [c for c in search.pool[role] if tail.cached({**design, role: c}) == cached]
            together = tail.with_each(role, tail.rows_of(role, search.pool[role]), design, cached)
            alone = [tail.within({**design, role: c}) for c in same]
            places = [search.places[role, c.id] for c in same]
            assert together[places] == pytest.approx(alone, abs=1e-9)


def test_what_is_hopeless_misses_the_bound_beside_the_best_of_all_others(scenario: Scenario, catalog: Catalog) -> None:
    """A candidate is hopeless exactly where the bound is missed with it and all others at their best, with the cache
    in use or not, as far as it is possible with it."""
    named = rest = 0
    for seed in SEEDS:
        for _, search, _ in drawn(seed, scenario, catalog):
            for tail in (tail for _, tail in search.tails):
                hopeless = set(tail.hopeless())
                for role, name in ((of, c) for of in tail.roles for c in tail.pool[of]):
                    chance = max(_chances(tail, role, name))
                    assert ((role, name) in hopeless) == (chance < tail.level - MARGIN)
                named, rest = named + len(hopeless), rest + sum(len(tail.pool[r]) for r in tail.roles) - len(hopeless)
    assert named
    assert rest


def _chances(tail: Tail, role: str, name: str) -> Iterator[float]:
    """Yield P(time <= T) of a candidate beside the best that all others can do at each time."""
    candidate = tail.pool[role][name]
    yield 0.0
    for cached in (False, True) if tail.cache else (False,):
        in_use = not candidate.is_none if role == tail.cache else candidate.behind.get(tail.cache or "", cached)
        if in_use == cached:
            yield tail.within({**dict.fromkeys(tail.roles), role: candidate}, cached)


def test_cases_get_smaller(scenario: Scenario, catalog: Catalog) -> None:
    """Near the fastest designs candidates go, and a case in which even these are late has none left."""
    smaller = empty = 0
    for seed in SEEDS:
        for bound, search, _ in drawn(seed, scenario, catalog):
            late = Late(bound, search.tail(bound), search.table.scenario)
            for case in cases(search):
                left = late.narrowed(case, search.pool)
                smaller += left.size < case.size
                empty += not left.possible
    assert smaller > 3
    assert empty > 0


@pytest.mark.parametrize("seed", range(6))
def test_one_percentile_is_what_the_judge_finds(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """To the last bit, for every percentile of every flow."""
    full = small_table(seed, scenario, catalog, invented=False)
    rng = random.Random(seed)
    for one in rng.sample(enumerate_all(full), 5):
        evaluation = judge(one.design, full.scenario)
        for flow, result in evaluation.flows.items():
            for name, measure in result.measures.items():
                for level, value in measure.percentiles.items():
                    metric = f"flows.{flow}.{name}.{level}"
                    assert percentile_of(evaluation.design, full.scenario, metric) == value


def test_values_of_many_designs_are_those_of_each(scenario: Scenario, catalog: Catalog) -> None:
    """To the last bit: the order in which designs are looked at does not depend on how many are."""
    _, search, _ = next(drawn(0, scenario, catalog))
    rng = random.Random(0)
    for case in cases(search):
        designs = [[rng.randrange(len(at)) for at in case.kept] for _ in range(20)]
        assert case.values(np.array(designs)).tolist() == [case.value(design) for design in designs]

"""The conflict of an infeasible scenario: infeasible together, feasible without any one of its members."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
from oracles.enumeration import Judged, enumerate_all, meets
from oracles.problems import draw_bounds, draw_filters, small_table, with_question

from advisor.analysis.conflict import conflict, smallest
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.scenario.load import Scenario
from advisor.scenario.pairs import Member, Pair
from advisor.scenario.requirements import Bound, Filter, Requirement

SEEDS = range(12)


def _infeasible(seed: int, full: Table, found: list[Judged]) -> list[Requirement]:
    """Return many requirements that no design meets all of."""
    rng = random.Random(seed)
    while True:
        wanted: list[Requirement] = [
            *draw_bounds(rng, found, rng.randrange(2, 6)),
            *draw_filters(rng, full),
            *draw_filters(rng, full),
        ]
        if not any(meets(j, wanted) for j in found):
            return wanted


@pytest.mark.parametrize("seed", SEEDS)
def test_a_conflict_is_minimal(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """By enumeration: no design meets the conflict; for every member some design meets all the others."""
    full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
    found = enumerate_all(full)
    for draw in range(5):
        wanted = _infeasible(100 * seed + draw, full, found)
        members = conflict(with_question(full, wanted, full.scenario.objective))
        assert members is not None
        assert set(members) <= set(wanted)
        assert not any(meets(j, members) for j in found)
        for member in members:
            assert any(meets(j, [m for m in members if m is not member]) for j in found), member


def test_filters_pins_and_bounds_all_take_part(scenario: Scenario, catalog: Catalog) -> None:
    """Over the seeds, conflicts name bounds, filters and pins: none of them is taken as given."""
    kinds = set()
    for seed in SEEDS:
        full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
        found = enumerate_all(full)
        for draw in range(8):
            wanted = _infeasible(1000 * seed + draw, full, found)
            members = conflict(with_question(full, wanted, full.scenario.objective)) or ()
            kinds |= {m.kind if isinstance(m, Filter) else "bound" for m in members}
    assert {"bound", "pin", "cloud", "mode"} <= kinds


@pytest.mark.parametrize("seed", range(4))
def test_a_pair_is_to_blame_though_it_refuses_nothing_alone(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Two components that are asked for and may not be used together: that they may not is in the conflict, and a rule
    that refuses nothing that there is, the end of which changes nothing, is not; by enumeration it is minimal."""
    full = small_table(seed, scenario, catalog, invented=True)
    found = enumerate_all(full)
    chosen = random.Random(seed).choice(found).design
    (first, a), (second, b) = [(role, c) for role, c in chosen.items() if c.option][:2]
    members = (Member(a.component_id, first), Member(b.component_id, second))
    pair = Pair("choices.apart[0]", "apart", frozenset(map(str, members)), False, None, members)
    pins = [
        Filter(f"choices.pin.{role}", "pin", frozenset([c.component_id]), True, role)
        for role, c in ((first, a), (second, b))
    ]
    idle = Filter("choices.exclude[0]", "exclude", frozenset(["no_such_component"]), False)
    members = conflict(with_question(full, [idle, pair, *pins], full.scenario.objective))
    assert members is not None
    assert pair in members
    assert idle not in members
    assert not any(meets(j, members) for j in found)
    for member in members:
        assert any(meets(j, [m for m in members if m is not member]) for j in found), member


def test_a_role_that_nothing_can_fill(scenario: Scenario, catalog: Catalog) -> None:
    """When no candidate exists at all, no requirement is to blame: the conflict is empty."""
    full = small_table(1, scenario, catalog, invented=True)
    role = next(iter(full.candidates))
    from dataclasses import replace

    empty = replace(full, candidates={**full.candidates, role: ()})
    bound = Bound("constraints.cost_usd_per_month.max", "cost_usd_per_month", True, 1e9)
    assert conflict(with_question(empty, [bound], full.scenario.objective)) == ()


@pytest.mark.parametrize("seed", range(40))
def test_to_drop_many_at_a_time_finds_the_conflict_of_the_usual_order(seed: int) -> None:
    """On drawn conflicts: the same set as by dropping one by one, whatever is known to be in all of them before. All
    that stays is told, but for what was known to."""
    rng = random.Random(seed)
    asked: list[Requirement] = [
        Bound(str(n), f"flows.a.latency_ms.p{n}" if rng.random() < 0.3 else f"m{n}", True, 1.0) for n in range(9)
    ]
    asked[rng.randrange(9)] = Filter("cloud", "cloud", frozenset({"aws"}), True)
    conflicts = [frozenset(rng.sample(asked, rng.randrange(1, 6))) for _ in range(rng.randrange(1, 5))]
    designs = [frozenset(some) for size in range(10) for some in itertools.combinations(asked, size)]
    designs = [broken for broken in designs if all(broken & one for one in conflicts)]  # what each design breaks
    rng.shuffle(designs)

    def meets_all(some: Sequence[Requirement]) -> list[frozenset[Requirement]]:
        return [broken for broken in designs if not broken & set(some)]

    def feasible(some: Sequence[Requirement]) -> bool:
        return bool(meets_all(some))

    in_all = [one for one in asked if all(one in some for some in conflicts)]
    one_by_one = smallest(asked, feasible)
    for sure in ([], in_all, in_all[:1]):
        told: list[Requirement] = []
        assert smallest(asked, feasible, sure, lambda some: meets_all(some)[0], told.append) == one_by_one
        assert set(told) == set(one_by_one or ()) - set(sure)

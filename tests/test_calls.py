"""Calls between clouds with something forced, with any design wanted, and with no tie to break: as enumeration says."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from oracles.enumeration import enumerate_all, optimum, value
from oracles.problems import OBJECTIVES, draw_bounds, draw_goals, small_table, with_question

import advisor
from advisor.analysis.answers import searching
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.optimizer import calls, engine
from advisor.optimizer.acceptance import Acceptance
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.linked import LinkedSearch
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Bound

SAME = 1e-6
_PAID: list[bool] = []  # whether calls between clouds could cost something, for each table


@pytest.mark.parametrize("seed", range(6))
def test_what_is_forced_equals_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """With a role restricted the optimum is that of the designs that have what is allowed, for every kind of goal; a
    first search for any design finds one where there is one, and makes the second one no worse."""
    rng = random.Random(f"calls {seed}")
    full = small_table(seed, scenario, catalog, invented=seed % 4 != 2, network=True)
    found = enumerate_all(full)
    role = rng.choice([role for role, own in full.candidates.items() if len({c.component_id for c in own}) > 1])
    name = rng.choice(full.candidates[role]).component_id
    forced = [one for one in found if full.find(role, one.ids[role]).component_id == name]

    def only(of: str, candidate: Candidate) -> bool | None:
        return candidate.component_id == name if of == role else None

    for kind in OBJECTIVES:
        goals, bounds = draw_goals(rng, kind, found), draw_bounds(rng, found, rng.choice([0, 1, 2]))
        best = optimum(forced, bounds, goals)
        search = Search(with_question(full, bounds, goals))
        _PAID.append(search.coupled)
        if rng.random() < 0.5:
            some = optimise(search, goals[:1], only=only, any_design=True)
            assert (some.best is None) == (not best)
        result = optimise(search, goals, only=only, tie_break=rng.random() < 0.5)
        assert (result.best is None) == (not best)
        if best:
            assert result.status is Status.OPTIMAL
            assert result.value == pytest.approx(value(goals[0], best[0]), rel=SAME)


@pytest.mark.parametrize("seed", range(6))
def test_where_it_is_looked_first_makes_no_difference(
    seed: int, scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far above the best with free calls the best with paid ones is looked for at first, not at all among them,
    the optimum is what enumeration says: whether it lies within, beyond, or nowhere."""
    rng = random.Random(f"reach {seed}")
    full = small_table(seed, scenario, catalog, invented=True, network=True)
    found = enumerate_all(full)
    for kind in OBJECTIVES:
        goals, bounds = draw_goals(rng, kind, found), draw_bounds(rng, found, rng.choice([0, 1, 2]))
        best = optimum(found, bounds, goals)
        for reaches in ((), (1e-4,), (1e-6, 1e-3, 0.3)):
            monkeypatch.setattr(calls, "REACHES", reaches)
            result = optimise(Search(with_question(full, bounds, goals)), goals)
            assert (result.best is None) == (not best)
            if best:
                assert result.value == pytest.approx(value(goals[0], best[0]), rel=SAME)


@pytest.mark.parametrize("seed", range(8))
def test_ceilings_below_the_one_that_is_asked_for_lose_nothing(
    seed: int, scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a budget, however low the ceilings are that the engine tries first, what it finds in the end is what
    enumeration says: cases that fall apart below a low ceiling are whole again below the next one."""
    rng = random.Random(f"ceilings {seed}")
    full = small_table(seed, scenario, catalog, invented=True, network=True)
    found = enumerate_all(full)
    for shares in ((), (0.5,), (0.01, 0.03, 0.1, 0.2, 0.4, 0.8)):
        monkeypatch.setattr(engine, "SHARES", shares)
        for _ in range(3):
            some = draw_bounds(rng, found, rng.choice([1, 2, 3]))
            budget = Bound("constraints.budget", COST, True, rng.choice(found).metrics[COST] * rng.uniform(1, 2))
            bounds = [*(b for b in some if b.metric != COST), budget]
            best = optimum(found, bounds, [CHEAPEST])
            result = optimise(Search(with_question(full, bounds, [CHEAPEST])), [CHEAPEST])
            assert (result.best is None) == (not best)
            if best:
                assert result.value == pytest.approx(value(CHEAPEST, best[0]), rel=SAME)


def test_copies_that_are_there_already_are_those_that_would_be_made(scenario: Scenario, catalog: Catalog) -> None:
    """Copies of a few candidates, and then of all, are the same as copies of all made afresh."""
    full = table(scenario, catalog)
    again, afresh = Search(full), Search(full)
    for part in (3, 1):
        few = {role: [c.id for c in found[::part]] for role, found in again.pool.items()}
        LinkedSearch(again, among=few)
    assert LinkedSearch(again).pool == LinkedSearch(afresh).pool
    assert again.pooled.copied
    one, other = (LinkedSearch(search).pool["llm"] for search in (again, afresh))
    assert len(one) > len(again.pool["llm"])
    assert [c.beside for c in one] == [c.beside for c in other]


@pytest.mark.parametrize("seed", range(8))
def test_the_fastest_design_equals_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """A percentile alone as the goal, for which one cloud is looked at first, has the optimum of all designs."""
    rng = random.Random(f"fastest {seed}")
    full = small_table(seed, scenario, catalog, invented=seed % 4 != 2, network=True)
    found = enumerate_all(full)
    metrics = [f"flows.{f}.{m}.p95" for f, flow in full.scenario.blueprint.flows.items() for m in flow.measures]
    for metric in metrics:
        goals, bounds = (Goal((Term(metric, 1.0),), metric),), draw_bounds(rng, found, rng.choice([0, 1, 2]))
        best = optimum(found, bounds, goals)
        result = optimise(Search(with_question(full, bounds, goals)), goals, tie_break=False)
        assert (result.best is None) == (not best)
        if result.best is not None:
            assert result.status is Status.OPTIMAL
            assert result.best.metric(metric) == pytest.approx(value(goals[0], best[0]), rel=SAME)


def test_what_one_cloud_reaches_is_not_looked_for_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a design in one cloud is as fast as any is with free calls, it is the answer, and no copy is made."""
    answer = advisor.answer(advisor.load_scenario(advisor.example("support_copilot")))
    goal = Goal((Term("flows.answer.latency_ms.p99", 1.0),), "minimize flows.answer.latency_ms.p99")
    search = searching(answer.search, (), [goal])
    assert search.coupled
    free = optimise(search.unlinked, [goal], tie_break=False)
    monkeypatch.setattr(calls._Asked, "_copies", None)  # whoever asks for copies fails
    found = optimise(search, [goal], tie_break=False)
    assert found.status is Status.OPTIMAL
    assert found.best is not None
    assert len(found.best.clouds) == 1
    assert found.value == free.value
    assert found.best == search.evaluate(found.best.design)


def test_calls_are_paid_in_most_of_them() -> None:
    """The questions are about what they are meant to be about."""
    assert sum(_PAID) >= len(_PAID) / 2


def test_what_is_late_as_it_is_settles_nothing(
    scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That no design holds is found in fewer cases when a design that contradicts itself, but is late anyway, is no
    reason to look at the places of its callers one by one; the long way finds the same."""
    kept = ("cost_usd_per_month", "latency_ms.p95", "quality", "residency")
    asked = [r for r in scenario.requirements if any(name in r.path for name in kept)]
    full = table(scenario, catalog)

    def only(role: str, candidate: Candidate) -> bool | None:
        return candidate.is_none if role == "semantic_cache" else None

    quick = optimise(Search(full, asked), [CHEAPEST], only=only, any_design=True)
    monkeypatch.setattr(Acceptance, "late", lambda self, design: False)
    long = optimise(Search(full, asked), [CHEAPEST], only=only, any_design=True)
    assert quick.status is long.status is Status.INFEASIBLE
    assert 0 < quick.rounds < long.rounds


def test_nothing_is_proved_again_that_free_calls_have_proved(scenario: Scenario, catalog: Catalog) -> None:
    """A design as fast as any is with free calls is the fastest with those that are paid: no case is searched for a
    faster one, and where that is not told the search finds nothing faster."""
    goal = Goal((Term("flows.answer.latency_ms.p99", 1.0),), "minimize p99")
    full = table(scenario, catalog)

    def only(role: str, candidate: Candidate) -> bool | None:
        return candidate.component_id == "mistral_large_3" if role == "llm" else None

    how: dict[str, Any] = {"only": only, "tie_break": False}
    paid = Search(with_question(full, [], [goal]))
    free, found = optimise(paid.unlinked, [goal], **how), optimise(paid, [goal], **how)
    assert paid.coupled
    assert found.value == free.value
    linked = paid.linked
    assert linked is not None
    assert found.best is not None
    linked.start_from(found.best)
    told, untold = (optimise(linked, [goal], least=value, **how) for value in (free.value, -math.inf))
    assert told.status is untold.status is Status.OPTIMAL
    assert told.value == untold.value == found.value
    assert told.rounds == 0 < untold.rounds

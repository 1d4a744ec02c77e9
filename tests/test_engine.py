"""The exact engine finds what enumeration and the mixed-integer program find, and never drops a design that could be
the answer."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import random
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from oracles.enumeration import Judged, enumerate_all, meets, optimum, value
from oracles.medium import medium_question
from oracles.problems import OBJECTIVES, draw_bounds, draw_goals, small_table, with_question

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog
from advisor.models.lattice import level_at_end
from advisor.optimizer import engine, labels, looks, proof
from advisor.optimizer.case import Case
from advisor.optimizer.chances import chances
from advisor.optimizer.engine import Engine
from advisor.optimizer.envelope import Chain, Envelope
from advisor.optimizer.exchanging import Others
from advisor.optimizer.found import Found
from advisor.optimizer.goal import CHEAPEST, linear_goal
from advisor.optimizer.incumbent import Exchange
from advisor.optimizer.prices import priced, within
from advisor.optimizer.run import Run, optimise
from advisor.optimizer.search import Search
from advisor.optimizer.settling import settle
from advisor.optimizer.solver import Status
from advisor.optimizer.thinning import needed, thinned
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, COUNTS, Bound, Requirement, split_percentile

SAME = 1e-9


# --- against the program ----------------------------------------------------------------------------------------------


def same(a: Found, b: Found) -> None:
    """Assert that two runs ended alike."""
    assert a.status is b.status
    assert (a.best is None) == (b.best is None)
    if a.best is not None:
        assert a.value == pytest.approx(b.value, rel=SAME)


@pytest.mark.parametrize("seed", range(12))
def test_engine_and_program_agree(seed: int) -> None:
    """On tables too large to enumerate, with and without a cache, under two percentile bounds at different levels and
    bounds on quality, availability, hours, means and clouds, both engines prove the same value."""
    asked = medium_question(seed)
    ours = optimise(Search(asked))
    same(ours, optimise(Search(asked), program=True))
    if ours.best is not None:
        assert all(check.holds for check in ours.best.checks)


def test_the_medium_questions_are_real() -> None:
    """Many have an answer, and in many of those a percentile bound changes it; how many hangs on the catalog."""
    answered = changed = 0
    for seed in range(20):
        asked = medium_question(seed)
        timeless = [r for r in asked.scenario.requirements if not split_percentile(r.metric)]  # type: ignore[union-attr]
        with_times, without = (optimise(Search(asked, r)) for r in (asked.scenario.requirements, timeless))
        answered += with_times.best is not None
        changed += with_times.best is not None and with_times.value > without.value * (1 + SAME)
        if answered >= 8 and changed >= 5:
            return
    pytest.fail(f"of 20 questions {answered} have an answer, and in {changed} of those a percentile bound changes it")


@pytest.mark.parametrize("seed", range(2))
def test_of_two_bounds_on_one_metric_the_tighter_rules(seed: int) -> None:
    """Every bound once more, looser, changes no answer of either engine, in whichever order the two stand."""
    asked = medium_question(seed)
    bounds = asked.scenario.bounds
    looser = [dataclasses.replace(b, limit=b.limit * 1.5 if b.upper else b.limit * 0.9) for b in bounds]
    for requirements in ([*bounds, *looser], [*looser, *bounds]):
        twice = with_question(asked, requirements, asked.scenario.objective)
        for program in (False, True):
            same(optimise(Search(twice), program=program), optimise(Search(asked)))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_reused_changes_no_answer(seed: int) -> None:
    """After bounds are tightened, relaxed, dropped and put back, a search that grew out of the last one answers as one
    from scratch."""
    asked = medium_question(seed)
    rng = random.Random(seed)
    search, requirements = Search(asked), list(asked.scenario.requirements)
    optimise(search)
    for _ in range(6):
        place = rng.randrange(len(requirements))
        bound = requirements[place]
        assert isinstance(bound, Bound)
        factor = rng.choice([0.9, 0.97, 1.03, 1.2])
        limit = bound.limit * factor if bound.metric not in COUNTS else bound.limit
        if bound.metric == "quality" or bound.metric.endswith("availability"):
            limit = 1 - min((1 - bound.limit) * factor, 0.999)
        requirements[place] = dataclasses.replace(bound, limit=limit)
        search = search.under(requirements)
        fresh = with_question(asked, requirements, asked.scenario.objective)
        same(optimise(search), optimise(Search(fresh), program=True))


@pytest.mark.parametrize("seed", range(1, 12, 2))
def test_what_is_settled_for_each_case_changes_no_answer(seed: int) -> None:
    """Once it is known what no design of each case can beat, whatever is left out or forced has the same best."""
    asked = medium_question(seed)
    settled, fresh = Search(asked), Search(asked)
    optimise(settled)
    goal = asked.scenario.objective[0]
    settle(settled, goal)
    for role, found in list(asked.candidates.items())[::2]:
        for name in sorted({c.component_id for c in found})[:3]:
            for wanted in (True, False):
                only = functools.partial(_wanted, role, name, wanted)
                same(optimise(settled, only=only), optimise(fresh, only=only))
    assert len(settled.case_floors[goal.terms]) > 1


def _wanted(role: str, component: str, wanted: bool, of: str, c: Candidate) -> bool | None:
    return (c.component_id == component) == wanted if of == role else None


# --- nothing that could be the answer is dropped ----------------------------------------------------------------------


def _asked_twice(blueprint: Blueprint) -> Blueprint:
    """Return a blueprint in which the model is asked before the cache and past it."""
    data = blueprint.model_dump()
    path = data["flows"]["answer"]["path"]
    step = next(s for top in path for s in (top, *top["on_miss"]) if s["role"] == "llm" and s["do"] == "generate")
    data["flows"]["answer"]["path"] = [{**step, "on_miss": []}, *path]
    return Blueprint.model_validate(data)


def _small(seed: int, scenario: Scenario, catalog: Catalog, *, twice: bool) -> Table:
    full = small_table(seed, scenario, catalog, invented=True)
    if twice:
        blueprint = _asked_twice(full.scenario.blueprint).taken(full.scenario.workload)
        full = dataclasses.replace(full, scenario=dataclasses.replace(full.scenario, blueprint=blueprint))
    return full


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_every_feasible_design_reaches_the_judge(
    seed: int, twice: bool, scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a judge that refuses everything, and nothing dropped because something else is as good, all feasible designs
    below the value to beat come before it, one grid of budgets after the other, and by labels alone, looked at after
    every role: prices, envelope, looks, limits and hits of a cache drop none of them."""
    monkeypatch.setattr(looks, "OPEN", range(20))
    monkeypatch.setattr(looks, "FEW", 0)
    monkeypatch.setattr(proof, "thinned", lambda case: case)
    monkeypatch.setattr(labels, "needed", lambda states, values: np.ones(len(values), dtype=bool))
    full = _small(seed, scenario, catalog, twice=twice)
    found, checked = enumerate_all(full), 0
    for number in range(4):
        rng = random.Random(f"{seed} {number}")
        bounds = [b for b in draw_bounds(rng, found, 3) if b.metric != "vendors"]  # too many sets for the engine
        asked = with_question(full, bounds, full.scenario.objective)
        search = Search(asked)
        if search.empty_roles:
            continue
        allowed = Run(search, None, 0.0).permitted
        good = [j for j in found if meets(j, bounds) and all(_may(search, allowed, r, c) for r, c in j.design.items())]
        costs = sorted(value(asked.scenario.objective[0], j) for j in good)
        half = costs[len(costs) // 2] if costs else math.inf
        grids = (
            (2, 1, -1, math.inf),
            (7, 4, -1, math.inf),
            (5, 2, -1, half),
            (24, 32, -1, half),
            (24, 32, 10**6, half),
        )
        for budgets, cells, plain, to_beat in grids:
            monkeypatch.setattr(proof, "GRIDS", (proof.Grid(budgets, cells, 10**6),))
            monkeypatch.setattr(proof, "PLAIN", plain)
            seen = _refused(search, to_beat)
            for judged in good:
                if value(asked.scenario.objective[0], judged) < to_beat * (1 - 1e-8):
                    assert tuple(c.id for c in judged.design.values()) in seen
                    checked += 1
    assert checked


def _may(search: Search, allowed: Mapping[str, object], role: str, candidate: Candidate) -> bool:
    place = search.places.get((role, candidate.id))
    return place is not None and bool(allowed[role][place])  # type: ignore[index]


def _refused(search: Search, to_beat: float) -> set[tuple[str, ...]]:
    """Return the designs that the engine puts before a judge that refuses them all."""
    seen: set[tuple[str, ...]] = set()
    run = Run(search, None, 0.0)
    objective = linear_goal(search, search.table.scenario.objective[0])
    assert objective is not None

    def accepts(design: Mapping[str, Candidate]) -> bool:
        seen.add(tuple(c.id for c in design.values()))
        return False

    engine = Engine(run.question(objective, ()), accepts, to_beat=to_beat)
    answer = engine.run()
    assert answer.best is None
    assert answer.proved
    return seen


@pytest.mark.parametrize("seed", range(6))
def test_a_role_on_both_sides_of_a_cache(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """A role that is asked before a cache and past it fits in no order; the optimum is still what enumeration says."""
    full = _small(seed, scenario, catalog, twice=True)
    found = enumerate_all(full)
    for kind in ("cost", "percentile"):
        rng = random.Random(f"twice {seed} {kind}")
        bounds, goals = draw_bounds(rng, found, 2), draw_goals(rng, kind, found)
        best = optimum(found, bounds, goals)
        mine = optimise(Search(with_question(full, bounds, goals)))
        assert (mine.best is None) == (not best)
        if best:
            assert mine.value == pytest.approx(value(goals[0], best[0]), rel=1e-6)


def _case(asked: Table) -> Case:
    """Return the only case of a question without caches and clouds."""
    search = Search(asked)
    run = Run(search, None, 0.0)
    objective = linear_goal(search, asked.scenario.objective[0])
    assert objective is not None
    return next(iter(Engine(run.question(objective, ()), lambda _: True).open_cases(relaxed=True)))[-1]


def _cases(asked: Table) -> list[Case]:
    """Return the cases of a question, with and without its cache in use."""
    search = Search(asked)
    objective = linear_goal(search, asked.scenario.objective[0])
    assert objective is not None
    question = Run(search, None, 0.0).question(objective, ())
    return [case for *_, case in Engine(question, lambda _: True).open_cases(relaxed=True)]


def _cut(case: Case, rng: np.random.Generator) -> Case:
    """Return a case in which about half of the roles have one candidate, the others a few, and all limits are tight."""
    sizes = [1 if rng.random() < 0.5 else min(len(kept), int(rng.integers(2, 5))) for kept in case.kept]
    case = case.taken([np.sort(rng.permutation(len(k))[:n]) for k, n in zip(case.kept, sizes, strict=True)])
    designs = np.array(list(itertools.product(*map(range, sizes))))
    levels = [float(np.quantile(tail.of(designs), 0.5)) for tail in case.tails]
    tails = [dataclasses.replace(tail, level=level) for tail, level in zip(case.tails, levels, strict=True)]
    return dataclasses.replace(case, tails=tuple(tails), room=np.quantile(case.uses(designs), 0.8, axis=0))


@pytest.mark.parametrize("plain", [0, proof.PLAIN])
@pytest.mark.parametrize("seed", range(6))
def test_roles_without_a_choice_change_no_answer(seed: int, plain: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles with one candidate, before a cache, past it or without a time, are decided at once; what is found, with
    envelopes or without, is the best of all designs."""
    monkeypatch.setattr(proof, "PLAIN", plain)
    monkeypatch.setattr(looks, "FEW", 0)
    rng, alone, found = np.random.default_rng(seed), 0, 0
    for case in (_cut(whole, rng) for whole in _cases(medium_question(seed)) for _ in range(3)):
        designs = np.array(list(itertools.product(*(range(len(kept)) for kept in case.kept))))
        good = (case.uses(designs) <= case.room + labels.ROW_SLIP).all(axis=1)
        for tail in case.tails:
            good &= tail.hold(designs)
        incumbent = proof.Incumbent(math.inf)
        search = proof.Proof(case, incumbent, lambda *_: True, math.inf)
        if math.isfinite(search.bound):
            assert math.isinf(search.run())
        best = case.values(designs[good]).min(initial=math.inf)
        assert incumbent.value == pytest.approx(best, rel=SAME)
        alone += sum(len(kept) == 1 for kept in case.kept)
        found += math.isfinite(best)
    assert alone > 5
    assert found


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_chances_agree_however_they_are_worked_out(seed: int) -> None:
    """The chance of a design is the same alone, in a batch, and as one of the exchanges of one or two roles."""
    case = _case(medium_question(seed))
    rng = np.random.default_rng(seed)
    designs = np.column_stack([rng.integers(len(kept), size=5) for kept in case.kept])
    for tail in case.tails:
        together = tail.of(designs)
        for design, chance in zip(designs, together, strict=True):
            assert tail.of(design[None])[0] == pytest.approx(chance, abs=1e-9)
            for role in range(len(design)):
                assert tail.with_one(design, role)[design[role]] == pytest.approx(chance, abs=1e-9)
            pair = tail.with_two(design, 0, np.array([design[0]]), 2)
            assert pair[0, design[2]] == pytest.approx(chance, abs=1e-9)


@pytest.mark.parametrize("count", [1, 3, 40, 700])
def test_designs_together_have_the_chances_of_each_multiplied_out(count: int, candidates: Table) -> None:
    """With a cache and without, however many designs share beginnings, each has the chance of its own product."""
    demo, rng = Search(candidates), np.random.default_rng(count)
    kept = {role: np.arange(len(found)) for role, found in demo.pool.items()}
    few = {role: rng.choice(len(found), size=min(len(found), 4), replace=False) for role, found in demo.pool.items()}
    for _, tail in demo.tails:
        for cached in (False, True):
            bound = chances(tail, demo.pool, kept, cached)
            for choice in (kept, few):
                designs = np.column_stack([rng.choice(places, size=count) for places in choice.values()])
                alone = level_at_end(bound.spectra_of(designs))
                assert bound.of(designs) == pytest.approx(alone, abs=1e-9)
                assert bound.hold(designs).tolist() == (alone >= bound.least).tolist()


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_one_role_after_the_other_has_the_chances_of_each_alone(seed: int) -> None:
    """Passing from role to role along a design, each exchange has the chances that it has worked out on its own."""
    case = _case(medium_question(seed))
    design = np.array([np.random.default_rng(seed).integers(len(kept)) for kept in case.kept])
    for tail in case.tails:
        others = Others(tail, design)
        for role, chosen in enumerate(design):
            assert others.with_each(role) == pytest.approx(tail.with_one(design, role), abs=1e-9)
            others.passed(role, chosen)


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_a_bound_that_every_design_meets_is_left_out_and_no_other(seed: int) -> None:
    """A percentile bound left out of a case is met by all of its designs; what asks for nothing is left out."""
    asked = medium_question(seed)
    search = Search(asked)
    objective = linear_goal(search, asked.scenario.objective[0])
    assert objective is not None
    question = dataclasses.replace(Run(search, None, 0.0).question(objective, ()), missable=True)
    idle = [tail.with_level(-1.0) for tail in question.tails]
    rng = np.random.default_rng(seed)
    for situation in question.situations:
        whole = dataclasses.replace(question, missable=False).case(situation, {})
        some = question.case(situation, {})
        assert not dataclasses.replace(question, tails=idle).case(situation, {}).tails
        designs = np.column_stack([rng.integers(len(kept), size=200) for kept in whole.kept])
        left = {tail.start for tail in some.tails}
        for tail in whole.tails:
            assert tail.start in left or tail.hold(designs).all()


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_the_envelope_is_above_every_design(seed: int) -> None:
    """With any number of budgets, no design that holds a percentile bound costs less than the envelope's least."""
    case = _case(medium_question(seed))
    rng = np.random.default_rng(seed)
    designs = np.column_stack([rng.integers(len(kept), size=4000) for kept in case.kept])
    costs = [goal - goal.min() for goal in case.goal]
    spent = sum(cost[designs[:, role]] for role, cost in enumerate(costs))
    order = proof.decided_order(case)
    checked = 0
    for tail in case.tails:
        in_time = tail.of(designs) >= tail.level
        for budgets, cells in ((2, 1), (5, 8), (33, 1), (33, 4)):
            room = float(np.max(spent)) * (1 + 1e-9)
            envelope = Envelope(Chain(tail, order, cells), order, [costs[r] for r in order], room, budgets)
            least = envelope.least()
            assert least is not None
            assert (spent[in_time] >= least - 1e-9).all()
            checked += int(in_time.sum())
    assert checked > 100


@pytest.mark.parametrize("seed", range(6))
def test_prices_give_a_bound(seed: int) -> None:
    """No feasible design is below the bound of the prices, and none within a value loses a candidate."""
    asked = medium_question(2 * seed)
    case = _case(asked)
    prices = priced(case)
    assert prices is not None
    found = Exchange(case).best_of(prices.costs(case)[0])
    assert found is not None
    best = case.value(found)
    assert best >= case.constant + prices.bound(case) - 1e-6 * abs(best)
    kept = within(case, prices, best * (1 + 1e-9))
    assert all(case.kept[role][j] in kept.kept[role] for role, j in enumerate(found))
    assert (case.uses(np.array([found])) <= case.room + 1e-12).all()


# --- what one question does not need ----------------------------------------------------------------------------------


def _settled(case: Case) -> list[tuple[tuple[int, ...], float, np.ndarray[Any, Any], tuple[bool, ...]]]:
    """Return every design of a case as ids in the pool, with goal, uses and which bounds it holds on the lattice."""
    designs = np.array(list(itertools.product(*(range(len(goal)) for goal in case.goal))))
    holds = np.column_stack([tail.of(designs) >= tail.level for tail in case.tails])
    uses = sum(rows[designs[:, role]] for role, rows in enumerate(case.rows))
    ids = np.column_stack([case.kept[role][designs[:, role]] for role in range(len(case.goal))])
    values = [case.value(design) for design in designs]
    return [(tuple(i), v, u, tuple(h)) for i, v, u, h in zip(ids.tolist(), values, uses, holds.tolist(), strict=True)]


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_a_thinner_case_has_as_good_a_design_for_every_one(seed: int) -> None:
    """A question that asks less needs fewer candidates. Whatever its limits: for each design of the whole case one of
    the thinner case is no worse in the goal, in every use and under every percentile bound."""
    full = medium_question(seed)
    case = _case(dataclasses.replace(full, candidates={role: found[:5] for role, found in full.candidates.items()}))
    case = dataclasses.replace(case, tails=case.tails[:1], rows=tuple(rows[:, :1] for rows in case.rows))
    thin = thinned(case)
    left = _settled(thin)
    assert len(left) < len(_settled(case))
    goals, uses = np.array([v for _, v, _, _ in left]), np.array([u for _, _, u, _ in left])
    holds = np.array([h for *_, h in left])
    for _, goal, used, held in random.Random(seed).sample(_settled(case), 300):
        good = (goals <= goal + 1e-12) & (uses <= used + 1e-12).all(axis=1) & (holds >= np.array(held)).all(axis=1)
        assert good.any()


@pytest.mark.parametrize("seed", range(5))
def test_a_beginning_that_is_dropped_is_dominated_by_one_that_is_not(seed: int) -> None:
    """Each has one with the same times that is as good in all values, and of several that are equal one stays."""
    rng = np.random.default_rng(seed)
    states = [rng.integers(0, 3, size=200) for _ in range(2)]
    values = rng.integers(0, 4, size=(200, 3)).astype(float)
    kept = needed(states, values)
    assert 0 < kept.sum() < 150
    for place in np.flatnonzero(~kept):
        alike = kept & np.all([state == state[place] for state in states], axis=0)
        assert (values[alike] <= values[place]).all(axis=1).any()


# --- stopping and giving up -------------------------------------------------------------------------------------------


class Clock:
    """A clock that jumps far ahead after being read a number of times."""

    def __init__(self, reads: int) -> None:
        self.left = reads

    def __call__(self) -> float:
        """Return the time."""
        self.left -= 1
        return 0.0 if self.left >= 0 else 1e9


@pytest.mark.parametrize("seed", range(3))
def test_stopping_early_is_never_called_proved(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever time runs out, a run is either proved and right, or stopped with a bound that is one and a design that
    holds."""
    asked = medium_question(seed)
    right = optimise(Search(asked))
    stopped = 0
    for reads in (1, 2, 3, 5, 8, 13, 21, 34):
        search = Search(asked)
        with monkeypatch.context() as patch:
            patch.setattr(time, "monotonic", Clock(reads))
            found = optimise(search, time_limit_s=1.0)
        if found.status is Status.STOPPED:
            stopped += 1
            assert found.bound <= right.value * (1 + SAME)
            assert found.best is None or found.value >= right.value * (1 - SAME)
            assert found.gap is None or found.gap >= -SAME
        else:
            same(found, right)
        assert found.best is None or all(check.holds for check in found.best.checks)
    assert stopped


@pytest.mark.parametrize("seed", range(6))
def test_stopping_below_a_lower_ceiling_is_never_called_proved(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a budget that some design keeps, whenever time runs out, also below a ceiling under which there is nothing,
    it is not said that there is no design, and the bound is one."""
    asked = medium_question(seed)
    right = optimise(Search(asked), [CHEAPEST])
    if right.best is None:
        return
    budget = Bound("constraints.budget", COST, True, right.value * 1.5)
    under = with_question(asked, [*asked.scenario.bounds, budget], [CHEAPEST])
    monkeypatch.setattr(engine, "SHARES", (1e-6, 0.01, 0.05, 0.2))
    for plain, reads in itertools.product((-1, 10), range(1, 40)):
        search = Search(under)
        with monkeypatch.context() as patch:
            patch.setattr(proof, "PLAIN", plain)
            patch.setattr(time, "monotonic", Clock(reads))
            found = optimise(search, [CHEAPEST], time_limit_s=1.0)
        if found.status is Status.STOPPED:
            assert found.bound <= right.value * (1 + SAME), (plain, reads)
        else:
            same(found, right)


def test_what_lies_above_a_lower_ceiling_is_open_when_time_runs_out_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that stops below a lower ceiling with nothing open there has not looked at what lies above: it is
    stopped, with that ceiling as its bound. Below the last ceiling the same is a proof."""
    asked = medium_question(0)
    right = optimise(Search(asked), [CHEAPEST])
    budget = Bound("constraints.budget", COST, True, right.value * 1.5)
    under = with_question(asked, [*asked.scenario.bounds, budget], [CHEAPEST])
    monkeypatch.setattr(proof.Proof, "run", lambda self, **how: self.incumbent.most)
    found = optimise(Search(under), [CHEAPEST])
    assert found.status is Status.STOPPED
    assert found.bound < right.value * 1.5
    monkeypatch.setattr(engine, "SHARES", ())
    assert optimise(Search(under), [CHEAPEST]).status is Status.INFEASIBLE


def test_labels_that_were_not_enough_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are fewer, below the same value to beat; more of them are, and below another value as many."""
    tried: list[float] = []

    def give_up(search: labels.LabelSearch, *, first: bool = False) -> bool:
        tried.append(search.most)
        return False

    monkeypatch.setattr(labels.LabelSearch, "run", give_up)
    case, incumbent = next(iter(_cases(medium_question(0)))), proof.Incumbent(math.inf, 1e9)
    one = proof.Proof(case, incumbent, lambda *_: True, math.inf)
    for most in (10, 10, 5, 20, 10):
        assert not one._ends_plainly(most, first=False)
    incumbent.ceiling = 1e8
    assert not one._ends_plainly(5, first=False)
    assert tried == [10, 20, 5]


@pytest.mark.parametrize("seed", range(3))
def test_where_the_engine_gives_up_the_program_answers(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no labels allowed at all the answer is the same, and was proved by the solver."""
    asked = medium_question(seed)
    right = optimise(Search(asked))
    monkeypatch.setattr(proof, "GRIDS", (proof.Grid(2, 4, -1),))
    monkeypatch.setattr(proof, "PLAIN", -1)
    monkeypatch.setattr(proof, "PATIENT", -1)
    search = Search(asked)
    same(optimise(search), right)
    assert search.loaded.session.seconds > 0


@pytest.mark.parametrize("seed", range(8))
def test_cases_that_wait_for_others_have_the_same_optimum(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no labels allowed as long as other cases wait, all are looked at in the end, and the answer is the same."""
    asked = medium_question(seed)
    right = optimise(Search(asked))
    monkeypatch.setattr(proof, "QUICK", -1)
    monkeypatch.setattr(proof, "PLAIN", -1)
    same(optimise(Search(asked)), right)
    assert optimise(Search(asked), any_design=True).status is right.status


@pytest.mark.parametrize("seed", range(6))
def test_lower_ceilings_lose_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a budget that some design keeps, however many ceilings below it are tried first, with few labels or many,
    the optimum is the one of a search that tries none, and a budget just below it is proved to be too small."""
    asked = medium_question(seed)
    found = optimise(Search(asked), [CHEAPEST])
    if found.best is None:
        return
    for share in (1.5, 1.02, 1 - 1e-6):
        budget = Bound("constraints.budget", COST, True, found.value * share)
        under = with_question(asked, [*asked.scenario.bounds, budget], [CHEAPEST])
        for shares, plain in (((), proof.PLAIN), ((0.02, 0.1, 0.3, 0.7), -1), ((0.5,), 10)):
            with monkeypatch.context() as patch:
                patch.setattr(engine, "SHARES", shares)
                patch.setattr(proof, "PLAIN", plain)
                other = optimise(Search(under))
            if share < 1:
                assert other.status is Status.INFEASIBLE
            else:
                same(other, found)


@pytest.mark.parametrize("seed", range(4))
def test_envelopes_only_save_labels(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a design to beat is known, any number of labels without envelopes and none at all lead to one optimum, and
    so do looks after all roles and after none, and labels without envelopes after those with coarse ones."""
    asked = medium_question(seed)
    found = []
    for patient in (-1, 10**6):
        with monkeypatch.context() as patch:
            patch.setattr(proof, "PLAIN", -1)
            patch.setattr(proof, "PATIENT", patient)
            patch.setattr(proof, "GRIDS", (dataclasses.replace(proof.GRIDS[0], labels=-1), *proof.GRIDS[1:]))
            found.append(optimise(Search(asked)))
    for most, open_ in ((-1, ()), (10**6, ()), (10**6, range(20))):
        monkeypatch.setattr(proof, "PLAIN", most)
        monkeypatch.setattr(looks, "OPEN", open_)
        found.append(optimise(Search(asked)))
    for one in found[1:]:
        same(found[0], one)


@pytest.mark.parametrize("seed", range(6))
def test_program_alone_equals_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """The program, without the engine, finds what enumeration finds for every kind of objective."""
    full = small_table(seed, scenario, catalog, invented=True)
    found = enumerate_all(full)
    for kind in OBJECTIVES:
        rng = random.Random(f"program {seed} {kind}")
        bounds: list[Requirement] = [*draw_bounds(rng, found, 2)]
        goals = draw_goals(rng, kind, found)
        best: list[Judged] = optimum(found, bounds, goals)
        mine = optimise(Search(with_question(full, bounds, goals)), program=True)
        assert (mine.best is None) == (not best)
        if best:
            assert mine.value == pytest.approx(value(goals[0], best[0]), rel=1e-6)


def test_what_is_known_of_dominance_outlives_no_lattice(scenario: Scenario, candidates: Table) -> None:
    """Many bounds one after the other push lattices out; what was found under one never serves another by accident."""
    first = Search(candidates)
    for limit in (900.0, 1_100.0, 1_300.0, 1_500.0, 1_700.0, 1_900.0, 2_100.0, 2_300.0, 2_500.0, 2_700.0, 2_900.0):
        bound = Bound("limit", "flows.answer.ttft_ms.p95", True, limit)
        others = [r for r in scenario.requirements if getattr(r, "metric", "") != bound.metric]
        reused, fresh = first.under([*others, bound]), Search(candidates, [*others, bound])
        assert {key: c.id for key, c in reused.dominated.items()} == {key: c.id for key, c in fresh.dominated.items()}

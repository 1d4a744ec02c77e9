"""What is left out before a search: every candidate of it is forced, and does worse."""

from __future__ import annotations

import dataclasses
import gc
import math
from pathlib import Path

import pytest

import advisor
from advisor.analysis.regrown import best_that_holds, regrown
from advisor.candidates.candidate import passing
from advisor.candidates.table import Table, table
from advisor.candidates.unswept import unswept
from advisor.catalog.load import load_catalog
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer import cases
from advisor.optimizer.narrowing import EQUAL, narrowed, search_from
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import load_scenario
from advisor.scenario.requirements import CLOUDS, COST, OPERATIONS, QUALITY, Bound

DATA = Path(__file__).parent / "data"
MINI = DATA / "mini_catalog"
GOALS = {
    "cost": Goal((Term(COST, 1.0),), "minimize cost_usd_per_month"),
    "hours": Goal((Term(OPERATIONS, 1.0),), "minimize operations_h_per_month"),
    "both": Goal((Term(COST, 1.0), Term(OPERATIONS, 50.0)), "both"),
}


@pytest.fixture(scope="module")
def mini() -> Table:
    """Return the candidates of the small scenario."""
    catalog = load_catalog(MINI)
    return table(load_scenario(DATA / "mini_scenario.yml", catalog), catalog)


def aiming(mini: Table, goal: Goal) -> Table:
    """Return the table with another goal."""
    return dataclasses.replace(mini, scenario=dataclasses.replace(mini.scenario, objective=(goal,)))


def solved(of: Table) -> Evaluation:
    """Return the optimum."""
    best = optimise(Search(of)).best
    assert best is not None
    return best


def with_bound(of: Table, bound: Bound) -> Table:
    """Return the table with one requirement more."""
    requirements = (*of.scenario.requirements, bound)
    return dataclasses.replace(of, scenario=dataclasses.replace(of.scenario, requirements=requirements))


def forced_out(of: Table, left: Table, goal: Goal) -> list[float]:
    """Return what the goal comes to with each candidate that was left out; infinite where there is no design then."""
    kept = {role: {c.id for c in found} for role, found in left.candidates.items()}
    search, worth = Search(of), []

    def forced(role: str, name: str) -> Evaluation | None:
        return optimise(search, only=lambda of_, x: x.id == name if of_ == role else None).best

    for role, found in search.pool.items():
        for best in [forced(role, c.id) for c in found if c.id not in kept[role]]:
            worth.append(sum(t.coefficient * best.metric(t.metric) for t in goal.terms) if best else math.inf)
    return worth


@pytest.mark.parametrize("clouds", [None, 1, 2])
@pytest.mark.parametrize("name", sorted(GOALS))
def test_whatever_is_left_out_does_worse_when_forced(name: str, clouds: int | None, mini: Table) -> None:
    """With a candidate forced that was left out there is no design, or it is worse than the known one by more than the
    tolerance; the optimum itself stays. So it is where few clouds may be used."""
    bound = Bound("constraints.clouds.max", CLOUDS, True, float(clouds)) if clouds else None
    of, goal = aiming(with_bound(mini, bound) if bound else mini, GOALS[name]), GOALS[name]
    known = solved(of)
    left = narrowed(of, of.scenario.requirements, known)
    assert left is not None
    value = sum(term.coefficient * known.metric(term.metric) for term in goal.terms)
    worth = forced_out(of, left, goal)
    assert len(worth) >= 10
    assert min(worth) > value * (1 + EQUAL / 2)
    assert solved(left).cost_usd_per_month == pytest.approx(known.cost_usd_per_month, rel=1e-9)


def test_each_cloud_is_bounded_on_its_own() -> None:
    """Where one cloud may be used, less is left of the demo than the same design leaves without that bound."""
    answer = advisor.answer(advisor.load_scenario(advisor.example("support_copilot")))
    assert any(one == Bound(one.path, CLOUDS, True, 1.0) for one in answer.search.bounds)
    rest = [one for one in answer.scenario.requirements if not (isinstance(one, Bound) and one.metric == CLOUDS)]
    each, all_ = (narrowed(answer.table, some, answer.best) for some in (answer.scenario.requirements, rest))
    assert each is not None
    assert all_ is not None
    ids = [{(role, c.id) for role, found in left.candidates.items() for c in found} for left in (each, all_)]
    assert ids[0] < ids[1]
    assert len(ids[0]) < 0.8 * len(ids[1])


def test_a_bound_on_the_goal_leaves_out_what_is_above_it(mini: Table) -> None:
    """A budget cuts as a known design of that price does; where nothing is within it, that is said."""
    best = solved(mini)
    tight = with_bound(mini, Bound("constraints.cost_usd_per_month.max", COST, True, best.cost_usd_per_month))
    assert narrowed(tight, tight.scenario.requirements) == narrowed(tight, tight.scenario.requirements, best)
    none = with_bound(mini, Bound("constraints.cost_usd_per_month.max", COST, True, best.cost_usd_per_month / 100))
    assert narrowed(none, none.scenario.requirements) is None


def test_a_known_design_that_is_not_the_best_leaves_the_best(mini: Table) -> None:
    """From a dearer design fewer are left out, and the optimum found is that of everything."""
    best, dear = solved(mini), solved(aiming(mini, GOALS["hours"]))
    assert dear.cost_usd_per_month > best.cost_usd_per_month
    few, more = (narrowed(mini, mini.scenario.requirements, one) for one in (best, dear))
    assert few is not None
    assert more is not None
    ids = [{(role, c.id) for role, found in left.candidates.items() for c in found} for left in (few, more)]
    assert ids[0] < ids[1]
    found = optimise(search_from(mini, mini.scenario.requirements, dear)).best
    assert found is not None
    assert found.cost_usd_per_month == pytest.approx(best.cost_usd_per_month, rel=1e-9)


def test_what_cannot_hold_is_proved_without_a_search(mini: Table) -> None:
    """Under an hour of operations a month there is nothing, as the optimizer says."""
    bound = Bound("constraints.operations_h_per_month.max", OPERATIONS, True, 0.5)
    assert narrowed(mini, [bound]) is None
    assert optimise(Search(mini, [bound])).best is None


def test_a_goal_that_does_not_add_up_cuts_nothing(mini: Table) -> None:
    """For the highest quality, a known design leaves out only what breaks a bound that adds up on its own."""
    of = aiming(mini, Goal((Term(QUALITY, -1.0),), "maximize quality"))
    assert narrowed(of, of.scenario.requirements, solved(of)) == narrowed(of, of.scenario.requirements)


def test_with_calls_between_clouds_the_optimum_stays() -> None:
    """Where calls between clouds cost and take something, what is left holds the optimum of everything."""
    answer = advisor.answer(advisor.load_scenario(advisor.example("shop_search")))
    assert answer.best is not None
    assert answer.search.coupled
    left = narrowed(answer.table, answer.scenario.requirements, answer.best)
    assert left is not None
    assert sum(map(len, left.candidates.values())) < sum(map(len, answer.table.candidates.values())) / 5
    assert {r: c.id for r, c in solved(left).design.items()} == {r: c.id for r, c in answer.best.design.items()}


def test_too_many_cases_leave_out_nothing(mini: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more cases than are looked at, every candidate that passes the rules is kept."""
    some = narrowed(mini, mini.scenario.requirements, solved(mini))
    monkeypatch.setattr(cases, "MOST_CASES", 0)
    every = narrowed(mini, mini.scenario.requirements, solved(mini))
    assert some is not None
    assert every is not None
    rules = mini.scenario.filters
    assert every.candidates == {role: tuple(passing(found, rules)) for role, found in mini.candidates.items()}
    assert sum(map(len, every.candidates.values())) > sum(map(len, some.candidates.values()))


# --- designs taken to another volume ----------------------------------------------------------------------------------


def test_a_design_is_itself_at_its_own_volume(mini: Table) -> None:
    """Taken to the table it is from, a design is the same design, and it is asked for once."""
    best = solved(mini)
    (again,) = regrown([best.design, best.design], mini)
    assert {r: c.id for r, c in again.design.items()} == {r: c.id for r, c in best.design.items()}
    assert best_that_holds([again], mini.scenario.requirements) is again


def test_a_design_grows_by_the_units_that_it_needs(mini: Table) -> None:
    """At more volume the same options run in the same zones with as many spare units; the judge says what that is."""
    best = solved(mini)
    workload = {**mini.scenario.workload, "requests_per_month": 3 * mini.scenario.workload["requests_per_month"]}
    busy = table(dataclasses.replace(mini.scenario, workload=workload), mini.catalog)
    (grown,) = regrown([best.design], busy)
    for role, c in grown.design.items():
        before = best.design[role]
        assert [m.option and m.option.id for m in c.members] == [m.option and m.option.id for m in before.members]
        assert (c.zones, c.units - c.needed_units) == (before.zones, before.units - before.needed_units)
    assert grown.cost_usd_per_month == pytest.approx(judge(grown.design, busy.scenario).cost_usd_per_month)


def test_a_design_that_breaks_something_is_none_that_holds(mini: Table) -> None:
    """Among designs only those that meet what is asked count, whatever they cost."""
    best = solved(mini)
    tight = Bound(COST, COST, True, best.cost_usd_per_month / 2)
    of = with_bound(mini, tight)
    some = list(regrown([best.design], of))
    assert best_that_holds(some, of.scenario.requirements) is None
    assert best_that_holds(some, mini.scenario.requirements) is some[0]


# --- the collector ----------------------------------------------------------------------------------------------------


def test_the_collector_is_as_it_was() -> None:
    """Pausing ends with the block, also after an error, and inside another pause."""
    assert gc.isenabled()
    with unswept():
        with unswept():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="invalid"), unswept():
        int("x")
    assert gc.isenabled()


def test_a_solve_leaves_no_cycles_behind(candidates: Table) -> None:
    """What a solve made is freed as soon as nobody needs it: pausing the collector does not hold on to it."""
    with unswept():
        gc.collect()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            solved(candidates)
            gc.collect()
            left = {type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith("advisor.")}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
    assert not left

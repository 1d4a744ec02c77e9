"""Solving again for what beats a design only: what is spared is never what is asked for."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from oracles.enumeration import enumerate_all, meets, optimum, value
from oracles.problems import draw_bounds, draw_goals, small_table, with_question

from advisor.analysis.answers import Answer, answer, solve, under
from advisor.analysis.fixed import touches
from advisor.analysis.knobs import design_knobs, turned, workload_knobs
from advisor.analysis.resolver import Known, Resolver, just_above
from advisor.analysis.steps import bound_price
from advisor.analysis.variants import Builder
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import table
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.perturb import Reference, with_figures
from advisor.optimizer.found import Found
from advisor.optimizer.goal import goal_value
from advisor.optimizer.narrowing import narrowed
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario, load_scenario
from advisor.scenario.requirements import CLOUDS, COST, OPERATIONS, QUALITY, Bound

DATA = Path(__file__).parent / "data"
SHARES = (0.8, 1 - 1e-5, 1 + 1e-5, 1.2)  # of the optimum: what is asked for
GOALS = {
    "cost": (Goal((Term(COST, 1.0),), "minimize cost"),),
    "hours, then cost": (Goal((Term(OPERATIONS, 1.0),), "hours"), Goal((Term(COST, 1.0),), "minimize cost")),
    "quality": (Goal((Term(QUALITY, -1.0),), "maximize quality"),),
}


@pytest.fixture(scope="module", params=sorted(GOALS))
def solved(request: pytest.FixtureRequest) -> Answer:
    """Return the answer of the small scenario under some goals."""
    mini = load_catalog(DATA / "mini_catalog")
    first = answer(load_scenario(DATA / "mini_scenario.yml", mini), mini)
    return solve(under(first.table, first.scenario.requirements, GOALS[request.param]))


def agree(found: Found, fresh: Answer, below: float) -> None:
    """Check that what is found is the optimum wherever that is below what was asked for, and not below it elsewhere."""
    goals = fresh.scenario.objective
    worth = math.inf if fresh.best is None else goal_value(goals[0], fresh.best)
    if worth >= below:
        assert found.best is None or goal_value(goals[0], found.best) >= worth - 1e-9 * abs(worth)
        return
    assert found.best is not None
    assert fresh.best is not None
    for goal in goals:
        assert goal_value(goal, found.best) == pytest.approx(goal_value(goal, fresh.best), rel=1e-7)


def asked(fresh: Answer, share: float) -> float:
    """Return so much of the first goal of an answer, further from it for a smaller one also where it is negative."""
    if fresh.best is None:
        return math.inf
    worth = goal_value(fresh.scenario.objective[0], fresh.best)
    return worth + (share - 1) * abs(worth)


@pytest.mark.parametrize("seed", range(2))
def test_among_figures_what_beats_a_design_is_found(seed: int, solved: Answer) -> None:
    """Under changed figures, asked one by one or together, the optimum is that of a search built from nothing."""
    assert solved.best is not None
    rng = random.Random(seed)
    drawn = {role: rng.choice(found) for role, found in solved.table.candidates.items()}
    figures = [k for some in (solved.best.design, drawn) for k in design_knobs(solved.table, some)]
    settings, known, answers = [], [], []
    for share in SHARES:
        some = rng.sample(figures, rng.choice((1, 1, 2)))
        setting = {k.figure: k.end(rng.choice((-1, 1)), rng.uniform(1.1, 3)) for k in some if k.figure}
        changed = with_figures(solved.table.catalog, setting)
        there = replace(solved.scenario, clouds=changed.records.clouds)
        answers.append(solve(table(there, changed), blame=False))
        settings.append(setting)
        known.append(Known(below=asked(answers[-1], share)))
    resolver = Resolver(solved)
    together = resolver.under_figures(settings, known)
    for setting, fresh, one, found in zip(settings, answers, known, together, strict=True):
        agree(found, fresh, one.below)
        agree(Resolver(solved).under_figures([setting], [one])[0], fresh, one.below)
        agree(Resolver(solved).under_figures([setting])[0], fresh, math.inf)


@pytest.mark.parametrize("seed", range(1))
def test_under_a_workload_what_beats_a_design_is_found(seed: int, solved: Answer) -> None:
    """The same for other workloads, whether anything is known of them or not."""
    rng, resolver = random.Random(seed), Resolver(solved)
    knobs = list(workload_knobs(solved.scenario, solved.table.catalog))
    for share in SHARES:
        knob = rng.choice(knobs)
        other = turned(solved.scenario, knob, knob.end(rng.choice((-1, 1)), rng.uniform(1.1, 3)), solved.table.catalog)
        fresh = solve(table(other, solved.table.catalog), blame=False)
        for below in (asked(fresh, share), math.inf):
            agree(resolver.under(other, Known(below=below)), fresh, below)


@pytest.mark.parametrize("seed", range(6))
def test_a_search_for_less_than_a_value_equals_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Below a value there is what enumeration finds; and a search that found nothing there has learned no falsehood."""
    small = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
    designs, rng = enumerate_all(small), random.Random(f"below {seed}")
    goals = draw_goals(rng, "cost", designs)
    bounds = tuple(draw_bounds(rng, designs, 2))
    best = optimum(designs, bounds, goals)
    for share in SHARES if best else ():
        least = value(goals[0], best[0])
        search = Search(with_question(small, bounds, goals))
        found = optimise(search, below=least * share).best
        assert (found is not None and goal_value(goals[0], found) < least * share) == (share > 1)
        whole = optimise(search).best
        assert whole is not None
        assert goal_value(goals[0], whole) == pytest.approx(least)


@pytest.mark.parametrize("seed", range(8))
def test_one_cloud_more_is_the_first_step(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """The step of a bound on clouds is the least number with which enumeration finds something better."""
    small = small_table(seed, scenario, catalog, invented=True)
    designs = enumerate_all(small)
    goals = draw_goals(random.Random(f"clouds {seed}"), "cost", designs)
    bound = Bound("constraints.clouds.max", CLOUDS, True, min(d.metrics[CLOUDS] for d in designs))
    now = optimum(designs, [bound], goals)
    better = [d.metrics[CLOUDS] for d in designs if value(goals[0], d) < value(goals[0], now[0]) * (1 - 1e-6)]
    step = bound_price(solve(with_question(small, [bound], goals)), bound).loosen
    assert (step is None) == (not better)
    if step is not None:
        assert step.limit == min(better)
        assert step.evaluation is not None
        there = optimum(designs, [replace(bound, limit=step.limit)], goals)
        assert goal_value(goals[0], step.evaluation) == pytest.approx(value(goals[0], there[0]))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_above_a_value_is_left_out_and_nothing_else(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Every design that enumeration finds up to a value is left, whether or not one with that value is known."""
    small = small_table(seed, scenario, catalog, invented=True)
    designs, rng = enumerate_all(small), random.Random(f"most {seed}")
    bounds = draw_bounds(rng, designs, 2)
    good = sorted(d.metrics[COST] for d in designs if meets(d, bounds))
    for most in good[:: max(len(good) // 3, 1)]:
        left = narrowed(small, bounds, most=most)
        assert left is not None
        kept = {(role, c.id) for role, found in left.candidates.items() for c in found}
        for one in (d for d in designs if meets(d, bounds) and d.metrics[COST] <= most):
            assert {(role, c.id) for role, c in one.design.items()} <= kept


def test_what_stands_on_a_figure_is_found_by_its_ground(solved: Answer) -> None:
    """For every figure and every candidate: the option itself, its class, its machine or that machine's cloud."""
    builder = Builder(solved.search)
    figures = {
        knob.figure
        for found in solved.table.candidates.values()
        for c in found
        for knob in design_knobs(solved.table, {c.role: c})
        if knob.figure is not None
    }
    for figure in figures:
        for role, found in solved.table.candidates.items():
            stated = {c.id for c in found if _stands_on(figure, c)}
            assert {c.id for c in found if touches(figure, c)} == stated
            assert builder.standing_on(role, figure) == stated


def _stands_on(figure: Reference, candidate: Candidate) -> bool:
    if candidate.is_none:
        return (figure.kind, figure.key) == ("roles", candidate.role)
    options = [one.option for one in candidate.members if one.option]
    machines = {option.unit.instance: option.cloud for option in options if option.unit and option.unit.instance}
    return {
        "components": figure.record in {option.id.partition("@")[0] for option in options},
        "operating": figure.key in {option.operated_as for option in options},
        "instances": figure.key in machines,
        "clouds": figure.key in machines.values(),
        "roles": False,
    }[figure.kind]


def test_what_is_as_good_as_a_design_is_below_what_is_just_above_it(solved: Answer) -> None:
    """For a goal that is a sum the optimum itself is found below it; for others it is no limit."""
    assert solved.best is not None
    worth = goal_value(solved.scenario.objective[0], solved.best)
    above = just_above(solved.search, worth)
    assert above > worth
    assert math.isinf(above) == (solved.scenario.objective == GOALS["quality"])

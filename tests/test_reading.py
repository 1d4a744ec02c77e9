"""What is known of a number before anything is solved, against the judge and searches of everything."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.analysis.answers import Answer, answer, restricted, solve
from advisor.analysis.fixed import FixedDesign, within_target
from advisor.analysis.gaps import Gaps
from advisor.analysis.knobs import design_knobs, workload_knobs
from advisor.analysis.reading import Reading, may_come_in, read
from advisor.analysis.resolver import Resolver
from advisor.analysis.variants import OF_CALLS, Builder
from advisor.candidates.table import table
from advisor.catalog.load import load_catalog
from advisor.catalog.model import CloudFigures
from advisor.catalog.perturb import figures, with_figures
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import goal_value
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.scenario.load import load_scenario
from advisor.scenario.requirements import COST, QUALITY, Bound

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def solved() -> Answer:
    """Return the answer of the small scenario."""
    mini = load_catalog(DATA / "mini_catalog")
    return answer(load_scenario(DATA / "mini_scenario.yml", mini), mini)


def neighbours(solved: Answer) -> list[Evaluation]:
    """Return the designs that differ from the chosen one in one role and miss some requirement."""
    assert solved.best is not None
    chosen = solved.best.design
    some = [{**chosen, role: c} for role, found in solved.search.pool.items() for c in found if c is not chosen[role]]
    designs = [one for one in some if solved.search.consistent(one) is not None]
    found = [judge(one, solved.scenario) for one in designs]
    return [one for one in found if not one.feasible and not one.consistent]


def test_what_comes_in_under_another_number_is_not_left_out(solved: Answer) -> None:
    """Of all designs beside the chosen one that miss a requirement, each that meets all with a number changed is one
    that is looked at; some are not, and that some come in shows that the test can fail."""
    assert solved.best is not None
    resolver, missing = Resolver(solved), [FixedDesign(one, solved.table) for one in neighbours(solved)]
    knobs = [*workload_knobs(solved.scenario, solved.table.catalog), *design_knobs(solved.table, solved.best.design)]
    ends = [(knob, end) for knob in knobs for end in (knob.reach(-1, 1.5), knob.reach(1, 1.5)) if end != knob.value]
    came_in = spared = 0
    for knob, end in ends:
        reading = read(resolver, knob, end)
        for one in missing if reading.kind != "still" else ():
            then, looked_at = one.at(knob, end, brief=True).evaluation, may_come_in(one.evaluation, reading)
            comes_in = then is not None and within_target(then)
            assert looked_at or not comes_in, f"{knob.path} at {end}"
            came_in, spared = came_in + comes_in, spared + (not looked_at)
    assert came_in
    assert spared > 100


def test_what_is_only_cheaper_comes_within_a_budget_and_nothing_else(solved: Answer) -> None:
    """A design that misses a budget may come in when bills fall, one that misses quality may not; neither does when all
    gets worse, and both may when it is not known what gets better."""
    assert solved.best is not None
    best = solved.best
    dear, poor = (
        judge(best.design, replace(best.scenario, requirements=(bound,)))
        for bound in (
            Bound("constraints.cost_usd_per_month.max", COST, True, best.cost_usd_per_month / 2),
            Bound("constraints.quality.min", QUALITY, False, min(1.0, best.quality * 1.01)),
        )
    )
    kinds = {kind: [may_come_in(one, Reading(kind)) for one in (dear, poor)] for kind in ("worse", "cheaper", "better")}
    assert kinds == {"worse": [False, False], "cheaper": [True, False], "better": [True, True]}
    role = next(iter(best.design))
    improved = Reading("mixed", (role,), improved={role: frozenset({best.design[role].id})})
    assert may_come_in(poor, improved)
    assert not may_come_in(poor, replace(improved, improved={role: frozenset({"another"})}))


def test_figures_that_are_in_no_candidate_change_none(solved: Answer) -> None:
    """What calls between clouds cost and take, and spot capacity that nobody asked for, is in no candidate: built from
    nothing with each of these figures changed, the table has the same ones. Other figures of clouds are followed."""
    builder, catalog = Builder(solved.search), solved.table.catalog
    every = [one for one in figures(catalog, catalog.options) if one.kind == "clouds"]
    spared = [one for one in every if builder.of({one: one.value * 0.9}).changed == {}]
    assert {*OF_CALLS, "spot_availability"} <= CloudFigures.model_fields.keys()
    assert {one.name for one in every if one not in spared} == {"instance_availability", "zone_availability"}
    for one in spared:
        scenario = solved.scenario
        fresh = table(scenario, with_figures(catalog, {one: one.value * 0.9}), solved.table.as_of)
        assert fresh.candidates == solved.table.candidates


def test_the_best_with_a_candidate_is_the_best_of_a_search_that_leaves_nothing_out(solved: Answer) -> None:
    """For each candidate of each role, what a budget leaves out before the search is in no best design with it."""
    tight = [r for r in solved.scenario.requirements if not (isinstance(r, Bound) and r.metric == COST)]
    assert solved.best is not None
    budget = Bound("constraints.cost_usd_per_month.max", COST, True, solved.best.cost_usd_per_month * 1.3)
    scenario = replace(solved.scenario, requirements=(*tight, budget))
    of = replace(solved.table, scenario=scenario)
    gaps = Gaps(Resolver(solve(of)))
    found: list[bool] = []
    for role, some in gaps.resolver.table.candidates.items():
        for c in (c for c in some if all(c.admitted_by(rule) for rule in scenario.filters)):
            there = gaps.best_having(role, frozenset({c.id})).best
            whole = optimise(Search(restricted(of, {role: [c]})), tie_break=False).best
            worth = [goal_value(gaps.goal, one) if one else math.inf for one in (there, whole)]
            assert worth[0] == pytest.approx(worth[1], rel=1e-9)
            found.append(there is not None)
    assert {True, False} <= set(found)

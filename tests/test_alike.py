"""What an evaluation takes over from another one is what it would have found itself."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from advisor.candidates.table import Table
from advisor.evaluation.alike import unchanged_times
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.models.latency import Constant
from advisor.proposal import Proposal
from advisor.scenario.requirements import Bound


@pytest.fixture(scope="module")
def best(proposal: Proposal) -> Evaluation:
    """Return the design that the example's proposal chose."""
    assert proposal.best is not None
    return proposal.best


@pytest.mark.parametrize("brief", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_taken_over_equals_what_is_judged_anew(
    seed: int, brief: bool, best: Evaluation, candidates: Table
) -> None:
    """Whatever roles are filled otherwise, judging beside another evaluation changes no bit of the result."""
    rng, scenario = random.Random(seed), best.scenario
    like = judge(best.design, scenario, brief=brief)
    for _ in range(4):
        roles = rng.sample(list(best.design), rng.choice((1, 1, 2)))
        design = {**best.design, **{role: rng.choice(candidates.candidates[role]) for role in roles}}
        assert judge(design, scenario, brief=brief, like=like) == judge(design, scenario, brief=brief)


@pytest.mark.parametrize("brief", [False, True])
def test_a_price_keeps_the_times_and_a_time_does_not(brief: bool, best: Evaluation) -> None:
    """Dearer hours and another availability leave every time as it is; a slower role those of no flow that asks it."""
    like = judge(best.design, best.scenario, brief=brief)
    dearer = {
        role: replace(c, usd_per_hour=2 * c.usd_per_hour, availability=c.availability / 2)
        for role, c in best.design.items()
    }
    kept = unchanged_times(like, dearer, best.scenario, brief=brief)
    assert all(kept[flow_id] is flow.measures for flow_id, flow in like.flows.items())
    assert judge(dearer, best.scenario, brief=brief, like=like) == judge(dearer, best.scenario, brief=brief)
    for role, c in best.design.items():
        worse = {**best.design, role: replace(c, latency={"another": (Constant(1.0), Constant(1.0))})}
        flows = best.scenario.blueprint.flows.items()
        lost = {flow_id for flow_id, flow in flows if any(step.asks == role for step in flow.steps())}
        assert like.flows.keys() - unchanged_times(like, worse, best.scenario, brief=brief).keys() == lost


@pytest.mark.parametrize("brief", [False, True])
def test_another_workload_keeps_only_flows_that_it_says_nothing_of(brief: bool, best: Evaluation) -> None:
    """With each parameter of the workload changed alone, the same candidates are judged as they would be anew."""
    like, taken = judge(best.design, best.scenario, brief=brief), 0
    for name, value in best.scenario.workload.items():
        scenario = replace(best.scenario, workload={**best.scenario.workload, name: value * 0.9})
        assert judge(best.design, scenario, brief=brief, like=like) == judge(best.design, scenario, brief=brief)
        taken += len(unchanged_times(like, best.design, scenario, brief=brief))
    assert 0 < taken < len(best.scenario.workload) * len(like.flows)


def test_nothing_is_taken_over_when_other_levels_are_asked_for(best: Evaluation) -> None:
    """A bound on another percentile is answered, not missing; what was judged in brief does not stand for the whole."""
    flow_id, flow = next(iter(best.flows.items()))
    metric = f"flows.{flow_id}.{next(iter(flow.measures))}.p97"
    scenario = replace(best.scenario, requirements=(*best.scenario.requirements, Bound("p", metric, True, 1e9)))
    assert judge(best.design, scenario, like=best).metric(metric) > 0
    short = judge(best.design, best.scenario, brief=True)
    assert judge(best.design, best.scenario, like=short) == judge(best.design, best.scenario)
    assert not unchanged_times(best, best.design, best.scenario, brief=True)

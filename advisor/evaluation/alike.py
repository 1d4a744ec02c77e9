"""What an evaluation can take over from another one: the times of flows in which nothing differs that they stand on.

They are a function of a flow's steps, what the workload says of them, which levels are asked for, and of each role that
it asks: its times, and whether it is left out. A price, an hourly rate, an availability or another role's figure is
none of these, so a design judged a hundred times at other prices has its times worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor import expression
from advisor.candidates.candidate import Candidate
from advisor.catalog.blueprint import Step
from advisor.evaluation.result import Design, Evaluation, FlowResult, MeasureResult
from advisor.scenario.load import Scenario


def unchanged_times(
    like: Evaluation, design: Design, scenario: Scenario, *, brief: bool
) -> Mapping[str, Mapping[str, MeasureResult]]:
    """Return the times of an evaluation's flows that a design has too, to the last bit.

    Args:
        design: as it is beside the others (:func:`advisor.candidates.links.linked`). brief: how it is to be judged.
    """
    if like.scenario is not scenario and not _comparable(like.scenario, scenario):
        return {}
    judged = ((flow_id, like.flows.get(flow_id)) for flow_id in scenario.blueprint.flows)
    return {
        flow_id: found.measures
        for flow_id, found in judged
        if found is not None and _is_brief(found) == brief and _same(flow_id, like, design, scenario)
    }


def _comparable(old: Scenario, new: Scenario) -> bool:
    """Return whether two scenarios ask for the same percentiles, with the same spread, of the same roles."""
    return old.spread == new.spread and named(old) == named(new) and old.blueprint.roles == new.blueprint.roles


def named(scenario: Scenario) -> list[str]:
    """Return the metrics that a bound or goal names."""
    return [bound.metric for bound in scenario.bounds] + [t.metric for g in scenario.objective for t in g.terms]


def _is_brief(flow: FlowResult) -> bool:
    """Return whether a flow was judged in brief: then nothing is known of its stages."""
    return not any(measure.levels for measure in flow.measures.values())


def _same(flow_id: str, like: Evaluation, design: Design, scenario: Scenario) -> bool:
    flow, old = scenario.blueprint.flows[flow_id], like.scenario
    if old is not scenario:
        if old.blueprint.flows.get(flow_id) != flow:
            return False
        if any(asked(step, old) != asked(step, scenario) for step in flow.steps()):
            return False
    roles = dict.fromkeys(step.asks for step in flow.steps() if step.asks)
    return all(runs_alike(like.design[role], design[role]) for role in roles)


def asked(step: Step, scenario: Scenario) -> tuple[float | None, ...]:
    """Return what the workload says of a step beside what it asks of a role: how often, waits, hits, time outside."""
    formulas = [None if text is None else expression.parse(text) for text in (step.times, step.wait_s)]
    named = [None if name is None else scenario.workload[name] for name in (step.hit_share, step.then_ms)]
    return (*(None if one is None else one.evaluate(scenario.workload) for one in formulas), *named)


def runs_alike(a: Candidate, b: Candidate) -> bool:
    """Return whether two candidates of a role are as fast in every flow; they may cost and be worth different things.

    >>> runs_alike(Candidate("a", "llm", quality=0.9), Candidate("b", "llm", availability=0.8))
    True
    >>> from advisor.models.latency import Constant
    >>> runs_alike(Candidate("a", "llm"), Candidate("a", "llm", latency={"generate": (Constant(1.0), Constant(2.0))}))
    False
    """
    return a is b or (a.is_none, a.latency, a.calls) == (b.is_none, b.latency, b.calls)

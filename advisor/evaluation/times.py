"""How long a step of a flow takes: one rule for the judge and for the optimizer's bounds on percentiles."""

from __future__ import annotations

import math
from collections.abc import Mapping

from advisor import expression
from advisor.candidates.candidate import Candidate
from advisor.catalog.blueprint import Flow, Step
from advisor.models.latency import Constant, Distribution, Lognormal, Uniform, mixture, repeat, series
from advisor.scenario.load import Scenario


def step_time(
    flow: Flow, step: Step, at: str, design: Mapping[str, Candidate], scenario: Scenario
) -> Distribution | None:
    """Return the time (ms) that a step adds in the foreground of a flow, None when it adds none.

    Args:
        at: the point at which the flow's time is read, ``first`` item or ``complete``.
    """
    if step.asks is None:
        return wait_time(step, scenario)
    if step.in_background or step.do is None:
        return None
    flow_id = scenario.blueprint.flow_id(flow)
    return role_time(design[step.asks], step, scenario, flow_id, first=flow.reads_first(step, at))


def role_time(
    candidate: Candidate, step: Step, scenario: Scenario, flow_id: str, *, first: bool
) -> Distribution | None:
    """Return the time (ms) of all runs of a step in its role, the last of them read at its first item or complete."""
    times = None if candidate.is_none or step.do is None else candidate.times(flow_id, step.do)
    if times is None:
        return None
    begin, complete = times
    after = _stated(step.then_ms, scenario)
    whole = series(complete, after) if after else complete
    count = expression.parse(step.times).evaluate(scenario.workload)
    if not first:
        return repeated(whole, count)
    return series(repeated(whole, count - 1), begin) if count > 1 else repeated(begin, count)


def wait_time(step: Step, scenario: Scenario) -> Distribution | None:
    """Return the time (ms) of a wait, which no choice changes; None for other steps and for a wait of no length."""
    width = expression.parse(step.wait_s).evaluate(scenario.workload) * 1000 if step.wait_s is not None else 0.0
    return Uniform(width) if width > 0 else None


def _stated(parameter: str | None, scenario: Scenario) -> Distribution | None:
    """Return the time (ms) that the workload states: lognormal when it has a cv."""
    mean = scenario.workload[parameter] if parameter else 0.0
    if mean <= 0:
        return None
    cv = scenario.spread.get(parameter or "", 0.0)
    return Lognormal.from_mean_cv(mean, cv) if cv else Constant(mean)


def repeated(stage: Distribution, count: float) -> Distribution:
    """Return ``count`` runs in a row; a fraction is the share of the requests that make one run more.

    >>> repeated(Constant(10.0), 2.5).mean()
    25.0
    """
    whole = math.floor(round(count, 9))
    part = round(count - whole, 9)
    least = repeat(stage, whole) if whole else Constant(0.0)
    return mixture([1 - part, part], [least, repeat(stage, whole + 1)]) if part else least

"""Times: of a flow over its steps, and of each step from the figures that it was fitted to."""

from __future__ import annotations

import math
from dataclasses import replace

from advisor import expression
from advisor.candidates.candidate import Candidate
from advisor.candidates.links import in_flow_of
from advisor.candidates.times import MS_PER_H, fit, item_parameter, processor_time
from advisor.catalog.blueprint import Flow, Step
from advisor.catalog.load import Catalog
from advisor.catalog.model import Latency
from advisor.evaluation.evaluate import UNIT_MS, flow_time, stages
from advisor.evaluation.result import Evaluation
from advisor.explanation import combinations as combined
from advisor.explanation.derivation import Derivation, origin, plain, stated, total
from advisor.models.latency import Distribution, Percentiles, Wait
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import level

_GIVEN = ("p50", "p95", "p99", "mean", "cv")


def of_measure(result: Evaluation, flow_id: str, measure: str, what: str, catalog: Catalog) -> Derivation:
    """Return the derivation of a flow's mean or percentile: ``of_measure(result, "answer", "ttft_ms", "p95", ...)``."""
    mean = _mean(result, flow_id, measure, catalog)
    p = level(what)
    if p is None:
        return mean
    found, unit = result.flows[flow_id].measures[measure], mean.unit
    flow = result.scenario.blueprint.flows[flow_id]
    time = flow_time(flow, flow.measures[measure].at, result.design, result.scenario)  # type: ignore[index]
    value = found.percentiles[what]
    reached = time.cdf(value * UNIT_MS[measure])
    return Derivation(
        f"flows.{flow_id}.{measure}.{what}",
        value,
        unit,
        f"the t at which P(time <= t) reaches {p:g}; the time is the sum of the steps, taken as independent",
        note=f"check: P(time <= {plain(round(value, 3))} {unit}) = {reached:.4f}; percentiles are not added: "
        f"the sum of the steps' {what} is {plain(round(found.together[what], 3))} {unit}",
        parts=(mean,),
    )


def _mean(result: Evaluation, flow_id: str, measure: str, catalog: Catalog) -> Derivation:
    flow, unit_ms = result.scenario.blueprint.flows[flow_id], UNIT_MS[measure]
    at = flow.measures[measure].at  # type: ignore[index]
    parts, terms = [], []
    for step, share, _ in stages(flow, at, result.design, result.scenario):
        part = _step(flow, step, at, result, catalog)
        parts.append(part)
        terms.append(plain(part.value or 0.0) if share == 1 else f"{plain(share)} × {plain(part.value or 0.0)}")
    numbers = " + ".join(terms) or "0"
    return Derivation(
        f"flows.{flow_id}.{measure}.mean",
        result.flows[flow_id].measures[measure].mean,
        "ms" if unit_ms == 1 else "s",
        "sum over steps of the share of requests that take it × its mean" + ("" if unit_ms == 1 else ", ms to s"),
        numbers if unit_ms == 1 else f"({numbers}) / {plain(unit_ms)}",
        parts=tuple(parts),
    )


def _step(flow: Flow, step: Step, at: str, result: Evaluation, catalog: Catalog) -> Derivation:
    """Return the mean time (ms) of all runs of a step, the last of them read at its first item or complete."""
    scenario = result.scenario
    if step.wait_s is not None:
        interval = expression.parse(step.wait_s)
        numbers = f"({interval.with_numbers(scenario.workload)}) × 1 000 / 2"
        value = interval.evaluate(scenario.workload) * 500
        return Derivation("wait for the next poll", value, "ms", "half the interval: uniform from 0 to it", numbers)
    candidate = in_flow_of(result.design[step.asks or ""], scenario.blueprint.flow_id(flow))
    first = flow.reads_first(step, at)
    name = f"{step.asks} {step.do}: {candidate.name}"
    count = expression.parse(step.times).evaluate(scenario.workload)
    if first and count > 1:
        before = _runs(f"{name}, the runs before", step, candidate, count - 1, False, scenario, catalog)
        last = _runs(f"{name}, the last up to its first item", step, candidate, 1.0, True, scenario, catalog)
        return total(name, (before.value or 0.0) + (last.value or 0.0), "ms", (before, last), "runs before + last run")
    return _runs(name, step, candidate, count, first, scenario, catalog)


def _runs(
    name: str, step: Step, candidate: Candidate, count: float, first: bool, scenario: Scenario, catalog: Catalog
) -> Derivation:
    parts = [*_operation(step, candidate, first, scenario, catalog)]
    after = scenario.workload[step.then_ms] if step.then_ms and not first else 0.0
    if after > 0:
        parts.append(Derivation(f"{step.then_ms}", after, "ms", note="stated by the workload"))
    one = total(name, math.fsum(part.value or 0.0 for part in parts), "ms", parts, "sum of its means")
    if count == 1:
        return one if len(parts) > 1 else replace(parts[0], name=f"{name}, {parts[0].name}")
    value = count * (one.value or 0.0)
    return Derivation(name, value, "ms", "runs × mean of one", f"{plain(count)} × ({one.numbers})", parts=one.parts)


def _operation(step: Step, candidate: Candidate, first: bool, scenario: Scenario, catalog: Catalog) -> list[Derivation]:
    """Return what one run is made of: the figure, the wait for a free unit, items before and after the first."""
    if candidate.parts:
        return combined.one_run(
            candidate, step.do or "", first, scenario, lambda part, at: _operation(step, part, at, scenario, catalog)
        )
    delay = math.fsum(ms for (_, operation), ms in candidate.delays.items() if operation == step.do)
    network = [_network(delay, candidate, scenario)] if delay else []
    return [*network, *_at_home(step, candidate, first, scenario, catalog)]


def _network(delay_ms: float, candidate: Candidate, scenario: Scenario) -> Derivation:
    """Return what a call from another cloud takes longer, with where the figure is from."""
    figures = (cloud.other_cloud_ms for name, cloud in scenario.clouds.items() if name != candidate.place)
    figure = next((figure for figure in figures if figure is not None and figure.value == delay_ms), None)
    name = "network to another cloud and back"
    return stated(name, delay_ms, "ms", figure) if figure else Derivation(name, delay_ms, "ms")


def _at_home(step: Step, candidate: Candidate, first: bool, scenario: Scenario, catalog: Catalog) -> list[Derivation]:
    """Return what one run of a plain candidate is made of, whoever calls."""
    assert candidate.option is not None
    if candidate.layout and candidate.layout.batch and (within := candidate.option.batch_within_h):
        promised = stated("promised time", within.value, "h", within)
        numbers = f"{plain(within.value)} × 3 600 000"
        return [Derivation("batch", within.value * MS_PER_H, "ms", "hours in ms", numbers, parts=(promised,))]
    operation = catalog.role(candidate.role).operations[step.do or ""]
    figure = candidate.option.latency[operation.latency or ""]
    found = [_fitted(operation.latency or "", figure, operation.default_cv)]
    found += [_wait(w, candidate, catalog) for w in _waits(candidate.latency[step.do or ""][0])]
    found += _processor(step, candidate, scenario)
    for before in (True, False):
        parameter = item_parameter(scenario, candidate.role, step.do or "", before=before)
        wanted = operation.then_each and parameter and scenario.workload[parameter] > 0 and (before or not first)
        if wanted:
            each = _fitted(
                operation.then_each or "",
                candidate.option.latency[operation.then_each or ""],
                operation.default_cv_each,
            )
            found.append(_items(parameter or "", scenario.workload[parameter or ""], each))
    return found


def _processor(step: Step, candidate: Candidate, scenario: Scenario) -> list[Derivation]:
    """Return the mean processor time of one run, on the share of a vCPU that the option gives a request."""
    option = candidate.option
    time = processor_time(scenario, candidate.role, step.do or "", option) if option else None
    if time is None or option is None or step.cpu_ms is None:
        return []
    work, share = expression.parse(step.cpu_ms).with_numbers(scenario.workload), option.vcpu_share
    if share is None:
        return [Derivation("processor time", time.mean(), "ms", "of one run on a whole vCPU", work)]
    part = stated("share of a vCPU for a request", share.value, "vCPU", share)
    numbers = f"({work}) / {plain(share.value)}"
    return [Derivation("processor time", time.mean(), "ms", "processor time / share of a vCPU", numbers, parts=(part,))]


def _fitted(key: str, figure: Latency, default_cv: float) -> Derivation:
    """Return a lognormal's mean, from its median and sigma, with what it was fitted to."""
    shape = fit(figure, default_cv)
    given = [f"{name} = {plain(value)}" for name in _GIVEN if (value := getattr(figure, name)) is not None]
    assumed = "" if len(given) > 1 else f"; only one number is stated, cv {default_cv:g} is assumed"
    measured = "; measured under load, so waiting is inside" if figure.loaded else ""
    if isinstance(shape, Percentiles):
        note = f"{', '.join(given)}, each kept exactly; lognormal between them{measured}"
        return Derivation(key, shape.mean(), "ms", note=note, source=origin(figure))
    return Derivation(
        key,
        shape.mean(),
        "ms",
        "mean of a lognormal: median × exp(sigma^2 / 2)",
        f"{plain(math.exp(shape.mu))} × exp({plain(shape.sigma)}^2 / 2)",
        f"fitted to {', '.join(given)}{assumed}{measured}",
        origin(figure),
    )


def _items(parameter: str, count: float, each: Derivation) -> Derivation:
    value = count * (each.value or 0.0)
    numbers = f"{plain(count)} × {plain(each.value or 0.0)}"
    return Derivation(f"{parameter} × time each", value, "ms", "items × mean time of one", numbers, parts=(each,))


def _waits(time: Distribution) -> list[Wait]:
    return [stage for stage in getattr(time, "stages", (time,)) if isinstance(stage, Wait)]


def _wait(wait: Wait, candidate: Candidate, catalog: Catalog) -> Derivation:
    """Return the mean wait at peak by M/M/c, with the load that it was computed for."""
    dimensions = catalog.records.dimensions
    rate = math.fsum(load.peak for name, load in candidate.loads.items() if dimensions[name].requests)
    rates = {name: load.utilisation for name, load in candidate.loads.items() if dimensions[name].kind == "rate"}
    fullest = max(rates, key=lambda name: rates[name])
    offered, c = rates[fullest] * candidate.units, candidate.units
    service_ms = offered / rate * 1000
    load = Derivation(
        "offered load a", offered, "erlang", f"units × utilisation in {fullest}", f"{c} × {plain(rates[fullest])}"
    )
    service = Derivation(
        "service time s", service_ms, "ms", "a / peak requests per s", f"{plain(offered)} / {plain(rate)} × 1 000"
    )
    waits = Derivation(
        "P(wait) = C(c, a)",
        wait.p_wait,
        "probability",
        "Erlang's delay formula",
        note=f"c = {c}, a = {plain(offered)}; units are taken as servers, arrivals as Poisson, times as exponential",
    )
    return Derivation(
        "wait for a free unit at peak",
        wait.mean(),
        "ms",
        "C(c, a) × s / (c - a)",
        f"{plain(wait.p_wait)} × {plain(service_ms)} / ({c} - {plain(offered)})",
        parts=(waits, service, load),
    )

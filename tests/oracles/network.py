"""What calls between clouds cost and take in a design, worked out from the blueprint step by step."""

from __future__ import annotations

import dataclasses
import datetime
import random
from collections.abc import Iterator, Mapping

from advisor import expression
from advisor.candidates.candidate import Candidate
from advisor.catalog.blueprint import Step
from advisor.catalog.model import CloudFigures, Figure
from advisor.scenario.load import Scenario

BYTES_PER_TOKEN = 4


def figures(rng: random.Random) -> dict[str, CloudFigures]:
    """Return drawn figures of three clouds, large enough to matter."""

    def figure(value: float) -> Figure:
        return Figure(value=value, basis="estimate", checked=datetime.date(2026, 1, 1), reasoning="drawn")

    return {
        cloud: CloudFigures(
            instance_availability=figure(0.99),
            zone_availability=figure(0.99),
            egress_usd_per_gb=figure(rng.choice([0.1, rng.uniform(0.5, 8), 20.0])),
            other_cloud_ms=figure(rng.choice([5.0, rng.uniform(10, 80), 200.0])),
        )
        for cloud in ("aws", "azure", "gcp")
    }


def crossings(design: Mapping[str, Candidate], scenario: Scenario) -> Iterator[tuple[str, Step, str, str, float]]:
    """Yield (flow, step, caller's cloud, other's cloud, share of the flow's requests) for every call that crosses."""
    roles = scenario.blueprint.roles
    for flow_id, flow in scenario.blueprint.flows.items():
        caller = ""
        for step, share in _taken(flow.path, design, scenario):
            role = step.role or step.cache
            if role is None or design[role].option is None:
                continue
            for one in _plain(design[role]):
                pair = (_cloud(design[caller]) if caller else "", one.option.cloud if one.option else "")
                if caller and caller != role and pair[0] != pair[1] and "" not in pair and "vendor" not in pair:
                    yield flow_id, step, pair[0], pair[1], share * one.billed_share
            if roles[role].hub or not (step.in_background or (caller and roles[caller].hub)):
                caller = role


def egress_usd(design: Mapping[str, Candidate], scenario: Scenario) -> float:
    """Return what the clouds bill for all that leaves them for another one."""
    total = 0.0
    for flow_id, step, source, target, share in crossings(design, scenario):
        flow = scenario.blueprint.flows[flow_id]
        runs = expression.parse(flow.rate_per_month).evaluate(scenario.workload) * share
        sent, returned = _kb(step, scenario)
        for cloud, kb in ((source, sent), (target, returned)):
            price = scenario.clouds[cloud].egress_usd_per_gb
            assert price is not None
            total += runs * kb / 1e6 * price.value
    return total


def _taken(path: list[Step], design: Mapping[str, Candidate], scenario: Scenario) -> Iterator[tuple[Step, float]]:
    for step in path:
        if step.cache is None:
            yield step, 1.0
            continue
        used = design[step.cache].option is not None
        miss = 1 - scenario.workload[step.hit_share or ""] if used else 1.0
        yield from [(step, 1.0)] if used else []
        yield from ((inner, miss) for inner in step.on_miss if used or inner.role != step.cache)


def _kb(step: Step, scenario: Scenario) -> tuple[float, float]:
    def number(text: str | None) -> float:
        return expression.parse(text or "0").evaluate(scenario.workload)

    work = {name: number(text) for name, text in step.work.items()}
    kb = {name: number(text) for name, text in step.kb.items()}
    sent = number(step.sends_kb)
    if step.sends_kb is None:
        sized = kb.get("request_kb", 0) * work.get("requests_per_s", 0) + kb.get("write_kb", 0) * work.get(
            "writes_per_s", 0
        )
        known = ("request_kb" in kb and "requests_per_s" in work) or ("write_kb" in kb and "writes_per_s" in work)
        streams = sum(1000 * value for name, value in work.items() if "_mb_per_s" in name)
        sent = sized if known else work.get("input_tokens_per_s", 0) * BYTES_PER_TOKEN / 1000 + streams
    returned = number(step.returns_kb)
    if step.returns_kb is None:
        read = kb.get("read_kb", 0) * work.get("reads_per_s", 0)
        returned = read if "read_kb" in kb else work.get("output_tokens_per_s", 0) * BYTES_PER_TOKEN / 1000
    return sent, returned


def _plain(candidate: Candidate) -> list[Candidate]:
    return [one for part in candidate.parts for one in _plain(part)] or [candidate]


def _cloud(candidate: Candidate) -> str:
    first = _plain(candidate)[0]
    return first.option.cloud if first.option else ""


def with_network(scenario: Scenario, rng: random.Random) -> Scenario:
    """Return the scenario with drawn figures of the network between clouds."""
    return dataclasses.replace(scenario, clouds=figures(rng))

"""Latency budgets: which stage is the largest, and what a percentile is without one."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from advisor.calculator.given import Given
from advisor.calculator.latency_tree import node
from advisor.evaluation.evaluate import stages
from advisor.evaluation.result import Stage
from advisor.explanation.derivation import Derivation, plain
from advisor.models.latency import Distribution
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.question import Choice, Number, Question
from advisor.rehearsal.stability import clear
from advisor.rehearsal.world import World

LEAST_STAGES = 3
_LONG = re.compile(r"\d{1,3}(?: \d{3})*\.\d{3,}|\d+\.\d{3,}")  # more digits than anybody needs by hand
FELT = 0.05  # a stage with less of the mean is not worth taking out
LEAST_FALL = 1.1  # as a factor: where the p95 falls by less, what stands in the question would answer it


def largest_stage(world: World, rng: random.Random) -> Question | None:
    """Ask which stage of a flow takes most of its mean time."""
    found = list(_measures(world))
    if not found:
        return None
    flow, measure = rng.choice(found)
    result = world.best.flows[flow].measures[measure]
    parts = world.explain(f"flows.{flow}.{measure}.mean").parts
    means = {_name(one): one.share * one.mean for one in result.stages}
    ranked = sorted(means, key=lambda name: -means[name])
    if len(means) < len(result.stages) or not clear(means[ranked[0]], means[ranked[1]]):
        return None  # the same step twice, or too close to call
    budget = "\n".join(f"- {_name(one)}: {_taken(one, part)}" for one, part in zip(result.stages, parts, strict=True))
    title = world.scenario.blueprint.flows[flow].measures[measure].title  # type: ignore[index]
    return Question(
        "largest_stage",
        "estimation",
        "estimate",
        f"{world.scenario.blueprint.flows[flow].title}, {title}. Mean times of the stages, in ms:\n{budget}\nWhich "
        "stage is the largest part of the mean over all requests?",
        Choice(tuple(sorted(means))),
        ranked[0],
        tuple(words.lines(world.explain(f"flows.{flow}.{measure}.mean"), 3)),
        words.command("propose", words.SCENARIO, "--draft"),
        "A lognormal's mean is its median × exp(sigma^2 / 2), hardly more where sigma is small; what runs several "
        "times counts as often.",
    )


def _measures(world: World) -> Iterator[tuple[str, str]]:
    """Yield flow and measure of every time with enough stages to ask about."""
    for flow, result in world.best.flows.items():
        for measure, found in result.measures.items():
            if len(found.stages) >= LEAST_STAGES:
                yield flow, measure


def _name(one: Stage) -> str:
    return f"{words.role(one.role)} {one.operation}".strip()


def _taken(one: Stage, part: Derivation) -> str:
    """Return the arithmetic of a stage's mean without its result, where there is arithmetic."""
    own = shortened(part.numbers or plain(part.value or 0.0))
    return f"{own}{f'; taken by {words.percent(one.share)} of the requests' if one.share != 1 else ''}"


def shortened(arithmetic: str) -> str:
    """Return arithmetic with four digits of each number that has more behind its point.

    >>> shortened("1 051.338865 + 560.6624612"), shortened("150 × exp(0.2935603792^2 / 2)")
    ('1 051 + 560.7', '150 × exp(0.2936^2 / 2)')
    """
    return _LONG.sub(lambda found: words.short(float(found[0].replace(" ", ""))), arithmetic)


def p95_without_stage(world: World, rng: random.Random) -> Question | None:
    """Ask for a flow's p95 when one stage takes no time."""
    found = [case for flow, measure in _measures(world) for case in _taken_out(world, flow, measure)]
    if not found:
        return None
    flow, measure, out = rng.choice(found)
    leaves = _leaves(world, flow, measure)
    whole, rest = _p95(leaves), _p95({name: leaf for name, leaf in leaves.items() if name != out})
    told = "\n".join(f"- {name}: {_told(leaf)}" for name, leaf in leaves.items())
    title = world.scenario.blueprint.flows[flow].title
    return Question(
        "p95_without_stage",
        "estimation",
        "estimate",
        f"{title}: the stages, independent of each other and each lognormal with these percentiles:\n{told}\nTogether "
        f"the p95 is {words.short(whole)} ms. What is it, in ms, when {out} takes no time?",
        Number("ms", f"p95 of {flow} without {out}"),
        rest,
        (
            "the p95 of a sum of independent stages is no sum of p95s: their distributions are convolved",
            f"p95 with {out}: {plain(float(f'{whole:.6g}'))} ms; without: {plain(float(f'{rest:.6g}'))} ms",
        ),
        words.command("model", "latency_path", f"tree={json.dumps(_tree(leaves, out))}"),
        "Take its mean off the mean of the whole; the spread that is left is that of the largest other stage.",
    )


def _taken_out(world: World, flow: str, measure: str) -> Iterator[tuple[str, str, str]]:
    """Yield the stages that may be taken out: felt in the median and in the p95, and not the only one that is."""
    leaves = _leaves(world, flow, measure)
    weights = {name: leaf["share"] * leaf["p50_ms"] for name, leaf in leaves.items()}
    felt = [name for name, weight in weights.items() if weight >= FELT * sum(weights.values())]
    if len(felt) >= 2:
        whole = _p95(leaves)
        rest = {out: _p95({name: leaf for name, leaf in leaves.items() if name != out}) for out in felt}
        yield from ((flow, measure, out) for out in felt if whole > LEAST_FALL * rest[out])


def _leaves(world: World, flow_id: str, measure: str) -> dict[str, dict[str, Any]]:
    """Return stage -> its percentiles as the text states them; {} where a stage is no lognormal, or stands twice.

    A wait is none, nor is a step that fewer than half of the requests take.
    """
    flow = world.scenario.blueprint.flows[flow_id]
    at = flow.measures[measure].at  # type: ignore[index]
    found: dict[str, dict[str, Any]] = {}
    for step, share, time in stages(flow, at, world.best.design, world.scenario):
        name = f"{words.role(step.asks or '')} {step.do or ''}".strip()
        if step.asks is None or name in found or time.quantile(0.5) <= 0:
            return {}
        found[name] = {"share": float(f"{share:.4g}"), **_percentiles(time)}
    return found


def _percentiles(time: Distribution) -> dict[str, float]:
    p50, p95 = (float(f"{time.quantile(p):.4g}") for p in (0.5, 0.95))
    return {"p50_ms": p50, "p95_ms": p95}


def _told(leaf: Mapping[str, Any]) -> str:
    taken = f", taken by the same {words.percent(leaf['share'])} of the requests" if leaf["share"] != 1 else ""
    return f"p50 {plain(leaf['p50_ms'])} ms, p95 {plain(leaf['p95_ms'])} ms{taken}"


def _tree(leaves: Mapping[str, Mapping[str, Any]], out: str | None = None) -> dict[str, Any]:
    """Return the stages as a tree of ``latency_path``: those past the cache are taken together or not at all."""
    kept = {name: leaf for name, leaf in leaves.items() if name != out}
    always = [_leaf(name, leaf) for name, leaf in kept.items() if leaf["share"] == 1]
    shares = sorted({leaf["share"] for leaf in kept.values() if leaf["share"] != 1})
    for share in shares:
        missed = [_leaf(name, leaf) for name, leaf in kept.items() if leaf["share"] == share]
        rest = {"share": round(1 - share, 12), "of": {"constant_ms": 0}}
        always.append({"mixture": [{"share": share, "of": {"series": missed}}, rest]})
    return {"series": always}


def _leaf(name: str, leaf: Mapping[str, Any]) -> dict[str, Any]:
    if leaf["p50_ms"] == leaf["p95_ms"]:
        return {"name": name, "constant_ms": leaf["p50_ms"]}
    return {"name": name, "p50_ms": leaf["p50_ms"], "p95_ms": leaf["p95_ms"]}


def _p95(leaves: Mapping[str, Mapping[str, Any]]) -> float:
    return node(Given.of("tree", _tree(leaves))).distribution.quantile(0.95)


KINDS = (
    Kind("largest_stage", "largest stage of the latency budget", "estimation", "estimate", largest_stage, "design"),
    Kind("p95_without_stage", "p95 without a stage", "estimation", "estimate", p95_without_stage, "figures"),
)

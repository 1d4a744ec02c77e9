"""A flow's time by sampling, step by step as the blueprint says it, without the code that composes distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from advisor import expression
from advisor.candidates.candidate import Candidate
from advisor.catalog.blueprint import Step
from advisor.models import latency
from advisor.models.truncation import Within
from advisor.scenario.load import Scenario

Samples = np.ndarray[Any, np.dtype[np.float64]]


def sample(  # noqa: PLR0911, PLR0912, C901
    distribution: latency.Distribution, rng: np.random.Generator, count: int
) -> Samples:
    """Return samples of a distribution (ms)."""
    match distribution:
        case latency.Lognormal():
            return np.exp(distribution.mu + distribution.sigma * rng.standard_normal(count))
        case latency.Percentiles():
            return _through(distribution, rng.standard_normal(count))
        case latency.Wait():
            waits = rng.random(count) < distribution.p_wait
            return np.where(waits, rng.exponential(1 / distribution.rate, count), 0.0)
        case latency.Uniform():
            return rng.uniform(0, distribution.width, count)
        case latency.Constant():
            return np.full(count, distribution.value)
        case latency.Series():
            return np.sum([sample(stage, rng, count) for stage in distribution.stages], axis=0)
        case latency.Parallel():
            return np.max([sample(branch, rng, count) for branch in distribution.branches], axis=0)
        case latency.Mixture():
            which = rng.choice(len(distribution.shares), count, p=distribution.shares)
            parts = [sample(part, rng, count) for part in distribution.parts]
            return np.choose(which, parts)
        case latency.KOfN():
            answers = np.sort([sample(branch, rng, count) for branch in distribution.branches], axis=0)
            return np.asarray(answers[distribution.k - 1])
        case latency.RandomSum():
            return _random_sum(distribution, rng, count)
        case latency.Scaled():
            return distribution.factor * sample(distribution.stage, rng, count)
        case latency.Erlang():
            return rng.gamma(distribution.stages, 1 / distribution.rate, count)
        case Within():
            times = sample(distribution.stage, rng, count)
            while (late := times > distribution.limit).any():
                times[late] = sample(distribution.stage, rng, int(late.sum()))
            return times
    raise TypeError(distribution)


def _through(distribution: latency.Percentiles, z: Samples) -> Samples:
    """Return exp of the straight lines through the known points, the outermost ones going on for ever."""
    zs, logs = np.array(distribution.zs), np.array(distribution.logs)
    left = np.clip(np.searchsorted(zs, z) - 1, 0, len(zs) - 2)
    slopes = np.diff(logs) / np.diff(zs)
    return np.exp(logs[left] + slopes[left] * (z - zs[left]))


def _random_sum(distribution: latency.RandomSum, rng: np.random.Generator, count: int) -> Samples:
    numbers, chances = zip(*distribution.counts, strict=True)
    runs = rng.choice(numbers, count, p=chances)
    total = np.zeros(count)
    for i in range(max(numbers)):
        total[runs > i] += sample(distribution.stage, rng, int((runs > i).sum()))
    return total


def flow_times(
    flow: str, at: str, design: Mapping[str, Candidate], scenario: Scenario, count: int, seed: int = 1
) -> Samples:
    """Return sampled times (ms) of a flow from its start to the first item or to completion."""
    rng = np.random.default_rng(seed)
    total = np.zeros(count)
    for step in scenario.blueprint.flows[flow].path:
        if step.cache is None:
            total += _step(step, at, design, scenario, rng, count)
        elif design[step.cache].id == "none":
            total += _all(step.on_miss, at, design, scenario, rng, count)
        else:
            total += _step(step, at, design, scenario, rng, count)
            miss = rng.random(count) >= scenario.workload[step.hit_share or ""]
            total += np.where(miss, _all(step.on_miss, at, design, scenario, rng, count), 0.0)
    return total


def _all(
    steps: list[Step],
    at: str,
    design: Mapping[str, Candidate],
    scenario: Scenario,
    rng: np.random.Generator,
    count: int,
) -> Samples:
    total = np.zeros(count)
    for step in steps:
        total += _step(step, at, design, scenario, rng, count)
    return total


def _step(
    step: Step, at: str, design: Mapping[str, Candidate], scenario: Scenario, rng: np.random.Generator, count: int
) -> Samples:
    if step.wait_s is not None:
        return rng.uniform(0, 1000 * _value(step.wait_s, scenario), count)
    candidate = design[step.role or step.cache or ""]
    if step.in_background or step.do not in candidate.latency:
        return np.zeros(count)
    time = candidate.latency[step.do or ""][0 if at == "first" else 1]
    return np.sum([sample(time, rng, count) for _ in range(math.floor(_value(step.times, scenario) + 0.5))], axis=0)


def _value(formula: str, scenario: Scenario) -> float:
    return expression.parse(formula).evaluate(scenario.workload)


def answer_tokens_time(
    option: Any, default_cv: float, tokens: float, cv: float, rng: np.random.Generator, count: int
) -> Samples:
    """Return sampled times (ms) from the first token to the last: random number of tokens times random time each."""
    sigma = math.sqrt(math.log(1 + cv**2))
    numbers = tokens * np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2)
    figure = option.latency["tpot_ms"]
    spread = math.sqrt(math.log(1 + (figure.cv or default_cv) ** 2))
    middle = figure.p50 if figure.p50 else figure.mean * math.exp(-(spread**2) / 2)
    return numbers * middle * np.exp(spread * rng.standard_normal(count))

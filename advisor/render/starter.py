"""A scenario to start from: everything that can be said, each line explained; what is optional is commented out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.blueprint import Blueprint, Flow, Parameter
from advisor.scenario.defaults import (
    DEFAULT_EXTRA_UNITS,
    DEFAULT_TARGET_UTILISATION,
    DEFAULT_USD_PER_HOUR,
    DEFAULT_ZONES,
)
from advisor.scenario.request_sizes import INPUT, OUTPUT
from advisor.scenario.standing import DEFAULT_HORIZON_MONTHS

SCHEMA_FILE = "scenario.schema.json"
OPTIONAL = "# "
_COLUMN = 46

LIMITS = {"ttft_ms": "2_500", "latency_ms": "30_000", "freshness_s": "100_000"}
MORE_CONSTRAINTS = (
    ("quality: {min: 0.40}", "index in (0, 1]; for ranking within this catalog only"),
    ("operations_h_per_month: {max: 160}", "hours of operations a month"),
    ("clouds: {allow: [aws, vendor], max: 1}", "aws, azure, gcp, vendor (a maker's own cloud, not counted in max)"),
    ("vendors: {max: 4}", "who sends a bill: owners of the clouds in use, hosts of services"),
    ("self_operated: {max: 2}", "different components that we run ourselves"),
    ("cards: {h100: {max: 8}}", "accelerators of a type in all roles together: a10g, a100, h100, h200, l4, ..."),
    ("licences: {deny: [SSPL-1.0]}", "or allow: [...]; SPDX ids, or proprietary"),
    ("modes: {deny: [self_hosted]}", "or allow: [...]; saas, managed, self_hosted"),
)
MORE_SECTIONS = (
    ("choices:", "what is already decided"),
    ("  pin: {observability: amazon_cloudwatch}", "role: component or option that must fill it"),
    ("  exclude: [datadog]", "components or options that must not be used"),
    ("  apart: [[grafana_cloud, observability: datadog]]", "pairs of which at most one is chosen"),
    ("  together: []", "pairs of which both are chosen or neither"),
    ("  share: []", "groups of roles that the same units may serve"),
    (f"operations: {{usd_per_hour: {DEFAULT_USD_PER_HOUR:g}}}", "what an hour of operations costs, USD; the default"),
    ("sizing:", "how candidates are sized; these are the defaults"),
    (f"  target_utilisation: {DEFAULT_TARGET_UTILISATION:g}", "share of a unit's capacity to plan for at peak"),
    (f"  extra_units: {DEFAULT_EXTRA_UNITS}", "units beyond the smallest count to consider as well"),
    (f"  zones: {list(DEFAULT_ZONES)}", "numbers of zones to consider"),
    ("tactics:", "architectural tactics to use beyond those that are used anyway, or not to use"),
    ("  allow: [reserve]", "or right_size, spot, batch, fallback, split, cascade, hedge, mix"),
    ("  deny: [headroom]", "or quantise, replicate, prompt_cache, which are used unless denied"),
    ("today:", "the design that runs today; leaving it is weighed against what a move saves"),
    ("  design: {observability: amazon_cloudwatch}", "role: component or option that runs; roles not named are new"),
    ("  migration_h: {observability: 40}", "role: hours of people to move it"),
    (f"  horizon_months: {DEFAULT_HORIZON_MONTHS:g}", "months over which a move is paid off; the default"),
)


@dataclass(frozen=True)
class Answers:
    """What the user said, or example values.

    Attributes:
        parameters: workload parameters as they are to stand in the file.
        budget_usd_per_month: upper bound on bill plus operations.
        latency_p95_ms: upper bound on the full response of the flow that is bounded first.
        region: where all data must be kept; None when it does not matter.
    """

    title: str
    parameters: dict[str, str]
    budget_usd_per_month: float
    latency_p95_ms: float
    region: str | None


def scenario(blueprint: Blueprint, answers: Answers, file: str) -> str:
    """Return the text of a scenario file that is to be called ``file``."""
    head, workload = _head(blueprint, answers, file), _workload(blueprint, answers)
    sizes, limits = _request_sizes(blueprint, answers), _constraints(blueprint, answers)
    return "\n".join([*head, *workload, *sizes, *limits, *_rest()]) + "\n"


def examples(blueprint: Blueprint) -> dict[str, str]:
    """Return what a scenario starts with, as YAML, for each parameter that has no default."""
    stated = {name: parameter.example for name, parameter in blueprint.parameters.items()}
    return {name: _value(example) for name, example in stated.items() if example is not None}


def _value(example: float | Mapping[Literal["mean", "cv"], float]) -> str:
    if isinstance(example, Mapping):
        return f"{{{', '.join(f'{key}: {number(value)}' for key, value in example.items())}}}"
    return number(example)


def number(value: float) -> str:
    """Return a number as people write it in YAML.

    >>> number(2_500_000), number(0.25)
    ('2_500_000', '0.25')
    """
    return f"{value:_.15g}"


def _line(text: str, comment: str, *, depth: int = 0, optional: bool = False) -> str:
    start = "  " * depth + (OPTIONAL if optional else "") + text
    return f"{start.ljust(_COLUMN)}  # {' '.join(comment.split())}"


def _head(blueprint: Blueprint, answers: Answers, file: str) -> Iterator[str]:
    import json

    yield f"# yaml-language-server: $schema=./{SCHEMA_FILE}"
    yield "# A scenario for advisor. A key behind '# ' is optional: remove the '# ' to use it."
    yield f"# Get the design:  advisor propose {file} -o build"
    yield ""
    yield _line(f"title: {json.dumps(answers.title, ensure_ascii=False)}", "heading of the design document")
    yield _line(f"blueprint: {blueprint.id}", f"the architecture's topology: {blueprint.title}")
    yield _line("description: what it is for, in a few sentences", "context for the design document", optional=True)
    yield _line("catalogs: []", "folders with components and figures of your own, such as [our_catalog]", optional=True)
    yield _line("owner: your team", "who answers for this design", optional=True)
    yield ""


def _workload(blueprint: Blueprint, answers: Answers) -> Iterator[str]:
    yield _line("workload:", "what the architecture has to carry")
    given = {**examples(blueprint), **answers.parameters}
    for name, parameter in sorted(blueprint.parameters.items(), key=lambda item: item[1].default is not None):
        optional = parameter.default is not None and name not in answers.parameters
        value = number(parameter.default or 0.0) if optional else given[name]
        yield _line(f"{name}: {value}", _explained(parameter), depth=1, optional=optional)
    yield ""


def _request_sizes(blueprint: Blueprint, answers: Answers) -> Iterator[str]:
    """Yield a histogram whose means are those of the workload, where requests have sizes at all."""
    given = {**examples(blueprint), **answers.parameters}
    if not {INPUT, OUTPUT} <= blueprint.parameters.keys() & given.keys():
        return
    means = {name: _mean(given[name]) for name in (INPUT, OUTPUT)}
    classes = (
        f"{{{INPUT}: {number(part * means[INPUT])}, {OUTPUT}: {number(part * means[OUTPUT])}, share: 0.5}}"
        for part in (0.5, 1.5)
    )
    text = f"request_sizes: [{', '.join(classes)}]"
    yield _line(text, "classes of calls of the language model, instead of one mean; priority: 1 first", optional=True)
    yield ""


def _mean(text: str) -> float:
    """Return the number in a value of the workload.

    >>> _mean("{mean: 280, cv: 0.7}"), _mean("3_600")
    (280.0, 3600.0)
    """
    return float(text.removeprefix("{mean:").partition(",")[0].strip(" }"))


def _explained(parameter: Parameter) -> str:
    text = f"{parameter.title}, {parameter.unit}"
    random = "; random: a mean, and cv = standard deviation / mean" if parameter.random else ""
    return f"{text}{random}" if parameter.default is None else f"{text}; the default: {parameter.why}"


def _constraints(blueprint: Blueprint, answers: Answers) -> Iterator[str]:
    yield _line("constraints:", "what must hold; what is not stated is not required")
    yield _line(
        f"cost_usd_per_month: {{max: {number(answers.budget_usd_per_month)}}}",
        "bill plus costed operations hours, USD a month",
        depth=1,
    )
    yield _line("flows:", "bounds on single flows; times: mean, or a percentile such as p50, p95, p99, p99.9", depth=1)
    for name, flow in blueprint.flows.items():
        first, _ = blueprint.start.latency
        most: dict[str, float] = dict(blueprint.start.p95.get(name, {}).items())
        if name == first:
            most["latency_ms"] = answers.latency_p95_ms
        yield from _flow(name, flow, most)
    region = answers.region
    yield _line(
        f"residency: {{require: {region or 'eu'}}}",
        "all data is kept in us, eu or apac",
        depth=1,
        optional=region is None,
    )
    for text, comment in MORE_CONSTRAINTS:
        yield _line(text, comment, depth=1, optional=True)
    yield ""


def _flow(name: str, flow: Flow, most: Mapping[str, float]) -> Iterator[str]:
    """Yield a flow's bounds. Only what is in ``most`` is bounded from the start; other lines are commented out."""
    depth, inner = (3, "") if most else (2, "  ")  # behind a comment sign the step to the right stands after it
    yield _line(f"{name}:", flow.title, depth=2, optional=not most)
    for measure, what in flow.measures.items():
        limit = number(most[measure]) if measure in most else LIMITS[measure]
        yield _line(
            f"{inner}{measure}: {{p95: {limit}}}",
            f"{what.title}: 95 % take at most so many {measure.rpartition('_')[2]}",
            depth=depth,
            optional=measure not in most,
        )
    works = "share of time in which this flow works"
    yield _line(f"{inner}availability: {{min: 0.98}}", works, depth=depth, optional=True)


def _rest() -> Iterator[str]:
    yield _line("objective: {minimize: cost_usd_per_month}", "or maximize: quality, weights, lexicographic: [...]")
    for text, comment in MORE_SECTIONS:
        yield _line(text, comment, optional=True)

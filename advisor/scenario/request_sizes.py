"""The sizes that requests to a language model come in: a histogram of tokens in and out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from advisor.catalog.blueprint import Blueprint
from advisor.errors import Problem
from advisor.scenario.model import Quantity, RequestSize, ScenarioFile
from advisor.yamlfile import Document

INPUT, OUTPUT = "input_tokens", "output_tokens"
WHOLE = 1e-6  # how far the shares may be from adding up to 1
AGREES = 0.01  # a mean that is stated as well may differ by this much, relative


def implied(sizes: Sequence[RequestSize]) -> dict[str, Quantity]:
    """Return the workload parameters that a histogram stands for: mean tokens in, mean and spread of tokens out.

    >>> found = implied([RequestSize(input_tokens=100, output_tokens=10, share=0.5),
    ...                  RequestSize(input_tokens=300, output_tokens=30, share=0.5)])
    >>> {name: (one.mean, one.cv) for name, one in found.items()}
    {'input_tokens': (200.0, 0.0), 'output_tokens': (20.0, 0.5)}
    """
    if not sizes:
        return {}
    mean_in = math.fsum(one.share * one.input_tokens for one in sizes)
    mean_out = math.fsum(one.share * one.output_tokens for one in sizes)
    variance = math.fsum(one.share * (one.output_tokens - mean_out) ** 2 for one in sizes)
    return {INPUT: Quantity(mean=mean_in), OUTPUT: Quantity(mean=mean_out, cv=min(math.sqrt(variance) / mean_out, 5.0))}


def workload(raw: ScenarioFile) -> dict[str, Quantity]:
    """Return the workload of a scenario with what its histogram stands for, which wins over what is stated as well."""
    return {**raw.workload, **implied(raw.request_sizes)}


def size_problems(document: Document, raw: ScenarioFile, blueprint: Blueprint) -> Iterator[Problem]:
    """Yield what is wrong with a histogram: shares that do not add up, sizes twice, means that contradict it."""
    sizes, place = raw.request_sizes, ("request_sizes",)
    if not sizes or len(sizes) < len(document.data["request_sizes"]):  # what is wrong in form was left out
        return
    missing = [name for name in (INPUT, OUTPUT) if name not in blueprint.parameters]
    if missing:
        message = f"{blueprint.id} has no {' and no '.join(missing)}, so its requests have no sizes"
        yield document.problem(place, message)
        return
    whole = math.fsum(one.share for one in sizes)
    if abs(whole - 1) > WHOLE:
        yield document.problem(place, f"the shares add up to {whole:.6g}; they must add up to 1")
        return
    for pair, count in Counter((one.input_tokens, one.output_tokens) for one in sizes).items():
        if count > 1:
            message = f"{pair[0]:g} tokens in and {pair[1]:g} out come {count} times; add up their shares"
            yield document.problem(place, message)
    for name, found in implied(sizes).items():
        stated = raw.workload.get(name)
        if stated is not None and abs(stated.mean - found.mean) > AGREES * found.mean:
            message = f"found {stated.mean:g}, but request_sizes has a mean of {found.mean:.6g}; leave one of them out"
            yield document.problem(("workload", name), message)

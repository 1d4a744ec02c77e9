"""A latency path as plain data: stages and how they are composed, read into distributions.

A leaf states figures of one stage; every other node composes nodes:

    {name: rerank, p50_ms: 40, p95_ms: 90}        also p90_ms, p99_ms, p999_ms, mean_ms, cv
    {constant_ms: 5}, {uniform_ms: 100}, {exponential_mean_ms: 20}
    {points: [{load: 10, p50_ms: 80, p99_ms: 200}, ...], load: 25}
    {generation: {ttft_ms: {p50: 300, p95: 600}, tpot_ms: 20, output_tokens: {mean: 300, cv: 0.8}}}
    {series: [...]}                               one after the other
    {parallel: [...]}                             all at once, the slowest counts
    {fan_out: {n: 100, of: ...}}                  n alike at once, the slowest counts
    {k_of_n: {k: 2, of: [...]}}                   all at once, until k have answered
    {mixture: [{share: 0.3, of: ...}, ...]}       one of them
    {repeat: {times: 3, of: ...}}                 several in a row; counts: {0: 0.4, 1: 0.6} for a random number
    {retry: {timeout_ms: 500, attempts: 3, of: ...}}          backoff_ms: 50
    {hedge: {after_ms: 100, of: ...}}             a second copy when there is no answer by then
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from advisor.calculator.given import Given, collected
from advisor.calculator.latency_stages import FIGURES, STAGES, Load, Node, name_of, stage
from advisor.calculator.trees import NOTHING_MORE, Readers, count, read, real, unknown
from advisor.calculator.values import argument, built
from advisor.models import latency, retries
from advisor.models.latency import Distribution

DEEPEST = 12
MOST_TIMES = 1000
MOST_ATTEMPTS = 100


def distribution(given: Given) -> Distribution:
    """Return the distribution of a tree of stages.

    >>> distribution(Given.of("stage", {"series": [{"constant_ms": 5}, {"constant_ms": "1s"}]})).mean()
    1005.0

    Raises:
        InputError: everything that is wrong with the tree.
    """
    return node(given).distribution


def node(given: Given, depth: int = 0) -> Node:
    """Return the tree of stages that plain data describes, or raise everything that is wrong with it."""
    if not isinstance(given.data, dict):
        known = ", ".join((*STAGES, *COMPOSITIONS, *FIGURES))
        raise given.refuse(f"found {given.shown()}; must be a mapping with one of {known}")
    if depth > DEEPEST:
        raise given.refuse(f"is nested more than {DEEPEST} levels deep")
    kinds = [key for key in given.data if key in STAGES or key in COMPOSITIONS]
    if len(kinds) > 1:
        raise given.refuse(f"is {' and '.join(kinds)} at once; nest one in the other")
    if not kinds:
        return stage(given, (*STAGES, *COMPOSITIONS))
    if kinds[0] in STAGES:
        return STAGES[kinds[0]](given)
    steps = [partial(COMPOSITIONS[kinds[0]], given, depth)]
    return collected(steps, unknown(given, ("name", kinds[0])))[0]


def _nodes(given: Given, depth: int) -> tuple[Node, ...]:
    if not isinstance(given.data, list) or not given.data:
        raise given.refuse(f"found {given.shown()}; must be a list of at least one stage")
    return tuple(collected([partial(node, part, depth + 1) for part in given.items()]))


def _times(parts: tuple[Node, ...]) -> list[Distribution]:
    return [part.distribution for part in parts]


def _series(given: Given, depth: int) -> Node:
    parts = _nodes(given.fields()["series"], depth)
    return Node(name_of(given, "series"), "series", built(given, lambda: latency.series(*_times(parts))), parts)


def _parallel(given: Given, depth: int) -> Node:
    parts = _nodes(given.fields()["parallel"], depth)
    return Node(name_of(given, "parallel"), "parallel", built(given, lambda: latency.parallel(*_times(parts))), parts)


def _fan_out(given: Given, depth: int) -> Node:
    n, part = _read(given, "fan_out", {"n": count(MOST_TIMES), "of": _inner(depth)}).values()
    made = built(given, partial(latency.fan_out, part.distribution, n))
    return Node(name_of(given, f"slowest of {n} {part.name}"), "fan_out", made, (part,))


def _read(given: Given, key: str, needed: Readers, also: Readers = NOTHING_MORE) -> dict[str, Any]:
    """Return what stands in the mapping behind a composition's key."""
    return read(given.fields()[key], needed, also)


def _inner(depth: int) -> Callable[[Given], Node]:
    return partial(node, depth=depth + 1)


def _k_of_n(given: Given, depth: int) -> Node:
    k, parts = _read(given, "k_of_n", {"k": count(MOST_TIMES), "of": partial(_nodes, depth=depth)}).values()
    made = built(given, partial(latency.k_of_n, k, _times(parts)))
    return Node(name_of(given, f"{k} of {len(parts)}"), "k_of_n", made, parts)


def _mixture(given: Given, depth: int) -> Node:
    inner = given.fields()["mixture"]
    if not isinstance(inner.data, list) or not inner.data:
        raise inner.refuse(f"found {inner.shown()}; must be a list of {{share: ..., of: ...}}")
    branches = collected([partial(read, part, {"share": real("share"), "of": _inner(depth)}) for part in inner.items()])
    parts = tuple(branch["of"] for branch in branches)
    made = built(inner, partial(latency.mixture, [branch["share"] for branch in branches], _times(parts)))
    return Node(name_of(given, "mixture"), "mixture", made, parts)


def _repeat(given: Given, depth: int) -> Node:
    found = _read(given, "repeat", {"of": _inner(depth)}, {"times": count(MOST_TIMES), "counts": _counts})
    part: Node = found["of"]
    if ("times" in found) == ("counts" in found):
        raise given.fields()["repeat"].refuse("needs times (a number of runs) or counts (number: probability)")
    if "counts" in found:
        made = built(given, partial(latency.repeat_random, part.distribution, found["counts"]))
        return Node(name_of(given, f"some x {part.name}"), "repeat_random", made, (part,))
    made = built(given, partial(latency.repeat, part.distribution, found["times"]))
    return Node(name_of(given, f"{found['times']} x {part.name}"), "repeat", made, (part,), times=found["times"])


def _counts(given: Given) -> dict[int, float]:
    counts: dict[int, float] = argument(given, Mapping[int, float], "counts")
    if any(not 0 <= number <= MOST_TIMES for number in counts):
        raise given.refuse(f"found {given.shown()}; a number of runs must lie in 0..{MOST_TIMES}")
    return counts


def _retry(given: Given, depth: int) -> Node:
    needed = {"timeout_ms": real("timeout_ms"), "attempts": count(MOST_ATTEMPTS), "of": _inner(depth)}
    also = {"backoff_ms": real("backoff_ms")}
    timeout_ms, attempts, part, *backoff_ms = _read(given, "retry", needed, also).values()
    found = built(given, lambda: retries.retry(part.distribution, timeout_ms, attempts, *backoff_ms))
    load = Load(found.extra_load, 1 - found.success_probability)
    return Node(name_of(given, f"retry of {part.name}"), "retry", found.overall, (part,), load=load)


def _hedge(given: Given, depth: int) -> Node:
    after_ms, part = _read(given, "hedge", {"after_ms": real("after_ms"), "of": _inner(depth)}).values()
    found = built(given, partial(retries.hedge, part.distribution, after_ms))
    return Node(name_of(given, f"hedge of {part.name}"), "hedge", found.time, (part,), load=Load(found.extra_load))


COMPOSITIONS: Mapping[str, Callable[[Given, int], Node]] = MappingProxyType(
    {
        "series": _series,
        "parallel": _parallel,
        "fan_out": _fan_out,
        "k_of_n": _k_of_n,
        "mixture": _mixture,
        "repeat": _repeat,
        "retry": _retry,
        "hedge": _hedge,
    }
)

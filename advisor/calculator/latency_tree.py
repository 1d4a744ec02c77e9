"""A latency path as plain data: stages and how they are composed, read into distributions.

A leaf states figures of one stage; every other node composes nodes:

    {name: rerank, p50_ms: 40, p95_ms: 90}        also p90_ms, p99_ms, mean_ms, cv
    {constant_ms: 5}, {uniform_ms: 100}, {exponential_mean_ms: 20}
    {series: [...]}                               one after the other
    {parallel: [...]}                             all at once, the slowest counts
    {k_of_n: {k: 2, of: [...]}}                   all at once, until k have answered
    {mixture: [{share: 0.3, of: ...}, ...]}       one of them
    {repeat: {times: 3, of: ...}}                 several times in a row
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from advisor.calculator.given import Given, collected
from advisor.calculator.trees import inside, unknown, whole
from advisor.calculator.values import argument, built
from advisor.models import latency
from advisor.models.latency import Distribution

DEEPEST = 12
MOST_TIMES = 1000
ASSUMED_CV = 0.3

MISFIT = 0.01
LEVELS = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99}
FIGURES = ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "mean_ms", "cv")
"""What a leaf can state of a stage, percentiles first and rising."""


@dataclass(frozen=True)
class Node:
    """A stage, or a composition of stages.

    Attributes:
        name: as given, or what kind of composition it is.
        kind: ``stage`` or the composition's key.
        distribution: of its time in ms, its parts independent of each other.
        parts: what it is composed of.
        times: how often its only part runs in a row; 1 but for ``repeat``.
        assumptions: what was filled in.
    """

    name: str
    kind: str
    distribution: Distribution
    parts: tuple[Node, ...] = ()
    times: int = 1
    assumptions: tuple[str, ...] = ()


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
        raise given.refuse(f"found {given.shown()}; must be a mapping with one of {_known()}")
    if depth > DEEPEST:
        raise given.refuse(f"is nested more than {DEEPEST} levels deep")
    kinds = [key for key in given.data if key in KINDS]
    if len(kinds) > 1:
        raise given.refuse(f"is {' and '.join(kinds)} at once; nest one in the other")
    if not kinds:
        return _stage(given)
    allowed = ("name", kinds[0], *(("load",) if kinds[0] == "points" else ()))
    problems = unknown(given, allowed)
    found = collected([partial(KINDS[kinds[0]], given, depth)], problems)
    return found[0]


def _known() -> str:
    return ", ".join([*KINDS, *FIGURES])


def _name(given: Given, otherwise: str) -> str:
    fields = given.fields()
    return argument(fields["name"], str, "name") if "name" in fields else otherwise


def _stage(given: Given) -> Node:
    """Return a leaf: a lognormal through the figures that are given."""
    fields = given.fields()
    keys = [key for key in FIGURES if key in fields]
    problems = unknown(given, ("name", *FIGURES) if keys else ("name", *KINDS, *FIGURES), tuple(KINDS))
    if not any(key != "cv" for key in keys) and not problems:
        problems = [given.problem(f"states no time; give at least one of {_known()}")]
    values = dict(zip(keys, collected([partial(_number, fields[key], key) for key in keys], problems), strict=True))
    name = _name(given, "stage")
    figures = {key.removesuffix("_ms"): value for key, value in values.items()}
    fitted = built(given, partial(latency.Lognormal.fit, **figures, default_cv=ASSUMED_CV))
    return Node(name, "stage", fitted, assumptions=tuple(_assumed(name, values, fitted)))


def _number(given: Given, name: str) -> float:
    value: float = argument(given, float, name)
    return value


def _assumed(name: str, values: Mapping[str, float], fitted: Distribution) -> Iterator[str]:
    """Yield what a fit fills in, and where it misses what was stated by more than a hundredth."""
    if len(values) == 1:
        yield f"{name}: only {next(iter(values))} is stated; a cv of {ASSUMED_CV} is assumed"
    for key, stated in values.items():
        if key in LEVELS and abs(found := fitted.quantile(LEVELS[key]) / stated - 1) > MISFIT:
            yield f"{name}: the fitted lognormal is {100 * found:+.1f} % off the stated {key}"


def _alone(given: Given, key: str, make: Callable[[float], Distribution]) -> Node:
    """Return a leaf that one number describes."""
    value = _number(given.fields()[key], key)
    return Node(_name(given, key.removesuffix("_ms")), "stage", built(given.fields()[key], partial(make, value)))


def _nodes(given: Given, depth: int) -> tuple[Node, ...]:
    if not isinstance(given.data, list) or not given.data:
        raise given.refuse(f"found {given.shown()}; must be a list of at least one stage")
    return tuple(collected([partial(node, part, depth + 1) for part in given.items()]))


def _many(given: Given, depth: int, key: str, make: Callable[..., Distribution]) -> Node:
    """Return a composition of any number of equal parts."""
    parts = _nodes(given.fields()[key], depth)
    return Node(_name(given, key), key, built(given, partial(make, *(part.distribution for part in parts))), parts)


def _mixture(given: Given, depth: int) -> Node:
    inner = given.fields()["mixture"]
    if not isinstance(inner.data, list) or not inner.data:
        raise inner.refuse(f"found {inner.shown()}; must be a list of {{share: ..., of: ...}}")
    steps = [partial(_share, part, depth) for part in inner.items()]
    shares, parts = zip(*collected(steps), strict=True)
    made = built(inner, partial(latency.mixture, shares, [part.distribution for part in parts]))
    return Node(_name(given, "mixture"), "mixture", made, parts)


def _share(given: Given, depth: int) -> tuple[float, Node]:
    fields = inside(given, "", {"share": True, "of": True})
    steps: list[Callable[[], Any]] = [
        partial(_number, fields["share"], "share"),
        partial(node, fields["of"], depth + 1),
    ]
    share, part = collected(steps)
    return share, part


def _repeat(given: Given, depth: int) -> Node:
    fields = inside(given, "repeat", {"times": True, "of": True})
    steps: list[Callable[[], Any]] = [
        partial(whole, fields["times"], "times", MOST_TIMES),
        partial(node, fields["of"], depth + 1),
    ]
    times, part = collected(steps)
    made = built(given, partial(latency.repeat, part.distribution, times))
    return Node(_name(given, f"{times} x {part.name}"), "repeat", made, (part,), times)


KINDS: Mapping[str, Callable[[Given, int], Node]] = MappingProxyType(
    {
        "constant_ms": lambda given, depth: _alone(given, "constant_ms", latency.Constant),
        "uniform_ms": lambda given, depth: _alone(given, "uniform_ms", latency.Uniform),
        "exponential_mean_ms": lambda given, depth: _alone(given, "exponential_mean_ms", _exponential),
        "series": lambda given, depth: _many(given, depth, "series", latency.series),
        "parallel": lambda given, depth: _many(given, depth, "parallel", latency.parallel),
        "mixture": _mixture,
        "repeat": _repeat,
    }
)


def _exponential(mean: float) -> Distribution:
    return latency.Wait(1.0, 1 / mean)

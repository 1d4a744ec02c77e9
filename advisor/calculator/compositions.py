"""Whole systems from plain data: a latency path and an availability structure, as a YAML file describes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.calculator.given import Given
from advisor.calculator.latency_tree import Node, node
from advisor.models.latency import Distribution

LEVELS = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


@dataclass(frozen=True)
class Percentile:
    """A percentile of a path, by how the stages depend on each other.

    Attributes:
        percentile: ``p50`` to ``p99.9``.
        independent_ms: every stage on its own; exact but for the lattice.
        slow_together_ms: the percentiles of stages in series added, the largest of parallel ones: no bound.
    """

    percentile: str
    independent_ms: float
    slow_together_ms: float


@dataclass(frozen=True)
class StageTime:
    """A stage or composition of a path.

    Attributes:
        place: its number in the outline of the tree.
        stage: its name.
        kind: ``stage``, or how its parts are composed.
        mean_ms: its mean.
        p95_ms: its 95th percentile.
        share_of_mean: of the mean of the whole path, where means add; else None.
    """

    place: str
    stage: str
    kind: str
    mean_ms: float
    p95_ms: float
    share_of_mean: float | None


@dataclass(frozen=True)
class PathLatency:
    """The time that a path of stages takes.

    Attributes:
        mean_ms: the mean, which no dependence between stages in series changes.
        percentiles: each under independence, and if stages are slow together.
        stages: every stage and composition of the tree.
        assumptions: what was filled in, and how well the fits meet what was stated.
    """

    mean_ms: float
    percentiles: tuple[Percentile, ...]
    stages: tuple[StageTime, ...]
    assumptions: tuple[str, ...]


def latency_path(tree: Given | Mapping[str, Any]) -> PathLatency:
    """Return the time that stages take which are composed in series, in parallel, by chance or repeatedly.

        series: X + Y;  parallel: max(X, Y);  mixture: X or Y by their shares;  repeat: X + ... + X

    Stages are independent of each other; beside that stands what comes out if they are slow together. A stage that
    states figures is a lognormal through them.

    Args:
        tree: the stages and how they are composed; the forms are in docs/calculator.md.

    Raises:
        ValueError: everything that is wrong with the tree, each with its place, as InputError.

    Source: the functions of advisor.models.latency that each composition is made with.

    >>> path = latency_path({"series": [{"name": "api", "constant_ms": 10}, {"name": "db", "exponential_mean_ms": 20}]})
    >>> path.mean_ms, [stage.share_of_mean for stage in path.stages[1:]]
    (30.0, [0.3333333333333333, 0.6666666666666666])
    """
    root = node(tree if isinstance(tree, Given) else Given.of("tree", tree))
    whole = root.distribution
    mean = whole.mean()
    together = [_slow_together(root, p) for p in LEVELS.values()]
    rows = zip(LEVELS, whole.quantiles(list(LEVELS.values())), together, strict=True)
    return PathLatency(
        mean_ms=mean,
        percentiles=tuple(Percentile(*row) for row in rows),
        stages=tuple(_stages(root, "1", mean, adds=True)),
        assumptions=tuple(_assumptions(root)),
    )


def _slow_together(one: Node, p: float) -> float:
    """Return the p-quantile of a tree whose stages in series and in parallel reach their p-quantiles together."""
    if one.kind == "series":
        return math.fsum(_slow_together(part, p) for part in one.parts)
    if one.kind == "parallel":
        return max(_slow_together(part, p) for part in one.parts)
    if one.kind == "repeat":
        return one.times * _slow_together(one.parts[0], p)
    return one.distribution.quantile(p)


def _stages(one: Node, place: str, whole: float, adds: bool) -> Iterator[StageTime]:
    """Yield a row for every node; means add from the root down as long as everything is in series."""
    made: Distribution = one.distribution
    mean = made.mean()
    share = mean / whole if adds and whole > 0 else None
    yield StageTime(place, one.name, one.kind, mean, made.quantile(0.95), share)
    for number, part in enumerate(one.parts, 1):
        yield from _stages(part, f"{place}.{number}", whole, adds and one.kind == "series")


def _assumptions(one: Node) -> Iterator[str]:
    yield from one.assumptions
    for part in one.parts:
        yield from _assumptions(part)

"""Whole systems from plain data: a latency path and an availability structure, as a YAML file describes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.calculator import availability_tree
from advisor.calculator.given import Given
from advisor.calculator.latency_stages import Node
from advisor.calculator.latency_tree import node
from advisor.calculator.values import built
from advisor.models.downtime import Period
from advisor.models.latency import Distribution
from advisor.models.reliability_report import Analysis, analyse
from advisor.models.tail_bounds import highest_max_quantile, highest_sum_quantile, together_quantile

MOST_APART = 20  # runs in a row that are taken as so many stages which may depend on each other
MOST_BOUNDED = 40  # stages for which the worst case is computed: its search takes seconds beyond
LEVELS = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


@dataclass(frozen=True)
class Percentile:
    """A percentile of a path, by how the stages of its outermost series (or parallel) depend on each other.

    Attributes:
        percentile: ``p50`` to ``p99.9``.
        independent_ms: every stage on its own; exact but for the lattice.
        slow_together_ms: the percentiles of the stages added (in parallel: the largest); a warning sign, no bound.
        worst_case_ms: no dependence makes it larger; None where there are too many stages to compute it.
    """

    percentile: str
    independent_ms: float
    slow_together_ms: float
    worst_case_ms: float | None


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
class ExtraLoad:
    """What a retry or a hedge costs.

    Attributes:
        place: its number in the outline of the tree.
        stage: its name.
        further_calls: calls per request beyond the first.
        unanswered: share of the requests that get no answer in the end; their time until giving up counts.
    """

    place: str
    stage: str
    further_calls: float
    unanswered: float


@dataclass(frozen=True)
class PathLatency:
    """The time that a path of stages takes.

    Attributes:
        mean_ms: the mean, which no dependence between stages in series changes.
        percentiles: if stages are independent, if they are slow together, and at worst, whatever their dependence.
        stages: every stage and composition of the tree.
        extra_load: what retries and hedges cost, per request that reaches them.
        assumptions: what was filled in, and how well the fits meet what was stated.
    """

    mean_ms: float
    percentiles: tuple[Percentile, ...]
    stages: tuple[StageTime, ...]
    extra_load: tuple[ExtraLoad, ...]
    assumptions: tuple[str, ...]


def latency_path(tree: Given | Mapping[str, Any]) -> PathLatency:
    """Return the time that stages take which are composed in series, in parallel, by chance or repeatedly.

        series: X + Y;  parallel: max(X, Y);  mixture: X or Y by their shares;  repeat: X + ... + X
        k_of_n: k-th smallest;  retry: again after a time-out;  hedge: min(X, delay + Y)

    Stages are independent of each other; beside that stands what comes out if those of the outermost series are slow
    together, and the worst case whatever their dependence. A stage that states figures is a lognormal through them.

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
    return PathLatency(
        mean_ms=mean,
        percentiles=tuple(_percentiles(root)),
        stages=tuple(_stages(root, "1", mean, adds=True)),
        extra_load=tuple(_extra_load(root, "1")),
        assumptions=(*_assumptions(root), *_unbounded(root)),
    )


def _percentiles(root: Node) -> Iterator[Percentile]:
    """Yield the percentiles, and what they are for stages that depend on each other."""
    independent = root.distribution.quantiles(list(LEVELS.values()))
    branches, stages = [part.distribution for part in root.parts], _in_series(root)
    for (name, p), alone in zip(LEVELS.items(), independent, strict=True):
        together: float = alone  # of a single stage
        worst: float | None = alone
        if root.kind == "parallel":
            together = max(branch.quantile(p) for branch in branches)
            worst = highest_max_quantile(branches, p) if len(branches) <= MOST_BOUNDED else None
        elif len(stages) > 1:
            together = together_quantile(stages, p)
            worst = highest_sum_quantile(stages, p) if len(stages) <= MOST_BOUNDED else None
        yield Percentile(name, alone, together, worst)


def _unbounded(root: Node) -> Iterator[str]:
    """Yield what is said instead of a worst case that is not computed."""
    stages = len(root.parts) if root.kind == "parallel" else len(_in_series(root))
    if stages > MOST_BOUNDED:
        yield f"the worst case is computed for at most {MOST_BOUNDED} stages; there are {stages}"


def _in_series(one: Node) -> list[Distribution]:
    """Return the stages whose times add up, series within series and repeated runs taken apart."""
    if one.kind == "series":
        return [stage for part in one.parts for stage in _in_series(part)]
    if one.kind == "repeat" and one.times <= MOST_APART:
        return _in_series(one.parts[0]) * one.times
    return [one.distribution]


def _stages(one: Node, place: str, whole: float, adds: bool) -> Iterator[StageTime]:
    """Yield a row for every node; means add from the root down as long as everything is in series."""
    made: Distribution = one.distribution
    mean = made.mean()
    share = mean / whole if adds and whole > 0 else None
    yield StageTime(place, one.name, one.kind, mean, made.quantile(0.95), share)
    for number, part in enumerate(one.parts, 1):
        yield from _stages(part, f"{place}.{number}", whole, adds and one.kind == "series")


def _extra_load(one: Node, place: str) -> Iterator[ExtraLoad]:
    if one.load:
        yield ExtraLoad(place, one.name, one.load.further_calls, one.load.unanswered)
    for number, part in enumerate(one.parts, 1):
        yield from _extra_load(part, f"{place}.{number}")


def _assumptions(one: Node) -> Iterator[str]:
    yield from one.assumptions
    for part in one.parts:
        yield from _assumptions(part)


@dataclass(frozen=True)
class PartRow:
    """A part of a system, and what it means for it.

    Attributes:
        part: its name.
        availability: its own.
        unavailability: its own, with all digits.
        places: in how many places its name stands; it counts once.
        share_of_downtime: of the system's downtime, what would go if the part never failed; shares overlap.
        saved_h_per_year: the same in hours.
    """

    part: str
    availability: float
    unavailability: float
    places: int
    share_of_downtime: float
    saved_h_per_year: float


@dataclass(frozen=True)
class SystemAvailability:
    """The availability of a structure of parts, and where its downtime comes from.

    Attributes:
        availability: fraction of time up.
        unavailability: 1 - availability, with all digits.
        nines: -log10 of the unavailability; None for what is never down.
        downtime_min_per_week: expected, of 168 h.
        downtime_min_per_month: expected, of 730 h.
        downtime_h_per_year: expected, of 8760 h.
        fully_up: fraction of time in which soft parts are up as well.
        degraded: fraction of time in which the system is up but a soft part is down.
        parts: every part, the one that causes most downtime first.
        single_points: parts whose failure alone takes the system down.
        pairs: two parts whose failure together does.
        derivation: the formula with the numbers in it.
        assumptions: what was filled in.
    """

    availability: float
    unavailability: float
    nines: float | None
    downtime_min_per_week: float
    downtime_min_per_month: float
    downtime_h_per_year: float
    fully_up: float
    degraded: float
    parts: tuple[PartRow, ...]
    single_points: tuple[str, ...]
    pairs: tuple[str, ...]
    derivation: tuple[str, ...]
    assumptions: tuple[str, ...]


def availability_structure(tree: Given | Mapping[str, Any]) -> SystemAvailability:
    """Return the availability of a structure of named parts, and which of them cause the downtime.

        all: A1 A2;  any: 1 - (1 - A1)(1 - A2);  k_of_n: at least k of them up;  fallback: A1 + (1 - A1) switch A2

    Parts of different names are independent; the same name is the same part and counts once, exactly.

    Args:
        tree: the parts and what is needed of them; the forms are in docs/calculator.md.

    Raises:
        ValueError: everything that is wrong with the tree, each with its place, as InputError.

    Source: the functions of advisor.models.reliability_report.

    >>> db = {"name": "db", "availability": 0.999}
    >>> found = availability_structure({"all": [db, {"any": [{"name": "api", "availability": 0.99}, "db"]}]})
    >>> found.availability, found.single_points                     # the database counts once
    (0.999, ('db',))
    """
    given = tree if isinstance(tree, Given) else Given.of("tree", tree)
    structure, reading = availability_tree.structure(given)
    found = built(given, lambda: analyse(structure))
    down = found.unavailability
    return SystemAvailability(
        availability=found.availability,
        unavailability=down,
        nines=-math.log10(down) if down else None,
        downtime_min_per_week=down * Period.WEEK * 60,
        downtime_min_per_month=down * Period.MONTH * 60,
        downtime_h_per_year=down * Period.YEAR,
        fully_up=found.fully_up,
        degraded=found.degraded,
        parts=tuple(_part_rows(found, reading)),
        single_points=found.single_points,
        pairs=tuple(" and ".join(pair) for pair in found.pairs),
        derivation=tuple(found.derivation.splitlines()),
        assumptions=tuple(reading.assumptions),
    )


def _part_rows(found: Analysis, reading: availability_tree.Reading) -> Iterator[PartRow]:
    for row in found.importance:
        down = reading.parts[row.name][0].down if row.name in reading.parts else 1 - row.availability
        yield PartRow(row.name, row.availability, down, row.places, row.share_of_downtime, row.gain_h_per_year)

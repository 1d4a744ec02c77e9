"""What an evaluation says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from advisor.candidates.candidate import Candidate
from advisor.models.latency import Distribution
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import (
    CARDS,
    CLOUDS,
    COST,
    OPERATIONS,
    QUALITY,
    SELF_OPERATED,
    UNSERVED,
    VENDORS,
    Requirement,
)

LEVELS = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
MOST_QUANTILES = 20_000  # of stages, that are remembered
Design = Mapping[str, Candidate]


@dataclass(frozen=True)
class Stage:
    """One step's part in a measure.

    Attributes:
        role, operation: what is asked; role "" for a wait.
        share: share of the flow's requests that take this step.
        mean, p95: of this step alone when taken, in the measure's unit.
    """

    role: str
    operation: str
    share: float
    mean: float
    p95: float


@dataclass(frozen=True)
class Part:
    """What a :class:`Stage` is read off: a step, the share of the requests that take it, and its time (ms)."""

    role: str
    operation: str
    share: float
    time: Distribution


class Percentiles(Mapping[str, float]):
    """Name -> percentile of a time, all of them worked out when the first one is asked for.

    Args:
        time: in ms. levels: name -> level, all that are worked out together. unit_ms: how long the unit is.

    >>> from advisor.models.latency import Constant
    >>> Percentiles(Constant(1500.0), {"p50": 0.5, "p95": 0.95}, 1000.0) == {"p50": 1.5, "p95": 1.5}
    True
    """

    def __init__(self, time: Distribution, levels: Mapping[str, float], unit_ms: float) -> None:
        self._time, self._levels, self._unit_ms = time, levels, unit_ms

    @cached_property
    def _values(self) -> dict[str, float]:
        found = self._time.quantiles(list(self._levels.values()))
        return {name: value / self._unit_ms for name, value in zip(self._levels, found, strict=True)}

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._levels)

    def __len__(self) -> int:
        return len(self._levels)

    def __repr__(self) -> str:
        return repr(self._values)

    def __reduce__(self) -> tuple[type[dict[str, float]], tuple[dict[str, float]]]:
        return dict, (self._values,)


@dataclass(frozen=True)
class MeasureResult:
    """A time of a flow, in the unit of its name (``ttft_ms``, ``latency_ms``, ``freshness_s``).

    What its stages do on their own is read off their times when it is first asked for: of a thousand designs that are
    judged, one is shown.

    Attributes:
        percentiles: name -> value under independence, at least p50, p90, p95, p99, p99.9.
        levels: name -> the level of each percentile. parts: the steps that take time; none of either in brief.
        unit_ms: how long the unit is.
    """

    mean: float
    percentiles: Mapping[str, float]
    levels: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    unit_ms: float = 1.0

    @cached_property
    def together(self) -> Mapping[str, float]:
        """Name -> sum of the stages' percentiles, "if all stages are slow together"."""
        return {
            name: math.fsum(_quantile(part.time, p) for part in self.parts) / self.unit_ms
            for name, p in self.levels.items()
        }

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """What each step does on its own."""
        return tuple(
            Stage(part.role, part.operation, part.share, part.time.mean() / self.unit_ms, p95 / self.unit_ms)
            for part in self.parts
            for p95 in [_quantile(part.time, 0.95)]
        )


_QUANTILES: dict[tuple[Distribution, float], float] = {}


def _quantile(time: Distribution, p: float) -> float:
    """Return a stage's quantile, remembered: the same candidates come up in design after design."""
    if (time, p) not in _QUANTILES:
        if len(_QUANTILES) > MOST_QUANTILES:
            _QUANTILES.clear()
        _QUANTILES[time, p] = time.quantile(p)
    return _QUANTILES[time, p]


@dataclass(frozen=True)
class FlowResult:
    """What one flow does. ``needs``: the distinct roles whose failure fails the flow."""

    measures: Mapping[str, MeasureResult]
    availability: float
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A requirement, the value it met and whether it holds.

    ``value`` is None where the requirement is not about a number. ``slack`` is relative to the bound; for availability
    it is the share of the error budget that is left.
    """

    requirement: Requirement
    value: float | None
    holds: bool
    slack: float | None
    detail: str = ""


@dataclass(frozen=True)
class Evaluation:
    """Everything that is known of a design under a scenario.

    Attributes:
        design: role -> candidate, for every role of the blueprint.
        migration_h: hours that it takes to leave today's design; ``migration_usd_per_month`` pays them off.
        quality: index in (0, 1], for ranking within this catalog only.
        vendors: who bills for something in it. self_operated: ids of the components that we run ourselves.
        consistent: problems that make the design impossible as stated (overload, a cache it counts on is missing).
    """

    scenario: Scenario
    design: Design
    bill_usd_per_month: float
    operations_usd_per_month: float
    operations_h_per_month: float
    migration_usd_per_month: float
    migration_h: float
    quality: float
    clouds: tuple[str, ...]
    vendors: tuple[str, ...]
    self_operated: tuple[str, ...]
    flows: Mapping[str, FlowResult]
    checks: tuple[Check, ...]
    consistent: tuple[str, ...]
    assumptions: tuple[Assumption, ...]

    @property
    def cost_usd_per_month(self) -> float:
        """Bill, operations, and what leaving today's design costs, spread over its horizon."""
        return self.bill_usd_per_month + self.operations_usd_per_month + self.migration_usd_per_month

    @property
    def migration_usd(self) -> float:
        """What leaving today's design costs once."""
        return self.migration_h * self.scenario.usd_per_hour

    @property
    def distinct(self) -> Mapping[str, tuple[str, ...]]:
        """What is counted, by the metric that counts it."""
        return {CLOUDS: self.clouds, VENDORS: self.vendors, SELF_OPERATED: self.self_operated}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many different clouds, vendors and systems of our own there are."""
        return {name: len(found) for name, found in self.distinct.items()}

    @property
    def cards(self) -> Mapping[str, int]:
        """Type of accelerator -> how many the design has."""
        total = sum((Counter(c.cards) for c in self.design.values()), Counter[str]())
        return dict(sorted(total.items()))

    @property
    def feasible(self) -> bool:
        """Whether every requirement holds and the design is possible as stated."""
        return not self.consistent and all(check.holds for check in self.checks)

    def metric(self, name: str) -> float:
        """Return a metric by its path, ``flows.answer.ttft_ms.p95``. Raises ``KeyError`` when there is none."""
        simple = {
            COST: self.cost_usd_per_month,
            OPERATIONS: self.operations_h_per_month,
            QUALITY: self.quality,
            **{name: float(len(found)) for name, found in self.distinct.items()},
        }
        if name in simple:
            return simple[name]
        if name.startswith(UNSERVED):
            level = int(name.removeprefix(UNSERVED))
            return sum(c.unserved.get(level, 0.0) for c in self.design.values())
        if name.startswith(CARDS):
            return float(self.cards.get(name.removeprefix(CARDS), 0))
        _, flow, what, *rest = name.split(".", 3)
        if what == "availability":
            return self.flows[flow].availability
        measure = self.flows[flow].measures[what]
        return measure.mean if rest == ["mean"] else measure.percentiles[rest[0]]

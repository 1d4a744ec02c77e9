"""Times of an option under a demand: what its figures state, the queue at peak, and what the workload adds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from advisor import expression
from advisor.candidates.candidate import Load
from advisor.candidates.ground import Ground
from advisor.candidates.kit import Kit, remembered
from advisor.catalog.model import Latency, Option
from advisor.catalog.role import Operation
from advisor.models.latency import (
    Constant,
    Distribution,
    Lognormal,
    Percentiles,
    Wait,
    affine,
    from_percentiles,
    series,
)
from advisor.models.queueing import mgc_wait
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

NEGLIGIBLE = 1e-9  # a probability of waiting that no percentile up to p99.99 can show
MS_PER_H = 3_600_000.0

Pair = tuple[Distribution, Distribution]


@dataclass(frozen=True)
class Stages:
    """What one operation takes on an option, whatever its number of units.

    Attributes:
        served: as its figure states; ``queued``: whether the figure leaves out the queue, which comes after it.
        rest: processor time and items before the first that counts. items: those after it, None without any.
        notes: which spreads are assumed.
    """

    served: Distribution
    queued: bool
    rest: tuple[Distribution, ...]
    items: Distribution | None
    notes: tuple[Assumption, ...] = ()

    def behind(self, wait: Wait | None) -> Pair:
        """Return the times to the first item and until complete after a queueing delay."""
        first = series(self.served, *([] if wait is None else [wait]), *self.rest)
        return first, first if self.items is None else series(first, self.items)


class Added(NamedTuple):
    """What the workload adds to the time of an operation, whatever the option.

    Attributes:
        cpu_ms, cpu_cv: processor time of one run on a whole vCPU, None where it is in the figures.
        before, after: count and cv of the items before the first that counts, and after it; None without any.
    """

    cpu_ms: float | None
    cpu_cv: float
    before: tuple[float, float] | None
    after: tuple[float, float] | None


class Times:
    """The times (ms) of an option's operations; what does not depend on its number of units is worked out once.

    Equal times are the same objects: units without a queue to speak of share one mapping.
    """

    def __init__(self, kit: Kit, ground: Ground) -> None:
        self._kit, self._option, self._ground = kit, kit.option, ground
        every = ground.catalog.role(ground.demand.role).operations
        self._timed = [(name, one, one.latency) for name, one in every.items() if one.latency is not None]
        self._known: dict[Wait | None, Mapping[str, Pair]] = {}

    def at(self, units: int, loads: Mapping[str, Load], *, batch: bool) -> Mapping[str, Pair]:
        """Return operation -> times of so many units that are so full; batch answers come after the promised time.

        Raises:
            ValueError: the load leaves no steady state.
        """
        if batch and self._option.batch_within_h:
            answered = Constant(self._option.batch_within_h.value * MS_PER_H)
            return {name: (answered, answered) for name, _, _ in self._timed}
        wait = self._wait(units, loads) if any(one.queued for one in self._stages.values()) else None
        if wait not in self._known:
            every = self._stages.items()
            self._known[wait] = {name: one.behind(wait if one.queued else None) for name, one in every}
        return self._known[wait]

    def notes(self, *, batch: bool) -> list[Assumption]:
        """Return which spreads are assumed."""
        if batch and self._option.batch_within_h:
            return []
        return [note for one in self._stages.values() for note in one.notes]

    @cached_property
    def _stages(self) -> Mapping[str, Stages]:
        return {name: self._of(name, operation, key) for name, operation, key in self._timed}

    def _of(self, name: str, operation: Operation, key: str) -> Stages:
        ground = self._ground
        if name not in ground.added:
            ground.added[name] = _added(ground.scenario, ground.demand.role, name, operation)
        added = ground.added[name]
        return remembered(self._kit.stages, (name, added), lambda: _stages(self._option, operation, key, added))

    @cached_property
    def _rate(self) -> float:
        """Requests/s at peak."""
        dimensions = self._ground.catalog.records.dimensions
        return math.fsum(peak for name, peak in self._ground.demand.peak.items() if dimensions[name].requests)

    @cached_property
    def _rates(self) -> list[str]:
        """What is asked for by the second."""
        dimensions = self._ground.catalog.records.dimensions
        return [name for name in self._ground.demand.peak if dimensions[name].kind == "rate"]

    def _wait(self, units: int, loads: Mapping[str, Load]) -> Wait | None:
        """Return the queueing delay (ms) at peak at provisioned units, None where it is nothing to speak of.

        Each unit is a server whose offered load is its utilisation in the fullest rate dimension; arrivals are
        requests.
        """
        rate, busiest = self._rate, max((loads[name].utilisation for name in self._rates), default=0.0)
        if rate <= 0 or busiest <= 0:
            return None
        if busiest >= 1:
            raise ValueError(f"overloaded at peak: utilisation {busiest:.0%} leaves no steady state")
        in_seconds = mgc_wait(rate, busiest * units / rate, units)
        return Wait(in_seconds.p_wait, in_seconds.rate / 1000) if in_seconds.p_wait > NEGLIGIBLE else None


def fit(figure: Latency, default_cv: float) -> Lognormal | Percentiles:
    """Return the distribution (ms) fitted to what a latency figure states.

    A lognormal through one or two figures; through three percentiles that rise one that keeps each of them exactly.
    """
    stated = {0.5: figure.p50, 0.95: figure.p95, 0.99: figure.p99}
    known = {level: value for level, value in stated.items() if value is not None}
    if len(set(known.values())) == len(stated):
        return from_percentiles(known)
    return _lognormal(figure.p50, figure.p95, figure.p99, figure.mean, figure.cv, default_cv)


@lru_cache(maxsize=8192)
def _lognormal(
    p50: float | None, p95: float | None, p99: float | None, mean: float | None, cv: float | None, default_cv: float
) -> Lognormal:
    """Return the fitted distribution, remembered: every size of an option has the same figures."""
    return Lognormal.fit(p50=p50, p95=p95, p99=p99, mean=mean, cv=cv, default_cv=default_cv)


def item_parameter(scenario: Scenario, role: str, operation: str, *, before: bool = False) -> str | None:
    """Return the parameter that counts an operation's items: those before the first that counts, or those after."""
    step = scenario.asking.get((role, operation))
    return (step.items_before if before else step.items) if step else None


def processor_time(scenario: Scenario, role: str, operation: str, option: Option) -> Distribution | None:
    """Return the processor time (ms) of one run on an option, which gives a request a vCPU or a share of one."""
    return _processed(option, *_processor(scenario, role, operation))


def _processor(scenario: Scenario, role: str, operation: str) -> tuple[float | None, float]:
    """Return mean and cv of the processor time (ms) of one run on a whole vCPU; None where it is in the figures."""
    step = scenario.asking.get((role, operation))
    if step is None or step.cpu_ms is None:
        return None, 0.0
    return expression.parse(step.cpu_ms).evaluate(scenario.workload), step.cpu_cv or 0.0


def _processed(option: Option, cpu_ms: float | None, cpu_cv: float) -> Distribution | None:
    share = option.vcpu_share.value if option.vcpu_share else 1.0
    if cpu_ms is None or (mean := cpu_ms / share) <= 0:
        return None
    return Lognormal.from_mean_cv(mean, cpu_cv) if cpu_cv else Constant(mean)


def _added(scenario: Scenario, role: str, name: str, operation: Operation) -> Added:
    """Return what the workload adds to an operation of a role."""

    def counted(*, before: bool) -> tuple[float, float] | None:
        parameter = item_parameter(scenario, role, name, before=before) if operation.then_each else None
        if parameter is None or scenario.workload[parameter] <= 0:
            return None
        return scenario.workload[parameter], scenario.spread.get(parameter, 0.0)

    return Added(*_processor(scenario, role, name), counted(before=True), counted(before=False))


def _stages(option: Option, operation: Operation, key: str, added: Added) -> Stages:
    """Return what one operation takes on an option. Raises ``ValueError`` for figures that no distribution fits."""
    figure = option.latency[key]
    rest = (_processed(option, added.cpu_ms, added.cpu_cv), _items(option, operation, added.before))
    return Stages(
        fit(figure, operation.default_cv),
        option.unit is not None and not figure.loaded,
        tuple(one for one in rest if one is not None),
        _items(option, operation, added.after),
        tuple(_spread_notes(option, operation)),
    )


def _items(option: Option, operation: Operation, counted: tuple[float, float] | None) -> Distribution | None:
    """Return the time for items: random count times random time per item; None when there are none."""
    if operation.then_each is None or counted is None:
        return None
    each = fit(option.latency[operation.then_each], operation.default_cv_each)
    count, cv = counted
    if not isinstance(each, Lognormal):
        return affine(Constant(0.0), each, Lognormal.from_mean_cv(count, cv) if cv else count)
    return Lognormal.from_mean_cv(count, cv).times(each) if cv else each.scaled(count)


def _spread_notes(option: Option, operation: Operation) -> list[Assumption]:
    notes = []
    for key, cv in ((operation.latency, operation.default_cv), (operation.then_each, operation.default_cv_each)):
        figure = option.latency[key] if key else None
        if (
            figure is not None
            and figure.cv is None
            and sum(v is not None for v in (figure.p50, figure.p95, figure.p99, figure.mean)) == 1
        ):
            notes.append(
                Assumption(
                    f"spread of {key} of {option.id}",
                    f"cv {cv:g}",
                    "the source states a single number; lognormal with this coefficient of variation",
                    f"catalog: {option.id}",
                )
            )
    return notes

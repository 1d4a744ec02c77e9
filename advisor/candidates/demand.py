"""What the workload asks of each role, at average (for bills) and at peak (for capacity)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from advisor import expression
from advisor.catalog.blueprint import Flow, Step
from advisor.models.cost import SECONDS_PER_MONTH
from advisor.scenario.load import Scenario


@dataclass(frozen=True)
class Use:
    """What one step of a flow asks of a role in one dimension.

    Attributes:
        flow: id of the flow; operation: what is asked.
        dimension: a rate.
        average, peak: in the dimension's unit, per second.
        kb: payload sizes by name, KB.
        rate, work: the flow's monthly rate and the work of one execution, formulas with their numbers.
        share: of the flow's requests that take the step. factor: peak over average.
        part: of those, the share that comes here; other than 1 in a combination.
    """

    flow: str
    operation: str
    dimension: str
    average: float
    peak: float
    kb: Mapping[str, float]
    rate: str
    work: str
    share: float
    factor: float
    part: float = 1.0

    @property
    def derivation(self) -> str:
        """The peak as a formula with its numbers."""
        share = f" × {self.share:g} (past the cache)" if self.share != 1 else ""
        share += f" × {self.part:g} (of them here)" if self.part != 1 else ""
        work = f" × ({self.work})" if self.work != "1" else ""
        return f"{self.rate} / 2 628 000 s × {self.factor:g} (peak){share}{work}"

    @property
    def monthly(self) -> str:
        """The quantity of an average month as a formula with its numbers."""
        share = "".join(f" × {share:.10g}" for share in (self.share, self.part) if share != 1)
        return f"{self.rate}{share}" + (f" × ({self.work})" if self.work != "1" else "")


@dataclass(frozen=True)
class Demand:
    """What a role is asked for in all, by dimension."""

    role: str
    uses: tuple[Use, ...]
    stock: Mapping[str, float]
    stock_derivation: Mapping[str, str]

    def scaled(self, share: float) -> Demand:
        """Return the demand when a share of the requests comes here (above 1: some twice); what is stored stays.

        >>> Demand("llm", (Use("f", "do", "requests_per_s", 2.0, 6.0, {}, "", "1", 1.0, 3.0),), {}, {}).scaled(0.5).peak
        {'requests_per_s': 3.0}
        """
        if share == 1:
            return self
        uses = tuple(
            replace(use, average=share * use.average, peak=share * use.peak, part=share * use.part) for use in self.uses
        )
        return replace(self, uses=uses)

    @cached_property
    def average(self) -> dict[str, float]:
        """Average rates and stocks by dimension."""
        return self._total(peak=False)

    @cached_property
    def peak(self) -> dict[str, float]:
        """Peak rates and stocks by dimension; the peaks of different flows are taken to coincide."""
        return self._total(peak=True)

    def _total(self, *, peak: bool) -> dict[str, float]:
        total: dict[str, float] = defaultdict(float)
        for use in self.uses:
            total[use.dimension] += use.peak if peak else use.average
        return {**total, **self.stock}


def demands(scenario: Scenario, caches: frozenset[str]) -> dict[str, Demand]:
    """Return the demand on every role when exactly these cache roles are in use.

    A cache answers its hit share of the requests, so everything behind it is asked only for the rest.
    """
    uses: dict[str, list[Use]] = defaultdict(list)
    for flow_id, flow in scenario.blueprint.flows.items():
        for step, share in weighted_steps(flow, scenario, caches):
            if step.asks:
                uses[step.asks].extend(_uses(flow_id, flow, step, share, scenario))
    found = {}
    for role, use in scenario.blueprint.roles.items():
        stock = {name: expression.parse(text).evaluate(scenario.workload) for name, text in use.stock.items()}
        texts = {name: expression.parse(text).with_numbers(scenario.workload) for name, text in use.stock.items()}
        found[role] = Demand(role, tuple(uses[role]), stock, texts)
    return found


def weighted_steps(flow: Flow, scenario: Scenario, caches: frozenset[str]) -> Iterator[tuple[Step, float]]:
    """Yield each step that is taken, with the share of the flow's requests that take it."""
    for step in flow.path:
        if step.cache is None:
            yield step, 1.0
            continue
        used = step.cache in caches
        if used:
            yield step, 1.0
        share = 1 - hit_share(step, scenario) if used else 1.0
        for inner in step.on_miss:
            if inner.role != step.cache or used:
                yield inner, share


def hit_share(step: Step, scenario: Scenario) -> float:
    """Return the share of requests that a cache step answers."""
    assert step.hit_share
    return scenario.workload[step.hit_share]


def _uses(flow_id: str, flow: Flow, step: Step, share: float, scenario: Scenario) -> Iterator[Use]:
    values = scenario.workload
    rate = expression.parse(flow.rate_per_month)
    per_second = rate.evaluate(values) / SECONDS_PER_MONTH * share
    factor = expression.parse(flow.peak_to_average).evaluate(values)
    kb = {name: expression.parse(text).evaluate(values) for name, text in step.kb.items()}
    for dimension, text in step.work.items():
        work = expression.parse(text)
        each = work.evaluate(values)
        yield Use(
            flow_id,
            step.do or "",
            dimension,
            per_second * each,
            per_second * factor * each,
            kb,
            rate=rate.with_numbers(values),
            work=work.with_numbers(values) if text != "1" else "1",
            share=share,
            factor=factor,
        )

"""What a pool of unlike units is made of: classes of requests, unit types, and what a unit carries of each class.

A class is what one step of a flow asks of the model with requests of one size. A unit type is an option that runs on
accelerators of our own and was measured under load. What a unit carries of a class within its latency target follows
from :mod:`advisor.models.llm_classes`; how many units of which type are cheapest, from :mod:`advisor.models.unit_pool`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from advisor import expression
from advisor.candidates.build import cards
from advisor.candidates.demand import Demand
from advisor.candidates.times import fit
from advisor.catalog.blueprint import Step
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.catalog.role import Operation
from advisor.models import llm_memory
from advisor.models.latency import Distribution
from advisor.models.llm_classes import MeasuredServer, class_throughput_per_s, sequences, ttft_factor
from advisor.models.quantities import GB
from advisor.scenario.load import Scenario
from advisor.scenario.request_sizes import INPUT, OUTPUT

REQUESTS, PROMPT, ANSWER = "requests_per_s", "input_tokens_per_s", "output_tokens_per_s"
NO_TYPE = "no unit type can serve"
PUBLISHED_BITS = 16
BITS = {"fp8": 8, "int8": 8, "fp4": 4, "int4": 4}
USABLE = 0.9  # of a card's memory, as serving engines reserve it


@dataclass(frozen=True)
class SizeClass:
    """Calls of one size that one step of a flow makes.

    Attributes:
        workload: what the parameters of the workload are for this class.
        input_tokens, output_tokens: of one call. average_per_s, peak_per_s: calls.
        priority: 1 is served first where not all can be; None where the scenario says none.
    """

    flow: str
    operation: str
    workload: tuple[tuple[str, float], ...]
    input_tokens: float
    output_tokens: float
    average_per_s: float
    peak_per_s: float
    priority: int | None = None

    @property
    def name(self) -> str:
        """The class for people: ``2 000 tokens in, 300 out``."""
        return f"{_tokens(self.input_tokens)} tokens in, {_tokens(self.output_tokens)} out"


def _tokens(count: float) -> str:
    return f"{count:,.0f}".replace(",", " ") if count >= 10 else f"{count:.3g}"


def classes(demand: Demand, scenario: Scenario) -> list[SizeClass]:
    """Return the classes of requests that a role is asked for; without a histogram one for each step that asks it.

    None at all when a step asks for something else than calls with tokens in and out. Where the means of the workload
    are not those of the histogram (they were changed since), it is stretched to them.
    """
    found = []
    for flow, operation in dict.fromkeys((use.flow, use.operation) for use in demand.uses):
        rates = {use.dimension: use for use in demand.uses if (use.flow, use.operation) == (flow, operation)}
        steps = scenario.blueprint.flows[flow].steps()
        step = next(s for s in steps if s.asks == demand.role and (s.do or "") == operation)
        if set(step.work) != {REQUESTS, PROMPT, ANSWER}:
            return []
        calls = rates[REQUESTS]
        if calls.average <= 0:
            continue
        mean = _work(step, REQUESTS, scenario.workload)
        for values, share, priority in _sizes(scenario):
            each = _work(step, REQUESTS, {**scenario.workload, **values})
            prompt, answer = (_work(step, name, {**scenario.workload, **values}) / each for name in (PROMPT, ANSWER))
            rate = share * each / mean
            found.append(
                SizeClass(
                    flow,
                    operation,
                    tuple(values.items()),
                    prompt,
                    answer,
                    calls.average * rate,
                    calls.peak * rate,
                    priority,
                )
            )
    return found


def _work(step: Step, dimension: str, values: Mapping[str, float]) -> float:
    return expression.parse(step.work[dimension]).evaluate(values)


def _sizes(scenario: Scenario) -> Iterator[tuple[dict[str, float], float, int | None]]:
    """Yield (workload parameters, share of the requests, priority) of each size."""
    sizes = scenario.request_sizes
    if not sizes:
        yield {}, 1.0, None
        return
    stretch = {
        name: scenario.workload[name] / math.fsum(one.share * getattr(one, name) for one in sizes)
        for name in (INPUT, OUTPUT)
    }
    for one in sizes:
        values = {name: getattr(one, name) * stretch[name] for name in (INPUT, OUTPUT)}
        yield values, one.share, one.priority


@dataclass(frozen=True)
class Target:
    """What the median of a class may take at full load; None where nothing is asked."""

    ttft_ms: float | None = None
    tpot_ms: float | None = None


ANY_TIME = Target()


@dataclass(frozen=True)
class UnitType:
    """An option as a type of unit in a pool."""

    component: Component
    option: Option
    operation: Operation
    catalog: Catalog

    @cached_property
    def server(self) -> MeasuredServer:
        """The unit as it was measured, with the cache that fits beside the weights where the model's shape is known.

        What it held when it was measured fits, whatever a calculation with round figures says.
        """
        rate, prompt, answer = (self.option.capacity[name].value or 0.0 for name in (REQUESTS, PROMPT, ANSWER))
        first, each = self._times
        server = MeasuredServer(rate, prompt / rate, answer / rate, first.mean(), each.mean(), replicas=self.replicas)
        if self.component.serving is None or self._fitting_tokens is None:
            return server
        held = self.replicas * math.ceil(sequences(server) / self.replicas) * (prompt + answer) / rate
        context = float(self.component.serving.context_tokens)
        return replace(server, cached_tokens=max(self._fitting_tokens, held), context_tokens=context)

    @property
    def replicas(self) -> int:
        """Copies of the model in a unit."""
        return self.option.unit.replicas if self.option.unit else 1

    @property
    def cards(self) -> dict[str, int]:
        """The accelerators of a unit, by type."""
        return cards(self.option, 1, self.catalog)

    @property
    def _times(self) -> tuple[Distribution, Distribution]:
        latency = self.option.latency
        return (
            fit(latency[self.operation.latency or ""], self.operation.default_cv),
            fit(latency[self.operation.then_each or ""], self.operation.default_cv_each),
        )

    @property
    def _fitting_tokens(self) -> float | None:
        """Return the tokens of context that fit on a unit, all replicas together; None where the shape is not known."""
        serving, unit = self.component.serving, self.option.unit
        if serving is None or unit is None or unit.instance is None:
            return None
        instance = self.catalog.records.instances[unit.instance]
        bits = BITS.get(self.option.precision or "", PUBLISHED_BITS)
        found = llm_memory.fit(
            round(serving.weights_gb * GB * bits / PUBLISHED_BITS),
            serving.layers,
            serving.kv_heads,
            serving.head_size,
            accelerator_bytes=round((instance.card_gb or 0.0) * GB),
            accelerators=max(1, instance.gpus * unit.instances // unit.replicas),
            usable_fraction=USABLE,
        )
        return float(found.tokens * unit.replicas)

    def throughput_per_s(self, one: SizeClass, target: Target) -> tuple[float, str]:
        """Return the calls/s of a class that a unit carries within a latency target; 0 with the reason otherwise."""
        first, each = (time.quantile(0.5) for time in self._times)
        first *= ttft_factor(self.server, one.input_tokens)
        if target.ttft_ms is not None and first > target.ttft_ms:
            return 0.0, f"first token after {first:,.0f} ms, {target.ttft_ms:,.0f} ms allowed"
        if target.tpot_ms is not None and each > target.tpot_ms:
            return 0.0, f"{each:,.3g} ms a token, {target.tpot_ms:,.3g} ms allowed"
        carried = class_throughput_per_s(self.server, one.input_tokens, one.output_tokens)
        if carried > 0:
            return carried, ""
        length = _tokens(one.input_tokens + one.output_tokens)
        context = self.server.context_tokens
        if context is not None and one.input_tokens + one.output_tokens > context:
            return 0.0, f"{length} tokens are above its context of {_tokens(context)}"
        return 0.0, f"the cache of {length} tokens does not fit beside the weights"


def unit_type(component: Component, option: Option, operation: Operation, catalog: Catalog) -> UnitType | None:
    """Return an option as a unit type of a pool, None where it is none.

    It runs on accelerators that we rent, holds no data, is billed by the hour of its machines alone, and has figures of
    a stated load: throughput at which its times were measured.
    """
    unit, latency = option.unit, option.latency
    if unit is None or unit.instance is None or unit.stateful or option.availability.software is None or option.prices:
        return None
    if not catalog.records.instances[unit.instance].gpus:
        return None
    figures = [latency.get(name or "") for name in (operation.latency, operation.then_each)]
    if not all(figure is not None and figure.loaded for figure in figures):
        return None
    if any(option.capacity.get(name) is None or not option.capacity[name].value for name in (REQUESTS, PROMPT, ANSWER)):
        return None
    return UnitType(component, option, operation, catalog)


def unserved(found: Sequence[SizeClass], types: Sequence[UnitType], target: Target) -> str:
    """Return which class no type can serve, and what each type fails at; "" when every class has a type."""
    for one in found:
        tried = [type_.throughput_per_s(one, target) for type_ in types]
        if not any(rate > 0 for rate, _ in tried):
            why = "; ".join(f"{t.option.title}: {reason}" for t, (_, reason) in zip(types, tried, strict=True))
            return f"{NO_TYPE} requests of {one.name} within the latency target: {why}"
    return ""

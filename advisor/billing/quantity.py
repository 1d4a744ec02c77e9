"""Forms in which a quantity may stand on a bill, each worked out by a pure function of the cost models.

``quantity: 3`` is a number in the meter's unit, or in the line's ``unit``. ``quantity: {requests: {...}}`` is a form:
what the system does, from which the billed quantity follows. Each form returns its result with its formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from advisor.billing.units import COUNT
from advisor.models import cost_meters
from advisor.models.cost import started_units
from advisor.schema import Strict

MAX_QUANTITY = 1e18
Amount = Annotated[float, Field(ge=0, le=MAX_QUANTITY)]
Positive = Annotated[float, Field(gt=0, le=MAX_QUANTITY)]


@dataclass(frozen=True)
class Derived:
    """A quantity that was worked out.

    Attributes:
        steps: the formulas with their numbers, in order.
        notes: what was taken for granted.
    """

    value: float
    unit: str
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def number(value: float) -> str:
    """Return a number as it counts, thousands apart by a no-break space, noise of the last digits left out.

    >>> [number(v).replace("\\u00a0", " ") for v in (1_460, 0.1 + 0.2, 46_440_000_000.0, 0.0000166667)]
    ['1 460', '0.3', '46 440 000 000', '0.0000166667']
    """
    digits = 15 if value == round(value) else 10
    text = f"{value:,.{digits}g}"
    if "e-" in text:
        text = format(Decimal(text), "f")
    return text.replace(",", "\u00a0")


class Requests(Strict):
    """Requests, each billed once per started unit of its payload. Without ``started_kb`` the price says the unit."""

    count: Amount
    payload_kb: Amount | None = None
    started_kb: Positive | None = None

    def derive(self, started_kb: float | None) -> Derived:
        """Return billed requests; ``started_kb`` is the price's own unit, None when it has none."""
        unit_kb = self.started_kb or started_kb
        if self.payload_kb is None or unit_kb is None:
            note = f"each request is taken to be at most {number(unit_kb)} KB" if unit_kb else ""
            return Derived(self.count, COUNT, (f"{number(self.count)} requests",), (note,) if note else ())
        billed = cost_meters.billed_requests(self.count, self.payload_kb, unit_kb)
        each = started_units(self.payload_kb, unit_kb)
        step = (
            f"{number(self.count)} requests × max(1, ceil({number(self.payload_kb)} KB / {number(unit_kb)} KB)) = "
            f"{number(self.count)} × {each} = {number(billed)} billed requests"
        )
        return Derived(billed, COUNT, (step,))


class GbSeconds(Strict):
    """Memory of serverless calls over time. Steps and minimums as the provider bills them; 1 GB is 1024 MB."""

    calls: Amount
    duration_ms: Amount
    memory_mb: Amount
    duration_step_ms: Positive = 1
    least_duration_ms: Amount = 0
    memory_step_mb: Positive = 1
    least_memory_mb: Amount = 0
    concurrency: Positive = 1

    def derive(self, started_kb: float | None) -> Derived:
        """Return GB-seconds."""
        value = cost_meters.gb_seconds(
            self.calls,
            self.duration_ms,
            self.memory_mb,
            step_ms=self.duration_step_ms,
            least_ms=self.least_duration_ms,
            memory_step_mb=self.memory_step_mb,
            least_memory_mb=self.least_memory_mb,
            concurrency=self.concurrency,
        )
        ms = cost_meters.rounded_up(self.duration_ms, self.duration_step_ms, self.least_duration_ms)
        mb = cost_meters.rounded_up(self.memory_mb, self.memory_step_mb, self.least_memory_mb)
        shared = f" / {number(self.concurrency)} at a time" if self.concurrency != 1 else ""
        step = f"{number(self.calls)} calls × {number(ms)} ms / 1000 × {number(mb)} MB / 1024{shared}"
        return Derived(value, "GB-s", (f"{step} = {number(value)} GB-s",), _rounding(self.duration_ms, ms, "ms"))


class VcpuSeconds(Strict):
    """Processor time of serverless calls; Cloud Run rounds up to 100 ms, which is the default step."""

    calls: Amount
    duration_ms: Amount
    vcpus: Amount
    duration_step_ms: Positive = 100
    least_duration_ms: Amount = 0
    concurrency: Positive = 1

    def derive(self, started_kb: float | None) -> Derived:
        """Return vCPU-seconds."""
        value = cost_meters.vcpu_seconds(
            self.calls,
            self.duration_ms,
            self.vcpus,
            step_ms=self.duration_step_ms,
            least_ms=self.least_duration_ms,
            concurrency=self.concurrency,
        )
        ms = cost_meters.rounded_up(self.duration_ms, self.duration_step_ms, self.least_duration_ms)
        shared = f" / {number(self.concurrency)} at a time" if self.concurrency != 1 else ""
        step = f"{number(self.calls)} calls × {number(ms)} ms / 1000 × {number(self.vcpus)} vCPU{shared}"
        return Derived(value, "vCPU-s", (f"{step} = {number(value)} vCPU-s",), _rounding(self.duration_ms, ms, "ms"))


class ReadUnits(Strict):
    """Reads of a key-value store in read units. ``per_s`` instead of ``count`` gives capacity, in whole units."""

    count: Amount | None = None
    per_s: Amount | None = None
    item_kb: Amount
    consistency: Literal["eventual", "strong", "transactional"] = "strong"
    unit_kb: Positive = 4

    @model_validator(mode="after")
    def _one(self) -> Self:
        _count_or_rate(self.count, self.per_s)
        return self

    def derive(self, started_kb: float | None) -> Derived:
        """Return read units, or RCU to provision."""
        factor = cost_meters.READ_FACTORS[self.consistency]
        return _units(self, "reads", "RCU", f" × {number(factor)} ({self.consistency})", factor)


class WriteUnits(Strict):
    """Writes of a key-value store in write units. ``per_s`` instead of ``count`` gives capacity, in whole units."""

    count: Amount | None = None
    per_s: Amount | None = None
    item_kb: Amount
    transactional: bool = False
    unit_kb: Positive = 1

    @model_validator(mode="after")
    def _one(self) -> Self:
        _count_or_rate(self.count, self.per_s)
        return self

    def derive(self, started_kb: float | None) -> Derived:
        """Return write units, or WCU to provision."""
        factor = 2.0 if self.transactional else 1.0
        return _units(self, "writes", "WCU", " × 2 (transactional)" if self.transactional else "", factor)


class Capacity(Strict):
    """Capacity that comes in steps, with a minimum: 0.5 ACU, OCU or 100 RU/s. It is held for the scheduled hours."""

    need: Amount
    step: Positive = 1
    least: Amount = 0
    unit: Annotated[str, Field(min_length=1, max_length=40)]

    def derive(self, started_kb: float | None) -> Derived:
        """Return the capacity that is billed, in its unit."""
        value = cost_meters.rounded_up(self.need, self.step, self.least)
        step = f"max({number(self.least)}, ceil({number(self.need)} / {number(self.step)}) × {number(self.step)})"
        return Derived(value, self.unit, (f"{step} = {number(value)} {self.unit}",))


class LoadBalancer(Strict):
    """Capacity units of a load balancer: the dimension that needs most. Averages over the hours it runs."""

    kind: Literal["application", "network"] = "application"
    new_connections_per_s: Amount | None = None
    active_connections: Amount | None = None
    gb_per_h: Amount | None = None
    rules_per_s: Amount | None = Field(None, description="rule evaluations beyond the ten free rules")

    @model_validator(mode="after")
    def _has_demand(self) -> Self:
        each = self.each
        for name in cost_meters.LCU:
            if getattr(self, name) is not None and name not in each:
                raise ValueError(f"a {self.kind} load balancer is not billed by {name}; known: {', '.join(each)}")
        if not self.demand:
            raise ValueError(f"needs at least one of {', '.join(each)}")
        return self

    @property
    def each(self) -> Mapping[str, float]:
        """What one unit takes in each dimension."""
        return cost_meters.LCU if self.kind == "application" else cost_meters.NLCU

    @property
    def demand(self) -> dict[str, float]:
        """The dimensions that are given."""
        return {name: getattr(self, name) for name in cost_meters.LCU if getattr(self, name) is not None}

    def derive(self, started_kb: float | None) -> Derived:
        """Return LCU."""
        value = cost_meters.load_balancer_units(self.demand, self.each)
        parts = ", ".join(f"{name} {number(need)} / {number(self.each[name])}" for name, need in self.demand.items())
        return Derived(value, "LCU", (f"max({parts}) = {number(value)} LCU",))


Form = Requests | GbSeconds | VcpuSeconds | ReadUnits | WriteUnits | Capacity | LoadBalancer


def _as_quantity(value: Any) -> Any:
    return {"number": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Forms(Strict):
    """A quantity: a number, or exactly one of the forms. ``product`` multiplies named numbers: users x pages each."""

    expected: ClassVar[str] = "a number, or one form such as {requests: {count: ..., payload_kb: ...}},"

    number: Amount | None = None
    product: dict[str, Amount] | None = Field(None, min_length=1, max_length=10)
    requests: Requests | None = None
    gb_seconds: GbSeconds | None = None
    vcpu_seconds: VcpuSeconds | None = None
    read_units: ReadUnits | None = None
    write_units: WriteUnits | None = None
    capacity: Capacity | None = None
    load_balancer: LoadBalancer | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            known = ", ".join(name for name in type(self).model_fields if name != "number")
            raise ValueError(f"give a number or exactly one of {known}; found {', '.join(given) or 'none'}")
        return self

    def derive(self, unit: str, started_kb: float | None) -> Derived:
        """Return the quantity; ``unit`` is that of a bare number or product."""
        if self.number is not None:
            return Derived(self.number, unit, (f"{number(self.number)} {words(unit)} as stated",))
        if self.product is not None:
            return _product(self.product, unit)
        form: Form = next(getattr(self, n) for n in type(self).model_fields if getattr(self, n) is not None)
        return form.derive(started_kb)


Quantity = Annotated[Forms, BeforeValidator(_as_quantity)]


def words(unit: str) -> str:
    """Return a unit for people: a bare count has none."""
    return "" if unit == COUNT else unit


def _product(factors: Mapping[str, float], unit: str) -> Derived:
    value = 1.0
    for each in factors.values():
        value *= each
    parts = " × ".join(f"{number(each)} {name}" for name, each in factors.items())
    return Derived(value, unit, (f"{parts} = {number(value)} {words(unit)}",))


def _rounding(asked: float, billed: float, unit: str) -> tuple[str, ...]:
    return () if asked == billed else (f"{number(asked)} {unit} is billed as {number(billed)} {unit}",)


def _count_or_rate(count: float | None, per_s: float | None) -> None:
    if (count is None) == (per_s is None):
        raise ValueError("give count (a month) or per_s (to provision), not both and not neither")


def _units(form: ReadUnits | WriteUnits, what: str, unit: str, factor_words: str, factor: float) -> Derived:
    """Return started units times the factor: as a count, or as capacity in whole units."""
    amount = form.count if form.count is not None else form.per_s
    assert amount is not None
    value = cost_meters.billed_requests(amount, form.item_kb, form.unit_kb) * factor
    ratio = f"ceil({number(form.item_kb)} KB / {number(form.unit_kb)} KB)"
    if form.count is not None:
        step = f"{number(amount)} {what} × max(1, {ratio}){factor_words} = {number(value)} {unit[0]}RU"
        return Derived(value, COUNT, (step,))
    whole = cost_meters.rounded_up(value, 1)
    step = f"ceil({number(amount)} {what}/s × max(1, {ratio}){factor_words}) = {number(whole)} {unit}"
    return Derived(whole, unit, (step,))

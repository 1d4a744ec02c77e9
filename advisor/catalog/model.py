"""The records of the catalog as they stand in ``catalog/*.yml``.

A figure's unit is part of its key (``search_ms``, ``stored_gb``) and never implied. Absent means unknown, never zero.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from advisor.schema import Strict

Basis = Literal["list_price", "sla", "documentation", "benchmark", "third_party", "measured", "estimate"]
Mode = Literal["saas", "managed", "self_hosted"]
Cloud = Literal["aws", "azure", "gcp", "vendor"]
Region = Literal["us", "eu", "apac"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.\-]*$", max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=600)]
PURCHASES = ("unit_hour_reserved_1y", "unit_hour_reserved_3y", "unit_hour_spot")  # meters of instances bought otherwise


class Provenance(Strict):
    """Where a figure comes from. An estimate says how it was reasoned; everything else names its source."""

    basis: Basis
    source: Name | None = Field(None, description="id in sources.yml")
    checked: datetime.date = Field(description="when the figure was last compared with its source")
    conditions: Text | None = Field(None, description="the scope of the figure: workload, size, region, who measured")
    reasoning: Text | None = Field(None, description="how an estimate was reasoned")

    @model_validator(mode="after")
    def _traceable(self) -> Self:
        if self.basis == "estimate" and not self.reasoning:
            raise ValueError("an estimate must say how it was reasoned (reasoning:)")
        if self.basis != "estimate" and not self.source:
            raise ValueError(f"a figure with basis {self.basis} must name its source (source:)")
        return self


def _check_range(low: float | None, value: float | None, high: float | None) -> None:
    """Refuse a range that does not hold its value; an end that is not stated is the value itself."""
    if value is None:
        return
    least, most = value if low is None else low, value if high is None else high
    if not least <= value <= most:
        raise ValueError(f"low <= value <= high does not hold: {least:g}, {value:g}, {most:g}")


class Figure(Provenance):
    """A number with its range and provenance; the unit stands in the key that holds it."""

    value: float
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_range(self.low, self.value, self.high)
        return self


class Day(Provenance):
    """A day on which something could first be bought, or could no longer be bought."""

    date: datetime.date


class WorksWith(Provenance):
    """What a component can be used beside: of the components of a role (or their options) these, and no others."""

    role: Name
    components: list[Name] = Field(min_length=1)


class Capacity(Provenance):
    """What one unit (or one account, for a metered service) can take, in the dimension that is the key.

    ``value: null`` with a reasoning or a source means: looked for, and no limit is published. It is listed as an
    assumption wherever the option is chosen.
    """

    value: float | None = Field(gt=0)
    low: float | None = Field(None, gt=0)
    high: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _limit_or_reason(self) -> Self:
        if self.value is None and not (self.reasoning or self.conditions):
            raise ValueError("an unlimited capacity (value: null) must say why (reasoning: or conditions:)")
        if self.value is None and (self.low, self.high) != (None, None):
            raise ValueError("an unlimited capacity (value: null) has no range")
        _check_range(self.low, self.value, self.high)
        return self


class Latency(Provenance):
    """A latency in ms, as far as it is known: any of median, p95, p99, mean, and coefficient of variation.

    At least one of p50, mean, p95, p99. What is missing for a distribution is taken from ``default_cv`` of the
    role's operation and listed as an assumption.
    """

    p50: float | None = Field(None, gt=0)
    p95: float | None = Field(None, gt=0)
    p99: float | None = Field(None, gt=0)
    mean: float | None = Field(None, gt=0)
    cv: float | None = Field(None, gt=0)
    loaded: bool = Field(False, description="measured at the stated capacity, so queueing is already inside")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        known = [v for v in (self.p50, self.p95, self.p99) if v is not None]
        if not known and self.mean is None:
            raise ValueError("needs at least one of p50, mean, p95, p99")
        if known != sorted(known):
            raise ValueError("percentiles must not decrease: p50 <= p95 <= p99")
        return self


class Tier(Strict):
    """One step of a graduated price: up to this many meter units a month (None = no end) at this price each."""

    up_to: float | None = Field(gt=0)
    usd: float = Field(ge=0)


def check_price(usd: float | None, ends: Sequence[float | None] | None) -> None:
    """Refuse a price that has not exactly one form, or whose tiers do not rise to an open end.

    >>> check_price(None, [10, 5, None])
    Traceback (most recent call last):
    ValueError: tiers must rise by up_to, and only the last has up_to: null
    """
    if (usd is None) == (ends is None):
        raise ValueError("give exactly one of usd and tiers")
    closed = [end for end in ends[:-1] if end is not None] if ends else []
    if ends and (ends[-1] is not None or len(closed) < len(ends) - 1 or closed != sorted(set(closed))):
        raise ValueError("tiers must rise by up_to, and only the last has up_to: null")


class Tariff(Provenance):
    """USD per unit of a meter, with everything that a bill applies to it.

    Give ``usd`` or graduated ``tiers``. ``free`` units a month are not billed. ``started_kb`` bills each request once
    per started so-many KB. ``minimum_usd`` is the least a month costs on this meter. ``known_to``: the quantity up to
    which the source states the price; beyond it the last price is used and said to be a guess.
    """

    usd: float | None = Field(None, ge=0)
    tiers: list[Tier] | None = Field(None, min_length=1)
    free: float = Field(0, ge=0)
    known_to: float | None = Field(None, gt=0)
    started_kb: float | None = Field(None, gt=0)
    minimum_usd: float = Field(0, ge=0)
    from_: datetime.date | None = Field(None, alias="from")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        check_price(self.usd, None if self.tiers is None else [tier.up_to for tier in self.tiers])
        return self


class Price(Tariff):
    """A price of an option. Several with the same meter and rising ``from`` dates form a history; the latest counts."""

    meter: Name


class ServiceMeter(Strict):
    """Something that a service on a bill charges for. Its prices form a history; the latest that is valid counts."""

    title: Text
    unit: Text = Field(description="of a quantity: GB-month, million requests, h", max_length=60)
    fixed: bool = Field(False, description="paid for whether used or not")
    prices: list[Tariff] = Field(min_length=1)


class Service(Strict):
    """A service of a cloud as it stands on a bill: what is charged for in one region, and the prices."""

    title: Text
    region: Text
    meters: dict[Name, ServiceMeter] = Field(min_length=1)
    binary_sizes: bool = Field(False, description="a GB of this provider is 2^30 bytes")
    long_prompt_above: int | None = Field(
        None, gt=0, description="tokens of a prompt above which the long_ meters apply to the whole request"
    )


class Availability(Strict):
    """How the option stays up.

    ``service``: the provider runs redundancy; one figure. ``service_by_zones``: one figure per number of zones we pay
    for. Neither: we run units on instances, and availability is k of n units in zones times ``software`` (common cause:
    upgrades, configuration, operators). ``observed`` wins over an SLA when both are known.
    """

    service: Figure | None = None
    observed: Figure | None = None
    service_by_zones: dict[Literal["1", "2", "3"], Figure] | None = None
    software: Figure | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.service or self.observed, self.service_by_zones, self.software]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give exactly one of service/observed, service_by_zones, software")
        return self


class Unit(Strict):
    """What is provisioned and counted. A metered service has no unit."""

    name: Text = Field(description="singular, for people: node, replica, pod")
    instance: str | None = Field(None, description="cloud/type in catalog/prices; its price is billed per unit")
    instances: int = Field(1, ge=1, description="instances per unit")
    most: int = Field(64, ge=1, description="largest unit count that makes sense or is allowed")
    replicas: int = Field(1, ge=1, description="copies of a model that a unit serves, each on its share of the cards")
    stateful: bool = Field(False, description="redundancy needs whole copies, not single extra units")


class Operating(Strict):
    """A class of running: the hours that a system of this kind takes, and how often it fails by itself."""

    title: Text
    operations_h_per_month: Figure
    software: Figure | None = Field(None, description="availability with every common cause but instances and zones")
    without_agreement: Figure | None = Field(
        None, description="availability of a service, or of one zone of it, that no agreement covers"
    )


class Option(Strict):
    """One way to run a component."""

    id: Name
    title: Text = Field(description="short, for tables: 'r7g.xlarge on AWS', 'serverless, us-east-1'")
    roles: list[Name] = Field(min_length=1)
    mode: Mode
    cloud: Cloud
    host: Text | None = Field(None, description="who runs and bills it, of a service that its maker does not run")
    residency: list[Region] = Field(min_length=1, description="where data can be kept")
    precision: Literal["fp8", "int8", "fp4", "int4"] | None = Field(
        None, description="of the weights that are served, where the model is published in 16 bits"
    )
    unit: Unit | None = None
    capacity: dict[Name, Capacity] = Field(description="per unit, for every dimension that its roles can ask")
    latency: dict[Name, Latency] = Field({}, description="for every operation figure of its roles")
    availability: Availability
    vcpu_share: Figure | None = Field(None, description="share of a vCPU that works on one request; 1 where not stated")
    prices: list[Price] = []
    batch_within_h: Figure | None = Field(None, description="an asynchronous API answers within so many hours")
    operations_h_per_month: Figure
    operated_as: Name | None = Field(
        None, description="class of operating.yml whose hours and software availability hold where none are stated here"
    )
    quality: dict[Name, Figure] = Field({}, description="metric -> score, for roles with a quality metric")
    released: Day | None = Field(None, description="when it is another day than the component's")
    withdrawn: Day | None = Field(None, description="when it is another day than the component's")


class Serving(Provenance):
    """What a model whose weights are open takes to be served, in its published precision.

    Attributes:
        weights_gb: all weights as published. layers, kv_heads, head_size: what a token's KV-cache follows from; layers
            that look back only a little count as if they looked back all the way, so that the cache is never too small.
        context_tokens: prompt and answer together at most.
    """

    weights_gb: float = Field(gt=0)
    layers: int = Field(ge=1)
    kv_heads: int = Field(ge=1)
    head_size: int = Field(ge=1)
    context_tokens: int = Field(ge=1)


class Component(Strict):
    """A product or technology that can fill one or more roles."""

    id: Name
    name: Text
    vendor: Text
    licence: Text = Field(description="SPDX id, or 'proprietary'")
    summary: Text
    serving: Serving | None = Field(None, description="of a model with open weights: memory and context")
    released: Day | None = Field(None, description="the first day on which it could be bought")
    withdrawn: Day | None = Field(None, description="the first day on which it can no longer be bought")
    works_with: list[WorksWith] = Field([], description="roles in which it can be used beside some components only")
    options: list[Option] = Field(min_length=1)


class Source(Strict):
    """A publication that figures are taken from."""

    id: Name
    title: Text
    address: Text
    publisher: Text
    date: str = Field(description="date of the publication or of the stored copy", max_length=120)
    licence_note: Text

    @field_validator("date", mode="before")
    @classmethod
    def _day(cls, date: object) -> object:
        """Take a plain day, which YAML reads as a date, as the text that others write in quotes."""
        return date.isoformat() if isinstance(date, datetime.date) else date


class Purchase(Price):
    """A price of an instance type that is not bought on demand."""

    @model_validator(mode="after")
    def _known_way(self) -> Self:
        if self.meter not in PURCHASES:
            raise ValueError(f"found meter '{self.meter}'; ways to buy: {', '.join(PURCHASES)}")
        return self


class Instance(Strict):
    """An instance type of a cloud with its dated on-demand price, and the prices of other ways to buy it."""

    vcpus: float = Field(gt=0)
    memory_gb: float = Field(gt=0)
    gpus: int = Field(0, ge=0)
    gpu: Text | None = None
    card: Name | None = Field(None, description="the type of its accelerators, as limits on cards name it: h100")
    card_gb: float | None = Field(None, gt=0, description="memory of one accelerator, GB")
    prices: list[Price] = Field(min_length=1, description="meter unit_hour")
    purchases: list[Purchase] = []
    interruptions_per_month: Figure | None = Field(None, description="how often a spot instance is taken back")
    released: Day | None = Field(None, description="the first day on which it could be bought")

    @model_validator(mode="after")
    def _cards_named(self) -> Self:
        if (self.gpus > 0) != (self.card is not None and self.card_gb is not None):
            raise ValueError("an instance with gpus says which (card:) and how much memory (card_gb:), no other does")
        return self


class CloudFigures(Strict):
    """What all instances of a cloud share."""

    instance_availability: Figure
    zone_availability: Figure
    spot_availability: Figure | None = Field(None, description="share of time in which there is any spot capacity")
    spot_replacement_min: Figure | None = Field(None, description="from an interruption until another unit serves")
    egress_usd_per_gb: Figure | None = Field(None, description="what it bills for a GB that leaves it")
    other_cloud_ms: Figure | None = Field(None, description="a call to another cloud and back, beyond one within")

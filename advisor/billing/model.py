"""The bill of quantities as the user writes it: lines, variants and tenants."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from advisor.billing.quantity import Amount, Positive, Quantity
from advisor.catalog.model import check_price
from advisor.schema import Strict

MAX_LINES, MAX_VARIANTS, MAX_TENANTS, MAX_COLUMNS = 2_000, 20, 1_000, 200
MAX_USD = 1e12
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.\-]*$", max_length=80)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Usd = Annotated[float, Field(ge=0, le=MAX_USD)]
UnitText = Annotated[str, Field(min_length=1, max_length=60)]


class Schedule(Strict):
    """When something runs: hours a day on some days. Without days: every day. ``months`` of the first year."""

    hours_per_day: float | None = Field(None, gt=0, le=24)
    days_per_month: float | None = Field(None, gt=0, le=31)
    days_per_week: float | None = Field(None, gt=0, le=7)
    business_days: bool = Field(False, description="Monday to Friday; holidays are not known")
    months: float | None = Field(None, gt=0, le=12, description="months of the first year in which it runs")

    @model_validator(mode="after")
    def _days_once(self) -> Self:
        ways = {
            "days_per_month": self.days_per_month is not None,
            "days_per_week": self.days_per_week is not None,
            "business_days": self.business_days,
        }
        given = [name for name, is_given in ways.items() if is_given]
        if len(given) > 1:
            raise ValueError(f"states the days more than once: {', '.join(given)}")
        return self

    @property
    def limits_hours(self) -> bool:
        """Whether it says anything about hours; ``months`` alone does not."""
        return self.business_days or bool(self.hours_per_day or self.days_per_month or self.days_per_week)


class PriceTier(Strict):
    """One step of a tiered price: up to this many units a month (null = no end) at this price each."""

    up_to: Positive | None
    usd: Usd


class Charge(Strict):
    """A price of the user's own: any published price, in any unit.

    ``free``, ``started_kb`` and ``minimum_usd`` as in the catalog. ``volume``: the tier that is reached counts for the
    whole quantity. ``round_up_to`` and ``at_least`` round the month's quantity, in the price's unit.
    """

    usd: Usd | None = None
    tiers: list[PriceTier] | None = Field(None, min_length=1, max_length=50)
    unit: UnitText
    free: Amount = 0
    started_kb: Positive | None = None
    minimum_usd: Usd = 0
    volume: bool = False
    round_up_to: Positive | None = None
    at_least: Amount = 0
    source: Label | None = None
    checked: datetime.date | None = Field(None, description="when it was compared with its source")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        check_price(self.usd, None if self.tiers is None else [tier.up_to for tier in self.tiers])
        return self


class TokenUsd(Strict):
    """USD per million tokens of each kind."""

    input: Usd
    output: Usd = 0
    cache_read: Usd | None = None
    cache_write: Usd | None = None


class LongPrompt(TokenUsd):
    """Prices that apply to the whole request when its prompt has more tokens than ``above``."""

    above: float = Field(gt=0, le=1e9)


class TokenCharge(TokenUsd):
    """Token prices of the user's own. ``batch_discount``: the share that a batch takes off every price."""

    batch_discount: float | None = Field(None, ge=0, lt=1)
    long_prompt: LongPrompt | None = None
    source: Label | None = None
    checked: datetime.date | None = None


class Tokens(Strict):
    """Calls to a language model a month, and the tokens of one call.

    ``input`` are prompt tokens that are neither read from nor written to a cache; the three together are the prompt.
    """

    calls: Amount
    input: Amount
    output: Amount = 0
    cache_read: Amount = 0
    cache_write: Amount = 0
    batch: bool = False


def _as_commitment(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class Commitment(Strict):
    """How capacity is bought: on demand, or at a discount or an own price, with what is paid up front."""

    expected: ClassVar[str] = "on_demand, or {kind: reserved_1y, discount: ...},"

    kind: Literal["on_demand", "reserved_1y", "reserved_3y", "spot"]
    discount: float | None = Field(None, ge=0, lt=1, description="share taken off the on-demand price")
    usd: Usd | None = Field(None, description="price per unit of the meter instead of the on-demand one")
    upfront_usd: Usd = Field(0, description="paid once, for the whole line")

    @model_validator(mode="after")
    def _has_a_price(self) -> Self:
        own = sum(value is not None for value in (self.discount, self.usd))
        if self.kind == "on_demand" and (own or self.upfront_usd):
            raise ValueError("on_demand has no discount, price or upfront part of its own")
        if self.kind != "on_demand" and own != 1:
            raise ValueError(f"{self.kind} needs exactly one of discount and usd: the catalog holds on-demand prices")
        return self


class LineBody(Strict):
    """One line of a bill, without its id."""

    label: Label | None = None
    component: Label | None = Field(None, description="service, component, option or instance type of the catalog")
    meter: Label | None = Field(None, description="what is charged for, as the catalog names it")
    quantity: Quantity | None = None
    unit: UnitText | None = Field(None, description="unit of the quantity; default: the meter's own")
    units: Amount = Field(1, description="how many of it there are")
    schedule: Schedule = Schedule()
    price: Charge | None = None
    tokens: Tokens | None = None
    token_price: TokenCharge | None = None
    commitment: Annotated[Commitment, BeforeValidator(_as_commitment)] = Commitment(kind="on_demand")
    one_time: bool = False
    free: bool = Field(True, description="false: the free allowance is not for this line")
    fixed: bool | None = Field(None, description="paid whether used or not; default: as the meter says")
    account: Label = Field("main", description="lines of one account share free allowances and tiers")
    region: Label | None = None
    tags: list[Label] = Field([], max_length=20)
    note: Label | None = None

    @model_validator(mode="after")
    def _priced_one_way(self) -> Self:
        if self.tokens is not None:
            extra = [n for n in ("meter", "quantity", "price", "unit") if getattr(self, n) is not None]
            if extra:
                raise ValueError(f"a line with tokens has no {' and no '.join(extra)}: both follow from the tokens")
            if self.component is None and self.token_price is None:
                raise ValueError("names no model: give component, or a token_price of your own")
        elif self.token_price is not None:
            raise ValueError("token_price needs tokens: {calls: ..., input: ..., output: ...}")
        elif self.price is None and self.component is None:
            raise ValueError("has no meter: give component and meter, or a price of your own")
        return self


class Line(LineBody):
    """One line of a bill."""

    id: Id

    @property
    def name(self) -> str:
        """The label, or the id."""
        return self.label or self.id


class Variant(Strict):
    """What one variant changes: lines it adds, drops, replaces, or sets single keys of."""

    title: Label | None = None
    lines: list[Line] = Field([], max_length=MAX_LINES)
    without: list[Id] = Field([], max_length=MAX_LINES)
    replace: dict[Id, LineBody] = {}
    set: dict[Id, dict[str, Any]] = {}


class Tenants(Strict):
    """Who used how much, and how what is fixed is divided.

    The table is tenant -> column -> quantity. A column is a line's id (``line.output`` for one part of a token line) or
    a meter that only one line has. Its unit is the line's own, or what ``units`` says. ``relative``: the columns are
    weights, not quantities.
    """

    table: dict[Label, dict[Label, Amount]] | None = Field(None, min_length=1, max_length=MAX_TENANTS)
    usage: Label | None = Field(None, description="CSV file with the table, path relative to the bill")
    units: dict[Label, UnitText] = {}
    relative: bool = False
    fixed: Literal["even", "usage"] | dict[Label, Amount] | None = Field(
        None, description="even, by share of the usage cost, or tenant -> weight"
    )

    @model_validator(mode="after")
    def _one_table(self) -> Self:
        if (self.table is None) == (self.usage is None):
            raise ValueError("give exactly one of table and usage")
        return self


def _only_usd(value: Any) -> Any:
    if value != "USD":
        raise ValueError(f"found {str(value)[:20]!r}; only USD is priced, so convert the prices first")
    return value


class BillFile(Strict):
    """The file as the user writes it."""

    title: Label
    description: str | None = Field(None, max_length=4000)
    currency: Annotated[str, BeforeValidator(_only_usd)] = "USD"
    hours_per_month: float = Field(730, ge=600, le=744)
    as_of: datetime.date | None = None
    lines: list[Line] = Field([], max_length=MAX_LINES)
    variants: dict[Id, Variant] = Field({}, max_length=MAX_VARIANTS)
    tenants: Tenants | None = None

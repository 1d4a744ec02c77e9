"""The scenario file: title, blueprint, workload, constraints, objective, choices."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from advisor.catalog.model import Cloud, Mode, Name, Region
from advisor.schema import Strict


def _as_random(value: Any) -> Any:
    return {"mean": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Quantity(Strict):
    """A workload figure: a number; or its mean, with what is known of it.

    ``cv`` says how a random quantity varies from request to request; ``low`` and ``high`` between which values the mean
    itself may turn out to lie, for ``advisor robust``.
    """

    expected: ClassVar[str] = "a number without its unit, or {mean: ..., cv: ..., low: ..., high: ...},"

    mean: float
    cv: float = Field(0.0, ge=0, le=5, description="standard deviation / mean")
    low: float | None = Field(None, description="the least that the mean may turn out to be")
    high: float | None = Field(None, description="the most that the mean may turn out to be")


Amount = Annotated[Quantity, BeforeValidator(_as_random)]
Percentile = Annotated[str, Field(pattern=r"^p[0-9]+(\.[0-9]+)?$")]
Label = Annotated[str, Field(min_length=1, max_length=200)]


class AtMost(Strict):
    """An upper bound."""

    max: float = Field(gt=0)


class Share(Strict):
    """A lower bound on a share."""

    min: float = Field(gt=0, le=1)


class AvailabilityBound(Strict):
    """A lower bound on availability, as a fraction: 0.999 is three nines."""

    min: float = Field(gt=0, lt=1)


class FlowBounds(Strict):
    """Bounds on one flow. Percentiles are upper bounds: ``latency_ms: {p95: 6_000}``."""

    ttft_ms: dict[str, Annotated[float, Field(gt=0)]] | None = Field(None, description="time to first token, ms")
    latency_ms: dict[str, Annotated[float, Field(gt=0)]] | None = Field(None, description="full response, ms")
    freshness_s: dict[str, Annotated[float, Field(gt=0)]] | None = Field(None, description="time until searchable, s")
    availability: AvailabilityBound | None = None


class CloudBounds(Strict):
    """Clouds that may be used (``vendor`` stands for a SaaS maker's own cloud), and how many at most.

    ``max`` counts aws, azure and gcp; ``vendor`` is not counted.
    """

    allow: list[Cloud] | None = Field(None, min_length=1)
    max: int | None = Field(None, ge=1)


class CountBound(Strict):
    """How many different ones a design may have at most."""

    max: int = Field(ge=0)


class Residency(Strict):
    """Where data must be kept."""

    require: Region


class Licences(Strict):
    """Licences (SPDX ids, or ``proprietary``) that may or may not be used."""

    allow: list[Label] | None = Field(None, min_length=1)
    deny: list[Label] | None = Field(None, min_length=1)


class Modes(Strict):
    """Ways of running a component that may or may not be used."""

    allow: list[Mode] | None = Field(None, min_length=1)
    deny: list[Mode] | None = Field(None, min_length=1)


class Constraints(Strict):
    """What must hold. Everything here is hard; what is not stated is not required."""

    cost_usd_per_month: AtMost | None = None
    flows: dict[Name, FlowBounds] = {}
    quality: Share | None = None
    operations_h_per_month: AtMost | None = None
    clouds: CloudBounds | None = None
    vendors: CountBound | None = None
    self_operated: CountBound | None = None
    cards: dict[Name, CountBound] = {}
    residency: Residency | None = None
    licences: Licences | None = None
    modes: Modes | None = None


class Goal(Strict):
    """One metric to minimise or maximise: ``minimize: cost_usd_per_month``."""

    minimize: Label | None = None
    maximize: Label | None = None


class Objective(Goal):
    """What to optimise: one goal, a weighted sum, or goals in order of importance.

    ``weights`` minimises sum(weight x value) over metrics where less is better, minus the same over quality and
    availability; every weight is positive. ``lexicographic`` lists goals, the most important first.
    """

    weights: dict[Label, Annotated[float, Field(gt=0, le=1e9)]] | None = Field(None, min_length=1)
    lexicographic: list[Goal] | None = Field(None, min_length=1, max_length=6)


class Side(Strict):
    """One side of a pair: a component or an option, in one role or wherever it is used."""

    expected: ClassVar[str] = "a component or option, or {role: component or option},"

    name: Label
    role: Name | None = None


def _as_side(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value}
    entries = list(value.items()) if isinstance(value, dict) else []
    return {"role": entries[0][0], "name": entries[0][1]} if len(entries) == 1 else str(value) if entries else value


Two = Annotated[list[Annotated[Side, BeforeValidator(_as_side)]], Field(min_length=2, max_length=2)]


class Choices(Strict):
    """What the user has already decided.

    ``pin``: role -> component or option. ``exclude``: components or options. ``together``: pairs of which both are
    chosen or neither; ``apart``: pairs of which at most one is chosen. A side of a pair is a component or an option,
    or ``role: component or option`` to speak about one role only. ``share``: groups of roles that the same units may
    serve, sized for the sum, billed and run once.
    """

    pin: dict[Name, Label] = {}
    exclude: list[Label] = []
    share: list[Annotated[list[Name], Field(min_length=2, max_length=8)]] = []
    together: list[Two] = []
    apart: list[Two] = []


class Operations(Strict):
    """The hourly rate at which operations are costed."""

    usd_per_hour: float = Field(ge=0, le=10_000)


class Sizing(Strict):
    """How candidates are sized.

    ``target_utilisation``: share of a unit's capacity to plan for at peak. ``extra_units``: how many more units than
    the smallest count to consider. ``zones``: numbers of zones to consider.
    """

    target_utilisation: float | None = Field(None, gt=0, le=1)
    extra_units: int | None = Field(None, ge=0, le=8)
    zones: list[Literal[1, 2, 3]] | None = Field(None, min_length=1)


TacticName = Literal[
    "quantise",
    "right_size",
    "replicate",
    "headroom",
    "reserve",
    "spot",
    "prompt_cache",
    "batch",
    "fallback",
    "split",
    "cascade",
    "hedge",
    "mix",
]


class Tactics(Strict):
    """Which architectural tactics may be used, and the figures that only the user can know.

    ``allow`` adds tactics that are not used by default, ``deny`` takes away. ``split_shares``: shares of the traffic
    that the first of two models may take. ``escalation_share``: share of the answers that a cascade sends on to the
    second model. ``fallback_switch``: probability that a change to the backup works. ``fallback_after_ms``: time after
    which a request is sent to the backup. ``hedge_at``: share of the requests answered before the second copy goes out.
    ``prompt_cache_hit_share``: share of the repeated prompt tokens (``workload.repeated_prompt_share``) that the
    provider's cache still has.
    """

    allow: list[TacticName] = []
    deny: list[TacticName] = []
    split_shares: list[Annotated[float, Field(gt=0, lt=1)]] | None = Field(None, min_length=1, max_length=9)
    escalation_share: float | None = Field(None, gt=0, lt=1)
    fallback_switch: float | None = Field(None, gt=0, le=1)
    fallback_after_ms: float | None = Field(None, gt=0, le=600_000)
    hedge_at: float | None = Field(None, ge=0.5, lt=1)
    prompt_cache_hit_share: float | None = Field(None, gt=0, le=1)
    mix_ttft_ms: float | None = Field(None, gt=0, le=3_600_000)
    mix_tpot_ms: float | None = Field(None, gt=0, le=3_600_000)


class RequestSize(Strict):
    """A class of requests to the language model: tokens in and out, its share of the requests, how important it is."""

    input_tokens: float = Field(gt=0, le=2_000_000)
    output_tokens: float = Field(gt=0, le=200_000)
    share: float = Field(gt=0, le=1)
    priority: int | None = Field(None, ge=1, le=100)


class Today(Strict):
    """The design that runs today, and what it takes to leave it.

    ``design``: role -> component, option, or candidate id; roles that are not named are new. ``migration_h``: role ->
    hours of people to move that role to another component or place. ``default_migration_h``: for roles that are not
    named there. ``horizon_months``: the months over which a move is paid off.
    """

    design: dict[Name, Label] = Field(min_length=1)
    migration_h: dict[Name, Annotated[float, Field(ge=0, le=1e6)]] = {}
    default_migration_h: float | None = Field(None, ge=0, le=1e6)
    horizon_months: float | None = Field(None, gt=0, le=240)


class ScenarioFile(Strict):
    """The file as the user writes it."""

    title: Label
    blueprint: Name
    catalogs: list[Annotated[str, Field(min_length=1, max_length=500)]] = Field(
        [], max_length=20, description="folders with components and figures of your own, relative to this file"
    )
    description: str | None = Field(None, max_length=4000)
    owner: Label | None = None
    workload: dict[Name, Amount]
    request_sizes: list[RequestSize] = Field([], max_length=200)
    constraints: Constraints = Constraints()
    objective: Objective = Objective(minimize="cost_usd_per_month")
    choices: Choices = Choices()
    operations: Operations | None = None
    sizing: Sizing | None = None
    tactics: Tactics = Tactics()
    today: Today | None = None

"""Blueprints: roles, flows, and the demand each flow puts on each role. Read from ``catalog/blueprints/*.yml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from advisor import expression
from advisor.catalog.model import Name, Text
from advisor.schema import Strict


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _checked(text: str) -> str:
    expression.parse(text)
    return text


Formula = Annotated[str, BeforeValidator(_text), AfterValidator(_checked)]


class Parameter(Strict):
    """A workload parameter. Without a default it must be given; a default says why and is listed as an assumption.

    ``example`` is what a new scenario starts with where there is no default: a number, or ``{mean, cv}``.
    """

    title: Text
    unit: Text
    default: float | None = None
    why: Text | None = None
    example: float | dict[Literal["mean", "cv"], float] | None = None
    above: float | None = Field(None, description="must be greater than this")
    least: float | None = None
    most: float
    random: bool = Field(False, description="may be given as {mean, cv}")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.default is not None and not self.why:
            raise ValueError("a default needs a why:")
        if (self.default is None) == (self.example is None):
            raise ValueError("give exactly one of default and example")
        return self


class Prompt(Strict):
    """What the prompts of a language model are like, for prompt caching."""

    tokens: Formula = Field(description="tokens of a prompt")
    repeated_share: Name = Field(description="parameter: share of them that is the same from call to call")


class RoleUse(Strict):
    """How an architecture uses a role."""

    optional: bool = False
    soft: bool = Field(False, description="when it fails the flow degrades instead of failing")
    hub: bool = Field(False, description="calls the roles that follow it and gets their answers back")
    stock: dict[Name, Formula] = {}
    prompt: Prompt | None = Field(None, description="for language models: what their prompts are like")


class Step(Strict):
    """One step of a flow: ask a role, wait, or look into a cache first.

    ``role``/``do``: the operation asked of a role. ``cache``/``do``: a lookup that answers ``hit_share`` of the
    requests and sends the rest through ``on_miss``. ``wait_s``: a uniform wait between 0 and that many seconds
    (polling).
    """

    role: Name | None = None
    cache: Name | None = None
    do: Name | None = None
    wait_s: Formula | None = None
    hit_share: Name | None = None
    on_miss: list[Step] = []
    work: dict[Name, Formula] = Field(
        {}, description="demand of one execution, by dimension (per second = per request)"
    )
    kb: dict[Name, Formula] = Field({}, description="payload sizes in KB, for prices that round up")
    sends_kb: Formula | None = Field(
        None, description="KB that the step sends to the role in all, where work and kb do not say"
    )
    returns_kb: Formula | None = Field(None, description="KB that come back")
    items: Name | None = Field(None, description="parameter that counts the items after the first")
    items_before: Name | None = Field(None, description="parameter that counts items made before the first that counts")
    times: Formula = Field(
        "1", description="how often in a row; 0: the step is not taken; 1.3: once, and again for 30 % of the requests"
    )
    cpu_ms: Formula | None = Field(
        None, description="processor time of one run on a whole vCPU, ms; the option's latency says what comes on top"
    )
    cpu_cv: float = Field(0.0, ge=0, le=5, description="how much processor time differs from run to run")
    then_ms: Name | None = Field(
        None, description="parameter: time in ms outside of all roles that follows each run, of a tool for example"
    )
    in_background: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.role, self.cache, self.wait_s)) != 1:
            raise ValueError("give exactly one of role, cache, wait_s")
        if (self.cache is not None) != (self.hit_share is not None and bool(self.on_miss)):
            raise ValueError("cache needs hit_share and on_miss, and nothing else has them")
        return self

    @property
    def asks(self) -> str | None:
        """The role that this step asks, or None for a wait."""
        return self.role or self.cache

    def parameters(self) -> frozenset[str]:
        """Return the parameters that say what this step asks, how long it takes and how big it is."""
        stated = (text for text in (self.wait_s, self.cpu_ms, self.sends_kb, self.returns_kb) if text)
        formulas = (*self.work.values(), *self.kb.values(), *stated)
        named = (self.hit_share, self.items, self.items_before, self.then_ms)
        used = {name for text in formulas for name in expression.parse(text).names}
        return frozenset(used.union(filter(None, named)))

    def is_taken(self, workload: Mapping[str, float]) -> bool:
        """Return whether any request takes this step."""
        return expression.parse(self.times).evaluate(workload) > 0


Measured = Literal["ttft_ms", "latency_ms", "freshness_s"]


class Measure(Strict):
    """A point of a flow at which time is read: at the first item or when complete."""

    title: Text
    at: Literal["first", "complete"]


class Flow(Strict):
    """A way that requests or data take through the roles."""

    title: Text
    starts: Text
    rate_per_month: Formula
    peak_to_average: Formula
    measures: dict[Measured, Measure] = Field(min_length=1)
    path: list[Step] = Field(min_length=1)

    def steps(self) -> Iterator[Step]:
        """Yield every step, the ones behind a cache included."""
        for step in self.path:
            yield step
            yield from step.on_miss

    def reads_first(self, step: Step, at: str) -> bool:
        """Return whether a measure ends at this step's first item, so that its other items do not count.

        That is so for the last step that makes items. A step before it must be complete, an earlier call of the same
        model among them: the answer's first token comes after the whole of a tool call.
        """
        if at != "first" or not step.items:
            return False
        last = [inner for inner in self.steps() if inner.items and not inner.in_background][-1:]
        return any(inner is step for inner in last)

    def taken(self, workload: Mapping[str, float]) -> Flow:
        """Return the flow without the steps that no request takes."""
        kept = [
            step.model_copy(update={"on_miss": [inner for inner in step.on_miss if inner.is_taken(workload)]})
            for step in self.path
            if step.is_taken(workload)
        ]
        return self.model_copy(update={"path": kept})


Growth = Literal["data", "throughput", "inference", "memory", "coordination"]


class Start(Strict):
    """Bounds that a new scenario of a blueprint starts from, for its owner to change.

    ``p95``: flow -> measure -> what 95 % may take at most, in the measure's unit.
    """

    budget_usd_per_month: float = Field(gt=0)
    p95: dict[Name, dict[Measured, Annotated[float, Field(gt=0)]]] = Field(min_length=1)

    @property
    def latency(self) -> tuple[str, float]:
        """The flow whose full response is bounded first, and the bound in ms."""
        return next((flow, most["latency_ms"]) for flow, most in self.p95.items() if "latency_ms" in most)


class Blueprint(Strict):
    """An architecture's topology.

    ``growth`` says what grows together along each dimension: data volume, real-time throughput, inference demand,
    memory (retained context) and coordination (agents, turns, tool calls). A parameter may stand in several.
    """

    id: Name
    title: Text
    summary: Text
    start: Start
    growth: dict[Growth, list[Name]] = Field(min_length=1)
    parameters: dict[Name, Parameter]
    roles: dict[Name, RoleUse]
    flows: dict[Name, Flow]

    def taken(self, workload: Mapping[str, float]) -> Blueprint:
        """Return the blueprint without the steps that no request takes under a workload."""
        return self.model_copy(update={"flows": {name: flow.taken(workload) for name, flow in self.flows.items()}})

    @property
    def used_parameters(self) -> frozenset[str]:
        """The parameters on which anything depends."""
        steps = [step for flow in self.flows.values() for step in flow.steps()]
        texts = [text for flow in self.flows.values() for text in (flow.rate_per_month, flow.peak_to_average)]
        texts += [step.times for step in steps]
        for use in self.roles.values():
            texts += [*use.stock.values(), *((use.prompt.tokens, use.prompt.repeated_share) if use.prompt else ())]
        named = {name for text in texts for name in expression.parse(text).names}
        return frozenset(named.union(*(step.parameters() for step in steps)))

    def flow_id(self, flow: Flow) -> str:
        """Return the id of a flow of this blueprint, "" for one of another."""
        return next((name for name, one in self.flows.items() if one is flow), "")

    def idle_parameters(self, workload: Mapping[str, float]) -> frozenset[str]:
        """Return the parameters that only describe steps that no request takes."""
        steps = [step for flow in self.flows.values() for step in flow.steps()]
        idle = {name for step in steps if not step.is_taken(workload) for name in step.parameters()}
        counts = {name for step in steps for name in expression.parse(step.times).names}
        return frozenset(idle - {n for step in steps if step.is_taken(workload) for n in step.parameters()} - counts)

    @property
    def cache_roles(self) -> tuple[str, ...]:
        """Optional roles whose presence changes the demand on others, in order of the roles."""
        caches = {step.cache for flow in self.flows.values() for step in flow.steps() if step.cache}
        return tuple(role for role in self.roles if role in caches)

    def behind_cache(self, role: str) -> str | None:
        """Return the cache role whose hits spare ``role`` work, if any."""
        for flow in self.flows.values():
            for step in flow.path:
                if step.cache and any(inner.role == role for inner in step.on_miss) and role != step.cache:
                    return step.cache
        return None

"""Back-of-the-envelope: rates, tokens, storage, units, memory of a language model."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator

from advisor import expression
from advisor.candidates.candidate import Candidate
from advisor.candidates.pool import BITS, PUBLISHED_BITS, USABLE
from advisor.catalog.blueprint import Flow
from advisor.catalog.model import Component, Serving
from advisor.explanation.derivation import plain
from advisor.models import llm_memory
from advisor.models.cost import SECONDS_PER_MONTH
from advisor.models.quantities import GB
from advisor.rehearsal import words
from advisor.rehearsal.kind import Brief, Kind
from advisor.rehearsal.question import Choice, Number, Question
from advisor.rehearsal.stability import clear
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario

ROUNDED = 0.99  # figures in the text are rounded to less than this
STREAMS = (8, 16, 32, 64)  # requests in flight that a serving machine is asked about
_STREAMS = re.compile(r",? \d+ streams per .*")
_SHAPE = ("layers", "kv_heads", "head_size")
LEAST_A_MONTH = 10_000  # runs: what happens less often has no peak worth asking about
UNITS, VECTOR = (60.0, 1e3, 1e6, 1e9), 4.0  # constants that only convert; bytes of a dimension
VECTORS = "Vectors have 4 bytes a dimension. "
_NUMBER = re.compile(r"(?<![\w.])\d+\.?\d*(?:e[+-]?\d+)?")
FITS, SHORT = "it fits", "it does not fit"
MONTH = "A month is 730 h = 2 628 000 s"


def peak_rate(brief: Brief, rng: random.Random) -> Question | None:
    """Ask how many runs a second a flow has at its peak."""
    scenario = brief.scenario
    found = [name for name, flow in scenario.blueprint.flows.items() if _runs(scenario, flow) >= LEAST_A_MONTH]
    if not found:
        return None
    name = rng.choice(sorted(found))
    flow = scenario.blueprint.flows[name]
    rate, peak = expression.parse(flow.rate_per_month), expression.parse(flow.peak_to_average)
    runs, factor = rate.with_numbers(scenario.workload), peak.evaluate(scenario.workload)
    whole = f"({runs})" if len(rate.names) > 1 else runs
    truth = _runs(scenario, flow) / SECONDS_PER_MONTH * factor
    total = f" That is {runs} times a month." if len(rate.names) > 1 else ""
    more = "" if peak.names or factor == 1 else f" At peak it is {words.short(factor)} times the average."
    given = words.workload(scenario, dict.fromkeys((*rate.names, *peak.names)))
    return Question(
        "peak_rate",
        "estimation",
        "estimate",
        f"{flow.title}: {given}.{total}{more} {MONTH}. How many times a second does it happen at peak?",
        Number("requests/s", f"peak rate of {name}"),
        truth,
        (
            f"average = {whole} / 2 628 000 s = {plain(truth / factor)} per second",
            f"peak = {plain(truth / factor)} × {plain(factor)} = {plain(truth)} per second",
        ),
        words.command("propose", words.SCENARIO, "--draft"),
        "There are about 2.6 million seconds in a month; divide first, then multiply by the peak factor.",
    )


def _runs(scenario: Scenario, flow: Flow) -> float:
    """Return how often a flow runs a month."""
    return expression.parse(flow.rate_per_month).evaluate(scenario.workload)


def tokens_a_month(world: World, rng: random.Random) -> Question | None:
    """Ask how many tokens a month a language model reads and writes."""
    found = [
        (role, dimension, title)
        for role, demand in world.demand.items()
        for dimension, title in (("input_tokens_per_s", "prompt"), ("output_tokens_per_s", "answer"))
        if _kind_of(world, role) == "llm" and demand.average.get(dimension, 0.0) > 0
    ]
    if not found:
        return None
    role, dimension, title = rng.choice(found)
    uses = [use for use in world.demand[role].uses if use.dimension == dimension]
    steps = "\n".join(f"- {use.flow}, {use.operation}: {_use(use.rate, use.share, use.work)}" for use in uses)
    truth = world.demand[role].average[dimension] * SECONDS_PER_MONTH / 1e6
    return Question(
        "tokens_a_month",
        "estimation",
        "estimate",
        f"The role {words.role(role)} is called so:\n{steps}\nHow many million {title} tokens a month is that?",
        Number("million tokens/month", f"{title} tokens of {words.role(role)}"),
        truth,
        (
            *(f"{use.flow}, {use.operation}: {use.monthly}" for use in uses),
            f"together = {plain(truth)} million tokens a month",
        ),
        words.command("propose", words.SCENARIO, "--draft"),
        "Multiply runs a month, the share of them that gets there, and tokens per run; then add the steps.",
    )


def _use(rate: str, share: float, work: str) -> str:
    part = f", of which {words.percent(share)} get past the cache" if share != 1 else ""
    return f"{rate} runs a month{part}, ({work}) tokens per run"


def stored_data(brief: Brief, rng: random.Random) -> Question | None:
    """Ask how much a role stores that every design has."""
    scenario = brief.scenario
    stocks = [
        (role, name)
        for role, use in scenario.blueprint.roles.items()
        for name, formula in use.stock.items()
        if not use.optional and _asks(formula) and expression.parse(formula).evaluate(scenario.workload) > 0
    ]
    if not stocks:
        return None
    role, name = rng.choice(stocks)
    formula = expression.parse(scenario.blueprint.roles[role].stock[name])
    truth = formula.evaluate(scenario.workload)
    title = brief.catalog.records.dimensions[name].title
    return Question(
        "stored_data",
        "estimation",
        "estimate",
        f"{words.capital(words.workload(scenario, formula.names))}. How many GB of {title} are held in the role "
        f"{words.role(role)}? {VECTORS if VECTOR in _constants(formula.text) else ''}"
        "A KB is 1000 bytes, a GB 10^9.",
        Number("GB", f"data in {words.role(role)}"),
        truth,
        (f"{formula.text} = {formula.with_numbers(scenario.workload)} = {plain(truth)} GB",),
        words.command("propose", words.SCENARIO, "--draft"),
        "Count the things, multiply by the size of one, and watch the powers of ten.",
    )


def _asks(formula: str) -> bool:
    """Return whether a formula is made of parameters, which the text states, and units alone, and is not one of them.

    >>> _asks("documents * document_kb / 1.0e+6"), _asks("rows * row_kb * 0.1 / 1.0e+6"), _asks("20"), _asks("state_gb")
    (True, False, False, False)
    """
    names = expression.parse(formula).names
    return bool(names) and formula.strip() not in names and _constants(formula) <= {*UNITS, VECTOR}


def _constants(formula: str) -> set[float]:
    return {float(found) for found in _NUMBER.findall(formula)}


def units_needed(world: World, rng: random.Random) -> Question | None:
    """Ask for the smallest number of units (machines, pods, GPU machines) that carries the peak."""
    sized = [c for found in world.table.candidates.values() for c in found if _sizable(c)]
    chosen = [c for c in sized if world.best.design[c.role].id == c.id]
    if not (chosen or sized):
        return None
    one = rng.choice(sorted(chosen or _first_of_each(sized), key=lambda c: (c.role, c.id)))
    assert one.option is not None
    assert one.option.unit is not None
    target = world.scenario.sizing.target_utilisation
    unit = one.option.unit.name
    asked = {name: load for name, load in one.loads.items() if load.limit is not None and load.peak > 0}
    named = {name: world.catalog.records.dimensions[name] for name in asked}
    needs = "\n".join(
        f"- {named[name].title}: peak {words.of_dimension(load.peak, named[name])}; one {unit} carries "
        f"{words.of_dimension((load.limit or 0.0) / one.units, named[name])}"
        for name, load in asked.items()
    )
    each = {name: load.peak / ((load.limit or 1.0) / one.units * target) for name, load in asked.items()}
    if math.ceil(ROUNDED * max(each.values())) != math.ceil(max(each.values()) / ROUNDED):
        return None  # the figures as they are shown would not tell
    return Question(
        "units_needed",
        "estimation",
        "estimate",
        f"{words.capital(words.role(one.role))} runs on {one.name} ({one.option.title}). Capacity is planned to "
        f"{words.percent(target)} utilisation at peak:\n{needs}\nHow many units (each one {unit}) does the peak "
        "need, without redundancy?",
        Number("", f"units of {one.name}"),
        float(one.needed_units),
        (
            "units = max over dimensions of ceil(peak / (capacity of one × target utilisation))",
            *(
                f"{named[name].title}: {words.short(load.peak)} / ({words.short((load.limit or 0.0) / one.units)} × "
                f"{target:g}) = {words.short(each[name])}"
                for name, load in asked.items()
            ),
            f"the most, rounded up: {one.needed_units}",
        ),
        words.command("candidates", words.SCENARIO, "--role", one.role),
        "The dimension that needs most decides; round up only at the end.",
    )


def _sizable(one: Candidate) -> bool:
    """Return whether a candidate is plain units whose number follows from its demand alone."""
    plain_units = one.option is not None and one.option.unit is not None and not one.parts and not one.shared
    if not plain_units or one.pooled is not None or one.carried_share != 1 or one.needed_units < 2:
        return False
    most = max((load.utilisation * one.units for load in one.loads.values() if load.limit is not None), default=0.0)
    return most > 0


def _first_of_each(found: list[Candidate]) -> list[Candidate]:
    """Return one candidate of each role and option."""
    first: dict[tuple[str, str], Candidate] = {}
    for one in found:
        first.setdefault((one.role, one.option.id if one.option else ""), one)
    return list(first.values())


# --- memory of a language model ---------------------------------------------------------------------------------------


def memory_needed(world: World, rng: random.Random) -> Question | None:
    """Ask for the memory of weights and KV-cache together."""
    case = _memory_case(world, rng)
    if case is None:
        return None
    truth = (case.weights + case.cache) / GB
    return Question(
        "memory_needed",
        "estimation",
        "estimate",
        f"{case.text} How many GB (10^9 bytes) do the weights and the KV-cache of these requests take together?",
        Number("GB", "weights and KV-cache"),
        truth,
        case.derivation,
        case.command,
        "Per token, layer and KV head there is a key and a value of the head's size, two bytes a number.",
    )


def memory_fit(world: World, rng: random.Random) -> Question | None:
    """Ask whether weights and KV-cache fit on a machine's accelerators."""
    case = _memory_case(world, rng)
    if case is None or not clear(case.weights + case.cache, case.budget):
        return None
    fits, verdict = case.fit.fits, case.fit.verdict
    return Question(
        "memory_fit",
        "estimation",
        "estimate",
        f"{case.text} The server may use {words.percent(USABLE)} of the memory of {case.on}{case.split}. Does it fit?",
        Choice((FITS, SHORT)),
        FITS if fits else SHORT,
        (*case.derivation, case.usable, verdict),
        case.command,
        "Weights first: parameters times bytes. Then the cache of a token, times tokens, times requests.",
    )


class _Memory:
    """A model on a machine with some requests in flight."""

    def __init__(self, world: World, one: Candidate, streams: int) -> None:
        component, option = one.component, one.option
        assert component is not None
        assert component.serving is not None
        assert option is not None
        assert option.unit is not None
        instance = world.catalog.records.instances[option.unit.instance or ""]
        self.component: Component = component
        self.serving: Serving = component.serving
        self.bits = BITS.get(option.precision or "", PUBLISHED_BITS)
        self.weights = round(self.serving.weights_gb * GB * self.bits / PUBLISHED_BITS)
        self.cards = max(1, instance.gpus * option.unit.instances // option.unit.replicas)
        self.card_gb, self.streams = instance.card_gb or 0.0, streams
        self.machine = _STREAMS.sub("", option.title)  # how many it is sized for; the question asks about others
        self.tokens = _context(world, one.role)
        shape = (self.serving.layers, self.serving.kv_heads, self.serving.head_size)
        self.per_token = llm_memory.kv_bytes_per_token(*shape)
        self.cache = llm_memory.kv_cache_bytes(self.per_token, self.tokens, streams)
        self.budget = self.cards * self.card_gb * GB * USABLE
        limits = {"accelerator_bytes": round(self.card_gb * GB), "accelerators": self.cards}
        limits["needed_tokens"] = self.tokens * streams
        self.arguments = {"model_bytes": self.weights, **dict(zip(_SHAPE, shape, strict=True)), **limits}
        self.fit = llm_memory.fit(
            self.weights,
            *shape,
            accelerator_bytes=limits["accelerator_bytes"],
            accelerators=self.cards,
            usable_fraction=USABLE,
            needed_tokens=limits["needed_tokens"],
        )

    @property
    def text(self) -> str:
        """Return the model, its machine and what is in flight."""
        one = self.serving
        bits, weights = " in 16 bits", f"weights in {self.bits:g} bits"
        if self.as_published:
            bits, weights = "", "these weights"
        return (
            f"{self.component.name} has {one.weights_gb:g} GB of weights as published{bits}, {one.layers} layers and "
            f"{one.kv_heads} KV heads of size {one.head_size}. It is served with {weights} and a cache in 16 bits "
            f"({self.machine}), {self.streams} requests at a time of {words.short(self.tokens, 9)} tokens each, prompt "
            "and answer."
        )

    @property
    def derivation(self) -> tuple[str, ...]:
        """Return weights, cache and their sum."""
        one, total = self.serving, (self.weights + self.cache) / GB
        scaled = "" if self.as_published else f" × {self.bits:g} / 16 = {plain(self.weights / GB)} GB"
        return (
            f"weights = {one.weights_gb:g} GB{scaled} [{one.source}]",
            f"KV of a token = 2 × {one.layers} × {one.kv_heads} × {one.head_size} × 2 bytes = "
            f"{plain(self.per_token)} bytes",
            f"KV-cache = {plain(self.per_token)} × {plain(self.tokens)} × {self.streams} = {plain(self.cache / GB)} GB",
            f"together = {plain(total)} GB",
        )

    @property
    def as_published(self) -> bool:
        """Whether it is served in the precision that its maker published, whichever that is."""
        return self.bits == PUBLISHED_BITS

    @property
    def on(self) -> str:
        """Return the cards that one copy of the model is on."""
        return f"one card of {self.card_gb:g} GB" if self.cards == 1 else f"{self.cards} cards of {self.card_gb:g} GB"

    @property
    def split(self) -> str:
        """Return how one copy of the model is spread over its cards."""
        return "" if self.cards == 1 else ", over which weights and KV heads are split evenly"

    @property
    def usable(self) -> str:
        """Return the memory that the server may use, as a derivation."""
        return f"usable = {self.cards} × {self.card_gb:g} GB × {USABLE:g} = {plain(self.budget / GB)} GB"

    @property
    def command(self) -> str:
        """Return the command that shows what fits."""
        given = [f"{name}={value}" for name, value in self.arguments.items()]
        return words.command("model", "llm_memory.fit", *given, f"usable_fraction={USABLE:g}")


def _memory_case(world: World, rng: random.Random) -> _Memory | None:
    served = sorted(_served(world), key=lambda one: (one.role, one.id))
    if not served:
        return None
    return _Memory(world, rng.choice(served), rng.choice(STREAMS))


def _served(world: World) -> Iterator[Candidate]:
    """Yield one candidate of every open model on every machine whose accelerators split its KV heads."""
    plain_ones = [c for role in world.table.candidates for c in world.table.candidates[role] if not c.parts]
    for one in _first_of_each([c for c in plain_ones if _kind_of(world, c.role) == "llm" and c.option is not None]):
        serving = one.component.serving if one.component else None
        unit = one.option.unit if one.option else None
        if serving is None or unit is None or unit.instance is None or _context(world, one.role) < 1:
            continue
        instance = world.catalog.records.instances[unit.instance]
        cards = max(1, instance.gpus * unit.instances // unit.replicas)
        if instance.gpus and not (serving.kv_heads % cards and cards % serving.kv_heads):
            yield one


def _context(world: World, role: str) -> int:
    """Return the tokens of an average call of a language model, prompt and answer."""
    totals = {
        name: sum(use.average for use in world.demand[role].uses if use.dimension == name)
        for name in ("requests_per_s", "input_tokens_per_s", "output_tokens_per_s")
    }
    calls = totals["requests_per_s"]
    return round((totals["input_tokens_per_s"] + totals["output_tokens_per_s"]) / calls) if calls > 0 else 0


def _kind_of(world: World, role: str) -> str:
    """Return what fills a role: ``llm`` for every role that language models fill."""
    return world.catalog.role(role).filled_as


KINDS = (
    Kind("peak_rate", "peak rate from usage", "estimation", "estimate", peak_rate, "figures"),
    Kind("tokens_a_month", "tokens a month", "estimation", "estimate", tokens_a_month, "figures"),
    Kind("stored_data", "stored data", "estimation", "estimate", stored_data, "figures"),
    Kind("units_needed", "replicas or GPU machines needed", "estimation", "estimate", units_needed, "figures"),
    Kind("memory_needed", "memory of weights and KV-cache", "estimation", "estimate", memory_needed, "figures"),
    Kind("memory_fit", "whether weights and KV-cache fit", "estimation", "estimate", memory_fit, "figures"),
)

"""The leaves of a latency tree: what is known of one stage, read into a distribution in ms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from advisor.calculator.given import Given, collected
from advisor.calculator.trees import Readers, read, real, unknown, word
from advisor.calculator.values import argument, built
from advisor.models import latency
from advisor.models.generation import generation
from advisor.models.latency import Distribution, Lognormal
from advisor.models.load_points import DECREASING, load_curve

ASSUMED_CV = 0.3
MISFIT = 0.01
LEVELS = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99, "p999_ms": 0.999}
FIGURES = (*LEVELS, "mean_ms", "cv")
NAME = {"name": word()}


@dataclass(frozen=True)
class Load:
    """What a composition costs in further calls.

    Attributes:
        further_calls: calls per request beyond the first.
        unanswered: share of the requests that get no answer.
    """

    further_calls: float
    unanswered: float = 0.0


@dataclass(frozen=True)
class Node:
    """A stage, or a composition of stages.

    Attributes:
        name: as given, or what kind of composition it is.
        kind: ``stage`` or the composition's key.
        distribution: of its time in ms, its parts independent of each other.
        parts: what it is composed of.
        times: how often its only part runs in a row, where that is a fixed number.
        load: what it costs in further calls, None where it does not send any.
        assumptions: what was filled in.
    """

    name: str
    kind: str
    distribution: Distribution
    parts: tuple[Node, ...] = ()
    times: int = 1
    load: Load | None = None
    assumptions: tuple[str, ...] = ()


def name_of(given: Given, otherwise: str) -> str:
    """Return the name of a node, or what it is called without one."""
    fields = given.fields()
    return argument(fields["name"], str, "name") if "name" in fields else otherwise


def stage(given: Given, elsewhere: tuple[str, ...]) -> Node:
    """Return the lognormal through the figures that are given; ``elsewhere`` are the keys of other nodes."""
    fields = given.fields()
    keys = [key for key in FIGURES if key in fields]
    problems = unknown(given, ("name", *FIGURES) if keys else ("name", *elsewhere, *FIGURES), elsewhere)
    if keys in ([], ["cv"]) and not problems:
        problems = [given.problem(f"states no time; give at least one of {', '.join((*elsewhere, *FIGURES))}")]
    values = dict(zip(keys, collected([partial(real(key), fields[key]) for key in keys], problems), strict=True))
    name = name_of(given, "stage")
    fitted = built(given, partial(_fit, values))
    return Node(name, "stage", fitted, assumptions=tuple(_assumed(name, values, fitted)))


def _fit(values: Mapping[str, float]) -> Lognormal:
    return Lognormal.fit(**{key.removesuffix("_ms"): value for key, value in values.items()}, default_cv=ASSUMED_CV)


def _assumed(name: str, values: Mapping[str, float], fitted: Distribution) -> Iterator[str]:
    """Yield what a fit fills in, and where it misses what was stated by more than a hundredth."""
    if len(values) == 1:
        yield f"{name}: only {next(iter(values))} is stated; a cv of {ASSUMED_CV} is assumed"
    for key, stated in values.items():
        if key in LEVELS and abs(found := fitted.quantile(LEVELS[key]) / stated - 1) > MISFIT:
            yield f"{name}: the fitted lognormal is {100 * found:+.1f} % off the stated {key}"


def _alone(key: str, make: Callable[[float], Distribution], given: Given) -> Node:
    """Return a leaf that one number describes."""
    value = read(given, {key: real(key)}, NAME)[key]
    made = built(given.fields()[key], partial(make, value))
    return Node(name_of(given, key.removesuffix("_ms").replace("_", " ")), "stage", made)


def _points(given: Given) -> Node:
    """Return the latency at a load, from measurements at several loads."""
    also = {"decreasing": word(*DECREASING), **NAME}
    found = read(given, {"points": _measured, "load": real("load")}, also)
    fields = given.fields()
    curve = built(fields["points"], lambda: load_curve(found["points"], decreasing=found.get("decreasing", "refuse")))
    name, load = name_of(given, "stage"), found["load"]
    notes = [f"{name}: below the lowest measured load its latency is taken"] if load < curve.loads[0] else []
    return Node(name, "stage", built(fields["load"], partial(curve.at, load)), assumptions=tuple(notes))


def _measured(given: Given) -> list[tuple[float, Lognormal]]:
    if not isinstance(given.data, list) or not given.data:
        raise given.refuse(f"found {given.shown()}; must be a list of {{load: ..., p50_ms: ...}}")
    return collected([partial(_point, point) for point in given.items()])


def _point(given: Given) -> tuple[float, Lognormal]:
    values = read(given, {"load": real("load")}, {key: real(key) for key in FIGURES})
    load = values.pop("load")
    return load, built(given, partial(_fit, values))


def _generation(given: Given) -> Node:
    """Return the time of one call of a language model: until its answer is complete, or until its first token."""
    made: Distribution = read(given, {"generation": _call}, NAME)["generation"]
    return Node(name_of(given, "generation"), "stage", made)


def _call(given: Given) -> Distribution:
    needed = {key: partial(_amount, key=key) for key in ("ttft_ms", "tpot_ms", "output_tokens")}
    also: Readers = {"reasoning_tokens": partial(_amount, key="reasoning_tokens"), "until": word("complete", "first")}
    values = read(given, needed, also)
    until = values.pop("until", "complete")
    both = built(given, lambda: generation(**{key.removesuffix("_ms"): value for key, value in values.items()}))
    return both.first if until == "first" else both.complete


def _amount(given: Given, key: str) -> Distribution:
    """Return a time or count: a number that it always is, or a mapping of figures without their unit."""
    if not isinstance(given.data, dict):
        return built(given, partial(latency.Constant, real(key)(given)))
    figures = [name.removesuffix("_ms") for name in FIGURES]
    values = read(given, {}, {name: real("cv" if name == "cv" else key) for name in figures})
    return built(given, lambda: Lognormal.fit(**values, default_cv=ASSUMED_CV))


STAGES: Mapping[str, Callable[[Given], Node]] = MappingProxyType(
    {
        "constant_ms": partial(_alone, "constant_ms", latency.Constant),
        "uniform_ms": partial(_alone, "uniform_ms", latency.Uniform),
        "exponential_mean_ms": partial(_alone, "exponential_mean_ms", latency.exponential),
        "points": _points,
        "generation": _generation,
    }
)

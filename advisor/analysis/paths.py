"""The places of a scenario file, as paths: which there can be for a blueprint, and how one is read from text."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

from advisor.catalog.blueprint import Blueprint
from advisor.scenario.model import ScenarioFile
from advisor.scenario.requirements import level, metric_direction, metrics

Path_ = tuple[str | int, ...]
LONGEST = 300
_PART = re.compile(r"(?:^|(?<=.)\.)([^.\[\]]+)|\[(\d{1,4})\]")
_TIMES = ("ttft_ms", "latency_ms", "freshness_s")
_LEVELS = ("mean", "p50", "p95", "p99")


class _Missing:
    """Nothing stands there."""

    def __repr__(self) -> str:
        return "MISSING"

    def __deepcopy__(self, memo: Any) -> _Missing:
        return self


MISSING: Final = _Missing()


def split(text: str) -> Path_ | None:
    """Return the parts of a path, None when it is not one. Percentiles and metrics may hold points themselves.

    >>> split("constraints.flows.answer.latency_ms.p99.9")
    ('constraints', 'flows', 'answer', 'latency_ms', 'p99.9')
    >>> split("objective.lexicographic[1].maximize"), split("a..b")
    (('objective', 'lexicographic', 1, 'maximize'), None)
    """
    parts: list[str | int] = []
    end = 0
    if len(text) > LONGEST:
        return None
    for found in _PART.finditer(text):
        if found.start() != end:
            return None
        end = found.end()
        parts.append(found[1] if found[1] is not None else int(found[2]))
    if end != len(text) or not parts:
        return None
    return _joined(tuple(parts))


def _joined(parts: Path_) -> Path_:
    """Put together again what is one key: a percentile with a decimal, a metric among the weights."""
    if parts[:2] == ("constraints", "flows") and len(parts) > 5 and parts[3] in _TIMES:
        return (*parts[:4], ".".join(map(str, parts[4:])))
    if parts[:2] == ("objective", "weights") and len(parts) > 3:
        return (*parts[:2], ".".join(map(str, parts[2:])))
    return parts


def template(path: Path_, blueprint: Blueprint) -> str:
    """Return the form in which :func:`known_paths` holds a path: first index, usual percentile."""
    text = "".join("[0]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    if (
        path[:2] == ("constraints", "flows")
        and len(path) == 5
        and path[3] in _TIMES
        and level(str(path[4])) is not None
    ):
        return text.removesuffix(str(path[4])) + "p95"
    if (
        path[:2] == ("objective", "weights")
        and len(path) == 3
        and metric_direction(blueprint, str(path[2])) is not None
    ):
        return "objective.weights.cost_usd_per_month"
    return text


@lru_cache(maxsize=8)
def _of_model() -> tuple[str, ...]:
    return tuple(_fields(ScenarioFile, ""))


def _fields(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield every key of the scenario's records; what depends on the blueprint is left open."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        yield path
        for inner, suffix in _records(field.annotation):
            yield from (f"{path}{suffix}",) if suffix else ()
            if inner is not None:
                yield from _fields(inner, f"{path}{suffix}.")


def _records(annotation: Any) -> Iterator[tuple[type[BaseModel] | None, str]]:
    """Yield the records in an annotation, and where they stand below it: directly, or as entries of a list."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
    elif origin in (typing.Union, types.UnionType):
        yield from (found for part in arguments for found in _records(part))
    elif origin is typing.Annotated:
        yield from _records(arguments[0])
    elif origin is list:
        parts = list(_records(arguments[0]))
        yield from ((found, "[0]") for found in [found for found, suffix in parts if not suffix] or [None])
        yield from ((None, f"[0]{suffix}") for _, suffix in parts if suffix)  # a list of lists: pairs of names


def known_paths(blueprint: Blueprint, cards: Collection[str] = ()) -> frozenset[str]:
    """Return every path that a scenario of a blueprint can have; lists by their first entry.

    ``cards``: the types of accelerators that there may be limits on.

    >>> import advisor
    >>> found = known_paths(advisor.load_catalog().blueprint("rag_assistant"))
    >>> {"workload.documents", "constraints.clouds.max", "choices.exclude[0]", "choices.pin.llm"} <= found
    True
    """
    limits = (f"constraints.cards.{card}{end}" for card in cards for end in ("", ".max"))
    return frozenset((*_of_model(), *_workload(blueprint), *_flows(blueprint), *_names(blueprint), *limits))


def _workload(blueprint: Blueprint) -> Iterator[str]:
    for name, parameter in blueprint.parameters.items():
        yield from (f"workload.{name}", *(f"workload.{name}.{key}" for key in ("mean", "low", "high")))
        if parameter.random:
            yield f"workload.{name}.cv"


def _flows(blueprint: Blueprint) -> Iterator[str]:
    for name, flow in blueprint.flows.items():
        prefix = f"constraints.flows.{name}"
        yield from (prefix, f"{prefix}.availability", f"{prefix}.availability.min")
        for measure in flow.measures:
            yield from (f"{prefix}.{measure}", *(f"{prefix}.{measure}.{name}" for name in _LEVELS))


def _names(blueprint: Blueprint) -> Iterator[str]:
    places = ("choices.pin", "today.design", "today.migration_h")
    yield from (f"{place}.{role}" for place in places for role in blueprint.roles)
    yield from (f"objective.weights.{name.replace('p*', 'p95')}" for name in metrics(blueprint))


def at(data: Any, path: Path_) -> Any:
    """Return what stands at a path of plain data, MISSING when nothing does."""
    for part in path:
        fits = isinstance(data, dict) if isinstance(part, str) else isinstance(data, list) and part < len(data)
        if not fits or (isinstance(data, dict) and part not in data):
            return MISSING
        data = data[part]
    return data


def nearest_path(text: str, known: frozenset[str]) -> str:
    """Return the known path that a text most likely means, "" when none is close.

    The first key that does not exist is replaced by the nearest of its place; what follows is kept where it fits.

    >>> known = frozenset({"constraints.clouds.max", "constraints.cost_usd_per_month.max"})
    >>> nearest_path("constraints.cost.max", known)
    'constraints.cost_usd_per_month.max'
    """
    parts, prefix = text.split("."), ""
    for index, part in enumerate(parts):
        if not any(path == prefix + part or path.startswith(f"{prefix}{part}.") for path in known):
            meant = _closest(part, {path[len(prefix) :].partition(".")[0] for path in known if path.startswith(prefix)})
            whole = ".".join([prefix + meant, *parts[index + 1 :]])
            return (whole if whole in known else prefix + meant) if meant else prefix.removesuffix(".")
        prefix += f"{part}."
    return ""


def _closest(name: str, names: set[str]) -> str:
    started = sorted(found for found in names if name and found.startswith(name))
    return started[0] if started else next(iter(get_close_matches(name, sorted(names), n=1, cutoff=0.5)), "")

"""What a function returned, as named fields of plain data with units and explanations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.calculator import kinds
from advisor.calculator.registry import Function
from advisor.calculator.units import unit_of
from advisor.errors import bad_input
from advisor.models.latency import Distribution

LEVELS = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
ALONE = "value"  # the name of a result that is a single number


@dataclass(frozen=True)
class Field:
    """One figure of a result.

    Attributes:
        name: as in Python.
        value: plain data: a number, text, a list or a mapping of such.
        unit: what the name says, "" for plain numbers.
        text: what the result's docstring says about it.
    """

    name: str
    value: Any
    unit: str
    text: str


def fields_of(function: Function, result: Any) -> tuple[Field, ...]:
    """Return the figures of a result.

    >>> from advisor.calculator.registry import find
    >>> fields_of(find("interactive_response_s"), 2.0)
    (Field(name='value', value=2.0, unit='s', text=''),)

    Raises:
        InputError: a figure is not a finite number, so that the arguments are outside of what can be computed.
    """
    found = tuple(_fields(function, result))
    for field in found:
        if not _finite(field.value):
            raise bad_input(f"{function.name} has no finite {field.name} for these arguments; are they in range?")
    return found


def _fields(function: Function, result: Any) -> Iterator[Field]:
    if isinstance(result, Distribution):
        unit = time_unit(function)
        for name, value in _percentiles(result).items():
            yield Field(name, value, unit, "")
    elif kinds.is_record(type(result)):
        for name, text in kinds.result_texts(type(result)).items():
            yield Field(name, plain(getattr(result, name)), str(unit_of(name)), text)
    elif isinstance(result, Mapping):
        for key, value in result.items():
            yield Field(str(key), plain(value), str(unit_of(str(key))), "")
    else:
        text = function.doc.sections.get("Returns", {}).get("", "")
        yield Field(ALONE, plain(result), str(unit_of(function.name)), text)


def time_unit(function: Function) -> str:
    """Return the unit of the distribution that a function returns: that of its arguments.

    >>> from advisor.calculator.registry import find
    >>> time_unit(find("mgc_wait")), time_unit(find("latency.series"))
    ('s', 'ms')
    """
    units = [str(parameter.unit) for parameter in function.parameters]
    return "s" if "s" in units and "ms" not in units else "ms"


def _percentiles(result: Distribution) -> dict[str, float]:
    levels = result.quantiles(list(LEVELS.values()))
    return {"mean": result.mean(), **dict(zip(LEVELS, levels, strict=True))}


def plain(value: Any) -> Any:
    """Return a result as data that JSON can hold.

    >>> from fractions import Fraction
    >>> plain((1, 2.5, None)), plain({"a": Fraction(1, 8)})
    ([1, 2.5, None], {'a': 0.125})
    """
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, Distribution):
        return _percentiles(value)
    if kinds.is_record(type(value)):
        return {name: plain(getattr(value, name)) for name in kinds.result_texts(type(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    return _number_or_text(value)


def _number_or_text(value: Any) -> float | str:
    """Return fractions and numbers of numpy as numbers, dates and the like as text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(_finite(part) for part in value.values())
    return not isinstance(value, list) or all(_finite(part) for part in value)

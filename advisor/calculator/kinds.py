"""Kinds of arguments: which type annotations a text or YAML value can fill, and what they are called for people."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import inspect
import types
import typing
from functools import lru_cache
from typing import Any, Literal

from advisor.calculator.docstrings import parse
from advisor.calculator.given import Given
from advisor.models.latency import Distribution

SCALARS: dict[Any, str] = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    datetime.date: "date",
    type(None): "none",
}
LISTS = (
    list,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.Iterable,
    collections.abc.Collection,
    collections.abc.Set,
)
STRUCTURES = "advisor.models.reliability_structure"
MAPPINGS = (dict, collections.abc.Mapping)
NAMED = 4  # a mapping with so many keys is called by them, a larger one by its name
_PLURALS = {"whole number": "whole numbers", "number": "numbers", "text": "texts", "distribution": "distributions"}


def members(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the kind alone.

    >>> members(int | None)
    (<class 'int'>, <class 'NoneType'>)
    """
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return typing.get_args(kind) if union else (kind,)


def is_scalar(kind: Any) -> bool:
    """Return whether a kind is written as one number or word, not as a list or mapping."""
    return kind in SCALARS or typing.get_origin(kind) is Literal


def is_list(kind: Any) -> bool:
    """Return whether a kind is a list of any length of one kind of things.

    >>> is_list(collections.abc.Sequence[int]), is_list(tuple[int, ...]), is_list(tuple[int, float])
    (True, True, False)
    """
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    return origin in LISTS or (origin is tuple and inner[-1:] == (Ellipsis,))


def is_distribution(kind: Any) -> bool:
    """Return whether a kind is a distribution of times, of any or of a certain shape."""
    return isinstance(kind, type) and issubclass(kind, Distribution)


def defaults(kind: Any) -> dict[str, Any]:
    """Return the fields of a record that need not be given, with what they are then.

    >>> from advisor.models.queues_closed import Station
    >>> defaults(Station)
    {'kind': 'queue'}
    """
    if not dataclasses.is_dataclass(kind):
        return dict(kind._field_defaults)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            found[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            found[field.name] = field.default_factory()
    return found


def is_structure(kind: Any) -> bool:
    """Return whether a kind is a tree of named parts, or one of its nodes."""
    return any(getattr(member, "__module__", "") == STRUCTURES for member in members(kind))


def is_record(kind: Any) -> bool:
    """Return whether a kind has named fields: a dataclass or a named tuple. A distribution is none."""
    named = isinstance(kind, type) and (dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"))
    return named and kind is not Given and not is_distribution(kind) and not is_structure(kind)


@lru_cache(maxsize=256)
def fields(kind: Any) -> dict[str, Any]:
    """Return the fields that a mapping gives a record, with their kinds."""
    hints = typing.get_type_hints(kind)
    if not dataclasses.is_dataclass(kind):
        return {name: hints[name] for name in kind._fields}
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}


def writable(kind: Any, inside: tuple[Any, ...] = ()) -> bool:
    """Return whether a text or a YAML value can fill a kind.

    >>> writable(collections.abc.Sequence[tuple[float | None, float]]), writable(collections.abc.Callable[[], int])
    (True, False)
    """
    if kind in SCALARS or kind in (Any, Given) or is_distribution(kind) or is_structure(kind) or kind in inside:
        return True
    if typing.get_origin(kind) is Literal:
        return True
    parts = [part for part in typing.get_args(kind) if part is not Ellipsis]
    if len(members(kind)) > 1:
        return any(writable(part, inside) for part in parts)
    if is_list(kind) or typing.get_origin(kind) in (tuple, *MAPPINGS):
        return all(writable(part, inside) for part in parts)
    if is_record(kind):
        return all(writable(part, (*inside, kind)) for part in fields(kind).values())
    return False


def describe(kind: Any) -> str:
    """Return what people call a kind.

    >>> describe(float | None), describe(collections.abc.Sequence[float]), describe(Literal["queue", "delay"])
    ('number or none', 'list of numbers', 'one of queue, delay')
    """
    if kind in SCALARS:
        return SCALARS[kind]
    if kind is Given or is_structure(kind):
        return "tree"
    if len(members(kind)) > 1:
        return "tree" if Given in members(kind) else " or ".join(describe(part) for part in members(kind))
    if is_distribution(kind):
        return "distribution"
    return _compound(kind)


def _compound(kind: Any) -> str:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in inner)
    if is_list(kind):
        one = describe(inner[0])
        return f"list of {_PLURALS.get(one, one)}"
    if origin is tuple:
        return f"list of ({', '.join(describe(part) for part in inner)})"
    if origin in MAPPINGS:
        return f"mapping of {describe(inner[0])} to {describe(inner[1])}"
    if is_record(kind):
        names = list(fields(kind))
        return f"mapping with {', '.join(names)}" if len(names) <= NAMED else f"mapping ({kind.__name__})"
    return "any value"


def mappings_in(kind: Any) -> list[Any]:
    """Return the records that a kind is or holds: those that are written as mappings."""
    if is_record(kind):
        return [kind, *(found for part in fields(kind).values() for found in mappings_in(part) if found is not kind)]
    found = [inner for part in typing.get_args(kind) if part is not Ellipsis for inner in mappings_in(part)]
    return list(dict.fromkeys(found)) if Given not in members(kind) else []


def result_texts(kind: Any) -> dict[str, str]:
    """Return name -> explanation of the figures that a function of this result type returns, {} for a single number.

    >>> from advisor.models.queues_open import OpenQueue
    >>> result_texts(OpenQueue)["p_wait"], result_texts(float)
    ('probability that a request finds all servers busy.', {})
    """
    if is_distribution(kind):
        return dict.fromkeys(("mean", "p50", "p90", "p95", "p99", "p99.9"), "")
    if not is_record(kind):
        return {}
    texts = parse(kind.__doc__).sections.get("Attributes", {})
    names = [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else kind._fields
    found = {name: texts.get(name, "") for name in names if not name.startswith("_")}
    for name, what in inspect.getmembers(kind, lambda member: isinstance(member, property)):
        if not name.startswith("_"):
            found[name] = texts.get(name) or parse(what.__doc__).summary.removeprefix("Return ")
    return found

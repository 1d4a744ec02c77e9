"""From plain data, as text or YAML gives it, to typed values, by the kind asked for and in the unit of its name."""

from __future__ import annotations

import datetime
import typing
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeVar

from advisor.calculator import kinds
from advisor.calculator.given import Conversion, Given, collected
from advisor.calculator.units import Number, number, unit_of
from advisor.errors import InputError, listing, nearest

T = TypeVar("T")
NOTHING = ("none", "null", "~")


def argument(given: Given, kind: Any, name: str) -> Any:
    """Return a value of a kind from plain data; ``name`` says its unit.

    >>> argument(Given.of("timeout_s", "250ms"), float, "timeout_s")
    0.25
    >>> argument(Given.of("servers", 2.5), int, "servers")
    Traceback (most recent call last):
    advisor.errors.InputError: servers: found 2.5; must be a whole number
    """
    if kinds.is_structure(kind):
        return _structure(given, kind)
    if len(kinds.members(kind)) > 1:
        return _either(given, kind, name)
    if kind in kinds.SCALARS:
        return _number(given, kind, name) if kind in (int, float) else _word(given, kind)
    if kinds.is_distribution(kind):
        return _distribution(given, kind)
    return _compound(given, kind, name)


def _compound(given: Given, kind: Any, name: str) -> Any:
    origin = typing.get_origin(kind)
    if origin is Literal:
        return _literal(given, kind)
    if kinds.is_list(kind):
        return _list(given, kind, name)
    if origin is tuple:
        return _tuple(given, kind, name)
    if origin in kinds.MAPPINGS:
        return _mapping(given, kind, name)
    if kinds.is_record(kind):
        return _record(given, kind)
    return given if kind is Given else given.data


def _either(given: Given, kind: Any, name: str) -> Any:
    """Return the first member of a union that the data fits; the complaint of the likeliest when none does."""
    members = kinds.members(kind)
    if type(None) in members and (given.data is None or given.data in NOTHING):
        return None
    complaints: dict[bool, InputError] = {}
    for member in sorted(members, key=lambda m: m is str):
        if member is type(None) or not kinds.writable(member):
            continue
        try:
            return argument(given, member, name)
        except InputError as error:
            complaints.setdefault(kinds.is_scalar(member), error)
    scalar = not isinstance(given.data, dict | list)
    if scalar in complaints and (len(complaints) == 1 or not scalar):
        raise complaints[scalar]
    raise given.refuse(f"found {given.shown()}; must be {kinds.describe(kind)}")


def _number(given: Given, kind: type, name: str) -> Any:
    what = kinds.describe(kind)
    if isinstance(given.data, bool) or not isinstance(given.data, int | float | str):
        raise given.refuse(f"found {given.shown()}; must be a {what}")
    try:
        found = number(given.data if isinstance(given.data, str) else repr(given.data), unit_of(name))
    except ValueError as error:
        reason = str(error)
        expected = f"; must be a {what}" if reason == "is not a number" else f": {reason}"
        raise given.refuse(f"found {given.shown()}{expected}") from None
    value = _python(found, kind, given)
    if found.unit:
        path = given.problem("").path or name
        given.conversions.append(Conversion(path, str(given.data), value, str(unit_of(name))))
    return value


def _python(found: Number, kind: type, given: Given) -> Any:
    if kind is int:
        if found.value.denominator != 1:
            raise given.refuse(f"found {given.shown()}; must be a whole number")
        return int(found.value)
    try:
        return float(found.value)
    except OverflowError:
        raise given.refuse(f"found {given.shown()}; beyond the largest number that can be held, 1.8e308") from None


def _word(given: Given, kind: Any) -> Any:
    data = given.data
    if kind is bool and isinstance(data, str):
        data = {"true": True, "false": False}.get(data.lower(), data)
    if kind is datetime.date and isinstance(data, str):
        try:
            data = datetime.date.fromisoformat(data)
        except ValueError:
            raise given.refuse(f"found {given.shown()}; must be a date such as 2026-11-22") from None
    if not isinstance(data, kind):
        raise given.refuse(f"found {given.shown()}; must be {kinds.describe(kind)}")
    return data


def _literal(given: Given, kind: Any) -> Any:
    choices = {str(choice): choice for choice in typing.get_args(kind)}
    if str(given.data) not in choices:
        hint = nearest(given.data, choices)
        raise given.refuse(f"found {given.shown()}; must be one of {listing(choices)}{hint}")
    return choices[str(given.data)]


def _list(given: Given, kind: Any, name: str) -> tuple[Any, ...]:
    inner = typing.get_args(kind)[0]
    if not isinstance(given.data, list):
        raise given.refuse(f"found {given.shown()}; must be a {kinds.describe(kind)}, such as [..., ...]")
    found = collected([partial(argument, part, inner, name) for part in given.items()])
    return tuple(found)


def _tuple(given: Given, kind: Any, name: str) -> tuple[Any, ...]:
    inner = typing.get_args(kind)
    if not isinstance(given.data, list) or len(given.data) != len(inner):
        wanted = ", ".join(kinds.describe(part) for part in inner)
        raise given.refuse(f"found {given.shown()}; must be a list of {len(inner)}: [{wanted}]")
    pairs = zip(given.items(), inner, strict=True)
    return tuple(collected([partial(argument, part, one, name) for part, one in pairs]))


def _mapping(given: Given, kind: Any, name: str) -> dict[Any, Any]:
    key_kind, inner = typing.get_args(kind)
    if not isinstance(given.data, dict):
        raise given.refuse(f"found {given.shown()}; must be a {kinds.describe(kind)}, such as {{name: ...}}")
    parts = given.fields()
    keys = collected([partial(argument, replace(part, data=key), key_kind, "") for key, part in parts.items()])
    values = collected([partial(argument, part, inner, name) for part in parts.values()])
    return dict(zip(keys, values, strict=True))


def _record(given: Given, kind: Any) -> Any:
    fields = kinds.fields(kind)
    if not isinstance(given.data, dict):
        raise given.refuse(f"found {given.shown()}; must be a {kinds.describe(kind)}")
    needed = fields.keys() - kinds.defaults(kind).keys()
    problems = [given.problem(f"misses {name}") for name in fields if name in needed - given.data.keys()]
    found = given.fields()
    for key in found.keys() - fields.keys():
        problems.append(found[key].problem(f"is not known here; known: {listing(fields)}{nearest(key, fields)}"))
    given_keys = [key for key in fields if key in found]
    values = collected([partial(argument, found[key], fields[key], key) for key in given_keys], problems)
    return built(given, partial(kind, **dict(zip(given_keys, values, strict=True))))


def built(given: Given, make: Callable[[], T]) -> T:
    """Return what ``make`` returns; its complaint about values becomes one about the place they were given at."""
    try:
        return make()
    except ValueError as error:
        raise given.refuse(str(error)) from None


def _distribution(given: Given, kind: Any) -> Any:
    from advisor.calculator.latency_tree import distribution

    found = distribution(given)
    if not isinstance(found, kind):
        raise given.refuse(f"must be a {kind.__name__.lower()} distribution, found a {type(found).__name__.lower()}")
    return found


def _structure(given: Given, kind: Any) -> Any:
    from advisor.calculator.availability_tree import structure

    found, _ = structure(given)
    if not isinstance(found, kinds.members(kind)):
        raise given.refuse(f"must be {' or '.join(member.__name__ for member in kinds.members(kind))}")
    return found

"""From text or YAML to the arguments of a function, by the types of its parameters.

Nothing is evaluated: a value is a number, a word, or strict YAML of bounded size. Everything that is wrong with a call
is said at once. What was converted from another unit is kept, so that it can be shown.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from advisor import yamlfile
from advisor.calculator import kinds
from advisor.calculator.given import Conversion, Given, collected
from advisor.calculator.registry import Function, Parameter
from advisor.calculator.units import Number, number, unit_of
from advisor.errors import InputError, Problem, listing, nearest

T = TypeVar("T")
LONGEST_TEXT = 100_000
NOTHING = ("none", "null", "~")


@dataclass(frozen=True)
class Call:
    """A function with the arguments that it will be called with.

    Attributes:
        function: what to call.
        arguments: name -> value as Python takes it, in the order of the parameters.
        shown: name -> the same as plain data, defaults included.
        defaults: names of those that were not given.
        notes: a list for each argument, of numbers in it that came in another unit; trees are read while calling.
    """

    function: Function
    arguments: Mapping[str, Any]
    shown: Mapping[str, Any]
    defaults: tuple[str, ...]
    notes: tuple[list[Conversion], ...]

    @property
    def conversions(self) -> list[Conversion]:
        """Return the numbers that came in another unit, each once."""
        found = {one.path: one for notes in self.notes for one in notes}
        return list(found.values())

    def result(self) -> Any:
        """Call the function. Raises :class:`InputError` for what it says about its arguments."""
        plain, many = dict(self.arguments), ()
        for parameter in self.function.parameters:
            if parameter.many:
                many = tuple(plain.pop(parameter.name, ()))
        first = [plain.pop(p.name) for p in self.function.parameters if many and not p.many and p.name in plain]
        try:
            return self.function.call(*first, *many, **plain)
        except InputError:
            raise
        except ValueError as error:
            raise InputError([Problem("", 0, "", str(error))]) from None
        except (ArithmeticError, MemoryError) as error:
            what = f"{type(error).__name__}: {error}".strip(": ")
            message = f"{self.function.name} cannot be computed with these arguments ({what}); are they in range?"
            raise InputError([Problem("", 0, "", message)]) from None


def call_of(function: Function, texts: Sequence[str]) -> Call:
    """Return the call that texts of the form ``name=value`` ask for.

    >>> from advisor.calculator.registry import find
    >>> call_of(find("erlang_b"), ["servers=2", "offered_load_erlang=1"]).result()
    0.2

    Raises:
        InputError: unknown, missing, repeated and ill-typed arguments, all of them.
    """
    written, problems = _pairs(function, texts)
    known = {parameter.name: parameter for parameter in function.parameters}
    problems += [_missing(p) for p in known.values() if p.required and p.name not in written]
    found = collected([partial(_read, known[name], text) for name, text in written.items()], problems)
    read = dict(zip(written, found, strict=True))
    return Call(
        function,
        arguments={name: read[name].value for name in known if name in read},
        shown={name: read[name].shown if name in read else _plain(p.default, None) for name, p in known.items()},
        defaults=tuple(name for name in known if name not in read),
        notes=tuple(read[name].conversions for name in known if name in read),
    )


def _pairs(function: Function, texts: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """Return name -> text of the arguments that exist, and what is wrong with the others."""
    names = [parameter.name for parameter in function.parameters]
    found: dict[str, str] = {}
    problems = []
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            problems.append(Problem("", 0, "", f"found '{text[:40]}'; write NAME=VALUE; names: {_all(names)}"))
        elif name not in names:
            message = f"'{name[:40]}' is not an argument of {function.name}; its arguments: {_all(names)}"
            problems.append(Problem("", 0, "", message + nearest(name, names)))
        elif name in found:
            problems.append(Problem("", 0, name, "is given twice"))
        else:
            found[name] = value
    return found, problems


def _all(names: Sequence[str]) -> str:
    return ", ".join(names)


def _missing(parameter: Parameter) -> Problem:
    unit = f" in {parameter.unit}" if str(parameter.unit) else ""
    text = f": {parameter.text}" if parameter.text else ""
    return Problem("", 0, parameter.name, f"is missing; {kinds.describe(parameter.kind)}{unit}{text}")


@dataclass(frozen=True)
class _Read:
    """An argument: as Python takes it, as plain data, and what was converted in it."""

    value: Any
    shown: Any
    conversions: list[Conversion]


def _read(parameter: Parameter, text: str) -> _Read:
    kind = tuple[parameter.kind, ...] if parameter.many else parameter.kind  # type: ignore[name-defined]
    given = _given(parameter.name, text.strip(), kind)
    value = argument(given, kind, parameter.name)
    return _Read(value, _plain(value, given), given.conversions)


def _given(name: str, text: str, kind: Any) -> Given:
    """Return the plain data that the text of an argument stands for."""
    if len(text) > LONGEST_TEXT:
        raise InputError([Problem("", 0, name, f"is longer than {LONGEST_TEXT} characters; put it into a file: @FILE")])
    if text.startswith("@") and kind is not str:
        document = yamlfile.load(Path(text[1:]), text[1:])
        return Given(document.data, document)
    if text.startswith(("[", "{")) and kind is not str:
        try:
            return Given.of(name, yamlfile.parse(text).data)
        except InputError as error:
            found = [Problem("", 0, ".".join(filter(None, (name, p.path))), p.message) for p in error.problems]
            raise InputError(found) from None
    if any(kinds.is_list(member) for member in kinds.members(kind)):
        return Given.of(name, [part.strip() for part in text.split(",")] if text else [])
    return Given.of(name, text)


def argument(given: Given, kind: Any, name: str) -> Any:
    """Return a value of a kind from plain data; ``name`` says its unit.

    >>> argument(Given.of("timeout_s", "250ms"), float, "timeout_s")
    0.25
    >>> argument(Given.of("servers", 2.5), int, "servers")
    Traceback (most recent call last):
    advisor.errors.InputError: servers: found 2.5; must be a whole number
    """
    if len(kinds.members(kind)) > 1:
        return _either(given, kind, name)
    if kind in (int, float):
        return _number(given, kind, name)
    if kind in kinds.SCALARS:
        return _word(given, kind)
    if kind is Given:
        return given
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
    if dataclasses.is_dataclass(kind):
        return _dataclass(given, kind)
    return given.data


def _either(given: Given, kind: Any, name: str) -> Any:
    """Return the first member of a union that the data fits; the last one's complaint when none does."""
    members = kinds.members(kind)
    if type(None) in members and (given.data is None or given.data in NOTHING):
        return None
    complaints = []
    for member in sorted(members, key=lambda m: m is str):
        if member is type(None) or not kinds.writable(member):
            continue
        try:
            return argument(given, member, name)
        except InputError as error:
            complaints.append(error)
    if len(complaints) == 1:
        raise complaints[0]
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
    keys = collected([partial(argument, Given.of(str(key), key), key_kind, name) for key in given.data])
    values = collected([partial(argument, part, inner, name) for part in given.fields().values()])
    return dict(zip(keys, values, strict=True))


def _dataclass(given: Given, kind: Any) -> Any:
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


def _plain(value: Any, given: Given | None) -> Any:
    """Return an argument as data that JSON can hold: as read where that is plain, else as it was given."""
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        parts = given.items() if given and isinstance(given.data, list) else [None] * len(value)
        return [_plain(part, inner) for part, inner in zip(value, parts, strict=True)]
    if isinstance(value, Mapping):
        return {str(key): _plain(part, None) for key, part in value.items()}
    return given.data if given else repr(value)

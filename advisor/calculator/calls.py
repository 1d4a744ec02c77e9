"""A call of a model function, from texts of the form NAME=VALUE.

Nothing is evaluated: a value is a number, a word, or strict YAML of bounded size. Everything that is wrong with a call
is said at once. What was converted from another unit is kept, so that it can be shown.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from advisor import yamlfile
from advisor.calculator import kinds
from advisor.calculator.complaints import complaints
from advisor.calculator.given import Conversion, Given, collected
from advisor.calculator.registry import Function, Parameter
from advisor.calculator.values import argument
from advisor.errors import InputError, Problem, nearest

LONGEST_TEXT = 100_000


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
        """Call the function. Raises :class:`InputError` for all that it says about its arguments."""
        try:
            return self._called(self.arguments)
        except InputError:
            raise
        except ValueError as error:
            texts = complaints(self.function, self.arguments, self._called) or [str(error)]
            raise InputError([Problem("", 0, "", text) for text in texts]) from None
        except (ArithmeticError, MemoryError) as error:
            what = f"{type(error).__name__}: {error}".strip(": ")
            message = f"{self.function.name} cannot be computed with these arguments ({what}); are they in range?"
            raise InputError([Problem("", 0, "", message)]) from None

    def _called(self, arguments: Mapping[str, Any]) -> Any:
        plain, many = dict(arguments), ()
        for parameter in self.function.parameters:
            if parameter.many:
                many = tuple(plain.pop(parameter.name, ()))
        first = [plain.pop(p.name) for p in self.function.parameters if many and not p.many and p.name in plain]
        return self.function.call(*first, *many, **plain)


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
    lists = [kinds.is_list(member) for member in kinds.members(kind)]
    if all(lists) or (any(lists) and "," in text):
        return Given.of(name, [part.strip() for part in text.split(",")] if text else [])
    return Given.of(name, text)


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

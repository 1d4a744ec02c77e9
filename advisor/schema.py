"""Strict records (pydantic), and their validation errors as problems with line, path, found, allowed and nearest."""

from __future__ import annotations

import copy
import datetime
import types
import typing
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from advisor.errors import InputError, Problem, listing, nearest
from advisor.yamlfile import Document, unfit

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Base of every record read from a file: unknown keys are errors, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=False)


def build(model: type[M], document: Document, path: tuple[str | int, ...] = ()) -> M:
    """Return ``model`` built from ``document``; raise :class:`InputError` with every problem found."""
    data = document.data
    for part in path:
        data = data[part]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InputError(problems(error, model, document, path)) from None


def salvage(model: type[M], document: Document, stand_ins: dict[str, Any]) -> tuple[M | None, list[Problem]]:
    """Return (record, problems): the record without the parts that are wrong, so that the rest can be checked too.

    ``stand_ins``: values for keys of the top level that are missing or wrong and cannot be left out. None when what is
    left is still no record.
    """
    data = copy.deepcopy(document.data)
    found: list[Problem] = []
    for _ in range(4):
        try:
            return model.model_validate(data), found
        except ValidationError as error:
            known = tuple(problem.path for problem in found)
            found += [p for p in problems(error, model, document) if not any(k.startswith(p.path) for k in known)]
            for item in error.errors(include_url=False):
                _drop(data, tuple(part for part in item["loc"] if part != "[key]"))
        data = {**stand_ins, **data}
    return None, found


def _drop(data: Any, location: tuple[str | int, ...]) -> None:
    """Remove what stands at a place, or the nearest thing above it that is there."""
    for length in range(len(location), 0, -1):
        holder = data
        for part in location[: length - 1]:
            holder = holder[part] if _has(holder, part) else None
        if _has(holder, location[length - 1]):
            del holder[location[length - 1]]
            return


def _has(holder: Any, part: str | int) -> bool:
    if isinstance(holder, dict):
        return part in holder
    return isinstance(holder, list) and isinstance(part, int) and part < len(holder)


def problems(
    error: ValidationError, model: type[BaseModel], document: Document, prefix: tuple[str | int, ...] = ()
) -> list[Problem]:
    """Return one :class:`Problem` for each finding of a pydantic validation."""
    found = []
    for item in error.errors(include_url=False):
        location = tuple(part for part in item["loc"] if part != "[key]")
        message = _message(item, model, location)
        found.append(document.problem((*prefix, *location), message))
    return found


def _message(item: Any, model: type[BaseModel], location: tuple[str | int, ...]) -> str:
    kind, context, value = item["type"], item.get("ctx", {}), item.get("input")
    if kind == "extra_forbidden":
        allowed = _keys(model, location[:-1])
        return f"is not a known key; allowed: {listing(allowed, 20)}{nearest(location[-1], allowed)}"
    if kind == "missing":
        return "is missing and has no default"
    if kind == "literal_error":
        names = [name.strip("'") for name in context["expected"].replace(" or ", ", ").split(", ")]
        return f"found {shown(value)}; allowed: {listing(names, 20)}{nearest(value, names)}"
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", item["msg"]))
    why = f", {reason}" if isinstance(value, str) and kind != "string_type" and (reason := unfit(value)) else ""
    if kind == "model_type" and (words := getattr(_at(model, location), "expected", None)):
        return f"found {shown(value)}{why}; {words} is expected"
    return f"found {shown(value)}{why}; {_allowed(kind, context, item['msg'])}"


def _allowed(kind: str, context: dict[str, Any], message: str) -> str:
    bounds = {
        "greater_than": "must be greater than {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than": "must be less than {lt}",
        "less_than_equal": "must be at most {le}",
        "finite_number": "must be a finite number",
        "string_too_short": "must not be empty",
        "string_too_long": "must have at most {max_length} characters",
        "too_short": "must have at least {min_length} entries",
        "too_long": "must have at most {max_length} entries",
        "string_pattern_mismatch": "must match {pattern}",
    }
    expected = {
        "float_type": "a number",
        "int_type": "a whole number",
        "string_type": "text",
        "bool_type": "true or false",
        "list_type": "a list",
        "dict_type": "a mapping (key: value)",
        "model_type": "a mapping (key: value)",
        "date_type": "a date (YYYY-MM-DD)",
        "int_from_float": "a whole number",
    }
    if kind in bounds:
        return bounds[kind].format(**{name: f"{v:g}" if isinstance(v, float) else v for name, v in context.items()})
    return f"{expected[kind]} is expected" if kind in expected else message


def shown(value: Any) -> str:
    """Return a value as it may be repeated in a message: short, on one line.

    >>> shown("x" * 99)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."
    """
    if isinstance(value, BaseModel):
        return "this value"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return "a mapping"
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 41 else text[:38] + "..."


def _at(model: type[BaseModel], location: tuple[str | int, ...]) -> Any:
    """Return the annotation at a place inside ``model``, following fields, lists and mappings."""
    here: Any = model
    for part in location:
        here = _step(_plain(here), part)
    return _plain(here)


def _keys(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are allowed at a place inside ``model``."""
    here = _at(model, location)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [field.alias or name for name, field in here.model_fields.items()]
    return []


def _step(here: Any, part: str | int) -> Any:
    if isinstance(here, type) and issubclass(here, BaseModel):
        for name, field in here.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
        return None
    arguments = typing.get_args(here)
    return arguments[-1] if arguments else None


def _plain(annotation: Any) -> Any:
    """Strip Optional, Annotated and aliases from an annotation."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            kept = [a for a in typing.get_args(annotation) if a is not type(None)]
            annotation = next((a for a in kept if isinstance(a, type) and issubclass(a, BaseModel)), kept[0])
        else:
            return annotation

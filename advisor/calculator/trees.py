"""What latency trees and availability trees share: mappings whose keys are read one by one, all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from advisor.calculator.given import Given, collected
from advisor.calculator.values import argument
from advisor.errors import Problem, nearest

Readers = Mapping[str, Callable[[Given], Any]]
NOTHING_MORE: Readers = MappingProxyType({})


def unknown(given: Given, allowed: tuple[str, ...], elsewhere: tuple[str, ...] = ()) -> list[Problem]:
    """Return a problem for every key that is not allowed; ``elsewhere`` are keys that might have been meant as well.

    >>> [str(problem) for problem in unknown(Given.of("tree", {"seres": []}), ("series", "name"))]
    ["tree.seres: is not known here; known: series, name; did you mean 'series'?"]
    """
    fields = given.fields()
    return [
        fields[key].problem(f"is not known here; known: {', '.join(allowed)}{nearest(key, (*allowed, *elsewhere))}")
        for key in fields
        if key not in allowed
    ]


def read(given: Given, needed: Readers, also: Readers = NOTHING_MORE) -> dict[str, Any]:
    """Return what the readers make of the keys of a mapping.

    Args:
        given: the mapping.
        needed: key -> reader, for keys that must be there.
        also: key -> reader, for keys that may be there.

    Raises:
        InputError: no mapping, keys that are missing, keys that are not known, what the readers refuse: all of it.
    """
    readers = {**needed, **also}
    if not isinstance(given.data, dict):
        raise given.refuse(f"found {given.shown()}; must be a mapping with {', '.join(readers)}")
    problems = unknown(given, tuple(readers))
    problems += [given.problem(f"misses {key}") for key in needed if key not in given.data]
    fields = given.fields()
    keys = [key for key in readers if key in fields]
    return dict(zip(keys, collected([partial(readers[key], fields[key]) for key in keys], problems), strict=True))


def real(name: str) -> Callable[[Given], float]:
    """Return a reader of numbers in the unit of a name."""
    return lambda given: argument(given, float, name)


def word(*allowed: str) -> Callable[[Given], str]:
    """Return a reader of one of some words, or of any when none are given."""

    def read_word(given: Given) -> str:
        value: str = argument(given, str, "")
        if allowed and value not in allowed:
            raise given.refuse(f"found {given.shown()}; must be one of {', '.join(allowed)}{nearest(value, allowed)}")
        return value

    return read_word


def count(most: int) -> Callable[[Given], int]:
    """Return a reader of whole numbers from 1 to ``most``."""
    return lambda given: whole(given, most)


def whole(given: Given, most: int) -> int:
    """Return a whole number from 1 to ``most``."""
    value: int = argument(given, int, "")
    if not 1 <= value <= most:
        raise given.refuse(f"found {value}; must be a whole number from 1 to {most}")
    return value

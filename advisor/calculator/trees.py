"""What latency trees and availability trees share: keys that must be there or must not, small whole numbers."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.calculator.given import Given, collected
from advisor.calculator.values import argument
from advisor.errors import Problem, nearest


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


def inside(given: Given, key: str, allowed: Mapping[str, bool]) -> dict[str, Given]:
    """Return the parts of the mapping behind a key; ``allowed`` says which of them must be there.

    Raises:
        InputError: no mapping, keys that are missing, keys that are not known.
    """
    inner = given.fields()[key] if key else given
    if not isinstance(inner.data, dict):
        raise inner.refuse(f"found {inner.shown()}; must be a mapping with {', '.join(allowed)}")
    missing = [name for name, needed in allowed.items() if needed and name not in inner.data]
    collected([], [*unknown(inner, tuple(allowed)), *(inner.problem(f"misses {name}") for name in missing)])
    return inner.fields()


def whole(given: Given, name: str, most: int) -> int:
    """Return a whole number from 1 to ``most``."""
    value: int = argument(given, int, name)
    if not 1 <= value <= most:
        raise given.refuse(f"found {value}; must be a whole number from 1 to {most}")
    return value

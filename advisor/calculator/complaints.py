"""Everything that a model function has against its arguments, although it stops at the first that is out of range."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from advisor.calculator.examples import arguments
from advisor.calculator.registry import Function

_OUT_OF_RANGE = re.compile(r"(\w+) must (?:be greater|be at least|be a whole|lie )")


def complaints(function: Function, given: Mapping[str, Any], call: Callable[[Mapping[str, Any]], Any]) -> list[str]:
    """Return the messages of all arguments that are out of range, the function's own first complaint first.

    An argument that was complained of is replaced by the one of the function's example, and the call is made again.
    A further complaint counts only if the example refuses that argument too when it alone is put in: so nobody is told
    of what only goes wrong beside a replaced value.

    Args:
        call: makes the call with some arguments; raises ``ValueError`` with the complaint.
    """
    valid = arguments(function)
    found: list[str] = []
    tried = dict(given)
    while (message := _complaint(call, tried)) is not None:
        name = _named(message, given)
        alone = valid is not None and _complaint(call, {**valid, name: given[name]}) if name else None
        if found and (not name or not alone or _named(alone, given) != name):
            break
        found.append(message)
        if not name or valid is None or name not in valid:
            break
        tried[name] = valid[name]
        given = {key: value for key, value in given.items() if key != name}
    return found


def _named(message: str, given: Mapping[str, Any]) -> str:
    """Return the argument that a message says is out of range, "" when it says something else."""
    match = _OUT_OF_RANGE.match(message)
    return match[1] if match and match[1] in given else ""


def _complaint(call: Callable[[Mapping[str, Any]], Any], given: Mapping[str, Any]) -> str | None:
    try:
        call(given)
    except ValueError as error:
        return str(error)
    except (ArithmeticError, TypeError, MemoryError):
        return None
    return None

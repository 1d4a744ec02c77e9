"""The letters of a formula and the arguments that they stand for, read from the docstring."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from advisor.calculator.registry import Function

_WORD = re.compile(r"[A-Za-z_]\w*")
_GREEK = "lambda|mu|rho|sigma|theta|alpha|beta|gamma|delta"
# A letter (with a digit, perhaps) or a Greek name that a text introduces: at its start, or right before its range.
_SYMBOL = re.compile(rf"(?:(?<=^)|(?<= ))({_GREEK}|[A-Za-z]\d?|[A-Za-z][a-z])(?=,| ?>| ?<| ?=| in [\[(])")


def symbols(function: Function) -> dict[str, str]:
    """Return symbol -> argument for the arguments that the formula writes with another name.

    >>> from advisor.calculator.registry import find
    >>> symbols(find("mmc"))
    {'lambda': 'arrival_rate_per_s', 's': 'service_time_s', 'c': 'servers'}
    """
    used = set(_WORD.findall(" ".join(function.doc.formula)))
    found: dict[str, str] = {}
    for parameter in function.parameters:
        named = next((s for s in _SYMBOL.findall(parameter.text) if s in used), None)
        symbol = parameter.name if parameter.name in used else named
        if symbol and symbol not in found:
            found[symbol] = parameter.name
    return found


def substituted(function: Function, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return symbol -> value for the numbers among the arguments that the formula uses.

    >>> from advisor.calculator.registry import find
    >>> substituted(find("erlang_c"), {"servers": 2, "offered_load_erlang": 1.0})
    {'c': 2, 'a': 1.0}
    """
    return {
        symbol: shown[name]
        for symbol, name in symbols(function).items()
        if isinstance(shown.get(name), int | float) and not isinstance(shown[name], bool)
    }

"""The examples of a docstring as command lines: only calls whose arguments are plain literals."""

from __future__ import annotations

import ast
import doctest
import json
import shlex
from collections.abc import Iterator
from typing import Any

from advisor.calculator.registry import Function, callable_functions


def command_lines(function: Function) -> list[str]:
    """Return the calls of a function's examples as command lines, those with plain arguments.

    >>> from advisor.calculator.registry import find
    >>> command_lines(find("erlang_c"))
    ['advisor model erlang_c servers=2 offered_load_erlang=1.0']
    """
    lines = (_line(function, call) for call in calls(function))
    return list(dict.fromkeys(line for line in lines if line))


def arguments(function: Function) -> dict[str, Any] | None:
    """Return the arguments of a function's first example that has only plain ones: values that are known to be valid.

    >>> from advisor.calculator.registry import find
    >>> arguments(find("erlang_c"))
    {'servers': 2, 'offered_load_erlang': 1.0}
    """
    for call in calls(function):
        try:
            if given := _arguments(function, call):
                return given
        except ValueError:
            continue
    return None


def calls(function: Function) -> Iterator[ast.Call]:
    """Yield the calls of a function in its examples, outermost and as written."""
    for example in doctest.DocTestParser().get_examples(function.call.__doc__ or ""):
        for node in ast.walk(ast.parse(example.source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name:
                yield node


def _line(function: Function, call: ast.Call) -> str:
    """Return a call as a command line, "" when an argument is not a literal or there is none."""
    try:
        given = _arguments(function, call)
    except ValueError:
        return ""
    if not given:
        return ""
    words = [shlex.quote(f"{name}={_text(value)}") for name, value in given.items()]
    return " ".join(["advisor", "model", shortest(function), *words])


def _arguments(function: Function, call: ast.Call) -> dict[str, Any]:
    values = [ast.literal_eval(node) for node in call.args]
    given: dict[str, Any] = {}
    for parameter in function.parameters:
        if parameter.many:
            given[parameter.name], values = values, []
        elif values:
            given[parameter.name] = values.pop(0)
    return given | {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}


def _text(value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(part, int | float) for part in value):
        return ",".join(map(str, value))
    return json.dumps(value) if isinstance(value, list | tuple | dict) else "none" if value is None else str(value)


def shortest(function: Function) -> str:
    """Return the function's name, with its module only when others have the same name."""
    same = [other for other in callable_functions().values() if other.name == function.name]
    return function.name if len(same) == 1 else function.qualified

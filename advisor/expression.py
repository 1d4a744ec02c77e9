"""Arithmetic over named parameters, for blueprints: ``documents * chunks_per_document / 1e9``.

Only numbers, names, ``+ - * / ( )`` and ``min``, ``max``, ``ceil``. Text from strangers never reaches ``eval``: the
expression is parsed to a syntax tree of which only these nodes are accepted.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 300
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")

_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "ceil": math.ceil}


@dataclass(frozen=True)
class Expression:
    """A parsed expression: its text and the parameter names it uses, in order of appearance."""

    text: str
    names: tuple[str, ...]

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Return the value for the given parameters. Raises ``ValueError`` for a missing name or no finite result.

        >>> parse("ceil(chunks / 32) + 1").evaluate({"chunks": 33})
        3.0
        """
        result = _value(_tree(self.text), values)
        if not math.isfinite(result):
            raise ValueError(f"'{self.text}' has no finite value")
        return result

    def with_numbers(self, values: Mapping[str, float]) -> str:
        """Return the expression with its numbers put in, for people who check.

        >>> parse("documents * 4 / 1e9").with_numbers({"documents": 1_200_000.0})
        '1 200 000 × 4 / 1e9'
        >>> parse("requests * tokens").with_numbers({"requests": 8_960_000.0, "tokens": 2_900.0})
        '8 960 000 × 2 900'
        """

        def number(found: re.Match[str]) -> str:
            value = values.get(found[0])
            if value is None:
                return found[0]
            return (f"{value:,.6g}" if value < 1e6 else f"{value:,.0f}").replace(",", " ")

        return _NAME.sub(number, self.text).replace("*", "×")


def parse(text: str | float) -> Expression:
    """Return the expression of a text or a number. Raises ``ValueError`` that says what is not allowed.

    >>> parse("a.b")
    Traceback (most recent call last):
    ValueError: 'a.b': only numbers, names, + - * / ( ) and min, max, ceil are allowed
    """
    return _parsed(str(text))


@lru_cache(maxsize=2048)
def _parsed(text: str) -> Expression:
    names = [node.id for node in ast.walk(_tree(text)) if isinstance(node, ast.Name) and node.id not in _FUNCTIONS]
    return Expression(text, tuple(dict.fromkeys(names)))


@lru_cache(maxsize=2048)
def _tree(text: str) -> ast.expr:
    refusal = ValueError(f"{text[:60]!r}: only numbers, names, + - * / ( ) and min, max, ceil are allowed")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"an expression may have {MAX_LENGTH} characters, this one has {len(text)}")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise refusal from None
    if not all(_allowed(node) for node in ast.walk(tree)):
        raise refusal
    return tree


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and bool(node.args) and not node.keywords
    return isinstance(node, ast.BinOp | ast.Name | ast.Load | ast.UnaryOp | ast.USub | ast.operator) and not isinstance(
        node,
        ast.Pow | ast.Mod | ast.FloorDiv | ast.MatMult | ast.LShift | ast.RShift | ast.BitAnd | ast.BitOr | ast.BitXor,
    )


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant():
            return float(node.value)  # type: ignore[arg-type]
        case ast.Name():
            if node.id not in values:
                raise ValueError(f"unknown parameter '{node.id}'")
            return float(values[node.id])
        case ast.UnaryOp():
            return -_value(node.operand, values)
        case ast.BinOp():
            try:
                return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
            except ZeroDivisionError:
                raise ValueError("division by zero") from None
        case ast.Call():
            assert isinstance(node.func, ast.Name)
            try:
                return float(_FUNCTIONS[node.func.id](*(_value(argument, values) for argument in node.args)))
            except OverflowError:
                raise ValueError("has no finite value") from None
    raise ValueError("not an expression")

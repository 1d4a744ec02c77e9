"""Shares on the command line, ``10%`` or ``0.1``, and numbers that have to be numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Type = click.ParamType[float]
else:
    _Type = click.ParamType  # generic for the type checker only; older click is not subscriptable


class Share(_Type):
    """A share from 0 to ``most``, in percent or as a fraction.

    >>> Share().convert("10%", None, None), Share().convert("0.1", None, None)
    (0.1, 0.1)
    """

    name = "share"

    def __init__(self, most: float = 1.0) -> None:
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share as a fraction, or fail with what is allowed."""
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = math.nan
        if not 0 <= share <= self.most:
            self.fail(f"'{value}' is not a share from 0 to {self.most:.0%}; write it as 10% or 0.1", param, ctx)
        return share


class Number(_Type):
    """A finite number of at least 0: with ``most`` up to that, with ``above`` not 0 itself.

    >>> Number().convert("2e4", None, None), Number(1, above=True).convert("0.95", None, None)
    (20000.0, 0.95)
    """

    name = "number"

    def __init__(self, most: float | None = None, *, above: bool = False) -> None:
        self.most, self.above = most, above

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail with what is allowed; infinity, and what is no number, are none."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        inside = number > 0 if self.above else number >= 0
        if not inside or math.isinf(number) or (self.most is not None and number > self.most):
            least = "above 0" if self.above else "of 0 or more"
            most = "" if self.most is None else f", at most {self.most:g}"
            self.fail(f"'{value}' is not a number {least}{most}", param, ctx)
        return number

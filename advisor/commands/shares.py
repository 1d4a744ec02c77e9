"""Shares on the command line: ``10%`` or ``0.1``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _ShareType = click.ParamType[float]
else:
    _ShareType = click.ParamType  # generic for the type checker only; older click is not subscriptable


class Share(_ShareType):
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

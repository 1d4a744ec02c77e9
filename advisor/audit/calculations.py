"""Calculations that stand in words: "2 x t3.medium @ $0.0416/hr x 730h", "500 GB at $0.023/GB"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisor.audit import numbers
from advisor.audit.numbers import Number

_TIMES_SIGN = re.compile(r"\s*[×*@]\s*|\s+x\s+|(?<=\d)x\s+|\s+at\s+(?=[$€£]?\s*\d)")
_RATE = re.compile(r"\s*(/|per\b)")
_STRAY = re.compile(r"(?<![\w.])\d[\d.,]*(?![\w.])")  # a number by itself, not part of a name such as t3.medium


@dataclass(frozen=True)
class Calculation:
    """A price and the figures that it is multiplied by; ``complete`` when no figure of the text is left over."""

    price: Number
    figures: tuple[Number, ...]
    complete: bool


def calculations(text: str) -> tuple[Calculation, ...]:
    """Read a calculation in words: one product, or a sum of products; nothing when it is none.

    The price is the figure with a currency; where none has one, the figure that is per something.

    >>> (found,) = calculations("2 vCPU × 730 hrs × $0.000024/vCPU-sec = $126.14")
    >>> found.price.text, [number.value for number in found.figures]
    ('$0.000024/vCPU-sec', [2.0, 730.0])
    >>> [number.value for number in calculations("2 x t3.medium @ 0.0416/hr x 730h")[0].figures]
    [2.0, 730.0]
    >>> [number.value for number in calculations("GPU node (4 × $2.50/hr × 730 h)")[0].figures]
    [4.0, 730.0]
    >>> len(calculations("2 × $5 + 3 × $7")), calculations("4 vCPU, 16 GB")
    (2, ())
    """
    found = [read for part in (*re.findall(r"\(([^()]*)\)", text), text) if (read := _terms(part))]
    whole = [read for read in found if all(term.complete for term in read)]
    return next(iter(whole or found), ())


def _terms(text: str) -> tuple[Calculation, ...]:
    terms = [_read(term) for term in re.split(r"\s\+\s", text.partition("=")[0].strip())]
    found = tuple(term for term in terms if term is not None)
    several = len(found) > 1 or any(term.figures for term in found)
    return found if len(found) == len(terms) and several else ()


def _read(text: str) -> Calculation | None:
    parts = [part.strip(" ()") for part in _TIMES_SIGN.split(text) if part.strip(" ()")]
    read = [numbers.read(part) for part in parts]
    figures = [cell for cell in read if isinstance(cell, Number)]
    words = [part for part, cell in zip(parts, read, strict=True) if not isinstance(cell, Number)]
    prices = [cell for cell in figures if cell.currency] or [cell for cell in figures if _RATE.match(cell.rest)]
    if len(prices) != 1 or any(numbers.currency(word) for word in (*words, prices[0].rest)):
        return None
    complete = not any(_STRAY.search(word) for word in words)
    return Calculation(prices[0], tuple(cell for cell in figures if cell is not prices[0]), complete)


def is_calculation(text: str) -> bool:
    """Return whether a text multiplies figures.

    >>> is_calculation("$32.40 × 2"), is_calculation("500 GB @ $0.023/GB"), is_calculation("$0.09/GB")
    (True, True, False)
    """
    parts = [part for part in _TIMES_SIGN.split(text.partition("=")[0]) if part.strip()]
    return len(parts) > 1 and any(isinstance(numbers.read(part), Number) for part in parts[1:])

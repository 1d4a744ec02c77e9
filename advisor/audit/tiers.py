"""Tiered prices that stand in words: "first 10 TB at $0.09/GB, then $0.085/GB"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisor.audit import numbers, units
from advisor.audit.numbers import Number

_UP_TO = re.compile(r"\bfirst\s+(?P<up_to>[\d.,]+)\s*(?P<scale>[kKMB](?![A-Za-z]))?\s*(?P<unit>[A-Za-z]*)")
_THEN = re.compile(r"\b(?:then|next|above|over|after\w*|beyond|rest|remaining)\b[^$€£\d]*[$€£]\s*(?P<price>[\d.]+)")
_PRICE = re.compile(r"[$€£]\s*(?P<price>[\d.]+)\s*(?P<per>(?:/|per\b)\s*[\w ]+?)?(?=\s+(?:first|for|up)\b|[,;]|$)")


@dataclass(frozen=True)
class Tiers:
    """Two tiers: ``low_price`` up to ``up_to`` of the price's unit, ``high_price`` beyond."""

    up_to: float
    low_price: float
    high_price: float
    text: str

    def average(self, quantity: float) -> float:
        """Return the price of one, on average over a quantity.

        >>> Tiers(10_000, 0.09, 0.085, "").average(20_000)
        0.0875
        """
        if quantity <= self.up_to:
            return self.low_price
        return (self.up_to * self.low_price + (quantity - self.up_to) * self.high_price) / quantity


def has_tiers(text: str) -> bool:
    """Return whether a text states where one tier ends and another price begins."""
    return bool(_UP_TO.search(text) and _THEN.search(text))


def first_price(text: str) -> Number | None:
    """Return the price of the first tier that a text states, None when it states none.

    >>> first_price("first 10 TB at $0.09/GB, then $0.085/GB").text
    '$0.09/GB'
    """
    found = _PRICE.search(text) if has_tiers(text) else None
    number = numbers.read(found[0].strip()) if found else None
    return number if isinstance(number, Number) else None


def tiers(text: str, price: Number, per: units.Unit) -> Tiers | None:
    """Read two tiers, None when a text states none.

    Args:
        text: of a price cell or a note.
        price: the price of the line's own cell, for notes that state only where it ends.
        per: what the price is per; the tier's end is converted to it, a TB as 1 000 GB.

    >>> price = numbers.read("$0.09/GB")
    >>> found = tiers("first 10 TB at $0.09/GB, then $0.085/GB", price, units.denominators("/GB"))
    >>> found.up_to, found.low_price, found.high_price
    (10000.0, 0.09, 0.085)
    """
    up_to, then = _UP_TO.search(text), _THEN.search(text)
    if up_to is None or then is None:
        return None
    end = numbers.read(up_to["up_to"] + (up_to["scale"] or ""))
    first = _PRICE.search(text[: then.start()])
    if not isinstance(end, Number):
        return None
    low = float(first["price"]) if first and first["price"].count(".") <= 1 else price.value
    unit = units.parse(up_to["unit"])
    scale = unit.scale
    if unit.size and per.size:
        scale *= 1000.0 ** (units.step(unit.size) - units.step(per.size))
    return Tiers(end.value * scale, low, float(then["price"].rstrip(".")), text)

"""What a derivation is: a value, its formula, the formula with the numbers in it, and what the numbers come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.catalog.model import Provenance


@dataclass(frozen=True)
class Derivation:
    """How a value comes about.

    Attributes:
        name: what it is, a metric's path or words.
        value, unit: None where it is not a number.
        formula: in names; "" for what is stated and not computed.
        numbers: the formula with its numbers, arithmetic of ``+ - × / ^ ( ) exp ln`` that gives the value; "" where
            the formula is not arithmetic (a percentile of a sum).
        note: what is assumed or how it was computed.
        source: basis, source and date of a stated figure.
        parts: what the numbers come from.
    """

    name: str
    value: float | None
    unit: str
    formula: str = ""
    numbers: str = ""
    note: str = ""
    source: str = ""
    parts: tuple[Derivation, ...] = ()

    def walk(self) -> Iterator[Derivation]:
        """Yield this derivation and everything that it comes from, parents first."""
        yield self
        for part in self.parts:
            yield from part.walk()


def plain(value: float) -> str:
    """Return a number with enough digits to compute with, thousands apart.

    >>> plain(1234567.0), plain(0.000123456789), plain(3.0), plain(0.99995)
    ('1 234 567', '0.000123456789', '3', '0.99995')
    """
    text = f"{value:.10g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa} × 10^{int(exponent)}" if int(exponent) > 0 else f"{mantissa} × 10^({int(exponent)})"
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}".replace(",", " ") + point + rest if whole not in ("-0", "0") else text


def total(name: str, value: float, unit: str, parts: Sequence[Derivation], formula: str) -> Derivation:
    """Return the derivation of a sum of its parts."""
    numbers = " + ".join(plain(part.value or 0.0) for part in parts) or "0"
    return Derivation(name, value, unit, formula, numbers, parts=tuple(parts))


def product(name: str, value: float, unit: str, parts: Sequence[Derivation], formula: str) -> Derivation:
    """Return the derivation of a product of its parts."""
    numbers = " × ".join(plain(1.0 if part.value is None else part.value) for part in parts) or "1"
    return Derivation(name, value, unit, formula, numbers, parts=tuple(parts))


def stated(name: str, value: float, unit: str, figure: Provenance) -> Derivation:
    """Return a figure of the catalog with where it is from."""
    return Derivation(name, value, unit, note=figure.reasoning or figure.conditions or "", source=origin(figure))


def origin(figure: Provenance) -> str:
    """Return basis, source and date of a figure.

    >>> from advisor.catalog.model import Figure
    >>> import datetime
    >>> origin(Figure(value=1.0, basis="sla", source="aws_sla", checked=datetime.date(2026, 11, 21)))
    'sla, aws_sla, checked 2026-11-21'
    """
    return ", ".join(
        filter(None, [figure.basis.replace("_", " "), figure.source, f"checked {figure.checked.isoformat()}"])
    )

"""Factors, and the products and sums of them that a line of a cost table may be read as."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from advisor.audit.interval import Interval, exactly
from advisor.audit.interval import product as multiplied
from advisor.audit.numbers import Number, read
from advisor.audit.tiers import Tiers


@dataclass(frozen=True)
class Factor:
    """One factor of a line: what it is, in words, as printed and as an interval.

    ``kind`` is one of price, quantity, count, hours, days, months, size, scale, period, text.
    """

    kind: str
    words: str
    exact: Interval
    wide: Interval
    unstated: str = ""
    text: str = ""
    tiers: Tiers | None = None
    header: str = ""


@dataclass(frozen=True)
class Reading:
    """One way to read a line; its value is the product of the factors and what is added to it.

    Attributes:
        factors: of the first product.
        added: further products, each with its own factors; what is deducted has a negative one.
        sizes: units of size that occur.
        timed: whether the amount covers a period that is stated.
        period: the months that the amount is taken to cover.
        worked: whether it stands as a calculation in the row's text.
        open: whether what the price is per is not counted, so that no slip can explain the amount.
        complete: whether the row states everything that is needed, so that nothing is left to ask for.
    """

    factors: tuple[Factor, ...]
    sizes: tuple[str, ...] = ()
    timed: bool = False
    added: tuple[tuple[Factor, ...], ...] = ()
    period: float = 1.0
    worked: bool = False
    open: bool = False
    complete: bool = False

    @property
    def exact(self) -> Interval:
        """The value with every printed figure taken as it stands."""
        return _sum(self.product, (multiplied(f.exact for f in factors) for factors in self.added))

    @property
    def wide(self) -> Interval:
        """The value with every printed figure standing for all that would be printed like it."""
        first = multiplied(factor.wide for factor in self.factors)
        return _sum(first, (multiplied(f.wide for f in factors) for factors in self.added))

    @property
    def product(self) -> Interval:
        """The first product by itself, with every printed figure taken as it stands."""
        return multiplied(factor.exact for factor in self.factors)

    @property
    def every(self) -> tuple[Factor, ...]:
        """The factors of all products."""
        return (*self.factors, *(factor for factors in self.added for factor in factors))

    @property
    def unstated(self) -> tuple[str, ...]:
        """The conventions that the table does not state."""
        return tuple(dict.fromkeys(factor.unstated for factor in self.every if factor.unstated))

    @property
    def formula(self) -> str:
        """The factors with their numbers."""
        return " + ".join(" × ".join(factor.words for factor in f) for f in (self.factors, *self.added))

    def factor(self, kind: str) -> Factor | None:
        """Return the first factor of a kind."""
        return next((factor for factor in self.factors if factor.kind == kind), None)

    def views(self) -> Iterator[Reading]:
        """Yield the reading with each of its products in turn as the first, so that each can be looked at alike."""
        products = (self.factors, *self.added)
        for i, factors in enumerate(products):
            yield replace(self, factors=factors, added=(*products[:i], *products[i + 1 :]))


def _sum(first: Interval, others: Iterable[Interval]) -> Interval:
    for other in others:
        first = first + other
    return first


def is_approximate(factor: Factor) -> bool:
    """Return whether a factor is printed as an approximation."""
    number = read(factor.text) if factor.text else None
    return isinstance(number, Number) and number.approximate


def fixed(kind: str, words: str, value: float, unstated: str = "", text: str = "") -> Factor:
    """Return a factor that is exact."""
    return Factor(kind, words, exactly(value), exactly(value), unstated, text)


def printed(kind: str, number: Number, words: str) -> Factor:
    """Return a factor that is printed; a plain integer is exact unless it is a price."""
    wide = number.exact if number.whole and kind != "price" else number.interval
    return Factor(kind, words, number.exact, wide, text=number.text)

"""Prices and amounts of a line of a cost table, in the units that cells, headers and the column of units state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from advisor.audit import numbers, units
from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.numbers import Number, Unknown
from advisor.audit.tiers import Tiers, first_price
from advisor.audit.units import Unit

CENT = "US cent"
OF_THE_PRICE = re.compile(r"\s*(?:/|per\b)", re.IGNORECASE)
GENERIC = {
    *("price", "cost", "rate", "unit", "per", "usd", "eur", "gbp", "list", "total", "fee", "charge", "amount"),
    *("monthly", "month", "mo", "year", "day", "of", "in", "for", "the", "a", "an", "each", "used", "usage"),
    *("million", "m", "k", "thousand", "number", "qty", "quantity", "count"),
}  # words that do not tell two columns apart


@dataclass(frozen=True)
class Amount:
    """A figure that a price is multiplied by: its role, the number, its unit, and what its header calls it."""

    kind: str
    number: Number
    unit: Unit
    header: str = ""

    @property
    def names_unit(self) -> bool:
        """Whether cell or header say what it counts."""
        return bool(self.unit) or any(c.isalpha() for c in self.number.rest)


@dataclass(frozen=True)
class Term:
    """One price and the amounts that it multiplies; ``cents`` when it is in cents and the line is not."""

    price: Number
    words: str
    per: Unit
    amounts: tuple[Amount, ...]
    tiers: Tiers | None = None
    cents: bool = False
    header: str = ""


@dataclass(frozen=True)
class Pricing:
    """What a line is priced by: terms that add up.

    Attributes:
        terms: price and amounts, each; the line is their sum.
        worked: whether they stand as a calculation in the row's text.
        complete: whether nothing that the row states is left out of them.
        assumed: what nothing states, where a row may be priced in several ways: which price, which quantities.
    """

    terms: tuple[Term, ...]
    worked: bool = False
    complete: bool = True
    assumed: str = ""

    @property
    def open(self) -> bool:
        """Whether no quantity is stated for what a price is per, or a price cell states more than one price."""
        return any(
            (not t.amounts and _counts_something(t.per)) or _several(t.price) for t in self.terms if t.tiers is None
        )

    @property
    def per(self) -> Unit:
        """What the first price is per."""
        return self.terms[0].per


def _counts_something(per: Unit) -> bool:
    return bool(per.size or per.noun) or per.scale != 1


def _several(number: Number) -> bool:
    """Return whether a cell states more than its first number: another price, or something that is added."""
    return "+" in number.rest or bool(numbers.currency(number.rest))


def column_terms(record: Record, sheet: Sheet, target: Column) -> Iterator[Term]:
    """Yield the prices of a line's columns, each with what it is per; of tiers the first."""
    for column in sheet.all("price"):
        cell = record.cells.get(column.index)
        price = first_price(cell.text) if isinstance(cell, Unknown) else record.number(column)
        if price is not None:
            per = price_per(record, sheet, price, column)
            cents = in_cents(price, column, target, record)
            yield Term(price, _words(price, column), per, (), cents=cents, header=column.header)


def in_cents(price: Number, column: Column, target: Column, record: Record) -> bool:
    """Return whether a price is in cents and the amount that it gives is not."""
    amount = record.number(target)
    paid = (amount.currency if amount else "") or target.currency
    return CENT in (price.currency, column.currency if not price.currency else "") and paid != CENT


def telling_words(header: str) -> set[str]:
    """Return the words that tell columns apart.

    >>> sorted(telling_words("Input $/1M tokens")), sorted(telling_words("price per vCPU-hour"))
    (['input', 'token'], ['hour', 'vcpu'])
    """
    return {units.singular(word) for word in re.findall(r"[a-z]+", header.lower())} - GENERIC


def _words(number: Number, column: Column) -> str:
    unit = "" if number.rest else units_of(column)
    return number.text + (f" {unit}" if unit else "")


def units_of(column: Column) -> str:
    """Return the unit that a header states: what is in parentheses, without the currency."""
    text = column.text or column.header
    found = re.search(r"(?:/|\bper\b).*", text)
    return found[0] if found and column.role == "price" else column.text if column.role != "price" else ""


def price_per(record: Record, sheet: Sheet, price: Number, column: Column) -> Unit:
    """Return what a price is per: from its cell, else its header, else the table's column of units."""
    stated = _stated_per(price, column)
    if stated is not None:
        return stated
    unit = sheet.first("unit")
    return units.denominators(_unit_text(record, unit)) if unit else Unit()


def _stated_per(price: Number, column: Column) -> Unit | None:
    """Return what cell or header say that a price is per, None when they leave it to a column of units."""
    if re.search(r"/|\bper\b", price.rest):
        return units.denominators(price.rest)
    if column.text.startswith("/"):
        return units.denominators(column.text)
    stated = column.text if column.why == "stated" else ""
    header = re.search(r"(?:/|\bper\b).*", f"{column.header} {stated}".lower())
    if header and not re.search(r"per[- ]unit|/ ?unit", header[0]):
        return units.denominators(header[0])
    return Unit(times=("h",)) if re.search(r"hourly", column.header.lower()) else None


def _unit_text(record: Record, column: Column) -> str:
    return numbers.plain(record.row.cells[column.index])


def amounts_of(record: Record, sheet: Sheet) -> Iterator[Amount]:
    """Yield what a line's columns multiply its price by."""
    for column in sheet.all("quantity", "count"):
        number = record.number(column)
        if number is None:
            continue
        unit = units.parse(number.rest)
        if not unit and column.role == "quantity":
            stated = units.parse(units_of(column)) if column.text else header_unit(column)
            shared = sheet.first("unit")
            unit = stated or (_shared(record, shared, sheet) if shared else Unit())
        yield Amount(column.role, number, unit, column.header)


def _shared(record: Record, shared: Column, sheet: Sheet) -> Unit:
    """Return a quantity's unit by the table's column of units; its scale only when the price states its own."""
    text = _unit_text(record, shared)
    unit = _shared_unit(text)
    prices = [(record.number(c), c) for c in sheet.all("price")]
    own = any(number is not None and _stated_per(number, column) is not None for number, column in prices)
    return replace(unit, scale=units.parse(text).scale) if own and not OF_THE_PRICE.match(text) else unit


def _shared_unit(text: str) -> Unit:
    """Return a quantity's unit by the table's column of units; "per hour" is what the price is per, and leaves open
    whether the quantity counts hours or what runs for hours.

    >>> _shared_unit("GB-month").times, _shared_unit("per hour"), _shared_unit("per GB-month").size
    (('month',), Unit(scale=1.0, size='', times=(), per=(), noun=''), 'GB')
    """
    if not OF_THE_PRICE.match(text):
        return replace(units.parse(text), scale=1.0)
    unit = units.denominators(text)
    return replace(unit, scale=1.0, times=unit.times if unit.size else ())


def header_unit(column: Column) -> Unit:
    """Return the unit that the words of a header are: "GB-months", "Minutes", "Requests/day"."""
    unit = units.parse(re.sub(r"\b(month|dai|week|year|hour|annual)ly\b", " ", column.header, flags=re.IGNORECASE))
    times = unit.times if unit.size or "month" not in unit.times or "-" in column.header else ()
    return Unit(size=unit.size, times=times, per=unit.per)


def counted(amounts: Iterable[Amount], per: Unit) -> bool:
    """Return whether it is stated that the amounts count what a price is per."""
    words = {units.singular(word) for word in per.noun.split()}
    listed = list(amounts)
    plain = not (per.noun or per.size or per.scale != 1)
    return plain or any(a.names_unit or telling_words(a.header) & words for a in listed)

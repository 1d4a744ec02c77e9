"""What a line of a cost table is priced by: which price multiplies which quantities, in which units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.audit import numbers, units
from advisor.audit.calculations import calculations
from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.numbers import Number, Unknown
from advisor.audit.tiers import Tiers, first_price, tiers
from advisor.audit.units import Unit

MAX_TERMS = 4
CENT = "US cent"
_OF_THE_PRICE = re.compile(r"\s*(?:/|per\b)", re.IGNORECASE)
_GENERIC = {
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


def _plain(term: Term) -> bool:
    """Return whether the cells of a term say nothing beside their figures and units."""
    rests = (term.price.rest, *(amount.number.rest for amount in term.amounts))
    return not any(mark in rest for rest in rests for mark in "(+,;")


def pricings(record: Record, sheet: Sheet, target: Column) -> list[Pricing]:
    """Return what a line may be priced by: its columns, else a calculation in its text; nothing without a price.

    Several prices that belong to quantities of their own (input and output tokens, vCPU and GB) add up. Several that
    do not are alternatives, each with the header of its price; so is a calculation in words where the columns say
    more than figures and units.
    """
    worked = _from_text(record, sheet, target)
    found = _from_columns(record, sheet, target)
    plain = all(priced.complete and not priced.open and all(map(_plain, priced.terms)) for priced in found)
    return found if found and (plain or not worked) else [*worked, *found]


def _from_columns(record: Record, sheet: Sheet, target: Column) -> list[Pricing]:
    terms = list(_column_terms(record, sheet, target))
    if not terms:
        return []
    amounts = list(_amounts(record, sheet))
    if len(terms) == 1:
        return _with_fewer(terms[0], amounts, record, sheet)
    paired = _paired(terms[:MAX_TERMS], amounts)
    if paired is not None:
        return [paired]
    return [
        replace(_of_one_price(term, amounts, record, sheet), assumed=f"the price of '{term.header}'", complete=False)
        for term in terms[:MAX_TERMS]
    ]


def _column_terms(record: Record, sheet: Sheet, target: Column) -> Iterator[Term]:
    for column in sheet.all("price"):
        cell = record.cells.get(column.index)
        price = first_price(cell.text) if isinstance(cell, Unknown) else record.number(column)
        if price is not None:
            per = price_per(record, sheet, price, column)
            cents = _in_cents(price, column, target, record)
            yield Term(price, _words(price, column), per, (), cents=cents, header=column.header)


def _in_cents(price: Number, column: Column, target: Column, record: Record) -> bool:
    """Return whether a price is in cents and the amount that it gives is not."""
    amount = record.number(target)
    paid = (amount.currency if amount else "") or target.currency
    return CENT in (price.currency, column.currency if not price.currency else "") and paid != CENT


def _with_fewer(term: Term, amounts: Sequence[Amount], record: Record, sheet: Sheet) -> list[Pricing]:
    """Return the pricing by one price, and where a quantity is what the price is per, the one by that alone.

    Minutes do not multiply a price per run beside runs. Requests may multiply a price per token beside tokens, or the
    tokens are those of all requests.
    """
    named = [a for a in amounts if _is_of(a, term.per)]
    others = [a for a in amounts if a not in named and a.kind == "quantity" and not _linked(a, amounts)]
    foreign = [a for a in others if a.unit.size or a.unit.times]
    if not named or not others:
        return [_of_one_price(term, amounts, record, sheet)]
    full = _of_one_price(term, [a for a in amounts if a not in foreign], record, sheet)
    if len(foreign) == len(others):
        return [full]
    headers = ", ".join(f"'{a.header}'" for a in others if a not in foreign)
    fewer = _of_one_price(term, [a for a in amounts if a not in others], record, sheet)
    assumed = f"{headers} not a factor"
    return [replace(full, complete=False), replace(fewer, complete=False, assumed=assumed)]


def _is_of(amount: Amount, per: Unit) -> bool:
    """Return whether an amount counts what a price is per, by its words or its unit."""
    words = {units.singular(word) for word in per.noun.split()} - _GENERIC
    timed = {*amount.unit.times} & {*units.SECONDS} and {*per.times} & {*units.SECONDS}
    return bool(words & _head(amount.header) or timed or (amount.unit.size and per.size))


def _linked(amount: Amount, amounts: Sequence[Amount]) -> bool:
    """Return whether one of two columns is per what the other counts: they multiply."""
    each = _words_of(_of_each(amount.header))
    return bool(each) or any(_head(amount.header) & _words_of(_of_each(a.header)) for a in amounts if a is not amount)


def _of_one_price(term: Term, amounts: Sequence[Amount], record: Record, sheet: Sheet) -> Pricing:
    """Return a pricing by one price: quantities of what it is per add up, everything else multiplies."""
    amounts = _not_twice(amounts)
    alike = [a for a in amounts if a.kind == "quantity" and term.per.noun and _head(a.header) & _named(term)]
    if len(alike) < 2:
        one = _tiered(replace(term, amounts=tuple(amounts)), record, sheet)
        return Pricing((one,), complete=_plain(one))
    others = tuple(a for a in amounts if a not in alike)
    return Pricing(tuple(replace(term, amounts=(a, *others)) for a in alike[:MAX_TERMS]))


def _not_twice(amounts: Sequence[Amount]) -> list[Amount]:
    """Return amounts without those that another holds already: tokens a query and queries beside tokens a month."""
    heads = [_head(amount.header) for amount in amounts]
    twice = {i for i, head in enumerate(heads) if head and heads.count(head) > 1 and _of_each(amounts[i].header)}
    owners = {word for i in twice for word in _words_of(_of_each(amounts[i].header))}
    whole = [i for i, head in enumerate(heads) if i not in twice and any(head == heads[j] for j in twice)]
    if not whole:
        return list(amounts)
    return [a for i, a in enumerate(amounts) if i not in twice and not (heads[i] and heads[i] <= owners)]


def _of_each(header: str) -> str:
    """Return the thing that a column is per, "" when it is none but a period."""
    tail = re.split(r"/|\bper\b", header.lower(), maxsplit=1)[1:]
    return tail[0].strip() if tail and not units.parse(f"x/{tail[0]}").per else ""


def _named(term: Term) -> set[str]:
    return {units.singular(word) for word in term.per.noun.split()} - _GENERIC


def _paired(terms: Sequence[Term], amounts: Sequence[Amount]) -> Pricing | None:
    """Return prices with the amounts that are called like them, None unless at least two have one of their own.

    An amount belongs to the price that shares the most words with it that not all prices have; one that shares none
    belongs to every price.
    """
    words = [_words_of(f"{term.header} {term.price.rest}") for term in terms]
    common = set.intersection(*words)
    own: dict[int, list[Amount]] = {}
    shared: list[Amount] = []
    for amount in amounts:
        overlaps = [len((w - common) & _words_of(f"{amount.header} {amount.number.rest}")) for w in words]
        best = max(overlaps)
        if best and overlaps.count(best) == 1:
            own.setdefault(overlaps.index(best), []).append(amount)
        else:
            shared.append(amount)
    if len(own) < 2:
        return None
    found = tuple(replace(terms[i], amounts=(*own[i], *shared)) for i in sorted(own))
    return Pricing(found, complete=len(own) == len(terms))


def _words_of(header: str) -> set[str]:
    """Return the words that tell columns apart.

    >>> sorted(_words_of("Input $/1M tokens")), sorted(_words_of("price per vCPU-hour"))
    (['input', 'token'], ['hour', 'vcpu'])
    """
    return {units.singular(word) for word in re.findall(r"[a-z]+", header.lower())} - _GENERIC


def _head(header: str) -> set[str]:
    """Return the words of what a column counts, without what it is per."""
    return _words_of(re.split(r"/|\bper\b", header.lower())[0])


def _from_text(record: Record, sheet: Sheet, target: Column) -> list[Pricing]:
    """Return the calculation that a note or name states."""
    for column in sheet.all("note", "name"):
        found = calculations(numbers.plain(record.row.cells[column.index]))
        if found:
            terms = tuple(
                Term(
                    one.price,
                    one.price.text,
                    units.denominators(one.price.rest) if _OF_THE_PRICE.match(one.price.rest) else Unit(),
                    tuple(Amount("quantity", n, units.parse(n.rest)) for n in one.figures),
                    cents=_in_cents(one.price, column, target, record),
                )
                for one in found
            )
            return [Pricing(terms, worked=True, complete=all(one.complete for one in found))]
    return []


def _tiered(term: Term, record: Record, sheet: Sheet) -> Term:
    """Return a term with the tiers that its price cell or a note states, if it has one amount to apply them to."""
    if len(term.amounts) != 1:
        return term
    texts = [numbers.plain(record.row.cells[column.index]) for column in sheet.all("price", "note", "name")]
    rest = term.price.rest
    per = units.denominators(re.split(r"\bfirst\b", rest)[0]) if "first" in rest else term.per
    for text in texts:
        found = tiers(text, term.price, per)
        if found is not None:
            return replace(term, per=per, tiers=found)
    return term


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


def _amounts(record: Record, sheet: Sheet) -> Iterator[Amount]:
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
    return replace(unit, scale=units.parse(text).scale) if own and not _OF_THE_PRICE.match(text) else unit


def _shared_unit(text: str) -> Unit:
    """Return a quantity's unit by the table's column of units; "per hour" is what the price is per, and leaves open
    whether the quantity counts hours or what runs for hours.

    >>> _shared_unit("GB-month").times, _shared_unit("per hour"), _shared_unit("per GB-month").size
    (('month',), Unit(scale=1.0, size='', times=(), per=(), noun=''), 'GB')
    """
    if not _OF_THE_PRICE.match(text):
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
    return plain or any(a.names_unit or _words_of(a.header) & words for a in listed)

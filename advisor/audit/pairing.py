"""Which price of a line multiplies which of its amounts, and which products add up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from advisor.audit import numbers, units
from advisor.audit.calculations import calculations
from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.pricing import (
    GENERIC,
    OF_THE_PRICE,
    Amount,
    Pricing,
    Term,
    amounts_of,
    column_terms,
    in_cents,
    telling_words,
)
from advisor.audit.tiers import tiers
from advisor.audit.units import Unit

MAX_TERMS = 4


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
    terms = list(column_terms(record, sheet, target))
    if not terms:
        return []
    amounts = list(amounts_of(record, sheet))
    if len(terms) == 1:
        return _with_fewer(terms[0], amounts, record, sheet)
    paired = _paired(terms[:MAX_TERMS], amounts)
    if paired is not None:
        return [paired]
    return [
        replace(_of_one_price(term, amounts, record, sheet), assumed=f"the price of '{term.header}'", complete=False)
        for term in terms[:MAX_TERMS]
    ]


def _plain(term: Term) -> bool:
    """Return whether the cells of a term say nothing beside their figures and units."""
    rests = (term.price.rest, *(amount.number.rest for amount in term.amounts))
    return not any(mark in rest for rest in rests for mark in "(+,;")


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
    words = {units.singular(word) for word in per.noun.split()} - GENERIC
    timed = {*amount.unit.times} & {*units.SECONDS} and {*per.times} & {*units.SECONDS}
    return bool(words & _head(amount.header) or timed or (amount.unit.size and per.size))


def _linked(amount: Amount, amounts: Sequence[Amount]) -> bool:
    """Return whether one of two columns is per what the other counts: they multiply."""
    each = telling_words(_of_each(amount.header))
    return bool(each) or any(
        _head(amount.header) & telling_words(_of_each(a.header)) for a in amounts if a is not amount
    )


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
    owners = {word for i in twice for word in telling_words(_of_each(amounts[i].header))}
    whole = [i for i, head in enumerate(heads) if i not in twice and any(head == heads[j] for j in twice)]
    if not whole:
        return list(amounts)
    return [a for i, a in enumerate(amounts) if i not in twice and not (heads[i] and heads[i] <= owners)]


def _of_each(header: str) -> str:
    """Return the thing that a column is per, "" when it is none but a period."""
    tail = re.split(r"/|\bper\b", header.lower(), maxsplit=1)[1:]
    return tail[0].strip() if tail and not units.parse(f"x/{tail[0]}").per else ""


def _named(term: Term) -> set[str]:
    return {units.singular(word) for word in term.per.noun.split()} - GENERIC


def _paired(terms: Sequence[Term], amounts: Sequence[Amount]) -> Pricing | None:
    """Return prices with the amounts that are called like them, None unless at least two have one of their own.

    An amount belongs to the price that shares the most words with it that not all prices have; one that shares none
    belongs to every price.
    """
    words = [telling_words(f"{term.header} {term.price.rest}") for term in terms]
    common = set.intersection(*words)
    own: dict[int, list[Amount]] = {}
    shared: list[Amount] = []
    for amount in amounts:
        overlaps = [len((w - common) & telling_words(f"{amount.header} {amount.number.rest}")) for w in words]
        best = max(overlaps)
        if best and overlaps.count(best) == 1:
            own.setdefault(overlaps.index(best), []).append(amount)
        else:
            shared.append(amount)
    if len(own) < 2:
        return None
    found = tuple(replace(terms[i], amounts=(*own[i], *shared)) for i in sorted(own))
    return Pricing(found, complete=len(own) == len(terms))


def _head(header: str) -> set[str]:
    """Return the words of what a column counts, without what it is per."""
    return telling_words(re.split(r"/|\bper\b", header.lower())[0])


def _from_text(record: Record, sheet: Sheet, target: Column) -> list[Pricing]:
    """Return the calculation that a note or name states."""
    for column in sheet.all("note", "name"):
        found = calculations(numbers.plain(record.row.cells[column.index]))
        if found:
            terms = tuple(
                Term(
                    one.price,
                    one.price.text,
                    units.denominators(one.price.rest) if OF_THE_PRICE.match(one.price.rest) else Unit(),
                    tuple(Amount("quantity", n, units.parse(n.rest)) for n in one.figures),
                    cents=in_cents(one.price, column, target, record),
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

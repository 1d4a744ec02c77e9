"""Reading a bill (YAML or CSV), pricing it, and everything that can be wrong with it, all at once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from advisor.billing import chargeback, tables
from advisor.billing.chargeback import Chargeback, Usage
from advisor.billing.model import BillFile, Line, Tenants
from advisor.billing.pricing import Pending, clashes, pending, settle
from advisor.billing.quantity import number
from advisor.billing.result import PricedBill, PricedLine
from advisor.billing.variants import Comparison, Placed, compare, expand, repeated
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError, Problem
from advisor.schema import problems
from advisor.yamlfile import Document, load, parse


@dataclass(frozen=True)
class Bill:
    """A bill as it was read: structurally right, not yet priced.

    Attributes:
        variants: name -> lines with their places; the one name is "" for a bill without variants.
        usage: the tenants' table, None without tenants.
    """

    file: BillFile
    document: Document
    variants: Mapping[str, Sequence[Placed]]
    usage: Usage | None


@dataclass(frozen=True)
class Priced:
    """A priced bill: one entry, or one a variant.

    >>> import advisor
    >>> bill = advisor.bill_from_text('''
    ... title: One server
    ... lines: [{id: server, units: 2, price: {usd: 0.10, unit: h}}]
    ... ''')
    >>> advisor.price(bill).bill.monthly_usd
    146.0
    """

    title: str
    bills: tuple[PricedBill, ...]
    catalog: Catalog
    tenants: Tenants | None = None
    usage: Usage | None = None

    @property
    def bill(self) -> PricedBill:
        """The bill, or its first variant."""
        return self.bills[0]

    @cached_property
    def comparison(self) -> Comparison | None:
        """How the variants compare, None when there is only one."""
        return compare(self.bills) if len(self.bills) > 1 else None

    @cached_property
    def chargebacks(self) -> tuple[Chargeback, ...]:
        """Each bill divided among its tenants, none without tenants."""
        if self.usage is None or self.tenants is None:
            return ()
        return tuple(chargeback.divide(bill, self.tenants, self.usage) for bill in self.bills)


def load_bill(path: Path | str, catalog: Catalog | None = None) -> Bill:
    """Return a bill from a YAML or CSV file. Prices are looked up by :func:`price`.

    Raises:
        InputError: with every problem of its structure, and with what the catalog lacks for the lines that are sound.
    """
    place = Path(path)
    document = tables.bill_document(place) if place.suffix.lower() == ".csv" else load(place)
    return _bill(document, place.parent, catalog)


def bill_from_text(text: str, file: str = "", catalog: Catalog | None = None) -> Bill:
    """Return a bill from YAML text. A tenants' CSV is looked for in the current folder."""
    return _bill(parse(text, file), Path(), catalog)


def price(
    bill: Bill | Path | str,
    catalog: Catalog | None = None,
    *,
    as_of: datetime.date | None = None,
    variant: str | None = None,
) -> Priced:
    """Return a bill with every line priced.

    Args:
        bill: a loaded bill, or the path of one.
        catalog: default: the one that comes with advisor.
        as_of: the prices of this day; default: the bill's own ``as_of``, else the day of the newest price check.
        variant: price this variant only.

    Raises:
        InputError: every component, meter, unit, date and tenant that does not fit.
    """
    known = catalog or load_catalog()
    read = bill if isinstance(bill, Bill) else load_bill(bill, known)
    day = as_of or read.file.as_of or newest_check(known)
    bills, found = [], []
    for name in _wanted(read, variant):
        lines, wrong = _price_lines(read, read.variants[name], known, day)
        found.extend(wrong)
        bills.append(_priced_bill(read, name, lines, day))
    found = list(dict.fromkeys(found))
    if not found and read.usage is not None and read.file.tenants is not None:
        found = list(chargeback.check(bills, read.file.tenants, read.usage, read.document))
    if found:
        raise InputError(found)
    return Priced(read.file.title, tuple(bills), known, read.file.tenants, read.usage)


def newest_check(catalog: Catalog) -> datetime.date:
    """Return the newest date on which a price of the catalog or its price book was checked."""
    book = [p.checked for s in catalog.records.services.values() for m in s.meters.values() for p in m.prices]
    return max([catalog.date, *book])


def _wanted(bill: Bill, variant: str | None) -> list[str]:
    if variant is None:
        return list(bill.variants)
    if variant in bill.variants and variant:
        return [variant]
    from advisor.errors import listing, nearest

    names = [name for name in bill.variants if name]
    there = f"variants: {listing(names)}{nearest(variant, names)}" if names else "the bill has no variants"
    raise InputError([bill.document.problem(("variants",), f"found '{variant}'; {there}")])


def _bill(document: Document, folder: Path, catalog: Catalog | None) -> Bill:
    found: list[Problem] = []
    try:
        file = BillFile.model_validate(document.data)
    except ValidationError as error:
        raise InputError([*problems(error, BillFile, document), *_prices_of_sound_lines(document, catalog)]) from None
    base = [Placed(line, ("lines", i)) for i, line in enumerate(file.lines)]
    found += repeated(base, document)
    variants: dict[str, Sequence[Placed]] = {} if file.variants else {"": base}
    for name, variant in file.variants.items():
        variants[name], wrong = expand(base, name, variant, document)
        found += wrong
    for name, lines in variants.items():
        if not lines:
            where = ("variants", name) if name else ()
            found.append(document.problem(where, "has no lines; at least one is needed"))
    usage = None
    if file.tenants is not None:
        try:
            usage = tables.usage(file.tenants, folder, document)
        except InputError as error:
            found += error.problems
    if found:
        raise InputError(dict.fromkeys([*found, *_prices_of_sound_lines(document, catalog)]))
    return Bill(file, document, variants, usage)


def _prices_of_sound_lines(document: Document, catalog: Catalog | None) -> Iterator[Problem]:
    """Yield what is wrong with the prices of lines that read well, so that all problems of a file come at once."""
    data = document.data if isinstance(document.data, dict) else {}
    lines = data.get("lines")
    known = catalog or load_catalog()
    for index, raw in enumerate(lines if isinstance(lines, list) else []):
        try:
            line = Line.model_validate(raw)
            pending(line, known, datetime.date.max, 730)
        except ValidationError:
            continue
        except InputError as error:
            yield from _placed(error, Placed(line, ("lines", index)), document)


def _placed(error: InputError, each: Placed, document: Document) -> Iterator[Problem]:
    for problem in error.problems:
        where = (*each.place, problem.path) if problem.path else each.place
        yield document.problem(where, problem.message)


def _price_lines(
    bill: Bill, lines: Sequence[Placed], catalog: Catalog, day: datetime.date
) -> tuple[list[Pending], list[Problem]]:
    found: list[Pending] = []
    wrong: list[Problem] = []
    for each in lines:
        try:
            found.extend(pending(each.line, catalog, day, bill.file.hours_per_month))
        except InputError as error:
            wrong.extend(_placed(error, each, bill.document))
    places = {each.line.id: each.place for each in lines}
    wrong += [bill.document.problem((*places[own], "price"), message) for own, message in clashes(found)]
    return found, wrong


def _priced_bill(bill: Bill, name: str, found: Sequence[Pending], day: datetime.date) -> PricedBill:
    lines = tuple(settle(found))
    variant = bill.file.variants.get(name)
    title = (variant.title or name) if variant else bill.file.title
    notes = dict.fromkeys([*_notes(bill.file, lines, day), *_line_notes(found)])
    return PricedBill(name, title, day, bill.file.hours_per_month, lines, tuple(notes))


def _line_notes(found: Sequence[Pending]) -> Iterator[str]:
    for each in found:
        yield from (f"{each.line.name}: {note}" for note in each.notes)


def _notes(file: BillFile, lines: Sequence[PricedLine], day: datetime.date) -> Iterator[str]:
    """Yield what a bill takes for granted."""
    if "hours_per_month" not in file.model_fields_set:
        yield f"a month has {number(file.hours_per_month)} h (hours_per_month is not given)"
    undated: dict[str, datetime.date] = {}
    regions: dict[str, dict[str, None]] = {}
    for charge in (charge for line in lines for charge in line.charges):
        offer = charge.offer
        if offer.start is None and offer.checked and day < offer.checked and offer.basis != "stated":
            undated[f"{offer.component} {offer.meter}"] = offer.checked
        if offer.region:
            regions.setdefault(offer.region, {})[offer.component] = None
    for name, checked in undated.items():
        yield f"the price of {name} was checked on {checked} and has no start date; it is taken to hold on {day}"
    for region, names in regions.items():
        yield f"prices are those of {region} for {', '.join(names)}"
    yield from _allowance_notes(lines)
    yield from _month_notes(lines)


def _allowance_notes(lines: Sequence[PricedLine]) -> Iterator[str]:
    for line in lines:
        for charge in line.charges:
            offer, account = charge.offer, line.line.account
            if line.line.one_time and offer.free:
                yield f"{line.line.name}: is paid once, so the free {number(offer.free)} {offer.unit} are not taken off"
            if offer.known_to is not None and charge.group_billed > offer.known_to:
                yield (
                    f"{line.line.name}: the price is known up to {number(offer.known_to)} {offer.unit} a month "
                    "and used beyond it as well"
                )
            if charge.free:
                yield (
                    f"nothing else in the account {account} uses the {number(offer.free)} {offer.unit} "
                    f"that are free each month ({offer.title})"
                )


def _month_notes(lines: Sequence[PricedLine]) -> Iterator[str]:
    months = {line.line.id: line.months for line in lines}
    for line in lines:
        others = {months[own] for charge in line.charges for own in charge.shares_with}
        if others - {line.months}:
            yield f"{line.line.name}: its share of the common tiers stays the same in months when the others do not run"

"""A bill with every line priced: the bill itself or its variants, compared and divided among tenants."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from advisor.billing import chargeback
from advisor.billing.assumptions import assumptions
from advisor.billing.chargeback import Chargeback, Usage
from advisor.billing.charges import Pending, clashes, pending, settle
from advisor.billing.load import Bill, load_bill, placed
from advisor.billing.model import Tenants
from advisor.billing.result import PricedBill
from advisor.billing.variants import Comparison, Placed, compare
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError, Problem, listing, nearest


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
    names = [name for name in bill.variants if name]
    there = f"variants: {listing(names)}{nearest(variant, names)}" if names else "the bill has no variants"
    raise InputError([bill.document.problem(("variants",), f"found '{variant}'; {there}")])


def _price_lines(
    bill: Bill, lines: Sequence[Placed], catalog: Catalog, day: datetime.date
) -> tuple[list[Pending], list[Problem]]:
    found: list[Pending] = []
    wrong: list[Problem] = []
    for each in lines:
        try:
            found.extend(pending(each.line, catalog, day, bill.file.hours_per_month))
        except InputError as error:
            wrong.extend(placed(error, each, bill.document))
    places = {each.line.id: each.place for each in lines}
    wrong += [bill.document.problem((*places[own], "price"), message) for own, message in clashes(found)]
    return found, wrong


def _priced_bill(bill: Bill, name: str, found: Sequence[Pending], day: datetime.date) -> PricedBill:
    lines = tuple(settle(found))
    variant = bill.file.variants.get(name)
    title = (variant.title or name) if variant else bill.file.title
    notes = tuple(dict.fromkeys(assumptions(bill.file, lines, found, day)))
    return PricedBill(name, title, day, bill.file.hours_per_month, lines, notes)

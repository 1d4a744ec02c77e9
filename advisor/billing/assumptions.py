"""What pricing a bill takes for granted, in sentences: every one is listed with the bill."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from advisor.billing.charges import Pending
from advisor.billing.model import BillFile
from advisor.billing.quantity import number
from advisor.billing.result import PricedLine

EVERYWHERE = "global"  # the region of prices that are the same in all


def assumptions(
    file: BillFile, lines: Sequence[PricedLine], found: Sequence[Pending], day: datetime.date
) -> Iterator[str]:
    """Yield what a priced bill takes for granted.

    Args:
        found: the charges of the lines, with what their quantities take for granted.
        day: whose prices count.
    """
    if "hours_per_month" not in file.model_fields_set:
        yield f"a month has {number(file.hours_per_month)} h (hours_per_month is not given)"
    yield from _price_notes(lines, day)
    yield from _allowance_notes(lines)
    yield from _month_notes(lines)
    for each in found:
        yield from (f"{each.line.name}: {note}" for note in each.notes)


def _price_notes(lines: Sequence[PricedLine], day: datetime.date) -> Iterator[str]:
    undated: dict[str, datetime.date] = {}
    regions: dict[str, dict[str, None]] = {}
    for charge in (charge for line in lines for charge in line.charges):
        offer = charge.offer
        if offer.start is None and offer.checked and day < offer.checked and offer.basis != "stated":
            undated[f"{offer.component} {offer.meter}"] = offer.checked
        if offer.region and offer.region != EVERYWHERE:
            regions.setdefault(offer.region, {})[offer.component] = None
    for name, checked in undated.items():
        yield f"the price of {name} was checked on {checked} and has no start date; it is taken to hold on {day}"
    for region, names in regions.items():
        yield f"prices are those of {region} for {', '.join(names)}"


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

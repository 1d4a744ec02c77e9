"""Pricing lines: quantity, then price, then free allowance, tiers and minimum over the lines that share them.

Lines of one account on one meter share its free allowance and its tiers, as a provider bills them: the quantities are
added, the allowance is deducted once, and the cost is divided in proportion to what each line is billed for. Lines
that are bought in different ways, or are paid once, do not share.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.billing import offers, units
from advisor.billing.model import Line
from advisor.billing.offers import Offer
from advisor.billing.quantity import MAX_QUANTITY, Derived, number, words
from advisor.billing.result import Charge, PricedLine
from advisor.catalog.load import Catalog
from advisor.errors import InputError, bad_input
from advisor.models.cost import graduated, slices, volume
from advisor.models.cost_meters import WORKING_DAYS_PER_WEEK, rounded_up, scheduled_hours


@dataclass(frozen=True)
class Pending:
    """A charge before the lines that share its price are known."""

    line: Line
    part: str
    offer: Offer
    quantity: float
    steps: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def group(self) -> tuple[object, ...]:
        """What lines must have in common to share a free allowance and tiers."""
        commitment = self.line.commitment
        how = (commitment.kind, commitment.discount, commitment.usd, self.line.one_time)
        return (self.line.account, self.offer.component, self.offer.meter, self.line.price is not None, *how)


def pending(line: Line, catalog: Catalog, as_of: datetime.date, hours_per_month: float) -> tuple[Pending, ...]:
    """Return the charges of a line: its prices and quantities.

    Raises:
        InputError: no price, no quantity, or a unit that does not convert; ``path`` is the key inside the line.
    """
    if line.tokens is not None:
        found = offers.find_tokens(line, catalog, as_of)
        return tuple(_token_charge(line, part, offer) for part, offer in found.items())
    offer = offers.find(line, catalog, as_of)
    try:
        derived = _quantity(line, offer, hours_per_month)
    except ValueError as error:  # a figure beyond every physical scale
        raise bad_input(str(error), path="quantity") from None
    return (Pending(line, "", offer, derived.value, derived.steps, derived.notes),)


def _token_charge(line: Line, part: str, offer: Offer) -> Pending:
    tokens = line.tokens
    assert tokens is not None
    each = getattr(tokens, part)
    quantity = tokens.calls * each * line.units / 1e6
    copies = f" × {number(line.units)} units" if line.units != 1 else ""
    step = f"{number(tokens.calls)} calls × {number(each)} tokens{copies} = {number(quantity)} million tokens"
    return Pending(line, part, offer, quantity, (step,), ())


def _quantity(line: Line, offer: Offer, hours_per_month: float) -> Derived:
    """Return the month's quantity in the price's unit."""
    found = _asked(line, offer, hours_per_month)
    value, steps = found.value, list(found.steps)
    if line.units != 1:
        value *= line.units
        steps.append(f"× {number(line.units)} units = {number(value)} {words(found.unit)}")
    try:
        factor = units.factor(found.unit, offer.unit, hours_per_month, binary=offer.binary_sizes)
    except InputError as error:
        raise bad_input(error.problems[0].message, path="unit" if line.unit else "quantity") from None
    if factor != 1:
        value *= factor
        by = f"× {number(factor)}" if factor > 1 else f"/ {number(1 / factor)}"
        steps.append(f"in {offer.unit}: {by} = {number(value)} {offer.unit}")
    if offer.round_up_to or offer.at_least > value:
        value = max(offer.at_least, rounded_up(value, offer.round_up_to) if offer.round_up_to else value)
        steps.append(f"rounded up to {number(value)} {offer.unit}")
    if not value <= MAX_QUANTITY:
        raise bad_input(f"the quantity is {value:g} {offer.unit}; at most {MAX_QUANTITY:g} is priced", path="quantity")
    return Derived(value, offer.unit, tuple(steps), found.notes)


def _asked(line: Line, offer: Offer, hours_per_month: float) -> Derived:
    """Return the quantity as the line states it, over its hours when the meter counts time."""
    rate_unit = units.without_time(offer.unit)
    if line.quantity is None:
        return _running(line, offer, hours_per_month)
    found = line.quantity.derive(line.unit or offer.unit, offer.started_kb)
    held = rate_unit is not None and rate_unit != units.COUNT and _same(found.unit, rate_unit)
    if held:
        hours, step = _hours(line, hours_per_month)
        unit = f"{found.unit}-h"
        steps = (*found.steps, f"held for {step}: {number(found.value * hours)} {unit}")
        return Derived(found.value * hours, unit, steps, found.notes)
    if line.schedule.limits_hours:
        raise bad_input(
            f"says when something runs, but the quantity is in {words(found.unit) or 'units'} a month already; "
            + (f"give it in {rate_unit}" if rate_unit not in (None, units.COUNT) else "leave one of them out"),
            path="schedule",
        )
    return found


def _same(found: str, wanted: str) -> bool:
    try:
        return units.factor(found, wanted) > 0
    except InputError:
        return False


def _running(line: Line, offer: Offer, hours_per_month: float) -> Derived:
    """Return the hours of something that just runs."""
    if not units.is_time(offer.unit):
        raise bad_input(f"is missing; {offer.meter} counts {offer.unit}", path="quantity")
    if units.parse(offer.unit).months and not line.schedule.limits_hours:
        return Derived(1.0, "month", ("1 month",))
    hours, step = _hours(line, hours_per_month)
    return Derived(hours, "h", (step,))


def _hours(line: Line, hours_per_month: float) -> tuple[float, str]:
    """Return the hours a month that a line runs, with their formula."""
    plan = line.schedule
    if not plan.limits_hours:
        return hours_per_month, f"{number(hours_per_month)} h (all month)"
    a_day = plan.hours_per_day or 24.0
    a_week = WORKING_DAYS_PER_WEEK if plan.business_days else plan.days_per_week
    try:
        hours = scheduled_hours(
            a_day, days_per_month=plan.days_per_month, days_per_week=a_week, hours_per_month=hours_per_month
        )
    except ValueError as error:
        raise bad_input(str(error), path="schedule") from None
    days = f"{number(hours_per_month)} h / 24"
    if plan.days_per_month is not None:
        days = f"{number(plan.days_per_month)} days"
    elif a_week is not None:
        days = f"({days}) × {number(a_week)}/7 days"
    return hours, f"{number(a_day)} h/day × {days} = {number(hours)} h"


def settle(found: Sequence[Pending]) -> list[PricedLine]:
    """Return the lines with what they cost, allowances and tiers applied once over the charges that share them."""
    groups: dict[tuple[object, ...], list[Pending]] = {}
    for each in found:
        groups.setdefault(each.group, []).append(each)
    charges = {(c.line, c.part): c for group in groups.values() for c in _settle_group(group)}
    lines: dict[str, tuple[Line, list[Charge]]] = {}
    for each in found:
        lines.setdefault(each.line.id, (each.line, []))[1].append(charges[each.line.id, each.part])
    return [PricedLine(line, tuple(own)) for line, own in lines.values()]


def clashes(found: Sequence[Pending]) -> Iterator[tuple[str, str]]:
    """Yield (line id, message) where lines with prices of their own share a meter but not the price."""
    seen: dict[tuple[object, ...], Pending] = {}
    for each in found:
        first = seen.setdefault(each.group, each)
        if each.line.price is not None and each.line.price != first.line.price:
            yield (
                each.line.id,
                f"shares the meter '{each.offer.meter}' with the line '{first.line.id}' but states another price; "
                "give one of them another meter or account",
            )


def _settle_group(group: Sequence[Pending]) -> Iterator[Charge]:
    offer = group[0].offer
    free = _free(group)
    billed = [max(0.0, each.quantity - off) for each, off in zip(group, free, strict=True)]
    all_billed = math.fsum(billed)
    plain = (volume if offer.volume else graduated)(all_billed, offer.tiers)
    usd = max(plain, offer.minimum_usd)
    shares = _shares(billed, [each.quantity for each in group])
    for each, off, own, share in zip(group, free, billed, shares, strict=True):
        yield Charge(
            line=each.line.id,
            part=each.part,
            offer=each.offer,
            quantity=each.quantity,
            steps=each.steps,
            free=off,
            billed=own,
            usd=usd * share,
            slices=slices(all_billed, offer.tiers, whole=offer.volume),
            group_billed=all_billed,
            group_usd=usd,
            shares_with=tuple(other.line.id for other in group if other is not each),
            minimum=usd > plain,
        )


def _free(group: Sequence[Pending]) -> list[float]:
    """Return what each charge gets of the free allowance: in proportion to its quantity, none for what opts out."""
    asked = [each.quantity if each.line.free and not each.line.one_time else 0.0 for each in group]
    eligible = math.fsum(asked)
    if not eligible:
        return [0.0] * len(group)
    used = min(1.0, group[0].offer.free / eligible)
    return [quantity * used for quantity in asked]


def _shares(billed: Sequence[float], quantities: Sequence[float]) -> list[float]:
    """Return each charge's share of the cost: by billed quantity, else by quantity, else evenly (a bare minimum)."""
    for weights in (billed, quantities, [1.0] * len(billed)):
        if whole := math.fsum(weights):
            return [weight / whole for weight in weights]
    return []

"""How a line of a bill follows from quantity and price, step by step, and the price book as a list; plain text."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.billing.model import Line
from advisor.billing.offers import Offer, find
from advisor.billing.price import newest_check
from advisor.billing.quantity import number
from advisor.billing.result import Charge, PricedLine
from advisor.catalog.load import Catalog
from advisor.models.cost import cents
from advisor.render.numbers import NARROW, grouped, significant

CENT = 0.01


def money(usd: float) -> str:
    """Return an amount in USD to the cent, or with one significant digit where a cent would hide it.

    >>> [money(v).replace(NARROW, " ") for v in (1234.565, 0, 0.004, 0.0149)]
    ['1 234.57', '0.00', '0.004', '0.01']
    """
    if 0 < usd < CENT / 2:
        return significant(usd, 1)
    return grouped(cents([usd])[0] / 100, 2)


def signed(usd: float) -> str:
    """Return a difference in USD with its sign.

    >>> signed(-3.5), signed(0)
    ('− 3.50', '0.00')
    """
    if abs(usd) < CENT / 2:
        return "0.00"
    return f"{'+' if usd > 0 else '−'} {money(abs(usd))}"


def price_words(offer: Offer) -> str:
    """Return a price in words: USD per unit, the span of its tiers, what is free, the minimum."""
    prices = [usd for _, usd in offer.tiers]
    span = number(prices[0]) if len(prices) == 1 else f"{number(prices[0])} … {number(prices[-1])}"
    extras = [
        f"{len(prices)} {'volume ' if offer.volume else ''}tiers" if len(prices) > 1 else "",
        f"{number(offer.free)} free" if offer.free else "",
        f"at least {number(offer.minimum_usd)}{NARROW}USD" if offer.minimum_usd else "",
    ]
    return ", ".join([f"{span}{NARROW}USD/{offer.unit}", *(extra for extra in extras if extra)])


def printable(text: str) -> str:
    """Return text without what could steer a terminal; spaces stay as they are.

    >>> printable("a\\x1b[31m\\u202eb")
    'a[31mb'
    """
    return "".join(c for c in text if c.isprintable() or c == NARROW)


def derivation(line: PricedLine) -> Iterator[str]:
    """Yield how a line's cost follows: quantity, free part, tiers, minimum, share, and where the price is from."""
    what = "paid once" if line.line.one_time else "a month"
    yield f"{printable(line.line.name)} ({line.line.id}): {money(line.usd)}{NARROW}USD {what}"
    for charge in line.charges:
        yield from (f"  {printable(text)}" for text in _charge(charge))
    bought = line.line.commitment
    if bought.discount is not None:
        yield f"  {bought.kind}: {number(100 * bought.discount)} % off, inside the prices above"
    if bought.upfront_usd:
        yield f"  {bought.kind}: {money(bought.upfront_usd)}{NARROW}USD up front, paid once"


def _charge(charge: Charge) -> Iterator[str]:
    offer, unit = charge.offer, charge.offer.unit
    yield f"{offer.title}{' *' if not offer.fixed else ''}"
    yield from (f"  quantity  {step}" for step in charge.steps)
    if charge.free:
        left = f"{number(charge.billed)} {unit}"
        yield f"  free      − {number(charge.free)} of {number(offer.free)} {unit} a month = {left}"
    if charge.shares_with:
        both = number(charge.group_billed)
        yield f"  shared    with {', '.join(charge.shares_with)}: {both} {unit} billed together"
    parts = [f"{number(s.quantity)} × {number(s.usd_each)} USD" for s in charge.slices]
    plain = sum(s.usd for s in charge.slices)
    yield f"  price     {' + '.join(parts)} = {number(plain)} USD"
    if charge.minimum:
        yield f"  minimum   {number(offer.minimum_usd)} USD a month is more"
    if charge.shares_with:
        yield f"  share     {number(charge.billed)} of {number(charge.group_billed)} {unit} = {number(charge.usd)} USD"
    yield f"  from      {_provenance(offer)}"


def _provenance(offer: Offer) -> str:
    parts = [
        "stated in the bill" if offer.basis == "stated" else offer.basis,
        offer.source or "no source",
        f"valid from {offer.start}" if offer.start else "",
        f"checked {offer.checked}" if offer.checked else "",
        offer.conditions or "",
    ]
    return ", ".join(part for part in parts if part)


def services(catalog: Catalog) -> Iterator[str]:
    """Yield every meter of the price book with the newest price, in order of service."""
    day = newest_check(catalog)
    for key, service in sorted(catalog.records.services.items()):
        yield f"{key}  {service.title}, {service.region}"
        for name in service.meters:
            offer = find(Line(id="x", component=key, meter=name), catalog, day)
            yield f"  {name}  {price_words(offer)}{'' if offer.fixed else ' *'}"

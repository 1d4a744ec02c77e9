"""Finding the price of a line: in the price book, among the options and instance types of the catalog, or its own."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from advisor.billing.model import Charge, Commitment, Line, TokenCharge
from advisor.billing.units import is_time
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option, Price, Service, Tariff
from advisor.catalog.role import Meter
from advisor.catalog.sale import refusal
from advisor.errors import bad_input, listing, nearest

Tiers = tuple[tuple[float | None, float], ...]
TOKEN_PARTS = ("input", "cache_read", "cache_write", "output")
MILLION_TOKENS = "million tokens"
UNIT_HOUR = "unit_hour"


@dataclass(frozen=True)
class Offer:
    """One price of one meter, as it applies to a line.

    Attributes:
        component, meter: names under which lines share free allowances and tiers.
        title: what is charged for, in words.
        unit: of the quantities that the price counts.
        tiers: (upper end or None, USD per unit).
        volume: the tier that is reached counts for the whole quantity.
        round_up_to, at_least: rounding of the month's quantity.
        fixed: paid whether used or not.
        basis, source, checked, start, conditions: where the price comes from; None where unknown.
        known_to: the quantity up to which the source states the price.
        binary_sizes: a GB of this price is 2^30 bytes.
    """

    component: str
    meter: str
    title: str
    unit: str
    tiers: Tiers
    free: float = 0.0
    started_kb: float | None = None
    minimum_usd: float = 0.0
    volume: bool = False
    round_up_to: float | None = None
    at_least: float = 0.0
    fixed: bool = False
    basis: str = "stated"
    source: str | None = None
    checked: datetime.date | None = None
    start: datetime.date | None = None
    conditions: str | None = None
    region: str | None = None
    known_to: float | None = None
    binary_sizes: bool = False

    def scaled(self, share: float) -> Offer:
        """Return the offer at this share of its price."""
        return replace(self, tiers=tuple((end, usd * share) for end, usd in self.tiers))


def find(line: Line, catalog: Catalog, as_of: datetime.date) -> Offer:
    """Return the price that applies to a line without tokens.

    Raises:
        InputError: an unknown component, meter or region, or no price on that date; names the nearest, or the dates.
    """
    if line.price is not None:
        found = _own(line, line.price)
    else:
        assert line.component is not None
        found = _listed(line.component, line.meter, catalog, as_of)
        _check_region(line, found)
    if line.fixed is not None:
        found = replace(found, fixed=line.fixed)
    return _committed(found, line.commitment)


def _own(line: Line, price: Charge) -> Offer:
    fixed = is_time(price.unit) if line.fixed is None else line.fixed
    return Offer(
        component=line.component or "",
        meter=line.meter or f"line {line.id}",
        title=line.meter or line.name,
        unit=price.unit,
        tiers=_tiers(price.usd, price.tiers),
        free=price.free,
        started_kb=price.started_kb,
        minimum_usd=price.minimum_usd,
        volume=price.volume,
        round_up_to=price.round_up_to,
        at_least=price.at_least,
        fixed=fixed,
        source=price.source,
        checked=price.checked,
    )


def _tiers(usd: float | None, tiers: Sequence[object] | None) -> Tiers:
    if usd is not None:
        return ((None, usd),)
    return tuple((tier.up_to, tier.usd) for tier in tiers or ())  # type: ignore[attr-defined]


def _listed(component: str, meter: str | None, catalog: Catalog, as_of: datetime.date) -> Offer:
    records = catalog.records
    if component in records.services:
        return _of_service(component, meter, records.services[component], as_of)
    if component in records.instances:
        if meter not in (None, UNIT_HOUR):
            raise bad_input(f"found '{meter}'; an instance type has one meter, {UNIT_HOUR}", path="meter")
        price = valid(records.instances[component].prices, as_of, component, UNIT_HOUR)
        return _from(price, component, UNIT_HOUR, "instance hours", "h", fixed=True)
    return _of_option(component, meter, catalog, as_of)


def _of_service(name: str, meter: str | None, service: Service, as_of: datetime.date) -> Offer:
    if meter is None and UNIT_HOUR in service.meters:
        meter = UNIT_HOUR
    if meter not in service.meters:
        raise bad_input(_unknown_meter(meter, name, service.meters), path="meter")
    one = service.meters[meter]
    price = valid(one.prices, as_of, name, meter)
    found = _from(price, name, meter, f"{service.title}, {one.title}", one.unit, fixed=one.fixed)
    return replace(found, region=service.region, binary_sizes=service.binary_sizes)


def _of_option(name: str, meter: str | None, catalog: Catalog, as_of: datetime.date) -> Offer:
    component, option = _option(name, catalog)
    if why := refusal(catalog, component, option, as_of):
        raise bad_input(f"{option.id}: {why}", path="component")
    prices: dict[str, list[Price]] = {}
    for price in option.prices:
        prices.setdefault(price.meter, []).append(price)
    if option.unit and option.unit.instance:
        prices[UNIT_HOUR] = list(catalog.records.instances[option.unit.instance].prices)
    if meter not in prices:
        raise bad_input(_unknown_meter(meter, option.id, prices), path="meter")
    what = catalog.records.meters[meter]
    found = valid(prices[meter], as_of, option.id, meter)
    each = option.unit.instances if option.unit and option.unit.instance and meter == UNIT_HOUR else 1
    title = f"{component.name}, {what.title}"
    return _from(found, option.id, meter, title, unit_words(what), fixed=not what.usage_based).scaled(each)


def unit_words(meter: Meter) -> str:
    """Return the unit of a catalog meter in full: a bare ``million`` does not say of what."""
    return f"{meter.unit} {meter.title}" if meter.unit in ("million", "thousand") else meter.unit


def _option(name: str, catalog: Catalog) -> tuple[Component, Option]:
    if name in catalog.options:
        return catalog.options[name]
    component = catalog.records.components.get(name)
    if component and len(component.options) == 1:
        return component, component.options[0]
    if component:
        ids = listing(option.id for option in component.options)
        raise bad_input(f"'{name}' has several options; name one: {ids}", path="component")
    records = catalog.records
    every = [*records.services, *records.instances, *records.components, *catalog.options]
    raise bad_input(
        f"'{name}' is no service, instance type, component or option of the catalog{nearest(name, every)}; "
        "`advisor price --list` shows the services, and a price of your own needs no catalog",
        path="component",
    )


def _unknown_meter(meter: str | None, name: str, known: Iterable[str]) -> str:
    found = "is missing" if meter is None else f"found '{meter}'"
    return f"{found}; meters of {name}: {listing(known, 30)}{nearest(meter, known) if meter else ''}"


def valid(prices: Sequence[Tariff], as_of: datetime.date, component: str, meter: str) -> Tariff:
    """Return the price that was valid on a day: the last one that had begun.

    Raises:
        InputError: none had begun; names the meter and the dates from which there are prices.
    """
    begun = [price for price in prices if price.from_ is None or price.from_ <= as_of]
    if begun:
        return begun[-1]
    dates = ", ".join(str(price.from_) for price in prices)
    raise bad_input(f"{component} has no {meter} price on {as_of}; its prices are from {dates}", path="meter")


def _from(price: Tariff, component: str, meter: str, title: str, unit: str, *, fixed: bool) -> Offer:
    return Offer(
        component=component,
        meter=meter,
        title=title,
        unit=unit,
        tiers=_tiers(price.usd, price.tiers),
        free=price.free,
        started_kb=price.started_kb,
        minimum_usd=price.minimum_usd,
        fixed=fixed,
        basis=price.basis,
        source=price.source,
        checked=price.checked,
        start=price.from_,
        conditions=price.conditions or price.reasoning,
        known_to=price.known_to,
    )


def _check_region(line: Line, found: Offer) -> None:
    if line.region and found.region and line.region != found.region:
        raise bad_input(
            f"found '{line.region}'; the catalog's prices of {found.component} are those of {found.region}, "
            "so give a price of your own for another region",
            path="region",
        )


def _committed(found: Offer, commitment: Commitment) -> Offer:
    if commitment.usd is not None:
        return replace(found, tiers=((None, commitment.usd),), basis="stated", source=None, conditions=commitment.kind)
    return found.scaled(1 - commitment.discount) if commitment.discount else found


def find_tokens(line: Line, catalog: Catalog, as_of: datetime.date) -> dict[str, Offer]:
    """Return the price of each part of a token line that has tokens: input, cache_read, cache_write, output.

    Raises:
        InputError: as :func:`find`; a part without a price.
    """
    assert line.tokens is not None
    parts = [part for part in TOKEN_PARTS if getattr(line.tokens, part)] or ["input"]
    prompt = line.tokens.input + line.tokens.cache_read + line.tokens.cache_write
    if line.token_price is not None:
        found = {part: _own_tokens(line, line.token_price, part, prompt) for part in parts}
    else:
        found = {part: _listed_tokens(line, catalog, as_of, part, prompt) for part in parts}
    fixed = bool(line.fixed)
    return {part: _committed(replace(offer, fixed=fixed), line.commitment) for part, offer in found.items()}


def _own_tokens(line: Line, price: TokenCharge, part: str, prompt: float) -> Offer:
    assert line.tokens is not None
    long = price.long_prompt is not None and prompt > price.long_prompt.above
    usd = getattr(price.long_prompt if long else price, part)
    if usd is None:
        raise bad_input(f"{part} is missing; the line has such tokens", path="token_price")
    if line.tokens.batch and price.batch_discount is None:
        raise bad_input("batch_discount is missing; the line is a batch", path="token_price")
    off = price.batch_discount if line.tokens.batch else None
    found = Offer(
        component=line.component or "",
        meter=f"line {line.id}.{part}",
        title=_token_title(part, long, line.tokens.batch),
        unit=MILLION_TOKENS,
        tiers=((None, usd),),
        source=price.source,
        checked=price.checked,
    )
    return found.scaled(1 - off) if off else found


def _listed_tokens(line: Line, catalog: Catalog, as_of: datetime.date, part: str, prompt: float) -> Offer:
    assert line.tokens is not None
    assert line.component is not None
    service = catalog.records.services.get(line.component)
    long, batch = False, line.tokens.batch
    if service is not None:
        long = service.long_prompt_above is not None and prompt > service.long_prompt_above
        prefix = "batch_" if batch else "long_" if long else ""
        if batch and long:
            raise bad_input("the catalog has no batch price for prompts this long; give a token_price", path="tokens")
        found = _of_service(line.component, f"{prefix}{part}", service, as_of)
        _check_region(line, found)
    else:
        if batch or part.startswith("cache"):
            raise bad_input(
                f"{line.component} has no {'batch' if batch else part} price in the catalog; give a token_price",
                path="tokens",
            )
        found = _of_option(line.component, f"million_{part}_tokens", catalog, as_of)
    return replace(found, title=_token_title(part, long, batch))


def _token_title(part: str, long: bool, batch: bool) -> str:
    kind = {"cache_read": "tokens read from the cache", "cache_write": "tokens written to the cache"}
    title = kind.get(part, f"{part} tokens")
    return title + (", long prompt" if long else "") + (", batch" if batch else "")

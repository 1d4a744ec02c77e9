"""The monthly bill of an option that is run, bought and asked in a certain way."""

from __future__ import annotations

import datetime
import math

from advisor.candidates.candidate import CostLine
from advisor.candidates.demand import Demand, Use
from advisor.candidates.layout import Layout
from advisor.catalog.load import Catalog
from advisor.catalog.model import Option, Price
from advisor.catalog.role import Meter
from advisor.models import cost


def bill(
    option: Option, layout: Layout, demand: Demand, catalog: Catalog, as_of: datetime.date
) -> tuple[CostLine, ...]:
    """Return the lines of the monthly bill at average demand, with the prices that are valid on a date."""
    prices = [*_asked(option, layout, catalog), *_bought(option, layout, catalog)]
    valid: dict[str, tuple[Price, float]] = {}
    for price, count in prices:
        if price.from_ is None or price.from_ <= as_of:
            valid[price.meter] = (price, count)
    missing = {price.meter for price, _ in prices} - set(valid)
    if missing:
        raise ValueError(f"no price for {', '.join(sorted(missing))} on {as_of}")
    shares = _shares(list(valid), layout, catalog)
    return tuple(
        _line(price, layout.units * count, demand, catalog, shares[meter]) for meter, (price, count) in valid.items()
    )


def _bought(option: Option, layout: Layout, catalog: Catalog) -> list[tuple[Price, float]]:
    """Return the prices of the instances in the way they are bought, with how many a unit has."""
    if option.unit is None or option.unit.instance is None:
        return []
    instance = catalog.records.instances[option.unit.instance]
    meter = f"unit_hour_{layout.purchase}"
    prices = instance.prices if layout.purchase == "on_demand" else [p for p in instance.purchases if p.meter == meter]
    return [(price, float(option.unit.instances)) for price in prices]


def _asked(option: Option, layout: Layout, catalog: Catalog) -> list[tuple[Price, float]]:
    """Return the option's own prices for the way in which it is asked: from the cache, in batches, or neither."""
    meters = catalog.records.meters
    used = {"batch"} if layout.batch else {"cache_read", "cache_write"} if layout.prompt_cache else set()
    prices = [price for price in option.prices if (asked := meters[price.meter].asked) is None or asked in used]
    if layout.batch:
        replaced = {meters[price.meter].dimension for price in prices if meters[price.meter].asked}
        prices = [p for p in prices if meters[p.meter].asked or meters[p.meter].dimension not in replaced]
    return [(price, 1.0) for price in prices]


def _shares(names: list[str], layout: Layout, catalog: Catalog) -> dict[str, float]:
    """Return meter -> share of what its dimension counts: all of it, unless a prompt cache splits the input tokens.

    Where writing to the cache has no price of its own, what is not found there is billed as any other input.
    """
    cache, meters = layout.prompt_cache, catalog.records.meters
    if cache is None:
        return dict.fromkeys(names, 1.0)
    of = {name: meters[name].asked for name in names}
    written = cache.miss_share if "cache_write" in of.values() else 0.0
    split = {"cache_read": cache.read_share, "cache_write": written, None: 1 - cache.read_share - written}
    divided = {meters[name].dimension for name in names if of[name]}
    return {name: split[of[name]] if meters[name].dimension in divided else 1.0 for name in names}


def _line(price: Price, units: float, demand: Demand, catalog: Catalog, share: float) -> CostLine:
    meter = catalog.records.meters[price.meter]
    if meter.counts == "units":
        quantity = units * cost.HOURS_PER_MONTH
    elif meter.counts == "month":
        quantity = 1.0
    else:
        quantity = share * _counted(meter, price, demand) / meter.divide_by
    tiers = [(tier.up_to, tier.usd) for tier in price.tiers] if price.tiers else [(None, price.usd or 0.0)]
    usd = cost.metered(quantity, tiers, free=price.free, minimum_usd=price.minimum_usd)
    return CostLine(meter.title, quantity, meter.unit, usd, meter.usage_based, price, share)


def _counted(meter: Meter, price: Price, demand: Demand) -> float:
    dimension = meter.dimension or ""
    if dimension in demand.stock:
        return demand.stock[dimension]
    return math.fsum(
        use.average * cost.SECONDS_PER_MONTH * counted_each(use, meter, price)
        for use in demand.uses
        if use.dimension == dimension
    )


def counted_each(use: Use, meter: Meter, price: Price) -> float:
    """Return what a meter counts for each request of a step: 1, its started units, or its KB.

    Raises:
        ValueError: the meter counts a volume and the step does not say how large its requests are.
    """
    size = meter.size or ""
    if not meter.volume:
        return cost.started_units(use.kb.get(size, 0.0), price.started_kb)
    if size not in use.kb:
        raise ValueError(f"it bills the {meter.title}, and the blueprint does not state the {size} of a step")
    return use.kb[size]

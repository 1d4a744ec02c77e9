"""The monthly bill of an option that is run, bought and asked in a certain way."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

from advisor.candidates.candidate import CostLine
from advisor.candidates.demand import Demand, Use
from advisor.candidates.kit import remembered
from advisor.candidates.layout import Layout, PromptCache, Purchase
from advisor.catalog.load import Catalog
from advisor.catalog.model import Option, Price
from advisor.catalog.role import Meter
from advisor.models import cost

Way = tuple[Purchase, PromptCache | None, bool]
"""How an option is bought, whether it is asked from the cache, and whether in batches: what its prices depend on."""


@dataclass(frozen=True)
class Priced:
    """A price as it is paid in one way to run, buy and ask an option.

    Attributes:
        each: instances in a unit, 1 for what is not priced by the instance. share: of what the meter's dimension
            counts.
    """

    price: Price
    meter: Meter
    each: float
    share: float

    def line(self, quantity: float) -> CostLine:
        """Return the line of a month's quantity."""
        price, meter = self.price, self.meter
        tiers = [(tier.up_to, tier.usd) for tier in price.tiers] if price.tiers else [(None, price.usd or 0.0)]
        usd = cost.metered(quantity, tiers, free=price.free, minimum_usd=price.minimum_usd)
        return CostLine(meter.title, quantity, meter.unit, usd, meter.usage_based, price, self.share)


class Bill:
    """The monthly bills of an option at average demand; a line that layouts have in common is worked out once.

    Args:
        as_of: the day whose prices count.
        prices: what is known of the option on that day, by ways to buy and ask; what is found is added.
    """

    def __init__(
        self,
        option: Option,
        demand: Demand,
        catalog: Catalog,
        as_of: datetime.date,
        prices: dict[Way, list[Priced]] | None = None,
    ) -> None:
        self._option, self._demand, self._catalog, self._as_of = option, demand, catalog, as_of
        self._prices: dict[Way, list[Priced]] = {} if prices is None else prices
        self._ways: dict[Way, list[tuple[Priced, CostLine | None]]] = {}
        self._lines: dict[tuple[int, Way], tuple[CostLine, ...]] = {}

    def lines(self, layout: Layout) -> tuple[CostLine, ...]:
        """Return the lines of the bill of a layout.

        Raises:
            ValueError: a price is missing on that date, or a meter counts what the blueprint does not state.
        """
        way = (layout.purchase, layout.prompt_cache, layout.batch)
        if (layout.units, way) not in self._lines:
            if way not in self._ways:
                priced = remembered(self._prices, way, lambda: self._priced(layout))
                self._ways[way] = [(one, self._steady(one)) for one in priced]
            self._lines[layout.units, way] = tuple(
                one.line(layout.units * one.each * cost.HOURS_PER_MONTH) if steady is None else steady
                for one, steady in self._ways[way]
            )
        return self._lines[layout.units, way]

    def _priced(self, layout: Layout) -> list[Priced]:
        """Return the prices that are valid for the way in which a layout is bought and asked."""
        option, catalog, meters = self._option, self._catalog, self._catalog.records.meters
        prices = [*_asked(option, layout, catalog), *_bought(option, layout, catalog)]
        valid: dict[str, tuple[Price, float]] = {}
        for price, count in prices:
            if price.from_ is None or price.from_ <= self._as_of:
                valid[price.meter] = (price, count)
        missing = {price.meter for price, _ in prices} - set(valid)
        if missing:
            raise ValueError(f"no price for {', '.join(sorted(missing))} on {self._as_of}")
        shares = _shares(list(valid), layout, catalog)
        return [Priced(price, meters[meter], count, shares[meter]) for meter, (price, count) in valid.items()]

    def _steady(self, one: Priced) -> CostLine | None:
        """Return the line of a price, None where it depends on the number of units."""
        if one.meter.counts == "units":
            return None
        if one.meter.counts == "month":
            return one.line(1.0)
        return one.line(one.share * _counted(one.meter, one.price, self._demand) / one.meter.divide_by)


def bill(
    option: Option, layout: Layout, demand: Demand, catalog: Catalog, as_of: datetime.date
) -> tuple[CostLine, ...]:
    """Return the lines of the monthly bill of one layout; see :class:`Bill`."""
    return Bill(option, demand, catalog, as_of).lines(layout)


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

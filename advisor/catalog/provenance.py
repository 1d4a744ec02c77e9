"""Figures as a reader checks them: value in words, unit, range, basis, source, and how old they are."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.load import Catalog
from advisor.catalog.model import (
    Capacity,
    Component,
    Day,
    Figure,
    Latency,
    Option,
    Price,
    Provenance,
    Serving,
    Source,
    Tariff,
    WorksWith,
)
from advisor.catalog.walk import figures, walk
from advisor.errors import bad_input, nearest

Kind = Literal["component", "option", "role", "source", "instance", "service", "cloud"]
_COUNTS = ("million", "thousand")  # say nothing without what is counted
PRICE_DAYS, OTHER_DAYS = 180, 730  # how old a figure may be: prices change often, measurements and limits less so


@dataclass(frozen=True)
class Traced:
    """A figure with everything that is needed to check it.

    Attributes:
        record: id of the option, instance type, role or cloud that states it.
        name: what it is a figure of, ``latency.search_ms``.
        value: as it stands in the catalog, in words; ``unit`` is apart.
        low, high: the stated range, None where none is stated.
        source: the publication, None for an estimate that was reasoned without one.
    """

    record: str
    name: str
    value: str
    unit: str
    low: float | None
    high: float | None
    figure: Provenance
    source: Source | None

    def age_days(self, today: datetime.date) -> int:
        """Return the days since the figure was last compared with its source; negative for a later check."""
        return (today - self.figure.checked).days

    def stale(self, today: datetime.date) -> bool:
        """Whether the figure was compared with its source longer ago than its kind allows."""
        return is_stale(self.figure.checked, today, price=isinstance(self.figure, Tariff))


def is_stale(checked: datetime.date, today: datetime.date, *, price: bool) -> bool:
    """Return whether a figure was compared with its source longer ago than its kind allows.

    >>> is_stale(datetime.date(2026, 1, 1), datetime.date(2026, 8, 1), price=True)
    True
    """
    return (today - checked).days > (PRICE_DAYS if price else OTHER_DAYS)


def find(catalog: Catalog, name: str) -> Kind:
    """Return what ``name`` is. A component wins over an option of the same id, which its page shows as well.

    Raises:
        InputError: nothing has this name; names the nearest one.
    """
    records = catalog.records
    known: dict[Kind, Collection[str]] = {
        "component": records.components,
        "option": catalog.options,
        "role": records.roles,
        "source": records.sources,
        "instance": records.instances,
        "service": records.services,
        "cloud": records.clouds,
    }
    for kind, names in known.items():
        if name in names:
            return kind
    if name in records.blueprints:
        raise bad_input(f"'{name}' is a blueprint; `advisor blueprint show {name}` shows it")
    every = [one for names in (*known.values(), records.blueprints) for one in names]
    raise bad_input(
        f"'{name}' is not a component, option, role, source, instance type, service or cloud of the catalog; "
        f"`advisor catalog search` finds what contains a word{nearest(name, every)}"
    )


def of_option(catalog: Catalog, option: Option) -> list[Traced]:
    """Return every figure of an option, with those of the instance type and cloud that it runs on."""
    found = [_traced(catalog, option.id, path, figure, option) for path, figure in walk(option, ())]
    if option.unit and option.unit.instance:
        instance = catalog.records.instances[option.unit.instance]
        found += [_traced(catalog, option.unit.instance, path, figure) for path, figure in walk(instance, ())]
        cloud = catalog.records.clouds[option.cloud]
        found += [_traced(catalog, option.cloud, path, figure) for path, figure in walk(cloud, ())]
    return found


def of_component(catalog: Catalog, component: Component) -> list[Traced]:
    """Return every figure of a component, option after option; what options share is named once."""
    own = [_traced(catalog, component.id, path, one) for path, one in walk(component, ()) if path[0] != "options"]
    return list(dict.fromkeys([*own, *(one for option in component.options for one in of_option(catalog, option))]))


def of_role(catalog: Catalog, role: str) -> list[Traced]:
    """Return the figures that stand with a role itself."""
    return [_traced(catalog, role, path, figure) for path, figure in walk(catalog.role(role), ())]


def of_record(catalog: Catalog, kind: Kind, name: str) -> list[Traced]:
    """Return the figures of an instance type, a service of the price book, or a cloud."""
    records = catalog.records
    table = {"instance": records.instances, "service": records.services}.get(kind, records.clouds)
    return [_traced(catalog, name, path, figure) for path, figure in walk(table[name], ())]


def citing(catalog: Catalog, source: str) -> Iterator[Traced]:
    """Yield every figure of the catalog that names a source."""
    for _, _, figure in every(catalog, source):
        yield figure


def every(catalog: Catalog, source: str | None = None) -> Iterator[tuple[str, Option | None, Traced]]:
    """Yield (kind of record, option, figure) of the whole catalog, or of what names one source."""
    for (kind, key), path, figure in figures(catalog.records):
        if source is not None and figure.source != source:
            continue
        on_option = kind == "components" and path[0] == "options"
        option = catalog.records.components[key].options[int(path[1])] if on_option else None
        place = path[2:] if on_option else path
        yield kind, option, _traced(catalog, option.id if option else key, place, figure, option)


def share_by_basis(catalog: Catalog) -> dict[str, int]:
    """Return basis -> number of figures, the most frequent first."""
    return dict(Counter(figure.basis for _, _, figure in figures(catalog.records)).most_common())


def derived_estimates(catalog: Catalog) -> int:
    """Return how many estimates name the publication that they were reasoned from."""
    return sum(figure.basis == "estimate" and figure.source is not None for _, _, figure in figures(catalog.records))


def newest_check(catalog: Catalog) -> datetime.date:
    """Return the newest date on which any figure was compared with its source."""
    return max(figure.checked for _, _, figure in figures(catalog.records))


def main_price(catalog: Catalog, option: Option) -> Traced:
    """Return the price to look at first: the unit hour, else the first that is stated; of a history today's."""
    prices = [figure for figure in of_option(catalog, option) if isinstance(figure.figure, Price)]
    first = min(prices, key=lambda price: price.name != "price.unit_hour")
    same = [price for price in prices if (price.name, price.record) == (first.name, first.record)]
    begun = [price for price in same if isinstance(price.figure, Price) and _begun(price.figure, catalog.date)]
    return (begun or same)[-1]


def _begun(price: Price, date: datetime.date) -> bool:
    return price.from_ is None or price.from_ <= date


def _traced(
    catalog: Catalog, record: str, path: tuple[str | int, ...], figure: Provenance, option: Option | None = None
) -> Traced:
    low = figure.low if isinstance(figure, Figure | Capacity) else None
    high = figure.high if isinstance(figure, Figure | Capacity) else None
    if isinstance(figure, Price):
        name = f"price.{figure.meter}"
    else:
        name = f"price.{path[1]}" if isinstance(figure, Tariff) else ".".join(str(part) for part in path)
    source = catalog.records.sources.get(figure.source or "")
    unit = unit_of(catalog, record, path, figure, option)
    return Traced(record, name, _value(figure), unit, low, high, figure, source)


_UNITS = {
    "operations_h_per_month": "h/month",
    "interruptions_per_month": "1/month",
    "spot_replacement_min": "min",
    "egress_usd_per_gb": "USD/GB",
    "other_cloud_ms": "ms",
    "batch_within_h": "h",
}


def unit_of(
    catalog: Catalog, record: str, path: tuple[str | int, ...], figure: Provenance, option: Option | None
) -> str:
    """Return the unit of a figure that stands at a path of a record, "USD/GB-month"."""
    if isinstance(figure, Price):
        meter = catalog.records.meters[figure.meter]
        return f"USD/{meter.unit} {meter.title}" if meter.unit in _COUNTS else f"USD/{meter.unit}"
    if isinstance(figure, Tariff):
        return f"USD/{catalog.records.services[record].meters[str(path[1])].unit}"
    if isinstance(figure, Capacity):
        unit = catalog.records.dimensions[str(path[-1])].unit
        return f"{unit} per {option.unit.name}" if option and option.unit else unit
    if isinstance(figure, Latency | Serving | Day | WorksWith):
        return {Latency: "ms", Day: "date", WorksWith: "components"}.get(type(figure), "as published")
    if path[-1] in _UNITS:
        return _UNITS[str(path[-1])]
    return "of 1" if "quality" not in path or path[-1] == "without" else f"on {path[-1]}"


def _value(figure: Provenance) -> str:
    if isinstance(figure, Tariff):
        return _price(figure)
    if isinstance(figure, Latency):
        parts = [(name, getattr(figure, name)) for name in ("p50", "mean", "p95", "p99", "cv")]
        known = [f"{name} {exact(value)}" for name, value in parts if value is not None]
        return ", ".join([*known, *(["loaded"] if figure.loaded else [])])
    if isinstance(figure, Capacity):
        return "no published limit" if figure.value is None else exact(figure.value)
    if isinstance(figure, Serving):
        heads = f"{figure.layers} layers, {figure.kv_heads} KV heads of {figure.head_size}"
        return f"weights {exact(figure.weights_gb)} GB, {heads}, context {exact(figure.context_tokens)} tokens"
    if isinstance(figure, Day | WorksWith):
        return figure.date.isoformat() if isinstance(figure, Day) else f"{figure.role}: {', '.join(figure.components)}"
    assert isinstance(figure, Figure)
    return exact(figure.value)


def _price(price: Tariff) -> str:
    if price.usd is not None:
        text = exact(price.usd)
    else:
        tiers = price.tiers or []
        ends = [f"up to {exact(tier.up_to)}" if tier.up_to else "above" for tier in tiers]
        text = ", ".join(f"{exact(tier.usd)} {end}" for tier, end in zip(tiers, ends, strict=True))
    notes = [
        f"{exact(price.free)} free" if price.free else "",
        f"per started {exact(price.started_kb)} KB" if price.started_kb else "",
        f"at least {exact(price.minimum_usd)} USD a month" if price.minimum_usd else "",
        f"from {price.from_}" if price.from_ else "",
    ]
    return ", ".join([text, *(note for note in notes if note)])


def exact(value: float) -> str:
    """Return a number as it was recorded, thousands apart by a no-break space, nothing rounded.

    >>> exact(1_200_000).replace("\\u00a0", " "), exact(0.0725), exact(4)
    ('1 200 000', '0.0725', '4')
    """
    return f"{value:,.15g}".replace(",", "\u00a0")

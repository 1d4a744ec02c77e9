"""What a figure of the catalog is called for people who do not know its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.catalog.perturb import Reference

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog, Records

_TIMES = {"ttft_ms": "time to first token", "tpot_ms": "time per further token"}
_AVAILABILITY = {
    "service": "availability promised",
    "observed": "availability observed",
    "software": "availability of the software",
}
_OTHERS = {
    "operations_h_per_month": "hours of operations",
    "software": _AVAILABILITY["software"],
    "without_agreement": "availability where no agreement covers it",
    "egress_usd_per_gb": "price of data that leaves it",
    "other_cloud_ms": "time of a call to another cloud",
    "instance_availability": "availability of an instance",
    "zone_availability": "availability of a zone",
    "spot_availability": "availability of spot capacity",
    "spot_replacement_min": "time to replace a spot instance",
    "interruptions_per_month": "interruptions a month",
}
CLOUDS = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}


def title(figure: Reference, catalog: Catalog) -> str:
    """Return who states a figure and what it is, in words.

    >>> from advisor.catalog.load import load_catalog
    >>> from advisor.catalog.perturb import figures
    >>> catalog = load_catalog()
    >>> some = {one.name: title(one, catalog) for one in figures(catalog, ["dynamodb_on_demand_eventual"])}
    >>> some["price.gb_month"]
    'Amazon DynamoDB: price of stored data'
    """
    return f"{_record(figure.record, catalog)}: {words(figure.name, catalog.records)}"


def words(name: str, records: Records) -> str:
    """Return what the name of a figure stands for.

    >>> from advisor.catalog.load import load_catalog
    >>> known = load_catalog().records
    >>> [words(name, known) for name in ("latency.search_ms.p50", "capacity.reads_per_s", "operations_h_per_month")]
    ['search time, p50', 'capacity for reads', 'hours of operations']
    >>> words("price.million_input_tokens from 2026-05-01", known), words("availability.service_by_zones.2", known)
    ('price of input tokens from 2026-05-01', 'availability promised in 2 zones')
    """
    kind, _, key = name.partition(".")
    if kind == "latency":
        measure, _, percentile = key.partition(".")
        return f"{time_of(measure)}{f', {percentile}' if percentile else ''}"
    if kind == "capacity":
        return f"capacity for {records.dimensions[key].title}" if key in records.dimensions else spaced(name)
    if kind == "price":
        meter, space, since = key.partition(" ")
        named = records.meters[meter].title.removeprefix("of ") if meter in records.meters else spaced(meter)
        return f"{'' if meter == 'month' else 'price of '}{named}{space}{since}"
    if kind == "availability":
        return _availability(key)
    if kind == "quality":
        return "quality without it" if key == "without" else f"quality, {spaced(key)}"
    return _OTHERS.get(name) or spaced(name)


def time_of(key: str) -> str:
    """Return what a latency figure's key stands for; any other word as it is.

    >>> time_of("ttft_ms"), time_of("search_ms"), time_of("cv")
    ('time to first token', 'search time', 'cv')
    """
    if not key.endswith("_ms"):
        return key
    return _TIMES.get(key) or f"{spaced(key.removesuffix('_ms'))} time"


def spaced(key: str) -> str:
    """Return a key of which nothing better is known, as words."""
    return key.replace("_", " ").replace(".", " ")


def _availability(key: str) -> str:
    head, _, zones = key.partition(".")
    if head == "service_by_zones":
        return f"availability promised in {zones} zone{'' if zones == '1' else 's'}"
    return _AVAILABILITY.get(key, f"availability {spaced(key)}")


def _record(record: str, catalog: Catalog) -> str:
    """Return who states a figure: the component of an option, a class of running, a cloud, a role, or as it is."""
    if record in catalog.options:
        return catalog.options[record][0].name
    if record in catalog.records.operating:
        return catalog.records.operating[record].title
    if record in catalog.records.roles:
        return catalog.records.roles[record].title
    return CLOUDS.get(record, record)

"""The price book: what it covers, and that every price can be used and traced."""

from __future__ import annotations

import datetime

import pytest

from advisor.billing import units
from advisor.billing.model import Line
from advisor.billing.offers import find
from advisor.billing.price import newest_check
from advisor.catalog.load import Catalog
from advisor.catalog.model import ServiceMeter

CLOUDS = ("aws", "azure", "gcp")
# What a bill of any cloud contains, by words in the ids of services and meters.
NEEDED: dict[str, tuple[str, str]] = {
    "object storage": ("s3|blob|cloud_storage", "month"),
    "object storage requests": ("s3|blob|cloud_storage", "reads|writes|class"),
    "block storage": ("ebs|disk", "month"),
    "NAT": ("nat", "hour"),
    "NAT data": ("nat", "gb"),
    "load balancer": ("load_balancer", "hour"),
    "public IPv4": ("public_ipv4", "hour"),
    "egress": ("data_transfer|cloud_storage", "internet_gb"),
    "function calls": ("lambda|functions", "requests|executions|invocations"),
    "function time": ("lambda|functions", "gb_seconds"),
    "queues and streams": ("sqs|service_bus|event_hubs|kinesis|pubsub", ""),
    "key-value store or database": ("dynamodb|cosmos|cloud_sql", "hour"),
    "log ingest": ("cloudwatch|log_analytics|cloud_logging", "log_gb"),
    "keys and secrets": ("kms|vault|secret", ""),
    "Kubernetes": ("eks|aks|gke", "cluster_hour"),
    "container registry": ("ecr|registry", "gb_month"),
    "relational database": ("rds|aurora|sql", ""),
    "cache": ("elasticache|redis", "hour"),
    "DNS": ("route53|dns", "zone_month"),
}


def all_meters(catalog: Catalog) -> list[tuple[str, str, ServiceMeter]]:
    """Return (service, meter id, meter) of the whole book."""
    services = catalog.records.services
    return [(key, name, meter) for key, service in services.items() for name, meter in service.meters.items()]


def test_the_book_has_hundreds_of_meters(catalog: Catalog) -> None:
    """At least 120 meters of services that are neither instance types nor models, on three clouds."""
    found = [key for key, name, _ in all_meters(catalog) if key.split("/")[0] in CLOUDS and "unit_hour" not in name]
    assert len(found) >= 120
    assert {key.split("/")[0] for key in found} == set(CLOUDS)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("what", NEEDED)
def test_each_cloud_has_what_bills_contain(catalog: Catalog, what: str, cloud: str) -> None:
    """Object and block storage, network, functions, queues, databases, logs, keys, clusters: on each cloud."""
    services, meters = (pattern.split("|") for pattern in NEEDED[what])
    hits = [
        (key, name)
        for key, name, _ in all_meters(catalog)
        if key.startswith(f"{cloud}/") and any(s in key for s in services) and any(m in name for m in meters)
    ]
    assert hits


def test_every_meter_can_be_priced_today(catalog: Catalog) -> None:
    """Each has a unit that is understood, a price that counts now, a region and a source with a date."""
    day = newest_check(catalog)
    for key, name, meter in all_meters(catalog):
        offer = find(Line(id="x", component=key, meter=name), catalog, day)
        assert units.parse(offer.unit).kinds
        assert offer.region
        assert offer.source in catalog.records.sources
        assert offer.checked is not None
        assert offer.checked <= day
        assert offer.conditions
        assert max(usd for _, usd in offer.tiers) > 0, (key, name)
        assert meter.title


def test_tiers_get_cheaper(catalog: Catalog) -> None:
    """In this book more never costs more a unit: a rising tier would be a slip of transcription."""
    for key, name, meter in all_meters(catalog):
        for price in meter.prices:
            usd = [tier.usd for tier in price.tiers or []]
            assert usd == sorted(usd, reverse=True), (key, name)


def test_token_prices_hold_together(catalog: Catalog) -> None:
    """For every model output costs at least as much as input, a cache read at most as much, a batch at most as much."""
    for key, service in catalog.records.services.items():
        usd = {name: meter.prices[-1].usd for name, meter in service.meters.items()}
        if "input" not in usd:
            continue
        plain = usd["input"]
        assert plain is not None
        assert (usd.get("output") or plain) >= plain, key
        assert (usd.get("cache_read") or 0) <= plain
        assert (usd.get("batch_input") or 0) <= plain
        assert (usd.get("long_input") or plain) >= plain


def test_prices_that_are_announced_wait_for_their_day(catalog: Catalog) -> None:
    """A price whose day has not come is not used yet."""
    line = Line(id="x", component="google/gemini-4-argon", meter="input")
    assert find(line, catalog, datetime.date(2026, 11, 30)).tiers == ((None, 2),)
    assert find(line, catalog, datetime.date(2026, 12, 1)).tiers == ((None, 4),)

"""Provisioning: vendors' worked examples, arithmetic by hand, limits as verdicts, monotonicity, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from advisor.models.provisioning import (
    SECONDS_PER_DAY,
    BrokerTraffic,
    broker_disk_gb,
    broker_traffic,
    brokers,
    concurrency,
    partitions,
    primary_shards,
    scale_out_s,
    search_nodes,
    search_storage_gib,
    serverless,
    shard_limit,
)

QUIET = BrokerTraffic(0, 0, 0)


@pytest.mark.parametrize(
    ("rate_per_s", "duration_s", "printed"),
    [(100, 0.5, 50), (100, 1, 100), (100, 0.05, 5), (10, 3, 30), (500, 0.2, 100), (0, 3, 0)],
)
def test_published_concurrency(rate_per_s: float, duration_s: float, printed: float) -> None:
    """Concurrency is rate x duration: the worked examples of AWS and of courses about it."""
    assert concurrency(rate_per_s, duration_s) == printed


@pytest.mark.parametrize(
    ("limits", "binding", "limit", "served"),
    [
        ({}, "none", 1000, 400),
        ({"account_limit": 100}, "account", 100, 200),
        ({"function_limit": 50}, "function", 50, 100),
        ({"others_in_account": 900}, "account", 100, 200),
        ({"others_in_account": 900, "function_limit": 150}, "account", 100, 200),
        ({"others_in_account": 2000}, "account", 0, 0),
        ({"function_limit": 0}, "function", 0, 0),
        ({"function_limit": 200}, "none", 200, 400),
        ({"function_limit": 200, "requests_per_s_each": 1}, "request rate", 200, 200),
    ],
)
def test_the_tighter_limit_throttles(limits: dict[str, float], binding: str, limit: float, served: float) -> None:
    """400 requests a second of 0.5 s need 200 executions; what the tightest limit leaves is served, by hand."""
    found = serverless(400, 0.5, **limits)
    assert (found.needed, found.binding, found.limit) == (200, binding, limit)
    assert (found.served_rate_per_s, found.throttled_rate_per_s) == (served, 400 - served)
    assert found.fits == (served == 400)


def test_short_functions_meet_the_request_rate_first() -> None:
    """20 000 requests a second of 20 ms need only 400 executions, but 1000 executions allow 10 000 a second."""
    found = serverless(20_000, 0.02)
    assert (found.needed, found.binding, found.served_rate_per_s) == (400, "request rate", 10_000)
    assert serverless(20_000, 0.02, requests_per_s_each=None).fits


def test_rounding_does_not_throttle() -> None:
    """50 x 1.1 is a little over 55 in binary and fits a limit of 55 all the same; 51 x 1.1 does not."""
    assert 50 * 1.1 > 55
    assert serverless(50, 1.1, function_limit=55).fits
    assert serverless(51, 1.1, function_limit=55).binding == "function"


@pytest.mark.parametrize("rate", [1, 999, 2000, 2001, 50_000])
def test_served_and_throttled_make_the_rate(rate: float) -> None:
    """Nothing is lost or made, and what is served keeps within the limit by Little's law."""
    found = serverless(rate, 0.5)
    assert found.served_rate_per_s + found.throttled_rate_per_s == rate
    assert found.served_rate_per_s * 0.5 <= found.limit
    assert found.fits == (rate <= 2000)


@pytest.mark.parametrize(
    ("needed", "warm", "expected"), [(0, 0, 0), (1000, 0, 0), (1001, 0, 10), (3500, 500, 20), (10, 99, 0)]
)
def test_scale_out(needed: float, warm: float, expected: float) -> None:
    """The first thousand executions start at once, each further thousand 10 s later."""
    assert scale_out_s(needed, warm) == expected


def test_published_retention() -> None:
    """200 MB/s for 7 days in 3 copies are 362 880 000 MB; at 70 % full on 2 TB it takes 259.2, so 260 brokers."""
    assert broker_disk_gb(200, 7 * SECONDS_PER_DAY, 3) == 362_880
    week = broker_disk_gb(200, 7 * SECONDS_PER_DAY, 3, fill_fraction=0.7)
    assert week / 2000 == pytest.approx(259.2, rel=1e-12)
    assert brokers(week, QUIET, 0, broker_disk_gb=2000, broker_mb_per_s=1) == 260


def test_published_replication_traffic() -> None:
    """100 MB/s with 3 copies: 100 from producers and 200 to followers come in, 200 and each consumer's 100 go out."""
    assert broker_traffic(100, 3, 0) == BrokerTraffic(300, 200, 300)
    assert broker_traffic(100, 3, 1) == BrokerTraffic(300, 300, 300)
    assert broker_traffic(100, 1, 1) == BrokerTraffic(100, 100, 100)


@pytest.mark.parametrize(("groups", "replication"), [(0, 1), (1, 3), (5, 2)])
def test_what_followers_receive_leaders_send(groups: int, replication: int) -> None:
    """In minus producers equals out minus consumers: replication is counted once on each side."""
    found = broker_traffic(7, replication, groups)
    assert found.in_mb_per_s - 7 == found.out_mb_per_s - 7 * groups


@pytest.mark.parametrize(
    ("target", "producer", "consumer", "expected"),
    [(100, 10, 20, 10), (100, 20, 10, 10), (100, 10, 6, 17), (0, 1, 1, 1), (0.1 + 0.2, 0.1, 1, 3), (1, 2, 3, 1)],
)
def test_partitions(target: float, producer: float, consumer: float, expected: int) -> None:
    """Partitions are the larger of t / p and t / c, rounded up, and rounding in the last digit adds none."""
    assert partitions(target, producer, consumer) == expected


@pytest.mark.parametrize(
    ("disk_gb", "traffic", "replicas", "expected"),
    [
        (0, QUIET, 0, 3),  # a broker for each copy
        (9001, QUIET, 0, 10),  # disk
        (0, BrokerTraffic(900, 1001, 900), 0, 12),  # network out, with one broker down
        (0, BrokerTraffic(1001, 900, 1001), 0, 12),  # network in
        (0, QUIET, 16_001, 6),  # partition replicas
    ],
)
def test_the_scarcest_resource_sets_the_brokers(
    disk_gb: float, traffic: BrokerTraffic, replicas: int, expected: int
) -> None:
    """The number of brokers is what the scarcest of disk, network, partitions and copies asks for."""
    assert brokers(disk_gb, traffic, replicas, broker_disk_gb=1000, broker_mb_per_s=100) == expected


def test_published_search_storage() -> None:
    """AWS: 66 GiB with one replica need 191 GiB, and overheads multiply to 1.45."""
    assert math.floor(search_storage_gib(66, 1)) == 191
    assert round(search_storage_gib(1, 0), 2) == 1.45
    assert search_storage_gib(7, 2, indexing_overhead=0, os_reserved=0, service_reserved=0) == 21


def test_published_shards() -> None:
    """AWS: 66 GiB make 3 shards of 30 GiB, grown fourfold 10; 4 GiB of heap hold 100 shards, Elastic's 30 GB 600."""
    assert primary_shards(66, 30) == 3
    assert primary_shards(66, 30, growth_gib=198) == 10
    assert shard_limit(4) == 100
    assert shard_limit(30, 20) == 600


def test_shards_by_hand() -> None:
    """A full shard does not start another one, and an empty index still has one."""
    assert primary_shards(300, 30, indexing_overhead=0.1) == 11
    assert primary_shards(301, 30, indexing_overhead=0.1) == 12
    assert primary_shards(0) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 2),  # a node for each copy
        ({"storage_gib": 501}, 6),
        ({"storage_gib": 501, "failures": 1}, 7),
        ({"shards": 801}, 9),
        ({"replicas": 4}, 5),
    ],
)
def test_search_nodes(changes: dict[str, Any], expected: int) -> None:
    """The number of nodes is what the scarcest of disk, heap and copies asks for."""
    given: dict[str, Any] = {"storage_gib": 100, "shards": 2, "node_storage_gib": 100, "node_heap_gib": 4}
    assert search_nodes(**(given | changes)) == expected


@pytest.mark.parametrize(
    "series",
    [
        [concurrency(rate, 0.3) for rate in (1, 2, 30)],
        [serverless(rate, 0.5).throttled_rate_per_s for rate in (2000, 2001, 9000)],
        [broker_disk_gb(rate, 3600) for rate in (0, 1, 20)],
        [broker_disk_gb(5, 3600, fill_fraction=share) for share in (1, 0.85, 0.5)],
        [partitions(rate, 10, 10) for rate in (10, 11, 1000)],
        [search_storage_gib(66, replicas) for replicas in (0, 1, 2)],
        [primary_shards(66, size) for size in (50, 30, 10)],
        [scale_out_s(needed) for needed in (1000, 1001, 9000)],
    ],
)
def test_more_demand_needs_more(series: list[float]) -> None:
    """Every sizing rises strictly along a series of rising demand."""
    assert all(before < after for before, after in pairwise(series))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: concurrency(-1, 1), "rate_per_s must be at least 0 and finite, found -1"),
        (lambda: concurrency(1, 0), "duration_s must be greater than 0 and finite, found 0"),
        (lambda: concurrency(1e200, 1e200), "concurrency must be at least 0 and finite, found inf"),
        (lambda: concurrency(math.nan, 1), "rate_per_s must be at least 0 and finite, found nan"),
        (lambda: serverless(1, 1, account_limit=0), "account_limit must be greater than 0"),
        (lambda: serverless(1, 1, function_limit=-1), "function_limit must be at least 0"),
        (lambda: serverless(1, 1, requests_per_s_each=0), "requests_per_s_each must be greater than 0"),
        (lambda: scale_out_s(1, step=0), "step must be greater than 0"),
        (lambda: broker_disk_gb(1, 1, 0), "replication must be a whole number of at least 1, found 0"),
        (lambda: broker_disk_gb(1, 1, fill_fraction=1.1), r"fill_fraction must lie in \(0, 1\], found 1\.1"),
        (lambda: broker_disk_gb(1, math.inf), "retention_s must be greater than 0 and finite, found inf"),
        (lambda: broker_traffic(1, 3, -1), "consumer_groups must be a whole number of at least 0, found -1"),
        (lambda: partitions(1, 0, 1), "producer_mb_per_s must be greater than 0"),
        (lambda: brokers(1, QUIET, -1, broker_disk_gb=1, broker_mb_per_s=1), "replicas must be a whole number"),
        (lambda: search_storage_gib(1, -1), "replicas must be a whole number of at least 0, found -1"),
        (lambda: search_storage_gib(1, os_reserved=1), r"os_reserved must lie in \[0, 1\), found 1"),
        (lambda: search_storage_gib(1, service_reserved=-0.1), r"service_reserved must lie in \[0, 1\), found -0\.1"),
        (lambda: primary_shards(1, 0), "shard_gib must be greater than 0"),
        (lambda: primary_shards(1e308, growth_gib=1e308), "amount must be at least 0 and finite, found inf"),
        (lambda: shard_limit(-1), "heap_gib must be greater than 0"),
        (lambda: search_nodes(1, 0, node_storage_gib=1, node_heap_gib=1), "shards must be a whole number"),
        (lambda: search_nodes(1, 1, node_storage_gib=1, node_heap_gib=0.01), r"node_heap_gib must be at least 0\.04"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be provisioned is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

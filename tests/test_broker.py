"""Message brokers: printed examples, arithmetic by hand, durability by enumeration, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.broker import (
    BrokerTraffic,
    broker_disk_gb,
    broker_traffic,
    brokers,
    compacted_disk_gb,
    ingress_limit_mb_per_s,
    open_segments_gb,
    partitions,
    rack_loss,
    write_failures,
)
from advisor.models.quantities import SECONDS_PER_DAY

QUIET = BrokerTraffic(0, 0, 0)


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


def test_open_segments_by_hand() -> None:
    """10 partitions in 3 copies hold up to 30 segments of 1 GiB beyond the retention."""
    assert open_segments_gb(10) == 30 * 2**30 / 10**9
    assert open_segments_gb(10, 1, segment_bytes=10**8) == 1


def test_half_of_a_compacted_log_may_be_duplicates() -> None:
    """At a dirty ratio of one half the log is twice what is live; at 0 nothing but what is live, plus open segments."""
    assert compacted_disk_gb(10_000_000, 500, 1) == 10
    assert compacted_disk_gb(10_000_000, 500, 3, dirty_ratio=0, open_gb=2.5) == 17.5


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 50), st.floats(1, 5000), st.floats(1, 5000), st.integers(1, 5), st.integers(0, 9))
def test_the_sustained_ingress_just_fits(
    count: int, network: float, disk: float, replication: int, groups: int
) -> None:
    """At the limit no disk or network direction is above capacity and one is at it: the inverse of the traffic."""
    limit = ingress_limit_mb_per_s(count, network, disk, replication, groups)
    found = broker_traffic(limit, replication, groups)
    used = max(
        found.in_mb_per_s / network / count,
        found.out_mb_per_s / network / count,
        found.disk_write_mb_per_s / disk / count,
    )
    assert used == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("replication", range(1, 6))
@pytest.mark.parametrize("racks", range(1, 6))
def test_a_lost_rack_is_what_enumeration_finds(replication: int, racks: int) -> None:
    """Copies dealt to racks in turn: the worst rack decides what is left, who may write, what may be lost for good."""
    homes = [copy % racks for copy in range(replication)]
    for min_in_sync in range(1, replication + 1):
        left = min(replication - homes.count(rack) for rack in range(racks))
        holders = set(combinations(range(replication), min_in_sync))
        lost = [rack for rack in range(racks) if any(all(homes[c] == rack for c in chosen) for chosen in holders)]
        found = rack_loss(replication, racks, min_in_sync)
        assert (found.copies_left, found.readable, found.writable) == (left, left > 0, left >= min_in_sync)
        assert found.acknowledged_safe == (not lost)


def test_writes_survive_what_is_not_needed_in_sync() -> None:
    """Three copies of which two must acknowledge take writes with one broker down; with all needed, with none."""
    assert [write_failures(3, needed) for needed in (1, 2, 3)] == [2, 1, 0]


@pytest.mark.parametrize(
    "series",
    [
        [broker_disk_gb(rate, 3600) for rate in (0, 1, 20)],
        [broker_disk_gb(5, 3600, fill_fraction=share) for share in (1, 0.85, 0.5)],
        [partitions(rate, 10, 10) for rate in (10, 11, 1000)],
        [open_segments_gb(count) for count in (1, 2, 30)],
        [compacted_disk_gb(1000, 10, dirty_ratio=ratio) for ratio in (0, 0.5, 0.9)],
        [ingress_limit_mb_per_s(count, 100, 100) for count in (3, 4, 30)],
        [-ingress_limit_mb_per_s(9, 100, 1000, 3, groups) for groups in (1, 2, 5)],
    ],
)
def test_more_demand_needs_more(series: list[float]) -> None:
    """Every sizing rises strictly along a series of rising demand."""
    assert all(before < after for before, after in pairwise(series))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: broker_disk_gb(1, 1, 0), "replication must be a whole number from 1 to 10*, found 0"),
        (lambda: broker_disk_gb(1, 1, fill_fraction=1.1), r"fill_fraction must lie in \(0, 1\], found 1\.1"),
        (lambda: broker_disk_gb(1, math.inf), "retention_s must be greater than 0 and finite, found inf"),
        (lambda: broker_disk_gb(1e90, 1e90), "broker_disk_gb must be at most"),
        (lambda: broker_traffic(1, 3, -1), "consumer_groups must be a whole number from 0 to 10*, found -1"),
        (lambda: partitions(1, 0, 1), "producer_mb_per_s must be greater than 0"),
        (lambda: brokers(1, QUIET, -1, broker_disk_gb=1, broker_mb_per_s=1), "replicas must be a whole number"),
        (
            lambda: brokers(1, BrokerTraffic(math.nan, 0, 0), 1, broker_disk_gb=1, broker_mb_per_s=1),
            "in_mb_per_s must be at least 0 and finite, found nan",
        ),
        (lambda: compacted_disk_gb(1, 1, dirty_ratio=1), "dirty_ratio must be at least 0 and below 1, found 1"),
        (lambda: open_segments_gb(0), "partitions must be a whole number from 1"),
        (lambda: ingress_limit_mb_per_s(1, 0, 1), "broker_mb_per_s must be greater than 0"),
        (lambda: rack_loss(3, 3, 4), "min_in_sync must be a whole number from 1 to 3, found 4"),
        (lambda: write_failures(0), "replication must be a whole number from 1"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be provisioned is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

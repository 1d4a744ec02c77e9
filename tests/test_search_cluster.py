"""Search clusters: vendors' worked examples, arithmetic by hand, monotonicity, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.search_cluster import (
    primary_shards,
    retained_storage_gb,
    search_nodes,
    search_storage_gib,
    service_reserve_gib,
    shard_limit,
    tier_nodes,
)


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


def test_the_reserve_is_bounded_on_each_node() -> None:
    """20 % of the disk, but at most 20 GiB a node: 60 GiB on three of 500, 200 on ten of 100, as printed."""
    assert service_reserve_gib(3, 500) == 60
    assert service_reserve_gib(10, 100) == 200
    assert service_reserve_gib(2, 50) == 20


def test_published_tiers() -> None:
    """Elastic: 100 GB a day are 7500 GB hot on 5 nodes and 91 250 GB warm on 10, with one spare each."""
    assert retained_storage_gb(100, 30) == 7500
    assert tier_nodes(7500, 64, 30, spare=1) == 5
    assert retained_storage_gb(100, 365) == 91_250
    assert tier_nodes(91_250, 64, 160, spare=1) == 10
    assert retained_storage_gb(1, 9 * 30) == 675
    assert tier_nodes(675, 8, 30) == 3


def test_an_expanding_index_needs_its_factor() -> None:
    """An index 1.2 times its raw size takes 1.2 times the storage; without reserves only copies count."""
    assert retained_storage_gb(10, 10, 2, watermark=0, margin=0) == 300
    assert retained_storage_gb(10, 10, 2, expansion=1.2) == pytest.approx(300 * 1.2 * 1.25, rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(1, 1e6), st.integers(0, 3), st.floats(1, 1e4), st.integers(1, 10**5))
def test_nodes_hold_storage_and_shards_also_after_failures(
    storage: float, replicas: int, each: float, shards: int
) -> None:
    """What the nodes hold suffices with ``failures`` of them down, and one node fewer would not do."""
    count = search_nodes(storage, shards, node_storage_gib=each, node_heap_gib=16, replicas=replicas, failures=2)
    alive, limit = count - 2, shard_limit(16)

    def holds(nodes: int) -> bool:
        return nodes * each >= storage * (1 - 1e-9) and nodes * limit >= shards

    assert holds(alive)
    assert count == replicas + 1 or not holds(alive - 1)


@pytest.mark.parametrize(
    "series",
    [
        [search_storage_gib(66, replicas) for replicas in (0, 1, 2)],
        [primary_shards(66, size) for size in (50, 30, 10)],
        [retained_storage_gb(1, days) for days in (0, 1, 30)],
        [tier_nodes(storage, 64, 30) for storage in (0, 2000, 90_000)],
        [shard_limit(heap) for heap in (1, 2, 31)],
        [service_reserve_gib(nodes, 100) for nodes in (1, 2, 10)],
    ],
)
def test_more_demand_needs_more(series: list[float]) -> None:
    """Every sizing rises strictly along a series of rising demand."""
    assert all(before < after for before, after in pairwise(series))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: search_storage_gib(1, -1), "replicas must be a whole number from 0 to 10*, found -1"),
        (lambda: search_storage_gib(1, os_reserved=1), "os_reserved must be at least 0 and below 1, found 1"),
        (lambda: search_storage_gib(1, service_reserved=-0.1), r"service_reserved must be at least 0 .*, found -0\.1"),
        (lambda: primary_shards(1, 0), "shard_gib must be greater than 0"),
        (lambda: primary_shards(1e308), "source_gib must be at most"),
        (lambda: shard_limit(-1), "heap_gib must be greater than 0"),
        (lambda: shard_limit(1, node_limit=0), "node_limit must be a whole number from 1"),
        (lambda: search_nodes(1, 0, node_storage_gib=1, node_heap_gib=1), "shards must be a whole number"),
        (lambda: search_nodes(1, 1, node_storage_gib=1, node_heap_gib=0.01), r"node_heap_gib must be at least 0\.04"),
        (lambda: retained_storage_gb(1, math.nan), "days must be at least 0 and finite, found nan"),
        (lambda: retained_storage_gb(1, 1, expansion=0), "expansion must be greater than 0"),
        (lambda: tier_nodes(1, 0, 30), "node_memory_gb must be greater than 0"),
        (lambda: service_reserve_gib(1, 1, share=1), "share must be at least 0 and below 1, found 1"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be provisioned is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

"""Search clusters: storage with replicas and reserves, shards, and the nodes that hold both.

GiB is 2**30 bytes, GB is 1e9 bytes; each formula keeps the unit of its source, which every name states.

Sources: Amazon OpenSearch Service developer guide (storage, shards); Elastic, "How many shards should I have" and
"Benchmarking and sizing your Elasticsearch cluster".
"""

from __future__ import annotations

import math

from advisor.models import arguments
from advisor.models.quantities import MOST_COUNTED, as_written, units_needed


def search_storage_gib(
    source_gib: float,
    replicas: int = 1,
    *,
    indexing_overhead: float = 0.1,
    os_reserved: float = 0.05,
    service_reserved: float = 0.2,
) -> float:
    """Return the least storage of a search cluster, in the unit of the source (GiB).

        source x (1 + replicas) x (1 + indexing overhead) / (1 - os reserved) / (1 - service reserved)

    Source: Amazon OpenSearch Service developer guide: 66 GiB with one replica need 191 GiB.

    Args:
        source_gib: data held at a time, >= 0; for rolling indices a period's data x periods kept.
        replicas: copies beside the primary, >= 0.
        indexing_overhead: of the index over its source, >= 0.
        os_reserved: share of the disk, in [0, 1).
        service_reserved: share of the disk for merges and logs, in [0, 1).

    Raises:
        ValueError: arguments out of range or not finite.

    >>> int(search_storage_gib(66, 1))
    191
    """
    arguments.not_negative(source_gib=source_gib, indexing_overhead=indexing_overhead)
    arguments.whole(least=0, most=MOST_COUNTED, replicas=replicas)
    arguments.below_one(os_reserved=os_reserved, service_reserved=service_reserved)
    found = source_gib * (1 + replicas) * (1 + indexing_overhead) / (1 - os_reserved) / (1 - service_reserved)
    arguments.not_negative(search_storage_gib=found)
    return found


def primary_shards(
    source_gib: float, shard_gib: float = 30, *, growth_gib: float = 0, indexing_overhead: float = 0.1
) -> int:
    """Return the primary shards of an index: ceil((source + growth) x (1 + overhead) / shard size), at least 1.

    Keep shards at 10 to 30 GiB for search and 30 to 50 GiB for logs. Source: Amazon OpenSearch Service developer
    guide: 66 GiB in shards of 30 GiB are 3, with 198 GiB of growth 10.

    Args:
        source_gib: >= 0.
        shard_gib: size aimed at, > 0.
        growth_gib: room to grow, >= 0.
        indexing_overhead: of the index over its source, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> primary_shards(66), primary_shards(66, growth_gib=198)
    (3, 10)
    """
    arguments.not_negative(source_gib=source_gib, growth_gib=growth_gib, indexing_overhead=indexing_overhead)
    arguments.positive(shard_gib=shard_gib)
    return max(1, units_needed((source_gib + growth_gib) * (1 + indexing_overhead), shard_gib))


def shard_limit(heap_gib: float, shards_per_heap_gib: float = 25, *, node_limit: int | None = None) -> int:
    """Return how many shards one data node may hold: floor(heap x shards per GiB of heap), at most ``node_limit``.

    Source: 25 in the Amazon OpenSearch Service guide (4 GiB of heap: 100); 20 in Elastic's guidance before version
    8.3 (30 GB of heap: 600); the setting ``cluster.max_shards_per_node`` is 1000 unless changed.

    Args:
        heap_gib: of the node, > 0.
        shards_per_heap_gib: > 0.
        node_limit: whatever the heap, >= 1, or None.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> shard_limit(4), shard_limit(30, 20), shard_limit(64, node_limit=1000)
    (100, 600, 1000)
    """
    arguments.positive(heap_gib=heap_gib, shards_per_heap_gib=shards_per_heap_gib)
    found = math.floor(as_written(heap_gib) * as_written(shards_per_heap_gib))
    if node_limit is None:
        return found
    arguments.whole(most=MOST_COUNTED, node_limit=node_limit)
    return min(found, node_limit)


def search_nodes(
    storage_gib: float,
    shards: int,
    *,
    node_storage_gib: float,
    node_heap_gib: float,
    replicas: int = 1,
    shards_per_heap_gib: float = 25,
    failures: int = 0,
) -> int:
    """Return the data nodes needed.

        max(failures + ceil(storage / storage each), failures + ceil(shards / shard limit), replicas + 1)

    Source: the guides named at :func:`search_storage_gib` and :func:`shard_limit`; a copy never shares a node.

    Args:
        storage_gib: with replicas and overhead, >= 0.
        shards: primaries and replicas, >= 1.
        node_storage_gib: disk of one node, > 0.
        node_heap_gib: heap of one node, > 0.
        replicas: copies beside the primary, >= 0.
        shards_per_heap_gib: > 0.
        failures: nodes that may be down while everything still fits, >= 0.

    Raises:
        ValueError: arguments out of range, not finite, or a heap too small for one shard.

    >>> search_nodes(191, 6, node_storage_gib=100, node_heap_gib=4)
    2
    """
    arguments.not_negative(storage_gib=storage_gib)
    arguments.whole(most=MOST_COUNTED, shards=shards)
    arguments.positive(node_storage_gib=node_storage_gib)
    arguments.whole(least=0, most=MOST_COUNTED, replicas=replicas, failures=failures)
    limit = shard_limit(node_heap_gib, shards_per_heap_gib)
    if limit < 1:
        raise ValueError(f"node_heap_gib must be at least {1 / shards_per_heap_gib:g}, found {node_heap_gib!r}")
    return max(failures + units_needed(storage_gib, node_storage_gib), failures + -(-shards // limit), replicas + 1)


def service_reserve_gib(nodes: int, node_storage_gib: float, *, share: float = 0.2, most_gib: float = 20.0) -> float:
    """Return the storage that the service keeps for itself on all nodes: nodes x min(share x storage, most).

    The factor in :func:`search_storage_gib` takes the share in full, which is the worst case for large nodes.
    Source: Amazon OpenSearch Service developer guide: 3 nodes of 500 GiB reserve 60 GiB, 10 of 100 GiB 200 GiB.

    Args:
        nodes: >= 1.
        node_storage_gib: disk of one node, > 0.
        share: of the disk, in [0, 1).
        most_gib: reserved on one node, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> service_reserve_gib(3, 500), service_reserve_gib(10, 100)
    (60.0, 200.0)
    """
    arguments.whole(most=MOST_COUNTED, nodes=nodes)
    arguments.positive(node_storage_gib=node_storage_gib)
    arguments.below_one(share=share)
    arguments.not_negative(most_gib=most_gib)
    return nodes * min(share * node_storage_gib, most_gib)


def retained_storage_gb(
    raw_gb_per_day: float,
    days: float,
    replicas: int = 1,
    *,
    expansion: float = 1.0,
    watermark: float = 0.15,
    margin: float = 0.1,
) -> float:
    """Return the storage of logs or metrics that are kept for some days, in GB.

        raw x days x (1 + replicas) x expansion x (1 + watermark + margin)

    Source: Elastic, "Benchmarking and sizing your Elasticsearch cluster": 100 GB a day for 30 days are 7500 GB.

    Args:
        raw_gb_per_day: >= 0.
        days: >= 0.
        replicas: copies beside the primary, >= 0.
        expansion: index size over raw size, > 0.
        watermark: free disk below which shards move away, as a share, >= 0.
        margin: of error, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> retained_storage_gb(100, 30), retained_storage_gb(100, 365)
    (7500.0, 91250.0)
    """
    arguments.not_negative(raw_gb_per_day=raw_gb_per_day, days=days, watermark=watermark, margin=margin)
    arguments.whole(least=0, most=MOST_COUNTED, replicas=replicas)
    arguments.positive(expansion=expansion)
    found = raw_gb_per_day * days * (1 + replicas) * expansion * (1 + watermark + margin)
    arguments.not_negative(retained_storage_gb=found)
    return found


def tier_nodes(storage_gb: float, node_memory_gb: float, disk_per_memory: float, *, spare: int = 0) -> int:
    """Return the nodes of a data tier: ceil(storage / (memory x disk per memory)) + spare, at least 1.

    Source: Elastic, "Benchmarking and sizing your Elasticsearch cluster": 30 GB of disk per GB of memory when hot, 160
    when warm, and one spare node in a large cluster.

    Args:
        storage_gb: of the tier, see :func:`retained_storage_gb`, >= 0.
        node_memory_gb: of one node, > 0.
        disk_per_memory: > 0.
        spare: nodes that may be down while everything still fits, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> tier_nodes(7500, 64, 30, spare=1), tier_nodes(91_250, 64, 160, spare=1)
    (5, 10)
    """
    arguments.not_negative(storage_gb=storage_gb)
    arguments.positive(node_memory_gb=node_memory_gb, disk_per_memory=disk_per_memory)
    arguments.whole(least=0, most=MOST_COUNTED, spare=spare)
    return max(1, units_needed(storage_gb, node_memory_gb * disk_per_memory)) + spare

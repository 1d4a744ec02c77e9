"""What to provision: serverless concurrency, broker disk, network and partitions, search storage and shards.

GB is 1e9 bytes, MB 1e6, GiB 2**30; every name says which. Running into a limit is a verdict, not an error.

Sources: AWS Lambda developer guide (concurrency); Little (1961); the sizing pages of Apache Kafka and Confluent;
Amazon OpenSearch Service developer guide (storage, shards); Elastic, "How many shards should I have".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

SECONDS_PER_DAY = 86_400
_ROUNDING = 1 + 1e-12  # 50 x 1.1 must not exceed a limit of 55


@dataclass(frozen=True)
class Concurrency:
    """What a serverless function needs, against its limits.

    Attributes:
        needed: executions at the same time on average, rate x duration.
        limit: the smaller of what the function and the account allow.
        binding: ``function``, ``account`` or ``request rate`` when that limit throttles, else ``none``.
        served_rate_per_s: what of the arrival rate is served.
        throttled_rate_per_s: what is turned away.
    """

    needed: float
    limit: float
    binding: str
    served_rate_per_s: float
    throttled_rate_per_s: float

    @property
    def fits(self) -> bool:
        """Return whether nothing is turned away."""
        return self.binding == "none"


@dataclass(frozen=True)
class BrokerTraffic:
    """Network of a broker cluster as a whole, in MB/s: what comes in, what goes out, what is written to disk."""

    in_mb_per_s: float
    out_mb_per_s: float
    disk_write_mb_per_s: float


def concurrency(rate_per_s: float, duration_s: float) -> float:
    """Return the mean number of executions in progress: rate x duration (Little's law).

    Include the initialisation of cold starts in the duration. A mean: peaks need headroom on top.
    Source: AWS Lambda developer guide: 100 requests per second of 500 ms are 50; 10 events per second of 3 s are 30.

    Args:
        rate_per_s: arrivals per second, >= 0.
        duration_s: mean time of one execution, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> concurrency(100, 0.5), concurrency(10, 3)
    (50.0, 30)
    """
    _at_least(0, rate_per_s=rate_per_s)
    _above(0, duration_s=duration_s)
    found = rate_per_s * duration_s
    _at_least(0, concurrency=found)
    return found


def serverless(
    rate_per_s: float,
    duration_s: float,
    *,
    account_limit: float = 1000,
    others_in_account: float = 0,
    function_limit: float | None = None,
    requests_per_s_each: float | None = 10,
) -> Concurrency:
    """Return the concurrency needed against the function's and the account's limit, with what is throttled.

        served = min(rate, limit / duration, requests_per_s_each x limit)
        limit  = min(function limit, account limit - others)

    Assumes that requests over a limit are refused, not queued, and a steady rate (see :func:`scale_out_s`).
    Source: AWS Lambda developer guide: 1000 executions in an account and region, 10 requests a second for each.

    Args:
        rate_per_s: arrivals per second, >= 0.
        duration_s: mean time of one execution, > 0.
        account_limit: executions that the account allows, > 0.
        others_in_account: executions that other functions use or have reserved, >= 0.
        function_limit: reserved concurrency of this function, >= 0, or None.
        requests_per_s_each: requests per second allowed for each execution of the limit, > 0, or None.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> serverless(100, 0.5).fits
    True
    >>> found = serverless(5000, 0.5)                       # 2500 needed, 1000 allowed
    >>> found.binding, found.needed, found.throttled_rate_per_s
    ('account', 2500.0, 3000.0)
    >>> serverless(20_000, 0.02).binding                    # only 400 at once, but 10 000 requests a second allowed
    'request rate'
    """
    needed = concurrency(rate_per_s, duration_s)
    _above(0, account_limit=account_limit)
    _at_least(0, others_in_account=others_in_account)
    pool = max(0.0, account_limit - others_in_account)
    limits = {"account": pool}
    if function_limit is not None:
        _at_least(0, function_limit=function_limit)
        limits["function"] = function_limit
    binding, limit = min(limits.items(), key=lambda item: item[1])
    rates = {binding: rate_per_s if needed <= limit * _ROUNDING else limit / duration_s}
    if requests_per_s_each is not None:
        _above(0, requests_per_s_each=requests_per_s_each)
        rates["request rate"] = requests_per_s_each * limit
    tightest, allowed = min(rates.items(), key=lambda item: item[1])
    if allowed >= rate_per_s:
        return Concurrency(needed, limit, "none", rate_per_s, 0.0)
    return Concurrency(needed, limit, tightest, allowed, rate_per_s - allowed)


def scale_out_s(needed: float, warm: float = 0, *, step: float = 1000, every_s: float = 10) -> float:
    """Return the seconds until enough executions exist: every interval adds one step, the first at once.

        max(0, ceil((needed - warm) / step) - 1) x interval

    Source: AWS Lambda developer guide, 1000 executions of a function every 10 seconds.

    Args:
        needed: executions, >= 0.
        warm: executions that exist already, >= 0.
        step: executions added at once, > 0.
        every_s: seconds between steps, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> scale_out_s(1000), scale_out_s(3500)
    (0, 30)
    """
    _at_least(0, needed=needed, warm=warm)
    _above(0, step=step, every_s=every_s)
    return max(0, _started(max(0.0, needed - warm), step) - 1) * every_s


def broker_disk_gb(
    ingress_mb_per_s: float, retention_s: float, replication: int = 3, *, fill_fraction: float = 1.0
) -> float:
    """Return the disk of a whole broker cluster in GB (1e9 bytes).

        ingress x retention x replication / 1000 / fill fraction

    Ingress as stored, so after compression. Segments are deleted whole: up to one open segment per partition comes on
    top. Source: the arithmetic of Kafka's retention; 200 MB/s, 7 days, 3 copies are printed as 362 880 000 MB.

    Args:
        ingress_mb_per_s: mean over the retention, MB of 1e6 bytes, >= 0.
        retention_s: how long data is kept, > 0; ``7 * SECONDS_PER_DAY``.
        replication: copies of each partition, >= 1.
        fill_fraction: how full the disks may be, in (0, 1].

    Raises:
        ValueError: arguments out of range or not finite.

    >>> broker_disk_gb(200, 7 * SECONDS_PER_DAY, 3)
    362880.0
    """
    _at_least(0, ingress_mb_per_s=ingress_mb_per_s)
    _above(0, retention_s=retention_s)
    _whole("replication", replication)
    _share("fill_fraction", fill_fraction)
    found = ingress_mb_per_s * retention_s * replication / 1000 / fill_fraction
    _at_least(0, broker_disk_gb=found)
    return found


def broker_traffic(ingress_mb_per_s: float, replication: int = 3, consumer_groups: int = 1) -> BrokerTraffic:
    """Return the network and disk traffic of a whole broker cluster, in MB/s.

        in   = ingress x replication                          (producers, and followers that copy)
        out  = ingress x (replication - 1 + consumer groups)  (to followers, to consumers)
        disk = ingress x replication

    Every group reads everything, from memory. Divide by the brokers left when one fails. Source: the sizing pages of
    Confluent and Apache Kafka; 100 MB/s with 3 copies cost 200 MB/s of replication.

    Args:
        ingress_mb_per_s: peak, >= 0.
        replication: copies of each partition, >= 1.
        consumer_groups: >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> broker_traffic(100, 3, consumer_groups=2)
    BrokerTraffic(in_mb_per_s=300, out_mb_per_s=400, disk_write_mb_per_s=300)
    """
    _at_least(0, ingress_mb_per_s=ingress_mb_per_s)
    _whole("replication", replication)
    _whole("consumer_groups", consumer_groups, least=0)
    written = ingress_mb_per_s * replication
    sent = ingress_mb_per_s * (replication - 1 + consumer_groups)
    _at_least(0, in_mb_per_s=written, out_mb_per_s=sent)
    return BrokerTraffic(written, sent, written)


def partitions(target_mb_per_s: float, producer_mb_per_s: float, consumer_mb_per_s: float) -> int:
    """Return the partitions of a topic: ceil(max(t / p, t / c)), at least 1.

    Source: Confluent, "How to choose the number of topics/partitions in a Kafka cluster".

    Args:
        target_mb_per_s: t, throughput of the topic, >= 0.
        producer_mb_per_s: p, measured on one partition, > 0.
        consumer_mb_per_s: c, measured on one partition, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> partitions(100, 10, 20), partitions(100, 10, 6)
    (10, 17)
    """
    _at_least(0, target_mb_per_s=target_mb_per_s)
    _above(0, producer_mb_per_s=producer_mb_per_s, consumer_mb_per_s=consumer_mb_per_s)
    return max(1, _started(target_mb_per_s, min(producer_mb_per_s, consumer_mb_per_s)))


def brokers(
    disk_gb: float,
    traffic: BrokerTraffic,
    replicas: int,
    *,
    broker_disk_gb: float,
    broker_mb_per_s: float,
    replicas_per_broker: int = 4000,
    replication: int = 3,
    failures: int = 1,
) -> int:
    """Return the brokers needed: enough for disk, and for traffic and partitions also after failures.

        max(ceil(disk / disk each), failures + ceil(max(in, out) / network each),
            failures + ceil(replicas / replicas each), replication)

    Assumes full-duplex networks and leaders spread evenly. Source: the arithmetic of Kafka sizing guides; 4000
    partition replicas a broker as advised by Apache Kafka for version 1.1.

    Args:
        disk_gb: of the cluster, see :func:`broker_disk_gb`, >= 0.
        traffic: see :func:`broker_traffic`.
        replicas: partitions x replication over all topics, >= 0.
        broker_disk_gb: usable disk of one broker, > 0.
        broker_mb_per_s: usable network of one broker in one direction, > 0.
        replicas_per_broker: >= 1.
        replication: copies of each partition, >= 1; each on its own broker.
        failures: brokers that may be down while traffic is still carried, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> week = broker_disk_gb(200, 7 * SECONDS_PER_DAY, 3, fill_fraction=0.7)
    >>> brokers(week, broker_traffic(200, 3), 300, broker_disk_gb=2000, broker_mb_per_s=1000)   # disk rules: 259.2
    260
    """
    _at_least(0, disk_gb=disk_gb)
    _above(0, broker_disk_gb=broker_disk_gb, broker_mb_per_s=broker_mb_per_s)
    for name, value, least in (
        ("replicas", replicas, 0),
        ("replicas_per_broker", replicas_per_broker, 1),
        ("replication", replication, 1),
        ("failures", failures, 0),
    ):
        _whole(name, value, least=least)
    busiest = max(traffic.in_mb_per_s, traffic.out_mb_per_s)
    return max(
        _started(disk_gb, broker_disk_gb),
        failures + _started(busiest, broker_mb_per_s),
        failures + -(-replicas // replicas_per_broker),
        replication,
    )


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
    _at_least(0, source_gib=source_gib, indexing_overhead=indexing_overhead)
    _whole("replicas", replicas, least=0)
    for name, value in (("os_reserved", os_reserved), ("service_reserved", service_reserved)):
        if not 0 <= value < 1:
            raise ValueError(f"{name} must lie in [0, 1), found {value!r}")
    found = source_gib * (1 + replicas) * (1 + indexing_overhead) / (1 - os_reserved) / (1 - service_reserved)
    _at_least(0, search_storage_gib=found)
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
    _at_least(0, source_gib=source_gib, growth_gib=growth_gib, indexing_overhead=indexing_overhead)
    _above(0, shard_gib=shard_gib)
    return max(1, _started((source_gib + growth_gib) * (1 + indexing_overhead), shard_gib))


def shard_limit(heap_gib: float, shards_per_heap_gib: float = 25) -> int:
    """Return how many shards one data node may hold: floor(heap x shards per GiB of heap).

    Source: 25 in the Amazon OpenSearch Service guide (4 GiB of heap: 100); 20 in Elastic's guidance before version 8
    (30 GB of heap: 600).

    Raises:
        ValueError: an argument that is not positive and finite.

    >>> shard_limit(4), shard_limit(30, 20)
    (100, 600)
    """
    _above(0, heap_gib=heap_gib, shards_per_heap_gib=shards_per_heap_gib)
    _at_least(0, shard_limit=heap_gib * shards_per_heap_gib)
    return math.floor(round(heap_gib * shards_per_heap_gib, 9))


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
    _at_least(0, storage_gib=storage_gib)
    _whole("shards", shards)
    _above(0, node_storage_gib=node_storage_gib)
    _whole("replicas", replicas, least=0)
    _whole("failures", failures, least=0)
    limit = shard_limit(node_heap_gib, shards_per_heap_gib)
    if limit < 1:
        raise ValueError(f"node_heap_gib must be at least {1 / shards_per_heap_gib:g}, found {node_heap_gib!r}")
    return max(failures + _started(storage_gib, node_storage_gib), failures + -(-shards // limit), replicas + 1)


def _started(amount: float, each: float) -> int:
    """Return ceil(amount / each), deaf to rounding in the last digits: 0.3 / 0.1 is 3, not 4."""
    _at_least(0, amount=amount)
    ratio = Fraction(amount) / Fraction(each)
    whole = round(ratio)
    return whole if abs(ratio - whole) <= Fraction(1, 10**12) * max(1, whole) else math.ceil(ratio)


def _above(least: float, **values: float) -> None:
    for name, value in values.items():
        if not (value > least and math.isfinite(value)):
            raise ValueError(f"{name} must be greater than {least} and finite, found {value!r}")


def _at_least(least: float, **values: float) -> None:
    for name, value in values.items():
        if not (value >= least and math.isfinite(value)):
            raise ValueError(f"{name} must be at least {least} and finite, found {value!r}")


def _share(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{name} must lie in (0, 1], found {value!r}")


def _whole(name: str, value: int, *, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, found {value!r}")

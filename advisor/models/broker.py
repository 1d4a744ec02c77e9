"""Message brokers of Kafka's kind: disk and retention, network, partitions, brokers, and what a lost rack costs.

GB is 1e9 bytes, MB 1e6.

Sources: Apache Kafka documentation (design, configuration); the sizing pages of Confluent; Azure Event Hubs
documentation (partitions).
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.models import arguments
from advisor.models.quantities import GB, GIB, MOST_COUNTED, units_needed


@dataclass(frozen=True)
class BrokerTraffic:
    """Network of a broker cluster as a whole, in MB/s: what comes in, what goes out, what is written to disk."""

    in_mb_per_s: float
    out_mb_per_s: float
    disk_write_mb_per_s: float


@dataclass(frozen=True)
class RackLoss:
    """A partition after the loss of a rack.

    Attributes:
        copies_left: of the partition.
        readable: whether one is left.
        writable: whether enough are left to acknowledge a write.
        acknowledged_safe: whether no acknowledged record can be lost for good with the rack.
    """

    copies_left: int
    readable: bool
    writable: bool
    acknowledged_safe: bool


def broker_disk_gb(
    ingress_mb_per_s: float, retention_s: float, replication: int = 3, *, fill_fraction: float = 1.0
) -> float:
    """Return the disk of a whole broker cluster in GB (1e9 bytes).

        ingress x retention x replication / 1000 / fill fraction

    Ingress as stored, so after compression. Segments are deleted whole, so :func:`open_segments_gb` come on top.
    Source: the arithmetic of Kafka's retention; 200 MB/s for 7 days in 3 copies are 362 880 000 MB.

    Args:
        ingress_mb_per_s: mean over the retention, MB of 1e6 bytes, >= 0.
        retention_s: how long data is kept, > 0; ``7 * 86_400``.
        replication: copies of each partition, >= 1.
        fill_fraction: how full the disks may be, in (0, 1].

    Raises:
        ValueError: arguments out of range or not finite.

    >>> broker_disk_gb(200, 7 * 86_400, 3)
    362880.0
    """
    arguments.not_negative(ingress_mb_per_s=ingress_mb_per_s)
    arguments.positive(retention_s=retention_s)
    arguments.whole(most=MOST_COUNTED, replication=replication)
    arguments.share(fill_fraction=fill_fraction)
    found = ingress_mb_per_s * retention_s * replication / 1000 / fill_fraction
    arguments.not_negative(broker_disk_gb=found)
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
    arguments.not_negative(ingress_mb_per_s=ingress_mb_per_s)
    arguments.whole(most=MOST_COUNTED, replication=replication)
    arguments.whole(least=0, most=MOST_COUNTED, consumer_groups=consumer_groups)
    written = ingress_mb_per_s * replication
    sent = ingress_mb_per_s * (replication - 1 + consumer_groups)
    arguments.not_negative(in_mb_per_s=written, out_mb_per_s=sent)
    return BrokerTraffic(written, sent, written)


def partitions(target_mb_per_s: float, producer_mb_per_s: float, consumer_mb_per_s: float) -> int:
    """Return the partitions of a topic: ceil(max(t / p, t / c)), at least 1.

    Source: Confluent, "How to choose the number of topics/partitions in a Kafka cluster"; Azure Event Hubs
    documentation: 2 MB/s with 1 and 0.5 on a partition need 4.

    Args:
        target_mb_per_s: t, throughput of the topic, >= 0.
        producer_mb_per_s: p, measured on one partition, > 0.
        consumer_mb_per_s: c, measured on one partition, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> partitions(100, 10, 20), partitions(100, 10, 6)
    (10, 17)
    """
    arguments.not_negative(target_mb_per_s=target_mb_per_s)
    arguments.positive(producer_mb_per_s=producer_mb_per_s, consumer_mb_per_s=consumer_mb_per_s)
    return max(1, units_needed(target_mb_per_s, min(producer_mb_per_s, consumer_mb_per_s)))


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

    >>> week = broker_disk_gb(200, 7 * 86_400, 3, fill_fraction=0.7)
    >>> brokers(week, broker_traffic(200, 3), 300, broker_disk_gb=2000, broker_mb_per_s=1000)   # disk rules: 259.2
    260
    """
    arguments.not_negative(disk_gb=disk_gb)
    arguments.positive(broker_disk_gb=broker_disk_gb, broker_mb_per_s=broker_mb_per_s)
    arguments.not_negative(in_mb_per_s=traffic.in_mb_per_s, out_mb_per_s=traffic.out_mb_per_s)
    arguments.whole(most=MOST_COUNTED, replicas_per_broker=replicas_per_broker, replication=replication)
    arguments.whole(least=0, most=MOST_COUNTED, replicas=replicas, failures=failures)
    busiest = max(traffic.in_mb_per_s, traffic.out_mb_per_s)
    return max(
        units_needed(disk_gb, broker_disk_gb),
        failures + units_needed(busiest, broker_mb_per_s),
        failures + -(-replicas // replicas_per_broker),
        replication,
    )


def open_segments_gb(partitions: int, replication: int = 3, *, segment_bytes: int = GIB) -> float:
    """Return what segments hold beyond the retention, at most: partitions x replication x segment, in GB.

    A segment is deleted when its newest record is too old, and the one being written never.
    Source: Apache Kafka documentation, ``segment.bytes`` (1 GiB unless set).

    Args:
        partitions: over all topics, >= 1.
        replication: copies of each partition, >= 1.
        segment_bytes: >= 1.

    Raises:
        ValueError: arguments out of range or not whole.

    >>> round(open_segments_gb(300), 1)
    966.4
    """
    arguments.whole(most=MOST_COUNTED, partitions=partitions, replication=replication, segment_bytes=segment_bytes)
    return partitions * replication * segment_bytes / GB


def compacted_disk_gb(
    keys: int, record_bytes: float, replication: int = 3, *, dirty_ratio: float = 0.5, open_gb: float = 0.0
) -> float:
    """Return the most disk that a compacted topic takes, in GB: what is live, diluted by what is not yet cleaned.

        keys x record bytes x replication / (1 - dirty ratio) / 1e9 + open segments

    Holds when the cleaner keeps up. Source: Apache Kafka documentation, ``min.cleanable.dirty.ratio``: at 50 %, at
    most half of the log is duplicates.

    Args:
        keys: that have a value, >= 0.
        record_bytes: mean size of a record as stored, > 0.
        replication: copies of each partition, >= 1.
        dirty_ratio: in [0, 1).
        open_gb: see :func:`open_segments_gb`, which the cleaner leaves alone, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> compacted_disk_gb(10_000_000, 500)
    30.0
    """
    arguments.whole(least=0, most=MOST_COUNTED, keys=keys)
    arguments.whole(most=MOST_COUNTED, replication=replication)
    arguments.positive(record_bytes=record_bytes)
    arguments.below_one(dirty_ratio=dirty_ratio)
    arguments.not_negative(open_gb=open_gb)
    found = keys * record_bytes * replication / (1 - dirty_ratio) / GB + open_gb
    arguments.not_negative(compacted_disk_gb=found)
    return found


def ingress_limit_mb_per_s(
    brokers: int, broker_mb_per_s: float, disk_mb_per_s: float, replication: int = 3, consumer_groups: int = 1
) -> float:
    """Return the ingress that a cluster can sustain, in MB/s: the tighter of its disks and its network.

        brokers x min(disk / replication, network / max(replication, replication - 1 + groups))

    Assumes full-duplex networks, leaders spread evenly and consumers that read from memory; the inverse of
    :func:`broker_traffic`. Give the brokers that are left after a failure.

    Args:
        brokers: >= 1.
        broker_mb_per_s: network of one broker in one direction, > 0.
        disk_mb_per_s: what one broker can write, > 0.
        replication: copies of each partition, >= 1.
        consumer_groups: >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> ingress_limit_mb_per_s(6, 1250, 500, 3, consumer_groups=2)      # disks: 6 x 500 / 3
    1000.0
    """
    arguments.whole(most=MOST_COUNTED, brokers=brokers, replication=replication)
    arguments.whole(least=0, most=MOST_COUNTED, consumer_groups=consumer_groups)
    arguments.positive(broker_mb_per_s=broker_mb_per_s, disk_mb_per_s=disk_mb_per_s)
    network = broker_mb_per_s / max(replication, replication - 1 + consumer_groups)
    return brokers * min(disk_mb_per_s / replication, network)


def rack_loss(replication: int, racks: int, min_in_sync: int = 1) -> RackLoss:
    """Return what is left of a partition when the rack with most of its copies is lost.

        left = replication - ceil(replication / racks)

    Assumes copies spread over racks as evenly as possible (``broker.rack`` set), and all of them in sync before. An
    acknowledged record (``acks=all``) is on at least ``min_in_sync`` copies, which may be those that are lost.
    Source: Apache Kafka documentation, ``min.insync.replicas`` and rack awareness.

    Args:
        replication: copies of each partition, >= 1.
        racks: or zones, >= 1.
        min_in_sync: copies that must acknowledge, from 1 to ``replication``.

    Raises:
        ValueError: arguments out of range or not whole.

    >>> rack_loss(3, 3, min_in_sync=2)
    RackLoss(copies_left=2, readable=True, writable=True, acknowledged_safe=True)
    >>> rack_loss(3, 2, min_in_sync=2)
    RackLoss(copies_left=1, readable=True, writable=False, acknowledged_safe=False)
    """
    arguments.whole(most=MOST_COUNTED, replication=replication, racks=racks)
    arguments.whole(most=replication, min_in_sync=min_in_sync)
    lost = -(-replication // racks)
    left = replication - lost
    return RackLoss(left, left >= 1, left >= min_in_sync, min_in_sync > lost)


def write_failures(replication: int, min_in_sync: int = 1) -> int:
    """Return how many brokers with a copy may be down while a partition still takes writes: replication - min in sync.

    Source: Apache Kafka documentation, ``min.insync.replicas`` with ``acks=all``.

    Args:
        replication: copies of each partition, >= 1.
        min_in_sync: copies that must acknowledge, from 1 to ``replication``.

    Raises:
        ValueError: arguments out of range or not whole.

    >>> write_failures(3, 2)
    1
    """
    arguments.whole(most=MOST_COUNTED, replication=replication)
    arguments.whole(most=replication, min_in_sync=min_in_sync)
    return replication - min_in_sync

"""How much of a meter is billed: from what a system does to the quantities on its bill.

Every function returns a quantity in the unit that its name or docstring says; prices are applied in
:mod:`advisor.models.cost`. Roundings are those that providers publish and are arguments where providers differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from advisor.models.arguments import not_negative, one_of, positive
from advisor.models.cost import HOURS_PER_MONTH, started_units

HOURS_PER_DAY, DAYS_PER_WEEK, WORKING_DAYS_PER_WEEK = 24.0, 7.0, 5.0
MB_PER_GB = 1024.0  # of memory, as Lambda and Functions count it
READ_FACTORS = {"eventual": 0.5, "strong": 1.0, "transactional": 2.0}

# What one capacity unit of a load balancer takes: new connections/s, active connections, GB/h, rule evaluations/s.
LCU = {"new_connections_per_s": 25.0, "active_connections": 3_000.0, "gb_per_h": 1.0, "rules_per_s": 1_000.0}
NLCU = {"new_connections_per_s": 800.0, "active_connections": 100_000.0, "gb_per_h": 1.0}


def rounded_up(quantity: float, step: float, least: float = 0.0) -> float:
    """Return a quantity rounded up to whole steps, and at least the minimum.

    billed = max(least, ceil(quantity / step) x step); a ratio within 1e-9 of a whole number counts as that number.
    Capacity in half steps (OCU, ACU) is ``step=0.5``; a started hour ``step=1``.

    Raises:
        ValueError: a negative quantity or minimum, a step that is not above 0.

    >>> rounded_up(1.2, 0.5), rounded_up(0.1, 0.5, least=2)
    (1.5, 2)
    """
    not_negative(quantity=quantity, least=least)
    positive(step=step)
    return max(least, _ceil(quantity / step) * step)


def billed_requests(requests: float, payload_kb: float, started_kb: float) -> float:
    """Return requests as billed: each counts once per started unit of its payload, at least once.

    billed = requests x max(1, ceil(payload / unit)); SQS 64 KB, Kinesis 25 KB, HTTP APIs 512 KB, SNS 64 KB.

    Raises:
        ValueError: a negative number or size, a unit that is not above 0.

    >>> billed_requests(1_000_000, 70, 64)
    2000000.0
    """
    not_negative(requests=requests, payload_kb=payload_kb)
    positive(started_kb=started_kb)
    return float(requests * started_units(payload_kb, started_kb))


def busy_seconds(calls: float, duration_ms: float, *, step_ms: float = 1.0, least_ms: float = 0.0) -> float:
    """Return the seconds that calls are billed for: each duration rounded up to the step, at least the minimum.

    seconds = calls x max(least, ceil(duration / step) x step) / 1000

    Raises:
        ValueError: a negative number or time, a step that is not above 0.

    >>> busy_seconds(1_000_000, 120.4), busy_seconds(1_000_000, 120.4, step_ms=100)
    (121000.0, 200000.0)
    """
    not_negative(calls=calls)
    return calls * rounded_up(duration_ms, step_ms, least_ms) / 1000


def gb_seconds(
    calls: float,
    duration_ms: float,
    memory_mb: float,
    *,
    step_ms: float = 1.0,
    least_ms: float = 0.0,
    memory_step_mb: float = 1.0,
    least_memory_mb: float = 0.0,
    concurrency: float = 1.0,
) -> float:
    """Return the GB-seconds of memory that serverless calls are billed for; 1 GB is 1024 MB.

    GB-seconds = busy seconds x (memory rounded up to the step, at least the minimum) / 1024 / concurrency.
    Lambda: 1 ms and 1 MB steps. Azure Functions: 1 ms, at least 100 ms, memory in 128 MB steps.
    ``concurrency``: calls that share one instance at a time; assumes it is full whenever it is busy.

    Raises:
        ValueError: a negative number, time or memory, a step or concurrency that is not above 0.

    >>> gb_seconds(3_000_000, 120, 1536)
    540000.0
    """
    positive(concurrency=concurrency)
    memory_gb = rounded_up(memory_mb, memory_step_mb, least_memory_mb) / MB_PER_GB
    return busy_seconds(calls, duration_ms, step_ms=step_ms, least_ms=least_ms) * memory_gb / concurrency


def vcpu_seconds(
    calls: float,
    duration_ms: float,
    vcpus: float,
    *,
    step_ms: float = 100.0,
    least_ms: float = 0.0,
    concurrency: float = 1.0,
) -> float:
    """Return the vCPU-seconds that serverless calls are billed for: busy seconds x vCPUs / concurrency.

    Cloud Run rounds up to 100 ms of instance time. ``concurrency`` as in :func:`gb_seconds`.

    Raises:
        ValueError: a negative number or time, a step or concurrency that is not above 0.

    >>> vcpu_seconds(10_000_000, 200, 1)
    2000000.0
    """
    not_negative(vcpus=vcpus)
    positive(concurrency=concurrency)
    return busy_seconds(calls, duration_ms, step_ms=step_ms, least_ms=least_ms) * vcpus / concurrency


def read_units(reads: float, item_kb: float, consistency: str = "strong", unit_kb: float = 4.0) -> float:
    """Return the read units of a key-value store: started units of the item, times a factor for the consistency.

    units = reads x max(1, ceil(item / unit)) x (0.5 eventual, 1 strong, 2 transactional). With reads a second the
    result is the capacity to provision, before rounding up to whole units.
    Source: Amazon DynamoDB developer guide, read and write capacity units.

    Raises:
        ValueError: a negative number or size, an unknown consistency.

    >>> read_units(80, 7, "eventual"), read_units(1, 8, "transactional")
    (80.0, 4.0)
    """
    one_of(list(READ_FACTORS), consistency=consistency)
    return billed_requests(reads, item_kb, unit_kb) * READ_FACTORS[consistency]


def write_units(writes: float, item_kb: float, transactional: bool = False, unit_kb: float = 1.0) -> float:
    """Return the write units of a key-value store: started units of the item, twice that in a transaction.

    Source: as :func:`read_units`.

    Raises:
        ValueError: a negative number or size.

    >>> write_units(10, 3), write_units(10, 3, transactional=True)
    (30.0, 60.0)
    """
    return billed_requests(writes, item_kb, unit_kb) * (2 if transactional else 1)


def load_balancer_units(demand: Mapping[str, float], each: Mapping[str, float] = LCU) -> float:
    """Return the capacity units (LCU) that a load balancer is billed for in an hour: the dimension that needs most.

    units = max over dimensions of demand / what one unit takes. ``LCU`` are those of an application load balancer,
    ``NLCU`` those of a network load balancer for TCP. Rule evaluations are counted beyond the ten free rules.
    Source: Elastic Load Balancing pricing page.

    Args:
        demand: dimension -> average over the hour, in the dimension's own unit.
        each: dimension -> what one unit takes, in the same unit.

    Raises:
        ValueError: no demand, a dimension that the balancer does not have, a negative demand.

    >>> load_balancer_units({"new_connections_per_s": 100, "gb_per_h": 1.08})
    4.0
    """
    if not demand:
        raise ValueError(f"a load balancer needs at least one of {', '.join(each)}")
    for name, value in demand.items():
        one_of(list(each), dimension=name)
        not_negative(**{name: value})
    return max(value / each[name] for name, value in demand.items())


def scheduled_hours(
    hours_per_day: float = HOURS_PER_DAY,
    *,
    days_per_month: float | None = None,
    days_per_week: float | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
) -> float:
    """Return the hours a month of something that runs part of the day on some days.

    hours = hours a day x days a month, with days a month = (hours per month / 24) x days a week / 7 when days a week
    are given, and every day of the month when neither is. Business days are five a week; holidays are not known.

    Raises:
        ValueError: more than 24 h a day, 7 days a week or the month's days; days given both ways.

    >>> scheduled_hours(), round(scheduled_hours(8, days_per_week=5), 2), scheduled_hours(3, days_per_month=20)
    (730.0, 173.81, 60)
    """
    positive(hours_per_month=hours_per_month)
    if days_per_month is not None and days_per_week is not None:
        raise ValueError("give days_per_month or days_per_week, not both")
    _at_most(hours_per_day=hours_per_day, most=HOURS_PER_DAY)
    all_days = hours_per_month / HOURS_PER_DAY
    if days_per_week is not None:
        _at_most(days_per_week=days_per_week, most=DAYS_PER_WEEK)
        return hours_per_day * (all_days * days_per_week / DAYS_PER_WEEK)
    if days_per_month is None:
        return hours_per_day * all_days
    _at_most(days_per_month=days_per_month, most=math.ceil(all_days))
    return hours_per_day * days_per_month


def gb_months(gb: float, hours: float, hours_per_month: float = HOURS_PER_MONTH) -> float:
    """Return the GB-months of data that is stored for part of a month: gb x hours / hours per month.

    >>> gb_months(500, 146)
    100.0
    """
    not_negative(gb=gb, hours=hours)
    positive(hours_per_month=hours_per_month)
    return gb * hours / hours_per_month


def _at_most(*, most: float, **values: float) -> None:
    for name, value in values.items():
        if not 0 <= value <= most:
            raise ValueError(f"{name} must lie in [0, {most:g}], found {value:g}")


def _ceil(ratio: float) -> float:
    """Round up, forgiving float noise; what is too large to have a fraction is whole already."""
    return float(math.ceil(round(ratio, 9))) if ratio < 1e15 else ratio

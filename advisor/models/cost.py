"""Costs as a cloud bills them: graduated and volume tiers, free allowances, started units, minimums.

USD and months of :data:`HOURS_PER_MONTH` hours, the 730 h (365 days of 24 h over 12) that the clouds' own calculators
use. Tiers are (upper end, USD per unit) in rising order; the last end is None, for no end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.models.arguments import below_one, not_negative, positive

HOURS_PER_MONTH = 730.0
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600

Tiers = Sequence[tuple[float | None, float]]


def graduated(quantity: float, tiers: Tiers) -> float:
    """Return the cost of a quantity under graduated prices: each tier's price applies to what falls into that tier.

    cost = sum over tiers of (min(quantity, end) - start) x usd, for the tiers that start below the quantity.

    Args:
        quantity: in the meter's unit, >= 0.
        tiers: (upper end or None, USD per unit), rising.

    Raises:
        ValueError: no tier, ends that do not rise, or a quantity beyond the last end, which has no price.

    >>> graduated(350, [(300, 1.0), (None, 0.9)])
    345.0
    """
    _check(quantity, tiers)
    cost, start = 0.0, 0.0
    for end, usd in tiers:
        top = quantity if end is None else min(quantity, end)
        cost += max(0.0, top - start) * usd
        if end is None or quantity <= end:
            break
        start = end
    return cost


def volume(quantity: float, tiers: Tiers) -> float:
    """Return the cost of a quantity under volume prices: the price of the tier it reaches applies to all of it.

    At an upper end the lower tier still counts. Not continuous: just above an end the whole quantity changes price.

    Raises:
        ValueError: as :func:`graduated`.

    >>> volume(300, [(300, 1.0), (None, 0.9)]), volume(350, [(300, 1.0), (None, 0.9)])
    (300.0, 315.0)
    """
    _check(quantity, tiers)
    usd = next(usd for end, usd in tiers if end is None or quantity <= end)
    return quantity * usd


def _check(quantity: float, tiers: Tiers) -> None:
    """Refuse quantities and tiers that would leave something without a price."""
    if not (0 <= quantity < math.inf):
        raise ValueError(f"quantity must be at least 0 and finite, found {quantity}")
    ends = [math.inf if end is None else end for end, _ in tiers]
    if not ends or any(above <= below for below, above in pairwise([0.0, *ends])):
        raise ValueError(f"tiers must be given with rising ends, None only at the last, found {list(tiers)}")
    if quantity > ends[-1]:
        raise ValueError(f"the last tier ends at {ends[-1]:g}, so there is no price for {quantity:g}")


@dataclass(frozen=True)
class Slice:
    """What one tier contributed: so many units at this price."""

    quantity: float
    usd_each: float
    usd: float


def slices(quantity: float, tiers: Tiers, *, whole: bool = False) -> tuple[Slice, ...]:
    """Return the tiers that a quantity was billed in; their ``usd`` add up to the cost.

    Args:
        whole: volume prices (:func:`volume`) instead of graduated ones.

    Raises:
        ValueError: as :func:`graduated`.

    >>> [(s.quantity, s.usd_each) for s in slices(350, [(300, 1.0), (None, 0.9)])]
    [(300.0, 1.0), (50, 0.9)]
    """
    _check(quantity, tiers)
    if whole:
        usd = next(usd for end, usd in tiers if end is None or quantity <= end)
        return (Slice(quantity, usd, quantity * usd),)
    found: list[Slice] = []
    start = 0.0
    for end, usd in tiers:
        top = quantity if end is None else min(quantity, end)
        if top > start or not found:
            found.append(Slice(top - start, usd, (top - start) * usd))
        if end is None or quantity <= end:
            break
        start = end
    return tuple(found)


def started_units(size_kb: float, unit_kb: float | None) -> int:
    """Return how many units a request of this size is billed as: once per started unit, at least one.

    units = max(1, ceil(size / unit)); a ratio within 1e-9 of a whole number counts as that number.

    Raises:
        ValueError: a negative size, a unit that is not above 0.

    >>> started_units(65, 64), started_units(0.1, 64), started_units(9, None)
    (2, 1, 1)
    """
    if size_kb < 0 or (unit_kb is not None and unit_kb <= 0):
        raise ValueError(f"size_kb must be at least 0 and unit_kb above 0, found {size_kb} and {unit_kb}")
    if unit_kb is None:
        return 1
    return max(1, math.ceil(round(size_kb / unit_kb, 9)))


def metered(quantity: float, tiers: Tiers, *, free: float = 0.0, minimum_usd: float = 0.0) -> float:
    """Return the monthly cost on one meter: quantity above the free allowance through the tiers, at least the minimum.

    cost = max(graduated(max(0, quantity - free)), minimum): the tiers count from the first billed unit.

    Raises:
        ValueError: a negative quantity.

    >>> metered(12, [(None, 2.0)], free=10), metered(0, [(None, 2.0)], minimum_usd=5.0)
    (4.0, 5.0)
    """
    if not quantity >= 0:
        raise ValueError(f"a quantity must be at least 0, found {quantity}")
    return max(graduated(max(0.0, quantity - free), tiers), minimum_usd)


def discounted(usd: float, discount: float) -> float:
    """Return a cost after a commitment's discount, a share from 0 up and below 1.

    Raises:
        ValueError: a negative cost, a discount outside [0, 1).

    >>> discounted(100.0, 0.36)
    64.0
    """
    not_negative(usd=usd)
    below_one(discount=discount)
    return usd * (1 - discount)


def break_even_months(extra_one_time_usd: float, saved_usd_per_month: float) -> float:
    """Return after how many months a saving has paid for what it costs once.

    months = extra one-time cost / saving per month

    Raises:
        ValueError: a negative extra cost, a saving that is not above 0: it is never paid back.

    >>> break_even_months(6_000, 750)
    8.0
    """
    not_negative(extra_one_time_usd=extra_one_time_usd)
    positive(saved_usd_per_month=saved_usd_per_month)
    return extra_one_time_usd / saved_usd_per_month


def cents(amounts: Sequence[float]) -> list[int]:
    """Return amounts of money in whole cents that add up to their sum in whole cents.

    Largest remainder (Hamilton): everything is rounded down, and the missing cents go to the largest fractions; among
    equal fractions the earlier amount gets the cent. No amount moves by a cent or more.

    Raises:
        ValueError: a negative or infinite amount.

    >>> cents([10 / 3, 10 / 3, 10 / 3])
    [334, 333, 333]
    """
    for usd in amounts:
        if not 0 <= usd < math.inf:
            raise ValueError(f"usd must be at least 0 and finite, found {usd}")
    exact = [usd * 100 for usd in amounts]
    whole = [math.floor(value) for value in exact]
    missing = math.floor(math.fsum(exact) + 0.5) - sum(whole)
    order = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for index in order[: max(0, missing)]:
        whole[index] += 1
    return whole

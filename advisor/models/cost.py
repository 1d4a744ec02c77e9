"""Costs as a cloud bills them: graduated tiers, free allowances, started units, minimums. USD, a month of 730 hours."""

from __future__ import annotations

import math
from collections.abc import Sequence

HOURS_PER_MONTH = 730.0
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600


def graduated(quantity: float, tiers: Sequence[tuple[float | None, float]]) -> float:
    """Return the cost of a quantity under graduated prices: each tier's price applies to what falls into that tier.

    Args:
        quantity: in the meter's unit, >= 0.
        tiers: (upper end or None, USD per unit), rising.

    >>> graduated(350, [(300, 1.0), (None, 0.9)])
    345.0
    """
    cost, start = 0.0, 0.0
    for end, usd in tiers:
        top = quantity if end is None else min(quantity, end)
        cost += max(0.0, top - start) * usd
        if end is None or quantity <= end:
            break
        start = end
    return cost


def started_units(size_kb: float, unit_kb: float | None) -> int:
    """Return how many units a request of this size is billed as: once per started unit, at least one.

    >>> started_units(65, 64), started_units(0.1, 64), started_units(9, None)
    (2, 1, 1)
    """
    if unit_kb is None:
        return 1
    return max(1, math.ceil(round(size_kb / unit_kb, 9)))


def metered(
    quantity: float, tiers: Sequence[tuple[float | None, float]], *, free: float = 0.0, minimum_usd: float = 0.0
) -> float:
    """Return the monthly cost on one meter: quantity above the free allowance through the tiers, at least the minimum.

    Raises:
        ValueError: a negative quantity.

    >>> metered(12, [(None, 2.0)], free=10), metered(0, [(None, 2.0)], minimum_usd=5.0)
    (4.0, 5.0)
    """
    if not quantity >= 0:
        raise ValueError(f"a quantity must be at least 0, found {quantity}")
    return max(graduated(max(0.0, quantity - free), tiers), minimum_usd)

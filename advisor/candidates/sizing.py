"""The smallest unit count that carries the peak, and why an option cannot carry it at all."""

from __future__ import annotations

import math

from advisor.candidates.candidate import Load
from advisor.candidates.demand import Demand
from advisor.catalog.model import Option


def needed_units(option: Option, demand: Demand, target_utilisation: float) -> int:
    """Return the smallest unit count: max over dimensions of ceil(peak / (capacity x target utilisation)), at least 1.

    A metered service counts as one unit that may be used up to its documented limit.

    Raises:
        ValueError: the demand is above a documented limit, or needs more units than make sense; the message says which.
    """
    units = 1
    share = target_utilisation if option.unit else 1.0
    for dimension, peak in demand.peak.items():
        capacity = option.capacity[dimension].value
        if capacity is None or peak <= 0:
            continue
        wanted = math.ceil(round(peak / (capacity * share), 9))
        most = option.unit.most if option.unit else 1
        if wanted > most:
            raise ValueError(_too_much(option, dimension, peak, capacity, most))
        units = max(units, wanted)
    return units


def _too_much(option: Option, dimension: str, peak: float, capacity: float, most: int) -> str:
    if option.unit is None:
        asked = _short(peak) if _short(peak) != _short(capacity) else f"{peak:,.9g}"  # just above is still above
        return f"peak {dimension} {asked} is above its limit of {_short(capacity)}"
    return f"peak {dimension} {_short(peak)} needs more than {most} units of {_short(capacity)}"


def _short(amount: float) -> str:
    """Return an amount to at least four digits, without an exponent.

    >>> [_short(x) for x in (11512.4, 9890.0, 3.04412, 0.000123456)]
    ['11,512', '9,890', '3.044', '0.0001235']
    """
    return f"{amount:,.0f}" if amount >= 1000 else f"{amount:.4g}"


def loads(option: Option, demand: Demand, units: int) -> dict[str, Load]:
    """Return how full each dimension is at peak with this many units."""
    return {
        dimension: Load(peak, None if (value := option.capacity[dimension].value) is None else value * units)
        for dimension, peak in demand.peak.items()
    }

"""Steady-state availability of systems of independent parts, as fractions in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Iterable

HOURS_PER_MONTH = 730.0


def series(*parts: float) -> float:
    """Return the availability of a system that needs every part.

    >>> series(0.99, 0.99)
    0.9801
    """
    return math.prod(_checked(parts))


def parallel(*parts: float) -> float:
    """Return the availability of a system that needs any one of its parts.

    >>> round(parallel(0.99, 0.99), 6)
    0.9999
    """
    return 1 - math.prod(1 - part for part in _checked(parts))


def k_of_n(k: int, n: int, a: float) -> float:
    """Return the availability of a system that needs k of n equal, independent units of availability a.

        sum over i = k..n of  binomial(n, i) a^i (1 - a)^(n - i)

    Raises:
        ValueError: not 0 <= k <= n, or a outside [0, 1].

    >>> round(k_of_n(2, 3, 0.99), 6)
    0.999702
    """
    if not 0 <= k <= n:
        raise ValueError(f"k must lie in 0..n, found k = {k}, n = {n}")
    (a,) = _checked((a,))
    return math.fsum(math.comb(n, i) * a**i * (1 - a) ** (n - i) for i in range(k, n + 1))


def units_in_zones(k: int, n: int, zones: int, unit: float, zone: float) -> float:
    """Return the availability of n units spread evenly over zones when k of them must be up.

    Conditions on which zones are up; within the zones that are up, units fail independently.

    Args:
        k: units needed.
        n: units in all, spread so that zone sizes differ by at most one.
        zones: 1 <= zones <= n.
        unit: availability of one unit while its zone is up.
        zone: availability of one zone.

    >>> round(units_in_zones(1, 2, 2, 1.0, 0.999), 9)      # two zones, either is enough
    0.999999
    """
    if not 1 <= zones <= n:
        raise ValueError(f"zones must lie in 1..n, found zones = {zones}, n = {n}")
    sizes = [n // zones + (1 if index < n % zones else 0) for index in range(zones)]
    total = 0.0
    for pattern in range(2**zones):
        up = [sizes[index] for index in range(zones) if pattern >> index & 1]
        if sum(up) >= k:
            total += zone ** len(up) * (1 - zone) ** (zones - len(up)) * k_of_n(k, sum(up), unit)
    return total


def downtime_minutes_per_month(availability: float) -> float:
    """Return the expected minutes of downtime in a month of 730 hours.

    >>> round(downtime_minutes_per_month(0.999), 1)
    43.8
    """
    (availability,) = _checked((availability,))
    return (1 - availability) * HOURS_PER_MONTH * 60


def _checked(parts: Iterable[float]) -> tuple[float, ...]:
    found = tuple(parts)
    for part in found:
        if not 0 <= part <= 1:
            raise ValueError(f"an availability must lie in [0, 1], found {part}")
    return found

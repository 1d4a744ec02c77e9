"""Unavailability of systems of independent parts, to full relative precision however small it is.

Three copies of a part that is down a millionth of the time are all down 1e-18 of the time. As an availability that is
1.0: a float near 1 has no digits left for it. So here unavailabilities go in and an unavailability comes out, by sums
and products of positive numbers only; :mod:`advisor.models.availability` has the same functions for availabilities.

    u = 1 - a:   fraction of time in which a part does not do its job, 0 <= u <= 1;  ``of(a)`` gives it without losing
    digits

Source: Barlow and Proschan, Statistical Theory of Reliability and Life Testing (1975), chapters 1 and 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.models import binomial
from advisor.models.arguments import probability
from advisor.models.binomial import checked
from advisor.models.binomial import complement as of
from advisor.models.failure_domains import even_sizes, zone_pairs, zone_tails

NOUN = "unavailability"


def series(*parts: float) -> float:
    """Return the unavailability of a system that needs every part.

        U = 1 - (1 - u1)(1 - u2)...  =  -expm1(sum of log1p(-ui))

    Args:
        parts: unavailabilities of independent parts, 0 to 1; with none the system is never down.

    Raises:
        ValueError: one is outside [0, 1].

    >>> f"{series(1e-12, 2e-12):.9g}"
    '3e-12'
    """
    if 1 in checked(parts, NOUN):
        return 1.0
    return 0.0 - math.expm1(math.fsum(math.log1p(-part) for part in parts))


def parallel(*parts: float) -> float:
    """Return the unavailability of a system that needs any one of its parts: all are down together.

        U = u1 u2 ...

    Args:
        parts: unavailabilities of independent parts, 0 to 1; with none there is nothing that could be up.

    Raises:
        ValueError: one is outside [0, 1].

    >>> f"{parallel(of(0.999999), of(0.999999), of(0.999999)):.9g}"
    '1e-18'
    """
    return math.prod(checked(parts, NOUN), start=1.0)


def k_of_n(k: int, n: int, u: float) -> float:
    """Return the unavailability of a system that needs k of n equal, independent units.

        U = sum over d = n-k+1..n of  binomial(n, d) u^d (1 - u)^(n - d),   d units down

    Args:
        k: units needed, 0 <= k <= n.
        n: units in all, at most ten million.
        u: unavailability of one unit, 0 to 1.

    Raises:
        ValueError: an argument out of range.

    >>> f"{k_of_n(2, 3, 1e-6):.9g}"      # 3 u^2 - 2 u^3
    '2.999998e-12'
    """
    binomial.check_k_of_n(k, n)
    probability(unavailability=u)
    return binomial.tail(n - k + 1, n, u, of(u))


def k_of_n_unlike(k: int, parts: Sequence[float]) -> float:
    """Return the unavailability of a system that needs k of several independent parts that are not alike.

    Adds one part after another to the distribution of the number that is down (Poisson binomial); more than n - k is
    failure.

    Args:
        k: parts needed, 0 <= k <= n.
        parts: unavailability of each of the n parts, 0 to 1; n (n - k + 1) at most twenty million.

    Raises:
        ValueError: an argument out of range.

    >>> round(k_of_n_unlike(2, [0.01, 0.02, 0.05]), 9)      # two of them down, or all three
    0.00168
    """
    found = checked(parts, NOUN)
    return binomial.unlike_tails(k, [(of(u), u) for u in found])[1]


def fallback(primary: float, backup: float, switch: float = 0.0) -> float:
    """Return the unavailability of a primary with a backup that takes over when the switch works.

        U = u_primary (u_switch + (1 - u_switch) u_backup)

    Args:
        primary: unavailability of the primary.
        backup: unavailability of the backup.
        switch: probability that the change to the backup fails when it is asked for; 0 is a perfect switch.

    Raises:
        ValueError: an argument outside [0, 1].

    >>> round(fallback(0.01, 0.02, switch=0.1), 9)          # 0.01 (0.1 + 0.9 x 0.02)
    0.00118
    """
    probability(primary=primary, backup=backup, switch=switch)
    return primary * (switch + of(switch) * backup)


def units_in_zones(k: int, n: int, zones: int, unit: float, zone: float) -> float:
    """Return the unavailability of n units spread evenly over zones when k of them must be up.

    Args and errors: as :func:`advisor.models.availability.units_in_zones`, with unavailabilities of a unit and of a
    zone.

    >>> units_in_zones(1, 2, 2, 0.0, 1e-9)                  # both zones down
    1e-18
    """
    return units_in_sized_zones(k, even_sizes(n, zones), unit, zone)


def units_in_sized_zones(k: int, sizes: Sequence[int], unit: float, zone: float | Sequence[float]) -> float:
    """Return the unavailability of units in zones of given sizes when k of them must be up.

    Args and errors: as :func:`advisor.models.availability.units_in_sized_zones`, with unavailabilities.

    >>> round(units_in_sized_zones(2, [2, 1], 0.0, [0.001, 0.5]), 9)        # the zone of two is down
    0.001
    """
    probability(unit=unit)
    zones = [(up, down) for down, up in zone_pairs(zone, len(sizes), NOUN)]
    return zone_tails(k, sizes, (of(unit), unit), zones)[1]


def regions(k: int, regional: Sequence[float], shared: Sequence[float] = ()) -> float:
    """Return the unavailability of a system in several regions, behind services that all regions share.

    Args and errors: as :func:`advisor.models.availability.regions`, with unavailabilities.

    >>> round(regions(1, [0.001, 0.001], shared=[0.0001]), 9)               # 1e-4 + (1 - 1e-4) 1e-6
    0.000101
    """
    return series(*shared, k_of_n_unlike(k, regional))

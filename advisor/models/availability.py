"""Steady-state availability of systems of independent parts, as fractions in [0, 1].

An availability near 1 cannot show how small the rest is: for that, and for targets beyond twelve nines, the same
functions stand in :mod:`advisor.models.unavailability`. Both are exact to 1e-9 relative or better; parts are taken to
fail independently, and what they fail from together is a part of its own (:mod:`advisor.models.common_cause`).

Source: Barlow and Proschan, Statistical Theory of Reliability and Life Testing (1975), chapters 1 and 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.models import binomial, unavailability
from advisor.models.arguments import probability
from advisor.models.binomial import checked, complement
from advisor.models.failure_domains import even_sizes, zone_pairs, zone_tails

HOURS_PER_MONTH = 730.0
NOUN = "availability"


def series(*parts: float) -> float:
    """Return the availability of a system that needs every part.

        A = a1 a2 ...

    Args:
        parts: availabilities of independent parts, 0 to 1; with none the system is always up.

    Raises:
        ValueError: one is outside [0, 1].

    >>> series(0.99, 0.99)
    0.9801
    """
    return math.prod(checked(parts, NOUN))


def parallel(*parts: float) -> float:
    """Return the availability of a system that needs any one of its parts.

        A = 1 - (1 - a1)(1 - a2)...

    Args:
        parts: availabilities of independent parts, 0 to 1; with none there is nothing that could be up.

    Raises:
        ValueError: one is outside [0, 1].

    >>> round(parallel(0.99, 0.99), 9)
    0.9999
    """
    return unavailability.series(*checked(parts, NOUN))  # up counts for down: 1 - (1 - a1)(1 - a2)...


def k_of_n(k: int, n: int, a: float) -> float:
    """Return the availability of a system that needs k of n equal, independent units of availability a.

        A = sum over i = k..n of  binomial(n, i) a^i (1 - a)^(n - i)

    Args:
        k: units needed, 0 <= k <= n.
        n: units in all, at most ten million.
        a: availability of one unit, 0 to 1.

    Raises:
        ValueError: an argument out of range.

    >>> round(k_of_n(2, 3, 0.99), 6)
    0.999702
    >>> round(k_of_n(9_990, 10_000, 0.9999), 9)             # ten spares for ten thousand
    0.99999999
    """
    binomial.check_k_of_n(k, n)
    probability(a=a)
    return binomial.tail(k, n, a, complement(a))


def k_of_n_unlike(k: int, parts: Sequence[float]) -> float:
    """Return the availability of a system that needs k of several independent parts that are not alike.

    Adds one part after another to the distribution of the number that is down (Poisson binomial); more than n - k is
    failure.

    Args:
        k: parts needed, 0 <= k <= n.
        parts: availability of each of the n parts, 0 to 1; n (n - k + 1) at most twenty million.

    Raises:
        ValueError: an argument out of range.

    >>> round(k_of_n_unlike(2, [0.99, 0.98, 0.95]), 9)
    0.99832
    """
    return binomial.unlike_tails(k, [(a, complement(a)) for a in checked(parts, NOUN)])[0]


def fallback(primary: float, backup: float, switch: float = 1.0) -> float:
    """Return the availability of a primary with a backup that takes over when the switch works.

        A = a_primary + (1 - a_primary) p_switch a_backup

    Up while the change takes place; the downtime of the change itself: :func:`advisor.models.failover.failover`.

    Args:
        primary: availability of the primary.
        backup: availability of the backup, independent of the primary.
        switch: probability that the change works when it is asked for; 1 is a perfect switch.

    Raises:
        ValueError: an argument outside [0, 1].

    >>> round(fallback(0.99, 0.98, switch=0.9), 9)
    0.99882
    """
    probability(primary=primary, backup=backup, switch=switch)
    return min(1.0, primary + complement(primary) * switch * backup)


def units_in_zones(k: int, n: int, zones: int, unit: float, zone: float) -> float:
    """Return the availability of n units spread evenly over zones when k of them must be up.

    In a zone that is down all of its units are down; in one that is up they fail independently.

    Args:
        k: units needed, 0 <= k <= n.
        n: units in all, at most twenty thousand, spread so that zone sizes differ by at most one.
        zones: 1 <= zones <= n.
        unit: availability of one unit while its zone is up.
        zone: availability of one zone.

    Raises:
        ValueError: an argument out of range.

    >>> round(units_in_zones(1, 2, 2, 1.0, 0.999), 9)      # two zones, either is enough
    0.999999
    """
    return units_in_sized_zones(k, even_sizes(n, zones), unit, zone)


def units_in_sized_zones(k: int, sizes: Sequence[int], unit: float, zone: float | Sequence[float]) -> float:
    """Return the availability of units in zones of given sizes when k of them must be up.

    Args:
        k: units needed, 0 <= k <= sum of sizes.
        sizes: units in each zone, 0 or more; together at most twenty thousand.
        unit: availability of one unit while its zone is up.
        zone: availability of a zone, one number for all or one for each.

    Raises:
        ValueError: an argument out of range.

    >>> round(units_in_sized_zones(3, [3, 1], 1.0, 0.999), 9)       # lives and dies with the zone of three
    0.999
    """
    probability(unit=unit)
    up, down = zone_tails(k, sizes, (unit, complement(unit)), zone_pairs(zone, len(sizes), NOUN))
    return 1 - down if down < up else up


def regions(k: int, regional: Sequence[float], shared: Sequence[float] = ()) -> float:
    """Return the availability of a system in several regions, behind services that all regions share.

        A = shared1 shared2 ... P(at least k of the regions are up)

    What is shared (DNS, global load balancer, identity) stands outside the regional term: it is there once, and
    counts once.

    Args:
        k: regions that together carry the load, 0 <= k <= number of regions.
        regional: availability of each region, without what is shared.
        shared: availabilities of the services that every region needs and that are the same for all.

    Raises:
        ValueError: an argument out of range.

    >>> round(regions(1, [0.999, 0.999], shared=[0.9999]), 9)
    0.999899
    """
    return series(*shared, k_of_n_unlike(k, regional))


def downtime_minutes_per_month(availability: float) -> float:
    """Return the expected minutes of downtime in a month of 730 hours.

    Other periods: :mod:`advisor.models.downtime`.

    >>> round(downtime_minutes_per_month(0.999), 1)
    43.8
    """
    probability(availability=availability)
    return (1 - availability) * HOURS_PER_MONTH * 60

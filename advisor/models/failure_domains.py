"""Units spread over zones: in a zone that is down all of its units are down, in one that is up they fail independently.

Zones are added one after another to the distribution of the number of units that are up, so a hundred zones cost no
more than a hundred convolutions; nothing enumerates patterns of zones. Each chance comes as a pair (up, down), so
that neither side loses digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from advisor.models.arguments import whole
from advisor.models.binomial import check_k_of_n, checked, complement, term

if TYPE_CHECKING:
    import numpy as np

    Distribution = np.ndarray[Any, np.dtype[np.float64]]

MOST_UNITS_IN_ZONES = 20_000  # in all zones together: half a second

Pair = tuple[float, float]  # chance to be up, chance to be down


def even_sizes(n: int, zones: int) -> tuple[int, ...]:
    """Return how many of n units each zone has, as even as possible.

    Raises:
        ValueError: not 1 <= zones <= n, or n above twenty thousand.

    >>> even_sizes(7, 3)
    (3, 2, 2)
    """
    whole(n=n, least=1, most=MOST_UNITS_IN_ZONES)
    if isinstance(zones, bool) or not isinstance(zones, int) or not 1 <= zones <= n:
        raise ValueError(f"zones must lie in 1..n, found zones = {zones}, n = {n}")
    return tuple(n // zones + (index < n % zones) for index in range(zones))


def zone_pairs(zone: float | Sequence[float], zones: int, noun: str) -> list[Pair]:
    """Return (value, complement) for each zone, from one value for all or one for each.

    Raises:
        ValueError: a value outside [0, 1], or not one for each zone.

    >>> zone_pairs(0.75, 2, "availability")
    [(0.75, 0.25), (0.75, 0.25)]
    """
    values = checked(zone if isinstance(zone, Sequence) else [zone] * zones, f"zone's {noun}")
    if len(values) != zones:
        raise ValueError(f"zone must be one number or one for each of {zones} zones, found {len(values)} numbers")
    return [(float(value), complement(value)) for value in values]


def zone_tails(k: int, sizes: Sequence[int], unit: Pair, zones: Sequence[Pair]) -> Pair:
    """Return the probabilities that at least k units are up, and that fewer are.

        P(j units of a zone up) = z binomial(size, j) a^j (1-a)^(size-j)  (+ 1-z for j = 0);  zones convolved

    Args:
        k: units needed, 0 <= k <= sum of sizes.
        sizes: units in each zone, 0 or more; together at most twenty thousand.
        unit: (up, down) of one unit while its zone is up.
        zones: (up, down) of each zone.

    Raises:
        ValueError: k or a size out of range.

    >>> zone_tails(1, [1, 1], (1.0, 0.0), [(0.75, 0.25)] * 2)
    (0.9375, 0.0625)
    """
    whole(least=0, most=MOST_UNITS_IN_ZONES, **{f"size of zone {i}": size for i, size in enumerate(sizes, 1)})
    check_k_of_n(k, sum(sizes), MOST_UNITS_IN_ZONES)
    return _tails(k, tuple(sizes), unit, tuple(zones))


@lru_cache(maxsize=4096)  # candidates ask for the same few layouts thousands of times
def _tails(k: int, sizes: tuple[int, ...], unit: Pair, zones: tuple[Pair, ...]) -> Pair:
    import numpy as np

    up: Distribution = np.ones(1)
    for size, zone in zip(sizes, zones, strict=True):
        up = np.convolve(up, _one_zone(size, unit, zone))
    return min(1.0, float(up[k:].sum())), min(1.0, float(up[:k].sum()))


@lru_cache(maxsize=64)
def _one_zone(size: int, unit: Pair, zone: Pair) -> Distribution:
    """Return the distribution of the number of units of one zone that are up."""
    import numpy as np

    up: Distribution = zone[0] * np.array([term(j, size, *unit) for j in range(size + 1)])
    up[0] += zone[1]
    return up

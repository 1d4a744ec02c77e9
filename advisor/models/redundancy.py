"""How much redundancy a target needs: the fewest units for k of n, and what each part of a chain has to reach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from advisor.models.arguments import below_one, positive, probability, whole
from advisor.models.binomial import complement
from advisor.models.common_cause import CommonCause, beta_factor

MOST_UNITS_SEARCHED = 1_000_000
_ROUNDING = 1e-12  # a target that is met to within the rounding of a float is met


@dataclass(frozen=True)
class Redundancy:
    """The smallest redundancy that meets a target.

    Attributes:
        units: n, units in all.
        spares: n - k.
        availability: what n units reach.
        unavailability: 1 - availability, to full precision.
        one_fewer: what n - 1 units reach, which is below the target; None when n = k.
        limit: what no number of units exceeds: the availability of the common cause alone; 1 without one.
    """

    units: int
    spares: int
    availability: float
    unavailability: float
    one_fewer: float | None
    limit: float


def smallest_redundancy(k: int, unit: float, target: float, *, beta: float = 0.0) -> Redundancy:
    """Return the fewest equal units of which k suffice to be up at least the target's share of time.

        smallest n >= k with A(k of n) >= target;  with a common cause  A = (1 - beta u) A_k_of_n(1 - (1 - beta) u)

    A rises with n, so the count is found by doubling and halving. "Meets" is judged on the unavailability, to 1e-12
    of it.

    Args:
        k: units needed, 1 to a million.
        unit: availability of one unit, 0 to 1.
        target: availability to reach, 0 to 1; 1 only for units that never fail.
        beta: share of a unit's unavailability that is common to all units, 0 to 1.

    Raises:
        ValueError: an argument out of range, or no number of units up to a million reaches the target; the message
        says what does.

    >>> smallest_redundancy(2, 0.99, 0.9999)
    Redundancy(units=4, spares=2, availability=0.99999603, unavailability=3.97e-06, one_fewer=0.999702, limit=1.0)
    >>> smallest_redundancy(1, 0.99, 0.9999, beta=0.05)
    Traceback (most recent call last):
    ValueError: no number of units reaches 0.9999: the common cause alone allows 0.9995
    """
    whole(k=k, most=MOST_UNITS_SEARCHED)
    probability(unit=unit, target=target, beta=beta)
    allowed = complement(target)
    limit = beta * complement(unit)
    if unit < 1 and target == 1:
        raise ValueError(f"target must be below 1 for units that fail, found 1 with unit = {unit:g}")
    # With failures of their own, units come ever closer to the limit of the common cause, and never reach it.
    if limit > allowed * (1 + _ROUNDING) or (beta < 1 and 0 < limit >= allowed * (1 - _ROUNDING)):
        raise ValueError(f"no number of units reaches {target:g}: the common cause alone allows {1 - limit:.9g}")
    n = _fewest(k, unit, beta, allowed, target)
    found = beta_factor(k, n, unit, beta)
    fewer = beta_factor(k, n - 1, unit, beta).availability if n > k else None
    return Redundancy(n, n - k, found.availability, found.unavailability, fewer, 1 - limit)


def _fewest(k: int, unit: float, beta: float, allowed: float, target: float) -> int:
    """Return the smallest n that meets what is allowed; between ``short`` and ``enough`` lies the answer."""
    short, enough = k - 1, k
    while not _meets(beta_factor(k, enough, unit, beta).unavailability, allowed):
        if enough == MOST_UNITS_SEARCHED:
            best = beta_factor(k, enough, unit, beta)
            raise ValueError(f"no number of units up to {enough} reaches {target:g}: {_reached(best)}")
        short, enough = enough, min(2 * enough, MOST_UNITS_SEARCHED)
    while enough - short > 1:
        middle = (short + enough) // 2
        if _meets(beta_factor(k, middle, unit, beta).unavailability, allowed):
            enough = middle
        else:
            short = middle
    return enough


def _meets(unavailability: float, allowed: float) -> bool:
    return unavailability <= allowed * (1 + _ROUNDING)


def _reached(best: CommonCause) -> str:
    return f"that many are down {best.unavailability:.3g} of the time"


@dataclass(frozen=True)
class PartTarget:
    """What one part of a chain has to reach."""

    name: str
    availability: float
    unavailability: float


def equal_targets(target: float, parts: int) -> PartTarget:
    """Return what each of several parts has to reach so that the chain of all meets a target.

        a = target^(1 / parts)

    Args:
        target: availability of the chain, 0 to below 1.
        parts: parts in series, at least 1.

    Raises:
        ValueError: an argument out of range.

    >>> round(equal_targets(0.999, 5).availability, 6)
    0.9998
    """
    below_one(target=target)
    whole(parts=parts)
    return _part_target("each part", target, 1 / parts)


def weighted_targets(target: float, weights: Mapping[str, float]) -> tuple[PartTarget, ...]:
    """Return what each part has to reach when parts may take unequal shares of a chain's downtime.

        a_i = target^(w_i / sum of w);  their product is the target, and for small downtimes u_i ~ w_i / sum of w x (1
        - target)

    Args:
        target: availability of the chain, above 0 and below 1.
        weights: share of the downtime that each part may take, in any unit, > 0.

    Raises:
        ValueError: an argument out of range, or no parts.

    >>> [(part.name, round(part.availability, 6)) for part in weighted_targets(0.999, {"model": 3, "gateway": 1})]
    [('model', 0.99925), ('gateway', 0.99975)]
    """
    below_one(target=target)
    positive(**{f"weight of {name}": weight for name, weight in weights.items()})
    if not weights:
        raise ValueError("weights must name at least one part, found none")
    total = math.fsum(weights.values())
    return tuple(_part_target(name, target, weight / total) for name, weight in weights.items())


def _part_target(name: str, target: float, share: float) -> PartTarget:
    if target == 0:
        return PartTarget(name, 0.0, 1.0)
    down = 0.0 - math.expm1(share * math.log1p(-complement(target)))
    return PartTarget(name, 1 - down, down)

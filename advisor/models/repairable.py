"""k of n units that fail and are repaired by a limited crew: a birth-death chain on the number of units that are down.

With a crew for every unit the units are independent, and :func:`advisor.models.availability.k_of_n` is exact. With
fewer crews failed units wait for each other, and with spares that are switched off fewer units can fail: both are
here.

    down d = 0 .. n:   fails at  running(d) / MTTF,   is repaired at  min(d, crews) / MTTR

Times up and repair times are exponential. Hot spares run and fail like the others, also while the system is down;
cold spares do not fail before they are needed, and start at once.

Source: Barlow and Proschan, Mathematical Theory of Reliability (1965), chapter 5; Trivedi, Probability and Statistics
with Reliability, Queuing and Computer Science Applications (2002), chapter 8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models.arguments import one_of, positive, whole
from advisor.models.downtime import Period

MOST_UNITS = 100_000


@dataclass(frozen=True)
class SteadyState:
    """What a repairable system does in the long run.

    Attributes:
        availability: fraction of time in which at least k units are up.
        unavailability: 1 - availability, to full precision.
        failures_per_year: failures of the system in a year of 8 760 hours.
        mean_units_down: mean number of units that are down.
    """

    availability: float
    unavailability: float
    failures_per_year: float
    mean_units_down: float


@dataclass(frozen=True)
class RepairableUnits:
    """k of n equal units with repair.

    Attributes:
        k: units needed, 1 <= k <= n.
        n: units in all, at most a hundred thousand.
        mttf_h: mean time up of a running unit (h), > 0.
        mttr_h: mean time of a repair, once a crew has begun it (h), > 0.
        crews: units that can be repaired at a time, at least 1; None for a crew for each.
        spares: "hot" or "cold".

    Raises:
        ValueError: an argument out of range.

    >>> round(RepairableUnits(1, 2, mttf_h=10, mttr_h=1, crews=1).steady_state().availability, 9)       # 120 / 122
    0.983606557
    """

    k: int
    n: int
    mttf_h: float
    mttr_h: float
    crews: int | None = None
    spares: str = "hot"

    def __post_init__(self) -> None:
        whole(n=self.n, most=MOST_UNITS)
        whole(k=self.k, most=self.n)
        positive(mttf_h=self.mttf_h, mttr_h=self.mttr_h)
        one_of(["hot", "cold"], spares=self.spares)
        if self.crews is not None:
            whole(crews=self.crews)

    def steady_state(self) -> SteadyState:
        """Return availability and failures a year.

            pi(d) / pi(d-1) = failure rate(d-1) / repair rate(d);   failures = pi(n-k) failure rate(n-k)

        >>> pair = RepairableUnits(1, 2, mttf_h=1_000, mttr_h=1).steady_state()
        >>> f"{pair.unavailability:.9g}", f"{pair.failures_per_year:.6g}"         # both down: (1 / 1001)^2
        ('9.98002996e-07', '0.017485')
        """
        weights = self._weights()
        total, spare = math.fsum(weights), self.n - self.k
        up, down = math.fsum(weights[: spare + 1]) / total, math.fsum(weights[spare + 1 :]) / total
        failures_per_h = weights[spare] / total * self._failure_rate(spare)
        mean_down = math.fsum(d * weight for d, weight in enumerate(weights)) / total
        return SteadyState(1 - down if down < up else up, down, failures_per_h * Period.YEAR, mean_down)

    def mean_time_to_first_failure_h(self) -> float:
        """Return the mean time from all units up until for the first time fewer than k are (h).

            h(d) = (1 + repair rate(d) h(d-1)) / failure rate(d),   sum over d = 0 .. n-k

        Raises:
            ValueError: beyond 1e300 h, more than a float holds.

        >>> RepairableUnits(1, 2, mttf_h=10, mttr_h=1).mean_time_to_first_failure_h()      # (3 l + m) / (2 l^2)
        65.0
        """
        total = step = 0.0
        for down in range(self.n - self.k + 1):
            step = (1 + self._repair_rate(down) * step) / self._failure_rate(down)
            total += step
        return _finite("mean time to the first failure", total)

    def mean_outage_h(self) -> float:
        """Return the mean time that the system stays down once it has failed (h).

        With hot spares and a crew for each this is MTTR / (n - k + 1) if only one more unit is down than may be.

        Raises:
            ValueError: beyond 1e300 h, more than a float holds.

        >>> round(RepairableUnits(1, 2, mttf_h=1_000, mttr_h=1).mean_outage_h(), 9)
        0.5
        """
        first = self.n - self.k + 1
        total = weight = 1.0
        for down in range(first + 1, self.n + 1):
            weight *= self._failure_rate(down - 1) / self._repair_rate(down)
            total += weight
        return _finite("mean outage", total / self._repair_rate(first))

    def _failure_rate(self, down: int) -> float:
        running = self.n - down if self.spares == "hot" else min(self.n - down, self.k)
        return running / self.mttf_h

    def _repair_rate(self, down: int) -> float:
        return (down if self.crews is None else min(down, self.crews)) / self.mttr_h

    def _weights(self) -> list[float]:
        """Return the steady state up to a factor, the largest being 1: ratios fall, so there is one maximum."""
        ratios = [self._failure_rate(d - 1) / self._repair_rate(d) for d in range(1, self.n + 1)]
        mode = sum(ratio > 1 for ratio in ratios)
        weights = [1.0]
        for ratio in reversed(ratios[:mode]):
            weights.append(weights[-1] / ratio)
        weights.reverse()
        for ratio in ratios[mode:]:
            weights.append(weights[-1] * ratio)
        return weights


def _finite(what: str, value: float) -> float:
    if not value < 1e300:
        raise ValueError(f"{what} must be below 1e300 h to be a number, found more; use fewer spares or longer repairs")
    return value

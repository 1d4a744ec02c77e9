"""What takes all copies down together: common causes, operators, bad releases, planned maintenance.

Redundancy helps against failures that are independent. What is common to all units limits the system whatever their
number.

Source: Mosleh et al., Guidelines on Modeling Common-Cause Failures in Probabilistic Risk Assessment, NUREG/CR-5485
(1998), for the beta factor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from advisor.models import unavailability
from advisor.models.arguments import not_negative, probability
from advisor.models.binomial import complement
from advisor.models.downtime import Period, unavailability_from_downtime


@dataclass(frozen=True)
class CommonCause:
    """A redundant system with a common cause.

    Attributes:
        availability: fraction of time up.
        unavailability: 1 - availability, to full precision.
        independent: unavailability from independent failures alone.
        common: unavailability from the common cause alone: no number of units gets below it.
    """

    availability: float
    unavailability: float
    independent: float
    common: float


def beta_factor(k: int, n: int, unit: float, beta: float) -> CommonCause:
    """Return the availability of k of n equal units of which a share of the failures hits all at once.

        u_common = beta u;  u_own = (1 - beta) u;  U = 1 - (1 - u_common)(1 - U_k_of_n(u_own))

    For a single unit the two parts together give u, less the product of both. n = k has no redundancy to lose.

    Args:
        k: units needed, 0 <= k <= n.
        n: units in all.
        unit: availability of one unit, both causes together.
        beta: share of a unit's unavailability that is common to all, 0 to 1.

    Raises:
        ValueError: an argument out of range.

    >>> sensors = beta_factor(2, 3, 0.999, beta=0.05)
    >>> round(sensors.unavailability, 9), round(sensors.common, 9), round(sensors.independent, 9)
    (5.2706e-05, 5e-05, 2.706e-06)
    """
    probability(unit=unit, beta=beta)
    down = complement(unit)
    common = beta * down
    independent = unavailability.k_of_n(k, n, complement(beta) * down)
    total = unavailability.series(common, independent)
    return CommonCause(1 - total, total, independent, common)


@dataclass(frozen=True)
class DowntimeCause:
    """Something that takes the whole system down for a known time: a release, an operator, a window, an incident.

    Attributes:
        name: what it is.
        unavailability: fraction of time that it takes.
    """

    name: str
    unavailability: float

    @property
    def availability(self) -> float:
        """1 - unavailability: the cause as a part that the system needs."""
        return 1 - self.unavailability


def from_hours(name: str, hours: float, period_h: float) -> DowntimeCause:
    """Return a cause that takes so many hours of each period: operators' errors, a maintenance window.

    Args:
        name: what it is.
        hours: hours down in each period, 0 to the period's length.
        period_h: length of the period (h).

    Raises:
        ValueError: an argument out of range.

    >>> from_hours("maintenance window", 2, Period.MONTH).unavailability == 2 / 730
    True
    """
    return DowntimeCause(name, unavailability_from_downtime(hours, period_h))


def from_events(name: str, events_per_year: float, hours_each: float) -> DowntimeCause:
    """Return a cause that strikes so often and lasts so long: a bad release that hits all units alike, a wrong command.

    Args:
        name: what it is.
        events_per_year: events in a year of 8 760 hours, 0 or more.
        hours_each: mean hours down per event, 0 or more; together at most the year.

    Raises:
        ValueError: an argument out of range.

    >>> from_events("bad release", events_per_year=6, hours_each=0.73).unavailability
    0.0005
    """
    not_negative(events_per_year=events_per_year, hours_each=hours_each)
    hours = events_per_year * hours_each
    if hours > Period.YEAR:
        raise ValueError(f"events_per_year x hours_each must be at most 8760 h, found {hours:g}")
    return DowntimeCause(name, hours / Period.YEAR)


def with_causes(system: float, causes: Iterable[DowntimeCause]) -> float:
    """Return the availability of a system that is also down for causes that redundancy does not help against.

        A = A_system (1 - u1)(1 - u2)...

    The causes strike independently of each other and of the units' failures. Windows that are planned for times when
    the system is up and nothing else happens add up instead; the difference is the product of the unavailabilities.

    Args:
        system: availability without the causes.
        causes: what else takes it down.

    Raises:
        ValueError: an argument out of range.

    >>> with_causes(0.999, [from_hours("operators", 0.365, Period.MONTH), from_hours("window", 0.73, Period.MONTH)])
    0.9975019995
    """
    probability(system=system)
    return 1 - unavailability.series(complement(system), *(cause.unavailability for cause in causes))

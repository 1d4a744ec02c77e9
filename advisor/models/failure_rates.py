"""From failure figures to availability, with the convention in the name of the argument.

"MTBF" is used for two things. As the time from one failure to the next it includes the repair; on data sheets, and in
A = MTBF / (MTBF + MTTR), it means the time up, MTTF. The difference matters when repairs take long, and nobody can
see it in the number, so every function here asks.

    |<------ MTTF: up ------>|<-- MTTR: down -->|          A = MTTF / (MTTF + MTTR),   failures a year = 8760 h /
    (MTTF + MTTR) |<--------- MTBF that includes repair ----->|

Source: IEC 60050-192 (2015) for the terms; Barlow and Proschan (1975), chapter 7, for the alternating renewal process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models.arguments import below_one, positive
from advisor.models.downtime import Period


@dataclass(frozen=True)
class RepairCycle:
    """A unit that is up for MTTF on average, then down for MTTR, and so on; any distributions.

    Attributes:
        mttf_h: mean time up, from the end of a repair to the next failure (h).
        mttr_h: mean time down: detecting, waiting, repairing, restarting (h).

    Raises:
        ValueError: one of them is not above 0.

    >>> RepairCycle(mttf_h=999, mttr_h=1).availability
    0.999
    """

    mttf_h: float
    mttr_h: float

    def __post_init__(self) -> None:
        positive(mttf_h=self.mttf_h, mttr_h=self.mttr_h)

    @property
    def availability(self) -> float:
        """Fraction of time up, MTTF / (MTTF + MTTR)."""
        return self.mttf_h / self.cycle_h

    @property
    def unavailability(self) -> float:
        """Fraction of time down, MTTR / (MTTF + MTTR), to full precision."""
        return self.mttr_h / self.cycle_h

    @property
    def cycle_h(self) -> float:
        """Mean time from one failure to the next (h)."""
        return self.mttf_h + self.mttr_h

    @property
    def failures_per_year(self) -> float:
        """Failures in a year of 8 760 hours."""
        return Period.YEAR / self.cycle_h


def from_mtbf_mttr(mtbf_h: float, mttr_h: float, *, mtbf_includes_repair: bool) -> RepairCycle:
    """Return the repair cycle of a unit from its MTBF and MTTR.

        includes repair:   MTTF = MTBF - MTTR,  A = (MTBF - MTTR) / MTBF
        does not:          MTTF = MTBF,         A = MTBF / (MTBF + MTTR)

    Args:
        mtbf_h: mean time between failures (h), > 0.
        mttr_h: mean time to repair (h), > 0; below MTBF when that includes it.
        mtbf_includes_repair: whether MTBF runs from failure to failure (True) or is the time up (False).

    Raises:
        ValueError: an argument out of range.

    >>> round(from_mtbf_mttr(1_000, 10, mtbf_includes_repair=False).availability, 6)
    0.990099
    >>> round(from_mtbf_mttr(1_000, 10, mtbf_includes_repair=True).availability, 6)
    0.99
    """
    positive(mtbf_h=mtbf_h, mttr_h=mttr_h)
    if not mtbf_includes_repair:
        return RepairCycle(mtbf_h, mttr_h)
    if mttr_h >= mtbf_h:
        raise ValueError(f"mttr_h must be below mtbf_h = {mtbf_h:g}, which includes the repair, found {mttr_h}")
    return RepairCycle(mtbf_h - mttr_h, mttr_h)


def from_failures_per_year(failures_per_year: float, mttr_h: float) -> RepairCycle:
    """Return the repair cycle of a unit from how often it failed in calendar years, and how long each repair took.

        MTTF + MTTR = 8760 h / failures a year

    Args:
        failures_per_year: failures in a calendar year of 8 760 hours, > 0; one in five years is 0.2.
        mttr_h: mean time to repair (h), > 0; all repairs of a year together take less than the year.

    Raises:
        ValueError: an argument out of range.

    >>> round(from_failures_per_year(4, 2.19).availability, 9)
    0.999
    """
    positive(failures_per_year=failures_per_year, mttr_h=mttr_h)
    cycle_h = Period.YEAR / failures_per_year
    if mttr_h >= cycle_h:
        limit = f"below 8760 h / failures_per_year = {cycle_h:g}"
        raise ValueError(f"mttr_h must be {limit}, the time from failure to failure, found {mttr_h}")
    return RepairCycle(cycle_h - mttr_h, mttr_h)


def annualized_failure_rate(mttf_h: float) -> float:
    """Return the probability that a unit fails within a year of operation, at a constant failure rate.

        AFR = 1 - exp(-8760 / MTTF)

    The ratio 8760 / MTTF, often printed as AFR, is the number of failures per unit and year with replacement; it is
    larger.

    Args:
        mttf_h: mean time to failure (h), > 0; the "MTBF" of a data sheet.

    Raises:
        ValueError: not above 0.

    >>> round(annualized_failure_rate(1_000_000), 6)
    0.008722
    """
    positive(mttf_h=mttf_h)
    return -math.expm1(-Period.YEAR / mttf_h)


def mttf_from_annualized_failure_rate_h(annualized_failure_rate: float) -> float:
    """Return the mean time to failure (h) of units of which a share fails within a year, at a constant failure rate.

        MTTF = -8760 / ln(1 - AFR)

    Args:
        annualized_failure_rate: share that fails within a year of 8 760 hours, above 0 and below 1.

    Raises:
        ValueError: an argument out of range.

    >>> round(mttf_from_annualized_failure_rate_h(0.0146))
    595609
    """
    positive(annualized_failure_rate=annualized_failure_rate)
    below_one(annualized_failure_rate=annualized_failure_rate)
    return -Period.YEAR / math.log1p(-annualized_failure_rate)

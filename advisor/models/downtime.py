"""Downtime in a period, nines, and error budgets.

Published tables of nines differ because their periods do: 99.9 % is 8.76 h of 365 days and 8.77 h of 365.25 days,
43.8 min of a month of 730 h and 43.2 min of one of 30 days. So a period is always named. Without a name here: month
730 h, year 8 760 h.

Source of the budget's arithmetic: Google, The Site Reliability Workbook (2018), chapter 5, "Alerting on SLOs".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from advisor.models.arguments import below_one, not_negative, positive, probability, whole
from advisor.models.binomial import complement


class Period(float, Enum):
    """Hours of the periods that tables of nines use; each is also its number of hours.

    >>> Period.MONTH * 12 == Period.YEAR == 8_760
    True
    """

    HOUR = 1.0
    DAY = 24.0
    WEEK = 168.0
    MONTH = 730.0
    MONTH_OF_30_DAYS = 720.0
    MONTH_OF_A_365_25_DAY_YEAR = 730.5
    QUARTER = 2_190.0
    QUARTER_OF_90_DAYS = 2_160.0
    YEAR = 8_760.0
    YEAR_OF_365_25_DAYS = 8_766.0


def downtime_h(availability: float, period_h: float) -> float:
    """Return the expected hours of downtime in a period.

        downtime = (1 - A) period

    Args:
        availability: fraction of time up, 0 to 1.
        period_h: length of the period (h), a number or a :class:`Period`.

    Raises:
        ValueError: an argument out of range.

    >>> downtime_h(0.999, Period.YEAR), round(60 * downtime_h(0.999, Period.MONTH), 9)
    (8.76, 43.8)
    >>> round(60 * downtime_h(0.999, Period.WEEK), 9)
    10.08
    """
    probability(availability=availability)
    positive(period_h=period_h)
    return complement(availability) * period_h


def availability_from_downtime(downtime_h: float, period_h: float) -> float:
    """Return the availability with so many hours of downtime in a period.

        A = 1 - downtime / period

    Args:
        downtime_h: hours down, 0 to the period's length.
        period_h: length of the period (h).

    Raises:
        ValueError: an argument out of range, or more downtime than period.

    >>> round(availability_from_downtime(43.8 / 60, Period.MONTH), 9)
    0.999
    """
    return 1 - unavailability_from_downtime(downtime_h, period_h)


def unavailability_from_downtime(downtime_h: float, period_h: float) -> float:
    """Return the fraction of a period that so many hours of downtime are.

    Args and errors: as :func:`availability_from_downtime`.

    >>> unavailability_from_downtime(8.76, Period.YEAR)
    0.001
    """
    not_negative(downtime_h=downtime_h)
    positive(period_h=period_h)
    if downtime_h > period_h:
        raise ValueError(f"downtime_h must be at most period_h = {float(period_h):g}, found {downtime_h}")
    return downtime_h / period_h


def nines(availability: float) -> float:
    """Return how many nines an availability has.

        nines = -log10(1 - A)

    Args:
        availability: 0 to below 1; what is never down has no number of nines.

    Raises:
        ValueError: outside [0, 1).

    >>> nines(0.999), round(nines(0.9995), 2)
    (3.0, 3.3)
    """
    below_one(availability=availability)
    return 0.0 - math.log10(complement(availability))


def availability_from_nines(nines: float) -> float:
    """Return the availability with so many nines.

        A = 1 - 10^-nines

    Args:
        nines: 0 to 15, whole or not; a float holds no more than fifteen.

    Raises:
        ValueError: outside [0, 15].

    >>> availability_from_nines(4), round(availability_from_nines(3.3), 6)
    (0.9999, 0.999499)
    """
    if not 0 <= nines <= 15:
        raise ValueError(f"nines must lie in [0, 15], found {nines}")
    return 1 - math.pow(10, -nines)


@dataclass(frozen=True)
class ErrorBudget:
    """What an objective allows, what is spent, and how fast.

    Attributes:
        allowed: what the objective allows over the whole period: hours down, or failed requests.
        spent: what has been used so far.
        remaining: allowed - spent; below 0 the objective is missed.
        share_spent: spent / allowed.
        burn_rate: share spent over share of the period passed; 1 uses up the budget exactly at the end.
        exhausted_after_h: hours from the start after which the budget is used up at this pace; None if nothing was
            spent.
    """

    allowed: float
    spent: float
    remaining: float
    share_spent: float
    burn_rate: float
    exhausted_after_h: float | None


def time_budget(objective: float, period_h: float, elapsed_h: float, down_h: float) -> ErrorBudget:
    """Return the error budget of an objective on time: hours that may be down.

        allowed = (1 - objective) period;  burn rate = (down / elapsed) / (1 - objective);  exhausted after period /
        burn rate

    Args:
        objective: availability aimed at, 0 to below 1: what allows no failure has no budget.
        period_h: length of the objective's window (h).
        elapsed_h: hours of it that have passed, above 0 and at most the period.
        down_h: hours down so far, 0 to elapsed.

    Raises:
        ValueError: an argument out of range.

    >>> month = time_budget(0.999, Period.MONTH_OF_30_DAYS, elapsed_h=360, down_h=0.54)
    >>> round(month.allowed, 9), round(month.remaining, 9), round(month.burn_rate, 9), round(month.exhausted_after_h, 6)
    (0.72, 0.18, 1.5, 480.0)
    """
    below_one(objective=objective)
    positive(period_h=period_h, elapsed_h=elapsed_h)
    not_negative(down_h=down_h)
    if elapsed_h > period_h:
        raise ValueError(f"elapsed_h must be at most period_h = {float(period_h):g}, found {elapsed_h}")
    if down_h > elapsed_h:
        raise ValueError(f"down_h must be at most elapsed_h = {elapsed_h:g}, found {down_h}")
    return _budget(complement(objective) * period_h, down_h, elapsed_h / period_h, period_h)


def request_budget(
    objective: float, period_h: float, elapsed_h: float, requests: int, failed: int, expected_requests: int
) -> ErrorBudget:
    """Return the error budget of an objective on requests: requests that may fail.

        allowed = (1 - objective) expected requests;  burn rate = (failed / requests) / (1 - objective)

    The pace is that of the requests so far; the hours assume that the rest comes at the pace of the whole period.

    Args:
        objective: share of requests that must succeed, 0 to below 1.
        period_h: length of the objective's window (h).
        elapsed_h: hours of it that have passed, above 0 and at most the period.
        requests: valid requests so far, at least 1.
        failed: those that failed, 0 to requests.
        expected_requests: requests of the whole period, at least ``requests``.

    Raises:
        ValueError: an argument out of range.

    >>> hour = request_budget(0.999, Period.MONTH_OF_30_DAYS, 1, 10_000, failed=144, expected_requests=7_200_000)
    >>> round(hour.allowed), round(hour.burn_rate, 9), round(hour.share_spent, 9)
    (7200, 14.4, 0.02)
    """
    below_one(objective=objective)
    positive(period_h=period_h, elapsed_h=elapsed_h)
    whole(requests=requests)
    whole(least=0, failed=failed, expected_requests=expected_requests)
    if not 0 <= failed <= requests <= expected_requests:
        found = f"failed = {failed}, requests = {requests}, expected_requests = {expected_requests}"
        raise ValueError(f"counts must satisfy 0 <= failed <= requests <= expected_requests, found {found}")
    if elapsed_h > period_h:
        raise ValueError(f"elapsed_h must be at most period_h = {float(period_h):g}, found {elapsed_h}")
    return _budget(complement(objective) * expected_requests, failed, requests / expected_requests, period_h)


def _budget(allowed: float, spent: float, share_passed: float, period_h: float) -> ErrorBudget:
    burn_rate = spent / allowed / share_passed
    return ErrorBudget(
        allowed, spent, allowed - spent, spent / allowed, burn_rate, period_h / burn_rate if spent else None
    )


def exhausted_after_h(burn_rate: float, period_h: float) -> float:
    """Return after how many hours a constant burn rate has used up the whole budget of a period.

        period / burn rate

    Args:
        burn_rate: failures over the failures that the objective allows, > 0.
        period_h: length of the objective's window (h).

    Raises:
        ValueError: an argument out of range.

    >>> exhausted_after_h(10, Period.MONTH_OF_30_DAYS) / 24
    3.0
    """
    positive(burn_rate=burn_rate, period_h=period_h)
    return period_h / burn_rate

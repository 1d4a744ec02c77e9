"""Serverless functions: concurrency against the limits of function and account, bursts, provisioned concurrency.

Running into a limit is a verdict, not an error.

Sources: AWS Lambda developer guide (concurrency, scaling behaviour, provisioned concurrency); Little (1961).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models import arguments
from advisor.models.quantities import as_written, units_needed
from advisor.models.queueing import erlang_b

_ROUNDING = 1 + 1e-12  # 50 x 1.1 must not exceed a limit of 55


@dataclass(frozen=True)
class Concurrency:
    """What a serverless function needs, against its limits.

    Attributes:
        needed: executions at the same time on average, rate x duration.
        limit: the smaller of what the function and the account allow.
        binding: ``function``, ``account`` or ``request rate`` when that limit throttles, else ``none``.
        served_rate_per_s: what of the arrival rate is served.
        throttled_rate_per_s: what is turned away.
    """

    needed: float
    limit: float
    binding: str
    served_rate_per_s: float
    throttled_rate_per_s: float

    @property
    def fits(self) -> bool:
        """Return whether nothing is turned away."""
        return self.binding == "none"


@dataclass(frozen=True)
class Burst:
    """What a burst meets while executions are still being added.

    Attributes:
        full_after_s: seconds until the burst is served in full; None when the limit is too low for it.
        throttled: requests turned away until then, or until the burst ends.
        peak_concurrency: executions at the end.
    """

    full_after_s: float | None
    throttled: float
    peak_concurrency: float


def concurrency(rate_per_s: float, duration_s: float) -> float:
    """Return the mean number of executions in progress: rate x duration (Little's law).

    Include the initialisation of cold starts in the duration. A mean: peaks need headroom on top.
    Source: AWS Lambda developer guide: 100 requests per second of 500 ms are 50; 10 events per second of 3 s are 30.

    Args:
        rate_per_s: arrivals per second, >= 0.
        duration_s: mean time of one execution, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> concurrency(100, 0.5), concurrency(10, 3)
    (50.0, 30)
    """
    arguments.not_negative(rate_per_s=rate_per_s)
    arguments.positive(duration_s=duration_s)
    found = rate_per_s * duration_s
    arguments.not_negative(concurrency=found)
    return found


def serverless(
    rate_per_s: float,
    duration_s: float,
    *,
    account_limit: float = 1000,
    others_in_account: float = 0,
    function_limit: float | None = None,
    requests_per_s_each: float | None = 10,
) -> Concurrency:
    """Return the concurrency needed against the function's and the account's limit, with what is throttled.

        served = min(rate, limit / duration, requests_per_s_each x limit)
        limit  = min(function limit, account limit - others)

    Assumes that requests over a limit are refused, not queued, and a steady rate (see :func:`scale_out_s`).
    Source: AWS Lambda developer guide: 1000 executions in an account and region, 10 requests a second for each.

    Args:
        rate_per_s: arrivals per second, >= 0.
        duration_s: mean time of one execution, > 0.
        account_limit: executions that the account allows, > 0.
        others_in_account: executions that other functions use or have reserved, >= 0.
        function_limit: reserved concurrency of this function, >= 0, or None.
        requests_per_s_each: requests per second allowed for each execution of the limit, > 0, or None.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> serverless(100, 0.5).fits
    True
    >>> found = serverless(5000, 0.5)                       # 2500 needed, 1000 allowed
    >>> found.binding, found.needed, found.throttled_rate_per_s
    ('account', 2500.0, 3000.0)
    >>> serverless(20_000, 0.02).binding                    # only 400 at once, but 10 000 requests a second allowed
    'request rate'
    """
    needed = concurrency(rate_per_s, duration_s)
    arguments.positive(account_limit=account_limit)
    arguments.not_negative(others_in_account=others_in_account)
    pool = max(0.0, account_limit - others_in_account)
    limits = {"account": pool}
    if function_limit is not None:
        arguments.not_negative(function_limit=function_limit)
        limits["function"] = function_limit
    binding, limit = min(limits.items(), key=lambda item: item[1])
    rates = {binding: rate_per_s if needed <= limit * _ROUNDING else limit / duration_s}
    if requests_per_s_each is not None:
        arguments.positive(requests_per_s_each=requests_per_s_each)
        rates["request rate"] = requests_per_s_each * limit
    tightest, allowed = min(rates.items(), key=lambda item: item[1])
    if allowed >= rate_per_s:
        return Concurrency(needed, limit, "none", rate_per_s, 0.0)
    return Concurrency(needed, limit, tightest, allowed, rate_per_s - allowed)


def scale_out_s(needed: float, warm: float = 0, *, step: float = 1000, every_s: float = 10) -> float:
    """Return the seconds until enough executions exist: every interval adds one step, the first at once.

        max(0, ceil((needed - warm) / step) - 1) x interval

    Source: AWS Lambda developer guide, 1000 executions of a function every 10 seconds.

    Args:
        needed: executions, >= 0.
        warm: executions that exist already, >= 0.
        step: executions added at once, > 0.
        every_s: seconds between steps, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> scale_out_s(1000), scale_out_s(3500)
    (0, 30)
    """
    arguments.not_negative(needed=needed, warm=warm)
    arguments.positive(step=step, every_s=every_s)
    return max(0, units_needed(max(0.0, needed - warm), step) - 1) * every_s


def burst(
    rate_per_s: float,
    duration_s: float,
    burst_s: float,
    *,
    warm: float = 0.0,
    limit: float = 1000.0,
    step: float = 1000.0,
    every_s: float = 10.0,
) -> Burst:
    """Return what is throttled when a rate starts at once and executions are added in steps.

        capacity(t) = min(limit, warm + step (1 + floor(t / every)))
        throttled   = sum over time of (needed - capacity(t)) / duration

    A fluid model: refused requests do not return, and the steps are taken as fast as allowed.
    Source: AWS Lambda developer guide, 1000 executions of a function every 10 seconds.

    Args:
        rate_per_s: of the burst, >= 0.
        duration_s: mean time of one execution, > 0.
        burst_s: how long it lasts, > 0.
        warm: executions that exist already, >= 0.
        limit: the smaller of what function and account allow, >= 0.
        step: executions added at once, > 0.
        every_s: seconds between steps, > 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> burst(5000, 0.5, 60, limit=3000)        # 2500 needed: 1000, 2000, then enough
    Burst(full_after_s=20.0, throttled=40000.0, peak_concurrency=2500.0)
    """
    needed = concurrency(rate_per_s, duration_s)
    arguments.positive(burst_s=burst_s, step=step, every_s=every_s)
    arguments.not_negative(warm=warm, limit=limit)
    reachable = min(needed, limit)
    steps = max(0, units_needed(max(0.0, reachable - warm), step) - 1)  # steps after the first, until nothing is added
    within = min(steps, math.floor(burst_s / every_s))
    missing = _missing_in_steps(needed, warm, step, within) * every_s
    last = min(reachable, warm + step * (1 + within))
    missing += max(0.0, needed - last) * (burst_s - within * every_s)
    full = steps * every_s if needed <= limit * _ROUNDING else None
    throttled = missing / duration_s
    arguments.not_negative(throttled=throttled)
    return Burst(full, throttled, last)


def _missing_in_steps(needed: float, warm: float, step: float, steps: int) -> float:
    """Return what is missing in the first ``steps`` intervals of unit length: an arithmetic series."""
    count = float(steps)
    return count * (needed - warm - step) - step * (count * (count - 1) / 2)


def provisioned_concurrency(rate_per_s: float, duration_s: float, *, buffer: float = 0.1) -> int:
    """Return the executions to keep initialised: ceil(rate x duration x (1 + buffer)).

    Source: AWS Lambda developer guide: 10 % on top of the concurrency that a function usually has.

    Args:
        rate_per_s: arrivals per second, >= 0.
        duration_s: mean time of one execution, > 0.
        buffer: on top, >= 0.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> provisioned_concurrency(100, 2)
    220
    """
    concurrency(rate_per_s, duration_s)
    arguments.not_negative(buffer=buffer)
    return math.ceil(as_written(rate_per_s) * as_written(duration_s) * (1 + as_written(buffer)))


def spillover_share(rate_per_s: float, duration_s: float, provisioned: int) -> float:
    """Return the share of requests that find all provisioned executions busy: Erlang's B.

    They start on demand, possibly cold. Assumes Poisson arrivals; exact for every distribution of the duration, since
    what spills over does not come back. Source: the Erlang loss formula, see :func:`advisor.models.queueing.erlang_b`.

    Args:
        rate_per_s: arrivals per second, > 0.
        duration_s: mean time of one execution, > 0.
        provisioned: executions kept initialised, from 1 to ten million.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> round(spillover_share(100, 0.5, 50), 4), round(spillover_share(100, 0.5, 55), 4)    # 10 % more halve it
    (0.1048, 0.0537)
    """
    arguments.positive(rate_per_s=rate_per_s)
    arguments.whole(most=10_000_000, provisioned=provisioned)
    return erlang_b(provisioned, concurrency(rate_per_s, duration_s))

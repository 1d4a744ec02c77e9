"""Retries as load on themselves: more load, more time-outs, more retries, until it settles or does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from advisor.models.arguments import positive, probability
from advisor.models.retries import mean_attempts

_GRID = 1000
_HALVINGS = 100
_ROUNDING = 1e-9


@dataclass(frozen=True)
class RetryLoad:
    """Where the load of requests and their retries settles.

    Attributes:
        offered_rate_per_s: attempts/s that arrive, retries included.
        timeout_probability: share of the attempts that time out.
        mean_attempts: attempts per request.
        tipping_rate_per_s: offered rate above which a passing overload is kept up by its own retries; None when the
            load settles again from every rate below the capacity.
    """

    offered_rate_per_s: float
    timeout_probability: float
    mean_attempts: float
    tipping_rate_per_s: float | None


def retry_load(
    arrival_rate_per_s: float,
    attempts: int,
    capacity_per_s: float,
    timeout_probability: Callable[[float], float],
) -> RetryLoad:
    """Return the offered load that retries settle at, coming from light load.

        r = lambda m(q(r)),  m(q) = 1 + q + ... + q^(n-1);  the smallest r

    An offered rate r carries r / m(q(r)) requests/s. The load settles only if this reaches the arrival rate below the
    capacity. Retries are taken to arrive as a Poisson stream like new requests: optimistic, since they come in waves.

    Args:
        arrival_rate_per_s: lambda > 0, new requests/s.
        attempts: n, the first one included, from 1 to 100.
        capacity_per_s: attempts/s that the servers can do; at or above it everything times out.
        timeout_probability: share of attempts that time out at an offered rate between 0 and the capacity; must not
            decrease with the rate.

    Raises:
        ValueError: an argument out of range; a rate that does not settle, with the largest that does.

    >>> import math
    >>> settled = retry_load(60.0, 3, 100.0, lambda rate: math.exp((rate - 100.0) * 0.1))   # M/M/1, 100 ms
    >>> round(settled.offered_rate_per_s, 2), round(settled.tipping_rate_per_s, 2)
    (61.27, 89.93)
    """
    positive(arrival_rate_per_s=arrival_rate_per_s, capacity_per_s=capacity_per_s)

    def carried(rate: float) -> float:
        return rate / mean_attempts(_checked(timeout_probability(rate)), attempts)

    rates = [capacity_per_s * i / _GRID for i in range(1, _GRID)]
    _rising([timeout_probability(rate) for rate in rates])
    best = _highest(carried, rates, capacity_per_s)
    if carried(best) < arrival_rate_per_s:
        raise ValueError(
            f"arrival_rate_per_s must be at most {carried(best):.6g} for retries to settle (capacity "
            f"{capacity_per_s:g}, {attempts} attempts), found {arrival_rate_per_s:g}"
        )
    offered = _first_reaching(carried, arrival_rate_per_s, min(arrival_rate_per_s, best), best)
    late = timeout_probability(offered)
    return RetryLoad(offered, late, mean_attempts(late, attempts), _tipping(carried, arrival_rate_per_s, best, rates))


def _checked(late: float) -> float:
    probability(timeout_probability=late)
    return late


def _rising(late: list[float]) -> None:
    if any(after < before - _ROUNDING for before, after in pairwise(late)):
        raise ValueError("timeout_probability must not decrease with the offered rate")


def _highest(carried: Callable[[float], float], rates: list[float], capacity: float) -> float:
    """Return the offered rate that carries most requests: the best of a grid, then by thirds around it."""
    place = max(range(len(rates)), key=lambda i: carried(rates[i]))
    low = rates[place - 1] if place else rates[0] / 2
    high = rates[place + 1] if place + 1 < len(rates) else capacity * (1 - 1e-12)
    best = rates[place]
    for _ in range(_HALVINGS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if carried(left) >= carried(right) else (left, high)
    return max(best, (low + high) / 2, key=carried)


def _first_reaching(carried: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Return the smallest rate in [low, high] that carries what is wanted, the highest being known to do so.

    What an offered rate carries may fall and rise again, so the way up is taken in small steps first.
    """
    for i in range(_GRID):
        rate = low + (high - low) * (i + 1) / _GRID
        if carried(rate) >= wanted:
            low, high = low + (high - low) * i / _GRID, rate
            break
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if carried(middle) >= wanted else (middle, high)
    return high


def _tipping(carried: Callable[[float], float], wanted: float, best: float, rates: list[float]) -> float | None:
    """Return the highest rate that still carries what is wanted, if some rate below the capacity does not."""
    beyond = [rate for rate in rates if rate > best and carried(rate) < wanted]
    if not beyond:
        return None
    low, high = best, beyond[0]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if carried(middle) >= wanted else (low, middle)
    return low

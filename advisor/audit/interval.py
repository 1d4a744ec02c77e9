"""Intervals: a printed number stands for every value that would have been printed like it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod, sqrt

SLACK = 1e-9  # relative: what floating-point arithmetic may lose is never called a difference
SIGMAS = 4.5  # roundings of many lines do not all go the same way; beyond this many standard deviations none does


@dataclass(frozen=True)
class Interval:
    """All values from ``low`` to ``high``, both included.

    >>> Interval(1, 2) * Interval(10, 10), Interval(1, 2) + Interval(3, 4)
    (Interval(low=10, high=20), Interval(low=4, high=6))
    """

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The value that is printed."""
        return (self.low + self.high) / 2

    @property
    def half(self) -> float:
        """Half the width."""
        return (self.high - self.low) / 2

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def scaled(self, factor: float) -> Interval:
        """Return the interval times a number that is exact."""
        return self * Interval(factor, factor)

    def inverse(self) -> Interval:
        """Return 1 / x. Raises ``ValueError`` when 0 lies inside."""
        if self.low <= 0 <= self.high:
            raise ValueError(f"an interval that holds 0 cannot be divided by, found [{self.low}, {self.high}]")
        return Interval(1 / self.high, 1 / self.low)

    def widened(self, by: float) -> Interval:
        """Return the interval with ``by`` added on both sides."""
        return Interval(self.low - by, self.high + by)

    def meets(self, other: Interval) -> bool:
        """Return whether a value exists that lies in both.

        >>> Interval(488.5, 489.5).meets(Interval(0.67, 0.67).scaled(730))
        True
        """
        slack = SLACK * max(abs(self.low), abs(self.high), abs(other.low), abs(other.high))
        return self.low <= other.high + slack and other.low <= self.high + slack


def exactly(value: float) -> Interval:
    """Return the interval that holds one value."""
    return Interval(value, value)


def product(factors: Iterable[Interval]) -> Interval:
    """Return the product of intervals; of none, 1."""
    found = exactly(1.0)
    for factor in factors:
        found = found * factor
    return found


def total(parts: Iterable[Interval]) -> Interval:
    """Return the sum of rounded numbers.

    The middle is the sum of what is printed. The half width is the worst case for few lines; for many it is the
    smaller ``SIGMAS`` standard deviations of independent roundings, each uniform: sqrt(sum(half²) / 3).

    >>> total([Interval(0.5, 1.5)] * 3)
    Interval(low=1.5, high=4.5)
    >>> round(total([Interval(0.5, 1.5)] * 100).half, 2)    # not 50: roundings even out
    12.99
    """
    listed = list(parts)
    middle = sum(part.middle for part in listed)
    halves = [part.half for part in listed]
    half = min(sum(halves), SIGMAS * sqrt(sum(h * h for h in halves) / 3))
    return Interval(middle - half, middle + half)


def times(values: Iterable[float]) -> float:
    """Return the product of numbers."""
    return prod(values)

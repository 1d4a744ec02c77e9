"""Closed forms in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, factorial


def k_of_n(k: int, n: int, a: Fraction) -> Fraction:
    """Return the probability that at least k of n are up, by looking at every pattern of up and down."""
    total = Fraction(0)
    for pattern in product((0, 1), repeat=n):
        up = sum(pattern)
        if up >= k:
            total += a**up * (1 - a) ** (n - up)
    return total


def units_in_zones(k: int, sizes: list[int], unit: Fraction, zone: Fraction) -> Fraction:
    """Return the probability that at least k units are up: every pattern of zones, every count of units in each."""
    total = Fraction(0)
    for zones in product((0, 1), repeat=len(sizes)):
        weight = Fraction(1)
        for up in zones:
            weight *= zone if up else 1 - zone
        alive = sum(size for size, up in zip(sizes, zones, strict=True) if up)
        total += weight * sum(
            (comb(alive, i) * unit**i * (1 - unit) ** (alive - i) for i in range(k, alive + 1)), Fraction(0)
        )
    return total


def erlang_b(servers: int, load: Fraction) -> Fraction:
    """Return Erlang's loss formula as the ratio of sums."""
    terms = [load**k / factorial(k) for k in range(servers + 1)]
    return terms[-1] / sum(terms)


def erlang_c(servers: int, load: Fraction) -> Fraction:
    """Return Erlang's delay formula as the ratio of sums."""
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / factorial(k) for k in range(servers)) + last)

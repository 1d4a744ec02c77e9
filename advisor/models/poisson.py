"""The Poisson distribution without overflow: masses from the mode outwards, and sums of them from either end."""

from __future__ import annotations

import math
from itertools import accumulate

from advisor.models.arguments import not_negative

LARGEST_MEAN = 1_000_000
NEGLIGIBLE = 1e-300


def masses(mean: float) -> tuple[int, list[float]]:
    """Return the first number that matters and the probabilities from there on.

        p_k = p_(k-1) mean / k, started at the most likely number and scaled to a sum of 1

    No power, factorial or logarithm is formed, so a mean of a million is as exact as a mean of one.

    Args:
        mean: from 0 to a million.

    Raises:
        ValueError: an argument out of range.

    >>> first, probabilities = masses(2.0)
    >>> first, round(probabilities[0] - math.exp(-2.0), 15)
    (0, 0.0)
    """
    not_negative(mean=mean)
    if mean > LARGEST_MEAN:
        raise ValueError(f"mean must be at most {LARGEST_MEAN}, found {mean:g}")
    mode = math.floor(mean)
    down, weight, k = [1.0], 1.0, mode
    while k > 0 and weight > NEGLIGIBLE:
        weight *= k / mean
        k -= 1
        down.append(weight)
    up, weight, n = [], 1.0, mode
    while weight > NEGLIGIBLE:
        n += 1
        weight *= mean / n
        up.append(weight)
    weights = down[::-1] + up
    total = math.fsum(weights)
    return k, [weight / total for weight in weights]


def at_most(mean: float, count: int) -> list[float]:
    """Return P(N <= n) for n = 0 .. count - 1, summed upwards, so that small ones keep their digits.

    >>> [round(p, 6) for p in at_most(1.0, 3)]          # 1/e, 2/e, 2.5/e
    [0.367879, 0.735759, 0.919699]
    """
    first, probabilities = masses(mean)
    sums = [min(1.0, p) for p in accumulate(probabilities)]
    return ([0.0] * first + sums + [1.0] * count)[:count]


def above(mean: float, count: int) -> list[float]:
    """Return P(N > n) for n = 0 .. count - 1, summed downwards, so that small ones keep their digits.

    >>> [round(p, 6) for p in above(1.0, 3)]
    [0.632121, 0.264241, 0.080301]
    """
    first, probabilities = masses(mean)
    sums = [min(1.0, p) for p in accumulate(probabilities[:0:-1])][::-1]
    return ([1.0] * first + sums + [0.0] * (count + 1))[:count]

"""Benchmark scores as factors in (0, 1], comparable within one named benchmark only.

An index for ranking, not a truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def share_of_best(score: float, best: float) -> float:
    """Return score / best for scores that are shares themselves (recall, nDCG), capped at 1.

    >>> share_of_best(0.95, 1.0)
    0.95
    """
    if not (score > 0 and best > 0):
        raise ValueError(f"scores must be greater than 0, found {score} and {best}")
    return min(1.0, score / best)


def elo_against_best(rating: float, best: float) -> float:
    """Return twice the expected score of a rating against the best one, capped at 1 (Elo's logistic curve, base
    10/400).

    >>> elo_against_best(1500, 1500), round(elo_against_best(1400, 1500), 3)
    (1.0, 0.72)
    """
    return min(1.0, 2 / (1 + 10 ** ((best - rating) / 400)))


def of_flow(factors: Iterable[float]) -> float:
    """Return the quality of a flow: the product over its quality-bearing roles.

    >>> round(of_flow([0.9, 0.5]), 9)
    0.45
    """
    return math.prod(factors)

"""Scoring rules: nothing pays more than saying what one believes.

Every rule gives 1 point for a perfect answer and 0 for "I don't know"; a confident miss gives less than nothing. Points
are affine in a proper score, so that the best answer is the true belief, whatever it is.

Sources: Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation (interval score, section
6.2); Brier (1950), Verification of Forecasts Expressed in Terms of Probability; Kendall (1938), A New Measure of Rank
Correlation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import combinations

LEVEL = 0.8  # an interval is to hold the truth in four of five cases
UNKNOWN_RATIO = 100.0  # "I don't know" stands for an interval of two orders of magnitude that holds the truth
MOST_RATIO = 10.0  # a miss counts as this ratio at the most: a slip of the unit is not to decide a whole session
REGRET_HALF = 0.10  # a design that costs a tenth more than the optimum earns half a point


@dataclass(frozen=True)
class Points:
    """What an answer earned.

    Attributes:
        points: 1 for a perfect answer, 0 for none; below 0 for a confident miss.
        hit: whether the truth was in the interval, the category right, the set complete; None where nothing was said.
        confidence: the probability that the answer stood for: 0.8 of an interval, the stated one of a category.
    """

    points: float
    hit: bool | None = None
    confidence: float | None = None


NOTHING = Points(0.0)


def interval(low: float, high: float, truth: float, *, level: float = LEVEL) -> Points:
    """Score an interval of positive numbers, in log space, so that a factor of two is a factor of two anywhere.

        S = ln(high/low) + 2/(1 - level) x the ratio (as ln) by which the truth is outside;  points = 1 - S / ln(100)

    The ratio counts up to ten: beliefs for which more would matter are too wide to be stated, as silence earns more.

    Raises:
        ValueError: an end or the truth is not above 0, or the ends are the wrong way round.

    >>> round(interval(90, 110, 100).points, 3), interval(90, 110, 100).hit
    (0.956, True)
    >>> round(interval(190, 210, 100).points, 2)
    -0.42
    """
    if not 0 < low <= high < math.inf or not 0 < truth < math.inf:
        raise ValueError(f"0 < low <= high and a truth above 0 are needed: found {low:g}, {high:g}, {truth:g}")
    outside = max(0.0, math.log(low / truth), math.log(truth / high))
    missed = min(outside, math.log(MOST_RATIO))
    score = math.log(high / low) + 2 / (1 - level) * missed
    return Points(1 - score / math.log(UNKNOWN_RATIO), outside == 0, level)


def category(chosen: int, confidence: float, truth: int, count: int) -> Points:
    """Score one choice of ``count`` with a stated confidence; the rest is spread evenly over the others.

        B = sum over options of (stated probability - 1 if true else 0)^2;  points = 1 - B / B(even odds)

    Raises:
        ValueError: fewer than two options, or a confidence outside [0, 1].

    >>> category(0, 1.0, 0, 4).points, category(0, 0.25, 1, 4).points
    (1.0, 0.0)
    >>> round(category(0, 1.0, 1, 4).points, 2)
    -1.67
    """
    if count < 2 or not 0 <= confidence <= 1:
        raise ValueError(f"two options or more and a confidence in [0, 1] are needed: found {count}, {confidence:g}")
    others = (1 - confidence) / (count - 1)
    stated = [confidence if option == chosen else others for option in range(count)]
    brier = math.fsum((share - (option == truth)) ** 2 for option, share in enumerate(stated))
    return Points(1 - brier / (1 - 1 / count), chosen == truth, confidence)


def subset(named: Set[str], truth: Set[str]) -> Points:
    """Score a set by F1, the harmonic mean of precision and recall; two empty sets agree.

    >>> subset({"a", "b"}, {"a", "c"}).points
    0.5
    """
    if not named and not truth:
        return Points(1.0, True)
    return Points(2 * len(named & truth) / (len(named) + len(truth)), named == truth)


def order(named: Sequence[str], truth: Sequence[str]) -> Points:
    """Score an order by Kendall's tau: concordant minus discordant pairs over all; reversed gives -1.

    Raises:
        ValueError: not the same things in both, or fewer than two.

    >>> order(["a", "b", "c"], ["a", "c", "b"]).points
    0.3333333333333333
    """
    if sorted(named) != sorted(truth) or len(truth) < 2 or len(set(truth)) < len(truth):
        raise ValueError("the same two things or more are needed in both orders")
    place = {name: index for index, name in enumerate(named)}
    pairs = list(combinations(truth, 2))
    agreed = sum(1 if place[first] < place[second] else -1 for first, second in pairs)
    return Points(agreed / len(pairs), list(named) == list(truth))


def regret(cost: float, optimum: float, feasible: bool, *, tolerance: float = 0.01) -> Points:
    """Score a design by what it costs more than the optimum; an infeasible one earns nothing and is shown apart.

        points = 1 within the tolerance, else 2^(-(relative regret - tolerance) / 0.10)

    Raises:
        ValueError: an optimum that is not above 0.

    >>> regret(1_005, 1_000, True).points, round(regret(1_110, 1_000, True).points, 6), regret(900, 1_000, False).points
    (1.0, 0.5, 0.0)
    """
    if not optimum > 0:
        raise ValueError(f"an optimum above 0 is needed: found {optimum:g}")
    if not feasible:
        return Points(0.0, False)
    beyond = max(0.0, cost / optimum - 1 - tolerance)
    return Points(2 ** (-beyond / REGRET_HALF), beyond == 0)

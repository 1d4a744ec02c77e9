"""What is certain about the percentiles of a sum or a maximum when stages may depend on each other in any way.

Independence is an assumption; a shared network, host or traffic peak breaks it. Without it a percentile is not a number
but an interval. Adding up the stages' percentiles ("all slow together") lies inside it and is not its upper end: stages
that take turns in being slow make a higher percentile than stages that are slow together.

Sources: Makarov (1981) and Rueschendorf (1982) for two stages; Embrechts and Puccetti, Bounds for functions of
dependent risks, Finance and Stochastics 10 (2006), for the dual bound; Wang, Peng and Yang, Finance and
Stochastics 17 (2013), for its sharpness with equal stages whose density falls in the tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.models.combine import distributions
from advisor.models.distribution import Distribution, checked_levels
from advisor.models.percentile_bounds import (
    highest_max_from_percentiles,
    highest_sum_from_percentiles,
    lowest_sum_from_percentiles,
)
from advisor.models.tail_tables import TailTable

__all__ = [
    "QuantileBounds",
    "highest_max_from_percentiles",
    "highest_max_quantile",
    "highest_sum_from_percentiles",
    "highest_sum_quantile",
    "lowest_sum_from_percentiles",
    "lowest_sum_quantile",
    "sum_bounds",
    "together_quantile",
]

_PARTS = 200  # of the probability that is split between the stages
_HALVINGS = 50
_WIDENINGS = 16
_STRICTLY = 1 - 1e-9  # a bound from below must stay under the level, also where the distribution function is flat
_FARTHER = 1e-3  # tables reach to this share of the smallest exceedance that is of interest


@dataclass(frozen=True)
class QuantileBounds:
    """A percentile without independence.

    Attributes:
        lowest: no dependence makes the percentile smaller.
        together: its value when all stages are slow at the same time (comonotone).
        highest: no dependence makes the percentile larger.
    """

    lowest: float
    together: float
    highest: float


def sum_bounds(stages: Sequence[Distribution], p: float) -> QuantileBounds:
    """Return what is certain about the p-quantile of a sum of stages with known distributions.

    Raises:
        ValueError: no stage, a level outside (0, 0.9999].

    >>> from advisor.models.primitives import Constant, Uniform
    >>> bounds = sum_bounds([Uniform(1.0)] * 3, 0.9)
    >>> round(bounds.lowest, 2), round(bounds.together, 2), round(bounds.highest, 2)      # 3 p / 2, 3 p, 3 (1 + p) / 2
    (1.35, 2.7, 2.85)
    """
    return QuantileBounds(lowest_sum_quantile(stages, p), together_quantile(stages, p), highest_sum_quantile(stages, p))


def together_quantile(stages: Sequence[Distribution], p: float) -> float:
    """Return the p-quantile of a sum whose stages are slow together: the sum of their p-quantiles. Not an upper bound.

    Raises:
        ValueError: no stage, a level outside (0, 0.9999].

    >>> from advisor.models.combine import bimodal
    >>> from advisor.models.primitives import Constant
    >>> rare = bimodal(0.009, Constant(10), Constant(1000))
    >>> together_quantile([rare, rare], 0.99), highest_sum_quantile([rare, rare], 0.99)
    (20.0, 1010.0)
    """
    distributions(stages=stages)
    return math.fsum(stage.quantile(p) for stage in stages)


def highest_sum_quantile(stages: Sequence[Distribution], p: float) -> float:
    """Return a number that the p-quantile of the sum does not exceed, however the stages depend on each other.

    Two bounds, each minimised over its free numbers, the smaller one counts:

        union:  P(sum > sum r_i) <= sum P(X_i > r_i)
        dual:   P(sum >= s) <= sum (1/w) integral from r_i to r_i + w of P(X_i > x) dx,   w = s - sum r_i > 0

    The second holds because some stages together exceed their r_i by w whenever the sum reaches s. Any r_i make a valid
    bound. For two stages the union bound is attained by some dependence, up to the 1/200 in which probabilities are
    split here; for equal stages whose density falls in the tail the dual bound is. Otherwise the true worst case may be
    lower.

    Raises:
        ValueError: no stage, a level outside (0, 0.9999].

    >>> from advisor.models.lognormal import Lognormal
    >>> stages = [Lognormal.from_mean_cv(100, 1.0)] * 2
    >>> round(together_quantile(stages, 0.99)), round(highest_sum_quantile(stages, 0.99))
    (981, 1207)
    """
    tables, fixed = _tables(stages, p)
    if not tables:
        return fixed
    shares = _split(tables, 1 - p, lambda table, chance: table.exceeded(chance), least=True)
    best = math.fsum(table.exceeded(share) for table, share in zip(tables, shares, strict=True))
    for start in (shares, [(1 - p) / len(tables)] * len(tables)):
        for i in range(1, _WIDENINGS + 1):
            wider = len(tables) ** (i / _WIDENINGS)
            levels = [table.exceeded(min(share * wider, 1.0)) for table, share in zip(tables, start, strict=True)]
            best = min(best, math.fsum(levels) + _narrowest(tables, levels, best - math.fsum(levels), 1 - p))
    return fixed + best


def lowest_sum_quantile(stages: Sequence[Distribution], p: float) -> float:
    """Return a number that the p-quantile of the sum is not below, however the stages depend on each other.

    The mirror image of :func:`highest_sum_quantile`:

        union:  P(sum <= x) <= sum P(X_i <= r_i),   sum r_i = x
        dual:   P(sum <= x) <= sum (1/w) integral from r_i - w to r_i of P(X_i <= t) dt,   w = sum r_i - x > 0

    The quantile of each single stage, with the shortest times of all others, is one of these bounds.

    Raises:
        ValueError: no stage, a level outside (0, 0.9999].

    >>> from advisor.models.primitives import Constant, Uniform
    >>> round(lowest_sum_quantile([Uniform(1.0), Constant(2.0)], 0.9), 9)
    2.9
    """
    tables, fixed = _tables(stages, p)
    if not tables:
        return fixed
    shares = _split(tables, p, lambda table, chance: table.exceeded(1 - chance), least=False)
    best = math.fsum(table.exceeded(1 - share) for table, share in zip(tables, shares, strict=True))
    for start in (shares, [p / len(tables)] * len(tables)):
        for i in range(1, _WIDENINGS + 1):
            wider = len(tables) ** (i / _WIDENINGS)
            levels = [table.exceeded(1 - min(share * wider, 1.0)) for table, share in zip(tables, start, strict=True)]
            best = max(best, math.fsum(levels) - _narrowest_below(tables, levels, math.fsum(levels) - best, p))
    return fixed + best


def highest_max_quantile(branches: Sequence[Distribution], p: float) -> float:
    """Return the largest p-quantile that the slowest branch of a fan-out can have, whatever the dependence.

        the smallest x with sum P(X_i > x) <= 1 - p

    Attained when never two branches are slow at once. The smallest is the largest p-quantile of a branch, attained when
    all are slow together.

    Raises:
        ValueError: no branch, a level outside (0, 0.9999].

    >>> from advisor.models.primitives import Uniform
    >>> round(highest_max_quantile([Uniform(1.0)] * 5, 0.9), 9)              # 1 - 0.1 / 5
    0.98
    """
    distributions(branches=branches)
    checked_levels([p])
    n = len(branches)
    low = max(branch.quantile(p) for branch in branches)
    high = max(TailTable(branch, (1 - p) / n * _FARTHER).exceeded((1 - p) / n) for branch in branches)

    def late(x: float) -> float:
        return math.fsum(1 - branch.cdf(x) for branch in branches)

    if late(low) <= (1 - p) * (1 + 1e-12):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if late(middle) <= (1 - p) * (1 + 1e-12) else (middle, high)
    return high


def _tables(stages: Sequence[Distribution], p: float) -> tuple[list[TailTable], float]:
    """Return the stages that are random, tabulated, and the sum of those that are not."""
    distributions(stages=stages)
    checked_levels([p])
    fixed = [stage for stage in stages if stage.discrete and len(stage.atoms.values) == 1]
    random = [stage for stage in stages if not (stage.discrete and len(stage.atoms.values) == 1)]
    least = (1 - p) / max(len(random), 1) * _FARTHER
    known = {stage: TailTable(stage, least) for stage in random}
    return [known[stage] for stage in random], math.fsum(stage.floor() for stage in fixed)


def _split(
    tables: Sequence[TailTable], whole: float, value: Callable[[TailTable, float], float], *, least: bool
) -> list[float]:
    """Return the split of a probability between stages that makes the sum of their values least or most.

    Exact over multiples of ``whole / 200``: best[j] is the best sum for j parts, stage after stage.
    """
    import numpy as np

    sign = 1.0 if least else -1.0
    values = {table: np.array([sign * value(table, whole * j / _PARTS) for j in range(_PARTS + 1)]) for table in tables}
    best = np.full(_PARTS + 1, np.inf)
    best[0] = 0.0
    choices = []
    for table in tables:
        totals = np.full((_PARTS + 1, _PARTS + 1), np.inf)
        for j in range(_PARTS + 1):
            totals[j, j:] = best[: _PARTS + 1 - j] + values[table][j]
        choices.append(totals.argmin(axis=0))
        best = totals.min(axis=0)
    left, shares = int(best.argmin()), []
    for choice in reversed(choices):
        shares.append(whole * int(choice[left]) / _PARTS)
        left -= int(choice[left])
    return shares[::-1]


def _narrowest(tables: Sequence[TailTable], levels: Sequence[float], most: float, chance: float) -> float:
    """Return the smallest w up to ``most`` for which the dual bound at these levels is within a chance."""

    start = math.fsum(table.capped_mean(level) for table, level in zip(tables, levels, strict=True))

    def bound(w: float) -> float:
        return (math.fsum(t.capped_mean(r + w) for t, r in zip(tables, levels, strict=True)) - start) / w

    return _bisected(bound, most, chance)


def _narrowest_below(tables: Sequence[TailTable], levels: Sequence[float], most: float, chance: float) -> float:
    """Return the same for the bound from below."""

    end = math.fsum(table.capped_mean(level) for table, level in zip(tables, levels, strict=True))

    def bound(w: float) -> float:
        return len(tables) - (end - math.fsum(t.capped_mean(r - w) for t, r in zip(tables, levels, strict=True))) / w

    return _bisected(bound, most, chance * _STRICTLY)


def _bisected(bound: Callable[[float], float], most: float, chance: float) -> float:
    """Return the smallest width up to ``most`` whose bound, which falls with the width, is within a chance."""
    if most <= 0 or bound(most) > chance:
        return math.inf
    low, high = 0.0, most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if bound(middle) <= chance else (middle, high)
    return high

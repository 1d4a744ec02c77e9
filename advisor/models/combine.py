"""Stages put together: one after the other, side by side, one or the other, again and again. All are independent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from advisor.models.arguments import positive, probability, whole
from advisor.models.composition import Mixture, RandomSum, Scaled, Series
from advisor.models.distribution import Distribution
from advisor.models.lognormal import Lognormal
from advisor.models.order import KOfN, Parallel
from advisor.models.primitives import Constant

MOST_RUNS = 10_000
_SHARE_ROUNDING = 1e-9


def series(*stages: Distribution) -> Distribution:
    """Return the distribution of the sum of independent stages (one after the other).

    Raises:
        ValueError: no stage, or something that is not a distribution.

    >>> series(Constant(10), Constant(20)).quantile(0.5)
    30.0
    """
    distributions(stages=stages)
    flat = [inner for stage in stages for inner in (stage.stages if isinstance(stage, Series) else (stage,))]
    return flat[0] if len(flat) == 1 else Series(tuple(flat))


def parallel(*branches: Distribution) -> Distribution:
    """Return the distribution of the slowest of independent branches (fan-out, all must answer).

        P(max <= x) = product of F_i(x)

    Raises:
        ValueError: no branch, or something that is not a distribution.

    >>> from advisor.models.primitives import exponential
    >>> two = parallel(exponential(1.0), exponential(1.0))
    >>> round(two.mean(), 6)                              # 1 + 1/2
    1.5
    """
    distributions(branches=branches)
    return branches[0] if len(branches) == 1 else Parallel(tuple(branches))


def k_of_n(k: int, branches: Sequence[Distribution]) -> Distribution:
    """Return the distribution of the time until the k fastest of n independent branches have answered.

    The branches need not be alike. k = 1 is the fastest, k = n is :func:`parallel`.

    Raises:
        ValueError: no branch, k not a whole number from 1 to n.

    >>> from advisor.models.primitives import exponential
    >>> quorum = k_of_n(2, [exponential(6.0)] * 3)
    >>> round(quorum.mean(), 5)                           # 6 (1/3 + 1/2)
    5.0
    """
    distributions(branches=branches)
    whole(most=len(branches), k=k)
    return parallel(*branches) if k == len(branches) else KOfN(k, tuple(branches))


def fan_out(stage: Distribution, n: int) -> Distribution:
    """Return the distribution of the slowest of n independent runs of a stage at once.

    Its p-quantile is the stage's quantile at p^(1/n): with 100 leaves the p50 of the whole is the p99.3 of one.

    Raises:
        ValueError: n not a whole number from 1 up.

    >>> from advisor.models.primitives import exponential
    >>> leaf = exponential(1.0)
    >>> round(fan_out(leaf, 100).quantile(0.5), 6), round(leaf.quantile(0.5 ** (1 / 100)), 6)
    (4.975147, 4.975147)
    """
    whole(most=MOST_RUNS, n=n)
    return parallel(*[stage] * n)


def mixture(shares: Sequence[float], parts: Sequence[Distribution]) -> Distribution:
    """Return the distribution of an alternation: part i with probability ``shares[i]``.

    Raises:
        ValueError: shares outside [0, 1] or not adding up to 1, not one share for each part, no part.

    >>> mixture([0.991, 0.009], [Constant(10), Constant(1000)]).quantile(0.99)
    10.0
    """
    distributions(parts=parts)
    if len(shares) != len(parts):
        raise ValueError(f"as many shares as parts are needed, found {len(shares)} shares and {len(parts)} parts")
    _adds_up("shares", shares)
    return Mixture(tuple(shares), tuple(parts))


def bimodal(slow_share: float, fast: Distribution, slow: Distribution) -> Distribution:
    """Return the distribution of a stage that is slow every so often: cache misses, cold starts, failovers.

    Raises:
        ValueError: slow_share outside [0, 1].

    >>> cold_starts = bimodal(0.02, Constant(50), Constant(3000))
    >>> round(cold_starts.mean(), 9), cold_starts.quantile(0.95), cold_starts.quantile(0.99)
    (109.0, 50.0, 3000.0)
    """
    probability(slow_share=slow_share)
    return mixture([1 - slow_share, slow_share], [fast, slow])


def repeat(stage: Distribution, times: int) -> Distribution:
    """Return the distribution of ``times`` independent runs of a stage in a row.

    Raises:
        ValueError: times not a whole number from 1 up.

    >>> round(repeat(Constant(5), 3).mean(), 9)
    15.0
    """
    whole(most=MOST_RUNS, times=times)
    return series(*[stage] * times)


def repeat_random(stage: Distribution, counts: Mapping[int, float]) -> Distribution:
    """Return the distribution of a random number of independent runs in a row: number -> probability, 0 is allowed.

        mean = E[N] E[X],  variance = E[N] Var[X] + Var[N] E[X]^2

    Raises:
        ValueError: no count, a count that is not a whole number from 0 up, probabilities that do not add up to 1.

    >>> retrieval = repeat_random(Constant(40), {0: 0.5, 1: 0.3, 2: 0.2})
    >>> round(retrieval.mean(), 9), retrieval.quantile(0.5), retrieval.quantile(0.9)
    (28.0, 0.0, 80.0)
    """
    distributions(stages=(stage,))
    return RandomSum(stage, counted(counts))


def shift(stage: Distribution, by: float) -> Distribution:
    """Return the distribution of a stage and a constant time before or after it.

    Raises:
        ValueError: a negative or unbounded time.

    >>> shift(Constant(20), 5).quantile(0.5)
    25.0
    """
    return series(Constant(by), stage)


def scale(stage: Distribution, factor: float) -> Distribution:
    """Return the distribution of ``factor`` times a stage: other units, slower hardware, items at one speed.

    Raises:
        ValueError: a factor that is not above 0.

    >>> scale(Constant(2.0), 3).mean()
    6.0
    """
    positive(factor=factor)
    distributions(stages=(stage,))
    if isinstance(stage, Lognormal):
        return stage.scaled(factor)
    return Scaled(stage, factor)


def distributions(**groups: Sequence[Distribution]) -> None:
    """Refuse an empty group of stages, and what is not a distribution.

    >>> distributions(stages=[])
    Traceback (most recent call last):
    ValueError: stages: at least one distribution is needed, found none
    """
    for name, group in groups.items():
        if not group:
            raise ValueError(f"{name}: at least one distribution is needed, found none")
        for one in group:
            if not isinstance(one, Distribution):
                raise ValueError(f"{name} must be distributions such as Constant({one!r}), found {one!r}")


def _adds_up(name: str, shares: Sequence[float]) -> None:
    if any(not 0 <= share <= 1 for share in shares) or abs(math.fsum(shares) - 1) > _SHARE_ROUNDING:
        raise ValueError(f"{name} must lie in [0, 1] and add up to 1, found {list(shares)}")


def counted(counts: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    """Return counts in rising order with their probabilities, those that never happen left out."""
    if not counts:
        raise ValueError("counts: at least one number of runs is needed, found none")
    for count in counts:
        whole(least=0, most=MOST_RUNS, count=count)
    _adds_up("probabilities of counts", list(counts.values()))
    return tuple((n, p) for n, p in sorted(counts.items()) if p > 0)

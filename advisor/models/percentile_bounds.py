"""What is certain about a sum or a maximum when only some percentiles of each stage are known, and nothing else.

No shape is fitted and no independence assumed. Below, between and above the known levels a stage may do anything that
does not contradict them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from advisor.models.arguments import not_negative
from advisor.models.distribution import checked_levels

_ROUNDING = 1e-12

Known = Mapping[float, float]


def highest_sum_from_percentiles(stages: Sequence[Known], p: float) -> float:
    """Return a number that the p-quantile of the sum does not exceed, from known percentiles: level -> time.

        P(sum > sum q_i(p_i)) <= sum (1 - p_i);  the smallest sum of known q_i with sum (1 - p_i) <= 1 - p

    Attained, up to an arbitrarily small time, when one percentile of each stage is known: let the stages take turns in
    being slow. With several known percentiles a stage the true worst case may be lower.

    Raises:
        ValueError: no stage, a stage without percentiles, levels outside (0, 1), times that decrease with the level, or
            a p for which the known levels are not high enough: two p99 say nothing of the p99 of the sum.

    >>> highest_sum_from_percentiles([{0.95: 200.0, 0.995: 500.0}, {0.95: 80.0, 0.995: 90.0}], 0.99)
    590.0
    >>> highest_sum_from_percentiles([{0.99: 400.0}, {0.99: 300.0}], 0.99)
    Traceback (most recent call last):
    ValueError: p must be at most 0.98, which is as far as the known percentiles reach together, found 0.99
    """
    points = _known(stages, p)
    _reached([max(known) for known in points], p)
    choices = [(0.0, 0.0)]
    for known in points:
        choices = _undominated([(used + 1 - q, time + known[q]) for used, time in choices for q in known], 1 - p)
    return min(time for _, time in choices)


def lowest_sum_from_percentiles(stages: Sequence[Known], p: float) -> float:
    """Return a number that the p-quantile of the sum is not below, from known percentiles: level -> time.

        P(sum < sum q_i(p_i)) <= sum p_i;  the largest sum of known q_i with sum p_i <= p, 0 for a stage left out

    It is 0 where all known levels are above p.

    Raises:
        ValueError: as :func:`highest_sum_from_percentiles`, but for the reach of the levels.

    >>> lowest_sum_from_percentiles([{0.5: 100.0, 0.95: 200.0}, {0.4: 60.0, 0.95: 80.0}], 0.95)
    200.0
    """
    choices = [(0.0, 0.0)]
    for known in _known(stages, p):
        offers = [(0.0, 0.0), *known.items()]
        taken = [(used + q, -(time + gain)) for used, time in choices for q, gain in offers]
        choices = [(used, -time) for used, time in _undominated(taken, p)]
    return max(time for _, time in choices)


def highest_max_from_percentiles(branches: Sequence[Known], p: float) -> float:
    """Return a number that the p-quantile of the slowest branch does not exceed, from known percentiles: level -> time.

        P(max > x) <= sum (1 - F_i(x)),  F_i(x) at least the highest level whose time is at most x

    Attained, up to an arbitrarily small time, when never two branches are slow at once.

    Raises:
        ValueError: as :func:`highest_sum_from_percentiles`.

    >>> highest_max_from_percentiles([{0.95: 200.0, 0.995: 500.0}, {0.95: 80.0, 0.995: 90.0}], 0.94)
    200.0
    """
    points = _known(branches, p)
    _reached([max(known) for known in points], p)
    for x in sorted({time for known in points for time in known.values()}):
        late = sum(1 - max((q for q, time in known.items() if time <= x), default=0.0) for known in points)
        if late <= 1 - p + _ROUNDING:
            return x
    raise AssertionError("the highest known time is always enough")


def _known(stages: Sequence[Known], p: float) -> Sequence[Known]:
    checked_levels([p])
    if not stages:
        raise ValueError("stages: at least one is needed, found none")
    for known in stages:
        if not known:
            raise ValueError("each stage needs at least one known percentile, found none")
        if not all(0 < q < 1 for q in known):
            raise ValueError(f"levels must lie in (0, 1), found {sorted(known)}")
        for q, time in known.items():
            not_negative(**{f"percentile {q:g}": time})
        if any(known[high] < known[low] for low, high in pairwise(sorted(known))):
            raise ValueError(f"percentiles must not decrease with their level, found {dict(sorted(known.items()))}")
    return stages


def _reached(highest: Sequence[float], p: float) -> None:
    reach = 1 - sum(1 - q for q in highest)
    if p > reach + _ROUNDING:
        raise ValueError(
            f"p must be at most {max(reach, 0.0):.6g}, which is as far as the known percentiles reach together, "
            f"found {p:g}"
        )


def _undominated(choices: list[tuple[float, float]], allowed: float) -> list[tuple[float, float]]:
    """Return the (probability used, time) within what is allowed of which no other uses less and takes less."""
    found: list[tuple[float, float]] = []
    for used, time in sorted(choices):
        if used <= allowed + _ROUNDING and (not found or time < found[-1][1]):
            found.append((used, time))
    return found

"""Time that depends on an amount of work: items at a speed, loops that go on by chance."""

from __future__ import annotations

import math
from collections.abc import Mapping

from advisor.models.arguments import not_negative, whole
from advisor.models.combine import MOST_RUNS, counted, mixture, scale, series
from advisor.models.distribution import Distribution
from advisor.models.lognormal import Lognormal
from advisor.models.primitives import Constant

_REST = 1e-12  # geometric counts end where no more than this is left


def geometric_counts(again: float, *, least: int = 1) -> dict[int, float]:
    """Return the counts of a loop that goes on with probability ``again`` after each run, as tool turns do.

        P(N = least + i) = (1 - again) again^i,  cut off where 1e-12 is left, which goes to the last count

    Raises:
        ValueError: again not at least 0 and at most 0.995, least not a whole number from 0 up.

    >>> counts = geometric_counts(0.25)
    >>> counts[1], counts[2], round(sum(n * p for n, p in counts.items()), 9)     # mean 1 / (1 - again)
    (0.75, 0.1875, 1.333333333)
    """
    whole(least=0, most=MOST_RUNS // 2, least_count=least)
    if not 0 <= again <= 0.995:
        raise ValueError(f"again must lie in [0, 0.995], found {again}")
    last = math.ceil(math.log(_REST) / math.log(again)) if again > 0 else 0
    return {least + i: (1 - again if i < last else 1.0) * again**i for i in range(last + 1)}


def affine(
    base: Distribution | float, per_item: Distribution | float, items: Distribution | Mapping[int, float] | float
) -> Distribution:
    """Return the distribution of ``base + per_item * items``: tokens, rows, top-k.

    The time per item is drawn once for each request, as the speed of the machine at that moment, not anew for each
    item (that would be :func:`repeat_random`, whose spread averages out). Base, time per item and number of items are
    independent of each other.

    Args:
        base: time that does not depend on the work.
        per_item: time for one item.
        items: how many; a number, a mapping count -> probability, or a distribution.

    Raises:
        ValueError: an argument out of range, or a product that is not available: two distributions can be multiplied
            when both are lognormal or the number of items takes single values only.

    >>> rerank = affine(12.0, 0.5, {20: 0.5, 100: 0.5})
    >>> rerank.mean(), rerank.quantile(0.5), rerank.quantile(0.9)
    (42.0, 22.0, 62.0)
    """
    time = base if isinstance(base, Distribution) else Constant(base)
    return series(time, _product(per_item, _number_of(items)))


def _number_of(items: Distribution | Mapping[int, float] | float) -> Distribution:
    if isinstance(items, Distribution):
        return items
    if isinstance(items, Mapping):
        known = counted(items)
        return mixture([p for _, p in known], [Constant(n) for n, _ in known])
    not_negative(items=items)
    return Constant(items)


def _product(per_item: Distribution | float, items: Distribution) -> Distribution:
    """Return the product of two independent distributions, where it is known."""
    each = per_item if isinstance(per_item, Distribution) else Constant(per_item)
    if isinstance(each, Lognormal) and isinstance(items, Lognormal):
        return each.times(items)
    for single, other in ((each, items), (items, each)):
        if single.discrete:
            atoms = single.atoms
            weights = [weight / atoms.total for weight in atoms.weights]
            parts = [scale(other, value) if value else Constant(0.0) for value in atoms.values]
            return parts[0] if len(parts) == 1 else mixture(weights, parts)
    raise ValueError(
        "the product of time per item and number of items must be of two lognormals, or one of them must take single "
        f"values only; found {type(each).__name__} and {type(items).__name__}"
    )

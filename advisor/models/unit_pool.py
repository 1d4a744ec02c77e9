"""A pool of unlike units: which whole numbers of them carry classes of requests, and the cheapest that do.

A class takes so many units of a type when all of it goes there (its demand over the throughput of one unit); a type
that cannot serve it takes infinitely many. Classes may be divided between types.

The cheapest numbers are found by trying numbers in order of their cost. Numbers that do not suffice have prices that
prove it: by duality every pool that suffices is worth at least D under them, so all numbers worth less are struck off
at once. The first numbers that suffice are the optimum, because everything cheaper was struck off by such a proof.

Sources: Griggs et al. (2024), "Mélange: Cost Efficient Large Language Model Serving by Exploiting GPU Heterogeneity"
(the integer program); Benders (1962) (cuts from the dual of the divisible part).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from advisor.models.arguments import not_negative
from advisor.models.simplex import largest

if TYPE_CHECKING:
    import numpy as np

    Counts = np.ndarray[Any, np.dtype[np.int64]]

MOST_COUNTS = 1_000_000  # combinations that are looked at
FULL = 1e-9  # a pool that lacks less than this share of its load carries it


@dataclass(frozen=True)
class Carried:
    """What a pool carries.

    Attributes:
        multiple: of the whole load that the units carry when they are all busy; below 1 they do not suffice.
        shares: class -> share of its demand for each type, such that all types that share work are equally busy.
        prices: of a unit of each type, proof of the multiple: counts x prices = multiple x sum over classes of the
            least price of its work.
    """

    multiple: float
    shares: tuple[tuple[float, ...], ...]
    prices: tuple[float, ...]


def carried(counts: Sequence[int], work: Sequence[Sequence[float]]) -> Carried:
    """Return how much of its load a pool carries, and how it is divided best.

        max m  subject to  sum_u s[c, u] = m for every class c,  sum_c work[c, u] s[c, u] <= counts[u]

    Args:
        counts: units of each type, >= 0.
        work: class -> units of each type that all of the class takes, > 0; infinite where the type cannot serve it.

    Raises:
        ValueError: an argument out of range, or a class that no type can serve.

    >>> found = carried([2, 1], [[2.2, 11.0]])          # two big units and a small one: 2 / 2.2 + 1 / 11
    >>> round(found.multiple, 9), [round(share, 3) for share in found.shares[0]]
    (1.0, [0.909, 0.091])
    """
    import numpy as np

    _check(work, len(counts))
    not_negative(**{f"counts[{i}]": n for i, n in enumerate(counts)})
    ways = [(c, u) for c, row in enumerate(work) for u, amount in enumerate(row) if math.isfinite(amount) and counts[u]]
    rows = np.zeros((len(work) + len(counts), 1 + len(ways)))
    rows[: len(work), 0] = 1.0
    for index, (c, u) in enumerate(ways, 1):
        rows[c, index] = -1.0
        rows[len(work) + u, index] = work[c][u]
    found = largest([[1.0, *[0.0] * len(ways)]], rows, [*[0.0] * len(work), *map(float, counts)])
    multiple, prices = found.reached[0], _prices(found.prices, work, counts)
    shares = [[0.0] * len(counts) for _ in work]
    for (c, u), value in zip(ways, found.values[1:], strict=True):
        shares[c][u] = value
    return Carried(multiple, tuple(_of_one(row) for row in shares), prices)


def _of_one(row: Sequence[float]) -> tuple[float, ...]:
    whole = math.fsum(row)
    return tuple(share / whole if whole > 0 else 0.0 for share in row)


def _prices(found: Sequence[float], work: Sequence[Sequence[float]], counts: Sequence[int]) -> tuple[float, ...]:
    """Return a price for a unit of each type; of a type without units it is as high as its work could be worth."""
    values, own = found[: len(work)], found[len(work) :]
    return tuple(
        own[u] if counts[u] else max((values[c] / row[u] for c, row in enumerate(work)), default=0.0)
        for u in range(len(counts))
    )


def worth(prices: Sequence[float], work: Sequence[Sequence[float]]) -> float:
    """Return what every pool that carries the load is worth at least: the sum of each class's least price of work.

        D(p) = sum_c min_u p_u work[c, u]

    >>> worth([1.0, 0.25], [[2.0, 4.0], [1.0, float("inf")]])
    2.0
    """
    return math.fsum(
        min(p * amount for p, amount in zip(prices, row, strict=True) if math.isfinite(amount)) for row in work
    )


@dataclass(frozen=True)
class Mix:
    """Numbers of units that carry the load, their cost, what they use of what is scarce, and the shares."""

    counts: tuple[int, ...]
    cost: float
    uses: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]


def mixes(
    cost: Sequence[float],
    work: Sequence[Sequence[float]],
    most: Sequence[int],
    *,
    scarce: Sequence[Sequence[float]] = (),
) -> tuple[Mix, ...]:
    """Return the cheapest whole numbers of units; where something is scarce, one for every point of the front.

    A point is left out when another costs no more and uses no more of anything that is scarce. Exact over all numbers
    of units of as many unlike types as :func:`types_in_one_pool` allows: of all, unless there are very many.

    Args:
        cost: of a unit of each type, >= 0.
        work: class -> units of each type that all of the class takes; infinite where the type cannot serve it.
        most: units of each type, >= 0.
        scarce: for each scarce resource, what a unit of each type uses of it.

    Raises:
        ValueError: an argument out of range, or a class that no type can serve.

    >>> [mix.counts for mix in mixes([10.0, 3.0], [[2.2, 11.0]], [9, 99])]
    [(2, 1)]
    >>> front = mixes([10.0, 3.0], [[2.2, 11.0]], [9, 99], scarce=[[1.0, 0.0]])
    >>> [(mix.counts, mix.cost) for mix in front]
    [((2, 1), 23.0), ((1, 6), 28.0), ((0, 11), 33.0)]
    """
    import numpy as np

    _check(work, len(cost))
    not_negative(**{f"cost[{i}]": value for i, value in enumerate(cost)})
    limits = useful(work, most)
    counts = every_count(limits, types_in_one_pool(limits))
    uses = counts @ np.array(scarce, dtype=float).reshape(len(scarce), len(cost)).T
    prices = counts @ np.array(cost, dtype=float)
    order = np.lexsort((*counts.T[::-1], prices))
    counts, uses, prices = counts[order], uses[order], prices[order]
    alive, found = np.ones(len(counts), dtype=bool), []
    while alive.any():
        at = int(np.argmax(alive))
        answer = carried(counts[at].tolist(), work)
        if answer.multiple >= 1 - FULL:
            found.append(Mix(tuple(counts[at].tolist()), float(prices[at]), tuple(uses[at].tolist()), answer.shares))
            alive &= (uses < uses[at] - FULL).any(axis=1)
        else:
            alive &= counts @ np.array(answer.prices) >= worth(answer.prices, work) * (1 - FULL)
            alive[at] = False
    return tuple(found)


def useful(work: Sequence[Sequence[float]], most: Sequence[int]) -> list[int]:
    """Return how many units of each type can be of use: no more than carry all that the type can serve.

    >>> useful([[2.2, 11.0], [1.0, float("inf")]], [9, 8])
    [4, 8]
    """
    loads = [math.fsum(row[u] for row in work if math.isfinite(row[u])) for u in range(len(most))]
    return [min(limit, math.ceil(load - FULL)) for limit, load in zip(most, loads, strict=True)]


def types_in_one_pool(most: Sequence[int]) -> int:
    """Return how many unlike types a pool may have so that at most ``MOST_COUNTS`` combinations are to be looked at.

    >>> types_in_one_pool([9, 9, 9, 9]), types_in_one_pool([32] * 8)
    (4, 2)
    """
    usable = [u for u, n in enumerate(most) if n > 0]
    allowed, total = 0, 1
    while allowed < len(usable):
        total += sum(math.prod(most[u] for u in group) for group in combinations(usable, allowed + 1))
        if total > MOST_COUNTS and allowed > 1:
            break
        allowed += 1
    return allowed


def every_count(most: Sequence[int], types: int) -> Counts:
    """Return every combination of numbers of units of at most so many types, a row each.

    >>> every_count([1, 2], 1).tolist()
    [[0, 0], [1, 0], [0, 1], [0, 2]]
    """
    import numpy as np

    usable = [u for u, n in enumerate(most) if n > 0]
    parts = [np.zeros((1, len(most)), dtype=np.int64)]
    for size in range(1, min(types, len(usable)) + 1):
        for group in combinations(usable, size):
            grid = np.indices([most[u] for u in group]).reshape(size, -1).T + 1
            part = np.zeros((len(grid), len(most)), dtype=np.int64)
            part[:, list(group)] = grid
            parts.append(part)
    return np.concatenate(parts)


@dataclass(frozen=True)
class Part:
    """What a pool that does not suffice serves of each priority; ``shares`` of a class may add up to less than 1."""

    served: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]


def served(
    counts: Sequence[int], work: Sequence[Sequence[float]], demand: Sequence[float], priorities: Sequence[int]
) -> Part:
    """Return how much of its demand a pool serves when the most important comes first.

        max lex over priorities of sum_c demand[c] sum_u s[c, u]
        subject to  sum_u s[c, u] <= 1,  sum_c work[c, u] s[c, u] <= counts[u]

    Args:
        counts: units of each type.
        work: as for :func:`carried`; a class may be one that no type can serve.
        demand: of each class, > 0, in one unit. priorities: of each class, 1 first.

    Raises:
        ValueError: an argument out of range.

    >>> served([2], [[1.5], [1.0]], [3.0, 4.0], [1, 2]).served
    (3.0, 2.0)
    """
    import numpy as np

    ways = [(c, u) for c, row in enumerate(work) for u, amount in enumerate(row) if math.isfinite(amount) and counts[u]]
    rows = np.zeros((len(work) + len(counts), len(ways)))
    for index, (c, u) in enumerate(ways):
        rows[c, index], rows[len(work) + u, index] = 1.0, work[c][u]
    levels = sorted(set(priorities))
    goals = [[demand[c] if priorities[c] == level else 0.0 for c, _ in ways] for level in levels]
    found = largest(goals, rows, [*[1.0] * len(work), *map(float, counts)])
    shares = [[0.0] * len(counts) for _ in work]
    for (c, u), value in zip(ways, found.values, strict=True):
        shares[c][u] = value
    return Part(found.reached, tuple(map(tuple, shares)))


def _check(work: Sequence[Sequence[float]], types: int) -> None:
    for number, row in enumerate(work):
        if len(row) != types:
            raise ValueError(f"work[{number}] must have {types} entries, one a type, found {len(row)}")
        if not all(amount > 0 for amount in row):
            raise ValueError(f"work[{number}] must be greater than 0, found {min(row):g}")
        if all(math.isinf(amount) for amount in row):
            raise ValueError(f"no type can serve class {number}: its work is infinite on all of them")

"""Which beginnings of designs are needed beside others that are no slower: label merging where times matter.

Of two beginnings with the same roles decided, one is not needed if the other one is as good in everything that adds up
and each of its times is stochastically no slower on the lattice: what completes the one completes the other, which then
costs no more, uses no more of any limit and is in time whenever the one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.optimizer.order import EQUAL, SPARSE

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

BLOCK = 256  # beginnings that are compared with all needed ones together
AT_ONCE = 1024  # needed ones that are looked at together
MARKS = (0.02, 0.15, 0.4, 0.7, 0.95)  # shares of the largest probability at whose points all pairs are compared
POINTS_AT_ONCE = 2**21  # probabilities that are compared together


@dataclass(frozen=True)
class Timed:
    """One of the times of some beginnings.

    Attributes:
        levels: for each distinct time P(X <= t) on the lattice. which: the row of each beginning.
    """

    levels: Array
    which: Indices

    @cached_property
    def grids(self) -> list[Array]:
        """The probabilities at ever more points."""
        import numpy as np

        return [np.ascontiguousarray(self.levels[:, ::every]) for every in SPARSE]


def merged(values: Array, times: Sequence[Timed]) -> Mask:
    """Return which of some beginnings are needed beside the others; of equal ones the first.

    They are compared with those before them in the order of their sums, so one may stay that only a later one with the
    same sums is faster than.

    Args:
        values: what each adds up to, a row each; less is better.
        times: what each takes, for every percentile bound.

    >>> import numpy as np
    >>> levels = np.array([[0.5, 1.0], [0.4, 0.9], [0.6, 0.8]])
    >>> merged(np.array([[1.0], [1.0], [2.0]]), [Timed(levels, np.arange(3))])
    array([ True, False,  True])
    """
    import numpy as np

    found = np.zeros(len(values), dtype=bool)
    if not len(values):
        return found
    order = np.lexsort((np.arange(len(values)), *values.T[::-1]))
    known: list[_Beginnings] = []
    values = np.column_stack((values, *(_marked(time) for time in times)))
    for begin in range(0, len(order), BLOCK):
        places = order[begin : begin + BLOCK]
        block = _Beginnings(places, values[places])
        for others in known:
            block = block.taken(~_beaten(block, others, times))
        block = block.taken(~_beaten(block, block, times, earlier=True))
        found[block.places] = True
        if known and len(known[-1].places) + len(block.places) <= AT_ONCE:
            known[-1] = known[-1].joined(block)
        else:
            known.append(block)
    return found


def _marked(time: Timed) -> Array:
    """Return for each beginning minus the probabilities at points of the lattice where times are likely to differ."""
    import numpy as np

    mean = time.levels.mean(axis=0)
    marks = np.unique(np.searchsorted(mean, np.array(MARKS) * mean[-1]).clip(0, len(mean) - 1))
    found: Array = EQUAL - time.levels[:, marks][time.which]
    return found


@dataclass(frozen=True)
class _Beginnings:
    """Some beginnings.

    Attributes:
        places: which. values: what they add up to, then minus some of their probabilities.
    """

    places: Indices
    values: Array

    def taken(self, which: Mask) -> _Beginnings:
        """Return some of them."""
        return self if which.all() else _Beginnings(self.places[which], self.values[which])

    def joined(self, other: _Beginnings) -> _Beginnings:
        """Return these, then others."""
        import numpy as np

        places = np.concatenate((self.places, other.places))
        return _Beginnings(places, np.concatenate((self.values, other.values)))


def _beaten(some: _Beginnings, others: _Beginnings, times: Sequence[Timed], *, earlier: bool = False) -> Mask:
    """Return which beginnings one of some others makes needless; ``earlier``: of the same ones, one before them."""
    import numpy as np

    as_good = np.ones((len(some.places), len(others.places)), dtype=bool)
    if earlier:
        as_good = np.tril(as_good, -1)
    for mine, theirs in zip(some.values.T, others.values.T, strict=True):
        as_good &= theirs <= mine[:, None]
    rows, columns = np.nonzero(as_good)
    found = np.zeros(len(some.places), dtype=bool)
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)  # which of those that may beat a beginning it is
    tried, more = 0, 1
    while len(rows):  # one is enough: few are looked at first
        now = np.flatnonzero(rank < tried + more)
        good = _no_slower(times, some.places[rows[now]], others.places[columns[now]])
        found[rows[now[good]]] = True
        left = (rank >= tried + more) & ~found[rows]
        rows, columns, rank = rows[left], columns[left], rank[left]
        tried, more = tried + more, 2 * more
    return found


def _no_slower(times: Sequence[Timed], some: Indices, others: Indices) -> Mask:
    """Return of pairs of beginnings in which of them the other one is no slower, compared at ever more points."""
    import numpy as np

    good = np.ones(len(some), dtype=bool)
    for grid, _ in enumerate(SPARSE):
        for time in times:
            levels = time.grids[grid]
            left = np.flatnonzero(good)
            step = max(POINTS_AT_ONCE // max(levels.shape[1], 1), 1)
            for begin in range(0, len(left), step):
                part = left[begin : begin + step]
                ours, theirs = time.which[some[part]], time.which[others[part]]
                good[part] = (levels[theirs] >= levels[ours] - EQUAL).all(axis=1)
    return good

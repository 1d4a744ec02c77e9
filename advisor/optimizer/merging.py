"""Which beginnings of designs are needed beside others that are no slower: label merging where times matter.

Of two beginnings with the same roles decided, one is not needed if the other one is as good in everything that adds up
and each of its times is stochastically no slower on the lattice: what completes the one completes the other, which then
costs no more, uses no more of any limit and is in time whenever the one is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.optimizer.order import EQUAL, SPARSE

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Levels = Sequence[Array]

BLOCK = 256  # beginnings that are compared with all needed ones together
AT_ONCE = 1024  # needed ones that are looked at together
MARKS = (0.02, 0.15, 0.4, 0.7, 0.95)  # shares of the largest probability at whose points all pairs are compared
POINTS_AT_ONCE = 2**21  # probabilities that are compared together


def merged(values: Array, levels_of: Callable[[Indices], Levels]) -> Mask:
    """Return which of some beginnings are needed beside the others; of equal ones the first.

    They are compared with those before them in the order of their sums, so one may stay that only a later one with the
    same sums is faster than.

    Args:
        values: what each adds up to, a row each; less is better.
        levels_of: the places of some -> for each of their times P(X <= t) on the lattice, a row each.

    >>> import numpy as np
    >>> levels = np.array([[0.5, 1.0], [0.4, 0.9], [0.6, 0.8]])
    >>> merged(np.array([[1.0], [1.0], [2.0]]), lambda places: [levels[places]])
    array([ True, False,  True])
    """
    import numpy as np

    order = np.lexsort((np.arange(len(values)), *values.T[::-1]))
    found = np.zeros(len(values), dtype=bool)
    known: list[_Beginnings] = []
    marks: list[Indices] | None = None
    for begin in range(0, len(order), BLOCK):
        places = order[begin : begin + BLOCK]
        levels = levels_of(places)
        marks = marks or [_marks(level) for level in levels]
        block = _Beginnings.of(places, values[places], levels, marks)
        for others in known:
            block = block.taken(~_beaten(block, others))
        block = block.taken(~_beaten(block, block, earlier=True))
        found[block.places] = True
        if known and len(known[-1].places) + len(block.places) <= AT_ONCE:
            known[-1] = known[-1].joined(block)
        else:
            known.append(block)
    return found


def _marks(levels: Array) -> Indices:
    """Return points of the lattice at which times of some beginnings are likely to differ."""
    import numpy as np

    mean = levels.mean(axis=0)
    found: Indices = np.unique(np.searchsorted(mean, np.array(MARKS) * mean[-1]).clip(0, len(mean) - 1))
    return found


@dataclass(frozen=True)
class _Beginnings:
    """Some beginnings.

    Attributes:
        places: which. values: what they add up to, then minus some of their probabilities. levels: all of these.
    """

    places: Indices
    values: Array
    levels: tuple[Array, ...]

    @classmethod
    def of(cls, places: Indices, values: Array, levels: Levels, marks: Sequence[Indices]) -> _Beginnings:
        """Return beginnings with the probabilities at some points."""
        import numpy as np

        some = [EQUAL - level[:, at] for level, at in zip(levels, marks, strict=True)]
        return cls(places, np.column_stack((values, *some)), tuple(levels))

    def taken(self, which: Mask) -> _Beginnings:
        """Return some of them."""
        if which.all():
            return self
        return _Beginnings(self.places[which], self.values[which], tuple(level[which] for level in self.levels))

    def joined(self, other: _Beginnings) -> _Beginnings:
        """Return these, then others."""
        import numpy as np

        levels = tuple(np.concatenate(pair) for pair in zip(self.levels, other.levels, strict=True))
        places = np.concatenate((self.places, other.places))
        return _Beginnings(places, np.concatenate((self.values, other.values)), levels)


def _beaten(some: _Beginnings, others: _Beginnings, *, earlier: bool = False) -> Mask:
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
        now = rank < tried + more
        found[_no_slower(some.levels, rows[now], others.levels, columns[now])] = True
        left = ~now & ~found[rows]
        rows, columns, rank = rows[left], columns[left], rank[left]
        tried, more = tried + more, 2 * more
    return found


def _no_slower(levels: Levels, rows: Indices, theirs: Levels, columns: Indices) -> Indices:
    """Return of pairs the first of each where the other one is no slower, compared at ever more points."""
    import numpy as np

    for every in SPARSE:
        good = np.ones(len(rows), dtype=bool)
        for mine, other in zip(levels, theirs, strict=True):
            ours, others = mine[:, ::every], other[:, ::every]
            step = max(POINTS_AT_ONCE // max(ours.shape[1], 1), 1)
            for begin in range(0, len(rows), step):
                part = slice(begin, begin + step)
                good[part] &= (others[columns[part]] >= ours[rows[part]] - EQUAL).all(axis=1)
        rows, columns = rows[good], columns[good]
    return rows

"""Dropping what is never needed from one case: candidates, and beginnings of designs.

One question asks about less than the whole scenario: one goal, some limits, some percentile bounds. Of two candidates
of a role the one is not needed whose goal, uses of all limits and times are no better; of two beginnings with the same
times the one whose goal and uses are no better. What completes the one completes the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case
from advisor.optimizer.chances import Chances

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

AT_ONCE = 2**22  # comparisons that are made together


def thinned(case: Case) -> Case:
    """Return a case without candidates that another one of the role makes needless; of equals the first stays."""
    import numpy as np

    kept = []
    for role, (goal, rows) in enumerate(zip(case.goal, case.rows, strict=True)):
        needed = np.ones(len(goal), dtype=bool)
        for place, better in _better(np.column_stack((goal, rows))):
            needed[place] = not _as_fast(case.tails, role, better, place).any()
        kept.append(needed)
    return case if all(mask.all() for mask in kept) else case.taken(kept)


def _better(values: Array) -> list[tuple[int, Indices]]:
    """Return the places of values that others are at least as good as in all columns, with the places of those."""
    import numpy as np

    places = np.arange(len(values))
    found = []
    for begin in range(0, len(values), step := max(AT_ONCE // max(values.size, 1), 1)):
        some = values[begin : begin + step]
        as_good = (values[:, None] <= some).all(axis=2)
        equal = as_good & (values[:, None] >= some).all(axis=2)
        as_good &= ~equal | (places[:, None] < places[begin : begin + step])
        found += [(begin + int(k), np.flatnonzero(as_good[:, k])) for k in np.flatnonzero(as_good.any(axis=0))]
    return found


def _as_fast(tails: Sequence[Chances], role: int, candidates: Indices, one: int) -> Mask:
    """Return which candidates are no slower than one under all percentile bounds."""
    import numpy as np

    good: Mask = np.ones(len(candidates), dtype=bool)
    for tail in tails:
        if tail.touches(role) and good.any():
            rows = tail.rows[role]
            good[good] = tail.order[role].beats(rows[candidates[good]], int(rows[one]))
    return good


def needed(states: Sequence[Indices], values: Array) -> Mask:
    """Return which beginnings are needed: not those that one with the same times is as good as in all values.

    Each is compared with the best of its times in the first value, then in the second, and so on; that finds most of
    what is not needed, and drops nothing else.

    Args:
        states: for each percentile bound a number for each beginning, the same for the same times.
        values: a row for each beginning, less is better.

    >>> import numpy as np
    >>> needed([np.array([0, 0, 0, 1])], np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 1.0], [9.0, 9.0]]))
    array([ True, False,  True,  True])
    """
    import numpy as np

    kept: Mask = np.ones(len(values), dtype=bool)
    times = np.zeros(len(values), dtype=np.intp)
    for state in states:
        times = np.unique(times * (int(state.max(initial=0)) + 1) + state, return_inverse=True)[1]
    if len(values) < 2 or times.max() + 1 == len(values):
        return kept
    for column in range(values.shape[1]):
        left = np.flatnonzero(kept)
        order = left[np.lexsort((*values[left].T[::-1], values[left, column], times[left]))]
        first = order[np.searchsorted(times[order], np.arange(times.max() + 1))][times]
        kept &= (values[first] > values).any(axis=1) | (first == np.arange(len(values)))
    return kept

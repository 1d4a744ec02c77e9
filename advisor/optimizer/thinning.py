"""Dropping what is never needed from one case: candidates, and beginnings of designs.

One question asks about less than the whole scenario: one goal, some limits, some percentile bounds. Of two candidates
of a role the one is not needed whose goal, uses of all limits and times are no better; of two beginnings with the same
times the one whose goal and uses are no better. What completes the one completes the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case
from advisor.optimizer.distinct import distinct

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
        better, worse = _better(np.column_stack((goal, rows)))
        for tail in case.tails:
            if tail.touches(role):
                good = tail.order[role].pairs(tail.rows[role][better], tail.rows[role][worse])
                better, worse = better[good], worse[good]
        mask = np.ones(len(goal), dtype=bool)
        mask[worse] = False
        kept.append(mask)
    return case if all(mask.all() for mask in kept) else case.taken(kept)


def _better(values: Array) -> tuple[Indices, Indices]:
    """Return the places of values that are at least as good as others in all columns, and the places of those.

    Of equal values the first counts as better.
    """
    import numpy as np

    count, columns, found = len(values), np.ascontiguousarray(values.T), [(np.zeros(0, dtype=np.intp),) * 2]
    places = np.arange(count)
    for begin in range(0, count, step := max(AT_ONCE // max(count, 1), 1)):
        some = columns[:, begin : begin + step]
        as_good = _no_worse(columns, some)
        equal = as_good & (as_good.T if step >= count else _no_worse(some, columns).T)
        as_good ^= equal & (places[:, None] >= places[begin : begin + step])
        better, worse = np.nonzero(as_good)
        found.append((better, worse + begin))
    return np.concatenate([b for b, _ in found]), np.concatenate([w for _, w in found])


def _no_worse(ours: Array, theirs: Array) -> Mask:
    """Return which of some values (down) are no larger than which others (across) in all; a column of each is a row."""
    found: Mask = ours[0][:, None] <= theirs[0]
    for own, other in zip(ours[1:], theirs[1:], strict=True):
        found &= own[:, None] <= other
    return found


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
    times, count = np.zeros(len(values), dtype=np.intp), 1
    for state in states:
        most = int(state.max(initial=0)) + 1
        own, times = distinct(times * most + state, count * most)
        count = len(own)
    if len(values) < 2 or count == len(values):
        return kept
    for column in range(values.shape[1]):
        left = np.flatnonzero(kept)
        order = left[np.lexsort((*values[left].T[::-1], values[left, column], times[left]))]
        first = order[np.searchsorted(times[order], np.arange(count))][times]
        kept &= (values[first] > values).any(axis=1) | (first == np.arange(len(values)))
    return kept

"""Distinct whole numbers of a small range, by marking instead of sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Indices = np.ndarray[Any, np.dtype[np.intp]]

SPARSE = 16  # times as many numbers as there are: up to there marking is faster than sorting
SMALL = 4096


def distinct(numbers: Indices, below: int) -> tuple[Indices, Indices]:
    """Return the distinct ones of some numbers, rising, and which of them each one is.

    Args:
        numbers: at least 0. below: above all of them.

    >>> import numpy as np
    >>> distinct(np.array([5, 2, 5, 9]), 10)
    (array([2, 5, 9]), array([1, 0, 1, 2]))
    """
    import numpy as np

    if below > SMALL and below > SPARSE * len(numbers):
        return np.unique(numbers, return_inverse=True)
    marked = np.zeros(below, dtype=bool)
    marked[numbers] = True
    found = marked.nonzero()[0]
    place = np.empty(below, dtype=np.intp)
    place[found] = np.arange(len(found))
    return found, place[numbers]

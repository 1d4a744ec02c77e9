"""Which rows of a table no other row beats: at most as large everywhere and, of equal rows, the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BLOCK = 256


def undominated(rows: Sequence[Sequence[float]] | Array) -> list[int]:
    """Return the indices, ascending, of rows for which no other row is at most as large in every column.

    >>> undominated([[1, 9], [2, 2], [2, 3], [9, 1], [2, 2]])
    [0, 1, 3]
    """
    import numpy as np

    if not len(rows):
        return []
    table = np.asarray(rows, dtype=float).reshape(len(rows), -1)
    if table.shape[1] == 0:
        return [0] if len(table) else []
    return sorted(int(i) for i in np.flatnonzero(undominated_mask(table)))


def undominated_mask(table: Array) -> Any:
    """Return a mask of the undominated rows of a table with at least one column (of equal rows, of the first)."""
    import numpy as np

    count, columns = table.shape
    if columns == 2:
        return _two(table)
    order = np.lexsort(table.T[::-1])  # stable: of equal rows the first comes first
    ordered = table[order]
    if columns == 1:
        kept = np.arange(count) < 1
    elif columns == 3:
        kept = _three(ordered)
    else:
        kept = _general(ordered)
    mask = np.zeros(count, dtype=bool)
    mask[order[kept]] = True
    return mask


def _two(table: Array) -> Any:
    """Return the mask for two columns: sorting by the first alone leaves few, which are then sorted by both."""
    import numpy as np

    order = np.argsort(table[:, 0], kind="stable")
    left = np.sort(order[_staircase(table[order, 1])])
    order = left[np.lexsort(table[left].T[::-1])]
    mask = np.zeros(len(table), dtype=bool)
    mask[order[_staircase(table[order, 1])]] = True
    return mask


def _staircase(second: Array) -> Any:
    """Return which rows, sorted by the first column, have a second value below all before them."""
    import numpy as np

    before = np.concatenate(([np.inf], np.minimum.accumulate(second)[:-1]))
    kept = second < before
    kept[:1] = True
    return kept


def _three(ordered: Array) -> Any:
    """Return the mask for three columns: a staircase of the last two columns grows with the first, block by block."""
    import numpy as np

    kept = np.zeros(len(ordered), dtype=bool)
    stairs = np.empty((0, 2))
    for start in range(0, len(ordered), BLOCK):
        block = ordered[start : start + BLOCK, 1:]
        position = np.searchsorted(stairs[:, 0], block[:, 0], side="right")
        lowest = np.concatenate(([np.nan], stairs[:, 1]))[position]  # nan: nothing is in front
        alive = np.flatnonzero(~(lowest <= block[:, 1]))
        alive = alive[_not_beaten_by_earlier(block[alive])]
        kept[start + alive] = True
        stairs = np.concatenate((stairs, block[alive]))
        stairs = stairs[np.lexsort((stairs[:, 1], stairs[:, 0]))]
        stairs = stairs[_staircase(stairs[:, 1])] if len(stairs) else stairs
    return kept


def _general(ordered: Array) -> Any:
    """Return the mask for any number of columns: each block against all rows kept before it."""
    import numpy as np

    kept = np.zeros(len(ordered), dtype=bool)
    best = np.empty((0, ordered.shape[1]))
    for start in range(0, len(ordered), BLOCK):
        block = ordered[start : start + BLOCK]
        alive = np.flatnonzero(~_beaten(block, best))
        alive = alive[_not_beaten_by_earlier(block[alive])]
        kept[start + alive] = True
        best = np.concatenate((best, block[alive]))
    return kept


def _beaten(block: Array, best: Array) -> Any:
    import numpy as np

    beaten = np.zeros(len(block), dtype=bool)
    for start in range(0, len(best), 4 * BLOCK):
        part = best[start : start + 4 * BLOCK]
        open_ = np.flatnonzero(~beaten)
        better = np.ones((len(open_), len(part)), dtype=bool)
        for column in range(block.shape[1]):
            better &= part[:, column] <= block[open_, column, None]
        beaten[open_] = better.any(axis=1)
    return beaten


def _not_beaten_by_earlier(block: Array) -> Any:
    """Return which rows of a sorted block no earlier row of it is at most as large as in every column."""
    import numpy as np

    better = np.ones((len(block), len(block)), dtype=bool)
    for column in range(block.shape[1]):
        better &= block[None, :, column] <= block[:, None, column]
    return ~np.tril(better, -1).any(axis=1)

"""A small linear program by the simplex method: goals in order of importance, under limits that nothing meets at first.

For programs of a few dozen rows that are solved thousands of times, where loading a solver costs more than solving.
The rule of Bland keeps it from going round in circles. Large programs belong to :mod:`advisor.optimizer.solver`.

Source: Dantzig (1963), Linear Programming and Extensions; Bland (1977); lexicographic goals: Ignizio (1976).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

SLIP = 1e-10  # below this a coefficient is rounding
PATIENCE = 50  # steps without progress after which Bland's rule chooses, which never goes round in circles


@dataclass(frozen=True)
class Largest:
    """The optimum of a program.

    Attributes:
        values: of the variables. reached: of each goal.
        prices: of each row, what a little more room would add to the first goal.
    """

    values: tuple[float, ...]
    reached: tuple[float, ...]
    prices: tuple[float, ...]


def largest(goals: Sequence[Sequence[float]], rows: Any, room: Sequence[float]) -> Largest:
    """Return variables >= 0 with ``rows x <= room`` that make the goals as large as can be, one after the other.

        max lex (g1 x, g2 x, ...)  subject to  A x <= b,  x >= 0,  where b >= 0

    A later goal gives up nothing of an earlier one.

    Args:
        goals: coefficients of each goal, the most important first.
        rows: the matrix A. room: b, at least 0, so that x = 0 is allowed.

    Raises:
        ValueError: room below 0, or a goal without end.

    >>> found = largest([[3.0, 2.0]], [[1.0, 1.0], [1.0, 0.0]], [4.0, 3.0])
    >>> found.values, found.reached, found.prices
    ((3.0, 1.0), (11.0,), (2.0, 1.0))
    """
    import numpy as np

    matrix, limit = np.asarray(rows, dtype=float), np.asarray(room, dtype=float)
    if (limit < 0).any():
        raise ValueError(f"room must be at least 0, found {limit.min():g}")
    count, width = matrix.shape
    table = np.hstack([matrix, np.eye(count), limit[:, None]])
    aims = np.zeros((len(goals), width + count + 1))
    aims[:, :width] = np.asarray(goals, dtype=float)
    basis, open_ = list(range(width, width + count)), np.ones(width + count, dtype=bool)
    prices: Array = np.zeros(count)
    for number in range(len(goals)):
        _climb(table, aims, basis, open_, number)
        if number == 0:
            prices = -aims[0, width : width + count]
        open_ &= aims[number, :-1] > -SLIP * max(1.0, float(np.abs(aims[number, :-1]).max()))
    values = np.zeros(width + count)
    values[basis] = table[:, -1]
    return Largest(
        tuple(np.maximum(values[:width], 0.0).tolist()),
        tuple((-aims[:, -1]).tolist()),
        tuple(np.maximum(prices, 0.0).tolist()),
    )


def _climb(table: Array, aims: Array, basis: list[int], open_: Any, number: int) -> None:
    """Pivot until no open column improves a goal."""
    import numpy as np

    still, last = 0, aims[number, -1]
    while True:
        gains = np.where(open_, aims[number, :-1], 0.0)
        gains[basis] = 0.0
        rising = np.flatnonzero(gains > SLIP)
        if not len(rising):
            return
        column = int(rising[0] if still > PATIENCE else rising[np.argmax(gains[rising])])
        _pivot(table, aims, basis, _leaving(table, basis, column), column)
        moved = abs(aims[number, -1] - last) > SLIP * max(1.0, abs(last))
        still, last = (0 if moved else still + 1), aims[number, -1]


def _leaving(table: Array, basis: list[int], column: int) -> int:
    """Return the row that is exhausted first; of several the one whose variable comes first."""
    import numpy as np

    usable = np.flatnonzero(table[:, column] > SLIP)
    if not len(usable):
        raise ValueError("a goal grows without end")
    ratios = table[usable, -1] / table[usable, column]
    tied = usable[ratios <= ratios.min() + SLIP * max(1.0, abs(float(ratios.min())))]
    return int(min(tied, key=lambda row: basis[row]))


def _pivot(table: Array, aims: Array, basis: list[int], row: int, column: int) -> None:
    import numpy as np

    table[row] /= table[row, column]
    others = table[:, column].copy()
    others[row] = 0.0
    table -= np.outer(others, table[row])
    np.maximum(table[:, -1], 0.0, out=table[:, -1])
    aims -= np.outer(aims[:, column], table[row])
    basis[row] = column

"""Which of a role's times are never slower than which, on the lattice of a percentile bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Codes = np.ndarray[Any, np.dtype[np.int8]]

SPARSE = (64, 8, 1)  # every so many points are compared, and only where that leaves it open the next finer ones
EQUAL = 1e-9  # probabilities closer than this count as equal
_OPEN = -1


class Order:
    """Compares rows of P(X <= t): one is no slower than another where it is at least as large at all t, in every slot.

    Each pair is compared when it is asked for, and once: of thousands of times few pairs ever are.

    Args:
        slots: for each place where the role is asked the rows of its distinct times; none at all for one time.

    >>> import numpy as np
    >>> order = Order([np.array([[0.5, 1.0], [0.2, 0.8], [0.1, 0.9]])])
    >>> [order.beats(np.arange(3), row).tolist() for row in range(3)]
    [[True, False, False], [True, True, False], [True, False, True]]
    """

    def __init__(self, slots: Sequence[Array]) -> None:
        import numpy as np

        self._levels = [[np.ascontiguousarray(levels[:, ::every]) for every in SPARSE] for levels in slots]
        count = len(slots[0]) if slots else 1
        self._known = np.full((count, count), _OPEN, dtype=np.int8)

    def beats(self, rows: Indices, row: int) -> Mask:
        """Return which of some times are no slower than one."""
        import numpy as np

        return self.pairs(rows, np.full(len(rows), row))

    def beating(self, row: int) -> Mask:
        """Return for all times whether they are no slower than one."""
        import numpy as np

        return self.beats(np.arange(len(self._known)), row)

    def beaten(self, row: int) -> Mask:
        """Return for all times whether one is no slower than they are."""
        import numpy as np

        every = np.arange(len(self._known))
        return self.pairs(np.full(len(every), row), every)

    def known(self, rows: Indices) -> Codes:
        """Return for some times what is known of each against each: 1 where it is no slower, 0 where it is, else -1."""
        import numpy as np

        found: Codes = self._known[np.ix_(rows, rows)]
        return found

    def pairs(self, ours: Indices, theirs: Indices) -> Mask:
        """Return for some times and as many others whether each is no slower than the other of its place."""
        flat, places = self._known.reshape(-1), ours * len(self._known) + theirs
        known = flat.take(places)
        missing = known == _OPEN
        if missing.any():
            self._compare(ours[missing], theirs[missing])
            known = flat.take(places)
        found: Mask = known == 1
        return found

    def _compare(self, ours: Indices, theirs: Indices) -> None:
        """Note which of some times are no slower than which others, pair by pair."""
        import numpy as np

        good = np.ones(len(ours), dtype=bool)
        for grids in self._levels:
            for levels in grids:
                good[good] = (levels[ours[good]] >= levels[theirs[good]] - EQUAL).all(axis=1)
        self._known[ours, theirs] = good

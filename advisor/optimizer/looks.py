"""Looks at beginnings of designs: whether they may be in time with the best of all that is still open.

An envelope knows at every place what can still be reached within each budget. It takes longer to build than most cases
take to be settled without it. A look knows nothing of budgets and is taken at a few places only; it drops most
beginnings that are late, long before they are whole designs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.optimizer.chances import Chances

if TYPE_CHECKING:
    import numpy as np

    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

OPEN = (6, 3)  # roles that take time and have a choice, still open where it is looked
FEW = 8  # beginnings that are not worth a look


class Looks:
    """The looks of a search that decides roles in an order.

    Args:
        sizes: for each role the number of its candidates. tails: the percentile bounds.
    """

    def __init__(self, order: Sequence[int], sizes: Sequence[int], tails: Sequence[Chances]) -> None:
        self.order, self.tails = order, tails
        timed = [
            place for place, role in enumerate(order) if sizes[role] > 1 and any(tail.touches(role) for tail in tails)
        ]
        self._places = {timed[-many - 1] for many in OPEN if many < len(timed)}
        self._open_at_best: dict[int, list[Chances]] = {}

    def worth_while(self, place: int, count: int) -> bool:
        """Return whether to look at so many beginnings that end with the role at a place."""
        return place in self._places and count > FEW

    def may_be_in_time(self, place: int, chosen: Indices) -> Mask:
        """Return which beginnings can be completed in time at all, given as a column for each role up to a place."""
        import numpy as np

        decided = list(self.order[: place + 1])
        designs = np.zeros((len(chosen), len(self.order)), dtype=np.intp)
        designs[:, decided] = chosen
        if place not in self._open_at_best:
            self._open_at_best[place] = [tail.so_far(decided) for tail in self.tails]
        good: Mask = np.ones(len(designs), dtype=bool)
        for tail in self._open_at_best[place]:
            good[good] = tail.hold(designs[good]) if good.any() else False
        return good

"""Times on the lattice of a percentile bound, remembered: one search after another asks for the same ones.

A search under another number, or under another limit of the same metric, has other candidates in few roles. What is
worked out about the times of a role at a place of a flow (masses, transforms, coarser lattices, which is no slower than
which) depends on nothing else, and serves every search in which the role has the same times there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.models.latency import Distribution
from advisor.models.tabulated import tabulated
from advisor.optimizer.order import Order
from advisor.optimizer.times import Tabulated

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

POINTS = 1024
MOST_KNOWN = 4096  # single times whose masses are remembered
MOST_ROWS = 3072  # of all that is remembered with what follows from it

Row = Distribution | None  # None: no time at all
_rows: dict[tuple[Distribution, float], Array] = {}  # time and step of its lattice -> masses
_tables: dict[tuple[float, tuple[Row, ...]], Tabled] = {}  # the one that was asked for last comes last


class Tabled:
    """The distinct times of a role at one place of a flow, a row each.

    Attributes:
        masses: on the lattice. levels: their running sums.
        times: their transforms, and what is asked of some of them together.
    """

    def __init__(self, masses: Array) -> None:
        import numpy as np

        self.masses, self.levels = masses, np.cumsum(masses, axis=1)
        self.times = Tabulated(masses, self.levels)

    @cached_property
    def order(self) -> Order:
        """Which of the times are no slower than which."""
        return Order([self.levels])


def tabled(places: Sequence[Sequence[Row]], step: float) -> list[Tabled]:
    """Return for each place its times on the lattice with a step (ms)."""
    keys = [(step, tuple(own)) for own in places]
    rows = _masses([time for key in keys if key not in _tables for time in key[1]], step)
    found = {key: _tables[key] if key in _tables else _of(key[1], rows) for key in keys}
    for key, one in found.items():
        _tables.pop(key, None)
        _tables[key] = one
    _forget()
    return [found[key] for key in keys]


def _of(times: Sequence[Row], rows: dict[Row, Array]) -> Tabled:
    import numpy as np

    return Tabled(np.array([rows[time] for time in times]).reshape(len(times), POINTS))


def _forget() -> None:
    """Drop what was asked for longest ago, until no more is remembered than should be."""
    total = sum(len(one.masses) for one in _tables.values())
    while total > MOST_ROWS:
        total -= len(_tables.pop(next(iter(_tables))).masses)


def _masses(times: Iterable[Row], step: float) -> dict[Row, Array]:
    """Return the masses of times; other tables have some of the same ones."""
    import numpy as np

    none = np.eye(1, POINTS)[0]
    found: dict[Row, Array] = {None: none}
    found |= {time: _rows.get((time, step), none) for time in dict.fromkeys(times) if time is not None}
    new = [time for time, row in found.items() if row is none and time is not None]
    for time, row in zip(new, tabulated(new, step, POINTS), strict=True):
        row.flags.writeable = False
        _rows[time, step] = found[time] = row
    while len(_rows) > MOST_KNOWN:
        del _rows[next(iter(_rows))]
    return found

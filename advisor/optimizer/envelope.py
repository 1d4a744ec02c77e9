"""How likely a flow can still end in time, whatever is chosen for the open roles, within what is left to spend.

Roles are decided in a fixed order. ``E_k(b, t)`` is the largest P(sum of the times of roles k, k+1, ... <= t) over all
choices for these roles that cost at most b, **for each t on its own**:

    E_k(b, t) = max over candidates j of role k of  sum over x of P(X_j = x) * E_(k+1)(b - cost_j, t - x)

A fixed choice has one distribution for all t, and no point of it can be above the envelope, so the envelope is a valid
bound: it never excludes a design that is fast enough. It is sharp because only the budget of *each* path is shared, so
hardly anything is gained by choosing late roles after seeing how the early ones went.

Budgets lie on a grid. Costs are rounded down to it, and so is what is left: rounded-down costs never add up to more
than their rounded-down sum. The same goes for times: on a coarser lattice than that of the percentile they are rounded
down, which only makes more of them be in time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from advisor.models.latency import inverse, transform
from advisor.optimizer.chances import LAST, Chances
from advisor.optimizer.order import Order
from advisor.optimizer.products import products
from advisor.optimizer.times import Times

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]


AT_ONCE = 2**18  # points of sums that are worked out together


def given_first(sizes: Sequence[int]) -> int:
    """Return how many roles in front have one candidate each; the last role is never among them.

    >>> given_first([1, 1, 3, 1]), given_first([1, 1])
    (2, 1)
    """
    return next((place for place, size in enumerate(sizes) if size > 1), len(sizes) - 1)


class Chain:
    """A percentile bound along an order of the roles: past the cache first, then before it.

    Once all that lies past the cache is decided it is mixed with the hits, and what lies before the cache is added.

    Args:
        cells: so many points of the percentile's lattice are one here.

    Attributes:
        chances: the bound on the lattice that is used here.
        parts: for each place in the order the role's distinct times; None where it takes none.
        rows: for each place which of these each candidate has.
        given: so many roles in front have one candidate each; their times are part of what no choice changes.
        mixed_at: the place from which on all that lies past the cache is decided.
        strays: roles that fit nowhere in the order (asked before and past the cache); in their place stands the best
            that any of their candidates can do at every time, and only finished designs are exact.
    """

    def __init__(self, exact: Chances, order: Sequence[int], cells: int = 1) -> None:
        self.chances = chances = exact.coarser(cells, down=True)
        self.order, self.given = order, given_first([len(chances.rows[role]) for role in order])
        late = [at + 1 for at, role in enumerate(order) if chances.past[role] is not None and at >= self.given]
        self.mixed_at = max(late, default=self.given)
        self.start, self.end = chances.start.spectra[0], chances.end.spectra[0]
        self.strays: list[int] = []
        self.parts: list[Times | None] = []
        self.rows = [chances.rows[role] for role in order]
        for place, role in enumerate(order):
            before, past = chances.before[role], chances.past[role]
            stray = before is not None and self.given <= place < self.mixed_at
            if stray or place < self.given:
                self._put_aside(role)
                before = past = None
            if stray:
                self.strays.append(role)
            self.parts.append(before if past is None else past)

    def _put_aside(self, role: int) -> None:
        """Add a role to what no choice changes: the best that its candidates can do at every time."""
        own = self.chances.times_of(role)[0]
        before, past = (
            times and (times.of(own)[0] if len(own) == 1 else times.fastest(own))
            for times in (self.chances.before[role], self.chances.past[role])
        )
        self.start = self.start if before is None else self.start * before
        self.end = self.end if past is None else self.end * past

    def mixed(self, spectrum: Spectrum) -> Spectrum:
        """Return the transform of nothing on a hit and of a time past the cache on a miss."""
        mixture: Spectrum = self.chances.hits + (1 - self.chances.hits) * spectrum
        return mixture

    @cached_property
    def ahead(self) -> list[Spectrum]:
        """For each place the transform of the best that the roles in front of it can do, hits mixed in."""
        found = [self.mixed(self.end) if self.mixed_at == 0 else self.end]
        for place, (part, role) in enumerate(zip(self.parts, self.order, strict=True)):
            after = found[-1] if part is None else found[-1] * part.fastest(self.chances.times_of(role)[0])
            found.append(self.mixed(after) if self.mixed_at == place + 1 else after)
        return found

    @property
    def hopeless(self) -> bool:
        """Whether the bound is missed even if every role is as fast as it can be at all times."""
        return float(inverse(self.ahead[-1] * self.start).sum()) < self.chances.least


class Envelope:
    """The bound E for one chain, one cost of each candidate and one room.

    Args:
        costs: for each place in the order the costs of the candidates, the least of each role 0.
        room: what all roles together may cost at most, with some room for rounding errors.
        budgets: so many points of the grid.

    Attributes:
        hopeless: whether the bound is missed whatever is chosen within the room.
    """

    def __init__(self, chain: Chain, order: Sequence[int], costs: Sequence[Array], room: float, budgets: int) -> None:
        self.chain, self.costs, self.room = chain, costs, room
        self.budgets = budgets if room > 0 else 1
        self.step = room / (self.budgets - 1) if self.budgets > 1 else 1.0
        self._on_hits: _Levels | None = None
        self.hopeless = False
        self._places: dict[int, _Levels] = {}
        places = len(order)
        self._keep(places, _constant(chain.start, self.budgets))
        for place in range(places - 1, -1, -1):
            if chain.parts[place] is None:
                self._keep(place, self._places[place + 1])
                if place + 1 != chain.mixed_at:  # else all is as it was there
                    continue
            else:
                self._keep(place, self._extended(place, order[place]))
            if not self._drop_hopeless(place, chain.ahead[place]):
                self.hopeless = True
                return

    def _keep(self, place: int, levels: _Levels) -> None:
        self._places[place] = levels
        if place == self.chain.mixed_at:
            self._on_hits = levels

    def _extended(self, place: int, role: int) -> _Levels:
        """Put one role more in front."""
        import numpy as np

        part, chances, later = self.chain.parts[place], self.chain.chances, self._places[place + 1]
        assert part is not None
        found = np.zeros((self.budgets, later.rows.shape[1]))
        useful = _useful(self.costs[place], chances.rows[role], chances.order[role])
        shifts = [(math.floor(cost / self.step), row) for cost, row in useful]
        shifts = [(spent, row) for spent, row in shifts if later.first + spent < self.budgets]
        lowest = int(later.which[later.first]) if shifts else 0
        ends = [int(later.which[self.budgets - spent - 1]) + 1 for spent, _ in shifts]  # what is left reaches so far
        for some in _together([end - lowest for end in ends], AT_ONCE // later.rows.shape[1]):
            parts = [part.spectra[shifts[one][1]] * later.spectra[lowest : ends[one]] for one in some]
            sums, begin = inverse(np.concatenate(parts)), 0
            for one in some:
                spent = shifts[one][0]
                own = sums[begin : (begin := begin + ends[one] - lowest)]
                first = later.first + spent  # below it, nothing can be completed
                which = later.which[later.first : self.budgets - spent]
                np.maximum(found[first:], own[which - lowest], out=found[first:])
        return _Levels.distinct(found)

    def _drop_hopeless(self, place: int, ahead: Spectrum) -> bool:
        """Forget budgets with which the bound is missed even if all roles in front are as fast as they can be; return
        whether any budget is left."""
        import numpy as np

        levels = self._places[place]
        missed = products(levels.rows[:, ::-1], inverse(ahead)[None])[:, 0]
        reached_ = self.with_hits(place, missed[levels.which], np.arange(self.budgets))
        enough = np.flatnonzero(reached_ >= self.chain.chances.least)
        if not enough.size:
            return False
        levels = self._places[place] = replace(levels, first=max(levels.first, int(enough[0])))
        return levels.first < self.budgets

    def left(self, spent: Array) -> Indices:
        """Return the budgets that are left after spending, rounded down; -1 where too much is spent."""
        import numpy as np

        left = np.floor((self.room - spent) / self.step).astype(np.intp)
        return np.minimum(np.where(left < 0, -1, left), self.budgets - 1)

    def least(self) -> float | None:
        """Return what the roles together cost at least if the bound is to hold, None when the room is too small."""
        return None if self.hopeless else self._places[0].first * self.step

    def first(self, place: int) -> int:
        """Return the least budget with which the roles from a place on can be completed at all."""
        return self._places[place].first

    def rows(self, place: int, budgets: Indices) -> Indices:
        """Return numbers for budgets at a place, the same for budgets with which the same can be reached."""
        found: Indices = self._places[place].which[budgets]
        return found

    def distinct(self, place: int) -> int:
        """Return how many such numbers there are."""
        return len(self._places[place].rows)

    def completions(self, place: int, times: Indices, rows: Indices) -> Array:
        """Return P(the role's time and all later ones <= T - t) for every t, for times of the role at a place and rows
        after it; a product with the masses of a beginning is the best chance of its completions."""
        part, later = self.chain.parts[place], self._places[place + 1]
        found = later.rows[rows] if part is None else inverse(later.spectra[rows] * part.spectra[times])
        return found[:, ::-1]

    def with_hits(self, place: int, missed: Array, budgets: Indices, at: int = LAST) -> Array:
        """Return the chance that all requests are in time from the chance of those that miss the cache.

        While something past the cache is open (the role at ``place`` or a later one), hits and misses each have the
        best of what is open before the cache. ``at``: the point of the lattice up to which they are in time.
        """
        if place >= self.chain.mixed_at or self._on_hits is None:
            return missed
        hits = self.chain.chances.hits
        on_hits = self._on_hits
        found: Array = hits * on_hits.rows[on_hits.which[budgets], at] + (1 - hits) * missed
        return found


@dataclass(frozen=True)
class _Levels:
    """E at one place: the distinct rows over all times, which of them each budget has, and the first budget of use.

    ``spectra``: the transforms of the rows as they are; times those of masses they are the rows of sums.
    """

    rows: Array
    which: Indices
    first: int = 0

    @cached_property
    def spectra(self) -> Spectrum:
        return transform(self.rows)

    @staticmethod
    def distinct(levels: Array) -> _Levels:
        """Return levels of all budgets, equal neighbours once."""
        import numpy as np

        new = np.append(True, (levels[1:] != levels[:-1]).any(axis=1))
        return _Levels(levels[new], np.cumsum(new) - 1)


def _together(sizes: Sequence[int], most: int) -> Iterator[range]:
    """Yield ranges of what is worked out together: so many in all at most, or a single one.

    >>> list(_together([3, 3, 5, 9, 1], 6))
    [range(0, 2), range(2, 3), range(3, 4), range(4, 5)]
    """
    begin, total = 0, 0
    for place, size in enumerate(sizes):
        if place > begin and total + size > most:
            yield range(begin, place)
            begin, total = place, 0
        total += size
    if sizes:
        yield range(begin, len(sizes))


def _constant(spectrum: Spectrum, budgets: int) -> _Levels:
    import numpy as np

    return _Levels(np.cumsum(inverse(spectrum))[None], np.zeros(budgets, dtype=np.intp))


@lru_cache(maxsize=256)
def _pairs(count: int) -> tuple[Indices, Indices]:
    """Return all pairs of so many places, the earlier one and the later one."""
    import numpy as np

    earlier, later = np.triu_indices(count, 1)
    return earlier, later


def _useful(costs: Array, rows: Indices, order: Order) -> list[tuple[float, int]]:
    """Return the cost and time of the candidates, cheapest first, that no other one beats in both."""
    import numpy as np

    cheapest = np.argsort(costs, kind="stable")
    own, first = np.unique(rows[cheapest], return_index=True)
    rank = np.argsort(first)
    own, paid = own[rank], costs[cheapest[first[rank]]]  # each time once, at its least cost; cheapest first
    kept = np.ones(len(own), dtype=bool)
    if len(own) > 1:
        earlier, later = _pairs(len(own))
        beats = np.zeros((len(own), len(own)), dtype=bool)
        beats[earlier, later] = order.pairs(own[earlier], own[later])
        for place in np.flatnonzero(beats.any(axis=1)):
            if kept[place]:
                kept &= ~beats[place]
    return [(float(cost), int(row)) for cost, row in zip(paid[kept], own[kept], strict=True)]

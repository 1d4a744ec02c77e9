"""How likely a flow can still end in time, whatever is chosen for the open roles, within what is left to spend.

Roles are decided in a fixed order. ``E_k(b, t)`` is the largest P(sum of the times of roles k, k+1, ... <= t) over all
choices for these roles that cost at most b, **for each t on its own**:

    E_k(b, t) = max over candidates j of role k of  sum over x of P(X_j = x) * E_(k+1)(b - cost_j, t - x)

A fixed choice has one distribution for all t, and no point of it can be above the envelope, so the envelope is a valid
bound: it never excludes a design that is fast enough. It is sharp because only the budget of *each* path is shared, so
hardly anything is gained by choosing late roles after seeing how the early ones went.

Budgets lie on a grid; what is left is rounded up to it, costs on the way are rounded down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.models.latency import inverse, transform
from advisor.optimizer.chances import Chances, reached, reversed_levels
from advisor.optimizer.tails import Times

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]


class Chain:
    """A percentile bound along an order of the roles: past the cache first, then before it.

    Once all that lies past the cache is decided it is mixed with the hits, and what lies before the cache is added.

    Attributes:
        parts: for each place in the order the role's distinct times; None where it takes none.
        rows: for each place which of these each candidate has.
        mixed_at: the place from which on all that lies past the cache is decided.
        strays: roles that fit nowhere in the order (asked before and past the cache); in their place stands the best
            that any of their candidates can do at every time, and only finished designs are exact.
    """

    def __init__(self, chances: Chances, order: Sequence[int]) -> None:
        self.chances = chances
        self.mixed_at = max((at + 1 for at, role in enumerate(order) if chances.past[role] is not None), default=0)
        self.start, self.end = chances.start, chances.end
        self.strays: list[int] = []
        self.parts: list[Times | None] = []
        self.rows = [chances.rows[role] for role in order]
        for place, role in enumerate(order):
            before, past = chances.before[role], chances.past[role]
            if before is not None and place < self.mixed_at:
                self.strays.append(role)
                self.start = self.start * _best(before, chances.rows[role])
                self.end = self.end * _best(past, chances.rows[role]) if past is not None else self.end
                before = past = None
            self.parts.append(before if past is None else past)

    def mixed(self, spectrum: Spectrum) -> Spectrum:
        """Return the transform of nothing on a hit and of a time past the cache on a miss."""
        mixture: Spectrum = self.chances.hits + (1 - self.chances.hits) * spectrum
        return mixture


def _best(times: Times, rows: Indices) -> Spectrum:
    import numpy as np

    return transform(np.diff(np.cumsum(times.masses[np.unique(rows)], axis=1).max(axis=0), prepend=0.0))


class Envelope:
    """The bound E for one chain, one cost of each candidate and one room.

    Args:
        costs: for each place in the order the costs of the candidates, the least of each role 0.
        room: what all roles together may cost at most; budgets: so many points of the grid.
    """

    def __init__(self, chain: Chain, order: Sequence[int], costs: Sequence[Array], room: float, budgets: int) -> None:
        import numpy as np

        self.chain, self.costs, self.room = chain, costs, room
        self.budgets = budgets if room > 0 else 1
        self.step = room / (self.budgets - 1) if self.budgets > 1 else 1.0
        at_end = np.cumsum(inverse(chain.start))
        self._levels: list[Array] = [np.repeat(at_end[None], self.budgets, axis=0)]
        self._spectra: list[Spectrum | None] = [None]
        for place in range(len(order) - 1, -1, -1):
            self._extend(place, order[place])
        self._levels.reverse()
        self._spectra.reverse()
        self._on_hits = reached(np.diff(self._levels[chain.mixed_at], axis=1, prepend=0.0), -1)

    def _extend(self, place: int, role: int) -> None:
        """Put one role more in front."""
        import numpy as np

        part, chances = self.chain.parts[place], self.chain.chances
        found = self._levels[-1]
        if part is not None:
            later = self._transformed(len(self._levels) - 1)
            found = np.zeros_like(self._levels[-1])
            for cost, row in _useful(self.costs[place], chances.rows[role], chances.order[role]):
                spent = self.rounded_down(cost)
                if spent >= self.budgets:
                    break
                sums = np.cumsum(inverse(later[: self.budgets - spent] * part.spectra[row]), axis=1)
                np.maximum(found[spent:], sums, out=found[spent:])
        self._levels.append(found)
        self._spectra.append(None)

    def _transformed(self, number: int) -> Spectrum:
        import numpy as np

        known = self._spectra[number]
        if known is None:
            known = self._spectra[number] = transform(np.diff(self._levels[number], axis=1, prepend=0.0))
        return known

    def rounded_down(self, cost: float) -> int:
        """Return a cost in steps of the grid, a little less rather than a little more."""
        return max(math.floor(cost / self.step), 0)

    def left(self, spent: Array) -> Indices:
        """Return the budgets that are left after spending, rounded up; -1 where too much is spent."""
        import numpy as np

        left = np.ceil((self.room - spent) / self.step).astype(np.intp)
        return np.minimum(np.where(left < 0, -1, left), self.budgets - 1)

    def least(self) -> float | None:
        """Return what the roles together cost at least if the bound is to hold, None when the room is too small."""
        import numpy as np

        masses = inverse(self.chain.end if self.chain.mixed_at else self.chain.mixed(self.chain.end))
        missed = reversed_levels(np.diff(self._levels[0], axis=1, prepend=0.0)) @ masses
        places = np.flatnonzero(self.with_hits(0, missed, np.arange(self.budgets)) >= self.chain.chances.least)
        return None if not places.size else max(float(places[0] - 1), 0.0) * self.step

    def completions(self, place: int, times: Indices, budgets: Indices) -> Array:
        """Return P(the role's time and all later ones <= T - t) for every t, for times of the role at ``place`` with
        budgets left after it; a product with the masses of a beginning is the best chance of its completions."""
        import numpy as np

        part = self.chain.parts[place]
        if part is None:
            return reversed_levels(np.diff(self._levels[place + 1][budgets], axis=1, prepend=0.0))
        return reversed_levels(inverse(self._transformed(place + 1)[budgets] * part.spectra[times]))

    def with_hits(self, place: int, missed: Array, budgets: Indices) -> Array:
        """Return the chance that all requests are in time from the chance of those that miss the cache.

        While something past the cache is open (the role at ``place`` or a later one), hits and misses each have the
        best of what is open before the cache.
        """
        if place >= self.chain.mixed_at:
            return missed
        hits = self.chain.chances.hits
        found: Array = hits * self._on_hits[budgets] + (1 - hits) * missed
        return found


def _useful(costs: Array, rows: Indices, order: Any) -> list[tuple[float, int]]:
    """Return the cost and time of the candidates, cheapest first, that no other one beats in both."""
    import numpy as np

    kept: list[int] = []
    found = []
    for j in np.argsort(costs, kind="stable"):
        if not kept or not order[kept, rows[j]].any():
            kept.append(int(rows[j]))
            found.append((float(costs[j]), int(rows[j])))
    return found

"""The chance that a flow ends in time, for many designs at once.

A flow's time is ``before + (0 with the share of hits, else past)``: what lies before a cache, and what lies past it.
Without a cache in use everything lies before. All is done with transforms on the lattice of a :class:`Tail`, where
equal times of a role's candidates are one row.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.models.latency import inverse
from advisor.models.lattice import completing, level_at_end, parts
from advisor.optimizer.distinct import distinct
from advisor.optimizer.order import Order
from advisor.optimizer.products import Factor, Shared, products
from advisor.optimizer.tabled import POINTS
from advisor.optimizer.tails import MARGIN, THETAS, Tail
from advisor.optimizer.times import Times, levels

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

LAST = -1  # the point at which a lattice ends
SAFE = 4  # cells, more than the lattice ends beyond T


@dataclass(frozen=True)
class Chances:
    """One percentile bound for one use of the caches.

    Attributes:
        level: the chance that is asked for. least: below this it is too small, whatever the lattice may have got wrong.
        hits: share of the requests for which only what lies before the cache counts.
        start, end: the times that no choice changes, before and past the cache.
        before, past: for each role its candidates' distinct times there, None where it takes no time.
        rows: for each role which of these times each candidate has.
        order: for each role which of its times are no slower than which.
    """

    level: float
    hits: float
    start: Times
    end: Times
    before: tuple[Times | None, ...]
    past: tuple[Times | None, ...]
    rows: tuple[Indices, ...]
    order: tuple[Order, ...]
    _known: dict[int, tuple[Indices, Indices]] = field(default_factory=dict, repr=False, compare=False)
    _flat: dict[int, Array] = field(default_factory=dict, init=False, repr=False, compare=False)
    _used: dict[float, tuple[list[Array], float] | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def least(self) -> float:
        """The level less the lattice error."""
        return self.level - MARGIN

    def taken(self, kept: Sequence[Any]) -> Chances:
        """Return the same for some of the candidates: a mask or positions for each role."""
        rows = tuple(r[k] for r, k in zip(self.rows, kept, strict=True))
        return Chances(self.level, self.hits, self.start, self.end, self.before, self.past, rows, self.order)

    def coarser(self, cells: int, *, down: bool) -> Chances:
        """Return the same on a lattice in which so many points are one, with all times rounded down or kept on average.

        All transforms are there that may be asked for. With all rounded down, chances counted up to and with the last
        point are at least as large as the exact ones.
        """
        if cells == 1:
            for times, rows in zip((*self.before, *self.past), self.rows * 2, strict=True):
                if times is not None:
                    times.fill(rows)
            return self
        start, end = (one.coarser(cells, down=down) for one in (self.start, self.end))
        before, past = (
            tuple(times and times.coarser(cells, rows, down=down) for times, rows in zip(part, self.rows, strict=True))
            for part in (self.before, self.past)
        )
        return replace(self, start=start, end=end, before=before, past=past)

    def so_far(self, decided: Collection[int]) -> Chances:
        """Return the same with all but some roles at the best that their candidates can do at every time.

        No design with certain candidates in the decided roles has a better chance than that, whatever is in the others.
        """
        start, end = self.start.spectra, self.end.spectra
        before, past = list(self.before), list(self.past)
        for role in set(range(len(self.rows))) - set(decided):
            mine, late = before[role], past[role]
            start = start if mine is None else start * mine.fastest(self.times_of(role)[0])
            end = end if late is None else end * late.fastest(self.times_of(role)[0])
            before[role] = past[role] = None
        return replace(self, start=Times(start), end=Times(end), before=tuple(before), past=tuple(past))

    def hold(self, designs: Indices) -> Any:
        """Return which designs meet the bound, a lattice error left on the safe side."""
        return self.of(designs) >= self.least

    def touches(self, role: int) -> bool:
        """Return whether the bound depends on a role."""
        return self.before[role] is not None or self.past[role] is not None

    def joined(self, before: Spectrum, past: Spectrum) -> Spectrum:
        """Return the transform of the flow's time."""
        if not self.hits:
            return before * past
        found: Spectrum = before * (self.hits + (1 - self.hits) * past)
        return found

    def of(self, designs: Indices) -> Array:
        """Return P(time <= T) for designs, one row each.

        Past the cache first, then before it, and equal beginnings once: of a thousand designs few roles' times differ.
        What comes last is an inner product, as the chance is linear in it.
        """
        if len(designs) < 2:
            return level_at_end(self.spectra_of(designs))
        past, before = self._factors(self.past, designs), self._factors(self.before, designs)
        late = Shared.of(self.end.spectra, len(designs)).times_all(past)
        whole = late.joined_with(self.start.spectra[0], self.hits).times_all(before[:-1])
        return whole.levels_with(before[-1]) if before else level_at_end(whole.spectra)[whole.which]

    def _factors(self, side: Sequence[Times | None], designs: Indices) -> list[Factor]:
        """Return the times of designs in each role before or past the cache, those with the fewest first."""
        timed = [(times, self.rows[role][designs[:, role]]) for role, times in enumerate(side) if times is not None]
        return sorted((Factor.of(*one) for one in timed), key=lambda factor: len(factor.rows))

    def spectra_of(self, designs: Indices) -> Spectrum:
        """Return the transforms of the times of designs, one row each."""
        return self.joined(*self._products(designs))

    def _products(self, designs: Indices, skip: tuple[int, ...] = ()) -> tuple[Spectrum, Spectrum]:
        """Return the transforms of the times before and past the cache, one row a design."""
        import numpy as np

        before, past = (np.repeat(one.spectra, len(designs), axis=0) for one in (self.start, self.end))
        for role, rows in enumerate(self.rows):
            if role not in skip:
                mine, late = self.before[role], self.past[role]
                if mine is not None:
                    before *= mine.of(rows[designs[:, role]])
                if late is not None:
                    past *= late.of(rows[designs[:, role]])
        return before, past

    def with_one(self, design: Indices, role: int) -> Array:
        """Return P(time <= T) with each of a role's candidates in place of the design's."""
        before, past = self._products(design[None], (role,))
        found: Array = self.completed(before, past, role)[0]
        return found

    def with_two(self, design: Indices, first: int, which: Indices, second: int) -> Array:
        """Return P(time <= T) with some candidates of one role (down) and all of another (across)."""
        import numpy as np

        before, past = self._products(design[None], (first, second))
        times, where = np.unique(self.rows[first][which], return_inverse=True)
        own, late = self.before[first], self.past[first]
        before = np.repeat(before, len(times), axis=0) if own is None else before * own.of(times)
        past = np.repeat(past, len(times), axis=0) if late is None else past * late.of(times)
        found: Array = self.completed(before, past, second)[where]
        return found

    def completed(self, before: Spectrum, past: Spectrum, role: int) -> Array:
        """Return P(time <= T) of unfinished designs (down) with each candidate of the missing role (across).

        The chance is linear in the missing role's masses, and so in their transform: one inner product for each pair.
        """
        import numpy as np

        mine, late = self.before[role], self.past[role]
        times, where = self.times_of(role)
        if mine is None and late is None:
            return np.repeat(level_at_end(self.joined(before, past))[:, None], len(where), axis=1)
        if mine is not None and late is not None:
            own, after = mine.of(times), late.of(times)
            pairs = [level_at_end(self.joined(b * own, p * after)) for b, p in zip(before, past, strict=True)]
            return np.stack(pairs)[:, where]
        if mine is not None:
            return products(completing(self.joined(before, past)), self._parts(role, mine))[:, where]
        assert late is not None
        sure = self.hits * level_at_end(before)
        missed = products((1 - self.hits) * completing(before * past), self._parts(role, late))
        return (sure[:, None] + missed)[:, where]

    def times_of(self, role: int) -> tuple[Indices, Indices]:
        """Return the distinct times of a role, and which of them each candidate has."""
        if role not in self._known:
            rows = self.rows[role]
            self._known[role] = distinct(rows, int(rows.max(initial=0)) + 1)
        return self._known[role]

    def _parts(self, role: int, times: Times) -> Array:
        """Return the parts of the transforms of a role's distinct times, where it takes time on one side only."""
        if role not in self._flat:
            self._flat[role] = parts(times.of(self.times_of(role)[0]))
        return self._flat[role]

    def always_holds(self) -> bool:
        """Return whether the bound is met whatever is chosen: even if every role is as slow as it can be at all times.

        A lattice error is left on the safe side.
        """
        before, past = self.start.spectra[0], self.end.spectra[0]
        for role in range(len(self.rows)):
            mine, late = self.before[role], self.past[role]
            before = before if mine is None else before * mine.slowest(self.times_of(role)[0])
            past = past if late is None else past * late.slowest(self.times_of(role)[0])
        chance = reached(inverse(self.joined(before, past)[None]), LAST - SAFE)
        return bool(chance[0] >= self.level + MARGIN)

    def necessary(self, theta: float) -> tuple[list[Array], float] | None:
        """Return a row that every design meets: for each role what its candidates use, and how much there is.

        Markov's inequality on exp(-theta X / T), see :mod:`advisor.optimizer.tails`; None when hits alone suffice.
        """
        if theta not in self._used:
            self._used.update(self._necessary(THETAS if theta in THETAS else (theta,)))
        return self._used[theta]

    def _necessary(self, thetas: tuple[float, ...]) -> dict[float, tuple[list[Array], float] | None]:
        """Return such rows, those for the usual theta together."""
        import numpy as np

        wanted = (self.least - self.hits) / (1 - self.hits)
        if wanted <= 0:
            return dict.fromkeys(thetas)
        weights = _tilted(thetas)
        fixed = self.start.moments(thetas, weights)[0] + self.end.moments(thetas, weights)[0]
        uses = []
        for role, rows in enumerate(self.rows):
            own = np.zeros((len(rows), len(thetas)))
            for times in (self.before[role], self.past[role]):
                if times is not None:
                    own += times.moments(thetas, weights)[rows]
            uses.append(np.ascontiguousarray(own.T))
        rooms = [theta - math.log(wanted) - float(own) for theta, own in zip(thetas, fixed, strict=True)]
        return {theta: ([own[at] for own in uses], rooms[at]) for at, theta in enumerate(thetas)}


@lru_cache
def _tilted(thetas: tuple[float, ...]) -> Array:
    """Return exp(-theta t / T) at the points of the lattice, a column for each theta."""
    import numpy as np

    found: Array = np.exp(-np.linspace(0.0, 1.0, POINTS)[:, None] * np.array(thetas))
    return found


def reached(masses: Array, at: int) -> Array:
    """Return P(X <= t) at a point of the lattice: all masses below it and half of the one at it."""
    found: Array = masses[..., :at].sum(axis=-1) + masses[..., at] / 2
    return found


def chances(tail: Tail, pool: Mapping[str, Sequence[Candidate]], kept: Mapping[str, Indices], cached: bool) -> Chances:
    """Return a percentile bound for the candidates at some positions of the pool, with its cache in use or not."""
    if cached:
        start, end = tail.fixed(past=False), tail.fixed(past=True)
        before = [tail.times(role, past=False) for role in kept]
        past = [tail.times(role, past=True) for role in kept]
    else:  # there is no cache to be past of
        start, end = tail.fixed(past=None), tail.nothing
        before, past = [tail.times(role, past=None) for role in kept], [None] * len(kept)
    hits = tail.hits if cached else 0.0
    rows = tuple(tail.rows_of(role, pool[role])[at] for role, at in kept.items())
    return Chances(tail.level, hits, start, end, tuple(before), tuple(past), rows, tuple(map(tail.order, kept)))


__all__ = ["THETAS", "Chances", "chances", "levels", "reached"]

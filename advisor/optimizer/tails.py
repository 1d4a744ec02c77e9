"""Exact percentile bounds inside a linear program.

A bound "the p-quantile of a flow's time is at most T" is P(time <= T) >= p. Time is a sum of independent stages, so
this is not linear in the choice. Two things make it exact all the same:

*Necessary rows.* For every theta > 0, Markov's inequality on exp(-theta X) gives

    p <= P(sum X_i <= T) <= e^(theta T) * product of E[exp(-theta X_i); X_i <= T]

so ``sum of k_i(theta) <= theta T - log p`` with ``k_i = -log E[exp(-theta X_i); X_i <= T]`` holds for every feasible
design. The k_i are constants of candidates: linear rows that never cut off a feasible design.

*Cuts.* When the judge finds a design too slow, so is every design whose stages are all stochastically slower or equal
on [0, T]. The cut forbids that whole cone; before, stages are made as fast as they can be while the design stays too
slow, which makes the cone as large as possible, and stages that do not matter at all drop out of the cut.

Everything is computed on one lattice over [0, T]: what a sum does below T only depends on its stages below T.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import mul
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.demand import hit_share
from advisor.candidates.dominance import Faster
from advisor.catalog.blueprint import Flow
from advisor.models.latency import inverse, transform
from advisor.models.lattice import level_at_end
from advisor.optimizer.order import Order
from advisor.optimizer.slots import Timed, timed
from advisor.optimizer.tabled import POINTS, tabled
from advisor.optimizer.times import Times, levels
from advisor.scenario.load import Scenario

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]

ROOM = 1e-3  # "too slow" here means too slow even with this much more time; the judge decides
THETAS = (0.1, 0.4, 1.0, 2.5, 6.0)  # times T
MARGIN = 2e-5  # and by this much in probability, which is above the lattice error

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Cut:
    """For every role in it: the candidates that are at least as slow. Not all of them may be chosen together."""

    members: Mapping[str, frozenset[str]]


class Tail:
    """One percentile bound on one flow, over one pool of candidates.

    Args:
        pool: role -> candidates; ids index everything.
        at: ``first`` or ``complete``.
        limit_ms: T. level: p.
        known: the times of the candidates in the flow, where another bound has asked for them.
    """

    def __init__(
        self,
        flow: Flow,
        at: str,
        limit_ms: float,
        level: float,
        pool: Mapping[str, Sequence[Candidate]],
        scenario: Scenario,
        known: Timed | None = None,
    ) -> None:
        self.level, self.limit_ms = level, limit_ms
        self.step = limit_ms * (1 + ROOM) / (POINTS - 1)
        self.hits = next((hit_share(step, scenario) for step in flow.path if step.cache), 0.0)
        self.timed = found = known or timed(flow, at, pool, scenario)
        self.slots, self.roles, self.pool, self.cache = found.slots, found.roles, found.pool, found.cache
        self._row, self._fixed = found.row, found.fixed
        self._order: dict[str, Order] = {}
        self._rows: dict[str, Any] = {}
        self._best: dict[str, Array] = {}
        self._times: dict[tuple[str, bool | None], Times | None] = {}
        self._always: dict[bool | None, Times] = {}
        self.lattice = next(_NUMBERS)  # the same for all levels
        self._tabled = tabled(found.times, self.step)

    # --- candidates in slots: one row for each distinct time ----------------------------------------------------

    def order(self, role: str) -> Order:
        """Return which of a role's times are no slower than which, in every slot; all alike in a role without one."""
        if role not in self._order:
            own = [one for one, slot in zip(self._tabled, self.slots, strict=True) if slot.role == role]
            self._order[role] = own[0].order if len(own) == 1 else Order([one.levels for one in own])
        return self._order[role]

    def speed(self, candidates: Sequence[Candidate]) -> Faster:
        """Compare candidates of one role: stochastically no slower on [0, T], in every slot."""
        import numpy as np

        role = candidates[0].role if candidates else ""
        order, numbers = self.order(role), self._row.get(role, {})
        rows = np.array([numbers.get(c.id, 0) for c in candidates], dtype=np.intp)
        return Faster(lambda earlier, index: order.beats(rows[earlier], int(rows[index])), lambda: order.known(rows))

    def slower_or_equal(self, role: str, reference: Candidate) -> frozenset[str]:
        """Return the ids of a role that are stochastically no faster than ``reference`` on [0, T], in every slot."""
        rows = self._row[role]
        mine = self.order(role).beaten(rows[reference.id])
        return frozenset(name for name, c in self.pool[role].items() if mine[rows[name]] and self._alike(c, reference))

    def _faster_or_equal(self, role: str, reference: Candidate) -> list[Candidate]:
        rows = self._row[role]
        theirs = self.order(role).beating(rows[reference.id])
        return [c for name, c in self.pool[role].items() if theirs[rows[name]] and self._alike(c, reference)]

    def _alike(self, a: Candidate, b: Candidate) -> bool:
        """Return whether two candidates go with the same use of the cache."""
        return a.behind == b.behind and (a.role != self.cache or a.is_none == b.is_none)

    def _spectrum(self, index: int, candidate: Candidate) -> Spectrum:
        row = self._row[candidate.role][candidate.id]
        return self._tabled[index].times.one(row)

    # --- arrays for many designs at once (:mod:`advisor.optimizer.chances`) --------------------------------------

    def with_level(self, level: float) -> Tail:
        """Return the bound at another level; everything on the lattice is shared."""
        other = copy.copy(self)
        other.level = level
        return other

    def fixed(self, *, past: bool | None) -> Times:
        """Return the times that no choice changes before or past the cache (None: both together), as one."""
        import numpy as np

        if past not in self._always:
            total: Spectrum = np.ones(POINTS + 1, dtype=complex)
            for time in (t for where in (False, True) if past in (where, None) for t in self._fixed[where]):
                total = total * transform(time.masses(self.step, POINTS))
            self._always[past] = Times(total[None])
        return self._always[past]

    @cached_property
    def nothing(self) -> Times:
        """No time at all."""
        import numpy as np

        return Times(np.ones((1, POINTS + 1), dtype=complex))

    def times(self, role: str, *, past: bool | None) -> Times | None:
        """Return the distinct times of a role before or past the cache (None: both together); None if it takes none."""
        key = (role, past)
        if key not in self._times:
            placed = [i for i, slot in enumerate(self.slots) if slot.role == role and past in (slot.past, None)]
            own = [self._tabled[place].times for place in placed]
            if len(own) > 1:
                self._times[key] = Times(reduce(mul, (one.of() for one in own)))
            else:
                self._times[key] = own[0] if own else None
        return self._times[key]

    def rows_of(self, role: str, candidates: Sequence[Candidate]) -> Any:
        """Return for a role's candidates which of its distinct times each has; 0 for all where it takes no time."""
        import numpy as np

        if role not in self._rows:
            numbers = self._row.get(role, {})
            self._rows[role] = np.array([numbers.get(c.id, 0) for c in candidates], dtype=np.intp)
        return self._rows[role]

    def times_of(self, design: Mapping[str, Candidate]) -> tuple[int, ...]:
        """Return what is the same for two designs only if the flow takes the same time in both."""
        cached = int(self.cached(design)) if self.cache else 0
        return (cached, *(self._row[role][design[role].id] for role in self.roles))

    # --- designs ---------------------------------------------------------------------------------------------------

    def within(self, design: Mapping[str, Candidate | None], cached: bool | None = None) -> float:
        """Return P(time <= T) of a design; a role mapped to None takes the best of all its candidates at every time.

        ``cached`` says whether the cache is in use; needed only when the cache's own role is open.
        """
        if cached is None:
            cached = self.cached(design)
        before = self._product(design, past=False, cached=cached)
        after = self._product(design, past=True, cached=cached)
        return self._joined(before, after, cached)

    def cached(self, design: Mapping[str, Candidate | None]) -> bool:
        """Return whether a design uses the flow's cache."""
        lookup = design[self.cache] if self.cache else None
        return lookup is not None and not lookup.is_none

    def _joined(self, before: Spectrum, after: Spectrum, cached: bool) -> float:
        hits = self.hits if cached else 0.0
        return _level(before * (hits + (1 - hits) * after))

    def _product(
        self, design: Mapping[str, Candidate | None], *, past: bool, cached: bool, skip: Collection[str] = ()
    ) -> Spectrum:

        total: Spectrum = self.fixed(past=past).spectra[0]
        for index, slot in enumerate(self.slots):
            if slot.past == past and slot.role not in skip:
                candidate = design[slot.role]
                total = total * (
                    self._envelope(index, cached) if candidate is None else self._spectrum(index, candidate)
                )
        return total

    def _envelope(self, index: int, cached: bool) -> Spectrum:
        """Return the transform of the best P(X <= t) at every t over a slot's candidates: no choice is faster."""
        import numpy as np

        rows, _ = self.timed.fitting(self.slots[index].role, cached)
        return self._tabled[index].times.fastest(rows) if len(rows) else np.zeros(POINTS + 1, dtype=complex)

    def hopeless(self) -> Iterator[tuple[str, str]]:
        """Yield (role, candidate id) that miss the bound even when everything else is as fast as it can be."""
        import numpy as np

        if not self._best:
            for cached in (False, True) if self.cache else (False,):
                self._note_best(cached)
        for role, best in self._best.items():
            out = np.flatnonzero(best < self.level - MARGIN)
            if out.size:
                names = list(self.pool[role])
                yield from ((role, names[place]) for place in out)

    def _note_best(self, cached: bool) -> None:
        """Note the best chance with each candidate that is possible with the cache in use or not."""
        import numpy as np

        for role, before, past in self._others_at_best(cached):
            best = self._best.setdefault(role, np.zeros(len(self.pool[role])))
            fits, (rows, where) = self.timed.fits(role, cached), self.timed.fitting(role, cached)
            best[fits] = np.maximum(best[fits], self._completed(role, rows, before, past, cached)[where])

    def _others_at_best(self, cached: bool) -> Iterator[tuple[str, Spectrum, Spectrum]]:
        """Yield each role with the transforms of the best that all others can do before and past the cache."""
        sides = []
        for past in (False, True):
            own: dict[str, Spectrum | None] = dict.fromkeys(self.roles)
            for index, slot in enumerate(self.slots):
                if slot.past == past:
                    known, best = own[slot.role], self._envelope(index, cached)
                    own[slot.role] = best if known is None else known * best
            sides.append(_all_but_each(self.fixed(past=past).spectra[0], list(own.values())))
        yield from zip(self.roles, *sides, strict=True)

    def reachable(self, timeless: Collection[str]) -> bool:
        """Return whether the bound might be met if some roles took no time and all others were as fast as they can."""
        everything: dict[str, Candidate | None] = dict.fromkeys(self.roles)
        for cached in (False, True) if self.cache else (False,):
            before, past = (self._product(everything, past=one, cached=cached, skip=timeless) for one in (False, True))
            if self._joined(before, past, cached) >= self.level - MARGIN:
                return True
        return False

    def with_each(self, role: str, rows: Any, design: Mapping[str, Candidate | None], cached: bool) -> Array:
        """Return P(time <= T) of a design with each of some times of one role; see :meth:`within`."""
        before, past = (self._product(design, past=one, cached=cached, skip=(role,)) for one in (False, True))
        return self._completed(role, rows, before, past, cached)

    def _completed(self, role: str, rows: Any, before: Spectrum, past: Spectrum, cached: bool) -> Array:
        """Return P(time <= T) with each of some times of one role, all else as it is."""
        import numpy as np

        hits = self.hits if cached else 0.0
        first, *more = [index for index, slot in enumerate(self.slots) if slot.role == role]
        if more:
            for index in (first, *more):
                mine = self._tabled[index].times.of(rows)
                before, past = (before, past * mine) if self.slots[index].past else (before * mine, past)
            return level_at_end(before * (hits + (1 - hits) * past))
        behind = self.slots[first].past  # the chance is linear in the role's masses
        sure = hits * _level(before) if behind else 0.0
        rest = levels(inverse(before * ((1 - hits) * past if behind else hits + (1 - hits) * past)))
        found: Array = sure + np.einsum("ij,j->i", self._tabled[first].masses[rows], rest[::-1])
        return found

    # --- rows and cuts ------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[tuple[float, bool, dict[tuple[str, str], float]]]:
        """Yield (right side, with the cache or not, (role, id) -> k): the sum of k is at most the right side.

        With a cache in use only the misses need to be within T often enough: p' = (p - h) / (1 - h).
        """
        import numpy as np

        grid = np.arange(POINTS) * self.step
        for cached in (False, True) if self.cache else (False,):
            hits = self.hits if cached else 0.0
            level = (self.level - hits) / (1 - hits)
            if level <= 0:
                continue
            for theta in (t / self.limit_ms for t in THETAS):
                weights = np.exp(-theta * grid)
                always = [*self._fixed[False], *self._fixed[True]]
                fixed = math.fsum(-math.log(float(time.masses(self.step, POINTS) @ weights)) for time in always)
                right = theta * self.limit_ms - math.log(level) - fixed + 1e-6
                yield right, cached, self._coefficients(weights)

    def _coefficients(self, weights: Array) -> dict[tuple[str, str], float]:
        import numpy as np

        found: dict[tuple[str, str], float] = {}
        for index, slot in enumerate(self.slots):
            moments = -np.log(np.maximum(self._tabled[index].masses @ weights, 1e-12))
            for name, row in self._row[slot.role].items():
                found[slot.role, name] = found.get((slot.role, name), 0.0) + float(moments[row])
        return found

    def cut(self, design: Mapping[str, Candidate]) -> Cut:
        """Return the largest cone of designs found that are all as slow as this too slow one."""
        reference: dict[str, Candidate | None] = {role: design[role] for role in self.roles}
        cached = self.cached(reference)
        if self.within(reference, cached) < self.level - MARGIN:
            for role in sorted(self.roles, key=lambda r: self._mean(design[r])):
                self._speed_up(reference, role, cached)
        members = {role: self.slower_or_equal(role, c) for role, c in reference.items() if c is not None}
        if self.cache and self.cache not in members:
            fits = self.timed.fits(self.cache, cached)
            members[self.cache] = frozenset(name for name, yes in zip(self.pool[self.cache], fits, strict=True) if yes)
        return Cut(members)

    def _speed_up(self, reference: dict[str, Candidate | None], role: str, cached: bool) -> None:
        """Drop a role from the cut, or take its fastest candidate with which the bound is still clearly missed."""
        current = reference[role]
        assert current is not None
        if self.within({**reference, role: None}, cached) < self.level - MARGIN:
            reference[role] = None
            return
        for candidate in sorted(self._faster_or_equal(role, current), key=self._mean):
            if self.within({**reference, role: candidate}, cached) < self.level - MARGIN:
                reference[role] = candidate
                return

    def _mean(self, candidate: Candidate) -> float:
        return sum(
            t.mean() for slot in self.slots if slot.role == candidate.role if (t := slot.time(candidate)) is not None
        )


def _all_but_each(always: Spectrum, parts: Sequence[Spectrum | None]) -> list[Spectrum]:
    """Return for each part the product of ``always`` and all others; None is what changes nothing.

    >>> import numpy as np
    >>> [float(one[0]) for one in _all_but_each(np.array([2.0]), [np.array([3.0]), None, np.array([5.0])])]
    [10.0, 30.0, 6.0]
    """
    behind: list[Spectrum | None] = [None]
    for part in reversed(parts[1:]):
        behind.append(_product_of(part, behind[-1]))
    found = []
    for part, rest in zip(parts, reversed(behind), strict=True):
        found.append(always if rest is None else always * rest)
        always = always if part is None else always * part
    return found


def _product_of(a: Spectrum | None, b: Spectrum | None) -> Spectrum | None:
    return b if a is None else a if b is None else a * b


def _level(spectrum: Spectrum) -> float:
    """Return P(sum <= T): all masses below T and half of the one at T, as the judge reads it."""
    return float(level_at_end(spectrum))

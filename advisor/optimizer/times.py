"""The distinct times of a role's candidates on the lattice of a percentile bound, and coarser lattices for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.models.latency import inverse, transform
from advisor.optimizer.distinct import distinct

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]
    Rows = np.ndarray[Any, np.dtype[np.intp]]


MOST_KEPT = 64  # of what is remembered about some of the times


class Times:
    """The distinct times of a role's candidates in one part of a flow, a row each.

    Args:
        spectra: their transforms. masses: what these are of, where that is at hand.
    """

    def __init__(self, spectra: Spectrum, masses: Array | None = None) -> None:
        self.spectra = spectra
        self._of = masses
        self._moments: dict[tuple[float, ...], Array] = {}
        self._coarser: dict[tuple[int, bool], Coarser] = {}
        self._extremes: dict[tuple[str, bytes], Spectrum] = {}

    @cached_property
    def masses(self) -> Array:
        """The masses on the lattice."""
        return inverse(self.spectra) if self._of is None else self._of

    @cached_property
    def variances(self) -> Array:
        """The variance of each time below T, in squares of T; times after T count as 0."""
        import numpy as np

        at = np.linspace(0.0, 1.0, self.masses.shape[1])
        means = self.masses @ at
        found: Array = self.masses @ at**2 - means**2
        return found

    def slowest(self, rows: Rows) -> Spectrum:
        """Return the transform of the least P(X <= t) at every t over some of the times: no choice is slower."""
        return self._extreme("min", rows)

    def fastest(self, rows: Rows) -> Spectrum:
        """Return the transform of the largest P(X <= t) at every t over some of the times: no choice is faster."""
        return self._extreme("max", rows)

    def _extreme(self, which: str, rows: Rows) -> Spectrum:
        """Return the transform of the least or largest P(X <= t); one case after the other asks for the same ones."""
        import numpy as np

        if len(rows) == 1:
            one: Spectrum = self.of(rows)[0]
            return one
        key = which, rows.tobytes()
        if key not in self._extremes:
            levels = self._levels_of(rows)
            level = levels.min(axis=0) if which == "min" else levels.max(axis=0)
            if len(self._extremes) >= MOST_KEPT:
                del self._extremes[next(iter(self._extremes))]
            self._extremes[key] = transform(np.diff(level, prepend=0.0))
        return self._extremes[key]

    def _levels_of(self, rows: Rows) -> Array:
        """Return P(X <= t) with the whole mass at t, of some of the times."""
        import numpy as np

        found: Array = np.cumsum(self.masses[rows], axis=1)
        return found

    def fill(self, rows: Rows | None = None) -> None:
        """Work out some of the transforms (None: all), as far as they are not known yet; here all of them are."""

    def of(self, rows: Rows | Sequence[int] | None = None) -> Spectrum:
        """Return the transforms of some of the times, None: of all."""
        import numpy as np

        wanted = None if rows is None else np.asarray(rows, dtype=np.intp)
        self.fill(wanted)
        found: Spectrum = self.spectra if wanted is None else self.spectra[wanted]
        return found

    def one(self, row: int) -> Spectrum:
        """Return the transform of one of the times."""
        import numpy as np

        self.fill(np.array([row], dtype=np.intp))
        found: Spectrum = self.spectra[row]
        return found

    def coarser(self, cells: int, rows: Rows | None = None, *, down: bool) -> Times:
        """Return the times on a lattice that is so many times coarser (:func:`coarser`).

        ``rows``: those that will be asked for; None for all.
        """
        key = (cells, down)
        if key not in self._coarser:
            self._coarser[key] = Coarser(self, cells, down=down)
        self._coarser[key].fill(rows)
        return self._coarser[key]

    def moments(self, thetas: tuple[float, ...], weights: Array) -> Array:
        """Return -log E[exp(-theta X / T); X <= T] of each (down) for several theta, given the exponentials as columns
        of weights."""
        import numpy as np

        if thetas not in self._moments:
            self._moments[thetas] = -np.log(np.maximum(self.masses @ weights, 1e-300))
        return self._moments[thetas]


class Tabulated(Times):
    """Times whose masses are known; each is transformed when it is first asked for, as most candidates are soon out.

    Until then its transform is that of a time that never ends.

    Args:
        sums: the running sums of the masses, where they are at hand.
    """

    def __init__(self, masses: Array, sums: Array | None = None) -> None:
        import numpy as np

        count, points = masses.shape
        super().__init__(np.zeros((count, points + 1), dtype=complex), masses)
        self._known, self._sums = np.zeros(count, dtype=bool), sums

    def _levels_of(self, rows: Rows) -> Array:
        if self._sums is None:
            return super()._levels_of(rows)
        found: Array = self._sums if len(rows) == len(self._sums) else self._sums[rows]  # distinct and rising
        return found

    def fill(self, rows: Rows | None = None) -> None:  # noqa: D102
        import numpy as np

        new = np.flatnonzero(~self._known) if rows is None else rows[~self._known[rows]]
        if new.size:
            new, _ = distinct(new, len(self._known))
            self._work_out(new)
            self._known[new] = True

    def one(self, row: int) -> Spectrum:  # noqa: D102
        found: Spectrum = self.spectra[row] if self._known[row] else super().one(row)
        return found

    def _work_out(self, rows: Rows) -> None:
        self.spectra[rows] = transform(self.masses[rows])


class Coarser(Tabulated):
    """Times on a coarser lattice, where masses are worked out when they are asked for as well."""

    def __init__(self, fine: Times, cells: int, *, down: bool) -> None:
        import numpy as np

        count, points = fine.masses.shape
        super().__init__(np.zeros((count, points // cells)))
        self._fine, self._cells, self._down = fine.masses, cells, down  # no cycle: both are freed with the search

    def _work_out(self, rows: Rows) -> None:
        self.masses[rows] = coarser(self._fine[rows], self._cells, down=self._down)
        super()._work_out(rows)


def levels(masses: Array) -> Array:
    """Return P(X <= t) at every point of the lattice: all masses below it and half of the one at it."""
    import numpy as np

    found: Array = np.cumsum(masses, axis=-1)
    found -= masses / 2
    return found


def coarser(masses: Array, cells: int, *, down: bool) -> Array:
    """Return masses on a lattice in which so many points are one.

    ``down``: times are rounded down, and as they then never add up to more than their sum rounded down, no chance to be
    in time gets smaller. Otherwise each mass is shared between its two neighbours, so that its mean is kept.

    >>> import numpy as np
    >>> coarser(np.array([0.1, 0.2, 0.3, 0.4]), 2, down=True), coarser(np.array([0.1, 0.2, 0.3, 0.4]), 2, down=False)
    (array([0.3, 0.7]), array([0.2, 0.6]))
    """
    import numpy as np

    parts = masses.reshape(*masses.shape[:-1], -1, cells)
    if down:
        lower: Array = parts.sum(axis=-1)
        return lower
    upper = np.arange(cells) / cells
    found: Array = parts @ (1 - upper)
    found[..., 1:] += (parts @ upper)[..., :-1]
    return found

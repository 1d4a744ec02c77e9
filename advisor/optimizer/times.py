"""The distinct times of a role's candidates on the lattice of a percentile bound, and coarser lattices for them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.models.latency import inverse, transform

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]


class Times:
    """The distinct times of a role's candidates in one part of a flow, a row each."""

    def __init__(self, spectra: Spectrum) -> None:
        self.spectra = spectra
        self._moments: dict[float, Array] = {}
        self._coarser: dict[tuple[int, bool], Times] = {}

    @cached_property
    def masses(self) -> Array:
        """The masses on the lattice."""
        return inverse(self.spectra)

    @cached_property
    def variances(self) -> Array:
        """The variance of each time below T, in squares of T; times after T count as 0."""
        import numpy as np

        at = np.linspace(0.0, 1.0, self.masses.shape[1])
        means = self.masses @ at
        found: Array = self.masses @ at**2 - means**2
        return found

    @cached_property
    def levels(self) -> Array:
        """P(X <= t) on the lattice."""
        import numpy as np

        return np.cumsum(self.masses, axis=1)

    def slowest(self, rows: Any) -> Spectrum:
        """Return the transform of the least P(X <= t) at every t over some of the times: no choice is slower."""
        import numpy as np

        return transform(np.diff(self.levels[rows].min(axis=0), prepend=0.0))

    def fastest(self, rows: Any) -> Spectrum:
        """Return the transform of the largest P(X <= t) at every t over some of the times: no choice is faster."""
        import numpy as np

        return transform(np.diff(self.levels[rows].max(axis=0), prepend=0.0))

    def coarser(self, cells: int, *, down: bool) -> Times:
        """Return the times on a lattice that is so many times coarser; see :func:`coarser`."""
        key = (cells, down)
        if key not in self._coarser:
            self._coarser[key] = Times(transform(coarser(self.masses, cells, down=down)))
        return self._coarser[key]

    def moments(self, theta: float, weights: Array) -> Array:
        """Return -log E[exp(-theta X / T); X <= T] of each, with the exponentials given as weights."""
        import numpy as np

        if theta not in self._moments:
            self._moments[theta] = -np.log(np.maximum(self.masses @ weights, 1e-300))
        return self._moments[theta]


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

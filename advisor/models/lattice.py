"""Arithmetic of distributions on a lattice ``0, step, 2 step, ...``: what sums, mixtures and maxima are computed with.

A distribution is split into its *atoms* (single times that have a probability of their own, such as a cache hit of
exactly 5 ms), which are kept as exact numbers, and the *smooth* rest, which is a row of masses. Masses are chosen so
that the mean is kept exactly (local moment matching, Gerber 1982): the running total of the masses up to ``k`` is then
the average of the distribution function over the cell from ``k step`` to ``(k + 1) step``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]

POINTS = 2048
DAMPING = 12.0
MOST_ATOMS = 2000
_LEAST_WEIGHT = 1e-15
_SAME = 1e-12  # times that differ by less than this share of themselves are one time
_ULPS = 1e-15  # rounding of a sum of a few times
_LEVEL_ROUNDING = 1e-9  # what FFTs may have lost of a probability


@dataclass(frozen=True)
class Atoms:
    """Single times, rising, and the probability of each; the weights add up to at most 1.

    >>> coin = Atoms((0.0, 1.0), (0.5, 0.5))
    >>> (coin + coin).weights
    (0.25, 0.5, 0.25)
    """

    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    @property
    def total(self) -> float:
        """Return the probability of all atoms together: 1 when there is nothing else."""
        return math.fsum(self.weights)

    def up_to(self, x: float) -> float:
        """Return the probability of the atoms at ``x`` or before it."""
        return math.fsum(w for v, w in zip(self.values, self.weights, strict=True) if v <= x * (1 + _ULPS))

    def reached(self, xs: Array) -> Array:
        """Return the probability of the atoms at each of several times or before it."""
        import numpy as np

        totals = np.concatenate(([0.0], np.cumsum(self.weights)))
        found: Array = totals[np.searchsorted(self.values, xs * (1 + 10 * _SAME), side="right")]
        return found

    def at(self, x: float) -> float:
        """Return the probability of the atom at ``x``."""
        return math.fsum(w for v, w in zip(self.values, self.weights, strict=True) if abs(v - x) <= _SAME * x)

    def quantile(self, p: float) -> float:
        """Return the first time by which the probability has reached p; the last one where it never does."""
        reached = 0.0
        for value, weight in zip(self.values, self.weights, strict=True):
            reached += weight
            if reached >= p - _SAME:
                return value
        return self.values[-1]

    def scaled(self, factor: float) -> Atoms:
        """Return the atoms at ``factor`` times their time."""
        return gathered([v * factor for v in self.values], self.weights)

    def weighted(self, share: float) -> Atoms:
        """Return the atoms with ``share`` of their weight."""
        return gathered(self.values, [w * share for w in self.weights])

    def __add__(self, other: Atoms) -> Atoms:
        """Return the atoms of an independent sum; none at all when they would become too many to keep apart."""
        import numpy as np

        if len(self.values) * len(other.values) > 50 * MOST_ATOMS:
            return Atoms()
        values = np.add.outer(self.values, other.values).ravel()
        weights = np.multiply.outer(self.weights, other.weights).ravel()
        return gathered(values, weights)


def gathered(values: Any, weights: Any) -> Atoms:
    """Return atoms in rising order, equal times as one; none at all when there are more than ``MOST_ATOMS``.

    Without atoms their probability stays part of the smooth masses, so nothing is lost but sharp edges.

    >>> gathered([3.0, 1.0, 3.0], [0.2, 0.5, 0.3])
    Atoms(values=(1.0, 3.0), weights=(0.5, 0.5))
    """
    import numpy as np

    value, weight = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    order = np.argsort(value, kind="stable")
    value, weight = value[order], weight[order]
    first = np.append(True, np.diff(value) > _SAME * value[1:]) if value.size else np.zeros(0, dtype=bool)
    weight = np.add.reduceat(weight, np.flatnonzero(first)) if value.size else weight
    kept = weight > _LEAST_WEIGHT
    if np.count_nonzero(kept) > MOST_ATOMS:
        return Atoms()
    return Atoms(tuple(value[first][kept].tolist()), tuple(weight[kept].tolist()))


def spread(atoms: Atoms, step: float, points: int, origin: float = 0.0) -> Array:
    """Return atoms as masses on the lattice from ``origin``, each on its two neighbours so that its mean is kept.

    >>> spread(Atoms((2.5,), (1.0,)), 1.0, 5).tolist()
    [0.0, 0.0, 0.5, 0.5, 0.0]
    """
    import numpy as np

    masses = np.zeros(points + 1)
    if atoms.values:
        places = np.maximum((np.array(atoms.values) - origin) / step, 0.0)
        inside = places < points
        low = places[inside].astype(np.intp)
        above = (places[inside] - low) * np.array(atoms.weights)[inside]
        np.add.at(masses, low, np.array(atoms.weights)[inside] - above)
        np.add.at(masses, low + 1, above)
    return masses[:points]


@lru_cache(maxsize=16)
def _damping(points: int) -> tuple[Array, Spectrum]:
    """Return the damping of each cell, and the transform of one cell of delay."""
    import numpy as np

    turn = np.exp(-DAMPING / points - 1j * math.pi / points * np.arange(points + 1))
    return np.exp(-DAMPING / points * np.arange(points)), turn


def transform(masses: Array) -> Spectrum:
    """Return the transform of masses (along the last axis) whose products stand for sums, cut off at the horizon.

    A product of several transforms of finite length wraps around: what lies beyond the horizon would come back at its
    start. Damping the masses by e^(-DAMPING k / points) first makes what wraps smaller by e^(-2 DAMPING) = 4e-11,
    and the damping is undone in :func:`inverse` at the price of rounding errors near 1e-11
    (Gruebel and Hermesmeier, 1999).
    """
    import numpy as np

    points = masses.shape[-1]
    found: Spectrum = np.fft.rfft(masses * _damping(points)[0], 2 * points, axis=-1)
    return found


def inverse(spectrum: Spectrum) -> Array:
    """Return the masses of a product of transforms, up to the horizon.

    >>> import numpy as np
    >>> half = transform(np.array([0.5, 0.5, 0.0, 0.0]))
    >>> np.round(inverse(half * half * half), 6)            # three coins: 1, 3, 3, 1 eighths
    array([0.125, 0.375, 0.375, 0.125])
    """
    import numpy as np

    points = spectrum.shape[-1] - 1
    damped = np.fft.irfft(spectrum, 2 * points, axis=-1)[..., :points]
    masses: Array = np.maximum(damped / _damping(points)[0], 0.0)
    return masses


def level_at_end(spectra: Spectrum) -> Array:
    """Return P(X <= horizon) from transforms: all masses below the last point and half of the one at it.

    That is linear in the masses and they are linear in the transform, so it is one weighted sum of the transform and
    needs none of the masses: sum over k of a_k m_k, where m_k = (1 / 2n) e^(D k / n) sum over j of S_j e^(i pi j k / n)
    and a_k = 1, for the last 1/2. Agrees with :func:`inverse` to its rounding errors, near 1e-11.

    >>> import numpy as np
    >>> half = transform(np.array([0.5, 0.5, 0.0, 0.0]))
    >>> round(float(level_at_end(half * half * half)), 9)          # 1 + 3 + 3 and half of 1, of 8
    0.9375
    """
    import numpy as np

    found: Array = np.einsum("...j,j->...", parts(spectra), parts(_end_weights(spectra.shape[-1] - 1)))
    return found


def completing(spectra: Spectrum) -> Array:
    """Return rows whose inner product with the :func:`parts` of another transform is P(X + Y <= horizon).

    The real part of S w is Re S Re w - Im S Im w: the inner product of the parts of S and of the conjugate of w.

    >>> import numpy as np
    >>> half = transform(np.array([0.5, 0.5, 0.0, 0.0]))
    >>> round(float(completing(half * half) @ parts(half)), 9)
    0.9375
    """
    found = spectra.conj()
    found *= _end_weights(spectra.shape[-1] - 1)
    return parts(found)


def parts(spectra: Spectrum) -> Array:
    """Return the real and imaginary parts of transforms, alternating."""
    import numpy as np

    found: Array = np.ascontiguousarray(spectra).view(np.float64)
    return found


@lru_cache(maxsize=16)
def _end_weights(points: int) -> Spectrum:
    """Return the conjugate of what each frequency counts in the level at the horizon: itself a transform, of a_k."""
    import numpy as np

    masses = 1 / _damping(points)[0]
    masses[-1] /= 2
    weights: Spectrum = np.fft.rfft(masses, 2 * points) / points  # each frequency stands for two, ...
    weights[[0, -1]] /= 2  # ... but the first and the last
    return weights


def one_cell(points: int) -> Spectrum:
    """Return the transform of one cell of delay."""
    return _damping(points)[1]


def delayed(spectrum: Spectrum, cells: float) -> Spectrum:
    """Return a transform whose masses are moved up by ``cells``, a fraction of a cell shared between two neighbours.

    >>> import numpy as np
    >>> np.round(inverse(delayed(transform(np.array([1.0, 0.0, 0.0, 0.0])), 1.25)), 6)
    array([0.  , 0.75, 0.25, 0.  ])
    """
    import numpy as np

    if cells <= 0:
        return spectrum
    points = spectrum.shape[-1] - 1
    if cells >= points:
        return np.zeros_like(spectrum)
    turn = _damping(points)[1]
    low = int(cells)
    moved: Spectrum = spectrum * turn**low * (1 + (cells - low) * (turn - 1))
    return moved


def smooth_levels(smooth: Array) -> Array:
    """Return P(X <= k step) of the smooth part: the mean of the averages of the two cells that meet there."""
    import numpy as np

    levels: Array = np.cumsum(smooth) - smooth / 2
    levels[:1] = 0.0
    return levels


def read(levels: Array, atoms: Atoms, step: float, origin: float, p: float) -> tuple[float, bool] | None:
    """Return the smallest x with P(X <= x) >= p and whether it is an atom; None when it lies beyond the horizon.

    Between lattice points the smooth part is interpolated linearly; atoms stand exactly where they are.
    """
    import numpy as np

    nodes = origin + step * np.arange(levels.size)
    wanted = p - min(_LEVEL_ROUNDING, p / 1000)
    weights = np.cumsum((0.0, *atoms.weights))
    at = np.interp(atoms.values, nodes, levels) + weights[1:] if atoms.values else np.zeros(0)
    place = int(np.searchsorted(at, wanted))
    if place < at.size and at[place] - atoms.weights[place] < wanted:
        return (atoms.values[place], True) if atoms.values[place] <= nodes[-1] else None
    x = _crossing(levels, wanted - float(weights[place]))
    return None if x is None else (origin + step * x, False)


def _crossing(levels: Array, level: float) -> float | None:
    """Return where levels that rise reach a level, in cells."""
    import numpy as np

    if levels[-1] < level:
        return None
    at = int(np.searchsorted(levels, level))
    if at == 0:
        return 0.0
    return float(at - 1 + (level - levels[at - 1]) / (levels[at] - levels[at - 1]))

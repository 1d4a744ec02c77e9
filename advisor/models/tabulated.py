"""Masses of many times on one lattice, as :meth:`Distribution.masses` has them of one, but worked out together.

Thousands of candidates have times that are sums of a lognormal and a wait, each a little different. What such stages
have in common is arithmetic on rows: their limited means, their transforms, the products and the way back. Delays are
moved along the lattice instead of being turned in the transform, which is the same sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.models.composition import Series
from advisor.models.distribution import NOTHING, Distribution
from advisor.models.lattice import inverse, one_cell, transform
from advisor.models.lognormal import Lognormal
from advisor.models.normal import normal_cdf
from advisor.models.primitives import Wait

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]

AT_ONCE = 32  # times whose transforms are held together
CELLS = 2**14  # of lognormals that are worked out together
MOST_KNOWN = 1024  # transforms of stages that are remembered
ENDED = 1e-18  # what is left of a wait at the end of the lattice, and makes no difference
_known: dict[tuple[Distribution, float, int], Spectrum] = {}  # stage, step and points -> its transform from its floor


def tabulated(times: Sequence[Distribution], step: float, points: int) -> Array:
    """Return a row of masses at ``0, step, 2 step, ...`` for each time; what lies beyond is left out.

    Agrees with ``time.masses(step, points)`` to the rounding errors of transforms, near 1e-11.

    >>> from advisor.models.latency import Constant, exponential, series
    >>> import numpy as np
    >>> times = [Lognormal.fit(p50=80, p99=250), series(Lognormal.fit(p50=20, p99=90), exponential(5.0), Constant(7.5))]
    >>> rows = tabulated(times, 1.0, 512)
    >>> bool(np.abs(rows - [time.masses(1.0, 512) for time in times]).max() < 1e-10)
    True
    """
    import numpy as np

    found = np.zeros((len(times), points))
    sums = [place for place, time in enumerate(times) if isinstance(time, Series) and _plain(time)]
    rest = sorted(set(range(len(times))) - set(sums))
    found[rest] = _masses([times[place] for place in rest], step, points, from_floor=False)
    for begin in range(0, len(sums), AT_ONCE):
        some = sums[begin : begin + AT_ONCE]
        found[some] = _of_sums([times[place] for place in some], step, points)  # type: ignore[misc]
    return found


def _plain(time: Series) -> bool:
    """Return whether a sum has no atoms of its own, so that all of it lies in the product of transforms."""
    return len(time.random) > 0 and not time.atoms.values


def _of_sums(sums: Sequence[Series], step: float, points: int) -> Array:
    """Return a row of masses for each sum: the product of its stages, moved up by what they take at least."""
    import numpy as np

    stages = list(dict.fromkeys(stage for one in sums for stage in one.random))
    place = {stage: number for number, stage in enumerate(stages)}
    spectra = _spectra(stages, step, points)
    counts = np.array([len(one.random) for one in sums])
    product = spectra[[place[one.random[0]] for one in sums]]
    for number in range(1, int(counts.max(initial=0))):
        more = np.flatnonzero(counts > number).tolist()
        product[more] *= spectra[[place[sums[one].random[number]] for one in more]]
    return np.array([moved(own, one.floor() / step) for own, one in zip(inverse(product), sums, strict=True)])


def _spectra(stages: Sequence[Distribution], step: float, points: int) -> Spectrum:
    """Return the transform of each stage, counted from its floor; those of waits are quicker made than kept."""
    import numpy as np

    found = np.empty((len(stages), points + 1), dtype=complex)
    waits = [row for row, stage in enumerate(stages) if isinstance(stage, Wait)]
    found[waits] = wait_spectra([stages[row] for row in waits], step, points)  # type: ignore[misc]
    rest = [row for row, stage in enumerate(stages) if not isinstance(stage, Wait)]
    if rest:
        found[rest] = _remembered([stages[row] for row in rest], step, points)
    return found


def _remembered(stages: Sequence[Distribution], step: float, points: int) -> list[Spectrum]:
    """Return the transform of each stage from its floor; other loads have others behind them, but the same stages."""
    keys = [(stage, step, points) for stage in stages]
    new = [key for key in keys if key not in _known]
    if new:
        made = transform(_masses([stage for stage, *_ in new], step, points))
        _known.update((key, row.copy()) for key, row in zip(new, made, strict=True))
    found = [_known[key] for key in keys]
    while len(_known) > MOST_KNOWN:
        del _known[next(iter(_known))]
    return found


def wait_spectra(waits: Sequence[Wait], step: float, points: int) -> Spectrum:
    """Return the transforms of waits: beyond 0 their masses fall from cell to cell by the same factor.

        q = e^(-rate step),  m_0 = 1 - p (1 - q) / (rate step),  m_k = p (1 - q)^2 / (rate step) q^(k - 1)
        S = m_0 + p (1 - q)^2 / (rate step) z (1 - (q z)^(points - 1)) / (1 - q z),  z one cell of delay

    >>> import numpy as np
    >>> own, masses = wait_spectra([Wait(0.4, 0.2)], 1.0, 256)[0], Wait(0.4, 0.2).masses(1.0, 256)
    >>> bool(np.abs(own - transform(masses)).max() < 1e-12)
    True
    """
    import numpy as np

    p, rate = (np.array([getattr(wait, name) for wait in waits])[:, None] for name in ("p_wait", "rate"))
    ended, left = -np.expm1(-rate * step), np.exp(-rate * step * (points - 1))
    found: Spectrum = (p * ended**2 / (rate * step)) * one_cell(points)
    found /= 1 - (1 - ended) * one_cell(points)
    long = np.flatnonzero(left[:, 0] > ENDED)
    if long.size:
        found[long] *= 1 - left[long] * one_cell(points) ** (points - 1)
    found += 1 - p * ended / (rate * step)
    return found


def _masses(stages: Sequence[Distribution], step: float, points: int, *, from_floor: bool = True) -> Array:
    """Return a row of masses for each stage, counted from its floor or from 0; lognormals of about one reach together.

    A lognormal is not worked out beyond what it reaches: most stages are short beside a bound on the whole flow.
    """
    import numpy as np

    found = np.zeros((len(stages), points))
    origins = np.array([stage.floor() if from_floor else 0.0 for stage in stages])
    together: dict[int, list[int]] = {}
    for row, (stage, origin) in enumerate(zip(stages, origins.tolist(), strict=True)):
        if isinstance(stage, Lognormal) and not stage.atoms.values:
            used = min(int(min((stage.reach(NOTHING) - origin) / step, points)) + 2, points)
            together.setdefault(min(1 << used.bit_length(), points), []).append(row)
        else:
            found[row] = stage.masses(step, points, origin)
    for width, rows in together.items():
        for begin in range(0, len(rows), every := max(CELLS // width, 1)):
            some = rows[begin : begin + every]
            lognormals = [stages[row] for row in some]
            found[some, :width] = lognormal_masses(lognormals, step, width, origins[some])  # type: ignore[arg-type]
    return found


def lognormal_masses(times: Sequence[Lognormal], step: float, points: int, origins: Array) -> Array:
    """Return a row of masses for each lognormal, from its origin on: second differences of E[min(X, x)].

    >>> import numpy as np
    >>> one = Lognormal.fit(p50=80, p99=250)
    >>> rows = lognormal_masses([one, one], 1.0, 256, np.array([0.0, one.floor()]))
    >>> bool(np.abs(rows - [one.masses(1.0, 256), one.masses(1.0, 256, one.floor())]).max() < 1e-12)
    True
    """
    import numpy as np

    mu, sigma, mean = (
        np.array(column)[:, None] for column in zip(*((t.mu, t.sigma, t.mean()) for t in times), strict=True)
    )
    x = origins[:, None] + np.arange(-1.0, points + 1) * step
    z = (np.log(np.maximum(x, 1e-300)) - mu) / sigma
    limited = mean * normal_cdf(z - sigma) + x * normal_cdf(-z)
    limited[:, 0] = limited[:, 1] - step  # nothing ends before the origin
    slopes = np.diff(limited, axis=1) / step
    found: Array = np.maximum(slopes[:, :-1] - slopes[:, 1:], 0.0)
    return found


def moved(masses: Array, cells: float) -> Array:
    """Return masses moved up by so many cells, those of a fraction shared between two neighbours.

    >>> import numpy as np
    >>> moved(np.array([1.0, 0.0, 0.0, 0.0]), 1.25)
    array([0.  , 0.75, 0.25, 0.  ])
    """
    import numpy as np

    points = masses.shape[-1]
    if cells <= 0:
        return masses
    found = np.zeros_like(masses)
    if cells < points:
        low = int(cells)
        above = cells - low
        found[low:] = (1 - above) * masses[: points - low]
        found[low + 1 :] += above * masses[: points - low - 1]
    return found

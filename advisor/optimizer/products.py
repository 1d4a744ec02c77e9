"""Products of many transforms of times: those that designs have alike once, and what is read off them in few steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.models.lattice import completing, parts
from advisor.optimizer.distinct import distinct
from advisor.optimizer.times import Times

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

ONE_THREAD = 4 * 65536  # multiplications, the usual threshold
DENSE = 4  # times as many products as designs are quicker in one than picked out
AT_ONCE = 64  # products that are picked out together: what they take stays in a processor's cache


def products(left: Array, right: Array) -> Array:
    """Return the inner product of each row on the left with each on the right.

    In pieces that a linear algebra library works off in one thread: its threads wait for each other busily, which costs
    far more than they save on products as small as these, and more still beside other work.
    """
    import numpy as np

    found = np.empty((len(left), len(right)))
    width = left.shape[1]
    down = min(max(math.isqrt(ONE_THREAD // width), 1), max(len(left), 1))
    across = max(ONE_THREAD // (down * width), 1)
    for i in range(0, len(left), down):
        for j in range(0, len(right), across):
            found[i : i + down, j : j + across] = left[i : i + down] @ right[j : j + across].T
    return found


def _multiplied(left: Spectrum, ours: Indices, right: Spectrum, theirs: Indices) -> Spectrum:
    """Return the products of pairs of rows."""
    found: Spectrum = right[theirs]
    if len(left) == 1:
        found *= left
        return found
    for begin in range(0, len(found), AT_ONCE):
        found[begin : begin + AT_ONCE] *= left[ours[begin : begin + AT_ONCE]]
    return found


@dataclass(frozen=True)
class Factor:
    """The times of one role in some designs: the distinct ones, and which of them each design has."""

    times: Times
    rows: Indices
    which: Indices

    @staticmethod
    def of(times: Times, rows: Indices) -> Factor:
        """Return the times at some rows, one a design."""
        return Factor(times, *distinct(rows, int(rows.max(initial=0)) + 1))


@dataclass(frozen=True)
class Shared:
    """What some designs take in some roles: the distinct transforms, and which of them each design has."""

    spectra: Spectrum
    which: Indices

    @staticmethod
    def of(spectra: Spectrum, count: int) -> Shared:
        """Return what so many designs have alike."""
        import numpy as np

        return Shared(spectra, np.zeros(count, dtype=np.intp))

    def times_all(self, factors: Sequence[Factor]) -> Shared:
        """Return the same with more roles."""
        import numpy as np

        spectra, which = self.spectra, self.which
        for factor in factors:
            many = len(factor.rows)
            pairs, which = distinct(which * many + factor.which, len(spectra) * many)
            before, own = np.divmod(pairs, many)
            spectra = _multiplied(spectra, before, factor.times.of(factor.rows), own)
        return Shared(spectra, which)

    def joined_with(self, before: Spectrum, hits: float) -> Shared:
        """Return what lies past a cache beside the hits that need none of it, after what lies before it."""
        whole = (1 - hits) * self.spectra
        if hits:
            whole += hits
        whole *= before
        return replace(self, spectra=whole)

    def levels_with(self, last: Factor) -> Array:
        """Return P(time <= T) of each design with one role more."""
        import numpy as np

        whole, own = completing(self.spectra), parts(last.times.of(last.rows))
        if len(whole) * len(own) <= DENSE * len(self.which):
            return products(whole, own)[self.which, last.which]
        pairs, where = distinct(self.which * len(own) + last.which, len(whole) * len(own))
        found = np.empty(len(pairs))
        for begin in range(0, len(pairs), AT_ONCE):
            left, right = np.divmod(pairs[begin : begin + AT_ONCE], len(own))
            found[begin : begin + AT_ONCE] = np.einsum("ij,ij->i", whole[left], own[right])
        return found[where]

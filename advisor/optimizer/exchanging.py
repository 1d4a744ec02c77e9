"""The chance to end in time with one role of a design exchanged, for one role after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.optimizer.chances import Chances

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]


class Others:
    """The times of all roles of a design but one, as the one moves on through the roles in their order.

    What comes after it is multiplied once for all roles, what comes before it grows by a factor with each role that is
    passed: two products a role instead of one for each of the others.

    >>> from advisor import resources
    >>> from advisor.candidates.table import table
    >>> from advisor.catalog.load import load_catalog
    >>> from advisor.optimizer.chances import chances
    >>> from advisor.optimizer.search import Search
    >>> from advisor.scenario.load import load_scenario
    >>> import numpy as np
    >>> catalog = load_catalog()
    >>> search = Search(table(load_scenario(resources.example("support_copilot"), catalog), catalog))
    >>> kept = {role: np.arange(len(found)) for role, found in search.pool.items()}
    >>> bound, design = chances(search.tails[0][1], search.pool, kept, False), np.zeros(len(kept), dtype=np.intp)
    >>> others = Others(bound, design)
    >>> others.passed(0, design[0])
    >>> np.allclose(others.with_each(1), bound.with_one(design, 1))
    True
    """

    def __init__(self, chances: Chances, design: Indices) -> None:
        self.chances = chances
        self._front = chances.start.spectra[0], chances.end.spectra[0]
        self._behind: list[tuple[Spectrum | None, Spectrum | None]] = [(None, None)]
        for role in range(len(design) - 1, 0, -1):
            before, past = self._behind[-1]
            mine, late = self._own(role, design[role])
            self._behind.append((_product(before, mine), _product(past, late)))
        self._behind.reverse()

    def with_each(self, role: int) -> Array:
        """Return P(time <= T) with each of a role's candidates; all roles in front of it are passed."""
        before, past = (_product(*both) for both in zip(self._front, self._behind[role], strict=True))
        assert before is not None
        assert past is not None
        found: Array = self.chances.completed(before[None], past[None], role)[0]
        return found

    def passed(self, role: int, chosen: int) -> None:
        """Go on to the next role with one of a role's candidates."""
        before, past = (_product(*both) for both in zip(self._front, self._own(role, chosen), strict=True))
        assert before is not None
        assert past is not None
        self._front = before, past

    def _own(self, role: int, chosen: int) -> tuple[Spectrum | None, Spectrum | None]:
        """Return the times of a candidate before and past the cache, None where it takes none."""
        before, past, row = self.chances.before[role], self.chances.past[role], self.chances.rows[role][chosen]
        return (None if before is None else before.one(row)), (None if past is None else past.one(row))


def _product(one: Spectrum | None, other: Spectrum | None) -> Spectrum | None:
    """Return a product; a factor that is None leaves the other one as it is."""
    if one is None or other is None:
        return other if one is None else one
    return one * other

"""At most so many different vendors (clouds, systems of our own), settled bit by bit instead of set by set.

Of 20 vendors there are 4 845 sets of four, and most of them no good design would ever use. So the bound is first left
out. Only where a design with too many names would be the answer the designs are divided: into those without the first
of its names, those with the first but without the second, and so on. Once as many names are settled as may be used,
everything else is out, and the case is a plain one.

Names are bits of a number. Where there are not too many sets, prices of the limits say what each of them costs at
least; that drops candidates that no promising set goes with, and shows where to look for a first design.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case
from advisor.optimizer.prices import ROUNDING, Prices

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Bits = np.ndarray[Any, np.dtype[np.int64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

MOST_NAMES = 62  # bits of a number
MOST_SETS = 8_000  # that are priced one by one


@dataclass(frozen=True)
class Counted:
    """A bound on how many different names are used, as far as it is settled.

    Attributes:
        most: so many may be used.
        names: role -> the names of each candidate of the pool, as bits.
        used: names that count as used. banned: names that may not be used.
    """

    most: int
    names: Mapping[str, Bits]
    used: int = 0
    banned: int = 0

    @property
    def open(self) -> bool:
        """Whether a design can still have too many names."""
        return self.used.bit_count() < self.most

    def fits(self, role: str) -> Mask:
        """Return which candidates of a role go with what is settled."""
        found: Mask = self.names[role] & (self.banned if self.open else ~self.used) == 0
        return found

    def of(self, design: Mapping[str, int]) -> int:
        """Return the names of a design, given as positions in the pool."""
        found = 0
        for role, place in design.items():
            found |= int(self.names[role][place])
        return found

    def split(self, names: int, weight: Mapping[int, float]) -> Iterator[Counted]:
        """Yield cases between which all designs are divided, none of which has all of some names, which are too many.

        ``weight``: what it costs to do without a name; the dearest is settled first.

        >>> [(bin(one.used), bin(one.banned)) for one in Counted(2, {}).split(0b111, {})]
        [('0b0', '0b1'), ('0b1', '0b10'), ('0b11', '0b0')]
        """
        used = self.used
        bits = [1 << place for place in range(names.bit_length()) if names & ~used & (1 << place)]
        for bit in sorted(bits, key=lambda b: (-weight.get(b, 0.0), b)):
            yield replace(self, used=used, banned=self.banned | bit)
            used |= bit
            if used.bit_count() == self.most:
                yield replace(self, used=used)
                return

    def weights(self, case: Case, prices: Prices) -> dict[int, float]:
        """Return for each name what it costs at least to do without it, under prices; infinite where that cannot be."""
        import numpy as np

        found: dict[int, float] = {}
        for own, costs in zip(self._names_of(case), prices.costs(case)[0], strict=True):
            for place in range(int(np.bitwise_or.reduce(own, initial=0)).bit_length()):
                without = own & (1 << place) == 0
                more = float(costs[without].min()) - float(costs.min()) if without.any() else math.inf
                found[1 << place] = found.get(1 << place, 0.0) + more
        return found

    def _names_of(self, case: Case) -> list[Bits]:
        return [own[kept] for own, kept in zip(self.names.values(), case.kept, strict=True)]

    # --- sets, priced ------------------------------------------------------------------------------------------------

    def sets(self, case: Case) -> Bits | None:
        """Return the largest sets of names that may be used, None when there are too many to look at."""
        import numpy as np

        every = 0
        for own in self._names_of(case):
            every |= int(np.bitwise_or.reduce(own, initial=0))
        free = [1 << place for place in range(every.bit_length()) if every & ~self.used & (1 << place)]
        more = min(self.most - self.used.bit_count(), len(free))
        if math.comb(len(free), more) > MOST_SETS:
            return None
        return np.array([self.used + sum(some) for some in itertools.combinations(free, more)], dtype=np.int64)

    def narrowed(self, case: Case, prices: Prices, most: float) -> tuple[Case, float, Bits]:
        """Return a case without what goes with no set that may hold a goal below ``most``, a bound, and such sets.

        The bound is that of the best set; sets come with the most promising first, none where there are too many.
        """
        import numpy as np

        sets = self.sets(case)
        if sets is None:
            return case, -math.inf, np.zeros(0, dtype=np.int64)
        costs, room = prices.costs(case)
        least = [_least(own, c, sets) for own, c in zip(self._names_of(case), costs, strict=True)]
        bounds = case.constant - room + np.sum(least, axis=0)
        slip = ROUNDING * max(abs(room), abs(most), 1e-6) if math.isfinite(most) else 0.0
        good = np.isfinite(bounds) & (bounds - slip < most)
        sets, bounds = sets[good], bounds[good]
        kept = [
            _kept(own, c, sets, bounds - mine[good], most + slip)
            for own, c, mine in zip(self._names_of(case), costs, least, strict=True)
        ]
        order = np.argsort(bounds, kind="stable")
        return case.taken(kept), float(bounds.min(initial=math.inf)) - slip, sets[order]


def _least(own: Bits, costs: Array, sets: Bits) -> Array:
    """Return for each set what the cheapest candidate costs that goes with it, infinite where none does."""
    import numpy as np

    found = np.full(len(sets), np.inf)
    for names in np.unique(own):
        goes = sets & names == names
        found[goes] = np.minimum(found[goes], costs[own == names].min())
    return found


def _kept(own: Bits, costs: Array, sets: Bits, rest: Array, most: float) -> Any:
    """Return the places of candidates that go with a set so that all together may be below ``most``."""
    import numpy as np

    kept = np.zeros(len(own), dtype=bool)
    for names in np.unique(own):
        goes = sets & names == names
        mine = own == names
        if goes.any():
            kept[mine] = costs[mine] + rest[goes].min() < most if math.isfinite(most) else True
    return np.flatnonzero(kept)


def counted(most: int, distinct: Mapping[str, Sequence[frozenset[str]]], names: Sequence[str]) -> Counted | None:
    """Return a bound with nothing settled yet, None for more names than there are bits; others count as no name."""
    import numpy as np

    if len(names) > MOST_NAMES:
        return None
    bit = {name: 1 << place for place, name in enumerate(names)}
    return Counted(
        most,
        {
            role: np.array([sum(bit.get(name, 0) for name in own) for own in found], dtype=np.int64)
            for role, found in distinct.items()
        },
    )

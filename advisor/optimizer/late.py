"""Which times miss a percentile bound under the judge, and what that leaves of a case.

If a sum of independent times is too slow, so is every sum whose parts are all stochastically slower or equal:
P(X1 + X2 <= T) is the mean of P(X1 <= T - X2) over X2, which falls when the distribution function of X1 falls, and so
part by part; a mixture of hits and misses falls with its parts. Two things follow.

*A design* that is in every part as slow as one that the judge found late is late too: the judge need not be asked.

*A case* in which even the fastest designs are late holds no design that is in time; and with each of a role's times
that is late beside the fastest of all other roles no design is in time. The lattices of the engine leave room for their
error, so that there may be thousands of designs that only the judge can tell from those in time; what the judge says
about a few fastest ones takes most of them away at once.

The judge reads percentiles off a lattice as well: of two designs that differ by less than its error, the slower one may
be read as the faster. So others learn only from a design that is late by more than that (:data:`CLEARLY`).
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.evaluation.evaluate import percentile_of
from advisor.optimizer.case import Case
from advisor.optimizer.tails import MARGIN, Tail
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound

if TYPE_CHECKING:
    import numpy as np

    Rows = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

Times = tuple[int, ...]  # whether the cache is in use, and which of its distinct times each role has
NEAR = 1e-3  # above the level: designs with a larger chance are in time without asking the judge
CLEARLY = 5e-5  # beyond the limit, relative: two readings of one time off two lattices differ by less than half of it
MOST_FASTEST = 64  # designs none of which is slower than another everywhere


class Late:
    """One percentile bound, and the times with which the judge found it missed."""

    def __init__(self, bound: Bound, tail: Tail, scenario: Scenario) -> None:
        self.bound, self.tail, self.scenario = bound, tail, scenario
        self._late: dict[int, list[Times]] = {}
        self._judged: dict[Times, float] = {}
        self._covered: set[Times] = set()

    def refuses(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether a design is late, by what is known or else by the judge."""
        times = self.tail.times_of(design)
        return self._covers(times) or not self.bound.holds(self._percentile(times, design))

    def covers(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether a design is in every part as slow as one that is known to be late, or slower."""
        return self._covers(self.tail.times_of(design))

    def refuses_clearly(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether a design is late by so much that every other one that is no faster in any part is late too."""
        return self._clearly(design)

    def _clearly(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether a design is late, and by more than the judge's error."""
        times = self.tail.times_of(design)
        return self._covers(times) or self._beyond(self._percentile(times, design))

    def _beyond(self, percentile: float) -> bool:
        return percentile > self.bound.limit * (1 + CLEARLY)

    def _percentile(self, times: Times, design: Mapping[str, Candidate]) -> float:
        if times not in self._judged:
            self._judged[times] = percentile_of(design, self.scenario, self.bound.metric)
            if self._beyond(self._judged[times]):
                self._late.setdefault(times[0], []).append(times)
        return self._judged[times]

    def _covers(self, times: Times) -> bool:
        if times not in self._covered and times not in self._judged and self._slower(times):
            self._covered.add(times)
        return times in self._covered

    def _slower(self, times: Times) -> bool:
        import numpy as np

        if times[0] not in self._late:
            return False
        late = np.array(self._late[times[0]], dtype=np.intp)
        for place, role in enumerate(self.tail.roles, start=1):
            late = late[self.tail.order(role).beats(late[:, place], times[place])]
        return bool(len(late))

    # --- cases -------------------------------------------------------------------------------------------------------

    def narrowed(self, case: Case, pool: Mapping[str, Sequence[Candidate]]) -> Case:
        """Return a case without candidates with which no design is in time, as far as the fastest designs show it.

        Looked at only where the fastest designs are so near to the bound that the lattices cannot tell.
        """
        import numpy as np

        parts = zip(pool.items(), case.kept, strict=True)
        known = {role: [found[int(place)] for place in kept] for (role, found), kept in parts}
        rows = {role: self.tail.rows_of(role, pool[role])[kept] for role, kept in zip(pool, case.kept, strict=True)}
        rows = {role: own for role, own in rows.items() if role in self.tail.roles}
        with_row = {role: dict(zip(own.tolist(), known[role], strict=True)) for role, own in rows.items()}
        few = _Few({role: found[0] for role, found in known.items()}, with_row)
        fastest = {role: self._fastest(role, np.unique(own)) for role, own in rows.items()}
        if math.prod(len(own) for own in fastest.values()) > MOST_FASTEST or not self._near(few, fastest):
            return case
        out = {role: self._out(few, fastest, role) for role in rows}
        if not any(out.values()):
            return case
        masks = [
            ~np.isin(rows[role], out[role]) if role in rows else np.ones(len(kept), dtype=bool)
            for role, kept in zip(pool, case.kept, strict=True)
        ]
        return case.taken(masks)

    def _fastest(self, role: str, rows: Rows) -> list[int]:
        """Return some of a role's times such that each of the others is as slow as one of them, or slower."""
        import numpy as np

        count, found = len(rows), list[int]()
        pairs = self.tail.order(role).pairs(np.repeat(rows, count), np.tile(rows, count))
        beats = pairs.reshape(count, count).tolist()
        for place in range(count):
            if not any(beats[one][place] for one in found):
                found = [one for one in found if not beats[place][one]] + [place]
        return [int(rows[place]) for place in found]

    def _near(self, few: _Few, fastest: Mapping[str, Sequence[int]]) -> bool:
        """Return whether none of the fastest designs is clearly in time."""
        return all(self.tail.within(design) < self.tail.level + NEAR for design in few.designs(fastest))

    def _out(self, few: _Few, fastest: Mapping[str, Sequence[int]], role: str) -> list[int]:
        """Return times of a role with which even the fastest of all others are late.

        The fastest of them is looked for by bisection; then those slower than it are looked at. Where the lattice tells
        the judge is not asked: it ends ``ROOM`` beyond the limit, so with a chance that is too small there, for all
        that the lattice may have got wrong, a design is late by more than :data:`CLEARLY`.
        """
        import numpy as np

        rows = np.array(sorted(few.with_row[role]), dtype=np.intp)
        others = list(few.designs({**fastest, role: rows[:1].tolist()}))
        chances = np.array([self.tail.with_each(role, rows, design, self.tail.cached(design)) for design in others])
        place = {row: at for at, row in enumerate(rows.tolist())}

        def late(row: int) -> bool:
            open_ = np.flatnonzero(chances[:, place[row]] >= self.tail.level - MARGIN)
            return all(self._clearly({**others[one], role: few.with_row[role][row]}) for one in open_)

        by_chance = sorted(place, key=lambda row: (-chances[0, place[row]], row))
        first = bisect.bisect_left(by_chance, True, key=late)
        return [row for row in by_chance[first:] if late(row)]


@dataclass(frozen=True)
class _Few:
    """A design, and for each of the roles that take time a candidate with each of its times."""

    some: Mapping[str, Candidate]
    with_row: Mapping[str, Mapping[int, Candidate]]

    def designs(self, rows: Mapping[str, Sequence[int]]) -> Iterator[dict[str, Candidate]]:
        """Yield every design with some of its times in each role."""
        for chosen in itertools.product(*rows.values()):
            times = zip(rows, chosen, strict=True)
            yield {**self.some, **{role: self.with_row[role][row] for role, row in times}}

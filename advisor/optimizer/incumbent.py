"""A good design before the search: many quick starts, then exchanging one or two roles at a time.

Starts come from a separable stand-in: for each percentile bound the logarithm of a moment ``E[exp(theta X)]``, weighted
more and more against the goal. Exchanges are exact: with all other roles fixed the chance to end in time is linear in a
candidate's masses, so all candidates of a role are tried with one product. Nothing here has to be right, only good: the
search that follows has the proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case, better_than
from advisor.optimizer.exchanging import Others
from advisor.optimizer.products import products
from advisor.optimizer.tabled import POINTS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

CELLS = 2  # so many points of a lattice are one here: as it ends ROOM, which is one cell, beyond T, it then ends at T
TILTS = (-12.0, -5.0, -2.0, -0.5, 1.0, 3.0)  # of exp(tilt * (1 - X / T)), negative ones weigh late times
WEIGHTS = 20  # so many weights of time against the goal for each tilt
STARTS = (1, 4)  # so many designs are improved at first, and when that was not enough
BEYOND = 1.3  # times T: where times beyond T are taken to lie
PASSES = 12


class Exchange:
    """Improves designs of a case.

    Args:
        margin: by how much more the chances have to be above what is asked for.
    """

    def __init__(self, case: Case, margin: float = 0.0) -> None:
        self.case = case
        self.tails = [tail.coarser(CELLS, down=False) for tail in case.tails]
        self.asked = [tail.level + margin for tail in case.tails]
        self._met: set[tuple[int, ...]] = set()  # designs that no exchange of one role makes better

    def best_of(self, prices: Sequence[Array], *, again: bool = False) -> tuple[int, ...] | None:
        """Return the best design reached from quick starts; None if none is feasible.

        ``again``: from the next best starts.
        """
        import numpy as np

        designs = np.array(list(self._quick(prices)), dtype=np.intp)
        missed = self._missed(designs)
        goals = self.case.values(designs)
        best: tuple[int, ...] | None = None
        value = math.inf
        first, more = STARTS
        for number in np.lexsort((goals, missed))[first if again else 0 : first + more if again else first]:
            found = self.improved(designs[number])
            if found is not None and self.case.value(found) < value:
                best, value = found, self.case.value(found)
        return best

    def _quick(self, prices: Sequence[Array]) -> Iterator[tuple[int, ...]]:
        """Yield designs that take for each role the least of a price and a weighted stand-in for its time."""
        import numpy as np

        seen: dict[tuple[int, ...], None] = {}
        late = self._late() if self.tails else []
        for cost in (self.case.goal, prices):
            spread = float(np.mean([np.ptp(c) for c in cost])) or 1.0
            for times in late:
                scale = spread / (float(np.mean([np.ptp(x) for x in times])) or 1.0)
                weights = np.geomspace(1e-2, 1e3, WEIGHTS)[:, None] * scale
                chosen = [np.argmin(c + weights * x, axis=1) for c, x in zip(cost, times, strict=True)]
                seen |= dict.fromkeys(tuple(row) for row in np.column_stack(chosen).tolist())
            seen[tuple(int(np.argmin(c)) for c in cost)] = None
        yield from sorted(seen)

    def _late(self) -> list[list[Array]]:
        """Return for each tilt and role a stand-in for how late its candidates make flows: logarithms of moments."""
        import numpy as np

        found = [np.zeros((len(TILTS), len(goal))) for goal in self.case.goal]
        tilts = np.array(TILTS)[:, None]
        weights = np.exp(-tilts * np.linspace(0.0, 1.0, POINTS // CELLS))
        for tail in self.tails:
            for role, rows in enumerate(tail.rows):
                for times in (tail.before[role], tail.past[role]):
                    if times is not None:
                        own, where = np.unique(rows, return_inverse=True)
                        masses = times.masses[own]
                        beyond = np.maximum(1.0 - masses.sum(axis=1), 0.0) * np.exp(-tilts * BEYOND)
                        found[role] -= (np.sign(tilts) * np.log(products(weights, masses) + beyond))[:, where]
        return [[times[number] for times in found] for number in range(len(TILTS))]

    def _missed(self, designs: Indices) -> Array:
        """Return by how much designs miss limits and percentile bounds together; 0 when they meet all."""
        import numpy as np

        missed: Array = np.maximum(self.case.uses(designs) - self.case.room, 0.0).sum(axis=1)
        for tail, asked in zip(self.tails, self.asked, strict=True):
            missed += _short(tail.of(designs), asked)
        return missed

    def improved(self, start: Indices) -> tuple[int, ...] | None:
        """Return a feasible design from which no exchange of one or two roles leads to a better one.

        None also where exchanges lead to a design that another start has led to: they would go on alike.
        """
        import numpy as np

        design = np.array(start, dtype=np.intp)
        for _ in range(PASSES):
            last = len(design)
            for _ in range(PASSES):
                last = self._exchange_one(design, last)
                if not last:
                    break
            if (here := tuple(design.tolist())) in self._met or self._missed(design[None])[0] > 0:
                return None
            self._met.add(here)
            if not self._exchange_two(design):
                break
        return tuple(int(j) for j in design)

    def _exchange_one(self, design: Indices, until: int) -> int:
        """Take, role by role, the candidate with which least is missed, then with the least goal.

        ``until``: nothing has changed since this role was looked at, so unless something changes before it the pass
        ends there. Return the last role that was changed, in the same sense; 0 when nothing can change any more.

        Where nothing is missed only candidates are of interest that cost less and keep the limits.
        """
        import numpy as np

        case, changed, met = self.case, 0, False
        used, others = case.uses(design[None])[0], [Others(tail, design) for tail in self.tails]
        for role, goal in enumerate(case.goal):
            if role >= until and not changed:
                break
            here = design[role]
            missed = np.maximum(used - case.rows[role][here] + case.rows[role] - case.room, 0.0).sum(axis=1)
            cheaper = goal < better_than(goal[here])
            if len(goal) > 1 and not (met and not (cheaper & (missed <= 0)).any()):
                for other, asked in zip(others, self.asked, strict=True):
                    if other.chances.touches(role):
                        missed += _short(other.with_each(role), asked)
                met = bool(missed[here] <= 0)
                best = int(np.lexsort((goal, missed))[0])
                if missed[best] < missed[here] or (missed[best] == missed[here] and cheaper[best]):
                    design[role], changed, met = best, role + 1, bool(missed[best] <= 0)
                    used = case.uses(design[None])[0]
            for other in others:
                other.passed(role, design[role])
        return changed

    def _exchange_two(self, design: Indices) -> bool:
        """Exchange two roles where that makes the goal better and everything still holds."""
        goal, changed = self.case.goal, False
        least = [float(own.min()) for own in goal]
        for first in range(len(design)):
            for second in range(first + 1, len(design)):
                here = goal[first][design[first]] + goal[second][design[second]]
                if least[first] + least[second] < better_than(here):
                    changed |= self._exchange_pair(design, first, second)
        return changed

    def _exchange_pair(self, design: Indices, first: int, second: int) -> bool:
        import numpy as np

        case = self.case
        goal = case.goal[first][:, None] + case.goal[second]
        good = goal < better_than(goal[design[first], design[second]])
        if not good.any():
            return False
        others = case.uses(design[None])[0] - case.rows[first][design[first]] - case.rows[second][design[second]]
        for k, room in enumerate(case.room - others):
            good &= case.rows[first][:, k, None] + case.rows[second][:, k] <= room
        rows = np.flatnonzero(good.any(axis=1))
        for tail, asked in zip(self.tails, self.asked, strict=True):
            if rows.size and (tail.touches(first) or tail.touches(second)):
                good[rows] &= tail.with_two(design, first, rows, second) >= asked
                rows = np.flatnonzero(good.any(axis=1))
        if not rows.size:
            return False
        best = int(np.argmin(np.where(good, goal, np.inf)))
        design[first], design[second] = divmod(best, goal.shape[1])
        return True


def _short(chance: Array, asked: float) -> Array:
    """Return by how much chances fall short of what is asked, in units of what may be late."""
    import numpy as np

    short = math.log(asked) - np.log(np.maximum(chance, 1e-30))
    found: Array = np.maximum(short / -math.log(asked), 0.0)
    return found

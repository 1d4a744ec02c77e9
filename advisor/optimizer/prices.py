"""Prices of limits: what turns limits into a bound of the goal, and shows which candidates are out.

For prices u >= 0 of the rows ``a x <= b``, every design that meets them has ``goal >= goal + u (a x - b)``. The right
side is least when each role takes its cheapest candidate on its own. A candidate that costs more than the bound leaves
room for can be in no design that is good enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case
from advisor.optimizer.chances import THETAS
from advisor.optimizer.solver import multipliers

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

ROUNDING = 1e-9  # of sums, relative


@dataclass(frozen=True)
class Prices:
    """Prices of the limits of a case and of necessary conditions for its percentile bounds."""

    rows: Array
    necessary: tuple[tuple[int, float, float], ...]  # (tail, theta, price)

    def costs(self, case: Case, without: int = -1) -> tuple[list[Array], float]:
        """Return what each candidate costs under the prices and what the room is worth; leave out one tail's."""
        costs = [goal + rows @ self.rows for goal, rows in zip(case.goal, case.rows, strict=True)]
        room = float(case.room @ self.rows)
        for tail, theta, price in self.necessary:
            row = case.tails[tail].necessary(theta) if tail != without else None
            if row is not None:
                costs = [c + price * used for c, used in zip(costs, row[0], strict=True)]
                room += price * row[1]
        return costs, room

    def bound(self, case: Case) -> float:
        """Return a bound of the goal without its constant."""
        costs, room = self.costs(case)
        return sum(float(c.min()) for c in costs) - room


def priced(case: Case) -> Prices | None:
    """Return the prices that give the best bound, None when even the relaxation is infeasible."""
    import numpy as np

    rows, room, names = [*np.concatenate(case.rows).T], list(case.room), []
    for number, tail in enumerate(case.tails):
        for theta in THETAS:
            row = tail.necessary(theta)
            if row is not None:
                rows.append(np.concatenate(row[0]))
                room.append(row[1])
                names.append((number, theta))
    costs, sizes = np.concatenate(case.goal), [len(kept) for kept in case.kept]
    found = multipliers(costs, sizes, np.array(rows).reshape(len(rows), len(costs)), np.array(room))
    if found is None:
        return None
    own = len(case.room)
    paid = tuple((*name, float(p)) for name, p in zip(names, found[own:], strict=True) if p > 0)
    return Prices(found[:own], paid)


def within(case: Case, prices: Prices, most: float) -> Case:
    """Return the case without candidates that cost too much under the prices for a goal below ``most``."""
    import numpy as np

    if math.isinf(most):
        return case
    costs, room = prices.costs(case)
    spare = most - case.constant + room - sum(float(c.min()) for c in costs)
    slip = ROUNDING * max(abs(most), abs(room), 1e-6)
    return case.taken([np.flatnonzero(c - c.min() <= spare + slip) for c in costs])

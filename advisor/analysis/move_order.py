"""In which order roles are changed one at a time, so that what runs in between breaks as little as possible.

Every design in between (some roles as today, the others as proposed) is judged. The best order has the fewest broken
requirements, added up over all designs in between, and among those the least running cost: a dynamic programme over
sets of changed roles. Where the sets are too many, each next change is the best one by itself, and that is said.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.analysis.changes import CarriedOver, carried_over
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation

MOST_EXACT = 8  # changes whose orders are all compared: 2^8 designs are judged
CANNOT_RUN = 1000  # counts as so many broken requirements

Weight = tuple[int, float]


@dataclass(frozen=True)
class Stage:
    """One change of the way. ``then``: what runs after it."""

    role: str
    then: CarriedOver

    @property
    def broken(self) -> int | None:
        """How many requirements the design after this change breaks; None when it cannot be run."""
        found = self.then.evaluation
        return sum(not check.holds for check in found.checks) if found else None


class _Between:
    """The designs in between, judged once each."""

    def __init__(self, table: Table, today: Evaluation, best: Evaluation) -> None:
        self.table, self.today, self.best = table, today.design, best.design
        self.known: dict[frozenset[str], CarriedOver] = {}

    def at(self, done: frozenset[str]) -> CarriedOver:
        """Return what the design does in which these roles are as proposed and the others as today."""
        if done not in self.known:
            mixed: Mapping[str, Candidate] = {
                role: self.best[role] if role in done else c for role, c in self.today.items()
            }
            self.known[done] = carried_over(judge(mixed, self.table.scenario), self.table)
        return self.known[done]

    def weight(self, done: frozenset[str]) -> Weight:
        """Return (broken requirements, running cost) of a design in between."""
        found = self.at(done).evaluation
        if found is None:
            return CANNOT_RUN, 0.0
        cost = found.bill_usd_per_month + found.operations_usd_per_month
        return sum(not check.holds for check in found.checks), cost


def order(table: Table, today: Evaluation, best: Evaluation, changing: Sequence[str]) -> tuple[tuple[Stage, ...], bool]:
    """Return the changes in order, and whether no other order is better."""
    between = _Between(table, today, best)
    exact = len(changing) <= MOST_EXACT
    roles = _best_order(between, changing) if exact else _greedy_order(between, changing)
    done = [frozenset(roles[: count + 1]) for count in range(len(roles))]
    return tuple(Stage(role, between.at(some)) for role, some in zip(roles, done, strict=True)), exact


def _best_order(between: _Between, changing: Sequence[str]) -> list[str]:
    """Return the order of least weight, added up over the designs in between; of equal ones the first by role."""
    least: dict[frozenset[str], tuple[Weight, list[str]]] = {frozenset(): ((0, 0.0), [])}
    for size in range(1, len(changing) + 1):
        for some in itertools.combinations(changing, size):
            done = frozenset(some)
            own = between.weight(done) if size < len(changing) else (0, 0.0)
            paths = [(least[done - {role}], role) for role in some]
            (before, path), role = min(paths, key=lambda p: (p[0][0][0], _cents(p[0][0][1]), [*p[0][1], p[1]]))
            least[done] = (before[0] + own[0], math.fsum((before[1], own[1]))), [*path, role]
    return least[frozenset(changing)][1]


def _cents(usd: float) -> int:
    """Return an amount in cents, so that sums in another order compare as equal."""
    return round(100 * usd)


def _greedy_order(between: _Between, changing: Sequence[str]) -> list[str]:
    found: list[str] = []
    while len(found) < len(changing):
        left = [role for role in changing if role not in found]
        found.append(min(left, key=lambda role: (*between.weight(frozenset([*found, role])), role)))
    return found

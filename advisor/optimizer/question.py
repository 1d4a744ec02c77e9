"""What is asked of the exact engine, and the cases into which it falls, as arrays."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.optimizer.case import Case
from advisor.optimizer.chances import Chances, chances
from advisor.optimizer.counted import Counted, counted
from advisor.optimizer.linear import Linear
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.situations import Situation
from advisor.optimizer.tails import Tail

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

Design = dict[str, Candidate]
MOST_CASES = 256
COUNT_SLIP = 1e-6
FEW_SETS = 8  # of names that are each a case of its own, when one optimum is asked for


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        pool: role -> candidates. open: role -> which of them may be chosen.
        goal: to be minimised. rows: sums with what each may be at most.
        tails: the percentile bounds.
        distinct: what is counted, by metric: role -> the clouds (vendors, own systems) of each candidate.
        situations: those between which all designs are divided.
        consistent: design -> the one that it stands for where something is still open, None when there is none.
        few: so many sets of names are each a case of its own; more are settled bit by bit.
        missable: leave percentile bounds out of cases in which every design meets them.
    """

    pool: Mapping[str, Sequence[Candidate]]
    open: Mapping[str, Mask]
    goal: Linear
    rows: Sequence[tuple[Linear, float]]
    tails: Sequence[Tail]
    distinct: Mapping[str, Mapping[str, Sequence[frozenset[str]]]]
    situations: Sequence[Situation]
    consistent: Callable[[Design], Mapping[str, Candidate] | None] = lambda design: design
    few: int = FEW_SETS
    missable: bool = False

    def sets(self) -> list[Mapping[str, frozenset[str]]]:
        """Return what may be used of all that is counted, by metric; a metric is missing where no number matters.

        Raises:
            TooHardError: there are more than ``MOST_CASES``.
        """
        found: list[Mapping[str, frozenset[str]]] = [{}]
        for metric in self.distinct:
            names, sizes = self.sizes(metric)
            if sizes is None or self.settles_bit_by_bit(metric):
                continue
            if len(found) * sum(math.comb(len(names), size) for size in sizes) > MOST_CASES:
                raise TooHardError
            some = [frozenset(few) for size in sizes for few in itertools.combinations(names, size)]
            found = [{**known, metric: few} for known in found for few in some]
        return found

    def sizes(self, metric: str) -> tuple[list[str], range | None]:
        """Return what there is to count and the numbers of it to look at, None where no number matters.

        Fewer than none cannot be: there is no number to look at, and so no set and no design.
        """
        taken = (zip(found, self.open[role], strict=True) for role, found in self.distinct[metric].items())
        names = sorted({name for pairs in taken for own, yes in pairs if yes for name in own})
        counted = [(row, room) for row, room in self.rows if row.per_count.get(metric)]
        most = len(names)
        for row, room in counted:
            if not row.weights and len(row.per_count) == 1:
                most = min(most, math.floor((room - row.constant) / row.per_count[metric] + COUNT_SLIP))
        if most < 0:
            return names, range(0)
        if self.goal.per_count.get(metric) or any(row.weights or len(row.per_count) > 1 for row, _ in counted):
            return names, range(most + 1)
        return names, range(most, most + 1) if most < len(names) else None

    def settles_bit_by_bit(self, metric: str) -> bool:
        """Return whether a number is only bounded, with too many sets of names to look at each."""
        names, sizes = self.sizes(metric)
        return sizes is not None and len(sizes) == 1 and math.comb(len(names), sizes[0]) > self.few

    @cached_property
    def counts(self) -> tuple[Counted, ...]:
        """The bounds on numbers of names that are settled bit by bit. Raises TooHardError."""
        found = []
        for metric in filter(self.settles_bit_by_bit, self.distinct):
            names, sizes = self.sizes(metric)
            assert sizes is not None
            one = counted(sizes[0], {role: self.distinct[metric][role] for role in self.pool}, names)
            if one is None:
                raise TooHardError
            found.append(one)
        return tuple(found)

    def case(self, situation: Situation, allowed: Mapping[str, frozenset[str]], counts: Sequence[Counted] = ()) -> Case:
        """Return a case as arrays; of what ``allowed`` does not speak about any number may be used, and counts as 0."""
        import numpy as np

        kept = {}
        for role in self.pool:
            mask = self.open[role] & situation.fits[role]
            for count in counts:
                mask = mask & count.fits(role)
            for metric, names in allowed.items():
                mask = mask & np.array([own <= names for own in self.distinct[metric][role]], dtype=bool)
            kept[role] = np.flatnonzero(mask)
        sums = [(row, room) for row, room in self.rows if row.weights or len(row.per_count) > 1]
        rows = [
            np.array([_weights(row, role, at) for row, _ in sums]).reshape(len(sums), len(at)).T
            for role, at in kept.items()
        ]
        room = np.array([most - row.constant - _counted(row, allowed) for row, most in sums])
        possible = all(len(at) for at in kept.values())
        return Case(
            tuple(kept.values()),
            tuple(_weights(self.goal, role, at) for role, at in kept.items()),
            self.goal.constant + _counted(self.goal, allowed),
            tuple(rows),
            room,
            tuple(self._chances(tail, situation.caches, kept) for tail in self._tails(situation)) if possible else (),
        )

    def _chances(self, tail: Tail, caches: frozenset[str], kept: Mapping[str, Any]) -> Chances:
        return chances(tail, self.pool, kept, tail.cache in caches)

    def _tails(self, situation: Situation) -> Sequence[Tail]:
        """Return the percentile bounds that cases of a situation are to have.

        Every design of a case is one of the situations with the same use of the caches that all designs are divided
        between. If each of these meets a bound with each role at its slowest, so does each of those.
        """
        caches = situation.caches
        if not self.missable:
            return self.tails
        if caches not in self._asked:
            roots = [one for one in self.situations if one.caches == caches]
            self._asked[caches] = [tail for tail in self.tails if not self._always_met(tail, roots)]
        return self._asked[caches]

    @cached_property
    def _asked(self) -> dict[frozenset[str], Sequence[Tail]]:
        return {}

    def _always_met(self, tail: Tail, roots: Sequence[Situation]) -> bool:
        """Return whether every design of some situations meets a bound, with room for what the lattice gets wrong."""
        import numpy as np

        if not roots:
            return False
        fits = {role: np.logical_or.reduce([one.fits[role] for one in roots]) for role in self.pool}
        kept = {role: np.flatnonzero(self.open[role] & mask) for role, mask in fits.items()}
        return all(len(at) for at in kept.values()) and self._chances(tail, roots[0].caches, kept).always_holds()


def _counted(part: Linear, allowed: Mapping[str, frozenset[str]]) -> float:
    return math.fsum(each * len(allowed.get(metric, ())) for metric, each in part.per_count.items())


def _weights(part: Linear, role: str, at: Any) -> Array:
    import numpy as np

    return part.weights[role][at] if role in part.weights else np.zeros(len(at))

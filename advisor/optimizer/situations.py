"""What couples roles, taken apart: in each situation every role may choose on its own.

A situation says which caches are in use, and in the end for each pair of choices which way it holds and for each caller
where it is. As long as some of that is open a situation is a relaxation: it holds every design that it would hold with
all settled, and others that contradict themselves. Only where such a one would be the answer is one thing more settled.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.compatibility import Need, all_needs
from advisor.scenario.pairs import Member, Pair

if TYPE_CHECKING:
    import numpy as np

    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Masks = Mapping[str, Mask]


@dataclass(frozen=True)
class Situation:
    """What is settled before roles choose.

    Attributes:
        caches: those in use.
        fits: role -> which of its candidates go with all that is settled.
        open: for each thing that is not settled yet the ways in which it can be, the most important first.
    """

    caches: frozenset[str]
    fits: Masks
    open: tuple[Sequence[Masks], ...] = ()

    @property
    def possible(self) -> bool:
        """Whether every role has a candidate."""
        return all(mask.any() for mask in self.fits.values())

    def split(self) -> Iterator[Situation]:
        """Yield the possible situations when one thing more is settled. Every design is in one of them."""
        for masks in self.open[0]:
            fits = {role: m & masks[role] if role in masks else m for role, m in self.fits.items()}
            found = Situation(self.caches, fits, self.open[1:])
            if found.possible:
                yield found


def fitting(
    pool: Mapping[str, Sequence[Candidate]], cache_roles: Collection[str], caches: frozenset[str]
) -> dict[str, Mask]:
    """Return role -> which of its candidates go with exactly these caches in use."""
    import numpy as np

    def fits(role: str, c: Candidate) -> bool:
        sized = all((cache in caches) == yes for cache, yes in c.behind.items())
        return sized and (role not in cache_roles or c.is_none != (role in caches))

    return {role: np.array([fits(role, c) for c in found], dtype=bool) for role, found in pool.items()}


def ways_of(pair: Pair, pool: Mapping[str, Sequence[Candidate]]) -> list[Masks]:
    """Return the ways in which a pair can hold; each speaks about the roles in which one of its sides can be.

    Apart: one side is nowhere, or the other is. Together: both are nowhere, or each is somewhere: one way for each two
    roles that they can be in.
    """
    first, second = (_in_roles(member, pool) for member in pair.members)
    if pair.kind == "apart":
        return [{role: ~mask for role, mask in side.items()} for side in (first, second)]
    neither = {role: ~mask for role, mask in first.items()}
    neither |= {role: ~mask & neither[role] if role in neither else ~mask for role, mask in second.items()}
    both = [
        {r: a & b} if r == s else {r: a, s: b} for (r, a), (s, b) in itertools.product(first.items(), second.items())
    ]
    return [neither, *both]


def ways_to_share(group: Sequence[str], pool: Mapping[str, Sequence[Candidate]]) -> list[Masks]:
    """Return the ways in which roles can share units: not at all, or all of them the same."""
    import numpy as np

    named = {role: [c.system if c.shared else "" for c in pool[role]] for role in group}
    systems = dict.fromkeys(name for name in named[group[0]] if name)
    return [{role: np.array([n == name for n in names]) for role, names in named.items()} for name in ("", *systems)]


def ways_to_fit(need: Need, pool: Mapping[str, Sequence[Candidate]]) -> list[Masks]:
    """Return the ways in which a need can be met: nothing has it, or the other role has what meets it.

    None where nothing in the pool has the need, or all meet it: then there is nothing to settle.
    """
    import numpy as np

    fits = np.array([need.met_by(c) for c in pool[need.role]], dtype=bool)
    having = {role: np.array([need in all_needs([c]) for c in found], dtype=bool) for role, found in pool.items()}
    having = {role: mask for role, mask in having.items() if mask.any()}
    if not having or fits.all():
        return []
    return [{role: ~mask for role, mask in having.items()}, {need.role: fits}]


def _in_roles(member: Member, pool: Mapping[str, Sequence[Candidate]]) -> dict[str, Mask]:
    """Return role -> which candidates run it, for the roles that have such."""
    import numpy as np

    found = {role: np.array([member.within(c) for c in candidates], dtype=bool) for role, candidates in pool.items()}
    return {role: mask for role, mask in found.items() if mask.any()}

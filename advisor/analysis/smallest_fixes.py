"""Which requirements must change, at least, for a design to exist: the smallest sets, all of them.

A set of requirements whose removal leaves a design is a *fix*. It must hit every conflict (Reiter, 1987): a set that
spares one is no fix, and needs no solving to be ruled out. Sets are tried by size; one that is no fix after all shows
a conflict that was not known, and what spares that one is ruled out too (Liffiton and Sakallah, 2008).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from advisor.scenario.requirements import Requirement

MOST_TOGETHER = 3  # requirements that are changed at once
Conflict = tuple[Requirement, ...]


@dataclass(frozen=True)
class Fixes:
    """The smallest fixes.

    Attributes:
        sets: every fix of the smallest size, in the order of the requirements; () when none was found.
        conflicts: minimal conflicts met on the way.
        open: sets that the time limit left open. With any of them, ``sets`` may lack some.
        more_than: when nothing was found and nothing is open: how many requirements are too few.
    """

    sets: tuple[tuple[Requirement, ...], ...]
    conflicts: tuple[Conflict, ...]
    open: tuple[tuple[Requirement, ...], ...] = ()
    more_than: int = 0


def smallest_fixes(
    requirements: Sequence[Requirement],
    conflict: Conflict,
    feasible_without: Callable[[Conflict], bool | None],
    blame_without: Callable[[Conflict], Conflict | None],
    most: int = MOST_TOGETHER,
) -> Fixes:
    """Return the smallest sets of requirements without which there is a design.

    Args:
        conflict: a minimal conflict that is known; () when no requirement is to blame, so that nothing can help.
        feasible_without: whether there is a design without some requirements; None when time left it open.
        blame_without: a minimal conflict among the others; None when time left it open.

    >>> from advisor.scenario.requirements import Bound
    >>> a, b, c = (Bound(name, name, True, 1.0) for name in "abc")     # a conflicts with b, and with c
    >>> without = {(a,): True, (b,): False, (c,): False}
    >>> found = smallest_fixes([a, b, c], (a, b), without.get, lambda gone: (a, c))
    >>> [[one.path for one in fix] for fix in found.sets]
    [['a']]
    """
    search = _Search(requirements, [conflict] if conflict else [], feasible_without, blame_without)
    for size in range(1, most + 1):
        found, left = search.of_size(size)
        if found or left:
            return Fixes(tuple(found), tuple(search.conflicts), tuple(left))
    return Fixes((), tuple(search.conflicts), (), most)


class _Search:
    def __init__(
        self,
        requirements: Sequence[Requirement],
        conflicts: list[Conflict],
        feasible_without: Callable[[Conflict], bool | None],
        blame_without: Callable[[Conflict], Conflict | None],
    ) -> None:
        self.requirements, self.conflicts = requirements, conflicts
        self.feasible_without, self.blame_without = feasible_without, blame_without
        self.failed: list[Conflict] = []

    def of_size(self, size: int) -> tuple[list[Conflict], list[Conflict]]:
        """Return the fixes of a size, and the sets that time left open."""
        found, left = [], []
        self._explain_failures()
        for some in combinations(self.requirements, size):
            if not self.conflicts or not self._hits_all(some):
                continue
            verdict = self.feasible_without(some)
            if verdict is None:
                left.append(some)
            elif verdict:
                found.append(some)
            else:
                self.failed.append(some)
                if size > 1:  # single ones are few, and each is tested faster than its conflict is found
                    self._explain_failures()
        return found, left

    def _explain_failures(self) -> None:
        """Find the conflict that a set which is no fix leaves, unless one that is known shows it."""
        for some in self.failed:
            if self._hits_all(some) and (shown := self.blame_without(some)):
                self.conflicts.append(shown)
        self.failed = []

    def _hits_all(self, some: Conflict) -> bool:
        return all(set(some) & set(members) for members in self.conflicts)

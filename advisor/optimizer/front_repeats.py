"""Cases of a front that another case makes needless: whatever is chosen there, the other one has it or better.

Where a role's place makes no difference to any other, the cases that settle it have much the same candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case
from advisor.optimizer.chances import Chances

if TYPE_CHECKING:
    import numpy as np

    Mask = np.ndarray[Any, np.dtype[np.bool_]]


def without_repeats(cases: Sequence[Case]) -> list[Case]:
    """Return the cases that no other one makes needless; of two that do so for each other the first stays.

    A case is needless beside another one that adds no more and has as much room of every limit if each of its
    candidates has one of the same role there whose goal, uses of all limits and times are no worse: replaced one by
    one, every design becomes one of the other case that is as good, as for candidates of one case
    (:func:`advisor.optimizer.thinning.thinned`).
    """
    kept: list[Case] = []
    for case in cases:
        if not any(_covers(other, case) for other in kept):
            kept = [other for other in kept if not _covers(case, other)] + [case]
    return kept


def _covers(one: Case, other: Case) -> bool:
    """Return whether every design of the other case has one here that is as good."""
    same = one.constant <= other.constant and bool((one.room >= other.room).all())
    alike = all(_alike(a, b) for a, b in zip(one.tails, other.tails, strict=True))
    return same and alike and all(_role_covers(one, other, role) for role in range(len(one.goal)))


def _alike(one: Chances, other: Chances) -> bool:
    """Return whether two forms of a percentile bound differ in nothing but the candidates."""
    times = zip((*one.before, *one.past), (*other.before, *other.past), strict=True)
    return one.hits == other.hits and one.level == other.level and all(a is b for a, b in times)


def _role_covers(one: Case, other: Case, role: int) -> bool:
    """Return whether each candidate of a role of the other case has one here that is as good."""
    import numpy as np

    good: Mask = one.goal[role][:, None] <= other.goal[role]
    for mine, theirs in zip(one.rows[role].T, other.rows[role].T, strict=True):
        good &= mine[:, None] <= theirs
    if not good.any(axis=0).all():
        return False
    better, worse = np.nonzero(good)
    for mine, theirs in zip(one.tails, other.tails, strict=True):
        if mine.touches(role):
            fast = mine.order[role].pairs(mine.rows[role][better], theirs.rows[role][worse])
            better, worse = better[fast], worse[fast]
    return len(np.unique(worse)) == len(other.goal[role])

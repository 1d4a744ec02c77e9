"""Cases of a front put together: what differs between them is which candidates there are and what these add to a goal.

Each place that a role may have makes cases of its own, and most of what is searched in one is searched in the next one
again: the same candidates with the same times, only that some calls now cross from one cloud to another and cost a
little more. In a union each of them stands once, with what it adds to the goal in each case; it adds infinitely much
where the case does not have it. What a design costs is the least of all cases, so a beginning carries one goal for each
of them, and is needed beside another one unless that is no worse in every case. With each candidate's least goal of any
case a union is a case itself, a relaxation of all of them: what no design reaches there, none reaches in any.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case
from advisor.optimizer.chances import Chances

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class Union:
    """Cases with the same limits and the same bounds on times.

    Attributes:
        case: every candidate once, with its least goal of any case; its constant is the least one of all.
        goals: for each role what each candidate (down) adds in each case (across); infinite where it is not in it.
        constants: what each case adds besides.
        kept: for each role where each candidate (down) of each case (across) stands in the pool.
    """

    case: Case
    goals: tuple[Array, ...]
    constants: Array
    kept: tuple[Indices, ...]

    @cached_property
    def above(self) -> list[Array]:
        """What the goals are above the least ones."""
        return [goals - least[:, None] for goals, least in zip(self.goals, self.case.goal, strict=True)]

    @property
    def constants_above(self) -> Array:
        """What the constants are above the least one."""
        return self.constants - self.case.constant

    @property
    def most_above(self) -> float:
        """What the goal of no design is above the sum of the least goals, in a case that has it."""
        import numpy as np

        return float(self.constants_above.max()) + sum(float(own[np.isfinite(own)].max()) for own in self.above)

    @property
    def most_goal(self) -> float:
        """What no design's goal is above."""
        import numpy as np

        return float(self.constants.max()) + sum(float(own[np.isfinite(own)].max()) for own in self.goals)

    def totals(self, designs: Indices) -> tuple[Array, Indices]:
        """Return the goals of designs, and in which case each has it; infinite where they are in none."""
        import numpy as np

        found = np.repeat(self.constants[None], len(designs), axis=0)
        for role, goals in enumerate(self.goals):
            found += goals[designs[:, role]]
        best = found.argmin(axis=1)
        return found[np.arange(len(found)), best], best


def united(cases: Sequence[Case], names: Sequence[Indices], alike: float = math.inf) -> list[Union]:
    """Return cases put together as far as their limits and their bounds on times are the same.

    What a design costs at least is told the worse the more the cases of a union differ in that. With all of them
    together good designs are found soonest, with those that are alike what is left is proved soonest.

    Args:
        alike: the most by which what all cheapest candidates add up to may differ, as a share of it.
        names: for each role a number for each candidate of its pool, the same for copies of one.
    """
    groups: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.room.tobytes(), *(_form(tail) for tail in case.tails)), []).append(case)
    return [_union(some, names) for group in groups.values() for some in _alike(group, alike)]


def _alike(cases: Sequence[Case], share: float) -> Iterator[list[Case]]:
    """Yield the cases in groups in which the least goals differ by no more than a share of the first."""
    least = [case.constant + sum(float(goal.min()) for goal in case.goal) for case in cases]
    found: list[Case] = []
    first = math.inf
    for place in sorted(range(len(cases)), key=lambda number: (least[number], number)):
        if not found or least[place] > first + share * abs(first):
            if found:
                yield found
            found, first = [], least[place]
        found.append(cases[place])
    if found:
        yield found


def _form(tail: Chances) -> tuple[object, ...]:
    """Return what is the same for two bounds on times that differ in nothing but the candidates."""
    return tail.hits, tail.level, *(id(times) for times in (tail.start, tail.end, *tail.before, *tail.past))


def _union(cases: Sequence[Case], names: Sequence[Indices]) -> Union:
    """Put together cases whose limits and bounds on times are the same."""
    import numpy as np

    first, goals, kept, rows = cases[0], [], [], []
    times: list[list[Indices]] = [[] for _ in first.tails]
    for role, _ in enumerate(first.goal):
        keys = np.concatenate([_keys(case, role, names) for case in cases])
        own, where = np.unique(keys, axis=0, return_inverse=True)
        found = _placed(cases, role, len(own), where.reshape(-1))
        goals.append(found[0])
        kept.append(found[1])
        for number, known in enumerate(times):
            known.append(own[:, 1 + number].astype(np.intp))
        rows.append(own[:, 1 + len(times) :])
    tails = tuple(
        Chances(one.level, one.hits, one.start, one.end, one.before, one.past, tuple(known), one.order)
        for one, known in zip(first.tails, times, strict=True)
    )
    constants = np.array([case.constant for case in cases])
    least = tuple(own.min(axis=1) for own in goals)
    case = Case(tuple(own.max(axis=1) for own in kept), least, float(constants.min()), tuple(rows), first.room, tails)
    return Union(case, tuple(goals), constants, tuple(kept))


def _keys(case: Case, role: int, names: Sequence[Indices]) -> Array:
    """Return for each candidate of a role what is the same for two that differ in nothing but the goal."""
    import numpy as np

    times = [tail.rows[role] for tail in case.tails]
    return np.column_stack((names[role][case.kept[role]], *times, case.rows[role])).astype(float)


def _placed(cases: Sequence[Case], role: int, count: int, where: Indices) -> tuple[Array, Indices]:
    """Return the goals and places of a role's candidates in every case: of several in one case the least goal."""
    import numpy as np

    goals, kept = np.full((count, len(cases)), np.inf), np.full((count, len(cases)), -1, dtype=np.intp)
    begin = 0
    for number, case in enumerate(cases):
        own = where[begin : begin + len(case.goal[role])]
        begin += len(own)
        falling = np.argsort(-case.goal[role], kind="stable")
        goals[own[falling], number] = case.goal[role][falling]
        kept[own[falling], number] = case.kept[role][falling]
    return goals, kept

"""What designs of a case add up to at least, against what the corners of a front allow.

For each candidate stands a row of numbers that add up over the roles: the goal, what it uses of the limits, the other
losses that are sums, and of each percentile the stand-ins that every design in time keeps small
(:meth:`advisor.optimizer.chances.Chances.necessary`). A corner says what each may be at most; the earlier the corner's
time, the less of its stand-ins. So it also says what a weighted sum of them may be at most, for any weights of at least
0. The beginning of a design, with the least of each open role, has to fit into one corner in all such sums. The weights
are the prices of a linear relaxation at some of the corners: what keeps the losses from being the least all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.optimizer.chances import THETAS
from advisor.optimizer.front_losses import SLACK
from advisor.optimizer.prices import ROUNDING
from advisor.optimizer.solver import multipliers
from advisor.optimizer.tabled import POINTS

if TYPE_CHECKING:
    import numpy as np

    from advisor.optimizer.front_case import CaseFront
    from advisor.optimizer.labels import Block

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

PRICED = 12  # corners at which a relaxation is solved


class Bounds:
    """The numbers of a case.

    Attributes:
        parts: for each role a row for each candidate. least: what all roles add up to at least.
    """

    def __init__(self, front: CaseFront, corners: Array) -> None:
        """Args: corners: those of the staircase, from which weights are taken."""
        import numpy as np

        self.front, self.case = front, front.case
        self.most_goal = front.union.most_goal
        stand_ins = [(None, tail) for tail in front.held] + list(enumerate(front.own))
        self._stand_ins: list[tuple[int | None, float, float]] = []
        columns: list[Sequence[Array]] = [self.case.goal]
        columns += [[own[:, column] for own in self.case.rows] for column in range(len(self.case.room))]
        for number, tail in stand_ins:
            for theta in THETAS:
                if (row := tail.necessary(theta)) is not None:
                    columns.append(row[0])
                    self._stand_ins.append((number, theta, row[1]))
        self._base = [np.column_stack(role) for role in zip(*columns, strict=True)]
        self._mixing = np.eye(len(columns))
        self._mixing = self._mixed(corners)
        self.parts = [own @ self._mixing for own in self._base]
        self.size = np.sum([np.abs(part).max(axis=0) for part in self.parts], axis=0)
        self.least = np.sum([part.min(axis=0) for part in self.parts], axis=0)

    def _mixed(self, corners: Array) -> Array:
        """Return what turns the numbers into the losses among them and weighted sums."""
        import numpy as np

        flat = np.concatenate(self._base).T
        groups = [len(own) for own in self._base]
        spaced = np.linspace(0, len(corners) - 1, min(PRICED, len(corners)))
        some: Indices = np.unique(spaced.astype(np.intp))
        rooms = self._rooms(corners[some])
        found = [np.eye(len(flat))[0], *(np.eye(len(flat))[1 + column] for column in self.front.columns)]
        for room in rooms:
            prices = multipliers(flat[0], groups, flat[1:], room[1:])
            if prices is not None:
                found.append(np.append(1.0, prices))
        return np.unique(np.array(found), axis=0).T

    @property
    def goal_shares(self) -> Array:
        """What each number rises by with the goal."""
        found: Array = self._mixing[0]
        return found

    def of(self, block: Block, order: Sequence[int]) -> Array:
        """Return the numbers of some beginnings."""
        import numpy as np

        found = np.zeros((len(block.goal), self._mixing.shape[1]))
        for place in range(block.chosen.shape[1]):
            found += self.parts[order[place]][block.chosen[:, place]]
        return found

    def rooms(self, corners: Array) -> Array:
        """Return what each number may be in some corners of the staircase."""
        import numpy as np

        found = self._rooms(corners) @ self._mixing
        found += ROUNDING * (np.abs(found) + self.size)
        return found

    def _rooms(self, corners: Array) -> Array:
        """Return the same of the numbers that are not mixed."""
        import numpy as np

        losses = self.front.losses
        goal = np.minimum(losses.goal.sums(corners[:, 0]), self.most_goal) - self.case.constant
        rows = np.repeat(self.case.room[None], len(corners), axis=0)
        for place, row in losses.rows:
            rows[:, row.column] = np.minimum(row.sums(corners[:, place]) - self.front.fixed(row), rows[:, row.column])
        times = [
            np.minimum((corners[:, place] / time.cell + SLACK) / (POINTS - 1), 1.0) for place, time in losses.times
        ]
        stand_ins = [
            np.full(len(corners), room) if number is None else room - theta * (1 - times[number])
            for number, theta, room in self._stand_ins
        ]
        return np.column_stack((goal, rows, *stand_ins))

"""What a selection returns: the design or the front, what is proved, and why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.optimizer.solver import Status
from advisor.selection.judge import Judged, PoolPlan
from advisor.selection.priorities import ByPriority
from advisor.selection.problem import Goal, Limit, Rule, SelectionProblem


@dataclass(frozen=True)
class Relief:
    """A limit of a conflict and the value at which, with all other conditions, a design exists; None: there is none."""

    limit: Limit
    value: float | None


@dataclass(frozen=True)
class Conflict:
    """A smallest set of conditions that cannot hold together: without any one of them the rest can.

    Attributes:
        conditions: limits and rules, in the order of the input.
        reliefs: for each limit among them, what it would have to be, everything else as it is.
        others: further such sets among the conditions outside; where there are any, no single relief helps.
    """

    conditions: tuple[Limit | Rule, ...]
    reliefs: tuple[Relief, ...] = ()
    others: tuple[tuple[Limit | Rule, ...], ...] = ()


@dataclass(frozen=True)
class Selection:
    """The answer to a problem.

    Attributes:
        status: optimal (proved), infeasible (proved), or stopped by the time limit.
        best: the design with its totals, as the judge sees it; None when there is none or none was found.
        bound: no feasible design has a better total of the goal; None when nothing is known. Equal to the value where
            the status is optimal.
        rounds: how often the solver ran; 0 where merging labels sufficed.
        seconds: wall time.
        options_left: how many options were left after dropping those that no answer needs, of how many.
        conflict: for an infeasible problem, unless the time limit left it open.
        by_priority: for an infeasible problem whose pools have priorities, what can be served of them.
    """

    problem: SelectionProblem
    goal: Goal
    status: Status
    best: Judged | None
    bound: float | None
    rounds: int
    seconds: float
    options_left: tuple[int, int]
    conflict: Conflict | None = None
    by_priority: ByPriority | None = None

    @property
    def value(self) -> float | None:
        """The total of the goal."""
        return None if self.best is None else self.best.totals[self.goal.attribute]

    @property
    def gap(self) -> float | None:
        """How far the value may be from the optimum, relative to the value; 0 when proved, None when not known."""
        if self.status is Status.OPTIMAL:
            return 0.0
        if self.value is None or self.bound is None:
            return None
        return abs(self.value - self.bound) / max(abs(self.value), 1e-300)

    @property
    def chosen(self) -> Mapping[str, str]:
        """Role -> option; empty when there is no design."""
        return {} if self.best is None else self.best.chosen

    @property
    def pools(self) -> Mapping[str, PoolPlan]:
        """Pool -> unit counts and shares."""
        return {} if self.best is None else self.best.pools

    @property
    def totals(self) -> Mapping[str, float | None]:
        """Attribute -> total; None for the smallest or largest value of nothing."""
        return {} if self.best is None else self.best.totals


@dataclass(frozen=True)
class Front:
    """All points that no other feasible design beats in the metrics, with a design for each.

    Attributes:
        status: optimal: the front is complete (proved); stopped: points may be missing, and those given may be beaten.
        points: ordered by the first metric, best first.
    """

    problem: SelectionProblem
    metrics: tuple[Goal, ...]
    status: Status
    points: tuple[Judged, ...]
    rounds: int
    seconds: float
    options_left: tuple[int, int]
    conflict: Conflict | None = None

    @property
    def values(self) -> tuple[tuple[float | None, ...], ...]:
        """The metrics of each point."""
        return tuple(tuple(point.totals[goal.attribute] for goal in self.metrics) for point in self.points)

"""How a run ends: what was found, what is proved, and what the time did not suffice for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.evaluation.result import Evaluation
from advisor.optimizer.solver import Status


class OutOfTimeError(Exception):
    """The time limit passed before the search could end."""


@dataclass(frozen=True)
class Found:
    """The end of a run.

    Attributes:
        status: OPTIMAL (proved), INFEASIBLE (proved) or STOPPED.
        best: evaluation of the best feasible design, None when none was found.
        value: the first goal's value of ``best``; ``bound``: what no feasible design can beat; equal when proved.
        rounds: how many searches it took: cases of the exact engine, runs of the solver.
    """

    status: Status
    best: Evaluation | None
    value: float = math.inf
    bound: float = -math.inf
    rounds: int = 0

    @property
    def gap(self) -> float | None:
        """(value - bound) / |value|; 0 when proved, None when there is no design or no bound."""
        if self.best is None or math.isinf(self.bound):
            return None
        return 0.0 if self.status is Status.OPTIMAL else (self.value - self.bound) / max(abs(self.value), 1e-12)


NOTHING = Found(Status.INFEASIBLE, None, bound=math.inf)

"""Sessions with the solver as selections need them: silent, whole numbers left whole, effort counted."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator
from typing import Any

import pulp

from advisor.errors import SolverError
from advisor.optimizer.solver import Outcome, Session

LARGEST_WHOLE = 1e6
NO_LIMIT = 2**31 - 1  # nodes; HiGHS's own value for none
TOLERANCE = 1e-10  # with the usual 1e-6 a row missed by a billionth made presolve drop designs that meet all rows


class CountingSession(Session):
    """A session that counts branch-and-bound nodes, which are the same in every run, as seconds are not."""

    nodes = 0
    most_nodes = NO_LIMIT
    _limit_s = math.inf

    def __init__(self, problem: pulp.LpProblem) -> None:
        super().__init__(problem)
        self._highs.setOptionValue("mip_feasibility_tolerance", TOLERANCE)

    def solve(self, objective: pulp.LpAffineExpression, time_limit_s: float = 0.0) -> Outcome:
        """Minimise an expression over the model as it stands; ``time_limit_s`` 0 means none."""
        self._limit_s = time_limit_s if time_limit_s > 0 else math.inf
        try:
            outcome = super().solve(objective, time_limit_s)
        finally:
            self._limit_s = math.inf
        self.nodes = int(self._highs.getInfo().mip_node_count)
        if not all(map(math.isfinite, outcome.values.values())):
            raise SolverError("HiGHS returned a solution that is no number")
        return outcome

    def _run(self) -> Any:
        """Run with the limits for this run: HiGHS measures each mixed-integer run from its own start."""
        import highspy

        self._highs.setOptionValue("time_limit", self._limit_s)
        self._highs.setOptionValue("mip_max_nodes", self.most_nodes)
        status = super()._run()
        known = highspy.HighsModelStatus
        return known.kIterationLimit if status == known.kSolutionLimit else status  # so many nodes: stopped

    def _set_costs(self, objective: pulp.LpAffineExpression) -> None:
        """Load an objective; one that is always a whole number stays as it is, so that the solver can round bounds."""
        super()._set_costs(objective)
        whole = all(x.cat == pulp.LpInteger and value == round(value) for x, value in objective.items())
        if whole and 1 <= max(map(abs, objective.values()), default=0.0) <= LARGEST_WHOLE:
            import numpy as np

            count = len(self._variables)
            costs = np.zeros(count)
            for variable, coefficient in objective.items():
                costs[self._index[variable.name]] = coefficient
            self._scale = 1.0
            self._highs.changeColsCost(count, np.arange(count, dtype=np.int32), costs)


def quiet_session(problem: pulp.LpProblem) -> CountingSession:
    """Return a model loaded into the solver; nothing is printed, though some versions of HiGHS greet when loaded."""
    with _silenced():
        return CountingSession(problem)


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Send what native code writes to standard output nowhere: JSON may follow."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)

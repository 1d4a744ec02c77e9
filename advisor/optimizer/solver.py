"""The only module that talks to a solver: HiGHS, on models that PuLP builds.

A :class:`Session` keeps the solver's copy of a model alive, so that a changed objective, bound or cut is a re-solve of
a loaded model and not a new start. What the solver says is mapped to a closed vocabulary, :class:`Status`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from advisor.errors import SolverError

if TYPE_CHECKING:
    import numpy as np
    import pulp

    Array = np.ndarray[Any, np.dtype[np.float64]]


class Status(enum.Enum):
    """All that a solve can end with."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"  # a time limit; values may be there, nothing is proved


@dataclass(frozen=True)
class Outcome:
    """The end of a solve. ``values`` is empty unless a solution was found; ``bound`` is valid for a minimisation."""

    status: Status
    objective: float
    bound: float
    values: Mapping[str, float]

    @property
    def found(self) -> bool:
        """Whether there is a solution to read."""
        return bool(self.values)


def version() -> str:
    """Return the solver's name and version. Raises :class:`SolverError` when it is missing."""
    import pulp

    return f"HiGHS {quiet_highs().version()} through PuLP {pulp.__version__}"


def quiet_highs() -> Any:
    """Return a new HiGHS that prints nothing, not even its greeting: standard output is where our data goes.

    HiGHS 1.16 greets when a new solver's callbacks are enabled, before an option could be set from outside.
    """
    found = _quiet_class()()
    found.setOptionValue("output_flag", False)
    return found


@cache
def _quiet_class() -> Any:
    base: Any = _import_highs().Highs

    class Quiet(base):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet


def _import_highs() -> Any:
    try:
        import highspy
    except ImportError:
        raise SolverError("the solver HiGHS is missing; `pip install highspy` brings it") from None
    return highspy


LARGEST = 1e4
SLACK = 1e-6  # of limits in relaxations that only serve to find prices: ten times the tolerance of the solver
OPTIONS = {
    "threads": 1,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-9,
    "mip_feasibility_tolerance": 1e-9,  # rows are scaled to 1: at the default a design 1e-6 beyond a bound would pass
    "random_seed": 1,
    "mip_allow_restart": False,
}


def _infeasible() -> tuple[Any, ...]:
    import highspy

    return highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible


def _errors() -> tuple[Any, ...]:
    import highspy

    known = highspy.HighsModelStatus
    return known.kSolveError, known.kPresolveError, known.kPostsolveError, known.kUnknown, known.kNotset


class Session:
    """A model loaded into HiGHS, to be solved again and again with small changes."""

    def __init__(self, problem: pulp.LpProblem) -> None:
        import pulp

        self._highs = problem.solverModel = quiet_highs()
        for option, value in OPTIONS.items():
            self._highs.setOptionValue(option, value)
        pulp.HiGHS(msg=False).buildSolverModel(problem)
        self._variables = list(problem.variables())
        self._index = {variable.name: variable.index for variable in self._variables}
        self.seconds = 0.0  # spent inside the solver, for benchmarks

    def relax(self, objective: pulp.LpAffineExpression) -> tuple[float, dict[str, float]] | None:
        """Return (bound, variable -> reduced cost) of the linear relaxation, None when even that is infeasible.

        Any solution in which a variable is 1 that is 0 in the relaxation costs at least bound + its reduced cost.
        """
        import highspy

        self._set_costs(objective)
        self._highs.setOptionValue("time_limit", float("inf"))  # not what is left of the solve before
        self._highs.setOptionValue("solve_relaxation", True)
        try:
            status = self._run()
        finally:
            self._highs.setOptionValue("solve_relaxation", False)
        if status != highspy.HighsModelStatus.kOptimal:
            return None if status in _infeasible() else self._unexpected(status)
        duals = self._highs.getSolution().col_dual
        bound = self._highs.getInfo().objective_function_value / self._scale + (objective.constant or 0.0)
        return bound, {variable.name: duals[variable.index] / self._scale for variable in self._variables}

    def solve(self, objective: pulp.LpAffineExpression, time_limit_s: float = 0.0) -> Outcome:
        """Minimise an expression over the model as it stands; ``time_limit_s`` 0 means none."""
        import highspy

        self._set_costs(objective)
        self._highs.setOptionValue("time_limit", time_limit_s if time_limit_s > 0 else float("inf"))
        status, constant, known = self._run(), objective.constant or 0.0, highspy.HighsModelStatus
        info = self._highs.getInfo()
        if status == known.kOptimal:
            return self._with_values(Status.OPTIMAL, info, constant)
        if status in _infeasible():
            return Outcome(Status.INFEASIBLE, float("inf"), float("inf"), {})
        if status in (known.kTimeLimit, known.kIterationLimit, known.kInterrupt):
            if info.primal_solution_status == 2:  # kSolutionStatusFeasible
                return self._with_values(Status.STOPPED, info, constant)
            return Outcome(Status.STOPPED, float("inf"), info.mip_dual_bound / self._scale + constant, {})
        return self._unexpected(status)

    def _run(self) -> Any:
        """Run the solver and return its status; after an error once more from scratch, without presolve."""
        import time

        start = time.perf_counter()
        self._highs.run()
        status = self._highs.getModelStatus()
        if status in _errors():
            self._highs.clearSolver()
            self._highs.setOptionValue("presolve", "off")
            self._highs.run()
            self._highs.setOptionValue("presolve", "choose")
            status = self._highs.getModelStatus()
        self.seconds += time.perf_counter() - start
        return status

    def _unexpected(self, status: Any) -> NoReturn:
        raise SolverError(f"HiGHS ended with an unexpected status: {self._highs.modelStatusToString(status)}")

    def _set_costs(self, objective: pulp.LpAffineExpression) -> None:
        """Load an objective, scaled to coefficients of up to ``LARGEST``.

        The solver's tolerances are absolute; availabilities differ in the fifth digit of a logarithm.
        """
        import numpy as np

        count = len(self._variables)
        costs = np.zeros(count)
        for variable, coefficient in objective.items():
            costs[self._index[variable.name]] = coefficient
        largest = float(np.abs(costs).max(initial=0.0))
        self._scale = LARGEST / largest if largest > 0 else 1.0
        self._highs.changeColsCost(count, np.arange(count, dtype=np.int32), costs * self._scale)

    def _with_values(self, status: Status, info: Any, constant: float) -> Outcome:
        columns = self._highs.getSolution().col_value
        values = {variable.name: columns[variable.index] for variable in self._variables}
        objective = info.objective_function_value / self._scale + constant
        bound = info.mip_dual_bound / self._scale + constant if status is Status.STOPPED else objective
        return Outcome(status, objective, bound, values)

    def add(self, constraints: Iterable[pulp.LpConstraint]) -> int:
        """Add rows; return how many rows the model had before, for :meth:`truncate`."""
        import highspy

        before = self._highs.getNumRow()
        for row in constraints:
            items = [(self._index[variable.name], value) for variable, value in row.items() if value]
            low, high = row.getLb(), row.getUb()
            self._highs.addRow(
                -highspy.kHighsInf if low is None else low,
                highspy.kHighsInf if high is None else high,
                len(items),
                [index for index, _ in items],
                [value for _, value in items],
            )
        return int(before)

    def truncate(self, rows: int) -> None:
        """Drop all rows from number ``rows`` on."""
        import numpy as np

        count = self._highs.getNumRow()
        if count > rows:
            self._highs.deleteRows(count - rows, np.arange(rows, count, dtype=np.int32))

    def allow(self, names: Mapping[str, bool]) -> None:
        """Allow (0..1) or forbid (0) binary variables by name."""
        import numpy as np

        indices = np.array([self._index[name] for name in names], dtype=np.int32)
        upper = np.array([1.0 if allowed else 0.0 for allowed in names.values()])
        self._highs.changeColsBounds(len(indices), indices, np.zeros(len(indices)), upper)


def multipliers(costs: Array, groups: Sequence[int], rows: Array, room: Array) -> Array | None:
    """Return prices of limits from the linear relaxation of choosing one of each group; None when it is infeasible.

    Any prices of at least 0 give a valid bound; these give the largest one, but for the slack that limits get here.
    Without it the solver's presolve calls a limit that one choice exactly uses up infeasible.

    Args:
        costs: to be minimised, the groups one after the other. groups: how many each has.
        rows: what each uses of each limit, a row a limit. room: how much there is of it.
    """
    import numpy as np

    highspy, highs = _import_highs(), quiet_highs()
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("presolve", "off")  # takes longer than it saves on so few rows
    scale = LARGEST / float(np.abs(costs).max(initial=1e-300))
    highs.addVars(len(costs), np.zeros(len(costs)), np.full(len(costs), highspy.kHighsInf))
    highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs * scale)
    starts = np.concatenate(([0], np.cumsum(groups))).astype(np.int32)
    everything = np.arange(len(costs), dtype=np.int32)
    ones = np.ones(len(groups))
    highs.addRows(len(groups), ones, ones, len(costs), starts[:-1], everything, np.ones(len(costs)))
    count = len(room)
    begins = (np.arange(count) * len(costs)).astype(np.int32)
    least = np.full(count, -highspy.kHighsInf)
    most = room + SLACK * np.maximum(np.abs(room), 1.0)
    highs.addRows(count, least, most, count * len(costs), begins, np.tile(everything, count), rows.ravel())
    highs.run()
    status = highs.getModelStatus()
    if status in _infeasible():
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        return np.zeros(count)
    found: Array = np.maximum(-np.array(highs.getSolution().row_dual[len(groups) :]), 0.0) / scale
    return found

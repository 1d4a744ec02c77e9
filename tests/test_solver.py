"""The solver says nothing where our data goes."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pulp
import pytest

from advisor import resources
from advisor.optimizer.solver import Session, multipliers

QUIET = {
    "version": "from advisor.optimizer.solver import version; version()",
    "solve": (
        "import pulp; from advisor.optimizer.solver import Session, multipliers; problem = pulp.LpProblem();"
        "x = problem.add_variable('x', 0, 1, pulp.LpInteger); problem.setObjective(x + 0);"
        "assert Session(problem).solve(x + 0).found"
    ),
}


@pytest.mark.parametrize("code", QUIET.values(), ids=QUIET.keys())
def test_standard_output_stays_ours(code: str) -> None:
    """Neither starting the solver nor solving prints anything, not even from its C++ side."""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == ""


def test_json_of_a_solved_scenario_is_nothing_but_json() -> None:
    """What a command prints with --json in a process of its own can be parsed as it is."""
    call = [sys.executable, "-m", "advisor", "check", str(resources.example("support_copilot")), "--json"]
    ended = subprocess.run(call, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout)["status"] == "optimal"


def test_a_time_limit_is_for_each_solve() -> None:
    """HiGHS measures each run from its own start, so the limit of a re-solve is no longer than that of the first."""
    problem = pulp.LpProblem()
    x = problem.add_variable("x", 0, 1, pulp.LpInteger)
    problem.setObjective(x + 0)
    session = Session(problem)
    for _ in range(3):
        assert session.solve(x + 0, 1.5).found
        assert session._highs.getOptionValue("time_limit")[1] == 1.5


def test_a_limit_that_one_choice_uses_up_exactly_is_no_infeasible_one() -> None:
    """Presolve called the relaxation infeasible although one choice keeps the limit: prices must come back, not None.

    Met while the cheapest of several designs with the best mean time was looked for: "infeasible" was wrong.
    """
    groups = [2, 2, 1, 2]
    costs = np.array([4360.32, 4500.48, 6862.512, 7817.06, 21249.352, 7900.39, 8307.07332])
    used = [2.160760070370e-3, 2.160747207571e-3, 8.946496654758e-3, 2.249753364104e-2, 0.0, 1.089562880753e-2]
    used = [*used, 1.089540193693e-2]
    used[4] = 1.0 - used[1] - used[2] - used[6]
    prices = multipliers(costs, groups, np.array([costs / 221165.58532, used]), np.array([1.0, 1.0]) + 1e-9)
    assert prices is not None
    assert (prices >= 0).all()


def test_an_infeasible_relaxation_has_no_prices() -> None:
    """Where every choice breaks the limit by more than rounding there are no prices."""
    assert multipliers(np.array([1.0, 2.0]), [2], np.array([[1.1, 1.00001]]), np.array([1.0])) is None

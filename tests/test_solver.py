"""The solver says nothing where our data goes."""

from __future__ import annotations

import json
import subprocess
import sys

import pulp
import pytest

from advisor import resources
from advisor.optimizer.solver import Session

QUIET = {
    "version": "from advisor.optimizer.solver import version; version()",
    "solve": (
        "import pulp; from advisor.optimizer.solver import Session; problem = pulp.LpProblem();"
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

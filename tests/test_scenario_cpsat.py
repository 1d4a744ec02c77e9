"""Scenarios of medium size against another solver of another kind, CP-SAT, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from oracles import scenario_cpsat

from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status

SEEDS = range(200 if os.environ.get("ADVISOR_ALL") else 40)  # ADVISOR_ALL=1 compares all 200
SAME = 1e-7  # see oracles.scenario_cpsat: what rounding can shift is a twenty-fifth of it


def test_medium_scenarios_have_the_optimum_that_cpsat_proves() -> None:
    """Under percentile bounds, products, numbers of clouds and hours, with and without a cache: the same, or none."""
    tests = Path(__file__).parent
    program = [sys.executable, str(Path(scenario_cpsat.__file__)), *map(str, SEEDS)]
    environment = {**os.environ, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    wanted = json.loads(done.stdout)
    for seed, value in zip(SEEDS, wanted, strict=True):
        found = optimise(Search(scenario_cpsat.problem(seed)))
        if value is None:
            assert found.status is Status.INFEASIBLE, seed
        else:
            assert found.status is Status.OPTIMAL, seed
            assert found.value == pytest.approx(value, rel=SAME), seed
    assert sum(value is not None for value in wanted) > len(wanted) / 2

"""Selections of medium size against another solver of another kind, CP-SAT, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from oracles import selection_cpsat

import advisor

SEEDS = range(200 if os.environ.get("ADVISOR_ALL") else 15)  # ADVISOR_ALL=1 compares all 200


def test_medium_problems_have_the_optimum_that_cpsat_proves() -> None:
    """Six to twelve roles with critical paths, pairs, rules, smallest and largest values: the same optimum, or none."""
    problems = [selection_cpsat.draw(seed) for seed in SEEDS]
    program = [sys.executable, str(Path(selection_cpsat.__file__))]
    done = subprocess.run(program, input=json.dumps(problems), capture_output=True, text=True, check=True)
    wanted = json.loads(done.stdout)
    found = [advisor.select(data).value for data in problems]
    assert found == wanted
    assert sum(value is not None for value in wanted) > len(wanted) / 2

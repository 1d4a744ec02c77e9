"""Selections against other ways to solve the same table, in one run on the same machine.

    python benchmarks/selection.py [--seconds 20] [--quick] [--mmkp FILE ...]

Ours (reading data, dropping options, proof and tie-break included), PuLP with CBC as usually written, HiGHS called
directly, and CP-SAT (one worker, in a process of its own: OR-tools and HiGHS cannot share one). Each gets the same
table and the same time limit; building the model counts for all. Promise: ours takes at most 1.5 times as long as the
best of the others in the median over the tables. Then: how our time grows with roles, options and limits, ten times
each. ``--mmkp`` adds published instances in the format of Khan et al. (2002): n l m, capacities, then groups.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ORACLES = Path(__file__).resolve().parents[1] / "tests"
PROMISE = 1.5
SHORTEST_S = 0.02  # what nobody waits for: shorter times count as this
Data = dict[str, Any]
Answer = tuple[float | None, float | None, str, float]  # value, bound, status, seconds


def table(roles: int, options: int, limits: int, seed: int = 1, slack: float = 0.35) -> Data:
    """Return a table of whole numbers: what is cheap uses much, and each limit is met by about a third of the range."""
    rng = random.Random(seed)
    found: dict[str, list[Data]] = {}
    for r in range(roles):
        found[f"role{r:03d}"] = [_option(rng, i, limits) for i in range(options)]
    names = [f"use{k}" for k in range(limits)]
    low = {k: sum(min(o[k] for o in os) for os in found.values()) for k in names}
    high = {k: sum(max(o[k] for o in os) for os in found.values()) for k in names}
    texts = [f"{k}<={int(low[k] + slack * (high[k] - low[k]))}" for k in names]
    return {"roles": found, "minimize": "cost", "limits": texts}


def _option(rng: random.Random, number: int, limits: int) -> Data:
    uses = {f"use{k}": rng.randrange(1, 1000) for k in range(limits)}
    thrift = 1000 - sum(uses.values()) / max(1, limits)
    return {"option": f"o{number:04d}", "cost": max(1, int(thrift * rng.uniform(0.5, 1.5))), **uses}


def read_mmkp(path: Path) -> Data:
    """Return a published instance of the multiple-choice multidimensional knapsack problem."""
    words = iter(path.read_text().split())
    groups, items, dimensions = (int(next(words)) for _ in range(3))
    rooms = [float(next(words)) for _ in range(dimensions)]
    roles: dict[str, list[Data]] = {}
    for g in range(groups):
        next(words)
        roles[f"g{g:03d}"] = [
            {"option": f"i{i}", "value": float(next(words)), **{f"r{k}": float(next(words)) for k in range(dimensions)}}
            for i in range(items)
        ]
    return {"roles": roles, "maximize": "value", "limits": [f"r{k}<={room:g}" for k, room in enumerate(rooms)]}


def ours(data: Data, seconds: float) -> Answer:
    """Solve with advisor."""
    import advisor

    start = time.perf_counter()
    found = advisor.select(data, time_limit_s=seconds)
    return found.value, found.bound, found.status.value, time.perf_counter() - start


def pulp_cbc(data: Data, seconds: float) -> Answer:
    """Solve with PuLP and CBC, written as tutorials write it."""
    import pulp

    start = time.perf_counter()
    goal = data.get("minimize", data.get("maximize"))
    problem = pulp.LpProblem("select", pulp.LpMinimize if "minimize" in data else pulp.LpMaximize)
    pairs = [(r, o["option"]) for r, options in data["roles"].items() for o in options]
    x = pulp.LpVariable.dicts("x", pairs, cat="Binary")
    rows = {(r, o["option"]): o for r, options in data["roles"].items() for o in options}
    problem += pulp.lpSum(rows[p][goal] * x[p] for p in pairs)
    for r, options in data["roles"].items():
        problem += pulp.lpSum(x[r, o["option"]] for o in options) == 1
    for text in data["limits"]:
        name, bound = text.split("<=")
        problem += pulp.lpSum(rows[p][name] * x[p] for p in pairs) <= float(bound)
    problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds, gapRel=0.0, threads=1))
    proved = problem.sol_status == pulp.LpSolutionOptimal
    value = pulp.value(problem.objective) if problem.sol_status in (1, 2) else None
    return value, value if proved else None, "optimal" if proved else "stopped", time.perf_counter() - start


def highs(data: Data, seconds: float) -> Answer:
    """Solve with HiGHS through its own interface."""
    import highspy
    import numpy as np

    from advisor.optimizer.solver import quiet_highs

    start = time.perf_counter()
    goal, sign = (data["minimize"], 1.0) if "minimize" in data else (data["maximize"], -1.0)
    options = [o for os in data["roles"].values() for o in os]
    count = len(options)
    every = np.arange(count, dtype=np.int32)
    solver = quiet_highs()
    settings = {"threads": 1, "time_limit": float(seconds), "mip_rel_gap": 0.0}
    for name, setting in settings.items():
        solver.setOptionValue(name, setting)
    solver.addVars(count, np.zeros(count), np.ones(count))
    solver.changeColsCost(count, every, sign * np.array([float(o[goal]) for o in options]))
    solver.changeColsIntegrality(count, every, np.full(count, highspy.HighsVarType.kInteger))
    at = 0
    for os in data["roles"].values():
        solver.addRow(1.0, 1.0, len(os), np.arange(at, at + len(os), dtype=np.int32), np.ones(len(os)))
        at += len(os)
    for text in data["limits"]:
        name, bound = text.split("<=")
        solver.addRow(-highspy.kHighsInf, float(bound), count, every, np.array([float(o[name]) for o in options]))
    solver.run()
    proved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    info = solver.getInfo()
    value, bound_ = sign * info.objective_function_value, sign * info.mip_dual_bound
    return value, bound_, "optimal" if proved else "stopped", time.perf_counter() - start


_WORKER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from oracles.selection_cpsat import optimum
from ortools.sat.python import cp_model
for line in sys.stdin:
    data, seconds = json.loads(line)
    start = time.perf_counter()
    answer = optimum(data, seconds)
    print(json.dumps([*answer, time.perf_counter() - start]), flush=True)
"""


class CpSat:
    """A process that solves with CP-SAT; importing it does not count."""

    def __init__(self) -> None:
        program = [sys.executable, "-c", _WORKER, str(ORACLES)]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, data: Data, seconds: float) -> Answer:
        """Solve with CP-SAT."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([data, seconds]), file=self.process.stdin, flush=True)
        value, bound, status, took = json.loads(self.process.stdout.readline())
        return value, bound, status, took


def cases(quick: bool, mmkp: list[Path]) -> dict[str, Data]:
    """Return name -> table."""
    sizes = [(10, 50, 1), (10, 50, 2), (20, 200, 1), (20, 200, 2), (10, 50, 3), (20, 50, 3)]
    sizes += (
        [] if quick else [(20, 200, 3), (50, 200, 2), (5, 10, 5), (10, 10, 5), (10, 20, 5), (5, 10, 10), (10, 10, 10)]
    )
    found = {f"{r} × {o}, {k} limits": table(r, o, k, slack=0.35 if k < 5 else 0.45) for r, o, k in sizes}
    return found | {path.name: read_mmkp(path) for path in mmkp}


def compare(found: dict[str, Data], seconds: float) -> float:
    """Print value and time of each way on each table; return the median of ours over the best of the others."""
    ways: dict[str, Callable[[Data, float], Answer]] = {
        "ours": ours,
        "PuLP + CBC": pulp_cbc,
        "HiGHS": highs,
        "CP-SAT": CpSat(),
    }
    print(f"{'table':<22}" + "".join(f"{name:>24}" for name in ways) + f"{'ours / best':>13}")
    ratios = []
    for name, data in found.items():
        answers = {way: solve(data, seconds) for way, solve in ways.items()}
        cells = "".join(_cell(*answer) for answer in answers.values())
        times = {way: max(SHORTEST_S, seconds_) for way, (_, _, _, seconds_) in answers.items()}
        ratio = times["ours"] / min(t for way, t in times.items() if way != "ours")
        ratios.append(ratio)
        proved = {round(v, 6) for v, _, status, _ in answers.values() if status == "optimal" and v is not None}
        print(f"{name:<22}{cells}{ratio:>13.2f}{'' if len(proved) < 2 else '  VALUES DIFFER'}", flush=True)
    print(f"median of ours / best of the others: {statistics.median(ratios):.2f}, promised at most {PROMISE}\n")
    return statistics.median(ratios)


def _cell(value: float | None, bound: float | None, status: str, seconds: float) -> str:
    if value is None:
        return f"{'nothing':>15} {seconds:>7.3f}s"
    mark = "" if status == "optimal" else "~"
    gap = "" if status == "optimal" or bound is None else f" ({abs(value - bound) / abs(value):.2%})"
    return f"{mark}{value:.0f}{gap}".rjust(15) + f" {seconds:>7.3f}s"


def growth(seconds: float) -> None:
    """Print how our time grows when roles, options or limits are ten times as many."""
    print("growth of ours        from                to")
    for what, small, large in (
        ("roles", (10, 20, 2), (100, 20, 2)),
        ("options", (10, 20, 2), (10, 200, 2)),
        ("limits", (8, 10, 1), (8, 10, 10)),
    ):
        tables = [[table(*size, seed=s, slack=0.45) for s in range(3)] for size in (small, large)]
        times = [statistics.median(ours(one, seconds)[3] for one in three) for three in tables]
        print(f"10 × as many {what:<8} {times[0]:>7.3f}s {small}  {times[1]:>7.3f}s {large}", flush=True)


def main() -> int:
    """Run everything; exit code 1 when the promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="time limit for each solve")
    parser.add_argument("--quick", action="store_true", help="the smaller tables only, no growth")
    parser.add_argument("--mmkp", type=Path, nargs="*", default=[], help="published instances to add")
    arguments = parser.parse_args()
    with contextlib.suppress(Exception):
        ours(table(2, 2, 1), 1.0)  # imports do not count, for anyone
        pulp_cbc(table(2, 2, 1), 1.0)
        highs(table(2, 2, 1), 1.0)
    ratio = compare(cases(arguments.quick, arguments.mmkp), arguments.seconds)
    if not arguments.quick:
        growth(arguments.seconds)
    return 0 if ratio <= PROMISE else 1


if __name__ == "__main__":
    raise SystemExit(main())

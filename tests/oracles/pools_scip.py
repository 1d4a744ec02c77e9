"""SCIP's own optimum of pools of unlike units, in a process of its own.

    python pools_scip.py < problems.json

Reads a list of problems in the JSON of ``advisor select`` whose roles are pools, prints for each ``[cost, served]``:
the least cost with all demand served (null: infeasible), and, where that is infeasible, ``{"served": [most of priority
1, then of priority 2, ...], "cost": least cost of that}``. It runs as a program because OR-tools and HiGHS cannot be
imported into one process. The model is written from the JSON alone.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

Data = dict[str, Any]
SLIP = 1e-7


def answer(data: Data) -> list[Any]:
    """Return ``[cost, partial]`` of a problem."""
    full = _solved(data, [], None)
    if full is not None:
        return [full, None]
    priorities = sorted({one["priority"] for _, one in _classes(data) if "priority" in one})
    held: list[tuple[int, float]] = []
    for priority in priorities:
        most = _solved(data, held, priority)
        if most is None:
            return [None, None]
        held.append((priority, most))
    return [None, {"served": [most for _, most in held], "cost": _solved(data, held, None)} if held else None]


def _classes(data: Data) -> list[tuple[str, Data]]:
    return [(pool, one) for pool, role in data["roles"].items() for one in role["classes"].values()]


def _solved(data: Data, held: list[tuple[int, float]], most_of: int | None) -> float | None:
    """Return the least cost, or the most that can be served of a priority; with ``held`` some demand may be left."""
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver("SCIP")
    partial = bool(held) or most_of is not None
    used: dict[str, Any] = {}
    served: dict[int, Any] = {}
    for role in data["roles"].values():
        counts = {u: solver.IntVar(0, 60, "") for u in role["units"]}
        work = dict.fromkeys(counts, 0.0)
        for one in role["classes"].values():
            shares = {u: solver.NumVar(0, 1, "") for u, rate in one["throughput"].items() if rate > 0}
            total = sum(shares.values())
            some = partial and "priority" in one
            solver.Add(total <= 1) if some else solver.Add(total == 1)
            for unit, share in shares.items():
                work[unit] += share * (one["demand"] / one["throughput"][unit])
            if "priority" in one:
                served[one["priority"]] = served.get(one["priority"], 0.0) + one["demand"] * total
        for unit, count in counts.items():
            solver.Add(work[unit] <= count)
            for name, value in role["units"][unit].items():
                used[name] = used.get(name, 0.0) + value * count
    for limit in data["limits"]:
        name, bound = limit.split("<=")
        solver.Add(used[name] <= float(bound))
    for priority, least in held:
        solver.Add(served[priority] >= least - SLIP)
    solver.Minimize(used["cost"]) if most_of is None else solver.Maximize(served[most_of])
    status = solver.Solve()
    return solver.Objective().Value() if status == pywraplp.Solver.OPTIMAL else None


def draw(seed: int) -> Data:
    """Return a random problem: one or two pools of two or three types, one to three classes each, few cards."""
    rng = random.Random(seed)
    units = {"small": (1, 3), "middle": (3, 8), "large": (7, 20)}
    types = rng.sample(sorted(units), rng.choice([2, 3, 3]))
    roles = {f"p{i}": _pool(rng, {t: units[t] for t in types}) for i in range(rng.choice([1, 1, 2]))}
    limits = [f"cards_{t}<={rng.randint(0, 3)}" for t in types if rng.random() < 0.75]
    return {"roles": roles, "minimize": "cost", "limits": limits}


def _pool(rng: random.Random, units: dict[str, tuple[int, int]]) -> Data:
    classes: Data = {}
    for i in range(rng.choice([1, 2, 3])):
        rates = {t: round(rng.uniform(0.5, 1.5) * speed, 1) for t, (_, speed) in units.items() if rng.random() < 0.8}
        rates = rates or {next(iter(units)): 2.0}
        classes[f"c{i}"] = {"demand": rng.randint(1, 30), "throughput": rates}
        if rng.random() < 0.8:
            classes[f"c{i}"]["priority"] = rng.randint(1, 3)
    priced = {t: {"cost": cost, f"cards_{t}": 1} for t, (cost, _) in units.items()}
    return {"kind": "pool", "units": priced, "classes": classes}


if __name__ == "__main__":
    json.dump([answer(problem) for problem in json.load(sys.stdin)], sys.stdout)

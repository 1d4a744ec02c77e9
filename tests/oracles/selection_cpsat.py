"""CP-SAT's own optimum of selection problems of whole numbers, in a process of its own.

    python selection_cpsat.py < problems.json

Reads a list of problems, prints the list of their optima (null: infeasible). It runs as a program because OR-tools and
HiGHS cannot be imported into one process. The model is written from the JSON alone.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

Data = dict[str, Any]


def optimum(data: Data, seconds: float = 60.0, workers: int = 1) -> tuple[float | None, float | None, str]:
    """Return (value, bound, status) of a problem whose numbers are whole."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = {(r, o["option"]): model.new_bool_var(f"{r}/{o['option']}") for r, os in data["roles"].items() for o in os}
    for role, options in data["roles"].items():
        model.add_exactly_one(x[role, o["option"]] for o in options)
    for first, *others in data.get("requires", []):
        for member in others:
            model.add_implication(x[tuple(first)], x[tuple(member)])
    for members in data.get("excludes", []):
        model.add_bool_or(~x[tuple(member)] for member in members)
    both = []
    for pair in data.get("pairs", []):
        a, b = x[pair["from"], pair["from_option"]], x[pair["to"], pair["to_option"]]
        y = model.new_bool_var("")
        model.add_bool_or(~a, ~b, y)
        model.add_implication(y, a)
        model.add_implication(y, b)
        both.append((pair, y))
    totals = {name: _total(model, data, name, x, both) for name in _names(data)}
    for limit in data.get("limits", []):
        sense = "<=" if "<=" in limit else ">="
        name, bound = limit.split(sense)
        model.add(totals[name] <= int(bound)) if sense == "<=" else model.add(totals[name] >= int(bound))
    goal = totals[data.get("minimize", data.get("maximize"))]
    model.minimize(goal) if "minimize" in data else model.maximize(goal)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_time_in_seconds = workers, seconds
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None, None, "infeasible"
    if status == cp_model.UNKNOWN:
        return None, solver.best_objective_bound, "stopped"
    words = "optimal" if status == cp_model.OPTIMAL else "stopped"
    return solver.objective_value, solver.best_objective_bound, words


def _names(data: Data) -> list[str]:
    return [key for key in next(iter(data["roles"].values()))[0] if key != "option"]


def _total(model: Any, data: Data, name: str, x: Any, both: Any) -> Any:
    kind = data.get("aggregate", {}).get(name, "sum")
    pairs = [(pair[name], y, pair) for pair, y in both if name in pair]
    own = {r: sum(int(o[name]) * x[r, o["option"]] for o in options) for r, options in data["roles"].items()}
    if kind == "sum":
        return sum(own.values()) + sum(int(value) * y for value, y, _ in pairs)
    if kind == "critical_path":
        return _path(model, data, own, pairs)
    values = [int(o[name]) for options in data["roles"].values() for o in options]
    total = model.new_int_var(min(values), max(values), name)
    parts = list(own.values())
    model.add_max_equality(total, parts) if kind == "max" else model.add_min_equality(total, parts)
    return total


def _path(model: Any, data: Data, own: Any, pairs: Any) -> Any:
    """Return the latest finish as an exact maximum, so that bounds from both sides hold."""
    finish: dict[str, Any] = {}
    before: dict[str, list[str]] = {r: [a for a, b in data["edges"] if b == r] for r in data["roles"]}
    while len(finish) < len(own):
        role = next(r for r in own if r not in finish and all(a in finish for a in before[r]))
        start = model.new_int_var(0, 10**6, "")
        waits = [
            finish[a] + sum(int(v) * y for v, y, p in pairs if (p["from"], p["to"]) == (a, role)) for a in before[role]
        ]
        model.add_max_equality(start, [0, *waits])
        finish[role] = start + own[role]
    last = model.new_int_var(0, 10**6, "")
    model.add_max_equality(last, list(finish.values()))
    return last


def draw(seed: int) -> Data:
    """Return a problem of medium size with whole numbers, and limits near what random designs reach."""
    rng = random.Random(seed)
    names = [f"r{i:02d}" for i in range(rng.randrange(6, 13))]
    roles = {n: [_option(rng, i) for i in range(rng.randrange(5, 16))] for n in names}
    kinds = {"time": rng.choice(["critical_path", "sum"]), "worst": "max", "rate": "min"}
    edges = [[a, b] for i, a in enumerate(names) for b in names[i + 1 : i + 4] if rng.random() < 0.5]
    pairs = []
    for a, b in rng.sample(edges, min(3, len(edges))):
        for o in roles[a]:
            for q in roles[b]:
                if rng.random() < 0.5:
                    ends = {"from": a, "from_option": o["option"], "to": b, "to_option": q["option"]}
                    pairs.append({**ends, "cost": rng.randrange(30), "time": rng.randrange(20)})
    data: Data = {"roles": roles, "aggregate": kinds, "edges": edges, "pairs": pairs}
    for key in ("requires", "excludes"):
        picked = [rng.sample(names, 2) for _ in range(4)]
        data[key] = [[[n, rng.choice(roles[n])["option"]] for n in two] for two in picked]
    size = len(names)
    data["limits"] = [f"watts<={size * rng.randrange(25, 45)}", f"time<={size * rng.randrange(15, 40)}", "worst<=95"]
    data |= rng.choice([{"minimize": "cost"}, {"minimize": "time"}, {"maximize": "value"}, {"maximize": "rate"}])
    return data


def _option(rng: random.Random, number: int) -> Data:
    drawn = {name: rng.randrange(1, 100) for name in ("cost", "time", "watts", "value", "worst", "rate")}
    return {"option": f"o{number}", **drawn}


if __name__ == "__main__":
    json.dump([optimum(data)[0] for data in json.load(sys.stdin)], sys.stdout)

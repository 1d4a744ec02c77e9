"""CP-SAT's own optimum of scenarios of medium size, in a process of its own.

    python scenario_cpsat.py SEED [SEED ...]

Prints the list of the optima (null: infeasible). It runs as a program because OR-tools and HiGHS cannot be imported
into one process. The model is written from the candidates' constants alone; whether times are too long is the judge's
word on one design after the other: a design that is too slow is forbidden with all whose roles are each as slow.

Sums are scaled to whole numbers of 1e-9 of their limit (or of the largest cost), so that rounding seven of them shifts
a sum by at most 4e-9 of it. Each limit lies 1e-6 beside the value of a design, so rounding decides nothing, and optima
may be compared to 1e-7.
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.evaluation.evaluate import flow_time, judge
from advisor.models.latency import Lognormal
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import Bound, split_percentile
from oracles.medium import medium_table, random_designs
from oracles.problems import with_question

Design = Mapping[str, Candidate]
UNITS = 10**9  # of a limit
BESIDE = 1e-6  # a limit lies this much beside the value of a design, relative
SPEEDS = 4  # different times of a role, each slower than the one before at every time
TIMES = ("flows.answer.latency_ms", "flows.answer.ttft_ms")
SUMS = ("quality", "flows.answer.availability", "operations_h_per_month", "clouds")


def problem(seed: int) -> Table:
    """Return a table of six or seven roles with up to ten candidates each, and a question about it: cheapest or least
    work, under one or two percentile bounds and two or three others."""
    rng = random.Random(f"cpsat {seed}")
    full = medium_table(seed, each=rng.choice([6, 10]))
    full = dataclasses.replace(full, candidates={r: tuple(_paced(rng, found)) for r, found in full.candidates.items()})
    picked = [judge(design, full.scenario) for design in random_designs(rng, full, 15)]
    names = [f"{time}.{rng.choice(['p90', 'p95', 'p99'])}" for time in rng.sample(TIMES, rng.choice([1, 2]))]
    bounds = []
    for name in [*names, *rng.sample(SUMS, rng.choice([2, 3]))]:
        upper = name not in SUMS[:2]
        values = sorted((e.metric(name) for e in picked), reverse=not upper)
        limit = values[rng.choice([0, 2, 4])]
        beside = limit * (1 + BESIDE) if upper else 1 - (1 - limit) * (1 + BESIDE)
        bounds.append(Bound(f"constraints.{name}", name, upper, float(round(limit)) if name == "clouds" else beside))
    goal = rng.choice(["cost_usd_per_month", "cost_usd_per_month", "operations_h_per_month"])
    return with_question(full, bounds, (Goal((Term(goal, 1.0),), f"minimize {goal}"),))


def _paced(rng: random.Random, candidates: tuple[Candidate, ...]) -> Iterator[Candidate]:
    """Yield candidates with one of a few times that never cross, the faster ones dearer."""
    mean, cv = rng.uniform(30, 300), rng.choice([0.3, 0.8, 1.5])
    paces = sorted(rng.uniform(1, 6) for _ in range(SPEEDS))
    drawn: dict[str, int] = {}
    for c in candidates:
        place = drawn.setdefault(c.id.split("+")[0], rng.randrange(SPEEDS))
        time = Lognormal.from_mean_cv(mean * paces[place], cv)
        lines = tuple(dataclasses.replace(x, usd_per_month=x.usd_per_month * (SPEEDS - place)) for x in c.lines)
        yield dataclasses.replace(c, lines=lines, latency={name: (time, time) for name in c.latency})


def optimum(table: Table) -> float | None:
    """Return the least value of a problem's goal, None when nothing holds every bound."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = {(r, c.id): model.new_bool_var(f"{r}/{c.id}") for r, found in table.candidates.items() for c in found}
    for role, found in table.candidates.items():
        model.add_exactly_one(x[role, c.id] for c in found)
        for c in found:
            for cache, used in c.behind.items():
                out = next(x[cache, n.id] for n in table.candidates[cache] if n.is_none)
                model.add_implication(x[role, c.id], ~out if used else out)
    for bound in table.scenario.bounds:
        if not split_percentile(bound.metric):
            _limit(model, x, table, bound)
    weight = _weight(table.scenario.objective[0].terms[0].metric)
    most = max(weight(c) for found in table.candidates.values() for c in found)
    model.minimize(sum(round(weight(c) / most * UNITS) * x[r, c.id] for r, found in _all(table) for c in found))
    while True:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        if solver.solve(model) == cp_model.INFEASIBLE:
            return None
        design = {r: next(c for c in found if solver.value(x[r, c.id])) for r, found in _all(table)}
        times = [bound for bound in table.scenario.bounds if split_percentile(bound.metric)]
        late = next((bound for bound in times if not _holds(design, table, bound)), None)
        if late is None:
            return math.fsum(weight(c) for c in design.values())
        _forbid(model, x, table, _fastest_late(design, table, late))


def _all(table: Table) -> Any:
    return table.candidates.items()


def _weight(metric: str) -> Callable[[Candidate], float]:
    """Return what a candidate adds to a sum; minus the logarithm of its factor in a product."""
    weights: dict[str, Callable[[Candidate], float]] = {
        "cost_usd_per_month": lambda c: sum(line.usd_per_month for line in c.lines),
        "operations_h_per_month": lambda c: c.operations_h_per_month,
        "quality": lambda c: -math.log(c.quality),
        "availability": lambda c: -math.log(c.availability),
    }
    return weights[metric.rpartition(".")[2]]


def _limit(model: Any, x: Any, table: Table, bound: Bound) -> None:
    if bound.metric == "clouds":
        names = {cloud for _, found in _all(table) for c in found for cloud in c.clouds}
        used = {name: model.new_bool_var(name) for name in sorted(names)}
        for role, found in _all(table):
            for c in found:
                for cloud in c.clouds:
                    model.add_implication(x[role, c.id], used[cloud])
        model.add(sum(used.values()) <= int(bound.limit))
        return
    weight, room = _weight(bound.metric), bound.limit if bound.upper else -math.log(bound.limit)
    asked = _needed(table) if bound.metric.endswith("availability") else set(table.candidates)
    parts = [round(weight(c) / room * UNITS) * x[r, c.id] for r, found in _all(table) if r in asked for c in found]
    model.add(sum(parts) <= UNITS)


def _needed(table: Table) -> set[str]:
    """Return the roles that the answer cannot do without."""
    steps = [s for top in table.scenario.blueprint.flows["answer"].path for s in (top, *top.on_miss)]
    roles = {s.role or s.cache for s in steps if not s.in_background}
    return {role for role in roles if role and not table.scenario.blueprint.roles[role].soft}


def _holds(design: Design, table: Table, bound: Bound) -> bool:
    at = split_percentile(bound.metric)
    assert at is not None
    flow = table.scenario.blueprint.flows[at[0]]
    time = flow_time(flow, flow.measures[at[1]].at, design, table.scenario)  # type: ignore[index]
    return time.quantile(at[2]) <= bound.limit * (1 + 1e-9)


def _pace(candidate: Candidate) -> float:
    """Return a number that orders the times of a role's candidates."""
    return 0.0 if candidate.is_none else next((time.mean() for time, _ in candidate.latency.values()), 0.0)


def _fastest_late(design: Design, table: Table, bound: Bound) -> dict[str, Candidate]:
    """Return a design that is too slow as well, with roles as fast as they can be one after the other."""
    found = dict(design)
    for role, own in design.items():
        alike = [c for c in table.candidates[role] if c.behind == own.behind and c.is_none == own.is_none]
        faster = sorted((c for c in alike if _pace(c) < _pace(own)), key=_pace)
        found[role] = next((c for c in faster if not _holds({**found, role: c}, table, bound)), own)
    return found


def _forbid(model: Any, x: Any, table: Table, late: Design) -> None:
    """Forbid every design with the same caches in use whose roles are all at least as slow."""
    cached = {role: late[role].is_none for role in table.scenario.blueprint.cache_roles if role in late}
    quicker = [
        x[role, c.id]
        for role, found in _all(table)
        for c in found
        if (c.is_none != cached[role] if role in cached and c.is_none != cached[role] else _pace(c) < _pace(late[role]))
    ]
    model.add_bool_or(quicker)


if __name__ == "__main__":
    print(json.dumps([optimum(problem(int(seed))) for seed in sys.argv[1:]]))

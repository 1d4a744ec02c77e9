"""How the optimizer's time grows with roles, candidates and bounds, beside the mixed-integer program.

    python benchmarks/optimizer.py [--limit SECONDS] [--repeat N]

Each row is one table with drawn constants, solved by the exact engine, by the program of this package (PuLP and HiGHS
with cuts, which is what answers where the engine gives up), and by HiGHS called directly on all candidates. HiGHS alone
knows no percentiles: with percentile bounds it gets their necessary conditions only, so its value is just a bound.
Prints the median of N runs; "-" means not proved within the limit. Promises: 10 roles x 50 candidates with two p99
bounds in 2 s, 20 x 200 with sums in 10 s, ten what-ifs on the example in 1 s each at most.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import statistics
import time
from collections.abc import Callable

from advisor import resources
from advisor.candidates.candidate import Candidate, CostLine
from advisor.candidates.table import Table, table
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog, load_catalog
from advisor.models.latency import Lognormal
from advisor.optimizer.found import Found
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Session, Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario, load_scenario
from advisor.scenario.requirements import COST, OPERATIONS, QUALITY, Bound

LATENCY, FIRST = "flows.answer.latency_ms.p99", "flows.answer.ttft_ms.p99"
AVAILABILITY = "flows.answer.availability"
SIZES = (
    (5, 50, "two p99"),
    (10, 5, "two p99"),
    (10, 50, "one p99"),
    (10, 50, "two p99"),
    (10, 50, "two p99 and sums"),
    (10, 500, "two p99"),
    (20, 50, "two p99"),
    (2, 200, "sums"),
    (20, 20, "sums"),
    (20, 200, "sums"),
)


def main() -> None:
    """Run the benchmark and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for each solve")
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    catalog = load_catalog()
    scenario = load_scenario(resources.example("support_copilot"), catalog)
    print(f"{'roles':>5} {'each':>5}  {'bounds':<18}{'engine s':>9}{'program s':>11}{'HiGHS s':>9}  {'value':>12}")
    for roles, each, kind in SIZES:
        drawn = drawn_table(roles, each, kind, scenario, catalog)
        ours, value = _median(_engine, drawn, arguments)
        program, other = _median(_program, drawn, arguments)
        highs, bound = _median(_highs, drawn, arguments)
        print(
            f"{roles:>5} {each:>5}  {kind:<18}{_shown(ours):>9}{_shown(program):>11}{_shown(highs):>9}  {value:>12.4f}"
        )
        assert other is None or value is None or abs(other - value) <= 1e-6 * abs(value)
        assert bound is None or value is None or bound <= value * (1 + 1e-6)
    _what_ifs(scenario, catalog)


def drawn_table(roles: int, each: int, kind: str, scenario: Scenario, catalog: Catalog) -> Table:
    """Return a table in which faster candidates cost more, with bounds that a fifth of all random designs meet."""
    rng = random.Random(f"{roles} {each} {kind}")
    full = table(scenario, catalog)
    blueprint = _blueprint([f"role_{n:02d}" for n in range(roles)], catalog, scenario)
    base = next(c for c in full.candidates["gateway"] if not c.is_none)
    found = {role: tuple(_drawn(rng, base, role, n) for n in range(each)) for role in blueprint.roles}
    plain = dataclasses.replace(
        scenario,
        blueprint=blueprint,
        requirements=(),
        objective=(Goal((Term(COST, 1.0),), "minimize cost"),),
    )
    drawn = dataclasses.replace(full, scenario=plain, candidates=found)
    return dataclasses.replace(
        drawn, scenario=dataclasses.replace(plain, requirements=tuple(_bounds(rng, drawn, kind)))
    )


def _blueprint(roles: list[str], catalog: Catalog, scenario: Scenario) -> Blueprint:
    data = catalog.blueprint(scenario.blueprint.id).model_dump()
    step = next(step for step in data["flows"]["answer"]["path"] if step["role"] == "gateway")
    use = data["roles"]["gateway"]
    data["roles"] = {role: use for role in roles}
    data["flows"] = {"answer": {**data["flows"]["answer"], "path": [{**step, "role": role} for role in roles]}}
    return Blueprint.model_validate(data).taken(scenario.workload)


def _drawn(rng: random.Random, base: Candidate, role: str, number: int) -> Candidate:
    speed = rng.random()
    mean = 10 * 10 ** (1.5 * (1 - speed)) * rng.uniform(0.7, 1.4)
    quality = rng.uniform(0.9, 1.0)
    usd = 200 * 10 ** (speed + 3 * (quality - 0.95)) * rng.uniform(0.7, 1.4)
    first = Lognormal.from_mean_cv(mean, rng.choice([0.2, 0.5, 1.0, 2.0]))
    complete = Lognormal.from_mean_cv(mean * rng.uniform(1, 3), rng.choice([0.2, 0.5, 1.0]))
    return dataclasses.replace(
        base,
        id=f"{role}_{number}",
        role=role,
        lines=(CostLine("fee", 1.0, "", usd, False, base.lines[0].price),),
        operations_h_per_month=rng.uniform(0, 20),
        usd_per_hour=0.0,
        availability=1 - 10 ** rng.uniform(-5, -3),
        quality=quality,
        latency={name: (first, complete) for name in base.latency},
    )


def _bounds(rng: random.Random, drawn: Table, kind: str) -> list[Bound]:
    from advisor.evaluation.evaluate import judge

    picked = [
        judge({role: rng.choice(found) for role, found in drawn.candidates.items()}, drawn.scenario) for _ in range(40)
    ]

    def at(metric: str, *, upper: bool = True) -> Bound:
        values = sorted((e.metric(metric) for e in picked), reverse=not upper)
        return Bound(f"constraints.{metric}", metric, upper, values[8])

    found = {"one p99": [LATENCY], "two p99": [LATENCY, FIRST], "two p99 and sums": [LATENCY, FIRST], "sums": []}[kind]
    bounds = [at(metric) for metric in found]
    if "sums" in kind:
        bounds += [at(OPERATIONS), at(QUALITY, upper=False), at(AVAILABILITY, upper=False)]
    return bounds


# --- methods ----------------------------------------------------------------------------------------------------------

Timed = tuple[float | None, float | None]


def _median(work: Callable[[Table, float], Timed], drawn: Table, arguments: argparse.Namespace) -> Timed:
    runs = [work(drawn, arguments.limit) for _ in range(arguments.repeat)]
    seconds = [run[0] for run in runs]
    return (None if None in seconds else statistics.median(s for s in seconds if s is not None)), runs[0][1]


def _engine(drawn: Table, limit_s: float) -> Timed:
    return _timed(lambda: optimise(Search(drawn), time_limit_s=limit_s))


def _program(drawn: Table, limit_s: float) -> Timed:
    return _timed(lambda: optimise(Search(drawn), time_limit_s=limit_s, program=True))


def _timed(work: Callable[[], Found]) -> Timed:
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    return (seconds, found.value) if found.status is Status.OPTIMAL else (None, None)


def _highs(drawn: Table, limit_s: float) -> Timed:
    """Solve the model over all candidates in one go: no pruning, no reach, no cuts."""
    from advisor.optimizer.formulation import CONSTRAINTS, formulate
    from advisor.optimizer.linear import total

    search = Search(drawn)
    start = time.perf_counter()
    model = formulate(drawn.candidates, drawn.scenario, search.bounds)
    session = Session(model.problem)
    for bound, tail in search.tails:
        pool_model = dataclasses.replace(model, pool=search.pool)
        session.add(CONSTRAINTS["tail"](pool_model, tail, bound.metric))
    outcome = session.solve(model.expression(total(drawn.candidates, lambda c: c.cost_usd_per_month)), limit_s)
    seconds = time.perf_counter() - start
    return (seconds, outcome.objective) if outcome.status is Status.OPTIMAL else (None, None)


def _shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f}"


# --- what-ifs ---------------------------------------------------------------------------------------------------------

CHANGES = (
    (FIRST.replace("p99", "p95"), 1_800.0),
    (FIRST.replace("p99", "p95"), 2_500.0),
    (LATENCY.replace("p99", "p95"), 5_500.0),
    (LATENCY, 8_500.0),
    (AVAILABILITY, 0.992),
    (AVAILABILITY, 0.98),
    (QUALITY, 0.60),
    (QUALITY, 0.66),
    (OPERATIONS, 130.0),
    ("clouds", 2.0),
)


def _what_ifs(scenario: Scenario, catalog: Catalog) -> None:
    """Change one bound of the example at a time, with what earlier answers left behind and without."""
    search = Search(table(scenario, catalog))
    optimise(search)
    times: dict[str, list[float]] = {"reusing": [], "from scratch": []}
    for metric, limit in CHANGES:
        changed = [
            dataclasses.replace(r, limit=limit) if isinstance(r, Bound) and r.metric == metric else r
            for r in scenario.requirements
        ]
        start = time.perf_counter()
        optimise(search.under(changed))
        between = time.perf_counter()
        optimise(Search(search.table, changed))
        times["reusing"].append(between - start)
        times["from scratch"].append(time.perf_counter() - between)
    for name, seconds in times.items():
        print(f"ten what-ifs on the example, {name}: {sum(seconds):.2f} s, the slowest {max(seconds):.2f} s")


if __name__ == "__main__":
    main()

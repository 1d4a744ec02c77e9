"""Exact fronts beside two other ways to get at them, on the same seeded tables in one run.

    python benchmarks/fronts.py [--seconds 45] [--quick] [--examples]

Ours (reading, merging, judging every point), pymoo's NSGA-II in the time that we need and in a hundred times that, and
a plain epsilon-constraint loop: one mixed-integer program a point, with HiGHS called directly. Beside each way: how
many points of the front it misses and its hypervolume as a share of ours, up to a tenth of each range beyond the worst
values. NSGA-II is left out when pymoo is not installed; ``make bench`` installs it. No way gets more than
``--seconds``.

Promise, in seconds of the processor, which a busy machine does not change: two metrics of 10 roles x 50 options in 0.1,
of 20 x 200 in 0.5, three of 10 x 50 in 5, and the example's front of cost and p95 in 10.

``--examples``: nothing but a table of the fronts of cost and one or two other metrics of every example, in seconds of
the processor; a front that is not complete after ``EXAMPLE_S`` is called so.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from selection import Data, table

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

FACTOR = 100
BEST_OF = 3
POPULATION = 200
LOOP_S = 8.0  # for the epsilon-constraint loop
CASES = {  # roles, options, metrics: seconds promised; None compares only
    (10, 50, 2): 0.1,
    (20, 200, 2): 0.5,
    (6, 12, 3): None,
    (10, 50, 3): 5.0,
}
FRONT_OF_PERCENTILE_S = 10.0
EXAMPLE_S = 10.0
OTHERS = ("p95", "availability", "quality", "operations", "p95,availability", "p95,quality")


def numbers(data: Data, metrics: list[str]) -> list[Array]:
    """Return for each role a row an option."""
    import numpy as np

    return [np.array([[float(o[m]) for m in metrics] for o in options]) for options in data["roles"].values()]


def timed(work: Callable[[], Any], runs: int = 1) -> tuple[Any, float, float]:
    """Return a result with the seconds that the quickest of some runs took, and those of the processor."""
    took = []
    for _ in range(runs):
        start, busy = time.perf_counter(), time.process_time()
        result = work()
        took.append((time.process_time() - busy, time.perf_counter() - start))
    busy, seconds = min(took)
    return result, seconds, busy


def promise(busy: float, promised: float | None) -> str:
    """Return what is said of a promise."""
    said = f"   {busy:.3f} s of the processor"
    return said if promised is None else f"{said}, promised {promised:g} s{'' if busy <= promised else ': NOT KEPT'}"


def nsga2(tables: list[Array], seconds: float) -> Array:
    """Return what pymoo's NSGA-II has found after some seconds."""
    import numpy as np
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem
    from pymoo.operators.crossover.sbx import SBX
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.repair.rounding import RoundingRepair
    from pymoo.operators.sampling.rnd import IntegerRandomSampling
    from pymoo.optimize import minimize
    from pymoo.termination.max_time import TimeBasedTermination

    class Choice(Problem):  # type: ignore[misc]
        """One option a role, what they add up to."""

        def __init__(self) -> None:
            last = np.array([len(own) - 1 for own in tables])
            super().__init__(n_var=len(tables), n_obj=tables[0].shape[1], xl=0 * last, xu=last, vtype=int)

        def _evaluate(self, x: Array, out: dict[str, Array], *_: Any, **__: Any) -> None:
            out["F"] = sum(own[x[:, role].astype(int)] for role, own in enumerate(tables))

    operators = {
        "sampling": IntegerRandomSampling(),
        "crossover": SBX(vtype=float, repair=RoundingRepair()),
        "mutation": PM(vtype=float, repair=RoundingRepair()),
    }
    algorithm = NSGA2(pop_size=POPULATION, eliminate_duplicates=True, **operators)
    found: Array = np.atleast_2d(minimize(Choice(), algorithm, TimeBasedTermination(seconds), seed=1).F)
    return found


def loop(tables: list[Array], seconds: float) -> tuple[Array, bool]:
    """Return the points that one program after the other finds, and whether that is all of them."""
    import highspy
    import numpy as np

    from advisor.optimizer.solver import quiet_highs

    solver, flat = quiet_highs(), np.concatenate(tables)
    every = np.arange(len(flat), dtype=np.int32)
    for name, setting in {"threads": 1, "mip_rel_gap": 0.0}.items():
        solver.setOptionValue(name, setting)
    solver.addVars(len(flat), np.zeros(len(flat)), np.ones(len(flat)))
    solver.changeColsCost(len(flat), every, flat[:, 0])
    solver.changeColsIntegrality(len(flat), every, np.full(len(flat), highspy.HighsVarType.kInteger))
    at = 0
    for own in tables:
        solver.addRow(1.0, 1.0, len(own), np.arange(at, at + len(own), dtype=np.int32), np.ones(len(own)))
        at += len(own)
    solver.addRow(-highspy.kHighsInf, highspy.kHighsInf, len(flat), every, flat[:, 1])
    found, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        solver.setOptionValue("time_limit", solver.getRunTime() + max(end - time.perf_counter(), 0.01))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            break
        chosen = np.round(np.array(solver.getSolution().col_value)).astype(bool)
        found.append(flat[chosen].sum(axis=0))
        solver.changeRowBounds(len(tables), -highspy.kHighsInf, float(found[-1][1]) - 1)  # values are whole numbers
    ended = solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible
    return np.array(found).reshape(len(found), 2), ended


def missing(points: Array, front: Array) -> int:
    """Return how many points of a front are not among some."""
    known = {tuple(row) for row in points.round(6).tolist()}
    return sum(tuple(row) not in known for row in front.round(6).tolist())


def volume(points: Array, front: Array) -> float:
    """Return the hypervolume of points, with each metric scaled to its range on the front.

    Slice by slice along the last metric; with two metrics the area under the staircase.
    """
    low, high = front.min(axis=0), front.max(axis=0)
    scaled = (points - low) / (high - low)
    return _volume(scaled[(scaled < 1.1).all(axis=1)], 1.1)


def _volume(points: Array, end: float) -> float:
    import numpy as np

    if points.shape[1] == 1:
        return end - float(points.min()) if len(points) else 0.0
    ordered = points[np.argsort(points[:, -1], kind="stable")]
    if points.shape[1] == 2:
        reached = np.minimum.accumulate(ordered[:, 0])
        return float(((end - reached) * np.diff(np.append(ordered[:, 1], end))).sum())
    heights = np.append(ordered[:, -1], end)
    return sum(
        _volume(ordered[: k + 1, :-1], end) * float(heights[k + 1] - heights[k])
        for k in range(len(ordered))
        if heights[k + 1] > heights[k]
    )


def compare(case: tuple[int, int, int], promised: float | None, most_s: float, *, quick: bool) -> bool:
    """Print one case; return whether the promise holds."""
    import numpy as np

    import advisor

    roles, options, count = case
    data = {**table(roles, options, count - 1), "limits": []}
    metrics = ["cost", *(f"use{k}" for k in range(count - 1))]
    found, seconds, busy = timed(lambda: advisor.select(data, pareto=metrics), BEST_OF)
    front, kept = np.array(found.values), promised is None or busy <= promised
    said = promise(busy, promised)
    print(f"\n{roles} roles × {options} options, {count} metrics: {len(front)} points in {seconds:.3f} s{said}")
    if quick or len(front) > 20_000:  # hypervolumes of that many points in three metrics would take the longest
        return kept
    full, tables = volume(front, front), numbers(data, metrics)
    ways: dict[str, Callable[[], Array]] = {}
    if importlib.util.find_spec("pymoo"):
        for factor in (1, FACTOR):
            limit = min(factor * seconds, most_s)
            ways[f"NSGA-II, {factor} × our time ({limit:.2f} s)"] = lambda limit=limit: nsga2(tables, limit)
    if count == 2:
        ways[f"epsilon-constraint loop ({LOOP_S:g} s at most)"] = lambda: loop(tables, LOOP_S)[0]
    for name, solve in ways.items():
        points, took, _ = timed(solve)
        share = volume(points, front) / full
        print(f"  {name:<44}{took:>8.2f} s{missing(points, front):>8} missing   hypervolume {share:.4f}", flush=True)
    return kept


def percentile() -> bool:
    """Print how long the example's front of cost and p95 takes; return whether the promise holds."""
    import advisor

    scenario = advisor.load_scenario(advisor.example("support_copilot"))
    found, seconds, busy = timed(lambda: advisor.pareto(scenario, ["cost", "p95"]))
    said = promise(busy, FRONT_OF_PERCENTILE_S)
    print(f"example, cost and p95 by the exact judge: {len(found.points)} points in {seconds:.1f} s{said}")
    return busy <= FRONT_OF_PERCENTILE_S


def examples() -> None:
    """Print how long the fronts of cost and one or two others take for every example, and how many points they have."""
    import advisor
    from advisor import resources
    from advisor.analysis.answers import Deadline
    from advisor.analysis.metric_names import metric_paths
    from advisor.analysis.pareto import front_of
    from advisor.candidates.table import table as build
    from advisor.catalog.load import load_catalog

    catalog = load_catalog()
    print(f"{'example, cost and':<22}" + "".join(f"{other:>26}" for other in OTHERS))
    for path in sorted(resources.example("support_copilot").parent.parent.glob("*/scenario.yml")):
        scenario = advisor.load_scenario(path)
        known, cells = build(scenario, catalog, None), []
        for other in OTHERS:
            paths = metric_paths(scenario, ["cost", *other.split(",")])
            found, _, busy = timed(functools.partial(front_of, known, paths, deadline=Deadline.after(EXAMPLE_S)))
            said = "" if found.status.value == "optimal" else ", not complete"
            cells.append(f"{len(found.points)} in {busy:.1f} s{said}")
        print(f"{path.parent.name:<22}" + "".join(f"{cell:>26}" for cell in cells), flush=True)


def main() -> int:
    """Run everything; exit code 1 when a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=45.0, help="at most, for each way on each table")
    parser.add_argument("--quick", action="store_true", help="only our own times")
    parser.add_argument("--examples", action="store_true", help="only a table of all examples")
    arguments = parser.parse_args()
    if arguments.examples:
        examples()
        return 0
    kept = [percentile()]
    if not importlib.util.find_spec("pymoo") and not arguments.quick:
        print("NSGA-II is left out: pymoo is not installed; make bench installs it")
    kept += [compare(case, promised, arguments.seconds, quick=arguments.quick) for case, promised in CASES.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())

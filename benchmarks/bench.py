"""Where the time goes, with the raw solver time of the same run beside it.

    python benchmarks/bench.py [SCENARIO] [--repeat N]

Prints the median of N runs for each stage. "raw HiGHS" is the wall time inside the solver library when the
mixed-integer program alone answers the same question in the same run, so the ratio holds on a noisy machine too.
Promise: everything before rendering takes at most five times the raw solver time or 0.5 s, whichever is larger.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT_RATIO, LIMIT_S = 5.0, 0.5


def main() -> int:
    """Run the benchmark and print the table; exit code 1 when the promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default=None)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    runs = [_run(arguments.scenario) for _ in range(arguments.repeat)]
    medians = {stage: statistics.median(run[stage] for run in runs) for stage in runs[0]}
    before = sum(medians[stage] for stage in ("load", "candidates", "model", "solve", "evaluate"))
    allowed = max(LIMIT_RATIO * medians["raw HiGHS"], LIMIT_S)
    print(f"{'stage':<28}{'seconds':>9}")
    for stage, seconds in medians.items():
        print(f"{stage:<28}{seconds:>9.3f}")
    print(
        f"{'before rendering, no reasons':<28}{before:>9.3f}   allowed {allowed:.3f} "
        f"({before / medians['raw HiGHS']:.1f} × raw HiGHS)"
    )
    _startup()
    return 0 if before <= allowed else 1


def _run(scenario: str | None) -> dict[str, float]:
    from advisor import resources
    from advisor.analysis.knobs import with_workload
    from advisor.analysis.reasons import reasons, runner_ups
    from advisor.analysis.volumes import find_parameters
    from advisor.candidates.table import table
    from advisor.evaluation.evaluate import judge
    from advisor.optimizer.run import optimise
    from advisor.optimizer.search import Search
    from advisor.proposal import Proposal
    from advisor.render.proposal_files import files

    times: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        times[stage] = time.perf_counter() - start
        return result

    path = scenario or resources.example("support_copilot")
    catalog, loaded = timed("load", lambda: _inputs(path))
    candidates = timed("candidates", lambda: table(loaded, catalog))
    search = timed("model", lambda: Search(candidates))
    found = timed("solve", lambda: optimise(search))
    if found.best is None:
        raise SystemExit("the benchmark needs a scenario with a feasible design")
    timed("evaluate", lambda: judge(found.best.design, loaded))
    tripled = {name: 3 * value for name, value in find_parameters(loaded, loaded.blueprint, []).items()}
    grown = with_workload(loaded, tripled, catalog)
    timed("candidates at 3 x volume", lambda: table(grown, catalog))
    times["raw HiGHS"] = _raw(candidates)
    why = timed("reasons", lambda: (reasons(search, found.best), runner_ups(search, found.best)))
    result = Proposal(
        loaded,
        catalog,
        candidates,
        found.status,
        found.best,
        found.value,
        found.bound,
        found.gap,
        found.rounds,
        None,
        why[1],
        why[0],
        {},
    )
    timed("render all files", lambda: files(result, datetime.date(2026, 1, 1), "advisor propose"))
    return times


def _raw(candidates: Any) -> float:
    """Return the time inside HiGHS when the same question is answered by the mixed-integer program alone."""
    from advisor.optimizer.run import optimise
    from advisor.optimizer.search import Search

    search = Search(candidates)
    optimise(search, program=True)
    return float(search.loaded.session.seconds)


def _inputs(path: Any) -> tuple[Any, Any]:
    from advisor.catalog.load import load_catalog
    from advisor.scenario.load import load_scenario

    catalog = load_catalog()
    return catalog, load_scenario(path, catalog)


def _startup() -> None:
    """Print the start-up time of the command line beside that of importing click alone."""
    click = min(_wall("-c", "import click") for _ in range(7))
    ours = min(_wall("-m", "advisor", "--help") for _ in range(7))
    print(f"{'advisor --help':<28}{ours:>9.3f}   import click {click:.3f} ({ours / click:.2f} ×, allowed 2.50 ×)")


def _wall(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=Path(__file__).parent.parent)
    return time.perf_counter() - start


if __name__ == "__main__":
    raise SystemExit(main())

"""What questions about an answer take: what-ifs, reasons, why-not, sensitivity, growth, samples, conflicts, quantiles.

    python benchmarks/analysis.py [SCENARIO] [--repeat N]

Prints the least of N runs of each, in processor seconds, beside what is promised on a machine with nothing else to do.
What reuses an answer stands beside the same from scratch, so that the ratio holds on a busy machine too. SCENARIO must
have a design and ask for the least cost; default: the example.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

from advisor import resources
from advisor.analysis.answers import Answer, solve
from advisor.analysis.conflict import conflict
from advisor.analysis.reasons import reasons, runner_ups
from advisor.analysis.why_not import why_not, why_not_all
from advisor.candidates.table import Table, table
from advisor.catalog.load import load_catalog
from advisor.evaluation.result import Evaluation
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario, load_scenario
from advisor.scenario.requirements import COST, Bound, Requirement, is_count

WHAT_IFS = 10
STEPS = (1.02, 0.98, 1.1)  # times a bound, in turn, for what-ifs
GROWTH = (1.0, 3.0, 10.0, 100.0)
SAMPLES = 1000
PERCENTILE = "flows.answer.latency_ms.p95"

Timed = Callable[[], Any]
Row = tuple[str, str, Callable[[], Timed]]  # name, what is promised, what prepares a run


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default=None)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    catalog = load_catalog()
    candidates = table(load_scenario(arguments.scenario or resources.example("support_copilot"), catalog), catalog)
    print(f"{'question':<52}{'seconds':>9}  promised")
    parts = (_about, _whole, _infeasible, _percentiles)
    for name, promised, prepare in (row for part in parts for row in part(candidates)):
        seconds = min(_seconds(prepare()) for _ in range(arguments.repeat))
        print(f"{name:<52}{seconds:>9.2f}  {promised:>8}", flush=True)


def _seconds(timed: Timed) -> float:
    start = time.process_time()
    timed()
    return time.process_time() - start


# --- questions about an answer ----------------------------------------------------------------------------------------


def _about(candidates: Table) -> Iterator[Row]:
    def with_answer(ask: Callable[[Answer, Evaluation], Any]) -> Callable[[], Timed]:
        def prepare() -> Timed:
            answer = solve(candidates)
            if answer.best is None:
                raise SystemExit("the benchmark needs a scenario with a feasible design")
            best = answer.best
            return lambda: ask(answer, best)

        return prepare

    yield "the answer", "", lambda: lambda: solve(candidates)
    yield "ten what-ifs, reusing the answer", "1", with_answer(lambda answer, best: _reusing(answer))
    yield "ten what-ifs, each from scratch", "", lambda: lambda: _from_scratch(candidates)
    yield "reasons for every component", "", with_answer(lambda answer, best: reasons(answer.search, best))
    yield "the next best of every role", "1", with_answer(lambda answer, best: runner_ups(answer.search, best))
    yield "why not, every component", "5", with_answer(lambda answer, best: why_not_all(answer))
    one = next((x.wishes for x in why_not_all(solve(candidates)) if x.kind == "infeasible" and not x.conflict), None)
    if one is not None:
        yield f"why not {one[0].name}", "1", with_answer(lambda answer, best: why_not(answer, one))
        yield (
            f"why not {one[0].name}, with what helps",
            "",
            with_answer(lambda answer, best: why_not(answer, one, ways_out=True)),
        )


def _whole(candidates: Table) -> Iterator[Row]:
    """Yield the analyses that ask hundreds of questions, in one process."""
    import datetime

    from advisor.analysis.growth import growth
    from advisor.analysis.robust import Wanted, robust
    from advisor.analysis.sensitivity import sensitivity
    from advisor.analysis.volumes import Volumes, find_parameters

    today, scenario, catalog = datetime.date(2026, 1, 1), candidates.scenario, candidates.catalog

    def volumes() -> Volumes:
        of = find_parameters(scenario, catalog.blueprint(scenario.blueprint.id), [])
        return Volumes(scenario, catalog, candidates.as_of, of)

    def with_answer(ask: Callable[[Answer], Any]) -> Callable[[], Timed]:
        def prepare() -> Timed:
            answer = solve(candidates)
            return lambda: ask(answer)

        return prepare

    every = with_answer(lambda answer: sensitivity(answer, today))
    yield "sensitivity, all parts (two jobs: half)", "30", every
    yield "growth at 1, 3, 10 and 100 times (two jobs: half)", "12", lambda: lambda: growth(volumes(), GROWTH)
    sampled = with_answer(lambda answer: robust(answer, Wanted(samples=SAMPLES, seed=7)))
    yield f"robust, {SAMPLES} samples, 10 with hindsight (half)", "12", sampled


def _questions(scenario: Scenario) -> list[tuple[Requirement, ...]]:
    """Return the requirements with one bound moved, ten times."""
    found = []
    bounds = [bound for bound in scenario.bounds if not is_count(bound.metric)]
    for number in range(WHAT_IFS):
        bound, step = bounds[number % len(bounds)], STEPS[number % len(STEPS)]
        limit = bound.limit * step if bound.upper else 1 - (1 - bound.limit) * step
        moved = dataclasses.replace(bound, limit=limit)
        found.append(tuple(moved if r is bound else r for r in scenario.requirements))
    return found


def _reusing(answer: Answer) -> None:
    for requirements in _questions(answer.scenario):
        optimise(answer.search.under(requirements))


def _from_scratch(candidates: Table) -> None:
    for requirements in _questions(candidates.scenario):
        optimise(Search(candidates, requirements))


# --- infeasible scenarios and other goals -----------------------------------------------------------------------------


def _infeasible(candidates: Table) -> Iterator[Row]:
    best = solve(candidates).best
    for share in (0.99, 0.5):
        assert best is not None
        limit = Bound("constraints.cost_usd_per_month.max", COST, True, best.cost_usd_per_month * share)
        others = [r for r in candidates.scenario.requirements if getattr(r, "metric", "") != COST]
        asked = dataclasses.replace(candidates.scenario, requirements=(*others, limit))
        tight = dataclasses.replace(candidates, scenario=asked)
        yield f"the conflict at {100 * share:.0f} % of the least cost", "3", lambda t=tight: lambda: conflict(t)
    yield "the ways out of the last one, with the answer", "3", lambda: lambda: _ways_out(tight)


def _ways_out(candidates: Table) -> None:
    from advisor.analysis.ways_out import ways_out

    answer = solve(candidates)
    ways_out(answer.search, answer.conflict)


def _percentiles(candidates: Table) -> Iterator[Row]:
    goal = Goal((Term(PERCENTILE, 1.0),), f"minimize {PERCENTILE}")
    for name, requirements in (("", candidates.scenario.requirements), (", nothing required", ())):
        asked = dataclasses.replace(candidates.scenario, requirements=requirements, objective=(goal,))
        other = dataclasses.replace(candidates, scenario=asked)
        yield f"the least {PERCENTILE}{name}", "", lambda t=other: lambda: optimise(Search(t), tie_break=False)


if __name__ == "__main__":
    main()

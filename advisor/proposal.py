"""``propose``: from a scenario to the optimal design with its proof, its reasons, or the conflict that forbids one."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from advisor.analysis.answers import Deadline
from advisor.analysis.conflict import conflict
from advisor.analysis.priorities import ByPriority, serve_by_priority
from advisor.analysis.reasons import Reason, RunnerUp, reasons, runner_ups
from advisor.analysis.ways_out import WaysOut, ways_out
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Requirement


@dataclass(frozen=True)
class Proposal:
    """The answer to a scenario.

    Attributes:
        status: OPTIMAL (proved), INFEASIBLE (proved; see ``conflict``) or STOPPED (time limit; see ``gap``).
        best: evaluation of the proposed design; None when infeasible or nothing was found in time.
        value, bound, gap: of the first goal, to be minimised; gap None when no bound is known.
        conflict: a minimal set of requirements that cannot hold together; None when not infeasible or left open.
        runner_ups: role -> the best without the chosen component there.
        reasons: role -> why every other component was not chosen.
        ways_out: the least changes that make it feasible; None when not infeasible or not looked for.
        by_priority: what can be served when infeasible, the most important requests first; None without priorities.
        seconds: stage -> time; for people and benchmarks only, never written to files.
    """

    scenario: Scenario
    catalog: Catalog
    table: Table
    status: Status
    best: Evaluation | None
    value: float
    bound: float
    gap: float | None
    rounds: int
    conflict: tuple[Requirement, ...] | None
    runner_ups: Mapping[str, RunnerUp]
    reasons: Mapping[str, tuple[Reason, ...]]
    seconds: Mapping[str, float]
    ways_out: WaysOut | None = None
    by_priority: ByPriority | None = None


def propose(
    scenario: Scenario,
    catalog: Catalog | None = None,
    *,
    as_of: datetime.date | None = None,
    time_limit_s: float = 0.0,
    explain: bool = True,
    relax: bool | None = None,
    jobs: int = 1,
) -> Proposal:
    """Return the proposal for a scenario.

    Args:
        catalog: default: the one that comes with advisor.
        as_of: price everything with what was valid on this date (default: the catalog's newest price check).
        time_limit_s: for everything together; 0 means none. When it passes while optimising, status is STOPPED and the
            gap is honest; when it passes later, the runner-ups that are not settled say so.
        explain: also compute runner-ups and reasons (one re-solve a role).
        relax: when infeasible, also find the least changes with which there is a design; default: as ``explain``.
        jobs: processes to look for these in; the result is the same for any number.

    >>> from advisor.scenario.load import load_scenario
    >>> from advisor import resources
    >>> scenario = load_scenario(resources.folder("examples") / "support_copilot" / "scenario.yml")
    >>> propose(scenario, explain=False).status.value
    'optimal'
    """
    known = catalog or scenario.catalog or load_catalog()
    clock = _Clock()
    candidates = table(scenario, known, as_of)
    clock.lap("candidates")
    search = Search(candidates)
    clock.lap("model")
    found = optimise(search, time_limit_s=time_limit_s)
    clock.lap("solve")
    trouble = conflict(candidates, clock.left(time_limit_s), search) if found.status is Status.INFEASIBLE else None
    best = found.best
    why = reasons(search, best) if best and explain else {}  # first: feasible swaps give the runner-ups a start
    nexts = runner_ups(search, best, clock.left(time_limit_s)) if best and explain else {}
    clock.lap("reasons")
    result = _proposal(scenario, known, candidates, found, trouble, nexts, why, clock.seconds)
    if found.status is Status.INFEASIBLE:
        partly = serve_by_priority(scenario, known, candidates.as_of, clock.left(time_limit_s))
        result = replace(result, by_priority=partly)
    if found.status is Status.INFEASIBLE and (explain if relax is None else relax):
        ways = ways_out(search, trouble, Deadline.after(clock.left(time_limit_s)), jobs=jobs)
        return replace(result, ways_out=ways)
    return result


def _proposal(
    scenario: Scenario,
    catalog: Catalog,
    candidates: Table,
    found: Found,
    trouble: tuple[Requirement, ...] | None,
    nexts: Mapping[str, RunnerUp],
    why: Mapping[str, tuple[Reason, ...]],
    seconds: Mapping[str, float],
) -> Proposal:
    return Proposal(
        scenario,
        catalog,
        candidates,
        found.status,
        found.best,
        found.value,
        found.bound,
        found.gap,
        found.rounds,
        trouble,
        nexts,
        why,
        seconds,
    )


MIN_SECONDS = 0.01


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = self._last = time.perf_counter()

    def left(self, time_limit_s: float) -> float:
        """Return what is left of a limit; 0, which means no limit, only when there is none."""
        if time_limit_s <= 0:
            return 0.0
        return max(time_limit_s - (time.perf_counter() - self._start), MIN_SECONDS)

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now

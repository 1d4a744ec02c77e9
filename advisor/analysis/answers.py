"""A scenario's answer as the analyses need it: solved, with the search kept for further questions."""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisor.analysis.conflict import conflict
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.candidates.table import table as build
from advisor.catalog.load import Catalog, load_catalog
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Requirement

Progress = Callable[[int, int, str], None]  # done, of how many, what comes next


def silent(done: int, total: int, what: str) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Deadline:
    """When everything together must end; ``end`` is on the monotonic clock.

    >>> Deadline.after(0).left
    0.0
    """

    end: float = math.inf

    @classmethod
    def after(cls, time_limit_s: float) -> Deadline:
        """Return the deadline in so many seconds; 0 means none."""
        return cls(time.monotonic() + time_limit_s if time_limit_s > 0 else math.inf)

    @property
    def left(self) -> float:
        """Seconds left as a time limit: 0 when there is no deadline, at least a hundredth of a second otherwise."""
        return 0.0 if math.isinf(self.end) else max(self.end - time.monotonic(), 0.01)

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self.end


UNLIMITED = Deadline()


@dataclass(frozen=True)
class Answer:
    """A solved scenario.

    Attributes:
        status: OPTIMAL (proved), INFEASIBLE (proved) or STOPPED.
        best: evaluation of the design; None when infeasible or nothing was found in time.
        conflict: a minimal set of requirements that cannot hold together; None when not infeasible or left open.
        search: for further questions about the same candidates and requirements.
    """

    table: Table
    status: Status
    best: Evaluation | None
    gap: float | None
    conflict: tuple[Requirement, ...] | None
    search: Search = field(repr=False, compare=False)

    @property
    def scenario(self) -> Scenario:
        """What was solved."""
        return self.table.scenario


def answer(
    scenario: Scenario,
    catalog: Catalog | None = None,
    *,
    as_of: datetime.date | None = None,
    time_limit_s: float = 0.0,
) -> Answer:
    """Return a scenario's answer, ready for ``why`` and ``why_not``.

    >>> import advisor
    >>> answer(advisor.load_scenario(advisor.example("support_copilot"))).status.value
    'optimal'
    """
    return solve(build(scenario, catalog or scenario.catalog or load_catalog(), as_of), Deadline.after(time_limit_s))


def solve(table: Table, deadline: Deadline = UNLIMITED, like: Search | None = None, *, blame: bool = True) -> Answer:
    """Return the optimum of a table under its scenario.

    Args:
        like: a search over the same candidates, whose tables, designs and proofs serve this one too.
        blame: when there is no design, also find a smallest conflict.
    """
    search = like.under(table.scenario.requirements, table.scenario) if like else Search(table)
    found = optimise(search, time_limit_s=deadline.left)
    trouble = conflict(table, deadline.left, search) if blame and found.status is Status.INFEASIBLE else None
    return Answer(table, found.status, found.best, found.gap, trouble, search)


def searching(search: Search, requirements: Sequence[Requirement], goals: Sequence[Goal] = ()) -> Search:
    """Return a search of the same candidates under other requirements, and other goals where some are given."""
    if not goals:
        return search.under(requirements)
    return Search(under(search.table, requirements, goals), None, search.shared)


def remember(search: Search, design: Mapping[str, Candidate], like: Evaluation | None = None) -> None:
    """Tell a search of a design that may be good in it, where its candidates are there and it holds.

    ``like``: see :func:`judge`.
    """
    if search.admits(design):
        there = {role: search.by_id[role, c.id] for role, c in design.items()}
        found = judge(there, search.table.scenario, like=like)
        if search.holds(found):
            search.known[tuple(c.id for c in found.design.values())] = found


def restricted(table: Table, only: Mapping[str, Sequence[Candidate]]) -> Table:
    """Return the table in which some roles have these candidates and no others."""
    return replace(table, candidates={**table.candidates, **{role: tuple(found) for role, found in only.items()}})


def under(table: Table, requirements: Sequence[Requirement], goals: Sequence[Goal] = ()) -> Table:
    """Return the same candidates under other requirements, and other goals where some are given.

    Goals must stand in the scenario that is searched: what no bound and no goal names does not keep a candidate alive.
    """
    wanted = tuple(goals) or table.scenario.objective
    return replace(table, scenario=replace(table.scenario, requirements=tuple(requirements), objective=wanted))

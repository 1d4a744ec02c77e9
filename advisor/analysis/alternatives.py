"""The best designs that are structurally different: other components in several roles, not other sizes of the same.

The first is the scenario's optimum. Each next one is the optimum among all designs that differ from every one listed
before in the component of at least so many roles. That condition is a row of the optimisation (a no-good cut with a
distance), so each is proved like the first: nothing better that is as different exists.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, silent, solve
from advisor.analysis.changes import RoleChange, role_changes
from advisor.analysis.comparison import Comparison, Side, compare
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError, Problem
from advisor.evaluation.result import Check, Evaluation
from advisor.optimizer.goal import goal_value
from advisor.optimizer.linear import Linear
from advisor.optimizer.run import Run
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, OPERATIONS, QUALITY, Bound

COUNT, WITHIN, DIFFER = 5, 0.10, 2
MOST = 20


@dataclass(frozen=True)
class Alternative:
    """A design beside the optimum.

    Attributes:
        value: of the first goal, to be minimised. worse: how much worse than the optimum's, relative.
        roles: what happens to each role, coming from the optimum.
        comparison: the metrics of the optimum and of this design, in this order.
        tightest: the bound that is closest to its limit, counts aside; None where there is none.
        within: whether it is within the share that was asked for; only the last one listed may not be.
    """

    evaluation: Evaluation
    value: float
    worse: float
    roles: tuple[RoleChange, ...]
    comparison: Comparison
    tightest: Check | None
    within: bool = True

    @property
    def differs(self) -> tuple[RoleChange, ...]:
        """The roles that another component fills; of a combination its primary one counts."""
        return tuple(one for one in self.roles if _component(one.before) != _component(one.after))

    @property
    def better_at(self) -> tuple[str, ...]:
        """The metrics in which it is better than the optimum."""
        return self.comparison.better_at[1]

    @property
    def worse_at(self) -> tuple[str, ...]:
        """The metrics in which it is worse than the optimum."""
        return self.comparison.better_at[0]


@dataclass(frozen=True)
class Alternatives:
    """The optimum and the designs beside it, the best first.

    Attributes:
        found: within the share. beyond: the best one outside it, where the list ended there.
        ends: why the list ends: ``count`` (as many as asked for), ``within`` (the next is beyond the share), ``none``
            (no further design is as different; proved) or ``time``.
    """

    answer: Answer
    found: tuple[Alternative, ...]
    beyond: Alternative | None
    ends: str
    within: float
    differ: int

    @property
    def best(self) -> Evaluation | None:
        """The optimum, None when there is no design."""
        return self.answer.best


def alternatives(
    scenario: Scenario,
    catalog: Catalog | None = None,
    *,
    count: int = COUNT,
    within: float = WITHIN,
    differ: int = DIFFER,
    as_of: datetime.date | None = None,
    time_limit_s: float = 0.0,
) -> Alternatives:
    """Return the best designs that differ in the components of some roles from the optimum and from each other.

    Args:
        count: how many at most, besides the optimum.
        within: how much worse than the optimum the first goal may be, relative to it.
        differ: in how many roles at least each differs from every one before.
        time_limit_s: for everything together; 0 means none.

    Raises:
        InputError: a count or a number of roles that is out of range, a negative share.

    >>> import advisor
    >>> found = alternatives(advisor.load_scenario(advisor.example("support_copilot")), count=2)
    >>> [(len(one.differs) >= 2, one.worse >= 0) for one in found.found], found.ends
    ([(True, True), (True, True)], 'count')
    """
    known = table(scenario, catalog or load_catalog(), as_of)
    check(known, count=count, within=within, differ=differ)
    deadline = Deadline.after(time_limit_s)
    return beside(solve(known, deadline), count=count, within=within, differ=differ, deadline=deadline)


def check(known: Table, *, count: int = COUNT, within: float = WITHIN, differ: int = DIFFER) -> None:
    """Raise :class:`InputError` with everything that is wrong with a question."""
    roles = sum(len({c.component_id for c in found}) > 1 for found in known.candidates.values())
    problems = []
    if not 1 <= count <= MOST:
        problems.append(Problem("", 0, "--count", f"found {count}; from 1 to {MOST} are possible"))
    if not within >= 0:
        problems.append(Problem("", 0, "--within", f"found {within:g}; must be at least 0"))
    if not 1 <= differ <= roles:
        problems.append(
            Problem("", 0, "--differ", f"found {differ}; from 1 to {roles}, the roles that several components can fill")
        )
    if problems:
        raise InputError(problems)


def beside(
    answer: Answer,
    *,
    count: int = COUNT,
    within: float = WITHIN,
    differ: int = DIFFER,
    deadline: Deadline = UNLIMITED,
    progress: Progress = silent,
) -> Alternatives:
    """Return the alternatives to an answer; none when it has no proved design."""
    found: list[Alternative] = []
    beyond, ends = None, "count"
    if answer.best is None or answer.status is not Status.OPTIMAL:
        return Alternatives(answer, (), None, "none" if answer.status is Status.INFEASIBLE else "time", within, differ)
    plain = _unpruned(answer)
    search = plain.linked or plain
    while len(found) < count:
        listed = [answer.best, *(one.evaluation for one in found)]
        progress(len(found), count, f"alternative {len(found) + 1}")
        run = Run(search, _any, deadline.left)
        run.held += [different(search, one.design, differ) for one in listed]
        result = run.all(answer.scenario.objective, tie_break=True)
        if result.status is not Status.OPTIMAL or result.best is None:
            ends = "none" if result.status is Status.INFEASIBLE else "time"
            break
        one = _alternative(answer, search.plain(result.best), within)
        if not one.within:
            beyond, ends = one, "within"
            break
        found.append(one)
    return Alternatives(answer, tuple(found), beyond, ends, within, differ)


def different(search: Search, design: Mapping[str, Candidate], roles: int) -> tuple[Linear, float]:
    """Return the row that only designs with other components in so many roles meet: minus the number of such roles."""
    import numpy as np

    weights = {
        role: np.array([-float(c.component_id != design[role].component_id) for c in found])
        for role, found in search.pool.items()
    }
    return Linear(weights), -float(roles)


def _component(candidate: Candidate | None) -> str:
    return candidate.component_id if candidate else NONE


def _unpruned(answer: Answer) -> Search:
    """Return a search of the same candidates that has proved nothing yet about designs that must differ."""
    return answer.search.under(answer.scenario.requirements)


def _any(role: str, candidate: Candidate) -> bool:
    """Admit candidates that others beat: what makes a design different need not be the best of its role."""
    return True


def _alternative(answer: Answer, found: Evaluation, within: float) -> Alternative:
    assert answer.best is not None
    goal = answer.scenario.objective[0]
    best, value = goal_value(goal, answer.best), goal_value(goal, found)
    worse = (value - best) / abs(best) if best else float(value > best)
    sides = [
        Side("proposed", "optimal", answer.best, answer.scenario),
        Side("alternative", "feasible", found, answer.scenario),
    ]
    return Alternative(
        found,
        value,
        worse,
        role_changes(answer.best, found),
        compare(sides),
        _tightest(found),
        worse <= within * (1 + 1e-9),
    )


def _tightest(found: Evaluation) -> Check | None:
    """Return the bound with the least slack. Counts are left out: using the one cloud that is allowed is not close."""
    graded = [c for c in found.checks if isinstance(c.requirement, Bound) and _is_graded(c.requirement.metric)]
    return min(graded, key=lambda check: check.slack or 0.0, default=None)


def _is_graded(metric: str) -> bool:
    return metric.startswith("flows.") or metric in (COST, OPERATIONS, QUALITY)

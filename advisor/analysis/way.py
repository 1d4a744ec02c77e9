"""The way from the design that runs today to the one that is proposed: what moves, what that takes, and in which order.

Today's components are known, their sizes are not: they are sized for this workload at least cost, beside what is
proposed for the roles that today does not name. That design is what the move is set against; where no design that keeps
everything meets the requirements, they are set aside to size it, and what it breaks is said.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.analysis.answers import Answer, Deadline, restricted, solve, under
from advisor.analysis.comparison import Comparison, Side, compare
from advisor.analysis.equality import running
from advisor.analysis.move_order import Stage, order
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import bad_input
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Requirement
from advisor.scenario.standing import Running

RoleKind = Literal["moves", "stays", "resized", "new", "dropped", "unused"]
SIDES = {Status.OPTIMAL: "optimal", Status.INFEASIBLE: "infeasible", Status.STOPPED: "not_proved"}


@dataclass(frozen=True)
class RoleWay:
    """What happens to one role.

    Attributes:
        kind: ``moves`` (another component, cloud or mode), ``stays``, ``resized`` (the same in another size), ``new``
            (not there today), ``dropped``, ``unused`` (neither there today nor proposed).
        today: what runs there, sized; None where the role is new or no sized design of today is known.
        proposed: what shall run there.
        hours: of people, once. usd: the same at the hourly rate.
        saves_usd_per_month: what running it costs less than today, the move not counted; None without ``today``.
    """

    role: str
    kind: RoleKind
    today: Candidate | None
    proposed: Candidate
    hours: float
    usd: float
    saves_usd_per_month: float | None

    @property
    def pay_back_months(self) -> float | None:
        """Months until the move has paid for itself; None when it does not by what this role alone costs."""
        return pay_back(self.usd, self.saves_usd_per_month)


@dataclass(frozen=True)
class Way:
    """From today to the proposal.

    Attributes:
        today: today's components, sized; None when they cannot carry the workload or the time limit passed first.
        keeps: whether a design that keeps everything meets every requirement (proved either way); None: left open.
        roles: every role, in the order of the blueprint.
        too_small: roles in which what runs today carries this workload in no size that the catalog has.
        stages: the moves in order, with what the design in between does; () without ``today``.
        exact: whether no order is better; False where there are too many moves to compare all orders.
        comparison: metrics of today and of the proposal.
    """

    answer: Answer
    today: Evaluation | None
    keeps: bool | None
    roles: tuple[RoleWay, ...]
    too_small: tuple[str, ...]
    stages: tuple[Stage, ...]
    exact: bool
    comparison: Comparison

    @property
    def best(self) -> Evaluation:
        """The proposed design."""
        assert self.answer.best is not None
        return self.answer.best

    @property
    def saves_usd_per_month(self) -> float | None:
        """What running the proposal costs less than today, bill and operations, the move not counted."""
        return _running_cost(self.today) - _running_cost(self.best) if self.today else None

    @property
    def pay_back_months(self) -> float | None:
        """Months until all moves together have paid for themselves; None when they do not, or that is unknown."""
        return pay_back(self.best.migration_usd, self.saves_usd_per_month)


def pay_back(usd: float, saves_usd_per_month: float | None) -> float | None:
    """Return the months after which what was paid once is saved: usd / saved a month.

    >>> pay_back(1200.0, 100.0), pay_back(0.0, 100.0), pay_back(1200.0, -5.0)
    (12.0, 0.0, None)
    """
    if saves_usd_per_month is None or saves_usd_per_month <= 0:
        return None
    return usd / saves_usd_per_month


def way(
    scenario: Scenario,
    catalog: Catalog | None = None,
    *,
    as_of: datetime.date | None = None,
    time_limit_s: float = 0.0,
) -> Way | None:
    """Return the way from a scenario's ``today`` to its proposal; None when it has no design.

    Raises:
        InputError: the scenario does not say what runs today.
    """
    check(scenario)
    deadline = Deadline.after(time_limit_s)
    answer = solve(table(scenario, catalog or load_catalog(), as_of), deadline)
    return way_to(answer, deadline) if answer.best else None


def check(scenario: Scenario) -> None:
    """Raise :class:`InputError` unless a scenario says what runs today."""
    if not scenario.standing.running:
        raise bad_input(
            "does not say what runs today; add today: {design: {role: component}}, or name a second design to compare",
            file=scenario.file,
            path="today",
        )


def way_to(answer: Answer, deadline: Deadline) -> Way:
    """Return the way to the design of a solved scenario."""
    assert answer.best is not None
    today, keeps = _today(answer, deadline)
    roles = tuple(_role(role, c, today, answer.scenario) for role, c in answer.best.design.items())
    changing = [role for role, c in answer.best.design.items() if today and running(today.design[role]) != running(c)]
    stages, exact = order(answer.table, today, answer.best, changing) if today else ((), True)
    sides = [
        Side("today", "feasible" if today and today.feasible else "requirements_broken", today, answer.scenario),
        Side("proposed", SIDES[answer.status], answer.best, answer.scenario, gap=answer.gap),
    ]
    too_small = tuple(role for role, found in _staying(answer.table).items() if not found)
    return Way(answer, today, keeps, roles, too_small, stages, exact, compare(sides))


# --- today's design ---------------------------------------------------------------------------------------------------


def _today(answer: Answer, deadline: Deadline) -> tuple[Evaluation | None, bool | None]:
    """Return today's components sized at least cost, and whether they can meet every requirement.

    Roles that today does not name are as proposed in the design that is returned; whether everything can be kept is
    asked with those roles free.
    """
    known = answer.table
    kept = restricted(known, _staying(known))
    if not all(kept.candidates.values()):
        return None, False
    free = _cheapest(kept, known.scenario.requirements, deadline)
    keeps = True if free.best else (False if free.status is Status.INFEASIBLE else None)
    beside = restricted(kept, _as_proposed(answer))
    if keeps and (within := _cheapest(beside, known.scenario.requirements, deadline).best):
        return judge(within.design, known.scenario), keeps
    found = free.best or _cheapest(beside, (), deadline).best
    return (judge(found.design, known.scenario) if found else None), keeps


def _cheapest(known: Table, requirements: Sequence[Requirement], deadline: Deadline) -> Answer:
    return solve(under(known, requirements, [CHEAPEST]), deadline, blame=False)


def _staying(known: Table) -> dict[str, list[Candidate]]:
    """Return for each role that runs today, or is left out today, the candidates that keep it so."""
    named = known.scenario.standing.running
    return {role: [c for c in known.candidates[role] if stays(c, now)] for role, now in named.items()}


def _as_proposed(answer: Answer) -> dict[str, list[Candidate]]:
    """Return for each role that today does not name what is proposed, in its size where today's caches allow it."""
    assert answer.best is not None
    named, best = answer.scenario.standing.running, answer.best.design
    caches = {
        role: bool(named[role].component) if role in named else not best[role].is_none
        for role in answer.scenario.blueprint.cache_roles
    }
    found = {}
    for role in best.keys() - named.keys():
        own = [c for c in answer.table.candidates[role] if c.component_id == best[role].component_id]
        fitting = [c for c in own if all(caches[cache] == used for cache, used in c.behind.items())]
        found[role] = [c for c in fitting if running(c) == running(best[role])] or fitting
    return found


def stays(candidate: Candidate, now: Running) -> bool:
    """Return whether a candidate is what runs today in its role.

    >>> stays(Candidate("none", "reranker"), Running()), stays(Candidate("none", "reranker"), Running("cohere_rerank"))
    (True, False)
    """
    if not now.component:
        return candidate.is_none
    return not candidate.parts and _is_running(candidate, now)


def _is_running(one: Candidate, now: Running) -> bool:
    if one.component_id != now.component:
        return False
    return not now.option or (one.option is not None and (one.option.cloud, one.option.mode) == (now.cloud, now.mode))


# --- roles ------------------------------------------------------------------------------------------------------------


def _role(role: str, proposed: Candidate, today: Evaluation | None, scenario: Scenario) -> RoleWay:
    named = scenario.standing.running.get(role)
    before = today.design[role] if today and named and named.component else None
    saves = _cost(before) - _cost(proposed) if before else None
    usd = proposed.migration_h * scenario.usd_per_hour
    kind = _kind(role, proposed, scenario)
    if kind == "stays" and before and running(before) != running(proposed):
        kind = "resized"
    return RoleWay(role, kind, before, proposed, proposed.migration_h, usd, saves)


def _kind(role: str, proposed: Candidate, scenario: Scenario) -> RoleKind:
    named = scenario.standing.running.get(role)
    if named is None or not named.component:
        return "unused" if proposed.is_none else "new"
    if proposed.is_none:
        return "dropped"
    kept = any(_is_running(one, named) for one in proposed.members)
    return "stays" if kept else "moves"


def _cost(candidate: Candidate) -> float:
    """Return what running a candidate costs, USD a month."""
    return candidate.bill_usd_per_month + candidate.operations_usd_per_month


def _running_cost(evaluation: Evaluation) -> float:
    return evaluation.bill_usd_per_month + evaluation.operations_usd_per_month

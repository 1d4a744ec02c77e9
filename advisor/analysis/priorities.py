"""What a design can serve where the cards do not suffice for all requests: the most important first.

Asked only when a scenario is proved infeasible, its requests have priorities, and the tactic ``mix`` is allowed. Every
role keeps at least one unit. The demand that is not served is made as small as it can be priority by priority, all
other requirements kept; the scenario's own goals decide among designs that serve as much.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from advisor.candidates.pool import classes
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.evaluation.result import Evaluation
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import UNSERVED


@dataclass(frozen=True)
class ServedClass:
    """How much of a class of requests a design serves; ``share`` of its rate, from 0 to 1."""

    role: str
    name: str
    operation: str
    priority: int | None
    requests_per_s: float
    share: float


@dataclass(frozen=True)
class ByPriority:
    """A design for a smaller demand.

    Attributes:
        status: optimal: proved for every priority and the scenario's goals; stopped: time ran out.
        best: the design, judged; it meets every requirement.
        classes: every class of requests, role by role, those without a priority at the front, then 1, 2, ...
    """

    status: Status
    best: Evaluation
    classes: tuple[ServedClass, ...]


def serve_by_priority(
    scenario: Scenario, catalog: Catalog, as_of: datetime.date | None = None, time_limit_s: float = 0.0
) -> ByPriority | None:
    """Return the design that serves the most important requests first; None where it is not asked for or impossible."""
    levels = sorted({one.priority for one in scenario.request_sizes if one.priority is not None})
    if not levels or "mix" not in scenario.tactics.allowed:
        return None
    first = tuple(Goal((Term(f"{UNSERVED}{level}", 1.0),), f"serve priority {level}") for level in levels)
    relaxed = replace(scenario, partial=True, objective=(*first, *scenario.objective))
    candidates = table(relaxed, catalog, as_of)
    found = optimise(Search(candidates), time_limit_s=time_limit_s)
    if found.best is None:
        return None
    return ByPriority(found.status, found.best, tuple(_classes(candidates, found.best)))


def _classes(candidates: Table, best: Evaluation) -> Iterator[ServedClass]:
    used = frozenset(role for role in best.scenario.blueprint.cache_roles if not best.design[role].is_none)
    demand = candidates.demand[used]
    for role, candidate in best.design.items():
        taken = [one for part in candidate.members if part.pooled for one in part.pooled.classes]
        if not candidate.unserved and not taken:
            continue
        rows = []
        for index, one in enumerate(classes(demand[role], best.scenario)):
            share = min(math.fsum(t.share for t in taken if t.index == index), 1.0)
            rows.append(ServedClass(role, one.name, one.operation, one.priority, one.average_per_s, share))
        yield from sorted(rows, key=lambda row: row.priority or 0)

"""Which of the user's requirements cannot hold together.

Deletion filter (Chinneck and Dravnieks, 1991): drop requirements one by one; what can be dropped with the rest still
infeasible is not part of the conflict. What remains is minimal: without any one of them there is a design.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.candidates.table import Table
from advisor.optimizer.run import CHEAPEST, optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import Requirement


def conflict(table: Table, time_limit_s: float = 0.0) -> tuple[Requirement, ...] | None:
    """Return a minimal set of requirements that cannot hold together; () when the roles cannot be filled at all.

    None when the time limit left it open.
    """
    kept = list(table.scenario.requirements)
    kept = _without_half(table, kept)
    for requirement in list(kept):
        rest = [r for r in kept if r is not requirement]
        verdict = infeasible(table, rest, time_limit_s)
        if verdict is None:
            return None
        if verdict:
            kept = rest
    return tuple(kept)


def _without_half(table: Table, kept: list[Requirement]) -> list[Requirement]:
    """Drop all time bounds at once if the rest is infeasible without them: they are the slow part of every check."""
    rest = [r for r in kept if "_ms" not in r.path and "_s." not in r.path]
    return rest if len(rest) < len(kept) and infeasible(table, rest, 0.0) else kept


def infeasible(table: Table, requirements: Sequence[Requirement], time_limit_s: float) -> bool | None:
    """Return whether no design meets these requirements, None when the time limit left it open."""
    found = optimise(Search(table, requirements), goals=[CHEAPEST], any_design=True, time_limit_s=time_limit_s)
    if found.best is not None:
        return False
    return True if found.status is Status.INFEASIBLE else None

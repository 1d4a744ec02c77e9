"""Which of the user's requirements cannot hold together.

Deletion filter (Chinneck and Dravnieks, 1991): drop requirements one by one; what can be dropped with the rest still
infeasible is not part of the conflict. What remains is minimal: without any one of them there is a design.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from advisor.candidates.table import Table
from advisor.optimizer.run import CHEAPEST, optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import Requirement


def conflict(table: Table, time_limit_s: float = 0.0) -> tuple[Requirement, ...] | None:
    """Return a minimal set of requirements that cannot hold together; () when the roles cannot be filled at all.

    None when the time limit (for all checks together; 0 means none) left it open.
    """
    end = time.monotonic() + time_limit_s if time_limit_s > 0 else math.inf
    kept = list(table.scenario.requirements)
    timeless = [r for r in kept if "_ms." not in r.path and "_s." not in r.path]  # time bounds are the slow part
    if len(timeless) < len(kept) and infeasible(table, timeless, end):
        kept = timeless
    for requirement in list(kept):
        rest = [r for r in kept if r is not requirement]
        verdict = infeasible(table, rest, end)
        if verdict is None:
            return None
        if verdict:
            kept = rest
    return tuple(kept)


def infeasible(table: Table, requirements: Sequence[Requirement], end: float = math.inf) -> bool | None:
    """Return whether no design meets these requirements, None when it was still open at ``end`` (monotonic clock)."""
    left = end - time.monotonic()
    if left <= 0:
        return None
    found = optimise(
        Search(table, requirements), goals=[CHEAPEST], any_design=True, time_limit_s=0.0 if math.isinf(left) else left
    )
    if found.best is not None:
        return False
    return True if found.status is Status.INFEASIBLE else None

"""What if: change a scenario, solve again, and show what that does to the answer and to the design of before."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.analysis.answers import Answer, Deadline, Progress, silent, solve
from advisor.analysis.changes import CarriedOver, CheckChange, RoleChange, carried_over, check_changes, role_changes
from advisor.analysis.comparison import Comparison, Side, compare
from advisor.analysis.overrides import Change, change
from advisor.analysis.ways_out import WaysOut, ways_out
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario

WORDS = {Status.OPTIMAL: "optimal", Status.INFEASIBLE: "infeasible", Status.STOPPED: "not_proved"}


@dataclass(frozen=True)
class WhatIf:
    """A scenario before and after some changes, both solved.

    Attributes:
        comparison: the metrics of both answers; those of a side without a design are None.
        kept: the design of before, as it is, under the changed scenario; None when there was none.
        roles: what happens to each role; () unless both have a design.
        checks: requirements that this design no longer meets, or that read differently.
    """

    changes: tuple[Change, ...]
    before: Answer
    after: Answer
    comparison: Comparison
    kept: CarriedOver | None
    roles: tuple[RoleChange, ...]
    checks: tuple[CheckChange, ...]

    @property
    def flips(self) -> tuple[RoleChange, ...]:
        """The roles that are filled or run differently."""
        return tuple(one for one in self.roles if one.flips)


def what_if(
    scenario: Scenario,
    changes: Sequence[str],
    catalog: Catalog | None = None,
    *,
    as_of: datetime.date | None = None,
    time_limit_s: float = 0.0,
) -> WhatIf:
    """Return what some changes together do to a scenario's answer; both are solved.

    Args:
        changes: ``PATH=VALUE``, for example ``constraints.cost_usd_per_month.max=20000``; ``null`` removes.
        time_limit_s: for everything together; 0 means none.

    Raises:
        InputError: what is wrong with the changes; see :func:`advisor.analysis.overrides.change`.

    >>> import advisor
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"))
    >>> found = what_if(scenario, ["constraints.quality.min=null"])
    >>> found.after.status.value, found.after.best.cost_usd_per_month < found.before.best.cost_usd_per_month
    ('optimal', True)
    """
    (found,) = what_ifs(scenario, [changes], catalog, as_of=as_of, time_limit_s=time_limit_s)
    return found


def what_ifs(
    scenario: Scenario,
    cases: Sequence[Sequence[str]],
    catalog: Catalog | None = None,
    *,
    as_of: datetime.date | None = None,
    time_limit_s: float = 0.0,
    progress: Progress = silent,
    jobs: int = 1,
) -> tuple[WhatIf, ...]:
    """Return what each of several sets of changes does; the scenario itself is solved once.

    Of a single set that makes it infeasible, the ways out are found too, in so many processes.
    """
    known = catalog or scenario.catalog or load_catalog()
    changed = [change(scenario, case, known) for case in cases]
    deadline = Deadline.after(time_limit_s)
    progress(0, 1 + len(cases), "as it is")
    before = solve(table(scenario, known, as_of), deadline)
    found = []
    for index, case in enumerate(changed):
        progress(1 + index, 1 + len(cases), ", ".join(one.path for one in case.changes))
        candidates = changed_table(before.table, case.scenario)
        same = candidates.candidates is before.table.candidates
        after = solve(candidates, deadline, before.search if same else None)
        alone = len(cases) == 1 and after.status is Status.INFEASIBLE
        ways = ways_out(after.search, after.conflict, deadline, jobs=jobs) if alone else None
        found.append(_what_if(case.changes, before, after, ways))
    return tuple(found)


def changed_table(known: Table, scenario: Scenario) -> Table:
    """Return the candidates of a changed scenario, without building them again where nothing they depend on changed."""
    if _built_from(known.scenario) == _built_from(scenario):
        return replace(known, scenario=scenario)
    return table(scenario, known.catalog, known.as_of)


def _built_from(scenario: Scenario) -> tuple[object, ...]:
    """Return everything that candidates depend on: combinations also on rules and on which metrics are asked for."""
    asked = {bound.metric for bound in scenario.bounds} | {t.metric for goal in scenario.objective for t in goal.terms}
    load = (scenario.blueprint, dict(scenario.workload), dict(scenario.spread), scenario.request_sizes)
    if "mix" in scenario.tactics.allowed:  # bounds on the first token are latency targets there
        asked |= {f"{bound.metric} {bound.limit}" for bound in scenario.bounds if ".ttft_ms." in bound.metric}
    ways = (scenario.sizing, scenario.tactics, scenario.filters, scenario.share)
    return (*load, *ways, scenario.usd_per_hour, scenario.standing, asked)


def _what_if(changes: tuple[Change, ...], before: Answer, after: Answer, ways: WaysOut | None) -> WhatIf:
    kept = carried_over(before.best, after.table) if before.best else None
    old, new = before.best, after.best
    return WhatIf(
        changes,
        before,
        after,
        compare([side("before", before), replace(side("after", after), ways_out=ways)]),
        kept,
        role_changes(old, new) if old and new else (),
        check_changes(old, kept.evaluation) if old and kept and kept.evaluation else (),
    )


def side(label: str, answer: Answer, notes: tuple[str, ...] = ()) -> Side:
    """Return a solved scenario as one side of a comparison."""
    status = WORDS[answer.status]
    return Side(label, status, answer.best, answer.scenario, answer.conflict, answer.gap, notes, table=answer.table)

"""Gates for continuous integration: what must be true of a scenario's answer beyond that there is one.

Each gate is asked for by itself, passes or fails, and says what it looked at, so that a failing build explains itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from advisor.analysis.fixed import FixedDesign, options_of
from advisor.analysis.knobs import Knob, design_knobs
from advisor.candidates.table import Table
from advisor.catalog.model import Price
from advisor.catalog.perturb import figure_at, figures
from advisor.catalog.provenance import is_stale
from advisor.evaluation.result import Evaluation
from advisor.scenario.requirements import Bound, is_count

Name = Literal["cost", "slack", "gap", "stale", "estimates"]


@dataclass(frozen=True)
class Finding:
    """Something that a gate looked at and that fails it, or comes nearest to failing it.

    Attributes:
        subject: a requirement's path, or a figure by its name in the catalog.
        value: the slack of a requirement (a share), or the age of a figure (days); None where there is no number.
        detail: in words.
    """

    subject: str
    value: float | None
    detail: str


@dataclass(frozen=True)
class Gate:
    """The answer of a gate.

    Attributes:
        limit, value: what was asked for and what was found, for gates about a number.
        findings: of a gate that fails, everything that fails it.
    """

    name: Name
    passed: bool
    limit: float | None = None
    value: float | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Asked:
    """Which gates are asked for.

    Attributes:
        max_cost_usd: most that a month may cost. min_slack: least slack of any bound, as a share.
        max_gap: how far an answer that is not proved may be from the bound, as a share.
        stale, estimates: whether figures past their age, or estimates that decide, fail the check.
        date: from which ages are counted.
    """

    date: datetime.date
    max_cost_usd: float | None = None
    min_slack: float | None = None
    max_gap: float | None = None
    stale: bool = False
    estimates: bool = False


def gates(best: Evaluation, table: Table, gap: float | None, asked: Asked) -> tuple[Gate, ...]:
    """Return the answers of the gates that are asked for.

    Args:
        gap: how far the design may be from the best, 0 when proved, None when nothing is known.

    >>> import advisor
    >>> proposal = advisor.propose(advisor.load_scenario(advisor.example("support_copilot")), explain=False)
    >>> asked = Asked(datetime.date(2026, 11, 26), max_cost_usd=10_000, min_slack=0.0)
    >>> [(gate.name, gate.passed) for gate in gates(proposal.best, proposal.table, proposal.gap, asked)]
    [('cost', False), ('slack', True)]
    """
    return tuple(_gates(best, table, gap, asked))


def _gates(best: Evaluation, table: Table, gap: float | None, asked: Asked) -> Iterator[Gate]:
    if asked.max_cost_usd is not None:
        cost = best.cost_usd_per_month
        yield Gate("cost", cost <= asked.max_cost_usd, asked.max_cost_usd, cost)
    if asked.min_slack is not None:
        yield _slack(best, asked.min_slack)
    if asked.max_gap is not None:
        yield Gate("gap", gap is not None and gap <= asked.max_gap, asked.max_gap, gap)
    if asked.stale:
        old = tuple(_stale(best, table, asked.date))
        yield Gate("stale", not old, findings=old)
    if asked.estimates:
        soft = tuple(_deciding(best, table))
        yield Gate("estimates", not soft, findings=soft)


def _slack(best: Evaluation, least: float) -> Gate:
    """Return whether every bound has enough slack; in a count of things, using all that are allowed is no lack."""
    slacks = {
        check.requirement.path: check.slack
        for check in best.checks
        if isinstance(check.requirement, Bound) and check.slack is not None and not is_count(check.requirement.metric)
    }
    tight = tuple(
        Finding(path, slack, "") for path, slack in sorted(slacks.items(), key=lambda one: one[1]) if slack < least
    )
    return Gate("slack", not tight, least, min(slacks.values(), default=None), tight)


def _stale(best: Evaluation, table: Table, date: datetime.date) -> Iterator[Finding]:
    """Yield the figures that the design stands on and that were checked longer ago than their kind allows."""
    options = dict.fromkeys(name for c in best.design.values() for name in sorted(options_of(c)))
    left_out = [role for role, c in best.design.items() if c.is_none]
    for one in figures(table.catalog, options, roles=left_out, as_of=table.as_of):
        if is_stale(one.checked, date, price=isinstance(figure_at(table.catalog, one), Price)):
            yield Finding(one.id, float((date - one.checked).days), f"checked {one.checked.isoformat()}")


def _deciding(best: Evaluation, table: Table) -> Iterator[Finding]:
    """Yield the estimates within whose range the design breaks a requirement, all other numbers kept."""
    fixed = FixedDesign(best, table)
    for knob in design_knobs(table, best.design):
        if knob.basis != "estimate":
            continue
        for end in (knob.low, knob.high):
            broken = _broken(fixed, knob, end)
            if broken:
                stated = "stated" if knob.stated else "assumed"
                yield Finding(knob.path, None, f"at {end:.6g} {knob.unit} ({stated} range) breaks {', '.join(broken)}")


def _broken(fixed: FixedDesign, knob: Knob, value: float) -> list[str]:
    if value == knob.value:
        return []
    found = fixed.at(knob, value)
    if found.evaluation is None:
        return list(found.problems)
    return [check.requirement.path for check in found.evaluation.checks if not check.holds]

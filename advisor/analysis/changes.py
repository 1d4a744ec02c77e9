"""What changes from one design to another: roles, meter lines, requirements. The parts of a diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.analysis.equality import running
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Check, Evaluation
from advisor.evaluation.shares import share_above
from advisor.scenario.requirements import Bound, Requirement

RoleKind = Literal["added", "removed", "replaced", "resized", "recosted", "same"]
CENT = 0.005


@dataclass(frozen=True)
class LineChange:
    """A meter line before and after; an amount is 0 where the line is not there, the quantity None."""

    title: str
    unit: str
    quantities: tuple[float | None, float | None]
    usd_per_month: tuple[float, float]

    @property
    def difference(self) -> float:
        """USD a month more."""
        return self.usd_per_month[1] - self.usd_per_month[0]


@dataclass(frozen=True)
class RoleChange:
    """A role before and after; None where that side leaves it out, or does not have it.

    kind: ``replaced`` another component; ``resized`` the same in another option, size or tactic; ``recosted`` the same
    under another load or price; ``same``.
    """

    role: str
    before: Candidate | None
    after: Candidate | None
    kind: RoleKind
    lines: tuple[LineChange, ...]

    @property
    def flips(self) -> bool:
        """Whether the role is filled or run differently."""
        return self.kind not in ("same", "recosted")

    @property
    def usd_per_month(self) -> tuple[float, float]:
        """Bill, operations and migration before and after."""
        return tuple(c.cost_usd_per_month if c else 0.0 for c in (self.before, self.after))  # type: ignore[return-value]

    @property
    def difference(self) -> float:
        """USD a month more."""
        return self.usd_per_month[1] - self.usd_per_month[0]


@dataclass(frozen=True)
class CheckChange:
    """A requirement that does not read or hold the same before and after; None where that side does not have it."""

    path: str
    before: Check | None
    after: Check | None


def role_changes(before: Evaluation, after: Evaluation) -> tuple[RoleChange, ...]:
    """Return what happens to every role of either design, in the order of the roles."""
    roles = dict.fromkeys((*before.design, *after.design))
    return tuple(role_change(role, before.design.get(role), after.design.get(role)) for role in roles)


def role_change(role: str, before: Candidate | None, after: Candidate | None) -> RoleChange:
    """Return what happens to one role."""
    old = None if before is None or before.is_none else before
    new = None if after is None or after.is_none else after
    lines = tuple(_lines(old, new))
    return RoleChange(role, old, new, _kind(old, new, lines), lines)


def _kind(old: Candidate | None, new: Candidate | None, lines: Sequence[LineChange]) -> RoleKind:
    if old is None or new is None:
        return "same" if old is new else ("added" if old is None else "removed")
    if [c.component_id for c in old.members] != [c.component_id for c in new.members]:
        return "replaced"
    if running(old) != running(new):
        return "resized"
    return "recosted" if any(abs(line.difference) >= CENT for line in lines) else "same"


def _lines(old: Candidate | None, new: Candidate | None) -> Iterator[LineChange]:
    """Yield the meter lines of both, those of one title and unit together, operations hours last."""
    tables = [_added(c) if c else {} for c in (old, new)]
    for key in dict.fromkeys(key for table in tables for key in table):
        pair = [table.get(key) for table in tables]
        usd = [one[1] if one else 0.0 for one in pair]
        yield LineChange(*key, (pair[0] and pair[0][0], pair[1] and pair[1][0]), (usd[0], usd[1]))


def _added(candidate: Candidate) -> dict[tuple[str, str], tuple[float, float]]:
    """Return (title, unit) -> (quantity, USD a month): the bill's lines, operations, and the move from today's design.

    Lines of one title and unit are added up.
    """
    rows = [(title, line.unit, line.quantity, line.usd_per_month) for title, line in candidate.named_lines()]
    extra = [
        ("operations", candidate.operations_h_per_month, candidate.operations_usd_per_month),
        ("migration, once", candidate.migration_h, candidate.migration_usd_per_month),
    ]
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for title, unit, quantity, usd in [*rows, *((name, "h", hours, usd) for name, hours, usd in extra if hours)]:
        known = found.get((title, unit), (0.0, 0.0))
        found[title, unit] = (known[0] + quantity, known[1] + usd)
    return found


def check_changes(before: Evaluation, after: Evaluation) -> tuple[CheckChange, ...]:
    """Return the requirements that only one side has, that read differently, or that hold on one side only."""
    old, new = ({check.requirement.path: check for check in e.checks} for e in (before, after))
    found = (CheckChange(path, old.get(path), new.get(path)) for path in dict.fromkeys((*old, *new)))
    return tuple(one for one in found if _changed(one))


def _changed(one: CheckChange) -> bool:
    if one.before is None or one.after is None:
        return True
    return one.before.holds != one.after.holds or _reads(one.before.requirement) != _reads(one.after.requirement)


def _reads(requirement: Requirement) -> tuple[object, ...]:
    if isinstance(requirement, Bound):
        return requirement.metric, requirement.upper, requirement.limit
    return requirement.kind, tuple(sorted(requirement.values)), requirement.allow, requirement.role


@dataclass(frozen=True)
class CarriedOver:
    """A design taken as it is into another scenario.

    ``evaluation``: what it does there; None when it cannot be run there, and ``problems`` says why.
    """

    evaluation: Evaluation | None
    problems: tuple[str, ...] = ()


def carried_over(
    design: Evaluation, table: Table, *, brief: bool = False, like: Evaluation | None = None
) -> CarriedOver:
    """Return what a design does, with its options, units and zones, under another scenario's load and requirements.

    ``brief``: of the times only what a bound or a goal names. ``like``: see :func:`judge`.
    """
    problems: list[str] = []
    chosen: dict[str, Candidate] = {}
    used = frozenset(
        r for r in table.scenario.blueprint.cache_roles if r in design.design and not design.design[r].is_none
    )
    for role in table.candidates:
        try:
            chosen[role] = _again(role, design.design.get(role), table, used)
        except (InputError, ValueError) as error:
            problems.append(f"{role}: {error}")
    if problems:
        return CarriedOver(None, tuple(problems))
    found = judge(chosen, table.scenario, brief=brief, like=like)
    return CarriedOver(None, found.consistent) if found.consistent else CarriedOver(found)


def _again(role: str, candidate: Candidate | None, table: Table, caches: frozenset[str]) -> Candidate:
    """Return the candidate that runs the same under another load. Raises ``ValueError`` when there is none."""
    if candidate is None:
        raise ValueError("the design says nothing about this role")
    own = [c for c in table.candidates[role] if running(c) == running(candidate)]
    fitting = [c for c in own if all((cache in caches) == used for cache, used in c.behind.items())]
    if fitting:
        return fitting[0]
    if candidate.is_none:
        raise ValueError(f"{candidate.name} cannot be run as it is")
    found = table.resized(candidate, candidate.units, candidate.zones, caches)
    if split := partial_copy(found):
        raise ValueError(f"{candidate.name} ({candidate.size}): {split}")
    overloaded = [
        (name, load)
        for name, load in ((n, x) for one in found.members for n, x in one.loads.items())
        if load.limit is not None and load.utilisation > 1
    ]
    if overloaded:
        name, load = overloaded[0]
        at = share_above(load.utilisation, 1.0)
        raise ValueError(f"{candidate.name} ({candidate.size}) would be at {at} of its {name} at peak")
    return found


def partial_copy(one: Candidate) -> str:
    """Return why units that hold data are no whole number of copies, "" when they are.

    With a part of a copy, which unit fails decides what is lost; no figure here would say so.
    """
    stateful = one.option is not None and one.option.unit is not None and one.option.unit.stateful
    if not stateful or one.units % one.needed_units == 0:
        return ""
    return f"{one.units} units are no whole number of copies; the data needs {one.needed_units}"

"""Why: what forces a role's choice, what every alternative costs or breaks, and why this many units and zones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, restricted, silent
from advisor.analysis.changes import RoleChange, partial_copy, role_changes
from advisor.analysis.equality import running
from advisor.analysis.forced import Forced, only_where
from advisor.analysis.why_not import WhyNot, why_not_all
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.errors import InputError, Problem, listing, nearest
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Check, Evaluation
from advisor.evaluation.shares import share_above
from advisor.optimizer.goal import goal_value
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import Requirement


@dataclass(frozen=True)
class Without:
    """The scenario without one requirement, solved again.

    ``evaluation`` is None when the time limit left it open. ``gain``: by how much the first goal gets better.
    """

    requirement: Requirement
    evaluation: Evaluation | None
    saved_usd_per_month: float
    gain: float

    def role(self, role: str) -> Candidate | None:
        """Return what fills a role then."""
        return self.evaluation.design[role] if self.evaluation else None


@dataclass(frozen=True)
class OtherSize:
    """The chosen option with a unit or a zone more or less.

    kind:
        holds: swapped in, every requirement holds, for ``extra_usd_per_month`` more.
        breaks: swapped in, ``broken`` do not hold; ``possible`` says whether any other design with this size exists,
            and ``possible_usd_per_month`` what the best of them costs more than the proposed design.
        sizing: too small for the peak at the target utilisation, or not possible; ``detail`` says which.
    evaluation: the design with it in which every requirement holds, where there is one.
    """

    units: int
    zones: int
    kind: Literal["holds", "breaks", "sizing"]
    extra_usd_per_month: float | None = None
    broken: tuple[Check, ...] = ()
    possible: bool | None = None
    possible_usd_per_month: float | None = None
    detail: str = ""
    evaluation: Evaluation | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Pair:
    """The best design in which none of the asked roles has the component that it has now.

    ``evaluation`` is None when there is none (``proved``) or when time left it open.
    """

    evaluation: Evaluation | None
    extra_usd_per_month: float
    roles: tuple[RoleChange, ...]
    proved: bool


@dataclass(frozen=True)
class RoleWhy:
    """Why a role is filled as it is.

    Attributes:
        pinned: whether the scenario says so.
        alternatives: every other component, forced and solved again: feasible ones from the cheapest, then the others.
        sizes: the same option with a unit or zone more or less; () for what has no units and for combinations.
    """

    role: str
    chosen: Candidate
    pinned: bool
    alternatives: tuple[WhyNot, ...]
    sizes: tuple[OtherSize, ...]

    @property
    def feasible(self) -> tuple[WhyNot, ...]:
        """The alternatives with which every requirement can hold; the first is the runner-up."""
        return tuple(one for one in self.alternatives if one.kind == "possible")


@dataclass(frozen=True)
class Why:
    """Why one or more roles are filled as they are.

    Attributes:
        without: every requirement whose removal changes the best design, with what it then is.
        together: for several roles, all of them filled otherwise at once.
        open: requirements that the time limit left unsettled.
    """

    best: Evaluation
    roles: tuple[RoleWhy, ...]
    without: tuple[Without, ...]
    together: Pair | None
    open: tuple[Requirement, ...] = ()

    def binding(self, role: str) -> tuple[Without, ...]:
        """Return the requirements without which this role would be filled or run differently."""
        now = running(self.best.design[role])
        return tuple(one for one in self.without if one.evaluation and running(one.role(role)) != now)


def why(answer: Answer, roles: Sequence[str], deadline: Deadline = UNLIMITED, progress: Progress = silent) -> Why:
    """Return why roles are filled as they are; every statement is a re-solve or a word of the judge.

    Args:
        answer: the solved scenario; it must have a design.
        roles: of the scenario's blueprint.
    """
    assert answer.best is not None, "without a design there is nothing to explain"
    known = answer.scenario.requirements
    without = []
    for index, requirement in enumerate(known):
        progress(index, len(known), f"without {requirement.path}")
        without.append(_without(answer, requirement, deadline))
    explained = tuple(_role(answer, role, deadline, progress) for role in roles)
    return Why(
        answer.best,
        explained,
        tuple(one for one in without if one.evaluation and _differs(one, answer.best)),
        _together(answer, roles, deadline) if len(roles) > 1 else None,
        tuple(one.requirement for one in without if one.evaluation is None),
    )


def _without(answer: Answer, requirement: Requirement, deadline: Deadline) -> Without:
    best = answer.best
    assert best is not None
    if deadline.passed:
        return Without(requirement, None, 0.0, 0.0)
    rest = [r for r in answer.scenario.requirements if r is not requirement]
    found = optimise(answer.search.under(rest), time_limit_s=deadline.left)
    if found.best is None or found.status is not Status.OPTIMAL:
        return Without(requirement, None, 0.0, 0.0)
    goal = answer.scenario.objective[0]
    saved = best.cost_usd_per_month - found.best.cost_usd_per_month
    return Without(requirement, found.best, saved, goal_value(goal, best) - goal_value(goal, found.best))


def _differs(one: Without, best: Evaluation) -> bool:
    """Return whether a better design exists without a requirement; a tie between equals changes nothing."""
    assert one.evaluation is not None
    goals = best.scenario.objective
    gains = [goal_value(goal, best) - goal_value(goal, one.evaluation) for goal in goals]
    scales = [max(abs(goal_value(goal, best)), 1e-12) for goal in goals]
    return any(abs(gain) > 1e-9 * scale for gain, scale in zip(gains, scales, strict=True))


def _role(answer: Answer, role: str, deadline: Deadline, progress: Progress) -> RoleWhy:
    assert answer.best is not None
    chosen = answer.best.design[role]
    others = why_not_all(answer, [role], deadline, progress)
    order = sorted(
        others, key=lambda one: (one.kind != "possible", one.extra_goal or 0.0, one.extra_usd_per_month or 0)
    )
    pinned = any(rule.kind == "pin" and rule.role == role for rule in answer.scenario.filters)
    return RoleWhy(role, chosen, pinned, tuple(order), tuple(_sizes(answer, role, deadline)))


def _together(answer: Answer, roles: Sequence[str], deadline: Deadline) -> Pair:
    best = answer.best
    assert best is not None

    tests = {role: _another(best.design[role].component_id) for role in roles}
    found = Forced(answer.search, only_where(tests)).best(deadline)
    if found.best is None:
        return Pair(None, 0.0, (), found.status is Status.INFEASIBLE)
    extra = found.best.cost_usd_per_month - best.cost_usd_per_month
    return Pair(found.best, extra, role_changes(best, found.best), found.status is Status.OPTIMAL)


def _another(component_id: str) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.component_id != component_id


# --- why this many ----------------------------------------------------------------------------------------------------


def _sizes(answer: Answer, role: str, deadline: Deadline) -> Iterator[OtherSize]:
    """Yield the neighbours in units and in zones of what was chosen; units that hold data come in whole copies."""
    assert answer.best is not None
    chosen = answer.best.design[role]
    if chosen.option is None or chosen.option.unit is None or chosen.parts:
        return
    units, zones = chosen.units, chosen.zones
    step = chosen.needed_units if chosen.option.unit.stateful else 1
    most = max(answer.scenario.sizing.zones)
    near = [
        (units - step, min(zones, units - step)),
        (units, zones - 1),
        (units + step, zones),
        (max(units, zones + 1), zones + 1),
    ]
    for size in dict.fromkeys(near):
        if size[0] >= 1 and 1 <= size[1] <= most:
            yield _size(answer, role, chosen, *size, deadline)


def _size(answer: Answer, role: str, chosen: Candidate, units: int, zones: int, deadline: Deadline) -> OtherSize:
    best = answer.best
    assert best is not None
    caches = frozenset(cache for cache in answer.scenario.blueprint.cache_roles if not best.design[cache].is_none)
    try:
        other = answer.table.resized(chosen, units, zones, caches)
    except ValueError as error:
        return OtherSize(units, zones, "sizing", detail=str(error))
    if split := partial_copy(other):
        return OtherSize(units, zones, "sizing", detail=split)
    if tight := _too_small(other, answer.scenario.sizing.target_utilisation):
        return OtherSize(units, zones, "sizing", detail=tight)
    there = judge({**best.design, role: other}, answer.scenario)
    extra = there.cost_usd_per_month - best.cost_usd_per_month
    if there.feasible:
        return OtherSize(units, zones, "holds", extra, evaluation=there)
    broken = tuple(check for check in there.checks if not check.holds)
    same = _every_use(answer.table, role, chosen, units, zones)
    found = optimise(Search(restricted(answer.table, {role: same})), time_limit_s=deadline.left)
    possible = None if found.status is Status.STOPPED and found.best is None else found.best is not None
    more = found.best.cost_usd_per_month - best.cost_usd_per_month if found.best else None
    return OtherSize(units, zones, "breaks", extra, broken, possible, more, evaluation=found.best)


def _too_small(one: Candidate, target: float) -> str:
    """Return which dimension is fuller at peak than sizing plans for, "" when none is."""
    assert one.option is not None
    share = target if one.option.unit else 1.0
    full = [(name, load.utilisation) for name, load in one.loads.items() if load.utilisation > share * (1 + 1e-9)]
    if not full:
        return ""
    name, at = max(full, key=lambda item: item[1])
    return f"{name} would be at {share_above(at, share)} of capacity at peak, above the target of {share:.0%}"


def _every_use(table: Table, role: str, chosen: Candidate, units: int, zones: int) -> list[Candidate]:
    """Return the chosen option in another size, for each use of the caches that it can be sized for."""
    found = [c for c in table.candidates[role] if _alike(c, chosen) and (c.units, c.zones) == (units, zones)]
    if found:
        return found
    target = table.scenario.sizing.target_utilisation
    for caches in table.demand:
        with suppress(ValueError):
            found.append(table.resized(chosen, units, zones, caches))
    return list({c.id: c for c in found if not partial_copy(c) and not _too_small(c, target)}.values())


def _alike(a: Candidate, b: Candidate) -> bool:
    """Return whether two candidates are one option, bought and asked in one way, whatever their size."""
    plain = {"replicate", "headroom"}
    same = a.option is not None and b.option is not None and a.option.id == b.option.id and not a.parts
    return same and set(a.tactics) - plain == set(b.tactics) - plain


def find_roles(table: Table, names: Sequence[str], argument: str = "ROLE") -> tuple[str, ...]:
    """Return role names that exist, each once. Raises :class:`InputError` with every one that does not.

    ``argument``: what problems call the place where the names stand.
    """
    known: Mapping[str, object] = table.candidates
    problems = [
        Problem("", 0, argument, f"found '{name}'; roles: {listing(known, 20)}{nearest(name, known)}")
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(names))

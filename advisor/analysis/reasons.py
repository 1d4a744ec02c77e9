"""Why each component was chosen or not. Every statement is a computed fact about this scenario."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from advisor.candidates.candidate import Candidate
from advisor.candidates.shared import torn
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Check, Evaluation
from advisor.optimizer.goal import goal_value
from advisor.optimizer.pruning import missing
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.settling import settle
from advisor.optimizer.solver import Status
from advisor.optimizer.tails import MARGIN
from advisor.scenario.goals import Goal
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, Requirement, split_percentile

SAME_USD = 1e-6  # a difference below this is rounding

Swapped = tuple[Candidate, Mapping[str, Candidate]]  # a candidate and the design with it
Kind = Literal["refused", "capacity", "hopeless", "breaks", "swap"]


@dataclass(frozen=True)
class RunnerUp:
    """The best design without the chosen component of a role.

    Attributes:
        candidate: what fills the role then; None when nothing else is feasible.
        extra_usd_per_month: what the whole design then costs more.
        extra_goal: by how much the scenario's first goal is then worse, in its own unit.
        evaluation: that design.
        proved: False when the time limit cut the search short.
    """

    candidate: Candidate | None
    extra_usd_per_month: float = 0.0
    extra_goal: float = 0.0
    evaluation: Evaluation | None = None
    proved: bool = True


@dataclass(frozen=True)
class Reason:
    """Why a component was not chosen for a role.

    kind:
        refused: every option of it is ruled out by ``requirements``.
        capacity: no option can carry the load; ``detail`` says which limit.
        hopeless: misses a bound (``requirements``) whatever else can be chosen.
        breaks: put in place of the chosen one, ``requirements`` no longer hold; ``broken`` has the values they would
            have.
        swap: put in place of the chosen one everything holds, for ``extra_usd_per_month`` more (or a worse goal);
            ``by``: the candidate that is at least as good in everything that this scenario asks about, if there is one.
    """

    role: str
    component_id: str
    component_name: str
    kind: Kind
    candidate: Candidate | None = None
    by: Candidate | None = None
    requirements: tuple[Requirement, ...] = ()
    broken: tuple[Check, ...] = ()
    extra_usd_per_month: float | None = None
    extra_goal: float | None = None
    detail: str = ""


def runner_ups(search: Search, best: Evaluation, time_limit_s: float = 0.0) -> dict[str, RunnerUp]:
    """Return role -> the best that is left when the chosen component may not be used there (one re-solve a role).

    ``time_limit_s`` is for all of them together; 0 means none. What is not settled in time is marked as not proved.
    """
    end = time.monotonic() + time_limit_s if time_limit_s > 0 else math.inf
    settle(search, best.scenario.objective[0], time_limit_s)
    found = {}
    for role in best.design:
        left = end - time.monotonic()
        found[role] = (
            _runner_up(search, best, role, 0.0 if math.isinf(left) else left)
            if left > 0
            else RunnerUp(None, proved=False)
        )
    return found


def _runner_up(search: Search, best: Evaluation, role: str, time_limit_s: float) -> RunnerUp:
    chosen = best.design[role].component_id

    def others(of: str, candidate: Candidate) -> bool | None:
        return candidate.component_id != chosen if of == role else None

    found = optimise(search, best.scenario.objective[:1], only=others, tie_break=False, time_limit_s=time_limit_s)
    proved = found.status is not Status.STOPPED
    if found.best is None:
        return RunnerUp(None, proved=proved)
    goal, other = best.scenario.objective[0], kept(best, found.best, role)
    return RunnerUp(
        other.design[role],
        other.cost_usd_per_month - best.cost_usd_per_month,
        goal_value(goal, other) - goal_value(goal, best),
        other,
        proved,
    )


def kept(best: Evaluation, other: Evaluation, role: str) -> Evaluation:
    """Return a design in which roles that changed for nothing have what was chosen again.

    Where several designs are equally good, a search without a tie-break may return one that differs in more roles than
    it has to. What is put back must cost the same, keep every requirement and leave the first goal as good.
    """
    goal = best.scenario.objective[0]
    for name, chosen in best.design.items():
        now = other.design[name]
        if name == role or now.id == chosen.id or abs(now.cost_usd_per_month - chosen.cost_usd_per_month) >= SAME_USD:
            continue
        back = judge({**other.design, name: chosen}, best.scenario)
        if back.feasible and goal_value(goal, back) <= goal_value(goal, other) + SAME_USD:
            other = back
    return other


def reasons(search: Search, best: Evaluation, roles: Collection[str] = ()) -> dict[str, tuple[Reason, ...]]:
    """Return role -> the reason for every component that could fill it and was not chosen, in order of id.

    What could not be bought on the day of the prices was no choice, and is left out.

    Args:
        roles: these only.
    """
    return {role: tuple(_of_role(search, best, role)) for role in best.design if role in (roles or best.design)}


def _of_role(search: Search, best: Evaluation, role: str) -> Iterator[Reason]:
    table = search.table
    unsold = {one.option.id for one in table.rejections if one.role == role and one.unsold}
    components = {c.id: c for c, option in table.catalog.options_for(role) if option.id not in unsold}
    everything: dict[str, list[Candidate]] = {name: [] for name in components}
    for candidate in table.candidates[role]:
        everything.setdefault(candidate.component_id, []).append(candidate)
    for name in sorted(everything):
        if name != best.design[role].component_id:
            label = components[name].name if name in components else "leaving it out"
            yield _why_not(search, best, role, name, label, everything[name])


def _why_not(search: Search, best: Evaluation, role: str, name: str, label: str, sized: list[Candidate]) -> Reason:
    if not sized:
        detail = next((r.reason for r in search.table.rejections if r.role == role and r.component.id == name), "")
        return Reason(role, name, label, "capacity", detail=detail)
    refusals = [_refusals(search, role, candidate) for candidate in sized]
    if all(refusals):
        fewest = min(refusals, key=len)
        return Reason(role, name, label, "refused", sized[0], requirements=fewest)
    usable = [c for c in sized if (role, c.id) in search.by_id]  # no size that another one of it beats
    lacking = missed(search, role, usable)
    if lacking:
        return Reason(role, name, label, "hopeless", usable[0], requirements=lacking)
    return swap(search, best, role, name, label, [c for c in usable if (role, c.id) not in search.hopeless])


def _refusals(search: Search, role: str, candidate: Candidate) -> tuple[Requirement, ...]:
    filters = search.table.scenario.filters
    return tuple(f for f in filters if not candidate.admitted_by(f))


def missed(search: Search, role: str, sized: Sequence[Candidate]) -> tuple[Bound, ...]:
    """Return the bounds that candidates miss whatever else can be chosen; () where one of them misses none.

    What no rule, and no bound by itself, rules out can be chosen. Of bounds that all of them miss one is enough.
    """
    keys = {(role, c.id) for c in sized} & search.by_id.keys()
    if not keys or not keys <= search.hopeless.keys():
        return ()
    each = tuple(dict.fromkeys(search.hopeless[key] for key in sorted(keys)))
    by_all = [bound for bound in search.bounds if keys <= missing(search, bound)] if len(each) > 1 else []
    return (*by_all[:1],) or each


def swap(search: Search, best: Evaluation, role: str, name: str, label: str, usable: Sequence[Candidate]) -> Reason:
    """Put each of some candidates in place of the chosen one, nothing else changed, and let the judge say what that
    does: the reason is a swap or what breaks."""
    goal = best.scenario.objective[0]
    designs = [(c, design) for c in usable if (design := swapped(search, best, role, c)) is not None]
    tried = _nearest(search, designs, best)
    good = [(goal_value(goal, e), e.cost_usd_per_month, c.id, c, e) for c, e in tried if e.feasible]
    if good:
        value, cost, _, candidate, evaluation = min(good, key=lambda item: item[:3])
        search.known[tuple(c.id for c in evaluation.design.values())] = evaluation
        return Reason(
            role,
            name,
            label,
            "swap",
            candidate,
            by=search.dominated.get((role, candidate.id)),
            extra_usd_per_month=cost - best.cost_usd_per_month,
            extra_goal=value - goal_value(goal, best),
        )
    if not tried:
        return Reason(role, name, label, "breaks", detail="sized for another use of the cache, or for more roles")
    candidate, closest = min(tried, key=lambda pair: _misses(pair[1]))
    broken = tuple(check for check in closest.checks if not check.holds)
    return Reason(
        role,
        name,
        label,
        "breaks",
        candidate,
        requirements=tuple(check.requirement for check in broken),
        detail="; ".join(closest.consistent),
        broken=broken,
        extra_usd_per_month=closest.cost_usd_per_month - best.cost_usd_per_month,
    )


def _nearest(search: Search, designs: Sequence[Swapped], best: Evaluation) -> list[tuple[Candidate, Evaluation]]:
    """Judge designs, in their order, without those that cannot be the best or break the least.

    Percentiles are the work. What breaks without a look at them breaks with it too; so designs that break more by
    themselves than another one does in all are left out, and those that are worse than one with which all holds.
    """
    goal, judged, least = best.scenario.objective[0], dict[int, Evaluation](), (math.inf, 0.0)
    timed = any(split_percentile(term.metric) for term in goal.terms)
    timeless = _timeless(best.scenario, () if timed else (goal,))
    apart = [_without_times(c, judge(d, timeless, brief=True), None if timed else goal) for c, d in designs]
    for place in sorted(range(len(designs)), key=apart.__getitem__):
        if apart[place][0] > least:
            break
        if judged and _with_late(search, designs[place][1], best, *apart[place][0]) > least:
            continue
        judged[place] = found = judge(designs[place][1], best.scenario, like=best)
        least = min(least, _misses(found))
        if found.feasible and not timed:
            break
    return [(designs[place][0], judged[place]) for place in sorted(judged)]


def _timeless(scenario: Scenario, goals: tuple[Goal, ...]) -> Scenario:
    """Return a scenario that asks for no percentile, with other goals."""
    asked = [r for r in scenario.requirements if not (isinstance(r, Bound) and split_percentile(r.metric))]
    return replace(scenario, requirements=tuple(asked), objective=goals)


def _without_times(
    candidate: Candidate, found: Evaluation, goal: Goal | None
) -> tuple[tuple[float, float], float, float, str]:
    """Return what a design misses at least, and of those that miss nothing which is the better one."""
    return _misses(found), goal_value(goal, found) if goal else 0.0, found.cost_usd_per_month, candidate.id


def _with_late(
    search: Search, design: Mapping[str, Candidate], best: Evaluation, count: float, far: float
) -> tuple[float, float]:
    """Return what a design misses at least, percentiles that it is sure to miss counted too."""
    if any((role, c.id) not in search.by_id for role, c in design.items()):
        return count, far
    asked = [tail for bound, tail in search.tails if bound in best.scenario.requirements]
    return count + sum(tail.within(design) < tail.level - MARGIN for tail in asked), far


def _misses(evaluation: Evaluation) -> tuple[float, float]:
    """Return how many things a design breaks, and how far it misses the bound that it misses most, relative."""
    broken = [check for check in evaluation.checks if not check.holds]
    far = max((-check.slack for check in broken if check.slack is not None), default=0.0)
    return len(evaluation.consistent) + len(broken), far


def swapped(search: Search, best: Evaluation, role: str, candidate: Candidate) -> Mapping[str, Candidate] | None:
    """Return the design with one role replaced; roles behind a cache are re-sized when the cache comes or goes."""
    design = {**best.design, role: candidate}
    for other, current in best.design.items():
        for cache, used in current.behind.items():
            if other != role and design[cache].is_none == used:
                twin = _twin(current, cache, used)
                match = [c for c in search.table.candidates[other] if c.id == twin]
                if not match:
                    return None
                design[other] = match[0]
    fits = all(design[cache].is_none != used for c in design.values() for cache, used in c.behind.items())
    return design if fits and not any(torn(design)) else None


def _twin(current: Candidate, cache: str, used: bool) -> str:
    """Return the id of the same candidate sized for the other use of a cache."""
    if used:
        return current.id.replace(f"+{cache}", "")
    ids = current.id.split("~")  # of a combination every other word is a part's id, the rest say how they are linked
    return "~".join(f"{word}+{cache}" if index % 2 == 0 else word for index, word in enumerate(ids))

"""Why not: force what was not chosen, solve again, and say what that costs or which requirements forbid it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from advisor.analysis.alone import WayOut, best_reach
from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, silent
from advisor.analysis.changes import RoleChange, role_changes
from advisor.analysis.conflict import Feasibility, smallest
from advisor.analysis.forced import Forced, Wish, forced, infeasible_with
from advisor.analysis.reasons import Reason, missed, reasons, swap
from advisor.analysis.ruled_out import blame_and_ways_out
from advisor.candidates.candidate import Candidate
from advisor.candidates.maker import Rejection
from advisor.candidates.table import Table
from advisor.candidates.unswept import unswept
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import goal_value
from advisor.optimizer.settling import settle
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import Bound, Filter, Requirement

Kind = Literal["chosen", "possible", "refused", "infeasible", "capacity", "unsold", "open"]


@dataclass(frozen=True)
class WhyNot:
    """What happens when a wish, or two together, is granted.

    kind:
        chosen: the design has it already.
        possible: every requirement can hold; ``evaluation`` is the best design then.
        refused: rules on options (``conflict``) leave no candidate of it.
        infeasible: no design with it meets every requirement; ``conflict`` cannot hold together with it.
        capacity: no option of it can carry the load; ``details`` says which limits.
        unsold: it could not be bought on the day of the prices; ``details`` says when.
        open: the time limit passed before it was settled.

    Attributes:
        extra_usd_per_month: what the whole design then costs more.
        extra_goal: by how much the first goal in which the two differ is worse; ``goal`` says which.
        roles: what happens to each role.
        dominated: role -> (candidate of the wish, the one that is at least as good in all that is asked about).
        conflict: a minimal set; None when not looked for or left open; () when nothing that the other roles can have
            goes with the wish, whatever is required. From :func:`why_not_all` it is the rules that refuse all sizes.
        ways_out: for members of the conflict, how far each must be loosened alone.
        missed: bounds of which every size of it misses one whatever else can be chosen; () where there are none.
        reach: of a conflict that is one bound, the best value of its metric with the wish, nothing else required; only
            where loosening that bound alone is not enough.
        in_place: what swapping it in for the chosen one, nothing else changed, does; None where that was not tried, and
            for several wishes.
        proved: False where the time limit left part of what was looked for open.
    """

    wishes: tuple[Wish, ...]
    kind: Kind
    evaluation: Evaluation | None = None
    extra_usd_per_month: float | None = None
    extra_goal: float | None = None
    goal: str = ""
    roles: tuple[RoleChange, ...] = ()
    dominated: Mapping[str, tuple[Candidate, Candidate]] | None = None
    conflict: tuple[Requirement, ...] | None = None
    ways_out: tuple[WayOut, ...] = ()
    missed: tuple[Bound, ...] = ()
    reach: float | None = None
    in_place: Reason | None = None
    details: tuple[str, ...] = ()
    proved: bool = True


def why_not(
    answer: Answer, wishes: Sequence[Wish], deadline: Deadline = UNLIMITED, *, ways_out: bool = False, jobs: int = 1
) -> WhyNot:
    """Return what happens when all wishes are granted together.

    Args:
        answer: the solved scenario; it must have a design.
        ways_out: where there is no design also find which requirements cannot hold together with the wishes, and how
            far each must be loosened; that takes several times as long as all else. What alone forbids a wish, a rule
            or a bound that it misses whatever else can be chosen, is named in any case.
        jobs: processes to find that in; the result is the same for any number.

    >>> import advisor
    >>> from advisor.analysis.answers import solve
    >>> catalog = advisor.load_catalog()
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"), catalog)
    >>> answer = solve(advisor.candidate_table(scenario, catalog))
    >>> found = why_not(answer, [Wish("vector_store", "zilliz_cloud")])
    >>> found.kind, round(found.extra_usd_per_month)
    ('possible', 326)
    """
    steps = why_not_steps(answer, wishes, deadline, jobs)
    *_, last = steps if ways_out else [next(steps)]
    return last


def why_not_steps(
    answer: Answer,
    wishes: Sequence[Wish],
    deadline: Deadline = UNLIMITED,
    jobs: int = 1,
    progress: Progress = silent,
) -> Iterator[WhyNot]:
    """Yield the answer, and where there is no design once more with all that is to blame and the ways out.

    Whoever wants the answer only takes the first.
    """
    wished = tuple(wishes)
    found = _verdict(answer, wished, deadline)
    if isinstance(found, WhyNot):
        yield replace(found, in_place=_in_place(answer, wished)) if found.kind == "possible" else found
        return
    assert answer.best is not None
    known = _without_design(answer, found, wished, deadline)
    yield known
    yield _blamed(known, found, answer.best, deadline, jobs, progress)


def granted(answer: Answer, wishes: Sequence[Wish], deadline: Deadline = UNLIMITED) -> WhyNot:
    """Return whether a design grants all wishes, and the best one; of what has none nothing more is said."""
    found = _verdict(answer, tuple(wishes), deadline)
    return found if isinstance(found, WhyNot) else WhyNot(tuple(wishes), "infeasible")


def _verdict(answer: Answer, wishes: tuple[Wish, ...], deadline: Deadline) -> WhyNot | Forced:
    """Return what happens; the search with the wishes, where it has no design."""
    assert answer.best is not None, "without a design there is nothing to compare with"
    if all(wish.fits(answer.best.design[wish.role]) for wish in wishes):
        return WhyNot(wishes, "chosen", answer.best, 0.0, 0.0)
    details = tuple(note for wish in wishes for note in _no_candidate(answer.table, wish))
    if details:
        return WhyNot(wishes, _missing(answer.table, wishes), details=details)
    search = forced(answer, wishes)
    found = search.best(deadline)
    if found.best is not None:
        return _possible(answer, wishes, found)
    return WhyNot(wishes, "open", proved=False) if found.status is Status.STOPPED else search


def _in_place(answer: Answer, wishes: Sequence[Wish]) -> Reason | None:
    """Return what swapping in the only wish does; of sizes that another one of it beats none is tried."""
    if len(wishes) > 1:
        return None
    (wish,) = wishes
    fitting = [c for c in answer.table.candidates[wish.role] if wish.fits(c)]
    some = [c for c in fitting if (wish.role, c.id) in answer.search.by_id] or fitting
    label = some[0].component.name if some[0].component else "leaving it out"
    assert answer.best is not None
    return swap(answer.search, answer.best, wish.role, wish.name, label, some)


def _without_design(answer: Answer, one: Forced, wishes: tuple[Wish, ...], deadline: Deadline) -> WhyNot:
    """Return what is known of wishes that no design grants before all that is to blame is looked for.

    What rules out every candidate of a wish by itself may be a conflict. So may be what a swap breaks, if that is one
    thing, as it is in every conflict then; it is asked about beside the rules, which leave less to choose from.
    """
    swapped_in = _in_place(answer, wishes)
    feasible = infeasible_with(one, deadline)
    refusing, lacking = _ruling_out(answer, wishes)
    suspects = [refusing or lacking]
    if swapped_in and swapped_in.candidate and not swapped_in.detail:
        feasible.note_design(swapped_in.requirements)
        broken = swapped_in.requirements
        rules = (rule for rule in answer.scenario.filters if rule not in broken)
        suspects += [(*broken, *rules)] if len(broken) == 1 else []
    blamed, settled = _first_conflict(dict.fromkeys(some for some in suspects if some), feasible)
    kind: Kind = "refused" if blamed and all(isinstance(r, Filter) for r in blamed) else "infeasible"
    return WhyNot(wishes, kind, conflict=blamed, missed=lacking, in_place=swapped_in, proved=settled)


def _first_conflict(
    suspects: Iterable[tuple[Requirement, ...]], feasible: Feasibility
) -> tuple[tuple[Requirement, ...] | None, bool]:
    """Return a minimal conflict in the first of some sets that has one, None where none has; and whether time allowed
    to tell."""
    settled = True
    for some in suspects:
        holds = feasible.at_once(some)
        if holds is False:
            members = smallest(some, feasible)
            return members, members is not None
        settled = settled and holds is not None
    return None, settled


def _ruling_out(answer: Answer, wishes: tuple[Wish, ...]) -> tuple[tuple[Requirement, ...], tuple[Bound, ...]]:
    """Return the rules that refuse every candidate of a wish, and the bounds that each misses one of."""
    refusing: tuple[Requirement, ...] = ()
    lacking: tuple[Bound, ...] = ()
    for wish in wishes:
        fitting = [c for c in answer.table.candidates[wish.role] if wish.fits(c)]
        refusing = refusing or _refusing(answer.scenario.filters, fitting)
        lacking = lacking or missed(answer.search, wish.role, fitting)
    return refusing, lacking


def _refusing(rules: Sequence[Filter], fitting: Sequence[Candidate]) -> tuple[Requirement, ...]:
    """Return the rules that refuse some candidates, if together they refuse all of them."""
    refused = [[rule for rule in rules if not c.admitted_by(rule)] for c in fitting]
    return tuple(rule for rule in rules if any(rule in some for some in refused)) if all(refused) else ()


def _no_candidate(table: Table, wish: Wish) -> Iterator[str]:
    """Yield why a wish has no candidate at all."""
    if any(wish.fits(c) for c in table.candidates[wish.role]):
        return
    rejected = _rejected(table, wish)
    yield from (f"{r.option.id}: {r.reason}" for r in rejected)
    if not rejected:
        yield f"{wish.name} has no size that this scenario considers"


def _missing(table: Table, wishes: Sequence[Wish]) -> Kind:
    """Return why wishes have no candidate: a wish that could not be bought at all says so."""
    for wish in wishes:
        if not any(wish.fits(one) for one in table.candidates[wish.role]):
            rejected = _rejected(table, wish)
            if rejected and all(one.unsold for one in rejected):
                return "unsold"
    return "capacity"


def _rejected(table: Table, wish: Wish) -> list[Rejection]:
    return [r for r in table.rejections if r.role == wish.role and wish.name in (r.component.id, r.option.id)]


def _possible(answer: Answer, wishes: tuple[Wish, ...], found: Found) -> WhyNot:
    best, new = answer.best, found.best
    assert best is not None
    assert new is not None
    goals = [(goal_value(goal, new) - goal_value(goal, best), goal.text) for goal in answer.scenario.objective]
    worse, goal = next(((d, text) for d, text in goals if abs(d) > 1e-9), (0.0, goals[0][1]))
    chosen = {wish.role: new.design[wish.role] for wish in wishes}
    beaten = {(role, c.id): c for role, c in chosen.items()}
    return WhyNot(
        wishes,
        "possible",
        new,
        new.cost_usd_per_month - best.cost_usd_per_month,
        worse,
        goal,
        role_changes(best, new),
        {key[0]: (c, winner) for key, c in beaten.items() if (winner := answer.search.dominated.get(key))},
        proved=found.status is Status.OPTIMAL,
    )


def _blamed(told: WhyNot, one: Forced, best: Evaluation, deadline: Deadline, jobs: int, progress: Progress) -> WhyNot:
    """Add which requirements forbid what has no design, and how far each must be loosened."""
    with unswept():
        members, ways = blame_and_ways_out(one, best, deadline, jobs, progress, told.conflict)
    kind: Kind = "refused" if members and all(isinstance(m, Filter) for m in members) else "infeasible"
    proved = members is not None and all(way.proved for way in ways)
    reach = None
    if members and len(members) == 1 and isinstance(members[0], Bound) and ways[0].evaluation is None:
        reach = best_reach(one, members[0], deadline)
        proved = proved and reach is not None
    return replace(told, kind=kind, conflict=members, ways_out=ways, reach=reach, proved=proved)


def why_not_all(
    answer: Answer, roles: Sequence[str] = (), deadline: Deadline = UNLIMITED, progress: Progress = silent
) -> tuple[WhyNot, ...]:
    """Return for every component that was not chosen what happens when it is forced; one re-solve each.

    Where nothing is feasible, ``conflict`` has the rules that refuse it, or ``missed`` the bounds that its sizes miss;
    else ``in_place`` shows what breaks when it is put in place of the chosen one.
    """
    assert answer.best is not None, "without a design there is nothing to compare with"
    settle(answer.search, answer.scenario.objective[0], deadline.left)
    found: list[WhyNot] = []
    known = [reason for some in reasons(answer.search, answer.best, roles).values() for reason in some]
    for index, reason in enumerate(known):
        progress(index, len(known), f"{reason.role}: {reason.component_id}")
        found.append(_for_table(answer, reason, deadline))
    return tuple(found)


def _for_table(answer: Answer, reason: Reason, deadline: Deadline) -> WhyNot:
    wish = (Wish(reason.role, reason.component_id),)
    if reason.kind == "capacity":
        return WhyNot(wish, "capacity", in_place=reason, details=tuple(_no_candidate(answer.table, wish[0])))
    if reason.kind == "refused":
        return WhyNot(wish, "refused", conflict=reason.requirements, in_place=reason)
    if reason.kind == "hopeless":
        bounds = tuple(bound for bound in reason.requirements if isinstance(bound, Bound))
        return WhyNot(wish, "infeasible", missed=bounds, in_place=reason)
    if deadline.passed:
        return WhyNot(wish, "open", in_place=reason, proved=False)
    return replace(granted(answer, wish, deadline), in_place=reason)

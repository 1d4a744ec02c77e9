"""Why, and why not, for the terminal. Every sentence carries the number that it rests on."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.analysis.equality import same
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render.goal_words import and_goal
from advisor.render.markdown import joined
from advisor.render.neat import neat
from advisor.render.why_table import alternatives_table, missed_text, swap_text
from advisor.scenario.requirements import COST, COUNTS, Bound

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.padding import Padding

    from advisor.analysis.alone import WayOut
    from advisor.analysis.why import OtherSize, RoleWhy, Why, Without
    from advisor.analysis.why_not import WhyNot
    from advisor.evaluation.result import Evaluation


# --- why --------------------------------------------------------------------------------------------------------------


def why_page(found: Why) -> Iterator[RenderableType]:
    """Yield why each role is filled as it is, from top to bottom."""
    for role in found.roles:
        yield from _role(found, role)
        yield ""
    if found.together:
        names = joined([role.role for role in found.roles])
        yield f"[bold]{names} together[/]"
        yield from (indented(line) for line in _pair_lines(found))
    if found.open:
        listed = ", ".join(r.path for r in found.open)
        yield f"[yellow]The time limit passed before these were settled: {neat(listed)}[/]"


def _role(found: Why, role: RoleWhy) -> Iterator[RenderableType]:
    cost = f", {numbers.usd(role.chosen.cost_usd_per_month)}/month" if not role.chosen.is_none else ""
    yield f"[bold]{role.role}[/]: {neat(words.candidate_text(role.chosen))}{cost}"
    yield from (indented(line) for line in because_lines(found, role))
    if role.alternatives:
        yield alternatives_table(role.alternatives, found.best, with_role=False)
    if role.sizes:
        yield "  why this many"
        yield from (indented(f"  {size_text(size, found.best)}") for size in role.sizes)


def because_lines(found: Why, role: RoleWhy) -> Iterator[str]:
    """Yield why a role is filled so: pins, how many others are feasible, the runner-up, what forces the choice."""
    if role.pinned:
        yield "pinned by the scenario"
    feasible, every = len(role.feasible), len(role.alternatives) + 1
    goals = found.best.scenario.objective
    best = "cheapest" if [t.metric for t in goals[0].terms] == [COST] else f"best for '{goals[0].text}'"
    if any(one.kind == "open" for one in role.alternatives):
        yield f"the time limit passed before all {every} were settled"
    elif every == 1:
        yield "the only one that there is for this role"
    elif feasible == 0:
        yield f"the only one of {every} with which every requirement can hold"
    else:
        yield f"{best} of the {feasible + 1} (of {every}) with which every requirement can hold"
    if role.feasible:
        yield f"runner-up: {_runner_up(role.feasible[0], found.best)}"
    yield from (without_text(one, role.role, found.best) for one in found.binding(role.role))
    if not found.binding(role.role) and not found.open:
        yield "no single requirement forces it: without any one of them this role stays as it is"


def _runner_up(one: WhyNot, best: Evaluation) -> str:
    others = [change.role for change in one.roles if change.kind in ("replaced", "added", "removed")]
    more = [role for role in others if role != one.wishes[0].role]
    also = f", with another {joined(more)}" if more else ""
    return f"{_wish_name(one)}, the whole design then costs {_price(one, best)}{also}"


def without_text(one: Without, role: str, best: Evaluation) -> str:
    """Return what would fill a role without a requirement, and what the whole design would save."""
    filled = words.candidate_text(one.role(role))
    saved = one.saved_usd_per_month
    change = f"and the design costs {numbers.usd(abs(saved))} {'less' if saved > 0 else 'more'}"
    change = change if abs(saved) >= words.CENT else "at the same cost"
    return f"without '{words.requirement_text(one.requirement)}': {filled}, {change}{and_goal(best, one.evaluation)}"


def size_text(size: OtherSize, best: Evaluation) -> str:
    """Return what a unit or a zone more or less does."""
    zones = f" in {size.zones} zones" if size.zones > 1 else " in 1 zone"
    head = f"{size.units}{zones}:"
    if size.kind == "sizing":
        return f"{head} {size.detail}"
    price = words.signed_usd(size.extra_usd_per_month or 0.0)
    if size.kind == "holds":
        return f"{head} every requirement holds, {price}{and_goal(best, size.evaluation)}"
    broken = ", ".join(words.broken_text(check) for check in size.broken)
    if size.possible:
        assert size.possible_usd_per_month is not None
        rest = f"with other roles changed it is possible, for {words.signed_usd(size.possible_usd_per_month)}"
        rest += and_goal(best, size.evaluation)
    else:
        rest = "no other design with it holds" if size.possible is False else "whether another design holds is open"
    return f"{head} breaks {broken} ({price}); {rest}"


def _pair_lines(found: Why) -> Iterator[str]:
    assert found.together
    pair = found.together
    if pair.evaluation is None:
        yield (
            "no design that meets every requirement fills all of them otherwise"
            if pair.proved
            else "not settled in time"
        )
        return
    unproved = "" if pair.proved else " (not proved)"
    price = f"{words.signed_usd(pair.extra_usd_per_month)} a month{and_goal(found.best, pair.evaluation)}"
    yield f"all of them filled otherwise: {price}{unproved}"
    yield from (f"  {flip}" for flip in words.flips_text(pair.roles))


# --- why not ----------------------------------------------------------------------------------------------------------


def why_not_page(steps: Iterator[WhyNot], best: Evaluation) -> Generator[RenderableType, None, WhyNot]:
    """Yield the answer to a wish from top to bottom, each part when it is known; return the whole answer.

    Args:
        steps: the answer, and where all that is to blame was asked for and looked for, once more with that.
    """
    first = next(steps)
    names = " with ".join(f"{wish.name} as {wish.role}" for wish in first.wishes)
    yield f"[bold]{neat(names)}[/]: {neat(verdict(first, best))}"
    yield from (indented(line) for line in _swap_lines(first))
    whole = next(steps, None)
    if whole is None:
        yield from (indented(line) for line in (*detail_lines(first, best), *_more_lines(first)))
        return first
    if verdict(whole, best) != verdict(first, best):
        yield indented(verdict(whole, best))
    yield from (indented(line) for line in detail_lines(whole, best))
    if whole.conflict is None:
        yield indented("the time limit passed before the conflict was found")
    return whole


def _swap_lines(one: WhyNot) -> Iterator[str]:
    """Yield what a swap does when nothing else is changed, where more than that is answered."""
    swap = one.in_place
    if swap is None or swap.candidate is None or one.kind not in ("possible", "infeasible"):
        return
    others = any(change.flips and change.role != swap.role for change in one.roles)
    if swap.kind == "breaks":
        so = ", so others change too:" if others else ", and nothing else: possible where that is allowed"
        yield swap_text(swap) + (so if others or _breaks_alone(one) else "")
    elif others:
        price = words.signed_usd(swap.extra_usd_per_month or 0.0)
        yield f"swapped in ({price}) everything holds too; the best design with it:"


def _breaks_alone(one: WhyNot) -> bool:
    """Return whether a swap breaks one requirement and nothing else, of a wish that no design grants."""
    swap = one.in_place
    return one.kind == "infeasible" and swap is not None and len(swap.broken) == 1 and not swap.detail


def _more_lines(one: WhyNot) -> Iterator[str]:
    """Yield what else is known, and what can be asked, of a wish that no design grants."""
    if one.kind not in ("refused", "infeasible") or one.conflict == ():
        return
    if one.conflict is None and one.missed:
        yield missed_text(one.missed)
    if not one.proved:
        yield "the time limit passed before it was settled what alone is to blame"
    if one.conflict is None:
        yield "with --ways-out: which requirements cannot hold together with it, and how far each must be loosened"
    elif one.kind == "refused":
        yield "with --ways-out: whether it is possible without that, and what the design then costs"
    elif _breaks_alone(one):  # which is then enough to loosen
        which = "it" if len(one.conflict) == 1 else "each"
        yield f"with --ways-out: how far {which} must be loosened, and what the design then costs"
    else:
        which = "it" if len(one.conflict) == 1 else "one of them"
        yield f"with --ways-out: whether it is enough to loosen {which}, how far, and what the design then costs"


def indented(line: str) -> Padding:
    """Return a line two columns in, further by its own indent; where it wraps it stays there."""
    from rich.padding import Padding

    return Padding(neat(line.lstrip()), (0, 0, 0, 2 + len(line) - len(line.lstrip())))


VERDICTS = {
    "chosen": "it is what the proposed design has",
    "capacity": "it cannot carry the load",
    "unsold": "it could not be bought on the date of the prices",
    "open": "not settled in time",
    "infeasible": "infeasible: no design with it meets every requirement",
}


def verdict(one: WhyNot, best: Evaluation) -> str:
    """Return the answer in one sentence."""
    if one.kind in VERDICTS:
        return VERDICTS[one.kind]
    if one.kind == "refused":
        return f"refused by {_requirements(one)}"
    return f"possible, the whole design then costs {_price(one, best)}"


def _price(one: WhyNot, best: Evaluation) -> str:
    extra, goal = one.extra_usd_per_month or 0.0, and_goal(best, one.evaluation)
    unproved = "" if one.proved else (" (not proved)" if goal else " or less (not proved)")
    return ("the same" if abs(extra) < 0.005 else f"{words.signed_usd(extra)} a month") + goal + unproved


def _requirements(one: WhyNot) -> str:
    return joined([f"'{words.requirement_text(r)}'" for r in one.conflict or ()])


def _wish_name(one: WhyNot) -> str:
    wish = one.wishes[0]
    if one.evaluation is None:
        return wish.name
    return words.candidate_text(one.evaluation.design[wish.role]) if wish.name != "none" else "leaving it out"


def detail_lines(one: WhyNot, best: Evaluation) -> Iterator[str]:
    """Yield what stands behind the answer."""
    yield from one.details
    if one.kind == "possible":
        yield from _possible_lines(one, best)
    if one.kind == "infeasible" and one.conflict:
        yield "with it, these cannot hold together:" if len(one.conflict) > 1 else "with it, this cannot hold:"
        yield from (f"  {words.requirement_text(r)}   ({r.path})" for r in one.conflict)
    if one.kind == "infeasible" and one.conflict == ():
        yield "no requirement is to blame: nothing that the other roles can have goes with it"
    yield from ways_out_lines(one.ways_out, best)
    if one.reach is not None and one.conflict and isinstance(one.conflict[0], Bound):
        bound = one.conflict[0]
        label, verb = numbers.metric_label(bound.metric), "at least" if bound.upper else "at most"
        shown, limit = words.apart(bound.metric, one.reach, bound.limit)
        yield f"with it, {label} is {verb} {shown} whatever else is chosen; {limit} is asked for"


def _possible_lines(one: WhyNot, best: Evaluation) -> Iterator[str]:
    assert one.evaluation is not None
    yield from (f"{flip}" for flip in words.flips_text(one.roles))
    for chosen, winner in (one.dominated or {}).values():
        yield (
            f"dominated: {words.candidate_text(winner)} is at least as good as {words.candidate_text(chosen)} "
            "in everything that this scenario asks about"
        )
    metrics = [bound.metric for bound in best.scenario.bounds if bound.metric not in (COST, *COUNTS)]
    moved = [
        f"{numbers.metric_label(metric)} {words.metric_difference(metric, *pair)}"
        for metric in metrics
        if not same(*(pair := (best.metric(metric), one.evaluation.metric(metric))), metric)
    ]
    if moved:
        yield f"then also: {', '.join(moved)}"


def ways_out_lines(ways: Sequence[WayOut], best: Evaluation) -> Iterator[str]:
    """Yield how far each requirement must be loosened alone; those that do not help alone are counted."""
    useful = [way for way in ways if way.evaluation is not None]
    if useful:
        which = (
            "it is loosened, solved again" if len(ways) == 1 else "one of these alone is loosened, each solved again"
        )
        yield f"possible when {which}:"
        yield from (f"  {way_out_text(way, best)}" for way in useful)
    left = [way for way in ways if not way.proved]
    if left:
        yield f"not settled in time: {', '.join(way.requirement.path for way in left)}"
    if ways and not useful and not left:
        alone = "it alone" if len(ways) == 1 else "any one of these alone"
        yield f"loosening {alone} is not enough: other requirements then stand in the way"


def way_out_text(way: WayOut, best: Evaluation) -> str:
    """Return one requirement's way out: the bound to allow, and what the design then costs."""
    assert way.evaluation is not None
    cost = way.evaluation.cost_usd_per_month
    then = f"the design then costs {numbers.usd(cost)}/month ({words.signed_usd(cost - best.cost_usd_per_month)})"
    bound = way.requirement
    if not isinstance(bound, Bound):
        return f"without '{words.requirement_text(bound)}': {then}"
    assert way.least is not None
    allowed = words.loosened(bound, way.least)
    limit = numbers.metric(bound.metric, bound.limit)
    if bound.metric == COST:
        return f"{numbers.metric_label(bound.metric)} {allowed} instead of {limit} at most"
    side = "most" if bound.upper else "least"
    return f"{numbers.metric_label(bound.metric)} {allowed} instead of {limit} at {side}: {then}"

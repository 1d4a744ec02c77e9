"""Changes in the middle of a session: what moves, in which words, and how far it can go.

Each kind tries its strengths from the hardest down. A change is used when it is proved that a design still exists,
also with the change a little harder, and when it does something to the optimum of before. One that is to be impossible
is used when it is proved that none exists, also with the change a little milder; the conflict is its truth.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from advisor.analysis.changes import carried_over
from advisor.analysis.conflict import Feasibility
from advisor.analysis.fixed import within_target
from advisor.candidates.candidate import Candidate
from advisor.errors import InputError
from advisor.optimizer.goal import goal_value
from advisor.rehearsal import traffic, words
from advisor.rehearsal.prices import Rise, dearer
from advisor.rehearsal.scoring import regret
from advisor.rehearsal.world import World, possible
from advisor.scenario.requirements import COST, OPERATIONS, Bound, Requirement, split_percentile

Changes = dict[str, object]


@dataclass(frozen=True)
class Change:
    """One strength of a change.

    Attributes:
        name: short; news: what the interviewer says.
        changes: path -> value. near: the same a little harder (a little milder for one that is to be impossible); None
            where it has no strength.
        rise: of the prices of a component.
    """

    name: str
    news: str
    changes: Changes = field(default_factory=dict)
    near: Changes | None = None
    rise: Rise | None = None


@dataclass(frozen=True)
class Curveball:
    """A change with the world after it."""

    kind: str
    change: Change
    world: World


Kind = Callable[[World], Iterator[Change]]


def feasible(world: World, order: Sequence[str]) -> Curveball | None:
    """Return the first change, by kinds in some order, under which designs exist and the optimum is another one."""
    for kind in order:
        for change in KINDS[kind](world):
            after = _after(world, change)
            if after is None or not after.feasible:
                continue
            if _does_something(world, after) and _holds_nearby(world, change, feasible=True):
                return Curveball(kind, change, after)
    return None


def impossible(world: World, order: Sequence[str]) -> Curveball | None:
    """Return the first change under which it is proved that no design exists, with a smallest conflict.

    One that conflicts with other requirements comes before one that nothing meets, whatever else is required: of that
    there is nothing to ask.
    """
    alone: Curveball | None = None
    for kind in order:
        for change in TOO_HARD[kind](world):
            after = _after(world, change)
            if after is None or not after.infeasible or not _holds_nearby(world, change, feasible=False):
                continue
            found = Curveball(kind, change, after)
            conflict = after.conflict()
            if conflict and len(conflict) > 1:
                return found
            alone = alone or (found if conflict else None)
            break  # a harder one of this kind conflicts with no more
    return alone


def single_ways(found: Curveball) -> tuple[Requirement, ...]:
    """Return the requirements of which each, dropped alone, gives a design again; () where a tenth milder changes that.

    Only one of the conflict can: without another one the conflict is still there.
    """
    here = _ways(found.world)
    near = found.change.near
    nearby = possible(lambda: found.world.what_if(near)) if near else found.world  # changes set values, whatever was
    same = nearby is not None and {r.path for r in _ways(nearby)} == {r.path for r in here}
    return here if same else ()


def _ways(world: World) -> tuple[Requirement, ...]:
    requirements = world.scenario.requirements
    feasible = Feasibility(world.answer.search)
    conflict = world.conflict() or ()
    return tuple(one for one in conflict if feasible([r for r in requirements if r is not one]))


def shuffled(names: Sequence[str], rng: random.Random) -> list[str]:
    """Return the kinds in the order in which they are tried."""
    return rng.sample(sorted(names), len(names))


def _after(world: World, change: Change) -> World | None:
    rise = change.rise
    if rise is not None:
        return possible(lambda: dearer(world, rise))
    return possible(lambda: world.what_if(change.changes))


def _holds_nearby(world: World, change: Change, *, feasible: bool) -> bool:
    if change.near is None:
        return True
    nearby = possible(lambda: world.what_if(change.near or {}))
    return nearby is not None and (nearby.feasible if feasible else nearby.infeasible)


def _does_something(before: World, after: World) -> bool:
    """Return whether the optimum of before breaks something now, cannot be run, or is clearly beaten by another one.

    One that is as good within the tolerance, whose points are full, would leave nothing to revise.
    """
    kept = carried_over(before.best, after.table).evaluation
    if kept is None or not within_target(kept):
        return True
    goal = after.scenario.objective[0]
    best = goal_value(goal, after.best)
    return regret(1 + (goal_value(goal, kept) - best) / max(abs(best), 1e-12), 1.0, feasible=True).points < 1


# --- kinds ------------------------------------------------------------------------------------------------------------


def _traffic(world: World) -> Iterator[Change]:
    for factor in (10, 5, 3, 2):
        budgets = traffic.raised(world.scenario, factor)
        grown = _grown(world, factor)
        if grown is None:
            return
        names = traffic.titles(world.scenario, grown)
        more = f", with the {' and the '.join(_budget_names(world))}" if budgets else ""
        news = (
            f"Another country launches next month: {' and '.join(names)} are multiplied by {factor}{more}. The rest of "
            "the workload stays as it is."
        )
        near = {**(_grown(world, factor * 1.1) or {}), **traffic.raised(world.scenario, factor * 1.1)}
        yield Change(f"traffic × {factor}", news, {**grown, **budgets}, near)


def _grown(world: World, factor: float) -> Changes | None:
    try:
        return world.grown(factor)
    except InputError:
        return None


def _budget_names(world: World) -> list[str]:
    names = {COST: "budget", OPERATIONS: "hours of operations"}
    return [names[b.metric] for b in world.scenario.bounds if b.metric in names]


def _budget(world: World) -> Iterator[Change]:
    limit = next((b.limit for b in world.scenario.bounds if b.metric == COST), world.cost)
    for share, text in ((0.5, "halved"), (0.3, "cut by 30 %"), (0.2, "cut by 20 %"), (0.1, "cut by 10 %")):
        left = _round(limit * (1 - share))
        news = f"Finance was here: the budget is {text}, to {words.money(left)}."
        yield Change(f"budget {text}", news, {BUDGET: left}, {BUDGET: left * 0.97})


BUDGET = "constraints.cost_usd_per_month.max"


def _tail(world: World) -> Iterator[Change]:
    for bound in _timed(world):
        for share in (0.3, 0.2, 0.1):
            limit = _round(bound.limit * (1 - share))
            name = f"{words.label(bound.metric)} − {100 * share:.0f} %"
            news = (
                f"Users find it slow: {words.label(bound.metric)} has to be at most "
                f"{words.metric(bound.metric, limit)}, {100 * share:.0f} % less than before."
            )
            yield Change(name, news, {bound.path: limit}, {bound.path: limit * 0.97})


def _timed(world: World) -> list[Bound]:
    """Return the bounds on times that users wait for, the tightest first."""
    found = [b for b in world.scenario.bounds if split_percentile(b.metric)]
    return sorted(found, key=lambda b: (b.slack(world.best.metric(b.metric)), b.path))


def _region(world: World) -> Iterator[Change]:
    clouds = [*sorted(world.catalog.records.clouds), "vendor"]
    stated = next((f.values for f in world.scenario.filters if f.kind == "cloud"), frozenset(clouds))
    for lost in sorted(world.best.clouds):
        left = [cloud for cloud in clouds if cloud != lost and cloud in stated]
        if left:
            name = words.cloud(lost)
            news = f"The region on {name} is lost for good. The design has to run without {name}."
            yield Change(f"region on {name} lost", news, {"constraints.clouds.allow": left})


def _residency(world: World) -> Iterator[Change]:
    stated = any(f.kind == "residency" for f in world.scenario.filters)
    if not stated:
        news = "Legal was here: all data has to stay in the EU."
        yield Change("EU only", news, {"constraints.residency.require": "eu"})


def _withdrawn(world: World) -> Iterator[Change]:
    """Yield the withdrawal of what serves models, or else of the dearest service."""
    hosted = [c for c in world.best.design.values() if c.option is not None and c.option.mode != "self_hosted"]
    for one in sorted(hosted, key=lambda c: ("llm" not in c.role, -c.cost_usd_per_month, c.role))[:2]:
        news = f"{one.name} is withdrawn by its maker and may not be used any more, in any role."
        what = "model" if "llm" in one.role else "service"
        yield Change(f"{what} withdrawn: {one.name}", news, {"choices.exclude": [*_excluded(world), one.component_id]})


def _excluded(world: World) -> list[str]:
    return sorted(name for f in world.scenario.filters if f.kind == "exclude" for name in f.values)


def _availability(world: World) -> Iterator[Change]:
    for bound in world.scenario.bounds:
        if not bound.metric.endswith(".availability"):
            continue
        for part in (0.1, 0.3, 0.5):
            limit = round(1 - (1 - bound.limit) * part, 6)
            news = (
                f"After an outage the board wants more: {words.label(bound.metric)} has to be at least "
                f"{words.metric(bound.metric, limit)}."
            )
            near: Changes = {bound.path: 1 - (1 - limit) * 0.9}
            yield Change(f"{words.label(bound.metric)} ≥ {words.percent(limit, 6)}", news, {bound.path: limit}, near)


def _people(world: World) -> Iterator[Change]:
    hours = world.best.operations_h_per_month
    for share in (0.4, 0.25, 0.15):
        left = _round(hours * (1 - share), 2)
        news = f"Somebody who ran this leaves: operations may take at most {words.metric(OPERATIONS, left)}."
        path = "constraints.operations_h_per_month.max"
        yield Change(f"operations ≤ {words.metric(OPERATIONS, left)}", news, {path: left}, {path: left * 0.97})


def _saas(world: World) -> Iterator[Change]:
    if not any(f.kind == "mode" for f in world.scenario.filters):
        news = "Security was here: nothing may run as software as a service (SaaS) in a vendor's own account."
        yield Change("no SaaS", news, {"constraints.modes.deny": ["saas"]})


def _price(world: World) -> Iterator[Change]:
    dearest = sorted(_billed(world), key=lambda c: (-c.bill_usd_per_month, c.role))
    for one in dearest[:2]:
        for share in (1.0, 0.5, 0.3):
            news = f"{one.name} raises all its prices by {100 * share:.0f} %."
            yield Change(f"{one.name} + {100 * share:.0f} %", news, rise=Rise(one.component_id, 1 + share))


def _billed(world: World) -> list[Candidate]:
    return [c for c in world.best.design.values() if c.option is not None and c.bill_usd_per_month > 0.05 * world.cost]


def _round(value: float, digits: int = 3) -> float:
    """Return a limit as somebody would say it.

    >>> _round(17234.5), _round(1400.0)
    (17200.0, 1400.0)
    """
    return float(f"{value:.{digits}g}")


# --- too hard ---------------------------------------------------------------------------------------------------------


def _no_money(world: World) -> Iterator[Change]:
    for share in (0.8, 0.65, 0.5, 0.35, 0.2):
        left = _round(world.cost * share)
        news = f"Finance was here: {words.money(left)} is all there is, and no requirement may be given up."
        yield Change(f"budget {words.money(left)}", news, {BUDGET: left}, {BUDGET: left * 1.1})


def _no_time(world: World) -> Iterator[Change]:
    for bound in _timed(world):
        for share in (0.5, 0.25, 0.1):
            limit = _round(bound.limit * share)
            name, most = words.label(bound.metric), words.metric(bound.metric, limit)
            news = f"A competitor is faster: {name} has to be at most {most}."
            yield Change(f"{name} ≤ {most}", news, {bound.path: limit}, {bound.path: limit * 1.1})


KINDS: dict[str, Kind] = {
    "traffic": _traffic,
    "budget": _budget,
    "tail": _tail,
    "region": _region,
    "residency": _residency,
    "withdrawn": _withdrawn,
    "availability": _availability,
    "people": _people,
    "saas": _saas,
    "price": _price,
}
TOO_HARD: dict[str, Kind] = {"no_money": _no_money, "no_time": _no_time}

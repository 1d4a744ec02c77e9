"""Requirements: which of them bind, how near each is to its limit, what moving one costs or saves."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from advisor.analysis.resolver import beats
from advisor.evaluation.result import Evaluation
from advisor.explanation.derivation import plain
from advisor.optimizer.found import Found
from advisor.optimizer.solver import Status
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.kinds.changes import IMPOSSIBLE, PRICES, band_of
from advisor.rehearsal.kinds.cost import minimises_cost
from advisor.rehearsal.question import Choice, Number, Order, Question, Several, options
from advisor.rehearsal.stability import SHARE, clear, steady
from advisor.rehearsal.world import World
from advisor.scenario.requirements import COST, Bound, is_count, split_percentile

SAME = 0.01  # two costs closer than this, relative, are the same
ROOM = 0.02  # slacks closer than this are not to be told apart
MOST_ORDERED = 5
MOST_WEIGHED = 4  # bounds that are moved, each for itself
LOOSER = 0.20  # by how much a bound is loosened
TIGHTER = 0.30  # by how much a percentile is tightened
IN_USD = 0.5  # how often a price that can be stated is asked in USD and not as a band


def binding_constraint(world: World, rng: random.Random) -> Question | None:
    """Ask which bounds hold a better design back."""
    bounds = some(_own_bounds(world), rng)
    found = {b.path: world.without(b) for b in bounds}
    if len(bounds) < 2 or any(one.status is not Status.OPTIMAL for one in found.values()):
        return None
    binding = [b for b in bounds if _better(world, found[b.path])]
    return Question(
        "binding_constraint",
        "requirements",
        "defend",
        f"{words.best(world.best)}\nIt does this:\n"
        f"{state(world, bounds)}\nEach of these requirements is dropped in turn, the others kept, and the best design "
        f"is looked for again ({words.goal(world.scenario)}). Which of them, dropped alone, let a better one in"
        f"{f', by {words.percent(SAME)} of the cost or more' if minimises_cost(world) else ''}?",
        Several(tuple(words.bound(b) for b in bounds)),
        frozenset(words.bound(b) for b in binding),
        tuple(f"without {words.bound(b)}: {cost_of(found[b.path])}" for b in bounds),
        words.command("sensitivity", words.SCENARIO, "--part", "constraints"),
        "Little slack is a sign, no proof: ask what a looser limit would let in.",
    )


def _bind_alike(moved: World, question: Question) -> bool:
    """Return whether the bounds that bind in the world of a question, and none other, bind in a moved one.

    That one binds is proved by a design: the best one without it in the world of before, kept as it is, is better than
    the optimum here. That one does not, by that nothing clearly cheaper is let in. Only where neither is so is the
    scenario solved again.
    """
    before = moved.origin
    assert before is not None, "the world was moved from another one"
    bounds = [b for b in _own_bounds(moved) if words.bound(b) in options(question.form)]

    def binds(one: Bound) -> bool:
        named = words.bound(one) in question.truth  # type: ignore[operator]
        kept = carried(moved, before.without(one), one) if named else None
        if kept is not None and _surpasses(moved, kept):
            return True
        if not named and minimises_cost(moved) and none(moved.within((1 - SAME) * moved.cost, one)):
            return False
        return _better(moved, moved.without(one))

    return frozenset(words.bound(b) for b in bounds if binds(b)) == question.truth


def carried(moved: World, found: Found, bound: Bound, limit: float | None = None) -> Evaluation | None:
    """Return what the best design with a bound moved in the world of before (None: dropped) does in a moved world.

    None where there is none, or where it does not meet the rest there as it is.
    """
    return None if found.best is None else moved.carried(found.best, moved.with_bound(bound, limit))


def none(found: Found) -> bool:
    """Return whether it is proved that there is no design."""
    return found.status is Status.INFEASIBLE


def _own_bounds(world: World) -> list[Bound]:
    """Return the bounds other than the one on what the scenario minimises."""
    goal = world.scenario.objective[0].terms
    return [b for b in world.scenario.bounds if [b.metric] != [term.metric for term in goal]]


def some(bounds: Sequence[Bound], rng: random.Random) -> list[Bound]:
    """Return a few bounds, in the order in which they stand: each takes a solve, and nobody weighs more at once."""
    kept = steady(rng, (b.path for b in bounds))[:MOST_WEIGHED]
    return [b for b in bounds if b.path in kept]


def state(world: World, bounds: Sequence[Bound]) -> str:
    """Return what the design makes of some bounds."""
    values = ((b, words.metric(b.metric, world.best.metric(b.metric))) for b in bounds)
    return "\n".join(f"- {words.bound(b)}; it has {value}" for b, value in values)


def _better(world: World, found: Found) -> bool:
    """Return whether an optimum is better than the design by more than a reader would call the same."""
    return found.best is not None and _surpasses(world, found.best)


def _surpasses(world: World, other: Evaluation) -> bool:
    much = not minimises_cost(world) or other.cost_usd_per_month < (1 - SAME) * world.cost
    return much and beats(other, world.best)


def cost_of(found: Found) -> str:
    """Return what an optimum costs, in words."""
    return "no design" if found.best is None else f"{words.cents(found.best.cost_usd_per_month)} USD/month"


def order_by_slack(world: World, rng: random.Random) -> Question | None:
    """Ask for the order of the bounds by the room that the design leaves."""
    bounds = [b for b in world.scenario.bounds if 0 <= b.slack(world.best.metric(b.metric)) < 1]
    moved = [world.kept(world.grown(factor)) for factor in (1 - SHARE, 1 + SHARE)]
    designs = [world.best, *(one.best for one in moved if one is not None)]
    chosen = _apart(designs, rng.sample(bounds, len(bounds)))
    if len(chosen) < 3:
        return None
    slack = {words.bound(b): b.slack(world.best.metric(b.metric)) for b in chosen}
    ranked = tuple(sorted(slack, key=lambda name: slack[name]))
    return Question(
        "order_by_slack",
        "requirements",
        "defend",
        f"A design does this:\n{state(world, chosen)}\nPut the requirements in order of slack, the least first: the "
        "share of the limit that is left, and for an availability the share of the error budget.",
        Order(tuple(slack)),
        ranked,
        tuple(f"{name}: slack {plain(float(f'{slack[name]:.4g}'))}" for name in ranked),
        words.command("propose", words.SCENARIO),
        "|limit - value| / limit; for an availability 1 - (1 - value) / (1 - limit).",
    )


def _apart(designs: Sequence[Evaluation], bounds: Sequence[Bound]) -> list[Bound]:
    """Return at most five bounds whose slacks are told apart, in the same order for each of some designs."""
    slack = {b.path: [b.slack(one.metric(b.metric)) for one in designs] for b in bounds}
    kept: list[Bound] = []
    for one in bounds:
        gaps = [[a - b for a, b in zip(slack[one.path], slack[other.path], strict=True)] for other in kept]
        clearly = all(min(gap) > ROOM or max(gap) < -ROOM for gap in gaps)
        if clearly and len(kept) < MOST_ORDERED:
            kept.append(one)
    return kept


def cheapest_to_relax(world: World, rng: random.Random) -> Question | None:
    """Ask which bound, loosened by a fifth, saves most."""
    bounds = some(_own_bounds(world), rng)
    saved = _saved(world, bounds)
    if saved is None:
        return None
    ranked = list(saved)
    as_good = [name for name in ranked[1:] if not clear(saved[ranked[0]], saved[name]) and saved[name] > 0]
    bound = bounds[[words.bound(b) for b in bounds].index(ranked[0])]
    return Question(
        "cheapest_to_relax",
        "trade_offs",
        "adapt",
        f"{words.best(world.best)}\nIt does this:\n"
        f"{state(world, bounds)}\nOne of these requirements may be loosened by {words.percent(LOOSER)} of its limit "
        f"(an availability by {words.percent(LOOSER)} of its error budget, a count by one), and the best design is "
        "looked for again. Which saves most?",
        Choice(tuple(words.bound(b) for b in bounds)),
        ranked[0],
        tuple(f"{name}: saves {words.cents(max(0.0, saved[name]))} USD/month" for name in ranked),
        words.what_if({bound.path: _looser(bound)}),
        "Only a requirement that keeps a cheaper design out can save anything.",
        frozenset(as_good),
    )


def _saved(world: World, bounds: Sequence[Bound]) -> dict[str, float] | None:
    """Return what each bound saves when it is loosened, USD/month, the most first; None where that is hardly anything.

    Also where there are fewer than two bounds, or cost is not what is minimised.
    """
    found = {words.bound(b): world.at(b, _looser(b)) for b in bounds}
    best = {name: one.best for name, one in found.items() if one.best is not None and one.status is Status.OPTIMAL}
    if len(bounds) < 2 or len(best) < len(bounds) or not minimises_cost(world):
        return None
    saved = {name: world.cost - one.cost_usd_per_month for name, one in best.items()}
    ranked = sorted(saved, key=lambda name: -saved[name])
    return {name: saved[name] for name in ranked} if saved[ranked[0]] >= SAME * world.cost else None


def _saves_most(moved: World, question: Question) -> bool:
    """Return whether the bound that a question is about, or one that is as right, saves most in a moved world too.

    How much it saves at the least is shown by a design: the best one with it loosened in the world of before, kept as
    it is. That no other one saves as much is proved where nothing as cheap is let in by it. Where that proves nothing,
    the optima decide.
    """
    before = moved.origin
    assert before is not None, "the world was moved from another one"
    bounds = [b for b in _own_bounds(moved) if words.bound(b) in options(question.form)]
    right = {str(question.truth), *question.also}
    one = next(b for b in bounds if words.bound(b) == question.truth)
    kept = carried(moved, before.at(one, _looser(one)), one, _looser(one)) or moved.at(one, _looser(one)).best
    cost = math.inf if kept is None else kept.cost_usd_per_month
    others = [b for b in bounds if words.bound(b) not in right]
    if cost <= (1 - SAME) * moved.cost and all(none(moved.within(cost, b, _looser(b))) for b in others):
        return True
    saved = _saved(moved, bounds)
    return saved is not None and next(iter(saved)) in right


def _looser(bound: Bound) -> float:
    """Return a bound's limit, loosened by a fifth; of counts by one."""
    return _moved(bound, LOOSER)


def _moved(bound: Bound, share: float) -> float:
    """Return a limit loosened by a share (tightened by a negative one)."""
    if is_count(bound.metric):
        return bound.limit + (1 if share > 0 else -1)
    if bound.metric.endswith(".availability"):
        return round(1 - (1 - bound.limit) * (1 + share), 12)
    return float(f"{bound.limit * (1 + share if bound.upper else 1 - share):.12g}")


def price_of_p95(world: World, rng: random.Random) -> Question | None:
    """Ask what it costs to have a percentile 30 % shorter: in USD, or as a band, where it may be impossible too."""
    times = [b for b in world.scenario.bounds if split_percentile(b.metric) and b.upper and _is_felt(world, b)]
    if not times or not minimises_cost(world):
        return None
    bound, in_usd = rng.choice(times), rng.random() < IN_USD
    found = world.at(bound, _moved(bound, -TIGHTER))
    extra = found.best.cost_usd_per_month - world.cost if found.best else 0.0
    price = band_of(extra / world.cost) if found.best else IMPOSSIBLE
    in_usd = in_usd and extra > SAME * world.cost
    if found.status is Status.STOPPED or (price is None and not in_usd):
        return None
    after, asked = found.best or world.best, ", in USD a month" if in_usd else ""
    changed = [role for role, c in after.design.items() if c.id != world.best.design[role].id]
    budget = " (the budget included)" if any(b.metric == COST for b in world.scenario.bounds) else ""
    return Question(
        "price_of_p95",
        "trade_offs",
        "adapt",
        f"The best design costs {words.money(world.cost)} and has {words.metric(bound.metric, _now(world, bound))} of "
        f"{words.label(bound.metric)}:\n{words.design(world.best)}\nIts limit of "
        f"{words.metric(bound.metric, bound.limit)} becomes {words.metric(bound.metric, _moved(bound, -TIGHTER))}, "
        f"everything else{budget} stays. By how much does the cost of the best design rise{asked}?",
        Number("USD/month", f"price of {words.label(bound.metric)} - 30 %") if in_usd else Choice(PRICES),
        extra if in_usd else str(price),
        (
            f"best design then: {cost_of(found)}; today: {words.cents(world.cost)} USD/month",
            *(f"{r}: {words.candidate(world.best.design[r])} -> {words.candidate(after.design[r])}" for r in changed),
        ),
        words.what_if({bound.path: _moved(bound, -TIGHTER)}),
        "Look for the stage that can be made faster, and for what is cheaper elsewhere to pay for it.",
    )


def _is_felt(world: World, bound: Bound) -> bool:
    """Return whether the design misses a bound once it is tightened; else the answer stands in the question."""
    return _now(world, bound) > _moved(bound, -TIGHTER)


def _now(world: World, bound: Bound) -> float:
    return world.best.metric(bound.metric)


KINDS = (
    Kind(
        "binding_constraint",
        "binding constraints",
        "requirements",
        "defend",
        binding_constraint,
        "optimum",
        _bind_alike,
    ),
    Kind("order_by_slack", "order of constraints by slack", "requirements", "defend", order_by_slack, "figures"),
    Kind(
        "cheapest_to_relax",
        "cheapest constraint to relax",
        "trade_offs",
        "adapt",
        cheapest_to_relax,
        "optimum",
        _saves_most,
    ),
    Kind("price_of_p95", "price of a percentile 30 % shorter", "trade_offs", "adapt", price_of_p95, "optimum"),
)

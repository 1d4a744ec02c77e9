"""Half the budget: what it does, and which requirement, given up, makes it enough."""

from __future__ import annotations

import random

from advisor.optimizer.found import Found
from advisor.optimizer.solver import Status
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.kinds.constraints import carried, cost_of, none, some, state
from advisor.rehearsal.kinds.cost import minimises_cost
from advisor.rehearsal.question import Choice, Question, Several, options
from advisor.rehearsal.stability import CLEAR, clear
from advisor.rehearsal.world import World
from advisor.scenario.requirements import COST, Bound

STAYS, OTHER, NONE = "feasible, the same design stays", "feasible, with another design", "no design meets everything"


def budget_halved(world: World, rng: random.Random) -> Question | None:
    """Ask what half the budget does."""
    bound = _budget(world)
    if bound is None or not clear(world.cost, bound.limit / 2):
        return None
    found = world.at(bound, bound.limit / 2)
    if found.status is Status.STOPPED:
        return None
    costs = "; ".join(f"{words.role(r)} {words.short(c.cost_usd_per_month, 3)}" for r, c in world.best.design.items())
    return Question(
        "budget_halved",
        "adaptability",
        "adapt",
        f"The best design ({words.goal(world.scenario)}), with the cost of each role in USD a month: {costs}. "
        f"The budget of {words.money(bound.limit)} is halved, everything else stays required. What then?",
        Choice((STAYS, OTHER, NONE)),
        _outcome(world, found),
        (
            f"the design costs {words.cents(world.cost)} USD/month; half the budget is {words.cents(bound.limit / 2)}",
            f"best design then: {cost_of(found)}",
        ),
        words.what_if({bound.path: bound.limit / 2}),
        "Where cost is what is minimised, no design that meets the rest is cheaper than the best one.",
    )


def _budget(world: World) -> Bound | None:
    return next((b for b in world.scenario.bounds if b.metric == COST), None)


def _outcome(world: World, found: Found) -> str:
    if found.best is None:
        return NONE
    kept = all(c.id == world.best.design[role].id for role, c in found.best.design.items())
    return STAYS if kept else OTHER


def budget_halved_way(world: World, rng: random.Random) -> Question | None:
    """Ask which single requirement, given up, makes half the budget enough."""
    budget = _budget(world)
    others = some([b for b in world.scenario.bounds if b is not budget], rng)
    if budget is None or len(others) < 2 or not minimises_cost(world) or world.cost <= budget.limit / 2:
        return None
    target, found = budget.limit / 2, dict[str, Found]()
    for one in others:
        found[words.bound(one)] = without = world.without(one)
        if without.best is None or not clear(without.best.cost_usd_per_month, target):
            return None  # the others need not be solved
    enough = [name for name, one in found.items() if one.best and one.best.cost_usd_per_month <= target]
    path = next((b.path for b in others if words.bound(b) in enough), others[0].path)
    return Question(
        "budget_halved_way",
        "adaptability",
        "adapt",
        f"{words.best(world.best)}\nIt does this:\n"
        f"{state(world, others)}\nHalf the budget, {words.money(target)}, is too little for any design that meets "
        "everything. Which of these, given up alone, make it enough?",
        Several(tuple(words.bound(b) for b in others)),
        frozenset(enough),
        tuple(f"without {name}: {cost_of(one)}" for name, one in found.items()),
        words.what_if({budget.path: target, path: None}),
        "Ask of each what it forces you to buy, and whether that is half the bill.",
    )


def _enough_alike(moved: World, question: Question) -> bool:
    """Return whether the same requirements, given up alone, make half the budget enough in a moved world, as clearly.

    That one does is shown by a design: the best one without it in the world of before, kept as it is. Else it is
    decided by whether anything is let in that costs so little; no optimum is needed for that.
    """
    before, budget = moved.origin, _budget(moved)
    assert before is not None, "the world was moved from another one"
    assert budget is not None, "there was one before"
    target = budget.limit / 2
    if moved.cost <= target:
        return False
    for one in (b for b in moved.scenario.bounds if words.bound(b) in options(question.form)):
        if words.bound(one) not in question.truth:  # type: ignore[operator]
            if not none(moved.within(target * CLEAR, one)):
                return False
            continue
        kept = carried(moved, before.without(one), one)
        enough = kept is not None and kept.cost_usd_per_month <= target / CLEAR
        if not enough and moved.within(target / CLEAR, one).status is not Status.OPTIMAL:
            return False
    return True


KINDS = (
    Kind("budget_halved", "half the budget", "adaptability", "adapt", budget_halved, "optimum"),
    Kind(
        "budget_halved_way",
        "way out of half the budget",
        "adaptability",
        "adapt",
        budget_halved_way,
        "optimum",
        _enough_alike,
    ),
)

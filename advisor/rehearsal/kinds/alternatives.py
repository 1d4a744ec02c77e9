"""What was not chosen: which of two designs is dominated, and the regret of a forced choice."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import islice

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.kinds.violations import TRIES, figures, swaps
from advisor.rehearsal.question import Choice, Number, Question
from advisor.rehearsal.stability import SHARE
from advisor.rehearsal.world import World
from advisor.scenario.requirements import COST, OPERATIONS, metric_direction

CHANGED = 2  # roles in which the two designs differ
APART = 0.005  # metrics closer than this, relative (of the downtime for an availability), count as equal
A, B, NEITHER = "A is dominated", "B is dominated", "neither is dominated"
SAME = 0.01


def dominated(world: World, rng: random.Random) -> Question | None:
    """Ask which of two designs is no better in anything and worse in something."""
    rivals = _rivals(world)
    if len(rivals) < CHANGED:
        return None
    for _ in range(TRIES):
        roles = rng.sample(sorted(rivals), CHANGED)
        changes = {role: rng.choice(rivals[role]) for role in roles}
        other = world.judged(changes)
        truth = None if other.consistent else _verdict(world, world.best, other)
        if truth is not None and _clearly(world, other, truth):
            return _dominated(world, changes, other, truth)
    return None


def _rivals(world: World) -> dict[str, list[Candidate]]:
    """Return role -> what could stand there instead, one candidate of each other component, plain ones only."""
    found: dict[str, list[Candidate]] = {}
    for role, one in world.best.design.items():
        rest = [c for c in world.answer.search.pool.get(role, ()) if not (c.parts or c.is_none or c.shared)]
        fitting = [c for c in rest if c.behind == one.behind and c.component_id != one.component_id]
        first = {c.component_id: c for c in reversed(fitting)}
        if first and not one.is_none and not one.shared:
            found[role] = [first[name] for name in sorted(first)]
    return found


def _dominated(world: World, changes: Mapping[str, Candidate], other: Evaluation, truth: str) -> Question:
    sides = [(words.role(r), figures(world.best.design[r]), figures(c)) for r, c in changes.items()]
    lines = "\n".join(f"- {role}: A has {a}; B has {b}" for role, a, b in sides)
    metrics = ", ".join(words.label(name) for name in _metrics(world))
    return Question(
        "dominated",
        "trade_offs",
        "defend",
        f"Two designs differ in these roles and in nothing else:\n{lines}\nA does this: {_told(world.best)}.\n"
        f"Compare {metrics}; differences below {words.percent(APART)} count for nothing. Is one of the two "
        "dominated, that is, better in none of them and worse in some?",
        Choice((A, B, NEITHER)),
        truth,
        (f"A: {_told(world.best)}", f"B: {_told(other)}"),
        words.command("candidates", words.SCENARIO, "--role", next(iter(changes))),
        "One metric in which each is better is enough for neither to be dominated.",
    )


def _metrics(world: World) -> list[str]:
    """Return what the scenario asks about: its goals and its bounds; people's hours are part of the cost."""
    goals = [term.metric for goal in world.scenario.objective for term in goal.terms]
    named = dict.fromkeys([COST, *goals, *(b.metric for b in world.scenario.bounds)])
    return [name for name in named if name != OPERATIONS]


def _told(design: Evaluation) -> str:
    names = [COST, *(b.metric for b in design.scenario.bounds if b.metric not in (COST, OPERATIONS))]
    return ", ".join(f"{words.label(name)} {words.metric(name, design.metric(name))}" for name in names)


def _clearly(world: World, other: Evaluation, truth: str) -> bool:
    """Return whether the verdict is the same with 10 % more or less load."""
    for factor in (1 - SHARE, 1 + SHARE):
        changes = world.grown(factor)
        a, b = world.kept(changes), world.with_design(other).kept(changes)
        if a is None or b is None or _verdict(world, a.best, b.best) != truth:
            return False
    return True


def _verdict(world: World, one: Evaluation, other: Evaluation) -> str | None:
    """Return which design is dominated; None where a difference is too small to be sure that it is one."""
    ahead = {sign for name in _metrics(world) if (sign := _ahead(world, name, one, other)) != 0}
    if None in ahead or not ahead:
        return None
    return NEITHER if len(ahead) == 2 else B if ahead == {1} else A


def _ahead(world: World, metric: str, one: Evaluation, other: Evaluation) -> int | None:
    """Return 1 where the first is better in a metric, -1 where the other is, 0 for equal, None for hard to say."""
    lower = metric_direction(world.scenario.blueprint, metric)
    a, b = one.metric(metric), other.metric(metric)
    if metric.endswith(".availability"):
        a, b, lower = 1 - a, 1 - b, True
    far = abs(a - b) / max(abs(a), abs(b), 1e-12)
    if far < APART / 5:
        return 0
    if far < 4 * APART:
        return None
    return 1 if (a < b) == bool(lower) else -1


def forced_regret(world: World, rng: random.Random) -> Question | None:
    """Ask what it costs when somebody insists on a component."""
    for one in islice(swaps(world, rng, ("swap", "breaks")), TRIES):
        role = one.role
        found = world.forced(role, one.component_id)
        extra = found.extra_usd_per_month or 0.0
        if found.kind == "possible" and found.evaluation and found.proved and extra > SAME * world.cost:
            return _forced(world, role, found.evaluation, extra)
    return None


def _forced(world: World, role: str, then: Evaluation, extra: float) -> Question:
    one, new = world.best.design[role], then.design[role]
    changed = [r for r, c in then.design.items() if c.id != world.best.design[r].id]
    return Question(
        "forced_regret",
        "trade_offs",
        "defend",
        f"{words.best(world.best)}\nSomebody insists on {new.name} in {words.role(role)}. The one that is there: "
        f"{figures(one)}. The one that would be there: {figures(new)}. The other roles are chosen again so that "
        "everything required holds. By how much does the cost rise, in USD a month?",
        Number("USD/month", f"regret of {new.name}"),
        extra,
        (
            f"best design with it: {words.cents(then.cost_usd_per_month)} USD/month, {words.cents(extra)} more",
            *(f"{r}: {words.candidate(world.best.design[r])} -> {words.candidate(then.design[r])}" for r in changed),
        ),
        words.command("why-not", words.SCENARIO, new.component_id, "--role", role),
        "Start from the difference of the two; then ask whether another role has to make up for it.",
    )


KINDS = (
    Kind("dominated", "which of two designs is dominated", "trade_offs", "defend", dominated, "figures"),
    Kind("forced_regret", "regret of a forced choice", "trade_offs", "defend", forced_regret, "optimum"),
)

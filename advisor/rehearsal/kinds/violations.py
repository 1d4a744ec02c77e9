"""Requirements that a design breaks once one of its roles is filled by something else."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from itertools import islice

from advisor.analysis.reasons import Reason
from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.kinds.constraints import state
from advisor.rehearsal.question import Question, Several
from advisor.rehearsal.stability import SHARE, clear, steady
from advisor.rehearsal.world import World
from advisor.scenario.requirements import Bound

TRIES = 6


def swaps(world: World, rng: random.Random, ends: Collection[str]) -> Iterator[Reason]:
    """Yield what putting another component in one role of the design does, in a steady order.

    Roles are looked into as they are met, which is a few of them until somebody has seen enough.

    Args:
        ends: only what ends so, see :class:`~advisor.analysis.reasons.Reason`.
    """
    every = {(role, c.component_id) for role in world.best.design for c in world.table.candidates[role]}
    for role, name in steady(rng, every):
        found = next((one for one in world.swaps(role) if one.component_id == name), None)
        if found is not None and found.kind in ends and found.candidate is not None and not found.candidate.is_none:
            yield found


def violated_requirement(world: World, rng: random.Random) -> Question | None:
    """Ask which requirements a design with one role filled otherwise breaks."""
    bounds = world.scenario.bounds
    for one in islice(swaps(world, rng, ("breaks",)), TRIES if len(bounds) > 1 else 0):
        assert one.candidate is not None
        found = world.judged({one.role: one.candidate})
        broken = [b for b in bounds if not b.holds(found.metric(b.metric))]
        rules = [check for check in found.checks if not check.holds and not isinstance(check.requirement, Bound)]
        bad = bool(found.consistent or rules or not broken)
        if not bad and _beyond_doubt(world, found) and _clearly(world, found, broken):
            return _violated(world, one.role, one.candidate, found, broken)
    return None


def _violated(world: World, role: str, other: Candidate, found: Evaluation, broken: list[Bound]) -> Question:
    bounds = world.scenario.bounds
    return Question(
        "violated_requirement",
        "requirements",
        "defend",
        f"A design meets all of these:\n{state(world, bounds)}\nIn {words.role(role)}, "
        f"{figures(world.best.design[role])} is replaced by {figures(other)}. Nothing else changes. Which "
        "requirements are now violated?",
        Several(tuple(words.bound(b) for b in bounds)),
        frozenset(words.bound(b) for b in broken),
        tuple(f"{words.bound(b)}: now {words.metric(b.metric, found.metric(b.metric))}" for b in bounds),
        words.command("why", words.SCENARIO, role),
        "Compare the two in cost, time, availability and quality, and carry each difference to its limit.",
    )


def _beyond_doubt(world: World, other: Evaluation) -> bool:
    """Return whether each metric that gets worse does so by clearly more than the room that was left, or clearly less.

    Who adds up the differences by hand comes near, not to the last figure.
    """
    for bound in world.scenario.bounds:
        before, after = (one.metric(bound.metric) for one in (world.best, other))
        sign = 1 if bound.upper else -1
        worse, room = sign * (after - before), sign * (bound.limit - before)
        if worse > 0 and room > 0 and not clear(worse, room):
            return False
    return True


def _clearly(world: World, design: Evaluation, broken: list[Bound]) -> bool:
    """Return whether a design breaks the same bounds with 10 % more or less load."""
    same = True
    for factor in (1 - SHARE, 1 + SHARE):
        moved = world.with_design(design).kept(world.grown(factor))
        values = moved.best.metric if moved else design.metric
        same &= moved is not None and [b for b in world.scenario.bounds if not b.holds(values(b.metric))] == broken
    return same


def figures(one: Candidate) -> str:
    """Return a candidate with what counts in requirements: cost, availability, quality, median and p95 of its times."""
    times = [
        f"{operation} {words.short(whole.quantile(0.5), 3)} ms (p95 {words.short(whole.quantile(0.95), 3)} ms)"
        for operation, (_, whole) in one.latency.items()
    ]
    return (
        f"{words.candidate(one)} [{words.money(one.cost_usd_per_month)}, {words.short(one.operations_h_per_month)} h "
        f"of people, available {words.percent(one.availability, 6)}, quality factor {words.short(one.quality)}"
        f"{''.join(f', {t}' for t in times)}; in {', '.join(sorted(one.clouds)) or 'no cloud of ours'}]"
    )


KINDS = (
    Kind(
        "violated_requirement",
        "violated requirements",
        "requirements",
        "defend",
        violated_requirement,
        "figures",
        slow=True,
    ),
)

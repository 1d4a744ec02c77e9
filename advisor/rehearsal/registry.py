"""Every kind of question, and the questions that a solved scenario gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping

from advisor.rehearsal.kind import Brief, Kind
from advisor.rehearsal.kinds import (
    alternatives,
    budget,
    changes,
    constraints,
    cost,
    estimation,
    latency,
    reliability,
    unknowns,
    violations,
)
from advisor.rehearsal.question import Phase, Question
from advisor.rehearsal.stability import stable
from advisor.rehearsal.world import World

_GROUPS = (unknowns, estimation, cost, latency, reliability, constraints, budget, violations, changes, alternatives)
KINDS: Mapping[str, Kind] = {kind.name: kind for group in _GROUPS for kind in group.KINDS}


OPENING: Mapping[str, Callable[[Brief, random.Random], Question | None]] = {
    "peak_rate": estimation.peak_rate,
    "stored_data": estimation.stored_data,
}


TELLING = (  # kinds of which one tells what another asks: a session has one of each line
    {"monthly_cost", "largest_cost_driver", "cost_share"},
    {"binding_constraint", "cheapest_to_relax", "budget_halved_way"},
    {"budget_halved", "budget_halved_way"},
    {"model_withdrawn", "withdrawn_regret", "break_even_price"},
    {"loss_of_zone", "zone_within_target"},
    {"flips_at_10x", "cost_multiplier_10x"},
)


def told_by(kinds: Collection[str]) -> frozenset[str]:
    """Return the kinds that should not be asked about any more once some kinds were, these included.

    >>> sorted(told_by(["monthly_cost"]))
    ['cost_share', 'largest_cost_driver', 'monthly_cost']
    """
    return frozenset(kinds).union(*(line for line in TELLING if not line.isdisjoint(kinds)))


def questions(
    world: World, rng: random.Random, phase: Phase | None = None, kinds: Collection[str] | None = None
) -> Iterator[Question]:
    """Yield one question of every kind that makes sense in a world, in random order; stable ones only.

    Each is worked out when it is asked for: some kinds solve the scenario again.

    Args:
        rng: the same one gives the same questions.
        phase, kinds: these only.
    """
    wanted = [k for k in KINDS.values() if phase in (None, k.phase) and (kinds is None or k.name in kinds)]
    for kind in rng.sample(wanted, len(wanted)):
        found = question(world, kind, rng.getrandbits(32))
        if found is not None:
            yield found


def question(world: World, kind: Kind, seed: int, seen: Collection[str] = ()) -> Question | None:
    """Return the question of a kind that a seed gives, None where it makes no sense or is not stable.

    ``seen``: texts that are not wanted again, for which the check would be in vain.
    """
    if not world.feasible:
        return None
    found = kind.make(world, random.Random(seed))
    if found is None or found.text in seen:
        return None
    return found if stable(kind, world, seed, found) else None

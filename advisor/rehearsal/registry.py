"""Every kind of question, and the questions that a solved scenario gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping

from advisor.rehearsal.kind import Brief, Kind
from advisor.rehearsal.kinds import (
    alternatives,
    changes,
    constraints,
    cost,
    estimation,
    latency,
    reliability,
    unknowns,
)
from advisor.rehearsal.question import Phase, Question
from advisor.rehearsal.stability import stable
from advisor.rehearsal.world import World

_GROUPS = (unknowns, estimation, cost, latency, reliability, constraints, changes, alternatives)
KINDS: Mapping[str, Kind] = {kind.name: kind for group in _GROUPS for kind in group.KINDS}


OPENING: Mapping[str, Callable[[Brief, random.Random], Question | None]] = {
    "peak_rate": estimation.peak_rate,
    "stored_data": estimation.stored_data,
}


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


def question(world: World, kind: Kind, seed: int) -> Question | None:
    """Return the question of a kind that a seed gives, None where it makes no sense or is not stable."""
    if not world.feasible:
        return None
    found = kind.make(world, random.Random(seed))
    return found if found is not None and stable(kind, world, seed, found) else None

"""Which few bounds are enough to loosen: what is asked of many at once is what asking each set would say."""

from __future__ import annotations

import random
from collections.abc import Collection
from itertools import combinations

import pytest

from advisor.analysis.enough import Enough
from advisor.scenario.requirements import Bound


@pytest.mark.parametrize("seed", range(40))
def test_every_set_is_enough_if_some_design_needs_no_more(seed: int) -> None:
    """Whatever designs need loosened, each set gets the verdict that it has on its own, in any order of asking."""
    rng = random.Random(f"enough {seed}")
    bounds = [Bound(name, name, True, 1.0) for name in "abcdefg"]
    needs = [frozenset(rng.sample(bounds, rng.randint(1, 4))) for _ in range(rng.randint(0, 6))]

    def ask(some: Collection[Bound]) -> Collection[Bound] | None:
        fitting = [need for need in needs if need <= set(some)]
        return rng.choice(fitting) if fitting else None

    enough = Enough(bounds, ask)
    sets = [some for size in (1, 2, 3) for some in combinations(bounds, size)]
    rng.shuffle(sets)
    assert [enough(some) for some in sets] == [any(need <= set(some) for need in needs) for some in sets]


def test_one_question_rules_out_many_sets() -> None:
    """Where three bounds must be loosened together, a question for each of them settles all pairs of eight."""
    bounds = [Bound(name, name, True, 1.0) for name in "abcdefgh"]
    asked = []

    def ask(some: Collection[Bound]) -> Collection[Bound] | None:
        asked.append(some)
        return bounds[2:5] if set(bounds[2:5]) <= set(some) else None

    enough = Enough(bounds, ask)
    assert not any(enough(pair) for pair in combinations(bounds, 2))
    assert len(asked) == 4

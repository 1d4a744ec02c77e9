"""Which values are at least as good as which others, against comparing every pair."""

from __future__ import annotations

import random

import numpy as np
import pytest

from advisor.optimizer import thinning


@pytest.mark.parametrize("at_once", [2**22, 50, 1])
def test_better_values_are_those_of_every_pair_compared(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once or in pieces: each pair of which one is as good in all columns, of equal ones only the first."""
    monkeypatch.setattr(thinning, "AT_ONCE", at_once)
    rng, equals = random.Random(3), 0
    for _ in range(200):
        rows, columns = rng.randrange(20), rng.randrange(1, 5)
        values = [[float(rng.randrange(3)) for _ in range(columns)] for _ in range(rows)]
        better, worse = thinning._better(np.array(values).reshape(rows, columns))
        found = sorted(zip(better.tolist(), worse.tolist(), strict=True))
        wanted = [
            (one, other)
            for one in range(rows)
            for other in range(rows)
            if one != other
            and all(a <= b for a, b in zip(values[one], values[other], strict=True))
            and (values[one] != values[other] or one < other)
        ]
        assert found == wanted
        equals += len(values) - len(set(map(tuple, values)))
    assert equals > 100

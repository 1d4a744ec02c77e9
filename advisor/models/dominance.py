"""Which of two distributions is never slower: what lets an optimizer drop candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.models.composition import Series
from advisor.models.distribution import Distribution
from advisor.models.lognormal import Lognormal
from advisor.models.primitives import Wait

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

_FAR = 6.5  # standard deviations on each side within which lognormals must not cross: 4e-11 in each tail


def no_slower(a: Distribution, b: Distribution) -> bool:
    """Return True only if ``a`` is stochastically no slower than ``b``: P(a <= t) >= P(b <= t) for every t.

    A sufficient check, stage by stage: lognormals must not cross within +-6.5 standard deviations (4e-11 in each tail),
    waits must be rarer and shorter. False means "not shown", not "slower".

    >>> no_slower(Lognormal(1.0, 0.3), Lognormal(1.2, 0.3)), no_slower(Lognormal(1.0, 0.3), Lognormal(1.2, 0.1))
    (True, False)
    """
    rows = slowness([a, b])
    return bool((rows[0] <= rows[1]).all())


def slowness(times: Sequence[Distribution]) -> Array:
    """Return a row of numbers for each time: one is shown to be no slower than another where no number is larger.

    That is :func:`no_slower` for many times at once. A stage that a time does not have is smaller than any; a time that
    is no sum of lognormals and waits is only comparable with its equals.

    >>> rows = slowness([Lognormal(1.0, 0.3), Lognormal(1.2, 0.3), Lognormal(1.2, 0.1)])
    >>> [[bool((a <= b).all()) for b in rows] for a in rows]
    [[True, True, False], [False, True, False], [False, False, True]]
    """
    import numpy as np

    parts = [_parts(time) for time in times]
    known = [part for part in parts if part is not None]
    most = [max((len(part[kind]) for part in known), default=0) for kind in (0, 1)]
    names = {time: number for number, time in enumerate(dict.fromkeys(times), 1)}
    rows = []
    for time, part in zip(times, parts, strict=True):
        name = 0 if part else names[time]
        stages = part or ([], [])
        padded = (pair for kind in (0, 1) for pair in _padded(stages[kind], most[kind]))
        rows.append([name, -name, *(number for pair in padded for number in pair)])
    return np.array(rows, dtype=float).reshape(len(times), -1)


def _padded(stages: Sequence[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    return [*stages, *[(-math.inf, -math.inf)] * (count - len(stages))]


def _parts(d: Distribution) -> tuple[list[tuple[float, float]], list[tuple[float, float]]] | None:
    """Return two numbers for each lognormal and each wait of a series, larger ones for slower stages; None when it
    holds anything else."""
    lognormals, waits = [], []
    for stage in d.stages if isinstance(d, Series) else (d,):
        if isinstance(stage, Lognormal):
            lognormals.append((stage.mu - _FAR * stage.sigma, stage.mu + _FAR * stage.sigma))
        elif isinstance(stage, Wait):
            waits.append((stage.p_wait, -stage.rate))
        else:
            return None
    return lognormals, waits

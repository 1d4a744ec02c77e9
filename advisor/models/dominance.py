"""Which of two distributions is never slower: what lets an optimizer drop candidates."""

from __future__ import annotations

from advisor.models.composition import Series
from advisor.models.distribution import Distribution
from advisor.models.lognormal import Lognormal
from advisor.models.primitives import Wait


def no_slower(a: Distribution, b: Distribution) -> bool:
    """Return True only if ``a`` is stochastically no slower than ``b``: P(a <= t) >= P(b <= t) for every t.

    A sufficient check, stage by stage: lognormals must not cross within +-6.5 standard deviations (4e-11 in each tail),
    waits must be rarer and shorter. False means "not shown", not "slower".

    >>> no_slower(Lognormal(1.0, 0.3), Lognormal(1.2, 0.3)), no_slower(Lognormal(1.0, 0.3), Lognormal(1.2, 0.1))
    (True, False)
    """
    ours, theirs = _parts(a), _parts(b)
    if ours is None or theirs is None:
        return a == b
    lognormals, waits = ours
    others, other_waits = theirs
    if len(lognormals) > len(others) or len(waits) > len(other_waits):
        return False
    return all(_below(x, y) for x, y in zip(lognormals, others, strict=False)) and all(
        x.p_wait <= y.p_wait and x.rate >= y.rate for x, y in zip(waits, other_waits, strict=False)
    )


def _parts(d: Distribution) -> tuple[list[Lognormal], list[Wait]] | None:
    """Return the lognormals and waits of a series, None when it holds anything else."""
    stages = d.stages if isinstance(d, Series) else (d,)
    lognormals = [stage for stage in stages if isinstance(stage, Lognormal)]
    waits = [stage for stage in stages if isinstance(stage, Wait)]
    return (lognormals, waits) if len(lognormals) + len(waits) == len(stages) else None


def _below(a: Lognormal, b: Lognormal) -> bool:
    return all(a.mu + a.sigma * z <= b.mu + b.sigma * z for z in (-6.5, 6.5))

"""What it would be worth to know a number exactly before deciding.

Expected value of perfect information about one number (EVPPI): with losses L_d of the designs d one could build,

    EVPPI(x) = min_d E[L_d] - E[min_d E[L_d | x]]

The inner expectation is estimated by regression of the sampled losses on the number, which needs no samples of its own
(Strong, Oakley and Brennan, 2014, Estimating multiparameter partial expected value of perfect information from a
probabilistic sensitivity analysis sample: a nonparametric regression approach). The regression is piecewise linear in
the number's rank: a conditional mean does not change when its condition is replaced by an increasing function of it.

A minimum over fitted values is a little too low even for a number that matters to nothing. How much that makes is
measured with the same samples in random order. Of many numbers that matter to nothing some come out high, so a value is
called out only above what all of them together stay below with a probability of 95 % (Sidak's correction).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

SAMPLES_A_KNOT = 50
LEAST_KNOTS, MOST_KNOTS = 2, 12
LEAST_SHUFFLES, SHUFFLES_A_NUMBER = 200, 20
CHANCE = 0.95
ROUNDING = 1e-12  # of the losses: less is no value


@dataclass(frozen=True)
class Worth:
    """The value of knowing a number.

    Attributes:
        value: EVPPI, in the unit of the losses. chance: what the highest of the numbers would reach in 1 of 20 cases if
            none of them mattered.
    """

    value: float
    chance: float

    @property
    def shown(self) -> bool:
        """Whether the value is more than chance explains."""
        return self.value > self.chance


class Losses:
    """The losses of some designs in the samples, one column a design, ready to be asked about numbers.

    ``among``: how many numbers will be asked about.

    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 2001)                       # build nothing (loss 0), or what loses x
    >>> losses = Losses(np.column_stack([np.zeros(2001), x]))
    >>> round(losses.worth(x).value, 3), round(losses.everything, 3)        # E[max(0, -x)] = 1/4
    (0.25, 0.25)
    """

    def __init__(self, losses: Array, seed: int = 0, among: int = 1) -> None:
        import numpy as np

        self.losses = losses
        samples = len(losses)
        self.best = float(losses.mean(axis=0).min())
        self._size = float(np.abs(losses).max())
        self.basis = np.linalg.qr(hats(samples))[0]
        self.chance = self._by_chance(seed, max(among, 1))

    @property
    def everything(self) -> float:
        """What it would be worth to know all numbers (EVPI)."""
        return self.best - float(self.losses.min(axis=1).mean())

    def worth(self, numbers: Array) -> Worth:
        """Return what it would be worth to know a number whose samples are given: at most what everything is worth.

        A regression that fits badly, where a loss jumps in few of the samples, may come out above that.
        """
        import numpy as np

        rank = np.empty(len(numbers), dtype=np.intp)
        rank[np.argsort(numbers, kind="stable")] = np.arange(len(numbers))
        return Worth(min(self._value(rank), self.everything), self.chance)

    def _value(self, rank: Any) -> float:
        basis = self.basis[rank]
        fitted = basis @ (basis.T @ self.losses)
        value = self.best - float(fitted.min(axis=1).mean())
        return value if value > ROUNDING * self._size else 0.0

    def _by_chance(self, seed: int, among: int) -> float:
        import numpy as np

        rng = np.random.Generator(np.random.PCG64(seed))
        shuffles = max(LEAST_SHUFFLES, SHUFFLES_A_NUMBER * among)
        found = [self._value(rng.permutation(len(self.losses))) for _ in range(shuffles)]
        return float(np.quantile(found, CHANCE ** (1 / among)))


def hats(samples: int) -> Array:
    """Return a basis of the functions of the rank that are linear between even knots: rows are ranks.

    >>> hats(5)[:, 0].tolist()
    [1.0, 0.5, 0.0, 0.0, 0.0]
    """
    import numpy as np

    knots = min(max(samples // SAMPLES_A_KNOT, LEAST_KNOTS), MOST_KNOTS)
    at = np.linspace(0.0, knots, samples)
    found: Array = np.maximum(0.0, 1 - np.abs(at[:, None] - np.arange(knots + 1)[None, :]))
    return found


def doubt(holds: Any) -> Array:
    """Return the losses of trusting a design and of not trusting it: 1 where the choice is wrong, else 0.

    Their value of information is the share of the cases in which knowing a number would correct the choice.

    >>> import numpy as np
    >>> doubt(np.array([True, False])).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    import numpy as np

    known = np.asarray(holds, dtype=bool)
    return np.column_stack([~known, known]).astype(float)

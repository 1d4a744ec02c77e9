"""Growth: the same scenario at more volume: what flips at which factor, what it costs, and when a design breaks.

The factors that are asked for are solved first, and more between them, so that two neighbours are never far apart. The
design of today is there to beat at each. Then flips are looked for between each two neighbours. Neither hangs on what
others find, so it is done in as many processes as there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.analysis.answers import Progress, silent
from advisor.analysis.flips import Between, Flip
from advisor.analysis.headroom import Breaks, headroom
from advisor.analysis.parallel import mapped
from advisor.analysis.volumes import Volume, Volumes, spaced
from advisor.candidates.unswept import unswept
from advisor.optimizer.solver import Status

STRIDE = 2.0  # two looks that follow each other are at most this far apart, as a factor


@dataclass(frozen=True)
class Growth:
    """What growth does.

    Attributes:
        of: parameter -> value at factor 1.
        volumes: the optimum at each factor.
        flips: in the order of the factors.
        headroom: what breaks in the design of factor 1 left as it is, the first first; () without a design.
        solves: how often everything was solved.
    """

    of: Mapping[str, float]
    volumes: tuple[Volume, ...]
    flips: tuple[Flip, ...]
    headroom: tuple[Breaks, ...]
    solves: int

    @property
    def base(self) -> Volume:
        """The scenario as it is."""
        return next(one for one in self.volumes if one.factor == 1)

    @property
    def proved(self) -> bool:
        """Whether nothing was left open by a time limit."""
        return all(v.status is not Status.STOPPED for v in self.volumes) and all(f.proved for f in self.flips)


def growth(volumes: Volumes, factors: Sequence[float], progress: Progress = silent, *, jobs: int = 1) -> Growth:
    """Return what happens at some factors and in between; 1 is always among them.

    Args:
        jobs: processes to work in; the result is the same for any number.

    >>> import advisor
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"))
    >>> found = growth(Volumes(scenario, advisor.load_catalog(), None, {"requests_per_month": 3e6}), [1])
    >>> [volume.factor for volume in found.volumes], found.flips
    ([1.0], ())
    """
    with unswept():
        return _grown(volumes, sorted({1.0, *map(float, factors)}), progress, jobs)


@dataclass(frozen=True)
class _Look:
    """Solves at a factor, given what is best today; can be done in another process."""

    volumes: Volumes
    base: Volume

    def __call__(self, factor: float) -> Volume:
        return self.volumes.apart([self.base]).at(factor)


def _grown(volumes: Volumes, wanted: Sequence[float], progress: Progress, jobs: int) -> Growth:
    every = [factor for low, high in pairwise(wanted) for factor in spaced(low, high, STRIDE)] + [wanted[-1]]
    others = [factor for factor in every if factor != 1]
    shared, total = (volumes.catalog, volumes.scenario), 2 * len(others)
    base = volumes.at(1.0)
    look = _Look(volumes, base)
    found = mapped(look, others, jobs, lambda done: progress(done, total, "at more volume"), shared)
    at = {1.0: base, **dict(zip(others, found, strict=True))}
    between, stays = Between(volumes, tuple(at[factor] for factor in every)), _Stays(volumes, base)
    gaps = range(len(others))
    flips = mapped(
        between, gaps, jobs, lambda done: progress(len(others) + done, total, "where something flips"), shared, stays
    )
    grid = tuple(at[factor] for factor in wanted)
    solves = len(every) + sum(count for _, count in flips)
    return Growth(volumes.of, grid, tuple(flip for some, _ in flips for flip in some), stays.found, solves)


@dataclass
class _Stays:
    """Follows today's design as it is, beside the rest, where it meets the scenario."""

    volumes: Volumes
    base: Volume
    found: tuple[Breaks, ...] = ()

    def __call__(self) -> None:
        if self.base.evaluation is not None and not self.base.lifted:
            self.found = tuple(headroom(self.volumes, self.base.evaluation))

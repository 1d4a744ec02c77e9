"""The whole front of a sum and other sums or percentiles in one search, instead of one optimum after the other.

Labels are extended as for one optimum (:mod:`advisor.optimizer.labels`), but what is to beat is not one value: it is
the staircase of the points known so far (:mod:`advisor.optimizer.stairs`). The beginning of a design is dropped when it
leads into none of the corners (:mod:`advisor.optimizer.front_labels`). What calls between clouds cost and take is in
the constants of copies (:mod:`advisor.optimizer.linked`); where the others are is settled before, case by case.

Corners with alike times are worked off together, on a lattice that ends with them: between points that lie close, a
cell of a longer one would hide many. Every finished design that may lie in a corner goes to the judge, so points are
exact, and when the search ends nothing is left in any corner. Where a point takes the place of one that was a hair
better in some loss, what that one alone had closed is worked off again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.evaluation.evaluate import flow_time, judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.cases import Cases
from advisor.optimizer.front_case import CaseFront
from advisor.optimizer.front_losses import Losses, Time, losses_of
from advisor.optimizer.front_repeats import without_repeats
from advisor.optimizer.front_starts import start
from advisor.optimizer.front_union import united
from advisor.optimizer.goal import linear_goal
from advisor.optimizer.prices import priced
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.question import MOST_CASES, Question
from advisor.optimizer.run import Run
from advisor.optimizer.search import Search
from advisor.optimizer.situations import Situation
from advisor.optimizer.stairs import Stairs, fitting
from advisor.optimizer.thinning import thinned
from advisor.scenario.requirements import Bound, split_percentile

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

MOST_LABELS = 400_000  # for all cases; then one optimum after the other is tried
BAND = 1.5  # times that share a lattice: the latest over the earliest
ALIKE = 0.01  # of the least goal: cases that differ by no more are searched together
FEWEST = 24  # corners for which a lattice of their own is worth it


def front_within(
    search: Search,
    bounds: Sequence[Bound],
    stairs: Stairs[Evaluation],
    deadline: float = math.inf,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Add to a staircase what is missing of the front of a search's goal and some metrics.

    Args:
        search: its only goal is the first loss, a sum; it holds ``bounds``.
        bounds: for each other loss, a sum or a percentile, what it may be at all.
        stairs: points that are known.
        deadline: on the monotonic clock. progress: called for each point found.

    Raises:
        TooHardError: roles are coupled in too many ways, there are too many labels, or the deadline passed.
    """
    if search.empty_roles:
        return
    left, asked, again = MOST_LABELS, Band(), True
    while again:
        reopened: list[Array] = []
        for band in _bands(bounds, stairs, asked):
            own = [replace(one, limit=band.latest) if n == band.place else one for n, one in enumerate(bounds, 1)]
            inside = search.under([*(one for one in search.requirements if one not in bounds), *own])
            stairs.reopened.clear()
            fronts = _fronts(inside, own, band, stairs, deadline, progress)
            reopened += band.worked_off(stairs.reopened, begun=False)
            stairs.reopened.clear()
            for one in sorted(fronts, key=lambda front: front.least):
                left -= one.search(deadline, left)
            reopened += band.worked_off(stairs.reopened, begun=True)
        asked, again = Band(among=tuple(reopened)), bool(reopened)


@dataclass(frozen=True)
class Band:
    """Corners whose first percentile is alike: on a lattice that ends there, points lie as close as they have to.

    ``place`` of the percentile among the losses, 0 where there is none. A time is above ``above``, up to ``latest``.
    ``among``: only corners that lie in one of these; none for all.
    """

    place: int = 0
    above: float = -math.inf
    latest: float = math.inf
    among: tuple[Array, ...] = ()

    def of(self, corners: Array) -> Array:
        """Return those of some corners that are in the band."""
        import numpy as np

        times = corners[:, self.place]
        found: Array = corners[(times > self.above) & (times <= self.latest)] if self.place else corners
        return found[fitting(found, np.array(self.among))] if self.among else found

    def worked_off(self, corners: Sequence[Array], *, begun: bool) -> list[Array]:
        """Return those of some corners in which designs have been left out: slower bands come first, so in those, and
        once this one is begun in it too."""
        return [corner for corner in corners if corner[self.place] > (self.above if begun else self.latest)]


def _bands(bounds: Sequence[Bound], stairs: Stairs[Evaluation], asked: Band) -> Iterator[Band]:
    """Yield the bands of those corners of the staircase that are asked for, the slowest first.

    What is wanted when a band is done lies in a faster one: points only ever split corners into smaller ones, but for
    those that the staircase calls reopened.
    """
    place = next((number for number, bound in enumerate(bounds, 1) if split_percentile(bound.metric)), 0)
    if not place:
        if len(asked.of(stairs.corners)):
            yield asked
        return
    above = math.inf
    while len(left := replace(asked, place=place, latest=above).of(stairs.corners)):
        times = sorted(left[:, place].tolist(), reverse=True)
        latest = times[0]
        above = min(latest / BAND, times[min(FEWEST, len(times)) - 1]) if latest > 0 else -math.inf
        yield replace(asked, place=place, above=above, latest=latest)


def _fronts(
    search: Search,
    bounds: Sequence[Bound],
    band: Band,
    stairs: Stairs[Evaluation],
    deadline: float,
    progress: Callable[[], None],
) -> list[CaseFront]:
    """Offer good designs of all cases; return what alike ones add to a band. Raises :class:`TooHardError`."""
    if search.empty_roles:
        return []
    search = search.linked_unforced or search
    objective = linear_goal(search, search.table.scenario.objective[0])
    if objective is None:
        raise TooHardError
    question = Run(search, None, 0.0).question(objective, ())
    losses = losses_of(search, bounds, question)
    question = replace(question, situations=list(_settled(question)), few=MOST_CASES)
    offers = Offers(search, losses, band, stairs, progress)
    cases = without_repeats([thinned(case) for *_, case in Cases(question, lambda _: True).open_cases()])
    names = _names(question)

    def fronts(alike: float) -> list[CaseFront]:
        paid = [(union, priced(union.case)) for union in united(cases, names, alike)]
        return [CaseFront(union, prices, question, losses, offers) for union, prices in paid if prices is not None]

    if not band.among:
        start(fronts(math.inf), deadline)
    return fronts(ALIKE)


def _names(question: Question) -> list[Indices]:
    """Return for each role a number for each candidate of its pool, the same for all copies of one."""
    import numpy as np

    found = []
    for pool in question.pool.values():
        numbers: dict[str, int] = {}
        found.append(np.array([numbers.setdefault((c.unlinked or c).id, len(numbers)) for c in pool], dtype=np.intp))
    return found


def _settled(question: Question) -> Iterator[Situation]:
    """Yield every situation with all that couples roles settled. Raises :class:`TooHardError` for too many."""
    pending, found = list(question.situations), 0
    while pending:
        situation = pending.pop(0)
        if situation.open:
            pending += _distinct(list(situation.split()))
        elif situation.possible:
            found += 1
            yield situation
        if found + len(pending) > MOST_CASES:
            raise TooHardError


def _distinct(ways: Sequence[Situation]) -> list[Situation]:
    """Return the ways of settling one thing without those that another one holds every design of."""
    kept: list[Situation] = []
    for way in ways:
        if not any(_within(way, other) for other in kept):
            kept = [other for other in kept if not _within(other, way)] + [way]
    return kept


def _within(one: Situation, other: Situation) -> bool:
    return all(bool((other.fits[role] | ~fits).all()) for role, fits in one.fits.items())


class Offers:
    """Takes designs into the staircase that the judge accepts."""

    def __init__(
        self,
        search: Search,
        losses: Losses,
        band: Band,
        stairs: Stairs[Evaluation],
        progress: Callable[[], None],
    ) -> None:
        self.search, self.losses, self.band, self.stairs, self.progress = search, losses, band, stairs, progress
        self._times: dict[tuple[int, tuple[int, ...]], float] = {}

    def __call__(self, design: Mapping[str, Candidate], sums: Sequence[float]) -> bool:
        """Take a design, of which the losses that are sums are known, if it is wanted and meets all bounds.

        Returns whether it was taken.
        """
        losses = list(sums)
        for place, time in self.losses.times:
            losses[place] = self.time(time, design)
        if not self.stairs.wants(losses) or self.search.consistent(design) is None:
            return False
        evaluation = judge(design, self.search.table.scenario, brief=True)
        if not self.search.holds(evaluation) or not self.stairs.add(self._read(evaluation), evaluation):
            return False
        self.progress()
        return True

    @property
    def corners(self) -> Array:
        """The corners of the staircase that are in the band."""
        return self.band.of(self.stairs.corners)

    def _read(self, evaluation: Evaluation) -> tuple[float, ...]:
        """Return the losses of a design as the judge has them."""
        found = [self.losses.goal.coefficient * evaluation.metric(self.losses.goal.metric)] * self.losses.count
        for place, row in self.losses.rows:
            found[place] = row.coefficient * evaluation.metric(row.metric)
        for place, time in self.losses.times:
            found[place] = evaluation.metric(time.metric)
        return tuple(found)

    def time(self, time: Time, design: Mapping[str, Candidate]) -> float:
        """Return a percentile as the judge reads it; designs with the same times are asked about once."""
        key = time.number, time.tail.times_of(design)
        if key not in self._times:
            whole = flow_time(time.flow, time.at, design, self.search.table.scenario)
            self._times[key] = whole.quantiles([time.level])[0] / time.unit_ms
        return self._times[key]

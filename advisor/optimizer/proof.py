"""The search of one case: a bound from prices, a guess, and the proof by labels."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.optimizer.case import Case, better_than
from advisor.optimizer.envelope import Chain, Envelope
from advisor.optimizer.incumbent import Exchange
from advisor.optimizer.labels import LabelSearch
from advisor.optimizer.prices import ROUNDING, priced, within
from advisor.optimizer.thinning import thinned

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Grid:
    """How finely one attempt looks, and when it gives up.

    Attributes:
        budgets: points of the grid of costs. cells: points of the lattice of times that are one.
        labels: to give up after.
    """

    budgets: int
    cells: int
    labels: int


GRIDS = (Grid(24, 4, 12_000), Grid(96, 1, 30_000), Grid(384, 1, 300_000))
QUICK = 8_000  # labels with envelopes to give up after where other cases are waiting
PLAIN = 5000  # labels without envelopes: where goal and limits leave few designs these take longer than they save
PATIENT = 20_000  # the same where coarse envelopes were not enough: to make finer ones takes as long
GUESSES = 2  # from quick starts
FEW = 1_000  # labels before a first guess
MARGINS = (0.0, 1e-4)  # in the chance, for guesses that the judge refuses


class TooHardError(Exception):
    """There are too many cases or labels; the program has to do it."""


class Incumbent:
    """The best design so far, over all cases.

    Attributes:
        to_beat: the value of the best design known from before. value: of the best one found here.
        ceiling: what a limit lets the goal be below.
    """

    def __init__(self, to_beat: float, ceiling: float = math.inf) -> None:
        self.to_beat, self.value, self.ceiling = to_beat, math.inf, ceiling
        self.found: tuple[Case, tuple[int, ...]] | None = None

    @property
    def known(self) -> bool:
        """Whether there is any design yet."""
        return min(self.to_beat, self.value) < math.inf

    @property
    def most(self) -> float:
        """What a goal must be below to be of interest."""
        return min(better_than(min(self.to_beat, self.value)), self.ceiling) if self.known else self.ceiling


class Proof:
    """The search of one case.

    Args:
        accepts: the judge's word on a design of the case.
        deadline: on the monotonic clock. floor: a bound of the goal that is known from before.
    """

    def __init__(
        self,
        case: Case,
        incumbent: Incumbent,
        accepts: Callable[[Case, Sequence[int]], bool],
        deadline: float,
        floor: float = -math.inf,
    ) -> None:
        self.case, self.incumbent, self.accepts, self.deadline = case, incumbent, accepts, deadline
        self.guesses = GUESSES  # that are left
        self._order: list[int] = []  # once a search has begun
        self._left: tuple[float, Case] | None = None  # what was promising when it was last asked, below which goal
        self._not_plain = (math.nan, 0)  # a goal to beat, and so many labels that were not enough
        self._too_coarse: tuple[float, int] | None = None  # the same, and the grid that was not enough for it
        self.prices = priced(case)
        self.bound = math.inf if self.prices is None else max(case.constant + self.prices.bound(case), floor)

    def guess(self, start: Sequence[int] | None = None) -> None:
        """Look for a good design, from a given one or from quick ones; from more of these when asked a second time."""
        import numpy as np

        assert self.prices is not None
        again = self.guesses < GUESSES
        if start is None and not self.guesses:
            return
        self.guesses -= start is None
        case = within(self.case, self.prices, self.incumbent.most) if start is None else self.case
        for margin in MARGINS if case.possible else ():
            exchange = Exchange(case, margin)
            found = (
                exchange.improved(np.array(start))
                if start
                else exchange.best_of(self.prices.costs(case)[0], again=again)
            )
            if found is None or self.offer(case, found):
                return

    def filled(self, start: Sequence[int | None]) -> list[int]:
        """Return a design in which what is missing is cheapest under the prices."""
        assert self.prices is not None
        costs, _ = self.prices.costs(self.case)
        return [int(c.argmin()) if j is None else j for c, j in zip(costs, start, strict=True)]

    def offer(self, case: Case, chosen: Sequence[int]) -> bool:
        """Take a design if it is better and the judge accepts it; return False only if the judge refuses it."""
        value = case.value(chosen)
        if value >= self.incumbent.most:
            return True
        if not self.accepts(case, chosen):
            return False
        self.incumbent.value, self.incumbent.found = value, (case, tuple(chosen))
        return True

    def run(self, *, any_design: bool = False, attempts: int = len(GRIDS), quick: bool = False) -> float:
        """Search for something better; return a bound of what is left open, infinite when nothing is.

        ``attempts``: that are made, on finer and finer grids. ``quick``: one, with few labels, instead.

        Raises:
            TooHardError: there are too many labels.
        """
        grids = [replace(GRIDS[0], labels=min(GRIDS[0].labels, QUICK))] if quick else GRIDS[:attempts]
        if math.isinf(self.incumbent.most):
            left = self._search(grids, first=True)
            if math.isfinite(left) or any_design or self.incumbent.found is None:
                return left
        return self._search(grids, first=any_design)

    def _search(self, grids: Sequence[Grid], *, first: bool) -> float:
        """Return a bound of what is left open; ``first``: stop at the first design."""
        if self._ends_plainly(PLAIN, first=first) or (
            self._guessed_better() and self._ends_plainly(PLAIN, first=first)
        ):
            return math.inf
        for grid in grids:
            if self._too_coarse == (self.incumbent.most, grid.budgets):
                continue
            left = self._attempt(grid, grids, first=first)
            if left is not None:
                return left
            self._too_coarse = self.incumbent.most, grid.budgets
            if grid.budgets == GRIDS[0].budgets:
                self.guess()
                if self._ends_plainly(PATIENT, first=first):
                    return math.inf
        raise TooHardError

    def _guessed_better(self) -> bool:
        """Make the first guess where it is known what the goal must be below; return whether that made it less."""
        most = self.incumbent.most
        if math.isfinite(most) and self.guesses == GUESSES:
            self.guess()
        return self.incumbent.most < most

    def _attempt(self, grid: Grid, grids: Sequence[Grid], *, first: bool) -> float | None:
        """Return a bound of what one attempt leaves open, None where it gave up; ``grids``: of this and all others."""
        most, case = self._promising()
        search = self._labels(case, most, grid) if case else None
        if search is None:
            return math.inf
        if not self.incumbent.known and self.guesses == GUESSES:
            if _ends_without_any(search):
                return math.inf
            self.guess()
            if self.incumbent.known:
                return math.inf if first else self._search(grids, first=first)
        if search.run(first=first):
            return math.inf
        if time.monotonic() > self.deadline:
            return min(max(self.bound, search.open_bound), most)
        return None

    def _promising(self) -> tuple[float, Case | None]:
        """Return what a goal must be below to be of interest, and what is left of the case then; None for nothing."""
        assert self.prices is not None
        most = self.incumbent.most
        if self._left is None or self._left[0] != most:
            self._left = most, thinned(within(self.case, self.prices, most))
        case = self._left[1]
        return most, None if self.bound >= most or not case.possible else case

    def _ends_plainly(self, labels: int, *, first: bool) -> bool:
        """Return whether few labels settle a case for which only goal and limits are looked at until designs are whole;
        what is found on the way counts in any case."""
        most, case = self._promising()
        if case is None or (most == self._not_plain[0] and labels <= self._not_plain[1]):
            return case is None
        assert self.prices is not None
        order = self._order = self._order or decided_order(case)
        costs, room = self.prices.costs(case)
        accepts = _Accepts(self, case)
        search = LabelSearch(case, order, (), case.tails, costs, room, accepts, most, self.deadline, labels)
        ended = search.run(first=first)
        self._not_plain = (math.nan, 0) if ended else (most, labels)
        return ended

    def _labels(self, case: Case, most: float, grid: Grid) -> LabelSearch | None:
        """Return the search, None when an envelope already shows that there is nothing."""
        assert self.prices is not None
        order = self._order = self._order or decided_order(case)
        chains = {number: Chain(case.tails[number], order, grid.cells) for number in self._missable(case)}
        if any(chain.hopeless for chain in chains.values()):
            return None
        envelopes = []
        for number, chain in chains.items():
            costs, room = self._room(case, most, number)
            if room < 0:
                return None
            above = [costs[role] - costs[role].min() for role in order]
            most_spent = sum(float(a.max()) for a in above) * (1 + ROUNDING)
            envelope = Envelope(chain, order, above, min(room, most_spent), grid.budgets)
            least = envelope.least()
            if least is None:
                return None
            self.bound = max(self.bound, most - room + least) if math.isfinite(most) else self.bound
            envelopes.append(envelope)
            if time.monotonic() > self.deadline:
                break
        costs, room = self.prices.costs(case)
        accepts = _Accepts(self, case)
        tails = [case.tails[number] for number in chains]
        return LabelSearch(case, order, envelopes, tails, costs, room, accepts, most, self.deadline, grid.labels)

    def _missable(self, case: Case) -> list[int]:
        """Return the tails that can be missed at all, in the order of how far the design that is cheapest under the
        prices misses them."""
        import numpy as np

        assert self.prices is not None
        cheapest = np.array([[int(c.argmin()) for c in self.prices.costs(case)[0]]])
        spare = [float(tail.of(cheapest)[0]) - tail.level for tail in case.tails]
        found = [n for n, tail in enumerate(case.tails) if spare[n] < 0 or not tail.always_holds()]
        return sorted(found, key=spare.__getitem__)

    def _room(self, case: Case, most: float, tail: int) -> tuple[list[Array], float]:
        """Return what candidates cost in a tail's envelope and how much all may cost above the cheapest.

        A goal below ``most`` and limits that hold add up, with the prices, to one budget; without a design to beat the
        limits alone do. The tail's own necessary conditions are left to the envelope.
        """
        assert self.prices is not None
        costs, room = self.prices.costs(case, tail)
        if math.isinf(most):
            costs = [c - goal for c, goal in zip(costs, case.goal, strict=True)]
            size = abs(room)
        else:
            room += most - case.constant
            size = max(abs(room), abs(most))
        room -= sum(float(c.min()) for c in costs)
        return costs, room + ROUNDING * size


def _ends_without_any(search: LabelSearch) -> bool:
    """Return whether few labels show that no design is in time, so that it is not worth while to guess one.

    The first that is would be the judge's to look at: there the attempt ends, and nothing is known from it.
    """

    def finished(_: Sequence[int]) -> bool:
        raise _FinishedError

    try:
        return replace(search, accepts=finished, most=FEW, _heap=[]).run()
    except _FinishedError:
        return False


class _FinishedError(Exception):
    """A design was finished in an attempt to show that there is none."""


class _Accepts:
    """The judge's word on a design, which also becomes the best."""

    def __init__(self, proof: Proof, case: Case) -> None:
        self.proof, self.case = proof, case

    def __call__(self, chosen: Sequence[int]) -> bool:
        return self.proof.offer(self.case, chosen)


def decided_order(case: Case) -> list[int]:
    """Return the roles in the order to decide them: past a cache, before it, then those without a time; widely
    spread times first, since what is decided is no longer rounded. Before all others those without a choice."""
    import numpy as np

    def rank(role: int) -> tuple[int, float, int]:
        if len(case.kept[role]) == 1:
            return -1, 0.0, role
        spread, section = 0.0, 2
        for tail in case.tails:
            for part, times in ((1, tail.before[role]), (0, tail.past[role])):
                if times is not None:
                    rising = np.sort(times.variances[tail.times_of(role)[0]])
                    middle = float(rising[(len(rising) - 1) // 2] + rising[len(rising) // 2]) / 2
                    spread = max(spread, middle)
                    section = min(section, part)
        return section, -spread, role

    return sorted(range(len(case.kept)), key=rank)

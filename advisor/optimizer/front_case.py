"""What some cases add to a front: their candidates as numbers, bounds of what these add up to, and finished designs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from advisor.candidates.candidate import Candidate
from advisor.models.latency import inverse
from advisor.optimizer.chances import Chances, levels
from advisor.optimizer.envelope import Chain, Envelope
from advisor.optimizer.front_bounds import Bounds
from advisor.optimizer.front_labels import Corners, FrontLabels, Span
from advisor.optimizer.front_losses import SLACK, Losses, Sum, Time
from advisor.optimizer.front_union import Union
from advisor.optimizer.labels import ROW_SLIP
from advisor.optimizer.prices import ROUNDING, Prices
from advisor.optimizer.proof import TooHardError, decided_order
from advisor.optimizer.question import Question
from advisor.optimizer.stairs import Stairs
from advisor.optimizer.tabled import POINTS
from advisor.optimizer.tails import MARGIN

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

BUDGETS = 128  # points of the grid of costs
ENOUGH = 12  # corners that tell what is within reach
SPAN = 4.0  # of the budgets of corners that are worked off together
ALIKE = 1e-3  # of the least goal: budgets up to this are not told apart
UNEVEN = MARGIN / 2  # masses that differ by more than this are no smooth distribution
NEAR = 3  # masses on both sides that are looked at


class Taking(Protocol):
    """Takes finished designs into a staircase."""

    stairs: Stairs[Any]

    @property
    def corners(self) -> Array:
        """The corners of the staircase that are looked at."""

    def time(self, time: Time, design: Mapping[str, Candidate]) -> float:
        """Return a percentile as the judge reads it."""

    def __call__(self, design: Mapping[str, Candidate], sums: Sequence[float]) -> bool:
        """Take a design if it is wanted and the judge accepts it; return whether it was taken."""


class CaseFront:
    """What cases that are put together add to the front.

    Attributes:
        union: the cases. case: the relaxation of all of them.
        prices: for each role what each candidate costs, the worth of the limits that it uses included.
        worth: what the prices make of the limits' room: no goal is below the sum of prices less this.
        own: the percentiles that are losses. held: those that are bounds and can be missed.
        least: what no design's goal is below.
    """

    def __init__(self, union: Union, prices: Prices, question: Question, losses: Losses, offers: Taking) -> None:
        self.union, self.case = union, union.case
        self.question, self.losses, self.offers = question, losses, offers
        case = union.case
        own = [time.number for _, time in losses.times]
        self.own = [case.tails[number] for number in own]
        self.held = [tail for n, tail in enumerate(case.tails) if n not in own and not tail.always_holds()]
        self.prices, self.worth = _without(prices, own, [row.column for _, row in losses.rows]).costs(case)
        self.least = case.constant + sum(float(price.min()) for price in self.prices) - self.worth

    # --- corners -----------------------------------------------------------------------------------------------------

    @cached_property
    def columns(self) -> list[int]:
        """The limits of the case that are losses."""
        return [row.column for _, row in self.losses.rows if row.column is not None]

    @property
    def open(self) -> bool:
        """Whether there may be a design in some corner, where enough of them are known to tell."""
        return len(self.offers.corners) < ENOUGH or len(self.open_corners().budgets) > 0

    @cached_property
    def bounds(self) -> Bounds:
        """What designs add up to at least."""
        return Bounds(self, self.offers.corners)

    def open_corners(self, span: Span = Span()) -> Corners:  # noqa: B008
        """Return the corners in which there may be a design, as far as sums say."""
        import numpy as np

        found = self.offers.corners
        rooms = self.bounds.rooms(found)
        found, rooms = found[possible := (self.bounds.least <= rooms).all(axis=1)], rooms[possible]
        goal = np.minimum(self.losses.goal.sums(found[:, 0]), self.bounds.most_goal)
        times = found[:, [place for place, _ in self.losses.times]]
        late = [self._cells(time, found[:, place]) for place, time in self.losses.times]
        cells = np.array(late).reshape(len(late), len(found)).T
        return span.of(Corners(rooms, goal - self.least, times, cells, np.isinf(found[:, 0])))

    def fixed(self, row: Sum) -> float:
        """Return what a sum has besides what the candidates add to it."""
        return row.room - float(self.case.room[row.column])

    @staticmethod
    def _cells(time: Time, latest: Array) -> Array:
        """Return up to where on the lattice what ends in time may come."""
        import numpy as np

        found: Array = np.minimum(latest / time.cell + SLACK, POINTS - 1.0)
        return found

    # --- search ------------------------------------------------------------------------------------------------------

    def search(self, deadline: float, most: int) -> int:
        """Offer every design that may be wanted; return how many labels it took. Raises :class:`TooHardError`.

        Where times are losses, corners in which any goal will do come first. As goals do not count there, of designs
        that are as good in all else only one is met, so it is looked again until nothing is found: then nothing is in
        such a corner at all. The others are worked off in groups of alike budgets, the largest first, so that the grid
        of costs is as fine as each needs it. What is still wanted when a group is done lies in a corner with less
        budget: points only ever split corners into smaller ones.
        """
        if not self.own:
            return self._searched(Span(), deadline, most)
        taken, seen = 0, None
        while seen is not self.offers.stairs.corners:
            seen = self.offers.stairs.corners
            taken += self._searched(Span(free=True), deadline, most - taken)
        largest = math.inf
        while len(budgets := self.open_corners(Span(most=largest, free=False)).budgets):
            least = float(budgets.max()) / SPAN
            span = Span(least if least > ALIKE * abs(self.least) else -math.inf, largest, free=False)
            taken += self._searched(span, deadline, most - taken)
            largest = span.above
        return taken

    def _searched(self, span: Span, deadline: float, most: int) -> int:
        """Offer every wanted design in the corners with a budget in some span; return how many labels it took."""
        order, corners = decided_order(self.case), self.open_corners(span)
        if not len(corners.budgets):
            return 0
        asked = self.own or self.held
        paid = [
            self._any(tail, order) if span.free else self._envelope(tail, order, corners, number)
            for number, tail in enumerate(asked)
        ]
        envelopes = [*paid, *(self._any(tail, order) for tail in (self.held if self.own else ()))]
        known = [envelope for envelope in envelopes if envelope is not None]
        if len(known) < len(envelopes):
            return 0
        labels = FrontLabels(self, order, known, len(paid), span, deadline, most)
        if not labels.run():
            raise TooHardError
        return labels.labels

    def _envelope(self, tail: Chances, order: Sequence[int], corners: Corners, number: int) -> Envelope | None:
        """Return what can be reached with each budget above the least goal; None where nothing is in time."""
        import numpy as np

        chain = Chain(tail, order)
        if chain.hopeless:
            return None
        budgets = corners.budgets
        if self.own:  # with some corners' time, not even what is fastest of all is in time
            reached = np.cumsum(inverse(chain.ahead[-1] * chain.start))
            budgets = budgets[reached[np.ceil(corners.cells[:, number]).astype(np.intp)] >= chain.chances.least]
        above = [self.prices[role] - self.prices[role].min() for role in order]
        most = sum(float(a.max()) for a in above) + self.union.most_above
        room = min(most, float(budgets.max(initial=-math.inf)))
        if room < 0:
            return None
        envelope = Envelope(chain, order, above, room * (1 + ROUNDING), BUDGETS)
        return None if envelope.hopeless else envelope

    def _any(self, tail: Chances, order: Sequence[int]) -> Envelope | None:
        """Return what can be reached at all; None where nothing is in time."""
        import numpy as np

        chain = Chain(tail, order)
        if chain.hopeless:
            return None
        envelope = Envelope(chain, order, [np.zeros(len(self.prices[role])) for role in order], 0.0, 1)
        return None if envelope.hopeless else envelope

    # --- finished designs --------------------------------------------------------------------------------------------

    @cached_property
    def needless(self) -> list[Mask]:
        """For each role which candidates (across) are no better in anything than which (down), themselves included."""
        import numpy as np

        found = []
        for role, goals in enumerate(self.union.goals):
            values = np.column_stack((goals, self.case.rows[role]))
            as_good: Any = (values[:, None] <= values).all(axis=2)
            for tail in (*self.own, *self.held):
                if tail.touches(role):
                    rows, (better, worse) = tail.rows[role], np.nonzero(as_good)
                    as_good[better, worse] = tail.order[role].pairs(rows[better], rows[worse])
            found.append(as_good)
        return found

    def kept(self, designs: Indices) -> Indices:
        """Return the designs of a case that meet all bounds, on the lattice and an error left on the safe side."""
        import numpy as np

        designs = designs[np.isfinite(self.union.totals(designs)[0])]
        slip = ROW_SLIP * np.maximum(np.abs(self.case.room), 1.0)
        designs = designs[(self.case.uses(designs) <= self.case.room + slip).all(axis=1)]
        for tail in self.held:
            designs = designs[tail.hold(designs)] if len(designs) else designs
        return designs

    def losses_at(self, designs: Indices, *, sure: bool = False, cells: int = 1) -> Array:
        """Return the losses of designs, times as fast as the lattice lets them be; ``sure``: as it has them.

        ``cells``: points of the lattice that are one.
        """
        import numpy as np

        found = np.empty((len(designs), self.losses.count))
        found[:, 0] = self.losses.goal.losses(self.union.totals(designs)[0])
        uses = self.case.uses(designs)
        for place, row in self.losses.rows:
            found[:, place] = row.losses(uses[:, row.column] + self.fixed(row))
        for (place, _), (times, slack) in zip(self.losses.times, self.times(designs, cells), strict=True):
            found[:, place] = times if sure else np.maximum(times - slack, 0.0)
        return found

    def finish(self, designs: Indices) -> None:
        """Offer finished designs, the best first, that are wanted if they are as fast as the lattice lets them be."""
        import numpy as np

        designs = self.kept(designs)
        if not len(designs):
            return
        losses = self.losses_at(designs)
        for j in np.lexsort(losses.T[::-1]):
            self.offer(designs[j], losses[j])

    def offer(self, design: Indices, losses: Array) -> None:
        """Offer a design that may have some losses, if it is then wanted."""
        if self.offers.stairs.wants(losses):
            self.offers(self._design(design), losses.tolist())

    def times(self, designs: Indices, cells: int = 1) -> list[tuple[Array, Array]]:
        """Return each percentile of designs as the lattice has it, and by how much it may be too large; equals once.

        ``cells``: points of the lattice that are one; with more than one, times are not quite right.
        """
        import numpy as np

        found = []
        for (_, time), exact in zip(self.losses.times, self.own, strict=True):
            tail, width = exact.coarser(cells, down=False), cells * time.cell
            timed = [role for role in range(len(self.case.goal)) if tail.touches(role)]
            rows = np.column_stack([tail.rows[role][designs[:, role]] for role in timed])
            _, first, where = np.unique(rows, axis=0, return_index=True, return_inverse=True)
            place, slack = percentiles(inverse(tail.spectra_of(designs[first])), tail.least)
            found.append((width * place[where.reshape(-1)], width * slack[where.reshape(-1)]))
        return found

    def judged_times(self, designs: Indices) -> list[Array]:
        """Return each percentile of designs as the judge reads it, whatever is chosen for roles that take no time.

        Any copy of a candidate will do: in all cases that have it, it takes the same time.
        """
        import numpy as np

        found = []
        for number, (_, time) in enumerate(self.losses.times):
            timed = [role for role in range(len(self.case.goal)) if self.own[number].touches(role)]
            rows = np.column_stack([self.own[number].rows[role][designs[:, role]] for role in timed])
            _, first, where = np.unique(rows, axis=0, return_index=True, return_inverse=True)
            times = [self.offers.time(time, self._picked(self.case.kept, design)) for design in designs[first]]
            found.append(np.array(times)[where.reshape(-1)])
        return found

    def _design(self, chosen: Indices) -> dict[str, Candidate]:
        case = int(self.union.totals(chosen[None])[1][0])
        return self._picked([kept[:, case] for kept in self.union.kept], chosen)

    def _picked(self, places: Sequence[Indices], chosen: Indices) -> dict[str, Candidate]:
        """Return a design of candidates that stand at some places of the pool."""
        pool = self.question.pool.items()
        return {role: found[int(at[j])] for (role, found), at, j in zip(pool, places, chosen, strict=True)}


def _without(prices: Prices, tails: Sequence[int], columns: Sequence[int | None]) -> Prices:
    """Return prices without those of some percentile bounds and limits: what is a loss is priced by the corners."""
    rows = prices.rows.copy()
    rows[[column for column in columns if column is not None]] = 0.0
    return Prices(rows, tuple(one for one in prices.necessary if one[0] not in tails))


def percentiles(masses: Array, level: float) -> tuple[Array, Array]:
    """Return where distributions reach a level, in cells, and by how many cells that may be too late; inf for never.

    Between two points the level is taken to rise evenly. Where neighbouring masses differ by little it does so up to an
    eighth of the difference, and so do the stages that were put on the lattice: less than the margin in ``level``.
    Elsewhere, beside an atom, the slack is that of a single bound.

    >>> import numpy as np
    >>> place, slack = percentiles(np.full((1, 1000), 1e-3), 0.95)
    >>> round(float(place[0]), 3), float(slack[0])
    (949.5, 0.0)
    """
    import numpy as np

    chances, every = levels(masses), np.arange(len(masses))
    enough = chances >= level
    upper = np.where(enough.any(axis=1), enough.argmax(axis=1), masses.shape[1] - 1).clip(1)
    low, high = chances[every, upper - 1], chances[every, upper]
    place = upper - 1 + ((level - low) / np.maximum(high - low, 1e-300)).clip(0.0, 1.0)
    near = (upper[:, None] + np.arange(-NEAR, NEAR)).clip(0, masses.shape[1] - 1)
    uneven = np.abs(np.diff(masses[every[:, None], near], axis=1)).max(axis=1)
    return np.where(enough.any(axis=1), place, np.inf), np.where(uneven > UNEVEN, SLACK, 0.0)

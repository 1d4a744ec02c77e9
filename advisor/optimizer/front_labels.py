"""Labels of a whole front: the beginning of a design is kept while it may lead into a corner of the staircase.

It has to fit into one of the corners with what its candidates add up to (:mod:`advisor.optimizer.front_bounds`), and in
the same corner with its times: the budget that is left below the corner's cost has to buy enough of a chance to be
within the corner's time (:mod:`advisor.optimizer.envelope`; the envelope over all times serves every corner). Corners
are asked about in halves: where the loosest of many are out of reach, all of them are.

Where no loss is a time, all beginnings with the same roles are extended together, so that those that others beat are
found among all of them: that is merging labels, and most such fronts take it a moment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.models.latency import inverse
from advisor.models.undominated import undominated_mask
from advisor.optimizer.chances import levels
from advisor.optimizer.envelope import Envelope
from advisor.optimizer.labels import AT_ONCE, Block, LabelSearch
from advisor.optimizer.merging import Timed, merged
from advisor.optimizer.prices import ROUNDING
from advisor.optimizer.stairs import fitting

if TYPE_CHECKING:
    import numpy as np

    from advisor.optimizer.front_case import CaseFront

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

WIDE = 4096  # labels with the same roles that are extended together
PAIRS = 2**16  # of labels and candidates that are compared with the corners together


@dataclass(frozen=True)
class Span:
    """Corners that are worked off together: with a budget above ``above``, up to ``most``.

    ``free``: those in which any goal will do (True) or only some (False); None for all.
    """

    above: float = -math.inf
    most: float = math.inf
    free: bool | None = None

    def of(self, corners: Corners) -> Corners:
        """Return those of some corners that are among them."""
        inside = (corners.budgets > self.above) & (corners.budgets <= self.most)
        return corners.taken(inside if self.free is None else inside & (corners.free == self.free))


@dataclass(frozen=True)
class Corners:
    """Corners in which there may be a design of the case.

    Attributes:
        rooms: what its numbers may be. budgets: what the goal may be above the least.
        times: what the percentiles may be. cells: up to where on their lattices that is at the latest, between points.
        free: where any goal will do.
    """

    rooms: Array
    budgets: Array
    times: Array
    cells: Array
    free: Mask

    def taken(self, which: Any) -> Corners:
        """Return some of them."""
        parts = (self.rooms, self.budgets, self.times, self.cells, self.free)
        return Corners(*(part[which] for part in parts))

    def halves(self) -> tuple[Corners, Corners]:
        """Return two halves, told apart by what differs most among goal and other losses."""
        import numpy as np

        keys = np.column_stack((self.budgets, self.rooms, self.times))
        spread = np.ptp(keys, axis=0) / np.maximum(np.abs(keys).max(axis=0), 1e-300)
        order = np.argsort(keys[:, int(spread.argmax())], kind="stable")
        half = len(order) // 2
        return self.taken(order[:half]), self.taken(order[half:])


class FrontLabels(LabelSearch):
    """The search of a case for what the staircase still wants.

    Args:
        asked: so many of the envelopes, the first, know what budgets buy; those of the losses that are times are among
            them, in their order, if there are any.
        span: the corners that are looked at.
    """

    def __init__(
        self,
        front: CaseFront,
        order: Sequence[int],
        envelopes: Sequence[Envelope],
        asked: int,
        span: Span,
        deadline: float,
        most: int,
    ) -> None:
        import numpy as np

        case = front.case
        super().__init__(
            case, order, envelopes, front.held, front.prices, 0.0, lambda _: False, math.inf, deadline, most, WIDE
        )
        self.front, self.asked, self.span = front, asked, span
        self._timed = max(self._last[: len(front.own)], default=-1)
        self._last[:asked] = [len(order) - 1] * asked  # corners ask for goals too, whatever takes time
        inside = [front.bounds.parts[role].min(axis=0) for role in order]
        self._least = np.concatenate((np.cumsum(inside[::-1], axis=0)[::-1], np.zeros((1, len(inside[0])))))
        self._above = [front.union.above[role] for role in order]
        least_above = [own.min(axis=0) for own in self._above]
        ends = np.zeros((1, len(front.union.constants)))
        self._above_after = np.concatenate((np.cumsum(least_above[::-1], axis=0)[::-1], ends))
        self._seen: Array | None = None

    @property
    def _comparable(self) -> bool:
        """Whether the states tell all times of a beginning."""
        known = len(self.envelopes) == len(self.front.own) + len(self.tails)
        return known and not any(e.chain.strays for e in self.envelopes)

    @property
    def corners(self) -> Corners:
        """The corners of the staircase as it is now."""
        if self._seen is not self.front.offers.stairs.corners:
            self._seen, self._corners = self.front.offers.stairs.corners, self.front.open_corners(self.span)
        return self._corners

    def least_after(self, place: int) -> Array:
        """Return what all roles after a place add up to at least."""
        found: Array = self._least[place + 1]
        return found

    # --- one role more -----------------------------------------------------------------------------------------------

    def _affordable(self, block: Block, place: int) -> tuple[Indices, Indices]:
        """Return the pairs of label and candidate that limits allow and that fit into a corner."""
        import numpy as np

        labels, picks = super()._affordable(block, place)
        bounds = self.front.bounds
        before = bounds.of(block, self.order) + self._least[place + 1]
        own, rooms = bounds.parts[self.order[place]], self.corners.rooms
        kept = np.zeros(len(labels), dtype=bool)
        for begin in range(0, len(labels), PAIRS):
            part = np.arange(begin, min(begin + PAIRS, len(labels)))
            sums = before[labels[part]] + own[picks[part]]
            part = part[mask := fitting(sums, rooms)]
            above = self.above(block, place, labels[part], picks[part])
            sums = sums[mask][finite := np.isfinite(above)] + above[finite, None] * bounds.goal_shares
            kept[part[finite]] = fitting(sums, rooms)
        return labels[kept], picks[kept]

    def above(self, block: Block, place: int, labels: Indices, picks: Indices) -> Array:
        """Return by how much the goals of pairs, once completed, are at least above the sums of the least ones.

        In a case that is what all candidates so far add there above their least goals, and no less than the least of
        that for each open role; over all cases it is the least. Infinite where no case has all candidates.
        """
        import numpy as np

        if len(self._above_after[0]) == 1:
            return np.zeros(len(labels))
        before, found = self._above_before(block) + self._above_after[place + 1], np.empty(len(labels))
        for begin in range(0, len(labels), PAIRS // 8):
            part = slice(begin, begin + PAIRS // 8)
            found[part] = (before[labels[part]] + self._above[place][picks[part]]).min(axis=1)
        return found

    def _above_before(self, block: Block) -> Array:
        """Return what the goals of some beginnings are above the sums of the least ones, in each case."""
        import numpy as np

        found: Array = np.repeat(self.front.union.constants_above[None], len(block.chosen), axis=0)
        for own, picks in zip(self._above, block.chosen.T, strict=False):
            found += own[picks]
        return found

    def _in_time(self, block: Block, number: int, place: int, labels: Indices, picks: Indices) -> Any:
        """Return which pairs can still be completed in time: for the envelopes that know budgets, into some corner."""
        import numpy as np

        if number >= self.asked:
            return super()._in_time(block, number, place, labels, picks)
        kept = np.zeros(len(labels), dtype=bool)
        if number:
            return ~kept
        self._ask(Pairs(self, block, place, labels, picks), np.arange(len(labels)), self.corners, kept)
        return kept

    def _ask(self, asked: Pairs, pairs: Indices, corners: Corners, kept: Mask) -> None:
        """Mark the pairs that may lead into one of some corners."""
        pairs = pairs[~kept[pairs]]
        if not len(pairs) or not len(corners.budgets):
            return
        pairs = asked.may(pairs, corners)
        if len(corners.budgets) == 1:
            kept[pairs] = True
        elif len(pairs):
            for half in corners.halves():
                self._ask(asked, pairs, half, kept)

    def _needed(
        self, block: Block, place: int, labels: Indices, picks: Indices, states: Sequence[tuple[Indices, Indices]]
    ) -> Mask:
        """Return which pairs of label and candidate are needed beside the others, those with other times among them.

        One beats another one only if its goal is no worse in every case. Where any goal will do, goals do not count:
        what completes one that is as good in all else, and in every case that has the other, is as free to.
        """
        import numpy as np

        values = self._values(block, place, labels, picks)
        above = self._above_before(block)[labels] + self._above[place][picks]
        if self.span.free:
            values = np.column_stack((values[:, 1:], np.isinf(above)))
        elif above.shape[1] > 1:
            goals = values[:, :1] + above
            values = np.column_stack((goals.min(axis=1), values[:, 1:], goals))
        if not states:
            found: Mask = undominated_mask(values)
            return found
        times = [
            Timed(levels(inverse(self._spectra(block, number, place, pairs))), where)
            for number, (pairs, where) in enumerate(states)
        ]
        return merged(values, times)

    def _extended(self, block: Block, place: int, labels: Indices, picks: Indices) -> Block:
        """Return the pairs as labels; once all that takes time is decided the judge is asked for their times."""
        import numpy as np

        found = super()._extended(block, place, labels, picks)
        if place != self._timed or not found.goal.size:
            return found
        designs = np.zeros((len(found.chosen), len(self.order)), dtype=np.intp)
        designs[:, list(self.order[: place + 1])] = found.chosen
        above = (self._above_before(found) + self._above_after[place + 1]).min(axis=1)
        sums = self.front.bounds.of(found, self.order) + self._least[place + 1]
        sums += above[:, None] * self.front.bounds.goal_shares
        rooms = np.column_stack((self.corners.rooms, self.corners.times))
        times = [time - slack for time, slack in self.front.times(designs)]
        left = np.flatnonzero(fitting(np.column_stack((sums, *times)), rooms))
        judged = self.front.judged_times(designs[left])
        return found.taken(left[fitting(np.column_stack((sums[left], *judged)), rooms)])

    def _finish(self, block: Block, labels: Indices, picks: Indices) -> None:
        """Offer finished designs."""
        import numpy as np

        ordered = np.column_stack((block.chosen[labels], picks))
        designs = np.empty_like(ordered)
        designs[:, list(self.order)] = ordered
        self.front.finish(designs)


class Pairs:
    """Labels with one candidate more each, to be asked how they can be completed."""

    def __init__(self, search: FrontLabels, block: Block, place: int, labels: Indices, picks: Indices) -> None:
        bounds, part = search.front.bounds, search.front.bounds.parts[search.order[place]]
        before = bounds.of(block, search.order) + search.least_after(place)
        above = search.above(block, place, labels, picks)
        self.sums = before[labels] + part[picks] + above[:, None] * bounds.goal_shares
        self.own = len(search.front.own)
        self.chances = [Completed(search, n, block, place, (labels, picks, above)) for n in range(search.asked)]

    def may(self, pairs: Indices, corners: Corners) -> Indices:
        """Return which pairs can be completed within the loosest of all that some corners allow."""
        pairs = pairs[(self.sums[pairs] <= corners.rooms.max(axis=0)).all(axis=1)]
        budget = float(corners.budgets.max())
        for number, chance in enumerate(self.chances):
            cells = float(corners.cells[:, number].max()) if number < self.own else None
            pairs = pairs[chance.may(pairs, budget, cells)]
        return pairs


class Completed:
    """The chances of such pairs to be in time for one percentile."""

    def __init__(
        self, search: FrontLabels, number: int, block: Block, place: int, pairs: tuple[Indices, Indices, Array]
    ) -> None:
        labels, picks, above = pairs
        self.envelope, self.place = search.envelopes[number], place
        self.spent = block.spent[number][labels] + self.envelope.costs[place][picks]
        self.spent += above if self.envelope.room > 0 else 0.0  # else budgets do not count
        chain = self.envelope.chain
        self.times = chain.rows[place][picks] * (chain.parts[place] is not None)
        self.states = block.states[number][labels]
        self.masses = inverse(block.spectra[number])
        self.slip = ROUNDING * max(abs(search.front.least), abs(self.envelope.room))

    def may(self, pairs: Indices, budget: float, cells: float | None) -> Any:
        """Return which pairs can be completed within a budget and up to a place on the lattice; None: to its end.

        A percentile is read between points as if the level rose evenly, and at a point as all before it and half of
        what is there; both are weighted sums of P(X <= t) at neighbouring points, and so is the bound.
        """
        import numpy as np

        envelope = self.envelope
        room = min(budget + self.slip, envelope.room)
        left = np.floor((room - self.spent[pairs]) / envelope.step).astype(np.intp).clip(-1, envelope.budgets - 1)
        good = left >= envelope.first(self.place + 1)
        some, left = pairs[good], left[good]
        rows = envelope.distinct(self.place + 1)
        keys = self.times[some] * rows + envelope.rows(self.place + 1, left)
        both, where = np.unique(keys * len(self.masses) + self.states[some], return_inverse=True)
        last, shares = between(cells, self.masses.shape[1])
        used, state = np.unique(both % len(self.masses), return_inverse=True)
        masses = sum(share * _later(self.masses[used], back) for back, share in enumerate(shares))
        missed = self._missed(both // len(self.masses), rows, state, masses, last)[where]
        parts = [share * envelope.with_hits(self.place, missed, left, last - n) for n, share in enumerate(shares)]
        good[good] = sum(parts) >= envelope.chain.chances.least
        return good

    def _missed(self, key: Indices, rows: int, state: Indices, masses: Any, last: int) -> Array:
        """Return the best chance past the cache by a point, for completions (rising) and masses so far."""
        import numpy as np

        missed = np.empty(len(key))
        for begin in range(0, len(key), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            keys, which = np.unique(key[part], return_inverse=True)
            later = self.envelope.completions(self.place, keys // rows, keys % rows)[:, masses.shape[1] - 1 - last :]
            missed[part] = np.einsum("ij,ij->i", masses[state[part], : last + 1], later[which])
        return missed


def between(cells: float | None, points: int) -> tuple[int, tuple[float, ...]]:
    """Return a point of a lattice and weights: P(X <= t) there, at the point before it, ... make the level at a place.

    At a point the level is all that is before it and half of what is there, between points it rises evenly. None: all
    up to the last point.

    >>> between(7.25, 1024), between(None, 1024)
    ((8, (0.125, 0.5, 0.375)), (1023, (1.0,)))
    """
    if cells is None:
        return points - 1, (1.0,)
    low = min(max(int(cells), 1), points - 2)
    share = max(cells - low, 0.0)
    return low + 1, (share / 2, 0.5, (1 - share) / 2)


def _later(masses: Array, points: int) -> Array:
    """Return the masses of times that come so many points later."""
    import numpy as np

    found = np.zeros_like(masses)
    found[:, points:] = masses[:, : masses.shape[1] - points]
    return found

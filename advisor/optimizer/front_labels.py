"""Labels of a whole front: the beginning of a design is kept while it may lead into a corner of the staircase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.models.latency import inverse
from advisor.optimizer.envelope import Envelope
from advisor.optimizer.labels import AT_ONCE, Block, LabelSearch
from advisor.optimizer.prices import ROUNDING

if TYPE_CHECKING:
    import numpy as np

    from advisor.optimizer.front import CaseFront

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

CELLS = 2  # points of the lattice of times that are one for the beginnings of designs


class FrontLabels(LabelSearch):
    """The search of a case for what the staircase still wants; its first envelope is that of the front's percentile."""

    def __init__(
        self, front: CaseFront, order: Sequence[int], envelopes: Sequence[Envelope], deadline: float, most: int
    ) -> None:
        case = front.case
        super().__init__(
            case, order, envelopes, front.held, front.prices, 0.0, lambda _: False, math.inf, deadline, most
        )
        self.front, self.stairs = front, front.offers.stairs
        self._tables: dict[int, Array] = {}
        self._timed, self._last[0] = self._last[0], len(order) - 1  # corners ask for goals too, whatever takes time

    @property
    def _comparable(self) -> bool:
        """Whether the states tell all times of a beginning."""
        return not any(e.chain.strays for e in self.envelopes)

    def _in_time(self, block: Block, number: int, place: int, labels: Indices, picks: Indices) -> Any:
        """Return which pairs can still be completed in time: for the front's percentile, into some corner."""
        import numpy as np

        if number:
            return super()._in_time(block, number, place, labels, picks)
        corners = [(goal - self.front.least, self.front.point(time)) for goal, time in self.stairs.corners()]
        asked = Pairs(self, block, place, labels, picks)
        kept = np.zeros(len(labels), dtype=bool)
        self._ask(asked, np.arange(len(labels)), corners, kept)
        return kept

    def _ask(self, asked: Pairs, pairs: Indices, corners: Sequence[tuple[float, int]], kept: Any) -> None:
        """Mark the pairs that may lead into one of some corners."""
        pairs = pairs[~kept[pairs]]
        if not len(pairs) or not corners:
            return
        pairs = pairs[asked.may(pairs, corners[-1][0], corners[0][1])]
        if len(corners) == 1:
            kept[pairs] = True
            return
        half = len(corners) // 2
        self._ask(asked, pairs, corners[:half], kept)
        self._ask(asked, pairs, corners[half:], kept)

    def _extended(self, block: Block, place: int, labels: Indices, picks: Indices) -> Block:
        """Return the pairs as labels; once all that takes time is decided, without those that no goal makes wanted."""
        import numpy as np

        found = super()._extended(block, place, labels, picks)
        if place != self._timed or not found.goal.size:
            return found
        designs = np.zeros((len(found.chosen), len(self.order)), dtype=np.intp)
        designs[:, list(self.order[: place + 1])] = found.chosen
        times, slack = self.front.times(designs)
        values = self.case.constant + found.goal + self._least_goal[place + 1]
        values = np.maximum(values, self.front.least + found.spent[0])
        pairs = zip(values.tolist(), (times - slack).tolist(), strict=True)
        return found.taken(np.flatnonzero([self.stairs.wants(pair) for pair in pairs]))

    def completions(self, place: int) -> Array:
        """Return the first envelope's completions for each time of a role and each row after it, made once."""
        import numpy as np

        if place not in self._tables:
            envelope = self.envelopes[0]
            part = envelope.chain.parts[place]
            times = 1 if part is None else len(part.spectra)
            rows = envelope.distinct(place + 1)
            every = np.arange(times * rows)
            self._tables[place] = envelope.completions(place, every // rows, every % rows)
        return self._tables[place]

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
        self.envelope, self.place = search.envelopes[0], place
        self.spent = block.spent[0][labels] + self.envelope.costs[place][picks]
        chain = self.envelope.chain
        self.times = chain.rows[place][picks] * (chain.parts[place] is not None)
        self.states = block.states[0][labels]
        self.masses, self.table = inverse(block.spectra[0]), search.completions(place)
        self.slip = ROUNDING * max(abs(search.front.least), abs(self.envelope.room))

    def may(self, pairs: Indices, budget: float, at: int) -> Any:
        """Return which pairs can be completed within a budget and up to a point of the lattice."""
        import numpy as np

        envelope = self.envelope
        room = min(budget + self.slip, envelope.room)
        left = np.floor((room - self.spent[pairs]) / envelope.step).astype(np.intp).clip(-1, envelope.budgets - 1)
        good = left >= envelope.first(self.place + 1)
        some, left = pairs[good], left[good]
        rows = envelope.distinct(self.place + 1)
        keys = self.times[some] * rows + envelope.rows(self.place + 1, left)
        both, where = np.unique(keys * len(self.masses) + self.states[some], return_inverse=True)
        key, state = np.divmod(both, len(self.masses))
        points = self.table.shape[1]
        missed = np.empty(len(both))
        for begin in range(0, len(both), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            missed[part] = np.einsum(
                "ij,ij->i", self.masses[state[part], : at + 1], self.table[key[part], points - 1 - at :]
            )
        good[good] = envelope.with_hits(self.place, missed[where], left, at) >= envelope.chain.chances.least
        return good

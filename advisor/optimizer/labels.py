"""The exact search: roles are decided one after another, and a beginning that leads nowhere better is dropped.

A label is the beginning of a design: what it adds to the goal, uses of each limit, and the distribution of its times.
It is dropped when, even with the best for every role still open,

* the goal cannot get below the best design known (its own value, or its price under multipliers of the limits),
* a limit has no room, or
* a percentile bound is missed within the budget that is left (:mod:`advisor.optimizer.envelope`), or, in a search
  without envelopes, with any budget (:mod:`advisor.optimizer.looks`).

Labels are worked off in blocks, deepest first, so memory stays small and designs come early. The judge has the last
word on every finished design.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from advisor.models.latency import inverse
from advisor.optimizer.case import Case, better_than
from advisor.optimizer.chances import Chances
from advisor.optimizer.distinct import distinct
from advisor.optimizer.envelope import Envelope, given_first
from advisor.optimizer.looks import Looks
from advisor.optimizer.thinning import needed

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Spectrum = np.ndarray[Any, np.dtype[np.complex128]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

BLOCK = 256  # labels that are extended together
AT_ONCE = 2048  # chances that are worked out together
FINISHED, MOST_FINISHED = 32, 2048  # finished designs whose exact chances are worked out together, at first and later
ROW_SLIP = 1e-9


@dataclass(frozen=True)
class Block:
    """Labels with the same roles decided.

    Attributes:
        chosen: positions of the candidates chosen, one column a role decided.
        goal, used, price: what they add to the goal, use of the limits, and cost under the multipliers.
        spent: of each envelope's room.
        states: for each tail which of the times so far each label has.
        spectra: for each tail the transforms of the distinct times so far.
    """

    chosen: Indices
    goal: Array
    used: Array
    price: Array
    spent: tuple[Array, ...]
    states: tuple[Indices, ...]
    spectra: tuple[Spectrum, ...]

    def taken(self, which: Any) -> Block:
        """Return some of the labels."""
        spectra, states = [], []
        for whole, state in zip(self.spectra, self.states, strict=True):
            kept, where = distinct(state[which], len(whole))
            spectra.append(whole[kept])
            states.append(where)
        return Block(
            self.chosen[which],
            self.goal[which],
            self.used[which],
            self.price[which],
            tuple(s[which] for s in self.spent),
            tuple(states),
            tuple(spectra),
        )


@dataclass
class LabelSearch:
    """A search over one case.

    Args:
        order: the roles in the order in which they are decided.
        envelopes: for tails that prune, along that order. tails: all that a finished design must meet.
        prices: for each role what each candidate costs under the multipliers; price_room: what the multipliers make
            of the limits' room, so that sum of prices - price_room is a bound of the goal.
        accepts: the judge's word on a finished design.
        to_beat: only designs with a goal below it are of interest; lowered whenever one is accepted.
        deadline: on the monotonic clock. most: give up after so many labels.
        wide: labels that are extended together.
    """

    case: Case
    order: Sequence[int]
    envelopes: Sequence[Envelope]
    tails: Sequence[Chances]
    prices: Sequence[Array]
    price_room: float
    accepts: Callable[[Sequence[int]], bool]
    to_beat: float
    deadline: float = math.inf
    most: float = math.inf
    wide: int = BLOCK
    best: tuple[int, ...] | None = None
    labels: int = 0
    open_bound: float = math.inf
    _heap: list[Any] = field(default_factory=list)
    _blocks: int = 0

    def __post_init__(self) -> None:
        import numpy as np

        inside = [self.case.goal[role] for role in self.order]
        self._least_goal = _suffix_sums(np.array([g.min() for g in inside])[:, None])[:, 0]
        self._least_used = _suffix_sums(np.array([self.case.rows[r].min(axis=0) for r in self.order]))
        self._least_price = _suffix_sums(np.array([self.prices[r].min() for r in self.order])[:, None])[:, 0]
        room = self.case.room
        self._room = room + ROW_SLIP * np.maximum(np.abs(room), 1.0)
        timed = [[place for place, part in enumerate(e.chain.parts) if part is not None] for e in self.envelopes]
        self._last = [max(places, default=-1) for places in timed]
        sizes = [len(kept) for kept in self.case.kept]
        self._looks = None if self.envelopes else Looks(self.order, sizes, self.tails)

    def run(self, *, first: bool = False) -> bool:
        """Search to the end, or to the first design; return False when time or labels ran out before.

        ``open_bound`` is then a bound of what was not looked at.
        """
        self._push(self._start())
        while self._heap:
            if time.monotonic() > self.deadline or self.labels > self.most:
                self.open_bound = min(self._floor(block) for *_, block in self._heap)
                return False
            *_, block = heapq.heappop(self._heap)
            self._extend(block)
            if first and self.best is not None:
                break
        return True

    def _floor(self, block: Block) -> float:
        place = block.chosen.shape[1]
        priced = float(block.price.min() + self._least_price[place]) - self.price_room
        return self.case.constant + max(priced, float(block.goal.min() + self._least_goal[place]))

    def _start(self) -> Block:
        """Return the one label that has all roles in front which have no choice."""
        import numpy as np

        given = self.order[: given_first([len(self.case.kept[role]) for role in self.order])]
        rows = sum((self.case.rows[role] for role in given), start=np.zeros((1, len(self.case.room))))
        return self._mixed(
            Block(
                np.zeros((1, len(given)), dtype=np.intp),
                sum((self.case.goal[role] for role in given), start=np.zeros(1)),
                rows,
                sum((self.prices[role] for role in given), start=np.zeros(1)),
                tuple(np.zeros(1) for _ in self.envelopes),
                tuple(np.zeros(1, dtype=np.intp) for _ in self.envelopes),
                tuple(e.chain.end[None] for e in self.envelopes),
            )
        )

    def _mixed(self, block: Block) -> Block:
        """Mix hits and misses where all that lies past a cache is decided."""
        place = block.chosen.shape[1]
        chains = [envelope.chain for envelope in self.envelopes]
        spectra = tuple(
            chain.mixed(s) if chain.mixed_at == place else s for chain, s in zip(chains, block.spectra, strict=True)
        )
        return replace(block, spectra=spectra)

    def _push(self, block: Block) -> None:
        """Put labels on the heap: deepest first, then those with the least price."""
        import numpy as np

        order = np.argsort(block.price, kind="stable")
        for begin in range(0, len(order), self.wide):
            part = block.taken(order[begin : begin + self.wide])
            self._blocks += 1
            heapq.heappush(self._heap, (-block.chosen.shape[1], float(part.price[0]), self._blocks, part))

    # --- one role more -----------------------------------------------------------------------------------------------

    def _extend(self, block: Block) -> None:
        import numpy as np

        place = block.chosen.shape[1]
        labels, picks = self._affordable(block, place)
        for number in range(len(self.envelopes)):
            if labels.size and place <= self._last[number]:
                kept = self._in_time(block, number, place, labels, picks)
                labels, picks = labels[kept], picks[kept]
        if self._looks is not None and self._looks.worth_while(place, len(labels)):
            kept = self._looks.may_be_in_time(place, np.column_stack((block.chosen[labels], picks)))
            labels, picks = labels[kept], picks[kept]
        self.labels += len(labels)
        if not labels.size:
            return
        if place + 1 == len(self.order):
            self._finish(block, labels, picks)
        else:
            self._push(self._mixed(self._extended(block, place, labels, picks)))

    def _affordable(self, block: Block, place: int) -> tuple[Indices, Indices]:
        """Return the pairs of label and candidate that goal, price and limits allow."""
        import numpy as np

        role = self.order[place]
        most = self.to_beat - self.case.constant
        goal = block.goal[:, None] + self.case.goal[role] + self._least_goal[place + 1]
        price = block.price[:, None] + self.prices[role] + self._least_price[place + 1] - self.price_room
        good = np.ones(goal.shape, dtype=bool)
        if math.isfinite(most):
            good = (goal < most) & (price < most + ROW_SLIP * max(abs(most), 1e-6))
        for k, room in enumerate(self._room - self._least_used[place + 1]):
            good &= block.used[:, k, None] + self.case.rows[role][:, k] <= room
        labels, picks = np.nonzero(good)
        return labels, picks

    def _in_time(self, block: Block, number: int, place: int, labels: Indices, picks: Indices) -> Any:
        """Return which pairs can still be completed in time within the budget that is left."""
        envelope = self.envelopes[number]
        left = envelope.left(block.spent[number][labels] + envelope.costs[place][picks])
        kept = left >= envelope.first(place + 1)
        left, state = left[kept], block.states[number][labels[kept]]
        rows, known = envelope.chain.rows[place], len(block.spectra[number])
        most = (int(rows.max(initial=0)) + 1) * envelope.budgets
        keys, key = distinct(rows[picks[kept]] * envelope.budgets + envelope.rows(place + 1, left), most)
        pairs, pair = distinct(key * known + state, len(keys) * known)
        missed = self._missed(envelope, place, block.spectra[number], keys, pairs)[pair]
        kept[kept] = envelope.with_hits(place, missed, left) >= envelope.chain.chances.least
        return kept

    def _missed(self, envelope: Envelope, place: int, spectra: Spectrum, keys: Indices, pairs: Indices) -> Array:
        """Return the best chance past the cache for pairs (key * number of times + time so far), rising."""
        import numpy as np

        masses, chance = inverse(spectra), np.empty(len(pairs))
        for begin in range(0, len(pairs), AT_ONCE):
            key, state = np.divmod(pairs[begin : begin + AT_ONCE], len(spectra))
            some = keys[key[0] : key[-1] + 1]
            later = envelope.completions(place, some // envelope.budgets, some % envelope.budgets)
            chance[begin : begin + AT_ONCE] = np.einsum("ij,ij->i", masses[state], later[key - key[0]])
        return chance

    def _extended(self, block: Block, place: int, labels: Indices, picks: Indices) -> Block:
        """Return the pairs of label and candidate as labels with one role more, without those that are not needed."""
        import numpy as np

        states = [self._states(block, number, place, labels, picks) for number in range(len(self.envelopes))]
        if self._comparable:
            kept = self._needed(block, place, labels, picks, states)
            if not kept.all():
                labels, picks = labels[kept], picks[kept]
                states = [self._states(block, number, place, labels, picks) for number in range(len(self.envelopes))]
        values = self._values(block, place, labels, picks)
        return Block(
            np.column_stack((block.chosen[labels], picks)),
            values[:, 0],
            values[:, 1:],
            block.price[labels] + self.prices[self.order[place]][picks],
            tuple(s[labels] + e.costs[place][picks] for e, s in zip(self.envelopes, block.spent, strict=True)),
            tuple(where for _, where in states),
            tuple(self._spectra(block, number, place, pairs) for number, (pairs, _) in enumerate(states)),
        )

    def _values(self, block: Block, place: int, labels: Indices, picks: Indices) -> Array:
        """Return the goal and the uses of all limits of pairs of label and candidate so far, a row each."""
        import numpy as np

        role = self.order[place]
        goal = block.goal[labels] + self.case.goal[role][picks]
        return np.column_stack((goal, block.used[labels] + self.case.rows[role][picks]))

    def _states(
        self, block: Block, number: int, place: int, labels: Indices, picks: Indices
    ) -> tuple[Indices, Indices]:
        """Return the distinct times of a tail so far (candidate's time * number of times before + time before) of pairs
        of label and candidate, and which of them each pair has."""
        chain, known = self.envelopes[number].chain, len(block.spectra[number])
        rows = chain.rows[place] * (chain.parts[place] is not None)
        return distinct(rows[picks] * known + block.states[number][labels], (int(rows.max(initial=0)) + 1) * known)

    def _spectra(self, block: Block, number: int, place: int, pairs: Indices) -> Spectrum:
        """Return the transforms of such times."""
        import numpy as np

        part, known = self.envelopes[number].chain.parts[place], block.spectra[number]
        own, before = np.divmod(pairs, len(known))
        return known[before] if part is None else known[before] * part.spectra[own]

    def _needed(
        self, block: Block, place: int, labels: Indices, picks: Indices, states: Sequence[tuple[Indices, Indices]]
    ) -> Mask:
        """Return which pairs of label and candidate are needed beside the others.

        ``states``: for each tail their distinct times and which of these each has.
        """
        return needed([where for _, where in states], self._values(block, place, labels, picks))

    @property
    def _comparable(self) -> bool:
        """Whether the states tell all times of a beginning."""
        return len(self.envelopes) == len(self.tails) and not any(e.chain.strays for e in self.envelopes)

    # --- finished designs --------------------------------------------------------------------------------------------

    def _finish(self, block: Block, labels: Indices, picks: Indices) -> None:
        """Let the judge look at finished designs that are in time on the exact lattices, the best first."""
        import numpy as np

        values, designs = self._sorted(block, labels, picks)
        begin, many = 0, FINISHED
        while begin < len(values) and values[begin] < self.to_beat:
            end = min(begin + many, int(np.searchsorted(values, self.to_beat)))
            for place in begin + np.flatnonzero(self._all_in_time(designs[begin:end])):
                design = tuple(int(j) for j in designs[place])
                if self.accepts(design):
                    self.best, self.to_beat = design, better_than(float(values[place]))
                    return
            begin, many = end, min(2 * many, MOST_FINISHED)

    def _sorted(self, block: Block, labels: Indices, picks: Indices) -> tuple[Array, Indices]:
        """Return finished designs with their values, the best first; of equal ones the first by its candidates."""
        import numpy as np

        ordered = np.column_stack((block.chosen[labels], picks))
        designs = np.empty_like(ordered)
        designs[:, list(self.order)] = ordered
        values = self.case.values(designs)
        order = np.lexsort((*designs.T[::-1], values))
        return values[order], designs[order]

    def _all_in_time(self, designs: Indices) -> Any:
        """Return which finished designs meet all percentile bounds."""
        import numpy as np

        good = np.ones(len(designs), dtype=bool)
        for tail in self.tails:
            good[good] = tail.hold(designs[good]) if good.any() else False
        return good


def _suffix_sums(values: Array) -> Array:
    """Return for each place the sum from there on; a last row of zeros."""
    import numpy as np

    return np.concatenate((np.cumsum(values[::-1], axis=0)[::-1], np.zeros((1, values.shape[1]))))

"""Dropping candidates that another one beats in everything that can matter.

Candidates are taken in order of cost, operations hours, availability and id, so a candidate can only be dominated by an
earlier one, and of two that are equal in all that matters the one with fewer hours, then the more available one, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.models.dominance import slowness
from advisor.models.latency import Distribution
from advisor.scenario.pairs import Member
from advisor.scenario.requirements import COUNTS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Codes = np.ndarray[Any, np.dtype[np.int8]]

UNKNOWN = -1  # whether one is no slower than another


@dataclass(frozen=True)
class Faster:
    """Says which candidates are no slower than others, all given by their place in an order.

    Attributes:
        ask: which of some are no slower than one.
        known: 1 where one (down) is known to be no slower than another one (across), 0 where it is known not to be;
            None where nothing is remembered.
    """

    ask: Callable[[Indices, int], Mask]
    known: Callable[[], Codes] | None = None

    def __call__(self, earlier: Indices, index: int) -> Mask:
        """Return which of some are no slower than one."""
        return self.ask(earlier, index)


Speed = Callable[[Sequence[Candidate]], Faster]  # for candidates in an order
COMPARISONS = 2**22  # of pairs of candidates that are made together
AT_ONCE = 64  # candidates that are compared with one before it is asked whether any of them beats it


@dataclass(frozen=True)
class Relevance:
    """What can matter besides cost: what no requirement or goal speaks about keeps no candidate alive."""

    operations: bool = True
    availability: bool = True
    quality: bool = True
    counts: tuple[str, ...] = COUNTS
    cards: bool = True
    members: tuple[Member, ...] = ()


def dominated_by(
    candidates: Sequence[Candidate], speed: Speed, relevance: Relevance = Relevance()
) -> dict[str, Candidate]:
    """Return id -> a nondominated candidate at least as good, for every dominated candidate of one role.

    ``speed`` says which are no slower than another one in every way that matters. Candidates sized for different cache
    use are never compared; where numbers of clouds, vendors or own systems matter, one that has other ones is compared
    only if it adds none to some that are there without it. Neither
    are a side of a pair (``members``) and what is none. Leaving a role out dominates nothing.
    """
    return Ranked(candidates).dominated(speed, relevance)


class Ranked:
    """The candidates of one role in their order, with what is compared of them read off once, whatever is asked."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        import numpy as np

        self.order = order = sorted((c for c in candidates if not c.is_none), key=_order)
        types = sorted({card for c in order for card in c.cards})
        levels = sorted({level for c in order for level in c.unserved})
        self._attributes = _table([_attributes(c) for c in order])
        self._cards = _table([[c.cards.get(card, 0) for card in types] for c in order])
        self._unserved = _table([[c.unserved.get(level, 0.0) for level in levels] for c in order])
        self._behind = np.array([hash((tuple(sorted(c.behind.items())), c.shared, c.system)) for c in order])
        self._marks: dict[str, Indices] = {}

    def dominated(
        self, speed: Speed, relevance: Relevance, among: Collection[str] | None = None
    ) -> dict[str, Candidate]:
        """Return the same as :func:`dominated_by`, of those with some ids only where ``among`` names them."""
        import numpy as np

        places = np.arange(len(self.order))
        if among is not None:
            places = places[[c.id in among for c in self.order]]
        if len(places) < 2:
            return {}
        order = [self.order[place] for place in places]
        faster, kept, found = _Lazy(speed, order), np.zeros(len(order), dtype=bool), dict[str, Candidate]()
        for index, column in enumerate(self._as_good(places, relevance)):
            earlier = (column[:index] & kept[:index]).nonzero()[0]
            winner = faster.first(earlier, index) if len(earlier) else None
            if winner is None:
                kept[index] = True
            else:
                found[order[index].id] = order[winner]
        return found

    def _as_good(self, places: Indices, relevance: Relevance) -> Iterator[Mask]:
        """Yield for each of some candidates which of them are as good in all but times."""
        import numpy as np

        values, apart = self._values(relevance)[places], [self._behind[places]]
        if relevance.members:
            order = [self.order[place] for place in places]
            apart.append(np.array([hash(tuple(m.within(c) for m in relevance.members)) for c in order]))
        marks = [self._marked(metric)[places] for metric in relevance.counts]
        for begin in range(0, len(places), step := max(COMPARISONS // len(places), 1)):
            some = slice(begin, begin + step)
            as_good = _as_good(values, some)
            for same in apart:
                as_good &= same[:, None] == same[some]
            for same in marks:
                as_good &= (same[:, None] == same[some]) | (same == 0)[:, None]
            yield from as_good.T

    def _values(self, relevance: Relevance) -> Array:
        """Return what matters of each candidate, less is better."""
        import numpy as np

        asked = [True, relevance.operations, relevance.availability, relevance.quality]
        parts = [self._attributes[:, asked], *([self._cards] if relevance.cards else []), self._unserved]
        return np.column_stack(parts)

    def _marked(self, metric: str) -> Indices:
        """Return a number for what each candidate has of what a metric counts, 0 for none."""
        import numpy as np

        if metric not in self._marks:
            self._marks[metric] = np.array([hash(own) if (own := c.distinct(metric)) else 0 for c in self.order])
        return self._marks[metric]


def _as_good(values: Array, some: slice) -> Mask:
    """Return for all rows of values and some of them which of all is no larger in any column."""
    import numpy as np

    found: Mask = np.ones((len(values), len(values[some])), dtype=bool)
    for column in values.T:
        found &= column[:, None] <= column[some]
    return found


class _Lazy:
    """Compares times where all else is no worse, which often is nowhere; what is known is not compared again."""

    def __init__(self, speed: Speed, order: Sequence[Candidate]) -> None:
        self._speed, self._order = speed, order

    @cached_property
    def _faster(self) -> Faster:
        return self._speed(self._order)

    @cached_property
    def _known(self) -> Codes | None:
        return self._faster.known() if self._faster.known else None

    def first(self, earlier: Indices, index: int) -> int | None:
        """Return the first of some candidates that is no slower than one, None when none is."""
        if self._known is not None:
            state = self._known[earlier, index]
            earlier, state = earlier[state != 0], state[state != 0]
            if not len(earlier) or state[0] != UNKNOWN:
                return int(earlier[0]) if len(earlier) else None
        for begin in range(0, len(earlier), AT_ONCE):
            some = earlier[begin : begin + AT_ONCE]
            good = self._faster(some, index)
            if good.any():
                return int(some[good.argmax()])
        return None


def _order(candidate: Candidate) -> tuple[float, float, float, str]:
    return candidate.cost_usd_per_month, candidate.operations_h_per_month, -candidate.availability, candidate.id


def _attributes(candidate: Candidate) -> list[float]:
    return [
        candidate.cost_usd_per_month,
        candidate.operations_h_per_month,
        -candidate.availability,
        -candidate.quality,
    ]


def _table(rows: Sequence[Sequence[float]]) -> Array:
    import numpy as np

    return np.array(rows, dtype=float).reshape(len(rows), len(rows[0]) if rows else 0)


def always_no_slower(order: Sequence[Candidate]) -> Faster:
    """Compare in every operation, at every time: stochastically no slower (:mod:`advisor.models.dominance`)."""
    import numpy as np

    names = sorted({name for c in order for name in c.latency})
    tables = [_slowness([c.latency.get(name, (None, None))[at] for c in order]) for name in names for at in (0, 1)]
    table = np.column_stack(tables) if tables else np.zeros((len(order), 0))

    def faster(earlier: Indices, index: int) -> Mask:
        found: Mask = (table[earlier] <= table[index]).all(axis=1)
        return found

    return Faster(faster)


def _slowness(times: Sequence[Distribution | None]) -> Array:
    """Return a row for each time, equal ones worked out once; an operation that is not offered is never faster."""
    import numpy as np

    objects = {id(time): time for time in times if time is not None}  # sizes share theirs; hashing one takes long
    distinct = list(dict.fromkeys(objects.values()))
    rows = slowness(distinct)
    rows = np.vstack([rows, np.full(rows.shape[1], np.inf)])
    places = {time: place for place, time in enumerate(distinct)}
    of = {number: places[time] for number, time in objects.items()}
    return rows[[of.get(id(time), -1) for time in times]]


def each(speeds: Sequence[Speed]) -> Speed:
    """Compare in several ways: no slower is what none of them finds slower."""

    def speed(order: Sequence[Candidate]) -> Faster:
        import numpy as np

        parts = [one(order) for one in speeds]

        def faster(earlier: Indices, index: int) -> Mask:
            good = np.ones(len(earlier), dtype=bool)
            for part in parts:
                good[good] = part(earlier[good], index)
            return good

        def known() -> Codes:
            found = np.ones((len(order), len(order)), dtype=np.int8)
            for part in parts:
                own = part.known() if part.known else np.full(found.shape, UNKNOWN, dtype=np.int8)
                found = np.where((found == 0) | (own == 0), 0, np.minimum(found, own)).astype(np.int8)
            return found

        return Faster(faster, known)

    return speed

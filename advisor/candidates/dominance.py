"""Dropping candidates that another one beats in everything that can matter.

Candidates are taken in order of cost, operations hours, availability and id, so a candidate can only be dominated by an
earlier one, and of two that are equal in all that matters the one with fewer hours, then the more available one, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

Faster = Callable[["Indices", int], "Mask"]  # which of some are no slower than one, all given by their place
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
    import numpy as np

    order = sorted((c for c in candidates if not c.is_none), key=_order)
    if len(order) < 2:
        return {}
    types = sorted({card for c in order for card in c.cards}) if relevance.cards else []
    levels = sorted({level for c in order for level in c.unserved})
    values = np.array(
        [
            [
                *_attributes(c, relevance),
                *(c.cards.get(card, 0) for card in types),
                *(c.unserved.get(level, 0.0) for level in levels),
            ]
            for c in order
        ]
    )
    behind = np.array([hash((tuple(sorted(c.behind.items())), c.shared, c.system)) for c in order])
    members = relevance.members
    sides = np.array([hash(tuple(m.within(c) for m in members)) if members else 0 for c in order])
    marks = [np.array([hash(own) if (own := c.distinct(metric)) else 0 for c in order]) for metric in relevance.counts]
    faster: Faster | None = None  # times are compared where all else is no worse, which often is nowhere
    kept = np.zeros(len(order), dtype=bool)
    found: dict[str, Candidate] = {}
    for begin in range(0, len(order), step := max(COMPARISONS // len(order), 1)):
        some = slice(begin, begin + step)
        as_good = _as_good(values, some) & (behind[:, None] == behind[some]) & (sides[:, None] == sides[some])
        for same in marks:
            as_good &= (same[:, None] == same[some]) | (same == 0)[:, None]
        for index, column in enumerate(as_good.T, begin):
            earlier = (column[:index] & kept[:index]).nonzero()[0]
            faster = faster or (speed(order) if len(earlier) else None)
            winner = _first(faster, earlier, index) if faster else None
            if winner is None:
                kept[index] = True
            else:
                found[order[index].id] = order[winner]
    return found


def _as_good(values: Array, some: slice) -> Mask:
    """Return for all rows of values and some of them which of all is no larger in any column."""
    import numpy as np

    found: Mask = np.ones((len(values), len(values[some])), dtype=bool)
    for column in values.T:
        found &= column[:, None] <= column[some]
    return found


def _first(faster: Faster, earlier: Indices, index: int) -> int | None:
    """Return the first of some candidates that is no slower than one, None when none is."""
    for begin in range(0, len(earlier), AT_ONCE):
        some = earlier[begin : begin + AT_ONCE]
        good = faster(some, index)
        if good.any():
            return int(some[good.argmax()])
    return None


def _order(candidate: Candidate) -> tuple[float, float, float, str]:
    return candidate.cost_usd_per_month, candidate.operations_h_per_month, -candidate.availability, candidate.id


def _attributes(candidate: Candidate, relevance: Relevance) -> list[float]:
    return [
        candidate.cost_usd_per_month,
        candidate.operations_h_per_month if relevance.operations else 0.0,
        -candidate.availability if relevance.availability else 0.0,
        -candidate.quality if relevance.quality else 0.0,
    ]


def always_no_slower(order: Sequence[Candidate]) -> Faster:
    """Compare in every operation, at every time: stochastically no slower (:mod:`advisor.models.dominance`)."""
    import numpy as np

    names = sorted({name for c in order for name in c.latency})
    tables = [_slowness([c.latency.get(name, (None, None))[at] for c in order]) for name in names for at in (0, 1)]
    table = np.column_stack(tables) if tables else np.zeros((len(order), 0))

    def faster(earlier: Indices, index: int) -> Mask:
        found: Mask = (table[earlier] <= table[index]).all(axis=1)
        return found

    return faster


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

        return faster

    return speed

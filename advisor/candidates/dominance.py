"""Dropping candidates that another one beats in everything that can matter.

Candidates are taken in order of cost, operations hours, availability and id, so a candidate can only be dominated by an
earlier one, and of two that are equal in all that matters the one with fewer hours, then the more available one, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.candidates.candidate import Candidate
from advisor.models.latency import no_slower
from advisor.scenario.requirements import COUNTS


@dataclass(frozen=True)
class Relevance:
    """What can matter besides cost: what no requirement or goal speaks about keeps no candidate alive."""

    operations: bool = True
    availability: bool = True
    quality: bool = True
    counts: tuple[str, ...] = COUNTS
    cards: bool = True


def dominated_by(
    candidates: Sequence[Candidate], faster: Callable[[Candidate, Candidate], bool], relevance: Relevance = Relevance()
) -> dict[str, Candidate]:
    """Return id -> a nondominated candidate at least as good, for every dominated candidate of one role.

    ``faster(a, b)`` says whether a is no slower than b in every way that matters. Candidates sized for different cache
    use are never compared; where numbers of clouds, vendors or own systems matter, one that has other ones is compared
    only if it adds none to some that are there without it. Leaving a role out dominates nothing.
    """
    import numpy as np

    order = sorted((c for c in candidates if not c.is_none), key=_order)
    types = sorted({card for c in order for card in c.cards}) if relevance.cards else []
    values = np.array([[*_attributes(c, relevance), *(c.cards.get(card, 0) for card in types)] for c in order])
    values = values.reshape(len(order), 4 + len(types))
    behind = np.array([hash(tuple(sorted(c.behind.items()))) for c in order])
    marks = [
        np.array([hash(own) if (own := c.distinct(metric)) else 0 for c in order]) for metric in relevance.counts
    ]
    kept: list[int] = []
    found: dict[str, Candidate] = {}
    for index, candidate in enumerate(order):
        if kept:
            earlier = np.array(kept)
            as_good = (values[earlier] <= values[index]).all(axis=1) & (behind[earlier] == behind[index])
            for same in marks:
                as_good &= (same[earlier] == same[index]) | (same[earlier] == 0)
            winner = next((order[i] for i in earlier[as_good] if faster(order[i], candidate)), None)
            if winner is not None:
                found[candidate.id] = winner
                continue
        kept.append(index)
    return found


def _order(candidate: Candidate) -> tuple[float, float, float, str]:
    return candidate.cost_usd_per_month, candidate.operations_h_per_month, -candidate.availability, candidate.id


def _attributes(candidate: Candidate, relevance: Relevance) -> list[float]:
    return [
        candidate.cost_usd_per_month,
        candidate.operations_h_per_month if relevance.operations else 0.0,
        -candidate.availability if relevance.availability else 0.0,
        -candidate.quality if relevance.quality else 0.0,
    ]


def always_no_slower(a: Candidate, b: Candidate) -> bool:
    """Return whether ``a`` is stochastically no slower than ``b`` in every operation, at every time."""
    return all(no_slower(a.latency[name][at], b.latency[name][at]) for name in b.latency for at in (0, 1))

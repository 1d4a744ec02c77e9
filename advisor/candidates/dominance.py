"""Dropping candidates that another one beats in everything that can matter.

Candidates are taken in order of cost, operations hours, availability and id, so a candidate can only be dominated by an
earlier one, and of two that are equal in all that matters the one with fewer hours, then the more available one, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.candidates.candidate import Candidate
from advisor.models.latency import no_slower


@dataclass(frozen=True)
class Relevance:
    """What can matter besides cost: what no requirement or goal speaks about keeps no candidate alive."""

    operations: bool = True
    availability: bool = True
    quality: bool = True
    clouds: bool = True


def dominated_by(
    candidates: Sequence[Candidate], faster: Callable[[Candidate, Candidate], bool], relevance: Relevance = Relevance()
) -> dict[str, Candidate]:
    """Return id -> a nondominated candidate at least as good, for every dominated candidate of one role.

    ``faster(a, b)`` says whether a is no slower than b in every way that matters. Candidates sized for different cache
    use, or (where clouds matter) in different clouds, are never compared; leaving a role out dominates nothing.
    """
    import numpy as np

    order = sorted((c for c in candidates if not c.is_none), key=_order)
    values = np.array([_attributes(c, relevance) for c in order]).reshape(len(order), 4)
    behind = np.array([hash(tuple(sorted(c.behind.items()))) for c in order])
    clouds = np.array([hash(c.clouds) if relevance.clouds and c.clouds else 0 for c in order])
    kept: list[int] = []
    found: dict[str, Candidate] = {}
    for index, candidate in enumerate(order):
        if kept:
            earlier = np.array(kept)
            as_good = (values[earlier] <= values[index]).all(axis=1) & (behind[earlier] == behind[index])
            as_good &= (clouds[earlier] == clouds[index]) | (clouds[earlier] == 0)
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

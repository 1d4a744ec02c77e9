"""What no design of a search can have, or needs: candidates that break a limit alone, or that another one beats."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.dominance import Ranked, Relevance, always_no_slower, each
from advisor.optimizer.linear import Linear, Pool
from advisor.optimizer.pooled import lattice_of
from advisor.optimizer.tails import Tail
from advisor.scenario.requirements import CARDS, CLOUDS, COUNTS, OPERATIONS, QUALITY, Bound, Filter, split_percentile

if TYPE_CHECKING:
    import numpy as np

    from advisor.optimizer.search import Search

    Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Facts:
    """What the bounds of a search say about its candidates; see the properties of the search."""

    tails: list[tuple[Bound, Tail]]
    rows: list[tuple[Linear, float]]
    hopeless: dict[tuple[str, str], Bound]


def facts_of(search: Search) -> Facts:
    """Return the bounds of a search as tails and rows, and the candidates that are out because of them."""
    facts = Facts([], [], {})
    if search.empty_roles:
        return facts
    facts.tails.extend((bound, search.tail(bound)) for bound in search.bounds if split_percentile(bound.metric))
    for bound, tail in facts.tails:
        for key in tail.hopeless():
            facts.hopeless.setdefault(key, bound)
    for bound in search.bounds:
        row = search.row(bound)
        if row is not None:
            facts.rows.append(row)
            for key in over_alone(search.pool, facts.hopeless, *row):
                facts.hopeless.setdefault(key, bound)
    return facts


def missing(search: Search, bound: Bound) -> set[tuple[str, str]]:
    """Return (role, id) that miss one bound even when every other role takes what is best for it."""
    for own, tail in search.tails:
        if own is bound:
            return set(tail.hopeless())
    row = search.row(bound)
    return set(over_alone(search.pool, (), *row)) if row is not None else set()


def over_alone(pool: Pool, hopeless: Container[tuple[str, str]], total: Linear, room: float) -> list[tuple[str, str]]:
    """Return (role, id) that break a bound on a sum even when every other role takes what is best for it."""
    import numpy as np

    if total.per_count:
        return []
    usable = {role: np.array([(role, c.id) not in hopeless for c in pool[role]]) for role in total.weights}
    least = {
        role: float(values[usable[role]].min() if usable[role].any() else values.min())
        for role, values in total.weights.items()
    }
    rest = sum(least.values()) + total.constant
    return [
        (role, pool[role][int(place)].id)
        for role, values in total.weights.items()
        for place in np.flatnonzero(rest - least[role] + values > room + 1e-9 * max(1.0, abs(room)))
    ]


def usable_of(search: Search, rules: Sequence[Filter]) -> dict[str, Mask]:
    """Return role -> which of its candidates no bound rules out alone and no rule forbids."""
    import numpy as np

    def usable(role: str, c: Candidate) -> bool:
        return (role, c.id) not in search.hopeless and all(c.admitted_by(rule) for rule in rules)

    return {role: np.array([usable(role, c) for c in found], dtype=bool) for role, found in search.pool.items()}


def leaves_out(search: Search, only: Callable[[str, Candidate], bool | None] | None) -> bool:
    """Return whether a role has no candidate that may be chosen: then no design is left.

    What is dominated need not be known for that: of each role one candidate stays that nothing dominates, unless there
    is none at all.
    """
    masks = zip(search.pool.items(), search.usable.values(), strict=True)
    return not all(
        any(yes and (only is None or only(role, c) is not False) for c, yes in zip(found, usable.tolist(), strict=True))
        for (role, found), usable in masks
    )


def never_needed(search: Search, facts: Facts) -> dict[tuple[str, str], Candidate]:
    """Return the candidates that are never needed: another one is as good in all that this scenario asks about."""
    names = {bound.metric for bound in search.bounds} | {
        t.metric for g in search.table.scenario.objective for t in g.terms
    }
    relevance = Relevance(
        operations=OPERATIONS in names,
        availability=any(name.endswith(".availability") for name in names),
        quality=QUALITY in names,
        counts=tuple(metric for metric in COUNTS if metric in names or (metric == CLOUDS and couples(search))),
        members=search.members,
        cards=any(name.startswith(CARDS) for name in names),
    )
    timed = {bound.metric for bound, _ in facts.tails}
    untimed = any("_ms." in name or "_s." in name for name in names - timed) or any(
        split_percentile(t.metric) for g in search.table.scenario.objective for t in g.terms
    )
    times = {lattice_of(bound): tail for bound, tail in facts.tails}
    speed = each([*(tail.speed for tail in times.values()), *([always_no_slower] if untimed else [])])
    found: dict[tuple[str, str], Candidate] = {}
    for role, candidates in search.pool.items():
        usable = [c for c in candidates if (role, c.id) not in facts.hopeless]
        asked = tuple(key for key, tail in times.items() if role in tail.roles)
        key = (role, relevance, untimed, asked, tuple(c.id for c in usable))
        known = search.pooled.dominated
        if key not in known:
            known[key] = {}
            among = frozenset(c.id for c in usable)
            for some in _ranked(search, role):
                beaten = some.dominated(speed, relevance, among)
                known[key] |= {(role, name): winner for name, winner in beaten.items()}
        found |= known[key]
    return found


def _ranked(search: Search, role: str) -> list[Ranked]:
    """Return the candidates of a role that may be compared with each other, ready for it."""
    known = search.pooled.ranked
    if role not in known:
        known[role] = [Ranked(some) for some in search.shared.alike(search.pool[role])]
    return known[role]


def couples(search: Search) -> bool:
    """Return whether designs of a search can have calls between two clouds."""
    most = min((b.limit for b in search.bounds if b.metric == CLOUDS), default=math.inf)
    clouds = {cloud for found in search.pool.values() for c in found for cloud in c.clouds}
    return most >= 2 and len(clouds) >= 2 and bool(search.table.scenario.clouds)

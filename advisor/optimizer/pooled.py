"""Candidates under the rules on options, and what is remembered of them for every search that has the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate, passing
from advisor.candidates.dominance import Ranked, Relevance, always_no_slower, dominated_by
from advisor.candidates.table import Table
from advisor.optimizer.linear import Linear
from advisor.optimizer.slots import Timed
from advisor.optimizer.tails import Tail
from advisor.scenario.requirements import Bound, Filter, Requirement, split_percentile

if TYPE_CHECKING:
    import numpy as np

    Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass
class Shared:
    """What does not depend on the requirements and serves every search over the same candidates.

    Attributes:
        apart: rules on options that come and go: they do not shape the pool but forbid some of its candidates, and
            candidates that they tell apart are never compared.
        beaten: what was found of the sizes of a component; most pools have most of them whole.
    """

    pools: dict[tuple[Filter, ...], Pooled] = field(default_factory=dict)
    apart: tuple[Filter, ...] = ()
    beaten: dict[tuple[Any, ...], dict[str, Candidate]] = field(default_factory=dict)

    def pool(self, table: Table, filters: tuple[Filter, ...], relevance: Relevance) -> Pooled:
        """Return the candidates that pass some filters, without those that another one of the component beats."""
        if filters not in self.pools:
            pool: dict[str, list[Candidate]] = {}
            beaten: dict[tuple[str, str], Candidate] = {}
            for role, found in table.candidates.items():
                fit = passing(found, filters)
                worse: dict[str, Candidate] = {}
                for same in self.alike(fit, lambda c: c.component_id):
                    worse |= self._beaten(role, same, relevance)
                pool[role] = [c for c in fit if c.id not in worse]
                beaten |= {(role, name): winner for name, winner in worse.items()}
            self.pools[filters] = Pooled(pool, beaten)
        return self.pools[filters]

    def _beaten(self, role: str, sizes: Sequence[Candidate], relevance: Relevance) -> dict[str, Candidate]:
        """Return the sizes of a component that another one beats."""
        key = (role, relevance, tuple(c.id for c in sizes))
        if key not in self.beaten:
            self.beaten[key] = dominated_by(sizes, always_no_slower, relevance)
        return self.beaten[key]

    def alike(
        self, candidates: Iterable[Candidate], key: Callable[[Candidate], object] = lambda c: None
    ) -> list[list[Candidate]]:
        """Return candidates in groups that are equal in a key and that no rule tells apart which comes and goes."""
        found: dict[tuple[object, ...], list[Candidate]] = {}
        for c in candidates:
            found.setdefault((key(c), *(c.admitted_by(rule) for rule in self.apart)), []).append(c)
        return list(found.values())


@dataclass
class Pooled:
    """What only depends on the candidates that pass the filters."""

    pool: dict[str, list[Candidate]]
    beaten: dict[tuple[str, str], Candidate]
    sums: dict[str, Linear | None] = field(default_factory=dict)
    tails: dict[tuple[str, str, float], Tail] = field(default_factory=dict)
    timed: dict[tuple[str, str], Timed] = field(default_factory=dict)
    dominated: dict[tuple[Any, ...], dict[tuple[str, str], Candidate]] = field(default_factory=dict)
    ranked: dict[str, list[Ranked]] = field(default_factory=dict)
    distinct: dict[str, dict[str, list[frozenset[str]]]] = field(default_factory=dict)
    fitting: dict[frozenset[str], dict[str, Mask]] = field(default_factory=dict)
    linked: dict[tuple[tuple[str, str], ...], Pooled] = field(default_factory=dict)
    copied: dict[Any, dict[str, list[Candidate]]] = field(default_factory=dict)


def at_least_as_strict(new: Requirement, old: Requirement) -> bool:
    """Return whether whatever meets one requirement meets another one."""
    if isinstance(new, Bound) and isinstance(old, Bound):
        tighter = new.limit <= old.limit if old.upper else new.limit >= old.limit
        return new.metric == old.metric and new.upper == old.upper and tighter
    return new == old


def lattice_of(bound: Bound) -> tuple[str, str, float]:
    """Return what names the lattice of a percentile bound: all bounds at the same time of a measure share it."""
    at = split_percentile(bound.metric)
    assert at is not None
    return at[0], at[1], bound.limit

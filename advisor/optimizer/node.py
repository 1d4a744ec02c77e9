"""A case that the exact engine is to search, and why a search of it may end before it is proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.optimizer.counted import Counted
from advisor.optimizer.proof import Proof
from advisor.optimizer.situations import Situation

CaseKey = tuple[int, tuple[tuple[str, frozenset[str]], ...]]  # number of the situation, and what is allowed of a metric


class UnsettledError(Exception):
    """A design that contradicts itself, or uses too many names, would be better than all that are known.

    ``names``: for the first bound on a number of names that it breaks, its place among them and the names.
    """

    def __init__(self, names: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.names = names


class LaterError(Exception):
    """A case is easier once a better design is known, and other cases may have one."""


@dataclass(frozen=True)
class Node:
    """A case to be searched, with the situation and the sets that it is made of; the key of the case it fell from."""

    key: CaseKey
    proof: Proof
    situation: Situation
    allowed: Mapping[str, frozenset[str]]
    counts: tuple[Counted, ...]

    @property
    def open(self) -> bool:
        """Whether something is not settled yet."""
        return bool(self.situation.open) or any(count.open for count in self.counts)

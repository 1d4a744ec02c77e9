"""A bound that one run adds on top of the requirements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.optimizer.linear import Linear
from advisor.optimizer.tails import Tail
from advisor.scenario.requirements import Bound

if TYPE_CHECKING:
    import pulp


@dataclass(frozen=True)
class Limit:
    """A bound that a run adds on top of the requirements.

    Attributes:
        tail: for a percentile, its exact form over the pool. row: for a sum, the sum and what it may be at most.
        closed: (role, id) that miss it whatever else is chosen.
        cuts: what the judge taught the program under this limit (and those before it).
    """

    bound: Bound
    tail: Tail | None
    row: tuple[Linear, float] | None
    closed: tuple[tuple[str, str], ...]
    cuts: list[pulp.LpConstraint]

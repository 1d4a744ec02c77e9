"""A number that is followed in one direction, until a design no longer is the best."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.analysis.fixed import FixedDesign
from advisor.analysis.knobs import Knob
from advisor.analysis.resolver import Starts
from advisor.optimizer.found import Found


@dataclass
class Line:
    """Where a number is followed: the design is known to be the best at ``start``, and not at ``end``.

    Attributes:
        near, far: where the two sides are now. rivals: the designs that it is judged against in between.
        thirds: how many designs turned up in between. halve: whether the next solve is half-way.
        unaided: whether the solver alone is asked, between ``start`` and ``end``.
        at_near, at_far: what is proved there.
        flips: False where the solver keeps the design all the way.
    """

    knob: Knob
    start: float
    end: float
    near: float
    far: float
    rivals: list[FixedDesign]
    thirds: int = 0
    halve: bool = False
    unaided: bool = False
    at_near: Found | None = None
    at_far: Found | None = None
    flips: bool = True
    done: bool = False

    @property
    def probe(self) -> float:
        """Where the near side is asked about next."""
        half_way = self.halve and not self.knob.close(self.start, self.near)
        return self.knob.between(self.start, self.near) if half_way else self.near

    @property
    def starts(self) -> Starts:
        """Designs that may be good around here, the one met last first."""
        return [one.evaluation.design for one in self.rivals]

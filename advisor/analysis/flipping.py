"""What a break-even is: a number, where it flips the design, and what is the best on either side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from advisor.analysis.changes import RoleChange
from advisor.analysis.knobs import Knob
from advisor.evaluation.result import Check, Evaluation


@dataclass(frozen=True)
class BreakEven:
    """Where a number flips the design.

    Attributes:
        kept_at: the design is the optimum here (proved by a bound, or solved again), and ``kept`` is what it does.
        flips_at: it no longer is (solved again); ``after`` is the optimum, None when no design meets all requirements.
        broken: requirements that the design itself no longer meets at ``flips_at``.
        problems: why it cannot be run there at all.
        roles: what happens to each role; () without a design.
        proved: False when the time limit came before both sides were solved.
    """

    knob: Knob
    kept_at: float
    flips_at: float
    kept: Evaluation
    after: Evaluation | None
    broken: tuple[Check, ...]
    problems: tuple[str, ...]
    roles: tuple[RoleChange, ...]
    proved: bool = True

    @property
    def change(self) -> float:
        """By how much the number moves until then, as a share of itself."""
        return self.flips_at / self.knob.value - 1

    @property
    def within_range(self) -> bool:
        """Whether it lies within the number's own range."""
        return self.knob.low <= self.flips_at <= self.knob.high

    @property
    def flips(self) -> tuple[RoleChange, ...]:
        """The roles that are filled or run differently."""
        return tuple(one for one in self.roles if one.flips)


@dataclass(frozen=True)
class BreakEvens:
    """What was found, and what was asked.

    Attributes:
        found: the closest first.
        followed: numbers followed in both directions; ``immaterial``: those that change no option that far.
        open: (number, direction) that the time limit left unsettled.
    """

    found: tuple[BreakEven, ...]
    followed: tuple[Knob, ...]
    immaterial: tuple[Knob, ...]
    open: tuple[tuple[Knob, int], ...]


def joined(parts: Iterable[BreakEvens]) -> BreakEvens:
    """Return what was found about different numbers as one, the closest break-even first."""
    known = list(parts)
    found = [one for part in known for one in part.found]
    return BreakEvens(
        tuple(sorted(found, key=closest_first)),
        tuple(knob for part in known for knob in part.followed),
        tuple(knob for part in known for knob in part.immaterial),
        tuple(one for part in known for one in part.open),
    )


def closest_first(one: BreakEven) -> tuple[float, str, float]:
    """Return what break-evens are sorted by: how far the number moves until then."""
    return abs(one.change), one.knob.path, one.flips_at

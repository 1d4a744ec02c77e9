"""Headroom: how far a design that stays as it is carries growth, and what breaks first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from advisor.analysis.fixed import FixedDesign
from advisor.analysis.volumes import Volumes, middle
from advisor.candidates.table import table
from advisor.evaluation.result import Check, Evaluation
from advisor.scenario.requirements import Bound

CLOSE = 0.0005  # the last factor at which it holds and the first at which it breaks are this close, relative
FARTHEST = 1000.0  # headroom is looked for up to this factor
POINTS_A_DECADE = 12  # at which a design that stays is judged before halving


@dataclass(frozen=True)
class Breaks:
    """When one thing breaks in a design that stays as it is.

    Attributes:
        what: path of a requirement, or "capacity".
        holds_at, breaks_at: the last factor at which it holds and the first at which it does not; None when it holds as
            far as was looked. What still holds where capacity ends is not listed.
        check: the requirement as it is broken; None for capacity, which ``problems`` describe.
    """

    what: str
    holds_at: float
    breaks_at: float | None
    check: Check | None
    problems: tuple[str, ...] = ()


def headroom(volumes: Volumes, design: Evaluation) -> Iterator[Breaks]:
    """Yield when each requirement, and the capacity, of a design that stays as it is breaks; the first first."""
    stays = _Stays(volumes, design)
    paths = [check.requirement.path for check in design.checks if isinstance(check.requirement, Bound)]
    found = [stays.breaks(path) for path in (*paths, "capacity")]
    known = [one for one in found if one.what == "capacity" or one.check or one.breaks_at is None]
    yield from sorted(known, key=lambda one: (one.breaks_at is None, one.breaks_at or 0.0))


class _Stays:
    """A design that stays as it is, judged at factors on a grid and in between."""

    def __init__(self, volumes: Volumes, design: Evaluation) -> None:
        self.volumes = volumes
        origin = table(volumes.scenario, volumes.catalog, volumes.as_of, only={role: () for role in design.design})
        self.fixed = FixedDesign(design, origin)
        self.judged: dict[float, tuple[Evaluation | None, tuple[str, ...]]] = {1.0: (design, ())}
        self.grid = [1.0]
        while self.grid[-1] < (most := min(FARTHEST, volumes.most())):
            self.grid.append(min(most, 10 ** (len(self.grid) / POINTS_A_DECADE)))

    def at(self, factor: float) -> tuple[Evaluation | None, tuple[str, ...]]:
        """Return the judgement at a factor, and why the design cannot be run there."""
        if factor not in self.judged:
            found = self.fixed.under(self.volumes.scaled(factor))
            problems = found.problems or (found.evaluation.consistent if found.evaluation else ())
            self.judged[factor] = (None if problems else found.evaluation, problems)
        return self.judged[factor]

    def holds(self, factor: float, what: str) -> bool:
        """Return whether a requirement holds at a factor, or whether the design can be run there."""
        evaluation = self.at(factor)[0]
        if evaluation is None:
            return False
        return what == "capacity" or self._check(evaluation, what).holds

    @staticmethod
    def _check(evaluation: Evaluation, what: str) -> Check:
        return next(check for check in evaluation.checks if check.requirement.path == what)

    def breaks(self, what: str) -> Breaks:
        """Return when one thing breaks first."""
        last = 1.0
        for factor in self.grid[1:]:
            if not self.holds(factor, what):
                return self._halved(what, last, factor)
            last = factor
        return Breaks(what, last, None, None)

    def _halved(self, what: str, holds: float, breaks: float) -> Breaks:
        while breaks > holds * (1 + CLOSE):
            factor = middle(holds, breaks)
            if self.holds(factor, what):
                holds = factor
            else:
                breaks = factor
        evaluation, problems = self.at(breaks)
        check = self._check(evaluation, what) if evaluation is not None and what != "capacity" else None
        return Breaks(what, holds, breaks, check, problems)

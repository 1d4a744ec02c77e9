"""Flips: where growth makes another design the best one, found by halving and solved on both sides.

The way from one solved volume to the next is gone in small steps among the options met so far, which is quick: units
come in steps, so a design may stop to be the best and be it again soon. Where one differs from the one before, the
place is found by halving, and then everything is solved again on both sides of it. An option that turns up only there
joins the others, and the search goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.analysis.changes import RoleChange, role_changes
from advisor.analysis.volumes import Volume, Volumes, middle, options_seen, spaced
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import Bound

CLOSE = 0.005  # the two sides of a flip are this close, relative
MOST_ROUNDS = 12  # how often an option may turn up that was not met before
STEP = 1.1  # two looks among the options met so far are at most this far apart, as a factor
MOST_FLIPS = 144  # between two volumes


@dataclass(frozen=True)
class Flip:
    """Where the best design becomes another one: both sides are solved over everything in the catalog.

    Attributes:
        before, after: the optimum at the two factors, which are close together.
        roles: the roles whose option changes. proved: False when time ran out.
    """

    before: Volume
    after: Volume
    roles: tuple[RoleChange, ...]
    proved: bool = True

    @property
    def lifted(self) -> tuple[Bound, ...]:
        """The budgets that hold before and cannot hold after."""
        return tuple(bound for bound in self.after.lifted if bound not in self.before.lifted)


@dataclass(frozen=True)
class Between:
    """Finds the flips between two neighbours of some solved volumes, by the place of the first.

    What is met between other neighbours is not used, so each two can be looked between in any process.

    ``solved``: volumes at growing factors.
    """

    volumes: Volumes
    solved: tuple[Volume, ...]

    def __call__(self, place: int) -> tuple[tuple[Flip, ...], int]:
        """Return the flips in order, and how often everything was solved for them."""
        walk = _Walk(self.volumes.apart(self.solved), self.solved, place)
        return tuple(walk.flips()), walk.volumes.solves


class _Walk:
    """Goes from a solved volume to the next one in small steps, and stops where something flips."""

    def __init__(self, volumes: Volumes, solved: Sequence[Volume], place: int) -> None:
        self.volumes, self.seen = volumes, [*solved]
        self.low, self.high = solved[place : place + 2]
        self.steps = [*spaced(self.low.factor, self.high.factor, STEP)]

    def flips(self) -> Iterator[Flip]:
        """Yield the flips, in order."""
        low = self.low
        for _ in range(MOST_FLIPS):
            flip = self._first(low)
            if flip is None:
                return
            yield flip
            if not flip.proved:
                return
            low = flip.after

    def _first(self, low: Volume) -> Flip | None:
        """Return the first flip after a solved factor; None where there is none."""
        high = self.high
        for _ in range(MOST_ROUNDS):
            sides = self._sides(low, high)
            if sides is None:
                return None
            before, after = (self.volumes.at(factor) for factor in sides)
            self.seen += [before, after]
            if Status.STOPPED in (before.status, after.status):
                return _flip(before, after, proved=False)
            if before.structure != low.structure:  # something else comes first
                high = before
            elif after.structure == low.structure:  # what was met so far flips later
                low = after
            else:
                return _flip(before, after)
        return _flip(low, high, proved=False)

    def _sides(self, low: Volume, high: Volume) -> tuple[float, float] | None:
        """Return two close factors between which the design of the first flips, among the options met so far."""
        options = options_seen(self.seen)
        known = {one.factor: one for one in (*self.volumes.among_same(options), *self.seen)}
        a = low.factor
        for b in sorted({*known, *self.steps, high.factor}):
            if not low.factor < b <= high.factor:
                continue
            there = known[b] if b in known else self.volumes.among(b, options)
            if there.structure != low.structure:
                return self._halved(low, a, b, options)
            a = b
        return None

    def _halved(self, low: Volume, a: float, b: float, options: Mapping[str, Collection[str]]) -> tuple[float, float]:
        while b > a * (1 + CLOSE):
            factor = middle(a, b)
            if self.volumes.among(factor, options).structure == low.structure:
                a = factor
            else:
                b = factor
        return a, b


def _flip(before: Volume, after: Volume, *, proved: bool = True) -> Flip:
    changes = role_changes(before.evaluation, after.evaluation) if before.evaluation and after.evaluation else ()
    kept = tuple(one for one in changes if _options(one.before) != _options(one.after))
    return Flip(before, after, kept, proved)


def _options(candidate: object) -> tuple[str, ...]:
    members = getattr(candidate, "members", ())
    return tuple(m.option.id if m.option else "" for m in members)

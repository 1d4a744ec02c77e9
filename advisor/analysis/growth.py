"""Growth: the same scenario at more volume: what flips at which factor, what it costs, and when a design breaks.

The factors that are asked for are solved first. Where two neighbours differ in an option, the place in between is found
by halving among the options met so far, which is quick, and then everything is solved again on both sides of it. An
option that turns up only there joins the others, and the search goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.analysis.answers import Progress, silent
from advisor.analysis.changes import RoleChange, role_changes
from advisor.analysis.fixed import FixedDesign
from advisor.analysis.volumes import Volume, Volumes, middle, options_seen
from advisor.candidates.table import table
from advisor.candidates.unswept import unswept
from advisor.evaluation.result import Check, Evaluation
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import Bound

CLOSE = 0.005  # the two sides of a flip are this close, relative
MOST_ROUNDS = 12  # how often an option may turn up that was not met before
FARTHEST = 1000.0  # headroom is looked for up to this factor
POINTS_A_DECADE = 12  # at which a design that stays is judged before halving


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


@dataclass(frozen=True)
class Growth:
    """What growth does.

    Attributes:
        of: parameter -> value at factor 1.
        volumes: the optimum at each factor.
        flips: in the order of the factors.
        headroom: what breaks in the design of factor 1 left as it is, the first first; () without a design.
        solves: how often everything was solved.
    """

    of: Mapping[str, float]
    volumes: tuple[Volume, ...]
    flips: tuple[Flip, ...]
    headroom: tuple[Breaks, ...]
    solves: int

    @property
    def base(self) -> Volume:
        """The scenario as it is."""
        return next(one for one in self.volumes if one.factor == 1)

    @property
    def proved(self) -> bool:
        """Whether nothing was left open by a time limit."""
        return all(v.status is not Status.STOPPED for v in self.volumes) and all(f.proved for f in self.flips)


def growth(volumes: Volumes, factors: Sequence[float], progress: Progress = silent) -> Growth:
    """Return what happens at some factors and in between; 1 is always among them.

    >>> import advisor
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"))
    >>> found = growth(Volumes(scenario, advisor.load_catalog(), None, {"requests_per_month": 3e6}), [1])
    >>> [volume.factor for volume in found.volumes], found.flips
    ([1.0], ())
    """
    with unswept():
        return _grown(volumes, sorted({1.0, *map(float, factors)}), progress)


def _grown(volumes: Volumes, wanted: Sequence[float], progress: Progress) -> Growth:
    grid = []
    for index, factor in enumerate(wanted):
        progress(index, 2 * len(wanted), f"at {factor:g} times the volume")
        grid.append(volumes.at(factor))
    seen: list[Volume] = list(grid)
    flips: list[Flip] = []
    for index, (low, high) in enumerate(pairwise(grid)):
        progress(len(wanted) + index, 2 * len(wanted), f"between {low.factor:g} and {high.factor:g} times")
        flips += _between(volumes, low, high, seen)
    base = volumes.at(1.0)
    headroom = tuple(_headroom(volumes, base.evaluation)) if base.evaluation and not base.lifted else ()
    return Growth(volumes.of, tuple(grid), tuple(flips), headroom, volumes.solves)


# --- flips ------------------------------------------------------------------------------------------------------------


def _between(volumes: Volumes, low: Volume, high: Volume, seen: list[Volume]) -> Iterator[Flip]:
    """Yield the flips between two solved factors, in order."""
    for _ in range(MOST_ROUNDS * POINTS_A_DECADE):
        if low.structure == high.structure:
            return
        flip = _first(volumes, low, high, seen)
        yield flip
        if not flip.proved:
            return
        low = flip.after


def _first(volumes: Volumes, low: Volume, high: Volume, seen: list[Volume]) -> Flip:
    """Return the first flip after a solved factor, given that there is one before another."""
    for _ in range(MOST_ROUNDS):
        a, b = _halved(volumes, low, high, seen)
        before, after = volumes.at(a), volumes.at(b)
        seen += [before, after]
        if Status.STOPPED in (before.status, after.status):
            return _flip(before, after, proved=False)
        if before.structure != low.structure:  # something else comes first
            high = before
        elif after.structure == low.structure:  # what was met so far flips later
            low = after
        else:
            return _flip(before, after)
    return _flip(low, high, proved=False)


def _halved(volumes: Volumes, low: Volume, high: Volume, seen: Sequence[Volume]) -> tuple[float, float]:
    """Return two close factors between which the design of the first flips, among the options met so far.

    What was found in between before, among the same options, says where to begin.
    """
    options = options_seen(seen)
    known = {one.factor: one for one in (*volumes.among_same(options), *seen)}
    inside = [known[factor] for factor in sorted(known) if low.factor < factor < high.factor]
    flipped = next((n for n, one in enumerate(inside) if one.structure != low.structure), len(inside))
    a, b = (inside[flipped - 1] if flipped else low).factor, (inside[flipped] if flipped < len(inside) else high).factor
    while b > a * (1 + CLOSE):
        factor = middle(a, b)
        if volumes.among(factor, options).structure == low.structure:
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


# --- headroom ---------------------------------------------------------------------------------------------------------


def _headroom(volumes: Volumes, design: Evaluation) -> Iterator[Breaks]:
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
        while breaks > holds * (1 + CLOSE / 10):
            factor = middle(holds, breaks)
            if self.holds(factor, what):
                holds = factor
            else:
                breaks = factor
        evaluation, problems = self.at(breaks)
        check = self._check(evaluation, what) if evaluation is not None and what != "capacity" else None
        return Breaks(what, holds, breaks, check, problems)

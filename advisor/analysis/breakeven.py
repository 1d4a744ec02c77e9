"""Break-evens: how far a number can move until another design is the best, each side of it proved.

The end of the reach comes first. What the design costs there against the best that differs in the roles which the
number touches settles most numbers without solving; the others are solved. Where the design is no longer the best, the
two designs are judged at values in between until they change places. The far side is solved anew; below, it must still
be the design, by the same bound or by solving; if a third one is better there, the search goes on with that one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from advisor.analysis.changes import CarriedOver, RoleChange, role_changes
from advisor.analysis.crossing import Place, crossing
from advisor.analysis.fixed import FixedDesign, margins, touches, within_target
from advisor.analysis.gaps import Gaps, Reading, read, settled
from advisor.analysis.knobs import Knob, turned
from advisor.analysis.resolver import beats
from advisor.evaluation.result import Check, Evaluation
from advisor.optimizer.run import Found, goal_value
from advisor.optimizer.solver import Status

DEFAULT_REACH = 1.5  # numbers are followed this far in both directions, or to the end of their own range
MATERIAL = 0.01  # a number is followed when the far end of its reach moves some metric by this share
MOST_ROUNDS = 8  # third designs that may turn up in between


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
        return tuple(one for one in self.roles if one.kind not in ("same", "recosted"))


@dataclass(frozen=True)
class BreakEvens:
    """What was found, and what was asked.

    Attributes:
        found: the closest first.
        followed: numbers followed in both directions; ``immaterial``: those that move too little to be followed.
        open: (number, direction) that the time limit left unsettled.
    """

    found: tuple[BreakEven, ...]
    followed: tuple[Knob, ...]
    immaterial: tuple[Knob, ...]
    open: tuple[tuple[Knob, int], ...]


@dataclass
class _Line:
    """A number followed in one direction: the design is known to be the best at ``start``, and not at ``end``.

    Attributes:
        reading: what the number does to candidates at the end.
        near, far: where the two sides are now. rivals: the designs that it is judged against in between.
    """

    knob: Knob
    start: float
    end: float
    reading: Reading | None
    near: float
    far: float
    rivals: list[FixedDesign]
    at_near: Found | None = None
    at_far: Found | None = None
    done: bool = False


Ends = list[tuple[Knob, float]]


def break_evens(gaps: Gaps, knobs: Sequence[Knob], factor: float) -> BreakEvens:
    """Return every break-even of some numbers within a factor of what they are (or their range, where that is wider).

    A design that flips back farther out is not looked for: the first flip in each direction is what is reported.
    """
    return _Follower(gaps, factor).run(knobs)


def joined(parts: Iterable[BreakEvens]) -> BreakEvens:
    """Return what was found about different numbers as one, the closest break-even first."""
    known = list(parts)
    found = [one for part in known for one in part.found]
    return BreakEvens(
        tuple(sorted(found, key=_closest_first)),
        tuple(knob for part in known for knob in part.followed),
        tuple(knob for part in known for knob in part.immaterial),
        tuple(one for part in known for one in part.open),
    )


def _closest_first(one: BreakEven) -> tuple[float, str, float]:
    return abs(one.change), one.knob.path, one.flips_at


class _Follower:
    def __init__(self, gaps: Gaps, factor: float) -> None:
        self.gaps, self.resolver, self.factor = gaps, gaps.resolver, factor
        self.known: dict[tuple[str, ...], FixedDesign] = {}
        self.fixed = self._as_it_is(self.resolver.best)
        self.rivals = [self._as_it_is(one) for one in gaps.rivals]
        self.readings: dict[tuple[Knob, float], Reading] = {}

    def _fixed(self, design: Evaluation) -> FixedDesign:
        return FixedDesign(design, self.resolver.table)

    def _as_it_is(self, design: Evaluation) -> FixedDesign:
        """Return a design of the scenario as it is, each made once: other numbers would be in its candidates."""
        key = tuple(c.id for c in design.design.values())
        if key not in self.known:
            self.known[key] = self._fixed(design)
        return self.known[key]

    def run(self, knobs: Sequence[Knob]) -> BreakEvens:
        ends = [(k, v) for k in knobs for d in (-1, 1) if (v := k.reach(d, self.factor)) != k.value]
        material = [end for end in ends if self._material(*end)]
        asked = [end for end in material if not self._settled(*end)]
        lost = [end for end in asked if self._lost(*end)]  # the design cannot be the best there: no need to solve
        unsure = [end for end in asked if end not in set(lost)]
        found = self._solved(unsure)
        lines = [self._line(*end, self._next(end)) for end in lost]
        for (knob, value), one in zip(unsure, found, strict=True):
            if one.status is not Status.STOPPED and self._flipped(knob, value, self._of(one)):
                lines.append(self._line(knob, value, self._of(one)))
        self._narrow(lines)
        open_ = [(k, -1 if v < k.value else 1) for (k, v), one in zip(unsure, found, strict=True) if _stopped(one)]
        followed = tuple(dict.fromkeys(knob for knob, _ in material))
        results = sorted(map(self._result, lines), key=_closest_first)
        idle = tuple(k for k in knobs if k not in set(followed))
        return BreakEvens(tuple(results), followed, idle, tuple(open_))

    def _of(self, found: Found) -> list[FixedDesign]:
        return [self._fixed(found.best)] if found.best else []

    def _line(self, knob: Knob, value: float, rivals: list[FixedDesign]) -> _Line:
        return _Line(knob, knob.value, value, self.readings.get((knob, value)), knob.value, value, rivals)

    # --- which ends are solved ----------------------------------------------------------------------------------------

    def _material(self, knob: Knob, value: float) -> bool:
        """Return whether a number moves the design, or a rival of it, enough to be followed; prices always are."""
        if knob.figure is not None and knob.figure.name.startswith("price."):
            return True
        return any(_moves(one.evaluation, one.at(knob, value)) for one in (self.fixed, *self._on(knob)))

    def _on(self, knob: Knob) -> list[FixedDesign]:
        """Return the closest rival that stands on a figure which the design does not stand on."""
        figure = knob.figure
        if figure is None or any(touches(figure, c) for c in self.resolver.best.design.values()):
            return []
        return [one for one in self.rivals if any(touches(figure, c) for c in one.evaluation.design.values())][:1]

    def _settled(self, knob: Knob, value: float) -> bool:
        reading = self.readings[knob, value] = read(self.gaps, knob, value)
        return settled(self.gaps, reading, self.fixed.at(knob, value).evaluation)

    def _lost(self, knob: Knob, value: float) -> bool:
        """Return whether the design certainly is not the best at a value: it cannot be chosen, or a rival beats it."""
        return self._flipped(knob, value, self._next((knob, value)))

    def _next(self, end: tuple[Knob, float]) -> list[FixedDesign]:
        """Return the best designs that differ in the roles which a worsening number touches."""
        reading = self.readings.get(end)
        if reading is None or reading.kind != "worse":
            return []
        found = (self.gaps.next_best(role).best for role in reading.roles)
        return [self._as_it_is(one) for one in found if one is not None]

    def _solved(self, ends: Ends, floors: Sequence[float] = ()) -> list[Found]:
        """Return the optimum at each end; figures share searches."""
        figures = [k.figure is not None for k, _ in ends]
        bounds = [floor for floor, one in zip(floors, figures, strict=True) if one] if floors else []
        known = iter(self.resolver.under_figures([{k.figure: v} for k, v in ends if k.figure], bounds))
        return [next(known) if knob.figure is not None else self.resolver.at(knob, [v])[0] for knob, v in ends]

    # --- between the near and the far side ----------------------------------------------------------------------------

    def _flipped(self, knob: Knob, value: float, rivals: Iterable[FixedDesign]) -> bool:
        """Return whether the design can no longer be chosen at a value, or a rival is better there."""
        return not self._place(knob, value, rivals).kept

    def _place(self, knob: Knob, value: float, rivals: Iterable[FixedDesign]) -> Place:
        """Return whether the design can be chosen at a value and no rival is better, with how far each is from it."""
        mine = self.fixed.at(knob, value, brief=True).evaluation
        if mine is None:
            return Place(value, kept=False)
        if not within_target(mine):
            return Place(value, kept=False, margins=tuple(margins(mine)))
        others = [rival.at(knob, value, brief=True).evaluation for rival in rivals]
        fit = [one if one is not None and within_target(one) else None for one in others]
        own = goal_value(self.gaps.goal, mine)
        ahead = (None if one is None else goal_value(self.gaps.goal, one) - own for one in fit)
        kept = not any(one is not None and beats(one, mine) for one in fit)
        return Place(value, kept, (*margins(mine), *ahead))

    def _narrow(self, lines: list[_Line]) -> None:
        """Bring near and far together, then solve on both sides, until the near side is still the design's."""
        for _ in range(MOST_ROUNDS):
            active = [line for line in lines if not line.done]
            if not active:
                return
            for line in active:
                self._close_in(line)
                self._look_closer(line)
            known = [self._proved(line) for line in active]
            open_ = [line for line, near in zip(active, known, strict=True) if near is None]
            sides = [(line.knob, line.near) for line in open_] + [(line.knob, line.far) for line in active]
            floors = [self._floor(line) for line in open_] + [-math.inf] * len(active)
            found = self._solved(sides, floors)
            nears, fars = iter(found[: len(open_)]), found[len(open_) :]
            for line, near, far in zip(active, known, fars, strict=True):
                self._check(line, near or next(nears), far)

    def _proved(self, line: _Line) -> Found | None:
        """Return the design as the optimum of the near side where that is proved without solving, else None."""
        mine = self.fixed.at(line.knob, line.near).evaluation
        if mine is None or not settled(self.gaps, read(self.gaps, line.knob, line.near), mine):
            return None
        return Found(Status.OPTIMAL, mine)

    def _close_in(self, line: _Line) -> None:
        line.near, line.far = crossing(
            line.knob, line.near, line.far, lambda value: self._place(line.knob, value, line.rivals)
        )

    def _look_closer(self, line: _Line) -> None:
        """Move the sides to where an option met so far, in another size, is better already: quicker than to solve."""
        if line.knob.figure is not None or (line.reading is not None and line.reading.kind == "worse"):
            return
        for _ in range(MOST_ROUNDS):
            scenario = turned(self.resolver.table.scenario, line.knob, line.near, self.resolver.table.catalog)
            found = self.resolver.among(scenario, self._options(line)).best
            mine = self.fixed.at(line.knob, line.near).evaluation
            if found is None or mine is None or not beats(found, mine):
                return
            line.near, line.far, line.rivals = line.start, line.near, [*line.rivals, self._fixed(found)]
            self._close_in(line)

    def _options(self, line: _Line) -> dict[str, frozenset[str]]:
        """Return role -> options of the design, its rivals, and the rivals met along a line."""
        met = [self.fixed, *self.rivals, *line.rivals]
        return {role: frozenset().union(*(one.options[role] for one in met)) for role in self.fixed.options}

    def _floor(self, line: _Line) -> float:
        """Return what is proved of the near side before it is solved."""
        mine = self.fixed.at(line.knob, line.near).evaluation
        if line.reading is None or line.reading.kind != "worse" or mine is None:
            return -math.inf
        return self.gaps.floor(line.reading.roles, goal_value(self.gaps.goal, mine))

    def _check(self, line: _Line, near: Found, far: Found) -> None:
        """Settle a line, or say where to go on: before a third design, or behind what the solver cannot tell apart."""
        if _stopped(near) or _stopped(far):
            line.done = True
            return
        mine = self.fixed.at(line.knob, line.near).evaluation
        assert mine is not None, "the near side is where the design can be run"
        if near.best is not None and beats(near.best, mine):
            line.near, line.far, line.rivals = line.start, line.near, [*line.rivals, self._fixed(near.best)]
            return
        there = self.fixed.at(line.knob, line.far).evaluation
        lost = there is None or not within_target(there) or (far.best is not None and beats(far.best, there))
        if lost:
            line.at_near, line.at_far, line.done = near, far, True
        else:
            line.near, line.far = line.far, line.end
            line.done = line.knob.close(line.near, line.end)

    def _result(self, line: _Line) -> BreakEven:
        kept = self.fixed.at(line.knob, line.near).evaluation
        assert kept is not None
        there = self.fixed.at(line.knob, line.far)
        after = line.at_far.best if line.at_far else None
        proved = line.at_near is not None and line.at_far is not None and not _stopped(line.at_far)
        broken = tuple(c for c in there.evaluation.checks if not c.holds) if there.evaluation else ()
        roles = role_changes(self.resolver.best, after) if after else ()
        return BreakEven(line.knob, line.near, line.far, kept, after, broken, _problems(there), roles, proved=proved)


def _problems(found: CarriedOver) -> tuple[str, ...]:
    return found.problems or (found.evaluation.consistent if found.evaluation else ())


def _stopped(found: Found) -> bool:
    return found.status is Status.STOPPED


def _moves(before: Evaluation, after: CarriedOver) -> bool:
    """Return whether a number moves some metric by a material share, or makes the design impossible."""
    if after.evaluation is None or after.evaluation.feasible != before.feasible:
        return True
    return any(share >= MATERIAL for share in shares(before, after.evaluation))


def shares(before: Evaluation, after: Evaluation) -> Iterator[float]:
    """Yield by what share the metrics of interest change; an availability by the share of its downtime."""
    for name in metrics_of_interest(before):
        old, new = before.metric(name), after.metric(name)
        if name.endswith(".availability"):
            old, new = 1 - old, 1 - new
        yield abs(new - old) / max(abs(old), 1e-12)


def metrics_of_interest(evaluation: Evaluation) -> tuple[str, ...]:
    """Return cost, quality, hours, and of each flow its availability, its p95s, and what a bound names."""
    names = ["cost_usd_per_month", "quality", "operations_h_per_month"]
    for flow_id, flow in evaluation.flows.items():
        names += [f"flows.{flow_id}.{measure}.p95" for measure in flow.measures]
        names.append(f"flows.{flow_id}.availability")
    names += [bound.metric for bound in evaluation.scenario.bounds]
    return tuple(dict.fromkeys(names))

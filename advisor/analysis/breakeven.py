"""Break-evens: how far a number can move until another design is the best, each side of it proved.

The end of the reach comes first. What the design costs there against the best that differs in the roles which the
number touches settles most numbers without solving; the others are solved, unless a design that is known wins there.
Where the design is no longer the best, it and its rivals are judged at values in between until they change places.
Below, it must still be the design, by the same bound or by solving; if a third one is better there, the search goes on
with that one. The far side is solved last.

Where costs are straight lines in the number this is Newton's method on their lower envelope, and ends after as many
solves as designs lie below the two. Where designs come in one after the other, each as soon as it holds a bound, the
next one always lies just before. What a looser bound brings in first mostly is what comes in last there, so it is tried
first (``beyond``). From the third third one on every other solve is half-way, and the number of solves is at most twice
the number of halvings that lead from the reach to what counts as close. Where the solver finds nothing better on the
far side, the judge took a rival there that cannot be chosen: then the solver alone is asked, half-way each time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from advisor.analysis.changes import CarriedOver, role_changes
from advisor.analysis.crossing import Margins, Place, crossing
from advisor.analysis.fixed import FixedDesign, margins, within_target
from advisor.analysis.flipping import BreakEven, BreakEvens, closest_first
from advisor.analysis.gaps import Gaps, Names, beats_the_rest, settled
from advisor.analysis.knobs import Knob, turned
from advisor.analysis.line import Line
from advisor.analysis.reading import Reading, may_come_in, read
from advisor.analysis.resolver import MOST_APART, SAME_GOAL, Known, beats
from advisor.analysis.together import ahead
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import goal_value
from advisor.optimizer.solver import Status

DEFAULT_REACH = 1.5  # numbers are followed this far in both directions, or to the end of their own range
PATIENCE = 3  # third designs in between, before every other solve is half-way


Ends = list[tuple[Knob, float]]


def break_evens(gaps: Gaps, knobs: Sequence[Knob], factor: float, beyond: Iterable[Names] = ()) -> BreakEvens:
    """Return every break-even of some numbers within a factor of what they are (or their range, where that is wider).

    A design that flips back farther out is not looked for: the first flip in each direction is what is reported.

    Args:
        beyond: designs that are better than the one it is about and just miss a requirement. They are what mostly comes
            in first when a number gets better; knowing them saves solves, and nothing else depends on it.
    """
    return _Follower(gaps, factor, beyond).run(knobs)


class _Follower:
    def __init__(self, gaps: Gaps, factor: float, beyond: Iterable[Names] = ()) -> None:
        self.gaps, self.resolver, self.factor = gaps, gaps.resolver, factor
        self.beyond = tuple(beyond)
        self.known: dict[tuple[str, ...], FixedDesign] = {}
        self.fixed = self._as_it_is(self.resolver.best)
        self.readings: dict[tuple[str, float], Reading] = {}
        self.broad: set[tuple[str, bool]] = set()

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
        moving = [end for end in ends if self._read(*end).kind != "still"]
        asked = [end for end in moving if not self._settled(*end)]
        lost = [end for end in asked if self._lost(*end)]  # the design cannot be the best there: no need to solve
        unsure = [end for end in asked if end not in set(lost)]
        found = self._ahead(unsure)
        lines = [self._line(*end, self._rivals(*end)) for end in lost]
        for end, one in zip(unsure, found, strict=True):
            if one.status is not Status.STOPPED and self._flipped(*end, self._of(one)):
                lines.append(self._line(*end, [*self._of(one), *self._coming_in(*end)]))
        self._narrow(lines)
        open_ = [(k, -1 if v < k.value else 1) for (k, v), one in zip(unsure, found, strict=True) if _stopped(one)]
        followed = tuple(dict.fromkeys(knob for knob, _ in moving))
        results = sorted((self._result(line) for line in lines if line.flips), key=closest_first)
        idle = tuple(k for k in knobs if k not in set(followed))
        return BreakEvens(tuple(results), followed, idle, tuple(open_))

    def _of(self, found: Found) -> list[FixedDesign]:
        return [self._fixed(found.best)] if found.best else []

    def _line(self, knob: Knob, value: float, rivals: list[FixedDesign]) -> Line:
        return Line(knob, knob.value, value, knob.value, value, rivals)

    # --- which ends are solved ----------------------------------------------------------------------------------------

    def _settled(self, knob: Knob, value: float) -> bool:
        return settled(self.gaps, self._read(knob, value), self.fixed.at(knob, value).evaluation)

    def _read(self, knob: Knob, value: float) -> Reading:
        """Return what a number does to candidates at a value.

        Where much gets better at the end, which comes first, it is not worth while to ask what does before.
        """
        key, way = (knob.path, value), (knob.path, value > knob.value)
        if key not in self.readings:
            reading = read(self.resolver, knob, value) if way not in self.broad else Reading("better")
            self.broad |= {way} if len(reading.improved) > MOST_APART else set()
            self.readings[key] = reading
        return self.readings[key]

    def _lost(self, knob: Knob, value: float) -> bool:
        """Return whether the design certainly is not the best at a value: it cannot be chosen, or a rival beats it."""
        return self._flipped(knob, value, self._rivals(knob, value))

    def _rivals(self, knob: Knob, value: float) -> list[FixedDesign]:
        """Return designs that are known and that the design may have to give way to before a value."""
        return [*self._next((knob, value)), *self._coming_in(knob, value)]

    def _next(self, end: tuple[Knob, float]) -> list[FixedDesign]:
        """Return the best designs that differ in the roles which a worsening number touches."""
        reading = self._read(*end)
        if reading.kind != "worse":
            return []
        return [self._as_it_is(one.best) for one in self.gaps.others(reading) if one.best is not None]

    def _coming_in(self, knob: Knob, value: float) -> list[FixedDesign]:
        """Return what a requirement just keeps from being chosen, and what beats the design at a value."""
        reading = self._read(knob, value)
        some = [one for one in map(self._named, self.beyond) if may_come_in(one.evaluation, reading)]
        return [one for one in some if self._is_beaten(knob, value, one)]

    def _named(self, names: Names) -> FixedDesign:
        return self._as_it_is(self.gaps.named(names))

    def _ahead(self, ends: Ends) -> list[Found]:
        """Return at each end a design that beats the design there, if there is one.

        Figures at which the design costs the same, and no more than it does as it is, are asked about together.
        """
        worth = [self._below(*end) for end in ends]
        alike: dict[float, list[int]] = {}
        for number, ((knob, _), below) in enumerate(zip(ends, worth, strict=True)):
            near = knob.figure is not None and not self.resolver.of_calls(knob.figure)
            if near and below <= self.resolver.least:
                alike.setdefault(below, []).append(number)
        found: dict[int, Found] = {}
        for below, numbers in alike.items():
            if len(numbers) > 1:
                settings = [{figure: ends[n][1]} for n in numbers if (figure := ends[n][0].figure)]
                found |= zip(numbers, ahead(self.resolver, settings, below), strict=True)
        rest = [number for number in range(len(ends)) if number not in found]
        found |= zip(rest, self._solved([ends[n] for n in rest]), strict=True)
        return [found[number] for number in range(len(ends))]

    def _solved(self, ends: Ends, known: Sequence[Known] = ()) -> list[Found]:
        """Return the optimum at each end, as far as it beats the design there; figures share searches."""
        told = zip(ends, known or [Known()] * len(ends), strict=True)
        asked = [(end, replace(one, below=self._below(*end), having=self._having(*end))) for end, one in told]
        figures = [({knob.figure: value}, one) for (knob, value), one in asked if knob.figure]
        found = iter(self.resolver.under_figures([setting for setting, _ in figures], [one for _, one in figures]))
        return [next(found) if knob.figure else self._under(knob, value, one) for (knob, value), one in asked]

    def _below(self, knob: Knob, value: float) -> float:
        """Return what the first goal of another design must be below to be better than the design at a value."""
        mine = self._mine(knob, value)
        if mine is None or not within_target(mine):
            return math.inf
        return self.resolver.below(goal_value(self.gaps.goal, mine))

    def _having(self, knob: Knob, value: float) -> Mapping[str, frozenset[str]] | None:
        """Return role -> candidates of which what beats the design at a value must have one; None if it need not."""
        reading = self._read(knob, value)
        proved = reading.kind == "mixed" and beats_the_rest(self.gaps, reading, self._mine(knob, value))
        return reading.improved if proved else None

    def _under(self, knob: Knob, value: float, known: Known) -> Found:
        table = self.resolver.table
        return self.resolver.under(turned(table.scenario, knob, value, table.catalog), known)

    # --- between the near and the far side ----------------------------------------------------------------------------

    def _mine(self, knob: Knob, value: float) -> Evaluation | None:
        """Return what bounds and goals see of the design at a value; None where it cannot be run."""
        return self.fixed.at(knob, value, brief=True).evaluation

    def _flipped(self, knob: Knob, value: float, rivals: Iterable[FixedDesign]) -> bool:
        """Return whether the design can no longer be chosen at a value, or a rival is better there."""
        return not self._place(knob, value, rivals).kept

    def _is_beaten(self, knob: Knob, value: float, rival: FixedDesign) -> bool:
        """Return whether another design can be chosen at a value, and this one cannot or is worse."""
        mine, other = self._mine(knob, value), rival.at(knob, value, brief=True).evaluation
        if other is None or not within_target(other):
            return False
        return mine is None or not within_target(mine) or beats(other, mine)

    def _place(self, knob: Knob, value: float, rivals: Iterable[FixedDesign]) -> Place:
        """Return whether the design can be chosen at a value and no rival is better, with how far each is from it."""
        mine = self._mine(knob, value)
        if mine is None:
            return Place(value, kept=False)
        if not within_target(mine):
            return Place(value, kept=False, margins=tuple(margins(mine)))
        own, ahead = tuple(margins(mine)), list[Margins]()
        for rival in rivals:
            other = rival.at(knob, value, brief=True).evaluation
            ahead.append(() if other is None else (*margins(other), self._lead(other, mine)))
            if other is not None and within_target(other) and beats(other, mine):
                return Place(value, kept=False, margins=own, rivals=tuple(ahead))
        return Place(value, kept=True, margins=own, rivals=tuple(ahead))

    def _lead(self, other: Evaluation, mine: Evaluation) -> float:
        """Return by how much another design is better in the first goal than it has to be to beat this one."""
        own = goal_value(self.gaps.goal, mine)
        return own - goal_value(self.gaps.goal, other) - SAME_GOAL * max(abs(own), 1e-12)

    def _narrow(self, lines: list[Line]) -> None:
        """Bring near and far together, until the near side is still the design's and the far side no longer is."""
        for line in lines:
            self._close_in(line)
        while open_ := [line for line in lines if not line.done]:
            unaided = [line for line in open_ if line.unaided]
            self._settle_near([line for line in open_ if line.at_near is None])
            self._settle_far([line for line in open_ if line.at_near is not None and not (line.done or line.unaided)])
            self._settle_half_way(unaided)

    def _settle_near(self, lines: list[Line]) -> None:
        """Ask at the near side of each line, or half-way to it, whether the design still is the best."""
        known = [self._proved(line) for line in lines]
        open_ = [line for line, found in zip(lines, known, strict=True) if found is None]
        found = iter(self._solved([(line.knob, line.probe) for line in open_], [self._known(one) for one in open_]))
        for line, one in zip(lines, known, strict=True):
            self._check_near(line, one or next(found))

    def _settle_far(self, lines: list[Line]) -> None:
        ends = [(line.knob, line.far) for line in lines]
        worse = [self._read(*end).kind == "worse" for end in ends]
        known = [Known(worse=one, starts=line.starts) for line, one in zip(lines, worse, strict=True)]
        for line, found in zip(lines, self._solved(ends, known), strict=True):
            self._check_far(line, found)

    def _settle_half_way(self, lines: list[Line]) -> None:
        """Ask the solver half-way between start and end of each line; what is left open is settled on no side."""
        ends = [(line.knob, line.knob.between(line.start, line.end)) for line in lines]
        for line, (_, at), found in zip(lines, ends, self._solved(ends), strict=True):
            if _stopped(found):
                line.at_far, line.done = None, True
            elif self._replaced(line.knob, at, found):
                line.end, line.at_far = at, found
            else:
                line.start, line.at_near = at, found
            line.near, line.far = line.start, line.end
            line.unaided = not line.knob.close(line.near, line.far)
            line.done |= line.at_far is not None and not line.unaided

    def _proved(self, line: Line) -> Found | None:
        """Return the design as the optimum of the near side where that is proved without solving, else None."""
        mine = self._mine(line.knob, line.probe)
        if mine is None or not settled(self.gaps, self._read(line.knob, line.probe), mine):
            return None
        return Found(Status.OPTIMAL, mine)

    def _close_in(self, line: Line) -> None:
        line.near, line.far = crossing(
            line.knob, line.near, line.far, lambda value: self._place(line.knob, value, line.rivals)
        )

    def _known(self, line: Line) -> Known:
        """Return what is known of the near side before it is solved."""
        mine, reading = self._mine(line.knob, line.probe), self._read(line.knob, line.probe)
        if reading.kind != "worse" or mine is None:
            return Known(starts=line.starts)
        floor = self.gaps.floor(reading, goal_value(self.gaps.goal, mine))
        return Known(floor, worse=True, starts=line.starts)

    def _check_near(self, line: Line, found: Found) -> None:
        """Say whether the near side is settled, or where to go on: before a third design, or beyond half-way."""
        at = line.probe
        if _stopped(found):
            line.done = True
            return
        mine = self._mine(line.knob, at)
        assert mine is not None, "the near side is where the design can be run"
        if found.best is not None and beats(found.best, mine):
            line.thirds += 1
            line.halve = line.thirds >= PATIENCE and at == line.near
            line.near, line.far, line.rivals = line.start, at, [self._fixed(found.best)]
            self._close_in(line)
        elif at == line.near:
            line.at_near = found
        else:
            line.start, line.halve = at, False

    def _check_far(self, line: Line, found: Found) -> None:
        """Say whether the far side is settled; where the design is kept, ask the solver alone where it no longer is."""
        if _stopped(found):
            line.done = True
        elif self._replaced(line.knob, line.far, found):
            line.at_far, line.done = found, True
        elif line.knob.close(line.far, line.end):
            line.flips, line.done = False, True
        else:
            line.start, line.at_near, line.unaided = line.far, found, True

    def _replaced(self, knob: Knob, value: float, found: Found) -> bool:
        """Return whether the design cannot be chosen at a value, or what the solver found there is better."""
        there = self._mine(knob, value)
        return there is None or not within_target(there) or (found.best is not None and beats(found.best, there))

    def _result(self, line: Line) -> BreakEven:
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

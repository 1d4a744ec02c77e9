"""Sensitivity of an answer: the price of its requirements, its break-evens, its tornado, its ATAM points."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, silent
from advisor.analysis.atam import NonRisk, Points, Risk, Tried, moves, points, risks_of
from advisor.analysis.breakeven import DEFAULT_REACH, BreakEvens, break_evens, joined
from advisor.analysis.fixed import FixedDesign
from advisor.analysis.gaps import Gaps
from advisor.analysis.knobs import Knob, design_knobs, workload_knobs
from advisor.analysis.parallel import mapped
from advisor.analysis.resolver import Resolver
from advisor.analysis.steps import BoundPrice, RulePrice, bound_price, rule_price
from advisor.analysis.tornado import Bar, judged, told
from advisor.candidates.unswept import unswept
from advisor.evaluation.result import Evaluation
from advisor.optimizer.settling import settle


@dataclass(frozen=True)
class Sensitivity:
    """Everything that :func:`sensitivity` computes.

    Attributes:
        reach: how far numbers were followed for break-evens, as a factor.
        rivals: the close designs whose figures were followed too.
    """

    answer: Answer
    bounds: tuple[BoundPrice, ...]
    rules: tuple[RulePrice, ...]
    break_evens: BreakEvens
    bars: tuple[Bar, ...]
    points: Points
    reach: float
    rivals: tuple[Evaluation, ...]

    @property
    def best(self) -> Evaluation:
        """The design that it is about."""
        assert self.answer.best is not None
        return self.answer.best

    @property
    def proved(self) -> bool:
        """Whether nothing was left open by a time limit."""
        steps = [step for one in self.bounds for step in (one.tighten, one.loosen) if step is not None]
        settled = all(step.proved for step in steps) and all(one.evaluation for one in self.rules)
        return settled and not self.break_evens.open and all(one.proved for one in self.break_evens.found)


PARTS = ("constraints", "break-evens", "tornado", "points")
TOGETHER = 16  # figures that one piece of work follows; the same for any number of jobs, so that results are too


def sensitivity(
    answer: Answer,
    today: datetime.date,
    *,
    parts: Collection[str] = PARTS,
    reach: float = DEFAULT_REACH,
    deadline: Deadline = UNLIMITED,
    progress: Progress = silent,
    jobs: int = 1,
) -> Sensitivity:
    """Return what an answer's design depends on.

    Args:
        answer: a solved scenario with a proved optimum.
        today: figures' ages are counted to this day.
        parts: what is wanted; a tornado without break-evens does not know what flips.
        reach: factor by which numbers are followed for break-evens, or to the end of their range, where that is wider.
        jobs: processes to work in; the result is the same for any number.
    """
    with unswept():
        return _sensitivity(answer, today, parts, reach, deadline, progress, jobs)


def _sensitivity(
    answer: Answer,
    today: datetime.date,
    parts: Collection[str],
    reach: float,
    deadline: Deadline,
    progress: Progress,
    jobs: int,
) -> Sensitivity:
    assert answer.best is not None, "without a design there is nothing to ask about"
    settle(answer.search, answer.scenario.objective[0], deadline.left)  # for all that is solved again
    own = [*workload_knobs(answer.scenario, answer.table.catalog), *design_knobs(answer.table, answer.best.design)]
    work = _Work(answer, Gaps(Resolver(answer, deadline)), reach, deadline)
    stays = _Stays(FixedDesign(answer.best, answer.table), own, today, parts)
    pieces = list(_pieces(work, own, parts))
    shared = (answer.table.catalog, answer.scenario)
    done = mapped(work, pieces, jobs, lambda count: progress(count, len(pieces), "solved again"), shared, stays)
    found = joined(one for one in done if isinstance(one, BreakEvens))
    tried = [one for some in done if isinstance(some, list) for one in some]
    return Sensitivity(
        answer,
        tuple(one for one in done if isinstance(one, BoundPrice)),
        tuple(one for one in done if isinstance(one, RulePrice)),
        found,
        told(stays.bars, found),
        points(answer.best, tried, stays.risks) if "points" in parts else Points((), (), (), ()),
        reach,
        work.gaps.rivals if "break-evens" in parts else (),
    )


@dataclass
class _Stays:
    """What the design does that stays as it is: worked out beside the questions, which do not need it."""

    fixed: FixedDesign
    knobs: Sequence[Knob]
    today: datetime.date
    parts: Collection[str]
    bars: tuple[Bar, ...] = ()
    risks: tuple[Risk | NonRisk, ...] = ()

    def __call__(self) -> None:
        if {"tornado", "points"} & set(self.parts):
            self.bars = judged(self.fixed, self.knobs)
        if "points" in self.parts:
            self.risks = tuple(risks_of(self.fixed.evaluation, self.fixed, self.bars, self.today))


Piece = tuple[str, int] | tuple[Knob, ...]  # a bound or a rule by its number, moves, or numbers to follow


Done = BoundPrice | RulePrice | BreakEvens | list[Tried]


@dataclass
class _Work:
    """Does one piece of the work; can be sent to another process."""

    answer: Answer
    gaps: Gaps
    reach: float
    deadline: Deadline

    def __call__(self, piece: Piece) -> Done:
        with unswept():
            return self._done(piece)

    def _done(self, piece: Piece) -> Done:
        if piece[0] == "bound":
            return bound_price(self.answer, self.answer.scenario.bounds[int(str(piece[1]))], self.deadline)
        if piece[0] == "rule":
            return rule_price(self.answer, self.answer.scenario.filters[int(str(piece[1]))], self.deadline)
        if piece[0] == "moves":
            assert self.answer.best is not None
            return list(moves(self.answer.search, self.answer.best))
        return break_evens(self.gaps, [knob for knob in piece if isinstance(knob, Knob)], self.reach)


def _pieces(work: _Work, own: Sequence[Knob], parts: Collection[str]) -> Iterator[Piece]:
    """Yield the pieces of the work: requirements first, as they are asked for most; then the longest first."""
    if "constraints" in parts:
        yield from (("bound", number) for number in range(len(work.answer.scenario.bounds)))
        yield from (("rule", number) for number in range(len(work.answer.scenario.filters)))
    if "break-evens" in parts:
        rivals = [knob for one in work.gaps.rivals for knob in design_knobs(work.answer.table, one.design)]
        assert work.gaps.resolver.workloads.read  # before the work is sent to processes, as the rivals are
        assert work.gaps.resolver.met  # then it is the same in each of them
        knobs = list({knob.path: knob for knob in (*own, *rivals)}.values())
        yield from ((knob,) for knob in knobs if knob.figure is None)
        figures = [knob for knob in knobs if knob.figure is not None]
        yield from (tuple(figures[start : start + TOGETHER]) for start in range(0, len(figures), TOGETHER))
    if "points" in parts:
        yield "moves", 0

"""Sensitivity of an answer: the price of its requirements, its break-evens, its tornado, its ATAM points."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, silent
from advisor.analysis.atam import NonRisk, Points, Risk, Tried, moves, points, risks_of
from advisor.analysis.breakeven import DEFAULT_REACH, break_evens
from advisor.analysis.fixed import FixedDesign
from advisor.analysis.flipping import BreakEvens, joined
from advisor.analysis.gaps import Gaps, Names
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
    first, numbers = list(_pieces(answer, parts)), list(_numbers(work, own)) if "break-evens" in parts else []
    done = mapped(
        work,
        first,
        jobs,
        lambda count: progress(count, len(first) + len(numbers), "solved again"),
        shared=(answer.table.catalog, answer.scenario),
        meanwhile=stays,
        more=lambda prices: [Numbers(knobs, _beyond(prices)) for knobs in numbers],
        after=sum(kind == "bound" for kind, _ in first),
    )
    found = joined(one for one in done if isinstance(one, BreakEvens))
    tried = [one for some in done if isinstance(some, list) for one in some]
    asked = "constraints" in parts
    return Sensitivity(
        answer,
        tuple(one for one in done if asked and isinstance(one, BoundPrice)),
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


@dataclass(frozen=True)
class Numbers:
    """Numbers to follow.

    Attributes:
        beyond: better designs that a requirement keeps from being chosen: what a number may bring in first.
    """

    knobs: tuple[Knob, ...]
    beyond: tuple[Names, ...]


Piece = tuple[str, int] | Numbers  # a bound or a rule by its number, moves, or numbers to follow


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
        if isinstance(piece, Numbers):
            return break_evens(self.gaps, piece.knobs, self.reach, piece.beyond)
        kind, number = piece
        if kind == "bound":
            return bound_price(self.answer, self.answer.scenario.bounds[number], self.deadline)
        if kind == "rule":
            return rule_price(self.answer, self.answer.scenario.filters[number], self.deadline)
        assert self.answer.best is not None
        return list(moves(self.answer.search, self.answer.best))


def _pieces(answer: Answer, parts: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield the pieces of the work that need nothing else: bounds first, as numbers wait for them."""
    if {"constraints", "break-evens"} & set(parts):
        yield from (("bound", number) for number in range(len(answer.scenario.bounds)))
    if "constraints" in parts:
        yield from (("rule", number) for number in range(len(answer.scenario.filters)))
    if "points" in parts:
        yield "moves", 0


def _numbers(work: _Work, own: Sequence[Knob]) -> Iterator[tuple[Knob, ...]]:
    """Yield the numbers that are followed together, those that are slow to follow first."""
    rivals = [knob for one in work.gaps.rivals for knob in design_knobs(work.answer.table, one.design)]
    assert work.gaps.resolver.workloads.read  # before the work is sent to processes, as the rivals are
    assert work.gaps.resolver.met  # then it is the same in each of them
    knobs = list({knob.path: knob for knob in (*own, *rivals)}.values())
    yield from ((knob,) for knob in knobs if knob.figure is None)
    figures = [knob for knob in knobs if knob.figure is not None]
    yield from (tuple(figures[start : start + TOGETHER]) for start in range(0, len(figures), TOGETHER))


def _beyond(prices: Iterable[Done]) -> tuple[Names, ...]:
    """Return the designs that a looser bound brings in first, each once."""
    steps = [one.loosen.evaluation for one in prices if isinstance(one, BoundPrice) and one.loosen]
    return tuple(dict.fromkeys(tuple((role, c.id) for role, c in one.design.items()) for one in steps if one))

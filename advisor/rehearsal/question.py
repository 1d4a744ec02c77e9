"""A question of a rehearsal: what is asked, what is true, why, and what an answer to it earns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Literal

from advisor.rehearsal import scoring
from advisor.rehearsal.scoring import Points

Competence = Literal["requirements", "estimation", "trade_offs", "reliability", "cost", "adaptability"]
Phase = Literal["clarify", "estimate", "adapt", "defend"]
HINT_SHARE = 0.75  # what a hint leaves of the points earned; a loss stays a loss


@dataclass(frozen=True)
class Number:
    """Answered by an interval that holds the truth in four of five cases, or by one number; the truth is above 0.

    Attributes:
        unit: what is counted, as it is printed: "USD/month", "requests/s", "GB", "%", "x" for a factor, "" for a count.
        quantity: what it is, as a noun phrase: "cost a month".
    """

    unit: str
    quantity: str


@dataclass(frozen=True)
class Choice:
    """Answered by one option and a confidence in it."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Several:
    """Answered by a set of options, which may be empty."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """Answered by all options in an order, the first first."""

    options: tuple[str, ...]


Form = Number | Choice | Several | Order
Truth = float | str | frozenset[str] | tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question with its truth.

    Attributes:
        kind: the name of its kind in the registry.
        competence, phase: what it practises, and when in a session it is asked.
        text: complete sentences with every figure and unit that an answer by hand needs.
        form: how it is answered.
        truth: a number above 0, an option, a set of options, or all options in order; as the form asks.
        derivation: lines: the formula with its numbers, the figures with their sources.
        command: what shows the truth, run in the folder of the debrief, see :mod:`advisor.rehearsal.running`.
        hint: a step towards the answer; it costs points.
        also: for a choice, other options that are as right within the tolerance.

    Raises:
        ValueError: the truth does not fit the form.
    """

    kind: str
    competence: Competence
    phase: Phase
    text: str
    form: Form
    truth: Truth
    derivation: tuple[str, ...]
    command: str
    hint: str
    also: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not _fits(self.form, self.truth) or not self.also <= frozenset(options(self.form)):
            raise ValueError(f"{self.kind}: the truth {self.truth!r} does not answer {self.form!r}")


@dataclass(frozen=True)
class Answer:
    """What somebody said; with nothing set, "I don't know".

    Attributes:
        low, high: the ends of an interval in the question's unit; equal for one number.
        chosen: one option, a set, or an order, by the form.
        confidence: the probability that the chosen option is right; None where it was not stated.
        said: True when something was answered, so that an empty set is an answer.
    """

    low: float | None = None
    high: float | None = None
    chosen: tuple[str, ...] = ()
    confidence: float | None = None
    said: bool = True

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return not self.said


UNKNOWN = Answer(said=False)


def options(form: Form) -> tuple[str, ...]:
    """Return the options of a form; none for a number.

    >>> options(Choice(("yes", "no"))), options(Number("GB", "memory"))
    (('yes', 'no'), ())
    """
    return () if isinstance(form, Number) else form.options


def lettered(form: Form) -> Iterator[tuple[str, str]]:
    """Yield the options of a form with the letter that stands for each.

    >>> list(lettered(Choice(("yes", "no"))))
    [('a', 'yes'), ('b', 'no')]
    """
    yield from zip(ascii_lowercase, options(form), strict=False)


def _fits(form: Form, truth: Truth) -> bool:
    """Return whether a truth is an answer of this form."""
    if isinstance(form, Number):
        return isinstance(truth, float) and 0 < truth < float("inf")
    if len(form.options) < 2 or len(set(form.options)) < len(form.options):
        return False
    if isinstance(form, Choice):
        return isinstance(truth, str) and truth in form.options
    if isinstance(form, Several):
        return isinstance(truth, frozenset) and truth <= frozenset(form.options)
    return isinstance(truth, tuple) and sorted(truth) == sorted(form.options)


def score(question: Question, answer: Answer, *, hinted: bool = False) -> Points:
    """Return what an answer earns by the rule of the question's form; after a hint, gains count three quarters.

    A choice without a stated confidence stands for even odds between it and the rest, unless even odds are less.

    >>> asked = Question("k", "cost", "estimate", "Dearer?", Choice(("yes", "no")), "yes", (), "advisor", "")
    >>> score(asked, Answer(chosen=("yes",), confidence=1.0)).points
    1.0
    >>> score(asked, Answer(chosen=("yes",), confidence=1.0), hinted=True).points, score(asked, UNKNOWN).points
    (0.75, 0.0)
    """
    points = scoring.NOTHING if answer.empty else _scored(question, answer)
    if hinted and points.points > 0:
        return replace(points, points=points.points * HINT_SHARE)
    return points


def _scored(question: Question, answer: Answer) -> Points:
    """Score what was said."""
    form, truth = question.form, question.truth
    if isinstance(form, Number) and isinstance(truth, float):
        if answer.low is None or answer.high is None:
            raise ValueError(f"{question.kind} is answered by a number")
        return scoring.interval(answer.low, answer.high, truth)
    if isinstance(form, Choice):
        return _category(form, question, answer)
    if isinstance(form, Several) and isinstance(truth, frozenset):
        return scoring.subset(frozenset(answer.chosen), truth)
    if isinstance(form, Order) and isinstance(truth, tuple):
        return scoring.order(answer.chosen, truth)
    raise ValueError(f"{question.kind}: the truth {truth!r} does not answer {form!r}")


def _category(form: Choice, question: Question, answer: Answer) -> Points:
    """Score a choice; an option that is as right as the truth counts as the truth."""
    if len(answer.chosen) != 1 or answer.chosen[0] not in form.options:
        raise ValueError(f"{question.kind} is answered by one of {', '.join(form.options)}")
    chosen = form.options.index(answer.chosen[0])
    right = chosen if answer.chosen[0] in question.also else form.options.index(str(question.truth))
    confidence = max(0.5, 1 / len(form.options)) if answer.confidence is None else answer.confidence
    return scoring.category(chosen, confidence, right, len(form.options))

"""What a session is made of: its items, how many of which for its length, and how they are written and read again.

An item depends on scenario, catalog, seed and length only, never on what somebody answers. So a session can be prepared
ahead, interrupted, and played again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisor.rehearsal.question import Answer, Choice, Question

Part = Literal["open", "clarify", "estimate", "design", "adapt", "defend"]
Feedback = Literal["immediate", "final"]
PARTS: tuple[Part, ...] = ("open", "clarify", "estimate", "design", "adapt", "defend")
ASK_FIRST, FEASIBLE, CONFLICT, DESIGN, REVISE = "ask_first", "still_feasible", "conflict", "design", "revise"
NONE_OF_THEM = "none of them: the best design is the same without"
CLOSE = 0.10  # an unknown that matters nearly as much as the first is as right to ask about, relative
LITTLE = 0.01  # where the best design is off by less, which as a design would be full marks, none is as right


@dataclass(frozen=True)
class Length:
    """How many items of each part a session has.

    Attributes:
        opening: questions that the brief alone answers, so that nobody waits for the first one.
        asks: rounds in which an unknown may be asked about. clarify, estimate, adapt, defend: questions.
        roles: how many roles are to be designed, the deciding ones; the others are given. 0: all.
        curveballs: changes after which the design is revised.
        impossible: in which share of sessions there is a change too under which nothing is feasible.
    """

    opening: int
    asks: int
    clarify: int
    estimate: int
    roles: int
    curveballs: int
    impossible: float
    adapt: int
    defend: int


LENGTHS = {
    15: Length(opening=1, asks=1, clarify=1, estimate=2, roles=4, curveballs=3, impossible=0.5, adapt=0, defend=2),
    35: Length(opening=2, asks=2, clarify=1, estimate=3, roles=8, curveballs=3, impossible=1, adapt=3, defend=4),
    60: Length(opening=2, asks=3, clarify=2, estimate=7, roles=0, curveballs=4, impossible=1, adapt=5, defend=6),
}
DRILL = 10  # questions of one kind


@dataclass(frozen=True)
class Setup:
    """What decides a session; the same setup gives the same items.

    Attributes:
        file, text: the scenario's name and text.
        catalog_folder: of another catalog, "" for the one shipped. as_of: date whose prices count, "" for the newest.
        digests: of scenario and catalog, so that a session is not continued under another one.
        minutes: 15, 35 or 60. drill: kind of all questions, "" for a whole session.
        generated: the options that generate the scenario again; () for a file of one's own.
    """

    file: str
    text: str
    catalog_folder: str
    as_of: str
    digests: tuple[str, str]
    seed: int
    minutes: int
    drill: str = ""
    generated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """Something that the brief leaves open.

    Attributes:
        name: what can be asked about. brief: what the brief says of it. answer: what the interviewer says.
        value: by how much the best design is off, as a share of its goal, when this alone is never learnt.
        note: how that was found.
        clear: whether its worth is clear enough to be asked about; one that is not is told when the asking is over.
        command: what shows the best design without it; "" where that is not known.
    """

    name: str
    brief: str
    answer: str
    value: float = 0.0
    note: str = ""
    clear: bool = True
    command: str = ""

    @property
    def said(self) -> str:
        """The answer with what it is about.

        >>> Fact("cost", "not said", "cost at most 9 USD/month", 0.1, "").said, Fact("peak", "", "5", 0.1, "").said
        ('cost at most 9 USD/month', 'peak: 5')
        """
        return self.answer if self.answer.startswith(self.name) else f"{self.name}: {self.answer}"


@dataclass(frozen=True)
class Asking:
    """A round in which one unknown may be asked about. ``number``: of how many rounds, from 1."""

    facts: tuple[Fact, ...]
    number: int
    rounds: int
    command: str

    @property
    def part(self) -> Part:
        """Where it belongs."""
        return "clarify"


@dataclass(frozen=True)
class Asked:
    """A question.

    Attributes:
        news: what the interviewer says before it. told: what is told after it, whatever is answered.
        folder, text: of a drill, where its own scenario is written and what it holds; "" for the session's.
    """

    question: Question
    part: Part
    news: str = ""
    told: tuple[str, ...] = ()
    folder: str = ""
    text: str = ""


@dataclass(frozen=True)
class Designing:
    """A design to be made, or revised after a change.

    Attributes:
        number: 0 for the first design, then the number of the change.
        name, news: the change, short and in the interviewer's words; "" for the first.
        text, figures: the scenario as it now stands, and the figures of its own catalog; "" for none.
        settings: what the change sets, as ``advisor what-if --set`` takes it.
        roles: to be designed, in order. given: role -> id of the candidate that is given, for the others.
        best: role -> id of the optimum's candidate. proved: whether it is proved.
        command: what shows the optimum.
    """

    number: int
    name: str
    news: str
    text: str
    figures: str
    settings: tuple[str, ...]
    roles: tuple[str, ...]
    given: Mapping[str, str]
    best: Mapping[str, str]
    proved: bool
    command: str

    @property
    def part(self) -> Part:
        """Where it belongs."""
        return "adapt" if self.number else "design"


Item = Asking | Asked | Designing


def asking_question(item: Asking, asked: frozenset[str]) -> Question | None:
    """Return the question of a round: which of the unknowns not yet asked about is worth asking about now.

    That none of them is, is an option too. None when fewer than two are left, or after the first round none matters.

    >>> worth = {"a": 0.2, "b": 0.19, "c": 0.0}
    >>> facts = tuple(Fact(name, "not said", "x", value, "note") for name, value in worth.items())
    >>> found = asking_question(Asking(facts, 1, 2, "advisor propose scenario.yml"), frozenset())
    >>> found.truth, sorted(found.also)
    ('a', ['b'])
    """
    left = [fact for fact in item.facts if fact.clear and fact.name not in asked]
    best = max(left, key=lambda fact: fact.value, default=None)
    if best is None or len(left) < 2 or (best.value <= 0 and item.number > 1):
        return None
    matters = best.value > 0
    near = frozenset(f.name for f in left if matters and f is not best and f.value >= (1 - CLOSE) * best.value)
    idle = frozenset([NONE_OF_THEM] if 0 < best.value < LITTLE else [])
    return Question(
        kind=ASK_FIRST,
        competence="requirements",
        phase="clarify",
        text=f"Round {item.number} of {item.rounds}: the interviewer answers one question now. Which of these is most "
        "worth asking about, if any? What counts is how far off the best design is when this alone is never learnt.",
        form=Choice((*sorted(fact.name for fact in left), NONE_OF_THEM)),
        truth=best.name if matters else NONE_OF_THEM,
        derivation=_derivation(item, left, frozenset({best.name}) | near if matters else frozenset()),
        command=best.command or item.command,
        hint=_hint(left),
        also=near | idle,
    )


def _derivation(item: Asking, left: list[Fact], told: frozenset[str]) -> tuple[str, ...]:
    """Return what each unknown is worth, the most first; before the last round only of those that are told as right."""
    ranked = sorted(left, key=lambda fact: -fact.value)
    if item.number == item.rounds or not told:
        return tuple(f"{fact.name}: {fact.note}" for fact in ranked)
    shown = [f"{fact.name}: {fact.note}" for fact in ranked if fact.name in told]
    return (*shown, *(["the others are worth less: the next round is about them"] if len(shown) < len(left) else []))


def _hint(left: list[Fact]) -> str:
    idle = [fact.name for fact in left if fact.value <= 0]
    if idle:
        return f"Knowing {idle[0]} changes nothing."
    least = min(left, key=lambda fact: fact.value)
    return f"{least.name} matters least."


@dataclass(frozen=True)
class Pick:
    """What was typed for a role, and in which design: 0 for the first, then the number of the change."""

    design: int
    text: str


@dataclass(frozen=True)
class Reply:
    """What was done with an item.

    Attributes:
        answer: to a question; None for a design. text: as it was typed.
        choices: of a design, role -> what was chosen last, in this design or an earlier one.
        forgotten: roles that cannot be left out and were missing when the design was first called done.
        hinted: whether a hint was taken. seconds: how long it took.
    """

    answer: Answer | None = None
    text: str = ""
    choices: Mapping[str, Pick] | None = None
    forgotten: tuple[str, ...] = ()
    hinted: bool = False
    seconds: float = 0.0

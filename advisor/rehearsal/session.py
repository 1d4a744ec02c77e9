"""A session as a state machine: pure, so that it can be undone, saved, and continued elsewhere.

The state holds what happened and nothing that can be worked out from it. Every step returns a new state. What was seen
stays seen: a hint taken and a truth shown survive an undo, and of an item whose truth was shown the first reply counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from advisor.rehearsal.course import Asking, Designing, Feedback, Item, Pick, Reply, asking_question
from advisor.rehearsal.question import UNKNOWN, Answer, Question

Act = Literal["answer", "choose", "done"]


@dataclass(frozen=True)
class Event:
    """One thing that somebody did.

    Attributes:
        act: ``answer`` ends a question, ``choose`` fills a role of a design, ``done`` ends a design.
        text: as typed. answer: as understood; the empty answer for "I don't know".
        role: of a choice. forgotten: of a design, the roles that were missing when it was first called done.
        seconds: since the event before.
    """

    act: Act
    text: str = ""
    answer: Answer | None = None
    role: str = ""
    forgotten: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class State:
    """Where a session stands.

    Attributes:
        events: what counts, in order. undone: what was taken back, the last first to come again.
        hinted: numbers of the items whose hint was seen.
        first: (number of the item, reply) of those whose truth was shown, as they were then.
    """

    feedback: Feedback = "immediate"
    events: tuple[Event, ...] = ()
    undone: tuple[Event, ...] = ()
    hinted: frozenset[int] = frozenset()
    first: tuple[tuple[int, Reply], ...] = ()

    @property
    def position(self) -> int:
        """The number of the item that is to be answered now, from 0."""
        return sum(event.act != "choose" for event in self.events)

    @property
    def seconds(self) -> float:
        """The time that was spent so far, s."""
        return sum(event.seconds for event in self.events)


def answer(state: State, said: Answer, text: str, seconds: float = 0.0) -> State:
    """Return the state after the current question was answered.

    >>> state = answer(State(), Answer(low=3, high=5), "3-5", 12.0)
    >>> state.position, undo(state).position, redo(undo(state)) == state
    (1, 0, True)
    """
    return _after(state, Event("answer", text, said, seconds=seconds))


def skip(state: State, seconds: float = 0.0) -> State:
    """Return the state after "I don't know"."""
    return _after(state, Event("answer", "", UNKNOWN, seconds=seconds))


def passed(state: State) -> State:
    """Return the state after a round in which nothing is asked: nothing was shown, and what was undone can be redone.

    >>> back = undo(undo(skip(passed(State()))))
    >>> redo(passed(back)) == redo(redo(back))
    True
    """
    if state.undone:
        return redo(state)
    return replace(state, events=(*state.events, Event("answer", answer=UNKNOWN)))


def choose(state: State, role: str, text: str, seconds: float = 0.0) -> State:
    """Return the state after a role of the design was filled, or filled again."""
    return _after(state, Event("choose", text, role=role, seconds=seconds))


def done(state: State, forgotten: Sequence[str] = (), seconds: float = 0.0) -> State:
    """Return the state after the design, or its revision, was called done."""
    return _after(state, Event("done", forgotten=tuple(forgotten), seconds=seconds))


def hint(state: State) -> State:
    """Return the state after the current item's hint was seen."""
    return replace(state, hinted=state.hinted | {state.position})


def undo(state: State) -> State:
    """Return the state without the last event; the same state when there is none."""
    if not state.events:
        return state
    return replace(state, events=state.events[:-1], undone=(*state.undone, state.events[-1]))


def redo(state: State) -> State:
    """Return the state with the event that was undone last; the same state when there is none."""
    if not state.undone:
        return state
    return replace(state, events=(*state.events, state.undone[-1]), undone=state.undone[:-1])


def _after(state: State, event: Event) -> State:
    after = replace(state, events=(*state.events, event), undone=())
    if state.feedback == "final" or event.act == "choose":
        return after
    number = state.position
    if any(known == number for known, _ in state.first):
        return after
    return replace(after, first=(*after.first, (number, replies(after)[-1])))


def replies(state: State) -> tuple[Reply, ...]:
    """Return what was done with each item that is over, as it was last."""
    found: list[Reply] = []
    picks: dict[str, Pick] = {}
    spent, designs = 0.0, 0
    for event in state.events:
        spent += event.seconds
        if event.act == "choose":
            picks[event.role] = Pick(designs, event.text)
            continue
        made = dict(picks) if event.act == "done" else None
        designs += event.act == "done"
        hinted = len(found) in state.hinted
        found.append(Reply(event.answer, event.text, made, event.forgotten, hinted, spent))
        spent = 0.0
    return tuple(found)


def counted(state: State) -> tuple[Reply, ...]:
    """Return the replies that count: of items whose truth was shown the first, of others the last."""
    first = dict(state.first)
    return tuple(first.get(number, reply) for number, reply in enumerate(replies(state)))


def choices(state: State) -> Mapping[str, Pick]:
    """Return role -> what was chosen for it last, over all designs so far."""
    return replies(done(state))[-1].choices or {}


def question(item: Item, number: int, items: Sequence[Item], done_with: Sequence[Reply]) -> Question | None:
    """Return what an item asks; None for a design, and for a round in which nothing is worth asking about.

    Args:
        number: of the item. items, done_with: those before it, and what was replied.
    """
    if isinstance(item, Designing):
        return None
    if not isinstance(item, Asking):
        return item.question
    return asking_question(item, _settled(items[:number], done_with[:number]))


def _settled(items: Sequence[Item], done_with: Sequence[Reply]) -> frozenset[str]:
    """Return the unknowns that were asked about, or shown to be the ones to ask about: of these all is said."""
    found: frozenset[str] = frozenset()
    for item, reply in zip(items, done_with, strict=False):
        asked = asking_question(item, found) if isinstance(item, Asking) else None
        if asked is not None:
            found = found.union(asked.also, [str(asked.truth)], reply.answer.chosen if reply.answer else ())
    return found


def _asked(items: Sequence[Item], done_with: Sequence[Reply]) -> frozenset[str]:
    """Return the unknowns that were asked about."""
    rounds = (reply for item, reply in zip(items, done_with, strict=False) if isinstance(item, Asking))
    return frozenset(name for reply in rounds if reply.answer for name in reply.answer.chosen)


@dataclass(frozen=True)
class Learnt:
    """What the interviewer said of the unknowns that were asked about, and what of the others."""

    asked: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def learnt(items: Sequence[Item], done_with: Sequence[Reply]) -> Learnt:
    """Return which unknowns were asked about so far, and which were not."""
    facts = next((item.facts for item in items if isinstance(item, Asking)), ())
    known = _asked(items, done_with)
    return Learnt(
        tuple(fact.said for fact in facts if fact.name in known),
        tuple(fact.said for fact in facts if fact.name not in known),
    )

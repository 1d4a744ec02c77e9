"""A session is a pure state machine: it can be undone, saved and continued, and what was seen stays seen."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.rehearsal import session
from advisor.rehearsal.course import Feedback
from advisor.rehearsal.question import Answer
from advisor.rehearsal.record import state_data, state_of
from advisor.rehearsal.session import State

MANY = settings(derandomize=True, deadline=None, max_examples=150)
TEXTS = st.text(max_size=12)  # hostile ones included
SECONDS = st.floats(0, 500)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.floats(0.1, 1e6), TEXTS, SECONDS),
        st.tuples(st.just("skip"), SECONDS),
        st.tuples(st.just("choose"), st.sampled_from(["llm", "cache", "store"]), TEXTS, SECONDS),
        st.tuples(st.just("done"), SECONDS),
        st.tuples(st.just("hint")),
        st.tuples(st.just("undo")),
        st.tuples(st.just("redo")),
    ),
    max_size=25,
)
FEEDBACK = st.sampled_from(["immediate", "final"])


def step(state: State, what: tuple[Any, ...]) -> State:
    """Return the state after one step."""
    act, *values = what
    if act == "answer":
        return session.answer(state, Answer(low=values[0], high=values[0]), values[1], values[2])
    if act == "done":
        return session.done(state, ("store",), values[0])
    return getattr(session, act)(state, *values)


def played(steps: list[tuple[Any, ...]], feedback: Feedback) -> State:
    """Return the state after some steps."""
    state = State(feedback)
    for what in steps:
        state = step(state, what)
    return state


@given(STEPS, FEEDBACK)
@MANY
def test_undo_then_redo_is_identity(steps: list[tuple[Any, ...]], feedback: Feedback) -> None:
    """Whatever was done, taking the last step back and again changes nothing."""
    state = played(steps, feedback)
    assert not state.events or session.redo(session.undo(state)) == state
    assert not state.undone or session.undo(session.redo(state)) == state


@given(STEPS, STEPS, FEEDBACK)
@MANY
def test_resuming_equals_never_stopping(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], feedback: Feedback
) -> None:
    """A state that was written to JSON and read again goes on as if nothing had been."""
    state = played(before, feedback)
    read = state_of(json.loads(json.dumps(state_data(state), allow_nan=False)))
    assert read == state
    for what in after:
        state, read = step(state, what), step(read, what)
    assert read == state
    assert session.counted(read) == session.counted(state)


@given(STEPS, FEEDBACK)
@MANY
def test_every_item_that_is_over_has_one_reply(steps: list[tuple[Any, ...]], feedback: Feedback) -> None:
    """Replies, replies that count, and the position agree; time is neither lost nor counted twice."""
    state = played(steps, feedback)
    assert len(session.replies(state)) == len(session.counted(state)) == state.position
    open_ = [event.seconds for event in state.events]
    last = max((n for n, event in enumerate(state.events, 1) if event.act != "choose"), default=0)
    assert abs(sum(reply.seconds for reply in session.replies(state)) - sum(open_[:last])) < 1e-6


def test_the_first_answer_counts_once_its_truth_was_shown() -> None:
    """With immediate feedback an undone answer can be given again, and the first one is scored."""
    state = session.answer(State("immediate"), Answer(low=1, high=1), "1")
    state = session.answer(session.undo(state), Answer(low=9, high=9), "9")
    assert session.replies(state)[0].text == "9"
    assert session.counted(state)[0].text == "1"


def test_the_last_answer_counts_before_any_truth_is_shown() -> None:
    """With final feedback an undone answer is replaced."""
    state = session.answer(State("final"), Answer(low=1, high=1), "1")
    state = session.answer(session.undo(state), Answer(low=9, high=9), "9")
    assert session.counted(state)[0].text == "9"


def test_a_hint_that_was_seen_stays_seen() -> None:
    """Undoing the answer does not give the hint's points back."""
    state = session.answer(session.hint(State("final")), Answer(low=1, high=1), "1")
    again = session.answer(session.undo(state), Answer(low=2, high=2), "2")
    assert session.counted(again)[0].hinted


def test_a_design_keeps_what_was_chosen_before_a_change() -> None:
    """A revision holds the earlier choices, each with the design in which it was made."""
    state = session.done(session.choose(session.choose(State(), "llm", "a"), "cache", "none"))
    state = session.done(session.choose(state, "llm", "b"))
    first, second = session.replies(state)
    assert {role: (p.design, p.text) for role, p in (first.choices or {}).items()} == {
        "llm": (0, "a"),
        "cache": (0, "none"),
    }
    assert {role: (p.design, p.text) for role, p in (second.choices or {}).items()} == {
        "llm": (1, "b"),
        "cache": (0, "none"),
    }

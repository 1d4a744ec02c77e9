"""Items and states as plain data, for files: written, and read again as the same values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from advisor.rehearsal.course import Asked, Asking, Designing, Fact, Item, Pick, Reply, Setup
from advisor.rehearsal.question import Answer, Choice, Form, Number, Order, Question, Several
from advisor.rehearsal.session import Event, State

FORMS: dict[str, type[Choice | Several | Order]] = {"choice": Choice, "several": Several, "order": Order}
Data = dict[str, Any]


def item_data(item: Item) -> Data:
    """Return an item as plain data."""
    if isinstance(item, Asking):
        return {"item": "asking", **asdict(item)}
    if isinstance(item, Designing):
        return {"item": "designing", **asdict(item), "given": dict(item.given), "best": dict(item.best)}
    rest = {"part": item.part, "news": item.news, "told": list(item.told), "folder": item.folder, "text": item.text}
    return {"item": "asked", "question": question_data(item.question), **rest}


def item_of(data: Data) -> Item:
    """Return the item that plain data stand for."""
    values = {key: value for key, value in data.items() if key != "item"}
    if data["item"] == "asking":
        return Asking(**{**values, "facts": tuple(Fact(**fact) for fact in values["facts"])})
    if data["item"] == "designing":
        return Designing(**{**values, "settings": tuple(values["settings"]), "roles": tuple(values["roles"])})
    return Asked(**{**values, "question": question_of(values["question"]), "told": tuple(values["told"])})


def question_data(question: Question) -> Data:
    """Return a question as plain data; sets are sorted.

    >>> pick = Question("k", "cost", "estimate", "?", Several(("a", "b")), frozenset({"b"}), (), "advisor", "")
    >>> question_data(pick)["truth"], question_of(question_data(pick)) == pick
    (['b'], True)
    """
    truth: Any = question.truth
    if isinstance(truth, frozenset | tuple):
        truth = sorted(truth) if isinstance(truth, frozenset) else list(truth)
    form = question.form
    name = type(form).__name__.lower()
    stated: Data = {"form": name, **asdict(form)}
    rest = {key: getattr(question, key) for key in ("kind", "competence", "phase", "text", "command", "hint")}
    lists = {"derivation": list(question.derivation), "also": sorted(question.also)}
    return {**rest, "answered_by": stated, "truth": truth, **lists}


def question_of(data: Data) -> Question:
    """Return the question that plain data stand for."""
    form, truth = _form(data["answered_by"]), data["truth"]
    if isinstance(form, Several):
        truth = frozenset(truth)
    elif isinstance(form, Order):
        truth = tuple(truth)
    rest = {key: data[key] for key in ("kind", "competence", "phase", "text", "command", "hint")}
    return Question(**rest, form=form, truth=truth, derivation=tuple(data["derivation"]), also=frozenset(data["also"]))


def _form(data: Data) -> Form:
    if data["form"] == "number":
        return Number(data["unit"], data["quantity"])
    return FORMS[data["form"]](tuple(data["options"]))


def state_data(state: State) -> Data:
    """Return a state as plain data.

    >>> state = State(events=(Event("choose", "qdrant", role="vector_store", seconds=3.0),), hinted=frozenset({0}))
    >>> state_of(state_data(state)) == state
    True
    """
    return {
        "feedback": state.feedback,
        "events": [_event_data(one) for one in state.events],
        "undone": [_event_data(one) for one in state.undone],
        "hinted": sorted(state.hinted),
        "first": [[number, _reply_data(reply)] for number, reply in state.first],
    }


def state_of(data: Data) -> State:
    """Return the state that plain data stand for."""
    return State(
        data["feedback"],
        tuple(_event(one) for one in data["events"]),
        tuple(_event(one) for one in data["undone"]),
        frozenset(data["hinted"]),
        tuple((number, _reply(reply)) for number, reply in data["first"]),
    )


def _event_data(event: Event) -> Data:
    return {**asdict(event), "answer": answer_data(event.answer), "forgotten": list(event.forgotten)}


def _event(data: Data) -> Event:
    return Event(**{**data, "answer": _answer(data["answer"]), "forgotten": tuple(data["forgotten"])})


def _reply_data(reply: Reply) -> Data:
    choices = None if reply.choices is None else {role: [p.design, p.text] for role, p in reply.choices.items()}
    return {
        "answer": answer_data(reply.answer),
        "text": reply.text,
        "choices": choices,
        "forgotten": list(reply.forgotten),
        "hinted": reply.hinted,
        "seconds": reply.seconds,
    }


def _reply(data: Data) -> Reply:
    picks = None if data["choices"] is None else {role: Pick(*pick) for role, pick in data["choices"].items()}
    given = {"answer": _answer(data["answer"]), "choices": picks, "forgotten": tuple(data["forgotten"])}
    return Reply(**{**data, **given})


def answer_data(answer: Answer | None) -> Data | None:
    """Return an answer as plain data."""
    return None if answer is None else {**asdict(answer), "chosen": list(answer.chosen)}


def _answer(data: Data | None) -> Answer | None:
    return None if data is None else Answer(**{**data, "chosen": tuple(data["chosen"])})


def setup_data(setup: Setup) -> Data:
    """Return a setup as plain data."""
    return {**asdict(setup), "digests": list(setup.digests), "generated": list(setup.generated)}


def setup_of(data: Data) -> Setup:
    """Return the setup that plain data stand for."""
    return Setup(**{**data, "digests": tuple(data["digests"]), "generated": tuple(data.get("generated", ()))})

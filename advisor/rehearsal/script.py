"""Scripts: the answers of a session from a file, so that it is played without a terminal, the same every time.

    seed: 7
    minutes: 15
    answers:
      - 40k tok/s
      - {answer: b 70%, hint: true}
      - skip
      - design: {llm: gpt_6_luna, vector_store: qdrant 3 units 2 zones, reranker: none}

One entry an item, in their order. What a script does not reach is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from advisor.errors import AdvisorError, InputError, Problem
from advisor.rehearsal.course import Designing
from advisor.rehearsal.sitting import Sitting
from advisor.schema import Strict, build
from advisor.yamlfile import Document, load

SKIP = ("skip", "I don't know")
Text = Annotated[str, Field(min_length=1, max_length=500)]


class Entry(Strict):
    """What is done with one item."""

    answer: str | float | None = None
    skip: bool = False
    design: dict[str, Text] | None = None
    hint: bool = False
    seconds: float = Field(0.0, ge=0, le=86_400)


class ScriptFile(Strict):
    """A script: what decides the session where the command line does not, and the answers."""

    scenario: str | None = None
    blueprint: str | None = None
    level: Literal["warm_up", "on_site", "staff"] | None = None
    seed: int | None = Field(None, ge=0, le=2**31)
    minutes: Literal[15, 35, 60] | None = None
    drill: str | None = None
    feedback: Literal["immediate", "final"] | None = None
    answers: list[Any] = Field(max_length=500)


@dataclass(frozen=True)
class Script:
    """A script that was read."""

    document: Document
    raw: ScriptFile
    entries: tuple[Entry, ...]


def load_script(path: Path) -> Script:
    """Return a script. Raises :class:`InputError` with every entry that has the wrong form."""
    document = load(path, str(path))
    if not isinstance(document.data, dict):
        raise InputError([document.problem((), "a script is a mapping with answers: and a list below it")])
    raw = build(ScriptFile, document)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for index, value in enumerate(raw.answers):
        try:
            entries.append(_entry(document, index, value))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return Script(document, raw, tuple(entries))


def _entry(document: Document, index: int, value: Any) -> Entry:
    path: tuple[str | int, ...] = ("answers", index)
    if isinstance(value, dict):
        entry = build(Entry, document, path)
        if (entry.answer is not None) + entry.skip + (entry.design is not None) != 1:
            raise InputError([document.problem(path, "one of answer, skip and design is expected")])
        return entry
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError([document.problem(path, "an answer as it is typed, or a mapping with one, is expected")])
    return Entry(skip=True) if value in SKIP else Entry(answer=value if isinstance(value, str) else float(value))


def play(script: Script, sitting: Sitting) -> None:
    """Play a script through a session.

    Raises:
        InputError: every entry that does not fit its item: an answer that is not understood, a design where a question
            is asked or the other way round, more entries than there are items. What follows a wrong entry is played as
            if it had been skipped.
    """
    problems: list[Problem] = []
    for index, entry in enumerate(script.entries):
        if sitting.current is None:
            many = f"found {len(script.entries)} entries; the session has {index} items"
            problems.append(script.document.problem(("answers", index), many))
            break
        problems += _play_one(script.document, index, entry, sitting)
    if problems:
        raise InputError(problems)


def _play_one(document: Document, index: int, entry: Entry, sitting: Sitting) -> Iterator[Problem]:
    """Play one entry; yield what is wrong with it."""
    path: tuple[str | int, ...] = ("answers", index)
    designing = isinstance(sitting.current, Designing)
    if entry.hint:
        sitting.hint()
    if entry.answer is not None and designing:
        yield document.problem(path, "is an answer; a design is made here: {design: {role: component and size}}")
        sitting.done()
    elif entry.design is not None and not designing:
        yield document.problem(path, f"is a design; a question is asked here: {_asked(sitting)}")
        sitting.skip()
    elif designing:
        yield from _play_design(document, index, entry, sitting)
    elif entry.skip:
        sitting.skip(entry.seconds)
    else:
        yield from _play_answer(document, path, entry, sitting)


def _asked(sitting: Sitting) -> str:
    return " ".join(sitting.question.text.split())[:80] if sitting.question else ""


def _play_answer(document: Document, path: tuple[str | int, ...], entry: Entry, sitting: Sitting) -> Iterator[Problem]:
    text = entry.answer if isinstance(entry.answer, str) else f"{entry.answer:.15g}"
    try:
        sitting.answer(text, entry.seconds)
    except AdvisorError as error:
        yield document.problem(path, str(error))
        sitting.skip()


def _play_design(document: Document, index: int, entry: Entry, sitting: Sitting) -> Iterator[Problem]:
    for role, text in (entry.design or {}).items():
        try:
            sitting.choose(role, text)
        except AdvisorError as error:
            yield document.problem(("answers", index, "design", role), str(error))
    sitting.done(entry.seconds, sitting.missing())

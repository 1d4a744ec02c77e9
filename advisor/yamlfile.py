"""Strict YAML: plain data only, every value with its line, bounded in size, depth and count.

Stricter than YAML in general because files come from strangers and because silent conversions are wrong answers:
repeated keys, anchors, aliases and tags are refused; ``no`` and ``on`` are text, ``1e-3`` is a number, ``12:30`` is
text.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from advisor.errors import InputError, Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 50_000
MAX_NUMBER_TEXT = 40

_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "True": True,
    "false": False,
    "False": False,
}

Path_ = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Document:
    """Plain data of one file, with the line of every value.

    Attributes:
        file: name to show in messages.
        data: dicts, lists, str, int, float, bool, date and None.
        lines: path (keys and indices) -> 1-based line.
    """

    file: str
    data: Any
    lines: dict[Path_, int] = field(default_factory=dict)

    def line(self, path: Path_) -> int:
        """Return the line of a path, or of its nearest parent that stands in the file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1

    def problem(self, path: Path_, message: str) -> Problem:
        """Return a :class:`Problem` that points at ``path`` in this file."""
        return Problem(self.file, self.line(path), dotted(path), message)


def dotted(path: Path_) -> str:
    """Return a path as text.

    >>> dotted(("flows", "answer", "path", 0))
    'flows.answer.path[0]'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def read_text(path: Path, file: str = "") -> str:
    """Return a file's text, or raise one clear :class:`InputError`: missing, folder, too large, not UTF-8."""
    name = file or str(path)
    try:
        if path.is_dir():
            raise InputError([Problem(name, 0, "", "is a folder; a YAML file is expected")])
        with path.open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(name, 0, "", f"cannot be read: {reason}")]) from None
    if len(raw) > MAX_BYTES:
        raise InputError([Problem(name, 0, "", f"is larger than {MAX_BYTES:,} bytes, the most that is read")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError([Problem(name, line, "", f"is not UTF-8 text (byte {error.start})")]) from None


def load(path: Path, file: str = "") -> Document:
    """Read and parse one file strictly. Raises :class:`InputError` with all problems found."""
    return parse(read_text(path, file), file or str(path))


def parse(text: str, file: str = "") -> Document:
    """Parse YAML text strictly.

    >>> parse("a: 1e-3\\nb: no\\nc: 12:30").data
    {'a': 0.001, 'b': 'no', 'c': '12:30'}
    >>> parse("a: 1\\na: 2", "x.yml")
    Traceback (most recent call last):
    advisor.errors.InputError: x.yml:2: a: is given twice; first on line 1
    """
    reader = _Reader(file)
    try:
        data = reader.document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 0
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        if "nesting depth" in what:  # newer parsers give up on their own, far beyond our bound
            what = f"nested more than {MAX_DEPTH} levels deep"
        raise InputError([*reader.problems, Problem(file, line, "", f"is not valid YAML: {what}")]) from None
    if reader.problems:
        raise InputError(reader.problems)
    return Document(file, data, reader.lines)


class _Stop(yaml.YAMLError):
    """Ends reading early when a bound is exceeded."""

    def __init__(self, mark: Any, problem: str) -> None:
        self.problem_mark, self.problem = mark, problem


class _Reader:
    """Builds plain data from parser events, so that nothing is ever expanded or constructed."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []
        self.nodes = 0

    def document(self, events: Iterator[Any]) -> Any:
        data: Any = None
        seen = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    self._note(event, (), "holds more than one YAML document; only one is allowed")
                    return data
                data = self._value(next(events), events, ())
        return data

    def _note(self, event: Any, path: Path_, message: str) -> None:
        self.problems.append(Problem(self.file, event.start_mark.line + 1, dotted(path), message))

    def _value(self, event: Any, events: Iterator[Any], path: Path_) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Stop(event.start_mark, f"more than {MAX_NODES:,} values")
        if len(path) > MAX_DEPTH:
            raise _Stop(event.start_mark, f"nested more than {MAX_DEPTH} levels deep")
        self.lines[path] = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            self._note(event, path, f"uses the alias *{event.anchor}; aliases are not allowed, write the value out")
            return None
        if event.anchor is not None:
            self._note(event, path, f"defines the anchor &{event.anchor}; anchors are not allowed")
        if event.tag is not None and event.tag != "!":
            self._note(event, path, f"carries the tag {event.tag}; tags are not allowed, plain values only")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return self._scalar(event, path)

    def _mapping(self, events: Iterator[Any], path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        event: Any
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._note(event, path, "has a key that is not plain text")
                self._value(event, events, (*path, "?"))
                self._value(next(events), events, (*path, "?"))
                continue
            key = event.value
            inner = (*path, key)
            if key in found:
                self._note(event, inner, f"is given twice; first on line {self.lines[inner]}")
                self._value(next(events), events, (*path, f"{key} (again)"))
                continue
            found[key] = self._value(next(events), events, inner)
            mark: Any = event.start_mark
            self.lines[inner] = mark.line + 1
        return found

    def _sequence(self, events: Iterator[Any], path: Path_) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            found.append(self._value(event, events, (*path, len(found))))
        return found

    def _scalar(self, event: Any, path: Path_) -> Any:
        text = event.value
        if event.style is not None and event.style not in ("", "plain"):
            return text
        return plain(text)


def plain(text: str) -> Any:
    """Return the value of an unquoted scalar (a strict YAML 1.2 core schema plus dates).

    A number too large to be held and a day that no calendar has stay text: where a number or a date is asked, the
    record that asks refuses them, together with everything else that is wrong in the file (:func:`unfit` says why).

    >>> [plain(t) for t in ("6_000", "1e3", "no", "2026-11-21", "null", "1e999")]
    [6000, 1000.0, 'no', datetime.date(2026, 11, 21), None, '1e999']
    """
    if text in _WORDS:
        return _WORDS[text]
    if not (text[0].isdigit() or text[0] in "+-.") or len(text) > MAX_NUMBER_TEXT:
        return text
    if _INT.fullmatch(text):
        return int(text.replace("_", ""))
    if unfit(text):
        return text
    if _DATE.fullmatch(text):
        return datetime.date.fromisoformat(text)
    return float(text.replace("_", "")) if _FLOAT.fullmatch(text) else text


def unfit(text: str) -> str:
    """Return why a text that is written as a number or a date is neither; empty for every other text.

    >>> unfit("1e999"), unfit("2026-02-31"), unfit("1e9")
    ('too large a number to be held', 'no day of the calendar', '')
    """
    if _FLOAT.fullmatch(text) and math.isinf(float(text.replace("_", ""))):
        return "too large a number to be held"
    if _DATE.fullmatch(text):
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            return "no day of the calendar"
    return ""

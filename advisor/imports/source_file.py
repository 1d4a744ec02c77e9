"""A file of another tool: its text, and values taken out of it with every problem noted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from advisor.errors import InputError, Problem
from advisor.schema import shown

MAX_BYTES = 64_000_000  # hey writes one row a request


@dataclass
class SourceFile:
    """Text of a file and the problems found in it so far.

    Attributes:
        name: for messages.
        tool: what its format belongs to; messages name it.
    """

    name: str
    text: str
    tool: str = "this tool"
    problems: list[Problem] = field(default_factory=list)

    def note(self, path: str, message: str, line: int = 0) -> None:
        """Note a problem and go on."""
        self.problems.append(Problem(self.name, line or self._line_of(path), path, message))

    def refuse(self, message: str, path: str = "", line: int = 0) -> NoReturn:
        """Raise everything noted, and this."""
        self.note(path, message, line)
        raise InputError(self.problems)

    def done(self) -> None:
        """Raise what was noted, if anything was."""
        if self.problems:
            raise InputError(self.problems)

    def _line_of(self, path: str) -> int:
        """Return the line of a JSON path, 0 where it cannot be told."""
        from advisor.yamlfile import dotted, parse

        try:
            lines = {dotted(place): line for place, line in parse(self.text, self.name).lines.items()}
        except InputError:
            return 0
        while path and path not in lines:
            path = path.rpartition(".")[0]
        return lines.get(path, 0) if path else 0

    def number(
        self, data: Mapping[str, Any], key: str, path: str, *, least: float = 0.0, above: bool = False
    ) -> float | None:
        """Return a number that must be there and lie in its range; else note the problem and return None."""
        if key not in data:
            self.note(f"{path}.{key}" if path else key, f"is missing; {self.tool} states it")
            return None
        return self.optional(data, key, path, least=least, above=above)

    def optional(
        self, data: Mapping[str, Any], key: str, path: str, *, least: float = 0.0, above: bool = False
    ) -> float | None:
        """Return a number that may be missing or null, None if it is."""
        value = data.get(key)
        if value is None:
            return None
        place = f"{path}.{key}" if path else key
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.note(place, f"found {shown(value)}; a finite number is expected")
        elif value < least or (above and value == least):
            self.note(place, f"found {value:g}; must be {'greater than' if above else 'at least'} {least:g}")
        else:
            return float(value)
        return None

    def table(self, data: Mapping[str, Any], key: str, path: str = "") -> dict[str, Any]:
        """Return a mapping inside a mapping, empty and noted when it is something else."""
        value = data.get(key)
        if isinstance(value, dict):
            return value
        place = f"{path}.{key}" if path else key
        self.note(place, "is missing" if key not in data else f"found {shown(value)}; a mapping is expected")
        return {}


def read_text(path: Path) -> str:
    """Return a file's text. Raises :class:`InputError`: missing, folder, too large, not UTF-8, empty."""
    try:
        if path.is_dir():
            raise InputError([Problem(str(path), 0, "", "is a folder; one file is expected")])
        with path.open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(str(path), 0, "", f"cannot be read: {reason}")]) from None
    if len(raw) > MAX_BYTES:
        raise InputError([Problem(str(path), 0, "", f"is larger than {MAX_BYTES:,} bytes, the most that is read")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError([Problem(str(path), line, "", f"is not UTF-8 text (byte {error.start})")]) from None
    if not text.strip():
        raise InputError([Problem(str(path), 0, "", "is empty")])
    return text


def as_json(text: str, name: str = "") -> Any:
    """Return the value of a JSON text.

    Lines of a log before the first ``{`` are skipped, as tools that print their report mix the two.

    Raises:
        InputError: with the line at which it stops being JSON, or NaN and Infinity, which are not JSON.

    >>> as_json("loading ...\\n{\\"requests\\": 3}")
    {'requests': 3}
    """
    start = 0 if text.lstrip().startswith(("{", "[")) else max(text.find("\n{") + 1, 0)
    before = text[:start].count("\n")

    def constant(word: str) -> NoReturn:
        why = "a test without any success?" if word == "NaN" else "was it written by another tool?"
        raise InputError([Problem(name, 0, "", f"holds {word}, which is no number of JSON: {why}")])

    try:
        return json.loads(text[start:], parse_constant=constant)
    except json.JSONDecodeError as error:
        hint = "; it holds more than one run, import them one by one" if error.msg == "Extra data" else ""
        message = f"is not valid JSON: {error.msg}{hint}"
        raise InputError([Problem(name, before + error.lineno, "", message)]) from None
    except RecursionError:
        raise InputError([Problem(name, 0, "", "is nested too deep to be read")]) from None

"""A value as somebody gave it: plain data, and where it stands, for messages that lead back to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from advisor.errors import InputError, Problem
from advisor.yamlfile import Document, Path_

T = TypeVar("T")
SHOWN = 40


@dataclass(frozen=True)
class Conversion:
    """A number that came with a unit of its own: where, as written, and what was understood."""

    path: str
    written: str
    value: float
    unit: str


@dataclass(frozen=True)
class Given:
    """Plain data with its place: a file and line, or the name of an argument.

    >>> tree = Given.of("tree", {"series": [{"constant_ms": -1}]})
    >>> str(tree.fields()["series"].items()[0].refuse("must be a leaf"))
    'tree.series[0]: must be a leaf'
    """

    data: Any
    document: Document
    path: Path_ = ()
    conversions: list[Conversion] = field(default_factory=list, compare=False)

    @classmethod
    def of(cls, name: str, data: Any) -> Given:
        """Return a value that no file holds, known by a name."""
        return cls(data, Document("", data), (name,) if name else ())

    def refuse(self, message: str) -> InputError:
        """Return what to raise when this value cannot be used."""
        return InputError([self.problem(message)])

    def problem(self, message: str) -> Problem:
        """Return a problem that points here."""
        found = self.document.problem(self.path, message)
        return found if self.document.file else Problem("", 0, found.path, message)

    def items(self) -> list[Given]:
        """Return the parts of a list."""
        return [self._inside(index, part) for index, part in enumerate(self.data)]

    def fields(self) -> dict[str, Given]:
        """Return the parts of a mapping."""
        return {key: self._inside(key, part) for key, part in self.data.items()}

    def _inside(self, key: str | int, part: Any) -> Given:
        return Given(part, self.document, (*self.path, key), self.conversions)

    def shown(self) -> str:
        """Return the data shortened for a message."""
        text = repr(self.data) if not isinstance(self.data, dict) else "a mapping with " + ", ".join(self.data)
        return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def collected(steps: Iterable[Callable[[], T]], also: Iterable[Problem] = ()) -> list[T]:
    """Return what every step returns; raise all their problems, and those of ``also``, at once.

    >>> collected([lambda: 1, lambda: 2])
    [1, 2]
    """
    found: list[T] = []
    problems = list(also)
    for step in steps:
        try:
            found.append(step())
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return found

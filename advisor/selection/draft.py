"""What a file says, before anything is checked: text and numbers with the place where they stand.

Both readers, CSV and JSON, fill a :class:`Draft`; :mod:`advisor.selection.check` turns it into a problem or into the
list of everything that is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.errors import Problem

MAX_BYTES = 50_000_000
MAX_OPTIONS = 200_000
LARGEST, SMALLEST = 1e15, 1e-30  # sums of larger numbers lose units; smaller ones cannot be scaled


@dataclass(frozen=True)
class Place:
    """Where something stands: a line (CSV) or a path (JSON), and the file where it is not the main one."""

    line: int = 0
    path: str = ""
    file: str = ""


@dataclass
class DraftOption:
    """An option as written; ``values`` may hold anything."""

    name: str
    values: dict[str, Any]
    place: Place


@dataclass
class DraftRole:
    """A role as written."""

    place: Place
    options: list[DraftOption] = field(default_factory=list)
    optional: bool = False


@dataclass
class DraftPool:
    """A pool as written: units and classes are unchecked; ``priority`` is that of classes without one of their own."""

    place: Place
    units: Mapping[str, Any]
    classes: Mapping[str, Any]
    priority: Any = None


@dataclass
class Draft:
    """A whole problem as written, and what was wrong with its form."""

    file: str = ""
    roles: dict[str, DraftRole] = field(default_factory=dict)
    pools: dict[str, DraftPool] = field(default_factory=dict)
    edges: list[tuple[Any, Place]] = field(default_factory=list)
    pairs: list[tuple[Any, Place]] = field(default_factory=list)
    rules: list[tuple[str, Any, Place]] = field(default_factory=list)
    aggregate: dict[str, tuple[Any, Place]] = field(default_factory=dict)
    limits: list[tuple[Any, Place]] = field(default_factory=list)
    goals: list[tuple[str, Any, Place]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def note(self, place: Place, message: str, *path: str) -> None:
        """Add a problem at a place, or at something below it."""
        where = ".".join(part for part in (place.path, *path) if part)
        self.problems.append(Problem(place.file or self.file, place.line, where, message))

    def number(self, value: Any, place: Place, *path: str) -> float | None:
        """Return a finite number, or note what was found instead and return None."""
        found = number(value)
        if found is None:
            self.note(place, f"found {shown(value)}; a finite number is expected", *path)
        elif not in_range(found):
            self.note(place, f"found {found:.6g}; {RANGE}", *path)
        else:
            return found
        return None


def number(value: Any) -> float | None:
    """Return a finite number as a float, None for everything else.

    >>> [number(v) for v in (3, "3", True, float("nan"), 10**400)]
    [3.0, None, None, None, None]
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found + 0.0 if math.isfinite(found) else None


RANGE = f"must be 0 or between {SMALLEST:g} and {LARGEST:g} in size"


def in_range(value: float) -> bool:
    """Return whether a number can be computed with.

    >>> [in_range(v) for v in (0.0, -1e15, 1e16, 1e-31)]
    [True, True, False, False]
    """
    return value == 0 or SMALLEST <= abs(value) <= LARGEST


def from_text(text: str) -> float | str:
    """Return the finite number that a text stands for, or the text.

    >>> [from_text(t) for t in ("1e-3", "6_000", "n/a", "inf")]
    [0.001, 6000.0, 'n/a', 'inf']
    """
    try:
        found = float(text)
    except ValueError:
        return text
    return found + 0.0 if math.isfinite(found) else text


def shown(value: Any) -> str:
    """Return a value as it may be repeated in a message: short, in the words of JSON.

    >>> [shown(v) for v in (None, True, {}, "a" * 50, 10**50, "")]
    ['nothing', 'true', 'an object', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...", '1e+50', 'an empty cell']
    """
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "a list"
    if value == "":
        return "an empty cell"
    if isinstance(value, int) and abs(value) > 10**15:
        return f"{value:.0e}" if abs(value) < 10**300 else "a number of more than 300 digits"
    text = repr(value)
    return text if len(text) <= 41 else text[:39] + "..."

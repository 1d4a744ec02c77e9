"""What a docstring of a model function says, taken apart: summary, formula, arguments, source, examples.

The docstrings follow one form: a first line; the formula as an indented block; prose, whose last sentences may begin
with ``Source:``; the sections ``Args:``, ``Returns:``, ``Raises:`` or ``Attributes:``; examples behind ``>>>``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

SECTIONS = ("Args", "Returns", "Raises", "Attributes")
_ROLE = re.compile(r":\w+:`~?([^`]+)`")
_SOURCE = re.compile(r"\bSources?: (.*)", re.DOTALL)
_ENTRY = re.compile(r"\*{0,2}(\w+)(?: \([^)]*\))?: ?(.*)")
_LOOK_ALSO = re.compile(r":func:`~?(?:[\w.]+\.)?(\w+)`")


@dataclass(frozen=True)
class Docstring:
    """The parts of a docstring; what it does not have is empty.

    Attributes:
        summary: the first paragraph.
        formula: the lines of the indented blocks before the sections.
        notes: the other paragraphs: assumptions, limits of validity.
        source: what follows ``Source:``.
        sections: section -> entry -> text; a section without names has one entry "".
        examples: the lines of the doctests.
        see: names of functions that the text refers to.
    """

    summary: str = ""
    formula: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    examples: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


def parse(text: str | None) -> Docstring:
    """Return the parts of a docstring.

    >>> doc = parse('''Return the time.
    ...
    ...         t = w / r
    ...
    ...     A lower bound. Source: Somebody (1999).
    ...
    ...     Args:
    ...         work: w > 0.
    ... ''')
    >>> doc.summary, doc.formula, doc.notes, doc.source, doc.sections["Args"]["work"]
    ('Return the time.', ('t = w / r',), ('A lower bound.',), 'Somebody (1999).', 'w > 0.')
    """
    if not text:
        return Docstring()
    clean = inspect.cleandoc(text)
    head, sections = _split(_without_examples(clean))
    blocks = list(_blocks(head))
    prose = [" ".join(lines) for indented, lines in blocks if not indented]
    sources = [found[1] for paragraph in prose if (found := _SOURCE.search(paragraph))]
    notes = [_SOURCE.sub("", paragraph).strip() for paragraph in prose[1:]]
    return Docstring(
        summary=plain(_SOURCE.sub("", prose[0]).strip()) if prose else "",
        formula=tuple(line for indented, lines in blocks if indented for line in lines),
        notes=tuple(plain(note) for note in notes if note),
        source=plain(" ".join(sources)),
        sections={name: _entries(lines) for name, lines in sections.items()},
        examples=tuple(_examples(clean)),
        see=tuple(dict.fromkeys(_LOOK_ALSO.findall(clean))),
    )


def plain(text: str) -> str:
    """Return a text without the marks of reStructuredText.

    >>> plain("As in :func:`decode_step`, see ``GB``.")
    'As in decode_step, see GB.'
    """
    return _ROLE.sub(r"\1", text).replace("``", "")


def _examples(text: str) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        inside = line.lstrip().startswith(">>>") or (inside and bool(line.strip()))
        if inside:
            yield line.rstrip()


def _without_examples(text: str) -> list[str]:
    shown, inside = [], False
    for line in text.splitlines():
        inside = line.lstrip().startswith(">>>") or (inside and bool(line.strip()))
        if not inside:
            shown.append(line)
    return shown


def _split(lines: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Return the lines before the sections, and those of each section."""
    head: list[str] = []
    sections: dict[str, list[str]] = {}
    here = head
    for line in lines:
        name = line.removesuffix(":")
        if line.endswith(":") and name in SECTIONS:
            here = sections.setdefault(name, [])
        elif line.strip() and not line.startswith(" ") and here is not head:
            here = head
            here += ["", line]
        else:
            here.append(line)
    return head, sections


def _blocks(lines: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    """Yield (indented, lines) for each run of lines between blank lines or changes of indentation."""
    block: list[str] = []
    indented = False
    for line in [*lines, ""]:
        this = line.startswith("    ")
        if block and (not line.strip() or this != indented):
            yield indented, [part.strip() for part in block] if not indented else _dedented(block)
            block = []
        if line.strip():
            block, indented = [*block, line], this


def _dedented(block: list[str]) -> list[str]:
    return [plain(line) for line in inspect.cleandoc("\n" + "\n".join(block)).splitlines()]


def _entries(lines: list[str]) -> dict[str, str]:
    """Return name -> text of a section's entries; text that belongs to no name stands under ""."""
    found: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc("\n" + "\n".join(lines)).splitlines():
        entry = None if line.startswith(" ") else _ENTRY.fullmatch(line)
        if entry:
            name = entry[1]
        text = entry[2] if entry else line.strip()
        found[name] = f"{found.get(name, '')} {text}".strip()
    return {key: plain(value) for key, value in found.items() if value}

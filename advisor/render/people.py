"""What people write into a document: parts in files of their own, which a second run keeps.

A part starts as a question (human) or as text made from the design (prefilled). Its file ``human/<name>.md`` holds that
start until somebody edits it. A start that nobody edited follows the design; an edited one stays, and when the start
has become another one since, the document says so and the new start lies beside it as ``<name>.new.md`` until that file
is deleted. ``human/starts.json`` keeps which start each file was made from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.errors import InputError, Problem
from advisor.render.markdown import code, visible
from advisor.render.written import tidied

FOLDER, STARTS = "human", "starts.json"
NEW = ".new.md"
MOST_BYTES = 200_000  # of one file
Kind = Literal["human", "prefilled"]


@dataclass(frozen=True)
class Part:
    """A part of a section that people write or edit. ``start``: Markdown; of a human part the question to answer."""

    name: str
    kind: Kind
    start: str

    @property
    def text(self) -> str:
        """The file as it is first written."""
        return f"{self.start.strip()}\n"


@dataclass(frozen=True)
class Start:
    """Digests of the start that a file was made from, and of the later one that was laid beside it ("" for none)."""

    made_from: str
    offered: str = ""


@dataclass(frozen=True)
class People:
    """What people have written so far. texts: name -> file. starts: name -> what is known of its start.

    Attributes:
        beside: names of the parts beside which a new start lies.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    starts: Mapping[str, Start] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()

    def edited(self, part: Part) -> bool:
        """Return whether the part's file is there and is not a start that advisor wrote."""
        text = self.texts.get(part.name)
        if text is None or not text.strip():
            return False
        known = self.starts.get(part.name)
        return digest(text) not in {digest(part.text), known.made_from if known else ""}

    def conflict(self, part: Part) -> bool:
        """Return whether an edited part was made from a start that the design no longer gives."""
        known = self.starts.get(part.name)
        if known is None or not self.edited(part):
            return False
        now = digest(part.text)
        settled = known.offered == now and part.name not in self.beside  # the new start was seen and deleted
        return known.made_from != now and not settled


NOBODY = People()


def digest(text: str) -> str:
    """Return the digest by which a start is known again, line ends and space at the ends left aside."""
    lines = text.replace("\r\n", "\n").strip()
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def shown(part: Part, people: People) -> str:
    """Return a part as it stands in the document: what people wrote, or its start, marked."""
    if not people.edited(part):
        return _marked(part)
    text = tidied(people.texts[part.name])
    if not people.conflict(part):
        return text
    where = code(f"{FOLDER}/{part.name}{NEW}")
    what = "question" if part.kind == "human" else "computed start"
    note = f"> ⚠ The {what} of this part has changed since it was edited. The new one is {where}; delete that file when"
    return f"{note} this part is right again.\n\n{text}"


def _marked(part: Part) -> str:
    lines = part.start.strip().split("\n")
    mark = f"✎ *{part.kind}* — "
    return "\n".join(f"> {mark if index == 0 else ''}{line}".rstrip() for index, line in enumerate(lines))


def files(parts: Iterable[Part], people: People) -> dict[str, str]:
    """Return path -> text of what has to be written: new files, starts that follow the design, and what is known.

    A file that somebody edited is never among them.
    """
    found: dict[str, str] = {}
    starts: dict[str, Start] = {}
    for part in parts:
        now, known = digest(part.text), people.starts.get(part.name)
        if not people.edited(part):
            starts[part.name] = Start(now)
            if people.texts.get(part.name) != part.text:
                found[f"{FOLDER}/{part.name}.md"] = part.text
        elif people.conflict(part):
            assert known is not None
            starts[part.name] = Start(known.made_from, now)
            found[f"{FOLDER}/{part.name}{NEW}"] = part.text
        else:
            starts[part.name] = known if known and known.made_from != now else Start(now)
    text = json.dumps({name: _data(start) for name, start in sorted(starts.items())}, indent=2) + "\n"
    return {**found, f"{FOLDER}/{STARTS}": text}


def _data(start: Start) -> dict[str, str]:
    return {"made_from": start.made_from, **({"offered": start.offered} if start.offered else {})}


def read(contents: Mapping[str, bytes], folder: str = FOLDER) -> People:
    """Return what people wrote, from the files of their folder by name.

    Raises:
        InputError: each file that is no text in UTF-8 or too large, and a list of starts that cannot be read.
    """
    problems: list[Problem] = []
    texts = {
        name.removesuffix(".md"): _text(f"{folder}/{name}", data, problems)
        for name, data in sorted(contents.items())
        if name.endswith(".md") and not name.endswith(NEW)
    }
    starts = _starts(f"{folder}/{STARTS}", contents.get(STARTS, b"{}"), problems)
    if problems:
        raise InputError(problems)
    beside = frozenset(name.removesuffix(NEW) for name in contents if name.endswith(NEW))
    return People(texts, starts, beside)


def _text(file: str, data: bytes, problems: list[Problem]) -> str:
    if len(data) > MOST_BYTES:
        problems.append(Problem(file, 0, "", f"found {len(data):,} bytes; a part has at most {MOST_BYTES:,}"))
        return ""
    try:
        return visible(data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problems.append(Problem(file, line, "", "is not text in UTF-8"))
        return ""


def _starts(file: str, data: bytes, problems: list[Problem]) -> dict[str, Start]:
    wrong = "is not what advisor wrote; delete it, and every part that is there counts as edited"
    try:
        known = json.loads(data)
        return {str(name): Start(str(one["made_from"]), str(one.get("offered", ""))) for name, one in known.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        problems.append(Problem(file, 0, "", wrong))
        return {}

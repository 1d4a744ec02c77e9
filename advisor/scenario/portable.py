"""A scenario that carries what it reads from beside itself: folders of one's own under ``catalogs``.

The files are copied to ``catalogs/<number>-<name>/`` and the entries rewritten; everything else in the text stays as it
is, byte for byte. Doing it again to the result changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from advisor.catalog.overlay import files_of
from advisor.errors import InputError, Problem
from advisor.yamledit import flow
from advisor.yamlfile import dotted, parse

KEY = "catalogs"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Portable:
    """A scenario's text and the files that have to stand beside it: path -> bytes."""

    text: str
    files: Mapping[str, bytes]


def portable(text: str, file: str) -> Portable:
    """Return the scenario with its own catalogs beside it.

    Args:
        text: a sound scenario; file: where it stands, which its folders are relative to.

    Raises:
        InputError: a folder cannot be read, or the entries stand in a layout that cannot be rewritten.
    """
    named: Sequence[str] = (parse(text, file).data or {}).get(KEY) or ()
    copies = [copy_name(number, name) for number, name in enumerate(named, 1)]
    beside = Path(file).parent
    files = {
        f"{copy}/{path.relative_to(beside / name).as_posix()}": path.read_bytes()
        for copy, name in zip(copies, named, strict=True)
        for path in files_of(beside / name)
    }
    return Portable(_renamed(text, copies, file), files)


def copy_name(number: int, name: str) -> str:
    """Return where the copy of a folder stands; a copy keeps its place.

    >>> copy_name(1, "../our catalog"), copy_name(2, "/srv/x/"), copy_name(3, "..")
    ('catalogs/1-our_catalog', 'catalogs/2-x', 'catalogs/3-own')
    >>> copy_name(1, "catalogs/1-our_catalog")
    'catalogs/1-our_catalog'
    """
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(name).name.lstrip("."))[:60].strip("_") or "own"
    return f"{KEY}/{number}-{stem.removeprefix(f'{number}-')}"


def _renamed(text: str, copies: Sequence[str], file: str) -> str:
    """Return the text with each entry replaced where it stands, and confirmed by reading it again."""
    if not copies:
        return text
    meant = {**parse(text, file).data, KEY: list(copies)}
    root: Any = yaml.compose(text, Loader=_LOADER)
    items = next(value.value for key, value in root.value if key.value == KEY)
    for node, copy in reversed(list(zip(items, copies, strict=True))):
        end = node.start_mark.index + len(text[node.start_mark.index : node.end_mark.index].rstrip())
        text = text[: node.start_mark.index] + flow(copy) + text[end:]
    if parse(text, file).data != meant:
        message = "stands in a layout that is not changed automatically; write the folders as [a, b]"
        raise InputError([Problem(file, 0, dotted((KEY,)), message)])
    return text

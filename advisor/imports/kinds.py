"""The kinds of files that can be imported, and telling one from its content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import InputError, bad_input
from advisor.imports import aiperf, hey, infracost, k6, locust, prometheus, vegeta, vllm
from advisor.imports.measurement import Measurement
from advisor.imports.source_file import as_json, read_text


@dataclass(frozen=True)
class Kind:
    """How to know a kind of file and to read it. ``detect`` gets the text, and its value when it is JSON, else None."""

    title: str
    detect: Callable[[str, Any], bool]
    read: Callable[[str, str, str | None], Measurement]


KINDS: dict[str, Kind] = {
    name: Kind(reader.TITLE, reader.detect, reader.read)
    for name, reader in (
        ("k6", k6),
        ("locust", locust),
        ("vegeta", vegeta),
        ("hey", hey),
        ("vllm", vllm),
        ("aiperf", aiperf),
        ("prometheus", prometheus),
        ("infracost", infracost),
    )
}


def load(path: Path, kind: str | None = None, series: str | None = None) -> tuple[str, Measurement]:
    """Return the kind of a file and what it says.

    Args:
        kind: a name of :data:`KINDS`; None tells it from the content.
        series: which of several things in the file is meant: a request name, a histogram, a resource.

    Raises:
        InputError: the file cannot be read, is of no known or of another kind, or holds what cannot be.
    """
    text = read_text(path)
    found = detected(text, str(path))
    if kind is None:
        if found is None:
            known = "; ".join(f"{name}: {one.title}" for name, one in KINDS.items())
            raise bad_input(f"is of no kind that can be told from its content. Kinds: {known}", file=str(path))
        kind = found
    elif found not in (None, kind):
        message = f"looks like {KINDS[found].title}, not like {KINDS[kind].title}; use --as {found}"
        raise bad_input(message, file=str(path))
    return kind, KINDS[kind].read(text, str(path), series)


def detected(text: str, name: str) -> str | None:
    """Return the kind of a text, None when it is of none of them.

    Raises:
        InputError: it starts like JSON and is not.

    >>> detected("response-time,DNS+dialup,DNS\\n0.1,0.2,0.1", "")
    'hey'
    """
    data = None
    if text.lstrip().startswith(("{", "[")) or "\n{" in text:
        try:
            data = as_json(text, name)
        except InputError:
            if text.lstrip().startswith(("{", "[")):
                raise
    return next((kind for kind, one in KINDS.items() if one.detect(text, data)), None)

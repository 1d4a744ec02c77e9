"""Reading a problem from a file, from text or from data, with what the command line adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from advisor.errors import bad_input
from advisor.selection import read_csv, read_json
from advisor.selection.check import check
from advisor.selection.draft import MAX_BYTES, Draft, Place
from advisor.selection.problem import SelectionProblem
from advisor.selection.wishes import parse_aggregate


def load_problem(
    source: str | Path | Mapping[str, Any],
    *,
    minimize: str | None = None,
    maximize: str | None = None,
    limits: Iterable[str] = (),
    aggregate: Mapping[str, str] | Iterable[str] = (),
    edges: str | Path | None = None,
) -> SelectionProblem:
    """Return the checked problem of a CSV or JSON file, or of data in the shape of the JSON.

    Args:
        source: a path, or a mapping with the keys of the JSON form.
        minimize, maximize: the attribute to optimise; replaces what the file says.
        limits: texts such as ``latency_ms<=900``, added to those of the file.
        aggregate: attribute -> ``sum``, ``product``, ``min``, ``max`` or ``critical_path`` (or ``attribute=name``).
        edges: a CSV file with the columns ``from,to``.

    Raises:
        InputError: with every problem of the input.

    >>> table = {"roles": {"db": [{"option": "a", "cost": 3}, {"option": "b", "cost": 5}]}}
    >>> str(load_problem(table, minimize="cost", limits=["cost<=4"]).goal)
    'minimize cost'
    """
    if isinstance(source, Mapping):
        draft = read_json.read(source)
    else:
        draft = read_draft(read_text(Path(source), str(source)), str(source))
    return finish(draft, minimize=minimize, maximize=maximize, limits=limits, aggregate=aggregate, edges=edges)


def read_draft(text: str, file: str) -> Draft:
    """Return the draft of a text: JSON where it starts like JSON, else CSV."""
    if text.lstrip()[:1] in ("{", "["):
        return read_json.read(read_json.parse(text, file), file)
    return read_csv.read(text, file)


def finish(
    draft: Draft,
    *,
    minimize: str | None = None,
    maximize: str | None = None,
    limits: Iterable[str] = (),
    aggregate: Mapping[str, str] | Iterable[str] = (),
    edges: str | Path | None = None,
) -> SelectionProblem:
    """Return the problem of a draft with wishes added to it. Raises :class:`~advisor.errors.InputError`."""
    wishes = [("minimize", minimize), ("maximize", maximize)]
    given = [(name, value, Place(0, f"--{name}")) for name, value in wishes if value is not None]
    draft.goals = given or draft.goals
    draft.limits += [(text, Place(0, "--limit")) for text in limits]
    for item in aggregate.items() if isinstance(aggregate, Mapping) else aggregate:
        try:
            name, kind = item if isinstance(item, tuple) else parse_aggregate(item)
            draft.aggregate[name] = (kind, Place(0, "--aggregate"))
        except ValueError as error:
            draft.note(Place(0, "--aggregate"), str(error))
    if edges is not None:
        read_csv.read_edges(read_text(Path(edges), str(edges)), str(edges), draft)
    return check(draft)


def read_text(path: Path, file: str) -> str:
    """Return a file's text. Raises :class:`~advisor.errors.InputError`: missing, folder, too large, not UTF-8."""
    try:
        if path.is_dir():
            raise bad_input("is a folder; a CSV or JSON file is expected", file=file)
        with path.open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise bad_input(f"cannot be read: {getattr(error, 'strerror', None) or error}", file=file) from None
    return decode(raw, file)


def decode(raw: bytes, file: str) -> str:
    """Return bytes as text. Raises :class:`~advisor.errors.InputError`: too large, not UTF-8."""
    if len(raw) > MAX_BYTES:
        raise bad_input(f"is larger than {MAX_BYTES:,} bytes, the most that is read", file=file)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise bad_input(f"is not UTF-8 text (byte {error.start})", file=file, line=line) from None

"""A catalog with what people bring of their own: components, blueprints, prices, sources, and single figures.

A folder of one's own looks like the catalog's, with only the files that are needed. A component, blueprint, instance
type or source there adds, or replaces the one of the same id. ``figures.yml`` replaces single figures of options that
stay as they are otherwise, each by what was measured: option -> place of the figure -> figure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from advisor.catalog.checks import check
from advisor.catalog.load import Catalog, Documents, Own, Records, read_records
from advisor.catalog.own_figures import with_figures
from advisor.errors import InputError, Problem, bad_input
from advisor.yamlfile import Document, load, read_text

FIGURES = "figures.yml"
MOST_FILES = 2_000
UNREAD = ("*.yaml", "*/*.yaml", "[!.]*/*/*.yml")
SILENT = ("sources", "dimensions", "meters")  # records that change nothing by themselves


def overlaid(catalog: Catalog, folders: Sequence[Path]) -> Catalog:
    """Return the catalog with the folders laid over it, in their order.

    Raises:
        InputError: every problem of every file, and every rule across records that does not hold any more.
    """
    for folder in folders:
        catalog = _one(catalog, folder)
    return catalog


def files_of(folder: Path) -> list[Path]:
    """Return the files that count in a folder of one's own, sorted.

    Raises:
        InputError: it is no folder, or holds no such file, or too many, or one that would be overlooked.
    """
    if not folder.is_dir():
        raise bad_input("is not a folder; one with components or figures of your own is expected", path=str(folder))
    files = sorted(islice((path for depth in ("*.yml", "*/*.yml") for path in folder.glob(depth)), MOST_FILES + 1))
    if len(files) > MOST_FILES:
        raise bad_input(f"holds more than {MOST_FILES} files, the most that are read", path=str(folder))
    if unread := [_unread(folder, path) for pattern in UNREAD for path in sorted(folder.glob(pattern))]:
        raise InputError(unread)
    if not files:
        raise bad_input("holds no .yml file; components, blueprints or figures.yml are expected", path=str(folder))
    return files


def ids_in(folder: Path) -> Iterator[str]:
    """Yield the ids that the files of a folder state, whatever else is wrong with them."""
    with suppress(InputError, OSError):
        for path in files_of(folder):
            yield from re.findall(r"^[\s-]*id: *[\"']?(\w+)", read_text(path), re.MULTILINE)


def _unread(folder: Path, path: Path) -> Problem:
    """Return the problem of a file that looks like one of the catalog and stands where none is looked for."""
    message = "would not be read: files end in .yml and stand in the folder itself or in one below it"
    return Problem(str(Path(folder.name) / path.relative_to(folder)), 0, "", message)


def _one(catalog: Catalog, folder: Path) -> Catalog:
    files = files_of(folder)
    plain = [path for path in files if path.relative_to(folder) != Path(FIGURES)]
    data, documents = read_records(folder, plain, catalog.records.operating)
    own = tuple(_replaced(catalog, data, documents))
    records = _merged(catalog.records, data)
    if len(plain) < len(files):
        records, more = with_figures(records, load(folder / FIGURES, str(Path(folder.name) / FIGURES)))
        own += more
    _checked(records, documents)
    digest = hashlib.sha256(catalog.digest.encode() + b"".join(path.read_bytes() for path in files))
    return replace(catalog, records=records, digest=digest.hexdigest()[:12], own=(*catalog.own, *own))


def _replaced(catalog: Catalog, data: Mapping[str, Mapping[str, Any]], documents: Documents) -> Iterator[Own]:
    for kind, entries in data.items():
        known = getattr(catalog.records, kind)
        for key in entries:
            if kind not in SILENT:
                yield Own(documents[kind, key][0].file, key, "", f"the catalog's {key}" if key in known else "")


def _merged(records: Records, data: Mapping[str, Mapping[str, Any]]) -> Records:
    merged = {kind: dict(sorted({**getattr(records, kind), **new}.items())) for kind, new in data.items()}
    return records.model_copy(update=merged)


def _checked(records: Records, documents: Documents) -> None:
    """Raise the rules that do not hold; what the folder breaks elsewhere is said of its first file."""
    first = next(iter(documents.values()), None)
    found = list(check(records, _Everywhere(documents, first))) if first else []
    if found:
        raise InputError(found)


class _Everywhere(dict):  # type: ignore[type-arg]
    """Places of a folder's records; a record of the catalog below stands at the head of the folder's first file."""

    def __init__(self, known: Documents, first: tuple[Document, tuple[str | int, ...]]) -> None:
        super().__init__(known)
        self._first = first

    def __missing__(self, key: tuple[str, str]) -> tuple[Document, tuple[str | int, ...]]:
        return self._first[0], ()

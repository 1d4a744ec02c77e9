"""Writing into a folder of one's own: figures and sources are added, what stands there stays as it is.

Everything is worked out as text first, laid over the catalog for a check, and only then handed back to be written.
"""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.catalog.load import Catalog
from advisor.catalog.overlay import FIGURES, overlaid
from advisor.errors import InputError, Problem, bad_input
from advisor.yamledit import add_item, put
from advisor.yamlfile import parse, read_text

SOURCES = "sources.yml"


@dataclass(frozen=True)
class NewSource:
    """A publication of one's own, as it goes into ``sources.yml``."""

    id: str
    title: str
    address: str
    publisher: str
    date: str
    licence_note: str = "our own"


@dataclass(frozen=True)
class NewFigure:
    """A figure for ``figures.yml``: the place inside the option, and what stands there without its provenance."""

    option: str
    place: str
    numbers: Mapping[str, Any]
    basis: str
    conditions: str


def with_figures_added(
    catalog: Catalog,
    folder: Path,
    figures: Sequence[NewFigure],
    source: NewSource,
    checked: datetime.date,
    *,
    replace: bool = False,
) -> dict[str, bytes]:
    """Return the new contents of ``figures.yml`` and ``sources.yml`` of a folder that may not exist yet.

    Args:
        replace: let a figure or source of the same place stand for the one that is there.

    Raises:
        InputError: a place is taken, a file cannot be changed, or the folder would not pass the catalog's rules.
    """
    named, listed = _text(folder / FIGURES), _text(folder / SOURCES)
    found = list(_taken(folder, named, listed, figures, source)) if not replace else []
    if found:
        raise InputError(found)
    for one in figures:
        entry = {**one.numbers, "basis": one.basis, "source": source.id, "checked": checked}
        whole = {**entry, "conditions": one.conditions} if one.conditions else entry
        named = put(named, (one.option, one.place), whole, str(folder / FIGURES))
    contents = {FIGURES: named.encode(), SOURCES: _with_source(listed, source, folder).encode()}
    check_with(catalog, folder, contents)
    return contents


def with_component_added(
    catalog: Catalog, folder: Path, role: str, component: str, text: str, source: NewSource, whole: bool
) -> dict[str, bytes]:
    """Return the contents of a new component's file and of ``sources.yml`` with its source.

    Args:
        whole: nothing is missing in the text, so that it has to pass the catalog's rules.

    Raises:
        InputError: the component exists already, in the folder or in the catalog, or breaks a rule.
    """
    name = f"{role}/{component}.yml"
    if (folder / name).exists() or (folder / name).is_symlink():
        raise bad_input("exists already and is left alone; name another component with --id", path=str(folder / name))
    if component in catalog.records.components or component in catalog.options:
        raise bad_input(f"--id: '{component}' is in the catalog already and would be replaced; choose another id")
    parse(text, name)
    contents = {name: text.encode(), SOURCES: _with_source(_text(folder / SOURCES), source, folder).encode()}
    if whole:
        check_with(catalog, folder, contents)
    return contents


def check_with(catalog: Catalog, folder: Path, contents: Mapping[str, bytes]) -> None:
    """Raise what the catalog's rules find in a folder once it has some new contents."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / (folder.name or "own")
        for path in folder.rglob("*.yml") if folder.is_dir() else ():
            target = copy / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for name, data in contents.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(data)
        overlaid(catalog, [copy])


def _text(path: Path) -> str:
    return read_text(path) if path.exists() else ""


def _taken(folder: Path, named: str, listed: str, figures: Sequence[NewFigure], source: NewSource) -> list[Problem]:
    """Return what stands in the way: figures of the same place, and another source of the same id."""
    document = parse(named, str(folder / FIGURES))
    data = document.data if isinstance(document.data, dict) else {}
    found = [
        document.problem((one.option, one.place), "is stated already; --replace puts the new figure in its place")
        for one in figures
        if isinstance(data.get(one.option), dict) and one.place in data[one.option]
    ]
    sources = parse(listed, str(folder / SOURCES))
    for index, known in enumerate(sources.data or []):
        if isinstance(known, dict) and known.get("id") == source.id and known != _record(source):
            message = f"'{source.id}' stands for another publication; name this one with --source, or --replace it"
            found.append(sources.problem((index,), message))
    return found


def _record(source: NewSource) -> dict[str, Any]:
    return dict(vars(source))


def _with_source(text: str, source: NewSource, folder: Path) -> str:
    """Return ``sources.yml`` with the source in its place among the sorted ids."""
    file = str(folder / SOURCES)
    ids = [str(one.get("id")) for one in parse(text, file).data or [] if isinstance(one, dict)]
    record = _record(source)
    if source.id not in ids:
        return add_item(text, (), sum(known < source.id for known in ids), record, file)
    if (parse(text, file).data or [])[ids.index(source.id)] == record:
        return text
    for key, value in record.items():
        text = put(text, (ids.index(source.id), key), value, file)
    return text

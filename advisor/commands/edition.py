"""What a document is made with besides the proposal: analyses, what people wrote, their templates."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from advisor.analysis.answers import Deadline
    from advisor.analysis.bundle import Bundle
    from advisor.proposal import Proposal
    from advisor.render.people import People
    from advisor.render.templates import Templates

    _NamesType = click.ParamType[tuple[str, ...]]
else:
    _NamesType = click.ParamType

TEMPLATES = "templates"  # folder of the copy of people's own templates


class Analyses(_NamesType):
    """Names of analyses, separated by commas; ``all`` for every one.

    >>> Analyses().convert("growth, pareto", None, None)
    ('pareto', 'growth')
    """

    name = "analyses"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names in the order in which they are worked out, or fail with what is allowed and the nearest."""
        from advisor.analysis.bundle import NAMES
        from advisor.errors import nearest

        if isinstance(value, tuple):
            return value
        asked = {part.strip().lower() for part in str(value).split(",")}
        for name in sorted(asked - {*NAMES, "all"}):
            self.fail(f"'{name}' is not one of {', '.join(NAMES)}, all{nearest(name, [*NAMES, 'all'])}", param, ctx)
        return tuple(name for name in NAMES if name in asked or "all" in asked)


analyses_option = click.option(
    "--analyses",
    metavar="A,B",
    type=Analyses(),
    default=(),
    help="Also work out and document: alternatives, pareto, sensitivity, growth, robust, or all. Takes longer.",
)
templates_option = click.option(
    "--templates",
    "templates_folder",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Use the templates and the house style in this folder where it has them (see: advisor templates copy).",
)


def read_templates(folder: Path | None) -> Templates:
    """Return people's own templates, none without a folder.

    Raises:
        InputError: everything that is wrong with them.
    """
    from advisor.render.templates import SHIPPED, templates_of

    if folder is None:
        return SHIPPED
    found = {path.relative_to(folder).as_posix(): _bytes(path) for path in _files(folder)}
    return templates_of(found, folder.as_posix())


def carried(folder: Path | None) -> dict[str, bytes]:
    """Return path -> bytes of the copies that let a folder make itself again."""
    if folder is None:
        return {}
    return {f"{TEMPLATES}/{path.relative_to(folder).as_posix()}": _bytes(path) for path in _files(folder)}


def read_people(output: Path | None) -> People:
    """Return what people wrote in the folder of an earlier run.

    Raises:
        InputError: everything that cannot be read.
    """
    from advisor.errors import InputError, Problem
    from advisor.render.people import FOLDER, NOBODY, read

    folder = output / FOLDER if output is not None else None
    if folder is None or not folder.is_dir():
        return NOBODY
    places = [path for path in sorted(folder.iterdir()) if path.is_file()]
    links = [path for path in places if path.is_symlink()]
    if links:  # a folder that came from somewhere else could put any file of ours into a document that is passed on
        raise InputError([Problem(f"{FOLDER}/{path.name}", 0, "", "is a link; a file is expected") for path in links])
    found = {path.name: _bytes(path) for path in places}
    return read({name: data for name, data in found.items() if not name.startswith(".")}, FOLDER)


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _bytes(path: Path) -> bytes:
    from advisor.errors import bad_input

    try:
        return path.read_bytes()
    except OSError as error:
        raise bad_input(f"cannot be read: {error.strerror or error}", file=str(path)) from None


def analyse(result: Proposal, names: tuple[str, ...], today: datetime.date, deadline: Deadline, jobs: int) -> Bundle:
    """Return the analyses that were asked for."""
    from advisor.analysis.answers import solve
    from advisor.analysis.bundle import NOTHING, bundle
    from advisor.commands.progress import bar

    if not names or result.best is None:
        return NOTHING
    with bar() as progress:
        answer = solve(result.table, deadline)
        if answer.best is None:  # the time was over
            return NOTHING
        return bundle(answer, names, today, deadline=deadline, progress=progress, jobs=jobs)


OURS = ("design.*", "infeasible.*", "diagram.*", "workspace.dsl", "cost.svg", "latency_*.svg", "adr/[0-9]*-*.md")


def leftovers(folder: Path, written: Collection[str]) -> list[str]:
    """Return the files of an earlier proposal in a folder that this one did not write again, so they speak of another.

    They are named, not removed: what was good once is not ours to delete.
    """
    found = {path.relative_to(folder).as_posix() for pattern in OURS for path in folder.glob(pattern)}
    return sorted(found - set(written))

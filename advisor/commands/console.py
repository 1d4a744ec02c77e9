"""The console that tables are printed on: colour only where a terminal has it, full width in pipes."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 140  # tables
LEAST_WIDTH, MOST_WIDTH, TEXT_IN_PIPES = 60, 110, 100


def console() -> Console:
    """Return a console on standard output. ``NO_COLOR`` and pipes are respected; a pipe gets a fixed width."""
    from rich.console import Console
    from rich.table import Table

    from advisor.render.fitted import fitted

    class Ours(Console):
        """A console that leaves the ending to us: on its own it ends with 1, which says that a gate failed."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, "the reader of our output went away")

        def print(self, *objects: Any, **options: Any) -> None:
            """Print, tables so that nothing of them is cut off."""
            super().print(*(fitted(one, self) if isinstance(one, Table) else one for one in objects), **options)

    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Ours(file=sys.stdout, width=width, highlight=False)


def text_width() -> int:
    """Return how wide running text may be: the terminal's width within what reads well, in a pipe always the same."""
    import shutil

    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else TEXT_IN_PIPES
    return max(LEAST_WIDTH, min(MOST_WIDTH, columns))


def echo_json(data: object) -> None:
    """Print plain data as JSON."""
    import click

    click.echo(json_text(data), nl=False)


def json_text(data: object) -> str:
    """Return plain data as JSON text."""
    import json

    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

"""The console that tables are printed on: colour only where a terminal has it, full width in pipes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 140


def console() -> Console:
    """Return a console on standard output. ``NO_COLOR`` and pipes are respected; a pipe gets a fixed width."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False)

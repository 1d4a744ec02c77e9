"""Reading a line from the terminal, so that Ctrl-C is heard at any moment."""

from __future__ import annotations

import os
import select
import sys

import click

TICK_S = 0.25


def line(prompt: str) -> str:
    """Return what is typed at a prompt, without spaces around it; bytes that are no text become question marks.

    A read that blocks misses an interrupt that comes just before it, until the next key. So it is only read once there
    is a line, and looked up every quarter of a second.

    Raises:
        click.Abort: the input has ended (Ctrl-D).
    """
    click.echo(f"{prompt}> ", nl=False)
    while not _typed():
        pass
    found = sys.stdin.buffer.readline()
    if not found:
        raise click.Abort
    return found.decode(sys.stdin.encoding, "replace").strip()


def _typed() -> bool:
    """Return whether there is a line to read; where that cannot be told, reading it has to wait."""
    return os.name == "nt" or bool(select.select([sys.stdin], [], [], TICK_S)[0])

"""Text of ours that holds what others typed, made harmless for terminals; numbers stay together when lines wrap."""

from __future__ import annotations

from advisor.render.clean import clean
from advisor.render.numbers import NARROW


def neat(text: str) -> str:
    """Return text as :func:`clean` does, but keep its no-break spaces and its indent.

    >>> neat("  10\\u00a0USD [bold]\\x1b")
    '  10\\xa0USD \\\\[bold]'
    """
    indent = " " * (len(text) - len(text.lstrip(" ")))
    parts = text.split(NARROW)
    kept = [(" " if part[:1] == " " else "") + clean(part) + (" " if part[-1:] == " " else "") for part in parts]
    return indent + NARROW.join(kept).strip(" ")

"""Text from strangers made harmless for terminals: no control characters, no escape sequences, no direction tricks."""

from __future__ import annotations

import unicodedata

_KEEP = {"\u00ad", "\u200c", "\u200d"}  # soft hyphen and the joiners that scripts and emoji need


def clean(text: str) -> str:
    """Return text on one line without control or direction-changing characters, safe for rich markup.

    >>> clean("a\\x1b[31mb\\u202ec [bold]d")
    'a[31mbc \\\\[bold]d'
    """
    from rich.markup import escape

    kept = "".join(
        c for c in " ".join(text.split()) if c in _KEEP or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs")
    )
    return escape(kept)

"""Words and figures in charts: how a figure is written, and how much of a label has room."""

from __future__ import annotations

import unicodedata

from advisor.render.svg import printable

_EM = {"narrow": 0.36, "normal": 0.62, "capital": 0.80, "wide": 1.15}  # of DejaVu Sans, the widest in use
_NARROW = frozenset("iljtfrI.,:;'|!()[]/ ")


def number(value: float) -> str:
    """Return the figure with grouped thousands and about three significant digits.

    >>> [number(value) for value in (38214.4, 812.0, 45.25, 1.234, 0.0567, 0.0)]
    ['38\\xa0214', '812', '45.2', '1.23', '0.057', '0']
    """
    if 0 < value < 0.0005:
        return "<0.001"
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2 if value >= 0.995 else 3
    text = f"{value:,.{digits}f}".replace(",", "\xa0")
    return text.rstrip("0").rstrip(".") if "." in text else text


def one_line(text: str) -> str:
    """Return the text without line ends and what no reader can see."""
    return " ".join(printable(text).split())


def fitting(label: str, room_px: float, size_px: float) -> str:
    """Return the label on one line, cut with an ellipsis where it might leave its room.

    >>> fitting("reranker", 90, 12), fitting("reranker of the second stage", 90, 12)
    ('reranker', 'reranker of th…')
    """
    text, width = one_line(label), 0.0
    for index, char in enumerate(text):
        width += _em(char) * size_px
        if width > room_px:
            return text[: max(index - 1, 1)].rstrip("\u200d\ufe0f ") + "…"
    return text


def _em(char: str) -> float:
    if unicodedata.combining(char) or char in "\u200d\ufe0f":
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return _EM["wide"]
    return _EM["narrow" if char in _NARROW else "capital" if char.isupper() or char in "mwMW@%" else "normal"]

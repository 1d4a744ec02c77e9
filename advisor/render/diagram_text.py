"""Text in diagrams: cleaned, measured with the metrics of Arial, wrapped into cards, escaped for DOT.

Strings come from users. After :func:`clean` a string has no control characters, after :func:`html` and :func:`quoted`
nothing in it can end a label or a string, and the program shows it exactly as it was typed.
"""

from __future__ import annotations

import html as _html
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from advisor.render.diagram_spec import OUTSIDE, Node

GLUE = "\u00a0"
FONT = "Arial"  # one family only: with a list the program falls back to wrong metrics

# Widths in 1/1000 em, read from the bundled Arimo (same metrics as Arial); a backslash is drawn as in Arial.
_REGULAR = {
    191: "'", 222: "ijl", 260: "|", 278: " \u00a0!,./:;I[]ft\\", 333: "()-`r", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jcksvxyz", 556: "#$0123456789?L_abdeghnopqu", 584: "+<=>~×·", 611: "FTZ", 667: "&ABEKPSVXY",
    722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1015: "@",
}  # fmt: skip
_BOLD = {
    238: "'", 278: " \u00a0,./Iijl\\", 280: "|", 333: "!()-:;[]`ft", 389: "*r{}", 474: '"', 500: "z",
    556: "#$0123456789J_aceksvxy", 584: "+<=>^~×·", 611: "?FLTZbdghnopqu", 667: "EPSVXY", 722: "&ABCDHKNRU",
    778: "GOQw", 833: "M", 889: "%m", 944: "W", 975: "@",
}  # fmt: skip
_WIDTHS = {
    bold: {char: width for width, chars in table.items() for char in chars}
    for bold, table in ((False, _REGULAR), (True, _BOLD))
}
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Line(NamedTuple):
    """One line of a card after wrapping: text, size in points, name of its colour, bold or not."""

    text: str
    size: int  # the program reads whole points only
    colour: str
    bold: bool

    @property
    def height(self) -> float:
        """Height of the row that holds the line, in points."""
        return round(self.size * (1.3 if self.size < 13 else 1.2)) + (self.colour == "muted")


def clean(text: str) -> str:
    r"""Return the text as one line without control characters and direction overrides.

    >>> clean("two\nlines\x00 \u202eevil\u202c")
    'two lines evil'
    """
    visible = (" " if char.isspace() and char != GLUE else char for char in text if _drawable(char))
    return " ".join(_words("".join(visible)))


def _words(text: str) -> list[str]:
    """Return what stands between spaces; a no-break space holds a number and its unit together."""
    return [word for word in text.split(" ") if word.strip()]


def _drawable(char: str) -> bool:
    if char in _OVERRIDES or ord(char) & 0xFFFE == 0xFFFE:
        return False
    return char.isspace() or unicodedata.category(char) not in ("Cc", "Cs")


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a text in points; characters outside Arial's basic set are guessed on the wide side.

    >>> round(text_width("Qdrant", 10), 2)
    30.57
    """
    table = _WIDTHS[bold]
    return sum(table.get(char) or _unknown_width(char) for char in text) * size / 1000


def _unknown_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return 0
    wide = unicodedata.east_asian_width(char) in ("W", "F") or ord(char) > 0xFFFF
    return 1250 if wide else 1000 if unicodedata.category(char)[0] == "S" else 722


@lru_cache(maxsize=4096)
def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Return the cleaned text in lines no wider than ``width``; a word that is too long is cut.

    >>> wrap("Llama 3.3 70B on vLLM", 80, 13)
    ['Llama 3.3', '70B on vLLM']
    >>> wrap("x" * 20, 60, 10)
    ['xxxxxxxxxxxx', 'xxxxxxxx']
    """
    lines: list[str] = []
    for word in _words(clean(text)):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, bold) <= width:
            lines[-1] = joined
        else:
            lines += _cut(word, width, size, bold)
    return lines


def _cut(word: str, width: float, size: float, bold: bool) -> list[str]:
    pieces = [""]
    for char in word:
        if pieces[-1] and text_width(pieces[-1] + char, size, bold) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


@lru_cache(maxsize=1024)
def card_lines(node: Node, width: float) -> list[Line]:
    """Return the lines of a node's card: role, component, size, figures; empty ones are left out."""
    outside = node.layer == OUTSIDE
    styles = (
        (node.role, 12 if outside else 11, "on_flow" if outside else "muted", outside),
        (node.component, 13, "on_flow" if outside else "ink", True),
        (node.size, 11, "on_flow" if outside else "ink", False),
        (node.figures, 11, "on_flow" if outside else "accent" if node.accent else "figures", False),
    )
    return [
        Line(text, size, colour, bold)
        for content, size, colour, bold in styles
        for text in wrap(content, width, size, bold)
    ]


def html(text: str) -> str:
    r"""Return the text escaped for an HTML label, where the program also reads ``\N`` and ``\\``.

    >>> html('<b> & "\\N"')
    '&lt;b&gt; &amp; &quot;&#92;&#92;N&quot;'
    """
    plain = clean(text).replace(GLUE, " ")  # lines are broken already; the program measures a no-break space wrongly
    return _html.escape(plain).replace("\\", "&#92;&#92;")


def quoted(text: str) -> str:
    r"""Return the text as a quoted DOT name without any character that DOT would interpret.

    >>> quoted('say "hi" \\')
    '"say &quot;hi&quot; &#92;"'
    """
    return f'"{_html.escape(clean(text), quote=True)}"'.replace("\\", "&#92;")


def hover(text: str) -> str:
    r"""Return the text as a quoted tooltip, in which the program reads escapes twice after entities; lines stay lines.

    >>> hover('C:\\new')
    '"C:&#92;&#92;&#92;&#92;new"'
    """
    lines = [quoted(line)[1:-1].replace("&#92;", "&#92;" * 4) for line in text.split("\n") if clean(line)]
    return f'"{"&#10;".join(lines)}"'


def is_plain(name: str) -> bool:
    """Tell whether a name can stand in DOT as it is and cannot be confused with a generated one."""
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", name)) and not re.fullmatch(r"(node|layer)_\d+", name)

"""Markdown made from text that somebody typed: whatever it holds, it is shown as text and cannot leave its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`*\[\]<>|~&#!$]|(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word means nothing
_START = re.compile(r"^([-+=]|\d+(?=[.)](?:\s|$)))")
_KEEP = frozenset("\u00ad\u200c\u200d")  # soft hyphen and the joiners that scripts and emoji need
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def one_line(text: str) -> str:
    """Return the text on one line without control, direction-changing and other unseen characters.

    >>> one_line("a\\r\\n b\\u202ec\\x00\\td")
    'a bc d'
    """
    spaced = re.sub(r"[\t\n\v\f\r\x85\u2028\u2029 ]+", " ", text)
    return visible(spaced).strip()


def visible(text: str, keep: str = "\n") -> str:
    """Return the text without what no reader can see; line ends stay, and what ``keep`` names.

    >>> visible("a\\u2066b\\nc\\x1b[1m")
    'ab\\nc[1m'
    """
    return "".join(c for c in text if c in keep or c in _KEEP or unicodedata.category(c) not in _HIDDEN)


def escape(text: str) -> str:
    r"""Return text for a paragraph, list or table cell: shown as typed, on one line.

    >>> escape("a|b `c` <i> [x](y)\n# _d_ e_f")
    'a\\|b \\`c\\` \\<i\\> \\[x\\](y) \\# \\_d\\_ e_f'
    >>> escape("1. no list"), escape("- neither"), escape("r7g.large, 2 zones")
    ('1\\. no list', '\\- neither', 'r7g.large, 2 zones')
    """
    escaped = _SPECIAL.sub(r"\\\g<0>", one_line(text))
    started = _START.match(escaped)
    if started is None:
        return escaped
    head, rest = started[1], escaped[started.end() :]
    return f"{head}\\{rest}" if head[0].isdigit() else f"\\{head}{rest}"


def code(text: str) -> str:
    """Return text as a code span that nothing inside can end; a bar, which would end a table cell, becomes a box line.

    >>> code("workload.requests"), code("a`b")
    ('`workload.requests`', '``a`b``')
    """
    line = one_line(text).replace("|", "\u2502")
    ticks = "`" * (_longest(line, "`") + 1)
    pad = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Return text as a fenced block that nothing inside can end; lines stay as they are.

    >>> print(fence("a\\n```\\nb", "yaml"))
    ````yaml
    a
    ```
    b
    ````
    """
    marks = "`" * max(3, _longest(text, "`") + 1)
    body = visible(text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")).rstrip("\n")
    return f"{marks}{language}\n{body}\n{marks}"


def _longest(text: str, mark: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(mark)}+", text)), default=0)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table. Cells are Markdown already; a head that starts with ``>`` is a column of figures.

    >>> print(table(["role", ">cost"], [["gateway", "3 USD"]]))
    | role | cost |
    |---|---:|
    | gateway | 3 USD |
    """
    assert all(len(row) == len(heads) for row in rows), "a row of a table has a cell too many or too few"
    lines = [[head.removeprefix(">") for head in heads]]
    rule = "|" + "|".join("---:" if head.startswith(">") else "---" for head in heads) + "|"
    text = ["| " + " | ".join(row) + " |" for row in [*lines, *rows]]
    return "\n".join([text[0], rule, *text[1:]])


def listed(lines: Iterable[str]) -> str:
    """Return lines, Markdown already, as a list.

    >>> print(listed(["a", "b"]))
    - a
    - b
    """
    return "\n".join(f"- {line}" for line in lines)


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Return parts as running text.

    >>> joined(["a", "b", "c"]), joined(["a"]), joined([])
    ('a, b and c', 'a', '')
    """
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> plural(1, "zone"), plural(3, "zone"), plural(2, "copy", "copies"), plural(2, "pair of nodes")
    ('1\\xa0zone', '3\\xa0zones', '2\\xa0copies', '2\\xa0pairs of nodes')
    """
    noun, of, what = one.partition(" of ")
    return f"{count:,}".replace(",", "\u00a0") + f"\u00a0{one if count == 1 else many or f'{noun}s{of}{what}'}"

"""The design document as PDF: tagged, with bookmarks, page numbers and drawings as vectors.

Set by Typst, which the extra ``advisor[pdf]`` installs. Fonts are the ones that come with advisor and with Typst, so
the same document has the same bytes on every machine; only characters that neither has (Chinese, Arabic, emoji) are
taken from the machine's own fonts.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from importlib.util import find_spec

from advisor.errors import AdvisorError, bad_input
from advisor.render.page import Figure_
from advisor.render.templates import SHIPPED, Templates
from advisor.render.typst_source import typst
from advisor.resources import folder

MISSING = "PDF needs the package typst, which is not installed: pip install 'advisor[pdf]'"
LOOK = "document.typ"
_OURS = ((0x20, 0x52F), (0x1E00, 0x1EFF), (0x2000, 0x2064), (0x2070, 0x20BF), (0x2100, 0x23FF), (0x2500, 0x27BF))


class PdfError(AdvisorError):
    """The document could not be set."""

    exit_code = 70


def check() -> None:
    """Raise :class:`InputError` when no PDF can be made here."""
    if find_spec("typst") is None:
        raise bad_input(MISSING, path="--format pdf")


def pdf(
    markdown: str,
    *,
    title: str,
    figures: Mapping[str, Figure_],
    date: datetime.date,
    author: str = "",
    templates: Templates = SHIPPED,
) -> bytes:
    """Return the document as PDF.

    Args:
        markdown, title, figures: as for the page. date, author: written into the PDF.
        templates: people's own look.

    Raises:
        InputError: Typst is not installed, or people's own look is wrong.
        PdfError: Typst could not set the document.
    """
    check()
    import typst as engine

    source = typst(markdown, title=title, figures=figures, date=date, author=author)
    look = templates.text(LOOK)
    head, rest = source.split("\n#let running-title", 1)
    text = f"{head}\n#let running-title{rest.splitlines()[0]}\n{look}\n" + rest.split("\n", 1)[1]
    compiler = engine.Compiler(  # type: ignore[misc] # its stub leaves a type open
        text.encode(),
        font_paths=[str(folder("templates") / "fonts")],
        ignore_system_fonts=covered(source),
    )
    try:
        made = compiler.compile(format="pdf", timestamp=int(_noon(date).timestamp()))
    except engine.TypstError as error:
        if LOOK in templates.own:
            raise bad_input(f"the PDF could not be set with it: {error}", file=f"{templates.place}/{LOOK}") from error
        raise PdfError(f"the PDF could not be set: {error}") from error
    assert isinstance(made, bytes)
    return made


def covered(text: str) -> bool:
    """Return whether our fonts and Typst's own have every character.

    >>> covered("✓ 3 × r7g → 99.9 %"), covered("模型")
    (True, False)
    """
    return all(char in "\n\t" or any(low <= ord(char) <= high for low, high in _OURS) for char in text)


def _noon(date: datetime.date) -> datetime.datetime:
    return datetime.datetime(date.year, date.month, date.day, 12, tzinfo=datetime.UTC)

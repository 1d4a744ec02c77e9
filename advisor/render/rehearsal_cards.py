"""Questions as flash cards: a text file that Anki imports (File, Import).

Tab-separated, with the headers that Anki reads: separator, HTML, note type, columns, and which column holds the id (so
that a card imported again replaces itself), the deck (so that it is made where there is none of that name yet, which a
deck in the header is not) and the tags. Source: docs.ankiweb.net/importing/text-files.html.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from html import escape

from advisor.rehearsal.question import Question, lettered
from advisor.rehearsal.registry import KINDS
from advisor.render import rehearsal_words
from advisor.render.markdown import visible

DECK = "advisor rehearsal"
HEADERS = (
    "#separator:tab",
    "#html:true",
    "#notetype:Basic",
    "#columns:GUID\tDeck\tFront\tBack\tTags",
    "#guid column:1",
    "#deck column:2",
    "#tags column:5",
)


def deck(questions: Iterable[tuple[str, Question]]) -> str:
    """Return the file. Questions come with the title of their scenario; the same question comes once.

    What is asked about a change in the middle of a session stands on all changes before it and is no card.
    """
    alone = ((title, question) for title, question in questions if question.kind in KINDS)
    rows = {row[0]: row for row in (_card(title, question) for title, question in alone)}
    return "\n".join([*HEADERS, *("\t".join(row) for row in rows.values())]) + "\n"


def _card(title: str, question: Question) -> tuple[str, str, str, str, str]:
    listed = "".join(f"<br>{letter}) {_html(option)}" for letter, option in lettered(question.form))
    front = f"<small>{_html(title)}</small><br>{_html(question.text)}{listed}"
    why = "".join(f"<br>{_html(line)}" for line in question.derivation)
    note = f"<small>{_html(rehearsal_words.CAVEAT)}</small>"
    back = f"<b>{_html(rehearsal_words.truth(question))}</b>{why}<br><code>{_html(question.command)}</code><br>{note}"
    name = hashlib.sha256(front.encode()).hexdigest()[:16]
    return name, DECK, front, back, f"advisor::{question.competence} advisor::kind::{question.kind}"


def _html(text: str) -> str:
    r"""Return text as HTML on one line without tabs, which would begin another field.

    >>> _html("a\tb\n<i>")
    'a b<br>&lt;i&gt;'
    """
    lines = visible(text.replace("\t", " ").replace("\r", "")).split("\n")
    return "<br>".join(escape(line) for line in lines)

"""One Markdown document as one HTML file that needs nothing else: no network, no fonts, no second file.

Markdown is CommonMark with tables. HTML typed into it is shown as text, links lead to ``http(s)``, relative addresses
and anchors only, and the page's Content-Security-Policy names its one script by hash, so nothing else ever runs.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from advisor.render import svg as drawing
from advisor.render.chart_theme import COLOURS
from advisor.render.templates import SHIPPED, Templates

_WIDE_PX = 640.0  # a drawing wider than this scrolls on a phone instead of shrinking to nothing
MARKS = {"✓": "yes", "✔": "yes", "✗": "no", "✘": "no", "⚠": "warn"}
ALIGNED = {"text-align:right": "num", "text-align:center": "mid"}
_TAKEN = frozenset({"content"})  # ids of the page itself
_GROUPED = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")  # 25 196: one number, not to be broken over two lines
_TEXT = ("text", "code_inline", "image", "softbreak", "hardbreak")


@dataclass(frozen=True)
class Figure_:  # noqa: N801 - the name is part of the agreed interface
    """A drawing for the page: put where the Markdown has an image whose target is ``name``; ``alt`` describes it."""

    name: str
    svg: str
    alt: str


@dataclass(frozen=True)
class Entry:
    """One line of the table of contents, with the lines below it."""

    slug: str
    text: str
    children: list[Entry] = field(default_factory=list)


def html(
    markdown: str,
    *,
    title: str,
    figures: Mapping[str, Figure_],
    lang: str = "en",
    templates: Templates = SHIPPED,
) -> str:
    """Return the document as one HTML page; the same arguments give the same text.

    Args:
        markdown: CommonMark with tables; may hold anything a user typed.
        title: name of the page in the browser, and its first heading when the Markdown has no ``#`` heading.
        figures: target of an image -> drawing; each is put inline where it is first shown, later images link to it.
        lang: language of the text, a BCP 47 tag.
        templates: people's own page, with the house style's accent colour.

    Raises:
        ValueError: a figure's SVG is not well-formed.
        InputError: people's own page is wrong.
    """
    reader = parser()
    tokens = reader.parse(drawing.printable(markdown))
    tokens = _with_title(tokens, title)
    contents = _number_headings(tokens)
    _show_figures(tokens, figures)
    _mark_tables(tokens)
    _mark_text(tokens)
    body = reader.renderer.render(tokens, reader.options, {})
    return _page(Markup(body), drawing.printable(title), contents, lang, templates)


def slug(heading: str, taken: set[str]) -> str:
    """Return an anchor for the heading, as GitHub makes it, unlike all in ``taken``; it is added to them.

    >>> taken = set(); [slug(text, taken) for text in ("Cost & growth", "Cost & growth", "✓")]
    ['cost--growth', 'cost--growth-1', 'section']
    """
    base = re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-") or "section"
    name, number = base, 0
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name


# ---------------------------------------------------------------- Markdown


def parser() -> MarkdownIt:
    """Return what reads our Markdown: CommonMark with tables, HTML as text, and only links that may be followed."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.validateLink = allowed_link  # type: ignore[method-assign,assignment]
    for name in ("fence", "code_block"):
        reader.add_render_rule(name, _code)
    return reader


def allowed_link(target: str) -> bool:
    """Return whether a link may lead there: ``http(s)``, a relative address or an anchor, nothing else.

    >>> [allowed_link(x) for x in ("https://a.b", "#cost", "adr/1.md", "javascript:x", " data:text/html,x", "//a.b")]
    [True, True, True, False, False, False]
    """
    address = re.sub(r"[\x00-\x20]+", "", unquote(target)).lower()
    if address.startswith(("//", "\\", "/\\")):
        return False
    scheme = re.match(r"([^/?#]*?):", address)
    return scheme is None or scheme[1] in ("http", "https")


def _code(_: object, tokens: Sequence[Token], index: int, *__: object) -> str:
    token = tokens[index]
    words = token.info.split()
    language = f' class="language-{escape(words[0])}"' if words else ""
    button = '<button type="button" class="copy" hidden>Copy</button>'
    return f'<div class="code">{button}<pre><code{language}>{escape(token.content)}</code></pre></div>\n'


def _raw(markup: str) -> Token:
    return Token("html_block", "", 0, content=markup, block=True)


def _inline_raw(markup: str) -> Token:
    return Token("html_inline", "", 0, content=markup)


# ---------------------------------------------------------------- headings


def _with_title(tokens: list[Token], title: str) -> list[Token]:
    if any(token.type == "heading_open" and token.tag == "h1" for token in tokens):
        return tokens
    return [_raw(f"<h1>{escape(drawing.printable(title))}</h1>\n"), *tokens]


def _number_headings(tokens: Sequence[Token]) -> list[Entry]:
    """Give headings ids and levels without gaps (one h1, none two deeper than the last); return the contents."""
    contents: list[Entry] = []
    taken, depth, titled = set(_TAKEN), 1, False
    for index, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        level = int(token.tag[1])
        if level > 1 or titled:
            level = min(max(level, 2), depth + 1)
        depth, titled = level, titled or level == 1
        token.tag = tokens[index + 2].tag = f"h{level}"
        text = plain(tokens[index + 1])
        name = slug(text, taken)
        token.attrSet("id", name)
        if level > 1:
            _add_anchor(tokens[index + 1], name)
        if text:
            _enter(contents, level, Entry(name, text))
    return contents


def _enter(contents: list[Entry], level: int, entry: Entry) -> None:
    if level == 2:
        contents.append(entry)
    elif level == 3 and contents:
        contents[-1].children.append(entry)


def _add_anchor(inline: Token, name: str) -> None:
    link = f'<a class="anchor" href="#{escape(name)}" aria-hidden="true" tabindex="-1">#</a>'
    inline.children = [_inline_raw(link), *(inline.children or [])]


def plain(inline: Token) -> str:
    """Return what a line says, without its marks."""
    parts = (child.content or " " for child in inline.children or [] if child.type in _TEXT)
    return " ".join("".join(parts).split())


# ---------------------------------------------------------------- figures


def _show_figures(tokens: list[Token], figures: Mapping[str, Figure_]) -> None:
    shown: dict[str, str] = {}
    for index, token in enumerate(tokens):
        if token.type != "inline" or not token.children:
            continue
        alone = len(token.children) == 1 and tokens[index - 1].type == "paragraph_open"
        for place, child in enumerate(token.children):
            if child.type != "image":
                continue
            caption = plain(child)
            markup = _figure(figures.get(unquote(str(child.attrs.get("src", "")))), caption, shown, block=alone)
            token.children[place] = _inline_raw(markup)
            if alone and markup.startswith("<figure"):
                tokens[index - 1], tokens[index], tokens[index + 1] = _raw(markup), _raw(""), _raw("")


def _figure(figure: Figure_ | None, caption: str, shown: dict[str, str], *, block: bool) -> str:
    if figure is None:
        return f'<span class="missing">[figure: {escape(caption)}]</span>'
    words = escape(caption or drawing.printable(figure.alt))
    if figure.name in shown:
        return f'<a href="#{shown[figure.name]}">{words}</a>'
    name = shown[figure.name] = _figure_id(figure.name, set(shown.values()))
    picture = drawing.inline(figure.svg, prefix=f"{name}--", label=drawing.printable(figure.alt or caption))
    if not block:
        return f'<span class="figure" id="{name}">{picture.markup}</span>'
    wide = picture.width_px > _WIDE_PX
    button = '<button type="button" class="enlarge" hidden>Whole window</button>' if wide else ""
    return (
        f'<figure id="{name}"{" class=wide" if wide else ""}>\n<div class="scroll">{picture.markup}</div>\n'
        f"<figcaption><span>{words}</span>{button}</figcaption>\n</figure>\n"
    )


def _figure_id(name: str, taken: set[str]) -> str:
    """Return an id that no heading can have (theirs are lower case) and no part of another figure (those have ``--``).

    >>> _figure_id("latency_answer.svg", set()), _figure_id("a b.svg", {"Figure-a-b"})
    ('Figure-latency-answer', 'Figure-a-b-1')
    """
    stem = re.sub(r"[^a-z0-9]+", "-", name.rpartition(".")[0].lower()).strip("-")
    base = unique = f"Figure-{stem}".strip("-")
    while unique in taken:
        unique = f"{base}-{int(unique[len(base) + 1 :] or 0) + 1}"
    return unique


# ---------------------------------------------------------------- tables and marks


def _mark_tables(tokens: list[Token]) -> None:
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.type == "table_open":
            tokens.insert(index, _raw('<div class="table scroll" role="group" aria-label="Table">\n'))
        elif token.type == "table_close":
            tokens.insert(index + 1, _raw("</div>\n"))
        elif token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            token.attrs |= {"scope": "col"} if token.type == "th_open" else {}
            token.attrs |= {"class": ALIGNED[style]} if style in ALIGNED else {}


def _mark_text(tokens: Sequence[Token]) -> None:
    """Colour ✓ and ✗ (the characters stay: meaning never hangs on colour) and keep grouped figures on one line."""
    pattern = re.compile(f"([{''.join(MARKS)}])")
    for token in tokens:
        if token.type == "inline" and token.children:
            token.children = [part for child in token.children for part in _parts(child, pattern)]


def _parts(child: Token, pattern: re.Pattern[str]) -> list[Token]:
    if child.type != "text":
        return [child]
    child.content = _GROUPED.sub("\xa0", child.content)
    if not pattern.search(child.content):
        return [child]
    return [_coloured(part) for part in pattern.split(child.content) if part]


def _coloured(part: str) -> Token:
    kind = MARKS.get(part)
    return _inline_raw(f'<span class="{kind}">{part}</span>') if kind else Token("text", "", 0, content=part)


# ---------------------------------------------------------------- page


def _page(body: Markup, title: str, contents: Sequence[Entry], lang: str, templates: Templates) -> str:
    script = _as_it_is("page.js", templates)
    colours = "".join(f"--chart-{role}:light-dark({light},{dark});" for role, (light, dark) in COLOURS.items())
    accent = templates.style.accent
    colours += f"--link:light-dark({accent.light},{accent.dark});" if accent else ""
    facts = {
        "body": body,
        "title": title,
        "contents": contents,
        "lang": lang,
        "policy": _policy(script),
        "script": script,
        "style": _as_it_is("page.css", templates) + Markup(f":root {{ {colours} }}\n"),
    }
    return templates.render(templates.environment(html=True), "page.html.j2", facts)


def _policy(script: str) -> str:
    """Return the Content-Security-Policy: nothing is loaded, and only this script runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _as_it_is(name: str, templates: Templates) -> Markup:
    """Return a file as it stands; it must not be able to end the element that holds it."""
    text = templates.text(name)
    if "</" in text:
        raise ValueError(f"{name} holds '</', which could end its element")
    return Markup(text)

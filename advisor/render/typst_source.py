"""The design document as Typst source: the same Markdown and drawings as the page, set for paper.

Everything that was typed stands in string literals, which nothing in it can end, so no text becomes markup or code.
"""

from __future__ import annotations

import datetime
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from markdown_it.token import Token

from advisor.render import svg as drawing
from advisor.render.page import ALIGNED, MARKS, Figure_, allowed_link, parser, plain, slug

FONT = "Arimo"
BROAD_PX = 1000.0  # a drawing wider than this stands on a page of its own, across
_PAGE_RATIO = 1.85  # width over height that is left for a drawing on such a page
_LEVELS = 3  # of the table of contents, the title among them
_SHORT, _FIGURES, _CODE = 14, 24, 48  # characters; a column up to this keeps its width: of words, figures, with code
_LEAST, _LONGEST = 20, 60  # characters that count where columns share what is left
_ALIGN = {"num": "right", "mid": "center"}


def typst(markdown: str, *, title: str, figures: Mapping[str, Figure_], date: datetime.date, author: str = "") -> str:
    """Return the source of a document; the same arguments give the same text.

    Args:
        markdown: CommonMark with tables; may hold anything a user typed.
        title: of the PDF. figures: target of an image -> drawing. date, author: of the PDF.
    """
    text = drawing.printable(markdown)
    body = _Body(parser().parse(text), figures)
    head = (
        f"#set document(title: {quoted(title)}, author: {quoted(author)}, "
        f"date: datetime(year: {date.year}, month: {date.month}, day: {date.day}))"
    )
    return "\n".join([head, f"#let running-title = {quoted(title)}", *body.blocks()]) + "\n"


def quoted(text: str) -> str:
    r"""Return text as a string literal.

    >>> print(quoted('a "b" \\ #{x}'))
    "a \"b\" \\ #{x}"
    """
    marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\n", "\t": "    "}
    return '"' + "".join(marks.get(char, char) for char in drawing.printable(text)) + '"'


class _Body:
    """Turns tokens into statements, one block at a time."""

    def __init__(self, tokens: Sequence[Token], figures: Mapping[str, Figure_]) -> None:
        self.tokens, self.figures = tokens, figures
        self.at, self.depth, self.titled = 0, 1, False
        self.taken: set[str] = set()
        self.anchors = self._anchors()

    def _anchors(self) -> set[str]:
        taken: set[str] = set()
        for index, token in enumerate(self.tokens):
            if token.type == "heading_open":
                slug(plain(self.tokens[index + 1]), taken)
        return taken

    def blocks(self, end: str = "") -> Iterator[str]:
        """Yield the statements up to the token that closes what is open."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == end:
                return
            found = getattr(self, f"_{token.type}", None)
            if found is not None:
                yield from found(token)

    def _heading_open(self, token: Token) -> Iterator[str]:
        inline = self.tokens[self.at]
        level = int(token.tag[1])
        if level > 1 or self.titled:
            level = min(max(level, 2), self.depth + 1)
        self.depth = level
        label = slug(plain(inline), self.taken)
        content = self._line(inline)
        if level == 1:
            self.titled = True
            yield f"#document-title[{content}]\n#contents({_LEVELS})"
        else:
            heading = f"#heading(level: {level - 1})[{content}]#label({quoted('h-' + label)})"
            yield self._with_broad_figure(heading) or heading

    def _with_broad_figure(self, heading: str) -> str:
        """Return the page of a broad drawing that comes right behind its heading, which stands on it too; else ""."""
        self.at += 2
        here, self.at = self.at, self.at + 1
        following = [token.type for token in self.tokens[here : here + 2]]
        if following == ["paragraph_open", "inline"]:
            found = "".join(self._paragraph_open(self.tokens[here]))
            if found.startswith("#broad-drawing("):
                self.at += 2
                return found.removesuffix(")") + f", heading: [{heading}])"
        self.at = here
        return ""

    def _paragraph_open(self, _: Token) -> Iterator[str]:
        inline = self.tokens[self.at]
        children = inline.children or []
        if len(children) == 1 and children[0].type == "image":
            yield self._figure(children[0])
        elif children:
            yield f"#par[{self._line(inline)}]"

    def _bullet_list_open(self, _: Token) -> Iterator[str]:
        yield f"#list({self._items('bullet_list_close')})"

    def _ordered_list_open(self, token: Token) -> Iterator[str]:
        start = int(token.attrs.get("start", 1))
        yield f"#enum(start: {start}, {self._items('ordered_list_close')})"

    def _items(self, end: str) -> str:
        items = []
        while self.tokens[self.at].type != end:
            self.at += 1
            items.append("[" + "\n".join(self.blocks("list_item_close")) + "]")
        self.at += 1
        return ", ".join(items)

    def _blockquote_open(self, _: Token) -> Iterator[str]:
        yield "#note[" + "\n".join(self.blocks("blockquote_close")) + "]"

    def _fence(self, token: Token) -> Iterator[str]:
        yield f"#listing({quoted(token.content.rstrip(chr(10)))})"

    _code_block = _fence

    def _hr(self, _: Token) -> Iterator[str]:
        yield "#line(length: 100%)"

    # Tables

    def _table_open(self, _: Token) -> Iterator[str]:
        rows, aligned = self._rows()
        columns = ", ".join(_column([row[i] for row in rows], aligned[i] == "right") for i in range(len(aligned)))
        cells = [f"[{self._line(cell)}]" for row in rows for cell in row]
        count = len(aligned)
        empty = not any(plain(cell) for cell in rows[0])
        head = "" if empty else f"table.header({', '.join(cells[:count])}), "
        body = ", ".join(cells[count:])
        yield f"#figures-table(({columns},), ({', '.join(aligned)},), {head}{body})"

    def _rows(self) -> tuple[list[list[Token]], list[str]]:
        rows: list[list[Token]] = []
        aligned: list[str] = []
        while self.tokens[self.at].type != "table_close":
            token = self.tokens[self.at]
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                rows[-1].append(self.tokens[self.at + 1])
                if token.type == "th_open":
                    style = ALIGNED.get(str(token.attrs.get("style", "")), "")
                    aligned.append(_ALIGN.get(style, "left"))
            self.at += 1
        self.at += 1
        return rows, aligned

    # Figures

    def _figure(self, image: Token) -> str:
        figure = self.figures.get(unquote(str(image.attrs.get("src", ""))))
        caption = plain(Token("inline", "", 0, children=[image]))
        if figure is None:
            return f"#par[#emph({quoted(f'[figure: {caption}]')})]"
        root = _for_paper(figure)
        broad = drawing.width_px(root) > BROAD_PX
        words = [quoted(text) for text in (ET.tostring(root, encoding="unicode"), figure.alt or caption, caption)]
        size = f", fit: {'true' if broad and _ratio(root) < _PAGE_RATIO else 'false'}"
        return f"#{'broad-drawing' if broad else 'drawing'}({', '.join(words)}{size if broad else ''})"

    # Inline

    def _line(self, inline: Token) -> str:
        return "".join(self._words(inline.children or []))

    def _words(self, children: Sequence[Token]) -> Iterator[str]:
        links: list[bool] = []
        for child in children:
            if child.type == "text":
                yield from _text(child.content)
            elif child.type == "code_inline":
                yield f"#raw({quoted(child.content)})"
            elif child.type in ("strong_open", "em_open"):
                yield "#strong[" if child.type == "strong_open" else "#emph["
            elif child.type in ("strong_close", "em_close"):
                yield "]"
            elif child.type == "link_open":
                target = self._target(str(child.attrs.get("href", "")))
                links.append(bool(target))
                yield f"#link({target})[" if target else ""
            elif child.type == "link_close":
                yield "]" if links.pop() else ""
            elif child.type in ("softbreak", "hardbreak"):
                yield " " if child.type == "softbreak" else "#linebreak()"
            elif child.type == "image":
                yield f"#emph({quoted(f'[figure: {child.content}]')})"

    def _target(self, address: str) -> str:
        """Return where a link leads, "" where there is nothing on paper: to another file, or to no heading."""
        if not allowed_link(address):
            return ""
        if address.startswith("#"):
            anchor = unquote(address[1:])
            return f"label({quoted('h-' + anchor)})" if anchor in self.anchors else ""
        return quoted(address) if re.match("https?://", address, re.IGNORECASE) else ""


def _column(cells: Sequence[Token], figures: bool) -> str:
    """Return the width of a column: its own where cells are short or hold unbreakable code, else by the longest.

    A column of figures, at the right edge of its cells, would stand apart from the others if it took what is left.
    """
    longest = max(len(plain(cell)) for cell in cells)
    code = any(child.type == "code_inline" for cell in cells for child in cell.children or [])
    own = _CODE if code else _FIGURES if figures else _SHORT
    return "auto" if longest <= own else f"{min(max(longest, _LEAST), _LONGEST)}fr"


def _text(text: str) -> Iterator[str]:
    """Yield text as string expressions, marks of their own colour apart."""
    for part in re.split(f"([{''.join(MARKS)}])", text):
        if part:
            kind = MARKS.get(part)
            yield f"#{kind}-mark({quoted(part)})" if kind else f"#{quoted(part)}"


def _for_paper(figure: Figure_) -> ET.Element:
    """Return a drawing with the font that we ship and in light colours."""
    root = ET.fromstring(figure.svg)
    for parent in list(root.iter()):
        for child in [child for child in parent if str(child.tag).endswith(("}style", "}title"))]:
            parent.remove(child)
        if "font-family" in parent.attrib:
            parent.set("font-family", FONT)
    return root


def _ratio(root: ET.Element) -> float:
    box = [float(part) for part in root.get("viewBox", "").replace(",", " ").split()]
    return box[2] / box[3] if len(box) == 4 and box[3] > 0 else _PAGE_RATIO

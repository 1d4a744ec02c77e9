"""Markdown that people wrote, made to fit into a document: it cannot end its place, hold HTML, or open a section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

DEEPEST, TOP = 6, 3  # levels of headings; those of people start below a section's
ROUNDS = 20


def tidied(text: str) -> str:
    r"""Return what people wrote as a part of a section: headings below the section's, HTML as text, fences closed.

    >>> print(tidied("# Users\n\nAgents in <b>three</b> countries.\n\n```\n<kept>"))
    ### Users
    <BLANKLINE>
    Agents in \<b>three\</b> countries.
    <BLANKLINE>
    ```
    <kept>
    ```
    """
    lines = text.strip("\n").replace("\t", "    ").split("\n")
    lines = _without_html(lines)
    lines = _with_lower_headings(lines)
    return "\n".join([*lines, *_closing(lines)]).strip("\n")


def _parsed(lines: Sequence[str]) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse("\n".join(lines))


def _without_html(lines: list[str]) -> list[str]:
    """Return the lines with every mark that starts HTML escaped, so that readers of Markdown show it as text."""
    for _ in range(ROUNDS):
        found = list(_html(_parsed(lines)))
        if not found:
            return lines
        for first, end, tag in found:
            for index in range(first, end):
                lines[index] = _escaped(lines[index], tag)
    return [line.replace("<", "&lt;") for line in lines]  # what still gets through is not worth its code spans


def _escaped(line: str, tag: str) -> str:
    if not tag:
        return re.sub(r"(?<!\\)<", r"\\<", line)
    first = tag.partition("\n")[0]
    return line.replace(first, first.replace("<", "\\<", 1)) if f"\\{first}" not in line else line


def _html(tokens: Sequence[Token]) -> list[tuple[int, int, str]]:
    """Return (first line, end, tag) of all HTML; no tag means all of the lines."""
    found: list[tuple[int, int, str]] = []
    for token in tokens:
        if token.map is None:
            continue
        first, end = token.map
        if token.type == "html_block":
            found.append((first, end, ""))
        found += [(first, end, child.content) for child in token.children or [] if child.type == "html_inline"]
    return found


def _with_lower_headings(lines: list[str]) -> list[str]:
    """Return the lines with headings of level 3 and deeper; one that is underlined gets its marks in front."""
    made = list(lines)
    for token in _parsed(lines):
        if token.type != "heading_open" or token.map is None:
            continue
        first, end = token.map
        marks = "#" * min(DEEPEST, int(token.tag[1]) + TOP - 1)
        if token.markup.startswith("#"):
            place = re.search(r"#{1,6}(?=[ \t]|$)", made[first])
            if place:
                made[first] = made[first][: place.start()] + marks + made[first][place.end() :]
        else:
            under = re.sub(r"[=-]+[ \t]*$", "", made[end - 1])
            words = [re.sub(r"^[ >]*", "", line) for line in made[first : end - 1]]
            head = re.match(r"[ >]*", made[first])
            made[first] = f"{head[0] if head else ''}{marks} {' '.join(word.strip() for word in words)}"
            made[first + 1 : end] = [under.rstrip()] + [under.rstrip()] * (end - first - 2)
    return made


def _closing(lines: Sequence[str]) -> list[str]:
    """Return the line that closes a fence which is open at the end; one in a list or quote ends with these."""
    last = next((token for token in reversed(_parsed(lines)) if token.type == "fence"), None)
    if last is None or last.level or last.map is None or last.map[1] < len(lines):
        return []
    first, end = last.map
    closed = re.match(rf"^ {{0,3}}{re.escape(last.markup[0])}{{{len(last.markup)},}}[ \t]*$", lines[-1])
    return [] if closed and end - first > 1 else [last.markup]

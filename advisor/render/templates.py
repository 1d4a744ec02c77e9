"""The templates of documents: those that come with advisor, and people's own in their place.

A folder of one's own holds files under the same names, as many of them as are to be different. They run in a sandbox:
they place and repeat what the sections give them and reach nothing else. An error names the template and the line.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from advisor.errors import InputError, Problem, listing, nearest
from advisor.render.style import FILE, PLAIN, Style, style_from_text
from advisor.resources import folder

PAGE = ("page.html.j2", "page.css", "page.js", "document.typ")
MOST_BYTES = 500_000
MOST_NAMES = 8


def shipped() -> dict[str, Path]:
    """Return name -> file of everything that a folder of one's own may hold something else for.

    >>> "document/summary.md.j2" in shipped(), "page.css" in shipped(), "fonts/OFL.txt" in shipped()
    (True, True, False)
    """
    root = folder("templates")
    found = sorted([*(root / "document").glob("*.md.j2"), *(root / "adr").glob("*.md.j2")])
    return {path.relative_to(root).as_posix(): path for path in (*found, *(root / name for name in PAGE), root / FILE)}


@dataclass(frozen=True)
class Templates:
    """People's own templates. own: name -> text. place: their folder, for messages."""

    own: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    style: Style = PLAIN

    def text(self, name: str) -> str:
        """Return the text of a file: people's own, or the one that comes with advisor."""
        return self.own[name] if name in self.own else shipped()[name].read_text(encoding="utf-8")

    def environment(self, *, html: bool = False) -> Environment:
        """Return a sandboxed environment; Markdown is not escaped here but where its words are made."""
        environment = SandboxedEnvironment(
            loader=_Loader(self),
            undefined=StrictUndefined,
            autoescape=html,
            trim_blocks=not html,
            lstrip_blocks=not html,
            keep_trailing_newline=True,
        )
        environment.globals = {name: environment.globals[name] for name in ("range", "dict")}
        return environment

    def render(self, environment: Environment, name: str, facts: Mapping[str, Any]) -> str:
        """Return a template filled with facts.

        Raises:
            InputError: one of people's own templates is wrong; the message names it and the line.
        """
        try:
            return environment.get_template(name).render(facts)
        except Exception as error:
            problem = self._problem(error)
            if problem is None:
                raise
            raise InputError([problem]) from None

    def _problem(self, error: Exception) -> Problem | None:
        """Return what is wrong with which line of one's own templates; None when it is one of ours."""
        if isinstance(error, TemplateSyntaxError) and error.name in self.own:
            return Problem(self._file(error.name), error.lineno, "", f"{error.message}")
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in map(self._file, self.own)]
        if not frames:
            return None
        words = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
        return Problem(frames[-1].filename, frames[-1].lineno or 0, "", words)

    def _file(self, name: str | None) -> str:
        return f"{self.place}/{name}" if self.place else str(name)


SHIPPED = Templates()


class _Loader(BaseLoader):
    """Finds a template among people's own first."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        known = self.templates
        if template not in known.own and template not in shipped():
            raise TemplateNotFound(template)
        file = known._file(template) if template in known.own else str(shipped()[template])
        return known.text(template), file, None


def templates_of(contents: Mapping[str, bytes], place: str = "") -> Templates:
    """Return people's own templates from the files of their folder, by their paths in it.

    Raises:
        InputError: every file that has no counterpart in advisor, is no text or does not read as a template, and every
            problem of ``style.yml``.
    """
    problems: list[Problem] = []
    own = {name: _text(name, data, place, problems) for name, data in sorted(contents.items())}
    found, style = Templates({name: text for name, text in own.items() if name != FILE}, place), PLAIN
    problems += _unreadable(found)
    if FILE in own:
        try:
            style = style_from_text(own[FILE], f"{place}/{FILE}" if place else FILE)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return Templates(found.own, place, style)


def _text(name: str, data: bytes, place: str, problems: list[Problem]) -> str:
    file = f"{place}/{name}" if place else name
    known = shipped()
    if name not in known:
        message = f"is not the name of a template, so it would change nothing; names: {listing(known, MOST_NAMES)}"
        problems.append(Problem(file, 0, "", f"{message}{nearest(name, known)}"))
    elif len(data) > MOST_BYTES:
        problems.append(Problem(file, 0, "", f"found {len(data):,} bytes; a template has at most {MOST_BYTES:,}"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(file, data[: error.start].count(b"\n") + 1, "", "is not text in UTF-8"))
        return ""
    if name in ("page.css", "page.js") and "</" in text:
        line = text[: text.index("</")].count("\n") + 1
        problems.append(Problem(file, line, "", "holds '</', which could end its element in the page"))
    return text


def _unreadable(found: Templates) -> list[Problem]:
    """Return the syntax errors of all templates, so that they are known before anything is rendered."""
    environment, problems = found.environment(), []
    for name, text in found.own.items():
        if not name.endswith(".j2"):
            continue
        try:
            environment.parse(text, name)
        except TemplateSyntaxError as error:
            problems.append(Problem(found._file(name), error.lineno, "", str(error.message)))
    return problems


def copies() -> dict[str, bytes]:
    """Return everything that can be made different, as it comes with advisor."""
    return {name: path.read_bytes() for name, path in shipped().items()}

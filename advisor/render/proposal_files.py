"""Every file of a proposal as name -> bytes; the same proposal, date and command give the same bytes."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping

from advisor.evaluation.result import Evaluation
from advisor.proposal import Proposal
from advisor.render.diagram_spec import DiagramSpec
from advisor.render.document import Document, Edition
from advisor.render.sections.view import View

FORMATS = ("md", "html", "pdf")
DEFAULT_FORMATS = ("md", "html")
SCENARIO = "scenario.yml"


def files(
    result: Proposal,
    date: datetime.date,
    command: str,
    formats: Collection[str] = DEFAULT_FORMATS,
    beside: Mapping[str, bytes] | None = None,
    edition: Edition | None = None,
) -> dict[str, bytes]:
    """Return path -> bytes of a proposal.

    Args:
        date: of the documents; command: what makes them again.
        formats: of the document, out of ``md`` (with the decision records), ``html`` and ``pdf``.
        beside: what the scenario reads from beside itself, written as it is.
        edition: what people wrote, their templates, analyses besides.

    Raises:
        ValueError: the proposal has no design.
        InputError: ``pdf`` is asked for and cannot be made here; people's own template is wrong.
    """
    from advisor.render import json_output

    spec = diagram(result, date)
    drawn = diagrams(spec)
    made = documented(result, date, command, drawn["diagram.svg"].decode(), edition)
    return {
        **documents(made, result, date, formats, edition),
        **{name: text.encode() for name, text in made.people.items()},
        **{name: figure.svg.encode() for name, figure in made.figures.items()},
        **drawn,
        "proposal.json": json_output.dumps(json_output.proposal(result)).encode(),
        SCENARIO: result.scenario.text.encode(),
        **(beside or {}),
    }


def without_design(
    result: Proposal,
    date: datetime.date,
    command: str,
    formats: Collection[str] = DEFAULT_FORMATS,
    beside: Mapping[str, bytes] | None = None,
    edition: Edition | None = None,
) -> dict[str, bytes]:
    """Return path -> bytes of what is written about a scenario that is proved to be infeasible."""
    from advisor.render import json_output
    from advisor.render.no_design import NAME
    from advisor.render.templates import SHIPPED

    text, templates = explained(result, date, command), edition.templates if edition else SHIPPED
    title, author = result.scenario.title, result.scenario.owner
    found = {f"{NAME}.md": text.encode()} if "md" in formats else {}
    if "html" in formats:
        from advisor.render import page

        found[f"{NAME}.html"] = page.html(text, title=title, figures={}, templates=templates).encode()
    if "pdf" in formats:
        from advisor.render import pdf

        made = pdf.pdf(text, title=title, figures={}, date=date, author=author, templates=templates)
        found[f"{NAME}.pdf"] = made
    json = json_output.dumps(json_output.proposal(result)).encode()
    return {**found, "proposal.json": json, SCENARIO: result.scenario.text.encode(), **(beside or {})}


def explained(result: Proposal, date: datetime.date, command: str) -> str:
    """Return the page on a scenario that is proved to be infeasible, as Markdown."""
    from advisor import __version__
    from advisor.render.no_design import no_design

    return no_design(result, date=date, command=command, version=__version__)


def check(formats: Collection[str]) -> None:
    """Raise :class:`InputError` when a format cannot be made here, before the work is done."""
    if "pdf" in formats:
        from advisor.render import pdf

        pdf.check()


def documented(
    result: Proposal, date: datetime.date, command: str, diagram_svg: str = "", edition: Edition | None = None
) -> Document:
    """Return the document of a proposal; without a drawing where only its text is wanted."""
    from advisor import __version__
    from advisor.render.document import PLAIN_EDITION, document

    empty = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    drawing, made = diagram_svg or empty, edition or PLAIN_EDITION
    return document(result, date=date, diagram_svg=drawing, command=command, version=__version__, edition=made)


def documents(
    made: Document,
    result: Proposal,
    date: datetime.date,
    formats: Collection[str],
    edition: Edition | None = None,
) -> dict[str, bytes]:
    """Return the document in the formats asked for."""
    from advisor.render.templates import SHIPPED

    templates = edition.templates if edition else SHIPPED
    title = result.scenario.title
    found: dict[str, bytes] = {}
    if "md" in formats:
        found |= {"design.md": made.markdown.encode(), **{name: text.encode() for name, text in made.records.items()}}
    if "html" in formats:
        from advisor.render import page

        found["design.html"] = page.html(made.markdown, title=title, figures=made.figures, templates=templates).encode()
    if "pdf" in formats:
        from advisor.render import pdf

        author = result.scenario.owner
        found["design.pdf"] = pdf.pdf(
            made.markdown, title=title, figures=made.figures, date=date, author=author, templates=templates
        )
    return found


def diagram(result: Proposal, date: datetime.date) -> DiagramSpec:
    """Return what the diagram of a proposal shows, on hover also where a role's figures come from."""
    from advisor.render.picture import picture
    from advisor.render.terminal import status_words

    caption = (
        f"{status_words(result)} · scenario {result.scenario.digest} · catalog {result.catalog.digest}, "
        f"prices as of {result.table.as_of}"
    )
    return picture(_best(result), result.catalog, caption, sources(View(result, _best(result), date, "", "")))


def sources(view: View) -> dict[str, list[str]]:
    """Return role -> one line a kind of figure: what it rests on, and when that was checked."""
    from advisor.render.sections.figures import used_figures

    found: dict[str, dict[str, str]] = {}
    for used in used_figures(view):
        source = view.catalog.records.sources.get(used.figure.source or "")
        words = f"{source.title if source else 'estimate'} ({used.figure.checked.isoformat()})"
        found.setdefault(used.role, {}).setdefault(used.kind, f"{used.kind}: {words}")
    return {role: list(lines.values()) for role, lines in found.items()}


def diagrams(spec: DiagramSpec) -> dict[str, bytes]:
    """Return a diagram in every format: drawn as SVG and PNG, as text for Graphviz, Mermaid, D2 and Structurizr."""
    from advisor.render import graphviz_tool
    from advisor.render.d2 import d2
    from advisor.render.diagram import dot
    from advisor.render.mermaid import mermaid
    from advisor.render.structurizr import workspace

    text = dot(spec)
    texts = {
        "diagram.svg": graphviz_tool.svg(text),
        "diagram.gv": text,
        "diagram.mmd": mermaid(spec),
        "diagram.d2": d2(spec),
        "workspace.dsl": workspace(spec),
    }
    return {**{name: content.encode() for name, content in texts.items()}, "diagram.png": graphviz_tool.png(text)}


def _best(result: Proposal) -> Evaluation:
    if result.best is None:
        raise ValueError("this proposal has no design, so there is nothing to draw")
    return result.best

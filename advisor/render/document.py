"""The design document: Markdown, figures, decision records. A section with nothing to say is left out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.analysis.bundle import NOTHING, Bundle
from advisor.proposal import Proposal
from advisor.render import page, people
from advisor.render.decision_records import decision_records
from advisor.render.markdown import escape
from advisor.render.people import NOBODY, Part, People
from advisor.render.sections import (
    alternatives,
    appendix,
    architecture,
    assumptions,
    availability,
    capacity,
    cost,
    dependence,
    goals,
    growing,
    header,
    latency,
    placement,
    quality_plan,
    questions,
    risks,
    rollout,
    summary,
    tradeoffs,
    whole_designs,
    workload,
)
from advisor.render.sections.view import View
from advisor.render.templates import SHIPPED, Templates

Context = Callable[[View], dict[str, Any] | None]

SECTIONS: tuple[tuple[str, str, Context], ...] = (  # heading, template, what fills it
    ("About this document", "header", header.context),
    ("Summary", "summary", summary.context),
    ("Context and workload", "workload", workload.context),
    ("Goals", "goals", goals.context),
    ("Constraints and assumptions", "assumptions", assumptions.context),
    ("Architecture", "architecture", architecture.context),
    ("Capacity", "capacity", capacity.context),
    ("Latency budget", "latency", latency.context),
    ("Cost", "cost", cost.context),
    ("Availability", "availability", availability.context),
    ("Alternatives considered", "alternatives", alternatives.context),
    ("Trade-offs", "tradeoffs", tradeoffs.context),
    ("Risks and non-risks", "risks", risks.context),
    ("Security, privacy, residency", "placement", placement.context),
    ("Quality and monitoring", "quality_plan", quality_plan.context),
    ("Rollout, rollback, confirmation", "rollout", rollout.context),
    ("Open questions", "questions", questions.context),
    ("Appendix", "appendix", appendix.context),
)


@dataclass(frozen=True)
class Edition:
    """What makes one document unlike another about the same proposal.

    Attributes:
        analyses: what was worked out besides. people: what people wrote. templates: people's own, with the house style.
    """

    analyses: Bundle = NOTHING
    people: People = NOBODY
    templates: Templates = SHIPPED


PLAIN_EDITION = Edition()


@dataclass(frozen=True)
class Document:
    """A design document.

    Attributes:
        markdown: the text; figures are referred to by file name.
        figures: file name -> drawing, ``diagram.svg`` among them.
        records: path -> text of the decision records and of their index.
        people: path -> text of the files that people write into, where they have to be written.
    """

    markdown: str
    figures: Mapping[str, page.Figure_]
    records: Mapping[str, str]
    people: Mapping[str, str]


def document(
    proposal: Proposal,
    *,
    date: datetime.date,
    diagram_svg: str,
    command: str,
    version: str,
    edition: Edition = PLAIN_EDITION,
) -> Document:
    """Return the design document of a proposal; the same arguments give the same bytes.

    Args:
        date: of the document; the age of figures is counted from it.
        diagram_svg: the drawing of the architecture.
        command: what reproduces the document; version: of advisor.
        edition: what people wrote, their templates and style, and analyses besides.

    Raises:
        ValueError: the proposal has no design (infeasible, or nothing found in time).
        InputError: one of people's own templates is wrong.
    """
    if proposal.best is None:
        raise ValueError("this proposal has no design, so there is nothing to document")
    view = View(proposal, proposal.best, date, command, version, edition.analyses, edition.templates.style)
    parts: list[Part] = []
    text = markdown(view, edition, parts)
    return Document(
        text,
        {drawing.name: drawing for drawing in _drawings(view, diagram_svg)},
        decision_records(view, edition.templates),
        people.files(parts, edition.people),
    )


def _drawings(view: View, diagram_svg: str) -> Iterator[page.Figure_]:
    yield page.Figure_("diagram.svg", diagram_svg, f"Architecture of {view.scenario.title}")
    yield from latency.figures(view)
    yield cost.figure(view)
    yield from filter(None, (whole_designs.figure(view), growing.figure(view)))
    yield from dependence.figures(view)


def markdown(view: View, edition: Edition = PLAIN_EDITION, parts: list[Part] | None = None) -> str:
    """Return the text of the document; what people may write in it is added to ``parts``."""
    found = [] if parts is None else parts
    texts = [f"# {escape(view.scenario.title) or 'Design'}", *_sections(view, edition, found)]
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(texts)).rstrip() + "\n"


def _sections(view: View, edition: Edition, parts: list[Part]) -> Iterator[str]:
    environment = edition.templates.environment()
    number = 0
    for heading, name, fill in SECTIONS:
        facts = fill(view) if name not in view.style.leave_out else None
        if facts is not None:
            number += 1
            own = [value for value in facts.values() if isinstance(value, Part)]
            parts += own
            words = {key: people.shown(v, edition.people) if isinstance(v, Part) else v for key, v in facts.items()}
            text = edition.templates.render(environment, f"document/{name}.md.j2", words)
            yield f"## {number}. {heading}\n\n{text.strip()}"

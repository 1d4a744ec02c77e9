"""The design document: Markdown, figures, decision records. A section with nothing to say is left out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from advisor.proposal import Proposal
from advisor.render import page
from advisor.render.decision_records import decision_records
from advisor.render.markdown import escape
from advisor.render.sections import (
    alternatives,
    appendix,
    architecture,
    assumptions,
    availability,
    capacity,
    cost,
    goals,
    header,
    latency,
    placement,
    quality_plan,
    questions,
    risks,
    rollout,
    summary,
    tradeoffs,
    workload,
)
from advisor.render.sections.view import View
from advisor.resources import folder

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
class Document:
    """A design document.

    Attributes:
        markdown: the text; figures are referred to by file name.
        figures: file name -> drawing, ``diagram.svg`` among them.
        records: path -> text of the decision records and of their index.
    """

    markdown: str
    figures: Mapping[str, page.Figure_]
    records: Mapping[str, str]


def document(proposal: Proposal, *, date: datetime.date, diagram_svg: str, command: str, version: str) -> Document:
    """Return the design document of a proposal; the same arguments give the same bytes.

    Args:
        date: of the document; the age of figures is counted from it.
        diagram_svg: the drawing of the architecture.
        command: what reproduces the document; version: of advisor.

    Raises:
        ValueError: the proposal has no design (infeasible, or nothing found in time).
    """
    if proposal.best is None:
        raise ValueError("this proposal has no design, so there is nothing to document")
    view = View(proposal, proposal.best, date, command, version)
    drawings = [
        page.Figure_("diagram.svg", diagram_svg, f"Architecture of {proposal.scenario.title}"),
        *latency.figures(view),
        cost.figure(view),
    ]
    return Document(markdown(view), {drawing.name: drawing for drawing in drawings}, decision_records(view))


def markdown(view: View) -> str:
    """Return the text of the document."""
    parts = [f"# {escape(view.scenario.title) or 'Design'}", *_sections(view)]
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(parts)).rstrip() + "\n"


def _sections(view: View) -> Iterator[str]:
    environment = _environment()
    number = 0
    for heading, template, fill in SECTIONS:
        facts = fill(view)
        if facts is not None:
            number += 1
            text = environment.get_template(f"{template}.md.j2").render(facts)
            yield f"## {number}. {heading}\n\n{text.strip()}"


def _environment() -> Environment:
    """Return the environment of the templates. Markdown is not HTML: escaping is done where the words are made."""
    loader = FileSystemLoader(folder("templates") / "document")
    return Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )

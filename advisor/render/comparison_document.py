"""Designs side by side, and what changes from one to the other, as a document of its own: Markdown or one HTML page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from advisor.analysis.changes import role_changes
from advisor.analysis.comparison import Comparison, Side
from advisor.render import comparison_markdown as parts
from advisor.render import numbers, page
from advisor.render.comparison_text import letter
from advisor.render.markdown import code, escape, fence, joined, table

CHART = "cost.svg"
COMPARED = "Designs compared"


@dataclass(frozen=True)
class Section:
    """One numbered part of the document; left out when it has no text."""

    title: str
    text: str


def compare(found: Comparison, command: str) -> str:
    """Return a comparison as Markdown. ``command``: what makes it again."""
    return _document(COMPARED, _compared(found), command)


def compare_page(found: Comparison, command: str) -> str:
    """Return a comparison as one HTML page that needs nothing else."""
    return _page(found, COMPARED, _compared(found), command)


def diff(found: Comparison, command: str) -> str:
    """Return what changes from the first side to the second as Markdown."""
    return _document(_changed_title(found), _changed(found), command)


def diff_page(found: Comparison, command: str) -> str:
    """Return what changes as one HTML page that needs nothing else."""
    return _page(found, _changed_title(found), _changed(found), command)


def _changed_title(found: Comparison) -> str:
    return parts.headline(found).removeprefix("### ")


def _compared(found: Comparison) -> Iterator[Section]:
    letters = tuple(letter(index) for index in range(len(found.sides)))
    yield Section("Verdict", parts.verdict(found))
    yield from _common(found, letters)
    yield Section("Metrics", parts.metrics_table(found, letters))
    yield Section("Roles", "\n\n".join(parts.roles_table(found, letters)))


def _changed(found: Comparison) -> Iterator[Section]:
    old, new = (side.evaluation for side in found.sides)
    yield from _common(found, ("before", "after"))
    if old is not None and new is not None:
        yield Section("Metrics", parts.metric_rows(found))
        yield Section("Requirements", parts.requirement_lines(old, new))
        yield Section("What changes, by role and meter", parts.components(role_changes(old, new), folded=False))


def _common(found: Comparison, names: tuple[str, ...]) -> Iterator[Section]:
    rows = [
        [name, code(side.label), escape(side.scenario.title), escape(side.scenario.blueprint.title), _cost(side)]
        for name, side in zip(names, found.sides, strict=True)
    ]
    overview = table(["", "read from", "scenario", "blueprint", ">a month"], rows)
    yield Section("Designs", "\n\n".join([overview, *parts.sides(found, names)]))
    yield Section("Scenarios", "\n\n".join(parts.differences(found)))


def _cost(side: Side) -> str:
    return numbers.usd(side.evaluation.cost_usd_per_month) if side.evaluation else "no design"


def _document(title: str, sections: Iterator[Section], command: str) -> str:
    said = [section for section in sections if section.text]
    said.append(Section("Made by", fence(command, "sh")))
    texts = [f"## {number}. {section.title}\n\n{section.text}" for number, section in enumerate(said, start=1)]
    return "\n\n".join([f"# {title}", *texts]) + "\n"


def _page(found: Comparison, title: str, sections: Iterator[Section], command: str) -> str:
    """Return the page, with a chart of the costs behind the designs, which Markdown on a terminal cannot show."""
    charts = list(_charts(found))
    shown = [f"![Monthly cost by design: by use, fixed, operations]({chart.name})" for chart in charts]
    with_chart = (
        Section(one.title, "\n\n".join([one.text, *shown])) if one.title == "Designs" else one for one in sections
    )
    label = f"{title}: {joined([side.label for side in found.sides])}"
    return page.html(_document(title, with_chart, command), title=label, figures={one.name: one for one in charts})


def _charts(found: Comparison) -> Iterator[page.Figure_]:
    from advisor.render.charts import CostRow, cost_bars
    from advisor.render.sections.cost import split

    rows = []
    for index, side in enumerate(found.sides):
        used = [c for c in side.evaluation.design.values() if not c.is_none] if side.evaluation else []
        usage, fixed = (sum(split(c)[i] for c in used) for i in (0, 1))
        if used:
            hours = sum(c.operations_usd_per_month for c in used)
            rows.append(CostRow(f"{letter(index)} {side.label}", usage, fixed, hours))
    if len(rows) > 1:
        title = "Monthly cost by design"
        yield page.Figure_(CHART, cost_bars(rows, title=title, summed=False), title)

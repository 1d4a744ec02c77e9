"""What a finished rehearsal prints and writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from advisor.rehearsal.sitting import Sitting

MARKDOWN, HTML = "debrief.md", "debrief.html"


def finished(sitting: Sitting, again: str, given: dict[str, Any]) -> None:
    """Print what a session came to: JSON, or the score with what to practise next."""
    from advisor.commands.console import console, echo_json
    from advisor.rehearsal.debrief import debrief
    from advisor.render import rehearsal_json, rehearsal_text

    found = debrief(sitting)
    if given["as_json"]:
        echo_json(rehearsal_json.debrief(found, sitting.setup, sitting.scenario.title, again))
        return
    out = console()
    for line in rehearsal_text.summary(found):
        out.print(line)


def write_debrief(sitting: Sitting, again: str, folder: Path, given: dict[str, Any]) -> None:
    """Write the debrief with everything that its commands need."""
    from advisor.analysis.overrides import as_text
    from advisor.files import write_all
    from advisor.rehearsal.debrief import debrief
    from advisor.rehearsal.folder import files
    from advisor.render import page
    from advisor.render.rehearsal_debrief import DESIGN, design_file, written

    found = debrief(sitting)
    title = sitting.scenario.title
    made = written(found, sitting.setup, title, sitting.catalog, given["date"], again)
    html = page.html(made.markdown, title=f"Rehearsal: {title}", figures=made.figures)
    contents = {MARKDOWN: made.markdown.encode(), HTML: html.encode()}
    contents |= {name: figure.svg.encode() for name, figure in made.figures.items()}
    contents |= files(sitting.setup.text, sitting.setup.file, [mark.item for mark in found.marks])
    if given.get("script"):
        script = Path(given["script"])
        contents.setdefault(script.name, script.read_bytes())  # the command that plays it again names it
    if found.steps and found.steps[0].made.evaluation is not None:
        contents[DESIGN] = as_text(design_file(found.steps[0])).encode()
    write_all(folder, contents)
    click.echo(f"written: {folder / HTML}, and beside it what its commands need", err=True)

"""``advisor propose``: the main job."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from rich.status import Status

    from advisor.proposal import Proposal

SCENARIO_COPY = "scenario.yml"
EPILOG = """\b
Examples:
  advisor propose scenario.yml
  advisor propose scenario.yml -o build/proposal --date 2026-11-22
  advisor propose scenario.yml --json | jq .metrics.cost_usd_per_month
"""


@click.command(epilog=EPILOG)
@options.scenario_argument
@options.output_option
@options.json_option
@options.as_of_option
@options.date_option
@options.time_limit_option
@options.catalog_option
def command(
    scenario: str,
    output: Path | None,
    as_json: bool,
    as_of: datetime.date | None,
    date: datetime.date,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Propose the optimal architecture for a scenario, with proof, reasons and documents.

    Prints the verdict, the architecture and the cost. With -o it also writes design.md, design.html, diagram.svg,
    diagram.png, diagram.gv, the charts, proposal.json and a copy of the scenario.

    Exit codes: 0 optimal, 2 bad input, 3 infeasible, 4 not proved optimal in time.
    """
    raise SystemExit(
        run(
            scenario,
            output,
            as_json=as_json,
            as_of=as_of,
            date=date,
            time_limit_s=time_limit_s,
            catalog_folder=catalog_folder,
        )
    )


def run(
    scenario: str,
    output: Path | None,
    *,
    as_json: bool = False,
    as_of: datetime.date | None = None,
    date: datetime.date,
    time_limit_s: float = options.DEFAULT_TIME_LIMIT_S,
    catalog_folder: Path | None = None,
) -> int:
    """Do what the command does and return its exit code."""
    from advisor import proposal
    from advisor.files import check_folder

    if output is not None:
        check_folder(output)
    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    with working("optimising"):
        result = proposal.propose(loaded, catalog, as_of=as_of, time_limit_s=time_limit_s)
    if output is not None and result.best is not None:
        write(result, output, date, reproduce(as_of, date, catalog_folder))
    show(result, scenario, output, as_json=as_json)
    return exit_code(result)


def exit_code(result: Proposal) -> int:
    """Return 0 when proved optimal, 3 when infeasible, 4 when the time limit left it open."""
    return {"optimal": 0, "infeasible": 3, "stopped": 4}[result.status.value]


def reproduce(as_of: datetime.date | None, date: datetime.date, catalog_folder: Path | None) -> str:
    """Return the command that makes the same bytes again, run in the folder that was written.

    It names no other folder, so that the same scenario gives the same document wherever it is written.
    """
    import shlex

    parts = ["advisor", "propose", SCENARIO_COPY, "-o", ".", "--date", date.isoformat()]
    parts += ["--as-of", as_of.isoformat()] if as_of else []
    return shlex.join([*parts, *(["--catalog", str(catalog_folder)] if catalog_folder else [])])


def working(what: str) -> Status:
    """Return a context that shows on stderr, where it is a terminal, that something takes longer."""
    from rich.console import Console

    return Console(stderr=True).status(f"{what} ...")


def show(result: Proposal, scenario: str, output: Path | None, *, as_json: bool) -> None:
    """Print the answer: JSON, or verdict, architecture, cost and what to do next."""
    from advisor.render import json_output

    if as_json:
        click.echo(json_output.dumps(json_output.proposal(result)), nl=False)
        return
    _tables(result, scenario, output)


def _tables(result: Proposal, scenario: str, output: Path | None) -> None:
    from advisor.commands.console import console
    from advisor.render import priorities, terminal

    out = console()
    out.print(terminal.headline(result))
    out.print()
    if result.best is None:
        if result.conflict is not None or exit_code(result) == 3:
            for line in terminal.conflict_lines(result):
                out.print(line, highlight=False)
        for line in priorities.unserved_lines(result.table):
            out.print(line, highlight=False)
        if result.by_priority is not None:
            for part in priorities.text(result.by_priority):
                out.print(part, highlight=False)
        return
    out.print(terminal.verdict(result.best))
    out.print(terminal.architecture(result))
    out.print(terminal.cost_tree(result.best))
    out.print()
    if output is not None:
        names = "design.html, design.md, diagram.svg, diagram.png, proposal.json"
        out.print(f"files: {names} in {output}", highlight=False, markup=False, soft_wrap=True)
        out.print(
            f"next: open {output / 'design.html'} · advisor candidates {scenario}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    else:
        out.print(
            f"next: advisor propose {scenario} -o DIR writes the design document · advisor candidates {scenario}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def write(result: Proposal, output: Path, date: datetime.date, reproduced_by: str) -> None:
    """Write every file of a proposal, all or none."""
    from advisor.files import write_all

    write_all(output, files(result, date, reproduced_by))


def files(result: Proposal, date: datetime.date, reproduced_by: str) -> dict[str, bytes]:
    """Return file name -> bytes of a proposal."""
    from advisor import __version__
    from advisor.render import graphviz_tool, json_output, page
    from advisor.render.diagram import dot
    from advisor.render.document import document
    from advisor.render.picture import picture
    from advisor.render.terminal import status_words

    assert result.best is not None
    caption = (
        f"{status_words(result)} · scenario {result.scenario.digest} · catalog {result.catalog.digest}, "
        f"prices as of {result.table.as_of}"
    )
    text = dot(picture(result.best, result.catalog, caption))
    drawing = graphviz_tool.svg(text)
    made = document(result, date=date, diagram_svg=drawing, command=reproduced_by, version=__version__)
    found = {
        "design.md": made.markdown,
        "design.html": page.html(made.markdown, title=result.scenario.title, figures=made.figures),
        "diagram.gv": text,
        "proposal.json": json_output.dumps(json_output.proposal(result)),
        SCENARIO_COPY: result.scenario.text,
        **{name: figure.svg for name, figure in made.figures.items()},
        "diagram.svg": drawing,
    }
    return {**{name: content.encode() for name, content in found.items()}, "diagram.png": graphviz_tool.png(text)}

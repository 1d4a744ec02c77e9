"""``advisor propose``: the main job."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.commands import edition, options
from advisor.commands.carried import CATALOG, carried

if TYPE_CHECKING:
    from rich.live import Live

    from advisor.proposal import Proposal

    _FormatsType = click.ParamType[tuple[str, ...]]
else:
    _FormatsType = click.ParamType

EPILOG = """\b
Examples:
  advisor propose scenario.yml
  advisor propose scenario.yml -o build/proposal --date 2026-11-22
  advisor propose scenario.yml -o build/proposal --format md,html,pdf
  advisor propose scenario.yml -o build/proposal --analyses pareto,growth --templates house
  advisor propose scenario.yml --draft | less
  advisor propose scenario.yml --json | jq .metrics.cost_usd_per_month
"""


class Formats(_FormatsType):
    """Formats of the document, separated by commas.

    >>> Formats().convert("md, pdf", None, None)
    ('md', 'pdf')
    """

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the formats, or fail with what is allowed and the nearest."""
        from advisor.errors import nearest
        from advisor.render.proposal_files import FORMATS

        if isinstance(value, tuple):
            return value
        asked = [part.strip().lower() for part in str(value).split(",")]
        for name in asked:
            if name not in FORMATS:
                self.fail(f"'{name}' is not one of {', '.join(FORMATS)}{nearest(name, FORMATS)}", param, ctx)
        return tuple(dict.fromkeys(asked))


@click.command(epilog=EPILOG)
@options.scenario_argument
@options.output_option
@click.option(
    "--format",
    "formats",
    metavar="A,B",
    type=Formats(),
    help="Write the document in these formats: md (with the decision records), html, pdf.  [default: md,html]",
)
@click.option("--draft", is_flag=True, help="Print the document as Markdown instead of the tables; write nothing.")
@edition.analyses_option
@edition.templates_option
@options.json_option
@options.as_of_option
@options.date_option
@options.time_limit_option
@options.jobs_option
@options.catalog_option
def command(
    scenario: str,
    output: Path | None,
    formats: tuple[str, ...] | None,
    draft: bool,
    analyses: tuple[str, ...],
    templates_folder: Path | None,
    as_json: bool,
    as_of: datetime.date | None,
    date: datetime.date,
    time_limit_s: float,
    jobs: int,
    catalog_folder: Path | None,
) -> None:
    """Propose the optimal architecture for a scenario, with proof, reasons and documents.

    Prints the verdict, the architecture and the cost. With -o it also writes the design document, a decision record a
    role, the diagram (SVG, PNG, Graphviz, Mermaid, D2, Structurizr), the charts, proposal.json, and the scenario with
    what it reads from beside itself: the folder makes itself again. What people write into the files of human/ stands
    in the document and is kept by the next run.

    Exit codes: 0 optimal, 2 bad input, 3 infeasible, 4 not proved optimal in time.
    """
    if formats and output is None:
        raise click.UsageError("--format says what to write; add -o DIR")
    if (analyses or templates_folder) and output is None and not draft:
        raise click.UsageError("--analyses and --templates are for the document; add -o DIR or --draft")
    if draft and (as_json or output is not None):
        raise click.UsageError("--draft prints the document and writes nothing; leave out --json and -o")
    raise SystemExit(
        run(
            scenario,
            output,
            formats=formats,
            draft=draft,
            analyses=analyses,
            templates_folder=templates_folder,
            jobs=jobs,
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
    formats: tuple[str, ...] | None = None,
    draft: bool = False,
    analyses: tuple[str, ...] = (),
    templates_folder: Path | None = None,
    jobs: int = 1,
    as_json: bool = False,
    as_of: datetime.date | None = None,
    date: datetime.date,
    time_limit_s: float = options.DEFAULT_TIME_LIMIT_S,
    catalog_folder: Path | None = None,
) -> int:
    """Do what the command does and return its exit code."""
    from advisor import proposal
    from advisor.analysis.answers import Deadline
    from advisor.files import check_folder, write_all
    from advisor.render import proposal_files
    from advisor.render.document import Edition

    if output is not None:
        check_folder(output)
    asked = formats or proposal_files.DEFAULT_FORMATS
    proposal_files.check(asked)
    people, templates = edition.read_people(output), edition.read_templates(templates_folder)
    deadline = Deadline.after(time_limit_s)
    inputs = carried(scenario, catalog_folder) if output is not None or draft else None
    loaded, catalog = (inputs.scenario, inputs.catalog) if inputs else options.load_inputs(scenario, catalog_folder)
    with working("optimising"):
        result = proposal.propose(loaded, catalog, as_of=as_of, time_limit_s=time_limit_s, jobs=jobs)
    again = reproduce(as_of, date, formats, catalog_folder is not None, analyses, templates_folder is not None)
    found = edition.analyse(result, analyses, date, deadline, jobs)
    made = Edition(found, people, templates)
    if draft and exit_code(result) == INFEASIBLE:
        click.echo(proposal_files.explained(result, date, again), nl=False)
        return INFEASIBLE
    if draft and result.best is not None:
        click.echo(proposal_files.documented(result, date, again, edition=made).markdown, nl=False)
        return exit_code(result)
    written: dict[str, bytes] = {}
    if inputs is not None and output is not None and (result.best is not None or exit_code(result) == INFEASIBLE):
        beside = {**inputs.files, **edition.carried(templates_folder)}
        make = proposal_files.without_design if result.best is None else proposal_files.files
        written = make(result, date, again, asked, beside, made)
        write_all(output, written)
    show(result, scenario, output, asked, as_json=as_json)
    if output is not None and written and (old := edition.leftovers(output, written)):
        click.echo(f"left by an earlier run, not of this proposal: {', '.join(old)} in {output}", err=True)
    return exit_code(result)


INFEASIBLE = 3


def exit_code(result: Proposal) -> int:
    """Return 0 when proved optimal, 3 when infeasible, 4 when the time limit left it open."""
    return {"optimal": 0, "infeasible": INFEASIBLE, "stopped": 4}[result.status.value]


def reproduce(
    as_of: datetime.date | None,
    date: datetime.date,
    formats: tuple[str, ...] | None,
    own_catalog: bool,
    analyses: tuple[str, ...] = (),
    own_templates: bool = False,
) -> str:
    """Return the command that makes the same bytes again, run in the folder that was written.

    It names nothing outside of that folder, so that the same scenario gives the same document wherever it is written.
    """
    from advisor.render.proposal_files import SCENARIO

    parts = ["advisor", "propose", SCENARIO, "-o", ".", "--date", date.isoformat()]
    parts += ["--format", ",".join(formats)] if formats else []
    parts += ["--analyses", ",".join(analyses)] if analyses else []
    parts += ["--templates", edition.TEMPLATES] if own_templates else []
    parts += ["--as-of", as_of.isoformat()] if as_of else []
    return " ".join([*parts, *(["--catalog", CATALOG] if own_catalog else [])])


def working(what: str) -> Live:
    """Return a context that shows on stderr, where it is a terminal, that something takes longer.

    It does not move: that would take a thread, beside which no process can begin as a copy of this one.
    """
    from rich.console import Console
    from rich.live import Live

    return Live(f"{what} ...", console=Console(stderr=True), transient=True, auto_refresh=False)


def show(result: Proposal, scenario: str, output: Path | None, formats: tuple[str, ...], *, as_json: bool) -> None:
    """Print the answer: JSON, or verdict, architecture, cost and what to do next."""
    from advisor.render import json_output

    if as_json:
        click.echo(json_output.dumps(json_output.proposal(result)), nl=False)
        return
    _tables(result, scenario, output, formats)


def _tables(result: Proposal, scenario: str, output: Path | None, formats: tuple[str, ...]) -> None:
    from advisor.commands.console import console
    from advisor.render import priorities, terminal

    out = console()
    out.print(terminal.headline(result))
    out.print()
    if result.best is None:
        if result.conflict is not None or exit_code(result) == INFEASIBLE:
            for line in terminal.conflict_lines(result):
                out.print(line, highlight=False)
        for line in priorities.unserved_lines(result.table):
            out.print(line, highlight=False)
        if result.by_priority is not None:
            for part in priorities.text(result.by_priority):
                out.print(part, highlight=False)
        if output is not None and exit_code(result) == INFEASIBLE:
            out.print(f"files: infeasible.*, proposal.json in {output}", highlight=False)
        return
    out.print(terminal.verdict(result.best))
    out.print(terminal.architecture(result))
    out.print(terminal.cost_tree(result.best))
    out.print()
    lines = [f"next: advisor propose {scenario} -o DIR writes the design document · advisor candidates {scenario}"]
    if output is not None:
        names = [f"design.{name}" for name in ("html", "pdf", "md") if name in formats]
        lines = [
            f"files: {', '.join([*names, 'adr/, the diagram, the charts, proposal.json'])} in {output}",
            f"next: open {output / (names or ['diagram.svg'])[0]} · advisor candidates {scenario}",
        ]
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)

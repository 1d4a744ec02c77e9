"""``advisor sensitivity``: what an answer depends on."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.analysis.answers import Answer, Deadline
    from advisor.analysis.sensitivity import Sensitivity

EPILOG = """\b
Examples:
  advisor sensitivity scenario.yml
  advisor sensitivity scenario.yml --part constraints --part break-evens
  advisor sensitivity scenario.yml --reach 3 --json
  advisor sensitivity scenario.yml -o out
"""
PARTS = ("constraints", "break-evens", "tornado", "points")
LEAST_REACH, MOST_REACH = 1.0, 1000.0


@click.command("sensitivity", epilog=EPILOG)
@options.scenario_argument
@click.option(
    "--part",
    "parts",
    type=click.Choice(PARTS),
    multiple=True,
    help="Only this part; may be repeated. Default: all. Prices of the constraints alone are the quickest.",
)
@click.option(
    "--reach",
    metavar="FACTOR",
    type=float,
    default=1.5,
    show_default=True,
    help="Follow numbers this far up and down for break-evens (or to the end of their range, where that is wider).",
)
@options.output_option
@options.json_option
@options.as_of_option
@options.date_option
@options.time_limit_option
@options.jobs_option
@options.catalog_option
def command(
    scenario: str,
    parts: tuple[str, ...],
    reach: float,
    output: Path | None,
    as_json: bool,
    as_of: datetime.date | None,
    date: datetime.date,
    time_limit_s: float,
    jobs: int,
    catalog_folder: Path | None,
) -> None:
    """Show what the answer depends on: prices of constraints, break-evens, a tornado, risks.

    For every constraint its slack and the next step at which a tighter or looser one changes the design. For every
    number the choice hinges on, where the design flips; both sides are proved. What each number does to the design from
    its low to its high. Sensitivity points, trade-off points, risks and non-risks as ATAM has them. With -o also the
    tornado as SVG charts.

    Exit codes: 0 fine, 2 bad input, 3 the scenario is infeasible, 4 something is not proved in time.
    """
    from advisor.analysis.sensitivity import sensitivity
    from advisor.commands.answer import answered
    from advisor.commands.progress import bar

    _check(reach, output)
    answer, deadline = answered(scenario, catalog_folder, as_of, time_limit_s, check=lambda table: None)
    if answer.best is None or answer.status.value != "optimal":
        stop_without_proof(answer, deadline, as_json=as_json, jobs=jobs)
    wanted = parts or PARTS
    with bar() as progress:
        found = sensitivity(answer, date, parts=wanted, reach=reach, deadline=deadline, progress=progress, jobs=jobs)
    _show(found, wanted, as_json=as_json)
    if output is not None:
        _write(found, wanted, output)
    raise SystemExit(0 if found.proved else 4)


def stop_without_proof(answer: Answer, deadline: Deadline, *, as_json: bool, jobs: int) -> NoReturn:
    """End when there is no design to ask about, or none that is proved the best, of which nothing could be said."""
    from advisor.commands.answer import stop_without_design

    if answer.best is None:
        stop_without_design(answer, deadline, as_json=as_json, jobs=jobs)
    click.echo("error: the time limit passed before the design was proved optimal; raise --time-limit", err=True)
    raise SystemExit(4)


def _check(reach: float, output: Path | None) -> None:
    from advisor.files import check_folder

    if not LEAST_REACH < reach <= MOST_REACH:
        raise click.BadParameter(
            f"{reach:g} is not a factor above {LEAST_REACH:g} and up to {MOST_REACH:g}", param_hint="'--reach'"
        )
    if output is not None:
        check_folder(output)


def _show(found: Sensitivity, parts: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        from advisor.render import json_output, sensitivity_json

        click.echo(json_output.dumps(sensitivity_json.sensitivity(found, parts)), nl=False)
        return
    from advisor.commands.console import console
    from advisor.render import sensitivity_text

    out = console()
    for part in sensitivity_text.page(found, parts):
        out.print(part)


def _write(found: Sensitivity, parts: tuple[str, ...], folder: Path) -> None:
    """Write what was asked for as JSON, and the charts of the tornado."""
    from advisor.files import write_all
    from advisor.render import json_output, sensitivity_chart, sensitivity_json

    charts = sensitivity_chart.charts(found) if "tornado" in parts else {}
    files = {name: svg.encode() for name, svg in charts.items()}
    files["sensitivity.json"] = json_output.dumps(sensitivity_json.sensitivity(found, parts)).encode()
    write_all(folder, files)
    click.echo(f"wrote {', '.join(sorted(files))} into {folder}", err=True)

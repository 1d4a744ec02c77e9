"""``advisor diff``: what changes from one design to another."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import NoReturn

import click

from advisor.commands import options, sides

EPILOG = """\b
Examples:
  advisor diff scenario.yml design.yml
  advisor diff build/before/proposal.json build/after/proposal.json --markdown
  advisor diff today.yml tomorrow.yml --json
  advisor diff scenario.yml                 the way from `today:` in the scenario to its proposal
"""


@click.command("diff", epilog=EPILOG)
@click.argument("before", metavar="A", type=click.Path())
@click.argument("after", metavar="[B]", type=click.Path(), required=False)
@sides.scenario_option
@sides.metrics_option
@sides.markdown_option
@sides.format_option
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    before: str,
    after: str | None,
    scenario_file: str | None,
    metrics: str | None,
    markdown: bool,
    document: str | None,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Show what changes from one design to another, for reviews.

    A and B are scenarios (solved), design files or proposals (judged under their own scenario). Lines with + - ~ by
    role and meter, totals, times, availability and requirements.

    A scenario alone that says what runs `today:`: the way from there to its proposal: what moves and what stays, hours,
    cost and pay-back, and the order of the moves with what each design in between does.

    Exit codes: 0 fine, 2 bad input, 3 one is infeasible, 4 one is not proved in time.
    """
    if after is None:
        if scenario_file or metrics or document:
            raise click.UsageError("--scenario, --metrics and --format need two designs, A and B")
        _way(before, markdown, as_json, as_of, time_limit_s, catalog_folder)
    from advisor.analysis.comparison import compare
    from advisor.catalog.load import load_catalog
    from advisor.commands.progress import bar
    from advisor.render import comparison_document, comparison_json, comparison_markdown, comparison_text, json_output

    sides.one_format(as_json, markdown, document)
    loader = sides.Loader(load_catalog(catalog_folder), scenario_file, as_of, time_limit_s)
    with bar() as progress:
        found = compare(loader.sides([before, after], progress), sides.wanted(metrics))
    if as_json:
        click.echo(json_output.dumps(comparison_json.diff(found)), nl=False)
    elif markdown:
        click.echo(comparison_markdown.diff(found), nl=False)
    elif document:
        asked = {"scenario": scenario_file, "metrics": metrics, "as_of": as_of, "catalog": catalog_folder}
        again = sides.made_by("diff", [before, after], document, **asked)
        render = comparison_document.diff if document == "md" else comparison_document.diff_page
        click.echo(render(found, again), nl=False)
    else:
        from advisor.commands.console import console

        out = console()
        for part in comparison_text.diff_page(found):
            out.print(part)
    raise SystemExit(sides.exit_code(found.sides))


def _way(
    scenario: str,
    markdown: bool,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> NoReturn:
    """Print the way from today's design to the proposed one, and end."""
    from advisor.analysis.way import check, way_to
    from advisor.commands.answer import answered, stop_without_design
    from advisor.render import json_output, way_json, way_markdown, way_text

    sides.one_format(as_json, markdown)
    answer, deadline = answered(
        scenario, catalog_folder, as_of, time_limit_s, check=lambda candidates: check(candidates.scenario)
    )
    if answer.best is None:
        stop_without_design(answer, deadline, as_json=as_json)
    found = way_to(answer, deadline)
    if as_json:
        click.echo(json_output.dumps(way_json.way(found)), nl=False)
    elif markdown:
        click.echo(way_markdown.page(found), nl=False)
    else:
        from advisor.commands.console import console

        out = console()
        for part in way_text.page(found):
            out.print(part)
    raise SystemExit(0 if answer.status.value == "optimal" else 4)

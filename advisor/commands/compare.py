"""``advisor compare``: designs side by side."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from advisor.commands import options, sides

EPILOG = """\b
Examples:
  advisor compare scenario.yml design.yml
  advisor compare a.yml b.yml c.yml --metrics cost,answer.ttft_ms.p95,quality
  advisor compare build/a/proposal.json build/b/proposal.json --markdown
  advisor compare build/a build/b --format html > compare.html
"""


@click.command("compare", epilog=EPILOG)
@click.argument("designs", metavar="A B [C...]", nargs=-1, required=True, type=click.Path())
@sides.scenario_option
@sides.metrics_option
@sides.markdown_option
@sides.format_option
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    designs: tuple[str, ...],
    scenario_file: str | None,
    metrics: str | None,
    markdown: bool,
    document: str | None,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Put designs side by side, with the best of each metric marked.

    Each is a scenario (solved), a design file or a proposal (judged under its own scenario). Dominated designs are
    named, and what each is better at.

    Exit codes: 0 fine, 2 bad input, 3 one is infeasible, 4 one is not proved in time.
    """
    from advisor.analysis.comparison import compare
    from advisor.catalog.load import load_catalog
    from advisor.commands.progress import bar
    from advisor.render import comparison_document, comparison_json, comparison_markdown, comparison_text, json_output

    sides.one_format(as_json, markdown, document)
    loader = sides.Loader(load_catalog(catalog_folder), scenario_file, as_of, time_limit_s)
    with bar() as progress:
        found = compare(loader.sides(list(designs), progress), sides.wanted(metrics))
    if as_json:
        click.echo(json_output.dumps(comparison_json.compare(found)), nl=False)
    elif markdown:
        click.echo(comparison_markdown.compare(found), nl=False)
    elif document:
        asked = {"scenario": scenario_file, "metrics": metrics, "as_of": as_of, "catalog": catalog_folder}
        again = sides.made_by("compare", list(designs), document, **asked)
        render = comparison_document.compare if document == "md" else comparison_document.compare_page
        click.echo(render(found, again), nl=False)
    else:
        from advisor.commands.console import console

        out = console()
        for part in comparison_text.compare_page(found):
            out.print(part)
    raise SystemExit(sides.exit_code(found.sides))

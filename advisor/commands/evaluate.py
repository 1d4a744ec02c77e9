"""``advisor evaluate``: judge an existing architecture."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.evaluation.result import Evaluation

EPILOG = """\b
Example of a design file:
  scenario: scenario.yml
  design:
    llm: {option: mistral_small_4_mistral_none}
    vector_store: {option: qdrant_aws_r7g_xlarge, units: 3, zones: 3}
    reranker: none
\b
Examples:
  advisor evaluate design.yml
  advisor evaluate build/proposal/proposal.json --scenario scenario.yml
  advisor evaluate design.yml --json
"""


@click.command(epilog=EPILOG)
@click.argument("design", metavar="DESIGN", type=click.Path())
@click.option(
    "--scenario",
    "scenario_file",
    metavar="SCENARIO",
    type=click.Path(),
    help="Judge under this scenario (default: the one that the design file names).",
)
@options.json_option
@options.as_of_option
@options.catalog_option
def command(
    design: str, scenario_file: str | None, as_json: bool, as_of: datetime.date | None, catalog_folder: Path | None
) -> None:
    """Judge an existing architecture under a scenario; nothing is optimised.

    DESIGN gives a candidate id, or an option with units and zones, for every role. Exit codes: 0 every requirement
    holds, 1 some do not, 2 bad input.
    """
    from advisor.catalog.load import load_catalog
    from advisor.designs import evaluate, load_design
    from advisor.render import json_output

    catalog = load_catalog(catalog_folder)
    scenario, choices = load_design(design, catalog, scenario_file)
    result = evaluate(choices, scenario, catalog, as_of=as_of)
    if as_json:
        click.echo(json_output.dumps(json_output.evaluation(result, catalog)), nl=False)
    else:
        _tables(result)
    raise SystemExit(0 if result.feasible else 1)


def _tables(result: Evaluation) -> None:
    from advisor.commands.console import console
    from advisor.render import terminal

    out = console()
    out.print(terminal.judged(result))
    out.print()
    out.print(terminal.verdict(result))
    for problem in result.consistent:
        out.print(f"✗ {problem}", markup=False)
    out.print(terminal.times(result))
    out.print(terminal.cost_tree(result))

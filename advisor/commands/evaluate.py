"""``advisor evaluate``: judge an existing architecture."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.evaluation.result import Evaluation
    from advisor.explanation.derivation import Derivation

EPILOG = """\b
Example of a design file:
  scenario: scenario.yml
  design:
    llm: {option: mistral_small_4_mistral_none}
    vector_store: {option: qdrant_aws_m7i_4xlarge, units: 3, zones: 3}
    reranker: none
    ...: (every role that is not optional)
\b
Examples:
  advisor evaluate design.yml
  advisor evaluate build/proposal
  advisor evaluate build/proposal/proposal.json --scenario busier.yml
  advisor evaluate design.yml --json
  advisor evaluate design.yml --explain flows.answer.ttft_ms.p95
  advisor evaluate design.yml --explain cost --explain quality
"""


@click.command(epilog=EPILOG)
@click.argument("design", metavar="DESIGN", type=click.Path())
@click.option(
    "--scenario",
    "scenario_file",
    metavar="SCENARIO",
    type=click.Path(),
    help="Judge under this scenario (default: the one that the design file names, or that a proposal stands beside).",
)
@click.option(
    "--explain",
    "explained",
    metavar="METRIC",
    multiple=True,
    help="Show where a metric comes from: formula, numbers, figures, sources. May be repeated; 'all' shows every one.",
)
@options.json_option
@options.as_of_option
@options.catalog_option
def command(
    design: str,
    scenario_file: str | None,
    explained: tuple[str, ...],
    as_json: bool,
    as_of: datetime.date | None,
    catalog_folder: Path | None,
) -> None:
    """Judge an existing architecture under a scenario; nothing is optimised.

    DESIGN gives a candidate id, or an option with units and zones, for every role; it can also be a proposal.json, or
    the folder that holds one. Exit codes: 0 every requirement
    holds, 1 some do not, 2 bad input.
    """
    from advisor.catalog.load import load_catalog
    from advisor.designs import evaluate, load_design
    from advisor.explanation.explain import explain_all
    from advisor.render import derivation_text, json_output

    catalog = load_catalog(catalog_folder)
    scenario, choices = load_design(design, catalog, scenario_file)
    catalog = scenario.catalog or catalog
    result = evaluate(choices, scenario, catalog, as_of=as_of)
    derivations = explain_all(result, explained, catalog)
    if as_json:
        data = json_output.evaluation(result, catalog)
        more = {"explanations": {d.name: derivation_text.data(d) for d in derivations}} if derivations else {}
        click.echo(json_output.dumps({**data, **more}), nl=False)
    elif derivations:
        _trees(result, derivations)
    else:
        _tables(result)
    raise SystemExit(0 if result.feasible else 1)


def _trees(result: Evaluation, derivations: Sequence[Derivation]) -> None:
    from advisor.commands.console import console
    from advisor.render import derivation_text, terminal

    out = console()
    out.print(terminal.judged(result))
    for derivation in derivations:
        out.print()
        out.print(derivation_text.tree(derivation))


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

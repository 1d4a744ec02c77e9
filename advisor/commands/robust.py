"""``advisor robust``: how the answer holds when figures and workload are not what they are taken to be."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options
from advisor.commands.shares import Number

if TYPE_CHECKING:
    from advisor.analysis.robust_result import Robust

MOST_SAMPLES = 100_000
EPILOG = """\b
Examples:
  advisor robust scenario.yml
  advisor robust scenario.yml --samples 1000 --seed 7 --jobs 2
  advisor robust scenario.yml --confidence 0.95 --time-limit 300
"""


@click.command("robust", epilog=EPILOG)
@options.scenario_argument
@click.option(
    "--samples",
    type=click.IntRange(10, MOST_SAMPLES),
    default=1000,
    show_default=True,
    help="How many worlds to draw.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Names the samples.")
@click.option(
    "--hindsight",
    type=click.IntRange(0, MOST_SAMPLES),
    default=10,
    show_default=True,
    help="In how many samples to prove the best design, for the regret; 0: none.",
)
@click.option(
    "--confidence",
    type=Number(1, above=True),
    help="Also find the best design that holds in this share of the samples.",
)
@click.option(
    "--distribution",
    "shape",
    type=click.Choice(["pert", "triangular"]),
    default="pert",
    show_default=True,
    help="How a number lies in its range.",
)
@click.option(
    "--assume-ranges", "assumed", is_flag=True, help="Draw numbers without a range too, by what they are based on."
)
@click.option(
    "--breach-usd",
    "breach_usd",
    type=Number(),
    help="What a month counts as in which a requirement is broken (default: the design's cost).",
)
@options.jobs_option
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    scenario: str,
    samples: int,
    seed: int,
    hindsight: int,
    confidence: float | None,
    shape: str,
    assumed: bool,
    breach_usd: float | None,
    jobs: int,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Draw figures and workload from their ranges, and say how the answer holds.

    How probable it is that each requirement holds, how far metrics spread, what hindsight would save, which number to
    measure first, and the best design that holds with a confidence.

    Exit codes: 0 fine, 2 bad input, 3 infeasible (also: no design has the confidence), 4 not proved in time.
    """
    from advisor.analysis.robust import Wanted, robust
    from advisor.commands.answer import answered, stop_without_design
    from advisor.commands.progress import bar

    wanted = Wanted(samples, seed, hindsight, confidence, assumed, shape, breach_usd, jobs)  # type: ignore[arg-type]
    answer, deadline = answered(scenario, catalog_folder, as_of, time_limit_s, check=lambda table: None)
    with bar() as progress:
        found = robust(answer, wanted, deadline, progress) if answer.best else None
    if found is None:
        stop_without_design(answer, deadline, as_json=as_json, jobs=jobs)
    _show(found, as_json=as_json)
    raise SystemExit(exit_code(found, solved=answer.status.value == "optimal"))


def _show(found: Robust, *, as_json: bool) -> None:
    if as_json:
        from advisor.render import json_output, robust_json

        click.echo(json_output.dumps(robust_json.robust(found)), nl=False)
        return
    from advisor.commands.console import console
    from advisor.render import robust_text

    out = console()
    for part in robust_text.page(found):
        out.print(part)


def exit_code(found: Robust, *, solved: bool) -> int:
    """Return 3 when no design has the confidence, 4 when something was not proved in time, else 0."""
    sure = found.confident
    if sure is not None and sure.bound == float("inf"):
        return 3
    return 0 if solved and not found.unsettled and (sure is None or sure.proved) else 4

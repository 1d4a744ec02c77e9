"""``advisor alternatives``: the best designs that are structurally different."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from advisor.commands import options
from advisor.commands.shares import Share

EPILOG = """\b
Examples:
  advisor alternatives scenario.yml
  advisor alternatives scenario.yml --within 5% --differ 3
  advisor alternatives scenario.yml --count 10 --json
"""


@click.command("alternatives", epilog=EPILOG)
@options.scenario_argument
@click.option("--count", metavar="K", type=int, default=5, show_default=True, help="How many at most.")
@click.option(
    "--within",
    metavar="SHARE",
    type=Share(100.0),
    default="10%",
    show_default=True,
    help="How much worse than the optimum they may be in the scenario's first goal.",
)
@click.option(
    "--differ",
    metavar="ROLES",
    type=int,
    default=2,
    show_default=True,
    help="In the component of how many roles each must differ from every one before it.",
)
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    scenario: str,
    count: int,
    within: float,
    differ: int,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """List the best designs that are structurally different, each proved the best of its kind.

    For each: the components that differ from the proposed design, what it is better and worse at, and the requirement
    that is closest to its limit.

    Exit codes: 0 fine, 2 bad input, 3 no design meets the requirements, 4 not proved in time.
    """
    from advisor.analysis.alternatives import beside, check
    from advisor.commands.answer import answered, stop_without_design
    from advisor.commands.progress import bar

    answer, deadline = answered(
        scenario,
        catalog_folder,
        as_of,
        time_limit_s,
        check=lambda table: check(table, count=count, within=within, differ=differ),
    )
    if answer.best is None:
        stop_without_design(answer, deadline, as_json=as_json)
    with bar() as progress:
        found = beside(answer, count=count, within=within, differ=differ, deadline=deadline, progress=progress)
    if as_json:
        from advisor.render import alternatives_json, json_output

        click.echo(json_output.dumps(alternatives_json.alternatives(found)), nl=False)
    else:
        from advisor.commands.answer import printed
        from advisor.render import alternatives_text

        printed(answer, alternatives_text.page(found))
    raise SystemExit(4 if found.ends == "time" else 0)

"""``advisor check``: validate and solve, for CI; writes nothing."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from advisor.commands import options

EPILOG = """\b
Example:
  advisor check scenario.yml --time-limit 30
"""


@click.command(epilog=EPILOG)
@options.scenario_argument
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    scenario: str, as_json: bool, as_of: datetime.date | None, time_limit_s: float, catalog_folder: Path | None
) -> None:
    """Validate and solve a scenario without writing anything; for CI.

    Exit codes: 0 optimal, 2 bad input, 3 infeasible, 4 not proved optimal in time.
    """
    from advisor.commands.propose import exit_code
    from advisor.proposal import propose
    from advisor.render import json_output

    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    result = propose(loaded, catalog, as_of=as_of, time_limit_s=time_limit_s, explain=False)
    if as_json:
        click.echo(json_output.dumps(json_output.proposal(result)), nl=False)
    else:
        from advisor.commands.console import console
        from advisor.render import terminal

        out = console()
        out.print(terminal.headline(result))
        if result.best is not None:
            out.print(terminal.verdict(result.best))
        elif exit_code(result) == 3:
            for line in terminal.conflict_lines(result):
                out.print(line)
    raise SystemExit(exit_code(result))

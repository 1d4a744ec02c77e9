"""``advisor why``: why a role is filled as it is."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from advisor.commands import options

EPILOG = """\b
Examples:
  advisor why scenario.yml vector_store
  advisor why scenario.yml embedding vector_store
  advisor why scenario.yml llm --json
"""
MOST_ROLES = 2


@click.command("why", epilog=EPILOG)
@options.scenario_argument
@click.argument("roles", metavar="ROLE [ROLE]", nargs=-1, required=True)
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    scenario: str,
    roles: tuple[str, ...],
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Say why a role is filled as it is: what forces it, what the others cost or break.

    Every other component is forced and the scenario solved again; so is the scenario without each requirement, and
    with a unit or a zone more or less. Two roles are also looked at together.

    Exit codes: 0 fine, 2 bad input, 3 infeasible, 4 something is not proved in time.
    """
    from advisor.analysis.why import find_roles, why
    from advisor.commands.answer import answered, printed, stop_without_design
    from advisor.commands.progress import bar

    if len(roles) > MOST_ROLES:
        raise click.UsageError(f"give at most {MOST_ROLES} roles; found {len(roles)}")
    answer, deadline = answered(
        scenario, catalog_folder, as_of, time_limit_s, check=lambda table: find_roles(table, roles)
    )
    if answer.best is None:
        stop_without_design(answer, deadline, as_json=as_json)
    with bar() as progress:
        found = why(answer, find_roles(answer.table, roles), deadline, progress)
    if as_json:
        from advisor.render import json_output, why_json

        click.echo(json_output.dumps(why_json.why(found, answer)), nl=False)
    else:
        from advisor.render import why_text

        printed(answer, why_text.why_page(found))
    settled = answer.status.value == "optimal" and not found.open
    raise SystemExit(0 if settled and all(o.proved for r in found.roles for o in r.alternatives) else 4)

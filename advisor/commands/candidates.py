"""``advisor candidates``: every sized candidate with its constants."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.candidates.table import Table

EPILOG = """\b
Examples:
  advisor candidates scenario.yml --role vector_store
  advisor candidates scenario.yml --pruned --json > candidates.json
  advisor candidates scenario.yml --pruned --csv > candidates.csv
"""


@click.command(epilog=EPILOG)
@options.scenario_argument
@click.option("--role", metavar="ROLE", help="Only this role.")
@click.option(
    "--pruned", is_flag=True, help="Only those that the optimizer chooses from: admitted, not dominated, not too slow."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one row a candidate, instead of a table.")
@options.json_option
@options.as_of_option
@options.catalog_option
def command(
    scenario: str,
    role: str | None,
    pruned: bool,
    as_csv: bool,
    as_json: bool,
    as_of: datetime.date | None,
    catalog_folder: Path | None,
) -> None:
    """List every sized candidate of a scenario with its constants.

    With them the optimum can be checked elsewhere, by enumeration for example. A design may name candidates by id (see
    `advisor evaluate --help`).
    """
    from advisor.candidates.table import table
    from advisor.render import json_output

    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    found = only_role(table(loaded, catalog, as_of), role)
    marks = _marks(found)
    if pruned:
        found = _kept(found, marks)
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other")
    if as_csv:
        from advisor.render import candidates_csv

        click.echo(candidates_csv.text(found, marks), nl=False)
    elif as_json:
        click.echo(json_output.dumps(json_output.candidates(found, marks)), nl=False)
    else:
        from advisor.commands.console import console
        from advisor.render import terminal

        unsold = sum(one.unsold for one in found.rejections)
        if as_of is not None and unsold:
            click.echo(f"{unsold} options could not be bought on {as_of}; --json lists them with their days", err=True)
        console().print(terminal.candidate_table(found, marks))


def only_role(found: Table, role: str | None) -> Table:
    """Return the table with one role only. Raises :class:`InputError` for a role that the blueprint does not have."""
    from dataclasses import replace

    from advisor.errors import bad_input, listing, nearest

    if role is None:
        return found
    if role not in found.candidates:
        raise bad_input(
            f"found '{role}'; roles: {listing(found.candidates, 20)}{nearest(role, found.candidates)}", path="--role"
        )
    return replace(
        found,
        candidates={role: found.candidates[role]},
        rejections=tuple(r for r in found.rejections if r.role == role),
    )


def _marks(found: Table) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what pruning says of each candidate: refused, dominated by which, unable to meet which bound."""
    from advisor.candidates.table import table
    from advisor.optimizer.search import Search

    search = Search(table(found.scenario, found.catalog, found.as_of))
    marks: dict[tuple[str, str], dict[str, Any]] = {}
    for role, candidates in found.candidates.items():
        for c in candidates:
            refused = [f.path for f in found.scenario.filters if not c.admitted_by(f)]
            winner, late = search.dominated.get((role, c.id)), search.hopeless.get((role, c.id))
            marks[role, c.id] = {
                "refused_by": refused,
                "dominated_by": winner.id if winner else None,
                "too_slow_for": late.path if late else None,
            }
    return marks


def _kept(found: Table, marks: dict[tuple[str, str], dict[str, Any]]) -> Table:
    from dataclasses import replace

    return replace(
        found,
        candidates={
            role: tuple(c for c in candidates if not any(marks[role, c.id].values()))
            for role, candidates in found.candidates.items()
        },
    )

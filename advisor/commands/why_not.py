"""``advisor why-not``: force what was not chosen."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.analysis.answers import Answer, Deadline, Progress
    from advisor.analysis.forced import Wish
    from advisor.analysis.why_not import WhyNot
    from advisor.candidates.table import Table

EPILOG = """\b
Examples:
  advisor why-not scenario.yml pinecone
  advisor why-not scenario.yml pgvector kong --json
  advisor why-not scenario.yml none --role semantic_cache
  advisor why-not scenario.yml --all
"""
MOST_WISHES = 2


@click.command("why-not", epilog=EPILOG)
@options.scenario_argument
@click.argument("components", metavar="[COMPONENT [COMPONENT]]", nargs=-1)
@click.option(
    "--role",
    "roles",
    metavar="ROLE",
    multiple=True,
    help="The role that it shall fill, where it fits several; for two components give it twice. With --all: only this.",
)
@click.option("--all", "everything", is_flag=True, help="Ask it of every component that was not chosen; a table.")
@options.jobs_option
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    scenario: str,
    components: tuple[str, ...],
    roles: tuple[str, ...],
    everything: bool,
    jobs: int,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Force what was not chosen and solve again: what it costs, or which requirements forbid it.

    COMPONENT is a component, an option, a candidate's id, or none (leave the role out). Two are forced together. Where
    no design is feasible, the requirements that cannot hold together are named, and how far each must be loosened.

    Exit codes: 0 fine, 2 bad input, 3 the scenario itself is infeasible, 4 something is not proved in time.
    """
    from advisor.commands.answer import answered, stop_without_design
    from advisor.commands.progress import bar

    _check(components, everything)
    with bar() as progress:
        answer, deadline = answered(
            scenario, catalog_folder, as_of, time_limit_s, check=lambda table: _wishes(table, components, roles)
        )
        found = _found(answer, components, roles, deadline, progress, jobs) if answer.best else None
    if found is None:
        stop_without_design(answer, deadline, as_json=as_json, jobs=jobs)
    _show(answer, found, everything=everything, as_json=as_json)
    settled = answer.status.value == "optimal" and all(one.proved for one in found)
    raise SystemExit(0 if settled else 4)


def _check(components: tuple[str, ...], everything: bool) -> None:
    if everything == bool(components):
        raise click.UsageError("name one or two components, or give --all")
    if len(components) > MOST_WISHES:
        raise click.UsageError(f"give at most {MOST_WISHES} components; found {len(components)}")


def _wishes(table: Table, components: tuple[str, ...], roles: tuple[str, ...]) -> tuple[tuple[Wish, ...], ...]:
    """Return the questions; with --all only the roles are checked. Raises :class:`InputError`."""
    from advisor.analysis.why import find_roles
    from advisor.analysis.why_not import find_wishes

    if components:
        return find_wishes(table, components, roles)
    find_roles(table, roles, "--role")
    return ()


def _found(
    answer: Answer,
    components: tuple[str, ...],
    roles: tuple[str, ...],
    deadline: Deadline,
    progress: Progress,
    jobs: int,
) -> list[WhyNot]:
    from advisor.analysis.why_not import why_not, why_not_all

    if not components:
        return list(why_not_all(answer, roles, deadline, progress))
    found = []
    questions = _wishes(answer.table, components, roles)
    for index, wishes in enumerate(questions):
        progress(index, len(questions), ", ".join(f"{wish.role}: {wish.name}" for wish in wishes))
        found.append(why_not(answer, wishes, deadline, jobs=jobs))
    return found


def _show(answer: Answer, found: list[WhyNot], *, everything: bool, as_json: bool) -> None:
    if as_json:
        from advisor.render import json_output, why_json

        click.echo(json_output.dumps(why_json.why_not(found, answer)), nl=False)
        return
    from advisor.commands.answer import printed
    from advisor.render import why_table, why_text

    assert answer.best is not None
    table = [why_table.alternatives_table(found, answer.best)] if everything else None
    printed(answer, table or why_text.why_not_page(found, answer.best))

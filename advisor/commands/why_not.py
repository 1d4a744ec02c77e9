"""``advisor why-not``: force what was not chosen."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from advisor.analysis.answers import Answer, Deadline, Progress
    from advisor.analysis.forced import Wish
    from advisor.analysis.why_not import WhyNot
    from advisor.candidates.table import Table

EPILOG = """\b
Examples:
  advisor why-not scenario.yml pinecone
  advisor why-not scenario.yml pinecone --ways-out
  advisor why-not scenario.yml zilliz_cloud kong --json
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
@click.option(
    "--ways-out",
    is_flag=True,
    help="Where no design is feasible, also name the requirements that cannot hold together with it, and how far each "
    "must be loosened; that takes longer. Of two components this is always done.",
)
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
    ways_out: bool,
    jobs: int,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Force what was not chosen and solve again: what it costs, or which requirements forbid it.

    COMPONENT is a component, an option, a candidate's id, or none (leave the role out). Of one it is said what a swap
    alone breaks and by how much, and which requirement forbids it where one alone does. Two are forced together.

    Exit codes: 0 fine, 2 bad input, 3 the scenario itself is infeasible, 4 something is not proved in time.
    """
    from advisor.commands.answer import answered, stop_without_design

    _check(components, everything, ways_out)
    ways_out = ways_out or len(components) > 1
    answer, deadline = answered(
        scenario, catalog_folder, as_of, time_limit_s, check=lambda table: _wishes(table, components, roles)
    )
    if answer.best is None:
        stop_without_design(answer, deadline, as_json=as_json, jobs=jobs)
    if everything:
        found = _all(answer, roles, deadline, as_json=as_json)
    else:
        found = _each(answer, _wishes(answer.table, components, roles), deadline, jobs, ways_out, as_json=as_json)
    settled = answer.status.value == "optimal" and all(one.proved for one in found)
    raise SystemExit(0 if settled else 4)


def _check(components: tuple[str, ...], everything: bool, ways_out: bool) -> None:
    if everything == bool(components):
        raise click.UsageError("name one or two components, or give --all")
    if len(components) > MOST_WISHES:
        raise click.UsageError(f"give at most {MOST_WISHES} components; found {len(components)}")
    if everything and ways_out:
        raise click.UsageError("--ways-out is for one or two components, not for --all")


def _wishes(table: Table, components: tuple[str, ...], roles: tuple[str, ...]) -> tuple[tuple[Wish, ...], ...]:
    """Return the questions; with --all only the roles are checked. Raises :class:`InputError`."""
    if components:
        from advisor.analysis.wishes import find_wishes

        return find_wishes(table, components, roles)
    from advisor.analysis.why import find_roles

    find_roles(table, roles, "--role")
    return ()


def _all(answer: Answer, roles: tuple[str, ...], deadline: Deadline, *, as_json: bool) -> Sequence[WhyNot]:
    """Ask it of every component, and print a table."""
    from advisor.analysis.why_not import why_not_all
    from advisor.commands.answer import printed
    from advisor.commands.progress import bar

    with bar() as progress:
        found = why_not_all(answer, roles, deadline, progress)
    if as_json:
        _print_json(answer, found)
    else:
        from advisor.render.why_table import alternatives_table

        assert answer.best is not None
        printed(answer, [alternatives_table(found, answer.best)])
    return found


def _each(
    answer: Answer,
    questions: Sequence[Sequence[Wish]],
    deadline: Deadline,
    jobs: int,
    ways_out: bool,
    *,
    as_json: bool,
) -> Sequence[WhyNot]:
    """Ask it of a few, and print each answer as far as it is known: the verdict before all that is to blame."""
    if as_json:
        from advisor.analysis.why_not import why_not
        from advisor.commands.progress import bar

        with bar():
            whole = [why_not(answer, wishes, deadline, ways_out=ways_out, jobs=jobs) for wishes in questions]
        _print_json(answer, whole)
        return whole
    from advisor.commands.answer import printed

    found: list[WhyNot] = []
    printed(answer, _pages(answer, questions, deadline, jobs, ways_out, found))
    return found


def _pages(
    answer: Answer,
    questions: Sequence[Sequence[Wish]],
    deadline: Deadline,
    jobs: int,
    ways_out: bool,
    found: list[WhyNot],
) -> Iterator[RenderableType]:
    """Yield what to print of each question; its whole answer is then among the found."""
    from advisor.analysis.why_not import why_not_steps
    from advisor.commands.progress import bar
    from advisor.render.why_text import why_not_page

    assert answer.best is not None
    for index, wishes in enumerate(questions):
        if index:
            yield ""
        with bar() as progress:
            steps = islice(why_not_steps(answer, wishes, deadline, jobs, progress), None if ways_out else 1)
            whole = yield from why_not_page(_before_printing(steps, progress), answer.best)
        found.append(whole)


def _before_printing(steps: Iterator[WhyNot], progress: Progress) -> Iterator[WhyNot]:
    """Yield what is known once the bar is gone, as it is printed then."""
    for known in steps:
        progress(1, 1, "")
        yield known


def _print_json(answer: Answer, found: Sequence[WhyNot]) -> None:
    from advisor.render import json_output, why_json

    click.echo(json_output.dumps(why_json.why_not(found, answer)), nl=False)

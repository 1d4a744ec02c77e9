"""What ``why`` and ``why-not`` begin with: the scenario's own answer, and the end when there is none."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from advisor.commands import options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from advisor.analysis.answers import Answer, Deadline
    from advisor.candidates.table import Table


def answered(
    scenario: str,
    catalog_folder: Path | None,
    as_of: datetime.date | None,
    time_limit_s: float,
    *,
    check: Callable[[Table], object],
) -> tuple[Answer, Deadline]:
    """Return the solved scenario and when everything must end; ``check`` refuses bad arguments before it is solved."""
    from advisor.analysis.answers import Deadline, solve
    from advisor.candidates.table import table
    from advisor.commands.progress import bar

    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    deadline = Deadline.after(time_limit_s)
    candidates = table(loaded, catalog, as_of)
    check(candidates)
    with bar():
        return solve(candidates, deadline), deadline


def stop_without_design(answer: Answer, deadline: Deadline, *, as_json: bool, jobs: int | None = None) -> NoReturn:
    """Say that there is no design to ask about and what would make one possible; 3 when that is proved, else 4.

    ``jobs``: processes to look for that in; by default as many as there are processors.
    """
    from dataclasses import replace

    from advisor.analysis.ways_out import ways_out
    from advisor.analysis.what_if import side
    from advisor.commands.progress import bar
    from advisor.render import change_words, comparison_json, json_output, ways_out_text

    found = side(answer.scenario.title, answer)
    if found.status == "infeasible":
        with bar("looking for ways out"):
            cheapest = ways_out(answer.search, answer.conflict, deadline, jobs=jobs or options.cores())
        found = replace(found, ways_out=cheapest)
    if as_json:
        click.echo(json_output.dumps({"schema_version": 1, "answer": comparison_json.side(found)}), nl=False)
    else:
        from advisor.commands.console import console
        from advisor.render.neat import neat
        from advisor.render.what_if_text import status

        out = console()
        out.print(f"There is no design to ask about: {status(found)}")
        if found.status == "infeasible":
            ways = ways_out_text.lines(found.ways_out) if found.ways_out else ()
            for line in (*change_words.conflict_lines(found), *ways):
                out.print(neat(line))
    raise SystemExit(3 if found.status == "infeasible" else 4)


def printed(answer: Answer, parts: Iterable[RenderableType]) -> None:
    """Print an answer's parts; when the design that they speak of is not proved, that comes first."""
    from advisor.commands.console import console

    out = console()
    if answer.status.value != "optimal":
        from advisor.analysis.what_if import side
        from advisor.render.what_if_text import status

        out.print(f"The design that this is about: {status(side(answer.scenario.title, answer))}")
    for part in parts:
        out.print(part)

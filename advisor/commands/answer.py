"""What ``why`` and ``why-not`` begin with: the scenario's own answer, and the end when there is none."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from advisor.commands import options

if TYPE_CHECKING:
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

    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    deadline = Deadline.after(time_limit_s)
    candidates = table(loaded, catalog, as_of)
    check(candidates)
    return solve(candidates, deadline), deadline


def stop_without_design(answer: Answer, *, as_json: bool) -> NoReturn:
    """Say that there is no design to ask about, and end: 3 when that is proved, 4 otherwise."""
    from advisor.analysis.what_if import side
    from advisor.render import change_words, comparison_json, json_output

    found = side(answer.scenario.title, answer)
    if as_json:
        click.echo(json_output.dumps({"schema_version": 1, "answer": comparison_json.side(found)}), nl=False)
    else:
        from advisor.commands.console import console
        from advisor.render.neat import neat
        from advisor.render.what_if_text import status

        out = console()
        out.print(f"There is no design to ask about: {status(found)}")
        if found.status == "infeasible":
            for line in change_words.conflict_lines(found):
                out.print(neat(line))
    raise SystemExit(3 if found.status == "infeasible" else 4)

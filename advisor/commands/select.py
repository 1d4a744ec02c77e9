"""``advisor select``: the optimizer on any table of options, without the catalog."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.selection.problem import SelectionProblem
    from advisor.selection.result import Front, Selection

EPILOG = """\b
Examples:
  advisor select options.csv --minimize cost --limit "latency_ms<=900"
  advisor select options.csv --maximize up --aggregate up=product --limit "cost<=70"
  advisor select problem.json --pareto cost,time --json
"""


@click.command(epilog=EPILOG)
@click.argument("problem", metavar="PROBLEM", type=click.Path(allow_dash=True))
@click.option("--minimize", metavar="ATTRIBUTE", help="Find the smallest total of this attribute.")
@click.option("--maximize", metavar="ATTRIBUTE", help="Find the largest total of this attribute.")
@click.option(
    "--limit",
    "limits",
    metavar="LIMIT",
    multiple=True,
    help='What a total must keep to: "latency_ms<=900" (<=, >= or =). May be given again and again.',
)
@click.option(
    "--aggregate",
    metavar="ATTRIBUTE=HOW",
    multiple=True,
    help="How values become a total: sum (default), product, min, max or critical_path. May be given again.",
)
@click.option(
    "--edges",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="CSV with the columns from,to: which role comes before which, for critical_path.",
)
@click.option(
    "--pareto",
    metavar="A,B[,C]",
    help="Print the exact front of two or three attributes instead of one optimum; a:max gives a direction.",
)
@options.time_limit_option
@options.json_option
def command(
    problem: str,
    minimize: str | None,
    maximize: str | None,
    limits: tuple[str, ...],
    aggregate: tuple[str, ...],
    edges: Path | None,
    pareto: str | None,
    time_limit_s: float,
    as_json: bool,
) -> None:
    """Choose one option for each role of any table, proved optimal.

    PROBLEM is a CSV with the columns role, option and any numeric attributes, one row an option, or JSON, which adds
    edges, pairs, rules, optional roles and pools of unlike units; - reads standard input. The catalog is not used.

    Where not all demand of a pool can be served and its classes have priorities, what can be is shown, most important
    first; the exit code stays that of infeasible.

    Exit codes: 0 optimal (or the front is complete), 2 bad input, 3 infeasible, 4 not proved in time.
    """
    from advisor.selection.load import finish, read_draft

    name = "standard input" if problem == options.STANDARD_INPUT else problem
    draft = read_draft(_text(problem), name)
    loaded = finish(draft, minimize=minimize, maximize=maximize, limits=limits, aggregate=aggregate, edges=edges)
    result = _solve(loaded, pareto, time_limit_s, draft.file)
    _show(result, name, as_json=as_json)
    raise SystemExit(exit_code(result))


def _text(problem: str) -> str:
    from advisor.selection.draft import MAX_BYTES
    from advisor.selection.load import decode, read_text

    if problem == options.STANDARD_INPUT:
        return decode(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
    return read_text(Path(problem), problem)


def _solve(loaded: SelectionProblem, pareto: str | None, time_limit_s: float, file: str) -> Selection | Front:
    from advisor.commands.propose import working
    from advisor.errors import InputError, Problem
    from advisor.selection.run import select

    limit = time_limit_s or None
    try:
        with working("optimising"):
            if pareto is not None:
                return select(loaded, time_limit_s=limit, pareto=pareto)
            return select(loaded, time_limit_s=limit)
    except InputError as error:
        raise InputError(Problem(file, p.line, _option(p.path), p.message) for p in error.problems) from None


def _option(path: str) -> str:
    return {"minimize": "--minimize", "pareto": "--pareto"}.get(path, path)


def exit_code(result: Selection | Front) -> int:
    """Return 0 when proved, 3 when infeasible, 4 when the time limit left it open."""
    return {"optimal": 0, "infeasible": 3, "stopped": 4}[result.status.value]


def _show(result: Selection | Front, name: str, *, as_json: bool) -> None:
    from advisor.render import selection_json, selection_text
    from advisor.render.json_output import dumps

    if as_json:
        click.echo(dumps(selection_json.answer(result)), nl=False)
        return
    from advisor.commands.console import console

    out = console()
    for part in selection_text.answer(result, name):
        out.print(part, soft_wrap=isinstance(part, str))

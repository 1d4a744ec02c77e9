"""``advisor check``: validate, solve and gate, for CI; writes nothing."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.commands import options
from advisor.commands.shares import Number

if TYPE_CHECKING:
    from advisor.analysis.gates import Gate
    from advisor.proposal import Proposal

    _ShareType = click.ParamType[float]
else:
    _ShareType = click.ParamType  # generic for the type checker only; older click is not subscriptable

GATE_FAILED = 1
EPILOG = """\b
Examples:
  advisor check scenario.yml --time-limit 30
  advisor check scenario.yml --max-cost 20000 --min-slack 5% --fail-on stale --fail-on estimates
  advisor check scenario.yml --time-limit 10 --max-gap 2%
"""


class Share(_ShareType):
    """A share, written as a percentage.

    >>> Share().convert("5%", None, None), Share().convert("2.5 %", None, None)
    (0.05, 0.025)
    """

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share, or fail with how it is written; a bare number could be meant either way."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / 100
        except ValueError:
            share = math.nan
        if not text.endswith("%") or not 0 <= share <= 1:
            self.fail(f"'{value}' is not a percentage from 0% to 100%; write it as 5%", param, ctx)
        return share


@click.command(epilog=EPILOG)
@options.scenario_argument
@click.option(
    "--max-cost",
    "max_cost_usd",
    metavar="USD",
    type=Number(),
    help="Fail when a month costs more than this.",
)
@click.option(
    "--min-slack", metavar="PERCENT", type=Share(), help="Fail when a bound has less slack than this, such as 5%."
)
@click.option(
    "--max-gap",
    metavar="PERCENT",
    type=Share(),
    help="Accept an answer that is not proved within this much of the best.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["stale", "estimates"]),
    multiple=True,
    help="Fail on figures past their age, or on estimates within whose range a requirement breaks. May be repeated.",
)
@options.json_option
@options.as_of_option
@options.date_option
@options.time_limit_option
@options.jobs_option
@options.catalog_option
def command(
    scenario: str,
    max_cost_usd: float | None,
    min_slack: float | None,
    max_gap: float | None,
    fail_on: tuple[str, ...],
    as_json: bool,
    as_of: datetime.date | None,
    date: datetime.date,
    time_limit_s: float,
    jobs: int,
    catalog_folder: Path | None,
) -> None:
    """Validate and solve a scenario without writing anything, and hold the answer against gates; for CI.

    Exit codes: 0 optimal and gates pass, 1 a gate fails, 2 bad input, 3 infeasible, 4 not proved optimal in time.
    """
    from advisor.analysis.gates import Asked, gates
    from advisor.commands.progress import bar
    from advisor.proposal import propose

    asked = Asked(date, max_cost_usd, min_slack, max_gap, "stale" in fail_on, "estimates" in fail_on)
    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    with bar():
        result = propose(loaded, catalog, as_of=as_of, time_limit_s=time_limit_s, explain=False, relax=True, jobs=jobs)
    found = gates(result.best, result.table, result.gap, asked) if result.best else ()
    if as_json:
        from advisor.render import gates_text, json_output

        data = {**json_output.proposal(result), "gates": gates_text.data(found)}
        click.echo(json_output.dumps(data), nl=False)
    else:
        _print(result, found)
    raise SystemExit(exit_code(result, found))


def exit_code(result: Proposal, found: tuple[Gate, ...]) -> int:
    """Return how it ends: no answer before a failing gate, a failing gate before a proof that is missing.

    A gap that was accepted makes up for the missing proof.
    """
    from advisor.commands.propose import exit_code as solved

    code = solved(result)
    if result.best is None:
        return code
    if not all(gate.passed for gate in found):
        return GATE_FAILED
    return 0 if any(gate.name == "gap" for gate in found) else code


def _print(result: Proposal, found: tuple[Gate, ...]) -> None:
    from advisor.commands.console import console
    from advisor.commands.propose import exit_code as solved
    from advisor.render import gates_text, terminal
    from advisor.render.neat import neat

    out = console()
    out.print(terminal.headline(result))
    if result.best is not None:
        out.print(terminal.verdict(result.best))
    elif solved(result) == 3:
        for line in terminal.conflict_lines(result):
            out.print(line)
    for passed, text in gates_text.lines(found):
        mark = "" if text.startswith(" ") else "[green]✓ gate[/] " if passed else "[red]✗ gate[/] "
        out.print(f"{mark}{neat(text)}", soft_wrap=True)

"""``advisor audit``: check somebody's cost table or load test."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.audit.findings import Report
    from advisor.audit.report import Options

EPILOG = """\b
Examples:
  advisor audit costs.md
  advisor audit costs.csv --hours-per-month 730 --json
  advisor audit README.md --table 2 --column "Qty=quantity:GB"
  advisor audit load.csv --given concurrency=64 --given "think_time=2 s"
"""


@click.command(epilog=EPILOG)
@click.argument("table", metavar="TABLE", type=click.Path(allow_dash=True))
@click.option("--kind", type=click.Choice(["cost", "load"]), help="What the table is (default: guessed, and said).")
@click.option("--table", "number", metavar="N", type=click.IntRange(min=1), help="Only the Nth table of the page.")
@click.option(
    "--column",
    "columns",
    metavar="NAME=ROLE[:UNIT]",
    multiple=True,
    help="State what a column means; an empty role leaves it out. Repeatable.",
)
@click.option(
    "--hours-per-month",
    metavar="HOURS",
    type=float,
    help="Length of a month where a line needs it and does not state it (default: 730, 720 and 744 are tried).",
)
@click.option(
    "--tolerance",
    metavar="SHARE",
    type=float,
    default=0.05,
    show_default=True,
    help="Difference that a load test may show beyond the precision of its figures.",
)
@click.option("--think-time-s", metavar="SECONDS", type=float, help="Pause of each user between requests.")
@click.option(
    "--given",
    metavar="ROLE=VALUE",
    multiple=True,
    help="State a figure that holds for every row of a load test, e.g. output_tokens=128. Repeatable.",
)
@click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark where '1,234' could be read both ways.")
@options.json_option
def command(
    table: str,
    kind: str | None,
    number: int | None,
    columns: tuple[str, ...],
    hours_per_month: float | None,
    tolerance: float,
    think_time_s: float | None,
    given: tuple[str, ...],
    decimal: str | None,
    as_json: bool,
) -> None:
    """Check somebody's cost table or load test: what agrees, what differs, which slip explains it.

    TABLE is CSV, TSV, Markdown (the tables of a page) or a YAML list of rows; - is standard input. Exit codes: 0
    everything agrees, 1 something differs or cannot be reproduced, 2 bad input.
    """
    from advisor.audit.report import Options

    stated = dict(_pairs(given, "--given"))
    if think_time_s is not None:
        stated["think_time"] = f"{think_time_s:.15g} s"
    chosen = Options(
        kind=kind or "",
        table=number or 0,
        columns={name: _role(role) for name, role in _pairs(columns, "--column")},
        hours_per_month=hours_per_month,
        tolerance=tolerance,
        given=stated,
        decimal="," if decimal == "," else "." if decimal == "." else None,
    )
    report = _audited(table, chosen)
    _show(report, as_json)
    raise SystemExit(0 if report.agrees else 1)


def _audited(table: str, chosen: Options) -> Report:
    from advisor.audit.report import audit_table, audit_text, decoded
    from advisor.audit.tables import MAX_BYTES

    if table == options.STANDARD_INPUT:
        name = "standard input"
        return audit_text(decoded(sys.stdin.buffer.read(MAX_BYTES + 1), name), name, chosen)
    return audit_table(table, chosen)


def _pairs(texts: tuple[str, ...], option: str) -> list[tuple[str, str]]:
    """Split NAME=VALUE at the last equals sign: headers may hold one, roles do not."""
    from advisor.errors import bad_input

    found = []
    for text in texts:
        name, mark, value = text.rpartition("=")
        if not mark or not name.strip():
            raise bad_input(f"found '{text}'; NAME=VALUE is expected", path=option)
        found.append((name.strip(), value.strip()))
    return found


def _role(text: str) -> tuple[str, str]:
    role, _, unit = text.partition(":")
    return role.strip(), unit.strip()


def _show(report: Report, as_json: bool) -> None:
    from advisor.commands.console import text_width
    from advisor.render import audit_json, audit_text
    from advisor.render.json_output import dumps

    if as_json:
        click.echo(dumps(audit_json.report(report)), nl=False)
        return
    click.echo(audit_text.report_text(report, text_width()), nl=False)

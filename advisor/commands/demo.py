"""``advisor demo``: the shipped example, from end to end."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from advisor.commands import options

EXAMPLE = "support_copilot"


@click.command("demo")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path("advisor-demo"),
    show_default=True,
    help="Write the files into this folder; it is made when missing.",
)
@options.date_option
def command(output: Path, date: datetime.date) -> None:
    """Propose the design of the example that comes with advisor.

    A support copilot that answers questions from documents. Does what `advisor propose` does with that scenario, so
    everything it prints and writes can be had for your own.

    \b
    Examples:
      advisor demo
      advisor demo -o /tmp/demo
    """
    from advisor.commands import propose
    from advisor.resources import example

    raise SystemExit(propose.run(str(example(EXAMPLE)), output, date=date))

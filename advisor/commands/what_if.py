"""``advisor what-if``: change a scenario, solve again, show the difference."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.analysis.what_if import WhatIf

EPILOG = """\b
Examples:
  advisor what-if scenario.yml --set constraints.cost_usd_per_month.max=20000
  advisor what-if scenario.yml --set workload.requests_per_month=6e7 --set constraints.residency=null
  advisor what-if scenario.yml --each --set 'choices.exclude=[pinecone]' --set constraints.clouds.max=2
"""


@click.command("what-if", epilog=EPILOG)
@options.scenario_argument
@click.option(
    "--set",
    "changes",
    metavar="PATH=VALUE",
    multiple=True,
    required=True,
    help="Set a value of the scenario (null removes it). May be repeated; all changes are made together.",
)
@click.option("--each", is_flag=True, help="Make each change alone, and show one row for each.")
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.jobs_option
@options.catalog_option
def command(
    scenario: str,
    changes: tuple[str, ...],
    each: bool,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    jobs: int,
    catalog_folder: Path | None,
) -> None:
    """Change a scenario, solve again and show the difference; the file stays as it is.

    Shows what flips, every metric before and after, and what the design of before would do under the change.

    Exit codes: 0 fine, 2 bad input, 3 the changed scenario is infeasible, 4 not proved in time.
    """
    from advisor.analysis.what_if import what_ifs
    from advisor.commands.progress import bar

    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    cases = [[one] for one in changes] if each else [list(changes)]
    with bar() as progress:
        found = what_ifs(loaded, cases, catalog, as_of=as_of, time_limit_s=time_limit_s, progress=progress, jobs=jobs)
    if as_json:
        from advisor.render import comparison_json, json_output

        data = comparison_json.what_ifs(found) if each else comparison_json.what_if(found[0])
        click.echo(json_output.dumps(data), nl=False)
    else:
        _print(found, each=each)
    raise SystemExit(max(exit_code(one) for one in found))


def exit_code(found: WhatIf) -> int:
    """Return 3 when the changed scenario is infeasible, 4 when one of the two is not proved, else 0."""
    if found.after.status.value == "infeasible":
        return 3
    return 4 if "stopped" in (found.before.status.value, found.after.status.value) else 0


def _print(found: tuple[WhatIf, ...], *, each: bool) -> None:
    from advisor.commands.console import console
    from advisor.render import what_if_text

    out = console()
    if not each:
        for part in what_if_text.page(found[0]):
            out.print(part)
        return
    out.print(what_if_text.head(found[0]).partition("\n")[0])
    out.print(f"as it is: {what_if_text.status(found[0].comparison.sides[0])}")
    out.print(what_if_text.each_table(found))

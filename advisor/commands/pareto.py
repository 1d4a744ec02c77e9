"""``advisor pareto``: the exact front of two or three metrics."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options, sides
from advisor.commands.shares import Share

if TYPE_CHECKING:
    from advisor.analysis.pareto import Front
    from advisor.scenario.load import Scenario

EPILOG = """\b
Examples:
  advisor pareto scenario.yml --metrics cost,p95
  advisor pareto scenario.yml --metrics cost,answer.ttft_ms.p95 --near --chart front.svg
  advisor pareto scenario.yml --metrics cost,availability,quality --json
"""


@click.command("pareto", epilog=EPILOG)
@options.scenario_argument
@click.option(
    "--metrics",
    metavar="A,B[,C]",
    required=True,
    help="Two or three metrics, for example cost,p95 or cost,answer.ttft_ms.p95,quality.",
)
@click.option("--near", is_flag=True, help="Keep to points that miss no bound on these metrics by more than a quarter.")
@click.option(
    "--resolution",
    metavar="SHARE",
    type=Share(0.5),
    default="0",
    help="Leave out points that better a metric by less than this share, for example 1%.",
)
@click.option("--all", "every", is_flag=True, help="Show every point of a long front, not a dozen of them.")
@click.option("--chart", metavar="FILE.svg", type=click.Path(path_type=Path), help="Also write the chart as SVG.")
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.catalog_option
def command(
    scenario: str,
    metrics: str,
    near: bool,
    resolution: float,
    every: bool,
    chart: Path | None,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    catalog_folder: Path | None,
) -> None:
    """Show the exact front of two or three metrics: every design that no other beats in all of them.

    What the scenario asks of these metrics is set aside and marked; every other requirement holds at each point. Shows
    what changes from one point to the next and what that costs and buys.

    Exit codes: 0 complete, 2 bad input, 3 no design meets the other requirements, 4 not complete in time.
    """
    from advisor.analysis.pareto import pareto
    from advisor.commands.charts import check_chart
    from advisor.commands.progress import bar

    check_chart(chart)
    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    names = sides.wanted(metrics)
    with bar() as progress:
        found = pareto(
            loaded,
            names,
            catalog,
            near=near,
            resolution=resolution,
            as_of=as_of,
            time_limit_s=time_limit_s,
            progress=progress,
        )
    if as_json:
        from advisor.render import json_output, pareto_json

        click.echo(json_output.dumps(pareto_json.front(found)), nl=False)
    else:
        from advisor.commands.console import console
        from advisor.render import pareto_text

        out = console()
        for part in pareto_text.page(found, understood(loaded, names), every=every):
            out.print(part)
    if chart and found.points:
        _write(found, chart)
    raise SystemExit({"infeasible": 3, "stopped": 4}.get(found.status.value, 0))


def understood(scenario: Scenario, names: list[str]) -> list[str]:
    """Return how each short name was read that other bounded metrics share."""
    from advisor.analysis.metric_names import alternatives_to, metric_paths
    from advisor.render import numbers

    found = []
    for name, metric in zip(names, metric_paths(scenario, names), strict=True):
        others = [numbers.metric_label(other) for other in alternatives_to(scenario, name)]
        if others:
            found.append(f"'{name}' is read as {numbers.metric_label(metric)}; also bounded: {', '.join(others)}.")
    return found


def _write(front: Front, chart: Path) -> None:
    from advisor.files import write_all
    from advisor.render.pareto_chart import pareto_chart

    write_all(chart.parent, {chart.name: pareto_chart(front).encode()})
    click.echo(f"wrote {chart}", err=True)

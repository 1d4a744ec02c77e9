"""``advisor growth``: the same scenario at more volume."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.analysis.growth import Growth
    from advisor.analysis.volumes import Volumes
    from advisor.scenario.load import Scenario

    _FactorsType = click.ParamType[tuple[float, ...]]
else:
    _FactorsType = click.ParamType

EPILOG = """\b
Examples:
  advisor growth scenario.yml
  advisor growth scenario.yml --factors 1,2,5 --of requests_per_month
  advisor growth scenario.yml --of inference --json
  advisor growth scenario.yml --chart growth.svg
"""
MOST_FACTORS, LEAST_FACTOR, MOST_FACTOR = 12, 1e-3, 1e6


class Factors(_FactorsType):
    """Factors with commas in between: ``1,3,10,100``.

    >>> Factors().convert("1,3,10", None, None)
    (1.0, 3.0, 10.0)
    """

    name = "factors"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Return the factors, or fail with what is allowed."""
        if isinstance(value, tuple):
            return value
        found = [self._factor(text) for text in str(value).split(",")]
        bad = [text for text, number in zip(str(value).split(","), found, strict=True) if number is None]
        if bad:
            self.fail(
                f"{', '.join(repr(one.strip()) for one in bad)}: a factor is a number from {LEAST_FACTOR:g} to "
                f"{MOST_FACTOR:,.0f}; write 1,3,10,100",
                param,
                ctx,
            )
        known = [number for number in found if number is not None]
        if len(set(known)) < len(known):
            self.fail(f"'{value}' names a factor twice", param, ctx)
        if len(known) > MOST_FACTORS:
            self.fail(f"found {len(known)} factors; at most {MOST_FACTORS} are allowed", param, ctx)
        return tuple(known)

    @staticmethod
    def _factor(text: str) -> float | None:
        try:
            number = float(text)
        except ValueError:
            return None
        return number if math.isfinite(number) and LEAST_FACTOR <= number <= MOST_FACTOR else None


@click.command("growth", epilog=EPILOG)
@options.scenario_argument
@click.option(
    "--factors",
    metavar="A,B,...",
    type=Factors(),
    default="1,3,10,100",
    show_default=True,
    help="Times today's volume. 1 is always among them.",
)
@click.option(
    "--of",
    "names",
    metavar="NAME",
    multiple=True,
    help="What grows: a parameter of the workload, or a dimension of growth of the blueprint (data, throughput, "
    "inference, memory, coordination). May be repeated. Default: data, throughput and inference together.",
)
@click.option("--chart", metavar="FILE.svg", type=click.Path(path_type=Path), help="Also write the chart as SVG.")
@options.json_option
@options.as_of_option
@options.time_limit_option
@options.jobs_option
@options.catalog_option
def command(
    scenario: str,
    factors: tuple[float, ...],
    names: tuple[str, ...],
    chart: Path | None,
    as_json: bool,
    as_of: datetime.date | None,
    time_limit_s: float,
    jobs: int,
    catalog_folder: Path | None,
) -> None:
    """Solve a scenario at more volume: what flips at which factor, what it costs, when a design breaks.

    Between the factors, and at most a factor of two apart, it is solved as well; places where another option becomes
    the best are found by bisection and solved on both sides. What is the best only between two looks is not seen.
    Where the budget cannot hold any more it is lifted, and that is said. The design at 1×, left as it is, is followed
    until each requirement breaks.

    Exit codes: 0 fine, 2 bad input, 3 the scenario as it is has no design, 4 something is not settled in time.
    """
    from advisor.analysis.growth import growth
    from advisor.commands.charts import check_chart
    from advisor.commands.progress import bar

    check_chart(chart)
    volumes, factors = _volumes(scenario, catalog_folder, names, factors, as_of, time_limit_s)
    with bar() as progress:
        found = growth(volumes, factors, progress, jobs=jobs)
    _show(found, volumes.scenario, chosen=bool(names), as_json=as_json)
    if chart is not None:
        _write(found, volumes.scenario, chart)
    base = found.base
    raise SystemExit(4 if not found.proved else 3 if base.evaluation is None or base.lifted else 0)


def _volumes(
    scenario: str,
    catalog_folder: Path | None,
    names: tuple[str, ...],
    factors: tuple[float, ...],
    as_of: datetime.date | None,
    time_limit_s: float,
) -> tuple[Volumes, tuple[float, ...]]:
    """Return what solves the scenario, and the factors; of those that nobody typed the ones that can be taken."""
    from advisor.analysis.answers import Deadline
    from advisor.analysis.volumes import Volumes, check_factors, find_parameters, kept_factors

    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    blueprint = catalog.blueprint(loaded.blueprint.id)
    of = find_parameters(loaded, blueprint, names)
    notes: tuple[str, ...] = ()
    if click.get_current_context().get_parameter_source("factors") is ParameterSource.DEFAULT:
        factors, notes = kept_factors(factors, of, blueprint)
    check_factors(factors, of, blueprint)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    return Volumes(loaded, catalog, as_of, of, Deadline.after(time_limit_s)), factors


def _show(found: Growth, scenario: Scenario, *, chosen: bool, as_json: bool) -> None:
    if as_json:
        from advisor.render import growth_json, json_output

        click.echo(json_output.dumps(growth_json.growth(found, scenario)), nl=False)
        return
    from advisor.commands.console import console
    from advisor.render import growth_text

    out = console()
    for part in growth_text.page(found, scenario, chosen=chosen):
        out.print(part)


def _write(found: Growth, scenario: Scenario, chart: Path) -> None:
    from advisor.files import write_all
    from advisor.render.growth_chart import growth_chart

    try:
        svg = growth_chart(found, scenario)
    except ValueError as error:
        click.echo(f"no chart: {error}", err=True)
        return
    write_all(chart.parent, {chart.name: svg.encode()})
    click.echo(f"wrote {chart}", err=True)

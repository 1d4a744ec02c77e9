"""``advisor init``: a commented scenario to start from, and its schema for the editor."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.commands.options import blueprint_option

if TYPE_CHECKING:
    from advisor.catalog.blueprint import Blueprint
    from advisor.render.starter import Answers

    _NumberType = click.ParamType[float]
else:
    _NumberType = click.ParamType

TITLE, ANYWHERE = "My assistant", "any"
REGIONS = (ANYWHERE, "us", "eu", "apac")


class Number(_NumberType):
    """A number above 0, also written as ``2_500_000`` or ``2.5e6``.

    >>> Number().convert("2_500_000", None, None)
    2500000.0
    """

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail with what is expected."""
        try:
            number = float(str(value).replace(" ", ""))
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            self.fail(f"'{value}' is not a number above 0, such as 2_500_000", param, ctx)
        return number


@click.command("init")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("scenario.yml"),
    show_default=True,
    help="Write the scenario here; its schema is written beside it.",
)
@click.option("--title", metavar="TEXT", help="Heading of the design document.")
@click.option("--requests", metavar="NUMBER", type=Number(), help="Requests a month.")
@click.option("--documents", metavar="NUMBER", type=Number(), help="Documents in the collection.")
@click.option("--budget", metavar="USD", type=Number(), help="Most that a month may cost, bill plus operations.")
@click.option("--latency", metavar="MS", type=Number(), help="Most that 95 % of the full responses may take.")
@click.option("--region", type=click.Choice(REGIONS), help="Region in which all data must be kept.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the options, and examples for the rest.")
@blueprint_option
def command(output: Path, blueprint: str, yes: bool, **given: Any) -> None:
    """Write a commented scenario to start from.

    Asks a few questions on a terminal; elsewhere, or with --yes, options and example values answer them. Every line of
    the file explains itself, and the schema that is written beside it lets editors complete and check it. Existing
    files are not overwritten.

    \b
    Examples:
      advisor init
      advisor init --yes --requests 2_500_000 --budget 30_000 --region eu -o copilot.yml
    """
    from advisor.catalog.load import load_catalog
    from advisor.files import write_all
    from advisor.render.starter import SCHEMA_FILE, scenario
    from advisor.scenario.load import scenario_from_text

    catalog = load_catalog()
    topology = catalog.blueprint(blueprint)
    _refuse_to_overwrite(output)
    text = scenario(topology, answers(topology, given, ask=not yes and sys.stdin.isatty()), output.name)
    scenario_from_text(text, catalog, str(output))
    write_all(output.parent, {output.name: text.encode(), SCHEMA_FILE: _schema(blueprint, output.parent / SCHEMA_FILE)})
    click.echo(f"written: {output} and {output.parent / SCHEMA_FILE}", err=True)
    click.echo(f"next: look through it, then  advisor propose {output} -o build", err=True)


def answers(topology: Blueprint, given: dict[str, Any], *, ask: bool) -> Answers:
    """Return what the options say, what the user answers, or example values, in this order."""
    from advisor.render.starter import Answers, examples, number

    def answer(name: str, question: str, example: Any, kind: Any) -> Any:
        if given.get(name) is not None:
            return given[name]
        return click.prompt(question, default=example, type=kind, err=True) if ask else kind_default(kind, example)

    given_first = examples(topology)
    title = answer("title", "Title", TITLE, str)
    parameters = {}
    for option, name in (("requests", "requests_per_month"), ("documents", "documents")):
        if name in given_first:
            question = topology.parameters[name].title.capitalize()
            parameters[name] = number(answer(option, question, given_first[name], Number()))
    if "documents" in parameters and "documents_changed_per_month" in topology.parameters:
        changed = max(1, round(Number().convert(parameters["documents"], None, None) / 10))
        parameters["documents_changed_per_month"] = number(changed)
    budget = answer("budget", "Budget, USD a month", number(topology.start.budget_usd_per_month), Number())
    latency = answer("latency", "Full response, p95, at most (ms)", number(topology.start.latency[1]), Number())
    region = answer("region", "Data must be kept in", ANYWHERE, click.Choice(REGIONS))
    return Answers(title, parameters, budget, latency, None if region == ANYWHERE else region)


def kind_default(kind: Any, example: Any) -> Any:
    """Return an example as its kind of answer would be."""
    return kind.convert(example, None, None) if isinstance(kind, Number) else example


def _refuse_to_overwrite(output: Path) -> None:
    from advisor.errors import bad_input

    if output.exists() or output.is_symlink():
        raise bad_input("exists already and is left alone; name another file with -o", path=str(output))


def _schema(blueprint: str, place: Path) -> bytes:
    """Return the schema's bytes; a file of that name that did not come from us is left alone."""
    from advisor.commands.schema import schema_text
    from advisor.errors import bad_input

    text = schema_text("scenario", blueprint, None).encode()
    try:
        if place.exists() and b"advisor schema" not in place.read_bytes()[:2000]:
            raise bad_input("exists already and is not a schema of advisor; write to another folder", path=str(place))
    except OSError as error:
        raise bad_input(f"cannot be read: {error.strerror}", path=str(place)) from None
    return text

"""``advisor blueprint list|show|new|check``: the architectures that can be designed, and how to describe another."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.commands.console import text_width
from advisor.commands.options import DEFAULT_BLUEPRINT, catalog_option, json_option

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("blueprint")
def command() -> None:
    """List, show, start and check blueprints: roles, flows and workload parameters.

    \b
    Examples:
      advisor blueprint list
      advisor blueprint show voice_agent
      advisor blueprint new claims_desk --from document_work -o our_catalog/blueprints/claims_desk.yml
      advisor blueprint check our_catalog/blueprints/claims_desk.yml
    """


@command.command("list")
@json_option
@catalog_option
def list_(as_json: bool, catalog_folder: Path | None) -> None:
    """List the blueprints.

    \b
    Example:
      advisor blueprint list
    """
    from advisor.catalog.load import load_catalog
    from advisor.render import blueprint_json, blueprint_text

    catalog = load_catalog(catalog_folder)
    if as_json:
        _echo_json(blueprint_json.listing(catalog))
    else:
        click.echo(blueprint_text.listing(catalog), nl=False)


@command.command("show")
@click.argument("name", metavar="NAME")
@json_option
@catalog_option
def show(name: str, as_json: bool, catalog_folder: Path | None) -> None:
    """Show a blueprint: roles, flows step by step, parameters, and which roles grow with what.

    Growth is that of the demand on each role, with the blueprint's example values, when one dimension grows tenfold.

    \b
    Examples:
      advisor blueprint show fraud_detection
      advisor blueprint show multi_agent --json
    """
    from advisor.analysis.drivers import drivers, example
    from advisor.catalog.load import load_catalog
    from advisor.render import blueprint_json, blueprint_text

    catalog = load_catalog(catalog_folder)
    one = catalog.blueprint(name)
    driven = drivers(example(one, catalog), catalog)
    if as_json:
        _echo_json(blueprint_json.page(one, catalog, driven))
    else:
        click.echo(blueprint_text.page(one, catalog, driven, text_width()), nl=False)


@command.command("new")
@click.argument("name", metavar="NAME")
@click.option(
    "--from", "base", metavar="BLUEPRINT", default=DEFAULT_BLUEPRINT, show_default=True, help="Start from this one."
)
@click.option("-o", "--output", metavar="FILE", type=_FILE, required=True, help="Write the new blueprint here.")
@catalog_option
def new(name: str, base: str, output: Path, catalog_folder: Path | None) -> None:
    """Write a blueprint of your own, as a copy of another under a new name, to be changed.

    An existing file is not overwritten.

    \b
    Example:
      advisor blueprint new claims_desk --from document_work -o our_catalog/blueprints/claims_desk.yml
    """
    from advisor.catalog.load import blueprint_copy
    from advisor.errors import bad_input
    from advisor.files import write_all

    text = blueprint_copy(base, name, catalog_folder)
    if output.exists() or output.is_symlink():
        raise bad_input("exists already and is left alone; name another file with -o", path=str(output))
    write_all(output.parent, {output.name: text.encode()})
    click.echo(f"written: {output}", err=True)
    click.echo(f"next: change it, then  advisor blueprint check {output}", err=True)


@command.command("check")
@click.argument("file", metavar="FILE", type=_FILE)
@catalog_option
def check(file: Path, catalog_folder: Path | None) -> None:
    """Check a blueprint's file against the catalog's roles, operations and dimensions.

    Exits 2 when a problem is found; every problem is named with its line.

    \b
    Example:
      advisor blueprint check our_catalog/blueprints/claims_desk.yml
    """
    from advisor.analysis.drivers import drivers, example
    from advisor.catalog.load import load_catalog, with_blueprint_of
    from advisor.render import blueprint_text

    catalog, one = with_blueprint_of(file, load_catalog(catalog_folder))
    driven = drivers(example(one, catalog), catalog)
    click.echo(blueprint_text.page(one, catalog, driven, text_width()), nl=False)
    click.echo(f"{file}: no problem found", err=True)


def _echo_json(data: object) -> None:
    import json

    click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))

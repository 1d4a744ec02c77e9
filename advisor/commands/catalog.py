"""``advisor catalog``: what can be chosen, where every figure comes from, and figures of one's own."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from advisor.commands.catalog_import import command as import_command
from advisor.commands.console import echo_json, text_width
from advisor.commands.options import catalog_option, date_option, json_option


@click.group("catalog")
def command() -> None:
    """Look into the catalog and where its figures come from.

    \b
    Examples:
      advisor catalog list --role vector_store
      advisor catalog show qdrant
      advisor catalog check my_catalog
    """


command.add_command(import_command)


@command.command("list")
@click.option("--role", metavar="ROLE", help="Only options that can fill this role.")
@click.option("--mode", type=click.Choice(["saas", "managed", "self_hosted"]), help="Only options run this way.")
@click.option("--cloud", type=click.Choice(["aws", "azure", "gcp", "vendor"]), help="Only options on this cloud.")
@json_option
@catalog_option
def list_(role: str | None, mode: str | None, cloud: str | None, as_json: bool, catalog_folder: Path | None) -> None:
    """List the options with their roles, licence and main price.

    \b
    Examples:
      advisor catalog list
      advisor catalog list --role llm --mode self_hosted --json
    """
    from advisor.catalog.load import load_catalog
    from advisor.errors import bad_input, listing, nearest
    from advisor.render import catalog_json, catalog_text

    catalog = load_catalog(catalog_folder)
    roles = catalog.records.roles
    if role is not None and role not in roles:
        raise bad_input(f"--role: '{role}' is not a role; roles: {listing(roles, 20)}{nearest(role, roles)}")
    pairs = [
        (component, option)
        for component, option in (catalog.options_for(role) if role else catalog.options.values())
        if mode in (None, option.mode) and cloud in (None, option.cloud)
    ]
    if as_json:
        echo_json(catalog_json.options(catalog, pairs))
        return
    click.echo(catalog_text.options(catalog, pairs), nl=False)
    click.echo(f"{len(pairs)} of {len(catalog.options)} options", err=True)


@command.command("show")
@click.argument("name", metavar="NAME")
@json_option
@date_option
@catalog_option
def show(name: str, as_json: bool, date: datetime.date, catalog_folder: Path | None) -> None:
    """Show a component, option, role or source with every figure and where it is from.

    \b
    Examples:
      advisor catalog show pgvector
      advisor catalog show llm --json
      advisor catalog show supabase_pgvector     # a source: every figure taken from it
    """
    from advisor.catalog import provenance
    from advisor.catalog.load import load_catalog
    from advisor.render import catalog_json, catalog_text

    catalog = load_catalog(catalog_folder)
    kind = provenance.find(catalog, name)
    if as_json:
        echo_json(catalog_json.shown(catalog, kind, name, date))
    elif kind == "component":
        click.echo(catalog_text.component(catalog, catalog.records.components[name], date, text_width()), nl=False)
    else:
        page = {"option": catalog_text.option, "role": catalog_text.role, "source": catalog_text.source}[kind]
        click.echo(page(catalog, name, date, text_width()), nl=False)


@command.command("check")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
def check(folder: Path | None) -> None:
    """Check every record and every rule across records, and count what there is.

    DIR is a catalog folder (default: the one that comes with advisor). Nothing is read from the cache. Exits 2 when a
    problem is found.

    \b
    Examples:
      advisor catalog check
      advisor catalog check my_catalog
    """
    from advisor.catalog.load import load_catalog
    from advisor.render import catalog_text

    click.echo(catalog_text.counts(load_catalog(folder, cached=False)), nl=False)


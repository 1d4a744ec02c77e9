"""``advisor catalog``: what can be chosen, where every figure comes from, and figures of one's own."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from advisor.commands.catalog_add import command as add_command
from advisor.commands.catalog_import import command as import_command
from advisor.commands.catalog_refresh import command as refresh_command
from advisor.commands.console import echo_json, json_text, text_width
from advisor.commands.options import catalog_option, date_option, json_option

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog
    from advisor.catalog.search import Filters

F = TypeVar("F", bound=Callable[..., Any])


@click.group("catalog")
def command() -> None:
    """Look into the catalog and where its figures come from.

    \b
    Examples:
      advisor catalog list --role vector_store
      advisor catalog search postgres vector
      advisor catalog show qdrant
      advisor catalog check my_catalog
    """


command.add_command(add_command)
command.add_command(import_command)
command.add_command(refresh_command)


def filter_options(function: F) -> F:
    """Add the options that say which options of the catalog are meant, as :class:`~advisor.catalog.search.Filters`."""
    modes, clouds = click.Choice(["saas", "managed", "self_hosted"]), click.Choice(["aws", "azure", "gcp", "vendor"])
    for add in (
        click.option("--licence", metavar="SPDX", help="Only options of components under this licence: Apache-2.0."),
        click.option("--cloud", type=clouds, help="Only options on this cloud."),
        click.option("--mode", type=modes, help="Only options run this way."),
        click.option("--role", metavar="ROLE", help="Only options that can fill this role."),
    ):
        function = add(function)
    return function


@command.command("list")
@filter_options
@json_option
@catalog_option
def list_(as_json: bool, catalog_folder: Path | None, **wanted: str | None) -> None:
    """List the options with their roles, licence and main price.

    \b
    Examples:
      advisor catalog list
      advisor catalog list --role llm --mode self_hosted --json
    """
    from advisor.catalog.load import load_catalog
    from advisor.render import catalog_json, catalog_text

    catalog = load_catalog(catalog_folder)
    filters = _filters(catalog, **wanted)
    every = catalog.options_for(filters.role) if filters.role else catalog.options.values()
    pairs = [pair for pair in every if filters.admit(catalog, *pair)]
    if as_json:
        echo_json(catalog_json.options(catalog, pairs))
        return
    click.echo(catalog_text.options(catalog, pairs), nl=False)
    click.echo(f"{len(pairs)} of {len(catalog.options)} options", err=True)


def _filters(catalog: Catalog, **wanted: str | None) -> Filters:
    """Return the filters, or raise that a role or licence is none that there is."""
    from advisor.catalog.search import Filters
    from advisor.errors import bad_input, listing, nearest

    role, licence = wanted["role"], wanted["licence"]
    roles = catalog.records.roles
    if role is not None and role not in roles:
        raise bad_input(f"--role: '{role}' is not a role; roles: {listing(roles, 20)}{nearest(role, roles)}")
    if licence is not None and licence.lower() not in map(str.lower, catalog.licences):
        known = catalog.licences
        raise bad_input(
            f"--licence: no component is under '{licence}'; licences: {listing(known, 20)}{nearest(licence, known)}"
        )
    return Filters(**wanted)


@command.command("search")
@click.argument("words", metavar="TEXT", nargs=-1, required=True)
@filter_options
@json_option
@catalog_option
def search(words: tuple[str, ...], as_json: bool, catalog_folder: Path | None, **wanted: str | None) -> None:
    """Find components, options, roles, blueprints, services, instance types and sources that hold all words.

    The case does not matter; words are looked for in names, ids, vendors, titles, summaries, roles (and roles that are
    filled alike), licences and sources. The best is first.

    \b
    Examples:
      advisor catalog search redis
      advisor catalog search postgres vector --cloud aws
      advisor catalog search planner --licence Apache-2.0 --json
    """
    from advisor.catalog.load import load_catalog
    from advisor.catalog.search import near
    from advisor.catalog.search import search as find
    from advisor.render import catalog_json, catalog_text

    catalog, text = load_catalog(catalog_folder), " ".join(words)
    hits = find(catalog, text, _filters(catalog, **wanted))
    close = [] if hits else near(catalog, text)
    if as_json:
        echo_json(catalog_json.hits(catalog, text, hits, close))
        return
    click.echo(catalog_text.hits(hits), nl=False)
    nearest = f"; nearest: {', '.join(close)}" if close else ""
    click.echo(f"{len(hits)} found" if hits else f"nothing holds all of it{nearest}", err=True)


@command.command("export")
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV; this is the default.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write into this file."
)
@json_option
@catalog_option
def export(as_csv: bool, output: Path | None, as_json: bool, catalog_folder: Path | None) -> None:
    """Write every figure with its provenance as one row.

    \b
    Examples:
      advisor catalog export -o figures.csv
      advisor catalog export --json | jq '.figures[] | select(.basis == "estimate")'
    """
    from advisor.catalog.load import load_catalog
    from advisor.errors import bad_input
    from advisor.files import write_all
    from advisor.render import catalog_csv, catalog_json

    if as_csv and as_json:
        raise bad_input("--csv and --json: choose one of them")
    catalog = load_catalog(catalog_folder)
    text = json_text(catalog_json.exported(catalog)) if as_json else catalog_csv.text(catalog_csv.rows(catalog))
    if output is None:
        click.echo(text, nl=False)
        return
    write_all(output.parent, {output.name: text.encode()})
    click.echo(f"written: {output}", err=True)


@command.command("show")
@click.argument("name", metavar="NAME")
@json_option
@date_option
@catalog_option
def show(name: str, as_json: bool, date: datetime.date, catalog_folder: Path | None) -> None:
    """Show a component, option, role, source, instance type, service or cloud with every figure and its origin.

    \b
    Examples:
      advisor catalog show pgvector
      advisor catalog show llm --json
      advisor catalog show supabase_pgvector     # a source: every figure taken from it
      advisor catalog show aws/lambda            # a service of the price book
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
        click.echo(catalog_text.PAGES[kind](catalog, name, date, text_width()), nl=False)


@command.command("check")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@json_option
@date_option
def check(folder: Path | None, as_json: bool, date: datetime.date) -> None:
    """Check every record and every rule across records, and count what there is.

    DIR is a catalog folder (default: the one that comes with advisor), or a folder of your own, which is laid over it.
    Nothing is read from the cache. Exits 2 when a
    problem is found. Warnings are counted behind the summary: figures that grew old, and demand that no price counts.

    \b
    Examples:
      advisor catalog check
      advisor catalog check my_catalog
    """
    from advisor.catalog.load import load_catalog
    from advisor.catalog.overlay import overlaid
    from advisor.catalog.warnings import warned
    from advisor.render import catalog_json, catalog_text

    if folder is not None and folder.is_dir() and not (folder / "roles.yml").is_file():
        catalog = overlaid(load_catalog(cached=False), [folder])
    else:
        catalog = load_catalog(folder, cached=False)
    doubts = warned(catalog, date)
    if as_json:
        echo_json(catalog_json.checked(catalog, doubts))
    else:
        click.echo(catalog_text.counts(catalog, doubts), nl=False)

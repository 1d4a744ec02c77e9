"""``advisor catalog refresh``: the catalog's prices beside those of a maintained list."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from advisor.commands.console import echo_json
from advisor.commands.options import catalog_option, date_option, json_option


@click.command("refresh")
@click.option("--prices", is_flag=True, required=True, help="Compare token prices with the package genai-prices.")
@click.option("--write", is_flag=True, help="Append what differs to the catalog, each price with its date.")
@json_option
@date_option
@catalog_option
def command(prices: bool, write: bool, as_json: bool, date: datetime.date, catalog_folder: Path | None) -> None:
    """Show which prices of language models have changed, and append them with their dates.

    Compares what is taken from genai-prices (the extra advisor[prices]; its bundled data, no network) with what it
    lists on --date, and what it announces for later. History is never changed: with --write a price is added with its
    from: date. When anything about that fails, every file stays as it was.

    \b
    Examples:
      advisor catalog refresh --prices
      advisor catalog refresh --prices --write --catalog my_catalog
    """
    from advisor import resources
    from advisor.catalog import price_refresh
    from advisor.catalog.load import load_catalog
    from advisor.catalog.price_list import compare
    from advisor.render import refresh_text

    root = catalog_folder if catalog_folder is not None else resources.folder("catalog")
    found = compare(load_catalog(root), date)
    changed = price_refresh.texts(root, found.changes, date) if write and found.changes else {}
    price_refresh.write(changed)
    if as_json:
        echo_json(refresh_text.data(found, date, [str(path) for path in changed]))
    else:
        click.echo(refresh_text.page(found, date), nl=False)
    for path in changed:
        click.echo(f"written: {path}", err=True)
    if found.changes and not write:
        click.echo("nothing was written; --write appends them", err=True)

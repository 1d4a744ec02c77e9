"""``advisor price``: price a bill of quantities."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.billing.price import Priced
    from advisor.catalog.load import Catalog

EPILOG = """\b
Example of a bill:
  title: Photo service
  lines:
    - {id: server, component: aws/m7i.large, units: 2}
    - {id: egress, component: aws/data_transfer, meter: internet_gb, quantity: 800}
    - id: calls
      price: {usd: 0.40, unit: million requests, free: 1}
      quantity: {requests: {count: 9_000_000, payload_kb: 70, started_kb: 64}}
\b
Examples:
  advisor price bill.yml
  advisor price bill.yml --as-of 2026-01-01 --explain egress
  advisor price bill.csv --json
  advisor price --list
"""


@click.command(epilog=EPILOG)
@click.argument("bill", metavar="BILL", type=click.Path(), required=False)
@options.as_of_option
@click.option("--variant", metavar="NAME", help="Price this variant only.")
@click.option("--explain", metavar="LINE", help="Show how the cost of this line follows; 'all' for every line.")
@click.option("--list", "list_services", is_flag=True, help="List the services of the price book with their prices.")
@options.json_option
@options.catalog_option
def command(
    bill: str | None,
    as_of: datetime.date | None,
    variant: str | None,
    explain: str | None,
    list_services: bool,
    as_json: bool,
    catalog_folder: Path | None,
) -> None:
    """Price a bill of quantities, line by line.

    BILL is a YAML or CSV file with lines of component, meter and quantity, or with prices of its own. Variants stand
    side by side, and tenants get their shares. Exit codes: 0 priced, 2 bad input.
    """
    from advisor.billing.load import load_bill
    from advisor.billing.price import price
    from advisor.catalog.load import load_catalog
    from advisor.render import bill_json, json_output

    catalog = load_catalog(catalog_folder)
    if list_services:
        _list(catalog)
        return
    if bill is None:
        raise click.UsageError("Missing argument 'BILL'.")
    priced = price(load_bill(bill, catalog), catalog, as_of=as_of, variant=variant)
    if as_json:
        click.echo(json_output.dumps(bill_json.bill(priced)), nl=False)
    elif explain is not None:
        _explain(priced, explain, bill)
    else:
        _tables(priced)


def _list(catalog: Catalog) -> None:
    from advisor.render import bill_derivation

    for text in bill_derivation.services(catalog):
        click.echo(text)


def _explain(priced: Priced, name: str, file: str) -> None:
    from advisor.errors import bad_input, listing, nearest
    from advisor.render import bill_derivation

    known = list(dict.fromkeys(line.line.id for bill in priced.bills for line in bill.lines))
    if name != "all" and name not in known:
        raise bad_input(f"found '{name}'; lines: {listing(known)}{nearest(name, known)}", file=file, path="--explain")
    for bill in priced.bills:
        if bill.name:
            click.echo(f"{bill.title} ({bill.name})")
        for line in bill.lines:
            if name in ("all", line.line.id):
                click.echo("\n".join(bill_derivation.derivation(line)) + "\n")


def _tables(priced: Priced) -> None:
    from advisor.commands.console import console
    from advisor.render import bill_text

    out = console()
    out.print(bill_text.headline(priced))
    if priced.comparison is None:
        out.print(bill_text.lines(priced.bill))
        out.print(bill_text.totals(priced.bill))
    else:
        out.print(bill_text.comparison(priced.comparison))
        for text in bill_text.verdicts(priced.comparison):
            out.print(text)
    for found in priced.chargebacks:
        if found.bill.name:
            out.print(found.bill.title, markup=False)
        out.print(bill_text.tenants(found))
        for text in bill_text.tenant_notes(found):
            out.print(text)
    out.print()
    for bill in priced.bills:
        if len(priced.bills) > 1:
            out.print(bill.title, markup=False, style="bold")
        for text in bill_text.notes(bill, priced.catalog):
            out.print(text)

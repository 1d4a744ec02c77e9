"""A priced bill on the terminal: lines, totals, variants side by side, tenants.

Functions return rich renderables or lines of text; the command prints them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.billing.chargeback import Chargeback
from advisor.billing.price import Priced
from advisor.billing.quantity import number
from advisor.billing.result import Charge, PricedBill, PricedLine
from advisor.billing.variants import Comparison, Standing
from advisor.catalog.load import Catalog
from advisor.models.cost import cents
from advisor.render.bill_derivation import money, price_words, signed
from advisor.render.clean import clean
from advisor.render.numbers import NARROW, grouped, significant

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def headline(priced: Priced) -> Text:
    """Return title, day of the prices and length of the month."""
    from rich.text import Text

    bill = priced.bill
    text = Text(clean(priced.title), style="bold")
    day = f" · prices of {bill.as_of.isoformat()} · a month of {number(bill.hours_per_month)}{NARROW}h"
    return text.append(day, style="not bold")


def lines(bill: PricedBill) -> Table:
    """Return one row a line, and one a part of a token line; * marks what usage drives."""
    from rich import box
    from rich.table import Table

    once = any(line.one_time_usd for line in bill.lines)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for title in ("line", "quantity", "price"):
        table.add_column(title, overflow="fold")
    table.add_column("USD/month", justify="right")
    if once:
        table.add_column("USD once", justify="right")
    for line in bill.lines:
        for row in _rows(line):
            table.add_row(*(row if once else row[:4]))
    return table


def _rows(line: PricedLine) -> Iterator[tuple[str, str, str, str, str]]:
    monthly = "" if line.line.one_time else money(line.monthly_usd)
    once = money(line.one_time_usd) if line.one_time_usd or line.line.one_time else ""
    name = f"{clean(line.line.name)}{'' if line.fixed or line.line.one_time else ' *'}"
    if len(line.charges) == 1:
        (charge,) = line.charges
        yield name, _amount(charge), clean(price_words(charge.offer)), monthly, once
        return
    yield name, "", "", monthly, once
    for charge in line.charges:
        branch = "└─" if charge is line.charges[-1] else "├─"
        usd = "" if line.line.one_time else f"[dim]{money(charge.usd)}[/]"
        yield f"{branch} {charge.offer.title}", _amount(charge), clean(price_words(charge.offer)), usd, ""


def _amount(charge: Charge) -> str:
    times = f"{NARROW}×" if charge.offer.unit[0].isdigit() else ""
    return f"{number(charge.quantity)}{times}{NARROW}{clean(charge.offer.unit)}"


def totals(bill: PricedBill) -> Table:
    """Return the month apart into fixed and usage-driven, what is paid once, and the first year."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    fixed, usage = _split(bill)
    split = f"fixed {fixed}{NARROW}USD, usage-driven * {usage}{NARROW}USD"
    table.add_row("[bold]monthly[/]", f"[bold]{money(bill.monthly_usd)}{NARROW}USD/month[/]", split)
    if bill.one_time_usd:
        table.add_row("paid once", f"{money(bill.one_time_usd)}{NARROW}USD", "")
    parts = {line.months for line in bill.lines if not line.line.one_time}
    months = "12 months" if parts <= {12.0} else "each line for its months"
    once = " and what is paid once" if bill.one_time_usd else ""
    table.add_row("first year", f"{money(bill.first_year_usd)}{NARROW}USD", f"{months}{once}")
    return table


def _split(bill: PricedBill) -> tuple[str, str]:
    """Return what is fixed and what usage drives, to the cent, so that they add up to the month as it is shown."""
    fixed, usage = cents([bill.fixed_usd, bill.usage_usd])
    return _cents(fixed), _cents(usage)


def notes(bill: PricedBill, catalog: Catalog) -> Iterator[str]:
    """Yield what was taken for granted and where the prices come from, as lines of text."""
    if bill.assumptions:
        yield "Assumptions"
        yield from (f"  {clean(note)}" for note in bill.assumptions)
    yield "Prices from"
    yield from (f"  {clean(text)}" for text in dict.fromkeys(_origins(bill, catalog)))


def _origins(bill: PricedBill, catalog: Catalog) -> Iterator[str]:
    for line in bill.lines:
        for charge in line.charges:
            offer = charge.offer
            known = catalog.records.sources.get(offer.source or "")
            if offer.basis == "stated":
                yield f"the bill itself: {offer.source or 'no source stated'}"
            elif known:
                yield f"{known.id}: {known.title}, {known.date}"
            else:
                yield f"estimate of the catalog for {offer.component}"


def comparison(found: Comparison) -> Table:
    """Return the variants side by side, measured against the first; common lines stand once."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("")
    for standing in found.standings:
        table.add_column(clean(standing.bill.title), justify="right", overflow="fold")
    count = len(found.common)
    if count:
        label = f"{count} common line{'s' if count > 1 else ''}"
        table.add_row(label, money(found.common_monthly_usd), *["same"] * (len(found.standings) - 1))
    for own, label in _differing(found):
        table.add_row(f"  {clean(label)}", *(_cell(s.bill, own) for s in found.standings))
    bills = [standing.bill for standing in found.standings]
    table.add_row("[bold]USD/month[/]", *(f"[bold]{money(b.monthly_usd)}[/]" for b in bills))
    table.add_row("  fixed", *(_split(b)[0] for b in bills))
    table.add_row("  usage-driven *", *(_split(b)[1] for b in bills))
    table.add_row("  difference", "", *(signed(s.monthly_difference) for s in found.standings[1:]))
    table.add_row("USD once", *(money(b.one_time_usd) for b in bills))
    table.add_row("USD first year", *(money(b.first_year_usd) for b in bills))
    table.add_row("  difference", "", *(signed(s.first_year_difference) for s in found.standings[1:]))
    return table


def _differing(found: Comparison) -> list[tuple[str, str]]:
    labels: dict[str, str] = {}
    for standing in found.standings:
        for line in standing.bill.lines:
            if line.line.id not in found.common:
                star = "" if line.fixed or line.line.one_time else " *"
                labels.setdefault(line.line.id, f"{line.line.name}{star}")
    return list(labels.items())


def _cell(bill: PricedBill, own: str) -> str:
    line = bill.line(own)
    if line is None:
        return "–"
    once = f"{money(line.one_time_usd)} once" if line.one_time_usd else ""
    monthly = "" if line.line.one_time else money(line.monthly_usd)
    return " + ".join(part for part in (monthly, once) if part) or "0.00"


def verdicts(found: Comparison) -> Iterator[str]:
    """Yield who wins, and after how many months a dearer start has paid off."""
    names = {standing.bill.name: standing.bill.title for standing in found.standings}
    yield f"Cheapest a month: {_names(found.cheapest_month, names)}"
    yield f"Cheapest in the first year: {_names(found.cheapest_year, names)}"
    for standing in found.standings[1:]:
        if standing.break_even_months is not None:
            yield _pays_off(standing, found.standings[0].bill)


def _names(winners: Sequence[str], names: dict[str, str]) -> str:
    return " and ".join(clean(names[name]) for name in winners) + (" (the same)" if len(winners) > 1 else "")


def _pays_off(standing: Standing, first: PricedBill) -> str:
    dear, other = (standing.bill, first) if standing.overtakes else (first, standing.bill)
    months = significant(standing.break_even_months or 0.0)
    return (
        f"{clean(dear.title)} costs {money(abs(standing.one_time_difference))}{NARROW}USD more once and "
        f"{money(abs(standing.monthly_difference))}{NARROW}USD/month less than {clean(other.title)}: "
        f"it has paid off after {months}{NARROW}months"
    )


def tenants(found: Chargeback) -> Table:
    """Return what each tenant pays; the cents add up to the bill."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("tenant", overflow="fold")
    for title in ("fixed USD/month", "usage USD/month", "USD/month", "share"):
        table.add_column(title, justify="right")
    rows = [*found.shares, *([found.unallocated] if found.unallocated.cents else [])]
    for share in rows:
        part = share.cents / found.total_cents if found.total_cents else 0.0
        name = clean(share.tenant) if share.tenant else "[yellow]unallocated[/]"
        table.add_row(name, *map(_cents, (share.fixed_cents, share.usage_cents, share.cents)), f"{100 * part:.1f} %")
    everything = [sum(row.fixed_cents for row in rows), sum(row.usage_cents for row in rows), found.total_cents]
    table.add_row("[bold]bill[/]", *(f"[bold]{_cents(c)}[/]" for c in everything), "100.0 %" if rows else "")
    return table


def _cents(value: int) -> str:
    return grouped(value / 100, 2)


def tenant_notes(found: Chargeback) -> Iterator[str]:
    """Yield how what is fixed was divided, and what was not divided."""
    keys = {"even": "evenly", "usage": "by share of the usage cost", "weights": "by the weights of the bill"}
    if found.key in keys:
        yield f"Fixed lines are divided {keys[found.key]}."
    if found.unallocated.cents:
        names = ", ".join(f"{clean(key)} {money(usd)}{NARROW}USD" for key, usd in found.unallocated.lines.items())
        yield f"Unallocated, because no tenant's usage covers it: {names}"
    if found.not_divided_usd:
        yield f"What is paid once ({money(found.not_divided_usd)}{NARROW}USD) is not divided."

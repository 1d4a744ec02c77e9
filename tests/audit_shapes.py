"""Random cost tables of many shapes, right to the cent, each with one slip that can be put in; computed in decimals.

Every shape is a header, rows of text and a slip: the row and column it changes, what is then printed, and the verdict
that names it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from audit_generator import price, rounded


@dataclass(frozen=True)
class Wrong:
    """A slip: the row (0 is the first) whose last cell is printed as ``text``, the check that finds it, its name."""

    row: int
    text: str
    check: str
    slip: str = ""


@dataclass(frozen=True)
class Shape:
    """A correct table and one way to make it wrong."""

    header: list[str]
    rows: list[list[str]]
    wrong: Wrong

    def csv(self, *, right: bool = True) -> str:
        """Return the table as CSV, with the slip in it unless it shall be right."""
        rows = [list(row) for row in self.rows]
        if not right:
            rows[self.wrong.row][-1] = self.wrong.text
        return "\n".join(",".join(row) for row in [self.header, *rows]) + "\n"


def money(value: Decimal) -> str:
    """Return an amount to the cent."""
    return f"${rounded(value, 2)}"


def names(rng: random.Random) -> list[str]:
    """Return the names of two to five lines."""
    return [f"line {letter}" for letter in "abcde"[: rng.randint(2, 5)]]


def discount(rng: random.Random) -> Shape:
    """A share taken off each line; the slip leaves one out."""
    rows, full = [], Decimal(0)
    for name in names(rng):
        share, count, each = rng.choice([5, 10, 15, 20, 25]), rng.randint(2, 40), price(rng, 5, 90, 2)
        full = count * each
        rows.append([name, str(count), f"{each}", f"{share}%", money(full * (100 - share) / 100)])
    wrong = Wrong(len(rows) - 1, money(full), "line", "discount_left_out")
    return Shape(["item", "qty", "unit price", "discount", "cost"], rows, wrong)


def tax(rng: random.Random) -> Shape:
    """An amount of tax on each line; the slip leaves one out."""
    rows, net, share = [], Decimal(0), rng.choice([7, 19, 20])
    for name in names(rng):
        count, each = rng.randint(2, 40), price(rng, 5, 90, 2)
        net = count * each
        extra = rounded(net * share / 100, 2)
        rows.append([name, str(count), f"${each}", money(extra), money(net + extra)])
    wrong = Wrong(len(rows) - 1, money(net), "line", "tax_left_out")
    return Shape(["Item", "Qty", "Unit price", "VAT", "Total"], rows, wrong)


def net_and_gross(rng: random.Random) -> Shape:
    """Net, tax and gross as columns; the slip adds another tax."""
    rows, net = [], Decimal(0)
    for name in names(rng):
        count, each = rng.randint(2, 40), price(rng, 5, 90, 2)
        net = rounded(count * each, 2)
        rows.append([name, str(count), f"${each}", money(net), "20%", money(net * Decimal("1.2"))])
    wrong = Wrong(len(rows) - 1, money(net * Decimal("1.2") + 7), "across")
    return Shape(["Item", "Qty", "Unit price", "Net", "Tax", "Gross"], rows, wrong)


def upfront(rng: random.Random) -> Shape:
    """What is paid once and what is paid a month make three years; the slip leaves the first out."""
    rows, monthly = [], Decimal(0)
    for name in names(rng):
        once, monthly = Decimal(rng.randint(5, 400) * 10), price(rng, 5, 90, 2)
        rows.append([name, money(once), money(monthly), money(once + 36 * monthly)])
    wrong = Wrong(len(rows) - 1, money(36 * monthly), "year", "one_time_left_out")
    return Shape(["Item", "Upfront", "Monthly", "3-year total"], rows, wrong)


def tokens(rng: random.Random) -> Shape:
    """Input and output tokens at prices of their own; the slip leaves the output out."""
    rows, first = [], Decimal(0)
    for name in names(rng):
        prices = price(rng, 0.5, 5, 2), price(rng, 5, 20, 2)
        counts = rng.randint(20, 900), rng.randint(5, 90)
        first = prices[0] * counts[0]
        figures = [f"${prices[0]}", f"${prices[1]}", f"{counts[0]}M", f"{counts[1]}M"]
        rows.append([name, *figures, money(first + prices[1] * counts[1])])
    wrong = Wrong(len(rows) - 1, money(first), "line", "price_left_out")
    header = ["Model", "Input $/1M tokens", "Output $/1M tokens", "Input tokens/month", "Output tokens/month"]
    return Shape([*header, "Monthly cost"], rows, wrong)


def tokens_a_call(rng: random.Random) -> Shape:
    """Tokens of a call times calls; the slip divides by a thousand instead of a million."""
    rows, cost = [], Decimal(0)
    for name in names(rng):
        calls, counts = rng.randint(2, 900) * 1000, (rng.randint(2, 30) * 100, rng.randint(1, 20) * 50)
        prices = price(rng, 0.5, 5, 2), price(rng, 5, 20, 2)
        cost = calls * (counts[0] * prices[0] + counts[1] * prices[1]) / 1_000_000
        figures = [str(calls), str(counts[0]), str(counts[1]), f"${prices[0]}", f"${prices[1]}"]
        rows.append([name, *figures, money(cost)])
    header = [
        "Model",
        "Calls/month",
        "Input tokens/call",
        "Output tokens/call",
        "Input $/1M tokens",
        "Output $/1M tokens",
    ]
    wrong = Wrong(len(rows) - 1, money(cost * 10), "line", "decimal_point")
    return Shape([*header, "Monthly cost"], rows, wrong)


def task(rng: random.Random) -> Shape:
    """Cores and memory at prices of their own, for the hours of a month; the slip leaves the memory out."""
    rows, cores = [], Decimal(0)
    prices = Decimal("0.04048"), Decimal("0.004445")
    for name in names(rng):
        cpu, memory, hours = rng.randint(1, 16), rng.randint(2, 64), rng.choice([200, 730])
        cores = cpu * prices[0] * hours
        figures = [str(cpu), str(memory), str(prices[0]), str(prices[1]), str(hours)]
        rows.append([name, *figures, money(cores + memory * prices[1] * hours)])
    header = ["Task", "vCPU", "memory GB", "price per vCPU-hour", "price per GB-hour", "hours", "monthly cost"]
    return Shape(header, rows, Wrong(len(rows) - 1, money(cores), "line", "price_left_out"))


def minutes(rng: random.Random) -> Shape:
    """Minutes at a price a minute; the slip makes them hours."""
    rows, cost = [], Decimal(0)
    for name in names(rng):
        count, each = rng.randint(500, 90_000), price(rng, 0.02, 0.3, 3)
        cost = count * each
        rows.append([name, str(count), f"${each}", money(cost)])
    wrong = Wrong(len(rows) - 1, money(cost / 10), "line", "decimal_point")
    return Shape(["Job", "Minutes", "Price per minute", "Cost"], rows, wrong)


def thousands(rng: random.Random) -> Shape:
    """Thousands in the header, millions in the price; the slip forgets the thousands."""
    rows, cost = [], Decimal(0)
    for name in names(rng):
        count, each = rng.randint(20, 900) * 1000, price(rng, 0.2, 4, 2)
        cost = count * each / 1000
        rows.append([name, str(count), f"${each}", money(cost)])
    wrong = Wrong(len(rows) - 1, money(cost * 1000), "line", "thousands")
    return Shape(["Item", "Quantity (thousands)", "Price per million", "Monthly cost"], rows, wrong)


def cents(rng: random.Random) -> Shape:
    """A price in cents per thousand, an amount in dollars; the slip takes cents for dollars."""
    rows, cost = [], Decimal(0)
    for name in names(rng):
        count, each = rng.randint(20, 900) * 10_000, rng.randint(2, 90)
        cost = Decimal(count) / 1000 * each / 100
        rows.append([name, str(count), str(each), str(rounded(cost, 2))])
    wrong = Wrong(len(rows) - 1, str(rounded(cost * 100, 2)), "line", "hundred")
    return Shape(["SKU", "Requests", "Price (cents per 1000)", "Cost ($)"], rows, wrong)


def worked(rng: random.Random) -> Shape:
    """Calculations in words, with a total; the slip leaves the count of the last line out, and the total follows."""
    rows, single = [], Decimal(0)
    for name in names(rng):
        count, each = rng.randint(3, 12), price(rng, 0.01, 3, 4)
        single = each * 730
        sign = rng.choice(["x", "×"])
        rows.append([name, f"{count} {sign} m5.large @ ${each}/hr {sign} 730h", money(count * single)])
    size, each = rng.randint(50, 900), price(rng, 0.02, 0.3, 3)
    rows.insert(0, ["disk", f"{size} GB {rng.choice(['at', '@'])} ${each}/GB", money(size * each)])
    wrong = Wrong(len(rows) - 1, money(single), "line", "count_left_out")
    header = rng.choice(["Configuration", "Notes", "Details", "Calculation", "Unit"])
    return Shape(["Service", header, "Monthly cost"], rows, wrong)


def row_sums(rng: random.Random) -> Shape:
    """Columns of one kind beside their total; the slip adds ten to the last row's."""
    labels = rng.choice(
        [["Jan", "Feb", "Mar"], ["Compute", "Database", "Storage"], ["Dev", "Prod"], ["Q1", "Q2", "Q3"]]
    )
    sign = "" if labels[0] in ("Jan", "Q1") else "$"
    rows, added = [], 0
    for name in names(rng):
        figures = [rng.randint(10, 999) for _ in labels]
        added = sum(figures)
        rows.append([name, *(f"{sign}{figure}" for figure in figures), f"{sign}{added}"])
    whole = rng.choice(["Total", "Total cost", "Sum"])
    wrong = Wrong(len(rows) - 1, f"{sign}{added + 1000}", "across")
    return Shape(["Service", *labels, whole], rows, wrong)


def one_period(rng: random.Random) -> Shape:
    """Amounts whose header names no period; the slip makes the last a year's."""
    rows, cost = [], Decimal(0)
    for name in [*names(rng), "line f"]:
        each = price(rng, 0.05, 3, 4)
        cost = each * 730
        rows.append([name, "730", f"${each}", money(cost)])
    wrong = Wrong(len(rows) - 1, money(12 * cost), "line", "month_year")
    return Shape(["Item", "Hours", "Price/hr", "Cost"], rows, wrong)


def pools(rng: random.Random) -> Shape:
    """Cores of a node times nodes; the slip leaves the nodes out."""
    rows, single = [], Decimal(0)
    for name in names(rng):
        nodes, cores, each = rng.randint(3, 11), rng.choice([2, 4, 16]), price(rng, 0.01, 0.2, 4)
        single = cores * each * 730
        rows.append([name, str(nodes), str(cores), f"${each}", "730", money(nodes * single)])
    wrong = Wrong(len(rows) - 1, money(single), "line", "count_left_out")
    return Shape(["Pool", "Nodes", "vCPU per node", "Price per vCPU-hour", "Hours", "Cost"], rows, wrong)


def some_months(rng: random.Random) -> Shape:
    """A cost a month for some months; the slip pays for twelve."""
    rows, monthly = [], Decimal(0)
    for name in names(rng):
        monthly, months = price(rng, 5, 90, 2), rng.choice([3, 5, 6, 9])
        rows.append([name, money(monthly), str(months), money(months * monthly)])
    wrong = Wrong(len(rows) - 1, money(12 * monthly), "year", "month_year")
    return Shape(["Item", "Monthly cost", "Months", "Total"], rows, wrong)


SHAPES: tuple[Callable[[random.Random], Shape], ...] = (
    *(discount, tax, net_and_gross, upfront, tokens, tokens_a_call, task, minutes),
    *(thousands, cents, worked, row_sums, one_period, pools, some_months),
)

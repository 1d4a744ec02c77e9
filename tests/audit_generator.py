"""Random tables that are right, with realistic rounding, computed in exact decimals: the judge of the audit.

A line is (price shown, true price, factors, amount); whoever wrote it worked with the true price and printed rounded
figures. Slips are put in afterwards, one at a time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

HOURS = (730, 720, 744)


def rounded(value: Decimal, places: int) -> Decimal:
    """Return a value rounded as people do."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@dataclass
class Line:
    """One line before it is printed: the amount is the product of price and factors."""

    name: str
    kind: str
    price: Decimal
    shown_price: Decimal
    per: str
    quantity: int
    unit: str
    factor: Decimal
    amount: Decimal = Decimal(0)

    @property
    def value(self) -> Decimal:
        """The exact amount."""
        return self.price * self.quantity * self.factor


@dataclass
class Table:
    """A cost table: lines in sections, how it prints, and the total that it prints."""

    lines: list[Line]
    places: int
    hours: int
    hours_stated: bool
    european: bool
    yearly: bool
    total: Decimal = Decimal(0)
    annual: dict[str, Decimal] = field(default_factory=dict)
    rows_after: list[list[str]] = field(default_factory=list)

    def number(self, value: Decimal | int, places: int | None = None) -> str:
        """Return a number as this table writes it."""
        text = f"{value:,}" if places is None else f"{rounded(Decimal(value), places):,}"
        return text.translate(str.maketrans(",.", ".,")) if self.european else text

    def money(self, value: Decimal) -> str:
        """Return an amount as this table writes it."""
        return f"{self.number(value, self.places)} €" if self.european else f"${self.number(value, self.places)}"

    def markdown(self) -> str:
        """Return the table as Markdown."""
        header = ["Item", "Qty", "Unit price", *(["Hours"] if self.hours_stated else []), "Monthly cost"]
        header += ["Annual cost"] if self.yearly else []
        rows = [self._row(line) for line in self.lines]
        last = ["**Total**", "", "", *([""] if self.hours_stated else []), self.money(self.total)]
        last += [self.money(self.annual["Total"])] if self.yearly else []
        body = [header, ["---"] * len(header), *rows, last, *self.rows_after]
        return "\n".join("| " + " | ".join(row) + " |" for row in body) + "\n"

    def _row(self, line: Line) -> list[str]:
        sign, after = ("", " €") if self.european else ("$", "")
        price = f"{sign}{self.number(line.shown_price)}{after}/{line.per}"
        quantity = f"{self.number(line.quantity)} {line.unit}".strip()
        hours = [str(self.hours) if line.kind == "hourly" else ""] if self.hours_stated else []
        cells = [line.name, quantity, price, *hours, self.money(line.amount)]
        return cells + ([self.money(self.annual[line.name])] if self.yearly else [])


def price(rng: random.Random, low: float, high: float, places: int) -> Decimal:
    """Return a random list price that is not 0."""
    return max(rounded(Decimal(str(rng.uniform(low, high))), places), Decimal(1).scaleb(-places))


def line(rng: random.Random, number: int, hours: int, *, round_prices: bool) -> Line:
    """Return a random line; with ``round_prices`` some print fewer digits of the price than were used."""
    kind = rng.choice(["hourly", "storage", "requests", "tokens", "seats"])
    name = f"{kind} {number}"
    if kind == "hourly":
        made = Line(name, kind, price(rng, 0.01, 4, 4), Decimal(0), "hr", rng.randint(1, 12), "", Decimal(hours))
    elif kind == "storage":
        made = Line(
            name, kind, price(rng, 0.02, 0.4, 3), Decimal(0), "GB-month", rng.randint(20, 9000), "GB", Decimal(1)
        )
    elif kind == "requests":
        count = rng.randint(2, 900) * 100_000
        made = Line(name, kind, price(rng, 0.2, 4, 2), Decimal(0), "1M requests", count, "requests", Decimal("1e-6"))
    elif kind == "tokens":
        count = rng.randint(2, 900) * 1_000_000
        made = Line(name, kind, price(rng, 0.1, 15, 2), Decimal(0), "1M tokens", count, "tokens", Decimal("1e-6"))
    else:
        made = Line(name, kind, price(rng, 5, 90, 2), Decimal(0), "seat", rng.randint(2, 60), "seats", Decimal(1))
    made.shown_price = made.price
    if round_prices and rng.random() < 0.3:
        digits = -made.price.as_tuple().exponent
        made.price += Decimal(rng.randint(-49, 49)).scaleb(-digits - 2)
    return made


def cost_table(seed: int, *, round_prices: bool = True, whole_amounts: bool = True) -> Table:
    """Return a correct cost table."""
    rng = random.Random(seed)
    hours = rng.choice(HOURS)
    lines = [line(rng, i, hours, round_prices=round_prices) for i in range(rng.randint(3, 12))]
    places = rng.choice([0, 2]) if whole_amounts else 2
    table = Table(lines, places, hours, rng.random() < 0.5, rng.random() < 0.2, rng.random() < 0.4)
    for one in lines:
        one.amount = rounded(one.value, places)
    exact = rng.random() < 0.5
    table.total = sum(one.value for one in lines) if exact else sum((one.amount for one in lines), Decimal(0))
    table.annual = {one.name: 12 * (one.value if exact else one.amount) for one in lines} | {"Total": 12 * table.total}
    return table


@dataclass
class LoadTest:
    """A load test: header and rows of text."""

    header: list[str]
    rows: list[list[str]]

    def csv(self) -> str:
        """Return the table as CSV."""
        return "\n".join(",".join(row) for row in [self.header, *self.rows]) + "\n"

    def set(self, row: int, column: str, text: str) -> None:
        """Print another figure in a cell."""
        self.rows[row][self.header.index(column)] = text

    def get(self, row: int, column: str) -> float:
        """Return the figure of a cell."""
        return float(self.rows[row][self.header.index(column)])


def load_test(seed: int) -> LoadTest:
    """Return a correct closed load test of a service: mean and percentiles of a lognormal, X = N / R."""
    rng = random.Random(seed)
    header = ["users", "req/s", "mean (ms)", "p50 (ms)", "p95 (ms)", "p99 (ms)", "requests", "duration (s)", "errors"]
    rows, mean = [], rng.uniform(4, 60)
    for users in sorted(rng.sample(range(1, 400), rng.randint(2, 7))):
        mean *= rng.uniform(1.05, 2.0)
        sigma = rng.uniform(0.2, 1.2)
        median = mean / 2.718281828 ** (sigma**2 / 2)
        tail = [median * 2.718281828 ** (z * sigma) for z in (1.6449, 2.3263)]
        rate = users / (mean / 1000)
        requests = users * rng.randint(20, 900)
        figures = [f"{rate:.1f}", *(f"{v:.2f}" for v in (mean, median, *tail)), str(requests), f"{requests / rate:.2f}"]
        rows.append([str(users), *figures, str(rng.randint(0, requests // 50))])
    return LoadTest(header, rows)


def llm_test(seed: int) -> LoadTest:
    """Return a correct load test of a language model: E2E = TTFT + (L - 1) TPOT, X = N / E2E."""
    rng = random.Random(seed)
    header = [
        "concurrency",
        "req/s",
        "output tok/s",
        "total tok/s",
        "mean TTFT (ms)",
        "mean TPOT (ms)",
        "mean E2E (ms)",
    ]
    header += ["input tokens", "output tokens", "tok/s/user"]
    rows = []
    first, each = rng.uniform(20, 300), rng.uniform(5, 40)
    inputs, outputs = rng.choice([128, 1024, 4096]), rng.choice([64, 128, 256, 1000])
    for users in sorted(rng.sample([1, 2, 4, 8, 16, 32, 64, 128, 256], rng.randint(2, 6))):
        first, each = first * rng.uniform(1.0, 2.5), each * rng.uniform(1.0, 1.5)
        whole = first + (outputs - 1) * each
        rate = users / whole * 1000
        figures = [f"{rate:.3f}", f"{rate * outputs:.1f}", f"{rate * (inputs + outputs):.1f}"]
        figures += [f"{first:.2f}", f"{each:.2f}", f"{whole:.2f}", str(inputs), str(outputs), f"{1000 / each:.2f}"]
        rows.append([str(users), *figures])
    return LoadTest(header, rows)

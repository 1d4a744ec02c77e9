"""What the columns of a table mean: a role and a unit for each, from its header or as the user states it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisor.audit import numbers, units
from advisor.audit.numbers import Cell, Decimal, Number, Unknown
from advisor.audit.tables import Row, Table
from advisor.audit.vocabulary import AMOUNT_ROLES, MONEY_ROLES, ROLES, TEXT_ROLES, cost_role, load_role, months_of
from advisor.errors import Problem, nearest

_FEE = re.compile(r"\bfee|\bprice|\brate|\beach|per (seat|user|unit|instance)", re.IGNORECASE)
_PRICE = re.compile(r"^price\b|\bprice$|^preis\b", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """What a column was understood as; ``role`` is "" when it is not used.

    ``text`` is the unit as header or user write it, ``months`` the months that an amount covers (0: not stated).
    """

    index: int
    header: str
    role: str = ""
    text: str = ""
    currency: str = ""
    months: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class Record:
    """A row with its cells read."""

    row: Row
    label: str
    cells: Mapping[int, Cell]

    def number(self, column: Column | None) -> Number | None:
        """Return the number in a column, None when there is no such column or nothing known in it."""
        cell = self.cells.get(column.index) if column is not None else None
        return cell if isinstance(cell, Number) else None


@dataclass
class Sheet:
    """A table that was understood: its columns, its rows read, and what had to be assumed about digits."""

    table: Table
    columns: tuple[Column, ...]
    records: tuple[Record, ...]
    notes: list[str] = field(default_factory=list)

    def first(self, *roles: str) -> Column | None:
        """Return the first column that has one of the roles, in the order of the roles."""
        return next((c for role in roles for c in self.columns if c.role == role), None)

    def all(self, *roles: str) -> list[Column]:
        """Return all columns that have one of the roles, as they stand."""
        return [column for column in self.columns if column.role in roles]


def understood(table: Table, kind: str, stated: Mapping[str, tuple[str, str]], decimal: Decimal | None) -> Sheet:
    """Return a table with every column understood and every cell read.

    Args:
        table: as it was read.
        kind: "cost" or "load".
        stated: header -> (role, unit), what the user says about columns.
        decimal: the decimal mark that the user states for what could be read both ways.
    """
    columns = [_column(table, i, header, kind, stated) for i, header in enumerate(table.header)]
    columns = _completed(table, columns, kind)
    marks = {c.index: numbers.decimal_of(table.column(c.index)) for c in columns}
    every = numbers.decimal_of(cell for c in columns if _figures(c) for cell in table.column(c.index))
    notes: list[str] = []
    chosen = {c.index: _decimal(table, c, marks[c.index], every, decimal, notes) for c in columns if _figures(c)}
    records = tuple(_record(row, columns, chosen) for row in table.rows)
    return Sheet(table, tuple(columns), records, notes)


def _figures(column: Column) -> bool:
    return bool(column.role) and column.role not in TEXT_ROLES


def _record(row: Row, columns: Sequence[Column], chosen: Mapping[int, Decimal]) -> Record:
    cells: dict[int, Cell] = {}
    for column in columns:
        text = row.cells[column.index]
        figures = column.index in chosen
        cells[column.index] = numbers.read(text, chosen[column.index]) if figures else Unknown(numbers.plain(text))
    names = [numbers.plain(row.cells[c.index]) for c in columns if c.role in ("name", "label")]
    label = " · ".join(name for name in names if name)
    first = next((c for c in columns if c.role), columns[0])
    fallback = numbers.plain(row.cells[first.index])
    return Record(row, label or (f"{first.header} {fallback}" if fallback else f"line {row.line}"), cells)


def _decimal(
    table: Table, column: Column, own: str | None, every: str | None, stated: Decimal | None, notes: list[str]
) -> Decimal:
    """Return the decimal mark for what could be read both ways, and note when nothing in the table decides."""
    if own in (".", ","):
        return "." if own == "." else ","
    if stated is not None:
        return stated
    if every in (".", ",") and own is None:
        return "." if every == "." else ","
    cells = [cell for cell in map(numbers.read, table.column(column.index)) if isinstance(cell, Number)]
    doubtful = [cell.text for cell in cells if cell.ambiguous]
    if doubtful and not notes:
        notes.append(
            f"'{doubtful[0]}' in column '{column.header}' is ambiguous: nothing in the table shows which mark is "
            f"decimal; read as {numbers_shown(numbers.read(doubtful[0]))}. State --decimal to read it the other way"
        )
    return "."


def numbers_shown(cell: Cell) -> str:
    """Return how a cell was read, for messages."""
    return f"{cell.value:.15g}" if isinstance(cell, Number) else cell.text


def _column(table: Table, index: int, header: str, kind: str, stated: Mapping[str, tuple[str, str]]) -> Column:
    name = numbers.plain(header)
    if name in stated:
        role, unit = stated[name]
        return Column(index, name, role, unit, numbers.currency(unit or name), months_of(name, role), "stated")
    role = cost_role(name) if kind == "cost" else load_role(name)
    inside = re.search(r"[(\[]([^)\]]*)[)\]]\s*$", name)
    return Column(index, name, role, inside[1] if inside else "", numbers.currency(name), months_of(name, role))


def _completed(table: Table, columns: list[Column], kind: str) -> list[Column]:
    """Settle what only the cells can tell: text or figures, price or amount, shares or counts, the name."""
    settled = [_by_cells(table, column, kind) for column in columns]
    if kind == "cost":
        settled = _multiplied(table, _prices_and_amounts(settled))
    elif _generates(settled):
        tps = [c for c in settled if c.role == "throughput" and re.search(r"\btps\b|throughput$", c.header.lower())]
        settled = [replace(c, role="output_rate", why="beside TTFT or TPOT") if c in tps else c for c in settled]
    if not any(c.role in ("name", "label") for c in settled):
        settled = _named(table, settled, "name" if kind == "cost" else "label")
    return settled


def _generates(columns: Sequence[Column]) -> bool:
    """Return whether a load test is of a language model, and no column is tokens/s yet: "TPS" then means that."""
    roles = {column.role for column in columns}
    return any(role.startswith(("ttft", "tpot")) for role in roles) and "output_rate" not in roles


def _multiplied(table: Table, columns: list[Column]) -> list[Column]:
    """Call a column the quantity that is named like what a price is per: "Trials" beside "$/trial"."""
    prices = [column for column in columns if column.role == "price"]
    texts = [
        text
        for column in prices
        for text in (column.header, *table.column(column.index))
        if "/" in text or "per" in text
    ]
    nouns = {units.denominators(numbers.plain(text).lower()).noun for text in texts} - {""}
    return [
        replace(c, role="quantity", why="the price is per it")
        if not c.role and units.singular(c.header.lower()) in nouns and _numeric(table, c.index) >= 0.5
        else c
        for c in columns
    ]


def _prices_and_amounts(columns: list[Column]) -> list[Column]:
    """Call a lone price the amount; call a month's fee a price when it is multiplied into another amount."""
    amounts = [column for column in columns if column.role in AMOUNT_ROLES]
    if not amounts:
        return [replace(c, role="amount") if c.role == "price" else c for c in columns]
    if len(amounts) > 1:
        columns = [replace(c, role="price") if c.role == "amount" and _PRICE.search(c.header) else c for c in columns]
    counted = any(column.role in ("count", "quantity") for column in columns)
    priced = any(column.role == "price" for column in columns)
    if len(amounts) < 2 or not counted or priced:
        return columns
    return [
        replace(c, role="price", text="/month", months=0.0) if c.role == "monthly" and _FEE.search(c.header) else c
        for c in columns
    ]


def _named(table: Table, columns: list[Column], role: str) -> list[Column]:
    """Call the first column of words the name."""
    for i, column in enumerate(columns):
        if column.role in ("", "note") and column.why != "stated" and _numeric(table, column.index) < 0.5:
            return [*columns[:i], replace(column, role=role), *columns[i + 1 :]]
    return columns


def _numeric(table: Table, index: int) -> float:
    """Return the share of cells with a number among those with anything in them."""
    filled = [cell for cell in table.column(index) if numbers.plain(cell)]
    return sum(isinstance(numbers.read(cell), Number) for cell in filled) / len(filled) if filled else 0.0


def _by_cells(table: Table, column: Column, kind: str) -> Column:
    """Return a column with the role that its cells leave possible."""
    if column.why == "stated":
        return column
    cells = [cell for text in table.column(column.index) if isinstance(cell := numbers.read(text), Number)]
    settle = _load_by_cells if kind == "load" else _cost_by_cells
    return settle(column, cells, _numeric(table, column.index))


def _load_by_cells(column: Column, cells: Sequence[Number], numeric: float) -> Column:
    percent = sum(cell.rest.startswith("%") for cell in cells) > len(cells) / 2
    if percent and column.role in ("errors", "success"):
        return replace(column, role="error_share" if column.role == "errors" else "success_share")
    return replace(column, role="") if column.role != "label" and numeric == 0 else column


def _cost_by_cells(column: Column, cells: Sequence[Number], numeric: float) -> Column:
    money = sum(bool(cell.currency) for cell in cells) > len(cells) / 2
    worked = sum(bool(re.search(r"[×*]|\sx\s", cell.text)) for cell in cells) > len(cells) / 2
    role = column.role
    if role in ("note", "amount") and worked:
        role = "note"
    elif role in ("", "note", "name", "unit") and numeric >= 0.5 and money:
        return replace(column, role="amount", why="its cells are money")
    elif role == "unit" and numeric >= 0.5 and not re.fullmatch(r"unit|per", column.header.lower()):
        role = "quantity"
    elif role in ("quantity", "count", "hours", "days", "months") and numeric < 0.3:
        role = "note"
    elif role == "name" and numeric > 0.8 and not any(re.search("[A-Za-z]", cell.text) for cell in cells):
        role = ""
    return replace(column, role=role)


def guess_kind(table: Table) -> str:
    """Return "cost", "load", or "" when the columns tell neither."""
    load = [load_role(numbers.plain(header)) for header in table.header]
    cost = [cost_role(numbers.plain(header)) for header in table.header]
    measured = sum(role not in ("", "label", "requests", "errors", "duration", "success") for role in load)
    money = sum(role in MONEY_ROLES for role in cost)
    figures = sum(bool(numbers.currency(cell)) for row in table.rows for cell in row.cells)
    if figures > len(table.rows) / 3 or (money and measured < 2):
        return "cost" if money or figures else ""
    return "load" if measured >= 2 or (measured and not money) else "cost" if money else ""


def stated_problems(stated: Mapping[str, tuple[str, str]], kind: str, table: Table, file: str) -> Iterator[Problem]:
    """Yield what is wrong with columns that the user states."""
    headers = [numbers.plain(header) for header in table.header]
    for name, (role, _) in stated.items():
        if name not in headers:
            yield Problem(file, table.line, "--column", f"'{name}' is not a column{nearest(name, headers)}")
        if role and role not in ROLES[kind]:
            allowed = ", ".join(ROLES[kind])
            yield Problem("", 0, "--column", f"'{role}' is not a role of a {kind} table; roles: {allowed}")

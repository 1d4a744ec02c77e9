"""What the columns of a table mean: a role and a unit for each, from its header or as the user states it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.audit import numbers
from advisor.audit.column_roles import Column, completed
from advisor.audit.numbers import Cell, Decimal, Number, Unknown
from advisor.audit.tables import Row, Table
from advisor.audit.vocabulary import MONEY_ROLES, ROLES, TEXT_ROLES, cost_role, load_role, months_of
from advisor.errors import Problem, nearest


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
    columns = completed(table, columns, kind)
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
    if not label and not fallback:  # "| | | Total | $375 |"
        label = next((text for text in map(numbers.plain, row.cells) if re.match(r"[A-Za-z ]{3,}$", text)), "")
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


def guess_kind(table: Table) -> str:
    """Return "cost", "load", or "" when the columns tell neither."""
    load = [load_role(numbers.plain(header)) for header in table.header]
    cost = [cost_role(numbers.plain(header)) for header in table.header]
    counted = ("", "label", "requests", "errors", "duration", "success", "input_tokens", "output_tokens")
    measured = sum(role not in counted for role in load)
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

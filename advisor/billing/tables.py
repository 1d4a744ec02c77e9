"""Tables in CSV files: a bill with one line a row, and who used how much."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.billing.chargeback import Usage
from advisor.billing.model import MAX_COLUMNS, MAX_LINES, MAX_TENANTS, Tenants
from advisor.billing.quantity import MAX_QUANTITY
from advisor.errors import InputError, Problem, bad_input, listing, nearest
from advisor.yamlfile import Document, plain, read_text

LINE_COLUMNS = (
    "id",
    "label",
    "component",
    "meter",
    "quantity",
    "unit",
    "units",
    "one_time",
    "free",
    "fixed",
    "account",
    "region",
    "note",
)
PRICE_COLUMNS = {
    "price_usd": "usd",
    "price_unit": "unit",
    "price_free": "free",
    "price_minimum_usd": "minimum_usd",
    "price_source": "source",
}
_TEXT = {"id", "label", "component", "meter", "unit", "account", "region", "note", "price_unit", "price_source"}


def bill_document(path: Path) -> Document:
    """Return a CSV file as the document of a bill whose title is the file's name.

    Raises:
        InputError: unknown columns, rows of the wrong length, too many rows.
    """
    rows = _rows(path, (*LINE_COLUMNS, *PRICE_COLUMNS), MAX_LINES)
    lines: list[dict[str, Any]] = []
    where: dict[tuple[str | int, ...], int] = {(): 1, ("lines",): 1}
    for index, (number, row) in enumerate(rows):
        where["lines", index] = number
        line: dict[str, Any] = {"id": f"line_{index + 1}"}
        price: dict[str, Any] = {}
        for name, text in row.items():
            if text:
                target, key = (price, PRICE_COLUMNS[name]) if name in PRICE_COLUMNS else (line, name)
                target[key] = text if name in _TEXT else plain(text)
        lines.append({**line, "price": price} if price else line)
    return Document(str(path), {"title": path.stem[:200] or "bill", "lines": lines}, where)


def usage(tenants: Tenants, folder: Path, document: Document) -> Usage:
    """Return the tenants' table, from the bill itself or from the CSV file that it names.

    The first column of the file is ``tenant``; the others are lines or meters.
    """
    if tenants.table is not None:
        columns = dict.fromkeys(name for row in tenants.table.values() for name in row)
        places = {name: ("tenants", "table", name) for name in tenants.table}
        return Usage(tenants.table, tuple(columns), document, places)
    assert tenants.usage is not None
    path = folder / tenants.usage
    table: dict[str, dict[str, float]] = {}
    where: dict[tuple[str | int, ...], int] = {}
    for number, row in _rows(path, None, MAX_TENANTS):
        name = row.pop("tenant")
        if not name or name in table:
            words = f"the tenant '{name}' stands twice" if name else "names no tenant"
            raise bad_input(words, file=str(path), line=number, path="tenant")
        where["table", name] = number
        table[name] = {column: _amount(text, path, number, column) for column, text in row.items() if text}
    if not table:
        raise bad_input("holds no tenants", file=str(path))
    columns = dict.fromkeys(column for row in table.values() for column in row)
    source = Document(str(path), table, where)
    return Usage(table, tuple(columns), source, {name: ("table", name) for name in table})


def _amount(text: str, path: Path, line: int, column: str) -> float:
    value = plain(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_QUANTITY:
        words = f"found '{text[:40]}'; a number from 0 to {MAX_QUANTITY:g} is expected"
        raise bad_input(words, file=str(path), line=line, path=column)
    return float(value)


def _rows(path: Path, allowed: tuple[str, ...] | None, most: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Return (line number, column -> text) of every row that is not empty; columns None: ``tenant`` and any others."""
    reader = csv.reader(read_text(path).splitlines(), strict=True)
    try:
        table = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise bad_input(f"is not valid CSV: {error}", file=str(path), line=reader.line_num) from None
    table = [(number, row) for number, row in table if any(row)]
    if not table:
        raise bad_input("is empty; a header and rows are expected", file=str(path))
    (number, header), *body = table
    found = list(_header_problems(header, allowed, path, number))
    if len(body) > most:
        found.append(Problem(str(path), 0, "", f"has {len(body)} rows; at most {most} are read"))
    for line, row in body:
        if len(row) != len(header):
            words = f"has {len(row)} cells; the header has {len(header)} (decimal commas and thousands need quotes)"
            found.append(Problem(str(path), line, "", words))
    if found:
        raise InputError(found)
    return ((line, dict(zip(header, row, strict=True))) for line, row in body)


def _header_problems(header: list[str], allowed: tuple[str, ...] | None, path: Path, number: int) -> Iterator[Problem]:
    if allowed is None and header[0] != "tenant":
        yield Problem(str(path), number, header[0], "the first column must be 'tenant'")
    if len(header) > MAX_COLUMNS:
        yield Problem(str(path), number, "", f"has {len(header)} columns; at most {MAX_COLUMNS} are read")
    for name in header:
        if allowed is not None and name not in allowed:
            words = f"is not a known column; allowed: {listing(allowed, 20)}{nearest(name, allowed)}"
            yield Problem(str(path), number, name, words)
        elif header.count(name) > 1 or not name:
            yield Problem(str(path), number, name, "is given twice" if name else "a column has no name")

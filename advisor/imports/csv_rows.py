"""CSV files of other tools: rows by column, with their lines."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from advisor.errors import listing
from advisor.imports.source_file import SourceFile


def header(text: str) -> list[str]:
    """Return the first row, [] when there is none that can be read.

    >>> header("response-time,DNS\\n0.1,0.2")
    ['response-time', 'DNS']
    """
    try:
        return next(csv.reader(io.StringIO(text)), [])
    except csv.Error:
        return []


def rows(file: SourceFile, wanted: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Return (line, column -> cell) of every row below the header.

    Raises:
        InputError: a wanted column is missing, or a row has another number of cells than the header.
    """
    found = list[tuple[int, dict[str, str]]]()
    reader = csv.reader(io.StringIO(file.text))
    try:
        columns = next(reader, [])
        if missing := [name for name in wanted if name not in columns]:
            file.refuse(f"lacks the column {listing(missing)}; {file.tool} writes: {', '.join(wanted)}", line=1)
        for row in reader:
            if not any(row):
                continue
            if len(row) != len(columns):
                file.refuse(f"has {len(row)} cells, the header {len(columns)}; was it cut off?", line=reader.line_num)
            found.append((reader.line_num, dict(zip(columns, row, strict=True))))
    except csv.Error as error:
        file.refuse(f"is not CSV: {error}", line=reader.line_num)
    if not found:
        file.refuse("has a header and no row below it; a test that made requests is expected", line=1)
    return found


def number(file: SourceFile, row: tuple[int, dict[str, str]], column: str, *, above: bool = False) -> float | None:
    """Return the number in a cell, None for ``N/A``, an empty cell and what was noted as wrong."""
    line, cells = row
    text = cells.get(column, "").strip()
    if text in ("", "N/A"):
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and (value > 0 if above else value >= 0):
        return value
    file.note(column, f"found '{text[:40]}'; a number {'above' if above else 'of at least'} 0 is expected", line)
    return None

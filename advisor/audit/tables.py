"""Tables as people keep them: CSV, TSV, Markdown (also inside a page), or a YAML list of rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.errors import InputError, Problem, bad_input

MAX_BYTES = 1_000_000
MAX_TABLES = 100
MAX_ROWS = 2_000
MAX_COLUMNS = 60
MAX_CELL = 2_000

_RULE = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*")
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*\s*")
_FENCE = re.compile(r"\s*(```|~~~)")


@dataclass(frozen=True)
class Row:
    """One row: the line it stands on and its cells, as many as there are columns."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table as it was read: the heading before it, the line of its header, header and rows."""

    title: str
    line: int
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, index: int) -> list[str]:
        """Return the cells of a column."""
        return [row.cells[index] for row in self.rows]


def tables(text: str, file: str) -> list[Table]:
    """Return every table of a text.

    Args:
        text: CSV with commas, semicolons or tabs; Markdown; or YAML.
        file: its name, for messages; the suffix decides the format, else the text does.

    Raises:
        InputError: no table, rows of other lengths than the header, or more than is read; all of them at once.

    >>> [t.header for t in tables("| a | b |\\n|---|---|\\n| 1 | 2 |\\n", "page.md")]
    [('a', 'b')]
    >>> tables("item;cost\\nx;1,5\\n", "t.csv")[0].rows
    (Row(line=2, cells=('x', '1,5')),)
    """
    kind = _format(text, file)
    found = {"markdown": _markdown, "yaml": _yaml, "csv": _csv}[kind](text, file)
    found = [table for table in found if table.rows]
    if not found:
        raise bad_input("holds no table with a header and at least one row", file=file)
    problems = [problem for table in found for problem in _too_large(table, file)]
    if len(found) > MAX_TABLES:
        problems.append(Problem(file, 0, "", f"holds {len(found)} tables; at most {MAX_TABLES} are read"))
    if problems:
        raise InputError(problems)
    return found


def _too_large(table: Table, file: str) -> Iterator[Problem]:
    if len(table.rows) > MAX_ROWS:
        yield Problem(file, table.line, "", f"holds {len(table.rows)} rows; at most {MAX_ROWS:,} are read")
    if len(table.header) > MAX_COLUMNS:
        yield Problem(file, table.line, "", f"holds {len(table.header)} columns; at most {MAX_COLUMNS} are read")
    for row in table.rows:
        if any(len(cell) > MAX_CELL for cell in row.cells):
            yield Problem(file, row.line, "", f"a cell is longer than {MAX_CELL:,} characters")


def _format(text: str, file: str) -> str:
    suffix = file.rpartition(".")[2].lower()
    if suffix in ("csv", "tsv"):
        return "csv"
    if suffix in ("yml", "yaml"):
        return "yaml"
    lines = text.splitlines()
    if suffix in ("md", "markdown") or any(_is_rule(lines, i) for i in range(1, len(lines))):
        return "markdown"
    return "yaml" if re.match(r"\s*(#.*\n)*\s*(-\s+[\w{]|\w+:\s*\n\s*-)", text) else "csv"


def _is_rule(lines: Sequence[str], i: int) -> bool:
    """Return whether a line is the rule under a Markdown header: as many dashes as the header has cells."""
    rule = lines[i]
    if not _RULE.fullmatch(rule) or "|" not in lines[i - 1] or "|" not in rule:
        return False
    return len(_split(rule)) == len(_split(lines[i - 1]))


def _split(line: str) -> list[str]:
    """Return the cells of a Markdown row; an escaped bar or one in backquotes is text."""
    body = line.strip()
    body = body[1:] if body.startswith("|") else body
    body = body[:-1] if body.endswith("|") and not body.endswith("\\|") else body
    cells, cell, code = [], "", False
    for i, c in enumerate(body):
        code = code != (c == "`")
        if c == "|" and not code and not (i and body[i - 1] == "\\"):
            cells.append(cell.strip())
            cell = ""
        else:
            cell += c
    return [*cells, cell.strip()]


def _markdown(text: str, file: str) -> list[Table]:
    lines = text.splitlines()
    found: list[Table] = []
    heading, fenced, i = "", False, 0
    while i < len(lines):
        if _FENCE.match(lines[i]):
            fenced = not fenced
        elif not fenced and (match := _HEADING.fullmatch(lines[i].strip())):
            heading = match[1]
        elif not fenced and i and _is_rule(lines, i):
            table = _markdown_table(lines, i, heading)
            found.append(table)
            i += len(table.rows)
        i += 1
    return found


def _markdown_table(lines: Sequence[str], rule: int, heading: str) -> Table:
    header = _split(lines[rule - 1])
    rows = []
    for number, line in enumerate(lines[rule + 1 :], rule + 2):
        if "|" not in line or not line.strip():
            break
        cells = _split(line)[: len(header)]  # as GitHub shows it: what is beyond the header is not part of the table
        rows.append(Row(number, tuple(cells + [""] * (len(header) - len(cells)))))
    return Table(heading, rule, tuple(header), tuple(rows))


def _csv(text: str, file: str) -> list[Table]:
    delimiter = _delimiter(text, file)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    found: list[tuple[int, list[str]]] = []
    try:
        start = 1
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
                found.append((start, [" ".join(cell.split()) for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        raise bad_input(f"is not CSV: {error}", file=file, line=reader.line_num) from None
    if len(found) < 2:
        return []
    (line, header), *body = found
    problems = [
        Problem(file, number, "", f"holds {len(cells)} cells; the header on line {line} has {len(header)}")
        for number, cells in body
        if len(cells) > len(header) and any(cells[len(header) :])
    ]
    if problems:
        raise InputError(problems)
    width = len(header)
    rows = tuple(Row(number, tuple((cells + [""] * width)[:width])) for number, cells in body)
    return [Table("", line, tuple(header), rows)]


def _delimiter(text: str, file: str) -> str:
    """Return the separator of cells: the one that splits the lines into the most columns all alike."""
    if file.lower().endswith(".tsv"):
        return "\t"
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")][:50]

    def score(mark: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=mark)]
        return len(set(widths)) == 1 and widths[0] > 1, min(widths, default=0)

    try:
        return max(("\t", ";", "|", ","), key=score) if lines else ","
    except csv.Error:
        return ","


def _yaml(text: str, file: str) -> list[Table]:
    from advisor import yamlfile

    document = yamlfile.parse(text, file)
    data = document.data
    if isinstance(data, dict):
        named = [(key, value) for key, value in data.items() if isinstance(value, list)]
    else:
        named = [("", data)]
    found, problems = [], []
    for name, rows in named:
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            problems.append(document.problem((name,) if name else (), "a list of rows (key: value) is expected"))
            continue
        header = list(dict.fromkeys(str(key) for row in rows for key in row))
        lines = [document.line((name, i) if name else (i,)) for i in range(len(rows))]
        cells = [tuple(_text(row.get(key)) for key in header) for row in rows]
        listed = tuple(Row(line, row) for line, row in zip(lines, cells, strict=True))
        found.append(Table(name, lines[0] if lines else 0, tuple(header), listed))
    if problems:
        raise InputError(problems)
    return found


def _text(value: object) -> str:
    """Return a value as it would stand in a table; a number keeps no more digits than it has."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def transposed(table: Table) -> Table:
    """Return a table whose first column is the header: one row for each column of figures.

    >>> transposed(Table("", 1, ("Metric", "A"), (Row(3, ("RPS", "5")), Row(4, ("p95", "9"))))).rows
    (Row(line=1, cells=('A', '5', '9')),)
    """
    header = ("configuration", *table.column(0))
    rows = tuple(
        Row(table.line, (name, *(row.cells[i] for row in table.rows))) for i, name in enumerate(table.header) if i
    )
    return Table(table.title, table.line, header, rows)

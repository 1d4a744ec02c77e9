"""From a text with tables to a report: read, understand, judge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from advisor.audit import numbers
from advisor.audit.column_roles import Column
from advisor.audit.columns import Sheet, guess_kind, stated_problems, understood
from advisor.audit.cost_table import audit_cost
from advisor.audit.findings import Finding, Report, TableReport
from advisor.audit.load_runs import Given, given_figure, known_unit
from advisor.audit.load_test import audit_load
from advisor.audit.numbers import Decimal
from advisor.audit.pricing import units_of
from advisor.audit.readings import MONTHS_PER_YEAR, Assumed
from advisor.audit.tables import MAX_BYTES, Table, tables, transposed
from advisor.audit.vocabulary import AMOUNT_ROLES, LOAD_ROLES, ROLES, TEXT_ROLES
from advisor.errors import InputError, Problem, bad_input, nearest

DEFAULT_TOLERANCE = 0.05
LONGEST_MONTH_H = 8784.0
MOST_UNITS = 4
_TIMES = ("hours", "days", "months", "count")  # of a cost table; a quantity may be a credit


@dataclass(frozen=True)
class Options:
    """What the user states beside the table.

    Attributes:
        kind: "cost" or "load", or "" to guess it from the columns.
        table: 1 for the first table of the file; 0 for all.
        columns: header -> (role, unit).
        hours_per_month: hours of a month, where a line needs them and its row does not state them.
        tolerance: relative difference that a load test may show beyond the precision of its figures.
        given: role -> figure that holds for every row of a load test, as text with its unit.
        decimal: the decimal mark where a number can be read both ways.
    """

    kind: str = ""
    table: int = 0
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hours_per_month: float | None = None
    tolerance: float = DEFAULT_TOLERANCE
    given: Mapping[str, str] = field(default_factory=dict)
    decimal: Decimal | None = None


def audit_table(file: str | Path, options: Options | None = None) -> Report:
    """Audit the tables of a file.

    Args:
        file: CSV, TSV, Markdown or YAML.
        options: what is known beside the table.

    Raises:
        InputError: the file cannot be read, holds no table, or holds numbers that cannot be read; all at once.
    """
    path = Path(file)
    return audit_text(_read(path), str(file), options)


def _read(path: Path) -> str:
    try:
        if path.is_dir():
            raise bad_input("is a folder; a file with a table is expected", file=str(path))
        with path.open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise bad_input(f"cannot be read: {reason}", file=str(path)) from None
    return decoded(raw, str(path))


def decoded(raw: bytes, file: str) -> str:
    """Return bytes as text. Raises :class:`~advisor.errors.InputError` when they are too many or not UTF-8."""
    if len(raw) > MAX_BYTES:
        raise bad_input(f"is larger than {MAX_BYTES:,} bytes, the most that is read", file=file)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_input(f"is not UTF-8 text (byte {error.start})", file=file) from None


def audit_text(text: str, file: str = "table", options: Options | None = None) -> Report:
    """Audit the tables of a text.

    Args:
        text: as in a file.
        file: its name for messages; the suffix says the format.
        options: what is known beside the table.

    Raises:
        InputError: see :func:`audit_table`.

    >>> report = audit_text("item,count,unit price ($),monthly cost ($)\\nnodes,3,70,210\\nTotal,,,220\\n", "t.csv")
    >>> [(f.row, f.verdict.value) for f in report.tables[0].findings]
    [('nodes', 'agrees'), ('Total', 'differs')]
    """
    chosen = options or Options()
    _check_options(chosen)
    found = tables(text, file)
    if chosen.table > len(found):
        raise bad_input(f"holds {len(found)} table(s); there is no table {chosen.table}", file=file)
    report = Report(file)
    problems: list[Problem] = []
    empty: list[TableReport] = []
    for number, table in enumerate(found, 1):
        if chosen.table not in (0, number):
            continue
        try:
            judged = _audited(table, number, file, chosen)
        except InputError as error:
            problems += error.problems
            continue
        if isinstance(judged, str):
            report.skipped.append((number, table.line, judged))
        elif judged.findings or chosen.table or len(found) == 1:
            report.tables.append(judged)
        else:
            empty.append(judged)
    if problems:
        raise InputError(problems)
    report.skipped += [(t.number, t.line, "states nothing that could be recomputed") for t in empty]
    if not report.tables:
        raise InputError(_nothing(report, file, chosen, found))
    return report


def _nothing(report: Report, file: str, options: Options, found: list[Table]) -> Iterator[Problem]:
    what = f"{options.kind} table" if options.kind else "cost table or load test"
    for number, line, reason in sorted(report.skipped):
        headers = ", ".join(f"'{numbers.plain(h)}'" for h in found[number - 1].header[:8])
        ask = "state columns with --column NAME=ROLE"
        yield Problem(file, line, "", f"table {number} {reason}: no {what} in columns {headers}; {ask}")


def _audited(table: Table, number: int, file: str, options: Options) -> TableReport | str:
    """Return the report on one table, or why it is not audited."""
    kind = options.kind or _kind_of_columns(options) or guess_kind(table)
    flipped = transposed(table)
    if not kind and guess_kind(flipped):
        table, kind = flipped, guess_kind(flipped)
    if not kind:
        return "has no columns that are understood"
    problems = list(stated_problems(options.columns, kind, table, file))
    if problems:
        raise InputError(problems)
    sheet = understood(table, kind, options.columns, options.decimal)
    unreadable = list(_unreadable(sheet, file, options))
    if unreadable:
        raise InputError(unreadable)
    if not _essential(sheet, kind):
        return "has no columns that are understood"
    report = TableReport(numbers.plain(table.title), number, table.line, kind, rows=len(table.rows))
    report.columns = [(c.header, meaning(c, kind), _unit(c, sheet)) for c in sheet.columns if c.role]
    report.unused = [column.header for column in sheet.columns if not column.role]
    report.notes = [*sheet.notes, *_doubts(sheet)]
    findings, notes = _judged(sheet, kind, options)
    report.findings, report.notes = findings, [*report.notes, *notes]
    return report


def _judged(sheet: Sheet, kind: str, options: Options) -> tuple[list[Finding], list[str]]:
    if kind == "cost":
        return audit_cost(sheet, Assumed(options.hours_per_month))
    figures = {role: figure for role, text in options.given.items() if (figure := given_figure(role, text))}
    return audit_load(sheet, Given(options.tolerance, figures))


def _kind_of_columns(options: Options) -> str:
    """Return the kind that stated roles belong to, "" when they belong to both or there are none."""
    if options.given:
        return "load"
    roles = [role for role, _ in options.columns.values()]
    kinds = [kind for kind, known in ROLES.items() if roles and all(role in known for role in roles)]
    return kinds[0] if len(kinds) == 1 else ""


def _essential(sheet: Sheet, kind: str) -> bool:
    if kind == "cost":
        return bool(sheet.all(*AMOUNT_ROLES))
    return any(column.role not in ("", "label") for column in sheet.columns)


def meaning(column: Column, kind: str) -> str:
    """Return what a column was understood as, in words."""
    if column.months > MONTHS_PER_YEAR:
        return f"cost of {column.months / MONTHS_PER_YEAR:g} years"
    return ROLES[kind][column.role]


def _unit(column: Column, sheet: Sheet) -> str:
    """Return the unit of a column for people: currency and unit of its header, else those that its cells show."""
    if column.role in TEXT_ROLES:
        return ""
    cells = [cell for record in sheet.records if (cell := record.number(column)) is not None]
    currencies = sorted({cell.currency for cell in cells if cell.currency} or {column.currency} - {""})
    unit = units_of(column) if column.role == "price" else "" if column.role in AMOUNT_ROLES else column.text
    if column.role in LOAD_ROLES and not known_unit(column.role, unit):
        unit = ""
    unit = "" if numbers.currency(unit) == unit.upper().strip() or unit in ("$", "€", "£", "USD") else unit
    shown = list(dict.fromkeys(cell.rest for cell in cells if cell.rest and "(" not in cell.rest))
    if not unit and shown:
        unit = ", ".join(shown[:MOST_UNITS]) + (", …" if len(shown) > MOST_UNITS else "") + " (in the cells)"
    return " ".join(part for part in ("/".join(currencies), unit) if part)


def _unreadable(sheet: Sheet, file: str, options: Options) -> Iterator[Problem]:
    """Yield cells that are meant as numbers and are none, or that contradict how their column writes decimals."""
    for column in sheet.columns:
        if not column.role or column.role in TEXT_ROLES:
            continue
        texts = sheet.table.column(column.index)
        both = numbers.decimal_of(texts) == "both" and options.decimal is None
        for row, text in zip(sheet.table.rows, texts, strict=True):
            if numbers.malformed(text):
                found = f"found '{numbers.plain(text)}'; a number is expected, for example 1,234.56"
                yield Problem(file, row.line, column.header, found)
            elif both and _ambiguous(text):
                found = f"found '{numbers.plain(text)}'; the column uses both . and , as decimal mark: state --decimal"
                yield Problem(file, row.line, column.header, found)
            elif impossible := _impossible(text, column):
                yield Problem(file, row.line, column.header, f"found '{numbers.plain(text)}'; {impossible}")


def _impossible(text: str, column: Column) -> str:
    """Return what is expected of a figure that cannot be: a time, rate or count below 0, no users; else ""."""
    number = numbers.read(text)
    if not isinstance(number, numbers.Number) or (column.role not in LOAD_ROLES and column.role not in _TIMES):
        return ""
    if column.role == "concurrency":
        return "" if number.value > 0 else "a number of users above 0 is expected"
    what = "share" if column.role.endswith("_share") else "time, rate or count"
    return "" if number.value >= 0 else f"a {what} of at least 0 is expected"


def _ambiguous(text: str) -> bool:
    cell = numbers.read(text)
    return isinstance(cell, numbers.Number) and cell.ambiguous


def _doubts(sheet: Sheet) -> Iterator[str]:
    """Yield notes on cells that are not numbers, and on columns that mix units of time."""
    for column in sheet.columns:
        if not column.role or column.role in TEXT_ROLES:
            continue
        words = [
            cell.text
            for record in sheet.records
            if isinstance(cell := record.cells[column.index], numbers.Unknown)
            and re.search(r"\w", cell.text)
            and cell.text.lower() not in ("n/a", "na", "none", "tbd", "null", "unknown")
        ]
        if words:
            shown = ", ".join(f"'{word}'" for word in dict.fromkeys(words[:3]))
            yield f"'{column.header}': {shown} {'is' if len(words) == 1 else 'are'} not read as a number: unknown"
        mixed = {m[0] for r in sheet.records if (n := r.number(column)) and (m := re.match(r"(ms|s|us|µs)\b", n.rest))}
        if len(mixed) > 1:
            yield f"'{column.header}' mixes {' and '.join(sorted(mixed))}; each cell is read in its own unit"


def _check_options(options: Options) -> None:
    problems = []
    if not 0 <= options.tolerance < 1:
        problems.append(f"tolerance must be at least 0 and below 1, found {options.tolerance}")
    hours = options.hours_per_month
    if hours is not None and not 0 < hours <= LONGEST_MONTH_H:
        problems.append(f"hours_per_month must be above 0 and at most {LONGEST_MONTH_H:g}, found {hours}")
    for role, text in options.given.items():
        if role not in LOAD_ROLES or role == "label":
            problems.append(f"given '{role}' is not a role of a load test{nearest(role, LOAD_ROLES)}")
        elif (figure := given_figure(role, text)) is None:
            problems.append(f"given {role} must be a number, found '{text}'")
        elif figure.value < 0 or (role == "concurrency" and figure.value == 0):
            limit = "above 0" if role == "concurrency" else "at least 0"
            problems.append(f"given {role} must be {limit}, found '{text}'")
    if problems:
        raise InputError(Problem("", 0, "", problem) for problem in problems)

"""What only cells or the other columns can tell of a column: text or figures, price or amount, quantity or cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.audit import numbers, units
from advisor.audit.calculations import is_calculation
from advisor.audit.interval import total
from advisor.audit.numbers import Number
from advisor.audit.tables import Table
from advisor.audit.tiers import has_tiers
from advisor.audit.vocabulary import AMOUNT_ROLES, months_of, period_role, used_a_period, words_of

_FEE = re.compile(r"\bfee|\bprice|\brate|\beach|per (seat|user|unit|instance)", re.IGNORECASE)
_FIXED = re.compile(r"\b(base|fixed|flat|platform|minimum|standing)\b.*(fee|price|cost|charge)", re.IGNORECASE)
_PRICE = re.compile(r"^price\b|\bprice$|^preis\b", re.IGNORECASE)
_PERIOD = re.compile(
    r"(/|per\b)?\s*(mo|month|mth|monthly|yr|year|annum|day|usd|eur|gbp)?\.?\s*(\(.*\))?", re.IGNORECASE
)
_PER_COLUMN = re.compile(r"\b(?:per|/)\s*(\w+)\s*$", re.IGNORECASE)
_ADDED = re.compile(r"^(grand |sub)?(total|sum|all)\b|\btotal$", re.IGNORECASE)
_FIGURES = ("quantity", "count", "hours", "days", "months", "discount", "tax", "fee", "difference")
MOST_SHARE = 100.0


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


def completed(table: Table, columns: list[Column], kind: str) -> list[Column]:
    """Settle what only the cells can tell: text or figures, price or amount, shares or counts, the name."""
    settled = [_by_cells(table, column, kind) for column in columns]
    if kind == "cost":
        settled = _multiplied(table, _prices_and_amounts(_used_a_month(settled)))
        settled = _added_up(table, settled)
    else:
        settled = _successes(table, settled)
        if _generates(settled):
            tps = [c for c in settled if c.role == "throughput" and re.search(r"\btps\b|throughput$", c.header.lower())]
            settled = [replace(c, role="output_rate", why="beside TTFT or TPOT") if c in tps else c for c in settled]
    if not any(c.role in ("name", "label") for c in settled):
        settled = _named(table, settled, "name" if kind == "cost" else "label")
    return settled


def _generates(columns: Sequence[Column]) -> bool:
    """Return whether a load test is of a language model, and no column is tokens/s yet: "TPS" then means that."""
    roles = {column.role for column in columns}
    return any(role.startswith(("ttft", "tpot")) for role in roles) and "output_rate" not in roles


def _used_a_month(columns: list[Column]) -> list[Column]:
    """Call "queries per month" a cost when nothing is priced: then it is not what a price is multiplied by."""
    priced = any(column.role == "price" or _PRICE.search(column.header) for column in columns)
    paid = any(column.role in AMOUNT_ROLES for column in columns)
    return [
        _paid(c) if c.role == "quantity" and used_a_period(c.header) and not (priced or paid) else c for c in columns
    ]


def _paid(column: Column) -> Column:
    """Return a column as one of costs, for the period that its header names."""
    role = period_role(column.header)
    return replace(column, role=role, months=months_of(column.header, role))


def _multiplied(table: Table, columns: list[Column]) -> list[Column]:
    """Call a column the quantity that is what a price is per: "Trials" beside "$/trial", "500 MB/day" beside "/GB".

    A column is also one when another is per it: "AZs" beside "Instances per AZ".
    """
    prices = [column for column in columns if column.role == "price"]
    texts = [
        text
        for column in prices
        for text in (column.header, *table.column(column.index))
        if "/" in text or "per" in text
    ]
    each = [units.denominators(numbers.plain(text).lower()) for text in texts]
    nouns = {word for unit in each for word in (unit.noun, *unit.noun.split()) if word}
    nouns |= _told_apart([column.header for column in prices])
    timed = any({*unit.times} & {*units.SECONDS} for unit in each)
    sized = any(unit.size for unit in each)
    owners = {units.singular(m[1].lower()) for c in columns if (m := _PER_COLUMN.search(c.header))}
    return [_multiplier(table, c, nouns, owners, sized=sized, timed=timed) for c in columns]


def _told_apart(headers: Sequence[str]) -> set[str]:
    """Return the words by which several prices are told apart: "vCPU price" and "GB price".

    >>> sorted(_told_apart(["vCPU price/hr", "GB price/hr"])), _told_apart(["Unit price"])
    (['gb', 'vcpu'], set())
    """
    words = [set(re.findall(r"[a-z]+", header.lower())) for header in headers]
    common = set.intersection(*words) if words else set()
    return {units.singular(word) for found in words for word in found - common} if len(words) > 1 else set()


def _multiplier(table: Table, column: Column, nouns: set[str], owners: set[str], *, sized: bool, timed: bool) -> Column:
    if column.role not in ("", "note") or column.why == "stated" or _numeric(table, column.index) < 0.5:
        return column
    head = re.split(r"/|\bper\b", column.header.lower())[0]
    words = {form for word in re.findall(r"[a-z]+", head) for form in (units.singular(word), word.removesuffix("s"))}
    cells = [cell for text in table.column(column.index) if isinstance(cell := numbers.read(text), Number)]
    if any(cell.currency for cell in cells):
        return column
    if timed and {*units.parse(column.text).times} & {*units.SECONDS}:
        return replace(column, role="quantity", why="the price is per time")
    named = units.parse(head).size or units.parse(column.text).size
    in_sizes = named or (column.role == "" and all(units.parse(cell.rest).size for cell in cells))
    if words & nouns or (sized and in_sizes):
        return replace(column, role="quantity", why="the price is per it")
    counted = nouns or owners
    if counted and (words & owners or _PER_COLUMN.search(column.header)) and all(cell.whole for cell in cells):
        return replace(column, role="count", why="another column is per it")
    return column


def _prices_and_amounts(columns: list[Column]) -> list[Column]:
    """Call a lone price the amount; call a month's fee a price when it is multiplied into another amount."""
    amounts = [column for column in columns if column.role in AMOUNT_ROLES]
    prices = [column for column in columns if column.role == "price"]
    if not amounts:
        lone = len(prices) == 1
        return [replace(c, role="amount") if c.role == "price" and lone else c for c in columns]
    if len(amounts) > 1:
        columns = [replace(c, role="price") if c.role == "amount" and _PRICE.search(c.header) else c for c in columns]
    counted = any(column.role in ("count", "quantity") for column in columns)
    priced = any(column.role == "price" for column in columns)
    if priced:
        columns = [replace(c, role="fee") if c.role in AMOUNT_ROLES and _FIXED.search(c.header) else c for c in columns]
    if len(amounts) < 2 or not counted or priced:
        return columns
    return [
        replace(c, role="price", text="/month", months=0.0) if c.role == "monthly" and _FEE.search(c.header) else c
        for c in columns
    ]


def _added_up(table: Table, columns: list[Column]) -> list[Column]:
    """Call columns of bare numbers amounts when in half of the rows they add up to a column of totals after them."""
    whole = next((c for c in columns if c.role in AMOUNT_ROLES and _ADDED.search(c.header)), None)
    if whole is None:
        return columns
    parts = [c for c in columns if c.index < whole.index and _may_be_part(table, c)]
    if len(parts) < 2 or all(c.role in AMOUNT_ROLES for c in parts):
        return columns
    rows = [[numbers.read(row.cells[c.index]) for c in (*parts, whole)] for row in table.rows]
    full = [[cell for cell in row if isinstance(cell, Number)] for row in rows]
    full = [row for row in full if len(row) == len(parts) + 1]
    fits = sum(total(cell.interval for cell in row[:-1]).meets(row[-1].interval) for row in full)
    if not full or fits < len(full) / 2:
        return columns
    bare = [c for c in parts if c.role not in AMOUNT_ROLES]
    return [replace(c, role="amount", why="they add up") if c in bare else c for c in columns]


def _may_be_part(table: Table, column: Column) -> bool:
    added = column.role in ("", "amount", "monthly") or (column.role == "quantity" and used_a_period(column.header))
    return added and _numeric(table, column.index) > 0.5


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
    texts = [text for text in map(numbers.plain, table.column(column.index)) if text]
    cells = [cell for text in texts if isinstance(cell := numbers.read(text), Number)]
    if kind == "load":
        return _load_by_cells(column, cells, _numeric(table, column.index))
    return _cost_by_cells(column, texts, cells, _numeric(table, column.index))


def _load_by_cells(column: Column, cells: Sequence[Number], numeric: float) -> Column:
    percent = sum(cell.rest.startswith("%") for cell in cells) > len(cells) / 2
    if percent and column.role in ("errors", "success"):
        return replace(column, role="error_share" if column.role == "errors" else "success_share")
    return replace(column, role="") if column.role != "label" and numeric == 0 else column


def _successes(table: Table, columns: list[Column]) -> list[Column]:
    """Tell for a column called only "success" whether it counts requests or is their share."""
    counts = {c.role: c for c in columns if c.role in ("requests", "errors")}
    return [
        replace(c, role="success") if words_of(c.header) == "success" and _counts(table, c, counts) else c
        for c in columns
    ]


def _counts(table: Table, column: Column, beside: dict[str, Column]) -> bool:
    """Return whether figures count: beyond any share, or whole and with the requests that failed beside them."""
    cells = [cell for text in table.column(column.index) if isinstance(cell := numbers.read(text), Number)]
    if not cells or any(cell.rest.startswith("%") for cell in cells):
        return False
    if any(cell.value > MOST_SHARE for cell in cells):
        return True
    if not all(cell.whole for cell in cells) or "errors" not in beside:
        return False
    return not any(_is_share(row) for row in _beside(table, column, beside))


def _beside(table: Table, column: Column, beside: dict[str, Column]) -> Iterator[list[Number]]:
    """Yield (success, errors, requests) of every row that states them."""
    if "requests" not in beside:
        return
    for row in table.rows:
        cells = [numbers.read(row.cells[c.index]) for c in (column, beside["errors"], beside["requests"])]
        found = [cell for cell in cells if isinstance(cell, Number)]
        if len(found) == len(cells) and found[2].value > 0:
            yield found


def _is_share(row: Sequence[Number]) -> bool:
    success, errors, requests = (cell.value for cell in row)
    return success + errors != requests and abs(success - MOST_SHARE * (1 - errors / requests)) <= 1


def _cost_by_cells(column: Column, texts: Sequence[str], cells: Sequence[Number], numeric: float) -> Column:
    """Return what money, calculations and words in the cells make of a column."""
    worked = [text for text in texts if is_calculation(text) and not has_tiers(text)]
    plain = [c for c in cells if c.currency and not numbers.currency(c.rest) and c.text not in worked]
    amounts = [cell for cell in plain if _PERIOD.fullmatch(cell.rest)]
    role, half = column.role, len(cells) / 2
    if role in ("note", "amount", "unit", "", "quantity", "name") and worked and len(worked) >= len(texts) / 2:
        role = "name" if role == "name" else "note"
    elif role in ("", "note", "name", "unit") and numeric >= 0.5 and len(amounts) > half:
        return replace(column, role="amount", why="its cells are money")
    elif role in ("", "note", "unit") and numeric >= 0.5 and len(plain) > half:
        return replace(column, role="price", why="its cells are prices")
    elif role in ("quantity", "count", "hours", "days", "months") and len(amounts) > half:
        return replace(_paid(column), why="its cells are money")
    elif role == "unit" and numeric >= 0.5 and not re.fullmatch(r"unit|per", column.header.lower()):
        role = "quantity"
    elif role in _FIGURES and numeric < 0.3:
        role = "note"
    elif role == "name" and numeric > 0.8 and not any(re.search("[A-Za-z]", cell.text) for cell in cells):
        role = ""
    return replace(column, role=role)

"""What the columns of a table mean: a role and a unit for each, from the words of its header or as the user states it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisor.audit import numbers, units
from advisor.audit.numbers import Cell, Decimal, Number, Unknown
from advisor.audit.tables import Row, Table
from advisor.errors import Problem, nearest

STATISTICS = ("mean", "min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max")
COST_ROLES = {
    "name": "what the line is for",
    "note": "text that may state sizes, counts or hours",
    "unit": "unit of the quantity, or what the price is per",
    "price": "unit price",
    "quantity": "how much is used",
    "count": "how many there are",
    "hours": "hours each runs",
    "days": "days each runs",
    "months": "months each runs",
    "free": "free allowance, in the unit of the quantity",
    "monthly": "cost a month",
    "annual": "cost a year",
    "daily": "cost a day",
    "one_time": "cost that arises once",
    "amount": "cost, its period not stated",
    "share": "share of the total",
}
LOAD_ROLES = {
    "label": "name of the run",
    "concurrency": "requests in flight, users or connections",
    "offered": "arrival rate asked for, requests/s",
    "throughput": "requests/s",
    "input_rate": "input tokens/s",
    "output_rate": "output tokens/s",
    "total_rate": "input and output tokens/s",
    "user_rate": "output tokens/s of one user",
    "latency": "response time, statistic not stated",
    **{f"latency_{s}": f"response time, {s}" for s in STATISTICS},
    **{f"ttft_{s}": f"time to first token, {s}" for s in STATISTICS},
    **{f"tpot_{s}": f"time per output token, {s}" for s in STATISTICS},
    "requests": "requests sent",
    "success": "requests answered well",
    "errors": "requests that failed",
    "error_share": "share of requests that failed",
    "success_share": "share of requests answered well",
    "duration": "length of the test",
    "ramp_up": "time until all users run",
    "think_time": "pause of a user between answer and next request",
    "input_tokens": "input tokens of a request",
    "output_tokens": "output tokens of a request",
}
ROLES = {"cost": COST_ROLES, "load": LOAD_ROLES}
MONEY_ROLES = ("price", "monthly", "annual", "daily", "one_time", "amount")
AMOUNT_ROLES = ("monthly", "annual", "daily", "one_time", "amount")
TEXT_ROLES = ("name", "note", "unit", "label")
DEFAULT_UNITS = {"latency": "s", "ttft": "s", "tpot": "s", "duration": "s", "ramp": "s", "think": "s"}


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


_COST_RULES = (
    ("share", r"%|\bshares?\b|percent|\bpct\b|of total"),
    ("", r"saving|discount|difference|delta|increase|\bvs\b|priority|necessity|status|condition"),
    ("free", r"\bfree\b|allowance|included"),
    ("hours", r"\bhours?\b|\bhrs?\b(?!\s*rate)|\bh\s*/\s*mo"),
    ("months", r"^months?$|\bterm\b|\(months?\)"),
    ("days", r"^days?$|days per month|\(days\)|days ?/ ?month"),
    ("one_time", r"one[- ]?time|up[- ]?front|set[- ]?up|initial"),
    ("price", r"unit (price|cost|rate)|price/unit|cost/unit|\brates?\b|list price|per[- ]unit|(price|cost) each|hourly|einzelpreis"),
    ("quantity", r"^(usage|units?|volumes?|quantit(y|ies))\s*(/|per)\s*mo"),
    ("annual", r"annual|jahr|yearly|per year|/ ?ye?a?r\b|\byear\b|p\.a\."),
    ("monthly", r"month|monat|/ ?mo\b|\bmrr\b"),
    ("daily", r"\bdaily\b|per day|/ ?day\b"),
    ("quantity", r"quantit|\bqty\b|usage|volume|consumption|\bsize\b|storage|requests|tokens|users|seats|^units$|^gb$|menge"),
    ("count", r"count|anzahl|instances|nodes|replicas|^number|^#|^no\.?$|\bnum\b|\bvms?\b|\bservers\b"),
    ("unit", r"^units?$|^einheit$|\buom\b|metric|^per$|meter$|pricing unit|billing unit|unit of"),
    ("amount", r"cost|kosten|betrag|preis|price|total|charge|amount|subtotal|fee|spend|estimate|\busd\b|\beur\b|\$|€|£|budget"),
    ("name", r"^item|service|component|resource|^name|product|\bsku\b|line item|category|environment|feature|tier|plan"),
    ("note", r"duration|schedule|runtime|period"),
    ("note", r"spec|config|detail|note|comment|description|type|calculation|formula|assumption|use|basis|purpose"),
)
_MONEY = re.compile(r"cost|kosten|preis|price|rate|charge|fee|spend|\$|€|£|\busd\b|\beur\b|\bgbp\b|budget|subtotal|total|bill|estimate")
_REQUEST_RATE = re.compile(r"\b(req\w*|quer\w*|calls|messages|events)\s*(/|per)\s*(s|sec|second|min|h|hour|d|day)\b|\b[rq]ps\b")
_FEE = re.compile(r"\bfee|\bprice|\brate|\beach|per (seat|user|unit|instance)", re.IGNORECASE)
_PRICE = re.compile(r"^price\b|\bprice$|^preis\b", re.IGNORECASE)
_STAT_RULES = (
    ("p99.9", r"p ?99[.,]?9|99\.9"),
    ("p99", r"p ?99|99 ?%|99th"),
    ("p95", r"p ?95|95 ?%|95th"),
    ("p90", r"p ?90|90 ?%|90th"),
    ("p75", r"p ?75|75 ?%|75th"),
    ("p50", r"p ?50|50 ?%|50th|median|\bmed\b"),
    ("mean", r"mean|average|\bavg\b"),
    ("max", r"\bmax(imum)?\b|slowest|longest"),
    ("min", r"\bmin(imum)?\b|fastest|shortest"),
)
_LOAD_RULES = (
    ("", r"st(andar)?d.? ?dev|stdev|\bcpu\b|memory|\bmem\b|\brss\b|speed-?up|improve|accept|transfer|across all|\bgpu"),
    ("ttft", r"ttft|ttfa|time to first|first[- ](token|byte)"),
    ("tpot", r"tpot|\bitl\b|inter-?token|time per (output )?token|per output token|ms/tok|latency per token|s/tok"),
    ("user_rate", r"tok\w*/s\w*/(user|req|stream)|(per|/)[ -](user|request|stream).*tok|tok.*per (user|request|stream)|decode"),
    ("total_rate", r"total.*tok\w*(/s| ?per s| throughput|.*tput)|total throughput|total tput"),
    ("input_rate", r"(input|prompt|prefill).*(tok\w*/s|tput|throughput)"),
    ("output_rate", r"tok\w*\s*(/|per)\s*s|tok.*throughput|tok.*tput|throughput.*tok|output (tput|throughput)|\btgs\b"),
    ("input_tokens", r"(input|prompt)[ _]?(tok|len)|\bisl\b|tokens in"),
    ("output_tokens", r"(output|completion|generated)[ _]?(tok|len)|\bosl\b|tokens out|max_?tokens"),
    ("offered", r"(request|arrival|offered|target|injection) ?(rate|rps|qps|load)|\boffered\b|target"),
    ("ramp_up", r"ramp"),
    ("think_time", r"think|pacing|wait time|sleep"),
    ("throughput", r"\brps\b|\bqps\b|\btps\b|\bops\b|(req\w*|quer\w*|ops|transactions?|calls|hits)\s*(/|per)\s*(s|m)|throughput|tput"),
    ("success_share", r"success.*(%|rate|share|ratio)|(%|rate).*success|^success$"),
    ("error_share", r"(err|fail)\w*.*(%|rate|share|ratio)|(%|rate).*(err|fail)"),
    ("errors", r"err|fail|timeouts?"),
    ("success", r"success|completed|\bok\b|passed"),
    ("concurrency", r"concurren|\bconc\b|\bvus?\b|users|clients|connections|\bconns?\b|in[- ]flight|threads|workers|streams"),
    ("requests", r"requests|num.?prompts|\bprompts\b|samples|iterations|^n$|queries"),
    ("latency", r"latency|response|\be2el?\b|end[- ]to[- ]end|time per req|\brt\b|\btime\b.*\(m?s\)|^time$|elapsed"),
    ("duration", r"duration|test length|run ?time|wall"),
    ("label", r"scenario|test|case|name|endpoint|server|protocol|config|model|backend|framework|label|route|engine|run\b"),
)


def statistic(header: str) -> str:
    """Return the statistic that a header names, "" for none.

    >>> [statistic(h) for h in ("Avg latency (ms)", "p99.9", "P95 TTFT", "Median", "Latency (ms)")]
    ['mean', 'p99.9', 'p95', 'p50', '']
    """
    text = re.sub(r"[(\[]\s*min(utes)?\s*[)\]]", "", header.lower())  # a unit, not the minimum
    return next((name for name, pattern in _STAT_RULES if re.search(pattern, text)), "")


def load_role(header: str) -> str:
    """Return the role of a load-test column.

    >>> [load_role(h) for h in ("Concurrency", "RPS", "p95", "Mean TTFT (ms)", "Output tok/s", "Error rate", "CPU")]
    ['concurrency', 'throughput', 'latency_p95', 'ttft_mean', 'output_rate', 'error_share', '']
    """
    text = _words(header)
    role = next((role for role, pattern in _LOAD_RULES if re.search(pattern, text)), None)
    stat = statistic(text)
    if role in ("ttft", "tpot"):
        return f"{role}_{stat or 'mean'}"
    if role == "latency" or (stat and role in (None, "duration", "requests", "label")):
        return f"latency_{stat}" if stat else "latency"
    return role or ""


def cost_role(header: str) -> str:
    """Return the role of a column of a cost table.

    >>> [cost_role(h) for h in ("Unit price ($/GB)", "Monthly cost (USD)", "qty", "hours/month", "Price per GB-month")]
    ['price', 'monthly', 'quantity', 'hours', 'price']
    """
    text = _words(header)
    if _REQUEST_RATE.search(text) and not re.search(r"cost|price|\$|€", text):
        return "quantity"
    if _MONEY.search(text) and (match := re.search(r"(?:/|\bper\b)(.*)", text)):
        per = units.denominators(match[0])
        period_only = not per.size and not per.noun and per.scale == 1 and set(per.times) <= {"month", "year", "day"}
        if not period_only or re.search(r"unit|rate", text):
            return "price"
    found = next((role for role, pattern in _COST_RULES if re.search(pattern, text)), "")
    if found in ("annual", "monthly", "daily") and not _MONEY.search(text) and re.search(r"qty|usage|volume|req|tok", text):
        return "quantity"
    return found


def _words(header: str) -> str:
    return " ".join(numbers.plain(header).replace("_", " ").lower().split())


def months_of(header: str, role: str) -> float:
    """Return the months that an amount covers, 0 when that is not stated.

    >>> months_of("5-Year Cost", "annual"), months_of("Monthly", "monthly"), months_of("Total", "amount")
    (60.0, 1.0, 0.0)
    """
    if role == "annual":
        match = re.search(r"(\d+)[ -]?year", header.lower())
        return 12.0 * (int(match[1]) if match and int(match[1]) <= 50 else 1)
    return 1.0 if role == "monthly" else 0.0


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
        settled = _prices_and_amounts(settled)
    elif any(c.role.startswith(("ttft", "tpot")) for c in settled) and not any(c.role == "output_rate" for c in settled):
        tps = [c for c in settled if c.role == "throughput" and re.search(r"\btps\b|throughput$", c.header.lower())]
        settled = [replace(c, role="output_rate", why="beside TTFT or TPOT") if c in tps else c for c in settled]
    if not any(c.role in ("name", "label") for c in settled):
        settled = _named(table, settled, "name" if kind == "cost" else "label")
    return settled


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
    if column.why == "stated":
        return column
    cells = [cell for text in table.column(column.index) if isinstance(cell := numbers.read(text), Number)]
    numeric = _numeric(table, column.index)
    money = sum(bool(cell.currency) for cell in cells)
    percent = sum(cell.rest.startswith("%") for cell in cells)
    role = column.role
    if kind == "load":
        if role == "errors" and percent > len(cells) / 2:
            role = "error_share"
        elif role == "success" and percent > len(cells) / 2:
            role = "success_share"
        elif role and role != "label" and numeric == 0:
            role = ""
        return replace(column, role=role)
    if role in ("", "note", "name", "unit") and cells and numeric >= 0.5 and money > len(cells) / 2:
        return replace(column, role="amount", why="its cells are money")
    if role == "unit" and numeric >= 0.5:
        role = "quantity" if not re.fullmatch(r"unit|per", column.header.lower()) else role
    elif role in ("quantity", "count", "hours", "days", "months") and numeric < 0.3:
        role = "note" if numeric < 1 else role
    elif role == "name" and cells and not money and not any(re.search("[A-Za-z]", cell.text) for cell in cells):
        role = "" if numeric > 0.8 else role
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

"""The rows of a load test in one set of units: seconds, requests per second, shares from 0 to 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from advisor.audit import numbers, units
from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly
from advisor.audit.numbers import Number
from advisor.audit.vocabulary import DEFAULT_UNITS

EXACT_ROLES = ("concurrency", "requests", "success", "errors")
TOKEN_ROLES = ("input_tokens", "output_tokens", "all_input_tokens", "all_output_tokens")
SHORTEST_UNITS = ("ns", "us", "µs", "ms", "s", "sec", "secs", "seconds")  # at a header's end "min" is the minimum
PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


@dataclass(frozen=True)
class Measured:
    """A figure in seconds, requests/s, tokens or as a share, with what is printed and where.

    ``average``: worked out as a mean over requests that may differ.
    """

    reach: Interval
    text: str
    header: str
    unit: str = ""
    average: bool = False

    @property
    def value(self) -> float:
        """The printed value."""
        return self.reach.middle


@dataclass(frozen=True)
class Run:
    """One row: role -> figure. What the row does not state, or states as unknown, is absent."""

    record: Record
    figures: Mapping[str, Measured]

    def get(self, *roles: str) -> Measured | None:
        """Return the first figure there is."""
        return next((self.figures[role] for role in roles if role in self.figures), None)

    def finding(
        self,
        verdict: Verdict,
        check: str,
        column: Measured | str,
        found: str,
        expected: str,
        formula: str = "",
        explanations: tuple[Explanation, ...] = (),
        question: str = "",
        remark: str = "",
    ) -> Finding:
        """Return a finding on this row."""
        header = column if isinstance(column, str) else column.header
        place = (self.record.label, self.record.row.line, header)
        return Finding(verdict, check, *place, found, expected, formula, explanations, question, remark)


@dataclass(frozen=True)
class Given:
    """What the user states beside the table: tolerance as a share, and figures that hold for every row."""

    tolerance: float
    figures: Mapping[str, Measured]


def runs(sheet: Sheet, given: Mapping[str, Measured]) -> tuple[list[Run], list[str]]:
    """Return the rows of a load test, and notes on units that nothing states."""
    notes: list[str] = []
    scales = {c.index: _unit(c, sheet, notes) for c in sheet.columns if c.role and c.role not in ("label",)}
    found = []
    for record in sheet.records:
        figures: dict[str, Measured] = {}
        for column in sheet.columns:
            number = record.number(column)
            if column.index in scales and number is not None:
                figures.setdefault(column.role, _measured(number, column, scales[column.index]))
        if figures:
            found.append(Run(record, {**given, **figures, **_averages(figures)}))
    return found, notes


def _averages(figures: Mapping[str, Measured]) -> dict[str, Measured]:
    """Return tokens a request where only the tokens of all requests are stated."""
    requests = figures.get("success") or figures.get("requests")
    found = {}
    for role in ("input_tokens", "output_tokens"):
        tokens = figures.get(f"all_{role}")
        if role not in figures and tokens is not None and requests is not None and requests.reach.low > 0:
            reach = tokens.reach * requests.reach.inverse()
            found[role] = Measured(reach, f"{tokens.text} / {requests.text}", tokens.header, average=True)
    return found


def _measured(number: Number, column: Column, unit: str) -> Measured:
    """Convert a cell; a unit in the cell goes before the header's."""
    own = re.match(r"/?\s*[A-Za-zµμ%]+(?:/\w+)?", number.rest)
    scale = _scale(column.role, own[0] if own else "") or _scale(column.role, unit) or 1.0
    exact = number.whole and column.role in (*EXACT_ROLES, *TOKEN_ROLES)
    return Measured((number.exact if exact else number.interval).scaled(scale), number.text, column.header, unit)


def _scale(role: str, unit: str) -> float | None:
    """Return how many seconds, requests/s or wholes one of the unit is, None when it says nothing of that."""
    text = unit.strip().lower()
    if role.endswith("_share"):
        return 0.01 if "%" in text or "percent" in text else None
    if _is_time(role):
        return units.seconds(text)
    if role in ("throughput", "offered") or role.endswith("_rate"):
        per = re.search(r"/\s*(\w+)|\bper\s+(\w+)", text)
        seconds = 60.0 if text in ("rpm", "qpm") else units.seconds(per[1] or per[2]) if per else None
        return 1 / seconds if seconds else None
    return None


def _is_time(role: str) -> bool:
    return role.partition("_")[0] in DEFAULT_UNITS and not role.endswith("_rate")


def known_unit(role: str, unit: str) -> bool:
    """Return whether a text is a unit that figures of a role can have.

    >>> known_unit("latency_p50", "ms"), known_unit("latency_p50", "P50")
    (True, False)
    """
    return _scale(role, unit) is not None


def _unit(column: Column, sheet: Sheet, notes: list[str]) -> str:
    """Return the unit of a column: stated, in its header, or in its cells; else an assumption that is noted."""
    header = column.header.lower()
    inside: list[str] = re.findall(r"[(\[]([^)\]]*)[)\]]", header)
    last = re.split(r"[\s_]+", header)[-1]
    candidates = [column.text, *inside, last if last in SHORTEST_UNITS or not _is_time(column.role) else ""]
    if column.role in ("throughput", "offered") or column.role.endswith("_rate"):
        candidates.append(header)
    for text in candidates:
        if _scale(column.role, text) is not None:
            return text
    if column.role.endswith("_share"):
        values = [n.value for r in sheet.records if (n := r.number(column)) is not None]
        return "%" if max(values, default=0) > 1 or "%" in header else ""
    if _is_time(column.role):
        cells = [n for record in sheet.records if (n := record.number(column)) is not None]
        bare = [n for n in cells if not re.match(r"[A-Za-zµμ]", n.rest)]
        default = "s" if column.role in ("duration", "ramp_up", "think_time") else "ms"
        if bare and not any(f"taken as {default};" in note for note in notes):
            notes.append(
                f"the unit of '{column.header}' (and of others like it) is not stated: taken as {default}; "
                f"state --column '{column.header}={column.role}:s' for seconds"
            )
        return default
    return ""


def given_figure(role: str, text: str) -> Measured | None:
    """Read a figure that the user states for every row, None when it is not a number.

    >>> given_figure("think_time", "500 ms").value, given_figure("output_tokens", "128").value
    (0.5, 128.0)
    """
    number = numbers.read(text)
    if not isinstance(number, Number):
        return None
    scale = _scale(role, re.sub(r"^\s*", "", number.rest)) or 1.0
    return Measured(exactly(number.value * scale), number.text, "stated")


def percentiles(run: Run, metric: str = "latency") -> list[tuple[str, float, Measured]]:
    """Return (name, level, figure) of every percentile of a metric, rising."""
    named = ((name, level, run.get(f"{metric}_{name}")) for name, level in PERCENTILES.items())
    return [(name, level, figure) for name, level, figure in named if figure is not None]


def seconds_shown(value: float) -> str:
    """Return a time with four significant digits in ms or s.

    >>> seconds_shown(0.0123456), seconds_shown(3.5)
    ('12.35 ms', '3.5 s')
    """
    return f"{value * 1000:.4g} ms" if abs(value) < 1 else f"{value:.4g} s"


def near(left: Interval, right: Interval, tolerance: float) -> bool:
    """Return whether two figures agree within their precision and a relative tolerance."""
    return left.meets(right) or left.widened(tolerance * abs(right.middle)).meets(right)


def ordered(found: list[Run]) -> Iterator[tuple[Run, Run]]:
    """Yield neighbours in order of concurrency that differ in nothing else that is stated as a label."""
    groups: dict[str, list[Run]] = {}
    for run in found:
        if run.get("concurrency") is not None:
            groups.setdefault(_series(run), []).append(run)
    for group in groups.values():
        rising = sorted(group, key=lambda run: run.figures["concurrency"].value)
        yield from pairwise(rising)


def _series(run: Run) -> str:
    """Return a label without its numbers: "vLLM, 8 users" and "vLLM, 16 users" are one series."""
    return re.sub(r"[\d.,]+", "#", run.record.label)

"""The audit of a cost table: lines, totals, periods, shares and plain sanity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from advisor.audit.column_roles import Column
from advisor.audit.columns import Sheet
from advisor.audit.cost_across import check_across
from advisor.audit.cost_lines import check_lines
from advisor.audit.cost_periods import check_periods
from advisor.audit.cost_rows import Sorted, is_credit, sorted_rows
from advisor.audit.cost_shares import check_share_rows, check_shares
from advisor.audit.cost_totals import check_totals
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.readings import Assumed
from advisor.audit.vocabulary import AMOUNT_ROLES


def audit_cost(sheet: Sheet, assumed: Assumed) -> tuple[list[Finding], list[str]]:
    """Return everything that can be said about a cost table, and notes on what could not be checked."""
    rows = sorted_rows(sheet)
    target = _target(sheet)
    findings: list[Finding] = []
    notes: list[str] = []
    computed: dict[str, float] = {}
    if target is not None:
        records = [row.record for row in rows if row.kind == "line"]
        found, silent = check_lines(records, sheet, target, _months(sheet, target), assumed)
        findings += found
        computed = {f.row: _value(f) for f in found if f.check == "line" and f.wrong and f.expected}
        if silent and found:
            notes.append(f"{silent} line{'s' if silent > 1 else ''} with an amount state no price: not recomputed")
        findings += [*_calendars(found), *_to_the_digit(found)]
    for column in [*sheet.all(*AMOUNT_ROLES), *_of_money(sheet)]:
        findings += check_totals(rows, sheet, column, computed if column is target else {})
    findings += check_periods(sheet, rows)
    across, said = check_across(sheet, rows)
    findings += across
    notes += said
    for column in sheet.all(*AMOUNT_ROLES):
        findings += check_share_rows(rows, column)
    findings += check_shares(sheet, rows, target)
    findings += _sanity(sheet, rows)
    return findings, notes


def _of_money(sheet: Sheet) -> list[Column]:
    """Return columns beside the amounts that hold money, so that they add up to a total of their own."""
    return [
        column
        for column in sheet.all("fee", "discount", "tax", "difference")
        if any((number := record.number(column)) is not None and number.currency for record in sheet.records)
    ]


def _value(finding: Finding) -> float:
    return float(finding.expected.replace(" ", "").replace(",", ""))


def _target(sheet: Sheet) -> Column | None:
    """Return the column of amounts that a line's factors give: a month's before any other."""
    return sheet.first("monthly", "amount", "annual", "daily", "one_time")


def _months(sheet: Sheet, column: Column) -> float:
    """Return the months that a column covers: by its header, else by the table's heading or the total's label."""
    if column.months:
        return column.months
    labels = [row.record.label for row in sorted_rows(sheet) if row.kind == "total"]
    for text in (sheet.table.title, *labels):
        if re.search(r"month", text, re.IGNORECASE):
            return 1.0
        if re.search(r"annual|year", text, re.IGNORECASE):
            return 12.0
    return 0.0


_CONVENTIONS = (
    (r"[\d.]+ h/month", "one length of a month", "state the hours per month"),
    (r"[\d.]+ days a month", "one length of a month", "state the days of a month"),
    (r"1 [KMGTP]B = [\d,]+ [KMGTP]B", "one size of each unit", "state whether a TB is 1 000 or 1 024 GB"),
)


def _calendars(found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a finding when lines of one table agree only under different lengths of a month or sizes of a unit."""
    for pattern, expected, question in _CONVENTIONS:
        groups: dict[str, list[str]] = {}
        for finding in found:
            named = set(re.findall(pattern, finding.remark))
            if len(named) == 1 and "rounding" not in finding.remark:
                groups.setdefault(named.pop(), []).append(finding.row)
        if len({re.sub(r"^30.4\d* ", "30.42 ", group) for group in groups}) > 1 and _same_unit(groups):
            listed = "; ".join(f"{group}: {', '.join(rows[:3])}" for group, rows in sorted(groups.items()))
            found_text = " and ".join(sorted(groups))
            yield Finding(
                Verdict.DIFFERS, "convention", found=found_text, expected=expected, formula=listed, question=question
            )


def _to_the_digit(found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a finding when several lines, each within the rounding of its price, are to the digit the same slip."""
    groups: dict[str, list[str]] = {}
    for finding in found:
        match = re.search(r"to the digit it is what (.*?) gives at", finding.remark)
        if match:
            groups.setdefault(match[1], []).append(finding.row)
    for slip, rows in groups.items():
        if len(rows) > 1:
            text = f"{slip}: one such line may be a rounded price, {len(rows)} are not"
            yield Finding(
                Verdict.EXPLAINED,
                "convention",
                found=f"{len(rows)} lines that only a rounded price would allow: {', '.join(rows[:3])}",
                expected="amounts at the printed prices",
                explanations=(Explanation("hours" if " h" in slip else "gb_gib", text),),
            )


def _same_unit(groups: Iterable[str]) -> bool:
    """Return whether conventions are about the same unit: 1 TB = 1 000 GB does not contradict 1 GB = 1 024 MB."""
    return len({group.rpartition("=")[0] for group in groups}) < len(list(groups))


def _sanity(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[Finding]:
    """Yield negative amounts that are no credits, and rows that stand there twice."""
    lines = [row for row in rows if row.kind == "line"]
    for row in lines:
        for column in sheet.all(*AMOUNT_ROLES, "price", "quantity", "count", "hours"):
            number = row.record.number(column)
            if number is not None and number.value < 0 and not is_credit(" ".join(row.record.row.cells)):
                yield Finding(
                    Verdict.CANNOT,
                    "negative",
                    row.record.label,
                    row.record.row.line,
                    column.header,
                    number.text,
                    "an amount of at least 0, or a row that says it is a credit",
                    question=f"state whether '{row.record.label}' is a credit",
                )
    amounts = sheet.all(*AMOUNT_ROLES)
    counts = Counter(row.record.row.cells for row in lines if any(row.record.number(c) for c in amounts))
    for cells, count in counts.items():
        if count > 1:
            twice = [row.record for row in lines if row.record.row.cells == cells]
            yield Finding(
                Verdict.CANNOT,
                "repeated_row",
                twice[1].label,
                twice[1].row.line,
                found=f"{count} identical rows, the first on line {twice[0].row.line}",
                expected="rows that differ",
                question=f"state whether '{twice[0].label}' is meant {count} times",
            )

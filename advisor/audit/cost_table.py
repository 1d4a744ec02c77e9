"""The audit of a cost table: lines, totals, periods, shares and plain sanity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from advisor.audit.columns import Column, Sheet
from advisor.audit.cost_lines import check_lines, shown
from advisor.audit.cost_rows import Sorted, is_credit, sorted_rows
from advisor.audit.cost_totals import check_totals
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly, total
from advisor.audit.numbers import Number
from advisor.audit.readings import DAYS_PER_MONTH, Assumed
from advisor.audit.slips import swaps
from advisor.audit.total_slips import year_slips
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
        computed = {f.row: _value(f) for f in found if f.wrong and f.expected}
        if silent and found:
            notes.append(f"{silent} line{'s' if silent > 1 else ''} with an amount state no price: not recomputed")
        findings += [*_calendars(found), *_to_the_digit(found)]
    for column in sheet.all(*AMOUNT_ROLES):
        findings += check_totals(rows, sheet, column, computed if column is target else {})
    findings += _periods(sheet, rows)
    findings += _across(sheet, rows)
    findings += _shares(sheet, rows, target)
    findings += _sanity(sheet, rows)
    return findings, notes


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


def _periods(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[Finding]:
    """Yield whether columns for several periods fit each other: a year is 12 months, a month 30 to 31 days."""
    covered = [column for column in sheet.columns if column.role in ("monthly", "annual")]
    for shorter, longer in combinations(sorted(covered, key=lambda c: c.months), 2):
        ratio = longer.months / shorter.months
        if ratio > 1 and shorter == min(covered, key=lambda c: c.months):
            for row in rows:
                yield from _year_row(sheet, row, shorter, longer, ratio)
    daily, monthly = sheet.first("daily"), sheet.first("monthly")
    if daily is not None and monthly is not None:
        for row in rows:
            yield from _day_row(row, daily, monthly)


def _year_row(sheet: Sheet, row: Sorted, shorter: Column, longer: Column, ratio: float) -> Iterator[Finding]:
    small, large = row.record.number(shorter), row.record.number(longer)
    if small is None or large is None or row.one_time:
        return
    agrees = small.interval.scaled(ratio).meets(large.interval)
    slips = () if agrees else tuple(year_slips(small, large, ratio))
    counts = [n.value for c in sheet.all("count", "quantity") if (n := row.record.number(c)) is not None]
    if not agrees and counts and small.interval.scaled(ratio * counts[0]).meets(large.interval):
        agrees, slips, ratio = True, (), ratio * counts[0]
    yield Finding(
        Verdict.AGREES if agrees else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
        "year",
        row.record.label,
        row.record.row.line,
        longer.header,
        large.text,
        shown(small.value * ratio),
        f"{ratio:g} × {small.text} = {shown(small.value * ratio)}",
        slips,
    )


def _day_row(row: Sorted, daily: Column, monthly: Column) -> Iterator[Finding]:
    small, large = row.record.number(daily), row.record.number(monthly)
    if small is None or large is None:
        return
    fitting = [d for d in DAYS_PER_MONTH if small.interval.scaled(d).meets(large.interval)]
    exact = [d for d in fitting if Interval(small.value, small.value).scaled(d).meets(large.interval)]
    days = (exact or fitting or [DAYS_PER_MONTH[0]])[0]
    yield Finding(
        Verdict.AGREES if fitting else Verdict.DIFFERS,
        "day",
        row.record.label,
        row.record.row.line,
        monthly.header,
        large.text,
        shown(small.value * days),
        f"{days:.4g} × {small.text} = {shown(small.value * days)}",
        remark=f"agrees assuming {days:.4g} days a month, which is not stated" if fitting else "",
    )


def _across(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[Finding]:
    """Yield whether a column of totals is the sum of the other columns, where most rows show that it is meant so."""
    amounts = sheet.all("amount", "monthly", "annual")
    whole = next((c for c in amounts if re.fullmatch(r"(grand )?total|sum|all", c.header.strip().lower())), None)
    if whole is None:
        return
    others = [c for c in amounts if c is not whole and c.months == whole.months]
    judged = []
    for row in rows:
        parts = [number for c in others if (number := row.record.number(c)) is not None]
        number = row.record.number(whole)
        if number is not None and len(parts) > 1 and len(parts) == len(others):
            judged.append((row, number, parts, total(part.interval for part in parts)))
    fitting = sum(added.meets(number.interval) for _, number, _, added in judged)
    if judged and fitting >= len(judged) / 2:
        yield from (_across_row(row, whole, number, parts, added) for row, number, parts, added in judged)


def _across_row(row: Sorted, whole: Column, number: Number, parts: Sequence[Number], added: Interval) -> Finding:
    fits = added.meets(number.interval)
    value = shown(sum(part.value for part in parts))
    formula = f"{' + '.join(part.text for part in parts)} = {value}"
    slips = [
        Explanation("swapped_digits", f"two digits swapped: {t} meant")
        for v, t in swaps(number)
        if added.meets(exactly(v))
    ]
    verdict = Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS
    place = (row.record.label, row.record.row.line, whole.header)
    return Finding(verdict, "across", *place, number.text, value, formula, () if fits else tuple(slips))


def _shares(sheet: Sheet, rows: Sequence[Sorted], target: Column | None) -> Iterator[Finding]:
    """Yield whether shares add to 100 % and are the shares of the amounts."""
    column = sheet.first("share")
    lines = [row for row in rows if row.kind == "line"]
    if column is None:
        return
    shares = [number for row in lines if (number := row.record.number(column)) is not None]
    if len(shares) < 2:
        return
    whole = 100.0 if sum(number.value for number in shares) > 3 else 1.0
    added = total(number.interval for number in shares)
    fits = added.meets(Interval(whole, whole))
    slips = () if fits else tuple(_share_slips(lines, column, added, whole))
    yield Finding(
        Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
        "shares",
        column=column.header,
        found=f"{added.middle:.6g}",
        expected=f"{whole:g}",
        formula=f"the shares add to {added.middle:.6g}",
        explanations=slips,
    )
    if target is not None:
        yield from _each_share(lines, rows, column, target, whole)


def _share_slips(lines: Sequence[Sorted], column: Column, added: Interval, whole: float) -> Iterator[Explanation]:
    """Yield single shares that, changed, would let all add to the whole."""
    for row in lines:
        number, label = row.record.number(column), row.record.label
        if number is None:
            continue
        if added.meets(exactly(whole + number.value)):
            yield Explanation("line_twice", f"'{label}' ({number.text}) counted twice")
        for value, text in swaps(number):
            if added.meets(exactly(whole + number.value - value)):
                yield Explanation("swapped_digits", f"two digits of '{label}' swapped: {text} meant")


def _each_share(
    lines: Sequence[Sorted], rows: Sequence[Sorted], column: Column, target: Column, whole: float
) -> Iterator[Finding]:
    amounts = [number for row in lines if (number := row.record.number(target)) is not None]
    stated = [number for row in rows if row.kind == "total" and (number := row.record.number(target)) is not None]
    base = stated[0].interval if stated else total(number.interval for number in amounts)
    if base.low <= 0:
        return
    for row in lines:
        amount, share = row.record.number(target), row.record.number(column)
        if amount is None or share is None:
            continue
        value = (amount.interval * base.inverse()).scaled(whole)
        fits = value.meets(share.interval)
        swapped = [text for v, text in swaps(share) if value.meets(Interval(v, v).widened(share.interval.half))]
        slips = () if fits else tuple(Explanation("swapped_digits", f"two digits swapped: {t} meant") for t in swapped)
        yield Finding(
            Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
            "share",
            row.record.label,
            row.record.row.line,
            column.header,
            share.text,
            f"{value.middle:.4g}",
            f"{amount.text} / {shown(base.middle)} = {value.middle:.4g}{' %' if whole == 100 else ''}",
            slips,
        )


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

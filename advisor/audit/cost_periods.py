"""Do columns for several periods fit each other? A year is 12 months, a month 30 to 31 days, and upfront comes once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.audit.column_roles import Column
from advisor.audit.columns import Sheet
from advisor.audit.cost_lines import shown
from advisor.audit.cost_rows import Sorted
from advisor.audit.extras import Change, changes
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly, total
from advisor.audit.numbers import Number
from advisor.audit.readings import DAYS_PER_MONTH
from advisor.audit.total_slips import year_slips

_WITH_ONCE = re.compile(r"total|tco|first[- ]year|year 1\b|all[- ]in", re.IGNORECASE)


@dataclass(frozen=True)
class Once:
    """What arises once beside what recurs: the part of the month's amount, what the longer period holds, in words."""

    in_month: Interval
    in_long: Interval
    words: str


def check_periods(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[Finding]:
    """Yield whether columns for several periods fit each other."""
    for shorter, longer in _pairs(sheet, rows):
        ratio = longer.months / shorter.months
        for row in rows:
            yield from _year_row(sheet, rows, row, shorter, longer, ratio)
    yield from _by_months(sheet, rows)
    daily, monthly = sheet.first("daily"), sheet.first("monthly")
    if daily is not None and monthly is not None:
        for row in rows:
            yield from _day_row(row, daily, monthly)


def _pairs(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[tuple[Column, Column]]:
    """Yield columns of the shortest period with the longer ones that are so many times theirs.

    As many long columns as short ones pair in order (low and high); of several short ones, a long one belongs to the
    one that fits it in the most rows; to none when it covers as much as all together, which makes it their sum.
    """
    covered = [column for column in sheet.columns if column.role in ("monthly", "annual")]
    least = min((column.months for column in covered), default=0.0)
    short = [column for column in covered if column.months == least]
    for months in sorted({column.months for column in covered} - {least}):
        long = [column for column in covered if column.months == months]
        if len(long) == len(short):
            yield from zip(short, long, strict=True)
        elif len(short) == 1:
            yield from ((short[0], column) for column in long)
        elif sum(column.months for column in short) != months:
            for column in long:
                best = max(short, key=lambda c: _fitting(rows, c, column))
                if _fitting(rows, best, column):
                    yield best, column


def _fitting(rows: Sequence[Sorted], short: Column, long: Column) -> int:
    ratio = long.months / short.months
    pairs = ((row.record.number(short), row.record.number(long)) for row in rows)
    return sum(a.interval.scaled(ratio).meets(b.interval) for a, b in pairs if a and b)


def _by_months(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[Finding]:
    """Judge an amount beside a cost a month and a number of months, where nothing else gives it."""
    months, monthly = sheet.first("months"), sheet.first("monthly")
    whole = next((c for c in reversed(sheet.columns) if c.role == "amount"), None)
    if months is None or monthly is None or whole is None or whole.index < monthly.index or sheet.all("price"):
        return
    for row in rows:
        count = row.record.number(months)
        if count is not None and count.value > 0:
            yield from _year_row(sheet, rows, row, monthly, whole, count.value)


def _year_row(
    sheet: Sheet, rows: Sequence[Sorted], row: Sorted, shorter: Column, longer: Column, ratio: float
) -> Iterator[Finding]:
    small, large = row.record.number(shorter), row.record.number(longer)
    if small is None or large is None or row.one_time:
        return
    once = _once(sheet, rows, row, shorter, longer)
    counts = [1.0, *(n.value for c in sheet.all("count", "quantity") if (n := row.record.number(c)) is not None)][:2]
    ways = [way for count in counts for way in _ways(small, ratio * count, once, longer)]
    between = [c for c in sheet.all("discount", "tax") if shorter.index < c.index < longer.index]
    ways = [_changed(way, change) for way in ways for change in changes(row.record, between)]
    fitting = [(value, words) for value, words in ways if value.meets(large.interval)]
    value, words = (fitting or ways)[0]
    slips = () if fitting else tuple(_slips(small, large, ratio, once))
    if not fitting and between and exactly(small.value * ratio).meets(large.interval):
        slips = (Explanation(f"{between[0].role}_left_out", f"'{between[0].header}' left out"),)
    remark = ""
    if fitting and once is not None and once.words and once.words not in words:
        remark = f"{once.words} is not in it"
    yield Finding(
        Verdict.AGREES if fitting else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
        "year",
        row.record.label,
        row.record.row.line,
        longer.header,
        large.text,
        shown(value.middle),
        f"{words} = {shown(value.middle)}",
        slips,
        remark=remark,
    )


def _ways(small: Number, ratio: float, once: Once | None, longer: Column) -> Iterator[tuple[Interval, str]]:
    """Yield what the longer period may hold, in words: months alone, or with what arises once."""
    if once is None:
        yield small.interval.scaled(ratio), f"{ratio:g} × {small.text}"
        return
    recurring = small.interval + once.in_month.scaled(-1)
    words = f"{ratio:g} × {small.text}" if not once.in_month.high else f"{ratio:g} × {shown(recurring.middle)}"
    yield recurring.scaled(ratio) + once.in_long, f"{words} + {once.words}"
    if not _WITH_ONCE.search(longer.header):
        yield recurring.scaled(ratio), words


def _changed(way: tuple[Interval, str], changed: Sequence[Change]) -> tuple[Interval, str]:
    """Return what a longer period holds after a discount or a tax that stands between the columns."""
    value, words = way
    for change in changed:
        value = change.applied(value)
        words = f"({words}) × {change.factor.words}" if change.whole else f"{words} + {change.factor.words}"
    return value, words


def _once(sheet: Sheet, rows: Sequence[Sorted], row: Sorted, shorter: Column, longer: Column) -> Once | None:
    """Return what arises once in a row: in a column of its own, or as lines that a total holds; None for nothing."""
    columns = sheet.all("one_time")
    stated = [n for c in columns if (n := row.record.number(c)) is not None and n.value]
    if stated:
        words = " + ".join(f"{n.text} once" for n in stated)
        return Once(exactly(0.0), total(n.interval for n in stated), words)
    lines = [one for one in rows if one.kind == "line" and one.one_time]
    if row.kind not in ("total", "subtotal") or not lines:
        return None
    once, long = _added(lines, shorter), _added(lines, longer)
    recurring = _added([one for one in rows if one.kind == "line" and not one.one_time], shorter)
    small = row.record.number(shorter)
    held = small is not None and not recurring.meets(small.interval)
    return Once(once if held else exactly(0.0), long, f"{shown(long.middle)} once") if long.high else None


def _added(rows: Sequence[Sorted], column: Column) -> Interval:
    return total(n.interval for row in rows if (n := row.record.number(column)) is not None)


def _slips(small: Number, large: Number, ratio: float, once: Once | None) -> Iterator[Explanation]:
    """Yield what would explain a longer period that does not follow from the shorter one."""
    if once is None:
        yield from year_slips(small, large, ratio)
        return
    recurring = exactly(small.value - once.in_month.middle)
    alone, upfront = recurring.scaled(ratio), once.in_long
    if alone.meets(large.interval):
        yield Explanation("one_time_left_out", f"{once.words} left out")
    if once.in_month.high and exactly(small.value * ratio).meets(large.interval):
        yield Explanation("one_time_in_monthly", f"the one-time cost in {small.text} multiplied by {ratio:g}")
    if (alone + exactly(upfront.middle * ratio)).meets(large.interval):
        yield Explanation("one_time_in_monthly", f"{once.words} counted every month")
    if (recurring.scaled(1.0) + upfront).meets(large.interval) and ratio != 1:
        yield Explanation("month_year", f"not multiplied by {ratio:g}")


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

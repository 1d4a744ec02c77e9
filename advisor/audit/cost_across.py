"""Sums along a row: a column of totals beside its parts, and amounts before and after a discount or a tax."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.audit.column_roles import Column
from advisor.audit.columns import Sheet
from advisor.audit.cost_lines import shown
from advisor.audit.cost_rows import Sorted
from advisor.audit.extras import changes, changing
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly, total
from advisor.audit.numbers import Number
from advisor.audit.slips import swaps
from advisor.audit.vocabulary import AMOUNT_ROLES

_WHOLE = re.compile(r"^(grand |overall |combined )?(totals?|sum|all|gesamt\w*)\b|\btotal$", re.IGNORECASE)


@dataclass(frozen=True)
class Judged:
    """A row whose parts and whole are all stated: what its parts add up to."""

    row: Sorted
    number: Number
    parts: tuple[Number, ...]

    @property
    def added(self) -> Interval:
        """The sum of the parts, with their roundings."""
        return total(part.interval for part in self.parts)

    @property
    def fits(self) -> bool:
        """Whether they add up to what is printed."""
        return self.added.meets(self.number.interval)


def check_across(sheet: Sheet, rows: Sequence[Sorted]) -> tuple[list[Finding], list[str]]:
    """Judge a column of totals against the columns it adds, where half of the lines show that it is meant so."""
    found = [*_changed(sheet, rows), *_differences(sheet, rows)]
    notes: list[str] = []
    for whole in [c for c in sheet.all(*AMOUNT_ROLES) if _WHOLE.search(c.header.strip())]:
        parts = _parts_of(sheet, whole)
        judged = _rows(rows, whole, parts)
        lines = [one for one in judged if one.row.kind == "line"] or judged
        fitting = sum(one.fits for one in lines)
        if not judged or len(parts) < 2:
            continue
        if fitting >= len(lines) / 2:
            found += [_finding(one, whole) for one in judged]
        else:
            names = ", ".join(f"'{c.header}'" for c in parts)
            notes.append(f"'{whole.header}' is not the sum of {names} in most rows: not taken for one")
    return found, notes


def _parts_of(sheet: Sheet, whole: Column) -> list[Column]:
    """Return the amounts of one kind that a column of totals may add: those before it, else those after it."""
    totals = [c for c in sheet.all(*AMOUNT_ROLES) if _WHOLE.search(c.header.strip())]
    others = [c for c in sheet.all(*AMOUNT_ROLES) if c not in totals]
    before = [c for c in others if c.index < whole.index]
    for listed in (before, others):
        for months in sorted({c.months for c in listed}):
            kept = [c for c in listed if c.months == months]
            together = len(kept) * months
            if len(kept) > 1 and (months == whole.months or 0 in (months, whole.months) or together == whole.months):
                return kept
    return []


def _rows(rows: Sequence[Sorted], whole: Column, parts: Sequence[Column]) -> list[Judged]:
    found = []
    for row in rows:
        number = row.record.number(whole)
        numbers = [n for c in parts if (n := row.record.number(c)) is not None]
        if number is not None and len(numbers) == len(parts):
            found.append(Judged(row, number, tuple(numbers)))
    return found


def _finding(one: Judged, whole: Column) -> Finding:
    value = shown(sum(part.value for part in one.parts))
    exact = exactly(sum(part.value for part in one.parts))
    slips = () if one.fits else tuple(_slips(one, exact))
    verdict = Verdict.AGREES if one.fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS
    place = (one.row.record.label, one.row.record.row.line, whole.header)
    formula = f"{' + '.join(part.text for part in one.parts)} = {value}"
    return Finding(verdict, "across", *place, one.number.text, value, formula, slips)


def _slips(one: Judged, exact: Interval) -> Iterator[Explanation]:
    half = one.number.interval.half
    for value, text in swaps(one.number):
        if exact.meets(exactly(value).widened(half)):
            yield Explanation("swapped_digits", f"two digits swapped: {text} meant")


def _changed(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[Finding]:
    """Judge every amount that stands after a discount or a tax against the amount of its kind before it."""
    columns = sheet.all("monthly", "annual", "amount")
    for column in columns:
        before = [c for c in columns if c.index < column.index and c.role == column.role]
        between = [c for c in changing(sheet, column) if c.role != "one_time"]
        if before and between:
            for row in rows:
                yield from _changed_row(row, before[-1], column, between)


def _changed_row(row: Sorted, before: Column, column: Column, between: Sequence[Column]) -> Iterator[Finding]:
    base, number = row.record.number(before), row.record.number(column)
    ways = changes(row.record, between)
    if base is None or number is None or not any(ways):
        return
    values = []
    for way in ways:
        value = base.interval
        for change in way:
            value = change.applied(value)
        values.append((value, f"{base.text} {' '.join(_words(change.factor.words) for change in way)}"))
    fitting = [value for value in values if value[0].meets(number.interval)]
    value, words = (fitting or values)[0]
    left_out = not fitting and base.interval.meets(number.interval)
    slips = (Explanation(f"{between[0].role}_left_out", f"'{between[0].header}' left out"),) if left_out else ()
    verdict = Verdict.AGREES if fitting else Verdict.EXPLAINED if slips else Verdict.DIFFERS
    place = (row.record.label, row.record.row.line, column.header)
    formula = f"{words} = {shown(value.middle)}"
    yield Finding(verdict, "across", *place, number.text, shown(value.middle), formula, slips)


def _words(words: str) -> str:
    return f"× {words}" if words.startswith("(") else words if words.startswith("−") else f"+ {words}"


def _differences(sheet: Sheet, rows: Sequence[Sorted]) -> Iterator[Finding]:
    """Judge a column of savings against the two amounts before it, where half of the lines show that it is meant so."""
    column = sheet.first("difference")
    before = [c for c in sheet.all(*AMOUNT_ROLES) if column is not None and c.index < column.index]
    if column is None or len(before) < 2 or before[-2].months != before[-1].months:
        return
    judged = _rows(rows, column, before[-2:])
    lines = [one for one in judged if one.row.kind == "line"] or judged
    if sum(_difference(one).meets(one.number.interval) for one in lines) < len(lines) / 2:
        return
    for one in judged:
        value = _difference(one)
        fits = value.meets(one.number.interval)
        place = (one.row.record.label, one.row.record.row.line, column.header)
        formula = f"{one.parts[0].text} − {one.parts[1].text} = {shown(value.middle)}"
        verdict = Verdict.AGREES if fits else Verdict.DIFFERS
        yield Finding(verdict, "across", *place, one.number.text, shown(value.middle), formula)


def _difference(one: Judged) -> Interval:
    """Return the first amount less the second; the other way round where the printed sign says so."""
    value = one.parts[0].interval + one.parts[1].interval.scaled(-1)
    return value.scaled(-1) if value.scaled(-1).meets(one.number.interval) else value

"""Do the lines add up to the stated subtotals and totals, and if not, why?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from advisor.audit import units
from advisor.audit.columns import Column, Sheet
from advisor.audit.cost_lines import shown
from advisor.audit.cost_rows import Sorted, per_unit
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly, total
from advisor.audit.numbers import Number
from advisor.audit.slips import MOST_CHANCE, swaps

MAX_LISTED = 8
MAX_FOR_PAIRS = 60
_POWERS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)


@dataclass(frozen=True)
class Part:
    """A line that is added: its label, its amount, and whether it arises once."""

    label: str
    number: Number
    one_time: bool = False


@dataclass(frozen=True)
class Sum:
    """What a total may be the sum of, in words."""

    parts: tuple[Part, ...]
    words: str

    @property
    def interval(self) -> Interval:
        """The sum, with the roundings of its parts."""
        return total(part.number.interval for part in self.parts)

    @property
    def value(self) -> float:
        """The sum of what is printed."""
        return sum(part.number.value for part in self.parts)


def check_totals(rows: Sequence[Sorted], sheet: Sheet, column: Column, lines: Mapping[str, float]) -> Iterator[Finding]:
    """Judge every subtotal, total and derived figure of one column of amounts.

    Args:
        rows: the table's rows, sorted.
        sheet: the table.
        column: a column of amounts.
        lines: label -> amount that follows from price and quantity, for lines that do not agree.
    """
    refused = _refused(rows, column)
    if refused is not None:
        yield refused
        return
    everything: list[Part] = []
    section: list[Part] = []
    subtotals: list[Part] = []
    unknown: list[str] = []
    base: tuple[Number, str] | None = None
    yield from _parts(rows, sheet, column, lines)
    for row in rows:
        number = row.record.number(column)
        if row.kind in ("line", "heading"):
            if number is not None:
                part = Part(row.record.label, number, row.one_time)
                everything.append(part)
                section.append(part)
            elif row.kind == "line" and _states_something(row, column):
                unknown.append(row.record.label)
            continue
        if number is None or row.kind == "part":
            continue
        if row.kind == "derived":
            yield from _per_unit(row, column, number, base)
            continue
        yearly = _yearly(row, column)
        if yearly and base is not None:
            yield _year_of(row, column, number, base)
            continue
        sums = list(_sums(row, everything, section, subtotals, column))
        if not sums:
            continue
        context = _Context(row, column, number, unknown, tuple(subtotals), lines, yearly)
        yield _judged(context, sums)
        base = (number, row.record.label)
        subtotals.append(Part(row.record.label, number))
        section = []


def _parts(rows: Sequence[Sorted], sheet: Sheet, column: Column, lines: Mapping[str, float]) -> Iterator[Finding]:
    """Judge every line that is broken down into parts below it ("└─ ...")."""
    parent: Sorted | None = None
    found: dict[int, tuple[Sorted, list[Part]]] = {}
    for row in rows:
        number = row.record.number(column)
        if row.kind == "part" and parent is not None and number is not None:
            found.setdefault(id(parent), (parent, []))[1].append(Part(row.record.label, number, row.one_time))
        elif row.kind != "part":
            parent = row
    for whole, parts in found.values():
        number = whole.record.number(column)
        if number is not None:
            context = _Context(whole, column, number, (), (), lines, yearly=False)
            yield _judged(context, [Sum(tuple(parts), "the parts below it")])


def _refused(rows: Sequence[Sorted], column: Column) -> Finding | None:
    """Return a refusal to add amounts of several currencies or periods."""
    numbers = [n for row in rows if row.kind == "line" and (n := row.record.number(column)) is not None and n.value]
    currencies = sorted({number.currency for number in numbers if number.currency})
    times = sorted({time for number in numbers for time in units.denominators(number.rest).times if "/" in number.rest})
    for kind, found in (("currencies", currencies), ("periods", times)):
        if len(found) > 1:
            ask = "state the rate and convert" if kind == "currencies" else "state one period"
            return Finding(
                Verdict.CANNOT,
                "mixed",
                column=column.header,
                found=", ".join(found),
                expected=f"one of the {kind}",
                formula=f"amounts in {' and '.join(found)} are not added",
                question=ask,
            )
    return None


def _states_something(row: Sorted, column: Column) -> bool:
    cell = row.record.cells.get(column.index)
    return cell is not None and not isinstance(cell, Number) and cell.text not in ("", "-", "—", "–")


def _yearly(row: Sorted, column: Column) -> bool:
    return bool(re.search(r"annual|year", row.record.label, re.IGNORECASE)) and column.months in (0, 1)


def _sums(
    row: Sorted, everything: Sequence[Part], section: Sequence[Part], subtotals: Sequence[Part], column: Column
) -> Iterator[Sum]:
    """Yield what a total may be meant to add, the most natural first."""
    candidates = [Sum(tuple(everything), "all lines")]
    part = Sum(tuple(section), "the lines since the last subtotal" if subtotals else "all lines")
    if section and subtotals:
        candidates = [part, *candidates] if row.kind == "subtotal" else [*candidates, part]
    if subtotals and row.kind == "total":
        candidates.append(Sum((*subtotals, *section), "the subtotals and the lines after them"))
    for candidate in candidates:
        if candidate.parts:
            yield candidate
            recurring = tuple(part for part in candidate.parts if not part.one_time)
            if 0 < len(recurring) < len(candidate.parts):
                yield Sum(recurring, f"{candidate.words} without one-time costs")


@dataclass(frozen=True)
class _Context:
    row: Sorted
    column: Column
    number: Number
    unknown: Sequence[str]
    subtotals: tuple[Part, ...]
    lines: Mapping[str, float]
    yearly: bool

    @property
    def monthly(self) -> bool:
        """Whether column or label say that this is a month's total."""
        return self.column.months == 1 or "month" in self.row.record.label.lower()


def _judged(context: _Context, sums: Sequence[Sum]) -> Finding:
    scales = (1.0, 12.0) if context.yearly else (1.0,)
    for scale in scales:
        for candidate in sums:
            if _adds_up(candidate, context.number, scale):
                return _added(context, candidate, sums, scale)
    wanted, scale = sums[0], 12.0 if context.yearly and context.column.months == 1 else 1.0
    explanations = tuple(_explained(context, sums, scale))
    cannot = "" if explanations or not context.unknown else f"state the amount of {_names(context.unknown)}"
    return Finding(
        Verdict.EXPLAINED if explanations else Verdict.CANNOT if context.unknown else Verdict.DIFFERS,
        "total",
        context.row.record.label,
        context.row.record.row.line,
        context.column.header,
        context.number.text,
        shown(wanted.value * scale),
        _formula(wanted, scale) + f", not {context.number.text}: off by {_signed(context.number, wanted, scale)}",
        explanations,
        cannot,
    )


def _signed(number: Number, wanted: Sum, scale: float) -> str:
    difference = number.value - wanted.value * scale
    nines = round(difference * 100)
    by_nine = nines and nines % 9 == 0 and abs(difference * 100 - nines) < 1e-6
    return f"{'+' if difference > 0 else '−'}{shown(abs(difference))}" + (" (divisible by 9)" if by_nine else "")


def _formula(wanted: Sum, scale: float) -> str:
    texts = [part.number.text for part in wanted.parts]
    middle = f"{' + '.join(texts[:MAX_LISTED])}{' + …' if len(texts) > MAX_LISTED else ''}"
    body = f"({middle}) × 12" if scale != 1 else middle
    return f"{wanted.words} ({len(texts)}): {body} = {shown(wanted.value * scale)}"


def _adds_up(candidate: Sum, number: Number, scale: float) -> bool:
    ranges = [part.number for part in candidate.parts if part.number.is_range]
    if not ranges:
        return candidate.interval.scaled(scale).meets(number.interval)
    singles = [part.number for part in candidate.parts if not part.number.is_range]
    reach = total(single.interval for single in singles)
    low = reach.middle + sum(r.interval.low for r in ranges)
    high = reach.middle + sum(r.interval.high for r in ranges)
    if not number.is_range:
        return Interval(low * scale, high * scale).widened(reach.half * scale).meets(number.interval)
    slack = reach.half * scale + 0.5
    return abs(low * scale - number.interval.low) <= slack and abs(high * scale - number.interval.high) <= slack


def _added(context: _Context, candidate: Sum, sums: Sequence[Sum], scale: float) -> Finding:
    once = [part.label for part in candidate.parts if part.one_time]
    mixed = bool(once) and context.monthly and any("without one-time" in s.words for s in sums)
    remarks = []
    if "without one-time" in candidate.words:
        remarks.append("one-time costs are left out, as they should be")
    if context.unknown:
        remarks.append(f"{_names(context.unknown)} states no amount and is not in it")
    slip = Explanation("one_time_in_monthly", f"the one-time cost of {_names(once)} added to a month's total")
    recurring = sum(part.number.value for part in candidate.parts if not part.one_time)
    return Finding(
        Verdict.EXPLAINED if mixed else Verdict.AGREES,
        "total",
        context.row.record.label,
        context.row.record.row.line,
        context.column.header,
        context.number.text,
        shown((recurring if mixed else candidate.value) * scale),
        _formula(candidate, scale),
        (slip,) if mixed else (),
        remark="; ".join(remarks),
    )


def _names(labels: Sequence[str]) -> str:
    return ", ".join(f"'{label}'" for label in labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")


def _explained(context: _Context, sums: Sequence[Sum], scale: float) -> Iterator[Explanation]:
    """Yield what would explain a total that is not the sum, simplest first."""
    seen: set[str] = set()
    for wanted in sums[:1] if len(sums) == 1 else sums[:2]:
        for explanation in (
            *_one_line(context, wanted, scale),
            *_whole(context, wanted, scale),
            *_run_left_out(context, wanted, scale),
        ):
            if explanation.text not in seen:
                seen.add(explanation.text)
                yield explanation
    if not seen:
        yield from _two_lines(context, sums[0], scale)


def _one_line(context: _Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
    """Yield slips with one part of the sum."""
    tolerance = 2 * (wanted.interval.half + context.number.interval.half / scale)
    for part in wanted.parts:
        value, name = part.number.value, f"'{part.label}' ({part.number.text})"
        if value == 0 or part.number.is_range:
            continue
        powers = [p for p in _POWERS if abs(value * p) > tolerance]  # less is the same as left out
        changes = [
            ("line_left_out", -value, f"the line {name} left out"),
            ("line_twice", value, f"the line {name} counted twice"),
            ("wrong_sign", -2 * value, f"the line {name} added with the wrong sign"),
            *(("decimal_point", value * (p - 1), f"the line {name} added as {shown(value * p)}") for p in powers),
            *(("swapped_digits", v - value, f"the line {name} added as {text}") for v, text in swaps(part.number)),
        ]
        if part.label in context.lines:
            right = context.lines[part.label]
            text = f"the line {name} added as {shown(right)}, which is what its price and quantity give"
            changes.insert(0, ("line_corrected", right - value, text))
        for slip, change, text in changes:
            if slip == "swapped_digits" and abs(change - changes[0][1]) <= tolerance and part.label in context.lines:
                continue  # the same as the corrected line
            if _moved(wanted, change, scale).meets(context.number.interval):
                yield Explanation(slip, text)
    for part in context.subtotals:
        if part not in wanted.parts and _moved(wanted, part.number.value, scale).meets(context.number.interval):
            text = f"the subtotal '{part.label}' ({part.number.text}) counted together with its lines"
            yield Explanation("subtotal_with_lines", text)


def _moved(wanted: Sum, change: float, scale: float) -> Interval:
    return (wanted.interval + exactly(change)).scaled(scale)


def _whole(context: _Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
    """Yield slips with the total itself."""
    interval = wanted.interval.scaled(scale)
    for value, text in swaps(context.number):
        half = context.number.interval.half
        if interval.meets(Interval(value - half, value + half)):
            yield Explanation("swapped_digits", f"two digits of the total swapped: {text} meant")
    factors = (
        ("month_year", 12.0, "a year's total where a month's belongs (× 12)"),
        ("month_year", 1 / 12, "a month's total where a year's belongs (÷ 12)"),
        ("decimal_point", 10.0, "decimal point one place off (× 10)"),
        ("decimal_point", 0.1, "decimal point one place off (÷ 10)"),
        ("thousands", 1e3, "thousands mistaken (× 1 000)"),
        ("thousands", 1e-3, "thousands mistaken (÷ 1 000)"),
        ("hundred", 100.0, "cents taken for dollars (× 100)"),
        ("hundred", 0.01, "dollars taken for cents (÷ 100)"),
    )
    for slip, factor, text in factors:
        if wanted.value and interval.scaled(factor).meets(context.number.interval):
            yield Explanation(slip, text)
    rounded = _rounded_to(context.number, wanted.value * scale)
    if rounded:
        yield Explanation("rounded_total", rounded)


def _rounded_to(number: Number, value: float) -> str:
    """Return that a total is the sum in round figures, "" when it is not."""
    for power in (3, 2, 1):
        unit = 10.0**power
        if number.whole and number.value % unit == 0 and abs(number.value) >= 10 * unit:
            if abs(number.value - value) <= unit / 2:
                return f"the total is the sum rounded to {unit:,.0f}s, without saying so"
    return ""


def _run_left_out(context: _Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
    """Yield the first or last few lines left out: a range that was not extended."""
    parts = wanted.parts
    for count in range(2, len(parts) - 1):
        for kept, words in ((parts[count:], "first"), (parts[:-count], "last")):
            if Sum(kept, "").interval.scaled(scale).meets(context.number.interval):
                yield Explanation("lines_left_out", f"the {words} {count} lines left out")


def _two_lines(context: _Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
    """Yield two lines left out, or one left out and one counted twice, where few such pairs meet by chance."""
    parts = [part for part in wanted.parts if part.number.value and not part.number.is_range]
    tolerance = wanted.interval.half + context.number.interval.half / scale
    largest = max((abs(part.number.value) for part in parts), default=0.0)
    pairs = len(parts) * (len(parts) - 1)
    if not largest or len(parts) > MAX_FOR_PAIRS or pairs * tolerance / largest > MOST_CHANCE:
        return
    for a, b in combinations(parts, 2):
        if _moved(wanted, -a.number.value - b.number.value, scale).meets(context.number.interval):
            yield Explanation("lines_left_out", f"the lines '{a.label}' and '{b.label}' left out", weak=True)
        for left, twice in ((a, b), (b, a)):
            if _moved(wanted, twice.number.value - left.number.value, scale).meets(context.number.interval):
                text = f"the line '{left.label}' left out and '{twice.label}' counted twice"
                yield Explanation("line_twice", text, weak=True)


def _year_of(row: Sorted, column: Column, number: Number, base: tuple[Number, str]) -> Finding:
    monthly, label = base
    years = re.search(r"(\d+)[ -]?years?", row.record.label.lower())
    months = 12.0 * (int(years[1]) if years and int(years[1]) <= 50 and not row.record.label.lower().startswith("year") else 1)
    agrees = monthly.interval.scaled(months).meets(number.interval)
    slips = () if agrees else tuple(_year_slips(monthly, number, months))
    return Finding(
        Verdict.AGREES if agrees else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
        "year",
        row.record.label,
        row.record.row.line,
        column.header,
        number.text,
        shown(monthly.value * months),
        f"{months:g} × {monthly.text} ('{label}') = {shown(monthly.value * months)}",
        slips,
    )


def _year_slips(monthly: Number, yearly: Number, months: float) -> Iterator[Explanation]:
    factors = {
        1.0: "not multiplied by 12",
        10.0: "ten months (two of them free?)",
        11.0: "eleven months",
        13.0: "thirteen months of four weeks",
        365 / 30: "365 days of a month of 30",
        52.0: "52 weeks",
        144.0: "multiplied by 12 twice",
    }
    for factor, text in factors.items():
        if monthly.interval.scaled(factor * months / 12).meets(yearly.interval):
            yield Explanation("month_year", text)
    for value, text in swaps(yearly):
        half = yearly.interval.half
        if monthly.interval.scaled(months).meets(Interval(value - half, value + half)):
            yield Explanation("swapped_digits", f"two digits swapped: {text} meant")
    for value, text in swaps(monthly):
        half = monthly.interval.half
        if Interval(value - half, value + half).scaled(months).meets(yearly.interval):
            yield Explanation("swapped_digits", f"two digits of the month's amount swapped: {text} meant")


def _per_unit(row: Sorted, column: Column, number: Number, base: tuple[Number, str] | None) -> Iterator[Finding]:
    per = per_unit(row.record.label)
    if per is None or base is None:
        return
    place = (row.record.label, row.record.row.line, column.header, number.text)
    if per.count is None:
        formula = f"{base[0].text} ('{base[1]}') / number of {per.noun}s × {per.scale:g}"
        yield Finding(Verdict.CANNOT, "per_unit", *place, "", formula, question=f"state the number of {per.noun}s")
        return
    value = base[0].interval.scaled(per.scale / per.count)
    agrees = value.meets(number.interval)
    formula = f"{base[0].text} ('{base[1]}') / {per.count:,.15g} × {per.scale:g} = {shown(value.middle)}"
    slips = [] if agrees else [
        Explanation(name, text)
        for name, factor, text in (
            ("month_year", 12.0, "a year's total divided"),
            ("month_year", 1 / 12, "divided by 12 as well"),
            ("thousands", 1000.0, "a factor of 1 000 (× 1 000)"),
            ("thousands", 0.001, "a factor of 1 000 (÷ 1 000)"),
            ("hundred", 100.0, "cents taken for dollars"),
        )
        if value.scaled(factor).meets(number.interval)
    ]
    verdict = Verdict.AGREES if agrees else Verdict.EXPLAINED if slips else Verdict.DIFFERS
    yield Finding(verdict, "per_unit", *place, shown(value.middle), formula, tuple(slips))

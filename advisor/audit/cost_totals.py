"""Do the lines add up to the stated subtotals and totals, and if not, why?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from advisor.audit import units
from advisor.audit.column_roles import Column
from advisor.audit.columns import Sheet
from advisor.audit.cost_lines import shown
from advisor.audit.cost_rows import Sorted, per_unit
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, total
from advisor.audit.numbers import Number
from advisor.audit.total_slips import Context, Part, Sum, explained, year_slips

MAX_LISTED = 8
_APART = ("optional", "future", "deferred")
MOST_YEARS = 50  # "3 years" is a period, "Year 2026" is not


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
                part = Part(row.record.label, number, row.one_time, " ".join(row.record.row.cells))
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
        context = Context(row, column, number, unknown, tuple(subtotals), lines, yearly)
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
            context = Context(whole, column, number, (), (), lines, yearly=False)
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
            yield from _set_apart(row.record.label, candidate)


def _set_apart(label: str, whole: Sum) -> Iterator[Sum]:
    """Yield sums without lines that are set apart: optional or future ones, and what the total says it is without."""
    without = re.search(r"\b(?:no|without|w/o|excl\w*\.?|before)\s+(\w{2,})", label, re.IGNORECASE)
    words = [*_APART, *([re.escape(without[1])] if without else [])]
    for word in words:
        kept = tuple(part for part in whole.parts if not re.search(rf"\b{word}", part.text, re.IGNORECASE))
        if 0 < len(kept) < len(whole.parts):
            yield Sum(kept, f"{whole.words} without those set apart as '{word}'")


_STATED_SHARE = re.compile(
    r"(?P<how>\b(?:incl\w*\.?|with|plus|after|less|minus)|[-+−])\s*(?:a |of |the )?"
    r"(?P<share>\d+(?:\.\d+)?)\s*%\s*(?P<what>[a-z]*)",
    re.IGNORECASE,
)
_TAKEN_OFF = re.compile(r"discount|saving|rebate|credit|reduction", re.IGNORECASE)


def _stated_share(label: str) -> tuple[float, str] | None:
    """Return by what a total says that it changes the sum of its lines, and in words; None when it says nothing.

    >>> _stated_share("Total (incl. 10% buffer)"), _stated_share("Total after 20% discount")
    ((1.1, '10% buffer'), (0.8, '20% discount'))
    """
    match = _STATED_SHARE.search(label)
    if match is None:
        return None
    share = float(match["share"]) / 100
    off = _TAKEN_OFF.search(match["what"]) or match["how"].lower() in ("less", "minus", "-", "−")
    return (round(1 - share, 12) if off else 1 + share), f"{match['share']}% {match['what']}".strip()


def _shared(context: Context, sums: Sequence[Sum]) -> Finding | None:
    """Judge a total that says by which share it differs from its lines: with a buffer, after a discount."""
    stated = _stated_share(context.row.record.label)
    if stated is None:
        return None
    factor, words = stated
    fits = next((s for s in sums if _adds_up(s, context.number, factor)), None)
    chosen = fits or sums[0]
    slips = (
        ()
        if fits or not _adds_up(chosen, context.number, 1.0)
        else (Explanation("stated_share_left_out", f"the {words} of its label left out"),)
    )
    value = shown(chosen.value * factor)
    return Finding(
        Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
        "total",
        context.row.record.label,
        context.row.record.row.line,
        context.column.header,
        context.number.text,
        value,
        f"{_formula(chosen, 1.0)}; × {factor:g} ({words}) = {value}",
        slips,
    )


def _judged(context: Context, sums: Sequence[Sum]) -> Finding:
    shared = _shared(context, sums)
    if shared is not None:
        return shared
    scales = (1.0, 12.0) if context.yearly else (1.0,)
    for scale in scales:
        for candidate in sums:
            if _adds_up(candidate, context.number, scale):
                return _added(context, candidate, sums, scale)
    wanted, scale = sums[0], 12.0 if context.yearly and context.column.months == 1 else 1.0
    explanations = tuple(explained(context, sums, scale))
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


def _added(context: Context, candidate: Sum, sums: Sequence[Sum], scale: float) -> Finding:
    once = [part.label for part in candidate.parts if part.one_time]
    mixed = bool(once) and context.monthly and any("without one-time" in s.words for s in sums)
    remarks = []
    if "without one-time" in candidate.words:
        remarks.append("one-time costs are left out, as they should be")
    if "set apart" in candidate.words:
        remarks.append(candidate.words)
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


def _year_of(row: Sorted, column: Column, number: Number, base: tuple[Number, str]) -> Finding:
    monthly, label = base
    years = re.search(r"(\d+)[ -]?years?", row.record.label.lower())
    months = 12.0 * (int(years[1]) if years and 0 < int(years[1]) <= MOST_YEARS else 1)
    agrees = monthly.interval.scaled(months).meets(number.interval)
    slips = () if agrees else tuple(year_slips(monthly, number, months))
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
    slips = (
        []
        if agrees
        else [
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
    )
    verdict = Verdict.AGREES if agrees else Verdict.EXPLAINED if slips else Verdict.DIFFERS
    yield Finding(verdict, "per_unit", *place, shown(value.middle), formula, tuple(slips))

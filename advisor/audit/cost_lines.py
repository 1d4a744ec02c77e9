"""Does each line of a cost table follow from its price, quantity, count and time?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.audit import slips
from advisor.audit.columns import Column, Record, Sheet
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval
from advisor.audit.numbers import Number, read
from advisor.audit.readings import Assumed, Reading, pricing, readings
from advisor.audit.text_factors import text_factors, with_text

LENGTH_OF_MONTH = "h/month"
COARSE = 0.05  # an amount with fewer digits than this is not said to be cut off


@dataclass(frozen=True)
class Line:
    """A line to be judged: its record, the amount printed for it, and the ways to read it."""

    record: Record
    amount: Number
    column: Column
    readings: tuple[Reading, ...]
    with_text: tuple[Reading, ...]


def check_lines(
    records: Sequence[Record], sheet: Sheet, column: Column, months: float, assumed: Assumed
) -> tuple[list[Finding], int]:
    """Judge every line that states a price.

    Returns:
        Findings, and how many lines with an amount state no price.
    """
    lines, silent = [], 0
    for record in records:
        amount = record.number(column)
        if amount is None:
            continue
        found = readings(record, sheet, column, months, assumed)
        if not found:
            silent += amount.value != 0
            continue
        lines.append(Line(record, amount, column, tuple(found), tuple(_with_text(record, sheet, column, found))))
    hours = _month_of_table(lines)
    prices = _prices(lines)
    return [_judged(line, prices, hours, bool(months)) for line in lines], silent


def _with_text(record: Record, sheet: Sheet, column: Column, found: Sequence[Reading]) -> list[Reading]:
    priced = pricing(record, sheet)
    if priced is None or priced.worked:
        return []
    factors = text_factors(record, sheet, priced.per, column)
    return [extended for reading in found for extended in with_text(reading, factors)]


def _month_of_table(lines: Sequence[Line]) -> set[str]:
    """Return the lengths of a month under which the most lines agree exactly: one table has one calendar."""
    votes: Counter[str] = Counter()
    for line in lines:
        fitting = [r for r in line.readings if _fits(r.exact, line.amount)]
        if all(any(LENGTH_OF_MONTH in words for words in r.unstated) for r in fitting):
            votes.update({words for r in fitting for words in r.unstated if LENGTH_OF_MONTH in words})
    most = max(votes.values(), default=0)
    return {words for words, count in votes.items() if count == most}


def _fits(value: Interval, amount: Number) -> bool:
    return value.meets(amount.interval)


def _fits_cut(value: Interval, amount: Number) -> bool:
    """Return whether an amount was cut off instead of rounded: within one whole unit of its last digit."""
    coarse = amount.approximate or amount.is_range or amount.interval.half > COARSE * abs(amount.value)
    return not coarse and value.meets(amount.interval.widened(amount.interval.half))


def _judged(line: Line, prices: Sequence[tuple[str, Number]], hours: set[str], timed: bool) -> Finding:
    found = agreement(line, hours)
    if found is not None:
        return found
    usable = _for_slips(line, hours)
    candidates = [slips.of_line(reading, line.amount, prices, timed) for reading in usable]
    explanations = slips.explaining(usable, line.amount, candidates)
    closest = usable[0]
    return _finding(line, closest, tuple(explanations))


def _for_slips(line: Line, hours: set[str]) -> list[Reading]:
    """Return the readings to start from: those that rest on least, in the calendar of the rest of the table."""
    open_amount = not any(f.kind in ("quantity", "count", "hours") for f in line.readings[0].factors)
    usable = line.with_text if open_amount and line.with_text else line.readings
    fewest = min(len(reading.unstated) for reading in usable)
    kept = [reading for reading in usable if len(reading.unstated) == fewest]
    in_calendar = [r for r in kept if not hours or _calendar(r) <= hours]
    return in_calendar or kept


def _calendar(reading: Reading) -> set[str]:
    return {words for words in reading.unstated if LENGTH_OF_MONTH in words}


def _prices(lines: Sequence[Line]) -> list[tuple[str, Number]]:
    """Return every price of the table once, with the first row that has it."""
    found: dict[float, tuple[str, Number]] = {}
    for line in lines:
        number = read(line.readings[0].factors[0].text)
        if isinstance(number, Number):
            found.setdefault(number.value, (line.record.label, number))
    return list(found.values())


def agreement(line: Line, hours: set[str]) -> Finding | None:
    """Return that a line agrees and under which reading, None when no reading reproduces it.

    Figures as printed go before figures that may be rounded; within each, what the columns state, then what names and
    notes state, then conventions that nothing states.
    """
    stated = [reading for reading in line.readings if not reading.unstated]
    resting = [reading for reading in line.readings if reading.unstated]
    told = [] if stated else [reading for reading in line.with_text if not reading.unstated]
    attempts = (
        ([r for r in stated if _fits(r.exact, line.amount)], ""),
        ([r for r in told if _fits(r.exact, line.amount)], "text"),
        (_fewest([r for r in resting if _fits(r.exact, line.amount)], hours), ""),
        ([r for r in line.with_text if _fits(r.exact, line.amount)], "text"),
        ([r for r in stated if _fits(r.wide, line.amount)], "rounded"),
        ([r for r in told if _fits(r.wide, line.amount)], "rounded text"),
        (_fewest([r for r in resting if _fits(r.wide, line.amount)], hours), "rounded"),
        ([r for r in line.with_text if _fits(r.wide, line.amount)], "rounded text"),
        ([r for r in line.readings if _fits_cut(r.exact, line.amount)], "cut"),
    )
    for fitting, how in attempts:
        if fitting:
            return _agrees(line, fitting, how)
    return None


def _fewest(fitting: list[Reading], hours: set[str]) -> list[Reading]:
    """Return the readings with the fewest conventions, in the table's calendar where that is possible."""
    if not fitting:
        return []
    fewest = min(len(reading.unstated) for reading in fitting)
    kept = [reading for reading in fitting if len(reading.unstated) == fewest]
    return [r for r in kept if not hours or _calendar(r) <= hours] or kept


def _agrees(line: Line, fitting: Sequence[Reading], how: str) -> Finding:
    reading = fitting[0]
    remarks = []
    if "text" in how:
        figures = [f.words for f in reading.factors if f.kind == "text"]
        remarks.append(f"taking {' and '.join(figures)} from the text of the row")
    if reading.unstated:
        alternatives = dict.fromkeys(" and ".join(r.unstated) for r in fitting)
        remarks.append(f"agrees assuming {' or '.join(alternatives)}, which is not stated")
    if "rounded" in how and reading.factor("price") is not None:
        remarks.append("within the rounding of the printed price")
        remarks += _sharper(line, reading)
    if how == "cut":
        remarks.append("the amount is cut off, not rounded")
    return Finding(
        Verdict.AGREES,
        "line",
        line.record.label,
        line.record.row.line,
        line.column.header,
        line.amount.text,
        shown(reading.exact.middle),
        f"{reading.formula} = {shown(reading.exact.middle)}",
        remark="; ".join(remarks),
    )


def _sharper(line: Line, reading: Reading) -> list[str]:
    """Return a remark when a slip gives the amount to the digit although rounding of the price could, too."""
    if reading.unstated or reading.wide.half < 4 * line.amount.interval.half:
        return []
    exact = [s for s in slips.of_line(reading, line.amount, (), timed=True) if s.name in ("hours", "gb_gib")]
    fitting = dict.fromkeys(s.text for s in exact if reading.exact.scaled(s.factor).meets(line.amount.interval))
    return [f"to the digit it is what {text} gives at the printed price" for text in fitting]


def _finding(line: Line, reading: Reading, explanations: tuple[Explanation, ...]) -> Finding:
    verdict = Verdict.EXPLAINED if explanations else Verdict.CANNOT
    counted = any(factor.kind in ("quantity", "count", "hours", "text") for factor in reading.factors)
    value = shown(reading.exact.middle)
    formula = f"{reading.formula} = {value}, not {line.amount.text}"
    return Finding(
        verdict,
        "line",
        line.record.label,
        line.record.row.line,
        line.column.header,
        line.amount.text,
        value if counted or explanations else "",
        formula if counted or explanations else f"{reading.formula} × how many? = {line.amount.text}",
        explanations,
        "" if explanations else question(line, reading),
    )


def question(line: Line, reading: Reading) -> str:
    """Return the input that is missing, by name."""
    label, asks = line.record.label, []
    price = reading.factors[0].words
    quantity = reading.factor("quantity")
    if not any(factor.kind in ("quantity", "count", "hours") for factor in reading.factors):
        asks.append(f"how much or how many of '{label}' at {price}")
    elif quantity is not None and not any(c.isalpha() for c in quantity.text):
        asks.append(f"the unit of the quantity {quantity.text} at {price}")
    if any(LENGTH_OF_MONTH in words for words in reading.unstated):
        asks.append(f"the hours per month or the schedule of '{label}'")
    if not reading.timed and not asks:
        asks.append(f"what the price {reading.factors[0].words} is per, and the period of {line.amount.text}")
    return "state " + "; ".join(asks or [f"how {line.amount.text} was worked out (discount, tiers, schedule?)"])


def shown(value: float) -> str:
    """Return a number for a formula: to the cent, small ones with four significant digits, thousands apart.

    >>> shown(489.1), shown(1234567.891), shown(0.000123456)
    ('489.10', '1 234 567.89', '0.0001235')
    """
    if value and abs(value) < 1:
        return f"{value:.4g}"
    return f"{value:,.2f}".replace(",", " ")

"""Does each line of a cost table follow from its price, quantity, count and time?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.audit import slips
from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.factors import Reading, is_approximate
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval
from advisor.audit.numbers import Number, read
from advisor.audit.pairing import pricings
from advisor.audit.readings import Assumed, readings
from advisor.audit.text_factors import text_factors, with_text

LENGTH_OF_MONTH = "h/month"
_OWN_PERIOD = re.compile(r"annual|year|/ ?yr\b|month|/ ?mo\b", re.IGNORECASE)
_MORE = re.compile(
    r"\btiers?\b|tiered|reserv|spot\b|savings? plan|discount|promo|free|includ|commit|minimum|\bmin\b"
    r"|[x×]\s*\d|\d\s*[x×]|blended|average|avg|approx|/ ?(day|week)|per (day|week)|varies|variable|partial|prorat",
    re.IGNORECASE,
)  # what a row says of itself that price and quantity do not hold
MOST_ROUNDED = 0.06  # relative: a figure that is rounded by more has too few digits to tell right from wrong
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
    lines = _of_one_period(lines)
    hours = _month_of_table(lines)
    prices = _prices(lines)
    judged = [_judged(line, prices, hours, bool(months)) for line in lines]
    return [*judged, *_two_periods(lines, column)], silent


def _with_text(record: Record, sheet: Sheet, column: Column, found: Sequence[Reading]) -> list[Reading]:
    priced = pricings(record, sheet, column)
    if len(priced) != 1 or priced[0].worked or len(priced[0].terms) > 1:
        return []
    factors = text_factors(record, sheet, priced[0].per, column)
    return [extended for reading in found for extended in with_text(reading, factors)]


def _of_one_period(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with the readings of the period that most of them show: one column covers one period.

    A line that says a period itself is left as it is; so are all when as many lines show one as the other.
    """
    votes = Counter({period: len(found) for period, found in _shown(lines).items()}).most_common(2)
    if not votes or len({count for _, count in votes}) < len(votes):
        return list(lines)
    return [line if _OWN_PERIOD.search(_text(line)) else _in_period(line, votes[0][0]) for line in lines]


def _shown(lines: Sequence[Line]) -> dict[float, list[Line]]:
    """Return the lines that agree under one period only, by that period."""
    found: dict[float, list[Line]] = {}
    for line in lines:
        if (period := _period_of(line)) and not _OWN_PERIOD.search(_text(line)):
            found.setdefault(period, []).append(line)
    return found


def _two_periods(lines: Sequence[Line], column: Column) -> Iterator[Finding]:
    """Yield a finding when as many lines of one column are a month's as are a year's."""
    shown = _shown(lines)
    if len(shown) > 1:
        words = {period: "1 month" if period == 1 else f"{period:g} months" for period in sorted(shown)}
        listed = "; ".join(f"{words[p]}: {', '.join(li.record.label for li in shown[p][:3])}" for p in words)
        ask = f"state the period of '{column.header}'"
        found = " and ".join(words.values())
        yield Finding(Verdict.DIFFERS, "convention", "", 0, column.header, found, "one period", listed, question=ask)


def _period_of(line: Line) -> float:
    """Return the only period of several under which a line agrees, 0 when it tells none apart."""
    periods = {reading.period for reading in line.readings}
    fitting = {reading.period for reading in line.readings if _fits(reading.exact, line.amount)}
    return fitting.pop() if len(periods) > 1 and len(fitting) == 1 else 0.0


def _in_period(line: Line, period: float) -> Line:
    kept = tuple(reading for reading in line.readings if reading.period == period)
    texts = tuple(reading for reading in line.with_text if reading.period == period)
    timed = tuple(replace(reading, timed=True) for reading in kept or line.readings)
    return replace(line, readings=timed, with_text=texts)


def _text(line: Line) -> str:
    return " ".join(line.record.row.cells)


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


def _rounded(reading: Reading) -> Interval:
    """Return what a reading may give when its figures are rounded, as far as that is taken for agreement.

    $0.09 may be $0.0864; that $0.01 is $0.0068 has to be stated.
    """
    exact, wide = reading.exact, reading.wide
    if any(is_approximate(factor) for factor in reading.every):
        return wide
    most = MOST_ROUNDED * abs(exact.middle)
    return Interval(max(wide.low, exact.low - most), min(wide.high, exact.high + most))


def _fits_cut(value: Interval, amount: Number) -> bool:
    """Return whether an amount was cut off instead of rounded: within one whole unit of its last digit."""
    coarse = amount.approximate or amount.is_range or amount.interval.half > COARSE * abs(amount.value)
    return not coarse and value.meets(amount.interval.widened(amount.interval.half))


def _judged(line: Line, prices: Sequence[tuple[str, Number]], hours: set[str], timed: bool) -> Finding:
    found = agreement(line, hours)
    if found is not None:
        return found
    closest, *_ = usable = _for_slips(line, hours)
    usable = [view for reading in usable for view in reading.views()]
    candidates = [slips.of_line(reading, line.amount, prices, timed) for reading in usable]
    counted = not closest.open or closest.factor("text") is not None
    explanations = slips.explaining(usable, line.amount, candidates) if counted else []
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
        for factor in line.readings[0].every:
            number = read(factor.text) if factor.kind == "price" else None
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
        ([r for r in stated if _fits(_rounded(r), line.amount)], "rounded"),
        ([r for r in told if _fits(_rounded(r), line.amount)], "rounded text"),
        (_fewest([r for r in resting if _fits(_rounded(r), line.amount)], hours), "rounded"),
        ([r for r in line.with_text if _fits(_rounded(r), line.amount)], "rounded text"),
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
    differs = _complete(line, reading) and not _fits(reading.wide, line.amount)
    verdict = Verdict.EXPLAINED if explanations else Verdict.DIFFERS if differs else Verdict.CANNOT
    counted = any(factor.kind in ("quantity", "count", "hours", "text") for factor in reading.every)
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
        "" if explanations or differs else question(line, reading),
    )


def _complete(line: Line, reading: Reading) -> bool:
    """Return whether everything the line needs is stated: it then differs, and there is nothing to ask for."""
    return reading.complete and (reading.worked or not _MORE.search(_text(line)))


def question(line: Line, reading: Reading) -> str:
    """Return the input that is missing, by name."""
    label, asks = line.record.label, []
    price = reading.factors[0].words
    if reading.complete and _fits(reading.wide, line.amount):
        return f"state the figures with more digits: {reading.formula} allows {line.amount.text} only by rounding"
    if "+" in reading.factors[0].text:
        return f"state how much of each is used of what '{price}' prices"
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

"""Why a total is not the sum of its lines, or a year not twelve months: slips that reproduce what is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from advisor.audit.column_roles import Column
from advisor.audit.cost_lines import shown
from advisor.audit.cost_rows import Sorted
from advisor.audit.findings import Explanation
from advisor.audit.interval import Interval, exactly, total
from advisor.audit.numbers import Number
from advisor.audit.slips import MOST_CHANCE, swaps

MAX_FOR_PAIRS = 60
_POWERS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)


@dataclass(frozen=True)
class Part:
    """A line that is added: its label, its amount, whether it arises once, and all that its row says."""

    label: str
    number: Number
    one_time: bool = False
    text: str = ""


@dataclass(frozen=True)
class Sum:
    """What a total may be the sum of, in words."""

    parts: tuple[Part, ...]
    words: str

    @cached_property
    def interval(self) -> Interval:
        """The sum, with the roundings of its parts."""
        return total(part.number.interval for part in self.parts)

    @cached_property
    def value(self) -> float:
        """The sum of what is printed."""
        return sum(part.number.value for part in self.parts)


@dataclass(frozen=True)
class Context:
    """A total that is judged: where it stands, and what else the table says.

    ``unknown`` are lines without an amount; ``lines`` the amounts that follow for lines printed wrong; ``yearly``
    whether the row is a year's total in a column that is not.
    """

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


def explained(context: Context, sums: Sequence[Sum], scale: float) -> Iterator[Explanation]:
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


def _one_line(context: Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
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
            exact = exactly((wanted.value + change) * scale)
            reach = exact if slip == "swapped_digits" else _moved(wanted, change, scale)
            if reach.meets(context.number.interval):
                yield Explanation(slip, text)
    for part in context.subtotals:
        if part not in wanted.parts and _moved(wanted, part.number.value, scale).meets(context.number.interval):
            text = f"the subtotal '{part.label}' ({part.number.text}) counted together with its lines"
            yield Explanation("subtotal_with_lines", text)


def _moved(wanted: Sum, change: float, scale: float) -> Interval:
    return (wanted.interval + exactly(change)).scaled(scale)


def _whole(context: Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
    """Yield slips with the total itself."""
    interval = wanted.interval.scaled(scale)
    for value, text in swaps(context.number):
        half = context.number.interval.half
        if exactly(wanted.value * scale).meets(exactly(value).widened(half)):
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
        round_figure = number.whole and number.value % unit == 0 and abs(number.value) >= 10 * unit
        if round_figure and abs(number.value - value) <= unit / 2:
            return f"the total is the sum rounded to {unit:,.0f}s, without saying so"
    return ""


def _run_left_out(context: Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
    """Yield the first or last few lines left out: a range that was not extended."""
    parts = wanted.parts
    for count in range(2, len(parts) - 1):
        for kept, words in ((parts[count:], "first"), (parts[:-count], "last")):
            if Sum(kept, "").interval.scaled(scale).meets(context.number.interval):
                yield Explanation("lines_left_out", f"the {words} {count} lines left out")


def _two_lines(context: Context, wanted: Sum, scale: float) -> Iterator[Explanation]:
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


def year_slips(monthly: Number, yearly: Number, months: float) -> Iterator[Explanation]:
    """Yield what would explain a year (or several) that is not so many months: at the printed figures, else within
    their rounding; two swapped digits must give every printed digit.
    """
    factors = {
        1.0: "not multiplied by 12",
        10.0: "ten months (two of them free?)",
        11.0: "eleven months",
        13.0: "thirteen months of four weeks",
        365 / 30: "365 days of a month of 30",
        52.0: "52 weeks",
        144.0: "multiplied by 12 twice",
    }
    scaled = {factor * months / 12: text for factor, text in factors.items()} if months % 12 == 0 else {}
    scaled.update({1.0: f"not multiplied by {months:g}", 12.0: f"12 months instead of {months:g}"})
    scaled.pop(months, None)
    exact = [text for factor, text in scaled.items() if exactly(monthly.value * factor).meets(yearly.interval)]
    loose = [text for factor, text in scaled.items() if monthly.interval.scaled(factor).meets(yearly.interval)]
    for text in exact or [f"{text}, within the rounding of {monthly.text}" for text in loose]:
        yield Explanation("month_year", text)
    yield from _swapped_years(monthly, yearly, months)


def _swapped_years(monthly: Number, yearly: Number, months: float) -> Iterator[Explanation]:
    half = yearly.interval.half
    for value, text in swaps(yearly):
        if exactly(monthly.value * months).meets(exactly(value).widened(half)):
            yield Explanation("swapped_digits", f"two digits swapped: {text} meant")
    for value, text in swaps(monthly):
        if exactly(value * months).meets(yearly.interval):
            yield Explanation("swapped_digits", f"two digits of the month's amount swapped: {text} meant")

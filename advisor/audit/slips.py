"""Slips that people make in cost tables, each as the factor by which it moves a figure.

A slip is reported only when it reproduces what is printed, within its precision. Nothing here decides; it lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from advisor.audit import numbers, units
from advisor.audit.extras import NAMES
from advisor.audit.factors import Factor, Reading
from advisor.audit.findings import Explanation
from advisor.audit.interval import Interval, exactly, product
from advisor.audit.numbers import Number

HOURS = {730.0: "730 h", 720.0: "720 h", 744.0: "744 h", 8760.0: "8 760 h (a year)", 24.0: "24 h (a day)"}
DAYS = {30.0: "30 days", 365 / 12: "30.4 days", 31.0: "31 days"}
# A pair of slips is listed only if so few pairs fall together by chance at the figure's precision.
MOST_CHANCE = 0.01
COARSE = 0.1  # an amount with fewer digits is reproduced by too many slips
LARGE = 10_000  # a quantity that people write in thousands or millions
_COUNTED = re.compile(r"req|token|call|quer|message|event|invocation|operation|record|row|\d\s*[kKMB]\b")
_NO_DIGITS = ("text", "discount", "tax")  # their figures are not the factors themselves
MOST_RELATIVE_HALF = 0.02  # a figure less precise than this is reproduced by too much to mean anything


@dataclass(frozen=True)
class Slip:
    """What may have gone wrong: printed = right x ``factor``. Slips of one ``family`` are not combined.

    Of a sum, a slip befalls one product, or all of it when it is ``whole``; ``meant`` is the amount that was meant
    where its digits were swapped. A slip ``of`` a factor befalls every product that the factor is in.
    """

    name: str
    factor: float
    text: str
    family: str = ""
    whole: bool = False
    meant: float | None = None
    of: Factor | None = None


def of_line(reading: Reading, amount: Number, prices: Sequence[tuple[str, Number]], timed: bool) -> list[Slip]:
    """Return the slips that could befall a line, simplest first.

    Args:
        reading: how the line should be read.
        amount: what is printed for it.
        prices: (row, price) of every price in the table.
        timed: whether the amount covers a stated period, so that months and days can be mistaken.
    """
    found = [
        *_left_out(reading),
        *_term_left_out(reading),
        *_counts(reading),
        *_hours(reading),
        *_periods(reading, timed),
        *_sizes(reading),
        *_thousands(reading),
        *_hundreds(),
        *_digits(reading, amount),
        *_free(reading),
        *_tiers(reading),
        *_prices(reading, amount, prices),
    ]
    return [slip for slip in found if slip.factor >= 0 and abs(slip.factor - 1) > 1e-6]


def _left_out(reading: Reading) -> Iterator[Slip]:
    """Yield a discount, tax or fee that was not applied: a factor of the products, or a product by itself."""
    alone = len(reading.factors) == 1 and bool(reading.added)
    for factor in reading.factors:
        if factor.kind in NAMES and factor.exact.middle:
            name = f"{factor.kind}_left_out"
            text = f"the {NAMES[factor.kind]} of {factor.text} left out"
            yield Slip(name, 0.0 if alone else 1 / factor.exact.middle, text, name, of=factor)


def _term_left_out(reading: Reading) -> Iterator[Slip]:
    """Yield one of several prices, with what it multiplies, that was not added."""
    price = reading.factor("price")
    priced = sum(any(factor.kind == "price" for factor in factors) for factors in (reading.factors, *reading.added))
    if price is not None and priced > 1:
        words = " × ".join(factor.words for factor in reading.factors)
        yield Slip("price_left_out", 0.0, f"{words} left out", words)


def _counts(reading: Reading) -> Iterator[Slip]:
    names = {"quantity": "quantity", "count": "count", "hours": "hours", "months": "months", "days": "days"}
    for factor in reading.factors:
        value = factor.exact.middle
        if factor.kind in names and value > 0 and not factor.unstated:
            name = names[factor.kind]
            family = f"count {factor.words}"
            yield Slip("count_left_out", 1 / value, f"the {name} {factor.words} left out", family, of=factor)
            yield Slip("count_twice", value, f"the {name} {factor.words} applied twice", family, of=factor)


def _hours(reading: Reading) -> Iterator[Slip]:
    factor = reading.factor("hours")
    if factor is None or factor.exact.middle <= 0:
        return
    for hours, words in HOURS.items():
        value = factor.exact.middle
        for count in sorted({1.0, round(value / 730), round(value / 720), round(value / 744)} - {0.0}):
            name = words if count == 1 else f"{count:g} × {words}"
            yield Slip("hours", hours * count / value, f"{name} instead of {factor.words}", "hours", of=factor)


def _periods(reading: Reading, timed: bool) -> Iterator[Slip]:
    if not (timed or reading.timed):
        return
    yield Slip("month_year", 12, "a year's amount where a month's belongs (× 12)", "period", whole=True)
    yield Slip("month_year", 1 / 12, "a month's amount where a year's belongs (÷ 12)", "period", whole=True)
    for days, words in DAYS.items():
        yield Slip("day_month", days, f"a month of {words} counted once too often", "period", whole=True)
        yield Slip("day_month", 1 / days, f"a day's amount where a month's of {words} belongs", "period", whole=True)


def _sizes(reading: Reading) -> Iterator[Slip]:
    if not reading.sizes:
        return
    step = max(1, *(units.step(size) for size in reading.sizes))
    for power, pair in ((1, "1 000 taken for 1 024, one step"), (step, f"{_pair(step)} taken for each other")):
        yield Slip("gb_gib", 1.024**power, f"{pair} (× {1.024**power:.4g})", "size")
        yield Slip("gb_gib", 1.024**-power, f"{pair} (÷ {1.024**power:.4g})", "size")
    for base in (1000.0, 1024.0):
        yield Slip("mb_gb", base, f"a size unit one step too small (MB for GB; × {base:g})", "size")
        yield Slip("mb_gb", 1 / base, f"a size unit one step too large (GB for MB; ÷ {base:g})", "size")
    yield Slip("bits_bytes", 8, "bits taken for bytes (× 8)", "bits")
    yield Slip("bits_bytes", 1 / 8, "bytes taken for bits (÷ 8)", "bits")


def _pair(step: int) -> str:
    name = {1: "KB", 2: "MB", 3: "GB", 4: "TB", 5: "PB"}.get(step, "GB")
    return f"{name} and {name[0]}iB"


def _thousands(reading: Reading) -> Iterator[Slip]:
    counted = any(_COUNTED.search(factor.words) for factor in reading.factors)
    large = any(abs(factor.exact.middle) >= LARGE for factor in reading.factors if factor.kind in ("quantity", "count"))
    if reading.factor("scale") is None and (reading.sizes or not (counted or large)):
        return
    for factor, words in ((1e3, "1 000"), (1e6, "1 000 000"), (1e9, "1 000 000 000")):
        yield Slip("thousands", factor, f"thousands, millions or billions mistaken (× {words})", "scale")
        yield Slip("thousands", 1 / factor, f"thousands, millions or billions mistaken (÷ {words})", "scale")


def _hundreds() -> Iterator[Slip]:
    for factor, name, words in (
        (100.0, "hundred", "cents taken for dollars, or percent for a share (× 100)"),
        (1 / 100, "hundred", "dollars taken for cents, or percent for a share (÷ 100)"),
        (10.0, "decimal_point", "decimal point one place off (× 10)"),
        (1 / 10, "decimal_point", "decimal point one place off (÷ 10)"),
    ):
        yield Slip(name, factor, words, "scale", whole=True)


def _digits(reading: Reading, amount: Number) -> Iterator[Slip]:
    for swapped, text in swaps(amount):
        if swapped:
            words = f"two digits swapped: {text} meant"
            yield Slip("swapped_digits", amount.value / swapped, words, "digits", whole=True, meant=swapped)
    for factor in reading.factors:
        number = numbers.read(factor.text) if factor.text and factor.kind not in _NO_DIGITS else None
        if not isinstance(number, Number) or not number.value:
            continue
        for swapped, text in swaps(number):
            ratio = swapped / number.value
            yield Slip("swapped_digits", ratio, f"{factor.kind} {number.text} taken as {text}", "digits")
        if number.ambiguous:
            yield Slip("digit_grouping", 1000, f"the mark in {number.text} read the other way (× 1 000)", "scale")
            yield Slip("digit_grouping", 1 / 1000, f"the mark in {number.text} read the other way (÷ 1 000)", "scale")


def swaps(number: Number) -> Iterator[tuple[float, str]]:
    """Yield a number with two adjacent digits swapped, in every way that changes it.

    >>> [text for _, text in swaps(numbers.read("$1,204"))]
    ['$2,104', '$1,024', '$1,240']
    """
    text = number.text
    places = [i for i, c in enumerate(text) if c.isdigit()]
    mark = numbers.decimal_of([text])
    for a, b in pairwise(places):
        if text[a] == text[b] or any(c not in ".,'’ _" for c in text[a + 1 : b]):
            continue
        swapped = text[:a] + text[b] + text[a + 1 : b] + text[a] + text[b + 1 :]
        if re.search(r"(?<![\d.,])0\d", swapped):
            continue  # nobody writes 06 for 60
        read = numbers.read(swapped, mark if mark in (".", ",") else ".")
        if isinstance(read, Number) and not read.is_range:
            yield read.value, swapped


def _free(reading: Reading) -> Iterator[Slip]:
    for factor in reading.factors:
        if factor.words.endswith(" free)") and factor.exact.middle:
            full = numbers.read(factor.text)
            if isinstance(full, Number):
                ratio = full.value / factor.exact.middle
                yield Slip("free_not_deducted", ratio, f"the free allowance not deducted from {factor.text}", "free")


def _tiers(reading: Reading) -> Iterator[Slip]:
    price = reading.factor("price")
    if price is None or price.tiers is None or price.exact.middle <= 0:
        return
    for value, which in ((price.tiers.low_price, "first"), (price.tiers.high_price, "last")):
        yield Slip(
            "tier_for_all", value / price.exact.middle, f"the {which} tier's price {value:g} for everything", "price"
        )


def _prices(reading: Reading, amount: Number, prices: Sequence[tuple[str, Number]]) -> Iterator[Slip]:
    """Yield the prices of other rows that would give the amount; only those, since a table may have thousands."""
    price = reading.factor("price")
    value = reading.product.middle
    if price is None or not price.exact.middle or not value:
        return
    rest = exactly(value - reading.exact.middle)
    wanted = (amount.interval + rest).scaled(price.exact.middle / value)
    wanted = wanted.widened(reading.wide.half / abs(value) * abs(wanted.middle))
    for row, other in prices:
        if other.value > 0 and wanted.meets(exactly(other.value)) and other.value != price.exact.middle:
            ratio = other.value / price.exact.middle
            yield Slip("other_price", ratio, f"the price of '{row}' ({other.text}) instead of {price.text}", "price")


def after(reading: Reading, slip: Slip, *, exact: bool = True) -> Interval:
    """Return what a reading would give with a slip; with ``exact`` at the figures as they are printed."""
    if slip.whole or not reading.added:
        return (reading.exact if exact else reading.wide).scaled(slip.factor)
    changed = (reading.factors, *(f for f in reading.added if slip.of is not None and slip.of in f))
    value = reading.exact
    for factors in changed:
        value = value + product(factor.exact for factor in factors).scaled(slip.factor - 1)
    return value


def explaining(readings: Iterable[Reading], amount: Number, slips_of: Sequence[Sequence[Slip]]) -> list[Explanation]:
    """Return the slips that reproduce an amount within its precision; pairs only when no single one does.

    Figures are taken as printed. Only when nothing fits is a price allowed to be rounded, and then only one that is
    printed precisely enough for a match to mean something; two swapped digits never rest on that.
    """
    listed = list(readings)
    if amount.interval.half > COARSE * abs(amount.value):
        return []
    for exact in (True, False):
        found = _singles(listed, amount, slips_of, exact=exact)
        if found:
            return found
    return _pairs(listed, amount, slips_of)


def _singles(
    listed: Sequence[Reading], amount: Number, slips_of: Sequence[Sequence[Slip]], *, exact: bool
) -> list[Explanation]:
    found: dict[str, Explanation] = {}
    for reading, slips in zip(listed, slips_of, strict=True):
        base = reading.exact if exact else reading.wide
        if base.middle == 0 or (not exact and base.half > MOST_RELATIVE_HALF * abs(base.middle)):
            continue
        for slip in slips:
            if not exact and slip.name == "swapped_digits":
                continue
            if slip.factor and abs(reading.product.middle) * slip.factor < amount.interval.half:
                continue  # the same as left out
            if _gives(reading, slip, amount, exact=exact):
                text = slip.text + _resting(reading) + ("" if exact else ", within the rounding of the price")
                found.setdefault(slip.name + slip.family, Explanation(slip.name, text))
    return list(found.values())


def _gives(reading: Reading, slip: Slip, amount: Number, *, exact: bool) -> bool:
    """Return whether a slip gives what is printed, or the digits that were meant."""
    if slip.meant is not None:
        return reading.exact.meets(exactly(slip.meant).widened(amount.interval.half))
    return after(reading, slip, exact=exact).meets(amount.interval)


def _pairs(listed: Sequence[Reading], amount: Number, slips_of: Sequence[Sequence[Slip]]) -> list[Explanation]:
    found: dict[tuple[str, str], Explanation] = {}
    for reading, slips in zip(listed, slips_of, strict=True):
        usable = [slip for slip in slips if slip.factor and slip.name not in ("other_price", "swapped_digits")]
        if reading.unstated or reading.added or reading.exact.middle == 0 or not amount.value:
            continue
        tries = len(usable) ** 2 / 2
        if tries * amount.interval.half / abs(amount.value) / 6 > MOST_CHANCE:
            continue
        for a, b in combinations(usable, 2):
            if a.family != b.family and reading.exact.scaled(a.factor * b.factor).meets(amount.interval):
                found.setdefault((a.name, b.name), Explanation(f"{a.name}+{b.name}", f"{a.text}; and {b.text}", True))
    return list(found.values())


def _resting(reading: Reading) -> str:
    return f" (taking {', '.join(reading.unstated)})" if reading.unstated else ""

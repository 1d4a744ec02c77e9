"""How a line of a cost table may be read: price x quantity x count x time, with every convention it rests on named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from advisor.audit import numbers, units
from advisor.audit.columns import Column, Record, Sheet
from advisor.audit.interval import Interval, exactly
from advisor.audit.interval import product as multiplied
from advisor.audit.numbers import Number
from advisor.audit.tiers import Tiers, tiers
from advisor.audit.units import Unit

HOURS_PER_MONTH = (730.0, 720.0, 744.0)
DAYS_PER_MONTH = (30.0, 30.4, 365 / 12, 31.0)
MONTHS_PER_YEAR = 12.0
_TIMES_SIGN = re.compile(r"\s*[×*]\s*|\s+x\s+")


@dataclass(frozen=True)
class Factor:
    """One factor of a line: what it is, in words, as printed and as an interval.

    ``kind`` is one of price, quantity, count, hours, days, months, size, scale, period, text.
    """

    kind: str
    words: str
    exact: Interval
    wide: Interval
    unstated: str = ""
    text: str = ""
    tiers: Tiers | None = None


@dataclass(frozen=True)
class Reading:
    """One way to read a line; its value is the product of the factors."""

    factors: tuple[Factor, ...]
    sizes: tuple[str, ...] = ()
    timed: bool = False

    @property
    def exact(self) -> Interval:
        """The value with every printed figure taken as it stands."""
        return multiplied(factor.exact for factor in self.factors)

    @property
    def wide(self) -> Interval:
        """The value with every printed figure standing for all that would be printed like it."""
        return multiplied(factor.wide for factor in self.factors)

    @property
    def unstated(self) -> tuple[str, ...]:
        """The conventions that the table does not state."""
        return tuple(factor.unstated for factor in self.factors if factor.unstated)

    @property
    def formula(self) -> str:
        """The factors with their numbers."""
        return " × ".join(factor.words for factor in self.factors)

    def factor(self, kind: str) -> Factor | None:
        """Return the first factor of a kind."""
        return next((factor for factor in self.factors if factor.kind == kind), None)


@dataclass(frozen=True)
class Assumed:
    """What the user states beside the table."""

    hours_per_month: float | None = None


def fixed(kind: str, words: str, value: float, unstated: str = "", text: str = "") -> Factor:
    """Return a factor that is exact."""
    return Factor(kind, words, exactly(value), exactly(value), unstated, text)


def printed(kind: str, number: Number, words: str) -> Factor:
    """Return a factor that is printed; a plain integer is exact unless it is a price."""
    wide = number.exact if number.whole and kind != "price" else number.interval
    return Factor(kind, words, number.exact, wide, text=number.text)


def readings(record: Record, sheet: Sheet, target: Column, months: float, assumed: Assumed) -> list[Reading]:
    """Return the ways to read a line, those that rest on the fewest unstated conventions first.

    Args:
        record: the line.
        sheet: its table.
        target: the column of amounts that the line must give.
        months: the months that this amount covers; 0 when the table does not say.
        assumed: what the user states.

    Returns:
        Nothing when the line states no price.
    """
    priced = pricing(record, sheet)
    if priced is None:
        return []
    per, amounts = priced.per, priced.amounts
    base = [_price_factor(priced)]
    stated = {kind: record.number(sheet.first(kind)) for kind in ("hours", "days", "months")}
    found: list[Reading] = []
    for period in (months,) if months else (1.0, MONTHS_PER_YEAR):
        options = [
            *_quantities(amounts, per, record, sheet),
            *_time_options(per, amounts, stated, period, assumed, sheet, months_stated=bool(months)),
        ]
        sizes = tuple(size for size in (per.size, *(unit.size for _, _, unit in amounts)) if size)
        timed = bool(per.times or stated["hours"] or months)
        for choice in product(*options):
            factors = (*base, *(factor for factor in choice if factor is not None))
            found.append(Reading(factors, sizes, timed))
    unique = {(reading.formula, reading.unstated): reading for reading in found}
    return sorted(unique.values(), key=lambda reading: len(reading.unstated))


def _price_factor(priced: Pricing) -> Factor:
    """Return the price; of tiers, the average over the quantity."""
    if priced.tiers is None:
        return printed("price", priced.price, priced.words)
    _, number, unit = priced.amounts[0]
    quantity = number.value * unit.scale
    if unit.size and priced.per.size:
        quantity *= 1000.0 ** (units.step(unit.size) - units.step(priced.per.size))
    average = priced.tiers.average(quantity)
    return Factor(
        "price", f"{average:.6g} (average of the tiers)", exactly(average), exactly(average), tiers=priced.tiers
    )


@dataclass(frozen=True)
class Pricing:
    """What a line is priced by: its price, what that is per, and the quantities (kind, number, unit) it multiplies."""

    price: Number
    words: str
    per: Unit
    amounts: tuple[tuple[str, Number, Unit], ...]
    worked: bool = False
    tiers: Tiers | None = None


def pricing(record: Record, sheet: Sheet) -> Pricing | None:
    """Return what a line is priced by: its columns, else a calculation that stands in its text; None without price."""
    for column in sheet.all("price"):
        price = record.number(column)
        if price is not None:
            per = price_per(record, sheet, price, column)
            return _tiered(Pricing(price, _words(price, column), per, tuple(_amounts(record, sheet))), record, sheet)
    texts = (numbers.plain(record.row.cells[column.index]) for column in sheet.all("note", "name"))
    return next((found for text in texts if (found := calculation(text)) is not None), None)


def _tiered(priced: Pricing, record: Record, sheet: Sheet) -> Pricing:
    """Return a pricing with the tiers that its price cell or a note states, if it has one quantity to apply them to."""
    if len(priced.amounts) != 1:
        return priced
    texts = [numbers.plain(record.row.cells[column.index]) for column in sheet.all("price", "note", "name")]
    for text in texts:
        per = (
            units.denominators(re.split(r"\bfirst\b", priced.price.rest)[0])
            if "first" in priced.price.rest
            else priced.per
        )
        found = tiers(text, priced.price, per)
        if found is not None:
            return replace(priced, per=per, tiers=found)
    return priced


def calculation(text: str) -> Pricing | None:
    """Read a calculation in words, None when it is none.

    >>> found = calculation("2 vCPU × 730 hrs × $0.000024/vCPU-sec = $126.14")
    >>> found.words, [number.value for _, number, _ in found.amounts], found.per.times
    ('$0.000024/vCPU-sec', [2.0, 730.0], ('s',))
    """
    parts = _TIMES_SIGN.split(text.partition("=")[0])
    read = [numbers.read(part) for part in parts]
    figures = [cell for cell in read if isinstance(cell, Number)]
    prices = [cell for cell in figures if cell.currency]
    if len(parts) < 2 or len(figures) < len(parts) or len(prices) != 1:
        return None
    amounts = tuple(("quantity", cell, units.parse(cell.rest)) for cell in figures if not cell.currency)
    return Pricing(prices[0], prices[0].text, units.denominators(prices[0].rest), amounts, worked=True)


def _words(number: Number, column: Column) -> str:
    unit = "" if number.rest else units_of(column)
    return number.text + (f" {unit}" if unit else "")


def units_of(column: Column) -> str:
    """Return the unit that a header states: what is in parentheses, without the currency."""
    text = column.text or column.header
    found = re.search(r"(?:/|\bper\b).*", text)
    return found[0] if found and column.role == "price" else column.text if column.role != "price" else ""


def price_per(record: Record, sheet: Sheet, price: Number, column: Column) -> Unit:
    """Return what a price is per: from its cell, else its header, else the table's column of units."""
    if re.search(r"/|\bper\b", price.rest):
        return units.denominators(price.rest)
    if column.text.startswith("/"):
        return units.denominators(column.text)
    stated = column.text if column.why == "stated" else ""
    header = re.search(r"(?:/|\bper\b).*", f"{column.header} {stated}".lower())
    if header and not re.search(r"per[- ]unit|/ ?unit", header[0]):
        return units.denominators(header[0])
    if re.search(r"hourly", column.header.lower()):
        return Unit(times=("h",))
    unit = sheet.first("unit")
    return units.denominators(_unit_text(record, unit)) if unit else Unit()


def _unit_text(record: Record, column: Column) -> str:
    return numbers.plain(record.row.cells[column.index])


def _amounts(record: Record, sheet: Sheet) -> Iterator[tuple[str, Number, Unit]]:
    """Yield quantities and counts: kind, number, unit."""
    for column in sheet.all("quantity", "count"):
        number = record.number(column)
        if number is None:
            continue
        unit = units.parse(number.rest)
        if not unit and column.role == "quantity":
            stated = units.parse(units_of(column)) if column.text else _header_unit(column)
            shared = sheet.first("unit")
            unit = stated or (_shared_unit(_unit_text(record, shared)) if shared else Unit())
        yield column.role, number, unit


_OF_THE_PRICE = re.compile(r"\s*(?:/|per\b)", re.IGNORECASE)


def _shared_unit(text: str) -> Unit:
    """Return a quantity's unit by the table's column of units; "per hour" is what the price is per, and leaves open
    whether the quantity counts hours or what runs for hours.

    >>> _shared_unit("GB-month").times, _shared_unit("per hour"), _shared_unit("per GB-month").size
    (('month',), Unit(scale=1.0, size='', times=(), per=(), noun=''), 'GB')
    """
    if not _OF_THE_PRICE.match(text):
        return replace(units.parse(text), scale=1.0)
    unit = units.denominators(text)
    return replace(unit, scale=1.0, times=unit.times if unit.size else ())


def _header_unit(column: Column) -> Unit:
    unit = units.parse(column.header)
    return Unit(size=unit.size, times=unit.times if unit.size else (), per=unit.per)


def _quantities(
    amounts: Sequence[tuple[str, Number, Unit]], per: Unit, record: Record, sheet: Sheet
) -> Iterator[list[Factor | None]]:
    """Yield options for each quantity, less the free allowance, in the unit of the price."""
    free = record.number(sheet.first("free"))
    scaled = any(unit.scale != 1 for _, _, unit in amounts)
    for position, (role, number, unit) in enumerate(amounts):
        kind = "hours" if unit.times == ("h",) and not unit.size and {"h", "min", "s"} & {*per.times} else role
        factor = printed(kind, number, _quantity_words(number, unit))
        if free is not None and position == 0 and number.value > free.value >= 0:
            less = exactly(number.value - free.value)
            factor = replace(factor, words=f"({number.text} − {free.text} free)", exact=less, wide=less)
        yield [factor]
        if unit.scale != 1:
            yield [fixed("scale", f"{unit.scale:,.15g}", unit.scale)]
        if unit.size and per.size and unit.size != per.size:
            yield list(_conversions(unit.size, per.size))
    if per.scale != 1:
        shared = sheet.first("unit") is not None
        each = fixed("scale", f"1/{per.scale:,.15g}", 1 / per.scale)
        counted = fixed("scale", "1", 1.0, "" if shared else f"the quantity counts {per.scale:,.15g}s")
        plain = not any(number.value >= per.scale for _, number, _ in amounts) and not scaled
        yield [each, counted] if plain or shared else [each]


def _quantity_words(number: Number, unit: Unit) -> str:
    return number.text if number.rest or not unit.size else f"{number.text} {unit.size}"


def _conversions(source: str, target: str) -> Iterator[Factor]:
    """Yield how many ``target`` a ``source`` is: certain between GiB and TiB, a convention between GB and TB."""
    steps = units.step(source) - units.step(target)
    bits = (1 / 8 if units.is_bits(source) else 1.0) * (8.0 if units.is_bits(target) else 1.0)
    words = f"{target} per {source}"
    if units.is_binary(source) and units.is_binary(target):
        yield fixed("size", f"{1024**steps * bits:.10g} {words}", 1024.0**steps * bits)
    elif units.is_binary(source) or units.is_binary(target):
        factor = 1024.0 ** units.step(source) if units.is_binary(source) else 1000.0 ** units.step(source)
        factor /= 1024.0 ** units.step(target) if units.is_binary(target) else 1000.0 ** units.step(target)
        yield fixed("size", f"{factor * bits:.10g} {words}", factor * bits)
        alike = 1024.0**steps * bits
        yield fixed("size", f"{alike:.10g} {words}", alike, f"{source} and {target} alike")
    elif steps == 0:
        yield fixed("size", f"{bits:.10g} {words}", bits)
    else:
        for base in (1000.0, 1024.0):
            value = base**steps * bits
            larger, smaller = (source, target) if steps > 0 else (target, source)
            yield fixed("size", f"{value:.10g} {words}", value, f"1 {larger} = {base ** abs(steps):,.0f} {smaller}")


def _time_options(
    per: Unit,
    amounts: Sequence[tuple[str, Number, Unit]],
    stated: dict[str, Number | None],
    period: float,
    assumed: Assumed,
    sheet: Sheet,
    *,
    months_stated: bool,
) -> Iterator[list[Factor | None]]:
    """Yield options for every unit of time that price or quantity leaves open."""
    given = [time for _, _, unit in amounts for time in unit.times]
    open_times = list(per.times)
    for time in given:
        if time in open_times:
            open_times.remove(time)
        elif (finer := next((t for t in open_times if _finer(t, time)), "")) != "":
            open_times.remove(finer)
            ratio = units.SECONDS[time] / units.SECONDS[finer]
            yield [fixed("scale", f"{ratio:g} {finer}/{time}", ratio)]
    hours = stated["hours"]
    if hours is not None and ("h" in open_times or not per.times) and "h" not in given:
        open_times = [time for time in open_times if time != "h"]
        yield from _stated_hours(hours, sheet, stated["days"], period)
    elif stated["days"] is not None and "day" in open_times:
        open_times.remove("day")
        yield [printed("days", stated["days"], f"{stated['days'].text} days")]
    if stated["months"] is not None and not months_stated:
        yield [printed("months", stated["months"], f"{stated['months'].text} months")]
        open_times = [time for time in open_times if time != "month"]
    rates = [time for _, _, unit in amounts for time in unit.per]
    for time in [*open_times, *rates]:
        spans = list(_times_per_period(time, period, assumed, months_stated=months_stated))
        if time in open_times and _may_count(time, amounts):
            counted = f"the quantity counts {_NAMES[time]}"
            yield [*spans[0], fixed("hours", f"1 ({counted})", 1.0, counted)]
            spans = spans[1:]
        yield from spans


_NAMES = {"s": "seconds", "min": "minutes", "h": "hours", "day": "days"}
_LEAST_COUNTED = {"s": 24.0, "min": 24.0, "h": 24.0, "day": 5.0}


def _may_count(time: str, amounts: Sequence[tuple[str, Number, Unit]]) -> bool:
    """Return whether a quantity without a unit may count the unit of time itself: 730 at a price per hour."""
    least = _LEAST_COUNTED.get(time)
    return least is not None and any(
        role == "quantity" and not unit and number.value >= least for role, number, unit in amounts
    )


def _finer(time: str, than: str) -> bool:
    """Return whether a unit of time goes into another a certain number of times: seconds into hours."""
    return time in units.SECONDS and than in units.SECONDS and units.SECONDS[time] < units.SECONDS[than]


def _stated_hours(hours: Number, sheet: Sheet, days: Number | None, period: float) -> Iterator[list[Factor | None]]:
    column = sheet.first("hours")
    header = (column.header if column else "").lower() + hours.rest.lower()
    yield [printed("hours", hours, hours.text if hours.rest else f"{hours.text} h")]
    if "day" in header or header.endswith("/d"):
        if days is not None:
            yield [printed("days", days, f"{days.text} days")]
        else:
            yield [fixed("days", f"{d:.4g} days", d, f"{d:.4g} days a month") for d in DAYS_PER_MONTH]
    if period > 1 and "year" not in header:
        if "mo" in header:
            yield [fixed("period", f"{period:g} months", period)]
        else:
            yield [None, fixed("period", f"{period:g} months", period, f"{period:g} months")]


def _times_per_period(
    time: str, period: float, assumed: Assumed, *, months_stated: bool
) -> Iterator[list[Factor | None]]:
    """Yield how many of a unit of time the amount's period holds."""
    if time in ("h", "s", "min"):
        unstated = "" if assumed.hours_per_month else "{:g} h/month"
        choices = (assumed.hours_per_month,) if assumed.hours_per_month else HOURS_PER_MONTH
        yield [fixed("hours", f"{hours:g} h", hours, unstated.format(hours)) for hours in choices]
        if time != "h":
            yield [fixed("scale", f"{3600 // units.SECONDS[time]:g} {time}/h", 3600 / units.SECONDS[time])]
    elif time == "day":
        yield [fixed("days", f"{days:.4g} days", days, f"{days:.4g} days a month") for days in DAYS_PER_MONTH]
    elif time == "week":
        yield [fixed("days", f"{w:.4g} weeks", w, f"{w:.4g} weeks a month") for w in (52 / 12, 4.0, 4.33)]
    elif time == "year":
        yield [fixed("period", f"{period:g}/12 year", period / MONTHS_PER_YEAR)]
        return
    if period > 1:
        yield [fixed("period", f"{period:g} months", period, "" if months_stated else f"{period:g} months")]

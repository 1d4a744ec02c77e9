"""How a line of a cost table may be read: price x quantity x count x time, with every convention it rests on named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from advisor.audit import units
from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.extras import extras
from advisor.audit.factors import Factor, Reading, fixed, printed
from advisor.audit.interval import exactly
from advisor.audit.numbers import Number
from advisor.audit.pairing import pricings
from advisor.audit.pricing import Amount, Pricing, Term, counted
from advisor.audit.units import Unit

HOURS_PER_MONTH = (730.0, 720.0, 744.0)
DAYS_PER_MONTH = (30.0, 30.4, 365 / 12, 31.0)
MONTHS_PER_YEAR = 12.0
MOST_CHOICES = 2_000  # products of several prices under all conventions; a line has a few dozen


@dataclass(frozen=True)
class Assumed:
    """What the user states beside the table."""

    hours_per_month: float | None = None


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
    periods = (months,) if months else (1.0, MONTHS_PER_YEAR)
    stated = {kind: record.number(sheet.first(kind)) for kind in ("hours", "days", "months")}
    unique: dict[tuple[str, tuple[str, ...]], Reading] = {}
    for priced in pricings(record, sheet, target):
        for period in periods:
            choices = [
                _choices(term, record, sheet, stated, period, assumed, months_stated=bool(months))
                for term in priced.terms
            ]
            for reading in _of_pricing(priced, choices, record, sheet, target):
                timed = reading.timed or bool(stated["hours"] or months)
                known = reading.complete and all(_known(term, stated, months) for term in priced.terms)
                found = replace(reading, timed=timed, period=period, complete=known)
                unique.setdefault((found.formula, found.unstated), found)
    return sorted(unique.values(), key=lambda reading: len(reading.unstated))


def _of_pricing(
    priced: Pricing, choices: Sequence[Sequence[tuple[Factor, ...]]], record: Record, sheet: Sheet, target: Column
) -> Iterator[Reading]:
    """Yield the sums of the products of each price, changed by discounts and taxes."""
    chosen = (fixed("price", "1", 1.0, priced.assumed),) if priced.assumed else ()
    sizes = tuple(size for t in priced.terms for size in (t.per.size, *(a.unit.size for a in t.amounts)) if size)
    timed = any(term.per.times for term in priced.terms)
    for choice in _consistent(choices):
        for whole, added in extras(record, sheet, target):
            first, *others = [(*factors, *whole, *chosen) for factors in choice]
            reading = Reading(first, sizes, timed, (*others, *added), worked=priced.worked, open=priced.open)
            yield replace(reading, complete=priced.complete and not reading.unstated)


def _choices(
    term: Term,
    record: Record,
    sheet: Sheet,
    stated: dict[str, Number | None],
    period: float,
    assumed: Assumed,
    *,
    months_stated: bool,
) -> list[tuple[Factor, ...]]:
    """Return every product that one price and its amounts may mean."""
    options = [
        *_quantities(term.amounts, term.per, record, sheet),
        *_time_options(term.per, term.amounts, stated, period, assumed, sheet, months_stated=months_stated),
    ]
    base = [_price_factor(term), *([fixed("scale", "1/100 (cents)", 0.01)] if term.cents else [])]
    return [(*base, *(factor for factor in choice if factor is not None)) for choice in product(*options)]


def _consistent(choices: Sequence[Sequence[tuple[Factor, ...]]]) -> Iterator[tuple[tuple[Factor, ...], ...]]:
    """Yield one product a price, all under the same conventions: one line has one length of a month."""
    for choice in islice(product(*choices), MOST_CHOICES):
        used = [{factor.unstated for factor in factors if factor.unstated} for factors in choice]
        if all(one == used[0] for one in used):
            yield choice


def _known(term: Term, stated: dict[str, Number | None], months: float) -> bool:
    """Return whether amounts, their unit and the period are stated, so that a line can differ."""
    if not (term.amounts or stated["hours"]) or not counted(term.amounts, term.per):
        return False
    return bool(months or stated["months"]) or not {"month", "year"} & {*term.per.times}


def _price_factor(term: Term) -> Factor:
    """Return the price; of tiers, the average over the quantity."""
    if term.tiers is None:
        return printed("price", term.price, term.words)
    amount = term.amounts[0]
    quantity = amount.number.value * amount.unit.scale
    if amount.unit.size and term.per.size:
        quantity *= 1000.0 ** (units.step(amount.unit.size) - units.step(term.per.size))
    average = exactly(term.tiers.average(quantity))
    return Factor("price", f"{average.low:.6g} (average of the tiers)", average, average, tiers=term.tiers)


def _quantities(amounts: Sequence[Amount], per: Unit, record: Record, sheet: Sheet) -> Iterator[list[Factor | None]]:
    """Yield options for each quantity, less the free allowance, in the unit of the price."""
    free = record.number(sheet.first("free"))
    scaled = any(amount.unit.scale != 1 for amount in amounts)
    for position, amount in enumerate(amounts):
        role, number, unit = amount.kind, amount.number, amount.unit
        kind = "hours" if unit.times == ("h",) and not unit.size and {"h", "min", "s"} & {*per.times} else role
        factor = replace(printed(kind, number, _quantity_words(number, unit)), header=amount.header)
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
        plain = not any(amount.number.value >= per.scale for amount in amounts) and not scaled
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
    amounts: Sequence[Amount],
    stated: dict[str, Number | None],
    period: float,
    assumed: Assumed,
    sheet: Sheet,
    *,
    months_stated: bool,
) -> Iterator[list[Factor | None]]:
    """Yield options for every unit of time that price or quantity leaves open."""
    given = [time for amount in amounts for time in amount.unit.times]
    open_times = list(per.times)
    for time in given:
        if time in open_times:
            open_times.remove(time)
        elif (other := next((t for t in open_times if {t, time} <= set(units.SECONDS)), "")) != "":
            open_times.remove(other)
            yield [_converted(time, other)]
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
    rates = [time for amount in amounts for time in amount.unit.per]
    for time in [*open_times, *rates]:
        spans = list(_times_per_period(time, period, assumed, months_stated=months_stated))
        if time in open_times and _may_count(time, amounts):
            counted = f"the quantity counts {_NAMES[time]}"
            yield [*spans[0], fixed("hours", f"1 ({counted})", 1.0, counted)]
            spans = spans[1:]
        yield from spans


_NAMES = {"s": "seconds", "min": "minutes", "h": "hours", "day": "days"}
_LEAST_COUNTED = {"s": 24.0, "min": 24.0, "h": 24.0, "day": 5.0}


def _may_count(time: str, amounts: Sequence[Amount]) -> bool:
    """Return whether a quantity without a unit may count the unit of time itself: 730 at a price per hour."""
    least = _LEAST_COUNTED.get(time)
    return least is not None and any(
        amount.kind == "quantity" and not amount.unit and amount.number.value >= least for amount in amounts
    )


def _converted(source: str, target: str) -> Factor:
    """Return how many of one unit of time another is: 3600 s in an hour, 1/60 of an hour in a minute."""
    ratio = units.SECONDS[source] / units.SECONDS[target]
    words = f"{ratio:g} {target}/{source}" if ratio >= 1 else f"1/{1 / ratio:g} {target}/{source}"
    return fixed("scale", words, ratio)


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

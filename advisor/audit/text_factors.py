"""Figures that stand in words: "t3.small, 730h", "20GB each", "(2x)", "Monthly cost (10K queries/day)"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from advisor.audit import numbers, units
from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.factors import Factor, Reading, fixed
from advisor.audit.numbers import Number
from advisor.audit.readings import DAYS_PER_MONTH, HOURS_PER_MONTH
from advisor.audit.units import Unit

MAX_TEXT_FACTORS = 8

_TEXT_FACTOR = re.compile(
    r"(?P<times>[x×]\s*(?P<n>\d{1,6})\b(?!\s*[x×]))"
    r"|(?P<number>\d[\d,.]*)[\s-]*(?P<scale>[kKM](?![A-Za-z])|million|thousand)?\s*"
    r"(?P<unit>[x×](?!\w)|GiB|TiB|GB|TB|MB|h\b|hr\b|[Hh]our\b|[Dd]ay\b|node\b|instance\b|user\b|vCPU\b|[A-Za-z]*s\b)?"
    r"(?:\s*(?:/|per|a)\s*(?P<per>day|hour|week)\b)?"
)


def text_factors(record: Record, sheet: Sheet, per: Unit, target: Column) -> list[Factor]:
    """Return the figures that names, notes and the header of the amount state."""
    found: list[Factor] = []
    texts = [numbers.plain(record.row.cells[column.index]) for column in sheet.all("name", "note")]
    for text in (*texts, target.header):
        for match in _TEXT_FACTOR.finditer(text):
            if match["times"]:
                found.append(fixed("text", match[0], float(match["n"]), text=match[0]))
            elif match["unit"] or match["scale"]:
                found += _text_factor(match, per)
    useful = {factor.words: factor for factor in found if factor.exact.low not in (0, 1)}
    return list(useful.values())[:MAX_TEXT_FACTORS]


def _text_factor(match: re.Match[str], per: Unit) -> Iterator[Factor]:
    number = numbers.read(match["number"] + (match["scale"] or ""))
    if not isinstance(number, Number):
        return
    value = number.value * (1e6 if match["scale"] == "million" else 1e3 if match["scale"] == "thousand" else 1)
    size = units.parse(match["unit"] or "").size
    if match["per"]:
        for count, words in _TEXT_PERIODS[match["per"]]:
            yield fixed("text", f"{match[0].strip()} × {words}", value * count, f"{words} a month", match[0].strip())
    elif size and per.size and size != per.size:
        steps = units.step(size) - units.step(per.size)
        for base in (1000.0, 1024.0):
            yield fixed("text", f"{match[0].strip()} at {base:g}", value * base**steps, text=match[0].strip())
    else:
        yield fixed("text", match[0].strip(), value, text=match[0].strip())


_TEXT_PERIODS = {
    "day": [(days, f"{days:.4g} days") for days in DAYS_PER_MONTH],
    "hour": [(hours, f"{hours:g} h") for hours in HOURS_PER_MONTH],
    "week": [(52 / 12, "4.333 weeks"), (4.0, "4 weeks")],
}


def with_text(reading: Reading, factors: Sequence[Factor]) -> Iterator[Reading]:
    """Yield the reading times one, two or three figures from the text; a time from the text replaces a convention."""
    present = {factor.exact.middle for factor in reading.factors if factor.kind in ("quantity", "count", "hours")}
    fresh = [factor for factor in factors if factor.exact.middle not in present or factor.words.endswith(("h", "s"))]
    for count in (1, 2, 3):
        for chosen in combinations(fresh, count):
            hours = [f for f in chosen if re.search(r"\d[\s-]*(h|hrs?|hours?)$", f.words.lower())]
            kept = tuple(f for f in reading.factors if not (hours and f.kind == "hours" and f.unstated))
            yield replace(reading, factors=(*kept, *chosen))

"""The rows of a cost table by what they are: lines, their parts, subtotals, totals, figures derived from a total."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.audit import numbers
from advisor.audit.columns import Record, Sheet
from advisor.audit.numbers import Number
from advisor.audit.vocabulary import AMOUNT_ROLES

Kind = Literal["line", "part", "subtotal", "total", "derived", "heading"]

_SUBTOTAL = re.compile(r"\bsub-?\s?total|zwischensumme|sous-total|小计", re.IGNORECASE)
_TOTAL = re.compile(
    r"\btotals?\b|^sum\b|^overall\b|^all[- ]in\b|\bgesamt(summe)?\b|^summe\b|合计|总计|^(monthly|annual|yearly) cost$",
    re.IGNORECASE,
)
_PER = re.compile(
    r"(?:\bper\b|/)\s*(?P<scale>[\d,.]+\s*[kKM]?|thousand|million)?\s*(?P<noun>[a-z][a-z -]*)",
    re.IGNORECASE,
)
_PERIODS = {"month", "year", "day", "hour", "week", "annum", "mo", "yr", "hr", "h"}
_ONE_TIME = re.compile(r"one[- ]?time|up[- ]?front|\bset-?up\b|\binitial\b|non-?recurring|einmalig", re.IGNORECASE)
_PART = re.compile(r"^\s*(?:[└├│↳→•]|[-–]\s)")
_CREDIT = re.compile(r"credit|discount|saving|rebate|refund|free tier|reduction|less\b|minus|offset", re.IGNORECASE)


@dataclass(frozen=True)
class Sorted:
    """A record and what its row is."""

    record: Record
    kind: Kind
    one_time: bool = False


def sorted_rows(sheet: Sheet) -> list[Sorted]:
    """Return every row with its kind, in order."""
    found = [_sorted(record, sheet) for record in sheet.records]
    return _middle_totals(found)


def _sorted(record: Record, sheet: Sheet) -> Sorted:
    amounts = [record.number(column) for column in sheet.all(*AMOUNT_ROLES)]
    priced = any(record.number(column) is not None for column in sheet.all("price", "count"))
    texts = " ".join(numbers.plain(cell) for cell in record.row.cells)
    if not any(amounts):
        filled = [cell for cell in record.row.cells if numbers.plain(cell)]
        return Sorted(record, "heading" if len(filled) <= 1 else "line", bool(_ONE_TIME.search(texts)))
    if _PART.match(record.label):
        return Sorted(record, "part", bool(_ONE_TIME.search(texts)))
    if not priced and per_unit(record.label):
        return Sorted(record, "derived")
    if _SUBTOTAL.search(record.label) and not priced:
        return Sorted(record, "subtotal")
    if _TOTAL.search(record.label) and not priced:
        return Sorted(record, "total")
    return Sorted(record, "line", bool(_ONE_TIME.search(texts)))


def _middle_totals(rows: Sequence[Sorted]) -> list[Sorted]:
    """Call a total a subtotal when lines and another total follow it."""
    found = []
    for i, row in enumerate(rows):
        later = rows[i + 1 :]
        followed = any(r.kind == "line" for r in later[: _last_total(later)])
        found.append(Sorted(row.record, "subtotal") if row.kind == "total" and followed else row)
    return found


def _last_total(rows: Sequence[Sorted]) -> int:
    return max((i for i, row in enumerate(rows) if row.kind in ("total", "subtotal")), default=0)


@dataclass(frozen=True)
class PerUnit:
    """What a figure is per: "per 1,000 requests" is (1000, "request"); ``count`` when the row states it."""

    scale: float
    noun: str
    count: float | None


def per_unit(label: str) -> PerUnit | None:
    """Return what a row's figure is per, None when it is not per anything but a period.

    >>> per_unit("Cost per 1,000 requests"), per_unit("Per-Employee Cost (20 employees)").count
    (PerUnit(scale=1000.0, noun='request', count=None), 20.0)
    >>> per_unit("Total per month"), per_unit("Storage")
    (None, None)
    """
    text = label.replace("-", " ")
    match = _PER.search(re.sub(r"\(.*?\)", " ", text))
    if not match or not re.search(r"cost|price|total|^per\b|average|effective", text, re.IGNORECASE):
        return None
    from advisor.audit.units import singular

    noun = singular(match["noun"].split()[0].lower())
    if noun in _PERIODS:
        return None
    words = {"thousand": 1e3, "million": 1e6}
    scale = numbers.read(match["scale"] or "1")
    value = words.get((match["scale"] or "").strip().lower()) or (scale.value if isinstance(scale, Number) else 1.0)
    inside = re.search(r"\(([\d][\d,.]*\s*[kKM]?)\s*[a-z]", text)
    count = numbers.read(inside[1]) if inside else None
    return PerUnit(value, noun, count.value if isinstance(count, Number) and count.value > 0 else None)


def is_credit(label: str) -> bool:
    """Return whether a negative amount is what the label promises.

    >>> is_credit("Savings plan discount"), is_credit("Storage")
    (True, False)
    """
    return bool(_CREDIT.search(label))

"""What changes a line beyond price and quantity: a discount, a tax, a set-up fee, each as a share or as an amount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from advisor.audit.column_roles import Column
from advisor.audit.columns import Record, Sheet
from advisor.audit.factors import Factor
from advisor.audit.interval import Interval, exactly
from advisor.audit.numbers import Number
from advisor.audit.vocabulary import AMOUNT_ROLES

SIGNS = {"discount": -1.0, "tax": 1.0, "fee": 1.0, "one_time": 1.0}
NAMES = {"discount": "discount", "tax": "tax", "fee": "fee", "one_time": "one-time cost"}
_WHOLE = re.compile(r"total|sum|tco|all", re.IGNORECASE)
Extra = tuple[tuple[Factor, ...], tuple[tuple[Factor, ...], ...]]


def extras(record: Record, sheet: Sheet, target: Column) -> Iterator[Extra]:
    """Yield what may change a line: factors of the whole, and products that are added.

    A column changes the amounts that stand after it, unless an amount before the column is what the price gives.
    """
    for choice in changes(record, changing(sheet, target)):
        whole = tuple(change.factor for change in choice if change.whole)
        added = tuple((change.factor,) for change in choice if not change.whole)
        yield whole, added
        if any(change.factor.kind == "one_time" for change in choice) and not _WHOLE.search(target.header):
            yield whole, tuple(one for one in added if one[0].kind != "one_time")


def changing(sheet: Sheet, target: Column) -> list[Column]:
    """Return the columns that change an amount: those between it and the last amount of its kind before it."""
    before = [c.index for c in sheet.all(*AMOUNT_ROLES) if c.index < target.index and c.role == target.role]
    start = max(before, default=-1)
    roles = ("fee", "discount", "tax") if target.role != "amount" else ("fee", "discount", "tax", "one_time")
    return [column for column in sheet.all(*roles) if start < column.index < target.index]


@dataclass(frozen=True)
class Change:
    """One change of an amount: a factor of the whole, or (negative when deducted) an amount that is added."""

    factor: Factor
    whole: bool

    def applied(self, interval: Interval) -> Interval:
        """Return an amount after the change."""
        return interval * self.factor.wide if self.whole else interval + self.factor.wide


def changes(record: Record, columns: Sequence[Column]) -> list[tuple[Change, ...]]:
    """Return every way to read what columns change an amount by."""
    options = [list(_of_column(number, c)) for c in columns if (number := record.number(c)) is not None]
    return list(product(*options))


def _of_column(number: Number | None, column: Column) -> Iterator[Change]:
    """Yield what a cell may mean: what is neither money nor a percentage can be either."""
    if number is None:
        return
    percent = "%" in number.rest or "%" in column.header or "percent" in column.header.lower()
    if column.role in ("one_time", "fee") or number.currency or column.currency:
        yield _amount(number, column, "")
    elif percent:
        yield _share(number, column, 100.0, "")
    elif number.value == 0:
        yield _amount(number, column, "")
    elif 0 < abs(number.value) < 1:
        yield _share(number, column, 1.0, "")
    else:
        yield _amount(number, column, f"'{column.header}' is an amount")
        yield _share(number, column, 100.0, f"'{column.header}' is in percent")


def _share(number: Number, column: Column, whole: float, unstated: str) -> Change:
    sign = SIGNS[column.role] * (-1.0 if number.value < 0 and column.role == "discount" else 1.0)
    text = number.text if "%" in number.text or whole == 1 else f"{number.text}%"
    exact = exactly(1.0) + exactly(number.value).scaled(sign / whole)
    wide = exactly(1.0) + (number.exact if number.whole else number.interval).scaled(sign / whole)
    words = f"(1 {'−' if sign < 0 else '+'} {text.lstrip('-−')})"
    return Change(Factor(column.role, words, exact, wide, unstated, number.text), whole=True)


def _amount(number: Number, column: Column, unstated: str) -> Change:
    sign = SIGNS[column.role] * (-1.0 if number.value < 0 and column.role == "discount" else 1.0)
    words = f"{'−' if sign < 0 else ''}{number.text} {NAMES[column.role]}"
    exact, wide = exactly(sign * number.value), number.interval.scaled(sign)
    factor = Factor(column.role, words, exact, wide, unstated, number.text)
    return Change(factor, whole=False)

"""Shares in a cost table: a column of shares of the total, and rows that are a stated share of what stands above."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from advisor.audit.column_roles import Column
from advisor.audit.columns import Sheet
from advisor.audit.cost_lines import shown
from advisor.audit.cost_rows import Sorted
from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly, total
from advisor.audit.numbers import Number
from advisor.audit.slips import swaps

_SHARE_ROW = re.compile(
    r"\b(tax|vat|gst|mwst|buffer|contingency|discount|overhead|markup)\b[^%\d]*(?P<share>\d+(?:\.\d+)?)\s*%"
    r"|(?P<before>\d+(?:\.\d+)?)\s*%\s*\b(tax|vat|gst|mwst|buffer|contingency|discount|overhead|markup)\b",
    re.IGNORECASE,
)


def check_shares(sheet: Sheet, rows: Sequence[Sorted], target: Column | None) -> Iterator[Finding]:
    """Yield whether shares add to 100 % and are the shares of the amounts."""
    column = sheet.first("share")
    lines = [row for row in rows if row.kind == "line"]
    if column is None:
        return
    shares = [number for row in lines if (number := row.record.number(column)) is not None]
    if len(shares) < 2:
        return
    whole = 100.0 if sum(number.value for number in shares) > 3 else 1.0
    added = total(number.interval for number in shares)
    fits = added.meets(Interval(whole, whole))
    slips = () if fits else tuple(_share_slips(lines, column, added, whole))
    yield Finding(
        Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
        "shares",
        column=column.header,
        found=f"{added.middle:.6g}",
        expected=f"{whole:g}",
        formula=f"the shares add to {added.middle:.6g}",
        explanations=slips,
    )
    if target is not None:
        yield from _each_share(lines, rows, column, target, whole)


def check_share_rows(rows: Sequence[Sorted], column: Column) -> Iterator[Finding]:
    """Judge lines that say which share they are ("VAT 20%"): of all lines above, of a subtotal, or of one line."""
    above: list[Number] = []
    for row in rows:
        number = row.record.number(column)
        match = _SHARE_ROW.search(row.record.label)
        if row.kind == "line" and number is not None and match and above:
            yield _share_row(row, column, number, float(match["share"] or match["before"]), above, rows)
        if row.kind == "line" and number is not None:
            above.append(number)


def _share_row(
    row: Sorted, column: Column, number: Number, share: float, above: Sequence[Number], rows: Sequence[Sorted]
) -> Finding:
    before = [r for r in rows if r.kind == "subtotal" and r.record.row.line < row.record.row.line]
    subtotals = [n for r in before if (n := r.record.number(column)) is not None]
    everything = total(n.interval for n in above)
    bases = [everything, *(n.interval for n in reversed(subtotals))]
    if "discount" in row.record.label.lower():
        bases += [n.interval for n in above]  # a discount is often on one line only
    found = number.interval.scaled(-1) if number.value < 0 else number.interval
    value = everything.scaled(share / 100)
    fits = next((base for base in bases if base.scaled(share / 100).meets(found)), None)
    shares = fits if fits is not None else everything
    text = f"{share:g}% × {shown(shares.middle)} = {shown(shares.scaled(share / 100).middle)}"
    expected = shown(shares.scaled(share / 100).middle if fits is not None else value.middle)
    verdict = Verdict.AGREES if fits is not None else Verdict.CANNOT
    ask = "" if fits is not None else f"state what '{row.record.label}' is {share:g}% of"
    place = (row.record.label, row.record.row.line, column.header)
    return Finding(verdict, "share_row", *place, number.text, expected, text, question=ask)


def _share_slips(lines: Sequence[Sorted], column: Column, added: Interval, whole: float) -> Iterator[Explanation]:
    """Yield single shares that, changed, would let all add to the whole."""
    for row in lines:
        number, label = row.record.number(column), row.record.label
        if number is None:
            continue
        if added.meets(exactly(whole + number.value)):
            yield Explanation("line_twice", f"'{label}' ({number.text}) counted twice")
        for value, text in swaps(number):
            if added.meets(exactly(whole + number.value - value)):
                yield Explanation("swapped_digits", f"two digits of '{label}' swapped: {text} meant")


def _each_share(
    lines: Sequence[Sorted], rows: Sequence[Sorted], column: Column, target: Column, whole: float
) -> Iterator[Finding]:
    amounts = [number for row in lines if (number := row.record.number(target)) is not None]
    stated = [number for row in rows if row.kind == "total" and (number := row.record.number(target)) is not None]
    base = stated[0].interval if stated else total(number.interval for number in amounts)
    if base.low <= 0:
        return
    for row in lines:
        amount, share = row.record.number(target), row.record.number(column)
        if amount is None or share is None:
            continue
        value = (amount.interval * base.inverse()).scaled(whole)
        fits = value.meets(share.interval)
        swapped = [text for v, text in swaps(share) if value.meets(Interval(v, v).widened(share.interval.half))]
        slips = () if fits else tuple(Explanation("swapped_digits", f"two digits swapped: {t} meant") for t in swapped)
        yield Finding(
            Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS,
            "share",
            row.record.label,
            row.record.row.line,
            column.header,
            share.text,
            f"{value.middle:.4g}",
            f"{amount.text} / {shown(base.middle)} = {value.middle:.4g}{' %' if whole == 100 else ''}",
            slips,
        )

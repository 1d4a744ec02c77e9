"""Variants of one bill: the lines that each consists of, and how they compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from advisor.billing.model import Line, Variant
from advisor.billing.result import PricedBill, total
from advisor.errors import Problem, listing, nearest
from advisor.models.cost import break_even_months
from advisor.schema import problems
from advisor.yamlfile import Document

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Placed:
    """A line and where it stands in the file."""

    line: Line
    place: Place


def expand(
    base: Sequence[Placed], name: str, variant: Variant, document: Document
) -> tuple[list[Placed], list[Problem]]:
    """Return the lines of a variant: the shared ones without, with other keys or replaced, then its own."""
    place: Place = ("variants", name)
    found = list(references([each.line.id for each in base], variant, place, document))
    lines = []
    for each in base:
        own = each.line.id
        if own in variant.without:
            continue
        changed, wrong = _changed(each, variant, place, document)
        found.extend(wrong)
        lines.append(changed)
    lines += [Placed(line, (*place, "lines", i)) for i, line in enumerate(variant.lines)]
    return lines, [*found, *repeated(((each.line.id, each.place) for each in lines), document)]


def references(known: Sequence[str], variant: Variant, place: Place, document: Document) -> Iterator[Problem]:
    """Yield a problem for every shared line that a variant names and that there is not, or names twice."""
    named: list[tuple[str, Place]] = [(own, (*place, "without", i)) for i, own in enumerate(variant.without)]
    named += [(own, (*place, key, own)) for key in ("replace", "set") for own in getattr(variant, key)]
    for own, where in named:
        if own not in known:
            words = f"'{own}' is not a line that the variants share; those are: {listing(known)}{nearest(own, known)}"
            yield document.problem(where, words)
    uses = [*variant.without, *variant.replace, *variant.set]
    for own in sorted({own for own in uses if uses.count(own) > 1}):
        yield document.problem(place, f"the line '{own}' is named twice among without, replace and set")


def _changed(each: Placed, variant: Variant, place: Place, document: Document) -> tuple[Placed, list[Problem]]:
    own = each.line.id
    if own in variant.replace:
        where = (*place, "replace", own)
        data = {**_raw(document, where), "id": own}
    elif own in variant.set:
        where = (*place, "set", own)
        data = {**_raw(document, each.place), **variant.set[own]}
    else:
        return each, []
    try:
        return Placed(Line.model_validate(data), where), []
    except ValidationError as error:
        return each, problems(error, Line, document, where)


def _raw(document: Document, place: Place) -> Mapping[str, Any]:
    value = document.data
    for part in place:
        value = value[part]
    assert isinstance(value, dict)
    return value


def repeated(ids: Iterable[tuple[str, Place]], document: Document) -> Iterator[Problem]:
    """Yield a problem for every line id that is used twice."""
    seen: dict[str, Place] = {}
    for own, place in ids:
        if own in seen:
            words = f"'{own}' is already the id of the line in row {document.line(seen[own])} of the file"
            yield document.problem((*place, "id"), words)
        seen.setdefault(own, place)


@dataclass(frozen=True)
class Standing:
    """One variant beside the first: differences in USD, and after how many months the dearer start has paid off.

    Attributes:
        break_even_months: months after which the variant that costs more once has caught up; None when it never does,
            or when nothing has to be caught up.
        overtakes: whether it is this variant that catches up (True) or the first one (False).
    """

    bill: PricedBill
    monthly_difference: float
    one_time_difference: float
    first_year_difference: float
    break_even_months: float | None
    overtakes: bool


@dataclass(frozen=True)
class Comparison:
    """Variants side by side. Lines that are the same and cost the same in all of them are counted once.

    Attributes:
        common: ids of those lines, in the order of the first variant.
        cheapest_month, cheapest_year: names of the variants that win; several when they tie.
    """

    standings: tuple[Standing, ...]
    common: tuple[str, ...]
    common_monthly_usd: float
    common_one_time_usd: float
    cheapest_month: tuple[str, ...]
    cheapest_year: tuple[str, ...]


def compare(bills: Sequence[PricedBill]) -> Comparison:
    """Return how variants compare; the first is what the others are measured against."""
    first = bills[0]
    common = tuple(line.line.id for line in first.lines if _is_common(line.line.id, bills))
    kept = [line for line in first.lines if line.line.id in common]
    return Comparison(
        standings=tuple(_standing(first, bill) for bill in bills),
        common=common,
        common_monthly_usd=total(line.monthly_usd for line in kept),
        common_one_time_usd=total(line.one_time_usd for line in kept),
        cheapest_month=_least({bill.name: bill.monthly_usd for bill in bills}),
        cheapest_year=_least({bill.name: bill.first_year_usd for bill in bills}),
    )


def _is_common(own: str, bills: Sequence[PricedBill]) -> bool:
    first = bills[0].line(own)
    others = [bill.line(own) for bill in bills[1:]]
    return first is not None and all(
        other is not None and other.line == first.line and _equal(other.usd, first.usd) for other in others
    )


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(one, other, 1e-12)


def _least(usd: Mapping[str, float]) -> tuple[str, ...]:
    least = min(usd.values())
    return tuple(name for name, value in usd.items() if _equal(value, least))


def _standing(first: PricedBill, bill: PricedBill) -> Standing:
    monthly, once = bill.monthly_usd - first.monthly_usd, bill.one_time_usd - first.one_time_usd
    worthwhile = once * monthly < 0  # one is dearer to start, the other dearer to run
    return Standing(
        bill=bill,
        monthly_difference=monthly,
        one_time_difference=once,
        first_year_difference=bill.first_year_usd - first.first_year_usd,
        break_even_months=break_even_months(abs(once), abs(monthly)) if worthwhile else None,
        overtakes=once > 0,
    )

"""Dividing a month's bill among tenants: usage in proportion to usage, what is fixed by a stated key.

A tenant's share of a usage line is its usage over the line's quantity, so usage that no tenant claims stays visible as
unallocated; with ``relative`` tables it is the tenant's weight over all weights. What is paid once is not divided.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.billing import units
from advisor.billing.model import Tenants
from advisor.billing.quantity import number
from advisor.billing.result import Charge, PricedBill, total
from advisor.errors import InputError, Problem, listing, nearest
from advisor.models.cost import cents
from advisor.yamlfile import Document

ROOM = 1e-9  # tenants' usage may exceed the line's quantity by this share: sums of rounded figures do


@dataclass(frozen=True)
class Usage:
    """Who used how much.

    Attributes:
        table: tenant -> column -> quantity.
        document, places: where each tenant stands, for messages.
    """

    table: Mapping[str, Mapping[str, float]]
    columns: Sequence[str]
    document: Document = field(repr=False)
    places: Mapping[str, tuple[str | int, ...]] = field(repr=False)


@dataclass(frozen=True)
class Share:
    """What one tenant pays a month. ``cents`` of all shares, the unallocated one included, add up to the bill's.

    Attributes:
        tenant: "" for what nobody claims.
        lines: charge -> USD, only where it is not 0.
    """

    tenant: str
    fixed_usd: float
    usage_usd: float
    fixed_cents: int
    usage_cents: int
    lines: Mapping[str, float]

    @property
    def cents(self) -> int:
        """What the tenant pays, in whole cents."""
        return self.fixed_cents + self.usage_cents


@dataclass(frozen=True)
class Chargeback:
    """A month's bill divided among tenants. ``not_divided_usd`` is what is paid once."""

    bill: PricedBill
    shares: tuple[Share, ...]
    unallocated: Share
    total_cents: int
    not_divided_usd: float
    key: str


def monthly(bill: PricedBill) -> list[Charge]:
    """Return the charges that recur each month."""
    return [charge for line in bill.lines if not line.line.one_time for charge in line.charges]


def resolve(column: str, charges: Sequence[Charge], relative: bool) -> list[Charge]:
    """Return the charges that a column speaks of: by line, by line and part, or by a meter that one line has."""
    own = [charge for charge in charges if charge.key == column]
    if own:
        return own
    parts = [charge for charge in charges if charge.line == column]
    if parts and relative:
        return parts
    by_meter = [charge for charge in charges if charge.offer.meter == column]
    return by_meter if len(by_meter) == 1 else []


def check(bills: Sequence[PricedBill], tenants: Tenants, usage: Usage, document: Document) -> Iterator[Problem]:
    """Yield everything that keeps bills from being divided."""
    found: dict[str, list[str]] = {}
    for bill in bills:
        charges = monthly(bill)
        for column in usage.columns:
            own = resolve(column, charges, tenants.relative)
            found.setdefault(column, []).extend(charge.key for charge in own)
            yield from (p for charge in own for p in _column_problems(column, charge, tenants, usage))
        yield from _fixed_problems(bill, tenants, usage, document)
    every = [charge for bill in bills for charge in monthly(bill)]
    for column in [name for name, own in found.items() if not own]:
        yield usage.document.problem(_place(column, usage), _unknown_column(column, every))
    for column in tenants.units:
        if column not in usage.columns:
            words = f"is not a column of the table; those are: {listing(usage.columns)}{nearest(column, usage.columns)}"
            yield document.problem(("tenants", "units", column), words)


def _unknown_column(column: str, charges: Sequence[Charge]) -> str:
    keys = list(dict.fromkeys(charge.key for charge in charges))
    parts = [key for key in keys if key.startswith(f"{column}.")]
    if parts:
        return f"the line '{column}' has parts with quantities of their own: use {listing(parts)}, or relative: true"
    return f"the column '{column}' is no line of the bill; those are: {listing(keys)}{nearest(column, keys)}"


def _place(column: str, usage: Usage) -> tuple[str | int, ...]:
    """Return where a column is named first: in the row of the first tenant that has it."""
    tenant = next(name for name, row in usage.table.items() if column in row)
    return (*usage.places[tenant], column)


def _column_problems(column: str, charge: Charge, tenants: Tenants, usage: Usage) -> Iterator[Problem]:
    if tenants.relative or charge.offer.fixed:
        return
    try:
        factor = _factor(column, charge, tenants)
    except InputError as error:
        yield usage.document.problem(("tenants", "units", column), error.problems[0].message)
        return
    used = math.fsum(row.get(column, 0.0) for row in usage.table.values()) * factor
    if used > charge.quantity * (1 + ROOM):
        unit = charge.offer.unit
        yield usage.document.problem(
            _place(column, usage),
            f"tenants used {number(used)} {unit} of '{charge.key}', which has {number(charge.quantity)} {unit} on the "
            "bill; give units: for the column, correct one of them, or say relative: true",
        )


def _factor(column: str, charge: Charge, tenants: Tenants) -> float:
    return units.factor(tenants.units.get(column, charge.offer.unit), charge.offer.unit)


def _fixed_problems(bill: PricedBill, tenants: Tenants, usage: Usage, document: Document) -> Iterator[Problem]:
    fixed = [charge for charge in monthly(bill) if charge.offer.fixed and charge.key not in usage.columns]
    if fixed and tenants.fixed is None:
        names = listing(charge.key for charge in fixed)
        words = f"fixed is missing; the bill has fixed lines ({names}): even, usage, or tenant -> weight"
        yield document.problem(("tenants",), words)
    if not isinstance(tenants.fixed, Mapping):
        return
    for name in tenants.fixed:
        if name not in usage.table:
            words = f"is not a tenant of the table; those are: {listing(usage.table)}{nearest(name, usage.table)}"
            yield document.problem(("tenants", "fixed", name), words)
    missing = [name for name in usage.table if name not in tenants.fixed]
    if missing or not any(tenants.fixed.values()):
        words = f"has no weight for {listing(missing)}" if missing else "has only weights of 0"
        yield document.problem(("tenants", "fixed"), words)


def divide(bill: PricedBill, tenants: Tenants, usage: Usage) -> Chargeback:
    """Return a month's bill divided among its tenants, to the cent. Expects what :func:`check` finds nothing in."""
    charges = monthly(bill)
    weights = _weights(charges, tenants, usage)
    owed: dict[str, dict[str, float]] = {name: {} for name in [*usage.table, ""]}
    for charge in charges:
        if charge.key in weights:
            _spread(charge, weights[charge.key], owed)
        elif not charge.offer.fixed:
            owed[""][charge.key] = charge.usd
    rest = [charge for charge in charges if charge.offer.fixed and charge.key not in weights]
    key = _fixed_weights(charges, owed, tenants, usage)
    for charge in rest:
        _spread(charge, key, owed)
    return _chargeback(bill, charges, owed, tenants)


def _weights(charges: Sequence[Charge], tenants: Tenants, usage: Usage) -> dict[str, dict[str, float]]:
    """Return charge -> tenant -> share, for every charge that the table has a column for."""
    found: dict[str, dict[str, float]] = {}
    for column in usage.columns:
        for charge in resolve(column, charges, tenants.relative):
            used = {name: row.get(column, 0.0) for name, row in usage.table.items()}
            if tenants.relative or charge.offer.fixed:
                found[charge.key] = _normal(used)
                continue
            factor = _factor(column, charge, tenants)
            whole = max(charge.quantity, math.fsum(used.values()) * factor)
            found[charge.key] = {name: value * factor / whole if whole else 0.0 for name, value in used.items()}
    return found


def _normal(weights: Mapping[str, float]) -> dict[str, float]:
    whole = math.fsum(weights.values())
    return {name: value / whole if whole else 0.0 for name, value in weights.items()}


def _fixed_weights(
    charges: Sequence[Charge], owed: Mapping[str, Mapping[str, float]], tenants: Tenants, usage: Usage
) -> dict[str, float]:
    if isinstance(tenants.fixed, Mapping):
        return _normal(tenants.fixed)
    if tenants.fixed == "usage":
        driven = {charge.key for charge in charges if not charge.offer.fixed}
        spent = {n: total(usd for k, usd in owed[n].items() if k in driven) for n in usage.table}
        return _normal(spent)
    return dict.fromkeys(usage.table, 1 / len(usage.table))


def _spread(charge: Charge, shares: Mapping[str, float], owed: dict[str, dict[str, float]]) -> None:
    """Give each tenant its share of a charge, and what is left to nobody."""
    for name, share in shares.items():
        if share:
            owed[name][charge.key] = charge.usd * share
    left = charge.usd * max(0.0, 1 - math.fsum(shares.values()))
    if left > charge.usd * ROOM:
        owed[""][charge.key] = left


def _chargeback(
    bill: PricedBill, charges: Sequence[Charge], owed: Mapping[str, Mapping[str, float]], tenants: Tenants
) -> Chargeback:
    fixed = {charge.key for charge in charges if charge.offer.fixed}
    parts = [
        (total(u for k, u in lines.items() if k in fixed), total(u for k, u in lines.items() if k not in fixed))
        for lines in owed.values()
    ]
    whole = cents([usd for pair in parts for usd in pair])
    shares = [
        Share(name, *pair, whole[2 * i], whole[2 * i + 1], lines)
        for i, ((name, lines), pair) in enumerate(zip(owed.items(), parts, strict=True))
    ]
    key = "weights" if isinstance(tenants.fixed, Mapping) else tenants.fixed or "none"
    return Chargeback(bill, tuple(shares[:-1]), shares[-1], sum(whole), bill.one_time_usd, key)

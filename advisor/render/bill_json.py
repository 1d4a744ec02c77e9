"""A priced bill as JSON, in full precision. ``advisor schema --kind bill`` prints its schema."""

from __future__ import annotations

from typing import Any

from advisor.billing.chargeback import Chargeback, Share
from advisor.billing.price import Priced
from advisor.billing.result import Charge, PricedBill, PricedLine
from advisor.billing.variants import Comparison
from advisor.render.json_output import SCHEMA_VERSION


def bill(priced: Priced) -> dict[str, Any]:
    """Return every bill with lines and totals, the comparison of variants, and the tenants' shares."""
    found = priced.comparison
    return {
        "schema_version": SCHEMA_VERSION,
        "title": priced.title,
        "currency": "USD",
        "catalog_digest": priced.catalog.digest,
        "as_of": priced.bill.as_of.isoformat(),
        "hours_per_month": priced.bill.hours_per_month,
        "bills": [_bill(one) for one in priced.bills],
        "comparison": _comparison(found) if found else None,
        "chargebacks": [_chargeback(one) for one in priced.chargebacks],
    }


def _bill(one: PricedBill) -> dict[str, Any]:
    return {
        "variant": one.name or None,
        "title": one.title,
        "monthly_usd": one.monthly_usd,
        "fixed_usd": one.fixed_usd,
        "usage_usd": one.usage_usd,
        "one_time_usd": one.one_time_usd,
        "first_year_usd": one.first_year_usd,
        "lines": [_line(line) for line in one.lines],
        "assumptions": list(one.assumptions),
    }


def _line(line: PricedLine) -> dict[str, Any]:
    return {
        "id": line.line.id,
        "label": line.line.name,
        "monthly_usd": line.monthly_usd,
        "one_time_usd": line.one_time_usd,
        "upfront_usd": line.line.commitment.upfront_usd,
        "months": line.months,
        "fixed": line.fixed,
        "commitment": line.line.commitment.kind,
        "account": line.line.account,
        "tags": list(line.line.tags),
        "charges": [_charge(charge) for charge in line.charges],
    }


def _charge(charge: Charge) -> dict[str, Any]:
    offer = charge.offer
    return {
        "part": charge.part or None,
        "component": offer.component or None,
        "meter": offer.meter,
        "title": offer.title,
        "quantity": charge.quantity,
        "unit": offer.unit,
        "derivation": list(charge.steps),
        "free": charge.free,
        "billed": charge.billed,
        "usd": charge.usd,
        "fixed": offer.fixed,
        "shares_with": list(charge.shares_with),
        "group_billed": charge.group_billed,
        "group_usd": charge.group_usd,
        "minimum_applied": charge.minimum,
        "tiers_billed": [{"quantity": s.quantity, "usd_each": s.usd_each, "usd": s.usd} for s in charge.slices],
        "price": {
            "tiers": [{"up_to": end, "usd": usd} for end, usd in offer.tiers],
            "volume": offer.volume,
            "free": offer.free,
            "started_kb": offer.started_kb,
            "minimum_usd": offer.minimum_usd,
            "region": offer.region,
            "basis": offer.basis,
            "source": offer.source,
            "checked": offer.checked.isoformat() if offer.checked else None,
            "from": offer.start.isoformat() if offer.start else None,
            "conditions": offer.conditions,
        },
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "against": found.standings[0].bill.name,
        "common_lines": list(found.common),
        "common_monthly_usd": found.common_monthly_usd,
        "common_one_time_usd": found.common_one_time_usd,
        "cheapest_month": list(found.cheapest_month),
        "cheapest_first_year": list(found.cheapest_year),
        "variants": [
            {
                "variant": one.bill.name,
                "monthly_difference_usd": one.monthly_difference,
                "one_time_difference_usd": one.one_time_difference,
                "first_year_difference_usd": one.first_year_difference,
                "break_even_months": one.break_even_months,
            }
            for one in found.standings
        ],
    }


def _chargeback(found: Chargeback) -> dict[str, Any]:
    return {
        "variant": found.bill.name or None,
        "total_cents": found.total_cents,
        "fixed_key": found.key,
        "not_divided_usd": found.not_divided_usd,
        "tenants": [{"tenant": share.tenant, **_share(share)} for share in found.shares],
        "unallocated": _share(found.unallocated),
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "cents": share.cents,
        "fixed_cents": share.fixed_cents,
        "usage_cents": share.usage_cents,
        "fixed_usd": share.fixed_usd,
        "usage_usd": share.usage_usd,
        "lines": dict(share.lines),
    }

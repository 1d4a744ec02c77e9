"""Bills priced line by line: quantities, prices, allowances, minimums, commitments, dates and totals."""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.billing import units
from advisor.billing.load import bill_from_text
from advisor.billing.price import price
from advisor.billing.result import PricedBill
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError

MINI = Path(__file__).parent / "data" / "mini_catalog"
quick = settings(derandomize=True, deadline=None, max_examples=80)
amounts = st.floats(0, 1e6)
prices = st.floats(0, 1e3)


SMALL = load_catalog(MINI)


@pytest.fixture
def mini() -> Catalog:
    """Return the small catalog, whose price book has a store and a model."""
    return SMALL


def priced(*lines: dict[str, Any], catalog: Catalog | None = None, as_of: str | None = None, **keys: Any) -> PricedBill:
    """Return a bill of these lines, priced."""
    catalog = catalog or SMALL
    bill = bill_from_text(
        json.dumps({"title": "Test", "hours_per_month": 730, "lines": list(lines), **keys}), "", catalog
    )
    return price(bill, catalog, as_of=datetime.date.fromisoformat(as_of) if as_of else None).bill


def own(name: str, quantity: Any, usd: float = 1.0, unit: str = "GB", **more: Any) -> dict[str, Any]:
    """Return a line with a price of its own; ``free``, ``minimum_usd``, ``tiers``, ``volume`` go into the price."""
    keys = ("free", "minimum_usd", "tiers", "volume", "round_up_to", "at_least", "started_kb")
    of_price: dict[str, Any] = {"usd": usd, "unit": unit} | {k: more.pop(k) for k in keys if k in more}
    if "tiers" in of_price:
        del of_price["usd"]
    return {"id": name, "quantity": quantity, "price": of_price, **more}


def test_units_copies_and_hours() -> None:
    """3 units on 8 h of business days: 3 x 8 x 730/24 x 5/7 hours, each at the hour's price."""
    line = {
        "id": "a",
        "price": {"usd": 2, "unit": "h"},
        "units": 3,
        "schedule": {"hours_per_day": 8, "business_days": True},
    }
    assert priced(line).monthly_usd == pytest.approx(2 * 3 * 8 * 730 / 24 * 5 / 7, rel=1e-12)


@pytest.mark.parametrize(
    ("quantity", "unit", "of_price", "usd"),
    [
        (5, "TB", "GB", 5_000),
        (5, "TiB", "GiB", 5_120),
        (1, "GiB", "GB", 1.073741824),
        (2_500_000, "requests", "million requests", 2.5),
        (500, "GB", "GB-month", 500),
        (730, "GB-h", "GB-month", 1),
        (2, "vCPU", "vCPU-h", 1_460),
        (90, "min", "h", 1.5),
        (30_000, "operations", "10_000 operations", 3),
        (12, "seats", "seat-month", 12),
    ],
)
def test_units_convert_exactly(quantity: float, unit: str, of_price: str, usd: float) -> None:
    """A quantity in another unit of the same kind is converted by the definition of the units."""
    assert priced(own("a", quantity, unit=of_price) | {"unit": unit}).monthly_usd == pytest.approx(usd, rel=1e-12)


def test_a_providers_binary_gigabytes(catalog: Catalog) -> None:
    """AWS calls 2^30 bytes a GB: 2 TB there, and 2 TiB anywhere, are 2 048 of its GB-months."""
    for unit in ("TB", "TiB"):
        line = {"id": "a", "component": "aws/s3", "meter": "standard_gb_month", "quantity": 2, "unit": unit}
        assert priced(line, catalog=catalog).monthly_usd == pytest.approx(2_048 * 0.023, rel=1e-12)


@quick
@given(st.sampled_from(["GB", "GiB", "MB-h", "million requests", "h", "vCPU-s"]), st.floats(500, 800))
def test_converting_there_and_back_changes_nothing(unit: str, hours: float) -> None:
    """A conversion and its opposite multiply to one."""
    other = {
        "GB": "TiB",
        "GiB": "KB",
        "MB-h": "GB-month",
        "million requests": "requests",
        "h": "month",
        "vCPU-s": "vCPU-h",
    }
    both = units.factor(unit, other[unit], hours) * units.factor(other[unit], unit, hours)
    assert both == pytest.approx(1, rel=1e-12)


def test_a_free_allowance_is_deducted_once() -> None:
    """Two lines of one account on one meter share 100 free units; another account has its own."""
    lines = [own(n, 80, unit="GB", free=100, meter="out") for n in ("a", "b")]
    assert priced(*lines).monthly_usd == pytest.approx(60)
    apart = [lines[0], lines[1] | {"account": "other"}]
    assert priced(*apart).monthly_usd == 0
    alone = [own(n, 80, unit="GB", free=100) for n in ("a", "b")]
    assert priced(*alone).monthly_usd == 0


def test_a_line_can_leave_the_allowance_to_the_others() -> None:
    """``free: false`` switches the allowance off for one line; the other keeps all of it."""
    bill = priced(own("a", 80, free=100, meter="out"), own("b", 80, free=100, meter="out") | {"free": False})
    assert [line.usd for line in bill.lines] == pytest.approx([0, 80])


def test_shared_tiers_are_walked_by_all_together() -> None:
    """Lines that share a meter reach the cheaper tier together and pay in proportion."""
    tiers = [{"up_to": 100, "usd": 1}, {"up_to": None, "usd": 0.5}]
    bill = priced(own("a", 50, tiers=tiers, meter="out"), own("b", 150, tiers=tiers, meter="out"))
    assert bill.monthly_usd == pytest.approx(150)
    assert [line.usd for line in bill.lines] == pytest.approx([37.5, 112.5])


@quick
@given(st.lists(amounts, min_size=1, max_size=6), st.floats(0, 1e6), st.floats(0, 50))
def test_sharing_lines_cost_what_their_sum_costs(quantities: list[float], free: float, minimum: float) -> None:
    """Splitting a quantity over lines changes no total, and no line is negative."""
    tiers = [{"up_to": 1_000, "usd": 2}, {"up_to": None, "usd": 1}]
    more: dict[str, Any] = {"tiers": tiers, "free": free, "minimum_usd": minimum, "meter": "m"}
    apart = priced(*(own(f"l{i}", q, **more) for i, q in enumerate(quantities)))
    together = priced(own("all", math.fsum(quantities), **more))
    assert apart.monthly_usd == pytest.approx(together.monthly_usd, rel=1e-9, abs=1e-6)
    assert all(line.usd >= 0 for line in apart.lines)


@quick
@given(st.tuples(amounts, amounts), st.tuples(prices, prices), st.floats(0, 1e5))
def test_more_or_dearer_never_costs_less(
    quantities: tuple[float, float], usd: tuple[float, float], free: float
) -> None:
    """A bill rises with quantity and with price, whatever is free."""
    low, high = sorted(quantities)
    cheap, dear = sorted(usd)
    base = priced(own("a", low, cheap, free=free)).monthly_usd
    assert priced(own("a", high, cheap, free=free)).monthly_usd >= base
    assert priced(own("a", low, dear, free=free)).monthly_usd >= base


def test_minimum_rounding_and_volume() -> None:
    """A minimum, started hundreds with a floor of 300, and prices of the tier that is reached."""
    assert priced(own("a", 3, minimum_usd=25)).monthly_usd == 25
    assert priced(own("a", 310, 0.01, round_up_to=100)).monthly_usd == pytest.approx(4)
    assert priced(own("a", 10, 0.01, round_up_to=100, at_least=300)).monthly_usd == pytest.approx(3)
    tiers = [{"up_to": 300, "usd": 1}, {"up_to": None, "usd": 0.9}]
    assert priced(own("a", 350, tiers=tiers, volume=True)).monthly_usd == pytest.approx(315)


def test_fixed_usage_once_and_the_first_year() -> None:
    """Each kind of cost stands on its own, and the first year counts the months in which a line runs."""
    bill = priced(
        {"id": "server", "price": {"usd": 0.1, "unit": "h"}},
        own("data", 100, 0.2),
        own("move", 1, 500, unit="project") | {"one_time": True},
        own("pilot", 10, 1) | {"schedule": {"months": 3}},
        {"id": "seats", "price": {"usd": 9, "unit": "seat-month"}, "quantity": 5, "fixed": True},
    )
    assert (bill.fixed_usd, bill.usage_usd) == pytest.approx((73 + 45, 20 + 10))
    assert bill.monthly_usd == pytest.approx(148)
    assert bill.one_time_usd == 500
    assert bill.first_year_usd == pytest.approx(500 + 12 * (73 + 20 + 45) + 3 * 10)


def test_commitments() -> None:
    """A discount comes off the price, an own price replaces it, and what is paid up front is paid once."""
    bill = priced(
        {
            "id": "a",
            "price": {"usd": 1, "unit": "h"},
            "commitment": {"kind": "reserved_1y", "discount": 0.4, "upfront_usd": 90},
        },
        {"id": "b", "price": {"usd": 1, "unit": "h"}, "commitment": {"kind": "spot", "usd": 0.3}},
        {"id": "c", "price": {"usd": 1, "unit": "h"}, "commitment": "on_demand"},
    )
    assert [line.usd for line in bill.lines] == pytest.approx([438, 219, 730])
    assert bill.one_time_usd == 90


def test_the_price_that_was_valid(mini: Catalog) -> None:
    """The store's storage fell on 2026-03-01: 150 GB cost 10 free, 100 at 0.05 and 40 at 0.04 before, less after."""
    line = {"id": "a", "component": "test/store", "meter": "gb_month", "quantity": 150}
    before, after = (priced(line, catalog=mini, as_of=day) for day in ("2026-02-28", "2026-03-01"))
    assert before.monthly_usd == pytest.approx(100 * 0.05 + 40 * 0.04)
    assert after.monthly_usd == pytest.approx(100 * 0.03 + 40 * 0.02)
    assert any("has no start date" in note for note in before.assumptions)


def test_no_price_on_a_date_names_the_dates(mini: Catalog) -> None:
    """Before the first price there is none: the message names the meter and from when there are prices."""
    line = {"id": "a", "component": "test/store", "meter": "requests", "quantity": 1}
    with pytest.raises(
        InputError, match="test/store has no requests price on 2024-12-31; its prices are from 2025-01-01"
    ):
        priced(line, catalog=mini, as_of="2024-12-31")


def test_dynamodb_cost_twice_as_much_until_november_2024(catalog: Catalog) -> None:
    """The shipped price book knows the cut of 2024-11-01 by half."""
    line = {"id": "a", "component": "aws/dynamodb", "meter": "write_units", "quantity": 10}
    before, after = (priced(line, catalog=catalog, as_of=day).monthly_usd for day in ("2024-10-31", "2024-11-01"))
    assert before == 2 * after == pytest.approx(12.5)


def test_requests_round_up_by_the_unit_of_the_price(mini: Catalog) -> None:
    """The price says 64 KB: a million requests of 70 KB are two million; without a payload that is an assumption."""
    line = {
        "id": "a",
        "component": "test/store",
        "meter": "requests",
        "quantity": {"requests": {"count": 1_000_000, "payload_kb": 70}},
    }
    assert priced(line, catalog=mini).monthly_usd == pytest.approx(4)
    bare = priced(line | {"quantity": {"requests": {"count": 1_000_000}}}, catalog=mini)
    assert bare.monthly_usd == pytest.approx(2)
    assert "a: each request is taken to be at most 64 KB" in bare.assumptions


@pytest.mark.parametrize(
    ("tokens", "usd"),
    [
        ({"calls": 1_000_000, "input": 1_000, "output": 100}, 3_000 + 1_500),
        ({"calls": 1_000, "input": 1_000, "cache_read": 199_000, "output": 100}, 3 + 0.3 * 199 + 1.5),
        ({"calls": 1_000, "input": 1_001, "cache_read": 199_000, "output": 100}, 6 * 1.001 + 0.6 * 199 + 2.25),
        ({"calls": 1_000, "input": 1_000, "batch": True}, 1.5),
    ],
)
def test_tokens(mini: Catalog, tokens: dict[str, Any], usd: float) -> None:
    """Each kind of token has its price; above 200 000 prompt tokens the whole request is dearer; a batch is cheaper."""
    assert priced({"id": "a", "component": "test/model", "tokens": tokens}, catalog=mini).monthly_usd == pytest.approx(
        usd
    )


def test_token_prices_of_ones_own() -> None:
    """Own prices know batches and long prompts as well."""
    usd = {"input": 2, "output": 8, "batch_discount": 0.5, "long_prompt": {"above": 1_000, "input": 4, "output": 12}}
    line = {"id": "a", "token_price": usd, "tokens": {"calls": 1_000, "input": 2_000, "output": 500, "batch": True}}
    assert priced(line).monthly_usd == pytest.approx((2 * 4 + 0.5 * 12) / 2)


def test_components_options_and_instances_of_the_catalog(mini: Catalog, catalog: Catalog) -> None:
    """An option is priced by its meters, and its unit hours by its instance type."""
    option = next(o for _, o in catalog.options.values() if o.unit and o.unit.instance and o.unit.instances == 1)
    assert option.unit is not None
    assert option.unit.instance is not None
    usd = catalog.records.instances[option.unit.instance].prices[-1].usd
    assert usd is not None
    found = priced({"id": "a", "component": option.id, "meter": "unit_hour", "units": 2}, catalog=catalog)
    assert found.monthly_usd == pytest.approx(2 * 730 * usd)
    same = priced({"id": "a", "component": option.unit.instance, "units": 2}, catalog=catalog)
    assert same.monthly_usd == found.monthly_usd == found.fixed_usd


def test_a_price_that_is_known_so_far_only_says_so(catalog: Catalog) -> None:
    """S3's first-tier price is used beyond 50 TB, and the bill says that it is."""
    line = {"id": "a", "component": "aws/s3", "meter": "standard_gb_month", "quantity": 60_000}
    notes = priced(line, catalog=catalog).assumptions
    assert any("known up to 51" in note for note in notes)
    assert not any("known up to" in n for n in priced(line | {"quantity": 50_000}, catalog=catalog).assumptions)


def test_what_is_paid_once_gets_nothing_for_free() -> None:
    """A monthly allowance is not taken off a one-time line, and the bill says so."""
    bill = priced(own("a", 80, free=100) | {"one_time": True})
    assert bill.one_time_usd == 80
    assert any("are not taken off" in note for note in bill.assumptions)


def test_extremes_stay_finite() -> None:
    """The largest quantities and prices that are read give a finite bill, the smallest a bill of at least 0."""
    big = priced(own("a", 1e18, 1e12), own("b", 1e18, 1e12)).first_year_usd
    assert math.isfinite(big)
    assert priced(own("a", 1e-300, 1e-300)).monthly_usd >= 0


def test_the_library_is_exported() -> None:
    """``import advisor`` gives load_bill and price."""
    import advisor

    assert (
        advisor.price(advisor.bill_from_text("title: T\nlines: [{id: a, price: {usd: 2, unit: month}}]")).bill.fixed_usd
        == 2
    )

"""Variants of one bill side by side, and one bill divided among tenants."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.billing.load import bill_from_text
from advisor.billing.price import Priced, price
from advisor.catalog.load import load_catalog
from advisor.errors import InputError

quick = settings(derandomize=True, deadline=None, max_examples=80)
Data = dict[str, Any]
SMALL = load_catalog(Path(__file__).parent / "data" / "mini_catalog")


def line(name: str, usd: float, quantity: float = 1, **keys: Any) -> Data:
    """Return a usage line that costs ``usd`` a unit."""
    return {"id": name, "price": {"usd": usd, "unit": "GB"}, "quantity": quantity, **keys}


def priced(**keys: Any) -> Priced:
    """Return a priced bill."""
    return price(bill_from_text(json.dumps({"title": "Test", "hours_per_month": 730, **keys})), SMALL)


SHARED = [line("store", 10), line("egress", 20), line("logs", 5)]


def test_common_lines_are_counted_once() -> None:
    """What is the same in every variant is common; each variant's month is the common part and its own lines."""
    found = priced(lines=SHARED, variants={"a": {"lines": [line("x", 7)]}, "b": {"lines": [line("y", 3)]}}).comparison
    assert found is not None
    assert found.common == ("store", "egress", "logs")
    assert found.common_monthly_usd == 35
    assert [s.bill.monthly_usd for s in found.standings] == [42, 38]
    assert (found.cheapest_month, found.cheapest_year) == (("b",), ("b",))


def test_without_replace_and_set() -> None:
    """A variant drops, replaces or changes lines; those are no longer common."""
    variants = {
        "base": {},
        "less": {"without": ["egress"]},
        "other": {"replace": {"store": {"price": {"usd": 2, "unit": "month"}}}},
        "more": {"set": {"logs": {"quantity": 3}}},
    }
    found = priced(lines=SHARED, variants=variants).comparison
    assert found is not None
    assert found.common == ()
    assert [s.bill.monthly_usd for s in found.standings] == [35, 15, 27, 45]


def test_lines_whose_cost_differs_by_shared_tiers_are_not_common() -> None:
    """A line that costs less because another shares its free allowance is shown for each variant."""
    one = {"id": "site", "meter": "out", "price": {"usd": 1, "unit": "GB", "free": 100}, "quantity": 100}
    api = one | {"id": "api"}
    found = priced(lines=[one], variants={"alone": {}, "both": {"lines": [api]}}).comparison
    assert found is not None
    assert found.common == ()
    assert [s.bill.monthly_usd for s in found.standings] == [0, 100]


def test_break_even() -> None:
    """600 once to save 50 a month has paid off after 12 months, whichever of the two comes first."""
    dear = {"lines": [line("run", 10), line("build", 600, one_time=True)]}
    for variants, overtakes in (
        ({"old": {"lines": [line("run", 60)]}, "new": dear}, True),
        ({"new": dear, "old": {"lines": [line("run", 60)]}}, False),
    ):
        found = priced(variants=variants).comparison
        assert found is not None
        assert found.standings[1].break_even_months == pytest.approx(12)
        assert found.standings[1].overtakes is overtakes


def test_what_never_pays_off_has_no_break_even() -> None:
    """Dearer once and dearer a month, or cheaper in both: there is nothing to wait for."""
    found = priced(
        variants={"a": {"lines": [line("x", 5)]}, "b": {"lines": [line("x", 6), line("y", 9, one_time=True)]}}
    ).comparison
    assert found is not None
    assert found.standings[1].break_even_months is None


def test_one_variant_alone() -> None:
    """A variant can be priced on its own; it is then a bill like any other."""
    bill = bill_from_text(
        json.dumps({"title": "T", "lines": SHARED, "variants": {"a": {}, "b": {"without": ["logs"]}}})
    )
    found = price(bill, variant="b")
    assert found.comparison is None
    assert found.bill.monthly_usd == 30
    with pytest.raises(InputError, match="found 'c'; variants: a, b"):
        price(bill, variant="c")


@quick
@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=5), st.lists(st.floats(0, 1e4), min_size=2, max_size=4))
def test_every_variant_is_the_common_part_and_its_own(common: list[float], own: list[float]) -> None:
    """Whatever the amounts, a variant's month is the common subtotal plus the lines that only it has."""
    variants = {f"v{i}": {"lines": [line("own", usd)]} for i, usd in enumerate(own)}
    found = priced(lines=[line(f"c{i}", usd) for i, usd in enumerate(common)], variants=variants).comparison
    assert found is not None
    for standing in found.standings:
        rest = math.fsum(x.monthly_usd for x in standing.bill.lines if x.line.id not in found.common)
        assert standing.bill.monthly_usd == pytest.approx(found.common_monthly_usd + rest, rel=1e-12, abs=1e-12)


FIXED = {"id": "server", "price": {"usd": 0.1, "unit": "h"}}


def divided(tenants: Data, *lines: Data) -> Any:
    """Return the chargeback of a bill."""
    (found,) = priced(lines=list(lines), tenants=tenants).chargebacks
    return found


def cents(found: Any) -> dict[str, int]:
    """Return tenant -> cents, with what nobody claims under ''."""
    return {share.tenant: share.cents for share in (*found.shares, found.unallocated)}


def test_usage_is_divided_in_proportion_and_the_rest_stays_visible() -> None:
    """60 and 30 of 100 GB pay 60 and 30 %; 10 % is unallocated, spread over nobody."""
    found = divided({"table": {"a": {"data": 60}, "b": {"data": 30}}}, line("data", 1, 100))
    assert cents(found) == {"a": 6_000, "b": 3_000, "": 1_000}
    assert found.unallocated.lines == {"data": pytest.approx(10)}


def test_relative_tables_divide_everything() -> None:
    """Weights leave nothing over, and may be in any unit."""
    found = divided({"table": {"a": {"data": 3}, "b": {"data": 1}}, "relative": True}, line("data", 1, 100))
    assert cents(found) == {"a": 7_500, "b": 2_500, "": 0}


@pytest.mark.parametrize(
    ("key", "shares"),
    [("even", (3_650, 3_650)), ("usage", (5_475, 1_825)), ({"a": 1, "b": 3}, (1_825, 5_475))],
)
def test_fixed_lines_go_by_the_stated_key(key: Any, shares: tuple[int, int]) -> None:
    """73 USD of server are divided evenly, by usage cost (3 to 1), or by weights (1 to 3)."""
    found = divided({"table": {"a": {"data": 75}, "b": {"data": 25}}, "fixed": key}, line("data", 1, 100), FIXED)
    assert tuple(share.fixed_cents for share in found.shares) == shares


def test_a_column_in_another_unit() -> None:
    """Tenants' tokens are converted to the million tokens of the bill."""
    tokens = {"id": "llm", "tokens": {"calls": 1_000, "input": 1_000}, "token_price": {"input": 4}}
    tenants = {"table": {"a": {"llm.input": 250_000}}, "units": {"llm.input": "tokens"}}
    assert cents(divided(tenants, tokens)) == {"a": 100, "": 300}


def test_what_is_paid_once_is_not_divided() -> None:
    """One-time cost is stated apart."""
    found = divided({"table": {"a": {"data": 100}}}, line("data", 1, 100), line("move", 500, one_time=True))
    assert cents(found) == {"a": 10_000, "": 0}
    assert found.not_divided_usd == 500


@quick
@given(
    usage=st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 100), min_size=1),
    usd=st.floats(0, 1_000),
    key=st.sampled_from(["even", "usage"]),
)
def test_shares_add_up_to_the_bill_to_the_cent(usage: dict[str, float], usd: float, key: str) -> None:
    """Whatever the usage, all shares and the unallocated part add up to the bill rounded to the cent."""
    table = {name: {"data": value} for name, value in usage.items()}
    found = divided({"table": table, "fixed": key}, line("data", usd, 800), line("rest", usd / 7, 3), FIXED)
    whole = sum(cents(found).values())
    assert whole == found.total_cents
    assert abs(whole - 100 * found.bill.monthly_usd) <= 0.5 + 1e-6
    for share in found.shares:
        assert abs(share.usage_cents - 100 * share.usage_usd) < 1 + 1e-6


def test_who_uses_more_pays_no_less() -> None:
    """The order of usage is the order of payment."""
    table = {name: {"data": value} for name, value in (("a", 10.0), ("b", 30.0), ("c", 30.5))}
    found = divided({"table": table, "fixed": "usage"}, line("data", 1.37, 100), FIXED)
    paid = [share.cents for share in found.shares]
    assert paid == sorted(paid)

"""Quantities as bills count them, against published examples, exact fractions and hand-worked numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import cost, cost_meters

quick = settings(derandomize=True, deadline=None, max_examples=150)
amounts = st.floats(0, 1e12, allow_nan=False)
sizes = st.floats(0.001, 1e6)


@quick
@given(quantity=st.integers(0, 10**9), step=st.integers(1, 1_000))
def test_rounding_up_is_the_exact_ceiling(quantity: int, step: int) -> None:
    """With whole numbers the result is the exact ceiling of the fraction, times the step."""
    assert cost_meters.rounded_up(quantity, step) == math.ceil(Fraction(quantity, step)) * step


@pytest.mark.parametrize(
    ("need", "step", "least", "billed"),
    [(0, 0.5, 2, 2), (1.2, 0.5, 0, 1.5), (0.3, 0.1, 0, 0.3), (450, 100, 400, 500), (1e17, 1, 0, 1e17)],
)
def test_capacity_comes_in_steps(need: float, step: float, least: float, billed: float) -> None:
    """Half steps and minimums as OCU, ACU and RU/s have them; float noise starts no step; huge needs stay exact."""
    assert cost_meters.rounded_up(need, step, least) == pytest.approx(billed, rel=1e-12)


def test_payloads_count_per_started_unit() -> None:
    """The Kinesis page's records: 5 KB is one PUT unit, 45 KB two, 1 MB forty (as 1 000 KB)."""
    assert [cost_meters.billed_requests(1, kb, 25) for kb in (5, 45, 1_000)] == [1, 2, 40]


def test_read_and_write_units_of_the_dynamodb_guide() -> None:
    """An 8 KB item: 2 units strong, 1 eventual, 4 transactional. A 3 KB write: 3 units, 6 in a transaction."""
    read = [cost_meters.read_units(1, 8, kind) for kind in ("strong", "eventual", "transactional")]
    assert read == [2, 1, 4]
    assert cost_meters.write_units(1, 3) == 3
    assert cost_meters.write_units(1, 3, transactional=True) == 6


def test_serverless_time_in_exact_fractions() -> None:
    """3 million calls of 120 ms at 1 536 MB are 540 000 GB-s; on 20 shared slots a twentieth."""
    exact = Fraction(3_000_000) * Fraction(120, 1000) * Fraction(1536, 1024)
    assert cost_meters.gb_seconds(3_000_000, 120, 1536) == exact
    assert cost_meters.gb_seconds(3_000_000, 120, 1536, concurrency=20) == exact / 20


def test_azure_functions_round_memory_and_time() -> None:
    """256 MB steps of 128 from 130 MB, and at least 100 ms: 1 000 calls of 20 ms are 25 GB-s."""
    found = cost_meters.gb_seconds(1_000, 20, 130, least_ms=100, memory_step_mb=128)
    assert found == pytest.approx(1_000 * 0.1 * 256 / 1024, rel=1e-12)


def test_a_load_balancer_is_billed_by_its_busiest_dimension() -> None:
    """The unit counts of the pricing page: 25 new connections/s, 3 000 active, 1 GB/h, 1 000 rules/s each are 1 LCU."""
    for name, each in cost_meters.LCU.items():
        assert cost_meters.load_balancer_units({name: each}) == 1
    assert cost_meters.load_balancer_units({"new_connections_per_s": 10, "gb_per_h": 3.6}) == 3.6
    assert cost_meters.load_balancer_units({"active_connections": 50_000}, cost_meters.NLCU) == 0.5


def test_all_hours_of_all_days_are_the_month() -> None:
    """A schedule that leaves nothing out is the month itself, whatever its length."""
    for month in (672.0, 720.0, 730.0, 744.0):
        whole = cost_meters.scheduled_hours(24, days_per_week=7, hours_per_month=month)
        assert whole == pytest.approx(month, rel=1e-12)
        assert cost_meters.scheduled_hours(hours_per_month=month) == pytest.approx(month, rel=1e-12)


def test_business_days_of_a_year() -> None:
    """Twelve months of business days at 8 h are 365 / 7 x 5 days of 8 h."""
    year = 12 * cost_meters.scheduled_hours(8, days_per_week=5)
    assert year == pytest.approx(float(Fraction(365, 7) * 5 * 8), rel=1e-12)


def test_storage_for_part_of_a_month() -> None:
    """The S3 FAQ's 10 TiB for 240 h are 3 303.77 GB-months of its 743.9 h month."""
    assert cost_meters.gb_months(10 * 1024, 240, 743.877) == pytest.approx(3_303.77, rel=1e-5)


MONOTONE: dict[str, Callable[[float], float]] = {
    "billed_requests": lambda x: cost_meters.billed_requests(x, 70, 64),
    "payload": lambda x: cost_meters.billed_requests(10, x, 64),
    "busy_seconds": lambda x: cost_meters.busy_seconds(10, x, step_ms=100),
    "gb_seconds": lambda x: cost_meters.gb_seconds(10, 50, x, memory_step_mb=128),
    "vcpu_seconds": lambda x: cost_meters.vcpu_seconds(10, 50, x),
    "read_units": lambda x: cost_meters.read_units(3, x, "eventual"),
    "write_units": lambda x: cost_meters.write_units(3, x),
    "load_balancer_units": lambda x: cost_meters.load_balancer_units({"gb_per_h": x, "rules_per_s": 5}),
    "rounded_up": lambda x: cost_meters.rounded_up(x, 0.5, 2),
    "gb_months": lambda x: cost_meters.gb_months(x, 200),
}


@pytest.mark.parametrize("name", MONOTONE)
@quick
@given(one=sizes, other=sizes)
def test_more_is_never_billed_as_less(name: str, one: float, other: float) -> None:
    """Every quantity grows with what it counts."""
    low, high = sorted((one, other))
    assert MONOTONE[name](low) <= MONOTONE[name](high)


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "negative requests": (lambda: cost_meters.billed_requests(-1, 1, 64), "requests must be at least 0"),
    "no unit": (lambda: cost_meters.billed_requests(1, 1, 0), "started_kb must be greater than 0"),
    "nan": (lambda: cost_meters.rounded_up(math.nan, 1), "quantity must be at least 0 and finite"),
    "no step": (lambda: cost_meters.rounded_up(1, 0), "step must be greater than 0"),
    "consistency": (lambda: cost_meters.read_units(1, 1, "eventul"), "did you mean 'eventual'"),
    "dimension": (lambda: cost_meters.load_balancer_units({"gb_per_hour": 1}), "did you mean 'gb_per_h'"),
    "no demand": (lambda: cost_meters.load_balancer_units({}), "needs at least one of"),
    "long day": (lambda: cost_meters.scheduled_hours(25), r"hours_per_day must lie in \[0, 24\], found 25"),
    "long week": (lambda: cost_meters.scheduled_hours(8, days_per_week=8), r"days_per_week must lie in \[0, 7\]"),
    "long month": (lambda: cost_meters.scheduled_hours(8, days_per_month=32), r"days_per_month must lie in \[0, 31\]"),
    "days twice": (lambda: cost_meters.scheduled_hours(8, days_per_month=3, days_per_week=3), "not both"),
    "concurrency": (lambda: cost_meters.gb_seconds(1, 1, 1, concurrency=0), "concurrency must be greater than 0"),
    "discount": (lambda: cost.discounted(1, 1), "discount must be at least 0 and below 1"),
    "never paid back": (lambda: cost.break_even_months(1, 0), "saved_usd_per_month must be greater than 0"),
    "negative cents": (lambda: cost.cents([-1]), "usd must be at least 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named(name: str) -> None:
    """What cannot be is refused with the argument's name and the valid range."""
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


@quick
@given(
    quantity=amounts,
    ends=st.lists(st.floats(1, 1e6), max_size=4, unique=True),
    prices=st.lists(st.floats(0, 100), min_size=5, max_size=5),
)
def test_slices_add_up_to_the_cost(quantity: float, ends: list[float], prices: list[float]) -> None:
    """The tiers that a quantity was billed in hold all of it and all of its cost, graduated or by volume."""
    tiers = [*zip(sorted(ends), prices, strict=False), (None, prices[-1])]
    for whole, usd in ((False, cost.graduated(quantity, tiers)), (True, cost.volume(quantity, tiers))):
        found = cost.slices(quantity, tiers, whole=whole)
        assert math.fsum(s.quantity for s in found) == pytest.approx(quantity, rel=1e-12)
        assert math.fsum(s.usd for s in found) == pytest.approx(usd, rel=1e-12, abs=1e-12)


@quick
@given(
    ends=st.lists(st.integers(1, 10**6), min_size=1, max_size=4, unique=True),
    prices=st.lists(st.integers(0, 100), min_size=5, max_size=5),
)
def test_graduated_tiers_are_continuous(ends: list[int], prices: list[int]) -> None:
    """Around the end of a tier the cost moves by no more than the dearest price of the step taken."""
    tiers = [*zip(map(float, sorted(ends)), map(float, prices), strict=False), (None, float(prices[-1]))]
    for end in ends:
        step = 1e-6 * end
        jump = cost.graduated(end + step, tiers) - cost.graduated(end - step, tiers)
        assert -1e-9 <= jump <= 2 * step * max(prices) + 1e-6


@quick
@given(st.lists(st.floats(0, 1e9), max_size=40))
def test_cents_add_up_and_move_nothing_far(usd: list[float]) -> None:
    """Whole cents add up to the rounded sum, and no amount moves by a cent or more."""
    found = cost.cents(usd)
    total = sum((Fraction(value) for value in usd), Fraction(0))
    assert abs(sum(found) - total * 100) <= Fraction(1, 2) + Fraction(1, 10**4)
    assert all(abs(cent - value * 100) < 1 + 1e-6 for cent, value in zip(found, usd, strict=True))


def test_volume_prices_jump_and_graduated_do_not() -> None:
    """350 units over a border at 300: 345 graduated, 315 by volume; at the border both are 300."""
    tiers = [(300.0, 1.0), (None, 0.9)]
    assert (cost.graduated(350, tiers), cost.volume(350, tiers)) == (345, 315)
    assert cost.graduated(300, tiers) == cost.volume(300, tiers) == 300

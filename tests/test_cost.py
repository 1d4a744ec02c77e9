"""Prices as bills apply them."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from advisor.models.cost import graduated, metered, slices, started_units, volume

TIERS = [(10.0, 3.0), (100.0, 2.0), (None, 1.0)]


def _slice_by_slice(quantity: float, tiers: list[tuple[float | None, float]], slices: int = 20_000) -> float:
    """Return the cost by pricing thin slices one after the other."""
    width = quantity / slices
    return sum(
        width * next(usd for end, usd in tiers if end is None or (i + 0.5) * width <= end) for i in range(slices)
    )


@pytest.mark.parametrize("quantity", [0, 1, 9.99, 10, 10.01, 55, 100, 101, 12_345])
def test_graduated_prices_apply_to_what_falls_into_each_tier(quantity: float) -> None:
    """The bill equals that of pricing thin slices one by one."""
    assert graduated(quantity, TIERS) == pytest.approx(_slice_by_slice(quantity, TIERS), rel=1e-3, abs=1e-9)


def test_hand_worked_bills() -> None:
    """Tiers, free allowance and minimum in numbers that anyone can check."""
    assert graduated(150, TIERS) == 10 * 3 + 90 * 2 + 50 * 1
    assert metered(150, TIERS, free=100) == 10 * 3 + 40 * 2
    assert metered(50, TIERS, free=100) == 0
    assert metered(1, TIERS, minimum_usd=25) == 25
    assert metered(0, TIERS) == 0


@pytest.mark.parametrize(
    ("size", "unit", "billed"),
    [
        (0, 64, 1),
        (0.001, 64, 1),
        (64, 64, 1),
        (64.001, 64, 2),
        (128, 64, 2),
        (0.3, 0.1, 3),
        (8, 4, 2),
        (5, None, 1),
    ],
)
def test_started_units(size: float, unit: float | None, billed: int) -> None:
    """Every started unit counts, at least one; float noise does not start another (0.3 / 0.1 is three)."""
    assert started_units(size, unit) == billed


@pytest.mark.parametrize("seed", range(20))
def test_more_never_costs_less(seed: int) -> None:
    """With any tiers, allowance and minimum a larger quantity or a dearer price never lowers the bill."""
    rng = random.Random(seed)
    ends = sorted(rng.uniform(1, 1000) for _ in range(rng.randrange(0, 4)))
    tiers: list[tuple[float | None, float]] = [(end, rng.uniform(0, 5)) for end in ends] + [(None, rng.uniform(0, 5))]
    free, least = rng.choice([0, 50]), rng.choice([0, 100])
    quantities = sorted(rng.uniform(0, 2000) for _ in range(20))
    bills = [metered(q, tiers, free=free, minimum_usd=least) for q in quantities]
    assert bills == sorted(bills)
    dearer = [(end, usd * 1.1) for end, usd in tiers]
    assert all(
        metered(q, dearer, free=free, minimum_usd=least) >= bill for q, bill in zip(quantities, bills, strict=True)
    )


@pytest.mark.parametrize("quantity", [-1, float("nan")])
def test_impossible_quantities_are_refused(quantity: float) -> None:
    """A negative or unknown quantity has no price."""
    with pytest.raises(ValueError, match="quantity"):
        metered(quantity, TIERS)


@pytest.mark.parametrize(
    ("quantity", "tiers", "what"),
    [
        (5.0, [], "rising ends"),
        (5.0, [(None, 1.0), (10.0, 2.0)], "rising ends"),
        (5.0, [(10.0, 1.0), (10.0, 2.0), (None, 3.0)], "rising ends"),
        (5.0, [(10.0, 1.0), (4.0, 2.0)], "rising ends"),
        (500.0, [(300.0, 1.0)], "ends at 300, so there is no price for 500"),
        (-1.0, [(None, 1.0)], "quantity must be at least 0"),
        (float("nan"), [(None, 1.0)], "quantity must be at least 0"),
    ],
)
@pytest.mark.parametrize("function", [graduated, volume, slices])
def test_nothing_is_left_without_a_price(
    function: Callable[..., object], quantity: float, tiers: list[tuple[float | None, float]], what: str
) -> None:
    """Tiers that do not rise, or end below the quantity, are an error: what has no price is not free."""
    with pytest.raises(ValueError, match=what):
        function(quantity, tiers)

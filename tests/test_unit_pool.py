"""Pools of unlike units: the cheapest numbers against trying everything, the small simplex against a large solver."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pulp
import pytest

from advisor.models import unit_pool
from advisor.models.simplex import largest
from advisor.models.unit_pool import carried, mixes, served, types_in_one_pool, useful, worth

PROBLEMS = 200


def solved(goal: list[float], rows: list[list[float]], room: list[float]) -> float:
    """Return the largest value of a goal, from HiGHS."""
    problem = pulp.LpProblem("x", pulp.LpMaximize)
    x = [problem.add_variable(f"x{i:03d}", 0) for i in range(len(goal))]
    problem.setObjective(pulp.lpSum(c * v for c, v in zip(goal, x, strict=True)))
    for row, most in zip(rows, room, strict=True):
        problem.addConstraint(pulp.lpSum(c * v for c, v in zip(row, x, strict=True)) <= most)
    problem.solve(pulp.HiGHS(msg=False))
    assert problem.sol_status == pulp.LpSolutionOptimal
    return float(pulp.value(problem.objective))


@pytest.mark.parametrize("seed", range(40))
def test_the_small_simplex_against_a_solver(seed: int) -> None:
    """Two goals in order, degenerate rooms included: what is reached, the prices, and that all rows hold."""
    rng = random.Random(seed)
    width, count = rng.randint(1, 12), rng.randint(1, 10)
    rows = [[rng.choice([0.0, rng.uniform(-1, 3)]) for _ in range(width)] for _ in range(count)]
    rows.append([rng.uniform(0.5, 2) for _ in range(width)])  # keeps everything finite
    room = [rng.choice([0.0, rng.uniform(0, 5)]) for _ in range(count)] + [rng.uniform(1, 9)]
    first, second = ([rng.uniform(-1, 2) for _ in range(width)] for _ in range(2))
    found = largest([first, second], rows, room)
    assert found.reached[0] == pytest.approx(solved(first, rows, room), abs=1e-7)
    held = [*rows, [-c for c in first]]
    assert found.reached[1] == pytest.approx(
        solved(second, held, [*room, 1e-9 - found.reached[0]] if found.reached[0] >= 0 else [*room, 1e-9]), abs=1e-5
    )
    for row, most in zip(rows, room, strict=True):
        assert sum(c * v for c, v in zip(row, found.values, strict=True)) <= most + 1e-7
    assert sum(p * b for p, b in zip(found.prices, room, strict=True)) == pytest.approx(found.reached[0], abs=1e-7)


def test_the_small_simplex_says_what_it_cannot_do() -> None:
    """A goal without end and room below nothing are errors, not numbers."""
    with pytest.raises(ValueError, match="without end"):
        largest([[1.0, 0.0]], [[0.0, 1.0]], [1.0])
    with pytest.raises(ValueError, match="at least 0"):
        largest([[1.0]], [[1.0]], [-1.0])


def drawn(seed: int) -> tuple[list[float], list[list[float]], list[int], list[list[float]]]:
    """Return costs, work, limits and what is scarce, of two or three types and one to four classes."""
    rng = random.Random(seed)
    types, classes = rng.choice([2, 2, 3]), rng.randint(1, 4)
    size = [rng.choice([1.0, 2.5, 6.0]) for _ in range(types)]
    cost = [round(s * rng.uniform(0.8, 1.4), 2) for s in size]
    work = [[rng.uniform(0.3, 3.0) / s if rng.random() < 0.8 else math.inf for s in size] for _ in range(classes)]
    work = [row if any(map(math.isfinite, row)) else [1.0, *row[1:]] for row in work]
    most = [rng.choice([1, 3, 8]) for _ in size]
    scarce = [[float(u == 0) for u in range(types)]] if seed % 3 == 0 else []
    scarce += [[float(u + 1) for u in range(types)]] if seed % 6 == 0 else []
    return cost, work, most, scarce


def enough(counts: tuple[int, ...], work: list[list[float]], corners: set[tuple[float, ...]]) -> bool:
    """Return whether units carry the load: Hall's condition over vertices of the prices, for up to three types.

    They do if no prices of the types make the work dearer than the units: the least over classes of a piecewise linear
    function, whose pieces end where two types are equally dear for a class or a price is 0.
    """
    return all(
        sum(p * n for p, n in zip(prices, counts, strict=True)) * (1 + 1e-9) + 1e-12 >= worth(prices, work)
        for prices in corners
    )


def vertices(types: int, work: list[list[float]]) -> set[tuple[float, ...]]:
    """Return prices at which enough pieces meet: one type at 1, each other in a ratio to it or to one before it."""
    found: set[tuple[float, ...]] = set()
    for order in itertools.permutations(range(types)):
        for ends in itertools.product(*(order[:place] for place in range(1, types))):
            steps = [ratios(work, a, b) for a, b in zip(ends, order[1:], strict=True)]
            for chosen in itertools.product(*steps):
                prices = dict.fromkeys(range(types), 0.0) | {order[0]: 1.0}
                for a, b, ratio in zip(ends, order[1:], chosen, strict=True):
                    prices[b] = prices[a] * ratio
                found.add(tuple(prices.values()))
    return found


def ratios(work: list[list[float]], a: int, b: int) -> set[float]:
    """Return the prices of b, where a costs 1, at which both are equally dear for a class; 0, and "very dear"."""
    both = {row[a] / row[b] for row in work if math.isfinite(row[a]) and math.isfinite(row[b])}
    return {0.0, *both, *({1e9} if any(math.isinf(row[a]) for row in work) else ())}


@pytest.mark.parametrize("block", range(4))
def test_the_cheapest_numbers_against_trying_everything(block: int) -> None:
    """200 random pools with and without scarce cards: the whole front, with whether units suffice decided by prices."""
    several = 0
    for seed in range(block, PROBLEMS, 4):
        cost, work, most, scarce = drawn(seed)
        points, corners = list[tuple[float, ...]](), vertices(len(most), work)
        for counts in itertools.product(*(range(n + 1) for n in most)):
            if enough(counts, work, corners):
                totals = [math.fsum(n * c for n, c in zip(counts, row, strict=True)) for row in [cost, *scarce]]
                points.append(tuple(totals))
        front = {p for p in points if not any(_beats(q, p) for q in points)}
        found = mixes(cost, work, most, scarce=scarce)
        mine = [(mix.cost, *mix.uses) for mix in found]
        assert sorted(mine) == [pytest.approx(point) for point in sorted(front, key=_rounded)], seed
        several += any(sum(n > 0 for n in mix.counts) > 1 for mix in found)
        for mix in found:
            _check_shares(mix, work)
    assert several >= 10


def _rounded(point: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, 9) for value in point)


def _beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    close = [abs(x - y) <= 1e-9 for x, y in zip(a, b, strict=True)]
    if all(close):
        return a < b  # one of several that are equal stays
    return all(x <= y or same for x, y, same in zip(a, b, close, strict=True))


def _check_shares(mix: unit_pool.Mix, work: list[list[float]]) -> None:
    assert all(sum(row) == pytest.approx(1) for row in mix.shares)
    for unit, count in enumerate(mix.counts):
        load = sum(row[unit] * work[c][unit] for c, row in enumerate(mix.shares) if row[unit])
        assert load <= count * (1 + 1e-8)


@pytest.mark.parametrize("seed", range(30))
def test_prices_prove_that_units_do_not_suffice(seed: int) -> None:
    """What a pool carries equals what its prices say, and nothing that suffices is worth less than they ask."""
    cost, work, most, _ = drawn(seed)
    rng = random.Random(seed)
    counts = [rng.randint(0, n) for n in most]
    found = carried(counts, work)
    paid = sum(p * n for p, n in zip(found.prices, counts, strict=True))
    assert paid == pytest.approx(found.multiple * worth(found.prices, work), abs=1e-8)
    for mix in mixes(cost, work, most):
        assert sum(p * n for p, n in zip(found.prices, mix.counts, strict=True)) >= worth(found.prices, work) - 1e-8


def test_what_is_served_first_is_what_is_most_important() -> None:
    """By hand: two units, 1.5 for the important class, half of the rest; a class that no type serves gets nothing."""
    part = served([2], [[1.5], [1.0], [math.inf]], [3.0, 4.0, 9.0], [1, 2, 1])
    assert part.served == pytest.approx((3.0, 2.0))
    assert [sum(row) for row in part.shares] == pytest.approx([1.0, 0.5, 0.0])


def test_the_worked_example_of_melange() -> None:
    """Griggs et al. (2024): for the example configuration of their repository they print 3 A10G + 1 A100, 6.7 USD/h.

    Their program gives each class to one type as a whole: with that rule trying everything finds their answer. With
    shares, 1.125 A100 of load are one A100 and one A10G. Source: github.com/tyler-griggs/melange-release, README.md and
    melange/config/example.json.
    """
    histogram, rate = [[0.2, 0.1], [0.5, 0.2]], 30.0
    types: dict[str, Any] = {
        "A10G": (1.01, [[2, 1], [5, 2]]),
        "A100-80GB": (3.67, [[20, 20], [40, 20]]),
    }
    demand = [rate * share for row in histogram for share in row]
    rates = [[float(x) for row in table for x in row] for _, table in types.values()]
    work = [[d / per_unit[c] for per_unit in rates] for c, d in enumerate(demand)]
    cost = [price for price, _ in types.values()]
    (best,) = mixes(cost, work, [40, 40])
    slices = []
    for to in itertools.product((0, 1), repeat=len(work)):
        counts = [math.ceil(sum(work[c][u] for c, mine in enumerate(to) if mine == u) - 1e-9) for u in (0, 1)]
        slices.append((sum(n * price for n, price in zip(counts, cost, strict=True)), counts))
    assert min(slices) == (pytest.approx(6.70), [3, 1])
    (best,) = mixes(cost, work, [40, 40])
    assert (best.counts, best.cost) == ((1, 1), pytest.approx(4.68))


def test_few_types_where_there_are_very_many_combinations() -> None:
    """How many unlike types a pool may have is known before anything is tried; units beyond the load are not tried."""
    assert types_in_one_pool([9] * 4) == 4
    assert types_in_one_pool([32] * 8) == 2
    assert useful([[2.2, 11.0], [1.0, math.inf]], [9, 8]) == [4, 8]
    with pytest.raises(ValueError, match="no type can serve class 1"):
        mixes([1.0], [[1.0], [math.inf]], [4])

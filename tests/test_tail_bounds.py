"""Percentiles without independence, judged by linear programs over every possible dependence of small distributions."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import product

import numpy as np
import pulp
import pytest

from advisor.models.latency import Constant, Distribution, Lognormal, Uniform, bimodal, mixture, parallel, series
from advisor.models.tail_bounds import (
    highest_max_from_percentiles,
    highest_max_quantile,
    highest_sum_from_percentiles,
    highest_sum_quantile,
    lowest_sum_from_percentiles,
    lowest_sum_quantile,
    sum_bounds,
    together_quantile,
)

Marginal = dict[float, float]  # time -> probability


def _most_likely_sum(marginals: Sequence[Marginal], low: float, high: float) -> float:
    """Return the largest P(low < sum <= high) over all joint distributions with these marginals, by linear program."""
    problem = pulp.LpProblem("coupling", pulp.LpMaximize)
    cells = {cell: problem.add_variable(f"x{i}", 0) for i, cell in enumerate(product(*marginals))}
    problem.setObjective(pulp.lpSum(x for cell, x in cells.items() if low + 1e-9 < sum(cell) <= high + 1e-9))
    for axis, marginal in enumerate(marginals):
        for time, chance in marginal.items():
            problem.addConstraint(pulp.lpSum(x for cell, x in cells.items() if cell[axis] == time) == chance)
    problem.solve(pulp.HiGHS(msg=False, threads=1))
    return float(pulp.value(problem.objective))


def _worst(marginals: Sequence[Marginal], p: float) -> float:
    """Return the largest p-quantile of the sum over all dependences: the first s with P(sum > s) <= 1 - p always."""
    sums = sorted({sum(cell) for cell in product(*marginals)})
    return next(s for s in sums if _most_likely_sum(marginals, s, math.inf) <= 1 - p + 1e-9)


def _best(marginals: Sequence[Marginal], p: float) -> float:
    """Return the smallest p-quantile over all dependences: the first s whose largest P(sum <= s) reaches p."""
    sums = sorted({sum(cell) for cell in product(*marginals)})
    return next(s for s in sums if _most_likely_sum(marginals, -math.inf, s) >= p - 1e-9)


def _distribution(marginal: Marginal) -> Distribution:
    return mixture(list(marginal.values()), [Constant(time) for time in marginal])


def _marginals(seed: int, count: int) -> list[Marginal]:
    """Return small distributions whose probabilities are multiples of 1/20."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        times = rng.sample(range(1, 40), 4)
        cuts = [0, *sorted(rng.sample(range(1, 20), 3)), 20]
        found.append({float(t): (b - a) / 20 for t, a, b in zip(times, cuts[:-1], cuts[1:], strict=True)})
    return found


@pytest.mark.parametrize("seed", range(5))
def test_no_dependence_of_three_stages_leaves_the_bounds(seed: int) -> None:
    """The exact extremes over all couplings lie inside the bounds, and so does the value when slow together."""
    marginals = _marginals(seed, 3)
    stages = [_distribution(marginal) for marginal in marginals]
    for p in (0.5, 0.8, 0.95):
        bounds = sum_bounds(stages, p)
        assert bounds.lowest <= _best(marginals, p) + 1e-9
        assert bounds.highest >= _worst(marginals, p) - 1e-9
        assert bounds.lowest <= bounds.together + 1e-9 <= bounds.highest + 2e-9


@pytest.mark.parametrize("seed", range(5))
def test_for_two_stages_the_bounds_are_attained(seed: int) -> None:
    """Two stages whose probabilities are multiples of what is split: the bounds are the exact extremes."""
    marginals = _marginals(seed, 2)
    stages = [_distribution(marginal) for marginal in marginals]
    for p in (0.5, 0.8, 0.95):
        assert highest_sum_quantile(stages, p) == pytest.approx(_worst(marginals, p), abs=1e-6)
        assert lowest_sum_quantile(stages, p) == pytest.approx(_best(marginals, p), abs=1e-6)


def test_slow_together_is_not_the_upper_bound() -> None:
    """Two stages that are slow in 0.9 % of the cases: together p99 = 20, taking turns p99 = 1010."""
    rare = bimodal(0.009, Constant(10), Constant(1000))
    assert together_quantile([rare, rare], 0.99) == 20
    assert highest_sum_quantile([rare, rare], 0.99) == 1010
    assert _worst([{10: 0.991, 1000: 0.009}] * 2, 0.99) == 1010


@pytest.mark.parametrize("n", [2, 3, 8])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.99])
def test_uniform_stages_reach_their_known_extremes(n: int, p: float) -> None:
    """n uniforms on [0, 1]: worst n (1 + p) / 2, best n p / 2, both attained by joint mixing (Rueschendorf 1982)."""
    bounds = sum_bounds([Uniform(1.0)] * n, p)
    assert bounds.highest == pytest.approx(n * (1 + p) / 2, rel=5e-3)
    assert bounds.lowest == pytest.approx(n * p / 2, rel=5e-3)
    assert bounds.highest >= n * (1 + p) / 2 * (1 - 1e-4)
    assert bounds.lowest <= n * p / 2 * (1 + 1e-4)
    assert bounds.together == pytest.approx(n * p)


def test_equal_stages_with_a_falling_tail_reach_the_dual_bound() -> None:
    """Three lognormals: the bound is that of a plain search over one common level (Wang, Peng, Yang 2013)."""
    stage, p, n = Lognormal.from_mean_cv(100, 1.0), 0.99, 3
    xs = np.linspace(stage.quantile(0.98), stage.inverted(1 - 1e-7), 4000)
    late = np.array([1 - stage.level(x) for x in xs])
    areas = np.concatenate(([0.0], np.cumsum((late[1:] + late[:-1]) / 2 * np.diff(xs))))
    rs = xs[(late < 0.01) & (late > 1e-4)]

    def dual(s: float) -> float:
        low = rs[n * rs < s * (1 - 1e-6)]
        spent = np.interp(s - (n - 1) * low, xs, areas) - np.interp(low, xs, areas)
        return float((n * spent / (s - n * low)).min())

    union = n * stage.inverted(1 - (1 - p) / n)
    low, high = together_quantile([stage] * n, p), union
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if dual(middle) <= 1 - p else (middle, high)
    found = highest_sum_quantile([stage] * n, p)
    assert found == pytest.approx(high, rel=3e-3)
    assert found < union * 0.999


def test_independence_and_many_simulated_dependences_stay_inside() -> None:
    """Unlike stages, a sum among them: independent, reversed and randomly shuffled tails are all inside the bounds."""
    stages = [Lognormal.from_mean_cv(100, 1.0), series(Uniform(50), Lognormal.from_mean_cv(30, 2.0)), Constant(5.0)]
    bounds = sum_bounds(stages, 0.95)
    assert bounds.lowest <= series(*stages).quantile(0.95) <= bounds.highest
    rng, count = np.random.default_rng(1), 2000
    levels = (np.arange(count) + 0.5) / count
    a, b = (np.array(stage.quantiles([min(x, 0.9999) for x in levels])) for stage in stages[:2])
    for start in (0.0, 0.5, 0.9, 0.95):
        split = int(start * count)
        for order in (b[split:][::-1], rng.permutation(b[split:])):
            found = np.sort(a + np.concatenate((b[:split], order)) + 5.0)[int(0.95 * count) - 1]
            assert bounds.lowest * 0.998 <= found <= bounds.highest * 1.002


def test_a_fan_out_is_slowest_when_its_branches_take_turns() -> None:
    """Discrete branches that are never slow at once attain the bound; independent and equal ones stay below."""
    marginals = [{10.0: 0.9, 50.0: 0.05, 200.0: 0.05}, {10.0: 0.95, 120.0: 0.05}, {20.0: 0.96, 90.0: 0.04}]
    branches = [_distribution(marginal) for marginal in marginals]
    late = {x: sum(sum(w for t, w in marginal.items() if t > x) for marginal in marginals) for x in (20, 50, 90, 120)}
    for p in (0.82, 0.87, 0.92, 0.955):
        exact = next(x for x in (20, 50, 90, 120, 200) if late.get(x, 0.0) <= 1 - p + 1e-12)
        assert highest_max_quantile(branches, p) == pytest.approx(exact, rel=1e-9)
        assert parallel(*branches).quantile(p) <= exact
    assert highest_max_quantile([Uniform(1.0)], 0.9) == pytest.approx(0.9)


@pytest.mark.parametrize("seed", range(4))
def test_bounds_from_percentiles_hold_for_every_stage_that_has_them(seed: int) -> None:
    """Stages with the known percentiles and otherwise anything, in their worst and best dependence, stay inside."""
    marginals = _marginals(seed, 3)
    stages = [_distribution(marginal) for marginal in marginals]
    known = [{q: stage.quantile(q) for q in (0.4, 0.75, 0.9, 0.95)} for stage in stages]
    for p in (0.5, 0.8):
        assert highest_sum_from_percentiles(known, p) >= _worst(marginals, p) - 1e-9
        assert lowest_sum_from_percentiles(known, p) <= _best(marginals, p) + 1e-9
        assert highest_max_from_percentiles(known, p) >= highest_max_quantile(stages, p) - 1e-9


def test_one_percentile_a_stage_makes_the_bound_sharp() -> None:
    """A p99 of 400 and a p98 of 300: turns of slowness push every percentile just above 97 % beyond 700."""
    known = [{0.99: 400.0}, {0.98: 300.0}]
    assert highest_sum_from_percentiles(known, 0.97) == 700
    marginals = [{400.0: 0.99, 9000.0: 0.01}, {300.0: 0.98, 9000.0: 0.02}]
    assert _worst(marginals, 0.97) == 700
    assert _worst(marginals, 0.971) > 9000
    with pytest.raises(ValueError, match=r"p must be at most 0.97, .* found 0.971"):
        highest_sum_from_percentiles(known, 0.971)


def test_the_cheapest_of_the_known_percentiles_are_chosen() -> None:
    """By enumeration over one percentile a stage: the smallest sum whose exceedances fit."""
    rng = random.Random(3)
    for _ in range(20):
        stages = []
        for _ in range(4):
            times = sorted(rng.uniform(1, 500) for _ in range(4))
            stages.append(dict(zip((0.9, 0.97, 0.99, 0.999), times, strict=True)))
        exact = min(
            sum(stage[q] for stage, q in zip(stages, qs, strict=True))
            for qs in product((0.9, 0.97, 0.99, 0.999), repeat=4)
            if sum(1 - q for q in qs) <= 0.05 + 1e-12
        )
        assert highest_sum_from_percentiles(stages, 0.95) == pytest.approx(exact, rel=1e-12)


def test_constants_are_certain() -> None:
    """Where nothing is random there is nothing to bound; a constant beside one stage only moves it."""
    assert highest_sum_quantile([Constant(3.0), Constant(4.0)], 0.9) == 7.0
    assert lowest_sum_quantile([Constant(3.0), Constant(4.0)], 0.9) == 7.0
    alone = sum_bounds([Lognormal.from_mean_cv(100, 1.0), Constant(4.0)], 0.9)
    assert alone.highest == pytest.approx(alone.together, rel=1e-9)
    assert alone.lowest == pytest.approx(alone.together, rel=1e-9)


A = Uniform(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sum_bounds([], 0.9), "at least one distribution"),
        (lambda: highest_max_quantile([], 0.9), "at least one distribution"),
        (lambda: sum_bounds([A], 1.0), "quantile level"),
        (lambda: highest_max_quantile([A], math.nan), "quantile level"),
        (lambda: highest_sum_from_percentiles([], 0.9), "at least one is needed"),
        (lambda: highest_sum_from_percentiles([{}], 0.9), "at least one known percentile"),
        (lambda: highest_sum_from_percentiles([{1.0: 5.0}], 0.9), r"levels must lie in \(0, 1\)"),
        (lambda: highest_sum_from_percentiles([{0.5: 5.0, 0.9: 4.0}], 0.5), "must not decrease"),
        (lambda: highest_sum_from_percentiles([{0.95: -5.0}], 0.9), "percentile 0.95 must be at least 0"),
        (lambda: highest_max_from_percentiles([{0.95: 5.0}, {0.95: 5.0}], 0.95), "p must be at most 0.9"),
        (lambda: lowest_sum_from_percentiles([{0.95: math.nan}], 0.9), "percentile 0.95 must be at least 0"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    """Nothing to bound, levels that are none, percentiles that fall or do not reach: each is named."""
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]

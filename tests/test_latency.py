"""Distributions of time: composed exactly, compared with sampling."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pytest
from oracles.montecarlo import sample

from advisor.models.latency import (
    Constant,
    Distribution,
    Lognormal,
    Uniform,
    Wait,
    mixture,
    no_slower,
    normal_cdf,
    parallel,
    repeat,
    series,
)

LEVELS = [0.5, 0.9, 0.95, 0.99, 0.999]
COUNT = 2_000_000
A, B = Lognormal.from_mean_cv(100, 0.5), Lognormal.from_mean_cv(300, 1.5)
CASES: dict[str, Distribution] = {
    "lognormal": B,
    "series of two": series(A, B),
    "series of nine": series(*[Lognormal.from_mean_cv(20 * i, 0.3 + 0.1 * i) for i in range(1, 10)]),
    "series with waits": series(A, Wait(0.4, 1 / 200), Lognormal.from_mean_cv(10, 0.2), Wait(0.05, 1 / 900)),
    "alike and narrow": series(*[Lognormal.from_mean_cv(50, 0.1)] * 6),
    "polling": series(Uniform(60_000), Lognormal.from_mean_cv(900, 1.0), Lognormal.from_mean_cv(3000, 0.3)),
    "parallel": parallel(A, Lognormal.from_mean_cv(120, 0.2), Wait(0.5, 1 / 150)),
    "cache": series(A, mixture([0.3, 0.7], [Constant(0.0), series(B, Lognormal.from_mean_cv(900, 0.4))])),
    "repeat": repeat(Lognormal.from_mean_cv(40, 1.0), 5),
    "nested": mixture([0.9, 0.1], [parallel(A, A, A), series(B, repeat(A, 3))]),
    "offset": series(Constant(75.0), Lognormal.from_mean_cv(25, 0.6)),
}


@pytest.mark.parametrize("name", CASES)
def test_quantiles_and_mean_agree_with_sampling(name: str) -> None:
    """Every percentile from p50 to p99.9 lies within 0.5 % of the sampled one, beyond the sampling error."""
    distribution = CASES[name]
    times = np.sort(sample(distribution, np.random.default_rng(7), COUNT))
    for p, found in zip(LEVELS, distribution.quantiles(LEVELS), strict=True):
        error = 4 * math.sqrt(p * (1 - p) / COUNT)
        low, high = (times[int(min(max(q, 0), 1 - 1 / COUNT) * COUNT)] for q in (p - error, p + error))
        assert low * 0.995 <= found <= high * 1.005, p
    assert distribution.mean() == pytest.approx(
        times.mean(), abs=5 * times.std() / math.sqrt(COUNT) + 0.001 * times.mean()
    )
    assert math.sqrt(distribution.variance()) == pytest.approx(times.std(), rel=0.05)


@pytest.mark.parametrize("name", CASES)
def test_cdf_is_the_inverse_of_the_quantile(name: str) -> None:
    """P(X <= quantile(p)) = p, to the resolution of the lattice."""
    for p in LEVELS:
        assert CASES[name].cdf(CASES[name].quantile(p)) == pytest.approx(p, abs=2e-3)


@pytest.mark.parametrize("name", CASES)
def test_equal_distributions_have_one_hash_and_it_stays_here(name: str) -> None:
    """What is sent to another process is equal and has an equal hash, which it works out there."""
    one = CASES[name]
    hash(one)
    sent = pickle.loads(pickle.dumps(one))
    assert "_hash" in vars(one)
    assert "_hash" not in vars(sent)
    assert sent == one
    assert hash(sent) == hash(one)
    assert len({hash(other) for other in CASES.values()}) == len(CASES)


def test_every_distribution_works_its_hash_out_once() -> None:
    """No class of a distribution has the hash that a dataclass works out each time."""

    def below(kind: type[Distribution]) -> Iterator[type[Distribution]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    found = {one for one in below(Distribution) if one.__module__.startswith("advisor.")}
    assert len(found) > 8
    assert {one for one in found if one.__hash__ is not Distribution.__hash__} == set()


def test_a_lognormal_is_exact() -> None:
    """A single lognormal has the quantiles of its closed form to 0.1 %."""
    for p in (0.01, 0.1, *LEVELS, 0.9999):
        exact = math.exp(B.mu + B.sigma * NormalDist().inv_cdf(p))
        assert B.quantile(p) == pytest.approx(exact, rel=1e-3)


def test_sums_of_many_stages_do_not_wrap_around() -> None:
    """The median of a sum of many exponentials is that of the gamma distribution, however many stages there are."""
    for stages, median in ((3, 2.674060), (10, 9.668715), (20, 19.667690)):  # medians of gamma(k, 1), tables
        assert repeat(Wait(1.0, 1.0), stages).quantile(0.5) == pytest.approx(median, rel=1e-3)


def test_masses_never_add_up_to_more_than_one() -> None:
    """No probability is invented, however fine the lattice is."""
    for name, distribution in CASES.items():
        for points in (512, 4096, 32_768):
            total = distribution.masses(distribution.quantile(0.99) / points, points).sum()
            assert 0.985 <= total <= 1 + 1e-6, name


@pytest.mark.parametrize("x", [1e-300, 1e-15, 1e-6, 1e-2])
def test_times_far_below_every_stage_have_no_probability(x: float) -> None:
    """However small a limit is, nothing is ever that fast: no rounding error is taken for a probability."""
    for distribution in (A, B, series(A, B), series(A, Wait(0.4, 1 / 200))):
        assert distribution.cdf(x) == pytest.approx(0, abs=1e-9)
        assert distribution.masses(x / 1024, 1024).sum() == pytest.approx(0, abs=1e-9)


def test_the_normal_distribution_function_is_exact() -> None:
    """The tabulated distribution function agrees with erfc to 1e-14 everywhere."""
    z = np.random.default_rng(3).uniform(-10, 10, 5000)
    exact = [0.5 * math.erfc(-value / math.sqrt(2)) for value in z]
    assert np.abs(normal_cdf(z) - exact).max() < 1e-14


@pytest.mark.parametrize("seed", range(10))
def test_percentiles_rise_with_the_level_and_with_every_stage(seed: int) -> None:
    """A higher level is never a shorter time, a further or slower stage never makes a sum faster."""
    rng = random.Random(seed)
    stages = [Lognormal.from_mean_cv(rng.uniform(1, 500), rng.uniform(0.1, 2)) for _ in range(rng.randrange(1, 6))]
    levels = sorted(rng.uniform(0.01, 0.9999) for _ in range(6))
    base = series(*stages).quantiles(levels)
    assert base == sorted(base)
    slower = [Lognormal(stages[0].mu + 0.2, stages[0].sigma), *stages[1:]]
    for changed in (series(*stages, Wait(0.2, 1 / 50)), series(*slower)):
        assert all(b <= c * 1.001 for b, c in zip(base, changed.quantiles(levels), strict=True))
    assert no_slower(series(*stages), series(*slower))
    assert not no_slower(series(*slower), series(*stages))


def test_no_slower_is_never_wrong() -> None:
    """Where it says that a is no slower than b, no quantile of a is above that of b."""
    rng = random.Random(5)
    shown = 0
    for _ in range(300):
        a, b = (
            series(
                Lognormal(rng.uniform(0, 1), rng.choice([0.3, 0.5])),
                Wait(rng.choice([0.1, 0.5]), rng.choice([0.1, 1.0])),
            )
            for _ in range(2)
        )
        if no_slower(a, b):
            shown += 1
            assert all(x <= y * 1.001 for x, y in zip(a.quantiles(LEVELS), b.quantiles(LEVELS), strict=True))
    assert shown > 20


@pytest.mark.parametrize(
    "known",
    [
        {"p50": 100, "p95": 250},
        {"p50": 100, "p99": 400},
        {"p95": 250, "p99": 400},
        {"p50": 80, "cv": 0.7},
        {"mean": 90, "p95": 200},
        {"mean": 90, "p50": 80},
        {"mean": 90, "cv": 0.4},
        {"p99": 300},
        {"mean": 120},
        {"p50": 33},
    ],
)
def test_a_fit_gives_back_what_it_was_given(known: dict[str, float]) -> None:
    """Percentiles, mean and spread that were stated are those of the fitted distribution."""
    fitted = Lognormal.fit(**known, default_cv=0.25)
    for name, value in known.items():
        if name == "mean":
            assert fitted.mean() == pytest.approx(value)
        elif name == "cv":
            assert math.sqrt(fitted.variance()) / fitted.mean() == pytest.approx(value)
        else:
            assert math.exp(fitted.mu + fitted.sigma * NormalDist().inv_cdf(float(name[1:]) / 100)) == pytest.approx(
                value
            )
    if len(known) == 1:
        assert math.sqrt(fitted.variance()) / fitted.mean() == pytest.approx(0.25)


def test_three_percentiles_are_fitted_between_them() -> None:
    """With three percentiles the fit has the least squares in log space, so it misses none by much."""
    fitted = Lognormal.fit(p50=100, p95=300, p99=520)
    for p, value in ((0.5, 100), (0.95, 300), (0.99, 520)):
        assert fitted.quantile(p) == pytest.approx(value, rel=0.1)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 0.99995, math.nan])
def test_levels_that_cannot_be_computed_are_refused(level: float) -> None:
    """Quantiles exist for levels in (0, 0.9999] only."""
    with pytest.raises(ValueError, match="quantile level"):
        A.quantile(level)


def test_impossible_compositions_are_refused() -> None:
    """Shares that do not add up, repetition below once, a fit to nothing: each is an error, not a number."""
    for shares in ([0.5, 0.6], [-0.1, 1.1], [1.0, math.nan]):
        with pytest.raises(ValueError, match="shares"):
            mixture(shares, [A, B])
    with pytest.raises(ValueError, match="times"):
        repeat(A, 0)
    with pytest.raises(ValueError, match="at least one"):
        Lognormal.fit()


def test_degenerate_distributions() -> None:
    """No time at all, a constant and an extremely narrow or wide spread have the obvious quantiles."""
    assert mixture([1.0, 0.0], [Constant(0.0), A]).quantile(0.99) == 0
    assert Constant(42.0).quantile(0.37) == pytest.approx(42, rel=2e-3)
    assert mixture([0.995, 0.005], [Constant(0.0), Constant(1000.0)]).quantile(0.99) == pytest.approx(0, abs=1)
    assert mixture([0.98, 0.02], [Constant(0.0), Constant(1000.0)]).quantile(0.99) == pytest.approx(1000, rel=5e-3)
    assert Lognormal.from_mean_cv(1e-3, 0.01).quantile(0.5) == pytest.approx(1e-3, rel=2e-3)
    assert Lognormal.from_mean_cv(1e9, 5).quantile(0.999) == pytest.approx(
        math.exp(
            Lognormal.from_mean_cv(1e9, 5).mu + Lognormal.from_mean_cv(1e9, 5).sigma * NormalDist().inv_cdf(0.999)
        ),
        rel=5e-3,
    )

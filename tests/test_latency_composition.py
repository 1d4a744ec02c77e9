"""Laws that every composition of stages obeys, and the parts that are only about composing."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.montecarlo import sample

from advisor.models.generation import Generation, generation, tool_loop, turns
from advisor.models.latency import (
    Constant,
    Distribution,
    Erlang,
    Lognormal,
    Uniform,
    Wait,
    affine,
    bimodal,
    exponential,
    fan_out,
    from_percentiles,
    geometric_counts,
    k_of_n,
    mixture,
    parallel,
    repeat,
    repeat_random,
    scale,
    series,
    shift,
)

LEVELS = [0.1, 0.5, 0.9, 0.99, 0.999]
SLACK = 1e-3  # the error that is promised of a percentile
fit = Lognormal.from_mean_cv

means, cvs, shares = st.floats(0.1, 1000), st.floats(0.1, 3), st.floats(0.0, 1.0)
lognormals = st.builds(fit, means, cvs)
waits = st.builds(lambda p, mean: Wait(p, 1 / mean), shares, means)
constants = st.builds(Constant, means)
stages = st.one_of(lognormals, waits, constants)
checked = settings(derandomize=True, deadline=None, max_examples=30)


def _at_most(low: Distribution, high: Distribution, slack: float = SLACK) -> None:
    for p, below, above in zip(LEVELS, low.quantiles(LEVELS), high.quantiles(LEVELS), strict=True):
        assert below <= above * (1 + 2 * slack) + 1e-12, p


@checked
@given(st.lists(stages, min_size=1, max_size=8), stages, st.floats(1.0, 3.0))
def test_a_slower_stage_makes_nothing_faster(others: list[Distribution], stage: Distribution, factor: float) -> None:
    """Multiply one stage by a number above 1: no percentile of a sum, maximum, mixture or quorum falls."""
    slower = scale(stage, factor)
    _at_most(series(stage, *others), series(slower, *others))
    _at_most(parallel(stage, *others), parallel(slower, *others))
    _at_most(mixture([0.4, 0.6], [stage, others[0]]), mixture([0.4, 0.6], [slower, others[0]]))
    _at_most(k_of_n(1, [stage, *others]), k_of_n(1, [slower, *others]))


@checked
@given(stages, stages, shares)
def test_a_mixture_lies_between_its_parts(a: Distribution, b: Distribution, share: float) -> None:
    """No percentile of an alternation is outside those of its parts, and its mean is the weighted mean."""
    mixed = mixture([share, 1 - share], [a, b])
    for p, found in zip(LEVELS, mixed.quantiles(LEVELS), strict=True):
        ends = sorted([a.quantile(p), b.quantile(p)])
        assert ends[0] * (1 - SLACK) <= found <= ends[1] * (1 + SLACK) + 1e-12
    assert mixed.mean() == pytest.approx(share * a.mean() + (1 - share) * b.mean(), rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=12)
@given(st.lists(stages, min_size=2, max_size=4))
def test_k_of_n_rises_from_the_fastest_to_the_slowest(branches: list[Distribution]) -> None:
    """Each further answer takes longer, from the minimum to the maximum; the slowest is no faster than any branch."""
    waited = [k_of_n(k, branches) for k in range(1, len(branches) + 1)]
    for sooner, later in pairwise(waited):
        _at_most(sooner, later)
    for branch in branches:
        _at_most(waited[0], branch)
        _at_most(branch, waited[-1])
    total = math.fsum(one.mean() for one in waited)
    assert total == pytest.approx(math.fsum(branch.mean() for branch in branches), rel=1e-6)


@checked
@given(st.lists(stages, min_size=2, max_size=10))
def test_means_and_variances_of_sums_add_up(parts: list[Distribution]) -> None:
    """To 1e-9, however many stages there are."""
    summed = series(*parts)
    assert summed.mean() == pytest.approx(math.fsum(part.mean() for part in parts), rel=1e-9)
    assert summed.variance() == pytest.approx(math.fsum(part.variance() for part in parts), rel=1e-9)


@checked
@given(st.lists(lognormals, min_size=2, max_size=8), st.floats(0.01, 0.999))
def test_cdf_and_quantile_are_inverse(parts: list[Distribution], p: float) -> None:
    """P(X <= quantile(p)) = p to 0.1 % of the smaller tail of sums and maxima of sums."""
    summed = series(*parts)
    for distribution in (summed, parallel(summed, parts[0]), repeat_random(parts[0], {1: 0.5, 2: 0.5})):
        level = distribution.cdf(distribution.quantile(p))
        assert level == pytest.approx(p, abs=5e-3 * min(p, 1 - p) + 1e-6)


def test_a_quorum_of_unlike_branches_is_the_sum_over_all_outcomes() -> None:
    """P(at least k of n) over every set of branches that have answered, for unlike branches."""
    branches: list[Distribution] = [fit(100, 0.5), Wait(0.5, 0.01), Constant(80.0), Uniform(200.0), exponential(60.0)]
    for k, x in product(range(1, 6), (50.0, 80.0, 150.0)):
        chances = [branch.cdf(x) for branch in branches]
        outcomes = product([False, True], repeat=len(branches))
        exact = math.fsum(
            math.prod(c if yes else 1 - c for c, yes in zip(chances, answered, strict=True))
            for answered in outcomes
            if sum(answered) >= k
        )
        assert k_of_n(k, branches).cdf(x) == pytest.approx(exact, rel=1e-12)


def test_large_quorums_keep_their_digits() -> None:
    """500 of 1000 alike: the median of the 500th answer is where half have answered, give or take half an answer."""
    quorum = k_of_n(500, [exponential(1.0)] * 1000)
    assert quorum.quantile(0.5) == pytest.approx(math.log(2), rel=2e-3)
    assert quorum.mean() == pytest.approx(math.fsum(1 / i for i in range(501, 1001)), rel=1e-9)


COMPOSED: dict[str, Distribution] = {
    "quorum of sums": k_of_n(
        2, [series(fit(50, 0.5), exponential(20)), fit(60, 1.0), series(Constant(30), fit(20, 2))]
    ),
    "random count": repeat_random(series(fit(40, 0.7), Wait(0.3, 0.05)), {0: 0.2, 1: 0.5, 4: 0.3}),
    "loop": series(fit(30, 0.2), repeat_random(fit(100, 0.8), geometric_counts(0.6, least=0))),
    "work": affine(fit(20, 0.3), fit(0.5, 0.4), {10: 0.2, 50: 0.5, 400: 0.3}),
    "measured": series(from_percentiles({0.5: 15, 0.95: 60, 0.99: 110}), fit(40, 0.7)),
    "scaled": series(scale(parallel(exponential(3), Erlang(3, 1.0)), 4.0), Uniform(10)),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_compositions_agree_with_sampling(name: str) -> None:
    """Percentiles, mean and variance are those of a million samples, within their standard error."""
    count = 1_000_000
    times = np.sort(sample(COMPOSED[name], np.random.default_rng(3), count))
    for p, found in zip(LEVELS, COMPOSED[name].quantiles(LEVELS), strict=True):
        error = 4.5 * math.sqrt(p * (1 - p) / count)
        low, high = (times[min(int(q * count), count - 1)] for q in (p - error, p + error))
        assert low * (1 - SLACK) <= found <= high * (1 + SLACK), p
    assert COMPOSED[name].mean() == pytest.approx(times.mean(), abs=5 * times.std() / math.sqrt(count))
    assert math.sqrt(COMPOSED[name].variance()) == pytest.approx(times.std(), rel=0.02)


def test_random_counts_have_the_moments_of_a_random_sum() -> None:
    """Wald: E[N] E[X]; and E[N] Var X + Var N E[X]^2, written out for {0, 1, 4}."""
    stage = fit(40, 0.7)
    summed = repeat_random(stage, {0: 0.2, 1: 0.5, 4: 0.3})
    assert summed.mean() == pytest.approx(1.7 * 40)
    assert summed.variance() == pytest.approx(1.7 * (0.7 * 40) ** 2 + (0.5 + 16 * 0.3 - 1.7**2) * 1600)
    assert repeat_random(stage, {3: 1.0}).quantile(0.9) == pytest.approx(repeat(stage, 3).quantile(0.9), rel=1e-6)


def test_geometric_counts_are_a_distribution() -> None:
    """Probabilities add up to 1, the mean is 1 / (1 - again), a geometric sum of exponentials is one."""
    for again in (0.0, 0.3, 0.9, 0.99):
        counts = geometric_counts(again)
        assert math.fsum(counts.values()) == pytest.approx(1, rel=1e-12)
        assert math.fsum(n * p for n, p in counts.items()) == pytest.approx(1 / (1 - again), rel=1e-8)
    looped = repeat_random(exponential(10.0), geometric_counts(0.75))
    assert looped.quantiles([0.5, 0.99]) == pytest.approx(exponential(40.0).quantiles([0.5, 0.99]), rel=1e-4)


def test_work_at_one_speed_is_a_multiple_not_a_sum() -> None:
    """Time per item is drawn once: the spread of 100 items is that of one, where independent items average out."""
    each = fit(2.0, 0.5)
    at_one_speed, independent = affine(0.0, each, 100), repeat(each, 100)
    assert at_one_speed.mean() == pytest.approx(independent.mean())
    assert math.sqrt(at_one_speed.variance()) / 200 == pytest.approx(0.5)
    assert math.sqrt(independent.variance()) / 200 == pytest.approx(0.05)


def test_lognormal_work_is_the_exact_product() -> None:
    """Lognormal items at a lognormal speed have the percentiles of the product, whose log is normal."""
    items, each = fit(300, 0.6), fit(15, 0.1)
    found = affine(0.0, each, items)
    sigma = math.hypot(items.sigma, each.sigma)
    assert found.quantile(0.99) == pytest.approx(math.exp(items.mu + each.mu + 2.3263478740408408 * sigma), rel=1e-9)


def test_products_that_are_not_known_are_refused() -> None:
    """An exponential number of items at a lognormal speed has no closed form here: said, not approximated."""
    with pytest.raises(ValueError, match="product of time per item and number of items"):
        affine(1.0, fit(2.0, 0.5), exponential(10.0))


def test_shift_and_scale_are_exact() -> None:
    """A constant more and a multiple move every percentile by just that."""
    stage = bimodal(0.1, fit(10, 0.3), exponential(100.0))
    assert shift(stage, 7.0).quantile(0.95) == pytest.approx(stage.quantile(0.95) + 7, rel=1e-12)
    assert scale(stage, 3.0).quantile(0.95) == pytest.approx(stage.quantile(0.95) * 3, rel=1e-12)
    assert scale(series(stage, stage), 3.0).quantile(0.95) == pytest.approx(series(stage, stage).quantile(0.95) * 3)


def test_reasoning_comes_before_the_first_token_of_the_answer() -> None:
    """First and last token of an answer, counted out with constants; at one speed when the numbers are fixed."""
    found = generation(Constant(300), 10, output_tokens=200, reasoning_tokens=500)
    assert (found.first.quantile(0.5), found.complete.quantile(0.5)) == (5300, 7300)
    spread = generation(Constant(0), fit(10, 0.5), output_tokens=200, reasoning_tokens=500)
    assert math.sqrt(spread.complete.variance()) / spread.complete.mean() == pytest.approx(0.5)
    assert generation(Constant(300), 10, 200).first.mean() == 300


def test_random_numbers_of_tokens_are_weighted() -> None:
    """Half of the requests think for 100 tokens, half for 1000: so does the time to the first token of the answer."""
    found = generation(Constant(0), 10, output_tokens=fit(50, 0.5), reasoning_tokens={100: 0.5, 1000: 0.5})
    assert found.first.quantiles([0.4, 0.6]) == [1000, 10_000]
    assert found.complete.mean() == pytest.approx(5500 + 500)


def test_all_calls_but_the_last_must_be_complete() -> None:
    """Two calls with a tool between: the first token waits for the whole first call."""
    call = generation(fit(400, 0.3), 20, output_tokens=50)
    asked = turns([exponential(30), call, fit(200, 1.0), call])
    assert asked.first.mean() == pytest.approx(30 + 1400 + 200 + 400)
    assert asked.complete.mean() == pytest.approx(30 + 1400 + 200 + 1400)
    followed = turns([call, Constant(100)])
    assert (followed.first.mean(), followed.complete.mean()) == pytest.approx((400, 1500))


def test_a_loop_of_tools_is_the_mixture_of_its_numbers_of_turns() -> None:
    """A loop of 0 or 2 tool turns has the distribution function of no turns and two turns, half each."""
    call, tool = generation(fit(400, 0.3), 20, output_tokens=50), fit(200, 1.0)
    looped = tool_loop(call, tool, {0: 0.5, 2: 0.5})
    for point in (0, 1):
        turned = turns([call, tool, call, tool, call])[point]
        alone = call[point]
        for x in (1000.0, 2500.0, 4000.0):
            assert looped[point].cdf(x) == pytest.approx((turned.cdf(x) + alone.cdf(x)) / 2, abs=2e-5)


A = fit(100, 0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (series, "at least one distribution is needed"),
        (parallel, "at least one distribution is needed"),
        (lambda: mixture([], []), "at least one distribution is needed"),
        (lambda: k_of_n(1, []), "at least one distribution is needed"),
        (lambda: series(A, 5), "must be distributions such as Constant"),
        (lambda: k_of_n(3, [A, A]), "k must be a whole number from 1 to 2, found 3"),
        (lambda: k_of_n(0, [A, A]), "k must be a whole number from 1 to 2, found 0"),
        (lambda: k_of_n(1.5, [A, A]), "k must be a whole number"),
        (lambda: fan_out(A, 0), "n must be a whole number"),
        (lambda: repeat(A, 2.5), "times must be a whole number"),
        (lambda: repeat(A, -1), "times must be a whole number"),
        (lambda: mixture([1.0], [A, A]), "as many shares as parts"),
        (lambda: mixture([0.5, 0.4], [A, A]), "shares must lie in"),
        (lambda: mixture([math.nan, 1.0], [A, A]), "shares must lie in"),
        (lambda: bimodal(1.1, A, A), r"slow_share must lie in \[0, 1\]"),
        (lambda: repeat_random(A, {}), "at least one number of runs"),
        (lambda: repeat_random(A, {0.5: 1.0}), "count must be a whole number"),
        (lambda: repeat_random(A, {-1: 1.0}), "count must be a whole number"),
        (lambda: repeat_random(A, {1: 0.5, 2: 0.4}), "probabilities of counts"),
        (lambda: geometric_counts(1.0), r"again must lie in \[0, 0.995\]"),
        (lambda: geometric_counts(math.nan), "again must lie in"),
        (lambda: shift(A, -1), "value must be at least 0"),
        (lambda: scale(A, 0), "factor must be greater than 0"),
        (lambda: scale(Constant(1), math.inf), "factor must be greater than 0"),
        (lambda: affine(-1.0, 1.0, 5), "value must be at least 0"),
        (lambda: affine(1.0, 1.0, -5), "items must be at least 0"),
        (lambda: generation(A, 1.0, -5), "output_tokens must be at least 0"),
        (lambda: turns([A, A]), "at least one must be a Generation"),
        (lambda: tool_loop(Generation(A, A), A, {1: 0.5}), "probabilities of counts"),
        (lambda: A.cdf(math.nan), "x must be a number"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    """Nothing to compose, counts that are not whole, shares that do not add up, k above n: a ValueError says which."""
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_nothing_is_undefined_or_endless() -> None:
    """Means, variances, percentiles and levels of every kind of distribution are finite numbers."""
    kinds: list[Distribution] = [
        *(Constant(0.0), Uniform(1e-9), Wait(0.0, 1.0), Wait(1e-12, 1e-9), Erlang(1000, 1e6), Lognormal(0.0, 0.0)),
        *(Lognormal(0.0, 8.0), from_percentiles({0.01: 1e-9, 0.99: 1e9}), scale(Constant(0.0), 5.0)),
        repeat_random(A, {0: 1.0}),
        parallel(Constant(0.0), Constant(0.0)),
        k_of_n(1, [Wait(0.0, 1.0), A]),
        series(Lognormal(0.0, 8.0), Constant(1e9), Wait(1e-12, 1e-9)),
    ]
    for kind in kinds:
        figures = [kind.mean(), kind.variance(), *kind.quantiles([1e-6, 0.5, 0.9999]), kind.cdf(1.0)]
        assert all(math.isfinite(figure) and figure >= 0 for figure in figures), kind
        assert kind.cdf(-1.0) == 0
        assert kind.cdf(math.inf) == 1

"""Time-outs, retries, hedges and what they do to load: closed forms, sampling, and rounds of retries played through."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.montecarlo import sample

from advisor.models.latency import Constant, Distribution, Lognormal, Uniform, bimodal, exponential, series
from advisor.models.retries import exponential_backoff, hedge, mean_attempts, retry
from advisor.models.retry_load import retry_load
from advisor.models.truncation import Within

LEVELS = [0.1, 0.5, 0.9, 0.99, 0.999]
fit = Lognormal.from_mean_cv
SLOW_AT_TIMES = bimodal(0.05, fit(40, 0.5), fit(900, 0.6))


def test_retries_of_an_exponential_have_their_closed_form() -> None:
    """Share in time, attempts, mean and percentiles of an exponential under a time-out, written out."""
    mean, timeout, attempts = 100.0, 150.0, 3
    tried = retry(exponential(mean), timeout, attempts)
    late = math.exp(-timeout / mean)
    assert tried.timeout_probability == pytest.approx(late, rel=1e-12)
    assert tried.success_probability == pytest.approx(1 - late**3, rel=1e-12)
    assert tried.mean_attempts == pytest.approx(1 + late + late**2, rel=1e-12)
    assert tried.extra_load == pytest.approx(late + late**2, rel=1e-12)
    # without pauses a memoryless service does not notice that it is tried again
    for x in (20.0, 149.0, 151.0, 299.0, 301.0, 449.0):
        assert tried.overall.cdf(x) == pytest.approx(1 - math.exp(-x / mean), rel=1e-12)
        assert tried.success.cdf(x) == pytest.approx((1 - math.exp(-x / mean)) / (1 - late**3), rel=1e-12)
    assert tried.overall.quantile(0.999) == 450.0
    assert tried.overall.mean() == pytest.approx(mean * (1 - late**3), rel=1e-9)


@pytest.mark.parametrize("stage", [SLOW_AT_TIMES, series(fit(40, 0.5), SLOW_AT_TIMES)], ids=["closed", "lattice"])
def test_retries_agree_with_sampling(stage: Distribution) -> None:
    """Attempt after attempt, with pauses that are constant and random: the times of a million requests."""
    count, timeout, attempts, rng = 1_000_000, 300.0, 3, np.random.default_rng(5)
    pauses: list[float | Distribution] = [20.0, Uniform(80.0)]
    tried = retry(stage, timeout, attempts, pauses)
    times, open_ = np.zeros(count), np.ones(count, dtype=bool)
    used = 0
    for attempt in range(attempts):
        waiting = np.flatnonzero(open_)
        used += waiting.size
        took = sample(stage, rng, waiting.size)
        times[waiting] += np.minimum(took, timeout)
        open_[waiting] = took > timeout
        if attempt < attempts - 1:
            late = waiting[took > timeout]
            times[late] += 20.0 if attempt == 0 else rng.uniform(0, 80.0, late.size)
    assert tried.mean_attempts == pytest.approx(used / count, rel=2e-3)
    gave_up = (1 - tried.success_probability) * count
    assert open_.sum() == pytest.approx(gave_up, abs=5 * math.sqrt(gave_up))
    for distribution, unsorted in ((tried.overall, times), (tried.success, times[~open_])):
        sampled = np.sort(unsorted)
        for p, found in zip(LEVELS, distribution.quantiles(LEVELS), strict=True):
            error = 4.5 * math.sqrt(p * (1 - p) / sampled.size)
            low, high = (sampled[min(int(q * sampled.size), sampled.size - 1)] for q in (p - error, p + error))
            assert low * 0.999 <= found <= high * 1.001, p
        assert distribution.mean() == pytest.approx(sampled.mean(), rel=5e-3)
        assert math.sqrt(distribution.variance()) == pytest.approx(sampled.std(), rel=0.02)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    timeout=st.floats(1.0, 1e4),
    attempts=st.integers(1, 6),
    cv=st.floats(0.1, 3),
    pause=st.sampled_from([0.0, 1.0, 70.0]),
)
def test_more_attempts_help_success_and_cost_load(timeout: float, attempts: int, cv: float, pause: float) -> None:
    """One more attempt never lowers success or load; nothing lasts beyond all time-outs and pauses."""
    stage = fit(100, cv)
    if stage.cdf(timeout) <= 1e-12:
        return
    fewer, more = retry(stage, timeout, attempts, pause), retry(stage, timeout, attempts + 1, pause)
    assert fewer.success_probability <= more.success_probability <= 1
    assert 1 <= fewer.mean_attempts <= more.mean_attempts <= attempts + 1
    assert fewer.overall.quantile(0.9999) <= attempts * timeout + (attempts - 1) * pause + 1e-9


def test_a_time_out_that_is_never_reached_changes_nothing() -> None:
    """With the time-out above the longest time there is one attempt, always in time."""
    tried = retry(Uniform(50.0), 60.0, 5)
    assert (tried.success_probability, tried.mean_attempts) == (1.0, 1.0)
    assert tried.overall.quantile(0.9) == pytest.approx(45.0, rel=1e-9)


def test_an_answer_at_the_time_out_is_in_time() -> None:
    """A constant of exactly the time-out succeeds; a time-out below it can never be met and is refused."""
    assert retry(Constant(100.0), 100.0, 2).success_probability == 1.0
    with pytest.raises(ValueError, match=r"timeout must be above the shortest time of the stage \(100\)"):
        retry(Constant(100.0), 99.0, 2)


def test_rare_successes_keep_their_digits() -> None:
    """A time-out that one attempt in a billion meets: 1 - (1 - f)^n is n f, not rounding noise."""
    stage = fit(100, 0.5)
    tried = retry(stage, math.exp(stage.mu - 6 * stage.sigma), 10)
    assert tried.success_probability == pytest.approx(10 * 9.865876450376981e-10, rel=1e-6)
    assert math.isfinite(tried.success.quantile(0.99))


def test_within_is_the_truncated_distribution() -> None:
    """X given X <= limit: distribution function, mean and atoms, for a closed form and for a sum."""
    for stage in (exponential(10.0), series(exponential(10.0), Constant(2.0))):
        cut = Within(stage, 15.0)
        assert cut.cdf(7.0) == pytest.approx(stage.cdf(7.0) / stage.cdf(15.0), rel=1e-12)
        assert cut.cdf(15.0) == 1.0
    assert Within(exponential(10.0), 15.0).mean() == pytest.approx(10 - 15 * math.exp(-1.5) / (1 - math.exp(-1.5)))
    both = series(exponential(10.0), exponential(10.0))
    exact = (1 - math.exp(-0.8) * 1.8) / (1 - math.exp(-1.5) * 2.5)
    assert Within(both, 15.0).cdf(8.0) == pytest.approx(exact, rel=1e-5)
    assert series(Within(both, 15.0), Constant(1.0)).quantile(0.9999) <= 16.0


def test_backoff_doubles_up_to_its_limit() -> None:
    """Pauses of 10, 20, 40 ms; with a limit of 25 ms the last is 25; with jitter half as long on average."""
    assert [pause.mean() for pause in exponential_backoff(10, 4)] == [10, 20, 40]
    assert [pause.mean() for pause in exponential_backoff(10, 4, most=25)] == [10, 20, 25]
    assert [pause.mean() for pause in exponential_backoff(10, 4, jitter=True)] == [5, 10, 20]
    assert exponential_backoff(10, 1) == []


def test_hedged_exponentials_have_their_closed_form() -> None:
    """Up to the delay one exponential, beyond it the minimum of two: P(X > x) = exp(-x/m - (x - d)/m)."""
    for after in (0.0, 12.0):
        hedged = hedge(exponential(10.0), after)
        assert hedged.extra_load == pytest.approx(math.exp(-after / 10), rel=1e-12)
        for x in (5.0, 12.0, 25.0, 60.0):
            late = math.exp(-x / 10 - max(x - after, 0) / 10)
            assert 1 - hedged.time.cdf(x) == pytest.approx(late, rel=1e-9)
    exact = 10 * (1 - math.exp(-1.2)) + 5 * math.exp(-1.2)
    assert hedge(exponential(10.0), 12.0).time.mean() == pytest.approx(exact, rel=1e-7)


def test_hedges_agree_with_sampling() -> None:
    """A stage that is slow at times, hedged at its p95 with a slower copy: percentiles of a million requests."""
    count, rng = 1_000_000, np.random.default_rng(2)
    stage = series(fit(10, 0.3), SLOW_AT_TIMES)
    copy, after = fit(60, 0.5), stage.quantile(0.95)
    hedged = hedge(stage, after, copy)
    times = np.sort(np.minimum(sample(stage, rng, count), after + sample(copy, rng, count)))
    for p, found in zip(LEVELS, hedged.time.quantiles(LEVELS), strict=True):
        error = 4.5 * math.sqrt(p * (1 - p) / count)
        low, high = (times[int(q * count)] for q in (p - error, p + error))
        assert low * 0.999 <= found <= high * 1.001, p
    assert hedged.extra_load == pytest.approx(0.05, rel=1e-3)


def _late(rate: float) -> float:
    return math.exp(-(100.0 - rate) * 0.1)  # M/M/1 with 100 requests/s, time-out 100 ms


def test_retries_settle_where_rounds_of_retries_do() -> None:
    """Round after round, arrivals plus the retries of the round before: the load goes to the fixed point."""
    for arrivals in (10.0, 50.0, 69.0):
        rate = arrivals
        for _ in range(3000):
            rate = arrivals * (1 + _late(rate) + _late(rate) ** 2)
        settled = retry_load(arrivals, 3, 100.0, _late)
        assert settled.offered_rate_per_s == pytest.approx(rate, rel=1e-9)
        assert settled.mean_attempts * arrivals == pytest.approx(settled.offered_rate_per_s, rel=1e-9)


def test_above_the_tipping_rate_an_overload_keeps_itself_up() -> None:
    """Started just below the tipping rate, rounds of retries fall back; just above it they rise to the capacity."""
    arrivals = 60.0
    settled = retry_load(arrivals, 3, 100.0, _late)
    assert settled.tipping_rate_per_s is not None
    ends = []
    for start in (settled.tipping_rate_per_s * 0.999, settled.tipping_rate_per_s * 1.001):
        rate = start
        for _ in range(2000):
            rate = min(arrivals * (1 + _late(rate) + _late(rate) ** 2), 100.0)
        ends.append(rate)
    assert ends[0] == pytest.approx(settled.offered_rate_per_s, rel=1e-6)
    assert ends[1] == 100.0
    assert retry_load(20.0, 3, 100.0, _late).tipping_rate_per_s is None  # even three attempts each fit


def test_load_that_does_not_settle_is_refused_with_the_largest_that_does() -> None:
    """The stated limit is where settling ends: just below it there is a fixed point, just above it there is none."""
    with pytest.raises(ValueError, match=r"arrival_rate_per_s must be at most 69\.4658 for retries to settle"):
        retry_load(80.0, 3, 100.0, _late)
    assert retry_load(69.465, 3, 100.0, _late).offered_rate_per_s < 100
    with pytest.raises(ValueError, match="must be at most"):
        retry_load(69.467, 3, 100.0, _late)


A = fit(100, 0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: retry(A, 0.0, 2), "timeout must be greater than 0"),
        (lambda: retry(A, -5.0, 2), "timeout must be greater than 0"),
        (lambda: retry(A, math.nan, 2), "timeout must be greater than 0"),
        (lambda: retry(A, 100.0, 0), "attempts must be a whole number from 1 to 100"),
        (lambda: retry(A, 100.0, 2.5), "attempts must be a whole number"),
        (lambda: retry(A, 100.0, 3, [1.0]), "backoff needs 2 pauses for 3 attempts, found 1"),
        (lambda: retry(A, 100.0, 3, -1.0), "value must be at least 0"),
        (lambda: retry(A, 1e-6, 3), "timeout must be above the shortest time"),
        (lambda: hedge(A, -1.0), "after must be at least 0"),
        (lambda: hedge(A, math.inf), "after must be at least 0 and finite"),
        (lambda: mean_attempts(1.5, 2), r"timeout_probability must lie in \[0, 1\]"),
        (lambda: exponential_backoff(0.0, 3), "first must be greater than 0"),
        (lambda: exponential_backoff(1.0, 3, factor=0.5), "factor must be at least 1"),
        (lambda: retry_load(0.0, 3, 100.0, _late), "arrival_rate_per_s must be greater than 0"),
        (lambda: retry_load(10.0, 3, math.nan, _late), "capacity_per_s must be greater than 0"),
        (lambda: retry_load(10.0, 3, 100.0, lambda rate: 2.0), r"timeout_probability must lie in \[0, 1\]"),
        (lambda: retry_load(10.0, 3, 100.0, lambda rate: 1 - rate / 100), "must not decrease"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    """Time-outs of nothing, fractions of attempts, pauses that do not fit, probabilities that fall: each is named."""
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]

"""A batching LLM server: against its published figures, its chain in exact fractions, and a simulation of its batch."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import astuple, replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import llm_load_points as measured
from advisor.models import llm_serving as serving
from advisor.models.llm_load_points import LoadPoint
from advisor.models.llm_serving import LlmServer
from advisor.models.llm_times import RequestTimes, decode_times, iteration_times, joining_iteration_times, phase_times

SMALL = LlmServer(phase_times(8.0, 0.5, 4.0, 0.01, 200, 51), 4)


def test_figures_of_the_model_s_readme() -> None:
    """llm-inferno/queue-analysis, README: /solve and /target of February 2026, in single precision there (1e-4)."""
    server = LlmServer(joining_iteration_times(12, 0.05, 0.0005, 128, 512), 48, 128)
    load = serving.serve(server, 3.0)
    assert load.response_ms == pytest.approx(10568.446, rel=1e-6)
    assert load.wait_ms == pytest.approx(28.27539, rel=1e-4)
    assert load.mean_batch == pytest.approx(31.620514, rel=1e-6)
    assert load.ttft_ms == pytest.approx(75.31746, rel=1e-5)
    assert load.tpot_ms == pytest.approx(20.534498, rel=1e-6)
    # The tool stays a thousandth below the limit.
    assert 0.999 * serving.capacity_per_s(server) == pytest.approx(3.8208232, rel=1e-6)
    assert serving.largest_rate_per_s(server, ttft_ms=60) == pytest.approx(2.910594, rel=1e-5)
    assert serving.largest_rate_per_s(server, tpot_ms=20) == pytest.approx(2.8741095, rel=1e-5)
    both = serving.serve(server, serving.largest_rate_per_s(server, ttft_ms=60, tpot_ms=20))
    assert (both.wait_ms, both.mean_batch) == pytest.approx((10.09375, 29.505493), rel=1e-4)
    assert both.ttft_ms == pytest.approx(56.063286, rel=1e-5)


def test_figures_of_the_revised_model_s_readme() -> None:
    """The same README, /optimize of June 2026. It takes prefill at the mean batch, not the one run in: TTFT 0.5 %."""
    server = LlmServer(iteration_times(12, 0.05, 0.0005, 128, 512), 49, 128)
    load = serving.serve(server, 2.9715836)
    assert serving.serve_iterations(12, 0.05, 0.0005, 128, 512, 49, 2.9715836, 128) == load
    assert load.response_ms == pytest.approx(10277.985, rel=1e-6)
    assert load.wait_ms == pytest.approx(12.017578, rel=1e-4)
    assert load.mean_batch == pytest.approx(30.50618, rel=1e-6)
    assert load.tpot_ms == pytest.approx(19.999996, rel=1e-4)
    assert load.ttft_ms == pytest.approx(57.9873, rel=5e-3)
    assert 0.999 * serving.capacity_per_s(server) == pytest.approx(3.9003835, rel=1e-6)


def test_figures_of_the_first_model_s_readme() -> None:
    """The README of 2024 and 2025: alpha and beta alone, 30 requests a minute of 1024 tokens."""
    load = serving.serve(LlmServer(decode_times(19, 1, 1024), 48, 200), 0.5)
    assert load.response_ms == pytest.approx(41968.81, rel=1e-6)
    assert load.mean_batch == pytest.approx(20.983025, rel=1e-6)
    assert load.tpot_ms == pytest.approx(40.98247, rel=1e-6)
    assert load.wait_ms == pytest.approx(2.7617188, rel=2e-3)  # a difference of two single-precision times of 42 s


@pytest.mark.parametrize("rate", [Fraction(1, 100), Fraction(3), Fraction(6), Fraction(20)])
@pytest.mark.parametrize("room", [0, 1, 7])
def test_serve_equals_the_exact_chain(rate: Fraction, room: int) -> None:
    """Numbers, loss, wait and the batch that requests run in agree to 1e-9 with exact fractions, overloaded too."""
    request = [Fraction(4 + 2 * n) + 50 * (8 + Fraction(n, 2)) for n in range(5)]
    weights = [Fraction(1)]
    for n in range(1, 5 + room):
        busy = min(n, 4)
        weights.append(weights[-1] * rate * request[busy] / (1000 * busy))
    pi = [weight / sum(weights) for weight in weights]
    through = rate * (1 - pi[-1])
    in_batch = sum(min(n, 4) * p for n, p in enumerate(pi))
    waiting = sum(max(0, n - 4) * p for n, p in enumerate(pi))
    leaving = [p * 1000 * min(n, 4) / request[min(n, 4)] for n, p in enumerate(pi)]
    runs_in = sum(min(n, 4) * r for n, r in enumerate(leaving)) / sum(leaving)
    load = serving.serve(replace(SMALL, max_queue=room), float(rate))
    expected = (through, pi[-1], in_batch, waiting, 1000 * waiting / through, 4 + 2 * runs_in, 8 + runs_in / 2)
    found = (
        load.throughput_per_s,
        load.p_lost,
        load.mean_batch,
        load.mean_waiting,
        load.wait_ms,
        load.prefill_ms,
        load.tpot_ms,
    )
    assert found == pytest.approx([float(value) for value in expected], rel=1e-9)


def test_a_queue_without_limit_is_the_limit_of_long_queues() -> None:
    """Room for 5 000 differs from no limit by less than 1e-9 at 95 % of capacity."""
    rate = 0.95 * serving.capacity_per_s(SMALL)
    endless, long = serving.serve(SMALL, rate), serving.serve(replace(SMALL, max_queue=5000), rate)
    assert astuple(endless) == pytest.approx(astuple(long), rel=1e-9, abs=1e-30)


cost = st.just(0.0) | st.floats(0.0001, 0.1)
base, tokens = st.floats(1, 50), st.floats(1, 8000)
consistent = st.builds(iteration_times, base, cost, cost, tokens, tokens, chunks=st.integers(1, 8)) | st.builds(
    phase_times, base, cost, base, cost, tokens, tokens
)
joining = st.builds(joining_iteration_times, base, cost, cost, tokens, tokens)
batches, rooms = st.integers(1, 120), st.none() | st.integers(0, 100)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.builds(LlmServer, consistent | joining, batches, rooms), st.floats(0.001, 0.999))
def test_littles_law_holds_in_every_prediction(server: LlmServer, share: float) -> None:
    """To 1e-9: numbers are throughput times times, a request's time is its phases', and what is not served is lost."""
    rate = share * serving.capacity_per_s(server)
    for load in (serving.serve(server, rate), serving.settle(server, rate)):
        x = load.throughput_per_s / 1000
        assert load.mean_present == pytest.approx(x * load.response_ms, rel=1e-9)
        assert load.mean_waiting == pytest.approx(x * load.wait_ms, rel=1e-9)
        own_ms = load.prefill_ms + server.times.decodes * load.tpot_ms
        assert load.mean_batch == pytest.approx(x * own_ms, rel=1e-9)
        assert load.response_ms == pytest.approx(load.wait_ms + own_ms, rel=1e-9)
        assert load.throughput_per_s == pytest.approx(rate * (1 - load.p_lost), rel=1e-9)
        assert 0 < load.utilization <= 1 + 1e-12


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.builds(LlmServer, consistent, batches), st.floats(0.01, 0.9), st.floats(1.001, 1.1))
def test_more_load_is_never_faster(server: LlmServer, share: float, more: float) -> None:
    """Wait, TTFT, time per token and response rise with the rate; wait falls with a larger batch."""
    rate = share * serving.capacity_per_s(server)
    here, there = serving.serve(server, rate), serving.serve(server, rate * more)
    for name in ("wait_ms", "ttft_ms", "tpot_ms", "response_ms"):
        assert getattr(there, name) >= getattr(here, name) * (1 - 1e-9), name
    wider = serving.serve(replace(server, max_batch=server.max_batch + 1), rate)
    assert wider.wait_ms <= here.wait_ms * (1 + 1e-9) + 1e-12


def simulated(server: LlmServer, rate: float, requests: int, seed: int, exponential: bool) -> tuple[float, ...]:
    """Return mean wait, mean response (ms) and mean batch of a shared batch, one event after the other; times in ms."""
    rng = random.Random(seed)
    now = area = waits = responses = 0.0
    batch: list[list[float]] = []  # [work left in requests, arrived]
    queue: deque[float] = deque()
    arrival, arrived, done = rng.expovariate(rate / 1000), 0, 0
    while done < requests:
        speed = 1 / server.times.request_ms(len(batch)) if batch else 0.0
        first = min(batch, default=None)
        finish = now + first[0] / speed if first else math.inf
        step = min(arrival, finish) - now
        area += step * len(batch)
        for one in batch:
            one[0] -= step * speed
        now += step
        if finish <= arrival and first:
            batch.remove(first)
            responses += now - first[1]
            done += 1
        else:
            queue.append(now)
            arrived += 1
            arrival = now + rng.expovariate(rate / 1000)
        while queue and len(batch) < server.max_batch:
            since = queue.popleft()
            waits += now - since
            batch.append([rng.expovariate(1.0) if exponential else 1.0, since])
    return waits / done, responses / done, area / now


@pytest.mark.parametrize(("max_batch", "share", "exponential"), [(4, 0.7, True), (4, 0.9, True), (40, 0.6, False)])
def test_a_simulated_batch_agrees(max_batch: int, share: float, exponential: bool) -> None:
    """Wait, response and batch lie in the 99 % interval of eight simulations; lengths do not matter until it queues."""
    server = replace(SMALL, max_batch=max_batch)
    rate = share * serving.capacity_per_s(server)
    load = serving.serve(server, rate)
    assert exponential or load.wait_ms < 1e-3 * load.response_ms
    runs = [simulated(server, rate, 10_000, seed, exponential) for seed in range(8)]
    models = (load.wait_ms, load.response_ms, load.mean_batch) if exponential else (load.response_ms, load.mean_batch)
    for found, model in zip(zip(*(run[-len(models) :] for run in runs), strict=True), models, strict=True):
        mean = math.fsum(found) / 8
        error = math.sqrt(math.fsum((x - mean) ** 2 for x in found) / 7 / 8)
        assert abs(mean - model) <= 3.4995 * error, (mean, model, error)  # Student's t, 7 degrees of freedom


def test_settling_is_the_batch_that_little_s_law_gives() -> None:
    """b = rate x request(b); a lone request runs alone; at capacity the batch is full; beyond it there is no such b."""
    server = LlmServer(decode_times(10.0, 1.0, 100), 32)
    assert serving.settle(server, 5.0).mean_batch == pytest.approx(10.0, rel=1e-12)
    assert serving.settle(server, 0.1).response_ms == pytest.approx(1100.0, rel=1e-12)
    most = serving.capacity_per_s(server)
    assert serving.settle(server, most).mean_batch == pytest.approx(32, rel=1e-9)
    with pytest.raises(ValueError, match=r"past the knee: arrival_rate_per_s must be at most 7\.61905, found 8"):
        serving.settle(server, 8.0)


def test_largest_rates_keep_their_limits_and_no_larger_one_does() -> None:
    """The rate found keeps both limits; a millionth more breaks one."""
    server = LlmServer(phase_times(7.0, 0.05, 5.0, 0.0001, 1000, 200), 64)
    for limits in ({"ttft_ms": 30.0}, {"tpot_ms": 8.0}, {"ttft_ms": 30.0, "tpot_ms": 9.5}):
        rate = serving.largest_rate_per_s(server, **limits)
        kept, broken = serving.serve(server, rate), serving.serve(server, rate * (1 + 1e-6))
        assert all(getattr(kept, name) <= limit for name, limit in limits.items())
        assert any(getattr(broken, name) > limit for name, limit in limits.items())


def test_past_the_knee_the_queue_grows_by_what_is_too_much() -> None:
    """Growth is rate less capacity; who arrives after t waits for growth x t requests; at capacity nothing grows."""
    server = LlmServer(decode_times(10.0, 1.0, 100), 10)
    after = serving.past_knee(server, 6.0, 60.0)
    assert (after.growth_per_s, after.waiting, after.wait_ms) == pytest.approx((1.0, 60.0, 12_000.0))
    assert serving.past_knee(server, 5.0, 60.0).waiting == 0


def test_extreme_servers_stay_finite() -> None:
    """Batches of a hundred thousand, loads of a millionth and 0.999999 of capacity: finite and in order."""
    server = LlmServer(phase_times(20.0, 0.001, 10.0, 1e-7, 1000, 500), 100_000)
    most = serving.capacity_per_s(server)
    loads = [serving.serve(server, share * most) for share in (1e-6, 0.5, 0.999999)]
    assert all(math.isfinite(value) for load in loads for value in astuple(load))
    assert [load.ttft_ms for load in loads] == sorted(load.ttft_ms for load in loads)
    over = serving.serve(replace(server, max_batch=100, max_queue=100_000), 1e6)
    assert over.throughput_per_s == pytest.approx(serving.capacity_per_s(replace(server, max_batch=100)), rel=1e-9)


POINTS = [
    LoadPoint(1, 0.5, 100.0, 19.0),
    LoadPoint(8, 3.2, 180.0, 23.2),
    LoadPoint(32, 8.0, 400.0, 36.0),
    LoadPoint(64, 7.8, 3000.0, 52.0),
]


def test_measured_points_are_met_and_lines_lie_between() -> None:
    """At a measured rate TTFT and TPOT are those measured; half way they are half way; Little's law is exact."""
    curve = measured.load_curve(POINTS, 101)
    assert (curve.capacity_per_s, measured.at_rate(curve, 3.2).ttft_ms) == (8.0, 180.0)
    half = measured.at_rate(curve, 5.6)
    assert (half.ttft_ms, half.tpot_ms) == pytest.approx((290.0, 29.6), rel=1e-12)
    beyond = measured.at_concurrency(curve, 48)
    assert (beyond.ttft_ms, beyond.tpot_ms) == pytest.approx((1700.0, 44.0), rel=1e-12)
    first = measured.at_rate(curve, 0.1)
    assert (first.ttft_ms, first.measured, half.measured) == (100.0, False, True)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0.01, 8.0), st.floats(0.1, 64))
def test_predictions_from_points_obey_littles_law(rate: float, concurrency: float) -> None:
    """To 1e-9, whether asked by rate or by concurrency."""
    curve = measured.load_curve(POINTS, 101)
    for load in (measured.at_rate(curve, rate), measured.at_concurrency(curve, concurrency)):
        assert load.concurrency == pytest.approx(load.arrival_rate_per_s * load.response_ms / 1000, rel=1e-9)
        assert load.response_ms == pytest.approx(load.ttft_ms + 100 * load.tpot_ms, rel=1e-9)
        assert load.output_tokens_per_s == pytest.approx(101 * load.arrival_rate_per_s, rel=1e-9)


def test_past_the_last_point_only_growth_is_said() -> None:
    """Above the largest throughput measured the queue grows by the difference, and the knee's times come on top."""
    curve = measured.load_curve(POINTS, 101)
    after = measured.past_last_point(curve, 10.0, 30.0)
    assert astuple(after) == pytest.approx((2.0, 60.0, 7500.0, 7900.0, 36.0))


def test_littles_law_finds_the_requests_that_were_not_there() -> None:
    """Requests in flight that throughput and times imply, against those stated: both ways, exactly 0 if they agree."""
    assert measured.little_gap(LoadPoint(8, 4.0, 100.0, 19.0), 101) == 0
    assert measured.little_gap(LoadPoint(10, 4.0, 100.0, 19.0), 101) == pytest.approx(-0.2, rel=1e-12)
    assert measured.little_gap(LoadPoint(4, 4.0, 100.0, 19.0), 101) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: serving.serve(SMALL, 8.0), r"no steady state: arrival_rate_per_s must be below 7\.8125, found 8"),
        (lambda: serving.serve(SMALL, math.nan), "arrival_rate_per_s must be greater than 0"),
        (lambda: serving.serve(replace(SMALL, max_batch=0), 1.0), "max_batch must be a whole number from 1"),
        (lambda: serving.serve(replace(SMALL, max_batch=True), 1.0), "max_batch must be a whole number from 1"),
        (lambda: serving.serve(replace(SMALL, max_queue=-1), 1.0), "max_queue must be a whole number from 0"),
        (lambda: serving.serve(LlmServer(RequestTimes(0, 0, 1, -1, 5), 8), 1.0), "decode_each_ms must be at least 0"),
        (lambda: serving.serve(LlmServer(RequestTimes(0, 0, 1, 1, 5, 2), 8), 1.0), "first_decodes must be a whole"),
        (lambda: serving.serve(LlmServer(decode_times(1e90, 1.0, 1e90), 8), 1.0), r"request_ms\(0\) must be at most"),
        (lambda: serving.largest_rate_per_s(SMALL), "at least one of ttft_ms and tpot_ms"),
        (lambda: serving.largest_rate_per_s(SMALL, ttft_ms=5.0), "ttft_ms must be above 6, that of an idle server"),
        (lambda: serving.past_knee(SMALL, 1.0, 1.0), "before the knee: arrival_rate_per_s must be at least"),
        (lambda: iteration_times(0, 1, 1, 1, 1), "alpha_ms must be greater than 0"),
        (lambda: iteration_times(1, 1, 1, 1, 1, chunks=0), "chunks must be a whole number of at least 1"),
        (lambda: phase_times(1, 1, 1, 1, 1, 0.5), "output_tokens must be at least 1"),
        (lambda: measured.load_curve(POINTS[:1], 101), "points must be at least 2, found 1"),
        (lambda: measured.load_curve([*POINTS[:2], POINTS[0]], 101), "concurrency of point 3 must be above 8"),
        (lambda: measured.load_curve([*POINTS[:2], replace(POINTS[2], throughput_per_s=4.0)], 101), "point 3 breaks"),
        (lambda: measured.load_curve([*POINTS[:2], replace(POINTS[2], ttft_ms=math.inf)], 101), "ttft_ms of point 3"),
        (lambda: measured.at_rate(measured.load_curve(POINTS, 101), 8.1), "must be at most 8, the largest"),
        (lambda: measured.at_concurrency(measured.load_curve(POINTS, 101), 65), "concurrency must be at most 64"),
        (lambda: measured.past_last_point(measured.load_curve(POINTS, 101), 7.0, 1.0), "must be at least 8, found 7"),
    ],
)  # fmt: skip
def test_impossible_loads_are_refused(call: Callable[[], object], message: str) -> None:
    """Loads past the limit or past what was measured, and arguments out of range, name the valid range."""
    with pytest.raises(ValueError, match=message):
        call()


def test_throughput_that_falls_before_its_peak_is_refused() -> None:
    """A dip on the way up leaves two loads for one rate: which one is meant is not known."""
    points = [POINTS[0], LoadPoint(8, 4.0, 100.0, 19.0), LoadPoint(12, 3.0, 200.0, 38.0), POINTS[2]]
    with pytest.raises(ValueError, match="throughput_per_s must rise up to its largest value: 3 at concurrency 12"):
        measured.at_rate(measured.load_curve(points, 101), 1.0)


def test_slower_points_never_predict_faster() -> None:
    """A curve whose times are all a tenth longer, throughput a tenth lower, is slower at every rate both cover."""
    slower = [LoadPoint(p.concurrency, p.throughput_per_s / 1.1, p.ttft_ms * 1.1, p.tpot_ms * 1.1) for p in POINTS]
    fast, slow = measured.load_curve(POINTS, 101), measured.load_curve(slower, 101)
    rates = [i / 20 for i in range(1, 145)]
    assert all(measured.at_rate(slow, r).response_ms > measured.at_rate(fast, r).response_ms for r in rates)
    times = [measured.at_rate(fast, r).response_ms for r in rates]
    assert all(later >= sooner for sooner, later in pairwise(times))

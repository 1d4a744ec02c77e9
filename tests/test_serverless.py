"""Serverless functions: vendors' examples, limits as verdicts, bursts by simulation, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.serverless import (
    burst,
    concurrency,
    provisioned_concurrency,
    scale_out_s,
    serverless,
    spillover_share,
)


@pytest.mark.parametrize(
    ("rate_per_s", "duration_s", "printed"),
    [(100, 0.5, 50), (100, 1, 100), (100, 0.05, 5), (10, 3, 30), (500, 0.2, 100), (0, 3, 0)],
)
def test_published_concurrency(rate_per_s: float, duration_s: float, printed: float) -> None:
    """Concurrency is rate x duration: the worked examples of AWS and of courses about it."""
    assert concurrency(rate_per_s, duration_s) == printed


@pytest.mark.parametrize(
    ("limits", "binding", "limit", "served"),
    [
        ({}, "none", 1000, 400),
        ({"account_limit": 100}, "account", 100, 200),
        ({"function_limit": 50}, "function", 50, 100),
        ({"others_in_account": 900}, "account", 100, 200),
        ({"others_in_account": 900, "function_limit": 150}, "account", 100, 200),
        ({"others_in_account": 2000}, "account", 0, 0),
        ({"function_limit": 0}, "function", 0, 0),
        ({"function_limit": 200}, "none", 200, 400),
        ({"function_limit": 200, "requests_per_s_each": 1}, "request rate", 200, 200),
    ],
)
def test_the_tighter_limit_throttles(limits: dict[str, float], binding: str, limit: float, served: float) -> None:
    """400 requests a second of 0.5 s need 200 executions; what the tightest limit leaves is served, by hand."""
    found = serverless(400, 0.5, **limits)
    assert (found.needed, found.binding, found.limit) == (200, binding, limit)
    assert (found.served_rate_per_s, found.throttled_rate_per_s) == (served, 400 - served)
    assert found.fits == (served == 400)


def test_short_functions_meet_the_request_rate_first() -> None:
    """20 000 requests a second of 20 ms need only 400 executions, but 1000 executions allow 10 000 a second."""
    found = serverless(20_000, 0.02)
    assert (found.needed, found.binding, found.served_rate_per_s) == (400, "request rate", 10_000)
    assert serverless(20_000, 0.02, requests_per_s_each=None).fits


def test_rounding_does_not_throttle() -> None:
    """50 x 1.1 is a little over 55 in binary and fits a limit of 55 all the same; 51 x 1.1 does not."""
    assert 50 * 1.1 > 55
    assert serverless(50, 1.1, function_limit=55).fits
    assert serverless(51, 1.1, function_limit=55).binding == "function"


@pytest.mark.parametrize("rate", [1, 999, 2000, 2001, 50_000])
def test_served_and_throttled_make_the_rate(rate: float) -> None:
    """Nothing is lost or made, and what is served keeps within the limit by Little's law."""
    found = serverless(rate, 0.5)
    assert found.served_rate_per_s + found.throttled_rate_per_s == rate
    assert found.served_rate_per_s * 0.5 <= found.limit
    assert found.fits == (rate <= 2000)


@pytest.mark.parametrize(
    ("needed", "warm", "expected"), [(0, 0, 0), (1000, 0, 0), (1001, 0, 10), (3500, 500, 20), (10, 99, 0)]
)
def test_scale_out(needed: float, warm: float, expected: float) -> None:
    """The first thousand executions start at once, each further thousand 10 s later."""
    assert scale_out_s(needed, warm) == expected


def throttled_by_steps(rate: float, duration: float, burst_s: int, **more: float) -> float:
    """Add up what is refused in every tenth of a second, with executions added at once every ``every_s``."""
    warm, limit, step, every = more["warm"], more["limit"], more["step"], more["every_s"]
    refused = 0.0
    for tick in range(burst_s * 10):
        capacity = min(limit, warm + step * (1 + math.floor(tick / 10 / every)))
        refused += max(0.0, rate - capacity / duration) / 10
    return refused


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.floats(1, 20_000),
    st.floats(0.1, 2),
    st.integers(1, 120),
    st.floats(1, 500),
    st.floats(1, 5000),
    st.floats(50, 1000),
    st.sampled_from([1, 5, 10, 60]),
)
def test_a_burst_throttles_what_a_simulation_adds_up(
    rate: float, duration: float, burst_s: int, warm: float, limit: float, step: float, every_s: float
) -> None:
    """Requests refused while executions are added equal the sum over small steps of time."""
    more: dict[str, float] = {"warm": warm, "limit": limit, "step": step, "every_s": every_s}
    assert burst(rate, duration, burst_s, **more).throttled == pytest.approx(
        throttled_by_steps(rate, duration, burst_s, **more), rel=1e-9, abs=1e-6
    )


def test_a_burst_by_hand() -> None:
    """2500 executions needed: 10 s with 1000 and 10 s with 2000 refuse 30 000 and 10 000 requests of 0.5 s."""
    found = burst(5000, 0.5, 60, limit=3000)
    assert (found.full_after_s, found.throttled, found.peak_concurrency) == (20, 40_000, 2500)
    assert burst(5000, 0.5, 15, limit=3000).throttled == 30_000 + 5 * 1000
    assert burst(5000, 0.5, 60, warm=1500).full_after_s is None  # the account allows 1000 at most
    assert burst(100, 0.5, 60).throttled == 0


def test_a_burst_takes_as_long_as_scaling_out() -> None:
    """Both count the same steps, whatever is warm."""
    for needed, warm in ((1000, 0), (1001, 0), (3500, 500), (10, 99)):
        assert burst(needed, 1, 10**6, warm=warm, limit=10**6).full_after_s == scale_out_s(needed, warm)


def test_provisioned_concurrency_has_its_buffer() -> None:
    """200 on average and 10 % on top are 220, exactly; a part of an execution is a whole one."""
    assert provisioned_concurrency(100, 2) == 220
    assert provisioned_concurrency(50, 1.1, buffer=0) == 55
    assert provisioned_concurrency(1, 0.01) == 1
    assert provisioned_concurrency(0, 3) == 0


def test_spillover_of_one_execution() -> None:
    """With one execution a request spills over while it is busy: a / (1 + a)."""
    assert spillover_share(3, 0.5, 1) == pytest.approx(1.5 / 2.5, rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.floats(0.1, 200), st.integers(1, 300))
def test_spillover_falls_with_what_is_provisioned(load: float, provisioned: int) -> None:
    """One execution more, or less load, never lets more spill over."""
    found = spillover_share(load, 1.0, provisioned)
    assert spillover_share(load, 1.0, provisioned + 1) <= found <= spillover_share(load * 1.1, 1.0, provisioned)


@pytest.mark.parametrize(
    "series",
    [
        [concurrency(rate, 0.3) for rate in (1, 2, 30)],
        [serverless(rate, 0.5).throttled_rate_per_s for rate in (2000, 2001, 9000)],
        [scale_out_s(needed) for needed in (1000, 1001, 9000)],
        [burst(rate, 1, 30).throttled for rate in (1000, 1001, 9000)],
        [burst(5000, 1, length).throttled for length in (1, 2, 60)],
        [provisioned_concurrency(rate, 1) for rate in (0, 1, 20)],
    ],
)
def test_more_demand_needs_more(series: list[float]) -> None:
    """Every sizing rises strictly along a series of rising demand."""
    assert all(before < after for before, after in pairwise(series))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: concurrency(-1, 1), "rate_per_s must be at least 0 and finite, found -1"),
        (lambda: concurrency(1, 0), "duration_s must be greater than 0 and finite, found 0"),
        (lambda: concurrency(1e90, 1e90), r"concurrency must be at most 1e\+100, found"),
        (lambda: concurrency(math.nan, 1), "rate_per_s must be at least 0 and finite, found nan"),
        (lambda: serverless(1, 1, account_limit=0), "account_limit must be greater than 0"),
        (lambda: serverless(1, 1, function_limit=-1), "function_limit must be at least 0"),
        (lambda: serverless(1, 1, requests_per_s_each=0), "requests_per_s_each must be greater than 0"),
        (lambda: scale_out_s(1, step=0), "step must be greater than 0"),
        (lambda: burst(1, 1, 0), "burst_s must be greater than 0"),
        (lambda: burst(1, 1, 1, limit=-1), "limit must be at least 0"),
        (lambda: provisioned_concurrency(1, 1, buffer=-0.1), "buffer must be at least 0"),
        (lambda: spillover_share(1, 1, 0), "provisioned must be a whole number from 1 to 10000000, found 0"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be provisioned is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

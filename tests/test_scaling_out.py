"""A rise of load under autoscaling: arithmetic by hand, a step-by-step simulation as judge, verdicts, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.autoscaling import next_replicas, replicas_for_load
from advisor.models.scaling_out import ScaleOut, scale_out


def test_a_step_by_hand() -> None:
    """2, 6, 12, 20 replicas of 50 a second: 45 s short of 900, 15 s of 700, 15 s of 400; then just the load."""
    found = scale_out(100, 1000, 50, cold_start_s=30)
    assert found.decisions == ((15, 6), (30, 12), (45, 20))
    assert (found.replicas, found.ready_s) == (20, 75)
    assert found.largest_backlog == 45 * 900 + 15 * 700 + 15 * 400
    assert (found.suffices, found.drained_s) == (False, None)
    assert found.verdict == "20 replicas serve just the 1000 requests/s and leave nothing to drain the backlog"


def test_headroom_drains_the_backlog() -> None:
    """At 80 % target utilisation 25 replicas come: 52 500 requests wait at 75 s and drain at 250 a second."""
    found = scale_out(100, 1000, 50, cold_start_s=30, target_utilization=0.8)
    assert (found.replicas, found.largest_backlog) == (25, 45 * 850 + 15 * 650 + 15 * 300)
    assert (found.suffices, found.verdict, found.drained_s) == (True, "suffices", 75 + 52_500 / 250)


def test_a_maximum_that_does_not_suffice_is_a_verdict() -> None:
    """Ten replicas serve 500 of 1000 a second: the backlog grows for ever, and the verdict says so."""
    found = scale_out(100, 1000, 50, maximum=10)
    assert found.verdict == "maximum of 10 replicas serves 500 of 1000 requests/s"
    assert (found.suffices, found.replicas, found.largest_backlog, found.drained_s) == (False, 10, None, None)


def test_a_maximum_above_the_load_suffices() -> None:
    """A maximum below what the target asks for, but above the load, drains the backlog all the same."""
    found = scale_out(100, 1000, 50, target_utilization=0.5, maximum=21)
    assert (found.replicas, found.suffices) == (21, True)
    assert scale_out(10, 1000, 50, target_utilization=0.5, maximum=20).suffices is False


def test_no_rise_needs_nothing() -> None:
    """A load that stays, or that the replicas already serve, leaves no backlog and no decision."""
    nothing = ScaleOut(True, "suffices", 2, (), 0.0, 0.0, 0.0)
    assert scale_out(100, 100, 50) == nothing
    assert scale_out(60, 100, 50) == nothing


def test_a_slow_ramp_is_followed_without_backlog() -> None:
    """With headroom, a ramp slower than polling and cold start together never waits."""
    found = scale_out(100, 1000, 50, ramp_s=3600, cold_start_s=30, target_utilization=0.7)
    assert (found.largest_backlog, found.drained_s, found.replicas) == (0, 0, 29)


def test_delay_of_the_metric_delays_every_decision() -> None:
    """A metric that is 45 s late postpones the first useful decision by three polls."""
    assert scale_out(100, 1000, 50).decisions[0][0] == 15
    assert scale_out(100, 1000, 50, metric_delay_s=45).decisions[0][0] == 45
    assert scale_out(100, 1000, 50, metric_delay_s=46).decisions[0][0] == 60


def simulated(base: float, peak: float, each: float, ticks: int, tick_s: float, **more: float) -> tuple[float, float]:
    """Return the largest backlog and the last time at which some waits, tick by tick."""
    polling, cold, delay = more["polling_s"], more["cold_start_s"], more["metric_delay_s"]
    ramp, target = more["ramp_s"], more["target_utilization"]

    def load(time_s: float) -> float:
        return base if time_s < 0 else peak if time_s >= ramp else base + (peak - base) * time_s / ramp

    ordered = replicas_for_load(base, each, target_utilization=target).replicas
    waiting, largest, last, polls = 0.0, 0.0, 0.0, 0
    orders = [(-math.inf, ordered)]
    for tick in range(ticks):
        now = tick * tick_s
        if now >= (polls + 1) * polling - 1e-9:
            polls += 1
            wanted = replicas_for_load(load(polls * polling - delay), each, target_utilization=target).replicas
            ordered = max(ordered, next_replicas(ordered, max(wanted, ordered)))
            orders.append((polls * polling + cold, ordered))
        serving = max(count for time_s, count in orders if time_s <= now + 1e-9)
        waiting = max(0.0, waiting + (load(now + tick_s / 2) - serving * each) * tick_s)
        largest, last = max(largest, waiting), now if waiting > 0 else last
    return largest, last


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    st.integers(0, 200),
    st.integers(0, 800),
    st.sampled_from([10, 25, 50]),
    st.sampled_from([0.0, 20.0, 90.0]),
    st.sampled_from([0.0, 7.0, 40.0]),
    st.sampled_from([5.0, 15.0]),
    st.sampled_from([0.0, 12.0]),
    st.sampled_from([0.6, 0.8]),
)
def test_backlog_is_what_a_simulation_finds(
    base: int, rise: int, each: int, ramp: float, cold: float, polling: float, delay: float, target: float
) -> None:
    """Ticks of a quarter second, with the same decisions, find the same largest backlog and the same end."""
    more: dict[str, float] = {
        "ramp_s": ramp,
        "cold_start_s": cold,
        "polling_s": polling,
        "metric_delay_s": delay,
        "target_utilization": target,
    }
    found = scale_out(base, base + rise, each, **more)
    assert found.largest_backlog is not None
    assert found.drained_s is not None
    seconds = found.drained_s + found.ready_s + 30
    largest, last = simulated(base, base + rise, each, int(seconds * 4), 0.25, **more)
    slack = (base + rise) * 0.25
    assert found.largest_backlog == pytest.approx(largest, rel=1e-6, abs=slack)
    if largest > 4 * slack:
        assert found.drained_s == pytest.approx(last, rel=0.01, abs=5)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 500), st.integers(0, 2000), st.integers(0, 120), st.integers(0, 300), st.integers(1, 8))
def test_slower_starts_and_smaller_steps_never_wait_less(base: int, rise: int, cold: int, ramp: int, pods: int) -> None:
    """A longer cold start, or fewer replicas in a decision, never leaves a smaller backlog or drains it earlier."""

    def waits(cold_start_s: float, step: int) -> tuple[float, float]:
        found = scale_out(
            base,
            base + rise,
            50,
            cold_start_s=cold_start_s,
            ramp_s=ramp,
            target_utilization=0.8,
            pods=step,
            percent=0,
        )
        assert found.largest_backlog is not None
        assert found.drained_s is not None
        return found.largest_backlog, found.drained_s

    here = waits(cold, pods)
    assert all(late >= early * (1 - 1e-9) for late, early in zip(waits(cold + 10, pods), here, strict=True))
    assert all(late >= early * (1 - 1e-9) for late, early in zip(here, waits(cold, pods + 1), strict=True))


def test_extremes_do_not_overflow() -> None:
    """Loads and times at the edge of every scale still end in a verdict."""
    found = scale_out(1, 1e90, 1e89, ramp_s=1e6, polling_s=100, cold_start_s=1e90)
    assert found.replicas == 10
    assert found.largest_backlog is None or math.isfinite(found.largest_backlog)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scale_out(2, 1, 1), "peak_per_s must be at least base_per_s = 2, found 1"),
        (lambda: scale_out(1, 2, 0), "replica_per_s must be greater than 0"),
        (lambda: scale_out(1, 2, 1, polling_s=0), "polling_s must be greater than 0"),
        (lambda: scale_out(1, 2, 1, ramp_s=1e9), "polling_s must be at least 10000 for such a ramp, found 15"),
        (lambda: scale_out(1, 9, 1, pods=0, percent=0), "pods must be at least 1: 0 percent of 1 replicas add none"),
        (lambda: scale_out(0, 9, 1, minimum=0, pods=0), "pods must be at least 1: 100 percent of 0 replicas add none"),
        (lambda: scale_out(1, 1e9, 1, pods=1, percent=0), "pods must be larger: 100000 decisions do not reach"),
        (lambda: scale_out(1, 2, 1, cold_start_s=-1), "cold_start_s must be at least 0"),
        (lambda: scale_out(1, 2, 1, maximum=0), "maximum must be a whole number from 1"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be scaled is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()

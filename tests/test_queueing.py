"""Waiting at servers: Erlang's formulas against exact fractions, waiting times against a simulated queue."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from oracles import exact
from oracles.queue_simulation import waiting_times

from advisor.models.queueing import erlang_b, erlang_c, mgc_wait


@pytest.mark.parametrize("servers", [1, 2, 3, 5, 8, 13, 40])
@pytest.mark.parametrize("share", [Fraction(1, 100), Fraction(1, 2), Fraction(9, 10), Fraction(999, 1000)])
def test_erlang_formulas_are_exact(servers: int, share: Fraction) -> None:
    """Blocking and waiting probabilities equal the textbook ratios in exact arithmetic."""
    load = servers * share
    assert erlang_b(servers, float(load)) == pytest.approx(float(exact.erlang_b(servers, load)), rel=1e-10)
    assert erlang_c(servers, float(load)) == pytest.approx(float(exact.erlang_c(servers, load)), rel=1e-10)


def test_many_servers_do_not_overflow() -> None:
    """The recursion stays finite where factorials would not."""
    assert 0 < erlang_b(5000, 4900.0) < 1
    assert 0 < erlang_c(5000, 4990.0) < 1
    assert erlang_b(3, 0.0) == 0
    assert erlang_c(3, 0.0) == 0


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (3, 2.4), (8, 6.8)])
def test_waits_agree_with_a_simulated_queue(servers: int, load: float) -> None:
    """Share of requests that wait, mean and p95 of the wait are those of a simulated M/M/c queue within 6 %."""
    waits = sorted(waiting_times(load / 2.0, 2.0, servers, 400_000, seed=servers))
    model = mgc_wait(load / 2.0, 2.0, servers)
    assert model.p_wait == pytest.approx(sum(w > 0 for w in waits) / len(waits), rel=0.03)
    assert model.mean() == pytest.approx(math.fsum(waits) / len(waits), rel=0.06)
    assert model.quantile(0.95) == pytest.approx(waits[int(0.95 * len(waits))], rel=0.06)


def test_waiting_rises_with_load_and_variability_and_falls_with_servers() -> None:
    """More load or more variable service never waits less; more servers never wait more."""
    means = [mgc_wait(rate, 1.0, 4).mean() for rate in (0.1, 1.0, 2.0, 3.0, 3.9, 3.999)]
    assert means == sorted(means)
    assert mgc_wait(3, 1.0, 4, scv_service=2.0).mean() == pytest.approx(1.5 * mgc_wait(3, 1.0, 4).mean())
    assert mgc_wait(3, 1.0, 5).mean() < mgc_wait(3, 1.0, 4).mean()


def test_no_variability_means_no_wait() -> None:
    """Arrivals and services on a fixed beat below capacity never wait."""
    assert mgc_wait(0.9, 1.0, 1, scv_arrival=0, scv_service=0).mean() == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: erlang_b(0, 1.0),
        lambda: erlang_b(1, -0.1),
        lambda: erlang_b(1, math.nan),
        lambda: erlang_c(2, 2.0),
        lambda: erlang_c(2, 5.0),
        lambda: mgc_wait(0, 1.0, 1),
        lambda: mgc_wait(1, 0.0, 1),
        lambda: mgc_wait(2, 1.0, 2),
        lambda: mgc_wait(math.nan, 1.0, 2),
    ],
)
def test_impossible_queues_are_refused(call: object) -> None:
    """No servers, negative or unknown load, and queues without a steady state are errors."""
    with pytest.raises(ValueError, match=r"must be (a whole number from 1 to|at least 0|below|greater than 0)"):
        call()  # type: ignore[operator]

"""Waiting at servers: Erlang's formulas against exact fractions, waiting times against a simulated queue."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import exact
from oracles.queue_simulation import waiting_times

from advisor.models.queueing import erlang_b, erlang_c, little, mgc_wait


@pytest.mark.parametrize("servers", [1, 2, 3, 5, 8, 13, 40])
@pytest.mark.parametrize("share", [Fraction(1, 100), Fraction(1, 2), Fraction(9, 10), Fraction(999, 1000)])
def test_erlang_formulas_are_exact(servers: int, share: Fraction) -> None:
    """Blocking and waiting probabilities equal the textbook ratios in exact arithmetic."""
    load = servers * share
    assert erlang_b(servers, float(load)) == pytest.approx(float(exact.erlang_b(servers, load)), rel=1e-10)
    assert erlang_c(servers, float(load)) == pytest.approx(float(exact.erlang_c(servers, load)), rel=1e-10)


def summed(servers: int, load: float) -> tuple[float, float]:
    """Return B and C with 40 digits, 1 / B as the plain sum of c! / (c - k)! a^-k, which no recursion goes into."""
    with localcontext(Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN)):
        a, total, term = Decimal(load), Decimal(1), Decimal(1)
        for k in range(servers):
            term *= (servers - k) / a
            total += term
        blocking = 1 / total
        return float(blocking), float(servers * blocking / (servers - a * (1 - blocking)))


@pytest.mark.parametrize("servers", [1, 2, 10, 1000, 100_000])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.9, 0.999, 0.999999])
def test_erlang_formulas_keep_nine_digits_at_the_extremes(servers: int, share: float) -> None:
    """From 1 to 100 000 servers and 0.1 % to 99.9999 % of capacity: 1e-9, down to what a double can hold."""
    load = servers * share
    blocked, waits = summed(servers, load)
    assert erlang_b(servers, load) == pytest.approx(blocked, rel=1e-9, abs=1e-300)
    assert erlang_c(servers, load) == pytest.approx(waits, rel=1e-9, abs=1e-300)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.integers(1, 200), st.floats(0.01, 0.99), st.floats(1.001, 1.5))
def test_blocking_and_waiting_rise_with_load_and_fall_with_servers(servers: int, share: float, more: float) -> None:
    """B and C move the right way in both arguments, and C is above B: who waits would have been lost."""
    load = servers * share
    assert erlang_b(servers, load) <= erlang_b(servers, load * more)
    assert erlang_b(servers + 1, load) <= erlang_b(servers, load) <= erlang_c(servers, load)
    assert (
        erlang_c(servers + 1, load) <= erlang_c(servers, load) <= erlang_c(servers, servers * (1 - (1 - share) / more))
    )


def test_littles_law_gives_the_third_of_any_two() -> None:
    """Ten present, fifty a second, a fifth of a second: each from the other two; nothing present takes no time."""
    whole = little(rate_per_s=50.0, time_s=0.2)
    assert little(number=10.0, rate_per_s=50.0) == little(number=10.0, time_s=0.2) == whole
    assert little(number=0.0, rate_per_s=2.0).time_s == 0
    assert little(rate_per_s=2.0, time_s=0.0).number == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: little(number=1.0), "exactly two of number, rate_per_s and time_s must be given, found 1"),
        (lambda: little(number=1.0, rate_per_s=1.0, time_s=1.0), "exactly two of .* found 3"),
        (lambda: little(number=1.0, rate_per_s=0.0), "rate_per_s must be greater than 0"),
        (lambda: little(number=1.0, time_s=0.0), "time_s must be greater than 0"),
        (lambda: little(number=-1.0, time_s=1.0), "number must be at least 0"),
        (lambda: little(rate_per_s=math.nan, time_s=1.0), "rate_per_s must be at least 0"),
    ],
)
def test_littles_law_refuses_what_it_cannot_hold_for(call: Callable[[], object], message: str) -> None:
    """One or three numbers, no rate, negative or unknown ones."""
    with pytest.raises(ValueError, match=message):
        call()


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
        lambda: mgc_wait(1.0, 1.0, 2, scv_service=-1.0),
        lambda: mgc_wait(1.0, 1.0, 2, scv_arrival=math.nan),
        lambda: erlang_b(True, 1.0),
        lambda: erlang_c(10**9, 1.0),
    ],
)
def test_impossible_queues_are_refused(call: object) -> None:
    """No servers, negative or unknown load, and queues without a steady state are errors."""
    with pytest.raises(ValueError, match=r"must be (a whole number from 1 to|at least 0|below|greater than 0)"):
        call()  # type: ignore[operator]

"""Published queueing answers, each with its source: every printed digit is met, rounding as the source rounds."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from advisor.models.queueing import erlang_b, erlang_c
from advisor.models.queues_closed import (
    Station,
    approximate_mean_value_analysis,
    asymptotic_bounds,
    closed_mmc,
    interactive_response_s,
    mean_value_analysis,
)
from advisor.models.queues_general import mg1
from advisor.models.queues_limited import mmc_k
from advisor.models.queues_network import Node, OpenNetwork, jackson
from advisor.models.queues_open import mm1, mmc, service_level
from advisor.models.queues_priority import mmc_priority
from advisor.models.queues_sizing import load_for_blocking, servers_for_service_level


def ross_two_stations() -> OpenNetwork:
    """Return Ross's network of two servers, arrivals 4 and 5, rates 8 and 10."""
    return jackson([Node("1", 1 / 8, 1, 4.0), Node("2", 1 / 10, 1, 5.0)], {("1", "2"): 0.5, ("2", "1"): 0.25})


def ross_three_stations() -> OpenNetwork:
    """Return Ross's network of three servers, arrivals 5, 10 and 15, rates 10, 50 and 100."""
    nodes = [Node("1", 1 / 10, 1, 5.0), Node("2", 1 / 50, 1, 10.0), Node("3", 1 / 100, 1, 15.0)]
    return jackson(nodes, {("1", "2"): 1 / 3, ("1", "3"): 1 / 3, ("2", "3"): 1.0, ("3", "2"): 0.5})


# (source, figure of ours in the source's unit, what the source prints, digits after the point)
PUBLISHED: list[tuple[str, Callable[[], float], float, int]] = [
    # M/M/1 and M/M/c
    ("Kelton, Simio and Simulation, 2.6.1 (W, min)", lambda: mm1(0.8, 1.0).mean_response_s, 5.0, 9),
    ("Kelton, Simio and Simulation, 2.6.1 (Wq, min)", lambda: mm1(0.8, 1.0).mean_wait_s, 4.0, 9),
    ("Kelton, Simio and Simulation, 2.6.1 (Lq)", lambda: mm1(0.8, 1.0).mean_waiting, 3.2, 9),
    ("Kelton, Simio and Simulation, 4.10.14a (Wq, min)", lambda: mm1(1.0, 0.9).mean_wait_s, 8.1, 9),
    ("OM homework 5, coursehero.com/file/157258 (Lq)", lambda: mm1(10.0, 1 / 12).mean_waiting, 4.17, 2),
    ("OM homework 5 (Wq, h)", lambda: mm1(10.0, 1 / 12).mean_wait_s, 0.42, 2),
    ("Render, Quantitative Analysis, alternative example 14.3 (L)", lambda: mmc(20.0, 1 / 30, 2).mean_present, 0.75, 9),
    ("Jensen, ORMM, machine shop M/M/3 (Lq)", lambda: mmc(5.0, 0.5, 3).mean_waiting, 3.51, 2),
    ("Jensen, ORMM, machine shop M/M/3 (L)", lambda: mmc(5.0, 0.5, 3).mean_present, 6.01, 2),
    ("Jensen, ORMM, machine shop M/M/3 (Wq, h)", lambda: mmc(5.0, 0.5, 3).mean_wait_s, 0.70, 2),
    ("Jensen, ORMM, machine shop M/M/3 (W, h)", lambda: mmc(5.0, 0.5, 3).mean_response_s, 1.20, 2),
    ("Jensen, ORMM, machine shop M/M/3 (busy %)", lambda: 100 * mmc(5.0, 0.5, 3).utilization, 83.3, 1),
    ("Jensen, ORMM, machine shop M/M/3 (all busy %)", lambda: 100 * mmc(5.0, 0.5, 3).p_wait, 70, 0),
    # M/G/1
    ("Kelton, Simio and Simulation, 4.10.14c, gamma(2, 0.45) (Wq)", lambda: mg1(1.0, 0.9, 0.5).mean_wait_s, 6.075, 9),
    ("Kelton, Simio and Simulation, 4.10.14c (W)", lambda: mg1(1.0, 0.9, 0.5).mean_response_s, 6.975, 9),
    # Erlang B
    ("erlang.com calculator manual: 15 lines at 1 %", lambda: load_for_blocking(15, 0.01), 8.108, 3),
    ("codingace.net, call blocking, case 1 (%)", lambda: 100 * erlang_b(10, 8.0), 12.1661, 4),
    ("codingace.net, call blocking, case 2 (%)", lambda: 100 * erlang_b(12, 10.0), 11.9739, 4),
    ("codingace.net, call blocking, case 3 (%)", lambda: 100 * erlang_b(15, 12.5), 10.0489, 4),
    ("codingace.net, call blocking, case 4 (%)", lambda: 100 * erlang_b(18, 15.0), 8.6169, 4),
    ("codingace.net, call blocking, case 5 (%)", lambda: 100 * erlang_b(22, 18.0), 6.5451, 4),
    # Erlang C: call centres
    ("pyworkforce 0.1.0: 100 calls in 30 min of 3 min, 80 % in 20 s",
     lambda: servers_for_service_level(100 / 1800, 180, 20, 0.8), 14, 0),
    ("pyworkforce 0.1.0 (service level)", lambda: service_level(100 / 1800, 180, 14, 20), 0.8883500191794669, 13),
    ("pyworkforce 0.1.0 (waiting probability)", lambda: erlang_c(14, 10.0), 0.1741319335950498, 13),
    ("jonesthenet.com, Erlang uplift: 250 calls/h of 330 s, 80 % in 30 s",
     lambda: servers_for_service_level(250 / 3600, 330, 30, 0.8), 28, 0),
    # M/M/c/K
    ("WinQSB, slideshare.net/slideshow/pois-28144510, M/M/2/7 (entering/h)",
     lambda: mmc_k(50, 1 / 37, 2, 7).entering_rate_per_s, 48.6876, 4),
    ("WinQSB, M/M/2/7 (utilization %)", lambda: 100 * mmc_k(50, 1 / 37, 2, 7).utilization, 65.7940, 4),
    ("WinQSB, M/M/2/7 (L)", lambda: mmc_k(50, 1 / 37, 2, 7).mean_present, 2.0711, 4),
    ("WinQSB, M/M/2/7 (Lq)", lambda: mmc_k(50, 1 / 37, 2, 7).mean_waiting, 0.7552, 4),
    ("WinQSB, M/M/2/7 (W, h)", lambda: mmc_k(50, 1 / 37, 2, 7).mean_response_s, 0.0425, 4),
    ("WinQSB, M/M/2/7 (Wq, h)", lambda: mmc_k(50, 1 / 37, 2, 7).mean_wait_s, 0.0155, 4),
    ("WinQSB, M/M/2/7 (turned away/h)", lambda: 50 * mmc_k(50, 1 / 37, 2, 7).p_lost, 1.3124, 4),
    # Priorities
    ("Lots of two classes, after Prabhu (1981), table 4.4 (first, min)",
     lambda: 60 * mmc_priority([1.0, 9.0], 1 / 12, 1)[0].mean_response_s, 9.545, 3),
    ("Lots of two classes (second, min)",
     lambda: 60 * mmc_priority([1.0, 9.0], 1 / 12, 1)[1].mean_response_s, 32.27, 2),
    # Networks
    ("Ross, Introduction to Probability Models, two servers (L)", lambda: ross_two_stations().mean_present, 7, 9),
    ("Ross, two servers (W)", lambda: ross_two_stations().mean_response_s, 7 / 9, 9),
    ("Ross, three servers (L)", lambda: ross_three_stations().mean_present, 82 / 13, 9),
    ("Ross, three servers (W)", lambda: ross_three_stations().mean_response_s, 41 / 195, 9),
    # Closed loops
    ("Anderson, Management Science, Kolkmeyer, one repairer (L)", lambda: closed_mmc(6, 20, 2, 1).in_flight, 0.8451, 4),
    ("Anderson, Kolkmeyer (Wq, h)", lambda: closed_mmc(6, 20, 2, 1).response_s - 2, 1.279, 3),
    ("Anderson, Kolkmeyer (W, h)", lambda: closed_mmc(6, 20, 2, 1).response_s, 3.279, 3),
    ("Anderson, Kolkmeyer (busy)", lambda: closed_mmc(6, 20, 2, 1).stations[0].busy, 0.5155, 4),
    ("Anderson, Kolkmeyer, two repairers (Wq, h)", lambda: closed_mmc(6, 20, 2, 2).response_s - 2, 0.0834, 4),
    ("Harchol-Balter (2013), exercise 16.1 (X)", lambda: closed_mmc(3, 1.0, 0.5, 1).throughput_per_s, 1.5789, 4),
    ("Harchol-Balter (2013), exercise 16.1 (R)", lambda: closed_mmc(3, 1.0, 0.5, 1).response_s, 0.9, 9),
    ("Lazowska et al. (1984), 3.4: 64 users, 2/s, 30 s (R, s)", lambda: interactive_response_s(64, 2.0, 30.0), 2, 9),
]  # fmt: skip


@pytest.mark.parametrize(("source", "ours", "printed", "digits"), PUBLISHED, ids=[case[0] for case in PUBLISHED])
def test_published_answers_are_met_to_the_last_digit(
    source: str, ours: Callable[[], float], printed: float, digits: int
) -> None:
    """Rounded like the source, ours is what it prints; more digits than it prints are compared to half a unit."""
    assert ours() == pytest.approx(printed, abs=0.5 * 10.0**-digits * (1 + 1e-9)), source


# Peck and Hazelwood, Finite Queuing Tables (1958), population 5, as reprinted in Heizer and Render, Module D:
# service factor X = T / (T + U), servers M, efficiency F = share of machines not waiting.
FINITE_TABLE = [
    (0.012, 1, 0.999), (0.025, 1, 0.997), (0.050, 1, 0.989), (0.060, 2, 0.999), (0.060, 1, 0.983), (0.070, 2, 0.999),
    (0.070, 1, 0.977), (0.080, 2, 0.998), (0.080, 1, 0.969), (0.090, 2, 0.998), (0.090, 1, 0.960), (0.100, 2, 0.997),
    (0.100, 1, 0.950),
]  # fmt: skip


@pytest.mark.parametrize(("factor", "servers", "efficiency"), FINITE_TABLE)
def test_finite_queuing_tables(factor: float, servers: int, efficiency: float) -> None:
    """All thirteen efficiencies of the table's extract, to its three digits."""
    loop = closed_mmc(5, (1 - factor) / factor, 1.0, servers)
    waiting = loop.in_flight - loop.stations[0].busy * servers
    assert 1 - waiting / 5 == pytest.approx(efficiency, abs=0.0005)


def test_the_three_laws_of_one_loop_agree() -> None:
    """One loop by exact and approximate analysis and by bounds: demands 0.5, 0.8 and 0.3 s, think time 10 s."""
    stations = [Station("web", 0.5), Station("database", 0.8), Station("search", 0.3)]
    knee = asymptotic_bounds(1, 10.0, stations).knee_users
    assert knee == pytest.approx(11.6 / 0.8, rel=1e-12)
    for users in (1, math.floor(knee), 200):
        exact = mean_value_analysis(users, 10.0, stations)
        bounds = asymptotic_bounds(users, 10.0, stations)
        assert bounds.response_low_s <= exact.response_s * (1 + 1e-12)
        close = approximate_mean_value_analysis(users, 10.0, stations)
        assert close.throughput_per_s == pytest.approx(exact.throughput_per_s, rel=0.068)

"""Queue models against queues simulated with Ciw: each model value lies in the simulation's 99 % confidence interval.

Ten independent replications a queue, seeds 0 to 9. Approximations are held to the error that their docstring states.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ciw
import pytest
from oracles.queue_simulation import balanced_hyperexponential, replicate

from advisor.models.queueing import mgc_wait
from advisor.models.queues_closed import Station, closed_mmc, mean_value_analysis
from advisor.models.queues_general import ggc_wait_bound_s, mdc, mg1, mgc
from advisor.models.queues_impatient import erlang_a, erlang_a_service_level
from advisor.models.queues_limited import mmc_k, mmc_k_service_level
from advisor.models.queues_network import Node, jackson, tandem
from advisor.models.queues_open import mmc, response_level, service_level
from advisor.models.queues_priority import PriorityClass, mg1_priority, mmc_priority

exponential = ciw.dists.Exponential


def mean(values: Sequence[float]) -> float:
    """Return the mean."""
    return math.fsum(values) / len(values)


def share(records: Sequence[Any], condition: Callable[[Any], bool]) -> float:
    """Return the share of records for which a condition holds."""
    return sum(condition(r) for r in records) / len(records)


def queue(rate: float, service: Any, servers: int, **more: Any) -> Callable[[], Any]:
    """Return a maker of one station with Poisson arrivals."""
    return lambda: ciw.create_network(
        arrival_distributions=[exponential(rate)],
        service_distributions=[service],
        number_of_servers=[servers],
        **more,
    )


def agree(found: list[tuple[float, float]], models: Sequence[float]) -> None:
    """Assert that each model value lies in its interval, and that the interval is narrow enough to mean something."""
    for (middle, half), model in zip(found, models, strict=True):
        assert abs(middle - model) <= half, f"simulated {middle:.6g} +- {half:.2g}, model {model:.6g}"
        assert half <= 0.2 * middle


def test_mmc() -> None:
    """M/M/4 at 70 %: mean wait, mean response, P(wait <= 0.5), P(response <= 2), P(no wait)."""
    found = replicate(
        queue(2.8, exponential(1.0), 4),
        2500,
        lambda records: (
            mean([r.waiting_time for r in records]),
            mean([r.exit_date - r.arrival_date for r in records]),
            share(records, lambda r: r.waiting_time <= 0.5),
            share(records, lambda r: r.exit_date - r.arrival_date <= 2),
            share(records, lambda r: r.waiting_time == 0),
        ),
    )
    model = mmc(2.8, 1.0, 4)
    levels = (service_level(2.8, 1.0, 4, 0.5), response_level(2.8, 1.0, 4, 2.0), 1 - model.p_wait)
    agree(found, (model.mean_wait_s, model.mean_response_s, *levels))


@pytest.mark.parametrize(("service", "scv"), [(ciw.dists.Deterministic(1.0), 0.0), (ciw.dists.Gamma(0.5, 2.0), 2.0)])
def test_mg1(service: Any, scv: float) -> None:
    """M/D/1 and M/Gamma/1 (scv 2) at 70 %: mean wait by Pollaczek-Khinchine, share that does not wait."""
    found = replicate(
        queue(0.7, service, 1),
        6000,
        lambda records: (mean([r.waiting_time for r in records]), share(records, lambda r: r.waiting_time == 0)),
    )
    model = mg1(0.7, 1.0, scv)
    agree(found, (model.mean_wait_s, 1 - model.p_wait))


def test_mdc() -> None:
    """M/D/4 at 80 %: the exact mean wait; Allen-Cunneen is 3 % below it."""
    found = replicate(
        queue(3.2, ciw.dists.Deterministic(1.0), 4), 2000, lambda records: [mean([r.waiting_time for r in records])]
    )
    model = mdc(3.2, 1.0, 4).mean_wait_s
    agree(found, [model])
    assert mgc_wait(3.2, 1.0, 4, scv_service=0).mean() == pytest.approx(0.966 * model, rel=0.002)


def test_mgc_is_within_its_stated_error() -> None:
    """M/H2/4 at 80 %, scv 2: the interpolation is within 2 % of the interval, the bound above it."""
    found = replicate(
        queue(3.2, balanced_hyperexponential(1.0, 2.0), 4),
        1500,
        lambda records: [mean([r.waiting_time for r in records])],
    )
    middle, half = found[0]
    assert abs(mgc(3.2, 1.0, 4, 2.0).mean_wait_s - middle) <= half + 0.02 * middle
    assert ggc_wait_bound_s(3.2, 1.0, 4, scv_service=2.0) > middle + half


def test_ggc_bound_holds_for_arrivals_that_are_not_poisson() -> None:
    """E2/H2/2 at 80 %: the bound is above the simulated mean wait; Allen-Cunneen is within 15 %."""
    found = replicate(
        lambda: ciw.create_network(
            arrival_distributions=[ciw.dists.Erlang(3.2, 2)],
            service_distributions=[balanced_hyperexponential(1.0, 2.0)],
            number_of_servers=[2],
        ),
        1500,
        lambda records: [mean([r.waiting_time for r in records])],
    )
    middle, half = found[0]
    assert ggc_wait_bound_s(1.6, 1.0, 2, scv_arrival=0.5, scv_service=2.0) > middle + half
    assert mgc_wait(1.6, 1.0, 2, scv_arrival=0.5, scv_service=2.0).mean() == pytest.approx(middle, rel=0.15)


def test_mmck() -> None:
    """M/M/3/7, overloaded: share turned away; of those who enter mean wait and P(wait <= 1)."""

    def measure(records: list[Any]) -> tuple[float, ...]:
        served = [r for r in records if r.record_type == "service"]
        return (
            1 - len(served) / len(records),
            mean([r.waiting_time for r in served]),
            share(served, lambda r: r.waiting_time <= 1.0),
        )

    model = mmc_k(4.0, 1.0, 3, 7)
    found = replicate(queue(4.0, exponential(1.0), 3, queue_capacities=[4]), 800, measure)
    agree(found, (model.p_lost, model.mean_wait_s, mmc_k_service_level(4.0, 1.0, 3, 7, 1.0)))


def test_erlang_a() -> None:
    """M/M/3+M, overloaded, patience 2: share that gives up, mean time in the queue of all, share served within 0.5."""

    def measure(records: list[Any]) -> tuple[float, ...]:
        served = [r for r in records if r.record_type == "service"]
        in_time = sum(r.waiting_time <= 0.5 for r in served) / len(records)
        return 1 - len(served) / len(records), mean([r.waiting_time for r in records]), in_time

    model = erlang_a(4.0, 1.0, 3, 2.0)
    network = queue(4.0, exponential(1.0), 3, reneging_time_distributions=[exponential(0.5)])
    agree(
        replicate(network, 800, measure),
        (model.p_lost, model.mean_wait_s, erlang_a_service_level(4.0, 1.0, 3, 2.0, 0.5)),
    )


def waits_by_class(records: list[Any]) -> tuple[float, float]:
    """Return the mean waits of classes a and b."""
    return tuple(mean([r.waiting_time for r in records if r.customer_class == name]) for name in "ab")  # type: ignore[return-value]


def priority_network(rates: Sequence[float], services: Sequence[Any], servers: int) -> Callable[[], Any]:
    """Return a maker of one station where class a goes before class b."""
    return lambda: ciw.create_network(
        arrival_distributions={name: [exponential(rate)] for name, rate in zip("ab", rates, strict=True)},
        service_distributions={name: [service] for name, service in zip("ab", services, strict=True)},
        number_of_servers=[servers],
        priority_classes={"a": 0, "b": 1},
    )


def test_priorities() -> None:
    """M/M/3 with one service time; M/G/1 with a short fixed and a long exponential class: mean waits of both."""
    found = replicate(priority_network((0.9, 1.2), (exponential(1.0), exponential(1.0)), 3), 1500, waits_by_class)
    agree(found, [c.mean_wait_s for c in mmc_priority([0.9, 1.2], 1.0, 3)])
    services = (ciw.dists.Deterministic(0.5), exponential(0.5))
    found = replicate(priority_network((0.6, 0.15), services, 1), 3000, waits_by_class)
    model = mg1_priority([PriorityClass(0.6, 0.5, 0.0), PriorityClass(0.15, 2.0, 1.0)])
    agree(found, [c.mean_wait_s for c in model])


def test_tandem_and_feedback() -> None:
    """Two stations in a row, and two that send a part back: mean time at each station for one visit."""

    def times(records: list[Any]) -> list[float]:
        return [mean([r.exit_date - r.arrival_date for r in records if r.node == node]) for node in (1, 2)]

    def network(routing: list[list[float]]) -> Callable[[], Any]:
        return lambda: ciw.create_network(
            arrival_distributions=[exponential(1.0), None],
            service_distributions=[exponential(1.5), exponential(1.0)],
            number_of_servers=[1, 2],
            routing=routing,
        )

    nodes = [Node("a", 1 / 1.5, 1, 1.0), Node("b", 1.0, 2)]
    row = tandem(1.0, nodes)
    agree(replicate(network([[0.0, 1.0], [0.0, 0.0]]), 1500, times), [row.nodes[name].mean_response_s for name in "ab"])
    back = jackson(nodes, {("a", "b"): 0.5, ("b", "a"): 0.2})
    agree(
        replicate(network([[0.0, 0.5], [0.2, 0.0]]), 1800, times), [back.nodes[name].mean_response_s for name in "ab"]
    )


def closed(users: int, servers: Sequence[float], rates: Sequence[float]) -> Callable[[], Any]:
    """Return a maker of a cycle of stations, the first being think time, with so many users."""
    count = len(rates)
    return lambda: ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([1e-6] * users + [math.inf]), *[None] * (count - 1)],
        service_distributions=[exponential(rate) for rate in rates],
        number_of_servers=list(servers),
        routing=[[1.0 if j == (i + 1) % count else 0.0 for j in range(count)] for i in range(count)],
    )


def test_closed_loops() -> None:
    """Six users before two servers, and eight before two stations: throughput and response time."""
    until = 1000

    def measure(records: list[Any]) -> tuple[float, ...]:
        visits = [[r for r in records if r.node == node] for node in sorted({r.node for r in records})]
        response = math.fsum(mean([r.exit_date - r.arrival_date for r in visit]) for visit in visits[1:])
        return len(visits[0]) / (0.89 * until), response

    loop = closed_mmc(6, 2.0, 1.0, 2)
    agree(
        replicate(closed(6, (math.inf, 2), (0.5, 1.0)), until, measure),
        (loop.throughput_per_s, loop.response_s),
    )
    loop = mean_value_analysis(8, 5.0, [Station("a", 1.0), Station("b", 0.8)])
    agree(
        replicate(closed(8, (math.inf, 1, 1), (0.2, 1.0, 1.25)), until, measure),
        (loop.throughput_per_s, loop.response_s),
    )

"""Priorities and open networks: against exact fractions, the laws they must keep, and the queues they are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import queues_network as net
from advisor.models import queues_priority as priority
from advisor.models.queues_general import mg1
from advisor.models.queues_network import Node
from advisor.models.queues_open import mmc
from advisor.models.queues_priority import PriorityClass


def test_two_classes_equal_cobham_in_fractions() -> None:
    """Three in ten of the time for the first class, four for the second: waits from W0 by hand, to 1e-12."""
    rest = Fraction(3, 10) * 1 * Fraction(1 + 0, 2) + Fraction(4, 10) * 2 * Fraction(1 + 3, 2)
    first, second = rest / Fraction(7, 10), rest / (Fraction(7, 10) * Fraction(3, 10))
    found = priority.mg1_priority([PriorityClass(0.3, 1.0, 0.0), PriorityClass(0.2, 2.0, 3.0)])
    assert [c.mean_wait_s for c in found] == pytest.approx([float(first), float(second)], rel=1e-12)


classes = st.lists(
    st.builds(PriorityClass, st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 5)), min_size=1, max_size=5
)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(classes, st.floats(0.05, 0.99))
def test_priorities_share_out_one_wait(drawn: list[PriorityClass], share: float) -> None:
    """Kleinrock's conservation law: load-weighted waits are those without priorities; later classes wait longer."""
    load = math.fsum(c.arrival_rate_per_s * c.service_time_s for c in drawn)
    scaled = [PriorityClass(c.arrival_rate_per_s * share / load, c.service_time_s, c.scv_service) for c in drawn]
    found = priority.mg1_priority(scaled)
    rest = math.fsum(c.arrival_rate_per_s * c.service_time_s**2 * (1 + c.scv_service) / 2 for c in scaled)
    weighted = math.fsum(
        c.arrival_rate_per_s * c.service_time_s * w.mean_wait_s for c, w in zip(scaled, found, strict=True)
    )
    assert weighted == pytest.approx(share * rest / (1 - share), rel=1e-9)
    waits = [c.mean_wait_s for c in found]
    assert waits == sorted(waits)
    assert all(w.mean_present == pytest.approx(w.arrival_rate_per_s * w.mean_response_s, rel=1e-12) for w in found)
    assert all(w.mean_waiting == pytest.approx(w.arrival_rate_per_s * w.mean_wait_s, rel=1e-12) for w in found)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=5), st.integers(1, 40), st.floats(0.05, 0.99))
def test_equal_services_wait_as_long_on_average_as_without_priorities(
    rates: list[float], servers: int, share: float
) -> None:
    """The mean over all requests of M/M/c is that of first come first served; one class is M/M/c or M/G/1 itself."""
    scaled = [rate * share * servers / math.fsum(rates) for rate in rates]
    found = priority.mmc_priority(scaled, 1.0, servers)
    mean = math.fsum(c.arrival_rate_per_s * c.mean_wait_s for c in found) / math.fsum(scaled)
    assert mean == pytest.approx(mmc(math.fsum(scaled), 1.0, servers).mean_wait_s, rel=1e-9)
    alone = priority.mg1_priority([PriorityClass(share, 1.0, 2.5)])[0]
    assert alone.mean_wait_s == pytest.approx(mg1(share, 1.0, 2.5).mean_wait_s, rel=1e-9)
    if len(scaled) > 1:
        fewer = priority.mmc_priority([*scaled[:-1], scaled[-1] / 2], 1.0, servers)
        assert all(f.mean_wait_s <= c.mean_wait_s * (1 + 1e-12) for f, c in zip(fewer, found, strict=True))


def test_a_network_equals_its_traffic_equations_in_fractions() -> None:
    """Half of what leaves a goes to b, a fifth of b comes back: rates, numbers and response by hand, to 1e-12."""
    # lambda_a = 4 + lambda_b / 5, lambda_b = lambda_a / 2, so lambda_a = 4 / (1 - 1/10)
    rate_a, rate_b = Fraction(40, 9), Fraction(20, 9)
    load_a, load_b = rate_a / 10, rate_b / 5
    present = load_a / (1 - load_a) + load_b / (1 - load_b)
    network = net.jackson([Node("a", 0.1, 1, 4.0), Node("b", 0.2)], {("a", "b"): 0.5, ("b", "a"): 0.2})
    assert network.nodes["a"].arrival_rate_per_s == pytest.approx(float(rate_a), rel=1e-12)
    assert network.nodes["b"].arrival_rate_per_s == pytest.approx(float(rate_b), rel=1e-12)
    assert network.mean_present == pytest.approx(float(present), rel=1e-12)
    assert network.mean_response_s == pytest.approx(float(present / 4), rel=1e-12)


def test_a_request_that_comes_back_is_a_queue_with_more_arrivals() -> None:
    """One node that sends a quarter back to itself: M/M/1 at 4/3 of the rate, each request visiting 4/3 times."""
    network = net.jackson([Node("a", 1.0, 1, 0.6)], {("a", "a"): 0.25})
    queue = mmc(0.8, 1.0, 1)
    assert network.nodes["a"].mean_response_s == pytest.approx(queue.mean_response_s, rel=1e-9)
    assert network.mean_response_s == pytest.approx(queue.mean_response_s * 4 / 3, rel=1e-9)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.05, 0.95), st.integers(1, 9)), min_size=1, max_size=6), st.floats(0.1, 50))
def test_a_tandem_is_the_sum_of_its_queues(stations: list[tuple[float, int]], rate: float) -> None:
    """Each station is M/M/c with the rate that enters; times add; Little's law; a node not reached is left out."""
    nodes = [Node(str(i), share * servers / rate, servers) for i, (share, servers) in enumerate(stations)]
    network = net.tandem(rate, nodes)
    responses = [mmc(rate, node.service_time_s, node.servers).mean_response_s for node in nodes]
    assert network.mean_response_s == pytest.approx(math.fsum(responses), rel=1e-9)
    assert network.mean_present == pytest.approx(rate * network.mean_response_s, rel=1e-9)
    entered = [Node("0", nodes[0].service_time_s, nodes[0].servers, rate), Node("idle", 1.0)]
    assert set(net.jackson(entered, {("idle", "0"): 0.5}).nodes) == {"0"}


A, B = Node("a", 0.1, 1, 4.0), Node("b", 0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: priority.mg1_priority([]), "classes must be at least one"),
        (lambda: priority.mg1_priority([PriorityClass(1.0, 0.6), PriorityClass(1.0, 0.4)]), "must sum to below 1"),
        (lambda: priority.mg1_priority([PriorityClass(1.0, 0.6), PriorityClass(-1.0, 0.4)]), "rate_per_s of class 2"),
        (lambda: priority.mg1_priority([PriorityClass(1.0, 0.6, -1)]), "scv_service of class 1 must be at least 0"),
        (lambda: priority.mmc_priority([], 1.0, 1), "arrival_rates_per_s must hold at least one class"),
        (lambda: priority.mmc_priority([1.0, 1.0], 1.0, 2), "arrival_rate_per_s must be below 2, found 2"),
        (lambda: priority.mmc_priority([1.0, math.nan], 1.0, 2), "of class 2 must be greater than 0"),
        (lambda: net.jackson([A, A], {}), "names of nodes must be distinct"),
        (lambda: net.jackson([B], {}), "the sum of arrival_rate_per_s must be greater than 0"),
        (lambda: net.jackson([A, B], {("a", "c"): 0.5}), "a route's end must be one of a, b, found 'c'"),
        (lambda: net.jackson([A, B], {("a", "b"): 1.5}), r"the route from a to b must lie in \[0, 1\], found 1.5"),
        (lambda: net.jackson([A, B], {("a", "b"): 0.6, ("a", "a"): 0.6}), "routes from a must add up to at most 1"),
        (lambda: net.jackson([A, B], {("a", "b"): 1.0, ("b", "a"): 1.0}), "requests at a, b can never leave"),
        (lambda: net.jackson([A, B], {("a", "a"): 0.7}), "a: no steady state: .* must be below 10, found 13.3333"),
        (lambda: net.jackson([A, Node("b", 0.2, 0)], {("a", "b"): 0.7}), "b: servers must be a whole number from 1"),
        (lambda: net.tandem(0.0, [A]), "arrival_rate_per_s must be greater than 0"),
    ],
)  # fmt: skip
def test_impossible_networks_are_refused(call: Callable[[], object], message: str) -> None:
    """No class, no way out, too much load, and arguments out of range are errors that name place and valid range."""
    with pytest.raises(ValueError, match=message):
        call()

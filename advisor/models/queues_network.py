"""Open networks of queues: requests go from station to station and leave. Each station is an M/M/c of its own.

Sources: Jackson (1957); Kleinrock, Queueing Systems I (1975), section 4.8;
Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), sections 4.1 and 4.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.models.arguments import not_negative, one_of, positive, probability
from advisor.models.queues_open import OpenQueue, mmc


@dataclass(frozen=True)
class Node:
    """A station: mean service time (s), servers, and requests/s that enter the network here."""

    name: str
    service_time_s: float
    servers: int = 1
    arrival_rate_per_s: float = 0.0


@dataclass(frozen=True)
class OpenNetwork:
    """A network in steady state; ``mean_present = arrival_rate_per_s * mean_response_s`` for all of it.

    Attributes:
        arrival_rate_per_s: requests/s that enter the network, all of which leave it.
        mean_response_s: mean time from entering the network to leaving it (s), all visits included.
        mean_present: mean number of requests in the network.
        nodes: each station that is visited, by name; its times are those of one visit.
    """

    arrival_rate_per_s: float
    mean_response_s: float
    mean_present: float
    nodes: Mapping[str, OpenQueue]


def jackson(nodes: Sequence[Node], routes: Mapping[tuple[str, str], float]) -> OpenNetwork:
    """Return the steady state of an open Jackson network. Exact.

        lambda_i = gamma_i + sum over j of lambda_j p_ji;  each station is M/M/c with lambda_i;  R = sum of L_i / gamma

    Exact for Poisson arrivals, exponential services that are drawn anew at every visit, routes that do not depend on
    the past, and unlimited room. What a node does not send on leaves the network there.

    Args:
        nodes: at least one, names distinct; requests enter somewhere.
        routes: share of what leaves a node that goes to another, ``{(from, to): p}``; of one node at most 1 in sum.

    Raises:
        ValueError: an argument out of range, a node that is not known, requests that can never leave,
            or a station without steady state.

    >>> nodes = [Node("api", 0.1, arrival_rate_per_s=4.0), Node("model", 0.2)]
    >>> network = jackson(nodes, {("api", "model"): 0.5, ("model", "api"): 0.2})
    >>> {name: round(queue.arrival_rate_per_s, 6) for name, queue in network.nodes.items()}
    {'api': 4.444444, 'model': 2.222222}
    """
    _check(nodes, routes)
    rates = _rates(nodes, routes)
    visited = {node.name: _station(node, rate) for node, rate in zip(nodes, rates, strict=True) if rate > 0}
    entering = math.fsum(node.arrival_rate_per_s for node in nodes)
    present = math.fsum(queue.mean_present for queue in visited.values())
    return OpenNetwork(entering, present / entering, present, visited)


def tandem(arrival_rate_per_s: float, nodes: Sequence[Node]) -> OpenNetwork:
    """Return the steady state of stations that every request visits once, one after the other.

        R = sum of R_i, each station an M/M/c with the same lambda (Burke's theorem)

    Args:
        arrival_rate_per_s: lambda > 0, requests/s that enter at the first station; ``Node``'s own rates are not used.
        nodes: at least one, names distinct.

    Raises:
        ValueError: an argument out of range, or a station without steady state.

    >>> round(tandem(0.5, [Node("a", 1.0), Node("b", 1.5)]).mean_response_s, 9)     # 1 / (1 - 0.5) + 1.5 / (1 - 0.75)
    8.0
    """
    positive(arrival_rate_per_s=arrival_rate_per_s)
    chain = [Node(n.name, n.service_time_s, n.servers, 0 if i else arrival_rate_per_s) for i, n in enumerate(nodes)]
    return jackson(chain, {(a.name, b.name): 1.0 for a, b in pairwise(chain)})


def _rates(nodes: Sequence[Node], routes: Mapping[tuple[str, str], float]) -> list[float]:
    import numpy as np

    place = {node.name: i for i, node in enumerate(nodes)}
    balance = np.eye(len(nodes))
    for (start, end), share in routes.items():
        balance[place[end], place[start]] -= share
    solved = np.linalg.solve(balance, [node.arrival_rate_per_s for node in nodes])
    # Rounding leaves specks where nothing arrives; what is reached is known from the routes.
    reached = _reachable({node.name for node in nodes if node.arrival_rate_per_s > 0}, routes)
    return [float(rate) if node.name in reached else 0.0 for node, rate in zip(nodes, solved, strict=True)]


def _station(node: Node, rate: float) -> OpenQueue:
    try:
        return mmc(rate, node.service_time_s, node.servers)
    except ValueError as problem:
        raise ValueError(f"{node.name}: {problem}") from None


def _check(nodes: Sequence[Node], routes: Mapping[tuple[str, str], float]) -> None:
    names = [node.name for node in nodes]
    if len(set(names)) < len(names):
        raise ValueError("names of nodes must be distinct")
    for node in nodes:
        not_negative(**{f"arrival_rate_per_s of {node.name}": node.arrival_rate_per_s})
    positive(**{"the sum of arrival_rate_per_s": math.fsum(node.arrival_rate_per_s for node in nodes)})
    for (start, end), share in routes.items():
        one_of(names, **{"a route's start": start, "a route's end": end})
        probability(**{f"the route from {start} to {end}": share})
    kept = {name: math.fsum(p for (start, _), p in routes.items() if start == name) for name in names}
    for name, share in kept.items():
        if share > 1 + 1e-12:
            raise ValueError(f"routes from {name} must add up to at most 1, found {share:g}")
    backwards = {(end, start): share for (start, end), share in routes.items()}
    leaving = _reachable({name for name, share in kept.items() if share < 1 - 1e-12}, backwards)
    stuck = [name for name in names if name not in leaving]
    if stuck:
        raise ValueError(f"requests at {', '.join(stuck)} can never leave: some route must add up to less than 1")


def _reachable(start: set[str], routes: Mapping[tuple[str, str], float]) -> set[str]:
    reached, new = set(start), set(start)
    while new:
        new = {end for (begin, end), share in routes.items() if begin in new and share > 0} - reached
        reached |= new
    return reached

"""Closed loops: a fixed number of users who think, send a request, wait for the answer and think again.

Users are not requests in flight: of N users, X R are waiting for an answer and X Z are thinking.
Sources: Lazowska, Zahorjan, Graham and Sevcik, Quantitative System Performance (1984), chapters 3, 5 and 6;
Reiser and Lavenberg (1980) (mean value analysis); Kleinrock, Queueing Systems I (1975), section 3.9 (finite source).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.models.arguments import not_negative, one_of, positive, whole
from advisor.models.bisection import boundary
from advisor.models.queueing import LARGEST_COUNT


@dataclass(frozen=True)
class Station:
    """A place a request visits: demand = visits x service time (s); ``queue`` has one server, ``delay`` no waiting."""

    name: str
    demand_s: float
    kind: Literal["queue", "delay"] = "queue"


@dataclass(frozen=True)
class StationLoad:
    """A station in steady state: time per request there (s), mean number there, and throughput x demand.

    ``busy`` is the utilization of a queueing station, the mean number present of a delay station.
    """

    name: str
    residence_s: float
    mean_present: float
    busy: float


@dataclass(frozen=True)
class ClosedLoop:
    """A closed loop in steady state: ``users = throughput_per_s * (response_s + think_time_s)``.

    ``in_flight`` is the mean number of requests in the system, ``throughput_per_s * response_s``.
    """

    users: float
    think_time_s: float
    throughput_per_s: float
    response_s: float
    in_flight: float
    stations: tuple[StationLoad, ...]


@dataclass(frozen=True)
class Bounds:
    """Asymptotic bounds: throughput (requests/s), response time (s), and the number of users where they cross."""

    throughput_low_per_s: float
    throughput_high_per_s: float
    response_low_s: float
    response_high_s: float
    knee_users: float


def interactive_response_s(users: float, throughput_per_s: float, think_time_s: float) -> float:
    """Return the mean response time (s) by the interactive response-time law, R = N / X - Z.

    Args:
        users: N > 0.
        throughput_per_s: X > 0, requests/s.
        think_time_s: Z >= 0.

    Raises:
        ValueError: an argument out of range, or more throughput than N users can ask for (X > N / Z).

    >>> interactive_response_s(64, 2.0, 30.0)           # Lazowska et al., section 3.4
    2.0
    """
    positive(users=users)
    positive(throughput_per_s=throughput_per_s)
    not_negative(think_time_s=think_time_s)
    response_s = users / throughput_per_s - think_time_s
    if response_s < 0:
        raise ValueError(
            f"{users:g} users who think {think_time_s:g} s send at most {users / think_time_s:g} requests/s: "
            f"throughput_per_s must not be above, found {throughput_per_s:g}"
        )
    return response_s


def interactive_throughput_per_s(users: float, response_s: float, think_time_s: float) -> float:
    """Return the throughput (requests/s) of N users, X = N / (R + Z).

    Args:
        users: N > 0.
        response_s: mean response time R > 0.
        think_time_s: Z >= 0.

    Raises:
        ValueError: an argument out of range.

    >>> interactive_throughput_per_s(64, 2.0, 30.0)
    2.0
    """
    positive(users=users)
    positive(response_s=response_s)
    not_negative(think_time_s=think_time_s)
    return users / (response_s + think_time_s)


def requests_in_flight(users: float, response_s: float, think_time_s: float) -> float:
    """Return how many of N users are waiting for an answer on average: N R / (R + Z). The others are thinking.

    A load test with N users and think time therefore is not a load of N requests at a time.

    Args:
        users: N > 0.
        response_s: mean response time R > 0.
        think_time_s: Z >= 0.

    Raises:
        ValueError: an argument out of range.

    >>> requests_in_flight(1000, 2.0, 38.0)
    50.0
    """
    return interactive_throughput_per_s(users, response_s, think_time_s) * response_s


def mean_value_analysis(users: int, think_time_s: float, stations: Sequence[Station]) -> ClosedLoop:
    """Return throughput, response time and queues of a closed loop by exact mean value analysis, one class.

        R_k(n) = D_k (1 + Q_k(n - 1)) at a queue, D_k at a delay;  X(n) = n / (Z + sum R_k);  Q_k(n) = X R_k

    Exact for one server per queue with exponential service, first come first served, or any service time under
    processor sharing (product-form networks). For several servers see ``closed_mmc``.

    Args:
        users: N, 1 to ten million.
        think_time_s: Z >= 0.
        stations: at least one, names distinct, demands >= 0, not all of them 0.

    Raises:
        ValueError: an argument out of range.

    >>> loop = mean_value_analysis(2, 4.0, [Station("cpu", 2.0), Station("disk a", 3.0), Station("disk b", 1.0)])
    >>> round(loop.response_s, 9), round(loop.throughput_per_s, 9)
    (7.4, 0.175438596)
    """
    _check(users, think_time_s, stations)
    present = [0.0] * len(stations)
    throughput, residence = 0.0, present
    for n in range(1, users + 1):
        residence = [s.demand_s * (1 + q if s.kind == "queue" else 1) for s, q in zip(stations, present, strict=True)]
        throughput = n / (think_time_s + math.fsum(residence))
        present = [throughput * r for r in residence]
    return _loop(users, think_time_s, throughput, residence, stations)


def approximate_mean_value_analysis(users: float, think_time_s: float, stations: Sequence[Station]) -> ClosedLoop:
    """Return what ``mean_value_analysis`` returns, approximately, at a cost that does not grow with the users.

        R_k = D_k (1 + (N - 1) / N Q_k), the fixed point of Schweitzer (1979) and Bard (1979)

    Exact for one user and for many more than the knee; between, throughput is low, never high: by at most 6.8 % over
    20 000 random loops of up to six stations. Meant for populations too large to count through.

    Args:
        users: N >= 1; need not be whole.
        think_time_s: Z >= 0.
        stations: as for ``mean_value_analysis``.

    Raises:
        ValueError: an argument out of range.

    >>> loop = approximate_mean_value_analysis(5_000_000, 4.0, [Station("cpu", 0.002), Station("disk", 0.001)])
    >>> round(loop.throughput_per_s, 6)         # 1 / 0.002
    500.0
    """
    _check_stations(think_time_s, stations)
    positive(users=users)
    if users < 1:
        raise ValueError(f"users must be at least 1, found {users:g}")
    throughput = _fixed_throughput(users, think_time_s, stations)
    seen = (users - 1) / users
    residence = [
        s.demand_s if s.kind == "delay" else s.demand_s / (1 - seen * throughput * s.demand_s) for s in stations
    ]
    return _loop(users, think_time_s, throughput, residence, stations)


def _fixed_throughput(users: float, think_time_s: float, stations: Sequence[Station]) -> float:
    """Return the X at which users = X (Z + sum R_k(X)): the right side rises with X, so there is one."""
    seen = (users - 1) / users
    queues = [s.demand_s for s in stations if s.kind == "queue"]
    delays = think_time_s + math.fsum(s.demand_s for s in stations if s.kind == "delay")
    largest = max(queues, default=0.0)

    def not_more_than_users(rate: float) -> bool:
        if seen * rate * largest >= 1:
            return False
        return rate * (delays + math.fsum(d / (1 - seen * rate * d) for d in queues)) <= users

    return boundary(not_more_than_users, 0.0, users / (delays + math.fsum(queues)) * (1 + 1e-12))[0]


def closed_mmc(users: int, think_time_s: float, service_time_s: float, servers: int) -> ClosedLoop:
    """Return the steady state of N users in front of c equal servers: M/M/c//N, the machine-repair model.

        pi_n = pi_(n-1) (N - n + 1) s / (Z min(n, c));  X = sum pi_n min(n, c) / s;  R = sum n pi_n / X

    Exact for exponential service, first come first served, and any distribution of think time.

    Args:
        users: N, 1 to ten million.
        think_time_s: mean think time Z >= 0; with 0 all N users are always in the system.
        service_time_s: mean service time s > 0.
        servers: c, 1 to ten million.

    Raises:
        ValueError: an argument out of range.

    >>> closed_mmc(2, 1.0, 1.0, 2).throughput_per_s     # nobody ever waits: 2 / (1 + 1)
    1.0
    """
    whole(most=LARGEST_COUNT, users=users, servers=servers)
    not_negative(think_time_s=think_time_s)
    positive(service_time_s=service_time_s)
    weights = _finite_source(users, think_time_s / service_time_s, servers)
    total = math.fsum(weights.values())
    busy = math.fsum(min(n, servers) * weight for n, weight in weights.items()) / total
    present = math.fsum(n * weight for n, weight in weights.items()) / total
    throughput = busy / service_time_s
    response_s = present / throughput
    load = StationLoad("servers", response_s, present, busy / servers)
    return ClosedLoop(users, think_time_s, throughput, response_s, present, (load,))


def _finite_source(users: int, think: float, servers: int) -> dict[int, float]:
    """Return the weight of each number of requests in the system, the largest being 1; times in service times."""
    # The ratio up(n) falls with n: the mode is the last n whose ratio from n - 1 is at least 1.
    low, high = 0, users
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if users - middle + 1 >= think * min(middle, servers) else (low, middle - 1)
    weights, weight = {low: 1.0}, 1.0
    for n in range(low, 0, -1):
        weight *= think * min(n, servers) / (users - n + 1)
        if weight < 1e-300:
            break
        weights[n - 1] = weight
    weight = 1.0
    for n in range(low + 1, users + 1):
        weight *= (users - n + 1) / (think * min(n, servers))
        if weight < 1e-300:
            break
        weights[n] = weight
    return weights


def asymptotic_bounds(users: int, think_time_s: float, stations: Sequence[Station]) -> Bounds:
    """Return bounds that hold for every closed loop with these demands, whatever the distributions.

        N / (N Dq + Dd + Z) <= X <= min(1 / Dmax, N / (D + Z));  max(D, N Dmax - Z) <= R <= N Dq + Dd
        knee N* = (D + Z) / Dmax

    D is the sum of all demands, Dq of queues, Dd of delays, Dmax the largest of a queue.

    Args:
        users: N, 1 to ten million.
        think_time_s: Z >= 0.
        stations: at least one queue with a demand above 0; names distinct.

    Raises:
        ValueError: an argument out of range, or no queue that could be a bottleneck.

    >>> asymptotic_bounds(20, 4.0, [Station("cpu", 2.0), Station("disk", 4.0)])
    Bounds(throughput_low_per_s=0.16129032258064516, throughput_high_per_s=0.25,
           response_low_s=76.0, response_high_s=120.0, knee_users=2.5)
    """
    _check(users, think_time_s, stations)
    demands = [s.demand_s for s in stations if s.kind == "queue"]
    largest = max(demands, default=0.0)
    positive(**{"the largest demand_s of a queue": largest})
    queues, delays = math.fsum(demands), math.fsum(s.demand_s for s in stations if s.kind == "delay")
    alone, crowded = queues + delays, users * queues + delays
    return Bounds(
        throughput_low_per_s=users / (crowded + think_time_s),
        throughput_high_per_s=min(1 / largest, users / (alone + think_time_s)),
        response_low_s=max(alone, users * largest - think_time_s),
        response_high_s=crowded,
        knee_users=(alone + think_time_s) / largest,
    )


def _loop(
    users: float, think_time_s: float, throughput: float, residence: Sequence[float], stations: Sequence[Station]
) -> ClosedLoop:
    loads = tuple(
        StationLoad(s.name, r, throughput * r, throughput * s.demand_s)
        for s, r in zip(stations, residence, strict=True)
    )
    response_s = math.fsum(residence)
    return ClosedLoop(users, think_time_s, throughput, response_s, throughput * response_s, loads)


def _check(users: int, think_time_s: float, stations: Sequence[Station]) -> None:
    whole(most=LARGEST_COUNT, users=users)
    _check_stations(think_time_s, stations)


def _check_stations(think_time_s: float, stations: Sequence[Station]) -> None:
    not_negative(think_time_s=think_time_s)
    for station in stations:
        not_negative(**{f"demand_s of {station.name}": station.demand_s})
        one_of(["queue", "delay"], **{f"kind of {station.name}": station.kind})
    if len({station.name for station in stations}) < len(stations):
        raise ValueError("names of stations must be distinct")
    positive(**{"the sum of demand_s": math.fsum(station.demand_s for station in stations)})

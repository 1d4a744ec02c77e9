"""A continuously batching LLM server under load: batch, queue, TTFT and time per token at an arrival rate.

Up to ``max_batch`` requests are served together, all the slower the more they are; beyond that they queue. The steady
state is a birth-death chain whose service rate depends on the number in the batch, M/M(n)/1, for Poisson arrivals. As
long as nothing queues it is the same for all distributions of request lengths with one mean: the batch is shared
equally, and such systems are insensitive (Cohen 1979). Where requests queue, lengths steadier than exponential wait
less. ``llm_times`` has the request times; ``llm_load_points`` answers from measured points. Little's law holds always.
Sources: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), chapter 2 (service that depends
on the state); github.com/llm-inferno/queue-analysis, whose published figures the tests reproduce.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from advisor.models.arguments import not_negative, positive, whole
from advisor.models.bisection import boundary
from advisor.models.llm_times import RequestTimes, iteration_times

LARGEST_STATES = 1_000_000


@dataclass(frozen=True)
class LlmServer:
    """A server: the times of a request, the largest batch, and room to queue (None for no limit)."""

    times: RequestTimes
    max_batch: int
    max_queue: int | None = None


@dataclass(frozen=True)
class LlmLoad:
    """A server in steady state. Numbers are ``throughput_per_s`` times times.

    Attributes:
        arrival_rate_per_s: requests/s that arrive.
        throughput_per_s: requests/s that are answered.
        p_lost: share that finds the queue full and is turned away.
        utilization: mean share of the batch's places in use.
        mean_batch: mean number of requests in the batch.
        mean_waiting: mean number in the queue.
        mean_present: both together.
        wait_ms: mean time in the queue.
        prefill_ms: mean prefill time.
        ttft_ms: mean time to first token: wait, prefill, and a decode step where the first token takes one.
        tpot_ms: mean time of a decode step, which is the time per output token of one request.
        response_ms: mean time to the last token.
    """

    arrival_rate_per_s: float
    throughput_per_s: float
    p_lost: float
    utilization: float
    mean_batch: float
    mean_waiting: float
    mean_present: float
    wait_ms: float
    prefill_ms: float
    ttft_ms: float
    tpot_ms: float
    response_ms: float


def capacity_per_s(server: LlmServer) -> float:
    """Return the requests/s that a server answers with its batch always full: max_batch / request(max_batch).

    Raises:
        ValueError: a server out of range.

    >>> from advisor.models.llm_times import joining_iteration_times
    >>> round(capacity_per_s(LlmServer(joining_iteration_times(12, 0.05, 0.0005, 128, 512), 48)), 4)
    3.8246
    """
    _check(server)
    return 1000 * server.max_batch / server.times.request_ms(server.max_batch)


def settle(server: LlmServer, arrival_rate_per_s: float) -> LlmLoad:
    """Return where a server settles if arrivals come evenly: the batch that Little's law gives, and no queue.

        b = lambda request(max(b, 1)), solved for b: request is a line

    The light side of ``serve``: without randomness nothing waits up to the knee at ``capacity_per_s``.

    Args:
        server: times, largest batch; its queue is not used.
        arrival_rate_per_s: lambda > 0, at most ``capacity_per_s``.

    Raises:
        ValueError: an argument out of range, or a rate past the knee.

    >>> from advisor.models.llm_times import decode_times
    >>> load = settle(LlmServer(decode_times(10.0, 1.0, 100), 32), 5.0)
    >>> round(load.mean_batch, 9), round(load.tpot_ms, 9)           # b = 5 x 0.1 x (10 + b)
    (10.0, 20.0)
    """
    positive(arrival_rate_per_s=arrival_rate_per_s)
    most = capacity_per_s(server)
    if arrival_rate_per_s > most:
        raise ValueError(f"past the knee: arrival_rate_per_s must be at most {most:g}, found {arrival_rate_per_s:g}")
    times, per_ms = server.times, arrival_rate_per_s / 1000
    batch = per_ms * times.request_ms(1)
    if batch > 1:
        each = times.prefill_each_ms + times.decodes * times.decode_each_ms
        batch = min(per_ms * times.request_ms(0) / (1 - per_ms * each), float(server.max_batch))
    return _load(server, arrival_rate_per_s, 0.0, batch, max(batch, 1.0), 0.0)


def serve(server: LlmServer, arrival_rate_per_s: float) -> LlmLoad:
    """Return the steady state of a server under Poisson arrivals: M/M(n)/1 with a largest batch.

        mu(n) = n / request(n), n up to max_batch;  pi_n ~ product of lambda / mu(min(n, max_batch))
        wait = E[queue] / X;  TTFT = wait + prefill (+ a decode step)

    Args:
        server: times, largest batch, room to queue.
        arrival_rate_per_s: lambda > 0; without a limit to the queue below ``capacity_per_s``.

    Raises:
        ValueError: an argument out of range, or no steady state.

    >>> from advisor.models.llm_times import joining_iteration_times
    >>> load = serve(LlmServer(joining_iteration_times(12, 0.05, 0.0005, 128, 512), 48, 128), 3.0)
    >>> round(load.ttft_ms, 2), round(load.tpot_ms, 3), round(load.mean_batch, 2)
    (75.32, 20.535, 31.62)
    """
    positive(arrival_rate_per_s=arrival_rate_per_s)
    most = capacity_per_s(server)
    if server.max_queue is None and arrival_rate_per_s >= most:
        raise ValueError(f"no steady state: arrival_rate_per_s must be below {most:g}, found {arrival_rate_per_s:g}")
    batches, waiting, p_lost = _states(server, arrival_rate_per_s)
    # Requests leave a batch of n at the rate mu(n): weighted with it, n is the batch that a request runs in.
    leaving = [0.0, *(p * n / server.times.request_ms(n) for n, p in enumerate(batches[1:], 1))]
    runs_in = _mean(leaving) / math.fsum(leaving)
    return _load(server, arrival_rate_per_s, p_lost, _mean(batches), runs_in, waiting)


def serve_iterations(
    alpha_ms: float,
    beta_ms: float,
    gamma_ms: float,
    input_tokens: float,
    output_tokens: float,
    max_batch: int,
    arrival_rate_per_s: float,
    max_queue: int | None = None,
) -> LlmLoad:
    """Return the steady state of a server from (alpha, beta, gamma) in one call: ``serve`` with ``iteration_times``.

        T(n) = alpha + n delta, delta the mean work of a request in an iteration;  then as in ``serve``

    Args:
        alpha_ms: base of an iteration > 0.
        beta_ms: per token computed >= 0.
        gamma_ms: per token of context read >= 0.
        input_tokens: mean prompt >= 0.
        output_tokens: mean answer > 0.
        max_batch: largest batch, 1 to a million.
        arrival_rate_per_s: lambda > 0; without a limit to the queue below capacity.
        max_queue: room to queue, None for no limit.

    Raises:
        ValueError: an argument out of range, or no steady state.

    >>> round(serve_iterations(12, 0.05, 0.0005, 128, 512, 49, 2.9715836, 128).mean_batch, 5)
    30.50618
    """
    times = iteration_times(alpha_ms, beta_ms, gamma_ms, input_tokens, output_tokens)
    return serve(LlmServer(times, max_batch, max_queue), arrival_rate_per_s)


def largest_rate_per_s(server: LlmServer, *, ttft_ms: float | None = None, tpot_ms: float | None = None) -> float:
    """Return the largest arrival rate (requests/s), below capacity, at which mean TTFT and time per token keep limits.

    Args:
        server: times, largest batch, room to queue.
        ttft_ms: limit of the mean time to first token, > 0 and above that of an idle server; None for none.
        tpot_ms: limit of the mean time per output token, likewise.

    Raises:
        ValueError: an argument out of range, no limit given, or one that an idle server misses.

    >>> from advisor.models.llm_times import joining_iteration_times
    >>> server = LlmServer(joining_iteration_times(12, 0.05, 0.0005, 128, 512), 48, 128)
    >>> round(largest_rate_per_s(server, ttft_ms=60), 4), round(largest_rate_per_s(server, tpot_ms=20), 4)
    (2.9106, 2.8741)
    """
    limits = {name: limit for name, limit in (("ttft_ms", ttft_ms), ("tpot_ms", tpot_ms)) if limit is not None}
    if not limits:
        raise ValueError("at least one of ttft_ms and tpot_ms must be given, found none")
    positive(**limits)
    most = capacity_per_s(server)
    idle = serve(server, most * 1e-12)
    for name, limit in limits.items():
        if limit <= getattr(idle, name):
            raise ValueError(f"{name} must be above {getattr(idle, name):g}, that of an idle server, found {limit:g}")

    def kept(rate: float) -> bool:
        load = serve(server, rate)
        return all(getattr(load, name) <= limit for name, limit in limits.items())

    return boundary(lambda rate: rate < most and kept(rate), most * 1e-12, most)[0]


@dataclass(frozen=True)
class PastKnee:
    """What arrives faster than it is served: requests/s by which the queue grows, and what it is after a while.

    ``ttft_ms`` is that of a request that arrives then and waits for all before it.
    """

    growth_per_s: float
    waiting: float
    wait_ms: float
    ttft_ms: float
    tpot_ms: float


def past_knee(server: LlmServer, arrival_rate_per_s: float, after_s: float) -> PastKnee:
    """Return how far the queue of an overloaded server has grown, in the fluid model: rates without randomness.

        growth = lambda - C;  waiting = growth t;  wait = waiting / C;  the batch is full throughout

    Args:
        server: times and largest batch; room to queue is taken to suffice.
        arrival_rate_per_s: lambda, at least ``capacity_per_s`` C.
        after_s: time t >= 0 since the overload began, with an empty queue.

    Raises:
        ValueError: an argument out of range, or a rate before the knee.

    >>> from advisor.models.llm_times import decode_times
    >>> past_knee(LlmServer(decode_times(10.0, 1.0, 100), 10), 6.0, 60.0)
    PastKnee(growth_per_s=1.0, waiting=60.0, wait_ms=12000.0, ttft_ms=12020.0, tpot_ms=20.0)
    """
    positive(arrival_rate_per_s=arrival_rate_per_s)
    not_negative(after_s=after_s)
    most = capacity_per_s(server)
    if arrival_rate_per_s < most:
        raise ValueError(f"before the knee: arrival_rate_per_s must be at least {most:g}, found {arrival_rate_per_s:g}")
    times, full = server.times, server.max_batch
    waiting = (arrival_rate_per_s - most) * after_s
    wait_ms, step = 1000 * waiting / most, times.decode_ms(full)
    ttft_ms = wait_ms + times.prefill_ms(full) + times.first_decodes * step
    return PastKnee(arrival_rate_per_s - most, waiting, wait_ms, ttft_ms, step)


def _load(server: LlmServer, rate: float, p_lost: float, mean_batch: float, runs_in: float, waiting: float) -> LlmLoad:
    """Return the times that Little's law gives for the numbers, a request's own time split into its phases."""
    times, throughput = server.times, rate * (1 - p_lost)
    wait_ms, request_ms = 1000 * waiting / throughput, 1000 * mean_batch / throughput
    prefill_ms = times.prefill_ms(mean_batch if times.joins else runs_in)
    # What a request found was fewer than it runs with; its decodes take the rest of its time.
    tpot_ms = (request_ms - prefill_ms) / times.decodes if times.joins else times.decode_ms(runs_in)
    return LlmLoad(
        arrival_rate_per_s=rate,
        throughput_per_s=throughput,
        p_lost=p_lost,
        utilization=mean_batch / server.max_batch,
        mean_batch=mean_batch,
        mean_waiting=waiting,
        mean_present=mean_batch + waiting,
        wait_ms=wait_ms,
        prefill_ms=prefill_ms,
        ttft_ms=wait_ms + prefill_ms + times.first_decodes * tpot_ms,
        tpot_ms=tpot_ms,
        response_ms=wait_ms + request_ms,
    )


def _states(server: LlmServer, rate: float) -> tuple[list[float], float, float]:
    """Return the probabilities of 0 .. max_batch in the batch, the mean number that waits, the share turned away."""
    full, room = server.max_batch, server.max_queue
    steps = [rate * server.times.request_ms(n) / (1000 * n) for n in range(1, full + 1)]
    weights = _birth_death(steps + [steps[-1]] * (room or 0))
    if room is None:
        # Without a limit the queue is geometric from a full batch on.
        rest = 1 - steps[-1]
        full_weight, waiting, last = weights[-1] / rest, weights[-1] * steps[-1] / rest**2, 0.0
    else:
        queue = weights[full:]
        full_weight, waiting, last = math.fsum(queue), _mean(queue), queue[-1]
    batches = [*weights[:full], full_weight]
    total = math.fsum(batches)
    return [weight / total for weight in batches], waiting / total, last / total


def _birth_death(steps: list[float]) -> list[float]:
    """Return the weights of 0 .. len(steps) from the ratios of neighbours, which never rise; the largest is 1."""
    mode = sum(step >= 1 for step in steps)
    down = list(accumulate((1 / step for step in reversed(steps[:mode])), mul, initial=1.0))
    up = list(accumulate(steps[mode:], mul, initial=1.0))
    return down[:0:-1] + up


def _mean(weights: list[float]) -> float:
    return math.fsum(n * weight for n, weight in enumerate(weights))


def _check(server: LlmServer) -> None:
    times = server.times
    whole(most=LARGEST_STATES, max_batch=server.max_batch)
    if server.max_queue is not None:
        whole(least=0, most=LARGEST_STATES, max_queue=server.max_queue)
    whole(least=0, most=1, first_decodes=times.first_decodes)
    not_negative(
        prefill_each_ms=times.prefill_each_ms,
        decode_each_ms=times.decode_each_ms,
        decodes=times.decodes,
        **{"prefill_ms(1)": times.prefill_ms(1), "request_ms(0)": times.request_ms(0)},
    )
    positive(
        **{
            "decode_ms(1)": times.decode_ms(1),
            "request_ms(1)": times.request_ms(1),
            "request_ms(max_batch)": times.request_ms(server.max_batch),
        }
    )

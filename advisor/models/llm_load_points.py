"""An LLM server as it was measured: TTFT, time per token and throughput at some loads, and what lies between them.

A load test already has the server's batching and queueing inside, so no formula is put on top: between two measured
points TTFT and time per token are interpolated, and concurrency, rate and response time follow by Little's law. Loads
above the last point are refused, because nothing was measured there.
Source: Little (1961).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.models.arguments import not_negative, positive
from advisor.models.llm_serving import PastKnee

TOLERANCE = 0.05


@dataclass(frozen=True)
class LoadPoint:
    """One run of a load test: mean requests in flight, requests/s answered, means of TTFT and time per token (ms)."""

    concurrency: float
    throughput_per_s: float
    ttft_ms: float
    tpot_ms: float


@dataclass(frozen=True)
class LoadCurve:
    """Measured points by rising concurrency, and the mean output tokens of their requests; made by ``load_curve``."""

    points: tuple[LoadPoint, ...]
    output_tokens: float

    @property
    def capacity_per_s(self) -> float:
        """Return the largest throughput that was measured (requests/s): the knee, if the points go past it."""
        return max(point.throughput_per_s for point in self.points)


@dataclass(frozen=True)
class LoadPrediction:
    """What a server does at a load: ``concurrency = arrival_rate_per_s * response_ms / 1000``.

    ``measured`` is false below the first point, whose times are kept there: they can only be too long.
    """

    arrival_rate_per_s: float
    concurrency: float
    ttft_ms: float
    tpot_ms: float
    response_ms: float
    output_tokens_per_s: float
    measured: bool


def response_ms(point: LoadPoint, output_tokens: float) -> float:
    """Return the mean time (ms) to the last token: TTFT + (O - 1) TPOT.

    >>> response_ms(LoadPoint(8, 4.0, 100.0, 19.0), 101)
    2000.0
    """
    return point.ttft_ms + (output_tokens - 1) * point.tpot_ms


def little_gap(point: LoadPoint, output_tokens: float) -> float:
    """Return by which share the requests in flight that throughput and times imply exceed those stated.

        X (TTFT + (O - 1) TPOT) / N - 1

    Below 0: fewer than stated were in flight on average (ramp-up or drain in the averages, fewer requests than
    concurrency, failures). Above 0: times or throughput belong to other requests than the rest (a warm-up left out).

    Args:
        point: all fields > 0.
        output_tokens: mean output O >= 1.

    Raises:
        ValueError: an argument out of range.

    >>> little_gap(LoadPoint(10, 4.0, 100.0, 19.0), 101)        # 8 in flight, 10 stated
    -0.2
    """
    _check_point("point", point)
    _check_tokens(output_tokens)
    # One division, so that whole numbers that agree give exactly 0.
    present = point.throughput_per_s * response_ms(point, output_tokens)
    return (present - 1000 * point.concurrency) / (1000 * point.concurrency)


def load_curve(points: Sequence[LoadPoint], output_tokens: float, tolerance: float = TOLERANCE) -> LoadCurve:
    """Return measured points as a curve, once they are in order and every one of them obeys Little's law.

    Args:
        points: at least two, concurrency rising from one to the next, all fields > 0.
        output_tokens: mean output tokens of their requests, >= 1.
        tolerance: largest ``little_gap``, either way, that is put down to averaging; >= 0, 5 % unless stated.

    Raises:
        ValueError: an argument out of range, points out of order, or one that breaks Little's law, which is named.

    >>> load_curve([LoadPoint(8, 4.0, 100.0, 19.0), LoadPoint(16, 6.0, 150.0, 19.0)], 101)
    Traceback (most recent call last):
    ValueError: point 2 breaks Little's law: 6 requests/s x 2050 ms are 12.3 in flight, 16 stated (-23.1 %, 5 % allowed)
    """
    not_negative(tolerance=tolerance)
    _check_tokens(output_tokens)
    if len(points) < 2:
        raise ValueError(f"points must be at least 2, found {len(points)}")
    for number, point in enumerate(points, 1):
        _check_point(f"point {number}", point)
        gap = little_gap(point, output_tokens)
        if abs(gap) > tolerance:
            raise ValueError(_broken(number, point, output_tokens, gap, tolerance))
    for number, (before, after) in enumerate(pairwise(points), 2):
        if after.concurrency <= before.concurrency:
            raise ValueError(
                f"concurrency of point {number} must be above {before.concurrency:g}, found {after.concurrency:g}"
            )
    return LoadCurve(tuple(points), output_tokens)


def at_rate(curve: LoadCurve, arrival_rate_per_s: float) -> LoadPrediction:
    """Return what a server does at an arrival rate (requests/s), on the side of the curve before its knee.

    Args:
        curve: from ``load_curve``.
        arrival_rate_per_s: > 0, at most the largest throughput measured.

    Raises:
        ValueError: a rate out of range, or throughput that falls before its largest value is reached.

    >>> curve = load_curve([LoadPoint(8, 4.0, 100.0, 19.0), LoadPoint(16, 6.0, 166.0, 25.0)], 101)
    >>> between = at_rate(curve, 5.0)
    >>> round(between.ttft_ms, 9), round(between.tpot_ms, 9), round(between.concurrency, 9)
    (133.0, 22.0, 11.665)
    """
    positive(arrival_rate_per_s=arrival_rate_per_s)
    points = curve.points[: 1 + max(range(len(curve.points)), key=lambda i: curve.points[i].throughput_per_s)]
    for before, after in pairwise(points):
        if after.throughput_per_s <= before.throughput_per_s:
            raise ValueError(
                f"throughput_per_s must rise up to its largest value: {after.throughput_per_s:g} at concurrency "
                f"{after.concurrency:g} comes after {before.throughput_per_s:g} at {before.concurrency:g}"
            )
    _not_above("arrival_rate_per_s", arrival_rate_per_s, points[-1].throughput_per_s)
    ttft_ms, tpot_ms = _between(points, lambda point: point.throughput_per_s, arrival_rate_per_s)
    response = ttft_ms + (curve.output_tokens - 1) * tpot_ms
    return LoadPrediction(
        arrival_rate_per_s=arrival_rate_per_s,
        concurrency=arrival_rate_per_s * response / 1000,
        ttft_ms=ttft_ms,
        tpot_ms=tpot_ms,
        response_ms=response,
        output_tokens_per_s=arrival_rate_per_s * curve.output_tokens,
        measured=arrival_rate_per_s >= points[0].throughput_per_s,
    )


def at_concurrency(curve: LoadCurve, concurrency: float) -> LoadPrediction:
    """Return what a server does with so many requests in flight (a closed loop without think time).

    Args:
        curve: from ``load_curve``.
        concurrency: > 0, at most that of the last point.

    Raises:
        ValueError: a concurrency out of range.

    >>> curve = load_curve([LoadPoint(8, 4.0, 100.0, 19.0), LoadPoint(16, 6.0, 166.0, 25.0)], 101)
    >>> round(at_concurrency(curve, 12).arrival_rate_per_s, 9)      # 12 / 2.333 s
    5.143591942
    """
    positive(concurrency=concurrency)
    _not_above("concurrency", concurrency, curve.points[-1].concurrency)
    ttft_ms, tpot_ms = _between(curve.points, lambda point: point.concurrency, concurrency)
    response = ttft_ms + (curve.output_tokens - 1) * tpot_ms
    rate = 1000 * concurrency / response
    return LoadPrediction(
        arrival_rate_per_s=rate,
        concurrency=concurrency,
        ttft_ms=ttft_ms,
        tpot_ms=tpot_ms,
        response_ms=response,
        output_tokens_per_s=rate * curve.output_tokens,
        measured=concurrency >= curve.points[0].concurrency,
    )


def past_last_point(curve: LoadCurve, arrival_rate_per_s: float, after_s: float) -> PastKnee:
    """Return how far a queue has grown if more arrives than the largest throughput measured, in the fluid model.

        growth = lambda - C;  waiting = growth t;  wait = waiting / C;  TTFT = wait + TTFT at the knee

    Takes the largest throughput measured for the most the server can do: true if the points go past the knee.

    Args:
        curve: from ``load_curve``.
        arrival_rate_per_s: lambda, at least ``curve.capacity_per_s`` C.
        after_s: time t >= 0 since the overload began, with an empty queue.

    Raises:
        ValueError: an argument out of range, or a rate that was measured.

    >>> curve = load_curve([LoadPoint(8, 4.0, 100.0, 19.0), LoadPoint(16, 6.0, 166.0, 25.0)], 101)
    >>> past_last_point(curve, 9.0, 10.0)
    PastKnee(growth_per_s=3.0, waiting=30.0, wait_ms=5000.0, ttft_ms=5166.0, tpot_ms=25.0)
    """
    positive(arrival_rate_per_s=arrival_rate_per_s)
    not_negative(after_s=after_s)
    knee = max(curve.points, key=lambda point: point.throughput_per_s)
    most = knee.throughput_per_s
    if arrival_rate_per_s < most:
        raise ValueError(f"before the knee: arrival_rate_per_s must be at least {most:g}, found {arrival_rate_per_s:g}")
    waiting = (arrival_rate_per_s - most) * after_s
    wait_ms = 1000 * waiting / most
    return PastKnee(arrival_rate_per_s - most, waiting, wait_ms, wait_ms + knee.ttft_ms, knee.tpot_ms)


def _between(points: Sequence[LoadPoint], load: Callable[[LoadPoint], float], value: float) -> tuple[float, float]:
    """Return TTFT and TPOT (ms) at a load on the lines between points; those of the first point below it."""
    if value <= load(points[0]):
        return points[0].ttft_ms, points[0].tpot_ms
    before, after = next((a, b) for a, b in pairwise(points) if value <= load(b))
    share = (value - load(before)) / (load(after) - load(before))
    return (
        before.ttft_ms + share * (after.ttft_ms - before.ttft_ms),
        before.tpot_ms + share * (after.tpot_ms - before.tpot_ms),
    )


def _broken(number: int, point: LoadPoint, output_tokens: float, gap: float, tolerance: float) -> str:
    return (
        f"point {number} breaks Little's law: {point.throughput_per_s:g} requests/s x "
        f"{response_ms(point, output_tokens):g} ms are {point.concurrency * (1 + gap):.3g} in flight, "
        f"{point.concurrency:g} stated ({gap:+.1%}, {tolerance:.0%} allowed)".replace("%", " %")
    )


def _not_above(name: str, value: float, last: float) -> None:
    if value > last:
        raise ValueError(f"{name} must be at most {last:g}, the largest that was measured, found {value:g}")


def _check_point(name: str, point: LoadPoint) -> None:
    positive(
        **{
            f"concurrency of {name}": point.concurrency,
            f"throughput_per_s of {name}": point.throughput_per_s,
            f"ttft_ms of {name}": point.ttft_ms,
            f"tpot_ms of {name}": point.tpot_ms,
        }
    )


def _check_tokens(output_tokens: float) -> None:
    positive(output_tokens=output_tokens)
    if output_tokens < 1:
        raise ValueError(f"output_tokens must be at least 1, found {output_tokens:g}")

"""Latency that was measured at several loads, and what lies between the measurements.

Queueing is inside such figures already, so no queueing formula is put on top of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.models.arguments import not_negative, one_of
from advisor.models.lognormal import Lognormal

DECREASING = ("refuse", "running_maximum")
_COMPARED = {"p50": 0.5, "p99": 0.99}
_ROUNDING = 1e-9


@dataclass(frozen=True)
class LoadCurve:
    """Latency as a function of load, from points with rising load.

    Attributes:
        loads: measured loads, in any one unit (requests/s, utilisation, streams), rising.
        latencies: the distribution at each of them.
    """

    loads: tuple[float, ...]
    latencies: tuple[Lognormal, ...]

    def at(self, load: float) -> Lognormal:
        """Return the latency at a load.

        Between two points every percentile is interpolated linearly in its logarithm, which is done by interpolating mu
        and sigma: exact at the points, and never outside the two values. Waiting grows like 1 / (1 - rho), whose
        logarithm is convex, so between the points this errs on the slow side. Below the first point the first one
        holds: an assumption, on the slow side as well.

        Raises:
            ValueError: a negative load, or one above the highest that was measured: nothing is known there.

        >>> curve = load_curve([(10, {"p50": 100, "p99": 200}), (30, {"p50": 400, "p99": 1800})])
        >>> [round(curve.at(load).quantile(0.5), 6) for load in (5, 10, 20, 30)]
        [100.0, 100.0, 200.0, 400.0]
        """
        not_negative(load=load)
        if load > self.loads[-1]:
            raise ValueError(
                f"load must be at most {self.loads[-1]:g}, the highest that was measured, found {load:g}; "
                "latency is not extrapolated"
            )
        above = bisect_right(self.loads, load)
        if above in (0, len(self.loads)):
            return self.latencies[0 if above == 0 else -1]
        low, high = self.loads[above - 1], self.loads[above]
        return _between(self.latencies[above - 1], self.latencies[above], (load - low) / (high - low))


def load_curve(
    points: Sequence[tuple[float, Lognormal | Mapping[str, float]]], *, decreasing: str = "refuse"
) -> LoadCurve:
    """Return the curve through measured points.

    Args:
        points: load and latency, loads rising; the latency as what :meth:`Lognormal.fit` takes (p50, p95, p99, mean,
            cv, ...) or as a distribution.
        decreasing: what to do where p50 or p99 falls although the load rises, which noise or a cache that warms up can
            do. ``refuse`` names the points; ``running_maximum`` takes for each of both the highest value up to that
            load, so that the curve is not exact at such a point but never on the fast side of a measurement.

    Raises:
        ValueError: no point, loads that are negative or do not rise, latencies that fall (unless told otherwise),
            figures that no lognormal fits.

    >>> noisy = [(1, {"p50": 100, "p99": 200}), (2, {"p50": 95, "p99": 210})]
    >>> load_curve(noisy)
    Traceback (most recent call last):
    ValueError: p50 falls from 100 at load 1 to 95 at load 2; measure again, or take decreasing="running_maximum"
    >>> round(load_curve(noisy, decreasing="running_maximum").at(2).quantile(0.5), 6)
    100.0
    """
    one_of(DECREASING, decreasing=decreasing)
    if not points:
        raise ValueError("points: at least one measured load is needed, found none")
    loads = tuple(load for load, _ in points)
    for load in loads:
        not_negative(load=load)
    for low, high in pairwise(loads):
        if high <= low:
            raise ValueError(f"loads must rise from point to point, found {high:g} after {low:g}")
    latencies = [known if isinstance(known, Lognormal) else Lognormal.fit(**known) for _, known in points]
    if decreasing == "running_maximum":
        return LoadCurve(loads, _running_maximum(latencies))
    _refuse_falls(loads, latencies)
    return LoadCurve(loads, tuple(latencies))


def _between(a: Lognormal, b: Lognormal, share: float) -> Lognormal:
    return Lognormal(a.mu + share * (b.mu - a.mu), a.sigma + share * (b.sigma - a.sigma))


def _refuse_falls(loads: Sequence[float], latencies: Sequence[Lognormal]) -> None:
    for (low, before), (high, after) in pairwise(zip(loads, latencies, strict=True)):
        for name, p in _COMPARED.items():
            if after.quantile(p) < before.quantile(p) * (1 - _ROUNDING):
                raise ValueError(
                    f"{name} falls from {before.quantile(p):g} at load {low:g} to {after.quantile(p):g} at load "
                    f'{high:g}; measure again, or take decreasing="running_maximum"'
                )


def _running_maximum(latencies: Sequence[Lognormal]) -> tuple[Lognormal, ...]:
    """Return lognormals through the highest p50 and the highest p99 so far."""
    found: list[Lognormal] = []
    p50 = p99 = 0.0
    for latency in latencies:
        p50, p99 = max(p50, latency.quantile(0.5)), max(p99, latency.quantile(0.99))
        found.append(Lognormal.fit(p50=p50, p99=p99))
    return tuple(found)

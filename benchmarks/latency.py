"""Composed percentiles against plain Monte Carlo of the same accuracy.

    python benchmarks/latency.py [--repeat N]

For each path: the time to build it and read p50, p90, p95, p99 and p99.9 with empty caches (median of N runs; only the
table of the normal distribution stays), and the time to sample it so often that the standard error of the p99 is the
error that is promised of ours, 0.1 %. Promise: 12 stages take less than 5 ms, and sampling at least 100 times as long.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from advisor.models import composition, distribution
from advisor.models.latency import Constant, Distribution, Lognormal, Wait, mixture, parallel, repeat, series

LEVELS = (0.5, 0.9, 0.95, 0.99, 0.999)
PROMISED, LIMIT_MS, LIMIT_RATIO = 1e-3, 5.0, 100.0
Samples = np.ndarray[Any, np.dtype[np.float64]]
Sampler = Callable[[np.random.Generator, int], Samples]


def main() -> int:
    """Run the benchmark and print the table; exit code 1 when the promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=30)
    repeats = parser.parse_args().repeat
    print(f"{'path':<34}{'ours ms':>9}{'p99 ms':>9}{'samples':>12}{'sampled ms':>12}{'p99 ms':>9}{'ratio':>8}")
    held = True
    for name, (build, draw) in PATHS.items():
        ours_ms, path = _ours(build, repeats)
        count = _equal_accuracy(path)
        start = time.perf_counter()
        sampled = float(np.quantile(draw(np.random.default_rng(1), count), LEVELS)[3])
        sampled_ms = (time.perf_counter() - start) * 1000
        ratio = sampled_ms / ours_ms
        exact = path.quantile(0.99)
        print(f"{name:<34}{ours_ms:>9.2f}{exact:>9.1f}{count:>12,}{sampled_ms:>12,.0f}{sampled:>9.1f}{ratio:>8,.0f}")
        held &= ours_ms < LIMIT_MS and ratio >= LIMIT_RATIO
    print(f"allowed: below {LIMIT_MS:g} ms and a ratio of at least {LIMIT_RATIO:g}: {'holds' if held else 'MISSED'}")
    return 0 if held else 1


def _ours(build: Callable[[], Distribution], repeats: int) -> tuple[float, Distribution]:
    """Return the median time (ms) to build a path and read its percentiles without anything remembered."""
    times = []
    for _ in range(repeats + 1):
        distribution._levels.cache_clear()
        composition._spectrum.cache_clear()
        start = time.perf_counter()
        path = build()
        path.quantiles(LEVELS)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[1:]), path


def _equal_accuracy(path: Distribution, p: float = 0.99) -> int:
    """Return the number of samples whose p-quantile has the promised relative standard error: p (1-p) / (f x e)^2."""
    x = path.quantile(p)
    density = (path.cdf(x * 1.01) - path.cdf(x * 0.99)) / (0.02 * x)
    return math.ceil(p * (1 - p) / (density * x * PROMISED) ** 2)


def _lognormal(mean: float, cv: float) -> Sampler:
    stage = Lognormal.from_mean_cv(mean, cv)
    return lambda rng, n: rng.lognormal(stage.mu, stage.sigma, n)


def _wait(p: float, mean: float) -> Sampler:
    return lambda rng, n: np.where(rng.random(n) < p, rng.exponential(mean, n), 0.0)


def _twelve() -> Distribution:
    """Return eight services, two queues, a cache in front of a slow store, and a fan-out to three."""
    return series(
        *[Lognormal.from_mean_cv(20 * i, 0.3 + 0.1 * i) for i in range(1, 9)],
        Wait(0.3, 1 / 100),
        Wait(0.1, 1 / 50),
        mixture([0.3, 0.7], [Constant(5.0), Lognormal.from_mean_cv(400, 1.0)]),
        parallel(*[Lognormal.from_mean_cv(mean, cv) for mean, cv in ((100, 0.5), (120, 0.3), (80, 1.0))]),
    )


def _sample_twelve(rng: np.random.Generator, n: int) -> Samples:
    total = _wait(0.3, 100)(rng, n) + _wait(0.1, 50)(rng, n)
    for i in range(1, 9):
        total += _lognormal(20 * i, 0.3 + 0.1 * i)(rng, n)
    total += np.where(rng.random(n) < 0.3, 5.0, _lognormal(400, 1.0)(rng, n))
    branches = [_lognormal(mean, cv)(rng, n) for mean, cv in ((100, 0.5), (120, 0.3), (80, 1.0))]
    total += np.maximum(np.maximum(branches[0], branches[1]), branches[2])
    return total


def _sample_repeated(rng: np.random.Generator, n: int) -> Samples:
    total = np.zeros(n)
    for _ in range(5):
        total += _lognormal(40, 1.0)(rng, n)
    return total


PATHS: dict[str, tuple[Callable[[], Distribution], Sampler]] = {
    "12 stages, a cache, a fan-out": (_twelve, _sample_twelve),
    "one stage five times in a row": (lambda: repeat(Lognormal.from_mean_cv(40, 1.0), 5), _sample_repeated),
}


if __name__ == "__main__":
    raise SystemExit(main())

"""Latency as distributions that are composed; percentiles are only ever read off at the end.

This is the front door. Everything is a :class:`Distribution`: an immutable value with ``quantile(p)``, ``quantiles``,
``cdf(x)``, ``mean()`` and ``variance()``, in milliseconds or any one unit of time.

    known figures    Lognormal.fit, Lognormal.from_mean_cv, from_percentiles
    other shapes     Constant, Uniform, exponential, Erlang, Wait
    series           X + Y                 convolution
    parallel         max(X, Y)             product of the distribution functions; fan_out for n alike
    k_of_n           k-th smallest         distribution of the number of answers
    mixture          X or Y                weighted mean of the distribution functions; bimodal for two
    repeat           X + ... + X           convolution power; repeat_random for a random number
    affine           base + N * X          items at one speed

All under independence; ``tail_bounds`` says what holds without it. The error of a percentile is below 0.1 %, see
``distribution``; means of sums and mixtures are exact. ``generation`` has the two points of an answer that is written
token by token, ``retries`` time-outs and hedged requests, ``load_points`` latency that was measured at several loads.
"""

from advisor.models.combine import (
    bimodal,
    fan_out,
    k_of_n,
    mixture,
    parallel,
    repeat,
    repeat_random,
    scale,
    series,
    shift,
)
from advisor.models.composition import Mixture, RandomSum, Scaled, Series
from advisor.models.distribution import Distribution, Primitive
from advisor.models.dominance import no_slower
from advisor.models.lattice import POINTS, inverse, transform
from advisor.models.lognormal import Lognormal
from advisor.models.normal import normal_cdf
from advisor.models.order import KOfN, Parallel
from advisor.models.percentiles import Percentiles, from_percentiles
from advisor.models.primitives import Constant, Erlang, Uniform, Wait, exponential
from advisor.models.work import affine, geometric_counts

__all__ = [
    "POINTS",
    "Constant",
    "Distribution",
    "Erlang",
    "KOfN",
    "Lognormal",
    "Mixture",
    "Parallel",
    "Percentiles",
    "Primitive",
    "RandomSum",
    "Scaled",
    "Series",
    "Uniform",
    "Wait",
    "affine",
    "bimodal",
    "exponential",
    "fan_out",
    "from_percentiles",
    "geometric_counts",
    "inverse",
    "k_of_n",
    "mixture",
    "no_slower",
    "normal_cdf",
    "parallel",
    "repeat",
    "repeat_random",
    "scale",
    "series",
    "shift",
    "transform",
]

"""Distributions from what a source states, and the refusal of what it cannot mean."""

from __future__ import annotations

import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.latency import (
    Constant,
    Erlang,
    Lognormal,
    Uniform,
    Wait,
    exponential,
    from_percentiles,
    parallel,
    series,
)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({}, "at least one of"),
        ({"p50": 0}, "p50 must be greater than 0"),
        ({"p99": -1}, "p99 must be greater than 0"),
        ({"mean": math.nan}, "mean must be greater than 0"),
        ({"p95": math.inf}, "p95 must be greater than 0 and finite"),
        ({"p50": 100, "cv": 0}, "cv must be greater than 0"),
        ({"p50": 100, "p95": 90}, r"must not decrease: p50 = 100 is above p95 = 90"),
        ({"p50": 10, "p99": 30, "p999": 20}, r"must not decrease: p99 = 30 is above p999 = 20"),
        ({"p50": 80, "mean": 60}, "mean must lie between 80"),
        ({"p95": 100, "mean": 200}, "mean must lie between 25.85 and 100 "),
        ({"p95": 100, "mean": 20}, "mean must lie between 25.85 and 100 "),
        ({"p50": 100, "p99": 120, "cv": 2}, "cv contradicts"),
        ({"p50": 100, "p95": 150, "mean": 900}, "mean contradicts"),
        ({"mean": 100, "cv": 0.3, "p95": 900}, "mean contradicts"),
        ({"p50": 100, "default_cv": -1}, "default_cv must be greater than 0"),
    ],
)
def test_figures_that_cannot_be_are_refused_with_the_valid_range(known: dict[str, float], message: str) -> None:
    """Nothing known, numbers that are not times, percentiles that fall, means that no lognormal has: each is named."""
    with pytest.raises(ValueError, match=message):
        Lognormal.fit(**known)


@pytest.mark.parametrize(("name", "z"), [("p90", 1.2815515655), ("p95", 1.6448536270), ("p99", 2.3263478740)])
def test_the_stated_range_of_a_mean_is_the_true_one(name: str, z: float) -> None:
    """The lowest valid mean fits with sigma = z, the highest with no spread; just outside both are refused."""
    low, high = 100 * math.exp(-z * z / 2), 100.0
    assert Lognormal.fit(**{name: 100, "mean": low * (1 + 1e-8)}).sigma == pytest.approx(z, rel=1e-3)
    assert Lognormal.fit(**{name: 100, "mean": high}).sigma == pytest.approx(0, abs=1e-6)
    for outside in (low * 0.999, high * 1.001):
        with pytest.raises(ValueError, match="mean must lie between"):
            Lognormal.fit(**{name: 100, "mean": outside})


def test_equal_percentiles_are_a_constant() -> None:
    """A p50 that equals the p99 is no spread at all, and can be composed like any other stage."""
    still = Lognormal.fit(p50=40, p99=40)
    assert still.quantile(0.9999) == pytest.approx(40)
    assert series(still, still).quantile(0.99) == pytest.approx(80)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(median=st.floats(1e-6, 1e9), factor=st.floats(1.001, 1e4), level=st.sampled_from(["p90", "p95", "p99", "p999"]))
def test_two_percentiles_are_met_exactly(median: float, factor: float, level: str) -> None:
    """Whatever the scale and spread, a fit to two percentiles gives both back to 1e-9."""
    fitted = Lognormal.fit(p50=median, **{level: median * factor})
    p = {"p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}[level]
    assert fitted.quantile(0.5) == pytest.approx(median, rel=1e-9)
    assert fitted.quantile(p) == pytest.approx(median * factor, rel=1e-9)


def test_a_mean_that_goes_with_the_percentiles_is_accepted() -> None:
    """Real measurements are not quite lognormal: a mean within a quarter of the fit's does not contradict it."""
    fitted = Lognormal.fit(p95=3.04, p99=3.35, mean=2.52)
    assert fitted.mean() == pytest.approx(2.52, rel=0.05)


@pytest.mark.parametrize("extreme", [1e-100, 1e100])
def test_extreme_scales_neither_overflow_nor_vanish(extreme: float) -> None:
    """At both ends of what counts as a time, figures stay finite and composition works."""
    stage = Lognormal.from_mean_cv(extreme, 1.0)
    both = series(stage, Wait(0.5, 1 / extreme))
    figures = [stage.mean(), stage.variance(), *both.quantiles([0.01, 0.5, 0.9999]), parallel(stage, stage).mean()]
    assert all(math.isfinite(figure) for figure in figures)
    assert both.quantile(0.5) == pytest.approx(
        extreme * series(stage.scaled(1 / extreme), Wait(0.5, 1.0)).quantile(0.5)
    )


def test_percentiles_of_any_shape_are_kept() -> None:
    """A measured p95 near the median and a far p99 are both kept, where a lognormal must miss one of them."""
    known = {0.5: 15.0, 0.95: 60.0, 0.99: 500.0}
    measured = from_percentiles(known)
    assert [measured.quantile(p) for p in known] == pytest.approx(list(known.values()), rel=1e-12)
    assert abs(Lognormal.fit(p50=15, p95=60, p99=500).quantile(0.95) / 60 - 1) > 0.25


def test_percentiles_have_the_mean_and_variance_of_their_pieces() -> None:
    """Mean, variance and E[min(X, x)] of the piecewise lognormal agree with quadrature of its quantile function."""
    measured = from_percentiles({0.5: 100, 0.9: 180, 0.99: 900})
    knots = [mpmath.mpf(z) for z in measured.zs]
    slopes = [(math.log(180 / 100)) / float(knots[1] - knots[0]), math.log(900 / 180) / float(knots[2] - knots[1])]

    def time(z: mpmath.mpf) -> mpmath.mpf:
        bend = slopes[0] if z <= knots[1] else slopes[1]
        return 180 * mpmath.exp(bend * (z - knots[1]))

    def moment(power: int, cap: float = math.inf) -> float:
        stops = [-12, 0, float(knots[1]), 2, 4, 8, 16]
        return float(mpmath.quad(lambda z: min(time(z), cap) ** power * mpmath.npdf(z), stops))

    assert measured.mean() == pytest.approx(moment(1), rel=1e-9)
    assert measured.variance() == pytest.approx(moment(2) - moment(1) ** 2, rel=1e-9)
    assert measured.capped_mean(300) == pytest.approx(moment(1, 300), rel=1e-6)


def test_percentiles_compose() -> None:
    """With two percentiles it is the lognormal through them, alone and in a sum."""
    a, b = from_percentiles({0.5: 100, 0.99: 400}), Lognormal.fit(p50=100, p99=400)
    assert a.mean() == pytest.approx(b.mean(), rel=1e-12)
    assert series(a, a).quantiles([0.5, 0.99]) == pytest.approx(series(b, b).quantiles([0.5, 0.99]), rel=1e-9)


@pytest.mark.parametrize(
    "known", [{}, {0.5: 1.0}, {0.5: 2.0, 0.9: 2.0}, {0.5: 2.0, 0.9: 1.0}, {0.0: 1.0, 0.9: 2.0}, {0.5: -1.0, 0.9: 2.0}]
)
def test_percentiles_that_do_not_rise_are_refused(known: dict[float, float]) -> None:
    """Fewer than two, equal, falling, not times, or not levels: no distribution."""
    with pytest.raises(ValueError, match=r"percentile|levels"):
        from_percentiles(known)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_primitives_refuse_what_is_not_a_time(bad: float) -> None:
    """Negative, undefined and endless times, rates and widths never become a distribution."""
    for make in (
        lambda: Constant(bad),
        lambda: Uniform(bad),
        lambda: exponential(bad),
        lambda: Wait(0.5, bad),
        lambda: Wait(bad, 1.0),
        lambda: Erlang(2, bad),
        lambda: Lognormal(0.0, bad),
        lambda: Lognormal.from_mean_cv(bad, 1.0),
        lambda: Lognormal.from_mean_cv(1.0, bad),
        lambda: Lognormal(1.0, 1.0).scaled(bad),
    ):
        with pytest.raises(ValueError, match="found"):
            make()


def test_erlang_needs_whole_stages() -> None:
    """No stage, half a stage or a thousand and one are refused."""
    for stages in (0, 1.5, 1001):
        with pytest.raises(ValueError, match="stages must be a whole number"):
            Erlang(stages, 1.0)  # type: ignore[arg-type]

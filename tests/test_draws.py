"""Samples of what is uncertain: the right distributions, what moves together, and the same numbers every time."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest

from advisor.analysis.draws import Draws, draws, quantiles, stream
from advisor.analysis.intervals import needed, sample_quantile, wilson
from advisor.analysis.knobs import figure_knobs
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.scenario.load import Scenario, scenario_from_text

RANGES = [(0.0, 1.0, 4.0), (2.0, 2.0, 5.0), (1.0, 3.0, 3.0), (6.0, 12.0, 26.0)]
DAY = datetime.date(2026, 11, 26)
LEVELS = (np.arange(200_000) + 0.5) / 200_000


@pytest.mark.parametrize(("low", "value", "high"), RANGES)
def test_triangular_moments(low: float, value: float, high: float) -> None:
    """Mean (a + b + c) / 3 and variance (a^2 + b^2 + c^2 - ab - ac - bc) / 18, in closed form."""
    found = quantiles(LEVELS, low, value, high, "triangular")
    assert found.mean() == pytest.approx((low + value + high) / 3, rel=1e-5)
    variance = (low**2 + value**2 + high**2 - low * value - low * high - value * high) / 18
    assert found.var() == pytest.approx(variance, rel=1e-4)
    assert low <= found.min() <= found.max() <= high


@pytest.mark.parametrize(("low", "value", "high"), RANGES)
def test_pert_is_the_beta_distribution(low: float, value: float, high: float) -> None:
    """Its moments are those of the beta distribution, and its quantiles those of an independent beta sampler."""
    found = quantiles(LEVELS, low, value, high, "pert")
    mean = (low + 4 * value + high) / 6
    assert found.mean() == pytest.approx(mean, rel=1e-5)
    assert found.var() == pytest.approx((mean - low) * (high - mean) / 7, rel=1e-3)
    share = (value - low) / (high - low)
    drawn = low + (high - low) * np.random.default_rng(1).beta(1 + 4 * share, 5 - 4 * share, 400_000)
    for level in (0.05, 0.5, 0.95):
        at = float(np.quantile(found, level))
        assert np.mean(drawn <= at) == pytest.approx(level, abs=5 * math.sqrt(level * (1 - level) / 400_000) + 1e-4)


def _drawn(base: Table, *, samples: int = 50, seed: int = 7, assumed: bool = False) -> Draws:
    options = dict.fromkeys(c.option.id for found in base.candidates.values() for c in found if c.option)
    return draws(base, options, base.candidates, samples=samples, seed=seed, assumed=assumed)


def test_the_same_figure_of_a_component_moves_together(candidates: Table) -> None:
    """Options of one component are as far into the range of a figure; other figures are not."""
    found = _drawn(candidates)
    by_group: dict[str, list[int]] = {}
    for place, group in enumerate(found.groups):
        by_group.setdefault(group, []).append(place)
    shared = [places for places in by_group.values() if len(places) > 1]
    assert shared
    for places in shared:
        names = {found.knobs[p].path.split(": ", 1)[1] for p in places}
        assert len(names) == 1
        far = [(found.values(p) - found.knobs[p].low) / (found.knobs[p].high - found.knobs[p].low) for p in places]
        alike = [p for p in places if found.knobs[p].value == found.knobs[places[0]].value]
        assert all(np.allclose(f, far[0]) for p, f in zip(places, far, strict=True) if p in alike)
    first, second = list(by_group)[:2]
    assert not np.allclose(found.levels(first), found.levels(second))


def test_a_sample_does_not_depend_on_what_else_is_drawn(candidates: Table) -> None:
    """Fewer options, other numbers of samples: what is drawn for a group stays the same; another seed changes it."""
    whole = _drawn(candidates)
    group = whole.groups[-1]
    assert whole.levels(group)[:10].tolist() == _drawn(candidates, samples=10).levels(group).tolist()
    assert whole.levels(group).tolist() == stream(7, group).random(50).tolist()
    assert whole.levels(group).tolist() != _drawn(candidates, seed=8).levels(group).tolist()


def test_only_stated_ranges_unless_asked(candidates: Table) -> None:
    """Without a stated range a number keeps its value and is counted; --assume-ranges draws it, the workload too."""
    stated, assumed = _drawn(candidates), _drawn(candidates, assumed=True)
    assert all(knob.stated for knob in stated.knobs)
    assert all(knob.figure is not None for knob in stated.knobs)
    assert stated.fixed > 0
    paths = {knob.path for knob in assumed.knobs}
    assert {"workload.requests_per_month", "operations.usd_per_hour"} <= paths
    assert {knob.path for knob in stated.knobs} < paths


def test_every_end_of_every_range_can_be_judged(catalog: Catalog) -> None:
    """A stated end beyond what a figure may be is cut there: an estimate may lie above the best of its benchmark."""
    knobs = list(figure_knobs(catalog, catalog.options, catalog.records.roles, DAY))
    assert all(k.figure is not None and k.figure.allows(end) for k in knobs for end in (k.low, k.high))
    assert any(k.figure is not None and k.stated and (k.figure.high or 0) > k.high == k.most for k in knobs)


def test_the_workload_is_drawn_where_its_range_is_stated(scenario: Scenario, catalog: Catalog) -> None:
    """A parameter with low and high is drawn between them; the scenario of a sample has that workload."""
    text = scenario.text.replace(
        "requests_per_month: 3_000_000", "requests_per_month: {mean: 3_000_000, low: 2e6, high: 5e6}"
    )
    ranged = scenario_from_text(text, catalog)
    found = draws(table(ranged, catalog), [], samples=200, seed=1)
    assert [knob.path for knob in found.knobs] == ["workload.requests_per_month"]
    seen = [found.scenario(ranged, s, catalog).workload["requests_per_month"] for s in range(200)]
    assert seen == found.values(0).tolist()
    assert 2e6 <= min(seen) < 2.6e6
    assert 4e6 < max(seen) <= 5e6


@pytest.mark.parametrize(
    ("held", "samples", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_published_values(held: int, samples: int, low: float, high: float) -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    assert wilson(held, samples) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize("p", [0.02, 0.1, 0.5, 0.87])
def test_wilson_covers_what_it_says(p: float) -> None:
    """Summed exactly over the binomial distribution, the interval holds the probability in about 95 % of the cases."""
    n = 200
    inside = [
        math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if wilson(k, n)[0] <= p <= wilson(k, n)[1]
    ]
    assert math.fsum(inside) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("confidence", "trials"), [(0.95, 1000), (0.9, 7), (1.0, 13), (0.333, 100)])
def test_the_quantile_of_a_sample_is_the_least_that_enough_do_not_exceed(confidence: float, trials: int) -> None:
    """By counting: at least the share is at or below it, and with the next smaller value it would not be."""
    values = np.random.default_rng(3).random(trials).tolist()
    at = sample_quantile(values, confidence)
    assert sum(v <= at for v in values) >= confidence * trials - 1e-9
    assert sum(v < at for v in values) < confidence * trials
    assert sum(v <= at for v in values) == needed(confidence, trials)

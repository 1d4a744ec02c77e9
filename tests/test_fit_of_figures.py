"""From a stated latency to a distribution: lognormal where one fits, else every stated percentile kept."""

from __future__ import annotations

import datetime

import pytest

from advisor.candidates.times import fit
from advisor.catalog.load import Catalog
from advisor.catalog.model import Latency
from advisor.models.latency import Lognormal


def stated(**figures: float) -> Latency:
    """Return a latency figure."""
    return Latency(basis="measured", source="x", checked=datetime.date(2026, 11, 1), **figures)  # type: ignore[arg-type]


def test_two_percentiles_are_a_lognormal() -> None:
    """Median and p99 fix one, and it has both."""
    found = fit(stated(p50=100, p99=400), 0.3)
    assert isinstance(found, Lognormal)
    assert found.quantile(0.99) == pytest.approx(400, rel=1e-9)


def test_three_percentiles_of_another_shape_are_kept() -> None:
    """A tail that no lognormal has is not smoothed away."""
    found = fit(stated(p50=42, p95=80, p99=400), 0.3)
    assert [found.quantile(p) for p in (0.5, 0.95, 0.99)] == pytest.approx([42, 80, 400], rel=1e-6)


def test_a_mean_that_contradicts_a_percentile_is_an_error() -> None:
    """No shape is made up for figures that cannot both be right for a lognormal."""
    with pytest.raises(ValueError, match="mean"):
        fit(stated(mean=10, p99=900), 0.3)


def test_every_figure_of_the_catalog_is_met_where_it_states_percentiles(catalog: Catalog) -> None:
    """Each stated p50, p95 and p99 is the distribution's own, where they rise and no mean is stated."""
    for _, option in catalog.options.values():
        for figure in option.latency.values():
            found = fit(figure, 0.3)
            known = [(p, v) for p, v in ((0.5, figure.p50), (0.95, figure.p95), (0.99, figure.p99)) if v is not None]
            if figure.mean is not None or len({value for _, value in known}) < len(known):
                continue  # more than a lognormal can meet, or printed too coarsely to tell percentiles apart
            for level, value in known:
                assert found.quantile(level) == pytest.approx(value, rel=1e-6), option.id

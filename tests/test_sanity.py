"""The shipped examples against systems that others published: what they cost, how fast they are, how available.

The ranges stand in ``data/sanity.yml``, each with its sources. They judge orders of magnitude, not designs: a price per
thousand taken as one per million, or milliseconds read as seconds, leave them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor import expression, resources, yamlfile
from advisor.proposal import Proposal

_DATA: dict[str, Any] = yamlfile.load(Path(__file__).parent / "data" / "sanity.yml").data
FIGURES: list[dict[str, Any]] = _DATA["figures"]
SOURCES: dict[str, dict[str, str]] = _DATA["sources"]


def _id(figure: dict[str, Any]) -> str:
    return f"{figure['example']}: {figure['metric']}"


def _results(found: Proposal) -> dict[str, float]:
    """Return what an entry may take from a proposal, by name."""
    assert found.best is not None
    values = {name: float(value) for name, value in found.scenario.workload.items() if isinstance(value, int | float)}
    values["bill_usd_per_month"] = found.best.bill_usd_per_month
    for flow, result in found.best.flows.items():
        values[f"{flow}_availability"] = result.availability
        for measure, times in result.measures.items():
            for name, value in times.percentiles.items():
                values[f"{flow}_{measure}_{name.replace('.', '_')}"] = value
    return values


def _value(figure: dict[str, Any], found: Proposal) -> float:
    return expression.parse(figure["of"]).evaluate(_results(found))


@pytest.mark.parametrize("figure", FIGURES, ids=_id)
def test_the_example_lies_among_published_systems(figure: dict[str, Any], solved: Callable[[str], Proposal]) -> None:
    """Cost, times and availability of an example lie between the lowest and the highest published for such systems."""
    value = _value(figure, solved(figure["example"]))
    assert figure["low"]["value"] <= value <= figure["high"]["value"], f"{value:.4g} {figure['unit']}"


@pytest.mark.parametrize("figure", [figure for figure in FIGURES if figure["metric"] != "availability"], ids=_id)
def test_a_gross_mistake_leaves_the_range(figure: dict[str, Any], solved: Callable[[str], Proposal]) -> None:
    """No range is so wide that a mistake by a factor of fifty, either way, would stay within it."""
    value = _value(figure, solved(figure["example"]))
    assert value * 50 > figure["high"]["value"]
    assert value / 50 < figure["low"]["value"]


def test_every_example_is_judged_on_cost_speed_and_availability() -> None:
    """Each shipped example has a range for what it costs, for how long something takes and for its availability."""
    for name in {path.parent.name for path in resources.folder("examples").glob("*/scenario.yml")}:
        metrics = [figure["metric"] for figure in FIGURES if figure["example"] == name]
        assert "cost" in metrics, name
        assert "availability" in metrics, name
        assert len(metrics) > 2, name
    assert len({_id(figure) for figure in FIGURES}) == len(FIGURES)


def test_every_end_of_a_range_has_a_source() -> None:
    """Each end says which system it is and cites a source with title, address and day; no source is left over."""
    cited = set()
    for figure in FIGURES:
        assert figure["low"]["value"] < figure["high"]["value"], _id(figure)
        for end in (figure["low"], figure["high"]):
            assert end["system"], _id(figure)
            cited.add(end["source"])
    assert cited == set(SOURCES)
    for source in SOURCES.values():
        assert source["title"]
        assert source["address"].startswith(("https://", "http://"))
        day = source.get("dated") or source["read"]
        assert datetime.date.fromisoformat(str(day)) <= datetime.date(2026, 11, 26)

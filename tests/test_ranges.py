"""Ranges of the workload in a scenario: read, checked, in the schema, and without effect on the answer itself."""

from __future__ import annotations

import pytest

from advisor import resources
from advisor.analysis.overrides import change
from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.render.scenario_schema import scenario_schema
from advisor.scenario.load import Scenario, scenario_from_text

TEXT = resources.example("support_copilot").read_text(encoding="utf-8")
PLAIN = "requests_per_month: 3_000_000"


def with_requests(text: str, catalog: Catalog) -> Scenario:
    """Return the example with another text for the requests a month."""
    assert PLAIN in TEXT
    return scenario_from_text(TEXT.replace(PLAIN, f"requests_per_month: {text}"), catalog)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{mean: 3e6, low: 2e6, high: 5e6}", (2e6, 5e6)),
        ("{mean: 3e6, high: 5e6}", (3e6, 5e6)),
        ("{mean: 3e6, low: 2e6}", (2e6, 3e6)),
    ],
)
def test_a_range_is_read(text: str, found: tuple[float, float], catalog: Catalog) -> None:
    """Ends that are left out are the mean; the workload itself is the mean."""
    scenario = with_requests(text, catalog)
    assert scenario.ranges == {"requests_per_month": found}
    assert scenario.workload["requests_per_month"] == 3e6
    assert with_requests("3e6", catalog).ranges == {}


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("{mean: 3e6, low: 4e6, high: 5e6}", "low", "at most the mean"),
        ("{mean: 3e6, low: 1e6, high: 2e6}", "high", "at least the mean"),
        ("{mean: 3e6, low: 3e6, high: 3e6}", "", "empty range"),
        ("{mean: 3e6, low: -1}", "low", "greater than 0"),
        ("{mean: 3e6, high: 1e13}", "high", "at most 1e+12"),
        ("{mean: 3e6, hihg: 5e6}", "hihg", "did you mean 'high'?"),
    ],
)
def test_a_wrong_range_is_refused_with_its_place(text: str, path: str, words: str, catalog: Catalog) -> None:
    """Reversed, empty and impossible ranges are errors with file, line and path."""
    with pytest.raises(InputError) as caught:
        with_requests(text, catalog)
    (problem,) = caught.value.problems
    assert problem.path == "workload.requests_per_month" + (f".{path}" if path else "")
    assert problem.line > 0
    assert words in problem.message


def test_the_schema_knows_both_ends(catalog: Catalog) -> None:
    """Editors complete low and high, with the limits of the parameter."""
    schema = scenario_schema(catalog.blueprint("rag_assistant"), catalog)
    mapping = schema["properties"]["workload"]["properties"]["cache_hit_share"]["anyOf"][1]["properties"]
    assert mapping["low"]["maximum"] == mapping["mean"]["maximum"]
    assert set(mapping) == {"mean", "low", "high"}


def test_a_range_can_be_set_by_path(scenario: Scenario, catalog: Catalog) -> None:
    """``--set workload.requests_per_month.high=5e6`` gives a plain figure a range."""
    changed = change(scenario, ["workload.requests_per_month.high=5e6"], catalog)
    assert changed.scenario.ranges == {"requests_per_month": (3e6, 5e6)}

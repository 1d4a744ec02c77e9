"""A percentile that advisor printed can be written back as a limit: the same design must still hold it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from advisor import resources
from advisor.catalog.load import load_catalog
from advisor.proposal import propose
from advisor.scenario.load import scenario_from_text


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """Return the data of the shipped example."""
    data: dict[str, Any] = yaml.safe_load(resources.example("support_copilot").read_text())
    return data


@pytest.mark.parametrize(("measure", "level"), [("ttft_ms", "p95"), ("latency_ms", "p95"), ("latency_ms", "p99")])
def test_a_limit_equal_to_the_value_found_is_held_at_the_same_cost(
    example: dict[str, Any], measure: str, level: str
) -> None:
    """With the optimum's own percentile as the limit, the problem stays feasible and the optimum stays what it was."""
    catalog = load_catalog()
    first = propose(scenario_from_text(yaml.safe_dump(example), catalog), catalog, explain=False)
    assert first.best is not None
    tight = copy.deepcopy(example)
    tight["constraints"]["flows"]["answer"][measure] = {level: first.best.metric(f"flows.answer.{measure}.{level}")}
    again = propose(scenario_from_text(yaml.safe_dump(tight), catalog), catalog, explain=False)
    assert again.status.value == "optimal"
    assert again.value == pytest.approx(first.value, rel=1e-9)

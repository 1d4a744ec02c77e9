"""Every blueprint comes with an example that is designed, proved, and under some tension."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from advisor import resources
from advisor.catalog.load import Catalog
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal
from advisor.scenario.load import load_scenario

EXAMPLES = {
    "support_copilot": "rag_assistant",
    "claims_agents": "multi_agent",
    "shop_recommendations": "recommendation",
    "card_fraud": "fraud_detection",
    "contract_reader": "document_work",
    "demand_forecast": "continuous_training",
    "fleet_telemetry": "streaming_analytics",
    "company_gateway": "llm_gateway",
    "shop_search": "hybrid_search",
    "churn_scores": "batch_scoring",
    "phone_agent": "voice_agent",
}


def test_every_blueprint_has_an_example(catalog: Catalog) -> None:
    """One scenario for each shipped blueprint, each in a folder of its own."""
    assert sorted(EXAMPLES.values()) == sorted(catalog.records.blueprints)
    folders = {path.parent.name for path in resources.folder("examples").glob("*/scenario.yml")}
    assert folders == set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_example_is_solved_and_proved(name: str, solved: Callable[[str], Proposal], catalog: Catalog) -> None:
    """The optimum is proved, holds every requirement, and some requirement is near its limit."""
    found = solved(name)
    assert load_scenario(resources.example(name), catalog).blueprint.id == EXAMPLES[name]
    assert found.status is Status.OPTIMAL
    assert found.best is not None
    assert found.best.feasible
    bounded = [check for check in found.best.checks if check.slack is not None]
    assert min(check.slack for check in bounded if check.slack is not None) < 0.6

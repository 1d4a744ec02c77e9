"""Processor time of a step: it is part of the time, on the share of a vCPU that an option gives, and per role."""

from __future__ import annotations

import pytest

from advisor.analysis.drivers import example
from advisor.candidates.table import table
from advisor.candidates.times import item_parameter
from advisor.catalog.load import Catalog
from advisor.scenario.load import Scenario, scenario_from_text


def fraud(catalog: Catalog, **workload: float) -> Scenario:
    """Return a fraud scenario with some workload figures."""
    given = {"requests_per_month": 1_000_000, "entities": 100_000, **workload}
    stated = ", ".join(f"{name}: {value}" for name, value in given.items())
    return scenario_from_text(f"title: x\nblueprint: fraud_detection\nworkload: {{{stated}}}", catalog)


def mean_ms(scenario: Scenario, catalog: Catalog, role: str, option: str, operation: str) -> float:
    """Return the mean time of an operation on an option's smallest candidate."""
    found = table(scenario, catalog, only={role: [option]}).candidates[role]
    return found[0].latency[operation][1].mean()


def test_more_processor_time_makes_a_request_slower_by_as_much(catalog: Catalog) -> None:
    """25 ms more on a whole vCPU are 25 ms more; on 0.289 of one they are 86.5 ms more."""
    little, much = fraud(catalog, app_cpu_ms_per_request=5), fraud(catalog, app_cpu_ms_per_request=30)
    for option, share in (("google_cloud_run_requests", 1.0), ("aws_lambda_app_512mb", 0.289)):
        before = mean_ms(little, catalog, "app_runtime", option, "handle")
        after = mean_ms(much, catalog, "app_runtime", option, "handle")
        assert after - before == pytest.approx(25 / share, rel=1e-9)


def test_each_role_counts_its_own_items(catalog: Catalog) -> None:
    """Planner, specialists and validator all generate, each as many tokens as its own parameter says."""
    scenario = example(catalog.blueprint("multi_agent"), catalog)
    assert {role: item_parameter(scenario, role, "generate") for role in scenario.blueprint.roles if "llm" in role} == {
        "planner_llm": "planner_output_tokens",
        "specialist_llm": "specialist_output_tokens",
        "validator_llm": "validator_output_tokens",
    }
    option = "claude_haiku_4_5_anthropic"
    times = {role: mean_ms(scenario, catalog, role, option, "generate") for role in ("planner_llm", "validator_llm")}
    tokens = scenario.workload["planner_output_tokens"] - scenario.workload["validator_output_tokens"]
    each = (times["planner_llm"] - times["validator_llm"]) / tokens
    figure = catalog.options[option][1].latency["tpot_ms"]
    assert each == pytest.approx(figure.mean or figure.p50, rel=0.05)

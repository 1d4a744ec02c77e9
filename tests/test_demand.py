"""What the example's workload asks of each role, recomputed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.candidates.demand import demands
from advisor.scenario.load import Scenario

MONTH_S = 730 * 3600


@pytest.fixture(scope="module")
def hand(scenario: Scenario) -> dict[str, dict[str, tuple[float, float]]]:
    """Return role -> dimension -> (average, peak) without a cache, from the parameters of the example."""
    w = scenario.workload
    q = w["requests_per_month"] / MONTH_S
    d = w["documents_changed_per_month"] / MONTH_S
    p, pd = w["peak_to_average"], w["ingest_peak_to_average"]
    batches = -(-w["chunks_per_document"] // 32)
    chunk = w["chunks_per_document"] * w["chunk_tokens"]
    vectors = w["chunks_per_document"] * w["documents"]
    gb = w["embedding_dimensions"] * 4 / 1e9

    def both(query: float, document: float) -> tuple[float, float]:
        return q * query + d * document, q * p * query + d * pd * document

    ranked = w["retrieved_chunks"] * (w["chunk_tokens"] + w["question_tokens"])
    return {
        "gateway": {"requests_per_s": both(1, 0)},
        "app_runtime": {"requests_per_s": both(1, 0), "busy_vcpus": both(w["app_cpu_ms_per_request"] / 1000, 0)},
        "input_guardrail": {"requests_per_s": both(1, 0), "input_tokens_per_s": both(w["question_tokens"], 0)},
        "output_guardrail": {"requests_per_s": both(1, 0), "input_tokens_per_s": both(w["output_tokens"], 0)},
        "embedding": {"requests_per_s": both(1, batches), "input_tokens_per_s": both(w["question_tokens"], chunk)},
        "vector_store": {
            "reads_per_s": both(1, 0),
            "writes_per_s": both(0, w["chunks_per_document"]),
            "vector_gb": (vectors * gb,) * 2,
        },
        "reranker": {
            "requests_per_s": both(1, 0),
            "ranked_documents_per_s": both(w["retrieved_chunks"], 0),
            "input_tokens_per_s": both(ranked, 0),
        },
        "llm": {
            "requests_per_s": both(1, 0),
            "input_tokens_per_s": both(w["input_tokens"], 0),
            "output_tokens_per_s": both(w["output_tokens"], 0),
        },
        "conversation_store": {
            "reads_per_s": both(1, 0),
            "writes_per_s": both(1, 0),
            "stored_gb": (w["requests_per_month"] * w["retention_months"] * w["turns_kept_per_conversation_kb"] / 1e6,)
            * 2,
        },
        "object_store": {
            "reads_per_s": both(0, 1),
            "writes_per_s": both(0, 1),
            "stored_gb": (w["documents"] * w["document_kb"] / 1e6,) * 2,
        },
        "ingestion_queue": {"writes_per_s": both(0, 1), "reads_per_s": both(0, 1), "ingest_mb_per_s": both(0, 0.002)},
        "embedding_workers": {"requests_per_s": both(0, 1), "busy_vcpus": both(0, w["worker_cpu_s_per_document"])},
    }


def test_demand_without_a_cache(scenario: Scenario, hand: dict[str, dict[str, tuple[float, float]]]) -> None:
    """Average and peak of every role and dimension are what a hand calculation gives; nothing else is asked."""
    found = demands(scenario, frozenset())
    for role, wanted in hand.items():
        assert set(found[role].average) == set(found[role].peak) == set(wanted), role
        for dimension, (average, peak) in wanted.items():
            assert found[role].average[dimension] == pytest.approx(average), (role, dimension)
            assert found[role].peak[dimension] == pytest.approx(peak), (role, dimension)


def test_a_cache_spares_what_is_behind_it(scenario: Scenario, hand: dict[str, dict[str, tuple[float, float]]]) -> None:
    """Reranker and model see the misses only, the store's searches too but not its writes, everything else the same."""
    found = demands(scenario, frozenset({"semantic_cache"}))
    miss = 1 - scenario.workload["cache_hit_share"]
    for role, wanted in hand.items():
        for dimension, (average, peak) in wanted.items():
            behind = role in ("reranker", "llm") or (role == "vector_store" and dimension == "reads_per_s")
            assert found[role].average[dimension] == pytest.approx(average * (miss if behind else 1)), (role, dimension)
            assert found[role].peak[dimension] == pytest.approx(peak * (miss if behind else 1)), (role, dimension)
    questions = scenario.workload["requests_per_month"] / MONTH_S
    cache = found["semantic_cache"].average
    assert cache["reads_per_s"] == pytest.approx(questions)
    assert cache["writes_per_s"] == pytest.approx(questions * miss)


def test_a_worked_figure(scenario: Scenario) -> None:
    """2 628 000 questions a month are one a second, at five times the average five, past a cache of 20 % four."""
    workload = {**scenario.workload, "requests_per_month": 2_628_000.0, "peak_to_average": 5.0, "cache_hit_share": 0.2}
    one = replace(scenario, workload=workload)
    assert demands(one, frozenset())["llm"].average["requests_per_s"] == pytest.approx(1)
    assert demands(one, frozenset())["llm"].peak["requests_per_s"] == pytest.approx(5)
    assert demands(one, frozenset({"semantic_cache"}))["llm"].peak["requests_per_s"] == pytest.approx(4)


def test_every_use_shows_its_derivation(scenario: Scenario) -> None:
    """Each demand carries its formula with the numbers put in."""
    for demand in demands(scenario, frozenset({"semantic_cache"})).values():
        for use in demand.uses:
            assert "/ 2 628 000 s × " in use.derivation.replace("\u202f", " ").replace("\u00a0", " ")
        assert set(demand.stock) == set(demand.stock_derivation)

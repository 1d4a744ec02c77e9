"""What the shipped blueprints promise: what grows with what, and that a stranger can describe one more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.analysis.drivers import drivers, example
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.scenario.load import load_scenario

Capture = pytest.CaptureFixture[str]

# Written by hand from what each system does, not from the blueprints' formulas: dimension -> the roles that it drives.
DRIVEN = {
    "rag_assistant": {
        "data": "vector_store object_store",
        "throughput": "embedding vector_store object_store ingestion_queue embedding_workers observability",
        "inference": "gateway app_runtime input_guardrail output_guardrail semantic_cache embedding vector_store "
        "reranker llm conversation_store observability",
        "memory": "semantic_cache conversation_store",
        "coordination": "llm",
    },
    "multi_agent": {
        "data": "object_store",
        "throughput": "gateway agent_runtime input_guardrail agent_memory workflow_engine planner_llm specialist_llm "
        "tool_sandbox validator_llm transaction_store object_store observability",
        "inference": "gateway agent_runtime input_guardrail agent_memory workflow_engine planner_llm specialist_llm "
        "tool_sandbox validator_llm transaction_store object_store observability",
        "memory": "agent_memory workflow_engine transaction_store object_store",
        "coordination": "agent_runtime workflow_engine specialist_llm tool_sandbox transaction_store",
    },
    "recommendation": {
        "data": "feature_store candidate_index stream_processor lakehouse",
        "throughput": "feature_store event_broker stream_processor lakehouse",
        "inference": "gateway app_runtime cache feature_store candidate_index ranking_model event_broker "
        "stream_processor lakehouse drift_monitor observability",
        "memory": "feature_store stream_processor",
        "coordination": "lakehouse pipeline_orchestrator data_validation batch_engine training model_registry",
    },
    "fraud_detection": {
        "data": "feature_store transaction_store review_queue stream_processor lakehouse",
        "throughput": "feature_store event_broker stream_processor lakehouse",
        "inference": "gateway app_runtime feature_store model_server rules_engine transaction_store review_queue "
        "event_broker stream_processor lakehouse drift_monitor observability",
        "memory": "feature_store stream_processor",
        "coordination": "transaction_store review_queue",
    },
    "document_work": {
        "data": "vector_store object_store",
        "throughput": "document_parser extraction_llm embedding vector_store transaction_store object_store "
        "ingestion_queue embedding_workers review_queue observability",
        "inference": "gateway app_runtime document_parser extraction_llm transaction_store object_store review_queue "
        "observability",
        "memory": "transaction_store review_queue",
        "coordination": "extraction_llm",
    },
    "continuous_training": {
        "data": "lakehouse",
        "throughput": "feature_store event_broker data_validation lakehouse",
        "inference": "gateway app_runtime feature_store model_server drift_monitor observability",
        "memory": "evaluation model_registry",
        "coordination": "data_validation lakehouse pipeline_orchestrator batch_engine training evaluation "
        "model_registry",
    },
    "streaming_analytics": {
        "data": "lakehouse warehouse",
        "throughput": "event_broker stream_processor data_validation feature_store realtime_store lakehouse warehouse",
        "inference": "realtime_store gateway app_runtime cache observability",
        "memory": "stream_processor realtime_store",
        "coordination": "event_broker",
    },
    "llm_gateway": {
        "data": "object_store",
        "throughput": "gateway llm_gateway input_guardrail model_router embedding semantic_cache simple_llm llm "
        "transaction_store object_store observability",
        "inference": "gateway llm_gateway input_guardrail model_router embedding semantic_cache simple_llm llm "
        "transaction_store object_store observability",
        "memory": "semantic_cache",
        "coordination": "transaction_store",
    },
    "hybrid_search": {
        "data": "search_index object_store",
        "throughput": "embedding search_index object_store ingestion_queue embedding_workers",
        "inference": "gateway app_runtime cache embedding search_index reranker observability",
        "memory": "cache",
        "coordination": "reranker",
    },
    "batch_scoring": {
        "data": "warehouse data_validation batch_scoring object_store transaction_store drift_monitor",
        "throughput": "pipeline_orchestrator warehouse data_validation batch_scoring object_store model_registry "
        "transaction_store drift_monitor",
        "inference": "gateway app_runtime transaction_store observability",
        "memory": "object_store transaction_store",
        "coordination": "pipeline_orchestrator warehouse",
    },
    "voice_agent": {
        "data": "object_store",
        "throughput": "media_transport agent_runtime speech_to_text agent_memory llm text_to_speech transaction_store "
        "object_store evaluation observability",
        "inference": "media_transport agent_runtime speech_to_text agent_memory llm text_to_speech transaction_store "
        "object_store evaluation observability",
        "memory": "agent_memory llm",
        "coordination": "agent_runtime agent_memory llm text_to_speech transaction_store observability",
    },
}


def test_every_blueprint_is_judged(catalog: Catalog) -> None:
    """A new blueprint says here which roles each of its dimensions drives."""
    assert set(DRIVEN) == set(catalog.records.blueprints)


@pytest.mark.parametrize("name", sorted(DRIVEN))
def test_a_hundredfold_of_one_dimension_drives_its_roles_and_no_others(name: str, catalog: Catalog) -> None:
    """Growth of data, throughput, inference, memory or coordination asks more of exactly the roles that it should."""
    found = drivers(example(catalog.blueprint(name), catalog), catalog, 100.0)
    assert {one.dimension: {role.role for role in one.roles} for one in found} == {
        dimension: set(roles.split()) for dimension, roles in DRIVEN[name].items()
    }


@pytest.mark.parametrize("name", sorted(DRIVEN))
def test_every_role_has_options_and_its_failure_a_meaning(name: str, catalog: Catalog) -> None:
    """Each role can be filled, and a soft role of a flow in the foreground says what is lost while it is down."""
    blueprint = catalog.blueprint(name)
    for role, use in blueprint.roles.items():
        assert len({component.id for component, _ in catalog.options_for(role)}) >= 3, role
        assert not use.soft or catalog.role(role).degrades, role


def test_a_blueprint_of_ones_own(tmp_path: Path, capsys: Capture) -> None:
    """A copy under a new name passes its check, is shown, and is not overwritten."""
    file = tmp_path / "claims_desk.yml"
    assert run(["blueprint", "new", "claims_desk", "--from", "document_work", "-o", str(file)]) == 0
    assert run(["blueprint", "check", str(file)]) == 0
    assert "Document understanding in a productivity tool (claims_desk)" in capsys.readouterr().out
    before = file.read_bytes()
    assert run(["blueprint", "new", "claims_desk", "-o", str(file)]) == 2
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("role: document_parser, do: parse", "role: document_parser, do: pars", "has no operation 'pars'"),
        ("work: {pages_per_s: pages_per_document}", "work: {pages_per_s: pages}", "'pages' is not a parameter"),
        ("  document_parser: {}", "  document_reader: {}", "is not a role"),
        ("  memory: [retention_months]", "  memory: [retention]", "'retention' is not a parameter"),
        ("id: document_work", "idd: document_work", "did you mean 'id'"),
        ("read: {latency_ms: 40_000}", "read: {ttft_ms: 40_000}", "has no measure read.ttft_ms"),
    ],
)
def test_a_broken_blueprint_is_named_with_its_line(
    old: str, new: str, said: str, tmp_path: Path, catalog: Catalog, capsys: Capture
) -> None:
    """Exit code 2, the file, a line and what is wrong."""
    from advisor import resources

    text = (resources.folder("catalog") / "blueprints" / "document_work.yml").read_text()
    assert old in text
    file = tmp_path / "mine.yml"
    file.write_text(text.replace(old, new))
    assert run(["blueprint", "check", str(file)]) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert "mine.yml:" in complaint


@pytest.mark.parametrize("arguments", [["show", "fraud_detecton"], ["new", "Not A Name", "-o", "x.yml"]])
def test_unknown_names_are_bad_input(arguments: list[str], capsys: Capture) -> None:
    """A misspelt blueprint gets the nearest name; a name that cannot be one says what can."""
    assert run(["blueprint", *arguments]) == 2
    complaint = capsys.readouterr().err
    assert "did you mean 'fraud_detection'" in complaint or "lower-case letters" in complaint


def test_blueprints_as_json(catalog: Catalog, capsys: Capture) -> None:
    """The list names every blueprint; a page holds the record and the drivers."""
    assert run(["blueprint", "list", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["blueprints"]] == sorted(DRIVEN)
    assert run(["blueprint", "show", "voice_agent", "--json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert page["blueprint"]["id"] == "voice_agent"
    assert {one["dimension"] for one in page["drivers"]} == set(DRIVEN["voice_agent"])


def test_every_role_says_what_a_good_team_tests_and_watches(catalog: Catalog) -> None:
    """The prefilled sections have something specific to say about every role, and no two roles say the same."""
    practices = {name: role.practice for name, role in catalog.records.roles.items()}
    assert [name for name, practice in practices.items() if practice is None] == []
    assert len({practice.test for practice in practices.values() if practice}) >= len(practices) - 1  # two guardrails


def test_what_may_be_left_out_loses_something_that_is_counted(catalog: Catalog) -> None:
    """An optional role is a cache, whose misses cost work, or has a factor of quality for being left out.

    Anything else would be left out of every design for nothing. So the router of the gateway is not optional: its flows
    send simple calls to the small model either way.
    """
    for blueprint in map(catalog.blueprint, DRIVEN):
        scores = {role: catalog.role(role).quality for role in blueprint.roles}
        counted = {*blueprint.cache_roles, *(role for role, score in scores.items() if score and score.without)}
        assert {role for role, use in blueprint.roles.items() if use.optional} <= counted, blueprint.id
    assert not catalog.blueprint("llm_gateway").roles["model_router"].optional


def test_a_stream_of_speech_is_paid_for_the_whole_call(catalog: Catalog, tmp_path: Path) -> None:
    """100 000 calls of six minutes are 10 000 hours of an open stream, unless the scenario says that less is sent."""
    text = "title: t\nblueprint: voice_agent\nworkload: {calls_per_month: 100_000, call_s: 360, SHARE}\n"
    for share, hours in (("", 10_000), ("caller_share: 0.45", 4_500)):
        (tmp_path / "s.yml").write_text(text.replace(", SHARE", f", {share}" if share else ""))
        heard = table(load_scenario(tmp_path / "s.yml", catalog), catalog).candidates["speech_to_text"]
        line = next(one.lines[0] for one in heard if one.component_id == "assemblyai")
        assert (line.quantity, line.usd_per_month) == (pytest.approx(hours), pytest.approx(hours * 0.15))

"""Published schemas: they accept what advisor accepts and prints, and refuse what is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor import resources
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.commands.schema import KINDS, schema_text
from advisor.render.scenario_schema import DESCRIPTIONS, scenario_schema
from advisor.scenario.load import scenario_from_text
from advisor.yamlfile import load, parse

Capture = pytest.CaptureFixture[str]
EXAMPLE = resources.example("support_copilot")


@pytest.fixture(scope="module")
def schema(catalog: Catalog) -> dict[str, Any]:
    """Return the schema of a scenario."""
    return scenario_schema(catalog.blueprint("rag_assistant"), catalog)


def accepts(schema: dict[str, Any], data: Any) -> bool:
    """Return whether a schema has no complaint."""
    return jsonschema.Draft202012Validator(schema).is_valid(data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_a_schema(kind: str, capsys: Capture) -> None:
    """Each kind is printed, is valid draft 2020-12, and twice the same bytes."""
    assert run(["schema", "--kind", kind]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
    assert text == schema_text(kind, "rag_assistant", None)


def test_the_example_is_accepted(schema: dict[str, Any]) -> None:
    """The shipped scenario satisfies its schema."""
    assert accepts(schema, load(EXAMPLE).data)


def test_the_schema_that_the_examples_name_is_there_and_current() -> None:
    """Examples name ../scenario.schema.json; `advisor schema > examples/scenario.schema.json` renews it."""
    assert EXAMPLE.read_text().splitlines()[0].endswith("$schema=../scenario.schema.json")
    assert (EXAMPLE.parents[1] / "scenario.schema.json").read_text() == schema_text("scenario", "rag_assistant", None)


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "unknown key": lambda d: d.update(constrants={}),
    "no title": lambda d: d.pop("title"),
    "empty title": lambda d: d.update(title=""),
    "other blueprint": lambda d: d.update(blueprint="rag"),
    "missing parameter": lambda d: d["workload"].pop("documents"),
    "unknown parameter": lambda d: d["workload"].update(documnts=1),
    "negative rate": lambda d: d["workload"].update(requests_per_month=-1),
    "zero rate": lambda d: d["workload"].update(requests_per_month=0),
    "number as text": lambda d: d["workload"].update(documents="many"),
    "above the most": lambda d: d["workload"].update(input_tokens=3_000_000),
    "spread of a constant": lambda d: d["workload"].update(documents={"mean": 5, "cv": 1}),
    "negative spread": lambda d: d["workload"].update(output_tokens={"mean": 5, "cv": -1}),
    "p100": lambda d: d["constraints"]["flows"]["answer"].update(ttft_ms={"p100": 5}),
    "p0": lambda d: d["constraints"]["flows"]["answer"].update(ttft_ms={"p0": 5}),
    "measure of another flow": lambda d: d["constraints"]["flows"]["answer"].update(freshness_s={"p95": 5}),
    "unknown flow": lambda d: d["constraints"]["flows"].update(anser={}),
    "availability of 1": lambda d: d["constraints"]["flows"]["answer"].update(availability={"min": 1}),
    "quality of 2": lambda d: d["constraints"].update(quality={"min": 2}),
    "unknown region": lambda d: d["constraints"].update(residency={"require": "mars"}),
    "unknown mode": lambda d: d["constraints"].update(modes={"deny": ["on_prem"]}),
    "two objectives": lambda d: d.update(objective={"minimize": "cost_usd_per_month", "maximize": "quality"}),
    "wrong direction": lambda d: d.update(objective={"maximize": "cost_usd_per_month"}),
    "unknown metric": lambda d: d.update(objective={"minimize": "cost"}),
    "unknown pin": lambda d: d.update(choices={"pin": {"llm": "qdrant"}}),
    "pin of no role": lambda d: d.update(choices={"pin": {"lm": "claude_haiku_4_5"}}),
    "required role left out": lambda d: d.update(choices={"pin": {"llm": "none"}}),
    "unknown exclusion": lambda d: d.update(choices={"exclude": ["qdrnt"]}),
    "four zones": lambda d: d.update(sizing={"zones": [4]}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_scenarios_are_refused(name: str, schema: dict[str, Any], catalog: Catalog) -> None:
    """What the schema refuses advisor refuses as well: an editor never underlines what would run."""
    from advisor.errors import InputError

    data = load(EXAMPLE).data
    BROKEN[name](data)
    assert not accepts(schema, data)
    with pytest.raises(InputError):
        scenario_from_text(json.dumps(data), catalog)


ACCEPTED = {
    "weights": {"objective": {"weights": {"cost_usd_per_month": 1, "flows.answer.ttft_ms.p97.5": 2, "quality": 3}}},
    "order": {"objective": {"lexicographic": [{"minimize": "clouds"}, {"maximize": "quality"}]}},
    "percentile": {"objective": {"minimize": "flows.answer.latency_ms.p99.9"}},
    "mean": {"constraints": {"flows": {"ingest": {"freshness_s": {"mean": 100, "p99": 200}}}}},
    "pins": {"choices": {"pin": {"reranker": "none", "vector_store": "qdrant"}, "exclude": ["pgvector"]}},
    "sizing": {"sizing": {"target_utilisation": 0.7, "extra_units": 0, "zones": [2]}},
    "operations": {"operations": {"usd_per_hour": 0}},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_runs_is_accepted(name: str, schema: dict[str, Any], catalog: Catalog) -> None:
    """Every form that advisor reads satisfies the schema."""
    data = {**load(EXAMPLE).data, **ACCEPTED[name]}
    assert scenario_from_text(json.dumps(data), catalog).title
    assert accepts(schema, data)


def test_grouped_digits_are_accepted_as_editors_read_them(schema: dict[str, Any]) -> None:
    """Editors that follow YAML 1.2 take 6_000_000 for text; the schema knows, and still refuses other text."""
    data = load(EXAMPLE).data
    assert parse("6_000_000").data == 6_000_000
    data["workload"]["documents"] = "6_000_000"
    assert accepts(schema, data)
    data["workload"]["documents"] = "6_00"
    assert not accepts(schema, data)


def test_every_key_says_what_it_means(schema: dict[str, Any]) -> None:
    """Hovering over any key of the file shows an explanation; no explanation is left without its key."""

    def keys(properties: dict[str, Any], prefix: str) -> dict[str, str]:
        return {f"{prefix}{name}": here.get("description", "") for name, here in properties.items()}

    sections = {"constraints": "Constraints", "operations": "Operations", "sizing": "Sizing", "choices": "Choices"}
    sections |= {"today": "Today"}
    found = keys(schema["properties"], "")
    for section, place in sections.items():
        found |= keys(schema["$defs"][place]["properties"], f"{section}.")
    found |= keys(schema["properties"]["workload"]["properties"], "workload.")
    assert [key for key, text in found.items() if not text] == []
    assert set(DESCRIPTIONS) <= set(found)


def test_workload_keys_carry_unit_and_default(schema: dict[str, Any], catalog: Catalog) -> None:
    """A parameter's unit stands in its explanation, and its default where there is one."""
    for name, parameter in catalog.blueprint("rag_assistant").parameters.items():
        shown = schema["properties"]["workload"]["properties"][name]
        assert f"in {parameter.unit}." in shown["description"]
        assert shown.get("default") == parameter.default


def test_an_unknown_blueprint_names_the_nearest(capsys: Capture) -> None:
    """A misspelt blueprint is bad input."""
    assert run(["schema", "--blueprint", "rag_asistant"]) == 2
    assert "did you mean 'rag_assistant'?" in capsys.readouterr().err


def output(capsys: Capture, *arguments: str) -> Any:
    """Run a command with --json and return what it printed."""
    run([*arguments, "--json"])
    return json.loads(capsys.readouterr().out)


def validate(kind: str, data: Any) -> None:
    """Raise when data does not satisfy a published schema."""
    jsonschema.Draft202012Validator(json.loads(schema_text(kind, "rag_assistant", None))).validate(data)


def test_outputs_satisfy_their_schemas(tmp_path: Path, capsys: Capture) -> None:
    """What propose (optimal and infeasible), evaluate and candidates print is what the schemas say."""
    proposal = output(capsys, "propose", str(EXAMPLE))
    validate("proposal", proposal)
    design = {role: candidate["id"] for role, candidate in proposal["design"].items()}
    (tmp_path / "d.yml").write_text(json.dumps({"scenario": str(EXAMPLE), "design": design}))
    validate("evaluation", output(capsys, "evaluate", str(tmp_path / "d.yml")))
    validate("candidates", output(capsys, "candidates", str(EXAMPLE)))
    text = re.sub(r"cost_usd_per_month: {max: [0-9_]+}", "cost_usd_per_month: {max: 100}", EXAMPLE.read_text())
    (tmp_path / "s.yml").write_text(text)
    infeasible = output(capsys, "propose", str(tmp_path / "s.yml"))
    validate("proposal", infeasible)
    assert infeasible["status"] == "infeasible"


@pytest.mark.parametrize("missing", ["schema_version", "status", "design", "metrics", "constraints", "sources", "gap"])
def test_a_proposal_without_a_promised_key_is_refused(missing: str, schema: dict[str, Any], proposal: Any) -> None:
    """The schema demands every key that other programs rely on."""
    from advisor.render import json_output

    data = json_output.proposal(proposal)
    validate("proposal", data)
    del data[missing]
    with pytest.raises(jsonschema.ValidationError):
        validate("proposal", data)


def test_shared_parts_of_the_output_schemas_agree() -> None:
    """Proposal and evaluation share the shape of an evaluation, word for word."""
    one, other = (json.loads(schema_text(kind, "rag_assistant", None)) for kind in ("proposal", "evaluation"))
    assert one["$defs"] == other["$defs"]

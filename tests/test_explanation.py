"""Derivations: every metric has one, and whoever computes its numbers by hand gets the metric."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor import resources
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.designs import evaluate
from advisor.errors import InputError
from advisor.evaluation.result import Evaluation
from advisor.explanation.derivation import Derivation, plain
from advisor.explanation.explain import explain, explain_all, find, metrics
from advisor.proposal import Proposal
from advisor.scenario.load import scenario_from_text

Capture = pytest.CaptureFixture[str]


def by_hand(numbers: str) -> float:
    """Return what a reader with a calculator gets from a formula: + - × / ^ ( ), exp, ceil, min, max and numbers."""
    text = re.sub(r"(?<=\d)[ \u202f](?=\d{3}(?!\d))", "", numbers).replace("×", "*").replace("^", "**")
    assert re.fullmatch(r"(?:[\d.eE+\-*/(), ]|exp|ceil|min|max)*", text), numbers
    allowed = {"exp": math.exp, "ceil": math.ceil, "min": min, "max": max, "__builtins__": {}}
    return float(eval(text, allowed))


@pytest.fixture(scope="module")
def designs(proposal: Proposal, candidates: Table, catalog: Catalog) -> list[Evaluation]:
    """Return the example's optimal design, twelve drawn ones, with and without the cache, and twelve with tactics."""
    assert proposal.best is not None
    rng = random.Random(11)
    found = [proposal.best]
    for index in range(12):
        cached = index % 2 == 0
        ids: dict[str, Any] = {}
        for role, known in candidates.candidates.items():
            fitting = [c for c in known if c.behind.get("semantic_cache", cached) == cached]
            if role == "semantic_cache":
                fitting = [c for c in known if c.is_none != cached]
            ids[role] = rng.choice(fitting).id
        found.append(evaluate(ids, candidates.scenario, candidates=candidates))
    return [*found, *_with_tactics(found, catalog)]


ALLOWED = "tactics: {allow: [reserve, spot, fallback, split, cascade, hedge], split_shares: [0.4]}\n"


def _with_tactics(plain: list[Evaluation], catalog: Catalog) -> list[Evaluation]:
    """Return some of the designs with every combination in the model's role, and with machines bought otherwise."""
    text = resources.example("support_copilot").read_text() + ALLOWED
    text = text.replace("workload:\n", "workload:\n  repeated_prompt_share: 0.5\n  tool_turns: 1.5\n", 1)
    known = table(scenario_from_text(text, catalog), catalog)
    rng, found = random.Random(7), []
    for tactic in ("fallback", "split", "cascade", "hedge"):
        for result in plain[:3]:
            cached = not result.design["semantic_cache"].is_none
            ids = {role: c.id for role, c in result.design.items()}
            models = [c for c in known.candidates["llm"] if tactic in c.tactics]
            ids["llm"] = rng.choice([c for c in models if c.behind["semantic_cache"] == cached]).id
            for role, bought in (("input_guardrail", "spot"), ("embedding_workers", "reserve")):
                ids[role] = rng.choice([c for c in known.candidates[role] if bought in c.tactics]).id
            found.append(evaluate(ids, known.scenario, candidates=known))
    return found


@pytest.fixture(scope="module")
def trees(designs: list[Evaluation], catalog: Catalog) -> list[tuple[Evaluation, str, Derivation]]:
    """Return (evaluation, metric, derivation) for every metric of every design."""
    return [(result, path, explain(result, path, catalog)) for result in designs for path in metrics(result)]


def test_every_metric_is_explained_with_its_own_value(trees: list[tuple[Evaluation, str, Derivation]]) -> None:
    """The root of each derivation carries the metric's path and value."""
    for result, path, tree in trees:
        assert tree.name == path
        assert tree.value == pytest.approx(result.metric(path), rel=1e-12)


def test_numbers_give_the_values(trees: list[tuple[Evaluation, str, Derivation]]) -> None:
    """Each formula with numbers in it, computed by hand, gives the value beside it to seven digits."""
    checked = 0
    for _, path, tree in trees:
        for node in tree.walk():
            if node.numbers:
                assert node.value is not None
                assert by_hand(node.numbers) == pytest.approx(node.value, rel=1e-7, abs=1e-9), (path, node.name)
                checked += 1
    assert checked > 1000


def test_what_is_not_computed_says_where_it_is_from(trees: list[tuple[Evaluation, str, Derivation]]) -> None:
    """A leaf without arithmetic has a source, or a note on what it rests on."""
    for _, path, tree in trees:
        for node in tree.walk():
            if not node.parts and not node.numbers:
                assert node.source or node.note, (path, node.name)


def test_a_percentile_names_the_probability_reached(designs: list[Evaluation], catalog: Catalog) -> None:
    """The check printed with a percentile reaches its level."""
    tree = explain(designs[0], "flows.answer.ttft_ms.p95", catalog)
    found = re.search(r"P\(time <= [\d .]+ ms\) = ([\d.]+);", tree.note)
    assert found
    assert float(found[1]) == pytest.approx(0.95, abs=1e-3)


def test_tools_and_reasoning_are_explained(catalog: Catalog, proposal: Proposal) -> None:
    """Repeated calls, a tool's time and reasoning stand in the derivation, and the numbers still add up."""
    text = resources.example("support_copilot").read_text()
    more = "workload:\n  tool_turns: 1.5\n  tool_ms: 400\n  reasoning_tokens: 200\n"
    scenario = scenario_from_text(text.replace("workload:\n", more, 1), catalog)
    assert proposal.best is not None
    result = evaluate({role: c.id for role, c in proposal.best.design.items()}, scenario, catalog)
    for path in ("flows.answer.ttft_ms.mean", "flows.answer.latency_ms.mean"):
        tree = explain(result, path, catalog)
        names = [node.name for node in tree.walk()]
        assert {"tool_ms", "reasoning_tokens × time each"} <= set(names)
        assert all(by_hand(n.numbers) == pytest.approx(n.value, rel=1e-7) for n in tree.walk() if n.numbers)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("cost", "cost_usd_per_month"),
        ("quality", "quality"),
        ("answer.ttft_ms.p95", "flows.answer.ttft_ms.p95"),
        ("ttft_ms.p99.9", "flows.answer.ttft_ms.p99.9"),
        ("ingest.availability", "flows.ingest.availability"),
    ],
)
def test_a_metric_can_be_named_by_its_end(name: str, path: str, designs: list[Evaluation]) -> None:
    """The end of a path, or the start of a name, is enough where it tells which metric is meant."""
    assert find(designs[0], name) == path


def test_all_wrong_names_are_reported_at_once(designs: list[Evaluation], catalog: Catalog) -> None:
    """An ambiguous and an unknown name are two problems, with what could be meant."""
    with pytest.raises(InputError) as caught:
        explain_all(designs[0], ["availability", "qualty"], catalog)
    first, second = (str(problem) for problem in caught.value.problems)
    assert "could be any of flows.answer.availability, flows.ingest.availability" in first
    assert "did you mean 'quality'?" in second


@pytest.fixture
def design_file(tmp_path: Path, proposal: Proposal) -> Path:
    """Return a design file with the example's optimal design."""
    assert proposal.best is not None
    lines = "".join(f"  {role}: {c.id}\n" for role, c in proposal.best.design.items())
    file = tmp_path / "design.yml"
    file.write_text(f"scenario: {resources.example('support_copilot')}\ndesign:\n{lines}")
    return file


def test_the_command_shows_the_tree(design_file: Path, capsys: Capture) -> None:
    """`evaluate --explain` prints the metric, its formula, its numbers and sources."""
    assert run(["evaluate", str(design_file), "--explain", "quality", "--explain", "operations"]) == 0
    shown = capsys.readouterr().out
    assert "= product over the roles that bear quality" in shown
    assert "operations_h_per_month = " in shown
    assert "Arena text rating" in shown


def test_the_json_carries_the_tree(design_file: Path, capsys: Capture) -> None:
    """`evaluate --explain all --json` has every metric's derivation and satisfies the published schema."""
    assert run(["evaluate", str(design_file), "--explain", "all", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    schema = json.loads((resources.folder("templates") / "schema" / "evaluation.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(data)
    assert "explanations" in schema["properties"]
    assert data["explanations"]["quality"]["value"] == data["metrics"]["quality"]
    assert len(data["explanations"]) > 20


def test_the_command_refuses_unknown_metrics(design_file: Path, capsys: Capture) -> None:
    """An unknown metric is bad input: exit 2, one line, nothing on standard output."""
    assert run(["evaluate", str(design_file), "--explain", "p95"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "could be any of" in shown.err


@pytest.mark.parametrize("value", [0.0, 1e-12, 0.999999999, 1234567.891, 2.5e12, 7.0])
def test_numbers_are_printed_so_that_they_can_be_read_back(value: float) -> None:
    """What is printed is the value to ten digits."""
    assert by_hand(plain(value)) == pytest.approx(value, rel=1e-9)

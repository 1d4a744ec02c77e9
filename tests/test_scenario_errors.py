"""What bad scenarios get: one message for each problem, with file, line, path, found, allowed and the nearest name."""

from __future__ import annotations

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.scenario.load import load_scenario, scenario_from_text

GOOD = """title: Copilot
blueprint: rag_assistant
workload:
  requests_per_month: 2_500_000
  input_tokens: 3_600
  output_tokens: {mean: 280, cv: 0.7}
  documents: 400_000
  documents_changed_per_month: 60_000
constraints:
  cost_usd_per_month: {max: 30_000}
  flows:
    answer:
      ttft_ms: {p95: 2_500}
      availability: {min: 0.985}
  clouds: {max: 1}
objective: {minimize: cost_usd_per_month}
choices:
  pin: {llm: claude_haiku}
  exclude: [pinecone]
"""
# replaced, by what, line, path, parts of the message
CASES = {
    "unknown key": ("title:", "tilte:", 1, "tilte", ["not a known key", "allowed:", "did you mean 'title'"]),
    "missing key": ("title: Copilot\n", "", 0, "title", ["missing"]),
    "unknown inner key": (
        "{max: 30_000}",
        "{maximum: 30_000}",
        10,
        "cost_usd_per_month.maximum",
        ["not a known key", "max"],
    ),
    "repeated key": ("objective:", "title: Again\nobjective:", 16, "title", ["given twice", "line 1"]),
    "unit in the key": (
        "cost_usd_per_month:",
        "cost_eur_per_month:",
        10,
        "cost_eur_per_month",
        ["not a known key", "did you mean 'cost_usd_per_month'"],
    ),
    "unit in the value": (
        "{max: 30_000}",
        "{max: 30_000 USD}",
        10,
        "cost_usd_per_month.max",
        ["found '30_000 USD'", "a number is expected"],
    ),
    "text for a number": ("3_600", "many", 5, "workload.input_tokens", ["many"]),
    "list for a mapping": ("{max: 1}", "[1]", 15, "clouds", ["mapping"]),
    "number for a title": ("title: Copilot", "title: 7", 1, "title", ["found 7", "text is expected"]),
    "negative rate": ("2_500_000", "-5", 4, "requests_per_month", ["found -5", "greater than 0"]),
    "zero rate": ("2_500_000", "0", 4, "requests_per_month", ["found 0", "greater than 0"]),
    "absurd rate": ("2_500_000", "1e300", 4, "requests_per_month", ["at most"]),
    "not a number": ("2_500_000", ".nan", 4, "requests_per_month", []),
    "negative spread": ("cv: 0.7", "cv: -1", 6, "output_tokens.cv", ["at least 0"]),
    "spread where none is": (
        "documents: 400_000",
        "documents: {mean: 5, cv: 1}",
        7,
        "documents",
        ["not a random quantity"],
    ),
    "unknown parameter": (
        "input_tokens:",
        "inputs_tokens:",
        5,
        "inputs_tokens",
        ["not a workload parameter", "did you mean 'input_tokens'"],
    ),
    "missing parameter": ("  documents: 400_000\n", "", 0, "workload.documents", ["is missing", "documents"]),
    "percentile of 100": ("p95:", "p100:", 13, "ttft_ms.p100", ["p100", "allowed"]),
    "percentile of 0": ("p95:", "p0:", 13, "ttft_ms.p0", ["p0", "allowed"]),
    "no percentile": ("p95:", "95:", 13, "ttft_ms.95", ["95"]),
    "percentiles that fall": ("{p95: 2_500}", "{p50: 9_000, p95: 2_500}", 13, "ttft_ms.p50", ["above the limit"]),
    "negative limit": ("p95: 2_500", "p95: -1", 13, "ttft_ms.p95", ["found -1", "greater than 0"]),
    "availability in percent": ("min: 0.985", "min: 98.5", 14, "availability.min", ["98.5", "less than 1"]),
    "unknown flow": ("answer:", "anwser:", 12, "flows.anwser", ["not a flow", "did you mean 'answer'"]),
    "measure of another flow": ("ttft_ms:", "freshness_s:", 13, "answer.freshness_s", ["not measured"]),
    "no cloud at all": ("{max: 1}", "{max: 0}", 15, "clouds.max", ["found 0", "at least 1"]),
    "unknown cloud": ("{max: 1}", "{allow: [amazon]}", 15, "clouds.allow", ["amazon", "aws"]),
    "half a cloud": ("{max: 1}", "{max: 1.5}", 15, "clouds.max", ["whole number"]),
    "unknown blueprint": (
        "rag_assistant",
        "rag_asistant",
        2,
        "blueprint",
        ["rag_asistant", "did you mean 'rag_assistant'"],
    ),
    "unknown component": ("claude_haiku", "claude_haiko_9", 18, "pin.llm", ["not a component or option"]),
    "unknown role": ("{llm:", "{lmm:", 18, "pin.lmm", ["not a role", "did you mean 'llm'"]),
    "component for another role": ("claude_haiku", "qdrant", 18, "pin.llm", ["cannot fill this role"]),
    "unknown exclusion": ("[pinecone]", "[pincone]", 19, "exclude[0]", ["pincone", "did you mean 'pinecone'"]),
    "required role left out": ("claude_haiku", "none", 18, "pin.llm", ["none"]),
    "two objectives": (
        "{minimize: cost_usd_per_month}",
        "{minimize: cost_usd_per_month, maximize: quality}",
        16,
        "objective",
        ["exactly one"],
    ),
    "unknown metric": (
        "{minimize: cost_usd_per_month}",
        "{minimize: costs}",
        16,
        "objective.minimize",
        ["costs", "metrics:"],
    ),
    "wrong direction": (
        "{minimize: cost_usd_per_month}",
        "{minimize: quality}",
        16,
        "objective.minimize",
        ["maximize"],
    ),
    "negative weight": (
        "{minimize: cost_usd_per_month}",
        "{weights: {cost_usd_per_month: -1}}",
        16,
        "weights.cost_usd_per_month",
        ["greater than 0"],
    ),
    "empty list of goals": (
        "{minimize: cost_usd_per_month}",
        "{lexicographic: []}",
        16,
        "lexicographic",
        ["at least 1"],
    ),
}


@pytest.fixture(scope="module")
def good(catalog: Catalog) -> str:
    """Return a valid scenario with names that this catalog has."""
    llm = sorted({component.id for component, _ in catalog.options_for("llm")})[0]
    return GOOD.replace("claude_haiku", llm)


def _problems(text: str, catalog: Catalog) -> list[object]:
    with pytest.raises(InputError) as caught:
        scenario_from_text(text, catalog, "my.yml")
    return list(caught.value.problems)


def test_the_good_one_is_good(good: str, catalog: Catalog) -> None:
    """The text that the cases break is itself valid."""
    assert scenario_from_text(good, catalog).title == "Copilot"


@pytest.mark.parametrize("name", CASES)
def test_one_mistake_one_message(name: str, good: str, catalog: Catalog) -> None:
    """A single mistake is named with file, line, path, what was found and what is allowed."""
    old, new, line, path, parts = CASES[name]
    llm = good.split("llm: ")[1].split("}", maxsplit=1)[0]
    old = old.replace("claude_haiku", llm)
    assert old in good
    problems = _problems(good.replace(old, new, 1), catalog)
    matching = [p for p in problems if path in p.path]  # type: ignore[attr-defined]
    assert matching, [str(p) for p in problems]
    assert all(p.file == "my.yml" for p in problems)  # type: ignore[attr-defined]
    assert len(problems) <= 2, [str(p) for p in problems]
    if line:
        assert matching[0].line == line  # type: ignore[attr-defined]
    for part in parts:
        assert any(part in p.message for p in matching), [str(p) for p in matching]  # type: ignore[attr-defined]


def test_a_pin_that_is_also_excluded(good: str, catalog: Catalog) -> None:
    """Pinning and excluding the same thing is a contradiction, not an infeasible scenario."""
    llm = good.split("llm: ")[1].split("}", maxsplit=1)[0]
    problems = _problems(good.replace("[pinecone]", f"[{llm}]"), catalog)
    assert any("also excluded" in str(p) for p in problems)


def test_an_excluded_component_of_a_pinned_option(good: str, catalog: Catalog) -> None:
    """Pinning an option while its component is excluded is the same contradiction."""
    component, option = catalog.options_for("llm")[0]
    text = good.replace(f"llm: {good.split('llm: ')[1].split('}', maxsplit=1)[0]}", f"llm: {option.id}")
    problems = _problems(text.replace("[pinecone]", f"[{component.id}]"), catalog)
    assert any("also excluded" in str(p) for p in problems)


def test_all_at_once(good: str, catalog: Catalog) -> None:
    """Five mistakes in five places are at least five messages in one go."""
    text = good
    for name in ("unknown parameter", "negative rate", "unknown flow", "unknown exclusion", "unknown metric"):
        text = text.replace(CASES[name][0], CASES[name][1], 1)
    problems = _problems(text, catalog)
    assert {4, 5, 12, 16, 19} <= {p.line for p in problems}  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", "# only a comment", "[]", "text", "42", "null", "- a\n- b"])
def test_what_is_no_mapping(text: str, catalog: Catalog) -> None:
    """A file that holds something else says what a scenario is."""
    (problem,) = _problems(text, catalog)
    assert "a scenario is a mapping" in str(problem)


def test_a_missing_file(catalog: Catalog) -> None:
    """A file that is not there is one message with its name."""
    with pytest.raises(InputError, match=r"nowhere\.yml: cannot be read"):
        load_scenario("nowhere.yml", catalog)

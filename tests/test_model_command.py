"""``advisor model``: lists, explains and computes; whatever is typed, the answer is an answer or a message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import resources
from advisor.calculator import registry
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.models.queues_open import mmc
from advisor.render.model_text import figure
from advisor.render.numbers import NARROW

Capture = pytest.CaptureFixture[str]
GOLDEN = Path(__file__).parent / "golden" / "model"
MMC = ["mmc", "arrival_rate_per_s=60/min", "service_time_s=1", "servers=2"]


def output(capsys: Capture, *arguments: str) -> str:
    """Run ``advisor model`` and return what it printed."""
    code = run(["model", *arguments])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


def message(capsys: Capture, *arguments: str) -> str:
    """Run ``advisor model`` with bad arguments and return what it said."""
    code = run(["model", *arguments])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    return captured.err


def as_json(capsys: Capture, *arguments: str) -> Any:
    """Run ``advisor model --json``, check the output against its schema and return it."""
    data = json.loads(output(capsys, *arguments, "--json"))
    jsonschema.Draft202012Validator(json.loads(schema_text("model", "rag_assistant", None))).validate(data)
    return data


def test_the_list_has_every_function_once(capsys: Capture) -> None:
    """Without a name, each function stands on one line under its subject, also as JSON."""
    lines = output(capsys).splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    functions = registry.callable_functions().values()
    assert sorted(names) == sorted(function.name for function in functions)
    listed = [row["function"] for row in as_json(capsys)["functions"]]
    assert listed == [function.qualified for function in functions]


def test_the_list_imports_no_heavy_library() -> None:
    """Listing needs neither solver nor validation, drawing or terminal libraries."""
    heavy = {"numpy", "pulp", "highspy", "pydantic", "jinja2", "rich", "graphviz", "vl_convert", "markdown_it"}
    command = [sys.executable, "-X", "importtime", "-m", "advisor", "model"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in imported
    assert imported.isdisjoint(heavy)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("page", ["erlang_b"]),
        ("result", MMC),
        ("structure", ["availability_structure", "tree=@two_regions.yml"]),
        ("path", ["latency_path", "tree={series: [{name: api, constant_ms: 10}, {name: db, constant_ms: 0.02s}]}"]),
    ],
)
def test_output_is_as_agreed(name: str, arguments: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and results, whole: `UPDATE_GOLDEN=1` renews the files."""
    monkeypatch.chdir(resources.folder("examples") / "models")
    text = output(capsys, *arguments)
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", registry.callable_functions())
def test_every_page_is_shown(name: str, capsys: Capture) -> None:
    """Each function explains itself as text and as JSON: formula, each argument, and where it is from."""
    function = registry.find(name)
    text = output(capsys, name)
    assert text.startswith(f"{name}\n\nReturn ")
    assert all(line in text for line in function.doc.formula)
    assert all(f"\n  {parameter.name} " in text for parameter in function.parameters)
    page = as_json(capsys, name)
    assert [row["name"] for row in page["parameters"]] == [parameter.name for parameter in function.parameters]


def test_json_has_full_precision(capsys: Capture) -> None:
    """Arguments, conversions, result with units, the formula and its letters; numbers to the last digit."""
    data = as_json(capsys, *MMC)
    expected = mmc(1.0, 1.0, 2)
    assert data["function"] == "queues_open.mmc"
    assert data["arguments"] == {"arrival_rate_per_s": 1.0, "service_time_s": 1.0, "servers": 2}
    assert data["converted"] == [{"argument": "arrival_rate_per_s", "written": "60/min", "value": 1.0, "unit": "1/s"}]
    assert data["with"] == {"lambda": 1.0, "s": 1.0, "c": 2}
    assert data["result"]["mean_wait_s"] == expected.mean_wait_s
    assert data["units"]["mean_wait_s"] == "s"
    assert "Wq = C s / (c - a)" in data["formula"]
    assert "Kleinrock" in data["source"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["k_of_n", "k=2", "n=3", "a=0.99"],
        ["availability.series", "parts=0.999,0.9995"],
        ["queueing.erlang_c", "servers=2", "offered_load_erlang=1"],
        ["graduated", "quantity=350", "tiers=[[300, 1.0], [null, 0.9]]"],
        ["mean_value_analysis", "users=2", "think_time_s=4", "stations=[{name: cpu, demand_s: 2}]"],
        ["latency.mixture", "shares=[0.3, 0.7]", "parts=[{constant_ms: 5}, {mean_ms: 50, cv: 1}]"],
        ["latency.k_of_n", "k=1", "branches=[{constant_ms: 5}, {constant_ms: 9}]"],
        ["retry", "stage={exponential_mean_ms: 10}", "timeout=20", "attempts=2"],
        ["latency_path", "tree={retry: {timeout_ms: 20, attempts: 2, of: {exponential_mean_ms: 10}}}"],
        ["availability_structure", "tree={all: [{name: a, availability: 99%}, a]}"],
        ["analyse", "structure={any: [{name: a, availability: 0.9}, {name: b, availability: 0.8}]}"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_results_satisfy_the_schema(arguments: list[str], capsys: Capture) -> None:
    """Numbers, dataclasses, distributions, trees: every kind of result is plain data with at least one figure."""
    assert as_json(capsys, *arguments)["result"]


def test_known_answers(capsys: Capture) -> None:
    """Textbook answers: C(2, 1) = 1/3, two of three at 0.99, two in series."""

    def value(*arguments: str) -> float:
        return float(as_json(capsys, *arguments)["result"]["value"])

    assert value("queueing.erlang_c", "servers=2", "offered_load_erlang=1") == pytest.approx(1 / 3, rel=1e-12)
    assert value("k_of_n", "k=2", "n=3", "a=0.99") == pytest.approx(0.999702, rel=1e-12)
    assert value("availability.series", "parts=99%,0.99") == pytest.approx(0.9801, rel=1e-12)


def test_mistakes_are_said_at_once(capsys: Capture) -> None:
    """Unknown and missing arguments: one line each, and how many; the model's own complaint names the range."""
    assert message(capsys, "mmc", "server=2", "service_time_s=x").splitlines() == [
        "error: 'server' is not an argument of mmc; its arguments: arrival_rate_per_s, service_time_s, servers; "
        "did you mean 'servers'?",
        "error: arrival_rate_per_s: is missing; number in 1/s: lambda > 0.",
        "error: servers: is missing; whole number: c, 1 to ten million.",
        "error: service_time_s: found 'x'; must be a number",
        "4 problems",
    ]
    assert "arrival_rate_per_s must be below 2" in message(capsys, *MMC[:1], "arrival_rate_per_s=3", *MMC[2:])
    assert "'mmcc' is not a model function; did you mean 'mmc'?" in message(capsys, "mmcc")
    assert "write one of availability.series" in message(capsys, "series")
    assert "cannot be called from a command line: takes or returns arrays" in message(capsys, "normal_cdf")


def test_what_overflows_is_bad_input_not_a_bug(capsys: Capture) -> None:
    """Arguments that no float can hold end in a message."""
    assert "nines must lie in [0, 15]" in message(capsys, "availability_from_nines", "nines=1e300")
    assert "beyond the largest number" in message(capsys, "erlang_b", "servers=1", "offered_load_erlang=1e309")
    assert "exponent beyond 400" in message(capsys, "erlang_b", "servers=1", "offered_load_erlang=1e999")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.yml", "series: [{constant_ms: 1}", "a.yml:2: is not valid YAML"),
        ("a.yml", "series: &x []", "a.yml:1: series: defines the anchor &x"),
        ("a.yml", "a: 1\na: 2", "a.yml:2: a: is given twice"),
        ("a.yml", "", "a.yml:1: found None; must be a mapping"),
        ("missing.yml", None, "missing.yml: cannot be read"),
    ],
)
def test_files_are_read_strictly(
    file: str, text: str | None, said: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree comes from strict YAML, and a problem names the file as it was typed."""
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path(file).write_text(text)
    assert said in message(capsys, "latency_path", f"tree=@{file}")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1 / 3, "0.3333333333"),
        (2 / 3 * 1e6, "666 666.6667"),
        (0.1 + 0.2, "0.3"),
        (0.0, "0"),
        (-1234.5, "-1 234.5"),
        (1e-7, "1e-07"),
        (123456789.125, "123 456 789.1"),
        (0.999999999999, "0.999999999999"),
        (0.99, "0.99"),
        (1 - 2**-53, "0.9999999999999999"),
        (10**20, "100 000 000 000 000 000 000"),
        (9.9999999999, "10"),
        (True, "yes"),
        ("text", "text"),
    ],
)
def test_figures_have_ten_digits(value: Any, shown: str) -> None:
    """Ten significant digits, thousands apart, whole numbers whole; what is below 1 is never shown as 1."""
    assert figure(value).replace(NARROW, " ") == shown


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.floats(-1e14, 1e14, allow_nan=False))
def test_a_printed_figure_is_the_number_to_ten_digits(value: float) -> None:
    """Reading a printed figure back gives the number to one part in two thousand million."""
    assert float(figure(value).replace(NARROW, "")) == pytest.approx(value, rel=5e-10)


NUMBERS = ["0", "1", "-1", "3", "0.5", "1e-9", "1e300", "nan", "inf", "5ms", "99%", "none", "true", "1,2"]
YAML = ["[]", "{}", "[1, 2]", "[[1, 2]]", "{a: 1}", "{name: x}", "{constant_ms: 1}", "[{constant_ms: 1}]"]
TEXTS = st.one_of(st.text(max_size=12), st.sampled_from([*NUMBERS, *YAML, "@", "@/", "@missing.yml"]))


@settings(derandomize=True, deadline=None, max_examples=250)
@given(name=st.sampled_from(sorted(registry.callable_functions())), data=st.data())
def test_whatever_is_typed_is_answered(name: str, data: st.DataObject) -> None:
    """For any text as any argument the exit code is 0 or 2: a result or a message, never a traceback."""
    function = registry.find(name)
    texts = [f"{parameter.name}={data.draw(TEXTS)}" for parameter in function.parameters if data.draw(st.booleans())]
    extra = data.draw(st.lists(st.text(max_size=8), max_size=1))
    assert run(["model", name, "--", *texts, *extra]) in (0, 2)


def test_completion_offers_functions_and_arguments() -> None:
    """A shell gets the functions, then the names of the function's arguments."""

    def completions(words: str, current: int) -> list[str]:
        asked = {"_ADVISOR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(current)}
        command = [sys.executable, "-m", "advisor"]
        done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=True)
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completions("advisor model erlang_", 2)[:2] == ["erlang_b", "erlang_c"]
    assert completions("advisor model erlang_b s", 3) == ["servers="]

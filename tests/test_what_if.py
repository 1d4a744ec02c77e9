"""What-if: changes are read strictly, applied as an edit of the file would be, and both answers are solved."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.analysis import what_if as module
from advisor.analysis.changes import carried_over
from advisor.analysis.overrides import Changed, as_text, change
from advisor.analysis.paths import MISSING, known_paths, split
from advisor.analysis.what_if import WhatIf, changed_table, what_if, what_ifs
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.commands import progress
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.designs import evaluate
from advisor.errors import InputError
from advisor.proposal import propose
from advisor.render.change_words import change_text
from advisor.render.scenario_schema import scenario_schema
from advisor.scenario.load import Scenario, load_scenario, scenario_from_text
from advisor.yamlfile import parse

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden" / "what_if"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog")]
TEXT = FILE.read_text(encoding="utf-8")


def problems(scenario: Scenario, catalog: Catalog, *texts: str) -> list[str]:
    """Return what is wrong with changes, as the command prints it."""
    with pytest.raises(InputError) as raised:
        change(scenario, texts, catalog)
    return [str(problem) for problem in raised.value.problems]


def same(a: Scenario, b: Scenario) -> bool:
    """Return whether two scenarios say the same, whatever their text is."""
    return replace(a, text="", digest="", file="") == replace(b, text="", digest="", file="")


# --- changes ----------------------------------------------------------------------------------------------------------

EDITS: dict[str, tuple[list[str], tuple[str, str]]] = {
    "a bound": (["constraints.cost_usd_per_month.max=7_500"], ("max: 9_000", "max: 7_500")),
    "a workload figure": (["workload.requests_per_month=6e6"], ("2_000_000", "6_000_000")),
    "a spread": (["workload.output_tokens.cv=0.9"], ("cv: 0.6", "cv: 0.9")),
    "a mapping": (["workload.output_tokens={mean: 300, cv: 0.2}"], ("mean: 200, cv: 0.6", "mean: 300, cv: 0.2")),
    "a list": (["constraints.licences.deny=[AGPL-3.0-only]"], ("SSPL-1.0", "AGPL-3.0-only")),
    "an entry of a list": (["constraints.licences.deny[0]=AGPL-3.0-only"], ("SSPL-1.0", "AGPL-3.0-only")),
    "one more entry": (["constraints.licences.deny[1]=AGPL-3.0-only"], ("[SSPL-1.0]", "[SSPL-1.0, AGPL-3.0-only]")),
    "removal": (["constraints.residency=null"], ("  residency: {require: eu}\n", "")),
    "removal of the only key": (["constraints.quality.min=~"], ("  quality: {min: 0.5}\n", "")),
    "text": (["title='no'"], ("Help desk assistant", "'no'")),
    "a new section": (
        ["choices.exclude=[beta_cache]"],
        ("operations:", "choices: {exclude: [beta_cache]}\noperations:"),
    ),
    "a pin": (["choices.pin.reranker=none"], ("operations:", "choices: {pin: {reranker: none}}\noperations:")),
    "a percentile with a point": (
        ["constraints.flows.answer.latency_ms.p99.9=20000"],
        ("latency_ms: {p95: 5_000}", "latency_ms: {p95: 5_000, p99.9: 20000}"),
    ),
    "a weight on a metric with points": (
        ["objective={weights: {cost_usd_per_month: 1}}", "objective.weights.flows.answer.ttft_ms.p95=2"],
        ("minimize: cost_usd_per_month", "weights: {cost_usd_per_month: 1, flows.answer.ttft_ms.p95: 2}"),
    ),
    "several together": (
        ["constraints.clouds.max=2", "operations.usd_per_hour=0"],
        ("clouds: {max: 1}", "clouds: {max: 2}"),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_change_is_what_an_edit_of_the_file_would_be(name: str, base: Scenario, mini: Catalog) -> None:
    """The changed scenario equals the one that is loaded after the same edit by hand."""
    changes, (old, new) = EDITS[name]
    assert old in TEXT
    text = TEXT.replace(old, new, 1).replace("usd_per_hour: 60", f"usd_per_hour: {0 if 'several' in name else 60}")
    found = change(base, changes, mini)
    assert same(found.scenario, scenario_from_text(text, mini))
    assert not same(found.scenario, base)
    assert len(found.changes) == len(changes)


def test_the_scenario_itself_stays(base: Scenario, mini: Catalog) -> None:
    """Applying changes leaves the scenario that was given, and its file, as they were."""
    before = base.text
    change(base, ["constraints.clouds.max=2"], mini)
    assert base.text == before == FILE.read_text(encoding="utf-8")
    assert same(base, load_scenario(FILE, mini))


REFUSED = {
    "constraints.cost.max=1": "--set constraints.cost.max: is not a path of a rag_assistant scenario; "
    "did you mean 'constraints.cost_usd_per_month.max'?",
    "workload.request_per_month=1": "did you mean 'workload.requests_per_month'?",
    "constraints.flows.anser.ttft_ms.p95=1": "did you mean 'constraints.flows.answer.ttft_ms.p95'?",
    "constraints.flows.ingest.ttft_ms.p95=1": "did you mean 'constraints.flows.ingest",
    "choices.pin.vectorstore=x": "did you mean 'choices.pin.vector_store'?",
    "zzz=1": "is not a path of a rag_assistant scenario; they begin with blueprint, catalogs, choices, constraints",
    "a..b=1": "is not a path of a rag_assistant scenario",
    "constraints.clouds": "--set: found 'constraints.clouds'; write PATH=VALUE, for example",
    "=1": "--set: found '=1'; write PATH=VALUE",
    "constraints.clouds.max=": "has no value; null removes what the scenario says there",
    "title=#1": "found '#1', which holds no value; put text into quotes, null removes",
    "title=[1": "found '[1', which is not valid YAML",
    "title=&a x": "anchors are not allowed",
    "constraints.modes=null": "--set constraints.modes: removes nothing: the scenario says nothing there",
    "constraints.licences.deny[2]=x": "--set constraints.licences.deny[2]: a list of 1 stands at constraints.licences",
    "workload.documents=-5": "--set workload.documents: found -5 documents; must be greater than 0",
    "workload.documents=many": "--set workload.documents: found 'many'; a number",
    "constraints.residency.require=mars": "found 'mars'; allowed: apac, eu, us",
    "constraints.clouds.max=1.5": "found 1.5; a whole number is expected",
    "choices.exclude=[beta_cach]": "--set choices.exclude: choices.exclude[0]: found 'beta_cach', which is not a "
    "component or option of the catalog; did you mean 'beta_cache'?",
    "choices.pin.llm=beta_cache": "found 'beta_cache', which cannot fill this role",
    "objective.maximize=quality": "give exactly one of minimize, maximize, weights, lexicographic",
    "workload=3": "--set workload: found 3; a mapping",
    "workload.requests_per_month=null": "is missing: ",
    "blueprint=rag": "did you mean 'rag_assistant'?",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_and_how(text: str, base: Scenario, mini: Catalog) -> None:
    """A change that cannot be made says which, what was found, and what was meant or is allowed."""
    found = problems(base, mini, text)
    assert any(REFUSED[text] in line for line in found), found
    assert all(line.startswith("--set") for line in found)


def test_a_problem_elsewhere_points_into_the_file(base: Scenario, mini: Catalog) -> None:
    """A change that makes another value wrong names that value's line, and the change."""
    (found,) = problems(base, mini, "constraints.flows.answer.latency_ms.p99=4000")
    line = next(i for i, text in enumerate(TEXT.splitlines(), 1) if "latency_ms" in text)
    assert found.startswith(f"{FILE}:{line}: constraints.flows.answer.latency_ms.p95: is 5000, above the limit 4000")
    assert found.endswith("(after --set constraints.flows.answer.latency_ms.p99)")


def test_all_problems_at_once(base: Scenario, mini: Catalog) -> None:
    """Every change that is wrong is reported, a path that is given twice among them."""
    found = problems(base, mini, "x=1", "y", "title=a", "title=b")
    assert len(found) == 3
    assert found[2] == "--set title: is given twice"


def test_a_value_is_checked_beside_a_path_that_does_not_exist(base: Scenario, mini: Catalog) -> None:
    """What else is wrong is said at the same time; a change that cannot be made leaves nothing to complain of."""
    texts = ["x=1", "workload.requests_per_month=-5", "choices.exclude[3]=kong", "constraints.clouds.max=0"]
    found = problems(base, mini, *texts)
    assert [line.split(": ")[0].removeprefix("--set ") for line in found] == [
        "x", "choices.exclude[3]", "workload.requests_per_month", "constraints.clouds.max",
    ]  # fmt: skip


def schema_paths(schema: dict[str, Any]) -> Iterator[str]:
    """Yield every path that the published JSON Schema of a scenario names."""

    def below(here: dict[str, Any], prefix: str) -> Iterator[str]:
        if "$ref" in here:
            here = schema["$defs"][here["$ref"].rpartition("/")[2]]
        for one in here.get("anyOf", ()):
            yield from below(one, prefix)
        for name, inner in here.get("properties", {}).items():
            yield f"{prefix}.{name}".removeprefix(".")
            yield from below(inner, f"{prefix}.{name}")
        if isinstance(here.get("items"), dict):
            yield f"{prefix}[0]".removeprefix(".")
            yield from below(here["items"], f"{prefix}[0]")

    yield from below(schema, "")


def test_known_paths_are_those_of_the_published_schema(base: Scenario, mini: Catalog) -> None:
    """What --set knows is what editors know: nothing is missing, nothing is invented."""
    published = set(schema_paths(scenario_schema(mini.blueprint("rag_assistant"), mini)))
    known = set(known_paths(base.blueprint, mini.cards))
    usual = {p for p in published if p.rpartition(".")[2] in ("p90", "p9") or p.endswith("p99.9")}
    assert published - usual - known == set()
    assert {p for p in known - published if not p.startswith("objective.weights.")} == set()


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["1e5", "no", "2026-01-01", "null", "~", "- a", "a: b", "#", "'", '"']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.-_1 #:", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(PLAIN)
def test_data_written_as_text_reads_back(data: Any) -> None:
    """Whatever plain data a scenario holds, its text is read back as the same data."""
    assert parse(as_text({"data": data})).data == {"data": data}


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(["a", "p99", "workload"]) | st.integers(0, 99), min_size=1, max_size=4))
def test_paths_read_back(parts: list[str | int]) -> None:
    """A path of plain keys and indexes is read as its parts."""
    parts = ["x", *parts]
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts).removeprefix(".")
    assert split(text) == tuple(parts)


def test_changes_in_words(base: Scenario, mini: Catalog) -> None:
    """A change is shown with both values; a default and a removal are called so."""
    texts = ["constraints.cost_usd_per_month.max=7500", "workload.peak_to_average=9", "constraints.residency=null"]
    found = [change_text(one).replace("\u00a0", " ") for one in change(base, texts, mini).changes]
    default = base.blueprint.parameters["peak_to_average"].default
    assert found == [
        "constraints.cost_usd_per_month.max: 9 000 → 7 500",
        f"workload.peak_to_average: {default:g} (default) → 9",
        "constraints.residency: {require: eu} → removed",
    ]


# --- answers ----------------------------------------------------------------------------------------------------------

CASES = {
    "more load": ["workload.requests_per_month=4e6"],
    "tighter": ["constraints.flows.answer.latency_ms.p95=4600"],
    "looser": ["constraints.licences=null", "constraints.clouds.max=2"],
    "impossible": ["constraints.cost_usd_per_month.max=4000"],
    "other goal": ["objective={maximize: quality}", "constraints.cost_usd_per_month.max=6000"],
}


@pytest.fixture(scope="module")
def solved(base: Scenario, mini: Catalog) -> dict[str, WhatIf]:
    """Return the answer to every case."""
    return {name: what_if(base, texts, mini) for name, texts in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_both_answers_are_those_of_propose(name: str, solved: dict[str, WhatIf], base: Scenario, mini: Catalog) -> None:
    """Before and after are what propose finds for the file and for the edited file, metric by metric."""
    found = solved[name]
    for answer, scenario in ((found.before, base), (found.after, change(base, CASES[name], mini).scenario)):
        alone = propose(scenario, mini, explain=False)
        assert answer.status is alone.status
        assert (answer.conflict or ()) == (alone.conflict or ())
        if alone.best:
            assert answer.best
            assert {r: c.id for r, c in answer.best.design.items()} == {r: c.id for r, c in alone.best.design.items()}
            for row in found.comparison.metrics:
                index = 0 if answer is found.before else 1
                assert row.values[index] == alone.best.metric(row.metric)


def test_what_flips_adds_up(solved: dict[str, WhatIf]) -> None:
    """The roles' differences add up to the difference in cost, and each role's lines to the role's."""
    for name in ("more load", "tighter", "looser", "other goal"):
        found = solved[name]
        assert found.before.best
        assert found.after.best
        total = found.after.best.cost_usd_per_month - found.before.best.cost_usd_per_month
        assert sum(one.difference for one in found.roles) == pytest.approx(total, abs=1e-6)
        for one in found.roles:
            assert sum(line.difference for line in one.lines) == pytest.approx(one.difference, abs=1e-6)
        changed = {r for r, c in found.before.best.design.items() if c.option != found.after.best.design[r].option}
        assert changed <= {one.role for one in found.flips}


@pytest.mark.parametrize("name", ["more load", "tighter", "looser"])
def test_the_design_of_before_is_judged_under_the_change(name: str, solved: dict[str, WhatIf], mini: Catalog) -> None:
    """Kept as it is, it costs and breaks what evaluate says of the same options, units and zones."""
    found = solved[name]
    assert found.kept
    assert found.kept.evaluation
    assert found.before.best
    choices = {
        role: {"option": c.option.id, "units": c.units, "zones": c.zones} if c.option else None
        for role, c in found.before.best.design.items()
    }
    judged = evaluate(choices, found.after.scenario, mini)
    assert found.kept.evaluation.cost_usd_per_month == pytest.approx(judged.cost_usd_per_month, rel=1e-12)
    assert [c.holds for c in found.kept.evaluation.checks] == [c.holds for c in judged.checks]
    broken = {c.requirement.path for c in judged.checks if not c.holds}
    assert {c.path for c in found.checks if c.after and not c.after.holds} == broken
    assert bool(broken) == (name == "tighter")


@pytest.mark.parametrize(
    ("documents", "words"),
    [(1_200_000, "would be at 147% of its vector_gb at peak"), (250_000, "4 units are no whole number of copies")],
)
def test_a_design_that_cannot_carry_the_load_says_where(
    documents: int, words: str, base: Scenario, mini: Catalog, solved: dict[str, WhatIf]
) -> None:
    """A role that would be overloaded, or whose units would hold a part of a copy, is named with the figure.

    1 200 000 documents are 59 GB of vectors, on four nodes of 10 GB; 250 000 need three nodes at 60 %, and four hold
    them once and a third.
    """
    before = solved["tighter"].before.best
    assert before
    heavy = change(base, [f"workload.documents={documents}"], mini).scenario
    found = carried_over(before, table(heavy, mini))
    assert found.evaluation is None
    assert any(text.startswith("vector_store: ") and words in text for text in found.problems), found.problems


def test_candidates_are_built_again_only_where_they_may_change(base: Scenario, mini: Catalog) -> None:
    """Known candidates serve a change of bounds; they equal those that are built anew, in every constant."""
    known = table(base, mini)
    for texts in (["constraints.clouds.max=2"], ["constraints.quality=null"]):
        scenario = change(base, texts, mini).scenario
        reused, anew = changed_table(known, scenario), table(scenario, mini)
        assert reused.scenario is scenario
        assert reused.candidates == anew.candidates
    for texts in (["workload.documents=9e4"], ["choices.exclude=[beta_cache]"], ["sizing.zones=[1]"]):
        scenario = change(base, texts, mini).scenario
        assert changed_table(known, scenario).candidates == table(scenario, mini).candidates


def test_the_scenario_is_solved_once_for_many_changes(
    base: Scenario, mini: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change alone shares the answer of before."""
    calls: list[object] = []
    real = module.solve
    monkeypatch.setattr(module, "solve", lambda *a, **k: (calls.append(a), real(*a, **k))[1])
    found = what_ifs(base, [["constraints.clouds.max=2"], ["constraints.quality=null"]], mini)
    assert len(calls) == 3
    assert found[0].before is found[1].before


# --- the command ------------------------------------------------------------------------------------------------------


def call(capsys: Capture, *arguments: str, code: int = 0) -> str:
    """Run what-if on the small example and return what it printed."""
    assert run(["what-if", str(FILE), *MINI, *arguments]) == code
    return capsys.readouterr().out


GOLDENS = {
    "flips": ["--set", "workload.requests_per_month=4e6"],
    "infeasible": ["--set", "constraints.cost_usd_per_month.max=4000"],
    "each": ["--each", "--set", "constraints.licences=null", "--set", "constraints.clouds.max=2",
             "--set", "constraints.cost_usd_per_month.max=4000"],
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDENS)
def test_the_page_word_for_word(name: str, capsys: Capture) -> None:
    """What a change does reads as it is promised, with every number; and twice the same bytes."""
    code = 0 if name == "flips" else 3
    text = call(capsys, *GOLDENS[name], code=code)
    assert text == (GOLDEN / f"what_if_{name}.txt").read_text(encoding="utf-8")
    assert text == call(capsys, *GOLDENS[name], code=code)


@pytest.mark.parametrize("name", GOLDENS)
def test_json_satisfies_its_schema(name: str, capsys: Capture) -> None:
    """--json prints what the published schema says, for answers, conflicts and changes made alone."""
    data = json.loads(call(capsys, *GOLDENS[name], "--json", code=0 if name == "flips" else 3))
    jsonschema.Draft202012Validator(json.loads(schema_text("what_if", "", None))).validate(data)
    one = data["each"][2] if name == "each" else data
    assert one["after"]["status"] == ("optimal" if name == "flips" else "infeasible")
    if name == "flips":
        costs = next(row["values"] for row in data["metrics"] if row["metric"] == "cost_usd_per_month")
        assert [data["before"]["cost_usd_per_month"], data["after"]["cost_usd_per_month"]] == costs


def test_exit_codes(capsys: Capture) -> None:
    """0 feasible again, 2 bad input with nothing on standard output, 4 when time is too short to prove anything."""
    assert call(capsys, "--set", "constraints.clouds.max=2")
    assert run(["what-if", str(FILE), *MINI, "--set", "constraints.cloud.max=2"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error: --set constraints.cloud.max: " in printed.err
    assert run(["what-if", str(FILE), *MINI]) == 2
    assert "--set" in capsys.readouterr().err


def test_time_that_is_too_short_exits_4(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """An answer that was not proved in time is not called one."""
    from advisor.optimizer.solver import Status

    real = module.solve
    monkeypatch.setattr(module, "solve", lambda *a, **k: replace(real(*a, **k), status=Status.STOPPED, gap=0.25))
    assert "not proved optimal, within 25\u00a0%" in call(capsys, "--set", "constraints.clouds.max=2", code=4)


def test_interrupting_ends_cleanly(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Ctrl-C while solving: exit code 130, no output, no traceback."""

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "solve", stop)
    assert call(capsys, "--set", "constraints.clouds.max=2", code=130) == ""
    assert capsys.readouterr().err == ""


def test_the_bar_is_for_terminals_and_for_what_takes_long(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Nothing is drawn off a terminal, nor before a second has passed; what is drawn goes to standard error."""
    with progress.bar() as report:
        report(0, 2, "a")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress.bar() as report:
        report(0, 2, "a")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    with progress.bar() as report:
        report(1, 2, "one [b]thing")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "1/2 one [b]thing" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.err)


def test_the_bar_comes_though_nothing_more_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A long step is seen when its time is up, not only when it is over; what an alarm did before, it does again."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "PATIENCE_S", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    before = signal.getsignal(signal.SIGALRM)
    with progress.bar() as report:
        report(0, 2, "a long step")
        assert capsys.readouterr().err == ""
        end = time.monotonic() + 5
        while "a long step" not in capsys.readouterr().err:
            assert time.monotonic() < end
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_bar_goes_when_all_is_done(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """What is printed after the last step stands on a clean line; a further step is drawn again."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    with progress.bar() as report:
        report(1, 2, "one")
        capsys.readouterr()
        report(2, 2, "")
        assert capsys.readouterr().err.endswith("\x1b[2K")  # the line is erased
        report(0, 2, "two")
        assert "two" in capsys.readouterr().err


def test_the_same_bytes_in_every_process() -> None:
    """The order of hashes does not show."""
    printed = set()
    for seed in ("1", "2"):
        program = [sys.executable, "-m", "advisor", "what-if", str(FILE), *MINI, *GOLDENS["flips"], "--json"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        printed.add(subprocess.run(program, env=environment, capture_output=True, check=True).stdout)
    assert len(printed) == 1


STRANGE = [
    *[
        "null",
        "true",
        "-1",
        "0",
        "1e308",
        "[]",
        "{}",
        "[[]]",
        "{a: 1}",
        "none",
        "''",
        "'x'",
        "💥",
        "2026-01-01",
        "9" * 60,
    ],
    *["{p95: 1}", "{min: 1}", "{max: 1}", "[saas]", "\u202e", "*a", "!!x y", "a: b: c", "%", "@", "- 1", "'" * 3],
]


def tried(scenario: Scenario, catalog: Catalog, text: str) -> Changed | None:
    """Return the changed scenario, None where the change is refused in words."""
    try:
        return change(scenario, [text], catalog)
    except InputError:
        return None


def test_no_change_ends_in_a_traceback(base: Scenario, mini: Catalog, capsys: Capture) -> None:
    """Every known path with strange values, and mangled paths: an answer or a message, never a bug."""
    rng = random.Random(11)
    known = sorted(known_paths(base.blueprint))
    refused = accepted = 0
    for _ in range(2000):
        path = rng.choice(known)
        if rng.random() < 0.2:
            cut = rng.randrange(len(path))
            path = path[:cut] + rng.choice([".", "[", "]", "[7]", "x", "=", " ", ""]) + path[cut:]
        found = tried(base, mini, f"{path}={rng.choice(STRANGE)}")
        refused += found is None
        accepted += found is not None
        assert all(one.after is MISSING or change_text(one) for one in (found.changes if found else ()))
    assert refused > 500
    assert accepted > 30


@pytest.mark.parametrize("seed", range(25))
def test_any_change_exits_with_a_known_code(seed: int, base: Scenario, capsys: Capture) -> None:
    """The whole command on changes drawn at random, some of which are possible: 0, 2, 3 or 4."""
    rng = random.Random(seed)
    numbers = ["0.5", "1", "2", "50", "3000", "1e6", "null", "[saas]", "eu", "us"]
    wanted = [f"{rng.choice(sorted(known_paths(base.blueprint)))}={rng.choice(numbers)}" for _ in range(2)]
    arguments = [word for one in wanted for word in ("--set", one)]
    assert run(["what-if", str(FILE), *MINI, *arguments, *rng.choice([["--json"], ["--each"], []])]) in (0, 2, 3, 4)
    assert "Traceback" not in capsys.readouterr().err

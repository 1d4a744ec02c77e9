"""Designs side by side: best marks, dominance and differences against enumeration; diffs that add up; safe Markdown."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from oracles.enumeration import Judged, enumerate_all
from oracles.problems import small_table

from advisor.analysis.changes import check_changes, role_changes
from advisor.analysis.comparison import Comparison, Side, compare, usd_per_thousand, wanted_metrics
from advisor.analysis.equality import same
from advisor.analysis.overrides import change
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.proposal import Proposal, propose
from advisor.render import comparison_markdown, comparison_text, json_output
from advisor.render.change_words import loosened, metric_difference, share, signed_usd, value_text
from advisor.scenario.load import Scenario, load_scenario
from advisor.scenario.requirements import Bound

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden" / "what_if"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog")]
TEXT = FILE.read_text(encoding="utf-8")
SEEDS = range(4)


@pytest.fixture(scope="module")
def first(base: Scenario, mini: Catalog) -> Proposal:
    """Return the optimal proposal for it."""
    return propose(base, mini, explain=False)


@pytest.fixture(scope="module")
def other(base: Scenario, mini: Catalog) -> Proposal:
    """Return the proposal for twice the load without the rule on licences."""
    texts = ["workload.requests_per_month=4e6", "constraints.licences=null"]
    return propose(change(base, texts, mini).scenario, mini, explain=False)


def best(proposal: Proposal) -> Evaluation:
    """Return the proposed design."""
    assert proposal.best is not None
    return proposal.best


# --- against enumeration ----------------------------------------------------------------------------------------------


def drawn(seed: int, scenario: Scenario, catalog: Catalog) -> tuple[list[Judged], Comparison]:
    """Return a few designs of a small problem, judged by the oracle, and our comparison of them."""
    full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
    picked = random.Random(seed).sample(enumerate_all(full), 6)
    picked = [*picked[:5], picked[0]] if seed % 2 else picked
    return picked, compare({str(i): judge(one.design, full.scenario) for i, one in enumerate(picked)})


def no_worse(a: Judged, b: Judged, metrics: list[str], slip: float) -> bool:
    """Return whether a is at least as good as b in every metric."""
    for name in metrics:
        more = name == "quality" or name.endswith(".availability")
        gap = (b.metrics[name] - a.metrics[name]) * (1 if more else -1)
        close = slip if "_ms." in name or "_s." in name else 1e-9
        if gap > close * abs(b.metrics[name]):
            return False
    return True


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_of_each_metric_and_the_dominated(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Values are the oracle's; best marks and dominance follow from them, pair by pair."""
    picked, found = drawn(seed, scenario, catalog)
    names = [row.metric for row in found.metrics]
    for row in found.metrics:
        values = [one.metrics[row.metric] for one in picked]
        assert row.values == pytest.approx(values, rel=1e-9)
        top = min(values) if row.less_is_better else max(values)
        tied = tuple(i for i, v in enumerate(values) if same(v, top, row.metric))
        assert row.best == (tied if len(tied) < len(values) else ())
    for index, one in enumerate(picked):
        beaten_by = [j for j, two in enumerate(picked) if j != index and no_worse(two, one, names, 1e-5)]
        strictly = [j for j in beaten_by if not no_worse(one, picked[j], names, 1e-5)]
        stated = [d for d in found.dominated if d.side == index]
        if strictly:
            assert [(d.by, d.equal) for d in stated] == [(strictly[0], False)]
        else:
            earlier = [j for j in beaten_by if j < index]
            assert [(d.by, d.equal) for d in stated] == [(j, True) for j in earlier[:1]]
    for index, alone in enumerate(found.better_at):
        assert set(alone) == {row.metric for row in found.metrics if row.best == (index,)}


def test_dominance_and_ties_both_occur(scenario: Scenario, catalog: Catalog) -> None:
    """Over the seeds some designs are dominated, some equal, and some neither."""
    found = [drawn(seed, scenario, catalog)[1] for seed in SEEDS]
    verdicts = {one.equal for each in found for one in each.dominated}
    assert verdicts == {True, False}
    assert any(len(each.dominated) < len(each.sides) for each in found)


@pytest.mark.parametrize("broken", [(), (0,), (0, 1)])
def test_what_dominates_and_breaks_more_is_no_better_choice(broken: tuple[int, ...], first: Proposal) -> None:
    """A verdict by metrics says so where the one that wins breaks a requirement that the other one meets."""
    checks = tuple(replace(check, holds=n not in broken) for n, check in enumerate(best(first).checks))
    bad = replace(best(first), checks=checks)
    found = compare({"good": bad, "same": best(first)})
    said = next(line for line in comparison_text.verdict_lines(found) if line.startswith("B "))
    count = len(broken)
    more = f" But A breaks {count} requirement{'s' if count > 1 else ''} that B meets." if count else ""
    assert said.replace("\N{NO-BREAK SPACE}", " ") == f"B equals A in every metric that is compared.{more}"
    assert " But " not in " ".join(comparison_text.verdict_lines(compare({"same": best(first), "good": bad})))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_diff_adds_up(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Role differences sum to the cost difference; lines sum to the role's; unchanged roles have none."""
    full = small_table(seed, scenario, catalog, invented=False)
    picked = random.Random(seed).sample(enumerate_all(full), 6)
    for one, two in pairwise(picked):
        changes = role_changes(judge(one.design, full.scenario), judge(two.design, full.scenario))
        total = two.metrics["cost_usd_per_month"] - one.metrics["cost_usd_per_month"]
        assert sum(c.difference for c in changes) == pytest.approx(total, abs=1e-6)
        for c in changes:
            assert sum(line.difference for line in c.lines) == pytest.approx(c.difference, abs=1e-6)
            a, b = one.design[c.role], two.design[c.role]
            kinds = {
                "same": a.id.split("+")[0] == b.id.split("+")[0],
                "added": a.is_none and not b.is_none,
                "removed": b.is_none and not a.is_none,
                "replaced": [m.component_id for m in a.members] != [m.component_id for m in b.members],
            }
            assert kinds.get(c.kind, a.component_id == b.component_id), (c.kind, a.id, b.id)


def test_a_single_difference_is_found_whatever_it_is(first: Proposal, mini: Catalog) -> None:
    """Another size, another load and another price are told apart."""
    evaluation, full = best(first), first.table
    role = "vector_store"
    chosen = evaluation.design[role]
    size = next(
        c for c in full.candidates[role] if c.option == chosen.option and c.units == 2 and not c.behind.get("x")
    )
    resized = judge({**evaluation.design, role: size}, first.scenario)
    assert [(c.role, c.kind) for c in role_changes(evaluation, resized) if c.kind != "same"] == [(role, "resized")]
    loaded = table(change(first.scenario, ["operations.usd_per_hour=90"], mini).scenario, mini)
    again = judge({r: loaded.find(r, c.id) for r, c in evaluation.design.items()}, loaded.scenario)
    kinds = {c.kind for c in role_changes(evaluation, again)}
    assert kinds == {"same", "recosted"}


# --- different scenarios and blueprints -------------------------------------------------------------------------------


def test_scenarios_that_differ_are_told_apart_setting_by_setting(first: Proposal, other: Proposal) -> None:
    """Every setting in which they differ is listed with both values, and nothing else."""
    found = compare({"a": best(first), "b": best(other)})
    assert [(one.path, one.values) for one in found.differences] == [
        ("workload.requests_per_month", (2e6, 4e6)),
        ("constraints.licences.deny", (("SSPL-1.0",), None)),
    ]
    text = "\n".join(str(part) for part in comparison_text.difference_lines(found)).replace("\u00a0", " ")
    assert "constraints.licences.deny: [SSPL-1.0] → not stated" in text
    costs = [usd_per_thousand(best(one)) for one in (first, other)]
    assert costs == pytest.approx([best(first).cost_usd_per_month / 2000, best(other).cost_usd_per_month / 4000])
    assert "cost of 1 000 requests: 2.46 USD | " in text


def renamed(evaluation: Evaluation, flow: str) -> Evaluation:
    """Return an evaluation under another blueprint, in which the flow ``ingest`` has another name."""
    blueprint = evaluation.scenario.blueprint
    flows = {flow if name == "ingest" else name: one for name, one in blueprint.flows.items()}
    scenario = replace(
        evaluation.scenario,
        blueprint=blueprint.model_copy(update={"id": "other_blueprint", "flows": flows}),
        requirements=(),
    )
    return judge(evaluation.design, scenario)


def test_designs_of_different_blueprints_compare_in_what_both_have(first: Proposal) -> None:
    """It is said, shared metrics are compared, others show on one side only, and none is called dominated by them."""
    found = compare({"a": best(first), "b": renamed(best(first), "refresh")})
    assert found.blueprints == ("rag_assistant", "other_blueprint")
    values = {row.metric: row.values for row in found.metrics}
    assert values["cost_usd_per_month"][0] == values["cost_usd_per_month"][1] is not None
    assert values["flows.ingest.availability"][1] is None
    assert values["flows.refresh.availability"][0] is None
    assert found.dominated == ()
    markdown = comparison_markdown.compare(found)
    assert "Different blueprints (rag_assistant and other_blueprint): only what all have is compared." in markdown
    assert "only what both have is compared" in "".join(map(str, comparison_text.difference_lines(found)))


def test_quality_has_no_winner_across_blueprints(first: Proposal) -> None:
    """Quality is an index over the roles of a blueprint, so of two blueprints neither side is named the better."""
    there = renamed(best(first), "refresh")
    found = compare({"a": best(first), "b": replace(there, quality=1.0)})
    [row] = [row for row in found.metrics if row.metric == "quality"]
    assert row.values[0] != row.values[1] == 1.0
    assert row.best == ()
    assert not any("quality" in names for names in found.better_at)
    alike = replace(renamed(best(first), "ingest"), quality=1.0)
    assert compare({"a": best(first), "b": alike}).dominated == (), "as good in all that can be compared, and no more"


def test_requirements_that_change_are_listed(first: Proposal, base: Scenario, mini: Catalog) -> None:
    """A bound that moves, a rule that goes, one that comes, and one that breaks; the others are not repeated."""
    texts = [
        "constraints.cost_usd_per_month.max=4000",
        "constraints.licences=null",
        "constraints.modes.deny=[saas]",
        "constraints.quality.min=0.55",
    ]
    there = judge(best(first).design, change(base, texts, mini).scenario)
    found = {one.path: one for one in check_changes(best(first), there)}
    assert set(found) == {
        "constraints.cost_usd_per_month.max",
        "constraints.licences.deny",
        "constraints.modes.deny",
        "constraints.quality.min",
    }
    assert found["constraints.licences.deny"].after is None
    assert found["constraints.modes.deny"].before is None
    broken = found["constraints.cost_usd_per_month.max"].after
    assert broken
    assert not broken.holds
    texts_ = [text.replace("\u00a0", " ") for _, text in comparison_text.check_texts(tuple(found.values()))]
    assert texts_[0] == "cost ≤ 9 000 USD/month holds → cost ≤ 4 000 USD/month does not hold"


# --- metrics by name --------------------------------------------------------------------------------------------------


def test_metrics_by_an_end_that_is_enough(first: Proposal) -> None:
    """A metric is named by its path or an end of it; an unknown one gets the nearest, an ambiguous one the choice."""
    sides = [Side("a", "feasible", best(first), first.scenario)] * 2
    assert wanted_metrics(sides, ["cost", "answer.ttft_ms.p95", "quality", "cost_usd_per_month"]) == [
        "cost_usd_per_month",
        "flows.answer.ttft_ms.p95",
        "quality",
    ]
    with pytest.raises(InputError) as raised:
        wanted_metrics(sides, ["qualty", "availability"])
    nearest, ambiguous = (str(problem) for problem in raised.value.problems)
    assert nearest.startswith("--metrics: found 'qualty', which is no metric")
    assert nearest.endswith("did you mean 'quality'?")
    assert "could be any of flows.answer.availability, flows.ingest.availability" in ambiguous


@pytest.mark.parametrize("count", [0, 1, 9])
def test_too_few_and_too_many(count: int, first: Proposal) -> None:
    """Two to eight can be compared."""
    with pytest.raises(InputError, match=f"found {count} to compare; from 2 to 8"):
        compare({str(i): best(first) for i in range(count)})


# --- words ------------------------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.floats(1e-3, 1e7), st.booleans())
def test_loosened_bounds_can_be_met(least: float, upper: bool) -> None:
    """The bound that is shown is on the side on which it can be met, and within one percent."""
    metric = "operations_h_per_month" if upper else "quality"
    text = loosened(Bound("p", metric, upper, 1.0), least)
    shown = float(re.sub("[^0-9.]", "", text))
    assert shown >= least * (1 - 1e-7) if upper else shown <= least * (1 + 1e-7)
    assert shown == pytest.approx(least, rel=0.011)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.floats(0.5, 0.9999999))
def test_loosened_availabilities_can_be_met(least: float) -> None:
    """An availability is rounded down, and keeps its nines."""
    bound = Bound("p", "flows.answer.availability", False, 0.99)
    shown = float(re.sub("[^0-9.]", "", loosened(bound, least))) / 100
    assert shown <= least + 1e-9
    assert 1 - shown <= 1.2 * (1 - least) + 1e-9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (signed_usd(326.4), "+ 326 USD"),
        (signed_usd(-0.004), "the same"),
        (share(100, 98), "− 2.0 %"),
        (share(100, 400), "× 4.00"),
        (share(0, 4), ""),
        (metric_difference("operations_h_per_month", 10, 15), "+ 5.00 h"),
        (metric_difference("quality", 0.65, 0.64), "− 0.0100"),
        (metric_difference("flows.a.latency_ms.p95", 1000, 1000.001), "="),
        (metric_difference("flows.a.freshness_s.p95", 60, 30), "− 30.0 s"),
        (metric_difference("clouds", 1, 2), "+ 1"),
        (value_text(0.35), "0.35"),
        (value_text(1e300), "1e+300"),
        (value_text(None), "not stated"),
    ],
)
def test_differences_in_words(text: str, expected: str) -> None:
    """Differences carry their sign, unit and three significant digits."""
    assert text.replace("\u00a0", " ") == expected


HOSTILE = "a|b `c` <script>alert(1)</script> [x](javascript:1) **d**\n# e \u202e ``` [bold]f"


def test_markdown_shows_what_was_typed_and_nothing_else(first: Proposal, other: Proposal) -> None:
    """A title and a label that hold markup stay text: no link, no HTML, no heading, and tables keep their columns."""
    scenario = replace(best(other).scenario, title=HOSTILE)
    sides = [
        Side("a", "optimal", best(first), first.scenario),
        Side(HOSTILE, "optimal", replace(best(other), scenario=scenario), scenario, notes=(HOSTILE,)),
    ]
    found = compare(sides)
    for text in (comparison_markdown.diff(found), comparison_markdown.compare(found)):
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
        every = [t for token in tokens for t in (token, *(token.children or ()))]
        html = "".join(t.content for t in every if t.type.startswith("html"))
        assert re.sub(r"</?(details|summary)( open)?>|What changes, by role and meter|\s", "", html) == ""
        assert not [t for t in every if t.type == "link_open"]
        assert sum(t.type == "heading_open" for t in tokens) == text.startswith("###")
        assert "\u202e" not in text
        rows = [t for t in tokens if t.type in ("tr_open", "th_open", "td_open")]
        widths, width = set(), 0
        for t in rows:
            width = 0 if t.type == "tr_open" else width + 1
            widths |= {width} if width else set()
        assert max(widths) in (3, 5)


def test_the_terminal_shows_markup_as_text(first: Proposal, other: Proposal) -> None:
    """What somebody typed neither styles nor steers the terminal."""
    from rich.console import Console

    sides = [Side(HOSTILE + "\x1b[31m", "optimal", best(one), one.scenario) for one in (first, other)]
    console = Console(width=300, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        for part in (*comparison_text.diff_page(compare(sides)), *comparison_text.compare_page(compare(sides))):
            console.print(part)
    text = captured.get()
    assert "[bold]f" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, first: Proposal, other: Proposal) -> Path:
    """Return a folder with scenarios, a design file, proposals in their folders, and an infeasible scenario."""
    here = tmp_path_factory.mktemp("sides")
    (here / "today.yml").write_text(TEXT)
    (here / "busy.yml").write_text(
        TEXT.replace("2_000_000", "4_000_000").replace("  licences: {deny: [SSPL-1.0]}\n", "")
    )
    (here / "poor.yml").write_text(TEXT.replace("max: 9_000", "max: 4_000"))
    design = {role: c.id for role, c in best(first).design.items()}
    design["vector_store"] = "beta_vectors_large.2u.2z"
    (here / "design.yml").write_text(json.dumps({"scenario": "today.yml", "design": design}))
    (here / "built").mkdir()
    (here / "built" / "scenario.yml").write_text(TEXT)
    proposal = propose(load_scenario(here / "built" / "scenario.yml", first.catalog), first.catalog, explain=False)
    (here / "built" / "proposal.json").write_text(json_output.dumps(json_output.proposal(proposal)))
    return here


def call(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, *arguments: str, code: int = 0) -> str:
    """Run a command inside the folder and return what it printed."""
    monkeypatch.chdir(folder)
    assert run([*arguments, *MINI]) == code, capsys.readouterr().err
    return capsys.readouterr().out


GOLDENS = {
    "diff.txt": ["diff", "built", "busy.yml"],
    "diff.md": ["diff", "built", "busy.yml", "--markdown"],
    "compare.txt": ["compare", "today.yml", "busy.yml", "design.yml"],
    "compare.md": ["compare", "today.yml", "busy.yml", "design.yml", "--markdown"],
    "compare_infeasible.txt": ["compare", "today.yml", "poor.yml"],
}


@pytest.mark.parametrize("name", GOLDENS)
def test_the_page_word_for_word(name: str, folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Diffs and comparisons read as promised, with every number; and twice the same bytes."""
    code = 3 if "infeasible" in name else 0
    text = call(folder, capsys, monkeypatch, *GOLDENS[name], code=code)
    assert text == (GOLDEN / name).read_text(encoding="utf-8")
    assert text == call(folder, capsys, monkeypatch, *GOLDENS[name], code=code)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["diff", "built/proposal.json", "busy.yml"], 0),
        (["diff", "today.yml", "poor.yml"], 3),
        (["compare", "today.yml", "design.yml", "poor.yml"], 3),
        (["compare", "built", "design.yml", "--metrics", "cost,quality"], 0),
    ],
)
def test_json_satisfies_its_schema(
    arguments: list[str], code: int, folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--json prints what the published schema says, with and without designs."""
    data = json.loads(call(folder, capsys, monkeypatch, *arguments, "--json", code=code))
    jsonschema.Draft202012Validator(json.loads(schema_text("comparison", "", None))).validate(data)
    if code == 0 and arguments[0] == "diff":
        costs = [side["cost_usd_per_month"] for side in data["sides"]]
        assert data["difference_usd_per_month"] == pytest.approx(costs[1] - costs[0])
    if "--metrics" in arguments:
        assert [row["metric"] for row in data["metrics"]] == ["cost_usd_per_month", "quality"]


def test_a_proposal_and_its_scenario_are_the_same(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proposal that is judged again equals the scenario that is solved again."""
    data = json.loads(call(folder, capsys, monkeypatch, "diff", "built", "today.yml", "--json"))
    assert data["difference_usd_per_month"] == pytest.approx(0, abs=1e-9)
    assert {one["kind"] for one in data["changes"]} == {"same"}
    assert data["differences"] == data["requirements"] == []
    assert data["dominated"] == [{"side": 1, "by": 0, "equal": True}]
    assert data["sides"][0]["notes"] == []


BAD: dict[str, tuple[list[str], str]] = {
    "no file": (["diff", "nowhere.yml", "busy.yml"], "nowhere.yml: cannot be read"),
    "no side": (["diff", "list.yml", "busy.yml"], "list.yml:1: is neither a scenario, a design nor a proposal"),
    "alone": (
        ["diff", "alone/proposal.json", "busy.yml"],
        "has no scenario.yml beside it; name its scenario with --sc",
    ),
    "stale": (["diff", "stale", "busy.yml"], "was made from another scenario than stale/scenario.yml"),
    "one": (["compare", "today.yml"], "found 1 to compare; from 2 to 8"),
    "metric": (["compare", "design.yml", "built", "--metrics", "cots"], "found 'cots', which is no metric"),
    "two formats": (
        ["diff", "built", "design.yml", "--json", "--markdown"],
        "--json and --markdown exclude each other",
    ),
    "broken": (["compare", "broken.yml", "today.yml"], "broken.yml:"),
    "empty folder": (["diff", "empty", "today.yml"], "empty/proposal.json: cannot be read"),
    "standard input": (["diff", "-", "today.yml"], "-: standard input is not read here; name a file"),
    "nothing to judge": (["diff", "today.yml", "busy.yml", "--scenario", "today.yml"], "what is given are scenarios"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str, folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be compared exits 2 with a message that says why, and prints nothing else."""
    for made in ("alone", "stale", "empty"):
        (folder / made).mkdir(exist_ok=True)
    proposal = (folder / "built" / "proposal.json").read_text()
    (folder / "alone" / "proposal.json").write_text(proposal)
    (folder / "stale" / "proposal.json").write_text(proposal)
    (folder / "stale" / "scenario.yml").write_text(TEXT + "\n")
    (folder / "list.yml").write_text("- 1")
    (folder / "broken.yml").write_text(TEXT.replace("documents:", "documnts:"))
    arguments, message = BAD[name]
    monkeypatch.chdir(folder)
    assert run([*arguments, *MINI]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err


def test_a_proposal_whose_prices_have_changed_says_so(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorded cost that no longer holds is not passed over."""
    data: dict[str, Any] = json.loads((folder / "built" / "proposal.json").read_text())
    data["metrics"]["cost_usd_per_month"] = 1234.5
    (folder / "old").mkdir()
    (folder / "old" / "proposal.json").write_text(json.dumps(data))
    text = call(folder, capsys, monkeypatch, "diff", "old/proposal.json", "busy.yml", "--scenario", "today.yml")
    assert "recorded at 1\u00a0230\u00a0USD/month, judged again at 4\u00a0920\u00a0USD/month" in text


def test_an_infeasible_proposal_has_nothing_to_compare(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, first: Proposal
) -> None:
    """A recorded infeasible proposal is taken as one, with its conflict; the exit code is 3."""
    (folder / "never").mkdir()
    (folder / "never" / "scenario.yml").write_text((folder / "poor.yml").read_text())
    found = propose(load_scenario(folder / "never" / "scenario.yml", first.catalog), first.catalog)
    (folder / "never" / "proposal.json").write_text(json_output.dumps(json_output.proposal(found)))
    text = call(folder, capsys, monkeypatch, "diff", "never", "today.yml", code=3)
    assert "infeasible (proved)" in text
    assert "cost ≤ 4\u00a0000\u00a0USD/month" in text
    assert "Without two designs there is nothing to compare." in text

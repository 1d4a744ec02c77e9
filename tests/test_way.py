"""The way from today: what stays, moves and costs against pins and brute force; the order against all orders."""

from __future__ import annotations

import itertools
import json
import math
import re
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

from advisor.analysis import way as module
from advisor.analysis.changes import carried_over
from advisor.analysis.equality import running
from advisor.analysis.move_order import MOST_EXACT, order
from advisor.analysis.overrides import change
from advisor.analysis.way import Way, pay_back, way
from advisor.candidates.table import table
from advisor.catalog.load import Catalog, load_catalog
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.proposal import propose
from advisor.render import way_words
from advisor.scenario.load import Scenario, load_scenario, scenario_from_text

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden" / "tradeoffs"
FILE = DATA / "mini_scenario.yml"
TEXT = FILE.read_text(encoding="utf-8")
MINI = ["--catalog", str(DATA / "mini_catalog")]
CASES = {
    "moves": {
        "design": "{vector_store: gamma_vectors, gateway: beta_gateway, llm: beta_open, semantic_cache: beta_cache}",
        "migration_h": "{vector_store: 40, gateway: 6, llm: 10}",
        "default_migration_h": "3",
        "horizon_months": "36",
    },
    "stays": {
        "design": "{vector_store: alpha_vectors, gateway: beta_gateway}",
        "migration_h": "{vector_store: 4000, gateway: 4000}",
    },
    "drops": {
        "design": "{semantic_cache: alpha_cache, reranker: beta_rerank, embedding: gamma_embed}",
        "migration_h": "{embedding: 1}",
    },
    "same": {"design": "{semantic_cache: none, reranker: none}"},
}


def text(name: str) -> str:
    """Return the small scenario with a section on where its author stands."""
    return TEXT + "\ntoday:\n" + "".join(f"  {key}: {value}\n" for key, value in CASES[name].items())


@pytest.fixture(scope="module")
def scenarios(mini: Catalog) -> dict[str, Scenario]:
    """Return every case as a scenario."""
    return {name: scenario_from_text(text(name), mini) for name in CASES}


@pytest.fixture(scope="module")
def ways(scenarios: dict[str, Scenario], mini: Catalog) -> dict[str, Way]:
    """Return the way of every case."""
    found = {name: way(scenario, mini) for name, scenario in scenarios.items()}
    return {name: one for name, one in found.items() if one is not None}


@pytest.mark.parametrize("name", CASES)
def test_the_proposal_is_that_of_propose(
    name: str, ways: dict[str, Way], scenarios: dict[str, Scenario], mini: Catalog
) -> None:
    """The way leads to the design that propose finds, with its hours and its cost."""
    best = propose(scenarios[name], mini, explain=False).best
    assert best is not None
    assert {r: c.id for r, c in ways[name].best.design.items()} == {r: c.id for r, c in best.design.items()}
    assert sum(one.hours for one in ways[name].roles) == pytest.approx(best.migration_h)
    assert sum(one.usd for one in ways[name].roles) == pytest.approx(best.migration_usd)


@pytest.mark.parametrize("name", CASES)
def test_whether_everything_could_stay_is_what_pins_say(
    name: str, ways: dict[str, Way], scenarios: dict[str, Scenario], mini: Catalog
) -> None:
    """Pinning today's components is feasible exactly where the way says that everything could stay."""
    pins = [f"choices.pin.{role}={now.component or 'none'}" for role, now in scenarios[name].standing.running.items()]
    pinned = propose(change(scenarios[name], pins, mini).scenario, mini, explain=False)
    assert ways[name].keeps == (pinned.best is not None)


@pytest.mark.parametrize("name", CASES)
def test_today_runs_what_is_stated(name: str, ways: dict[str, Way], scenarios: dict[str, Scenario]) -> None:
    """Today's design has every component that is named, leaves out what is left out, and moves nothing."""
    today = ways[name].today
    assert today is not None
    assert today.migration_h == 0
    for role, now in scenarios[name].standing.running.items():
        assert today.design[role].component_id == (now.component or "none")
    for role in today.design.keys() - scenarios[name].standing.running.keys():
        assert today.design[role].component_id == ways[name].best.design[role].component_id
    if ways[name].keeps:
        assert today.feasible


@pytest.mark.parametrize("name", CASES)
def test_kinds_follow_from_the_components(name: str, ways: dict[str, Way], scenarios: dict[str, Scenario]) -> None:
    """A role moves when another component is proposed, stays when not, and costs hours exactly when it moves."""
    standing = scenarios[name].standing
    seen = set()
    for one in ways[name].roles:
        now = standing.running.get(one.role)
        there = now is not None and bool(now.component)
        proposed = one.proposed.component_id
        if not there:
            expected = {"unused"} if proposed == "none" else {"new"}
        elif proposed == "none":
            expected = {"dropped"}
        else:
            assert now is not None
            expected = {"stays", "resized"} if proposed == now.component else {"moves"}
        assert one.kind in expected
        hours = standing.migration_h[one.role] if one.kind == "moves" else 0.0
        assert one.hours == hours
        seen.add(one.kind)
    assert {"moves": "moves", "stays": "stays", "drops": "dropped", "same": "unused"}[name] in seen


@pytest.mark.parametrize("name", CASES)
def test_the_money_adds_up(name: str, ways: dict[str, Way]) -> None:
    """What running costs less is the difference of the two bills; months are what was paid once over that."""
    found = ways[name]
    assert found.today is not None
    before, after = (e.bill_usd_per_month + e.operations_usd_per_month for e in (found.today, found.best))
    assert found.saves_usd_per_month == pytest.approx(before - after, abs=1e-9)
    if found.pay_back_months is not None:
        assert found.pay_back_months * (before - after) == pytest.approx(found.best.migration_usd, abs=1e-6)
        assert before > after
    else:
        assert before <= after
    for one in found.roles:
        if one.saves_usd_per_month is not None:
            assert one.today is not None
            old, new = (c.bill_usd_per_month + c.operations_usd_per_month for c in (one.today, one.proposed))
            assert one.saves_usd_per_month == pytest.approx(old - new, abs=1e-9)


def test_pay_back_at_its_edges() -> None:
    """Nothing saved, or less than nothing, is never paid back; nothing paid is paid back at once."""
    assert pay_back(100, 0) is None
    assert pay_back(100, -1) is None
    assert pay_back(100, None) is None
    assert pay_back(0, 5) == 0
    assert pay_back(90, 30) == 3


# --- the order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["moves", "drops"])
def test_no_order_is_better(name: str, ways: dict[str, Way], scenarios: dict[str, Scenario], mini: Catalog) -> None:
    """Among all orders none breaks fewer requirements in between, nor costs less to run at as many."""
    found, known = ways[name], table(scenarios[name], mini)
    assert found.exact
    assert found.today is not None
    changing = [stage.role for stage in found.stages]
    today, best = found.today.design, found.best.design
    assert set(changing) == {role for role in best if running(today[role]) != running(best[role])}
    assert 2 <= len(changing) <= 6
    known_weights: dict[frozenset[str], tuple[int, float]] = {}

    def weight(done: frozenset[str]) -> tuple[int, float]:
        if done not in known_weights:
            mixed = {role: best[role] if role in done else c for role, c in today.items()}
            kept = carried_over(judge(mixed, known.scenario), known).evaluation
            known_weights[done] = (
                (1000, 0.0)
                if kept is None
                else (sum(not c.holds for c in kept.checks), kept.bill_usd_per_month + kept.operations_usd_per_month)
            )
        return known_weights[done]

    def path(roles: tuple[str, ...]) -> tuple[int, float]:
        between = [weight(frozenset(roles[:count])) for count in range(1, len(roles))]
        return sum(w[0] for w in between), math.fsum(w[1] for w in between)

    paths = [path(roles) for roles in itertools.permutations(changing)]
    mine = path(tuple(changing))
    least = min(p[0] for p in paths)
    assert mine[0] == least
    assert mine[1] == pytest.approx(min(p[1] for p in paths if p[0] == least), abs=0.01 * len(changing))
    assert len(set(paths)) > 1


@pytest.mark.parametrize("name", ["moves", "drops"])
def test_the_last_stage_is_the_proposal(name: str, ways: dict[str, Way]) -> None:
    """After the last change the proposed design runs; each stage's words say what the judge says of it."""
    last = ways[name].stages[-1].then.evaluation
    assert last is not None
    assert last.cost_usd_per_month == pytest.approx(ways[name].best.cost_usd_per_month, rel=1e-12)
    assert ways[name].stages[-1].broken == 0
    for (role, words), stage in zip(way_words.stage_texts(ways[name]), ways[name].stages, strict=True):
        assert role == stage.role
        if stage.then.evaluation is None:
            assert words.startswith("cannot be run like this: ")
        else:
            assert ("every requirement holds" in words) == (stage.broken == 0)


def test_many_changes_are_ordered_one_by_one_and_that_is_said(
    ways: dict[str, Way], scenarios: dict[str, Scenario], mini: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the orders are too many each next change is the best by itself, and the words do not call it the best."""
    assert MOST_EXACT >= 8
    found, known = ways["moves"], table(scenarios["moves"], mini)
    assert found.today is not None
    monkeypatch.setattr("advisor.analysis.move_order.MOST_EXACT", 1)
    changing = [stage.role for stage in found.stages]
    stages, exact = order(known, found.today, found.best, changing)
    assert not exact
    assert sorted(stage.role for stage in stages) == sorted(changing)
    left = list(changing)
    done: list[str] = []
    for stage in stages[:-1]:
        options = {}
        for role in left:
            mixed = {r: found.best.design[r] if r in (*done, role) else c for r, c in found.today.design.items()}
            kept = carried_over(judge(mixed, known.scenario), known).evaluation
            options[role] = 1000 if kept is None else sum(not c.holds for c in kept.checks)
        assert options[stage.role] == min(options.values())
        left.remove(stage.role)
        done.append(stage.role)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a scenario file that says what runs today."""
    path = tmp_path / "s.yml"
    path.write_text(text("moves"), encoding="utf-8")
    return path


def test_the_page_word_for_word(file: Path, capsys: Capture) -> None:
    """The way reads as it is promised; and twice the same bytes."""
    assert run(["diff", str(file), *MINI]) == 0
    shown = capsys.readouterr().out
    assert shown == (GOLDEN / "way.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_json_satisfies_its_schema(name: str, tmp_path: Path, capsys: Capture, ways: dict[str, Way]) -> None:
    """--json prints what the published schema says, and the numbers of the library."""
    path = tmp_path / "s.yml"
    path.write_text(text(name), encoding="utf-8")
    assert run(["diff", str(path), *MINI, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(schema_text("way", "", None))).validate(data)
    assert data["migration_usd"] == ways[name].best.migration_usd
    assert data["pay_back_months"] == ways[name].pay_back_months
    assert [stage["role"] for stage in data["order"]] == [stage.role for stage in ways[name].stages]


def test_markdown_holds_every_role_and_nothing_typed_breaks_out(tmp_path: Path, capsys: Capture) -> None:
    """--markdown is a table with a row a role; a title with markup is shown as typed."""
    path = tmp_path / "s.yml"
    path.write_text(text("moves").replace("Help desk assistant", "'<b>x</b> | `y`'"), encoding="utf-8")
    assert run(["diff", str(path), *MINI, "--markdown"]) == 0
    shown = capsys.readouterr().out
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown)
    assert "&lt;b&gt;x&lt;/b&gt; | `y`" in page
    assert page.count("<tr>") >= 12
    assert re.search(r"<ol>\s*<li>", page)


def test_a_scenario_without_today_is_refused(capsys: Capture) -> None:
    """Exit 2 with what to add; options that need two designs are refused with one."""
    assert run(["diff", str(FILE), *MINI]) == 2
    assert "does not say what runs today; add today: {design: {role: component}}" in capsys.readouterr().err
    assert run(["diff", str(FILE), *MINI, "--metrics", "cost"]) == 2
    assert "need two designs" in capsys.readouterr().err
    with pytest.raises(InputError):
        way(load_scenario(FILE, load_catalog(DATA / "mini_catalog")), load_catalog(DATA / "mini_catalog"))


def test_no_design_no_way(tmp_path: Path, capsys: Capture, mini: Catalog) -> None:
    """An infeasible scenario ends with exit 3 and its conflict; the library returns None."""
    path = tmp_path / "s.yml"
    broken = text("moves").replace("{max: 9_000}", "{max: 90}")
    path.write_text(broken, encoding="utf-8")
    assert run(["diff", str(path), *MINI]) == 3
    assert "cost ≤ 90.0" in capsys.readouterr().out.replace("\u00a0", " ")
    assert way(scenario_from_text(broken, mini), mini) is None


def test_what_cannot_carry_the_workload_is_named(mini: Catalog, tmp_path: Path, capsys: Capture) -> None:
    """A running component of which no size carries the workload is named; hours and roles are shown all the same."""
    path = tmp_path / "s.yml"
    path.write_text(text("moves").replace("gamma_vectors", "delta_vectors"), encoding="utf-8")
    assert run(["diff", str(path), *MINI, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(schema_text("way", "", None))).validate(data)
    assert data["too_small"] == ["vector_store"]
    assert data["today"] is None
    assert data["everything_could_stay"] is False
    assert data["migration_h"] > 0
    assert run(["diff", str(path), *MINI]) == 0
    assert "no size of what runs in vector_store carries this workload" in capsys.readouterr().out


def test_what_is_left_open_is_said(
    ways: dict[str, Way], scenarios: dict[str, Scenario], mini: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When today's design was not sized in time, or it is open whether all could stay, nothing is claimed."""
    monkeypatch.setattr(module, "_today", lambda *_: (None, None))
    found = way(scenarios["moves"], mini)
    assert found is not None
    assert found.saves_usd_per_month is None
    assert found.pay_back_months is None
    assert found.stages == ()
    assert "only the proposal is shown" in way_words.today_text(found)
    assert "The time limit passed" in way_words.keeps_text(found)
    assert way_words.keeps_text(ways["stays"]) != way_words.keeps_text(ways["moves"])

"""The page on an infeasible scenario: the conflict, the ways out with their cost; what is typed stays in its place."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.evaluation.evaluate import judge
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal, propose
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render.no_design import no_design
from advisor.render.page import html
from advisor.scenario.load import scenario_from_text

DATA = Path(__file__).parent / "data"
DATE = datetime.date(2026, 11, 22)
TEXT = re.sub(
    r"cost_usd_per_month: \{max: [\d_]+\}",
    "cost_usd_per_month: {max: 100}",
    (DATA / "mini_scenario.yml").read_text(encoding="utf-8"),
)


@pytest.fixture(scope="module")
def refused(mini: Catalog) -> Proposal:
    """Return the answer to the small scenario with a budget that nothing meets."""
    return propose(scenario_from_text(TEXT, mini, "scenario.yml"), mini)


def page(proposal: Proposal) -> str:
    """Return the page of an answer."""
    return no_design(proposal, date=DATE, command="advisor propose scenario.yml -o .", version="0.1.0")


def test_conflict_and_ways_out_are_the_answers(refused: Proposal) -> None:
    """Each conflicting requirement stands with its place, each way out with what it changes and then costs."""
    text = page(refused)
    assert refused.conflict
    assert refused.ways_out
    assert refused.ways_out.remedies
    for requirement in refused.conflict:
        assert f"- {words.requirement_text(requirement)} (`{requirement.path}`)" in text
    for one in refused.ways_out.remedies:
        assert f"| {numbers.usd(one.cost_usd_per_month)} |" in text
    for requirement in refused.scenario.requirements:
        assert f"`{requirement.path}` |" in text


def test_the_first_way_out_works(refused: Proposal, mini: Catalog) -> None:
    """With the budget of the first way out there is a design, and it costs what the page says."""
    text = page(refused)
    limit = re.search(r"--set constraints\.cost_usd_per_month\.max=(\d+)", text)
    assert limit
    raised = TEXT.replace("{max: 100}", f"{{max: {limit[1]}}}")
    solved = propose(scenario_from_text(raised, mini), mini, explain=False)
    assert solved.best is not None
    assert judge(solved.best.design, solved.scenario).feasible
    assert f"| {numbers.usd(solved.best.cost_usd_per_month)} |" in text


def test_files_of_an_infeasible_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page, the answer as data and the scenario are written with exit code 3; a draft prints and writes nothing."""
    scenario = tmp_path / "scenario.yml"
    scenario.write_text(TEXT, encoding="utf-8")
    common = ["propose", str(scenario), "--catalog", str(DATA / "mini_catalog"), "--date", DATE.isoformat()]
    assert run([*common, "-o", str(tmp_path / "out")]) == 3
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"infeasible.md", "infeasible.html", "proposal.json", "scenario.yml", "catalog"}
    assert json.loads((tmp_path / "out" / "proposal.json").read_text())["status"] == "infeasible"
    capsys.readouterr()
    assert run([*common, "--draft"]) == 3
    printed = capsys.readouterr().out
    written = (tmp_path / "out" / "infeasible.md").read_text(encoding="utf-8")
    assert re.sub(r"digest `\w+`", "", printed) == re.sub(r"digest `\w+`", "", written)


def test_only_what_is_proved_gets_the_page(refused: Proposal) -> None:
    """A search that was stopped says nothing of infeasibility."""
    with pytest.raises(ValueError, match="not proved"):
        page(replace(refused, status=Status.STOPPED))
    text = page(replace(refused, conflict=None, ways_out=None))
    assert "time limit passed before the smallest set" in text
    assert "## Ways out" not in text


def test_same_input_same_bytes(refused: Proposal, mini: Catalog) -> None:
    """Solving again gives the same page."""
    assert page(propose(scenario_from_text(TEXT, mini, "scenario.yml"), mini)) == page(refused)


def test_hostile_text_is_only_text(refused: Proposal, mini: Catalog) -> None:
    """Title and owner full of markup change no block of the page and run nothing in HTML."""
    nasty = "</td><script>alert(1)</script> | a ](javascript:x) `b` <img src=x onerror=alert(1)>"
    text = TEXT.replace("title: Help desk assistant", f"title: '{nasty}'")
    text = text.replace("owner: Workplace IT", f"owner: '{nasty}'")
    made = page(propose(scenario_from_text(text, mini, "scenario.yml"), mini))

    def shape(markdown: str) -> list[str]:
        return [t.type for t in MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)]

    assert shape(made) == shape(page(refused))
    assert "<script>alert" not in html(made, title=nasty, figures={})
    assert "<img" not in html(made, title=nasty, figures={})

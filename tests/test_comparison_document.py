"""``compare`` and ``diff`` as documents: the same facts as on the terminal, in sections, as Markdown and as a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from test_page import Page

from advisor.analysis.comparison import Comparison, Side, compare
from advisor.catalog.load import load_catalog
from advisor.commands.main import run
from advisor.proposal import propose
from advisor.render import comparison_document, comparison_markdown, numbers
from advisor.render.comparison_text import verdict_lines
from advisor.render.markdown import escape
from advisor.scenario.load import scenario_from_text

DATA = Path(__file__).parent / "data"
MINI = ["--catalog", str(DATA / "mini_catalog")]
TEXT = (DATA / "mini_scenario.yml").read_text(encoding="utf-8")
NASTY = '<script>alert(1)</script> | `x` ](javascript:alert(2)) "q" {{7*7}} \u202e #'
Capture = pytest.CaptureFixture[str]


def side(label: str, change: tuple[str, str] = ("", ""), title: str = "") -> Side:
    """Return the small scenario, changed, solved, as a side."""
    catalog = load_catalog(DATA / "mini_catalog")
    text = TEXT.replace(*change) if change[0] else TEXT
    text = text.replace("title: Help desk assistant", f"title: {title!r}") if title else text
    found = propose(scenario_from_text(text, catalog), catalog, explain=False)
    return Side(label, found.status.value, found.best, found.scenario)


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Return two designs compared, the second with a hostile name and less to screen."""
    return compare([side("a.yml"), side(NASTY, ("  licences: {deny: [SSPL-1.0]}\n", ""))], [])


def headings(markdown: str) -> list[str]:
    """Return the headings with their numbers."""
    return re.findall(r"^## (\d+\. .+)$", markdown, re.M)


def test_a_comparison_has_its_sections(found: Comparison) -> None:
    """Verdict first, then what is compared, the metrics, the roles, and how to make it again; numbered without gaps."""
    text = comparison_document.compare(found, "advisor compare a b --format md")
    titles = headings(text)
    assert titles[0] == "1. Verdict"
    assert titles[-1] == f"{len(titles)}. Made by"
    assert [int(title.split(".")[0]) for title in titles] == list(range(1, len(titles) + 1))
    assert "```sh\nadvisor compare a b --format md\n```" in text


def test_a_comparison_carries_the_evaluations_numbers(found: Comparison) -> None:
    """Each metric of each side and each line of the verdict stands in the document."""
    text = comparison_document.compare(found, "x")
    for row in found.metrics:
        for value in row.values:
            assert value is None or numbers.metric(row.metric, value) in text
    for line in verdict_lines(found):
        assert escape(line) in text


def test_a_diff_carries_what_the_fragment_for_reviews_says(found: Comparison) -> None:
    """The document holds every line of the Markdown that is meant for pull requests, which may fold by HTML."""
    text = comparison_document.diff(found, "x")
    assert text.startswith("# Monthly cost")
    assert "<details" not in text
    for line in comparison_markdown.diff(found).splitlines():
        if not line.startswith(("<", "#", "**")):
            assert line in text


def test_pages_are_sound_and_only_text_is_typed(found: Comparison) -> None:
    """Both pages are well-formed, hold a chart with a bar for each design, and show hostile names as text."""
    for page in (comparison_document.compare_page(found, "x"), comparison_document.diff_page(found, "x")):
        read = Page(page)
        assert len(read.all("h1")) == len(read.all("main")) == len(read.all("script")) == 1
        assert [attrs["aria-label"] for attrs in read.all("svg")] == ["Monthly cost by design"]
        assert "<script>alert(1)</script>" in read.text()
        assert not [attrs for _, attrs in read.elements if "javascript:" in str(attrs.get("href", ""))]


def test_hostile_names_keep_their_place(found: Comparison) -> None:
    """No name makes a heading, a table or a code block more than there would be without it."""
    plain = compare([side("a.yml"), side("b", ("  licences: {deny: [SSPL-1.0]}\n", ""))], [])
    parser = MarkdownIt("commonmark").enable("table")
    for render in (comparison_document.compare, comparison_document.diff):
        kinds = [[t.type for t in parser.parse(render(one, "x"))] for one in (found, plain)]
        assert kinds[0] == kinds[1]


def test_a_side_without_a_design(found: Comparison) -> None:
    """Where one side has no design the document says so and leaves out what needs two."""
    poor = Side("poor", "infeasible", None, found.sides[0].scenario)
    one = compare([found.sides[0], poor], [])
    text = comparison_document.diff(one, "x")
    assert text.startswith("# Nothing to compare: one side has no design")
    assert "no design |" in text
    assert "Metrics" not in "".join(headings(text))
    assert "<svg" not in comparison_document.diff_page(one, "x")


@pytest.mark.parametrize("name", ["compare", "diff"])
def test_the_command_prints_documents(name: str, tmp_path: Path, capsys: Capture) -> None:
    """--format prints the document to standard output with the command that makes it again; twice the same bytes."""
    other = tmp_path / "b.yml"
    other.write_text(TEXT)
    arguments = [name, str(DATA / "mini_scenario.yml"), str(other), *MINI, "--metrics", "cost,quality"]
    texts = []
    for document in ("md", "html", "html"):
        assert run([*arguments, "--format", document]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[1] == texts[2]
    assert texts[1].startswith("<!doctype html>")
    assert (
        f"advisor {name} {DATA / 'mini_scenario.yml'} {other} --format md --metrics cost,quality --catalog" in texts[0]
    )


@pytest.mark.parametrize("other", ["--json", "--markdown"])
def test_one_format_at_a_time(other: str, capsys: Capture) -> None:
    """Two formats at once are refused."""
    assert run(["diff", "a.yml", "b.yml", "--format", "md", other]) == 2
    assert f"{other} and --format exclude each other" in capsys.readouterr().err

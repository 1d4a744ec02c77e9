"""Further analyses in the document: each in its section with its charts, or a pointer to its command."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.analysis.answers import Answer, Deadline, answer
from advisor.analysis.bundle import FACTORS, NAMES, NOTHING, Bundle, bundle, front_metrics
from advisor.catalog.load import Catalog
from advisor.commands.edition import Analyses
from advisor.commands.main import run
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal, propose
from advisor.render import numbers
from advisor.render.document import Document, Edition, document
from advisor.render.markdown import escape
from advisor.render.sections.view import capital
from advisor.scenario.load import load_scenario

DATA = Path(__file__).parent / "data"
DATE = datetime.date(2026, 11, 22)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
CHARTS = {"pareto.svg", "growth.svg", "tornado-cost.svg"}


@pytest.fixture(scope="module")
def solved(mini: Catalog) -> Proposal:
    """Return the proposal for the small scenario, with reasons."""
    return propose(load_scenario(DATA / "mini_scenario.yml", mini), mini)


@pytest.fixture(scope="module")
def answered(mini: Catalog) -> Answer:
    """Return its answer, as the analyses need it."""
    return answer(load_scenario(DATA / "mini_scenario.yml", mini), mini)


@pytest.fixture(scope="module")
def found(answered: Answer) -> Bundle:
    """Return every analysis of it."""
    return bundle(answered, NAMES, DATE)


def build(proposal: Proposal, analyses: Bundle = NOTHING) -> Document:
    """Return the document with some analyses."""
    made = Edition(analyses=analyses)
    return document(proposal, date=DATE, diagram_svg=SVG, command="", version="", edition=made)


def test_every_analysis_is_there(found: Bundle) -> None:
    """What is asked for is worked out, and nothing is missing."""
    assert all(getattr(found, name) is not None for name in NAMES)
    assert not found.missing


def test_without_them_their_commands_are_named(solved: Proposal) -> None:
    """Each section says what is not in it, which command computes it and which option puts it there."""
    text = build(solved).markdown
    for name in NAMES:
        pointer = rf"Not in this document: [^\n]+`advisor {name} scenario.yml[^`]*`[^\n]+`--analyses {name}`"
        assert re.search(pointer, text)


def test_with_them_nothing_is_missing(solved: Proposal, found: Bundle) -> None:
    """All charts are drawn and shown, and no section points to a command any more."""
    made = build(solved, found)
    assert set(made.figures) >= CHARTS
    assert all(f"]({name})" in made.markdown for name in CHARTS)
    assert "Not in this document" not in made.markdown


def test_figures_are_the_analyses(solved: Proposal, found: Bundle) -> None:
    """Front, alternatives, prices, growth and chances stand with the analyses' own values."""
    text = build(solved, found).markdown
    assert found.pareto
    assert found.alternatives
    assert found.growth
    assert found.robust
    assert found.sensitivity
    for point in found.pareto.points:
        values = [numbers.metric(a.metric, v) for a, v in zip(found.pareto.axes, point.values, strict=True)]
        assert f"| {' | '.join(values)} |" in text
    for one in found.alternatives.found:
        assert numbers.usd(one.evaluation.cost_usd_per_month) in text
    for volume in found.growth.volumes:
        assert volume.evaluation is None or numbers.usd(volume.evaluation.cost_usd_per_month) in text
    assert [v.factor for v in found.growth.volumes] == list(FACTORS)
    for _, chance in found.robust.chances:
        assert f"{round(100 * chance.share)}" in text
    knobs = [one.knob for one in found.sensitivity.break_evens.found[:20]]
    assert knobs
    for knob in knobs:  # in words, not by the catalog's keys
        assert f"| {escape(capital(knob.title))} |" in text
        assert knob.figure is None or knob.figure.name not in text.partition("Break-evens:")[2].partition("## ")[0]


def test_same_analyses_same_bytes(solved: Proposal, answered: Answer, found: Bundle) -> None:
    """Working them out again gives the same document."""
    some = ("alternatives", "pareto", "robust")
    again = bundle(answered, some, DATE)
    kept = replace(found, sensitivity=None, growth=None)
    assert build(solved, again).markdown == build(solved, kept).markdown


def test_without_proof_there_is_no_sensitivity(solved: Proposal, answered: Answer) -> None:
    """What needs a proved optimum is left out where there is none, and the document says why."""
    made = bundle(replace(answered, status=Status.STOPPED), ["alternatives", "sensitivity"], DATE)
    assert set(made.missing) == {"alternatives", "sensitivity"}
    assert "Not in this document (the design is not proved optimal): the price" in build(solved, made).markdown


def test_what_cannot_be_worked_out_says_why(solved: Proposal, answered: Answer, mini: Catalog) -> None:
    """An analysis that the scenario does not allow is missing with its reason, and the others are there."""
    parameters = {
        key: one.model_copy(update={"most": answered.scenario.workload[key] * 2})
        for key, one in answered.scenario.blueprint.parameters.items()
    }
    narrow = answered.scenario.blueprint.model_copy(update={"parameters": parameters})
    catalog = replace(mini, records=mini.records.model_copy(update={"blueprints": {narrow.id: narrow}}))
    table = replace(answered.table, catalog=catalog)
    made = bundle(replace(answered, table=table), ["growth", "pareto"], DATE)
    assert made.growth is None
    assert "is more than" in made.missing["growth"]
    assert made.pareto is not None


def test_a_deadline_is_kept_honest(answered: Answer, solved: Proposal) -> None:
    """When time is over the front says that it is not complete."""
    made = bundle(answered, ["pareto"], DATE, deadline=Deadline.after(1e-9))
    assert made.pareto is not None
    assert made.pareto.status is Status.STOPPED
    assert "time limit passed" in build(solved, made).markdown


def test_front_is_of_the_tightest_bound(answered: Answer) -> None:
    """Cost against the bound with the least slack that is not the cost."""
    assert answered.best is not None
    checks = answered.best.checks
    graded = [c for c in checks if c.slack is not None and not re.search("cost|clouds", c.requirement.path)]
    tightest = min(graded, key=lambda c: c.slack or 0.0)
    assert front_metrics(answered.best) == ("cost_usd_per_month", tightest.requirement.metric)  # type: ignore[union-attr]


def test_names_are_read_as_typed() -> None:
    """Any order, capitals and spaces; ``all`` is every one."""
    assert Analyses().convert(" Growth, PARETO", None, None) == ("pareto", "growth")
    assert Analyses().convert("all", None, None) == NAMES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--analyses", "paretto", "--draft"], "'paretto' is not one of alternatives, pareto"),
        (["--analyses", "", "--draft"], "'' is not one of"),
        (["--analyses", "growth"], "--analyses and --templates are for the document; add -o DIR or --draft"),
        (["--templates", "no_such_folder", "--draft"], "no_such_folder"),
    ],
)
def test_wrong_calls_are_explained(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that does not exist, and options without a document, are bad input."""
    assert run(["propose", str(DATA / "mini_scenario.yml"), *arguments]) == 2
    assert words in " ".join(capsys.readouterr().err.split())

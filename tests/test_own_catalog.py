"""Components and figures of one's own: they win, they are named, and what is wrong in them is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import resources
from advisor.catalog.load import Catalog
from advisor.catalog.overlay import MOST_FILES, overlaid
from advisor.commands.main import run
from advisor.errors import InputError
from advisor.proposal import propose
from advisor.scenario.load import load_scenario

Capture = pytest.CaptureFixture[str]
SOURCES = """\
- id: our_load_test
  title: Load test
  address: "https://example.org/test"
  publisher: us
  date: 2026-11
  licence_note: ours
"""
NOBODYS = "{value: 3, basis: measured, source: nobody, checked: 2026-11-20}"
MEASURED = "basis: measured, source: our_load_test, checked: 2026-11-20"
OPTION = "qdrant_aws_m7i_4xlarge"


def folder_with(place: Path, **files: str) -> Path:
    """Return a folder of one's own with ``sources.yml`` and the given files (``a__b`` stands for ``a/b.yml``)."""
    for name, text in {"sources": SOURCES, **files}.items():
        file = place / f"{name.replace('__', '/')}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return place


def scenario_with(place: Path, *folders: str) -> Path:
    """Return the starter scenario of a folder, with the folders laid over the catalog."""
    file = place / "scenario.yml"
    assert run(["init", "--yes", "-o", str(file)]) == 0
    file.write_text(file.read_text() + f"catalogs: [{', '.join(folders)}]\n")
    return file


def test_a_measured_figure_wins_and_is_named(tmp_path: Path, catalog: Catalog) -> None:
    """The option carries the new figure, everything else stays, and what was replaced is known."""
    text = f"{OPTION}: {{latency.search_ms: {{p50: 11, p99: 42, {MEASURED}}}}}"
    found = overlaid(catalog, [folder_with(tmp_path / "own", figures=text)])
    _, before = catalog.options[OPTION]
    _, after = found.options[OPTION]
    assert (after.latency["search_ms"].p50, after.latency["search_ms"].basis) == (11, "measured")
    assert after.latency["upsert_ms"] == before.latency["upsert_ms"]
    assert [(own.record, own.name, own.was) for own in found.own] == [(OPTION, "latency.search_ms", "mean 8, p99 9.8")]
    assert found.digest != catalog.digest
    assert catalog.options[OPTION][1] == before


def test_a_day_of_a_source_needs_no_quotes(tmp_path: Path, catalog: Catalog) -> None:
    """A plain day, which YAML reads as a date, is the same as its text, as the manual's example writes it."""
    sources = SOURCES.replace("date: 2026-11", "date: 2026-11-20")
    figure = f"{OPTION}: {{capacity.reads_per_s: {{value: 310, {MEASURED}}}}}"
    found = overlaid(catalog, [folder_with(tmp_path / "own", sources=sources, figures=figure)])
    assert found.records.sources["our_load_test"].date == "2026-11-20"


@pytest.mark.parametrize(
    ("place", "figure"),
    [
        ("capacity.reads_per_s", "value: 310"),
        ("quality.recall_at_100", "value: 0.91"),
        ("availability.software", "value: 0.999"),
        ("prices.vector_gb_month", "usd: 0.2"),
        ("operations_h_per_month", "value: 30"),
    ],
)
def test_every_kind_of_figure_can_be_replaced(place: str, figure: str, tmp_path: Path, catalog: Catalog) -> None:
    """Capacities, qualities, availabilities, prices and hours all can be one's own; the old number is named."""
    text = f"{OPTION}: {{{place}: {{{figure}, {MEASURED}}}}}"
    (own,) = overlaid(catalog, [folder_with(tmp_path / "own", figures=text)]).own
    assert own.name == place
    assert own.was


def test_a_component_of_ones_own_can_be_chosen(tmp_path: Path, catalog: Catalog) -> None:
    """A component in the folder fills its role when it is pinned; the shipped catalog knows nothing of it."""
    text = (resources.folder("catalog") / "object_store" / "amazon_s3.yml").read_text()
    mine = text.replace("id: amazon_s3", "id: our_store").replace("name: Amazon S3", "name: Our store")
    folder_with(tmp_path / "own", object_store__our_store=mine)
    file = scenario_with(tmp_path, "own")
    file.write_text(file.read_text() + "choices: {pin: {object_store: our_store}}\n")
    best = propose(load_scenario(file, catalog), explain=False).best
    assert best is not None
    assert best.design["object_store"].component_id == "our_store"
    assert "our_store" not in catalog.records.components


def test_the_proposal_says_which_figures_are_ones_own(tmp_path: Path, catalog: Catalog) -> None:
    """Each replaced figure stands among the assumptions, with the file it is from and what it replaced."""
    text = f"{OPTION}: {{latency.search_ms: {{p50: 11, p99: 42, {MEASURED}}}}}"
    folder_with(tmp_path / "own", figures=text)
    scenario = load_scenario(scenario_with(tmp_path, "own"), catalog)
    (own,) = [one for one in scenario.assumptions if one.change_at == "own/figures.yml"]
    assert own.subject == f"{OPTION}: latency.search_ms"
    assert "mean 8, p99 9.8" in own.reason


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"figures": "qdrant_aws: {capacity.reads_per_s: 3}"}, "figures.yml:1: qdrant_aws: is not an option"),
        ({"figures": f"{OPTION}: {{capacity.reads: {{value: 3, {MEASURED}}}}}"}, "the option states no capacity.reads"),
        ({"figures": f"{OPTION}: {{speed: {{value: 3, {MEASURED}}}}}"}, "is not the place of a figure; places: "),
        ({"figures": f"{OPTION}: {{capacity.reads_per_s: {{value: -3, {MEASURED}}}}}"}, "greater than 0"),
        ({"figures": f"{OPTION}: {{prices.unit_hours: {{usd: 3, {MEASURED}}}}}"}, "the option has no such price"),
        ({"figures": f"{OPTION}: {{availability.service: {{value: 0.9, {MEASURED}}}}}"}, "availability has no service"),
        ({"figures": f"{OPTION}: {{quality.recall_at_100: {{value: 1.9, {MEASURED}}}}}"}, "must be in (0, 1]"),
        ({"figures": f"{OPTION}: {{quality.recall_at_100: {{value: 0.9, low: 0, {MEASURED}}}}}"}, "must be above 0"),
        ({"figures": f"{OPTION}: 12"}, "place -> figure is expected"),
        ({"object_store__x": "id: x"}, "is missing and has no default"),
        ({"figures": f"{OPTION}: {{operations_h_per_month: {NOBODYS}}}"}, "'nobody' is not in sources.yml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(files: dict[str, str], said: str, tmp_path: Path, capsys: Capture) -> None:
    """Exit code 2 and a message that names the file and what was expected."""
    folder_with(tmp_path / "own", **files)
    assert run(["check", str(scenario_with(tmp_path, "own"))]) == 2
    assert said in capsys.readouterr().err


def test_all_that_is_wrong_with_figures_is_said_at_once(tmp_path: Path, catalog: Catalog) -> None:
    """A misspelt option hides no broken figure below it, and a misspelt place not that its number is broken too."""
    misplaced = f"{OPTION}:\n  capacity.reads_per_sec: {{value: -4, {MEASURED}}}"
    text = f"{misplaced}\n{OPTION}s:\n  latency.x_ms: {{p50: -1, {MEASURED}}}"
    with pytest.raises(InputError) as caught:
        overlaid(catalog, [folder_with(tmp_path / "own", figures=text)])
    said = sorted((one.line, one.message.partition(";")[0]) for one in caught.value.problems)
    assert said == [
        (2, "found -4"),
        (2, "the option states no capacity.reads_per_sec"),
        (3, "is not an option of the catalog"),
        (4, "found -1"),
    ]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("sources", "mine: {title: x}", "own/sources.yml:1: a list of publications is expected, each `- id: ...`"),
        ("sources", "", "own/sources.yml:1: a list of publications is expected, each `- id: ...`"),
        ("sources", "- id: a\n- b", "own/sources.yml:2: [1]: found b; a mapping (key: value) is expected"),
        ("prices__aws", "m9.large: 3", "own/prices/aws.yml:1: m9.large: found 3; a mapping (key: value) is expected"),
        ("price_book__aws", "x: [1]", "own/price_book/aws.yml:1: x: found [1]; a mapping (key: value) is expected"),
        ("clouds", "- 1", "own/clouds.yml:1: a mapping is expected"),
        ("price_list", "- 1", "own/price_list.yml:1: a mapping is expected"),
        ("operating", "text", "own/operating.yml:1: a mapping is expected"),
    ],
)
def test_a_file_of_another_shape_is_said_with_its_line(
    file: str, text: str, said: str, tmp_path: Path, capsys: Capture
) -> None:
    """A list where a mapping belongs, or the other way round, is bad input and no bug of ours."""
    folder_with(tmp_path / "own", **{file: text})
    assert run(["catalog", "check", str(tmp_path / "own")]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["vector_store/x.yaml", "sources.yaml", "vector_store/more/x.yml"])
def test_a_file_that_would_not_be_read_is_said(name: str, tmp_path: Path, capsys: Capture) -> None:
    """Nobody believes that figures count which stand where nothing looks."""
    own = folder_with(tmp_path / "own")
    (own / name).parent.mkdir(parents=True, exist_ok=True)
    (own / name).write_text("id: x")
    assert run(["catalog", "check", str(own)]) == 2
    assert f"own/{name}: would not be read" in capsys.readouterr().err


def test_a_missing_folder_is_named_beside_other_problems(tmp_path: Path, capsys: Capture) -> None:
    """A folder that is not there is one problem among the scenario's others."""
    file = scenario_with(tmp_path, "owm")
    file.write_text(file.read_text().replace("blueprint: rag_assistant", "blueprint: rag_assistent"))
    assert run(["check", str(file)]) == 2
    complaint = capsys.readouterr().err
    assert "owm: is not a folder" in complaint
    assert "did you mean 'rag_assistant'" in complaint


def test_a_folder_of_thousands_of_files_is_refused(tmp_path: Path, catalog: Catalog) -> None:
    """A scenario from a stranger cannot make us read a whole disk."""
    for number in range(MOST_FILES + 1):
        (tmp_path / f"{number}.yml").touch()
    with pytest.raises(InputError, match=r"holds more than 2000 files"):
        overlaid(catalog, [tmp_path])


def test_a_name_that_a_broken_folder_states_is_not_called_unknown(tmp_path: Path) -> None:
    """What is wrong in a folder of one's own is said; what it states is not unknown for it, other names still are.

    The folder's problems come first, each file's in order of lines.
    """
    store = "id: our_store\ntitle: 3\ntitel: Ours\n"
    folder_with(tmp_path / "own", components__our_store=store, blueprints__ours="id: ours\nroles: 5\n")
    file = scenario_with(tmp_path, "own")
    file.write_text(
        file.read_text().replace("blueprint: rag_assistant", "blueprint: ours")
        + "choices: {exclude: [our_store, their_store]}\n"
    )
    with pytest.raises(InputError) as caught:
        load_scenario(file)
    problems = caught.value.problems
    assert [p.file for p in problems if p.path == "titel"] == ["own/components/our_store.yml"]
    assert not [p for p in problems if "found 'ours'" in p.message or "found 'our_store'" in p.message]
    file.write_text(file.read_text().replace("blueprint: ours", "blueprint: rag_assistant"))
    with pytest.raises(InputError, match="found 'their_store', which is not a component") as again:
        load_scenario(file)
    assert "found 'our_store'" not in str(again.value)
    assert [problem.file == str(file) for problem in again.value.problems] == [False] * len(problems) + [True]

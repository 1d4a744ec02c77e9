"""``advisor catalog search``, ``list --licence``, ``show`` of everything there is, and ``export``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from advisor.catalog import provenance
from advisor.catalog.load import Catalog
from advisor.catalog.model import Capacity, Figure, Latency, Tariff
from advisor.catalog.search import Filters, near, search
from advisor.catalog.walk import figures
from advisor.commands.main import run
from advisor.render.catalog_csv import COLUMNS, FORMULA_STARTS, cell, rows, text

Capture = pytest.CaptureFixture[str]


def test_every_component_option_and_role_is_found_by_its_id(catalog: Catalog) -> None:
    """A search for a whole id has the thing of that id first, whatever the case."""
    for name in [*list(catalog.records.components)[::9], *list(catalog.records.roles)[::9]]:
        first = search(catalog, name.upper())[0]
        assert first.id == name or catalog.records.components[first.id].name.lower() == name


def test_all_words_are_needed(catalog: Catalog) -> None:
    """More words find a part of what fewer find, and every hit's record holds each word somewhere."""
    few, more = (search(catalog, text) for text in ("redis", "redis vector"))
    assert {(hit.kind, hit.id) for hit in more if hit.kind == "component"} < {(hit.kind, hit.id) for hit in few}
    for hit in search(catalog, "kafka managed"):
        if hit.kind == "option":
            component, option = catalog.options[hit.id]
            whole = f"{component.model_dump_json()} {option.model_dump_json()}".lower()
            assert "kafka" in whole
            assert "managed" in whole


def test_a_role_that_is_like_another_finds_what_fills_it(catalog: Catalog) -> None:
    """No option names planner_llm; a search for it finds the models that fill it."""
    found = {hit.id for hit in search(catalog, "planner_llm", Filters(mode="saas")) if hit.kind == "component"}
    assert found == {component.id for component, option in catalog.options_for("planner_llm") if option.mode == "saas"}


def test_filters_keep_only_options_that_pass(catalog: Catalog) -> None:
    """With filters, components with an option that passes all of them are found, and nothing else."""
    wanted = Filters(role="vector_store", cloud="aws", licence="apache-2.0")
    found = search(catalog, "vector", wanted)
    passing = {c.id for c, o in catalog.options.values() if wanted.admit(catalog, c, o)}
    assert found
    assert {hit.id for hit in found if hit.kind == "component"} <= passing
    assert {hit.kind for hit in found} <= {"component", "option"}


def test_what_finds_nothing_names_the_nearest(catalog: Catalog, capsys: Capture) -> None:
    """A misspelt name is not an error: the nearest names are said, and --json has them."""
    assert "qdrant" in near(catalog, "qdrnt")
    assert run(["catalog", "search", "qdrnt"]) == 0
    assert "nearest: qdrant" in capsys.readouterr().err
    assert run(["catalog", "search", "qdrnt", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["hits"], data["nearest"][0]) == ([], "qdrant")


@pytest.mark.parametrize("text_", ["", "  ", ","])
def test_nothing_to_look_for(text_: str, capsys: Capture) -> None:
    """A search for nothing is bad input."""
    assert run(["catalog", "search", text_]) == 2
    assert "one or more words" in capsys.readouterr().err


def test_list_by_licence(catalog: Catalog, capsys: Capture) -> None:
    """The licence's case does not matter; one that nobody carries is bad input with the nearest."""
    assert run(["catalog", "list", "--licence", "apache-2.0", "--json"]) == 0
    listed = [one["option"] for one in json.loads(capsys.readouterr().out)["options"]]
    assert listed == [o.id for c, o in catalog.options.values() if c.licence == "Apache-2.0"]
    assert run(["catalog", "list", "--licence", "Apche-2.0"]) == 2
    assert "did you mean 'Apache-2.0'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("aws/m7i.4xlarge", "instance", "qdrant_aws_m7i_4xlarge"),
        ("aws/lambda", "service", "price.requests"),
        ("aws", "cloud", "zone_availability"),
    ],
)
def test_show_finds_what_is_not_an_option(name: str, kind: str, said: str, catalog: Catalog, capsys: Capture) -> None:
    """Instance types, services of the price book and clouds have pages, with every figure in text and JSON."""
    assert provenance.find(catalog, name) == kind
    assert run(["catalog", "show", name]) == 0
    page = capsys.readouterr().out
    assert said in page
    assert run(["catalog", "show", name, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["kind"] == kind
    stated = [path for (table, key), path, _ in figures(catalog.records) if (table, key) == (f"{kind}s", name)]
    assert len(data["figures"]) == len(stated) > 0
    assert all(figure["name"] in page for figure in data["figures"])


def test_show_points_to_blueprints(capsys: Capture) -> None:
    """A blueprint has a command of its own, which is named."""
    assert run(["catalog", "show", "voice_agent"]) == 2
    assert "advisor blueprint show voice_agent" in capsys.readouterr().err


def test_the_export_comes_back_as_it_was(catalog: Catalog) -> None:
    """Read by the csv module, every figure is there once with its exact numbers, texts and source."""
    read = list(csv.DictReader(io.StringIO(text(rows(catalog)))))
    stated = list(figures(catalog.records))
    assert len(read) == len(stated)
    for row, (_, _, figure) in zip(read, stated, strict=True):
        assert row["basis"] == figure.basis
        assert row["checked"] == figure.checked.isoformat()
        assert row["source"] == (figure.source or "")
        assert row["conditions"].removeprefix("'") == (figure.conditions or "")
        assert row["reasoning"].removeprefix("'") == (figure.reasoning or "")
        if isinstance(figure, Latency):
            for name in ("p50", "p95", "p99", "mean", "cv"):
                assert (float(row[name]) if row[name] else None) == getattr(figure, name)
        elif isinstance(figure, Tariff):
            assert (float(row["value"]) if row["value"] else None) == figure.usd
        elif isinstance(figure, Figure | Capacity):
            assert (float(row["value"]) if row["value"] else None) == figure.value
        assert row["source_address"] == (catalog.records.sources[figure.source].address if figure.source else "")


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_is_a_formula(start: str) -> None:
    """A text that a spreadsheet would compute gets an apostrophe; numbers below 0 stay numbers."""
    assert cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert cell(-2.5) == "-2.5"


def test_no_cell_of_the_catalog_is_a_formula(catalog: Catalog) -> None:
    """Every text cell of the whole export begins harmlessly."""
    for row in csv.DictReader(io.StringIO(text(rows(catalog)))):
        assert not any(value.startswith(tuple("=+-@\t\r")) for value in row.values())


def test_export_writes_the_same_bytes_twice(tmp_path: Path, capsys: Capture) -> None:
    """To a file or to standard output, the text is the same each time; JSON has the same figures."""
    file = tmp_path / "figures.csv"
    assert run(["catalog", "export", "-o", str(file)]) == 0
    capsys.readouterr()
    assert run(["catalog", "export", "--csv"]) == 0
    printed = capsys.readouterr().out
    assert file.read_text() == printed
    assert printed.splitlines()[0] == ",".join(COLUMNS)
    assert run(["catalog", "export", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["figures"]) == len(list(csv.reader(io.StringIO(printed)))) - 1
    assert run(["catalog", "export", "--json", "--csv"]) == 2

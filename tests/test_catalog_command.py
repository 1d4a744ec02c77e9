"""``advisor catalog list|show|check``: the catalog and where each figure comes from."""

from __future__ import annotations

import datetime
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from advisor import resources
from advisor.catalog import provenance
from advisor.catalog.load import Catalog
from advisor.catalog.model import Figure, Price
from advisor.catalog.walk import figures, walk
from advisor.commands.main import run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

DAY = ["--date", "2026-12-01"]


def out(capsys: Capture, *arguments: str) -> str:
    """Return what ``advisor catalog ...`` prints."""
    assert run(["catalog", *arguments]) == 0
    return capsys.readouterr().out


def test_list_shows_every_option(catalog: Catalog, capsys: Capture) -> None:
    """One aligned line an option below a header, with its main price and unit."""
    lines = out(capsys, "list").splitlines()
    assert lines[0].split() == ["component", "option", "roles", "mode", "cloud", "licence", "main", "price"]
    assert [line.split()[1] for line in lines[1:]] == list(catalog.options)
    assert all("USD/" in line for line in lines[1:])


def test_list_filters_together(catalog: Catalog, capsys: Capture) -> None:
    """Filters are joined by and; --json has the same options."""
    found = json.loads(out(capsys, "list", "--role", "llm", "--mode", "self_hosted", "--cloud", "gcp", "--json"))
    expected = [o.id for _, o in catalog.options_for("llm") if (o.mode, o.cloud) == ("self_hosted", "gcp")]
    assert [one["option"] for one in found["options"]] == expected != []
    assert found["catalog_digest"] == catalog.digest


def test_list_names_the_nearest_role(capsys: Capture) -> None:
    """A misspelt role is bad input."""
    assert run(["catalog", "list", "--role", "vector_stor"]) == 2
    assert "did you mean 'vector_store'?" in capsys.readouterr().err


def test_show_names_everything_about_a_figure(capsys: Capture, catalog: Catalog) -> None:
    """A component's page has each figure's value, unit, range, conditions, basis, date, age and source address."""
    text = out(capsys, "show", "pgvector", *DAY)
    option = catalog.records.components["pgvector"].options[0]
    figure = option.capacity["reads_per_s"]
    line = next(line for line in text.splitlines() if line.startswith("  capacity.reads_per_s"))
    age = (datetime.date(2026, 12, 1) - figure.checked).days
    for part in ("280", "1/s per instance", figure.basis, str(figure.source), figure.checked.isoformat(), f"{age} d"):
        assert part in line
    assert catalog.records.sources[figure.source or ""].address in text
    squeezed = " ".join(text.split())
    assert f"conditions: {figure.conditions}" in squeezed
    assert f"reasoning: {option.operations_h_per_month.reasoning}" in squeezed
    assert "6 – 26" in text


def test_show_json_holds_every_figure_of_a_component(capsys: Capture, catalog: Catalog) -> None:
    """Each figure of each option is there, with source title and address, unit and age."""
    data = json.loads(out(capsys, "show", "qdrant", "--json", *DAY))
    own = list(walk(catalog.records.components["qdrant"], ()))
    ids = {option.id for option in catalog.records.components["qdrant"].options}
    shown = [f for f in data["figures"] if f["record"] in ids]
    assert len(shown) == len(own)
    assert all(f["unit"] and f["text"] and f["age_days"] >= 0 for f in data["figures"])
    assert all(f["reasoning"] if f["basis"] == "estimate" else f["source"]["address"] for f in data["figures"])
    assert data["record"]["id"] == "qdrant"


def test_show_follows_an_option_to_instance_and_cloud(catalog: Catalog) -> None:
    """What a self-hosted option rests on - instance price, instance and zone availability - is on its page as well."""
    option = catalog.options["qdrant_aws_m7i_4xlarge"][1]
    found = {(f.record, f.name) for f in provenance.of_option(catalog, option)}
    assert {("aws/m7i.4xlarge", "price.unit_hour"), ("aws", "zone_availability")} <= found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("qdrant", "component"),
        ("qdrant_aws_m7i_4xlarge", "option"),
        ("reranker", "role"),
        ("supabase_pgvector", "source"),
    ],
)
def test_show_takes_every_kind_of_name(name: str, kind: str, catalog: Catalog, capsys: Capture) -> None:
    """Components, options, roles and sources have a page and JSON."""
    assert provenance.find(catalog, name) == kind
    assert f"({name})" in out(capsys, "show", name, *DAY)
    assert json.loads(out(capsys, "show", name, "--json", *DAY))["kind"] == kind


def test_a_source_lists_every_figure_taken_from_it(catalog: Catalog) -> None:
    """Of one source in twenty, the most cited among them, the figures are those that name it."""
    named = Counter(figure.source for _, _, figure in figures(catalog.records) if figure.source)
    ranked = [source for source, _ in named.most_common()]
    for source in ranked[::20]:
        cited = list(provenance.citing(catalog, source))
        assert len(cited) == named[source]
        assert {one.figure.source for one in cited} == {source}


def test_show_names_the_nearest(capsys: Capture) -> None:
    """An unknown name is bad input with the nearest one."""
    assert run(["catalog", "show", "qdrnt"]) == 2
    assert "did you mean 'qdrant'?" in capsys.readouterr().err


def test_check_counts_what_there_is(catalog: Catalog, capsys: Capture) -> None:
    """Components, options, figures and the share of each basis; the shares add up."""
    rows = dict(line.strip().split(None, 1) for line in out(capsys, "check").splitlines()[:6])
    assert int(rows["options"]) == len(catalog.options)
    assert int(rows["figures"]) == sum(provenance.share_by_basis(catalog).values())


def test_check_reads_files_and_not_the_cache(tmp_path: Path, monkeypatch: Patch) -> None:
    """No parsed catalog is read or written."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ADVISOR_NO_CACHE", raising=False)
    assert run(["catalog", "check"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_check_reports_every_problem_of_a_folder(tmp_path: Path, capsys: Capture) -> None:
    """Two broken files give two problems with file and line; exit 2."""
    copy = tmp_path / "catalog"
    shutil.copytree(resources.folder("catalog"), copy)
    for name in ("qdrant", "milvus"):
        file = copy / "vector_store" / f"{name}.yml"
        file.write_text(file.read_text().replace("licence:", "license:"))
    assert run(["catalog", "check", str(copy)]) == 2
    error = capsys.readouterr().err
    for name in ("qdrant", "milvus"):
        assert f"catalog/vector_store/{name}.yml:4: license: is not a known key" in error
    assert error.splitlines()[-1].endswith(" problems")


def test_prices_say_everything_that_is_billed(catalog: Catalog) -> None:
    """Tiers, free amounts, rounding and minimums are in the text of a price."""
    for _, option in catalog.options.values():
        for shown in provenance.of_option(catalog, option):
            price = shown.figure
            if isinstance(price, Price):
                assert ("free" in shown.value) == bool(price.free)
                assert ("per started" in shown.value) == bool(price.started_kb)
                assert ("up to" in shown.value) == any(tier.up_to for tier in price.tiers or [])


def test_ranges_are_shown_as_recorded(catalog: Catalog) -> None:
    """A figure's low and high are those of the record."""
    for _, option in catalog.options.values():
        for shown in provenance.of_option(catalog, option):
            if isinstance(shown.figure, Figure):
                assert (shown.low, shown.high) == (shown.figure.low, shown.figure.high)
